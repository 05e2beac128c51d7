//! What a miner has of one sector, and how it gets an answer out of that.
//!
//! ```text
//! replica   the sealed bytes, whole or not          a lookup, or what can still be opened
//! recipe    what they are made from                 sealed again, for real, whenever it is asked   (generation)
//! roots     CommC and CommRLast, 64 bytes           somebody else's openings under its own roots   (outsourcing)
//! ```
//!
//! All three end in the same verification against the CommR on chain. Whether an answer also comes in time is not
//! looked at here: the chain refuses what comes after the deadline.

use crate::filecoin::piece::layout::assemble;
use crate::filecoin::piece::miniature::ContentKey;
use crate::filecoin::piece::node::Node;
use crate::filecoin::piece::size::PieceHeight;
use crate::filecoin::proofs::identity::SealIdentity;
use crate::filecoin::proofs::post::{PostAnswer, PostChallenge, PostError};
use crate::filecoin::proofs::replica::{Replica, Unanswerable};
use crate::filecoin::proofs::seal::{Sealed, Sealer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;

/// What a miner has of a sector.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) enum Stored {
    Replica(Replica),
    Recipe(Recipe),
    Roots(Roots),
}

/// A piece as it lies in a sector: the slots that it takes, and what they are expanded from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredPiece {
    /// How many slots.
    pub height: PieceHeight,
    /// What they are expanded from.
    pub key: ContentKey,
}

/// What a replica is made from: who seals, and what is in it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Recipe {
    pub(super) identity: SealIdentity,
    /// Whether the capacity was filled with data.
    pub(super) is_filled: bool,
    /// Pieces that it was sealed with; none in committed capacity.
    pub(super) pieces: Vec<StoredPiece>,
}

/// The two halves of a CommR.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Roots {
    pub(super) identity: SealIdentity,
    pub(super) comm_c: Node,
    pub(super) comm_r_last: Node,
}

/// Why a sector cannot be proven.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Unproven {
    /// There is nothing to answer from.
    #[error("the miner has nothing of the sector, and nobody to ask")]
    Nothing,
    /// Bytes are gone.
    #[error(transparent)]
    Lost(#[from] Unanswerable),
    /// There is an answer, and it does not hold.
    #[error(transparent)]
    Wrong(#[from] PostError),
}

impl Recipe {
    /// A sector with these pieces, or committed capacity.
    pub(super) fn new(identity: SealIdentity, pieces: &[StoredPiece]) -> Self {
        Recipe { identity, is_filled: false, pieces: pieces.to_vec() }
    }

    /// What a sealed sector is made from.
    fn of(sealed: &Sealed, pieces: &[StoredPiece]) -> Self {
        let is_filled = sealed.updated_from().is_some();
        Recipe { is_filled, ..Recipe::new(*sealed.identity(), pieces) }
    }

    /// What is sealed: the pieces in their places, zeros elsewhere.
    fn data(&self, sealer: &Sealer) -> Vec<Node> {
        let expanded = |piece: &StoredPiece| (piece.height, piece.key.expand(piece.height));
        let pieces: Vec<_> = self.pieces.iter().map(expanded).collect();
        assemble(sealer.size().height(), &pieces).expect("whoever packs a sector has placed its pieces").0
    }

    /// Makes the replica: the same bytes whenever it is done.
    pub(super) fn seal(&self, sealer: &Sealer) -> Arc<Sealed> {
        let sealed = sealer.seal(self.identity, self.data(sealer)).expect("slots are elements of the field");
        if self.is_filled { Arc::new(fill(sealer, &sealed)) } else { Arc::new(sealed) }
    }
}

/// Fills committed capacity with data of its own: the same whenever it is done.
pub(super) fn fill(sealer: &Sealer, capacity: &Sealed) -> Sealed {
    let data = filling(capacity.identity()).expand(sealer.size().height());
    sealer.update(capacity, data).expect("slots are elements of the field")
}

/// Stands for the data that a client would have brought.
fn filling(identity: &SealIdentity) -> ContentKey {
    ContentKey::of([&identity.prover.as_bytes()[..], &identity.sector.0.to_le_bytes()[..]])
}

impl Roots {
    /// The roots of a sealed sector.
    pub(super) fn of(sealed: &Sealed) -> Self {
        Roots { identity: *sealed.identity(), comm_c: *sealed.comm_c(), comm_r_last: sealed.comm_r_last() }
    }

    /// Roots that pass somebody else's sector off as sealed by `identity`.
    pub(super) fn borrowed(identity: SealIdentity, theirs: &Sealed) -> Self {
        let comm_c = match theirs.family().encodes() {
            // Columns of labels are what they are.
            true => *theirs.comm_c(),
            // Nothing but a name, which anybody can give.
            false => theirs.family().comm_c_without_columns(&identity, theirs.comm_d()),
        };
        Roots { identity, comm_c, comm_r_last: theirs.comm_r_last() }
    }

    /// Somebody else's openings of the challenged leaves, under these roots.
    fn answer(&self, theirs: &Replica, challenge: &PostChallenge) -> Result<PostAnswer, Unanswerable> {
        let mut proof = theirs.answer(challenge)?.to_proof();
        (proof.comm_c, proof.comm_r_last) = (self.comm_c, self.comm_r_last);
        Ok(PostAnswer::computed(proof))
    }
}

impl Stored {
    /// The CommR that it was committed with.
    pub(super) fn comm_r(&self, sealer: &Sealer) -> Node {
        match self {
            Stored::Replica(replica) => *replica.sealed().comm_r(),
            Stored::Recipe(recipe) => *recipe.seal(sealer).comm_r(),
            Stored::Roots(roots) => {
                let comm_r = sealer.family().comm_r(&roots.comm_c, &roots.comm_r_last);
                comm_r.expect("roots of trees are elements of the field")
            }
        }
    }

    /// Whether its data can be got out of it.
    pub(super) fn has_data(&self) -> bool {
        match self {
            Stored::Replica(replica) => replica.disk().is_whole(),
            Stored::Recipe(_) => true,
            Stored::Roots(_) => false,
        }
    }

    /// Its replica, if it has one.
    pub(super) fn replica(&self) -> Option<&Replica> {
        match self {
            Stored::Replica(replica) => Some(replica),
            Stored::Recipe(_) | Stored::Roots(_) => None,
        }
    }

    /// Its replica, if it has one, to change what is on the disk.
    pub(super) fn replica_mut(&mut self) -> Option<&mut Replica> {
        match self {
            Stored::Replica(replica) => Some(replica),
            Stored::Recipe(_) | Stored::Roots(_) => None,
        }
    }

    /// Keeps no more than what the replica can be made from.
    pub(super) fn keep_recipe(&mut self, pieces: &[StoredPiece]) {
        if let Stored::Replica(replica) = self {
            *self = Stored::Recipe(Recipe::of(replica.sealed(), pieces));
        }
    }

    /// Keeps no more than the roots.
    pub(super) fn keep_roots(&mut self) {
        if let Stored::Replica(replica) = self {
            *self = Stored::Roots(Roots::of(replica.sealed()));
        }
    }

    /// An answer, right or wrong. `source` is somebody else's sector of the same number.
    pub(super) fn answer(
        &self,
        sealer: &Sealer,
        challenge: &PostChallenge,
        source: Option<&Stored>,
    ) -> Result<PostAnswer, Unproven> {
        match self {
            Stored::Replica(replica) => Ok(replica.answer(challenge)?),
            Stored::Recipe(recipe) => Ok(Replica::new(recipe.seal(sealer)).answer(challenge)?),
            Stored::Roots(roots) => {
                let theirs = source.and_then(Stored::replica).ok_or(Unproven::Nothing)?;
                Ok(roots.answer(theirs, challenge)?)
            }
        }
    }
}
