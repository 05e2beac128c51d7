//! Finding all servers of a region of the key space, and sharing a region's keys out among them.
//!
//! Positions are the first 64 bits of a key XOR the node's own key, so that "in order" means "from the node
//! outwards" for each node, and a region is a block of positions: an aligned start and a length.
//!
//! ```text
//! explore  walk to the first uncovered position; the k peers found cover the largest aligned block
//!          around it that they are sure to fill; go on behind it until the region is covered
//!          (at most 64 walks, two without a new peer end it); widen until k peers are inside
//! split    halves with at least k peers each become regions of their own
//! share    each key goes to the k closest peers of its region
//! ```
//!
//! One walk more than in go-libp2p is made where a block turns out to be empty: there the same answer is
//! used a second time, for the sibling block.
//!
//! Source: libp2p/go-libp2p-kad-dht: `provider/provider.go`, `provider/internal/keyspace/trie.go`.

use super::Keys;
use super::parcels::Parcels;
use crate::ids::{BlockId, NodeId};

/// Walks of one exploration at most.
const WALKS_MAX: u32 = 64;
/// Walks in a row without a new peer that end an exploration.
const STALE_MAX: u32 = 2;

/// A block of positions: the `2^(64 - len)` that share the first `len` bits with `start`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Region {
    pub(super) start: u64,
    pub(super) len: u32,
}

impl Region {
    pub(super) const WHOLE: Region = Region { start: 0, len: 0 };

    /// The region of that length around a position.
    pub(super) fn around(position: u64, len: u32) -> Region {
        Region { start: position & Region::mask(len), len }
    }

    /// The last position inside.
    pub(super) fn end(self) -> u64 {
        self.start | !Region::mask(self.len)
    }

    pub(super) fn contains(self, position: u64) -> bool {
        position & Region::mask(self.len) == self.start
    }

    fn parent(self) -> Region {
        Region::around(self.start, self.len - 1)
    }

    fn halves(self) -> [Region; 2] {
        let len = self.len + 1;
        [Region { start: self.start, len }, Region { start: self.start | 1 << (64 - len), len }]
    }

    const fn mask(len: u32) -> u64 {
        if len == 0 { 0 } else { u64::MAX << (64 - len) }
    }
}

/// A server and its position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Server {
    pub(super) position: u64,
    pub(super) node: NodeId,
}

/// An exploration in progress.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Explorer {
    k: usize,
    region: Region,
    /// Stretches of positions covered, both ends included, sorted, never touching.
    covered: Vec<(u64, u64)>,
    /// Sorted by position.
    servers: Vec<Server>,
    walks: u32,
    stale: u32,
}

impl Explorer {
    pub(super) fn new(region: Region, k: usize) -> Self {
        Explorer { k, region, covered: Vec::new(), servers: Vec::new(), walks: 0, stale: 0 }
    }

    /// The region as it is now: the one asked for, or wider.
    pub(super) fn region(&self) -> Region {
        self.region
    }

    /// The first position of the region that is not covered: the one to walk to next.
    pub(super) fn target(&self) -> u64 {
        let behind = self.covered.iter().find(|(low, high)| (*low..=*high).contains(&self.region.start));
        behind.map_or(self.region.start, |(_, high)| high.saturating_add(1))
    }

    /// Takes in what the walk to [`Explorer::target`] found. Whether the exploration is over.
    pub(super) fn found(&mut self, closest: &[Server]) -> bool {
        self.walks += 1;
        if closest.is_empty() {
            return true;
        }
        let target = self.target();
        let (block, inside) = covered_block(target, closest);
        let before = self.servers.len();
        for server in closest.iter().filter(|s| inside && block.contains(s.position)) {
            if let Err(at) = self.servers.binary_search(server) {
                self.servers.insert(at, *server);
            }
        }
        self.stale = if self.servers.len() > before { 0 } else { self.stale + 1 };
        self.cover(block);
        if self.walks >= WALKS_MAX || self.stale >= STALE_MAX {
            self.widen_to_k();
            return true;
        }
        while self.is_covered() && self.region.len > 0 && self.count() < self.k {
            self.region = self.region.parent();
        }
        self.is_covered()
    }

    /// The region explored (wider than asked for where it had too few servers) cut into regions of at
    /// least k servers, with their servers.
    pub(super) fn regions(&self) -> Vec<(Region, &[Server])> {
        let from = self.servers.partition_point(|s| s.position < self.region.start);
        let to = self.servers.partition_point(|s| s.position <= self.region.end());
        let mut out = Vec::new();
        split(self.region, &self.servers[from..to], self.k, &mut out);
        out
    }

    fn cover(&mut self, block: Region) {
        self.covered.push((block.start, block.end()));
        self.covered.sort_unstable();
        self.covered.dedup_by(|next, last| {
            let touches = next.0 <= last.1.saturating_add(1);
            last.1 = if touches { last.1.max(next.1) } else { last.1 };
            touches
        });
    }

    fn is_covered(&self) -> bool {
        self.covered.iter().any(|(low, high)| *low <= self.region.start && *high >= self.region.end())
    }

    fn count(&self) -> usize {
        self.servers.iter().filter(|s| self.region.contains(s.position)).count()
    }

    fn widen_to_k(&mut self) {
        while self.region.len > 0 && self.count() < self.k {
            self.region = self.region.parent();
        }
    }
}

/// The largest block around `target` of which the closest peers leave nobody out, and whether any of
/// them is inside: those that share the fewest bits with the target may be cut off, nobody else.
fn covered_block(target: u64, closest: &[Server]) -> (Region, bool) {
    let shared = |s: &Server| (s.position ^ target).leading_zeros();
    if closest.len() == 1 {
        return (Region::WHOLE, true);
    }
    let fewest = closest.iter().map(shared).min().unwrap_or(0).min(63);
    (Region::around(target, fewest + 1), closest.iter().any(|s| shared(s) > fewest))
}

fn split<'a>(region: Region, servers: &'a [Server], k: usize, out: &mut Vec<(Region, &'a [Server])>) {
    if region.len < 63 {
        let [low, high] = region.halves();
        let middle = servers.partition_point(|s| s.position < high.start);
        if middle >= k && servers.len() - middle >= k {
            split(low, &servers[..middle], k, out);
            split(high, &servers[middle..], k, out);
            return;
        }
    }
    out.push((region, servers));
}

/// The keys of a region as parcels: for each server, the blocks that it is among the k closest to.
/// Servers in order of position, blocks in the order given.
pub(super) fn share_out(servers: &[Server], blocks: &[BlockId], k: usize, keys: Keys<'_>, out: &mut Parcels) {
    let mut pairs: Vec<(u32, BlockId)> = Vec::with_capacity(blocks.len() * k.min(servers.len()));
    let mut ranked: Vec<u32> = Vec::with_capacity(servers.len());
    for &block in blocks {
        let target = &keys.blocks[block.index()];
        ranked.clear();
        ranked.extend(0..servers.len() as u32);
        if ranked.len() > k {
            let key = |i: &u32| &keys.nodes[servers[*i as usize].node.index()];
            ranked.select_nth_unstable_by(k - 1, |a, b| target.closer(key(a), key(b)));
        }
        pairs.extend(ranked.iter().take(k).map(|&server| (server, block)));
    }
    out.add_shared(servers.iter().map(|s| s.node), &mut pairs);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::key::Key;
    use super::*;

    fn network(n: u32) -> Vec<Server> {
        let position = |i: u32| Key::from_preimage(&i.to_be_bytes()).prefix();
        let mut all: Vec<Server> =
            (0..n).map(|i| Server { position: position(i), node: NodeId(i) }).collect();
        all.sort();
        all
    }

    fn closest(all: &[Server], target: u64, k: usize) -> Vec<Server> {
        let mut sorted = all.to_vec();
        sorted.sort_by_key(|s| s.position ^ target);
        sorted.truncate(k);
        sorted
    }

    proptest! {
        #[test]
        fn an_exploration_finds_exactly_the_servers_of_its_region_and_at_least_k(
            n in 1u32..400, at in any::<u64>(), len in 0u32..8, k in 2usize..25,
        ) {
            let all = network(n);
            let mut explorer = Explorer::new(Region::around(at, len), k);
            while !explorer.found(&closest(&all, explorer.target(), k)) {}
            let inside: Vec<Server> =
                all.iter().copied().filter(|s| explorer.region.contains(s.position)).collect();
            prop_assert!(inside.len() >= k.min(n as usize), "{} of {n} servers", inside.len());
            let found: Vec<Server> = explorer.regions().iter().flat_map(|(_, s)| s.iter().copied()).collect();
            // An exploration gives up at 64 walks or where two walks teach nothing new.
            if explorer.stale < STALE_MAX && explorer.walks < WALKS_MAX {
                prop_assert_eq!(found, inside);
            }
            for (region, servers) in explorer.regions() {
                prop_assert!(servers.iter().all(|s| region.contains(s.position)));
            }
        }
    }

    #[test]
    fn each_key_goes_to_its_k_closest_servers_of_the_region() {
        let servers = network(60);
        let node_keys: Vec<Key> = (0..60u32).map(|i| Key::from_preimage(&i.to_be_bytes())).collect();
        let block_keys: Vec<Key> = (0..40u32).map(|i| Key::from_preimage(&[i as u8, 9])).collect();
        let blocks: Vec<BlockId> = (0..40).map(BlockId).collect();
        let mut parcels = Parcels::default();
        let keys = Keys { nodes: &node_keys, blocks: &block_keys };
        share_out(&servers, &blocks, 20, keys, &mut parcels);
        assert_eq!(parcels.iter().map(|(_, blocks)| blocks.len()).sum::<usize>(), 40 * 20);
        for (number, target) in block_keys.iter().enumerate() {
            let expected = closest(&servers, target.prefix(), 20);
            for (node, blocks) in parcels.iter() {
                let is_chosen = expected.iter().any(|s| s.node == node);
                assert_eq!(blocks.contains(&BlockId(number as u32)), is_chosen);
            }
        }
    }
}
