//! Who gains by the deals that were struck, and among how many miners they lie.
//!
//! A client gains what it would have paid at most less the price; a miner gains the price less what the deal costs it,
//! where the network's pay for storing (`subsidy`) counts as its income. Both for the whole term that was agreed, at the
//! cost of the day on which it was.

use super::DealsWorld;
use crate::config::FilecoinConfig;
use crate::units::AttoFil;
use crate::world::filecoin::FilecoinWorld;

/// What the two sides of the market gain.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Surplus {
    pub(crate) clients: AttoFil,
    pub(crate) miners: AttoFil,
}

impl FilecoinWorld {
    /// Gains of all clients and of all miners by all deals that were struck.
    pub(crate) fn surplus(&self, config: &FilecoinConfig) -> Surplus {
        let mut surplus = Surplus::default();
        for agreement in &self.deals.agreements {
            let (Some(rate), Some(proposal)) = (agreement.rate, &agreement.proposal) else { continue };
            let gib_epochs = i128::from(proposal.size) * i128::from((proposal.end - proposal.start).count());
            let over_term = |rate: AttoFil| rate.floor_mul(gib_epochs, 1 << 30);
            let (ask, first) = (self.ask(config, proposal.provider), config.chain.start.epoch);
            let cost = self.deals.providers[proposal.provider.index()].cost_at(ask, agreement.agreed - first);
            surplus.clients += over_term(self.client_config(config, proposal.client).limit - rate);
            surplus.miners += over_term(rate + ask.subsidy - cost);
        }
        surplus
    }
}

impl DealsWorld {
    /// Padded bytes of all deals that were struck, by miner.
    pub(crate) fn bytes_by_miner(&self) -> Vec<u64> {
        let mut bytes = vec![0; self.providers.len()];
        for proposal in self.agreements.iter().filter_map(|agreement| agreement.proposal.as_ref()) {
            bytes[proposal.provider.index()] += proposal.size;
        }
        bytes
    }
}
