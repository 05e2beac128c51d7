//! The node: 32 bytes that are a leaf or an inner node of every tree in Filecoin's proofs.
//!
//! Trees over data join two nodes with SHA-256 whose two highest bits are cleared ("sha2-256-trunc254"), so that each
//! node, read as a little-endian integer, is below 2^254 and an element of the field that the sealed side works in.
//! Source: rust-fil-proofs `filecoin-hashers/src/sha256.rs`; FRC-0069.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use thiserror::Error;

/// Bytes of a node.
pub const NODE_BYTES: u64 = 32;

/// A leaf, an inner node, a root, or another 32-byte commitment.
///
/// Shown and read as 64 hexadecimal digits, in memory order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Node(pub [u8; 32]);

impl Node {
    /// 32 zero bytes: the leaf of empty space.
    pub const ZERO: Node = Node([0; 32]);

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Clears the two highest bits, which makes any digest an element of the field.
    pub(crate) const fn masked(mut bytes: [u8; 32]) -> Self {
        bytes[31] &= 0x3f;
        Node(bytes)
    }
}

impl From<u32> for Node {
    /// The integer, little-endian.
    fn from(number: u32) -> Self {
        let mut node = Node::ZERO;
        node.0[..4].copy_from_slice(&number.to_le_bytes());
        node
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Node {
    type Err = NodeError;

    /// Reads 64 hexadecimal digits of either case.
    fn from_str(text: &str) -> Result<Self, NodeError> {
        let bytes =
            data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| NodeError::Digits)?;
        let found = bytes.len();
        Ok(Node(bytes.try_into().map_err(|_| NodeError::Length(found))?))
    }
}

/// Why a text is not a node.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NodeError {
    /// Something other than hexadecimal digits, or an odd number of them.
    #[error("is not hexadecimal")]
    Digits,
    /// Not 32 bytes.
    #[error("has {0} bytes, expected 32 (64 hexadecimal digits)")]
    Length(usize),
}

/// The parent of two nodes: SHA-256 of both, truncated to 254 bits.
pub fn sha254_pair(left: &Node, right: &Node) -> Node {
    let mut both = [0; 64];
    both[..32].copy_from_slice(&left.0);
    both[32..].copy_from_slice(&right.0);
    sha254(&both)
}

/// SHA-256 truncated to 254 bits.
pub(crate) fn sha254(bytes: &[u8]) -> Node {
    Node::masked(Sha256::digest(bytes).into())
}

/// Root of a full tree of zero leaves, `height` levels above them. Height 0 is the zero leaf itself.
///
/// # Panics
/// For heights above 63: no piece is that large.
pub fn zero_commitment(height: u8) -> Node {
    static ROOTS: LazyLock<[Node; 64]> = LazyLock::new(|| {
        let mut roots = [Node::ZERO; 64];
        for height in 1..roots.len() {
            roots[height] = sha254_pair(&roots[height - 1], &roots[height - 1]);
        }
        roots
    });
    ROOTS[usize::from(height)]
}
