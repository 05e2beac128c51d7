//! A sector ends before its deals: each is paid until then, the rest goes back to its client, and the provider's
//! collateral is burnt; clients get none of it. A deal that was over by then only waits to be settled.
//!
//! Source: builtin-actors, actors/market/src/lib.rs (on_miner_sectors_terminate) and state.rs (process_slashed_deal).
//! Until network version 22 the market did this at the deal's next slot; the amounts were the same, so the rule is
//! left out. The actor takes what goes back from the epoch of termination; if the deal was settled after that epoch and
//! before the message (early terminations may queue), that would unlock more than is locked, so here it is the price
//! less what was paid, which is the same in every other case.

use super::{DealEnd, Fate, StorageMarket};
use crate::filecoin::ledger::Ledger;
use crate::filecoin::proofs::identity::SectorNumber;
use crate::ids::MinerId;
use crate::units::Epoch;

impl StorageMarket {
    /// Sectors of a miner ended at `epoch`, before their time; the deals that ended with them.
    pub fn sectors_terminated(
        &mut self,
        provider: MinerId,
        sectors: &[SectorNumber],
        epoch: Epoch,
        ledger: &mut Ledger,
    ) -> Vec<DealEnd> {
        let mut ends = Vec::new();
        for &sector in sectors {
            for id in self.by_sector.remove(&(provider, sector)).unwrap_or_default() {
                let deal = &self.deals[&id];
                let term = deal.proposal.term();
                if term.end <= epoch {
                    continue;
                }
                let settled = deal.place.and_then(|place| place.settled);
                self.pay(id, term.earned(settled, epoch), ledger);
                let deal = self.remove(id);
                ends.push(self.give_up(id, deal, Fate::Terminated, ledger));
            }
        }
        ends
    }
}
