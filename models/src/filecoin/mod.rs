//! Filecoin: storage that has to be proved.
//!
//! - [`piece`]: from payload bytes to piece commitments, and pieces laid out in a sector.
//! - [`proofs`]: sealing, proofs of replication and of space-time, proofs of data possession, and what they cost.
//!
//! Nothing here knows IPFS; the two networks meet only where a scenario bridges them.

pub mod piece;
pub mod proofs;
