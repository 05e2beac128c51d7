//! Proving periods and deadlines: when a miner proves what, and where new sectors go.
//!
//! After built-in actors, actors/miner/src/{deadline_info,deadlines,deadline_assignment}.rs. A proving period of a day
//! is cut into 48 windows; a sector is proven in the one it was assigned to.

use super::policy::Policy;
use crate::units::{Epoch, Epochs};
use serde::{Deserialize, Serialize};

/// One window of a proving period.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deadline {
    /// Start of its proving period; may lie before genesis.
    pub period_start: Epoch,
    /// Number of the window within it, from zero.
    pub index: i64,
}

/// Length of a window.
fn window(policy: &Policy) -> Epochs {
    Epochs::new(policy.proving_period.count() / policy.deadlines)
}

impl Deadline {
    /// The window that an epoch lies in, for a miner one of whose proving periods starts at `period_start`.
    pub fn at(policy: &Policy, period_start: Epoch, now: Epoch) -> Self {
        let period = policy.proving_period.count();
        let elapsed = (now - period_start).count();
        let start = period_start + Epochs::new(elapsed.div_euclid(period) * period);
        let index = elapsed.rem_euclid(period) / window(policy).count();
        Deadline { period_start: start, index: index.min(policy.deadlines - 1) }
    }

    /// First epoch at which proofs are taken.
    pub fn open(&self, policy: &Policy) -> Epoch {
        self.period_start + window(policy) * self.index
    }

    /// First epoch at which they no longer are.
    pub fn close(&self, policy: &Policy) -> Epoch {
        self.open(policy) + window(policy)
    }

    /// Last epoch of the window: what is due is settled at its end.
    pub fn last(&self, policy: &Policy) -> Epoch {
        self.close(policy) - Epochs::ONE
    }

    /// Epoch whose beacon draws the challenge.
    pub fn challenge(&self, policy: &Policy) -> Epoch {
        self.open(policy) - policy.challenge_lookback
    }

    /// First epoch at which faults and recoveries can no longer be declared for this window.
    pub fn fault_cutoff(&self, policy: &Policy) -> Epoch {
        self.open(policy) - policy.fault_cutoff
    }

    /// Whether sectors may be assigned to this window or moved out of it: it is neither open nor next.
    pub fn is_mutable(&self, policy: &Policy, now: Epoch) -> bool {
        now < self.open(policy) - window(policy)
    }
}

/// Start of the proving period that an epoch lies in, for a miner with that offset; before genesis it is negative.
pub fn period_start(policy: &Policy, now: Epoch, offset: Epochs) -> Epoch {
    let period = policy.proving_period.count();
    let progress = (now.height() - offset.count()).rem_euclid(period);
    now - Epochs::new(progress)
}

/// Sectors of a window, as the assignment of new ones sees them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct DeadlineLoad {
    /// Sectors that are not terminated.
    pub live: u64,
    /// All sectors, terminated ones too until compaction.
    pub total: u64,
}

impl DeadlineLoad {
    fn partitions(count: u64, partition_size: u64) -> u64 {
        count.div_ceil(partition_size)
    }

    /// What is compared, in order; less is better.
    fn rank(&self, partition_size: u64) -> impl Ord + use<> {
        let full = self.total.is_multiple_of(partition_size);
        (
            Self::partitions(self.live + 1, partition_size),
            Self::partitions(self.total + 1, partition_size),
            full,
            // Of two with an open partition, the one with more sectors.
            if full { 0 } else { u64::MAX - self.total },
            self.live,
        )
    }
}

/// Assigns new sectors one by one, each to the best window, and says which; `loads` counts them in.
///
/// `loads` has an entry for every window, `None` where none may be assigned (it is open, next or at its cap). The best
/// window has the fewest partitions afterwards, counted on live sectors, then on all; then one with room in its last
/// partition, the fullest of them; then the fewest live sectors; then the lowest index.
///
/// Returns `None` if every window is closed or reaches its cap of partitions.
pub fn assign_sectors(
    policy: &Policy,
    loads: &mut [Option<DeadlineLoad>],
    partition_size: u64,
    sectors: usize,
) -> Option<Vec<usize>> {
    let cap = policy.max_partitions_per_deadline.unsigned_abs();
    (0..sectors)
        .map(|_| {
            let open = loads.iter().enumerate().filter_map(|(index, load)| Some((index, (*load)?)));
            let allowed =
                open.filter(|(_, load)| DeadlineLoad::partitions(load.total + 1, partition_size) <= cap);
            let (index, _) = allowed.min_by_key(|(_, load)| load.rank(partition_size))?;
            let load = loads[index].as_mut()?;
            load.live += 1;
            load.total += 1;
            Some(index)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_challenged_before_it_opens_and_closes_where_the_next_one_opens() {
        let policy = Policy::default();
        let deadline = Deadline::at(&policy, Epoch::new(-2_756), Epoch::new(123));
        assert_eq!(deadline.index, 47);
        assert_eq!(deadline.open(&policy), Epoch::new(64));
        assert_eq!(deadline.challenge(&policy), Epoch::new(44));
        assert_eq!(deadline.fault_cutoff(&policy), Epoch::new(-6));
        assert_eq!(deadline.last(&policy), Epoch::new(123));
        let next = Deadline::at(&policy, Epoch::new(-2_756), deadline.close(&policy));
        assert_eq!((next.index, next.period_start), (0, Epoch::new(124)));
    }

    #[test]
    fn the_open_deadline_and_the_next_one_take_no_sectors() {
        let policy = Policy::default();
        let now = Epoch::new(130);
        let mutable = |index| Deadline { period_start: Epoch::GENESIS, index }.is_mutable(&policy, now);
        assert_eq!([2, 3, 4].map(mutable), [false, false, true]);
    }

    #[test]
    fn full_deadlines_take_no_sectors() {
        let policy = Policy { max_partitions_per_deadline: 1, ..Policy::default() };
        let mut loads = [Some(DeadlineLoad::default()), None];
        assert_eq!(assign_sectors(&policy, &mut loads, 2, 2), Some(vec![0, 0]));
        assert_eq!(assign_sectors(&policy, &mut loads, 2, 1), None);
    }
}
