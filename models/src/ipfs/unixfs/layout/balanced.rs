//! The balanced layout: every leaf at the same depth, nodes filled from the left.
//!
//! ```text
//! L = 3, seven leaves:            root
//!                          ┌───────┼───────┐
//!                        node    node    node       only the last of a level may have fewer than L children
//!                        /|\     /|\      |
//!                       1 2 3   4 5 6     7
//! ```
//!
//! A file of one chunk is its leaf; an empty file is one empty leaf.
//!
//! Source: ipfs/boxo `ipld/unixfs/importer/balanced/builder.go`.

use super::super::block::{BlockMaker, Child, Children};
use super::super::sink::Sink;

/// Open nodes, `levels[0]` above the leaves.
#[derive(Clone, Debug)]
pub(in super::super) struct Balanced {
    max_links: usize,
    levels: Vec<Children>,
}

impl Balanced {
    pub(super) fn new(max_links: usize) -> Self {
        Balanced { max_links, levels: Vec::new() }
    }

    pub(super) fn add(&mut self, leaf: Child, blocks: &mut BlockMaker, sink: &mut impl Sink) {
        self.add_at(0, leaf, blocks, sink);
    }

    /// Adds a child to the open node of a level; if that is full, closes it into the level above first.
    fn add_at(&mut self, level: usize, child: Child, blocks: &mut BlockMaker, sink: &mut impl Sink) {
        if level == self.levels.len() {
            self.levels.push(Children::default());
        }
        if self.levels[level].len() == self.max_links {
            self.close(level, blocks, sink);
        }
        self.levels[level].push(child);
    }

    fn close(&mut self, level: usize, blocks: &mut BlockMaker, sink: &mut impl Sink) {
        let node = blocks.inner(&mut self.levels[level], sink);
        self.add_at(level + 1, node, blocks, sink);
    }

    pub(super) fn finish(mut self, blocks: &mut BlockMaker, sink: &mut impl Sink) -> Child {
        if self.levels.is_empty() {
            return blocks.leaf(&[], sink);
        }
        let mut level = 0;
        loop {
            let top = level + 1 == self.levels.len();
            match self.levels[level].single() {
                Some(root) if top => return root,
                _ => self.close(level, blocks, sink),
            }
            level += 1;
        }
    }
}
