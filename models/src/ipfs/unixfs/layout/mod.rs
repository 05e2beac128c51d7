//! Building the nodes above the leaves while the leaves arrive.
//!
//! Both layouts keep only nodes that are still open: one per level. A node that is full stays open until the leaf
//! after it arrives, because the last leaf of a file decides what becomes the root.
//!
//! Source: ipfs/boxo `ipld/unixfs/importer/` (which recurses over a pulled stream; the trees are the same).

mod balanced;
mod trickle;

use super::block::{BlockMaker, Child};
use super::options::{ImportOptions, Layout};
use super::sink::Sink;
use balanced::Balanced;
use trickle::Trickle;

/// The open nodes of one file.
#[derive(Clone, Debug)]
pub(super) enum OpenNodes {
    Balanced(Balanced),
    Trickle(Trickle),
}

impl OpenNodes {
    pub(super) fn new(options: &ImportOptions) -> Self {
        match options.layout {
            Layout::Balanced => OpenNodes::Balanced(Balanced::new(options.max_links)),
            Layout::Trickle => OpenNodes::Trickle(Trickle::new(options.max_links)),
        }
    }

    /// Puts the next leaf in its place.
    pub(super) fn add(&mut self, leaf: Child, blocks: &mut BlockMaker, sink: &mut impl Sink) {
        match self {
            OpenNodes::Balanced(layout) => layout.add(leaf, blocks, sink),
            OpenNodes::Trickle(layout) => layout.add(leaf, blocks, sink),
        }
    }

    /// Closes every open node and returns the root.
    pub(super) fn finish(self, blocks: &mut BlockMaker, sink: &mut impl Sink) -> Child {
        match self {
            OpenNodes::Balanced(layout) => layout.finish(blocks, sink),
            OpenNodes::Trickle(layout) => layout.finish(blocks, sink),
        }
    }
}
