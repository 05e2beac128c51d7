//! Who has how much of what the chain gives: rewards by what the miners hold, and bytes behind their power.

use super::World;
use super::deals::Surplus;
use super::filecoin::FilecoinWorld;
use crate::config::FilecoinConfig;
use crate::filecoin::ledger::Reason;
use crate::filecoin::miner::sector::Standing;
use crate::ids::MinerId;
use crate::units::AttoFil;
use sim_core::units::Prob;

impl World {
    /// Block rewards of the simulated miners that were to hold verified data, and of all of them, if there is a chain.
    pub(crate) fn verified_rewards(&self) -> Option<(AttoFil, AttoFil)> {
        Some(self.filecoin.as_ref()?.verified_rewards(self.config.filecoin.as_ref()?))
    }

    /// Leaves that are kept of active sectors, and leaves that active sectors have, if there is a chain.
    pub(crate) fn kept_and_claimed(&self) -> Option<(u64, u64)> {
        Some(self.filecoin.as_ref()?.kept_and_claimed())
    }

    /// What clients and miners gain by their deals, if there is a chain.
    pub(crate) fn surplus(&self) -> Option<Surplus> {
        Some(self.filecoin.as_ref()?.surplus(self.config.filecoin.as_ref()?))
    }
}

impl FilecoinWorld {
    fn verified_rewards(&self, config: &FilecoinConfig) -> (AttoFil, AttoFil) {
        let mut rewards = vec![AttoFil::ZERO; self.miners.len()];
        for day in self.miner_days.iter() {
            rewards[day.miner.index()] += day.book.of(Reason::BlockReward);
        }
        let (mut verified, mut all) = (AttoFil::ZERO, AttoFil::ZERO);
        for (index, (miner, reward)) in self.miners.iter().zip(&mut rewards).enumerate() {
            *reward += self.chain.ledger().open_book(MinerId(index as u32)).of(Reason::BlockReward);
            all += *reward;
            if config.groups[miner.group].operator.verified != Prob::ZERO {
                verified += *reward;
            }
        }
        (verified, all)
    }

    fn kept_and_claimed(&self) -> (u64, u64) {
        let (mut kept, mut claimed) = (0, 0);
        for miner in self.chain.miners() {
            let sectors = miner.holdings().sectors();
            for sector in sectors.filter(|sector| sector.standing == Standing::Active) {
                let (leaves, of) = self.vault.kept_leaves(miner.id(), sector.number);
                (kept, claimed) = (kept + leaves, claimed + of);
            }
        }
        (kept, claimed)
    }
}
