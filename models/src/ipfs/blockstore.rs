//! A node's block store as Kubo runs it: pins, a soft limit, mark-and-sweep collection.
//!
//! Blocks are kept by multihash. Adding pins an object's root recursively; fetching does not pin.
//! Unpinning deletes nothing: only a collection does, and it deletes *everything* that no pin reaches, not
//! just enough. There is no least-recently-used order. `StorageMax` is no hard limit: it is compared with
//! what is used when the collector's timer comes round.
//!
//! Source: ipfs/kubo, `gc/gc.go`, `core/corerepo/gc.go`; ipfs/boxo, `pinning/pinner`.
//! Left out: direct pins and the root of the mutable file system (no scenario has one), and the lock that
//! stops adds while a collection runs (a collection takes no virtual time).

use crate::ids::{BlockId, ObjectId};
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use sim_core::units::{Bytes, Prob};

/// One node's blocks and pins.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct BlockStore {
    blocks: IndexSet<BlockId, FxBuildHasher>,
    used: u64,
    /// Recursively pinned objects, sorted.
    pins: Vec<ObjectId>,
}

impl BlockStore {
    /// Whether a block is here.
    pub fn has(&self, block: BlockId) -> bool {
        self.blocks.contains(&block)
    }

    /// Stores a block of `size` bytes; false if it was here.
    pub fn put(&mut self, block: BlockId, size: u32) -> bool {
        let fresh = self.blocks.insert(block);
        if fresh {
            self.used += u64::from(size);
        }
        fresh
    }

    /// Deletes a block of `size` bytes; false if it was not here.
    pub fn delete(&mut self, block: BlockId, size: u32) -> bool {
        let there = self.blocks.swap_remove(&block);
        if there {
            self.used -= u64::from(size);
        }
        there
    }

    /// Pins an object's root recursively; false if it was pinned.
    pub fn pin(&mut self, object: ObjectId) -> bool {
        let place = self.pins.binary_search(&object);
        if let Err(place) = place {
            self.pins.insert(place, object);
        }
        place.is_err()
    }

    /// Removes an object's pin; false if there was none.
    pub fn unpin(&mut self, object: ObjectId) -> bool {
        let place = self.pins.binary_search(&object);
        if let Ok(place) = place {
            self.pins.remove(place);
        }
        place.is_ok()
    }

    /// Whether an object's root is pinned.
    pub fn is_pinned(&self, object: ObjectId) -> bool {
        self.pins.binary_search(&object).is_ok()
    }

    /// The pinned objects, in order.
    pub fn pins(&self) -> &[ObjectId] {
        &self.pins
    }

    /// Bytes in use.
    pub fn used(&self) -> Bytes {
        Bytes::new(self.used)
    }

    /// Number of blocks.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether the store is empty.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The blocks, in an order that depends only on what was put and deleted.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = BlockId> + '_ {
        self.blocks.iter().copied()
    }

    /// Whether a check of the collector's timer starts a collection: more than `watermark` of `max` in use.
    pub fn is_over(&self, max: Bytes, watermark: Prob) -> bool {
        self.used > watermark.ratio().floor_of(max.as_u64())
    }

    /// The smallest limit with which what is in use now is not over `watermark` of it: the largest number of bytes if no
    /// limit would do.
    pub fn limit_to_spare(&self, watermark: Prob) -> u64 {
        let ratio = watermark.ratio();
        match u128::from(ratio.num()) {
            0 if self.used > 0 => u64::MAX,
            0 => 0,
            num => {
                let limit = (u128::from(self.used) * u128::from(ratio.den())).div_ceil(num);
                u64::try_from(limit).unwrap_or(u64::MAX)
            }
        }
    }

    /// Marks what the pins reach and returns everything else, in store order, for deletion.
    pub fn sweep_list<'a>(&self, blocks_of: impl Fn(ObjectId) -> &'a [BlockId]) -> Vec<BlockId> {
        let mut marked: Vec<BlockId> =
            self.pins.iter().flat_map(|&pin| blocks_of(pin).iter().copied()).collect();
        marked.sort_unstable();
        marked.dedup();
        self.iter().filter(|block| marked.binary_search(block).is_err()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ObjectId = ObjectId(0);
    const B: ObjectId = ObjectId(1);
    /// Two objects that share block 2.
    const BLOCKS: [[BlockId; 3]; 2] =
        [[BlockId(0), BlockId(1), BlockId(2)], [BlockId(2), BlockId(3), BlockId(4)]];

    fn store() -> BlockStore {
        let mut store = BlockStore::default();
        for block in BLOCKS.as_flattened() {
            store.put(*block, 100);
        }
        store
    }

    fn blocks_of(object: ObjectId) -> &'static [BlockId] {
        &BLOCKS[object.index()]
    }

    #[test]
    fn a_collection_takes_everything_that_no_pin_reaches() {
        let mut store = store();
        store.pin(A);
        assert_eq!(store.sweep_list(blocks_of), [BlockId(3), BlockId(4)]);
        store.pin(B);
        assert!(store.sweep_list(blocks_of).is_empty());
    }

    #[test]
    fn unpinning_deletes_nothing_by_itself() {
        let mut store = store();
        store.pin(A);
        assert!(store.unpin(A) && !store.unpin(A));
        assert_eq!((store.len(), store.used()), (5, Bytes::new(500)));
        assert_eq!(store.sweep_list(blocks_of).len(), 5);
    }

    #[test]
    fn the_watermark_is_a_share_of_the_limit_and_not_a_wall() {
        let store = store();
        let ninety = Prob::new(90, 100);
        assert!(!store.is_over(Bytes::new(556), ninety));
        assert!(store.is_over(Bytes::new(555), ninety));
        // 500 of 556 bytes are 89.9 %, of 555 they are 90.09 %.
        assert_eq!(store.limit_to_spare(ninety), 556);
        assert_eq!(store.limit_to_spare(Prob::new(0, 1)), u64::MAX);
    }
}
