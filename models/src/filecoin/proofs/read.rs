//! Reading from sealed storage: decode, compare, and only then serve.
//!
//! A miner that kept no unsealed copy decodes the replica, which takes the labels of the whole sector
//! ([`SealingWork::unsealing_time`](super::cost::SealingWork::unsealing_time)), and checks what comes out against what was
//! promised. Nothing here trusts the disk: altered bytes decode to something else and are refused.

use super::replica::Replica;
use super::seal::{Sealer, Unreadable};
use crate::filecoin::piece::commp::Piece;
use crate::filecoin::piece::fr32::unpad;
use crate::filecoin::piece::layout::Placement;
use crate::filecoin::piece::miniature::{ContentKey, SlotMismatch, Slots};
use thiserror::Error;

/// Why a piece cannot be served from sealed storage.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Lost, or not decodable.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Decoded, but not the piece that was stored.
    #[error("what was decoded has another commitment than the piece")]
    OtherBytes,
    /// Decoded, but not what the kept content expands to.
    #[error(transparent)]
    OtherSlots(#[from] SlotMismatch),
}

/// The payload of a literal piece, decoded and compared with its commitment.
///
/// # Errors
/// [`ReadError`] if bytes are lost or are not the piece's.
pub fn read_piece(
    sealer: &Sealer,
    replica: &Replica,
    place: &Placement,
    piece: &Piece,
) -> Result<Vec<u8>, ReadError> {
    let mut payload = unpad(&sealer.decode(replica, place.nodes())?);
    payload.truncate(piece.payload as usize);
    if Piece::of(&payload) == *piece { Ok(payload) } else { Err(ReadError::OtherBytes) }
}

/// Whether a piece of a miniature may be served: its slots are decoded and compared with the expansion of the kept
/// content, whose bytes are what is served then.
///
/// # Errors
/// [`ReadError`] if slots are lost or do not belong to that content.
pub fn check_slots(
    sealer: &Sealer,
    replica: &Replica,
    slots: &Slots,
    kept: &ContentKey,
) -> Result<(), ReadError> {
    let decoded = sealer.decode(replica, slots.0.nodes())?;
    Ok(slots.verify(&decoded, kept)?)
}
