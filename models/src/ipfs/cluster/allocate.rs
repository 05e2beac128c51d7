//! Which peers a pin is given to: who keeps it, who is added, in which order.
//!
//! Source: ipfs-cluster/ipfs-cluster, `allocate.go` (`filterMetrics`, `obtainAllocations`) and `allocator/balanced`.
//! Candidates of equal free space come in an order of chance there (Go's maps); here in that of a draw. Two groups of
//! exactly the same free space come by the number of their region. Left out: allocations that a user wishes for
//! (`priority`), and trust.

use super::{Factor, Holder};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A peer whose metrics count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) holder: Holder,
    /// Its group, which allocations take turns between.
    pub(super) tag: u16,
    /// Free space as it last reported it.
    pub(super) free: u64,
    /// Where chance puts it.
    pub(super) luck: u64,
}

/// What an allocation leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Allocation {
    /// There are enough: nothing changes, peers that have fallen silent included.
    Keep,
    /// These hold it from now on.
    New(Vec<Holder>),
    /// There are not enough peers to reach the least factor.
    NotEnough,
}

/// Allocates: `current` are the present holders whose metrics count, `candidates` the other peers.
pub(super) fn allocate(
    factor: Factor,
    mut current: Vec<Candidate>,
    candidates: Vec<Candidate>,
    by_region: bool,
) -> Allocation {
    let (min, max, valid) = (factor.min as usize, factor.max as usize, current.len());
    // Those that stay come first by chance: an allocation above its maximum drops whoever is left over.
    current.sort_by_key(|candidate| candidate.luck);
    let mut holders: Vec<Holder> = current.iter().map(|candidate| candidate.holder).collect();
    if valid > max {
        holders.truncate(max);
        return Allocation::New(holders);
    }
    if valid >= min {
        return Allocation::Keep;
    }
    if valid + candidates.len() < min {
        return Allocation::NotEnough;
    }
    holders.extend(in_order(candidates, by_region).into_iter().take(max - valid));
    Allocation::New(holders)
}

/// Candidates in the order of the balanced allocator: in turns from each group, the group with more free space first;
/// within a group the one with more free space first.
fn in_order(candidates: Vec<Candidate>, by_region: bool) -> Vec<Holder> {
    let mut groups: BTreeMap<u16, Vec<Candidate>> = BTreeMap::new();
    for candidate in candidates {
        groups.entry(if by_region { candidate.tag } else { 0 }).or_default().push(candidate);
    }
    let mut groups: Vec<Vec<Candidate>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_by_key(|candidate| (Reverse(candidate.free), candidate.luck));
    }
    groups.sort_by_key(|group| Reverse(group.iter().map(|peer| u128::from(peer.free)).sum::<u128>()));
    let longest = groups.iter().map(Vec::len).max().unwrap_or(0);
    let turn = |number: usize| groups.iter().filter_map(move |group| group.get(number));
    (0..longest).flat_map(turn).map(|candidate| candidate.holder).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Slot;
    use super::*;

    fn peer(slot: u32, tag: u16, free: u64) -> Candidate {
        Candidate { holder: Holder { slot: Slot(slot), life: 0 }, tag, free, luck: u64::from(slot) }
    }

    fn slots(allocation: Allocation) -> Vec<u32> {
        let Allocation::New(holders) = allocation else { panic!("{allocation:?}") };
        holders.iter().map(|holder| holder.slot.0).collect()
    }

    const FACTOR: Factor = Factor { min: 2, max: 3 };

    #[test]
    fn a_new_pin_goes_to_the_peers_with_most_free_space_up_to_the_maximum() {
        let peers = vec![peer(0, 0, 10), peer(1, 0, 40), peer(2, 0, 30), peer(3, 0, 20)];
        assert_eq!(slots(allocate(FACTOR, Vec::new(), peers, false)), [1, 2, 3]);
    }

    #[test]
    fn with_tags_the_regions_take_turns_the_one_with_more_space_first() {
        // Region 0 has 70 in all, region 1 has 75: 4, then 0, then 3, then 1.
        let peers = vec![peer(0, 0, 40), peer(1, 0, 30), peer(3, 1, 25), peer(4, 1, 50)];
        let factor = Factor { min: 4, max: 4 };
        assert_eq!(slots(allocate(factor, Vec::new(), peers.clone(), true)), [4, 0, 3, 1]);
        assert_eq!(slots(allocate(factor, Vec::new(), peers, false)), [4, 0, 1, 3]);
    }

    #[test]
    fn at_the_minimum_nothing_changes_and_below_it_the_maximum_is_sought() {
        let two = vec![peer(0, 0, 1), peer(1, 0, 1)];
        let rest = vec![peer(2, 0, 5), peer(3, 0, 9)];
        assert_eq!(allocate(FACTOR, two, rest.clone(), false), Allocation::Keep);
        assert_eq!(slots(allocate(FACTOR, vec![peer(0, 0, 1)], rest, false)), [0, 3, 2]);
    }

    #[test]
    fn without_enough_candidates_for_the_minimum_nothing_is_allocated() {
        assert_eq!(allocate(FACTOR, Vec::new(), vec![peer(1, 0, 1)], false), Allocation::NotEnough);
        // For the minimum there are enough, though not for the maximum.
        let two = vec![peer(1, 0, 1), peer(2, 0, 1)];
        assert_eq!(slots(allocate(FACTOR, Vec::new(), two, false)), [1, 2]);
    }

    #[test]
    fn above_the_maximum_the_surplus_is_dropped() {
        let four = (0..4).map(|slot| peer(slot, 0, 1)).collect();
        assert_eq!(slots(allocate(FACTOR, four, vec![peer(9, 0, 99)], false)), [0, 1, 2]);
    }
}
