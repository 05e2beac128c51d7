//! Who seals what, and under which randomness: the values that make one replica unlike every other.
//!
//! Note the two byte orders of a sector number: big-endian in the replica id, little-endian in PoSt challenges. Sources:
//! rust-fil-proofs `storage-proofs-porep/src/stacked/vanilla/params.rs`; rust-filecoin-proofs-api `registry.rs`.

use crate::cid::put_uvarint;
use crate::filecoin::piece::node::Node;
use crate::filecoin::piece::size::SectorSize;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// A miner as the proofs know it: its actor id as an unsigned varint, extended to 32 bytes with zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ProverId([u8; 32]);

impl ProverId {
    /// The prover id of the miner actor with this id.
    pub fn of_actor(id: u64) -> Self {
        let mut varint = Vec::with_capacity(10);
        put_uvarint(&mut varint, id);
        let mut bytes = [0; 32];
        bytes[..varint.len()].copy_from_slice(&varint);
        ProverId(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ProverId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Node(self.0), f)
    }
}

/// Number of a sector within its miner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SectorNumber(pub u64);

/// Chain randomness that a sealing has to begin with, so that it cannot begin on another fork.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Ticket(pub [u8; 32]);

/// Chain randomness that comes after the pre-commitment and picks the interactive PoRep's challenges.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PorepSeed(pub [u8; 32]);

/// Which proof of replication: the graph depends on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PorepId(pub [u8; 32]);

impl PorepId {
    /// The id of the network's interactive proof, version 1.1, for sectors of this size: its number as u64 LE, nonce 0.
    pub fn of_size(size: SectorSize) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&size.registered_seal_proof().to_le_bytes());
        PorepId(bytes)
    }
}

/// Randomness of a PoSt: 32 bytes whose two highest bits are clear, since the circuit reads them as a field element.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PostRandomness([u8; 32]);

impl PostRandomness {
    /// Chain randomness with the two highest bits cleared, as provers and the verifying system call do before use
    /// (ref-fvm `fvm/src/kernel/default.rs`, `verify_post`; Lotus `GenerateWinningPoSt`).
    pub fn of_chain(mut bytes: [u8; 32]) -> Self {
        bytes[31] &= 0x3f;
        PostRandomness(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Everything about a sealing except its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SealIdentity {
    /// The miner.
    pub prover: ProverId,
    /// Which of its sectors.
    pub sector: SectorNumber,
    /// Randomness that the sealing began with.
    pub ticket: Ticket,
    /// The proof, which decides about the graph.
    pub porep_id: PorepId,
}

impl SealIdentity {
    /// The replica id: what every label of this sealing depends on, and on nothing else of the sector but CommD.
    pub fn replica_id(&self, comm_d: &Node) -> Node {
        let mut hasher = Sha256::new();
        hasher.update(self.prover.0);
        hasher.update(self.sector.0.to_be_bytes());
        hasher.update(self.ticket.0);
        hasher.update(comm_d.0);
        hasher.update(self.porep_id.0);
        Node::masked(hasher.finalize().into())
    }
}
