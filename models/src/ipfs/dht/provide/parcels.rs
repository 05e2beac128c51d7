//! What each server is to be told: the keys of one piece of work, server by server.
//!
//! A walk for one key ends in twenty parcels of one block each, so parcels share one run of blocks instead of owning a
//! list each.

use crate::ids::{BlockId, NodeId};
use std::ops::Range;

/// Parcels in the order in which they are to be sent.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Parcels {
    /// The server, and where the blocks of its parcel lie.
    list: Vec<(NodeId, Range<u32>)>,
    blocks: Vec<BlockId>,
}

impl Parcels {
    /// Number of parcels.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Whom a parcel is for.
    pub(super) fn to(&self, parcel: usize) -> NodeId {
        self.list[parcel].0
    }

    /// What is in a parcel.
    pub(super) fn blocks(&self, parcel: usize) -> &[BlockId] {
        let range = &self.list[parcel].1;
        &self.blocks[range.start as usize..range.end as usize]
    }

    /// Adds a parcel of the same block for each of the servers.
    pub(super) fn add_for_each(&mut self, block: BlockId, servers: impl Iterator<Item = NodeId>) {
        let place = self.blocks.len() as u32;
        self.blocks.push(block);
        self.list.extend(servers.map(|server| (server, place..place + 1)));
    }

    /// Adds parcels for `servers` out of pairs (place among the servers, block): blocks in the order given, nothing for
    /// a server without a block. Reorders `pairs`.
    pub(super) fn add_shared(&mut self, servers: impl Iterator<Item = NodeId>, pairs: &mut [(u32, BlockId)]) {
        pairs.sort_by_key(|(place, _)| *place);
        let mut rest = &*pairs;
        for (place, server) in (0u32..).zip(servers) {
            let own = rest.partition_point(|pair| pair.0 == place);
            if own > 0 {
                let from = self.blocks.len() as u32;
                self.blocks.extend(rest[..own].iter().map(|pair| pair.1));
                self.list.push((server, from..self.blocks.len() as u32));
                rest = &rest[own..];
            }
        }
    }

    /// Every parcel: its server and its blocks.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeId, &[BlockId])> {
        (0..self.len()).map(|parcel| (self.to(parcel), self.blocks(parcel)))
    }
}
