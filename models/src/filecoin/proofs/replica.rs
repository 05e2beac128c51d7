//! A miner's copy of a sealed sector: the sealed sector and what is left of it on disk.
//!
//! From it come answers to challenges. An honest answer is a lookup. A damaged copy can answer only challenges whose
//! paths it can still build: the leaf and its siblings (an octet, or a pair in binary trees) have to be there. What it
//! builds from altered leaves is hashed by the verifier, and fails there.

use super::disk::Disk;
use super::post::{PostAnswer, PostChallenge, PostProof};
use super::seal::Sealed;
use super::shared;
use crate::filecoin::piece::node::Node;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;

/// A miner's copy of a sector.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Replica {
    #[serde(with = "shared")]
    sealed: Arc<Sealed>,
    disk: Disk,
}

/// A challenge that cannot be answered with what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("leaf {challenged} is challenged, and leaf {lost} that its path needs is lost")]
pub struct Unanswerable {
    /// The challenged leaf.
    pub challenged: u64,
    /// It, or a sibling of it.
    pub lost: u64,
}

impl Replica {
    /// The copy right after sealing.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Replica { sealed, disk: Disk::Whole }
    }

    /// The sector as it was sealed.
    pub fn sealed(&self) -> &Arc<Sealed> {
        &self.sealed
    }

    /// What became of its leaves.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// What becomes of its leaves: faults and cheaters act here.
    pub fn disk_mut(&mut self) -> &mut Disk {
        &mut self.disk
    }

    /// A leaf as it is on disk, if it is there.
    pub fn leaf(&self, leaf: u64) -> Option<Node> {
        self.disk.read(leaf, self.sealed.tree().leaves()[leaf as usize])
    }

    /// Answers a challenge from what is on disk.
    ///
    /// # Errors
    /// [`Unanswerable`] if a path cannot be built; the miner has to skip the sector or declare it faulty.
    pub fn answer(&self, challenge: &PostChallenge) -> Result<PostAnswer, Unanswerable> {
        if self.disk.is_whole() {
            return Ok(PostAnswer::of_sealing(Arc::clone(&self.sealed), *challenge));
        }
        let leaves = challenge.leaves(self.sealed.family(), self.sealed.size());
        let family = |leaf: u64| self.sealed.tree().family(leaf);
        let lost = leaves.iter().find_map(|leaf| Some((*leaf, self.disk.first_lost(family(*leaf))?)));
        if let Some((challenged, lost)) = lost {
            return Err(Unanswerable { challenged, lost });
        }
        if leaves.iter().all(|leaf| self.disk.is_as_written(family(*leaf))) {
            return Ok(PostAnswer::of_sealing(Arc::clone(&self.sealed), *challenge));
        }
        Ok(PostAnswer::computed(self.compute(&leaves, Node::ZERO)))
    }

    /// Answers whatever is on disk, with `guess` in place of lost leaves: what a cheater sends who hopes for the best.
    pub fn answer_guessing(&self, challenge: &PostChallenge, guess: Node) -> PostAnswer {
        let leaves = challenge.leaves(self.sealed.family(), self.sealed.size());
        PostAnswer::computed(self.compute(&leaves, guess))
    }

    fn compute(&self, leaves: &[u64], guess: Node) -> PostProof {
        let read = |leaf| self.leaf(leaf).unwrap_or(guess);
        PostProof {
            comm_c: *self.sealed.comm_c(),
            comm_r_last: self.sealed.comm_r_last(),
            openings: leaves.iter().map(|leaf| self.sealed.tree().open_over(*leaf, read)).collect(),
        }
    }
}
