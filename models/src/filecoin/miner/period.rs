//! When a miner's deadlines open, close and may be changed.
//!
//! On the mainnet a proving period of 2,880 epochs has 48 deadlines of 60 epochs; where the period begins is the
//! miner's own offset. Everything about a deadline follows from the offset and the epoch, so nothing is kept and
//! nothing advances:
//!
//! ```text
//!        cut-off      challenge   open                        last  close
//!   ────────┼──────────────┼────────┼───────────────────────────┼────┼────>
//!        open-70        open-20     P+60k                      +59  +60
//!   faults and recoveries   │       │<── a proof may come ──────>│
//!   are declared before     │       the randomness of this epoch says which leaves
//! ```
//!
//! Source: builtin-actors, actors/miner/src/{deadline_info,deadlines,policy}.rs.

use crate::filecoin::policy::Policy;
use crate::units::{Epoch, Epochs};
use serde::{Deserialize, Serialize};

/// A miner's proving periods.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Calendar {
    /// An epoch at which one begins, from 0 on.
    offset: Epochs,
    period: Epochs,
    deadlines: u16,
    lookback: Epochs,
    cutoff: Epochs,
}

/// One instance of a deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deadline {
    /// Its number in the period.
    pub index: u16,
    /// First epoch at which a proof may come.
    pub open: Epoch,
    /// First epoch at which none may come any more.
    pub close: Epoch,
    /// The epoch whose randomness says which leaves are asked for.
    pub challenge: Epoch,
    /// From here on it is too late to declare faults and recoveries.
    pub cutoff: Epoch,
}

impl Deadline {
    /// Last epoch at which a proof may come; at its end the deadline is settled.
    pub fn last(&self) -> Epoch {
        self.close - Epochs::ONE
    }
}

impl Calendar {
    /// The calendar that a uniform draw gives: builtin-actors takes a hash of the miner's address and the epoch.
    pub fn of_draw(policy: &Policy, word: u64) -> Self {
        Calendar::new(policy, Epochs::new((word % policy.proving_period.count() as u64) as i64))
    }

    /// The calendar of periods that begin so many epochs after multiples of their length.
    pub fn new(policy: &Policy, offset: Epochs) -> Self {
        Calendar {
            offset,
            period: policy.proving_period,
            deadlines: policy.deadlines as u16,
            lookback: policy.challenge_lookback,
            cutoff: policy.fault_cutoff,
        }
    }

    /// An epoch at which a period begins.
    pub fn offset(&self) -> Epochs {
        self.offset
    }

    /// Deadlines of a period.
    pub fn deadlines(&self) -> u16 {
        self.deadlines
    }

    /// Length of a deadline.
    pub fn deadline_epochs(&self) -> Epochs {
        Epochs::new(self.period.count() / i64::from(self.deadlines))
    }

    /// The proving period that contains `now` begins here; it may begin before epoch 0.
    pub fn period_start(&self, now: Epoch) -> Epoch {
        let since = (now.height() - self.offset.count()).rem_euclid(self.period.count());
        now - Epochs::new(since)
    }

    fn instance(&self, period_start: Epoch, index: u16) -> Deadline {
        let open = period_start + self.deadline_epochs() * i64::from(index);
        Deadline {
            index,
            open,
            close: open + self.deadline_epochs(),
            challenge: open - self.lookback,
            cutoff: open - self.cutoff,
        }
    }

    /// The deadline that is open at `now`.
    pub fn current(&self, now: Epoch) -> Deadline {
        let start = self.period_start(now);
        let index = (now - start).count() / self.deadline_epochs().count();
        self.instance(start, index as u16)
    }

    /// The instance of deadline `index` that is open at `now` or opens next.
    pub fn next(&self, index: u16, now: Epoch) -> Deadline {
        let start = self.period_start(now);
        let here = self.instance(start, index);
        if now < here.close { here } else { self.instance(start + self.period, index) }
    }

    /// The instance of deadline `index` that closed last.
    pub fn previous(&self, index: u16, now: Epoch) -> Deadline {
        let start = self.period_start(now);
        let here = self.instance(start, index);
        if now >= here.close { here } else { self.instance(start - self.period, index) }
    }

    /// Whether sectors may be assigned to deadline `index`, moved in it or removed from it: not while it is open, nor
    /// while the one before it is.
    pub fn is_mutable(&self, index: u16, now: Epoch) -> bool {
        now < self.next(index, now).open - self.deadline_epochs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(offset: u64) -> Calendar {
        Calendar::of_draw(&Policy::default(), offset)
    }

    #[test]
    fn a_deadline_is_sixty_epochs_of_the_period_that_the_epoch_is_in() {
        // The offset 7 and the epochs of the actors' own test, shared reference row 109.
        let (calendar, start) = (calendar(7), Epoch::new(103 * 2880 + 7));
        assert_eq!(calendar.current(start + Epochs::new(2400 - 1)).index, 39);
        assert_eq!(calendar.current(start + Epochs::new(2400)).index, 40);
        assert_eq!(calendar.current(start + Epochs::new(2400)).open, start + Epochs::new(2400));
    }

    #[test]
    fn the_first_proving_period_may_begin_before_the_chain() {
        // Shared reference row 110.
        assert_eq!(calendar(124).period_start(Epoch::new(123)), Epoch::new(-2756));
    }

    #[test]
    fn a_deadline_is_challenged_before_it_opens_and_closes_where_the_next_one_opens() {
        let calendar = calendar(124);
        let deadline = calendar.current(Epoch::new(123));
        assert_eq!((deadline.index, deadline.open, deadline.challenge), (47, Epoch::new(64), Epoch::new(44)));
        assert_eq!((deadline.cutoff, deadline.last()), (Epoch::new(-6), Epoch::new(123)));
        let next = calendar.current(deadline.close);
        assert_eq!((next.index, next.open), (0, Epoch::new(124)));
    }

    #[test]
    fn a_deadline_cannot_be_changed_while_it_or_the_one_before_it_is_open() {
        let calendar = calendar(0);
        assert!(calendar.is_mutable(2, Epoch::new(59)));
        assert!(!calendar.is_mutable(2, Epoch::new(60)));
        assert!(!calendar.is_mutable(2, Epoch::new(179)));
        assert!(calendar.is_mutable(2, Epoch::new(180)));
    }

    #[test]
    fn a_deadline_that_is_over_comes_again_the_next_day() {
        let (calendar, now) = (calendar(100), Epoch::new(100 + 120));
        assert_eq!(calendar.next(1, now).open, Epoch::new(100 + 60 + 2880));
        assert_eq!(calendar.previous(1, now).open, Epoch::new(100 + 60));
        let open = calendar.next(2, now);
        assert_eq!((open.open, open.challenge), (Epoch::new(220), Epoch::new(200)));
        assert_eq!((open.cutoff, open.last()), (Epoch::new(150), Epoch::new(279)));
        assert_eq!(calendar.previous(2, now).open, Epoch::new(220 - 2880));
    }
}
