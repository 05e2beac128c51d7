//! The peers that a lookup has heard of, sorted by their distance to its target.
//!
//! Two structures, because a step hears of some twenty peers and most of them are known: a hash set of ids says so
//! in a few nanoseconds; what is new is sorted and merged into the list from its far end, in place.

use sim_core::prefetch::prefetch_first;
use std::cmp::Ordering;

use super::key::Key;
use crate::ids::NodeId;

/// A peer's state: `Heard` until asked, `Waiting` until its outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum PeerState {
    Heard,
    Waiting,
    Answered,
    Failed,
}

/// 16 bytes: the first 64 bits of the distance decide nearly always.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Candidate {
    distance: u64,
    pub(super) node: NodeId,
    pub(super) state: PeerState,
    /// Questions in the chain that leads to an answer of this peer.
    pub(super) depth: u8,
}

/// The candidates of one lookup.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Candidates {
    target: Key,
    own: Option<NodeId>,
    /// Closest first; every peer once.
    list: Vec<Candidate>,
    /// No candidate before this place is `Heard`.
    first_heard: usize,
    /// New candidates of one answer, before they are merged.
    fresh: Vec<Candidate>,
    seen: Seen,
}

impl Candidates {
    /// Forgets all; from now on for that target, and without `own`.
    pub(super) fn restart(&mut self, target: Key, own: NodeId) {
        (self.target, self.own, self.first_heard) = (target, Some(own), 0);
        self.list.clear();
        self.seen.clear();
    }

    /// Asks for the list and the set before they are needed.
    pub(super) fn prefetch(&self) {
        prefetch_first(&self.list);
        prefetch_first(&self.seen.slots);
    }

    /// All of them, closest first.
    #[inline]
    pub(super) fn list(&self) -> &[Candidate] {
        &self.list
    }

    /// Changes a state; never back to `Heard`.
    #[inline]
    pub(super) fn set_state(&mut self, i: usize, state: PeerState) {
        self.list[i].state = state;
    }

    /// The place of the closest one not asked yet. The caller asks it.
    pub(super) fn next_heard(&mut self) -> Option<usize> {
        let rest = &self.list[self.first_heard..];
        let heard = rest.iter().position(|c| c.state == PeerState::Heard);
        self.first_heard = heard.map_or(self.list.len(), |i| self.first_heard + i);
        heard.map(|_| self.first_heard)
    }

    /// Where a peer is in the list.
    pub(super) fn find(&self, node: NodeId, keys: &[Key]) -> Option<usize> {
        let distance = self.distance(node, keys);
        let from = self.list.partition_point(|c| c.distance < distance);
        // More than one candidate at the same first 64 bits of distance is rare.
        let ties = self.list[from..].iter().take_while(|c| c.distance == distance);
        ties.zip(from..).find(|(c, _)| c.node == node).map(|(_, i)| i)
    }

    /// Adds the peers that were not known yet.
    pub(super) fn hear(&mut self, peers: &[NodeId], depth: u8, keys: &[Key]) {
        self.fresh.clear();
        for &node in peers {
            if Some(node) != self.own && self.seen.insert(node) {
                let distance = self.distance(node, keys);
                self.fresh.push(Candidate { distance, node, state: PeerState::Heard, depth });
            }
        }
        if self.fresh.is_empty() {
            return;
        }
        let target = self.target;
        self.fresh.sort_unstable_by(|a, b| compare(a, b, &target, keys));
        self.merge_fresh(keys);
    }

    fn distance(&self, node: NodeId, keys: &[Key]) -> u64 {
        self.target.prefix() ^ keys[node.index()].prefix()
    }

    /// Merges `fresh` (sorted) into the list, from the far end.
    fn merge_fresh(&mut self, keys: &[Key]) {
        let mut old = self.list.len();
        let mut new = self.fresh.len();
        self.list.extend_from_slice(&self.fresh);
        while new > 0 {
            let next = self.fresh[new - 1];
            let at = old + new - 1;
            let is_old =
                old > 0 && compare(&self.list[old - 1], &next, &self.target, keys) == Ordering::Greater;
            if is_old {
                self.list[at] = self.list[old - 1];
                old -= 1;
            } else {
                self.list[at] = next;
                new -= 1;
                self.first_heard = self.first_heard.min(at);
            }
        }
    }
}

fn compare(a: &Candidate, b: &Candidate, target: &Key, keys: &[Key]) -> Ordering {
    let whole = || target.closer(&keys[a.node.index()], &keys[b.node.index()]);
    a.distance.cmp(&b.distance).then_with(whole)
}

/// A set of peers: open addressing with linear probing, at most half full.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
struct Seen {
    slots: Vec<u32>,
    len: usize,
}

const NOBODY: u32 = u32::MAX;

impl Seen {
    fn clear(&mut self) {
        self.slots.fill(NOBODY);
        self.len = 0;
    }

    /// Whether it is new.
    #[inline]
    fn insert(&mut self, node: NodeId) -> bool {
        if 2 * self.len >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut i = node.0.wrapping_mul(0x9E37_79B1) as usize >> 8 & mask;
        while self.slots[i] != NOBODY {
            if self.slots[i] == node.0 {
                return false;
            }
            i = (i + 1) & mask;
        }
        self.slots[i] = node.0;
        self.len += 1;
        true
    }

    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![NOBODY; (2 * old.len()).max(256)];
        self.len = 0;
        for node in old.into_iter().filter(|&n| n != NOBODY) {
            self.insert(NodeId(node));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_list_is_sorted_and_holds_everybody_heard_of_once(
            answers in prop::collection::vec(prop::collection::vec(0u32..500, 0..30), 0..40),
            is_tied in any::<bool>(),
        ) {
            // Ties of the first 64 bits are common in half of the cases.
            let key = |i: u32| Key([if is_tied { u64::from(i % 7) } else { u64::from(i) << 50 }, 0, 0, u64::from(i)]);
            let keys: Vec<Key> = (0..500).map(key).collect();
            let mut candidates = Candidates::default();
            candidates.restart(keys[3], NodeId(9));
            for answer in &answers {
                let peers: Vec<NodeId> = answer.iter().map(|&p| NodeId(p)).collect();
                candidates.hear(&peers, 1, &keys);
            }
            let mut expected: Vec<u32> = answers.into_iter().flatten().filter(|&p| p != 9).collect();
            expected.sort_by_key(|&p| keys[3].distance(&keys[p as usize]));
            expected.dedup();
            let found: Vec<u32> = candidates.list().iter().map(|c| c.node.0).collect();
            prop_assert_eq!(&found, &expected);
            for (i, peer) in expected.iter().enumerate() {
                prop_assert_eq!(candidates.find(NodeId(*peer), &keys), Some(i));
            }
        }
    }
}
