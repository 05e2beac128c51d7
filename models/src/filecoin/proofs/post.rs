//! Proofs of space-time: that a replica is still there.
//!
//! WindowPoSt asks every sector for 10 leaves in every proving period, WinningPoSt one sector for 66 before a block may be
//! made. A leaf is challenged by
//!
//! ```text
//! SHA-256( randomness | sector number u64 LE | index u64 LE ), first 8 bytes as u64 LE, mod leaves
//! ```
//!
//! with index 0, 1, … for every sector (API 1.2, FIP-0061). A proof opens each leaf up to CommRLast, and CommC and
//! CommRLast hash to the CommR on chain. The PDP family asks with its own challenges ([`pdp`](super::pdp)), the sector number in
//! place of the data set's. Sources: rust-fil-proofs `storage-proofs-post/src/fallback/vanilla.rs`,
//! `filecoin-proofs/src/api/winning_post.rs`.

use super::family::ProofFamily;
use super::identity::{PostRandomness, ProverId, SectorNumber};
use super::pdp::{ChallengeSeed, leaf_challenge};
use super::seal::Sealed;
use super::shared;
use super::tree::{Opening, OpeningError, PathChecker};
use crate::filecoin::piece::node::Node;
use crate::filecoin::piece::size::SectorSize;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use thiserror::Error;

/// Which proof of space-time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PostKind {
    /// Of every sector, in every proving period.
    Window,
    /// Of one sector, to make a block.
    Winning,
}

/// What a sector is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PostChallenge {
    /// Which proof.
    pub kind: PostKind,
    /// Randomness of the deadline or of the block.
    pub randomness: PostRandomness,
    /// The sector.
    pub sector: SectorNumber,
}

impl PostChallenge {
    /// The challenged leaves, in order; some may come twice.
    pub fn leaves(&self, family: ProofFamily, size: SectorSize) -> Vec<u64> {
        let counts = family.counts();
        let count = match self.kind {
            PostKind::Window => counts.window,
            PostKind::Winning => counts.winning,
        };
        (0..u64::from(count)).map(|index| self.leaf(family, size, index)).collect()
    }

    fn leaf(&self, family: ProofFamily, size: SectorSize, index: u64) -> u64 {
        let leaves = u64::from(size.nodes());
        if family == ProofFamily::Pdp {
            return leaf_challenge(&ChallengeSeed(*self.randomness.as_bytes()), self.sector.0, index, leaves);
        }
        let mut bytes = [0; 48];
        bytes[..32].copy_from_slice(self.randomness.as_bytes());
        bytes[32..40].copy_from_slice(&self.sector.0.to_le_bytes());
        bytes[40..].copy_from_slice(&index.to_le_bytes());
        first_u64(&bytes) % leaves
    }
}

/// Which of a miner's `sectors` provable sectors has to answer a WinningPoSt; `challenge` is 0 for the one that is asked.
///
/// # Panics
/// If there is no sector.
pub fn winning_sector(prover: &ProverId, randomness: &PostRandomness, sectors: u64, challenge: u64) -> u64 {
    assert!(sectors > 0, "a miner without sectors cannot win");
    let mut bytes = [0; 72];
    bytes[..32].copy_from_slice(prover.as_bytes());
    bytes[32..64].copy_from_slice(randomness.as_bytes());
    bytes[64..].copy_from_slice(&challenge.to_le_bytes());
    first_u64(&bytes) % sectors
}

fn first_u64(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    let (words, _) = digest.as_chunks::<8>();
    u64::from_le_bytes(words[0])
}

/// What the chain knows of a sector that is to be proved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PostStatement {
    /// Family of proofs of the run.
    pub family: ProofFamily,
    /// Real size of the sector.
    pub size: SectorSize,
    /// Its CommR.
    pub comm_r: Node,
}

/// A proof with everything that a verifier hashes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PostProof {
    /// CommC, to be hashed with the next into CommR.
    pub comm_c: Node,
    /// Root of the tree that is opened.
    pub comm_r_last: Node,
    /// One opening for each challenge.
    pub openings: Vec<Opening>,
}

/// An answer to a challenge. Only a [`Replica`](super::replica::Replica) with the unaltered bytes can make the short form.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PostAnswer(Form);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Form {
    /// The challenged bytes are those that were sealed.
    OfSealing {
        #[serde(with = "shared")]
        sealed: Arc<Sealed>,
        answered: PostChallenge,
    },
    Computed(Box<PostProof>),
}

impl PostAnswer {
    pub(super) fn of_sealing(sealed: Arc<Sealed>, answered: PostChallenge) -> Self {
        PostAnswer(Form::OfSealing { sealed, answered })
    }

    /// An answer that the verifier has to hash.
    pub fn computed(proof: PostProof) -> Self {
        PostAnswer(Form::Computed(Box::new(proof)))
    }

    /// The proof as it would travel, whatever the form.
    pub fn to_proof(&self) -> PostProof {
        match &self.0 {
            Form::Computed(proof) => proof.as_ref().clone(),
            Form::OfSealing { sealed, answered } => PostProof {
                comm_c: *sealed.comm_c(),
                comm_r_last: sealed.comm_r_last(),
                openings: answered
                    .leaves(sealed.family(), sealed.size())
                    .into_iter()
                    .map(|leaf| sealed.tree().open(leaf))
                    .collect(),
            },
        }
    }
}

/// Why an answer does not prove the sector.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PostError {
    /// CommC and CommRLast do not hash to the CommR on chain: another replica.
    #[error("CommC and CommRLast do not belong to the CommR on chain")]
    OtherReplica,
    /// Not one opening for each challenge.
    #[error("{found} openings for {expected} challenges")]
    Count {
        /// Challenges.
        expected: usize,
        /// Openings.
        found: usize,
    },
    /// An opening does not hold.
    #[error(transparent)]
    Opening(#[from] OpeningError),
}

/// Whether the answer proves that the sector's replica was there when it was challenged.
///
/// The short form of an answer to exactly this challenge for exactly this CommR is compared; all else is hashed.
///
/// # Errors
/// [`PostError`] says what is wrong.
pub fn verify_post(
    statement: &PostStatement,
    challenge: &PostChallenge,
    answer: &PostAnswer,
) -> Result<(), PostError> {
    match &answer.0 {
        Form::OfSealing { sealed, answered }
            if answered == challenge
                && *sealed.comm_r() == statement.comm_r
                && (sealed.family(), sealed.size()) == (statement.family, statement.size) =>
        {
            Ok(())
        }
        Form::OfSealing { .. } => verify_proof(statement, challenge, &answer.to_proof()),
        Form::Computed(proof) => verify_proof(statement, challenge, proof),
    }
}

fn verify_proof(
    statement: &PostStatement,
    challenge: &PostChallenge,
    proof: &PostProof,
) -> Result<(), PostError> {
    if statement.family.comm_r(&proof.comm_c, &proof.comm_r_last) != Ok(statement.comm_r) {
        return Err(PostError::OtherReplica);
    }
    let leaves = challenge.leaves(statement.family, statement.size);
    let (expected, found) = (leaves.len(), proof.openings.len());
    if expected != found {
        return Err(PostError::Count { expected, found });
    }
    let nodes = u64::from(statement.size.nodes());
    let mut paths = PathChecker::new(statement.family.tree_kind(), nodes, proof.comm_r_last);
    leaves.iter().zip(&proof.openings).try_for_each(|(leaf, opening)| Ok(paths.check(*leaf, opening)?))
}
