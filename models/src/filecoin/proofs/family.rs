//! Which proof of storage a scenario uses.
//!
//! All three run the same life of a sector (seal, prove, answer, read) through the same types; they differ in
//! what the proof can tell apart, and in cost:
//!
//! | family | replica | PoRep | PoSt | shows | cannot show |
//! | --- | --- | --- | --- | --- | --- |
//! | `sdr-poseidon` | data + SDR labels | 2 challenges, labels recomputed | 10 / 66 leaves, 8-ary Poseidon | all that Filecoin's proofs show: every replica is bytes of its own, and making it takes time | - |
//! | `sha256-merkle` | the data | 2 challenges, data path | 10 / 66 leaves, binary SHA-256 | that the data was committed to and is still there; losses, faults, detection rates | copies: two sectors with the same data are the same bytes, so one disk can answer for many, and a miner may fetch the data when challenged (generation and outsourcing succeed). Scattered losses hurt pairs, not octets |
//! | `pdp` | the data | none | 5 leaves by keccak, binary SHA-256 | possession of data, at the counts of FilOzone's PDP | copies, as above; sealing; WinningPoSt does not exist, so it says nothing about block rewards |
//!
//! `sdr-poseidon` is the network's proof. At 2 KiB the others are some 300 times cheaper to seal and 25 to 70 times cheaper
//! to check by hashing; honest answers cost the same in all (`benches/benches/proofs.rs`).

use super::identity::SealIdentity;
use super::pdp;
use super::poseidon::{NotInField, poseidon2};
use super::tree::TreeKind;
use crate::filecoin::piece::node::{Node, sha254_pair};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A family of proofs, by name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ProofFamily {
    /// Filecoin's: stacked depth-robust graphs and Poseidon trees.
    SdrPoseidon,
    /// The life of a sector with one SHA-256 tree over its data.
    Sha256Merkle,
    /// Proof of data possession.
    Pdp,
}

/// How many leaves or nodes each proof of a sector opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChallengeCounts {
    /// Interactive PoRep.
    pub porep: u32,
    /// Non-interactive PoRep.
    pub non_interactive: u32,
    /// WindowPoSt, per sector and proving period.
    pub window: u32,
    /// WinningPoSt, on one sector.
    pub winning: u32,
}

impl ProofFamily {
    /// All families.
    pub const ALL: [ProofFamily; 3] = [ProofFamily::SdrPoseidon, ProofFamily::Sha256Merkle, ProofFamily::Pdp];

    /// The name in scenario files.
    pub const fn name(self) -> &'static str {
        match self {
            ProofFamily::SdrPoseidon => "sdr-poseidon",
            ProofFamily::Sha256Merkle => "sha256-merkle",
            ProofFamily::Pdp => "pdp",
        }
    }

    /// The tree over the replica.
    pub const fn tree_kind(self) -> TreeKind {
        match self {
            ProofFamily::SdrPoseidon => TreeKind::PoseidonOctal,
            ProofFamily::Sha256Merkle | ProofFamily::Pdp => TreeKind::Sha256Binary,
        }
    }

    /// Whether the replica is encoded, so that it is other bytes than the data and takes time to make.
    pub const fn encodes(self) -> bool {
        matches!(self, ProofFamily::SdrPoseidon)
    }

    /// Challenges of each proof for sectors of 2 KiB and 8 MiB (rust-fil-proofs `constants.rs`; non-interactive: 13
    /// partitions of 2). PDP asks for five (FilOzone/pdp `SimplePDPService.sol`) and knows no other proof.
    pub const fn counts(self) -> ChallengeCounts {
        match self {
            ProofFamily::SdrPoseidon | ProofFamily::Sha256Merkle => {
                ChallengeCounts { porep: 2, non_interactive: 26, window: 10, winning: 66 }
            }
            ProofFamily::Pdp => {
                ChallengeCounts { porep: 0, non_interactive: 0, window: pdp::CHALLENGES, winning: 0 }
            }
        }
    }

    /// CommC of a sector without columns: its replica id, which binds the unencoded families' commitments to the sector.
    /// PDP's public name is the root alone.
    pub(in crate::filecoin) fn comm_c_without_columns(self, identity: &SealIdentity, comm_d: &Node) -> Node {
        match self {
            ProofFamily::Pdp => Node::ZERO,
            ProofFamily::SdrPoseidon | ProofFamily::Sha256Merkle => identity.replica_id(comm_d),
        }
    }

    /// CommR: what the chain keeps of CommC and CommRLast.
    ///
    /// # Errors
    /// [`NotInField`] if the family hashes with Poseidon and one of them is no field element.
    pub fn comm_r(self, comm_c: &Node, comm_r_last: &Node) -> Result<Node, NotInField> {
        match self {
            ProofFamily::SdrPoseidon => poseidon2(&[*comm_c, *comm_r_last]),
            ProofFamily::Sha256Merkle => Ok(sha254_pair(comm_c, comm_r_last)),
            ProofFamily::Pdp => Ok(*comm_r_last),
        }
    }
}

impl fmt::Display for ProofFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no family of proofs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a family of proofs: sdr-poseidon, sha256-merkle or pdp")]
pub struct ProofFamilyError(String);

impl FromStr for ProofFamily {
    type Err = ProofFamilyError;

    fn from_str(text: &str) -> Result<Self, ProofFamilyError> {
        let found = ProofFamily::ALL.into_iter().find(|family| family.name() == text);
        found.ok_or_else(|| ProofFamilyError(text.into()))
    }
}
