//! One piece of work of the sweep mode: some keys, the walks that find their servers, and the parcels.

use super::parcels::Parcels;
use super::region::{Explorer, Region};
use crate::ids::BlockId;

/// Which worker does it; a root on its way at once and the measuring of the network need none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum Worker {
    None,
    /// Regular work: a region whose hour has come.
    Periodic,
    /// New keys, and regions that are late.
    Burst,
}

/// Why the keys are announced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum Purpose {
    /// They are new.
    Provide,
    /// Their region is due.
    Reprovide,
    /// Not at all: walks to learn how long a region's prefix should be.
    Measure,
}

/// A piece of work.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Job {
    pub(super) worker: Worker,
    pub(super) purpose: Purpose,
    pub(super) region: Region,
    /// Finds the servers of a whole region; none when each key has a walk of its own.
    pub(super) explorer: Option<Explorer>,
    /// Sorted.
    blocks: Vec<BlockId>,
    /// Beside `blocks`: servers that took the record.
    stored: Vec<u16>,
    /// Those of `blocks` announced for the first time, sorted.
    pub(super) new: Vec<BlockId>,
    pub(super) walks_open: u32,
    pub(super) parcels: Parcels,
    /// Parcels up to here are sent.
    next_parcel: usize,
    sends_open: usize,
    failures: usize,
    /// Parcels under way at most.
    connections: usize,
}

/// Parcels under way of one worker. Source: ipfs/kubo: `config/provide.go`.
const CONNECTIONS: usize = 20;

impl Job {
    pub(super) fn new(worker: Worker, purpose: Purpose, region: Region) -> Self {
        Job {
            worker,
            purpose,
            region,
            explorer: None,
            blocks: Vec::new(),
            stored: Vec::new(),
            new: Vec::new(),
            walks_open: 0,
            parcels: Parcels::default(),
            next_parcel: 0,
            sends_open: 0,
            failures: 0,
            connections: CONNECTIONS,
        }
    }

    /// Sets the keys. Those with a walk each have connections of their own.
    pub(super) fn set_blocks(&mut self, mut blocks: Vec<BlockId>, has_walk_each: bool) {
        blocks.sort_unstable();
        blocks.dedup();
        self.stored = vec![0; blocks.len()];
        self.connections = if has_walk_each { CONNECTIONS * blocks.len() } else { CONNECTIONS };
        self.blocks = blocks;
    }

    pub(super) fn blocks(&self) -> &[BlockId] {
        &self.blocks
    }

    /// The number of the next parcel to send, if one may go.
    pub(super) fn next(&mut self) -> Option<usize> {
        if self.next_parcel == self.parcels.len() || self.sends_open == self.connections {
            return None;
        }
        self.next_parcel += 1;
        self.sends_open += 1;
        Some(self.next_parcel - 1)
    }

    /// Notes the outcome of a parcel; how many records are in place by it.
    pub(super) fn sent(&mut self, parcel: usize, ok: bool) -> usize {
        self.sends_open -= 1;
        if !ok {
            self.failures += 1;
            return 0;
        }
        let blocks = self.parcels.blocks(parcel);
        for block in blocks {
            let i = self.blocks.binary_search(block).expect("a parcel holds keys of its job");
            self.stored[i] += 1;
        }
        blocks.len()
    }

    pub(super) fn is_over(&self) -> bool {
        self.walks_open == 0 && self.sends_open == 0 && self.next_parcel == self.parcels.len()
    }

    /// Whether so few servers could be reached (less than a fifth, or nobody) that it must be done again.
    pub(super) fn has_failed(&self) -> bool {
        self.parcels.len() == 0
            || self.failures == self.parcels.len()
            || self.failures * 5 > self.parcels.len() * 4
    }

    /// Every key with the number of servers that took its record.
    pub(super) fn results(&self) -> impl Iterator<Item = (BlockId, u16)> {
        self.blocks.iter().copied().zip(self.stored.iter().copied())
    }
}
