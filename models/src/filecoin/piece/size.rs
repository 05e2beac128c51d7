//! Sizes of payloads, pieces and sectors.
//!
//! A padded piece holds 2^h nodes; fr32 leaves room for 127 bytes of payload in every 128. A payload that fits no such
//! size exactly is extended with zeros. Source: rust-fil-proofs `filecoin-proofs/src/types`, `constants.rs`; built-in
//! actors, `PaddedPieceSize`.

use super::node::NODE_BYTES;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Size of a piece after fr32 padding, as the height of its tree: 2^height nodes of 32 bytes.
///
/// The smallest piece of the network has height 2 (128 bytes); a [miniature](super::miniature) also uses heights 0 and 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PieceHeight(u8);

impl PieceHeight {
    /// The smallest piece of the network: 128 bytes, 127 of payload.
    pub const MIN: PieceHeight = PieceHeight(2);
    /// Highest tree that fits 64-bit byte counts (FRC-0069 allows more; nothing that large exists).
    pub const MAX: PieceHeight = PieceHeight(50);

    /// The size with 2^`height` nodes.
    ///
    /// # Panics
    /// Above [`PieceHeight::MAX`].
    pub const fn new(height: u8) -> Self {
        assert!(height <= PieceHeight::MAX.0, "a piece of more than 2^50 nodes");
        PieceHeight(height)
    }

    /// The smallest piece that holds this many payload bytes; 0 bytes take the smallest piece there is.
    ///
    /// # Panics
    /// If the payload is larger than the largest piece (2^55 bytes).
    pub const fn of_payload(bytes: u64) -> Self {
        let groups = if bytes == 0 { 1 } else { bytes.div_ceil(127) };
        PieceHeight::new(PieceHeight::MIN.0 + groups.next_power_of_two().trailing_zeros() as u8)
    }

    /// The piece of exactly `bytes` padded bytes, if there is one.
    pub const fn of_padded(bytes: u64) -> Option<Self> {
        if !bytes.is_power_of_two() || bytes < NODE_BYTES {
            return None;
        }
        let height = bytes.trailing_zeros() as u8 - 5;
        if height > PieceHeight::MAX.0 { None } else { Some(PieceHeight(height)) }
    }

    /// Levels above the leaves.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Leaves: 2^height.
    pub const fn nodes(self) -> u64 {
        1 << self.0
    }

    /// Bytes with padding.
    pub const fn padded_bytes(self) -> u64 {
        self.nodes() * NODE_BYTES
    }

    /// Bytes of payload that fit: 127 in 128.
    pub const fn payload_bytes(self) -> u64 {
        self.padded_bytes() / 128 * 127
    }
}

/// A real sector size: those two small sizes of the proofs library whose trees are plain powers of eight.
///
/// A [miniature](super::miniature) gives such a sector the nominal size of a large one. The library's other small sizes
/// (4, 16, 32 KiB, 16, 512 MiB, 1 GiB) are left out: they add only composite tree shapes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum SectorSize {
    /// 2 KiB: 64 nodes, two levels of eight.
    TwoKib,
    /// 8 MiB: 262,144 nodes, six levels of eight.
    EightMib,
}

impl SectorSize {
    /// Both sizes.
    pub const ALL: [SectorSize; 2] = [SectorSize::TwoKib, SectorSize::EightMib];

    /// Bytes of the sealed sector.
    pub const fn bytes(self) -> u64 {
        self.height().padded_bytes()
    }

    /// Nodes of 32 bytes.
    pub const fn nodes(self) -> u32 {
        1 << self.height().get()
    }

    /// Height of the binary tree over its data.
    pub const fn height(self) -> PieceHeight {
        match self {
            SectorSize::TwoKib => PieceHeight::new(6),
            SectorSize::EightMib => PieceHeight::new(18),
        }
    }

    /// Number of the registered seal proof, interactive, version 1.1 (rust-filecoin-proofs-api `registry.rs`).
    pub const fn registered_seal_proof(self) -> u64 {
        match self {
            SectorSize::TwoKib => 5,
            SectorSize::EightMib => 6,
        }
    }
}

impl fmt::Display for SectorSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            SectorSize::TwoKib => "2KiB",
            SectorSize::EightMib => "8MiB",
        })
    }
}

/// A text that names no sector size.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a sector size: 2KiB or 8MiB")]
pub struct SectorSizeError(String);

impl FromStr for SectorSize {
    type Err = SectorSizeError;

    /// Reads `2KiB` or `8MiB`, with or without a space.
    fn from_str(text: &str) -> Result<Self, SectorSizeError> {
        let tight = text.replace(' ', "");
        let found = SectorSize::ALL.into_iter().find(|size| size.to_string() == tight);
        found.ok_or_else(|| SectorSizeError(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_takes_the_smallest_power_of_two_that_holds_it() {
        for (bytes, padded) in
            [(0, 128), (1, 128), (127, 128), (128, 256), (254, 256), (255, 512), (2032, 2048)]
        {
            assert_eq!(PieceHeight::of_payload(bytes).padded_bytes(), padded, "{bytes}");
        }
        assert_eq!(PieceHeight::of_padded(2048).map(PieceHeight::get), Some(6));
        assert_eq!(PieceHeight::of_padded(2047), None);
        assert_eq!(SectorSize::EightMib.bytes(), 8 << 20);
    }
}
