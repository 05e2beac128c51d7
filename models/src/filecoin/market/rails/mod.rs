//! Rails: money that streams from a client to a miner, epoch by epoch, out of what the client has put in.
//!
//! ```text
//!   funds of a client = lockup + free
//!   lockup = for every rail: rate x lockup period           what is still paid after a termination
//!                          + rate x epochs not settled yet  what has streamed
//!                          + fixed lockup                   for single payments
//! ```
//!
//! The lockup of a client grows by the rates of its rails with every epoch; when its free money is used up, its lockup
//! stands still, and its rails settle up to that epoch only. A rail that is terminated runs for the lockup period from
//! then on, and that is locked already: a miner is paid that long, whatever the client does. Of every payment the
//! contract keeps a fee.
//!
//! Source: FilOzone/filecoin-pay, src/FilecoinPayV1.sol, src/RateChangeQueue.sol. The contract takes any token; here it is
//! FIL, which it takes too, so that rails are in the [`Ledger`] and the fee is burnt as the contract does with FIL (of
//! other tokens the fee is sold for FIL that is burnt). Left out: allowances of operators (there is one operator,
//! [`super::warm`], and clients that use it trust it), its commission (zero there), deposits by signature.

mod change;
mod settle;

pub use change::Terminator;
pub use settle::{Segment, Settled, Verdict};

use super::escrow::{self, EscrowFault};
use crate::filecoin::ledger::{Account, Ledger, Party};
use crate::units::{AttoFil, Epoch, Epochs};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Number of a rail, counted from zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct RailId(pub u64);

/// What of a party's funds is locked, and how fast that grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Lockup {
    /// Locked.
    pub current: AttoFil,
    /// What is locked further in every epoch: the rates of all rails that are not terminated.
    pub rate: AttoFil,
    /// Up to when it has grown; if that is in the past, the party cannot pay.
    pub settled: Epoch,
}

impl Lockup {
    /// Grows up to now, or as far as the funds reach.
    fn accrue(&mut self, now: Epoch, funds: AttoFil) {
        let elapsed = (now - self.settled).count();
        if elapsed <= 0 {
            return;
        }
        let reach = match self.rate.atto() {
            0 => elapsed,
            rate => {
                let epochs = (funds - self.current).atto() / rate;
                elapsed.min(i64::try_from(epochs).unwrap_or(i64::MAX))
            }
        };
        self.current += self.rate * reach;
        self.settled += Epochs::new(reach);
    }
}

/// A rate that was paid until a later one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct RateChange {
    rate: AttoFil,
    until: Epoch,
}

/// A rail.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rail {
    /// Who pays.
    pub from: Party,
    /// Who is paid.
    pub to: Party,
    /// What an epoch costs now.
    pub rate: AttoFil,
    /// For how long it is paid after a termination.
    pub period: Epochs,
    /// What is locked for single payments.
    pub fixed: AttoFil,
    /// Up to when it is settled.
    pub settled: Epoch,
    /// When it ends, once it is terminated.
    pub end: Option<Epoch>,
    /// Rates of epochs that are not settled, oldest first; after them comes the rate of now.
    earlier: VecDeque<RateChange>,
}

impl Rail {
    /// What streams from where it is settled up to an epoch.
    fn stream(&self, until: Epoch) -> AttoFil {
        let mut from = self.settled;
        let mut sum = AttoFil::ZERO;
        let now = RateChange { rate: self.rate, until };
        for change in self.earlier.iter().chain([&now]) {
            let to = change.until.min(until).max(from);
            sum += change.rate * (to - from).count();
            from = to;
        }
        sum
    }

    /// What its payer has locked for it.
    fn locked(&self, lockup: &Lockup) -> AttoFil {
        let streaming = match self.end {
            Some(end) => self.stream(end),
            None => self.rate * self.period.count() + self.stream(lockup.settled),
        };
        self.fixed + streaming
    }
}

/// Why the contract refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RailFault {
    /// Money does not go in or out.
    #[error(transparent)]
    Escrow(#[from] EscrowFault),
    /// There is no such rail, or it is over.
    #[error("no rail {}", .0.0)]
    NoRail(RailId),
    /// Free money is short.
    #[error("needs {needed:?}, has {free:?} that is not locked")]
    Short {
        /// What would be locked or taken.
        needed: AttoFil,
        /// What is free.
        free: AttoFil,
    },
    /// The payer cannot pay any more since an epoch.
    #[error("the payer's funds reached until epoch {0} only")]
    Delinquent(Epoch),
    /// The rail is terminated.
    #[error("rail {} is terminated", .0.0)]
    Terminated(RailId),
    /// A terminated rail's lockup and rate may only fall, until it ends.
    #[error("of a terminated rail lockup and rate may only fall, before its end")]
    OnlyDown,
    /// A single payment is more than is locked for such.
    #[error("a payment of {needed:?} out of a fixed lockup of {fixed:?}")]
    Fixed {
        /// The payment.
        needed: AttoFil,
        /// What is locked.
        fixed: AttoFil,
    },
    /// Settlement in the future, or a negative amount or span.
    #[error("not an amount, a span or an epoch for this")]
    Argument,
    /// Nothing can be settled yet.
    #[error("nothing can be settled beyond epoch {0} yet")]
    NoProgress(Epoch),
}

/// The payment contract.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Rails {
    lockups: BTreeMap<Party, Lockup>,
    rails: BTreeMap<RailId, Rail>,
    next: u64,
}

impl Rails {
    /// A contract without rails.
    pub fn new() -> Self {
        Rails::default()
    }

    /// A rail that is not over.
    pub fn rail(&self, id: RailId) -> Option<&Rail> {
        self.rails.get(&id)
    }

    /// A party's lockup as of now.
    pub fn lockup(&self, party: Party, now: Epoch, ledger: &Ledger) -> Lockup {
        let mut lockup = self.lockups.get(&party).copied().unwrap_or_default();
        lockup.accrue(now, ledger.balance(Account::Rails(party)));
        lockup
    }

    /// What of its funds a party may withdraw or lock now.
    pub fn free(&self, party: Party, now: Epoch, ledger: &Ledger) -> AttoFil {
        ledger.balance(Account::Rails(party)) - self.lockup(party, now, ledger).current
    }

    /// Keeps a lockup that was changed, grown as far as the funds now reach.
    fn keep(&mut self, party: Party, mut lockup: Lockup, now: Epoch, ledger: &Ledger) {
        lockup.accrue(now, ledger.balance(Account::Rails(party)));
        self.lockups.insert(party, lockup);
    }

    /// Moves money from a party's wallet into its funds.
    ///
    /// # Errors
    /// If the amount is not positive or not there.
    pub fn deposit(
        &mut self,
        party: Party,
        amount: AttoFil,
        now: Epoch,
        ledger: &mut Ledger,
    ) -> Result<(), RailFault> {
        let lockup = self.lockup(party, now, ledger);
        escrow::deposit(ledger, party, Account::Rails(party), amount)?;
        self.keep(party, lockup, now, ledger);
        Ok(())
    }

    /// Moves free money back.
    ///
    /// # Errors
    /// If the amount is negative or not free, or the party cannot pay its rails.
    pub fn withdraw(
        &mut self,
        party: Party,
        amount: AttoFil,
        now: Epoch,
        ledger: &mut Ledger,
    ) -> Result<(), RailFault> {
        let lockup = self.lockup(party, now, ledger);
        if amount.is_negative() {
            return Err(EscrowFault::Amount(amount).into());
        }
        if lockup.settled < now {
            return Err(RailFault::Delinquent(lockup.settled));
        }
        let free = ledger.balance(Account::Rails(party)) - lockup.current;
        if amount > free {
            return Err(RailFault::Short { needed: amount, free });
        }
        escrow::withdraw(ledger, party, Account::Rails(party), amount);
        self.keep(party, lockup, now, ledger);
        Ok(())
    }

    /// Lays a rail that pays nothing yet.
    pub fn create(&mut self, from: Party, to: Party, now: Epoch) -> RailId {
        let id = RailId(self.next);
        self.next += 1;
        let (rate, fixed) = (AttoFil::ZERO, AttoFil::ZERO);
        let (period, earlier) = (Epochs::ZERO, VecDeque::new());
        self.rails.insert(id, Rail { from, to, rate, period, fixed, settled: now, end: None, earlier });
        id
    }

    /// What is wrong with its books: every lockup is the sum over its rails and covered by the funds.
    pub fn check(&self, ledger: &Ledger, broken: &mut Vec<String>) {
        let payers: std::collections::BTreeSet<Party> =
            self.lockups.keys().copied().chain(self.rails.values().map(|rail| rail.from)).collect();
        for party in payers {
            let lockup = self.lockups.get(&party).copied().unwrap_or_default();
            let own = || self.rails.values().filter(|rail| rail.from == party);
            let current: AttoFil = own().map(|rail| rail.locked(&lockup)).sum();
            let rate: AttoFil = own().filter(|rail| rail.end.is_none()).map(|rail| rail.rate).sum();
            if (current, rate) != (lockup.current, lockup.rate) {
                broken.push(format!("{party:?}: {lockup:?}, of rails {current:?} and {rate:?} an epoch"));
            }
            let funds = ledger.balance(Account::Rails(party));
            if lockup.current.is_negative() || lockup.current > funds {
                broken.push(format!("{party:?}: {:?} locked of {funds:?}", lockup.current));
            }
        }
    }
}
