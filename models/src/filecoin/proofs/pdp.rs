//! Proof of data possession: FilOzone's PDP, as the network's hot storage uses it.
//!
//! A data set is an ordered list of pieces, whose leaves (32 bytes of the fr32-padded piece) form one space. A challenge is
//!
//! ```text
//! keccak-256( seed 32 bytes | set id 32 bytes BE | i 8 bytes BE ), as 256-bit BE integer, mod the challenge range
//! ```
//!
//! and its answer a leaf with its path to the piece's root. The range is fixed when a proving period begins: leaves added
//! later are not challenged before the next one, and scheduled removals happen then. Leaves that are only padding are not
//! counted. Source: FilOzone/pdp `src/PDPVerifier.sol` (version 3.5.0), `src/Proofs.sol`, `src/Cids.sol`. Left out: fees,
//! the proving-period calendar and ownership, which belong to the chain and the service contract; the limit of 2,000
//! scheduled removals.

use super::disk::Disk;
use super::porep::remainder;
use super::replica::Unanswerable;
use super::shared;
use super::tree::{Opening, OpeningError, PathChecker, Tree, TreeKind};
use crate::filecoin::piece::commp::Piece;
use crate::filecoin::piece::fr32::pad;
use crate::filecoin::piece::node::Node;
use crate::filecoin::piece::size::PieceHeight;
use serde::{Deserialize, Serialize};
use sha3::{Digest, Keccak256};
use std::sync::Arc;
use thiserror::Error;

/// Challenges that the sample service asks for in each proving period (`SimplePDPService.sol`, getChallengesPerProof).
pub const CHALLENGES: u32 = 5;

/// Chain randomness of the challenge epoch, a 256-bit integer in big-endian order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChallengeSeed(pub [u8; 32]);

/// The challenged leaf among `range` leaves.
///
/// # Panics
/// If the range is empty.
pub fn leaf_challenge(seed: &ChallengeSeed, set_id: u64, index: u64, range: u64) -> u64 {
    assert!(range > 0, "an empty data set is not challenged");
    let mut bytes = [0; 72];
    bytes[..32].copy_from_slice(&seed.0);
    bytes[56..64].copy_from_slice(&set_id.to_be_bytes());
    bytes[64..].copy_from_slice(&index.to_be_bytes());
    remainder(Keccak256::digest(bytes).iter(), range)
}

/// A piece in a data set, as the contract keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SetPiece {
    root: Node,
    height: PieceHeight,
    /// Leaves that hold data; 0 once removed, ids are not given again.
    leaves: u64,
}

impl SetPiece {
    /// The contract's view of a piece: leaves of its tree less those that are padding throughout.
    pub fn of(piece: &Piece) -> Self {
        let padding_leaves = piece.padding() * 128 / 127 / 32;
        SetPiece { root: piece.root, height: piece.height, leaves: piece.height.nodes() - padding_leaves }
    }

    /// Leaves that can be challenged.
    pub fn leaves(&self) -> u64 {
        self.leaves
    }
}

/// Position of a piece in its data set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct PieceId(pub usize);

/// A challenged leaf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PdpChallenge {
    /// In which piece.
    pub piece: PieceId,
    /// Which of its leaves.
    pub leaf: u64,
}

/// A data set as the verifier contract keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DataSet {
    id: u64,
    pieces: Vec<SetPiece>,
    removals: Vec<PieceId>,
    range: u64,
}

impl DataSet {
    /// An empty data set.
    pub fn new(id: u64) -> Self {
        DataSet { id, pieces: Vec::new(), removals: Vec::new(), range: 0 }
    }

    /// Adds a piece. It is challenged from the next proving period on.
    pub fn add(&mut self, piece: &Piece) -> PieceId {
        self.pieces.push(SetPiece::of(piece));
        PieceId(self.pieces.len() - 1)
    }

    /// Schedules a removal, to happen before the next proving period.
    ///
    /// # Panics
    /// If there is no such piece.
    pub fn schedule_removal(&mut self, piece: PieceId) {
        assert!(piece.0 < self.pieces.len(), "piece {} of {}", piece.0, self.pieces.len());
        self.removals.push(piece);
    }

    /// Begins the next proving period: removes what is to be removed and fixes the challenge range.
    pub fn next_period(&mut self) {
        for removed in self.removals.drain(..) {
            self.pieces[removed.0].leaves = 0;
        }
        self.range = self.pieces.iter().map(|piece| piece.leaves).sum();
    }

    /// Leaves that are challenged in this period.
    pub fn range(&self) -> u64 {
        self.range
    }

    /// The pieces, removed ones included.
    pub fn pieces(&self) -> &[SetPiece] {
        &self.pieces
    }

    /// The first `count` challenges of a seed; none if the range is empty.
    pub fn challenges(&self, seed: &ChallengeSeed, count: u32) -> Vec<PdpChallenge> {
        let count = if self.range == 0 { 0 } else { u64::from(count) };
        (0..count).map(|index| self.find(leaf_challenge(seed, self.id, index, self.range))).collect()
    }

    /// The piece of a leaf in the space of all leaves.
    fn find(&self, leaf: u64) -> PdpChallenge {
        let mut leaf = leaf;
        for (id, piece) in self.pieces.iter().enumerate() {
            if leaf < piece.leaves {
                return PdpChallenge { piece: PieceId(id), leaf };
            }
            leaf -= piece.leaves;
        }
        unreachable!("a challenge below the range lies in a piece")
    }

    /// Whether the answer proves possession under that seed. The contract takes any positive number of openings; the
    /// service contract asks for `count`.
    ///
    /// # Errors
    /// [`PdpError`] says what is wrong.
    pub fn verify(&self, seed: &ChallengeSeed, count: u32, answer: &PdpAnswer) -> Result<(), PdpError> {
        let challenges = self.challenges(seed, count);
        let (expected, found) = (challenges.len(), answer.0.len());
        if expected != found || expected == 0 {
            return Err(PdpError::Count { expected, found });
        }
        challenges.iter().zip(&answer.0).try_for_each(|(challenge, opened)| {
            let piece = &self.pieces[challenge.piece.0];
            Ok(opened.check(piece, challenge.leaf)?)
        })
    }
}

/// Leaves and paths for the challenges of a period. Only a [`PdpStore`] makes the short form, from unaltered leaves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PdpAnswer(Vec<Opened>);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Opened {
    /// The leaf and its siblings are those that the piece's tree was built from.
    OfTree {
        #[serde(with = "shared")]
        tree: Arc<Tree>,
        leaf: u64,
    },
    Computed(Opening),
}

impl Opened {
    fn check(&self, piece: &SetPiece, leaf: u64) -> Result<(), OpeningError> {
        let computed;
        let opening = match self {
            Opened::OfTree { tree, leaf: opened }
                if *opened == leaf
                    && tree.root() == piece.root
                    && tree.leaves().len() as u64 == piece.height.nodes() =>
            {
                return Ok(());
            }
            Opened::OfTree { tree, leaf } => {
                computed = tree.open(*leaf);
                &computed
            }
            Opened::Computed(opening) => opening,
        };
        PathChecker::new(TreeKind::Sha256Binary, piece.height.nodes(), piece.root).check(leaf, opening)
    }
}

impl PdpAnswer {
    /// An answer that the verifier has to hash.
    pub fn computed(openings: Vec<Opening>) -> Self {
        PdpAnswer(openings.into_iter().map(Opened::Computed).collect())
    }

    /// The openings as they would travel, whatever the form.
    pub fn to_openings(&self) -> Vec<Opening> {
        let open = |opened: &Opened| match opened {
            Opened::OfTree { tree, leaf } => tree.open(*leaf),
            Opened::Computed(opening) => opening.clone(),
        };
        self.0.iter().map(open).collect()
    }
}

/// Why an answer does not prove possession.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PdpError {
    /// Not one opening for each challenge, or none at all.
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

/// The tree over a piece's payload: computed once per content, shared by all who store it.
pub fn piece_tree(payload: &[u8]) -> Tree {
    let height = PieceHeight::of_payload(payload.len() as u64);
    let mut leaves = pad(payload);
    leaves.resize(height.nodes() as usize, Node::ZERO);
    Tree::new(TreeKind::Sha256Binary, leaves).expect("SHA-256 takes every leaf")
}

/// What a storage provider has of a data set's pieces, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PdpStore(Vec<Stored>);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Stored {
    #[serde(with = "shared")]
    tree: Arc<Tree>,
    disk: Disk,
}

impl PdpStore {
    /// Stores the next piece.
    pub fn add(&mut self, tree: Arc<Tree>) {
        self.0.push(Stored { tree, disk: Disk::Whole });
    }

    /// What becomes of a piece's leaves.
    ///
    /// # Panics
    /// If there is no such piece.
    pub fn disk_mut(&mut self, piece: PieceId) -> &mut Disk {
        &mut self.0[piece.0].disk
    }

    /// Answers challenges from what is on disk.
    ///
    /// # Errors
    /// [`Unanswerable`] if a leaf or its sibling is lost.
    pub fn answer(&self, challenges: &[PdpChallenge]) -> Result<PdpAnswer, Unanswerable> {
        challenges
            .iter()
            .map(|challenge| self.0[challenge.piece.0].open(challenge.leaf))
            .collect::<Result<_, _>>()
            .map(PdpAnswer)
    }
}

impl Stored {
    fn open(&self, leaf: u64) -> Result<Opened, Unanswerable> {
        let family = self.tree.family(leaf);
        if let Some(lost) = self.disk.first_lost(family.clone()) {
            return Err(Unanswerable { challenged: leaf, lost });
        }
        if self.disk.is_as_written(family) {
            return Ok(Opened::OfTree { tree: Arc::clone(&self.tree), leaf });
        }
        let written = self.tree.leaves();
        let read =
            |leaf: u64| self.disk.read(leaf, written[leaf as usize]).expect("nothing of the family is lost");
        Ok(Opened::Computed(self.tree.open_over(leaf, read)))
    }
}
