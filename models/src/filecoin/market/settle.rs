//! Deals are paid when somebody asks, end, or have missed their start.
//!
//! Price falls due epoch by epoch, from the deal's start, wherever the deal was before; the epoch at which it ends is no
//! longer paid. Nothing moves until somebody asks (FIP-0074, network version 22); before that the market settled every deal
//! by itself at its slot of a grid. Since then the slot serves deals that missed their start, and, as in the actor, deals
//! that were settled before the market first came by: those it goes on to settle.
//!
//! Source: builtin-actors, actors/market/src/lib.rs (settle_deal_payments, cron_tick) and state.rs (process_deal_update,
//! get_active_deal_or_process_timeout).

use super::{Deal, DealEnd, DealId, Fate, StorageMarket};
use crate::filecoin::collateral::cleanup_epoch;
use crate::filecoin::ledger::{Account, Ledger, Reason, Transfer};
use crate::filecoin::policy::Policy;
use crate::units::{AttoFil, Epoch, Epochs};

/// What the market did with a deal that somebody asked it to settle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Settlement {
    /// There is no such deal, or not any more.
    Unknown,
    /// It has not started: nothing is due.
    Early,
    /// It goes on; so much was paid.
    Paid(AttoFil),
    /// It is over; so much was paid last.
    Ended(AttoFil, Box<DealEnd>),
}

/// Why nothing is settled on request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("deals are settled on request since network version 22 (FIP-0074)")]
pub struct NoSuchMessage;

impl StorageMarket {
    /// Settles deals up to now; anyone may ask.
    ///
    /// # Errors
    /// If the rules of the time settle by themselves.
    pub fn settle(
        &mut self,
        ids: &[DealId],
        policy: &Policy,
        now: Epoch,
        ledger: &mut Ledger,
    ) -> Result<Vec<Settlement>, NoSuchMessage> {
        if policy.automatic_settlement {
            return Err(NoSuchMessage);
        }
        Ok(ids.iter().map(|&id| self.update(id, now, ledger)).collect())
    }

    /// What a deal's provider could have settled now.
    pub fn due(&self, id: DealId, now: Epoch) -> AttoFil {
        let place = self.deals.get(&id).and_then(|deal| Some((deal, deal.place?)));
        place.map_or(AttoFil::ZERO, |(deal, place)| deal.proposal.term().earned(place.settled, now))
    }

    /// The market looks after deals by itself, at the end of an epoch; the deals that ended.
    pub fn cron(&mut self, policy: &Policy, now: Epoch, ledger: &mut Ledger) -> Vec<DealEnd> {
        let mut ends = Vec::new();
        while let Some(&(epoch, id)) = self.schedule.first() {
            if epoch > now {
                break;
            }
            self.schedule.pop_first();
            let Some(deal) = self.deals.get(&id) else { continue };
            if deal.place.is_some_and(|place| place.settled.is_none()) {
                self.pending.remove(&deal.proposal);
                if !policy.automatic_settlement {
                    continue;
                }
            }
            match self.update(id, now, ledger) {
                Settlement::Ended(_, end) => ends.push(*end),
                _ => {
                    let next = cleanup_epoch(policy, id.0, now + Epochs::ONE);
                    self.schedule.insert((next, id));
                }
            }
        }
        ends
    }

    fn update(&mut self, id: DealId, now: Epoch, ledger: &mut Ledger) -> Settlement {
        let Some(deal) = self.deals.get_mut(&id) else { return Settlement::Unknown };
        let term = deal.proposal.term();
        let Some(place) = &mut deal.place else {
            return match now < term.start {
                true => Settlement::Early,
                false => self.expire(id, ledger),
            };
        };
        let (before, first) = (place.settled, place.settled.is_none());
        place.settled = Some(now);
        if first {
            self.pending.remove(&deal.proposal);
        }
        if now < term.start {
            return Settlement::Early;
        }
        let payment = term.earned(before, now);
        self.pay(id, payment, ledger);
        if now < term.end {
            return Settlement::Paid(payment);
        }
        let deal = self.remove(id);
        self.locks.unlock_collaterals(&deal.proposal);
        let (returned, burnt) = (AttoFil::ZERO, AttoFil::ZERO);
        Settlement::Ended(payment, Box::new(DealEnd { id, deal, fate: Fate::Completed, returned, burnt }))
    }

    /// A deal that missed its start: the client gets everything back, the provider's collateral is burnt.
    fn expire(&mut self, id: DealId, ledger: &mut Ledger) -> Settlement {
        let deal = self.remove(id);
        let end = self.give_up(id, deal, Fate::NeverActivated, ledger);
        Settlement::Ended(AttoFil::ZERO, Box::new(end))
    }

    /// Pays out of what the client locked.
    pub(super) fn pay(&mut self, id: DealId, amount: AttoFil, ledger: &mut Ledger) {
        let deal = self.deals.get_mut(&id).expect("only deals that are there are paid");
        deal.paid += amount;
        self.locks.unlock_fee(deal.proposal.client, amount);
        let [client, provider] = deal.proposal.parties().map(Account::Escrow);
        ledger.post(Transfer { from: client, to: provider, amount, reason: Reason::DealPayment });
    }

    /// Money of a deal that was removed and not kept: what is not paid goes back, the provider's collateral is burnt.
    pub(super) fn give_up(&mut self, id: DealId, deal: Deal, fate: Fate, ledger: &mut Ledger) -> DealEnd {
        let returned = deal.proposal.term().total() - deal.paid;
        self.locks.unlock_fee(deal.proposal.client, returned);
        self.locks.unlock_collaterals(&deal.proposal);
        let burnt = deal.proposal.provider_collateral;
        let reason = match fate {
            Fate::NeverActivated => Reason::MissedActivation,
            Fate::Completed | Fate::Terminated => Reason::DealSlash,
        };
        let [_, provider] = deal.proposal.parties().map(Account::Escrow);
        ledger.post(Transfer { from: provider, to: Account::Burnt, amount: burnt, reason });
        DealEnd { id, deal, fate, returned, burnt }
    }
}
