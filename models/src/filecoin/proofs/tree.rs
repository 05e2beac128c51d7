//! Merkle trees: built once, opened by lookup, and checked by hashing.
//!
//! Two kinds: binary with truncated SHA-256 (data, the cheap proof families) and 8-ary with Poseidon (columns and
//! replicas). A [`Tree`] can only be made by hashing its leaves, so whoever holds one knows that every path in it leads to
//! its root; that is what lets an honest proof be verified by comparing roots. An [`Opening`] is what travels when that
//! does not hold, and is hashed level by level. Sources: rust-fil-proofs `storage-proofs-core/src/merkle/`; FilOzone/pdp
//! `src/Proofs.sol`. Left out: composite shapes (sub-trees and tops of other arity), see
//! [`SectorSize`](crate::filecoin::piece::size::SectorSize).

use super::poseidon::{NotInField, poseidon8};
use crate::filecoin::piece::node::{Node, sha254_pair};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use thiserror::Error;

/// Arity and hash of a tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum TreeKind {
    /// Two children, truncated SHA-256.
    Sha256Binary,
    /// Eight children, Poseidon.
    PoseidonOctal,
}

impl TreeKind {
    /// Children of an inner node.
    pub const fn arity(self) -> usize {
        1 << self.arity_bits()
    }

    const fn arity_bits(self) -> u32 {
        match self {
            TreeKind::Sha256Binary => 1,
            TreeKind::PoseidonOctal => 3,
        }
    }

    /// Levels above that many leaves.
    ///
    /// # Panics
    /// If the number is not a power of the arity.
    pub const fn levels(self, leaves: u64) -> u32 {
        assert!(leaves.is_power_of_two() && leaves.trailing_zeros().is_multiple_of(self.arity_bits()));
        leaves.trailing_zeros() / self.arity_bits()
    }

    /// The parent of [`TreeKind::arity`] children.
    fn parent(self, children: &[Node]) -> Result<Node, NotInField> {
        match self {
            TreeKind::Sha256Binary => Ok(sha254_pair(&children[0], &children[1])),
            TreeKind::PoseidonOctal => {
                poseidon8(children.try_into().expect("an octal tree has eight children"))
            }
        }
    }
}

/// A whole tree in memory: leaves first, then level by level up to the root. 8/7 (octal) or twice (binary) the leaves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tree {
    kind: TreeKind,
    nodes: Vec<Node>,
    leaves: u64,
}

impl Tree {
    /// Hashes leaves into a tree.
    ///
    /// # Errors
    /// [`NotInField`] if a leaf of a Poseidon tree is not a field element.
    ///
    /// # Panics
    /// If the number of leaves is not a power of the arity.
    pub fn new(kind: TreeKind, leaves: Vec<Node>) -> Result<Self, NotInField> {
        let count = leaves.len() as u64;
        let levels = kind.levels(count);
        let mut nodes = leaves;
        nodes.reserve_exact(nodes.len() / (kind.arity() - 1) + 1);
        let mut first = 0;
        for level in 0..levels {
            let width = (count >> (level * kind.arity_bits())) as usize;
            for at in (first..first + width).step_by(kind.arity()) {
                let parent = kind.parent(&nodes[at..at + kind.arity()])?;
                nodes.push(parent);
            }
            first += width;
        }
        Ok(Tree { kind, nodes, leaves: count })
    }

    /// Arity and hash.
    pub fn kind(&self) -> TreeKind {
        self.kind
    }

    /// The root.
    pub fn root(&self) -> Node {
        *self.nodes.last().expect("a tree has a leaf")
    }

    /// The leaves.
    pub fn leaves(&self) -> &[Node] {
        &self.nodes[..self.leaves as usize]
    }

    /// The path of a leaf.
    ///
    /// # Panics
    /// If there is no such leaf.
    pub fn open(&self, index: u64) -> Opening {
        self.open_over(index, |leaf| self.nodes[leaf as usize])
    }

    /// The path of a leaf with the leaves of its family (it and its siblings) read through `read`; all levels above come
    /// from the tree as it was built.
    pub(crate) fn open_over(&self, index: u64, read: impl Fn(u64) -> Node) -> Opening {
        assert!(index < self.leaves, "leaf {index} of {}", self.leaves);
        let bits = self.kind.arity_bits();
        let mut siblings =
            Vec::with_capacity(self.kind.levels(self.leaves) as usize * (self.kind.arity() - 1));
        siblings.extend(self.family(index).filter(|leaf| *leaf != index).map(&read));
        let (mut first, mut width, mut at) = (self.leaves, self.leaves >> bits, index >> bits);
        while width > 1 {
            let family = (at >> bits << bits)..(at >> bits << bits) + self.kind.arity() as u64;
            siblings
                .extend(family.filter(|node| *node != at).map(|node| self.nodes[(first + node) as usize]));
            (first, width, at) = (first + width, width >> bits, at >> bits);
        }
        Opening { index, leaf: read(index), siblings }
    }

    /// The leaf and its siblings: what has to be there to compute the lowest inner node of its path.
    pub fn family(&self, index: u64) -> std::ops::Range<u64> {
        let bits = self.kind.arity_bits();
        (index >> bits << bits)..((index >> bits) + 1) << bits
    }
}

/// A leaf and the siblings on its way up, lowest level first, own position left out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Opening {
    /// Position of the leaf.
    pub index: u64,
    /// The leaf.
    pub leaf: Node,
    /// One less than the arity per level.
    pub siblings: Vec<Node>,
}

/// Why an opening does not show that a leaf belongs to a tree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpeningError {
    /// It opens another leaf than was asked for.
    #[error("leaf {found} is opened, leaf {expected} was challenged")]
    Index {
        /// The challenged leaf.
        expected: u64,
        /// The opened leaf.
        found: u64,
    },
    /// The path is longer or shorter than the tree is high.
    #[error("the path of leaf {index} has {found} siblings, expected {expected}")]
    Length {
        /// The leaf.
        index: u64,
        /// Siblings of a path.
        expected: usize,
        /// Siblings found.
        found: usize,
    },
    /// A value on the path is not a field element.
    #[error("the path of leaf {index} holds a value outside the field")]
    NotInField {
        /// The leaf.
        index: u64,
    },
    /// The path leads elsewhere.
    #[error("the path of leaf {index} leads to {found} and not to the committed root")]
    Root {
        /// The leaf.
        index: u64,
        /// Where it leads.
        found: Node,
    },
}

/// Checks openings against one root. Paths of one tree share inner nodes; each family of children is hashed once. A
/// family that differs in a single bit is another one, and is hashed: the check stays exact.
#[derive(Debug)]
pub struct PathChecker {
    kind: TreeKind,
    leaves: u64,
    root: Node,
    /// First children seen at (level, position of the parent), and their parent.
    hashed: BTreeMap<(u32, u64), (Vec<Node>, Node)>,
}

impl PathChecker {
    /// A checker for trees of that kind, number of leaves and root.
    pub fn new(kind: TreeKind, leaves: u64, root: Node) -> Self {
        PathChecker { kind, leaves, root, hashed: BTreeMap::new() }
    }

    /// Whether the opening shows that its leaf is leaf `index` of the tree.
    ///
    /// # Errors
    /// [`OpeningError`] says what is wrong.
    pub fn check(&mut self, index: u64, opening: &Opening) -> Result<(), OpeningError> {
        if opening.index != index {
            return Err(OpeningError::Index { expected: index, found: opening.index });
        }
        let (bits, arity) = (self.kind.arity_bits(), self.kind.arity());
        let (found, expected) =
            (opening.siblings.len(), self.kind.levels(self.leaves) as usize * (arity - 1));
        if found != expected {
            return Err(OpeningError::Length { index, expected, found });
        }
        let (mut node, mut at) = (opening.leaf, index);
        let mut children = Vec::with_capacity(arity);
        for (level, siblings) in opening.siblings.chunks(arity - 1).enumerate() {
            let place = (at & (arity as u64 - 1)) as usize;
            children.clear();
            children.extend_from_slice(&siblings[..place]);
            children.push(node);
            children.extend_from_slice(&siblings[place..]);
            at >>= bits;
            node =
                self.parent((level as u32, at), &children).map_err(|_| OpeningError::NotInField { index })?;
        }
        if node == self.root { Ok(()) } else { Err(OpeningError::Root { index, found: node }) }
    }

    fn parent(&mut self, at: (u32, u64), children: &[Node]) -> Result<Node, NotInField> {
        match self.hashed.entry(at) {
            Entry::Occupied(seen) if seen.get().0 == children => Ok(seen.get().1),
            Entry::Occupied(_) => self.kind.parent(children),
            Entry::Vacant(free) => {
                let parent = self.kind.parent(children)?;
                free.insert((children.to_vec(), parent));
                Ok(parent)
            }
        }
    }
}
