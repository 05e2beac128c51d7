//! Which deadline a new sector is proven in.
//!
//! Sectors are placed one by one, each in the best of the deadlines that may be changed now: where the fewest
//! partitions would be needed after a compaction, then without one; where a partition is open, the fuller one of two;
//! where the fewest sectors live; the first.
//!
//! Source: builtin-actors, actors/miner/src/deadline_assignment.rs. Left out: non-interactive sectors, for which the
//! miner names the deadline, do not come here.

use std::cmp::Reverse;

/// How full a deadline is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filling {
    /// Its number.
    pub index: u16,
    /// Sectors that are not terminated.
    pub live: u64,
    /// Sectors, terminated ones included until they are compacted away.
    pub total: u64,
}

/// Orders deadlines from the best place to the worst.
type Rank = (u64, u64, bool, Reverse<u64>, u64, u16);

impl Filling {
    fn rank(&self, partition_size: u64) -> Rank {
        let is_full = self.total.is_multiple_of(partition_size);
        (
            (self.live + 1).div_ceil(partition_size),
            (self.total + 1).div_ceil(partition_size),
            is_full,
            Reverse(if is_full { 0 } else { self.total }),
            self.live,
            self.index,
        )
    }
}

/// Places `sectors` sectors in turn and returns the number of the deadline of each; nothing if no deadline has room.
pub fn assign(
    mut deadlines: Vec<Filling>,
    sectors: usize,
    partition_size: u64,
    max_partitions: u64,
) -> Option<Vec<u16>> {
    let mut places = Vec::with_capacity(sectors);
    for _ in 0..sectors {
        let best = deadlines.iter_mut().min_by_key(|deadline| deadline.rank(partition_size))?;
        if best.total >= partition_size * max_partitions {
            return None;
        }
        best.live += 1;
        best.total += 1;
        places.push(best.index);
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filling(index: u16, live: u64, dead: u64) -> Filling {
        Filling { index, live, total: live + dead }
    }

    #[test]
    fn partitions_are_filled_before_others_are_opened() {
        // Shared reference row 111, after the actors' own test.
        let places = assign(vec![filling(0, 0, 0), filling(1, 0, 0)], 10, 4, 100);
        assert_eq!(places, Some(vec![0, 0, 0, 0, 1, 1, 1, 1, 0, 0]));
    }

    #[test]
    fn a_deadline_that_a_compaction_would_empty_counts_as_emptier() {
        // Shared reference row 112: eight living sectors need a third partition, seven do not.
        assert_eq!(assign(vec![filling(0, 8, 0), filling(1, 7, 5)], 1, 4, 100), Some(vec![1]));
    }

    #[test]
    fn of_two_open_partitions_the_fuller_one_is_filled() {
        assert_eq!(assign(vec![filling(0, 1, 0), filling(1, 3, 0)], 1, 4, 100), Some(vec![1]));
    }

    #[test]
    fn full_deadlines_take_nothing() {
        assert_eq!(assign(vec![filling(0, 8, 0)], 1, 4, 2), None);
        assert_eq!(assign(Vec::new(), 1, 4, 2), None);
    }
}
