//! Commitments of nothing: the roots of binary trees over zeros.
//!
//! After rust-fil-proofs and the specification, "Piece commitment": a node is the SHA-256 of its two children with the
//! two highest bits of the last byte cleared, so that it is a number of the field.

use sha2::{Digest, Sha256};

/// The root of a tree of that height whose `2^height` leaves are 32 zero bytes each.
pub(super) fn zero_commitment(height: u32) -> [u8; 32] {
    (0..height).fold([0; 32], |node, _| {
        let mut parent: [u8; 32] = Sha256::new().chain_update(node).chain_update(node).finalize().into();
        parent[31] &= 0b0011_1111;
        parent
    })
}
