//! When a miner's deadlines open, close and may be changed.
//!
//! A proving period of 2,880 epochs has 48 deadlines of 60 epochs; where the period begins is the miner's own offset.
//! Everything about a deadline follows from the offset and the epoch, so nothing is kept and nothing advances:
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

use crate::units::{Epoch, Epochs};
use serde::{Deserialize, Serialize};

/// Length of a proving period.
pub const PROVING_PERIOD: Epochs = Epochs::from_days(1);
/// Deadlines in a proving period.
pub const DEADLINES: usize = 48;
/// Length of a deadline: a proof may come at any epoch of it.
pub const DEADLINE_EPOCHS: Epochs = Epochs::new(60);
/// The challenge is known so long before the deadline opens.
pub const CHALLENGE_LOOKBACK: Epochs = Epochs::new(20);
/// Faults and recoveries are declared so long before the deadline opens.
pub const FAULT_CUTOFF: Epochs = Epochs::new(70);

/// Where a miner's proving periods begin: an epoch of the first one, from 0 to 2,879.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PeriodOffset(u16);

impl PeriodOffset {
    /// The offset that a uniform draw gives: builtin-actors takes a hash of the miner's address and the epoch.
    pub fn of_draw(word: u64) -> Self {
        PeriodOffset((word % PROVING_PERIOD.count() as u64) as u16)
    }

    /// The proving period that contains `now` begins here; it may begin before epoch 0.
    pub fn period_start(self, now: Epoch) -> Epoch {
        let since = (now.height() - i64::from(self.0)).rem_euclid(PROVING_PERIOD.count());
        now - Epochs::new(since)
    }

    /// The deadline that is open at `now`.
    pub fn current(self, now: Epoch) -> Deadline {
        let start = self.period_start(now);
        let index = ((now - start).count() / DEADLINE_EPOCHS.count()) as u8;
        Deadline { period_start: start, index }
    }

    /// The instance of deadline `index` that is open at `now` or opens next.
    pub fn next(self, index: u8, now: Epoch) -> Deadline {
        let start = self.period_start(now);
        let here = Deadline { period_start: start, index };
        if now < here.close() { here } else { here.following() }
    }

    /// Whether sectors may be assigned to deadline `index`, moved in it or removed from it: not while it is open, nor
    /// while the one before it is.
    pub fn is_mutable(self, index: u8, now: Epoch) -> bool {
        now < self.next(index, now).open() - DEADLINE_EPOCHS
    }

    /// As a number of epochs.
    pub fn epochs(self) -> Epochs {
        Epochs::new(i64::from(self.0))
    }
}

/// One instance of a deadline: a number and the proving period it is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deadline {
    /// First epoch of the proving period.
    pub period_start: Epoch,
    /// Number in the period, 0 to 47.
    pub index: u8,
}

impl Deadline {
    /// First epoch at which a proof may come.
    pub fn open(self) -> Epoch {
        self.period_start + DEADLINE_EPOCHS * i64::from(self.index)
    }

    /// First epoch at which none may come any more.
    pub fn close(self) -> Epoch {
        self.open() + DEADLINE_EPOCHS
    }

    /// Last epoch at which a proof may come; at its end the deadline is settled.
    pub fn last(self) -> Epoch {
        self.close() - Epochs::ONE
    }

    /// The epoch whose randomness says which leaves are asked for.
    pub fn challenge(self) -> Epoch {
        self.open() - CHALLENGE_LOOKBACK
    }

    /// From here on it is too late to declare faults and recoveries.
    pub fn fault_cutoff(self) -> Epoch {
        self.open() - FAULT_CUTOFF
    }

    /// The same deadline a proving period later.
    pub fn following(self) -> Self {
        Deadline { period_start: self.period_start + PROVING_PERIOD, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_sixty_epochs_of_the_period_that_the_epoch_is_in() {
        // The offset 7 and the epochs of the actors' own test, shared reference row 109.
        let (offset, start) = (PeriodOffset(7), Epoch::new(103 * 2880 + 7));
        assert_eq!(offset.current(start + Epochs::new(2400 - 1)).index, 39);
        assert_eq!(offset.current(start + Epochs::new(2400)).index, 40);
        assert_eq!(offset.current(start + Epochs::new(2400)).open(), start + Epochs::new(2400));
    }

    #[test]
    fn the_first_proving_period_may_begin_before_the_chain() {
        // Shared reference row 110.
        assert_eq!(PeriodOffset(124).period_start(Epoch::new(123)), Epoch::new(-2756));
    }

    #[test]
    fn a_deadline_cannot_be_changed_while_it_or_the_one_before_it_is_open() {
        let offset = PeriodOffset(0);
        assert!(offset.is_mutable(2, Epoch::new(59)));
        assert!(!offset.is_mutable(2, Epoch::new(60)));
        assert!(!offset.is_mutable(2, Epoch::new(179)));
        assert!(offset.is_mutable(2, Epoch::new(180)));
    }

    #[test]
    fn a_deadline_that_is_over_comes_again_the_next_day() {
        let offset = PeriodOffset(100);
        let now = Epoch::new(100 + 120);
        assert_eq!(offset.next(1, now).open(), Epoch::new(100 + 60 + 2880));
        assert_eq!(offset.next(2, now).open(), Epoch::new(100 + 120));
        assert_eq!(offset.next(2, now).challenge(), Epoch::new(200));
        assert_eq!(offset.next(2, now).fault_cutoff(), Epoch::new(150));
        assert_eq!(offset.next(2, now).last(), Epoch::new(279));
    }
}
