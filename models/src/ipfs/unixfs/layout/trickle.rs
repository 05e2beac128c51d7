//! The trickle layout: a node has up to L leaves of its own, then subtrees of growing depth, four of each.
//!
//! ```text
//! fill(d):   up to L leaves, then 4 × fill(1), 4 × fill(2), … 4 × fill(d - 1)      while data remains
//! root:      the same without an end
//! ```
//!
//! The root is an inner node even for a single chunk, and for none.
//!
//! Source: ipfs/boxo `ipld/unixfs/importer/trickle/trickledag.go`.

use super::super::block::{BlockMaker, Child, Children};
use super::super::sink::Sink;

/// Subtrees of each depth under a node.
const DEPTH_REPEAT: usize = 4;

/// The path from the root to the node that takes the next leaf.
#[derive(Clone, Debug)]
pub(in super::super) struct Trickle {
    max_links: usize,
    path: Vec<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    children: Children,
    /// The `d` of `fill(d)`; the root has no end.
    depth: usize,
}

impl Open {
    fn new(depth: usize) -> Self {
        Open { children: Children::default(), depth }
    }

    /// Depth of the next subtree, if this node may have one more.
    fn next_subtree(&self, max_links: usize) -> Option<usize> {
        let subtrees = self.children.len() - max_links;
        let depth = 1 + subtrees / DEPTH_REPEAT;
        (depth < self.depth).then_some(depth)
    }
}

impl Trickle {
    pub(super) fn new(max_links: usize) -> Self {
        Trickle { max_links, path: vec![Open::new(usize::MAX)] }
    }

    pub(super) fn add(&mut self, leaf: Child, blocks: &mut BlockMaker, sink: &mut impl Sink) {
        let max_links = self.max_links;
        while self.last().children.len() >= max_links {
            match self.last().next_subtree(max_links) {
                Some(depth) => self.path.push(Open::new(depth)),
                None => self.close_last(blocks, sink),
            }
        }
        self.last().children.push(leaf);
    }

    fn last(&mut self) -> &mut Open {
        self.path.last_mut().expect("the root stays open, it has no last subtree")
    }

    fn close_last(&mut self, blocks: &mut BlockMaker, sink: &mut impl Sink) {
        let node = blocks.inner(&mut self.last().children, sink);
        self.path.pop();
        self.last().children.push(node);
    }

    pub(super) fn finish(mut self, blocks: &mut BlockMaker, sink: &mut impl Sink) -> Child {
        while self.path.len() > 1 {
            self.close_last(blocks, sink);
        }
        blocks.inner(&mut self.last().children, sink)
    }
}
