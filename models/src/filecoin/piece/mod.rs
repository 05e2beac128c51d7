//! Pieces: how payload bytes become the commitments that deals and sectors carry.
//!
//! ```text
//! payload --fr32--> nodes of 32 bytes --sha254 tree--> CommP --CID--> piece CID v1, v2
//! CommP, CommP, zero pieces --layout--> CommD of a sector
//! ```
//!
//! - [`node`]: the 32-byte node and the truncated SHA-256 that joins two of them. [`size`]: padded and payload sizes.
//! - [`fr32`]: 254 bits of payload per node. [`commp`]: the commitment, streamed in constant memory.
//! - [`cid`]: names of pieces and sealed sectors. [`layout`]: pieces in a sector, its CommD, the data-segment index.
//! - [`miniature`]: sectors that stand for larger ones, pieces as slots that only their real bytes can fill.
//!
//! Sources: Filecoin specification, "Piece" and "Data Transfer"; FRC-0069 (piece CIDs); FRC-0058 (aggregation);
//! rust-fil-proofs `fr32/src/padding.rs`, `filecoin-proofs/src/pieces.rs`. Left out: FRC-0058 index entries and inclusion
//! proofs (only the size of the index is here), because no modelled participant aggregates; CAR files.

pub mod cid;
pub mod commp;
pub mod fr32;
pub mod layout;
pub mod miniature;
pub mod node;
pub mod size;
