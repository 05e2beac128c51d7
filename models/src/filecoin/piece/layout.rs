//! Pieces in a sector: where each lies, and the commitment over all of them (CommD).
//!
//! Pieces are placed in the order given, each at the next multiple of its own padded size; gaps and the tail are zero
//! pieces. CommD is the root over the whole sector, joined from the pieces' roots without looking at their bytes: that
//! is how the chain checks which deals a sector holds. Sources: built-in actors `runtime/src/runtime/fvm.rs`
//! (`compute_unsealed_sector_cid`), rust-fil-proofs `filecoin-proofs/src/pieces.rs`, FRC-0058 (data-segment index).

use super::commp::Forest;
use super::fr32;
use super::node::Node;
use super::size::PieceHeight;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where a piece lies in its sector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Placement {
    /// First node of the piece.
    pub first_node: u64,
    /// Size of the piece.
    pub height: PieceHeight,
}

impl Placement {
    /// Offset in the padded sector, in bytes.
    pub const fn padded_offset(&self) -> u64 {
        self.first_node * super::node::NODE_BYTES
    }

    /// Nodes of the piece, as a range in the sector.
    pub const fn nodes(&self) -> std::ops::Range<u64> {
        self.first_node..self.first_node + self.height.nodes()
    }
}

/// Pieces that do not fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// A piece would end behind the sector.
    #[error("piece {piece} would end at {end} bytes of a sector of {sector}")]
    Full {
        /// Which one, counted from 0.
        piece: usize,
        /// Where it would end, in padded bytes.
        end: u64,
        /// Padded bytes of the sector.
        sector: u64,
    },
    /// More nodes than its size says.
    #[error("piece {piece} has {found} nodes, its size has room for {room}")]
    Oversized {
        /// Which one, counted from 0.
        piece: usize,
        /// Nodes handed over.
        found: u64,
        /// Nodes of the size.
        room: u64,
    },
}

/// Places pieces in order, each at the next multiple of its own size.
///
/// # Errors
/// [`LayoutError::Full`] names the first piece that does not fit.
pub fn place(
    sector: PieceHeight,
    pieces: impl IntoIterator<Item = PieceHeight>,
) -> Result<Vec<Placement>, LayoutError> {
    let mut end = 0u64;
    let place_next = |(piece, height): (usize, PieceHeight)| {
        let first_node = end.next_multiple_of(height.nodes());
        end = first_node + height.nodes();
        if end > sector.nodes() {
            let end = end * super::node::NODE_BYTES;
            return Err(LayoutError::Full { piece, end, sector: sector.padded_bytes() });
        }
        Ok(Placement { first_node, height })
    };
    pieces.into_iter().enumerate().map(place_next).collect()
}

/// CommD of a sector that holds these pieces in this order, and nothing else.
///
/// # Errors
/// As [`place`].
pub fn comm_d(sector: PieceHeight, pieces: &[(PieceHeight, Node)]) -> Result<Node, LayoutError> {
    place(sector, pieces.iter().map(|piece| piece.0))?;
    let mut forest = Forest::default();
    for (height, root) in pieces {
        forest.align(height.get());
        forest.push(height.get(), *root);
    }
    Ok(forest.root(sector.get()))
}

/// Nodes of a whole sector: each piece's nodes in place, zeros between and after them.
///
/// # Errors
/// As [`place`], and [`LayoutError::Oversized`] if a piece has more nodes than its size.
pub fn assemble(
    sector: PieceHeight,
    pieces: &[(PieceHeight, Vec<Node>)],
) -> Result<(Vec<Node>, Vec<Placement>), LayoutError> {
    let placements = place(sector, pieces.iter().map(|piece| piece.0))?;
    let mut data = vec![Node::ZERO; sector.nodes() as usize];
    for (piece, (place, (height, nodes))) in placements.iter().zip(pieces).enumerate() {
        let (found, room) = (nodes.len() as u64, height.nodes());
        if found > room {
            return Err(LayoutError::Oversized { piece, found, room });
        }
        let first = place.first_node as usize;
        data[first..first + nodes.len()].copy_from_slice(nodes);
    }
    Ok((data, placements))
}

/// Nodes of a whole sector that holds these payloads, each padded with fr32.
///
/// # Errors
/// As [`place`].
pub fn assemble_payloads(
    sector: PieceHeight,
    payloads: &[impl AsRef<[u8]>],
) -> Result<(Vec<Node>, Vec<Placement>), LayoutError> {
    let sized = |payload: &[u8]| (PieceHeight::of_payload(payload.len() as u64), fr32::pad(payload));
    let pieces: Vec<_> = payloads.iter().map(|payload| sized(payload.as_ref())).collect();
    assemble(sector, &pieces)
}

/// Entries of the data-segment index at the end of an aggregated deal: one for each 128 KiB of padded deal, rounded down
/// to a power of two, at least 4 (FRC-0058). An entry takes 64 bytes, so the index takes 1/2048 of the deal.
pub const fn index_entries(padded_deal_bytes: u64) -> u64 {
    let entries = padded_deal_bytes / 2048 / 64;
    if entries < 4 { 4 } else { 1 << entries.ilog2() }
}
