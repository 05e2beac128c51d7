//! Where new sectors go: in which window of its proving period each is proven.
//!
//! After built-in actors, actors/miner/src/deadline_assignment.rs. When windows open and close is the matter of
//! [`super::miner::period`].

use super::policy::Policy;
use serde::{Deserialize, Serialize};

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
    fn full_deadlines_take_no_sectors() {
        let policy = Policy { max_partitions_per_deadline: 1, ..Policy::default() };
        let mut loads = [Some(DeadlineLoad::default()), None];
        assert_eq!(assign_sectors(&policy, &mut loads, 2, 2), Some(vec![0, 0]));
        assert_eq!(assign_sectors(&policy, &mut loads, 2, 1), None);
    }
}
