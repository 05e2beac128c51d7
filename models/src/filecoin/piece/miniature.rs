//! Sectors in miniature: 2 KiB or 8 MiB of real nodes that stand for a sector of 32 or 64 GiB.
//!
//! Every real node of the small sector is a *slot*. A piece takes slots in proportion to its nominal size, at least one,
//! and its slots are filled by expanding a keyed hash of its real bytes:
//!
//! ```text
//! key     = SHA-256("lastcopy content key v1" || real bytes)
//! slot i  = SHA-256("lastcopy slot v1" || key || i as u64 LE), top two bits cleared
//! ```
//!
//! The key's prefix makes it another value than every digest that is ever published (the SHA-256 of a CID, CommP,
//! CommD), so whoever knows only public commitments cannot fill a slot: the bytes are needed, once. From then on CommD,
//! sealing and every proof run over slots exactly as over nodes of a real sector.
//!
//! **What it shows.** Which piece is in which sector, that a sector cannot be sealed without its content, that losing
//! part of it is found at the rate of the real challenge counts, and what all of it costs at nominal size.
//! **What it cannot show.** Slots say nothing about single bytes of content: a damaged content byte changes all slots
//! of its piece, and a slot cannot be turned back into content. So a read from sealed storage needs both halves: the
//! decoded slots and kept content that expands to them ([`Slots::verify`]); losing either loses the copy. Pieces smaller than
//! a slot still take one, so at most 64 pieces go into a 2 KiB sector (more is [`LayoutError::Full`]), where a real sector
//! of 32 GiB could hold 2^28.
//!
//! [`LayoutError::Full`]: super::layout::LayoutError::Full

use super::node::{Node, sha254};
use super::size::{PieceHeight, SectorSize};
use crate::filecoin::piece::layout::Placement;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

const KEY_TAG: &[u8] = b"lastcopy content key v1";
const SLOT_TAG: &[u8] = b"lastcopy slot v1";

/// A sector of real nodes with a nominal size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Miniature {
    real: SectorSize,
    nominal: PieceHeight,
}

/// A nominal size below the real one, or above 64 GiB.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a {real} sector cannot stand for {nominal} bytes: between its own size and 64 GiB is possible")]
pub struct MiniatureError {
    real: SectorSize,
    nominal: u64,
}

impl Miniature {
    /// Largest nominal size: 64 GiB, the largest sector of the network.
    pub const NOMINAL_MAX: PieceHeight = PieceHeight::new(31);

    /// A sector of `real` nodes that stands for `nominal` bytes; equal sizes are the literal sector.
    ///
    /// # Errors
    /// [`MiniatureError`] if the nominal size is smaller than the real one or larger than 64 GiB.
    pub fn new(real: SectorSize, nominal: PieceHeight) -> Result<Self, MiniatureError> {
        if (real.height()..=Self::NOMINAL_MAX).contains(&nominal) {
            return Ok(Miniature { real, nominal });
        }
        Err(MiniatureError { real, nominal: nominal.padded_bytes() })
    }

    /// The sector that is really computed.
    pub fn real(self) -> SectorSize {
        self.real
    }

    /// The size it stands for.
    pub fn nominal(self) -> PieceHeight {
        self.nominal
    }

    /// Nominal bytes that one real byte stands for, a power of two.
    pub fn shrink(self) -> u64 {
        self.nominal.padded_bytes() / self.real.bytes()
    }

    /// Slots that a piece takes: its share of the sector, at least one.
    pub fn slots(self, nominal: PieceHeight) -> PieceHeight {
        let down = self.nominal.get() - self.real.height().get();
        PieceHeight::new(nominal.get().saturating_sub(down))
    }
}

/// Proof to oneself of having had the real bytes: what slots are expanded from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ContentKey([u8; 32]);

impl ContentKey {
    /// The key of bytes that lie in several slices (blocks of an object, say), in order.
    pub fn of<'a>(slices: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = Sha256::new_with_prefix(KEY_TAG);
        slices.into_iter().for_each(|slice| hasher.update(slice));
        ContentKey(hasher.finalize().into())
    }

    /// Content of slot `index` of the piece.
    pub fn slot(&self, index: u64) -> Node {
        let mut bytes = [0; SLOT_TAG.len() + 40];
        let (tag, rest) = bytes.split_at_mut(SLOT_TAG.len());
        tag.copy_from_slice(SLOT_TAG);
        rest[..32].copy_from_slice(&self.0);
        rest[32..].copy_from_slice(&index.to_le_bytes());
        sha254(&bytes)
    }

    /// All slots of a piece of that many.
    pub fn expand(&self, slots: PieceHeight) -> Vec<Node> {
        (0..slots.nodes()).map(|index| self.slot(index)).collect()
    }
}

/// A piece of a miniature as it was stored: where its slots are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Slots(pub Placement);

/// Sealed and kept halves of a copy that do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("slot {slot} of the sector is not what the kept content expands to")]
pub struct SlotMismatch {
    /// The first slot that differs, counted in the sector.
    pub slot: u64,
}

impl Slots {
    /// Compares the piece's decoded slots with the expansion of kept content: the check before a read from sealed storage.
    ///
    /// # Errors
    /// [`SlotMismatch`] at the first slot that differs or is missing.
    pub fn verify(&self, decoded: &[Node], kept: &ContentKey) -> Result<(), SlotMismatch> {
        let agrees = |index: &u64| decoded.get(*index as usize) == Some(&kept.slot(*index));
        match (0..self.0.height.nodes()).find(|index| !agrees(index)) {
            None => Ok(()),
            Some(index) => Err(SlotMismatch { slot: self.0.first_node + index }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filecoin::piece::layout::{LayoutError, assemble, comm_d, place};
    use crate::filecoin::piece::node::sha254_pair;

    const GIB_32: PieceHeight = PieceHeight::new(30);

    fn small() -> Miniature {
        Miniature::new(SectorSize::TwoKib, GIB_32).expect("32 GiB as 2 KiB")
    }

    #[test]
    fn slots_are_in_proportion_to_the_nominal_size_and_at_least_one() {
        assert_eq!(small().shrink(), 1 << 24);
        for (nominal, slots) in [(30, 64), (29, 32), (25, 2), (24, 1), (23, 1), (2, 1)] {
            assert_eq!(small().slots(PieceHeight::new(nominal)).nodes(), slots, "height {nominal}");
        }
        assert!(Miniature::new(SectorSize::EightMib, PieceHeight::new(6)).is_err());
    }

    #[test]
    fn sixty_four_pieces_fit_two_kib_and_the_next_is_refused() {
        let tiny = small().slots(PieceHeight::MIN);
        assert!(place(SectorSize::TwoKib.height(), [tiny; 64]).is_ok());
        let full = LayoutError::Full { piece: 64, end: 2080, sector: 2048 };
        assert_eq!(place(SectorSize::TwoKib.height(), [tiny; 65]), Err(full));
    }

    #[test]
    fn comm_d_over_slots_needs_the_content_and_a_read_needs_both_halves() {
        let (kept, other) = (ContentKey::of([&b"content"[..]]), ContentKey::of([&b"contenu"[..]]));
        assert_eq!(ContentKey::of([&b"con"[..], b"tent"]), kept, "slices do not matter");
        let slots = small().slots(PieceHeight::new(26));
        let (data, places) =
            assemble(SectorSize::TwoKib.height(), &[(slots, kept.expand(slots))]).expect("four slots fit");
        let piece = |key: ContentKey| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|index| key.slot(index));
            sha254_pair(&sha254_pair(&a, &b), &sha254_pair(&c, &d))
        };
        let over = |key| comm_d(SectorSize::TwoKib.height(), &[(slots, piece(key))]);
        assert_ne!(over(kept), over(other));
        let stored = Slots(places[0]);
        assert_eq!(stored.verify(&data[..4], &kept), Ok(()));
        assert_eq!(stored.verify(&data[..4], &other), Err(SlotMismatch { slot: 0 }));
        let mut damaged = data;
        damaged[3].0[0] ^= 1;
        assert_eq!(stored.verify(&damaged[..4], &kept), Err(SlotMismatch { slot: 3 }));
    }
}
