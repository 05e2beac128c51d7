//! A tree as the simulator holds it: which blocks there are, how large, and what each links to.
//!
//! A [`Dag`] lists the distinct blocks of one object once, in the order they were first made, and refers to them by
//! position. Links are positions too, all in one array, so walking a tree touches no map and no CID:
//!
//! ```text
//! blocks    0: leaf   1: leaf   2: node, links 0..3   3: root, links 3..5
//! children  [ 0, 1, 0,   2, 1 ]
//! ```
//!
//! Children come before parents, so a child's position is below its parent's and the root is last unless a caller
//! collected more than one tree. A `Dag` does not change; share it with `Arc`.

use indexmap::IndexMap;

use super::dagpb::Link;
use super::sink::Sink;
use crate::cid::Cid;

/// One distinct block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// Its name.
    pub cid: Cid,
    /// Bytes of the block.
    pub size: u32,
    /// Bytes of the file in it: zero but for leaves.
    pub payload: u32,
    first_link: u32,
    link_count: u32,
}

/// The distinct blocks of an object and the links between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dag {
    blocks: Vec<BlockInfo>,
    children: Vec<u32>,
    bytes: Option<Vec<Box<[u8]>>>,
    root: u32,
}

impl Dag {
    /// Position of the root.
    pub fn root(&self) -> u32 {
        self.root
    }

    /// Name of the root.
    pub fn root_cid(&self) -> &Cid {
        &self.block(self.root).cid
    }

    /// All distinct blocks, children before parents.
    pub fn blocks(&self) -> &[BlockInfo] {
        &self.blocks
    }

    /// The block at a position.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn block(&self, position: u32) -> &BlockInfo {
        &self.blocks[position as usize]
    }

    /// Positions a block links to, in link order, repeats included: for files the order of the bytes.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn children(&self, position: u32) -> &[u32] {
        let block = self.block(position);
        let first = block.first_link as usize;
        &self.children[first..first + block.link_count as usize]
    }

    /// The bytes of a block, if they were kept.
    ///
    /// # Panics
    /// If there is no such position.
    pub fn bytes(&self, position: u32) -> Option<&[u8]> {
        self.bytes.as_ref().map(|bytes| &*bytes[position as usize])
    }

    /// Bytes of all distinct blocks that need storage.
    pub fn stored_bytes(&self) -> u64 {
        let stored = self.blocks.iter().filter(|block| block.cid.inline_block().is_none());
        stored.map(|block| u64::from(block.size)).sum()
    }
}

/// A [`Sink`] that builds a [`Dag`].
#[derive(Clone, Debug, Default)]
pub struct DagCollector {
    /// Blocks by name; the position in the map is the position in the [`Dag`].
    blocks: IndexMap<Cid, Extent>,
    children: Vec<u32>,
    bytes: Option<Vec<Box<[u8]>>>,
}

#[derive(Clone, Copy, Debug)]
struct Extent {
    size: u32,
    payload: u32,
    first_link: u32,
    link_count: u32,
}

impl DagCollector {
    /// Collects the shape only: about 60 bytes for each distinct block and 4 for each link, once finished.
    pub fn new() -> Self {
        Self::default()
    }

    /// Collects the shape and the bytes of every distinct block.
    pub fn with_bytes() -> Self {
        DagCollector { bytes: Some(Vec::new()), ..Self::default() }
    }

    /// The tree under `root`, or `None` if that block was not received.
    pub fn finish(self, root: &Cid) -> Option<Dag> {
        let root = position(&self.blocks, root)?;
        let info = |(cid, extent): (Cid, Extent)| {
            let Extent { size, payload, first_link, link_count } = extent;
            BlockInfo { cid, size, payload, first_link, link_count }
        };
        let blocks = self.blocks.into_iter().map(info).collect();
        Some(Dag { blocks, children: self.children, bytes: self.bytes, root })
    }
}

fn position(blocks: &IndexMap<Cid, Extent>, cid: &Cid) -> Option<u32> {
    blocks.get_index_of(cid).map(index)
}

fn index(value: usize) -> u32 {
    u32::try_from(value).expect("an object has fewer than 2^32 blocks, links and bytes a block")
}

impl Sink for DagCollector {
    /// # Panics
    /// If a link leads to a block this sink has not received.
    fn block(&mut self, cid: &Cid, bytes: &[u8], links: &[Link], payload: usize) {
        if self.blocks.contains_key(cid) {
            return;
        }
        let extent = Extent {
            size: index(bytes.len()),
            payload: index(payload),
            first_link: index(self.children.len()),
            link_count: index(links.len()),
        };
        self.children.extend(links.iter().map(|link| {
            position(&self.blocks, &link.cid).expect("children reach a sink before their parent")
        }));
        self.blocks.insert(cid.clone(), extent);
        if let Some(kept) = &mut self.bytes {
            kept.push(bytes.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ChunkerSpec, FileImporter, ImportOptions};
    use super::*;

    fn collect(data: &[u8], mut sink: DagCollector) -> Dag {
        let chunker = ChunkerSpec::size(2).expect("within bounds");
        let options = ImportOptions { chunker, max_links: 2, ..Default::default() };
        let mut file = FileImporter::new(&options, &mut sink);
        file.write(data);
        let root = file.finish().cid;
        sink.finish(&root).expect("the root was received")
    }

    #[test]
    fn repeated_blocks_are_listed_once_and_linked_each_time() {
        let dag = collect(b"ababcdab", DagCollector::new());
        // "ab", "cd", node(ab, ab), node(cd, ab), root: a full node is closed when the leaf after it is there.
        assert_eq!(dag.blocks().len(), 5);
        assert_eq!(dag.root(), 4);
        assert_eq!(dag.children(4), [2, 3]);
        assert_eq!(dag.children(2), [0, 0]);
        assert_eq!(dag.children(3), [1, 0]);
        assert!(dag.children(0).is_empty());
        assert_eq!(dag.blocks().iter().map(|block| block.payload).collect::<Vec<_>>(), [2, 2, 0, 0, 0]);
        assert_eq!(dag.bytes(0), None);
    }

    #[test]
    fn kept_bytes_are_what_the_names_say() {
        let dag = collect(b"ababcdab", DagCollector::with_bytes());
        for (position, block) in (0..).zip(dag.blocks()) {
            let bytes = dag.bytes(position).expect("bytes were kept");
            assert!(block.cid.verify(bytes));
            assert_eq!(bytes.len() as u32, block.size);
        }
        let sizes = dag.blocks().iter().map(|block| u64::from(block.size)).sum::<u64>();
        assert_eq!(dag.stored_bytes(), sizes);
    }
}
