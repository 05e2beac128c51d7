//! CommP: the commitment to a piece, computed while its bytes stream by.
//!
//! The root of a binary tree of truncated SHA-256 over the fr32-padded payload, filled with zeros up to a power of two.
//! A full subtree is joined as soon as it is there, and fillers come from the table of [zero
//! commitments](super::node::zero_commitment), so a piece of any size takes some 2 KB of memory. Source:
//! rust-fil-proofs `filecoin-proofs/src/api/mod.rs` (`generate_piece_commitment`); FRC-0069.

use super::cid::PieceCid;
use super::fr32::{GROUP_BYTES, pad_group};
use super::node::{Node, sha254_pair, zero_commitment};
use super::size::PieceHeight;
use serde::{Deserialize, Serialize};

/// What is known of a piece from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Piece {
    /// Bytes of payload.
    pub payload: u64,
    /// Size with padding.
    pub height: PieceHeight,
    /// CommP: root of the tree.
    pub root: Node,
}

impl Piece {
    /// The piece of these bytes.
    pub fn of(payload: &[u8]) -> Self {
        let mut hasher = CommP::new();
        hasher.write(payload);
        hasher.finish()
    }

    /// Bytes by which the payload was extended (FRC-0069, "padding").
    pub fn padding(&self) -> u64 {
        self.height.payload_bytes() - self.payload
    }

    /// Its CID, version 1: root alone.
    pub fn cid_v1(&self) -> PieceCid {
        PieceCid::V1 { root: self.root }
    }

    /// Its CID, version 2: root, height and padding (FRC-0069).
    pub fn cid_v2(&self) -> PieceCid {
        PieceCid::V2 { root: self.root, height: self.height, padding: self.padding() }
    }
}

/// Computes a CommP from bytes handed over in slices of any length.
#[derive(Clone, Debug)]
pub struct CommP {
    tree: Forest,
    rest: [u8; GROUP_BYTES],
    filled: usize,
    payload: u64,
}

impl CommP {
    /// Before the first byte.
    pub fn new() -> Self {
        CommP { tree: Forest::default(), rest: [0; GROUP_BYTES], filled: 0, payload: 0 }
    }

    /// Takes the next bytes.
    pub fn write(&mut self, mut bytes: &[u8]) {
        self.payload += bytes.len() as u64;
        while self.filled > 0 || bytes.len() < GROUP_BYTES {
            let taken = bytes.len().min(GROUP_BYTES - self.filled);
            self.rest[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            self.filled += taken;
            if self.filled < GROUP_BYTES {
                return;
            }
            let group = self.rest;
            self.group(&group);
            self.filled = 0;
        }
        let (groups, rest) = bytes.as_chunks::<GROUP_BYTES>();
        groups.iter().for_each(|group| self.group(group));
        self.rest[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }

    fn group(&mut self, payload: &[u8; GROUP_BYTES]) {
        let [a, b, c, d] = pad_group(payload);
        self.tree.push(PieceHeight::MIN.get(), sha254_pair(&sha254_pair(&a, &b), &sha254_pair(&c, &d)));
    }

    /// The piece: what is missing to its size is zeros.
    pub fn finish(mut self) -> Piece {
        let height = PieceHeight::of_payload(self.payload);
        if self.filled > 0 {
            self.rest[self.filled..].fill(0);
            let group = self.rest;
            self.group(&group);
        }
        Piece { payload: self.payload, height, root: self.tree.root(height.get()) }
    }
}

impl Default for CommP {
    fn default() -> Self {
        CommP::new()
    }
}

/// Full subtrees from left to right, none of them twice of a height once joined: a binary counter of roots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forest {
    /// Root of a full subtree at each height, or none. Higher ones lie to the left.
    roots: Vec<Option<Node>>,
}

impl Forest {
    /// Adds a full subtree to the right; whatever it completes is joined.
    ///
    /// # Panics
    /// If a lower subtree lies to the left, so that the new one would not be aligned to its size.
    pub(crate) fn push(&mut self, height: u8, root: Node) {
        let (mut height, mut root) = (usize::from(height), root);
        let lower = self.roots.len().min(height);
        assert!(
            self.roots[..lower].iter().all(Option::is_none),
            "a subtree of height {height} is not aligned"
        );
        loop {
            if self.roots.len() <= height {
                self.roots.resize(height + 1, None);
            }
            match self.roots[height].take() {
                None => break self.roots[height] = Some(root),
                Some(left) => root = sha254_pair(&left, &root),
            }
            height += 1;
        }
    }

    /// Leaves so far.
    pub(crate) fn nodes(&self) -> u64 {
        self.roots.iter().enumerate().filter(|(_, root)| root.is_some()).map(|(height, _)| 1 << height).sum()
    }

    /// Adds zero subtrees until the next position is a multiple of 2^`height` leaves.
    pub(crate) fn align(&mut self, height: u8) {
        while let Some(lowest) = self.roots.iter().position(Option::is_some)
            && lowest < usize::from(height)
        {
            self.push(lowest as u8, zero_commitment(lowest as u8));
        }
    }

    /// The root at that height, the rest filled with zeros.
    ///
    /// # Panics
    /// If there are more leaves than 2^`height`.
    pub(crate) fn root(mut self, height: u8) -> Node {
        self.align(height);
        assert!(self.nodes() <= 1 << height, "{} leaves do not fit height {height}", self.nodes());
        self.roots.get(usize::from(height)).copied().flatten().unwrap_or_else(|| zero_commitment(height))
    }
}
