//! A node's routing table: buckets of known servers, by common prefix length with the node's own key.
//!
//! ```text
//! bucket 0   peers whose first bit differs from ours            half of the network, k of them kept
//! bucket 1   peers that share 1 bit and differ in the second    a quarter
//! bucket i   a contiguous range of the key space, 1/2^(i+1) of it
//! ```
//!
//! What go-libp2p does, and so this table:
//! - Only servers that answered a query (or a look-up check) enter; a full bucket keeps its old peers
//!   and refuses the new one, which favours stable peers. There is no least-recently-seen order.
//! - Peers taken in while the table is being filled for the first time are *replaceable*: one of them
//!   makes room in a full bucket. [`RoutingTable::freeze`] ends that, a minute after the second refresh.
//! - A successful query stamps the peer. A failed dial or query removes it at once. A peer without a
//!   successful query for the grace period (43 min at default settings, [`grace_period`]) is pinged
//!   at the next refresh and removed if it does not answer.
//! - The freed place is refilled by whoever answers next; nothing is kept in reserve.
//!
//! Left out: the limits per IP group (no addresses here), the 1 min latency limit (never met with a
//! 10 s read time-out), and the folding of sparse buckets into one last bucket: the real table splits
//! that bucket when it overflows, so what it accepts and returns is the same, except after removals
//! that leave a gap, where folded neighbours share one bucket until it overflows again.
//!
//! Sources: libp2p/go-libp2p-kbucket: `table.go`, `bucket.go`; libp2p/go-libp2p-kad-dht: `dht.go`.
//!
//! [`grace_period`]: super::DhtConfig::grace_period

// One flat array in bucket order and not a Vec per bucket: a table is three allocations, a whole
// table of 150 peers is 600 bytes of ids, and a bucket is a slice of it. Insertions shift the tail,
// which is rare and short. The stamp is kept in whole seconds, 31 bits, beside the ids.

use sim_core::prefetch::prefetch_first;
use sim_core::time::SimTime;

use super::key::Key;
use crate::ids::NodeId;

/// What became of a peer that was offered to the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inserted {
    /// It has a place now that was free.
    Added,
    /// It has the place of a replaceable peer, which is gone.
    Replaced(NodeId),
    /// It was there already; its last successful query is now.
    Known,
    /// Its bucket is full of peers that stay.
    Full,
}

/// The servers that a node knows, by distance from itself.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct RoutingTable {
    own: NodeId,
    k: u16,
    /// Bucket `i` is `peers[starts[i]..starts[i + 1]]`; one entry more than buckets, the first is 0.
    starts: Vec<u16>,
    peers: Vec<NodeId>,
    /// Beside `peers`: the first 64 bits of their keys, so that ranking them reads one run of memory.
    prefixes: Vec<u64>,
    /// Beside `peers`: second of the last successful query, and in the lowest bit "replaceable".
    stamps: Vec<u32>,
}

const REPLACEABLE: u32 = 1;

/// Groups up to this size are ranked on the stack.
const RANKED_MAX: usize = 128;

/// What stands in for a table that is elsewhere; costs nothing to make.
impl Default for RoutingTable {
    fn default() -> Self {
        RoutingTable {
            own: NodeId(0),
            k: 0,
            starts: Vec::new(),
            peers: Vec::new(),
            prefixes: Vec::new(),
            stamps: Vec::new(),
        }
    }
}

impl RoutingTable {
    /// An empty table of node `own` with room for `k` peers in a bucket.
    ///
    /// # Panics
    /// If `k` is outside `1..=100`.
    pub fn new(own: NodeId, k: usize) -> Self {
        assert!((1..=100).contains(&k), "a bucket holds 1 to 100 peers, asked for {k}");
        RoutingTable { own, k: k as u16, starts: vec![0], ..RoutingTable::default() }
    }

    /// Asks for the peers before they are needed.
    pub fn prefetch(&self) {
        prefetch_first(&self.prefixes);
        prefetch_first(&self.peers);
        prefetch_first(&self.starts);
    }

    /// The node whose table this is.
    pub fn own(&self) -> NodeId {
        self.own
    }

    /// Number of peers in the table.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether it knows nobody.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// Room in a bucket.
    pub fn k(&self) -> usize {
        self.k as usize
    }

    /// Number of buckets up to the last one that was ever used.
    pub fn buckets(&self) -> usize {
        self.starts.len() - 1
    }

    /// All peers, bucket by bucket, in the order in which they came into their bucket.
    pub fn peers(&self) -> &[NodeId] {
        &self.peers
    }

    /// The peers that share exactly `cpl` leading bits with the node.
    pub fn bucket(&self, cpl: usize) -> &[NodeId] {
        let (from, to) = self.range(cpl);
        &self.peers[from..to]
    }

    /// The longest prefix that any peer shares with the node; none for an empty table.
    pub fn max_common_prefix(&self) -> Option<usize> {
        (0..self.buckets()).rev().find(|&b| self.starts[b] < self.starts[b + 1])
    }

    /// Whether `peer` is in the table.
    pub fn contains(&self, peer: NodeId, keys: &[Key]) -> bool {
        self.position(peer, keys).is_some()
    }

    /// Whether the table would take `peer` in: it is new, and its bucket has a free or replaceable place.
    ///
    /// A server that connects is asked a question first (a look-up check) only if this holds.
    pub fn is_useful(&self, peer: NodeId, keys: &[Key]) -> bool {
        if peer == self.own || self.contains(peer, keys) {
            return false;
        }
        let (from, to) = self.range(self.cpl(peer, keys));
        to - from < self.k() || self.stamps[from..to].iter().any(|s| s & REPLACEABLE != 0)
    }

    /// Takes in a server that just answered, or stamps it if it is known.
    ///
    /// `replaceable` is true while the table is first being filled. The node itself is never taken in
    /// (answers [`Inserted::Full`]).
    pub fn insert(&mut self, peer: NodeId, keys: &[Key], now: SimTime, replaceable: bool) -> Inserted {
        if peer == self.own {
            return Inserted::Full;
        }
        let stamp = stamp(now) | u32::from(replaceable);
        let cpl = self.cpl(peer, keys);
        self.grow_to(cpl);
        let (from, to) = self.range(cpl);
        if let Some(i) = self.peers[from..to].iter().position(|&p| p == peer) {
            self.stamps[from + i] = (stamp & !REPLACEABLE) | (self.stamps[from + i] & REPLACEABLE);
            return Inserted::Known;
        }
        if to - from < self.k() {
            self.insert_at(to, cpl, peer, keys, stamp);
            return Inserted::Added;
        }
        match self.stamps[from..to].iter().position(|s| s & REPLACEABLE != 0) {
            Some(i) => {
                let gone = self.peers[from + i];
                self.remove_at(from + i, cpl);
                self.insert_at(to - 1, cpl, peer, keys, stamp);
                Inserted::Replaced(gone)
            }
            None => Inserted::Full,
        }
    }

    /// Forgets `peer`, as after a failed dial or query. Whether it was there.
    pub fn remove(&mut self, peer: NodeId, keys: &[Key]) -> bool {
        match self.position(peer, keys) {
            Some(i) => {
                self.remove_at(i, self.cpl(peer, keys));
                true
            }
            None => false,
        }
    }

    /// Ends the first filling: nobody is replaceable any more.
    pub fn freeze(&mut self) {
        self.stamps.iter_mut().for_each(|s| *s &= !REPLACEABLE);
    }

    /// Forgets everybody, as a node that starts again with an empty table.
    pub fn clear(&mut self) {
        self.starts.truncate(1);
        self.peers.clear();
        self.prefixes.clear();
        self.stamps.clear();
    }

    /// Appends the peers whose last successful query is more than `grace` seconds old, the ones to ping.
    ///
    /// Resolution: whole seconds.
    pub fn overdue(&self, now: SimTime, grace: sim_core::time::SimSpan, out: &mut Vec<NodeId>) {
        let (now, grace) = (stamp(now) >> 1, (grace.as_nanos() / NANOS_PER_SEC) as u32);
        let old = self.stamps.iter().zip(&self.peers).filter(|(s, _)| now.saturating_sub(**s >> 1) > grace);
        out.extend(old.map(|(_, p)| *p));
    }

    /// Keeps in bucket `cpl` only the peers that satisfy `keep`, and calls `gone` for the others.
    pub fn retain_bucket(&mut self, cpl: usize, mut keep: impl FnMut(NodeId) -> bool) {
        let (from, mut to) = self.range(cpl);
        let mut i = from;
        while i < to {
            if keep(self.peers[i]) {
                i += 1;
            } else {
                self.remove_at(i, cpl);
                to -= 1;
            }
        }
    }

    /// The `n` known peers closest to `target`, closest first, appended to `out`.
    pub fn nearest(&self, target: &Key, n: usize, keys: &[Key], out: &mut Vec<NodeId>) {
        let from = out.len();
        self.nearest_set(target, n, None, keys, out);
        out[from..].sort_unstable_by(|a, b| target.closer(&keys[a.index()], &keys[b.index()]));
    }

    /// The `n` known peers closest to `target` but for `except`, appended to `out` in an order that
    /// depends on the table alone (not sorted: whoever gets the reply sorts it into what it knows).
    pub fn nearest_set(
        &self,
        target: &Key,
        n: usize,
        except: Option<NodeId>,
        keys: &[Key],
        out: &mut Vec<NodeId>,
    ) {
        // With c bits shared between the node and the target: bucket c shares more than c with the
        // target, all later ones exactly c, and each earlier one i shares i. So whole groups are
        // taken in that order, and only the last one taken needs a selection.
        let c = (target.common_prefix_len(&keys[self.own.index()]) as usize).min(self.buckets());
        let mut need = self.take_group(self.range(c), target, n, except, keys, out);
        if need > 0 {
            let after = self.range(c).1;
            need = self.take_group((after, self.peers.len()), target, need, except, keys, out);
        }
        for bucket in (0..c).rev() {
            if need == 0 {
                break;
            }
            need = self.take_group(self.range(bucket), target, need, except, keys, out);
        }
    }

    /// Appends the `need` closest of a group; how many are still needed afterwards.
    fn take_group(
        &self,
        (from, to): (usize, usize),
        target: &Key,
        need: usize,
        except: Option<NodeId>,
        keys: &[Key],
        out: &mut Vec<NodeId>,
    ) -> usize {
        let group = &self.peers[from..to];
        let dropped = except.and_then(|except| group.iter().position(|&p| p == except));
        let count = group.len() - usize::from(dropped.is_some());
        let (before, after) = group.split_at(dropped.unwrap_or(group.len()));
        let after = &after[usize::from(dropped.is_some())..];
        if count <= need {
            out.extend_from_slice(before);
            out.extend_from_slice(after);
            return need - count;
        }
        if need > 0 {
            let ranks = self.prefixes[from..to].iter().map(|prefix| target.prefix() ^ prefix);
            let rest = ranks.zip(group.iter().copied()).filter(|(_, p)| Some(*p) != except);
            let mut ranked = [(0u64, NodeId(0)); RANKED_MAX];
            if count <= RANKED_MAX {
                ranked.iter_mut().zip(rest).for_each(|(place, ranked)| *place = ranked);
                take_closest(&mut ranked[..count], need, target, keys, out);
            } else {
                take_closest(&mut rest.collect::<Vec<_>>(), need, target, keys, out);
            }
        }
        0
    }

    fn cpl(&self, peer: NodeId, keys: &[Key]) -> usize {
        keys[self.own.index()].common_prefix_len(&keys[peer.index()]) as usize
    }

    fn range(&self, cpl: usize) -> (usize, usize) {
        if cpl >= self.buckets() {
            return (self.peers.len(), self.peers.len());
        }
        (self.starts[cpl] as usize, self.starts[cpl + 1] as usize)
    }

    fn position(&self, peer: NodeId, keys: &[Key]) -> Option<usize> {
        let (from, to) = self.range(self.cpl(peer, keys));
        self.peers[from..to].iter().position(|&p| p == peer).map(|i| from + i)
    }

    fn grow_to(&mut self, cpl: usize) {
        let end = self.peers.len() as u16;
        if cpl >= self.buckets() {
            self.starts.resize(cpl + 2, end);
        }
    }

    fn insert_at(&mut self, at: usize, cpl: usize, peer: NodeId, keys: &[Key], stamp: u32) {
        self.peers.insert(at, peer);
        self.prefixes.insert(at, keys[peer.index()].prefix());
        self.stamps.insert(at, stamp);
        self.starts[cpl + 1..].iter_mut().for_each(|s| *s += 1);
    }

    fn remove_at(&mut self, at: usize, cpl: usize) {
        self.peers.remove(at);
        self.prefixes.remove(at);
        self.stamps.remove(at);
        self.starts[cpl + 1..].iter_mut().for_each(|s| *s -= 1);
    }
}

/// Appends the `need` (fewer than all) closest to `target` of some ranked peers. A rank is the first 64 bits of the distance.
///
/// Halves the peers by one bit of their ranks after the other, as the leaves of a tree: the half that is not wholly
/// taken or left is halved on. That is a comparison for each peer and bit, and none of it is guessed wrong.
fn take_closest(
    mut ranked: &mut [(u64, NodeId)],
    mut need: usize,
    target: &Key,
    keys: &[Key],
    out: &mut Vec<NodeId>,
) {
    while need > 0 {
        let differ = ranked.iter().fold(0, |bits, (rank, _)| bits | (rank ^ ranked[0].0));
        if differ == 0 {
            // All the same in 64 bits: the rest of the keys decides.
            ranked.sort_unstable_by(|a, b| target.closer(&keys[a.1.index()], &keys[b.1.index()]));
            out.extend(ranked[..need].iter().map(|(_, peer)| *peer));
            return;
        }
        let bit = differ.ilog2();
        let mut near = 0;
        for i in 0..ranked.len() {
            let is_near = ranked[i].0 >> bit & 1 == 0;
            ranked.swap(near, i);
            near += usize::from(is_near);
        }
        let (nearer, farther) = ranked.split_at_mut(near);
        if near > need {
            ranked = nearer;
        } else {
            out.extend(nearer.iter().map(|(_, peer)| *peer));
            need -= near;
            ranked = farther;
        }
    }
}

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Whole seconds of `at`, one bit up, stopping at 68 years.
fn stamp(at: SimTime) -> u32 {
    ((at.as_nanos() / NANOS_PER_SEC).min(u64::from(u32::MAX >> 1)) as u32) << 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sim_core::time::SimSpan;

    use super::*;

    fn world(count: usize) -> Vec<Key> {
        (0..count).map(|i| Key::from_preimage(&(i as u64).to_be_bytes())).collect()
    }

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(secs)
    }

    fn filled(own: u32, keys: &[Key], k: usize, order: impl Iterator<Item = u32>) -> RoutingTable {
        let mut table = RoutingTable::new(NodeId(own), k);
        for peer in order {
            table.insert(NodeId(peer), keys, SimTime::ZERO, false);
        }
        table
    }

    proptest! {
        #[test]
        fn the_nearest_peers_are_those_of_a_sort_over_the_whole_table(
            own in 0u32..300, target in any::<[u64; 4]>(), near in 0usize..300, exact in any::<bool>(),
            n in 0usize..60, k in 1usize..25, peers in prop::collection::vec(0u32..300, 0..300),
        ) {
            let keys = world(300);
            let target = if exact { keys[near] } else { Key(target) };
            let table = filled(own, &keys, k, peers.into_iter());
            let mut expected: Vec<NodeId> = table.peers().to_vec();
            expected.sort_by_key(|p| target.distance(&keys[p.index()]));
            expected.truncate(n);
            let mut found = Vec::new();
            table.nearest(&target, n, &keys, &mut found);
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn every_bucket_holds_the_first_k_of_its_range_that_came(
            own in 0u32..200, k in 1usize..6, peers in prop::collection::vec(0u32..200, 0..400),
        ) {
            let keys = world(200);
            let table = filled(own, &keys, k, peers.iter().copied());
            let mut expected: Vec<Vec<NodeId>> = vec![Vec::new(); 257];
            for &p in &peers {
                let bucket = &mut expected[keys[own as usize].common_prefix_len(&keys[p as usize]) as usize];
                if p != own && bucket.len() < k && !bucket.contains(&NodeId(p)) {
                    bucket.push(NodeId(p));
                }
            }
            for (cpl, bucket) in expected.iter().enumerate() {
                prop_assert_eq!(table.bucket(cpl), &bucket[..]);
            }
        }
    }

    #[test]
    fn a_full_bucket_refuses_newcomers_until_a_peer_is_removed() {
        let keys = world(200);
        let mut table = filled(0, &keys, 3, 1..200);
        let far: Vec<u32> = (1..200).filter(|&p| keys[0].common_prefix_len(&keys[p as usize]) == 0).collect();
        assert_eq!(table.bucket(0), &[NodeId(far[0]), NodeId(far[1]), NodeId(far[2])]);
        assert_eq!(table.insert(NodeId(far[3]), &keys, at(1), false), Inserted::Full);
        assert!(!table.is_useful(NodeId(far[3]), &keys));
        assert!(table.remove(NodeId(far[1]), &keys));
        assert!(table.is_useful(NodeId(far[3]), &keys));
        assert_eq!(table.insert(NodeId(far[3]), &keys, at(1), false), Inserted::Added);
        assert!(!table.remove(NodeId(far[1]), &keys));
    }

    #[test]
    fn peers_of_the_first_filling_make_room_until_the_table_is_frozen() {
        let keys = world(200);
        let far: Vec<NodeId> =
            (1..200).map(NodeId).filter(|p| keys[0].common_prefix_len(&keys[p.index()]) == 0).collect();
        let mut table = RoutingTable::new(NodeId(0), 2);
        table.insert(far[0], &keys, at(0), false);
        table.insert(far[1], &keys, at(0), true);
        assert_eq!(table.insert(far[2], &keys, at(1), true), Inserted::Replaced(far[1]));
        table.freeze();
        assert_eq!(table.insert(far[3], &keys, at(2), true), Inserted::Full);
        assert_eq!(table.bucket(0), &[far[0], far[2]]);
    }

    #[test]
    fn a_peer_is_overdue_when_its_last_answer_is_older_than_the_grace_period() {
        let keys = world(10);
        let mut table = RoutingTable::new(NodeId(0), 20);
        table.insert(NodeId(1), &keys, at(0), false);
        table.insert(NodeId(2), &keys, at(100), false);
        let mut late = Vec::new();
        table.overdue(at(161), SimSpan::from_secs(60), &mut late);
        late.sort();
        assert_eq!(late, [NodeId(1), NodeId(2)]);
        assert_eq!(table.insert(NodeId(1), &keys, at(101), false), Inserted::Known);
        late.clear();
        table.overdue(at(161), SimSpan::from_secs(60), &mut late);
        assert_eq!(late, [NodeId(2)]);
    }

    #[test]
    fn the_node_itself_never_enters_its_table() {
        let keys = world(2);
        let mut table = RoutingTable::new(NodeId(0), 20);
        assert_eq!(table.insert(NodeId(0), &keys, at(0), false), Inserted::Full);
        assert!(table.is_empty() && table.max_common_prefix().is_none());
    }
}
