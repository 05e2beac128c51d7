//! What became of the leaves that a miner stored: there, altered or lost.
//!
//! A disk knows only how it differs from what was written, so that an unharmed one costs a byte. Inner nodes of trees
//! are not among what can be lost: they are an eighth of the leaves (octal) and a cheater would keep them first. That is the
//! strongest cheater for its savings: a path can be built as long as the challenged leaf and its siblings are there.
//! (The reference keeps fewer rows and would fail every challenge at 2 KiB after the loss of a single leaf.)

use crate::filecoin::piece::node::Node;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// A leaf that is not what was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Flaw {
    Lost,
    Altered(Node),
}

/// How stored leaves differ from what was written.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Disk {
    /// Not at all.
    #[default]
    Whole,
    /// In these leaves.
    Damaged(Flaws),
    /// Nothing is left.
    Gone,
}

/// Leaves that are lost or altered.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Flaws(BTreeMap<u64, Flaw>);

impl Disk {
    /// Whether every leaf is as it was written.
    pub fn is_whole(&self) -> bool {
        *self == Disk::Whole
    }

    /// How many of `leaves` leaves are stored, as they were written or altered.
    pub fn stored(&self, leaves: u64) -> u64 {
        match self {
            Disk::Whole => leaves,
            Disk::Gone => 0,
            Disk::Damaged(flaws) => {
                let lost = flaws.0.range(0..leaves).filter(|(_, flaw)| **flaw == Flaw::Lost).count();
                leaves - lost as u64
            }
        }
    }

    /// Loses a run of leaves.
    pub fn lose(&mut self, leaves: Range<u64>) {
        leaves.for_each(|leaf| self.flaw(leaf, Flaw::Lost));
    }

    /// Loses everything.
    pub fn destroy(&mut self) {
        *self = Disk::Gone;
    }

    /// Replaces what is stored at a leaf.
    pub fn alter(&mut self, leaf: u64, value: Node) {
        self.flaw(leaf, Flaw::Altered(value));
    }

    fn flaw(&mut self, leaf: u64, flaw: Flaw) {
        match self {
            Disk::Whole => *self = Disk::Damaged(Flaws(BTreeMap::from([(leaf, flaw)]))),
            Disk::Damaged(flaws) => drop(flaws.0.insert(leaf, flaw)),
            // What is gone cannot get worse.
            Disk::Gone => {}
        }
    }

    /// What is stored at a leaf at which `written` was written; nothing if it is lost.
    pub fn read(&self, leaf: u64, written: Node) -> Option<Node> {
        match self {
            Disk::Whole => Some(written),
            Disk::Gone => None,
            Disk::Damaged(flaws) => match flaws.0.get(&leaf) {
                None => Some(written),
                Some(Flaw::Altered(value)) => Some(*value),
                Some(Flaw::Lost) => None,
            },
        }
    }

    /// The first lost leaf of a run.
    pub fn first_lost(&self, leaves: Range<u64>) -> Option<u64> {
        match self {
            Disk::Whole => None,
            Disk::Gone => leaves.clone().next(),
            Disk::Damaged(flaws) => {
                flaws.0.range(leaves).find(|(_, flaw)| **flaw == Flaw::Lost).map(|(leaf, _)| *leaf)
            }
        }
    }

    /// Whether a run of leaves is as it was written.
    pub fn is_as_written(&self, leaves: Range<u64>) -> bool {
        match self {
            Disk::Whole => true,
            Disk::Gone => leaves.is_empty(),
            Disk::Damaged(flaws) => flaws.0.range(leaves).next().is_none(),
        }
    }
}
