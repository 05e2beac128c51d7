//! What is agreed and paid on the chain: deals, data cap, and rails.
//!
//! ```text
//!   escrow     money of both sides in the market, and what of it is locked
//!   proposal   a deal as both sides signed it, and what makes one invalid
//!   publish    proposals become deals: money is locked, data cap becomes an allocation
//!   activate   deals in a sector: with its proof, or with the notice of a piece (FIP-0076)
//!   settle     payment on request (FIP-0074), completion, missed starts; the clean-up of every epoch
//!   terminate  a sector ends before its deals
//!   onboard    what a proven sector holds: deals and claims together, or pieces without any deal
//!   verified   data cap, allocations, claims (FIP-0045)
//!   rails      the payment contract: lockup, streaming, termination
//!   warm       data sets whose rail pays for proven periods only
//! ```
//!
//! ```text
//!                       start passes ── settled or cleaned up ──> never activated: client gets all back,
//!                      /                                          the provider's collateral is burnt
//!   published ─────────── in a sector ── end passes, settled ───> completed: paid in full, collaterals back
//!                              │
//!                              └── sector terminated ───────────> terminated: paid for the epochs until then, the
//!                                                                 rest goes back, provider collateral is burnt
//! ```
//!
//! Messages are methods. They are given the epoch, the policy and the [`Ledger`], through which every amount moves, and
//! answer what happened or why not; a refused message has changed nothing. Whether a signature or a proof holds is said
//! by whoever computed it. Amounts are whole attoFIL, sums of price times epochs: nothing here is rounded but the network
//! fee of a rail (up) and the price of warm storage (down).
//!
//! Sources: builtin-actors, actors/market/src/{lib,state,policy}.rs, actors/verifreg/src/lib.rs, actors/miner/src/lib.rs
//! (activate_sectors_deals, activate_sectors_pieces); FIP-0022, FIP-0045, FIP-0060, FIP-0074, FIP-0076; FilOzone/filecoin-pay;
//! FilOzone/filecoin-services. Left out: CommD computed from the deals of a sector (bytes and commitments are
//! the matter of [`super::piece`]); the notice to a client that is a contract; getters of single fields.

pub mod activate;
pub mod escrow;
pub mod onboard;
pub mod proposal;
pub mod publish;
pub mod rails;
pub mod settle;
mod terminate;
pub mod verified;
pub mod warm;

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_of_claims;
#[cfg(test)]
mod tests_of_rails;
#[cfg(test)]
mod tests_of_warm;

use super::conditions::Conditions;
use super::ledger::{Ledger, Party};
use super::policy::Policy;
use super::proofs::identity::SectorNumber;
use crate::ids::MinerId;
use crate::units::{AttoFil, Epoch, Power};
use escrow::Locks;
use proposal::DealProposal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use verified::AllocationId;

/// Number of a deal, counted from zero in the order of publication.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct DealId(pub u64);

/// The network as the market sees it in one epoch.
#[derive(Clone, Copy, Debug)]
pub struct MarketView<'a> {
    /// The epoch.
    pub now: Epoch,
    /// Protocol parameters.
    pub policy: &'a Policy,
    /// Raw power of the network.
    pub raw_power: Power,
    /// The baseline.
    pub baseline: Power,
    /// FIL in circulation.
    pub circulating: AttoFil,
}

impl<'a> MarketView<'a> {
    /// The same network as messages of miners see it, with the raw power of the end of the last epoch.
    pub fn of(terms: &Conditions<'a>, raw_power: Power) -> Self {
        MarketView {
            now: terms.now,
            policy: terms.policy,
            raw_power,
            baseline: terms.pledge_inputs.baseline,
            circulating: terms.pledge_inputs.circulating,
        }
    }
}

/// Where an active deal is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The sector of its provider.
    pub sector: SectorNumber,
    /// When it came in there.
    pub since: Epoch,
    /// When it was last settled, if it ever was.
    pub settled: Option<Epoch>,
}

/// A deal from its publication to its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deal {
    /// What both sides signed.
    pub proposal: DealProposal,
    /// Its allocation, if it is verified and not in a sector yet.
    pub allocation: Option<AllocationId>,
    /// Where it is, once it is active.
    pub place: Option<Place>,
    /// What the client has paid so far.
    pub paid: AttoFil,
}

/// How a deal ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Fate {
    /// It ran to its end.
    Completed,
    /// Its sector ended before it.
    Terminated,
    /// It was in no sector when it had to start.
    NeverActivated,
}

/// The end of a deal, with what became of the money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DealEnd {
    /// Its number.
    pub id: DealId,
    /// The deal; its `paid` is all that the client paid in the end.
    pub deal: Deal,
    /// How it ended.
    pub fate: Fate,
    /// Price that the client had locked and was not paid.
    pub returned: AttoFil,
    /// Provider collateral that was burnt.
    pub burnt: AttoFil,
}

/// The storage market actor.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StorageMarket {
    deals: BTreeMap<DealId, Deal>,
    /// Proposals that may not be published again: from publication until the market first looks at the active deal.
    /// The actor keeps their CIDs; equal proposals are those with equal CIDs.
    pending: BTreeSet<DealProposal>,
    locks: Locks,
    by_sector: BTreeMap<(MinerId, SectorNumber), Vec<DealId>>,
    /// When the market looks after a deal by itself.
    schedule: BTreeSet<(Epoch, DealId)>,
    next: u64,
}

impl StorageMarket {
    /// A market without deals.
    pub fn new() -> Self {
        StorageMarket::default()
    }

    /// A deal that has not ended.
    pub fn deal(&self, id: DealId) -> Option<&Deal> {
        self.deals.get(&id)
    }

    /// All deals that have not ended, in the order of their numbers.
    pub fn deals(&self) -> impl Iterator<Item = (DealId, &Deal)> {
        self.deals.iter().map(|(&id, deal)| (id, deal))
    }

    /// The deals in a sector, in the order of their numbers.
    pub fn in_sector(&self, provider: MinerId, sector: SectorNumber) -> &[DealId] {
        self.by_sector.get(&(provider, sector)).map_or(&[], Vec::as_slice)
    }

    /// How many deals were ever published.
    pub fn published(&self) -> u64 {
        self.next
    }

    /// The next epoch at which [`StorageMarket::cron`] has something to do.
    pub fn next_cron(&self) -> Option<Epoch> {
        self.schedule.first().map(|&(epoch, _)| epoch)
    }

    /// What is locked, and for what.
    pub fn locks(&self) -> &Locks {
        &self.locks
    }

    /// Takes an ended deal out of every table but the locks.
    fn remove(&mut self, id: DealId) -> Deal {
        let deal = self.deals.remove(&id).expect("only deals that are there end");
        if let Some(place) = deal.place {
            let key = (deal.proposal.provider, place.sector);
            if let Some(deals) = self.by_sector.get_mut(&key) {
                deals.retain(|other| *other != id);
                if deals.is_empty() {
                    self.by_sector.remove(&key);
                }
            }
        }
        if deal.place.is_none_or(|place| place.settled.is_none()) {
            self.pending.remove(&deal.proposal);
        }
        deal
    }

    /// What is wrong with its books: every party's lock is what its deals lock and is covered by its escrow.
    pub fn check(&self, ledger: &Ledger, broken: &mut Vec<String>) {
        let mut expected = Locks::default();
        for (id, deal) in &self.deals {
            expected.lock_deal(&deal.proposal);
            expected.unlock_fee(deal.proposal.client, deal.paid);
            let total = deal.proposal.term().total();
            if deal.paid.is_negative() || deal.paid > total {
                broken.push(format!("deal {}: {:?} paid of {total:?}", id.0, deal.paid));
            }
        }
        if expected != self.locks {
            broken.push(format!("market locks {:?}, of deals {expected:?}", self.locks));
        }
        let parties =
            self.locks.parties().chain(self.deals.values().flat_map(|deal| deal.proposal.parties()));
        for party in parties.collect::<BTreeSet<Party>>() {
            let available = self.available(ledger, party);
            if self.locks.of(party).is_negative() || available.is_negative() {
                broken.push(format!("{party:?}: {:?} locked, {available:?} left", self.locks.of(party)));
            }
        }
    }
}
