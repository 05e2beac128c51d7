//! What is read, and what one node holds of it.

use models::ids::BlockId;
use models::ipfs::bitswap::{Blocks, CopyTag, Dag, Store};
use std::collections::BTreeMap;

/// Files of one root and equal leaves, blocks numbered in order: root first.
#[derive(Default)]
pub struct Files {
    sizes: Vec<u32>,
    children: Vec<Vec<BlockId>>,
}

impl Files {
    /// A file of `leaves` chunks of 256 KiB under one root, as Kubo 0.22 makes it (CIDv0).
    pub fn chunked(&mut self, leaves: u32) -> BlockId {
        // A link: hash 36, name 2, size 4, tag and length 2; the node's own data lists 4 bytes a leaf.
        let root = self.block(leaves * 48 + 12);
        let leaves = (0..leaves).map(|_| self.block(262_158)).collect();
        self.children[root.index()] = leaves;
        root
    }

    pub fn block(&mut self, size: u32) -> BlockId {
        self.sizes.push(size);
        self.children.push(Vec::new());
        BlockId(self.sizes.len() as u32 - 1)
    }

    /// The root and everything below it.
    pub fn all(&self, root: BlockId) -> Vec<BlockId> {
        std::iter::once(root).chain(self.children[root.index()].iter().copied()).collect()
    }
}

impl Dag for Files {
    fn children(&self, block: BlockId) -> &[BlockId] {
        &self.children[block.index()]
    }
}

/// What one node holds.
pub struct View<'a> {
    pub files: &'a Files,
    pub held: &'a BTreeMap<BlockId, CopyTag>,
}

impl Blocks for View<'_> {
    fn size(&self, block: BlockId) -> u32 {
        self.files.sizes[block.index()]
    }
    fn cid_len(&self, _: BlockId) -> u32 {
        34
    }
    fn is_intact(&self, _: BlockId, copy: CopyTag) -> bool {
        copy == CopyTag::ORIGINAL
    }
}

impl Store for View<'_> {
    fn copy(&self, block: BlockId) -> Option<CopyTag> {
        self.held.get(&block).copied()
    }
}
