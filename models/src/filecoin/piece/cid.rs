//! Names of pieces and of sealed sectors.
//!
//! ```text
//! piece v1   CIDv1, codec fil-commitment-unsealed 0xf101, multihash 0x1012 (sha2-256-trunc254-padded), root
//! piece v2   CIDv1, codec raw 0x55, multihash 0x1011, uvarint(padding) height root       FRC-0069
//! sealed     CIDv1, codec fil-commitment-sealed 0xf102, multihash 0xb401 (poseidon-bls12_381-a2-fc1), CommR
//! ```
//!
//! These are types of their own beside [`Cid`](crate::cid::Cid): that one names blocks that can be fetched and hashed, and
//! a block store that were handed one of these could do neither. Binary and text forms are the same.
//! Sources: FRC-0069; multiformats tables; built-in actors `runtime/src/runtime/mod.rs` (sealed CIDs).

use super::node::Node;
use super::size::PieceHeight;
use crate::cid::{CidError, put_uvarint, read_uvarint, uvarint_len};
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

const RAW: u64 = 0x55;
const UNSEALED: u64 = 0xf101;
const SEALED: u64 = 0xf102;
const TRUNC254_PADDED: u64 = 0x1012;
const FR32_TREE: u64 = 0x1011;
const POSEIDON_A2: u64 = 0xb401;

/// The name of a piece.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum PieceCid {
    /// The root of its tree and no more: the size has to be told separately.
    V1 {
        /// CommP.
        root: Node,
    },
    /// Root, size of the tree and length of the payload.
    V2 {
        /// CommP.
        root: Node,
        /// Size of the tree.
        height: PieceHeight,
        /// Bytes by which the payload was extended to fill the tree.
        padding: u64,
    },
}

/// The name of a sealed sector: its CommR.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SealedCid(pub Node);

impl PieceCid {
    /// CommP.
    pub fn root(&self) -> &Node {
        match self {
            PieceCid::V1 { root } | PieceCid::V2 { root, .. } => root,
        }
    }

    /// The binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            PieceCid::V1 { root } => encode(UNSEALED, TRUNC254_PADDED, &root.0),
            PieceCid::V2 { root, height, padding } => {
                let mut digest = Vec::with_capacity(uvarint_len(*padding) + 33);
                put_uvarint(&mut digest, *padding);
                digest.push(height.get());
                digest.extend_from_slice(&root.0);
                encode(RAW, FR32_TREE, &digest)
            }
        }
    }

    /// Reads the binary form.
    ///
    /// # Errors
    /// [`PieceCidError`] for anything but the two forms above.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PieceCidError> {
        match decode(bytes)? {
            (UNSEALED, TRUNC254_PADDED, digest) => Ok(PieceCid::V1 { root: root(digest)? }),
            (RAW, FR32_TREE, mut digest) => {
                let padding = read_uvarint(&mut digest)?;
                let (&height, digest) = digest.split_first().ok_or(CidError::Truncated)?;
                let sized = (PieceHeight::MIN.get()..=PieceHeight::MAX.get()).contains(&height);
                let height =
                    if sized { PieceHeight::new(height) } else { return Err(PieceCidError::Height(height)) };
                // More than the canonical padding is valid (FRC-0069): a payload may end in zeros of its own.
                if padding > height.payload_bytes() {
                    return Err(PieceCidError::Padding { padding, height: height.get() });
                }
                Ok(PieceCid::V2 { root: root(digest)?, height, padding })
            }
            (codec, function, _) => Err(PieceCidError::Kind { codec, function }),
        }
    }
}

impl SealedCid {
    /// The binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(SEALED, POSEIDON_A2, &self.0.0)
    }

    /// Reads the binary form.
    ///
    /// # Errors
    /// [`PieceCidError`] for anything but a sealed sector's CID.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PieceCidError> {
        match decode(bytes)? {
            (SEALED, POSEIDON_A2, digest) => Ok(SealedCid(root(digest)?)),
            (codec, function, _) => Err(PieceCidError::Kind { codec, function }),
        }
    }
}

fn encode(codec: u64, function: u64, digest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + digest.len());
    for number in [1, codec, function, digest.len() as u64] {
        put_uvarint(&mut bytes, number);
    }
    bytes.extend_from_slice(digest);
    bytes
}

/// Codec, hash function and digest of a CIDv1.
fn decode(mut bytes: &[u8]) -> Result<(u64, u64, &[u8]), CidError> {
    let version = read_uvarint(&mut bytes)?;
    if version != 1 {
        return Err(CidError::Version(version));
    }
    let codec = read_uvarint(&mut bytes)?;
    let function = read_uvarint(&mut bytes)?;
    let expected = read_uvarint(&mut bytes)?;
    let found = bytes.len() as u64;
    if expected == found {
        Ok((codec, function, bytes))
    } else {
        Err(CidError::DigestLength { expected, found })
    }
}

fn root(digest: &[u8]) -> Result<Node, CidError> {
    let found = digest.len() as u64;
    Ok(Node(digest.try_into().map_err(|_| CidError::DigestLength { expected: 32, found })?))
}

fn base32(bytes: &[u8]) -> String {
    format!("b{}", BASE32_NOPAD.encode(bytes).to_ascii_lowercase())
}

fn from_base32(text: &str) -> Result<Vec<u8>, CidError> {
    let digits = text.strip_prefix('b').ok_or(CidError::Text)?;
    if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(CidError::Text);
    }
    BASE32_NOPAD.decode(digits.to_ascii_uppercase().as_bytes()).map_err(|_| CidError::Text)
}

impl fmt::Display for PieceCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&base32(&self.to_bytes()))
    }
}

impl fmt::Display for SealedCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&base32(&self.to_bytes()))
    }
}

impl FromStr for PieceCid {
    type Err = PieceCidError;

    /// Reads `baga…` (version 1) or `bafkz…` (version 2).
    fn from_str(text: &str) -> Result<Self, PieceCidError> {
        PieceCid::from_bytes(&from_base32(text)?)
    }
}

impl FromStr for SealedCid {
    type Err = PieceCidError;

    /// Reads `bagboea…`.
    fn from_str(text: &str) -> Result<Self, PieceCidError> {
        SealedCid::from_bytes(&from_base32(text)?)
    }
}

/// Why text or bytes do not name a piece or a sealed sector.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PieceCidError {
    /// Not a CIDv1 at all.
    #[error(transparent)]
    Cid(#[from] CidError),
    /// A CID of something else.
    #[error("codec 0x{codec:x} with hash function 0x{function:x} names neither a piece nor a sealed sector")]
    Kind {
        /// The multicodec.
        codec: u64,
        /// The multihash function.
        function: u64,
    },
    /// A height that no piece has.
    #[error("a piece of height {0}: between 2 and 50 is possible")]
    Height(u8),
    /// More padding than the piece has room for.
    #[error("{padding} bytes of padding are more than a piece of height {height} holds")]
    Padding {
        /// Bytes of padding.
        padding: u64,
        /// Height of the tree.
        height: u8,
    },
}
