//! Figures about one tree, gathered while it is made.

use indexmap::IndexMap;

use super::dagpb::Link;
use super::sink::Sink;
use crate::cid::Cid;

/// How many leaves [`DagSummary::first_leaves`] lists.
const FIRST_LEAVES: usize = 3;

/// A [`Sink`] that keeps figures and no bytes; about a hundred bytes for each distinct block.
#[derive(Clone, Debug, Default)]
pub struct DagStats {
    blocks: IndexMap<Cid, Figures>,
    stored_blocks: u64,
    stored_bytes: u64,
    first_leaves: Vec<LeafInfo>,
}

/// Figures of the tree under one block, repeats counted each time.
#[derive(Clone, Copy, Debug)]
struct Figures {
    dag_size: u64,
    blocks: u64,
    leaves: u64,
    depth: u32,
}

/// One leaf as a vector file lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafInfo {
    /// Its name.
    pub cid: Cid,
    /// Bytes of the block.
    pub block_size: u64,
    /// Bytes of the file in it.
    pub data_size: u64,
}

/// The figures of a finished tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DagSummary {
    /// The root.
    pub root: Cid,
    /// Bytes of all blocks, repeats counted each time: what `ipfs add` and `files stat` call cumulative size.
    pub dag_size: u64,
    /// References to blocks, the root's own included, repeats counted each time.
    pub blocks_total: u64,
    /// Distinct CIDs.
    pub blocks_unique: u64,
    /// Distinct CIDs that need storage, that is, without those that carry their block.
    pub stored_blocks: u64,
    /// Bytes of those blocks.
    pub stored_bytes: u64,
    /// Nodes without links, repeats counted each time.
    pub leaves: u64,
    /// Links from the root to the deepest leaf.
    pub depth: u32,
    /// The first three leaves in the order they were made.
    pub first_leaves: Vec<LeafInfo>,
}

impl DagStats {
    /// No figures yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The figures of the tree under `root`. Distinct and stored blocks are those of everything this sink received,
    /// so use one sink for one tree. `None` if the root was not received.
    pub fn summary(&self, root: &Cid) -> Option<DagSummary> {
        let figures = self.blocks.get(root)?;
        Some(DagSummary {
            root: root.clone(),
            dag_size: figures.dag_size,
            blocks_total: figures.blocks,
            blocks_unique: self.blocks.len() as u64,
            stored_blocks: self.stored_blocks,
            stored_bytes: self.stored_bytes,
            leaves: figures.leaves,
            depth: figures.depth,
            first_leaves: self.first_leaves.clone(),
        })
    }

    fn figures(&self, size: usize, links: &[Link]) -> Figures {
        let leaves = u64::from(links.is_empty());
        let own = Figures { dag_size: size as u64, blocks: 1, leaves, depth: 0 };
        links.iter().fold(own, |sum, link| {
            let child = self.blocks.get(&link.cid).expect("children reach a sink before their parent");
            Figures {
                dag_size: sum.dag_size + link.tsize,
                blocks: sum.blocks + child.blocks,
                leaves: sum.leaves + child.leaves,
                depth: sum.depth.max(child.depth + 1),
            }
        })
    }
}

impl Sink for DagStats {
    /// # Panics
    /// If a link leads to a block this sink has not received.
    fn block(&mut self, cid: &Cid, bytes: &[u8], links: &[Link], payload: usize) {
        if links.is_empty() && self.first_leaves.len() < FIRST_LEAVES {
            let (block_size, data_size) = (bytes.len() as u64, payload as u64);
            self.first_leaves.push(LeafInfo { cid: cid.clone(), block_size, data_size });
        }
        if self.blocks.contains_key(cid) {
            return;
        }
        if cid.inline_block().is_none() {
            self.stored_blocks += 1;
            self.stored_bytes += bytes.len() as u64;
        }
        let figures = self.figures(bytes.len(), links);
        self.blocks.insert(cid.clone(), figures);
    }
}
