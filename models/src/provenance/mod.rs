//! Who had which object from when to when, how it came and how it went: what `lastcopy why` lives on.
//!
//! ```text
//! came(object, holder, why, at)     a holder has all of an object now         -> a row of table `copies`
//! act(holder, why, at)              a holder begins to lose something: a deletion, a sweep, a departure
//! went(object, holder, act)         a whole copy goes by that act             -> that row ends
//! lost(object, act, at)             no rebuilding set is left anywhere        -> exactly one row is the last
//! ```
//!
//! The [ladder](crate::ladder) calls these at the instant at which blocks, nodes and holders change, so nothing here is
//! reconstructed afterwards. An act is kept once, however many copies it takes. Reasons are two closed enums,
//! [`Came`] and [`Went`]; [`reason`] says how to add one.
//!
//! A holder is a node of IPFS or a sector of a storage miner: [`Holder`]. Data that only sectors have, without an object
//! of IPFS, is in the [`archive`], with the same records.

pub mod archive;
mod in_sectors;
pub mod kept;
pub mod reason;

pub use archive::{Archive, DataId};
pub use reason::{Came, Facts, Sweep, Trigger, Went};

use crate::ids::{MinerId, NodeId, ObjectId};
use sim_core::time::SimTime;
use std::collections::BTreeMap;

/// Who has a copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Holder {
    /// A node of IPFS, in its block store.
    Node(NodeId),
    /// A sector of a storage miner.
    Sector(MinerId, u64),
}

/// Number of an [`Act`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct ActId(u32);

/// Something that took blocks or copies from a holder, all at one instant for one reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Act {
    /// Whose blocks it took.
    pub holder: Holder,
    /// Why.
    pub why: Went,
    /// When.
    pub at: SimTime,
}

/// One copy of one object with one holder.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Copy<O = ObjectId> {
    /// What.
    pub object: O,
    /// Where.
    pub holder: Holder,
    /// Since when the holder had all of it.
    pub from: SimTime,
    /// How it came.
    pub came: Came,
    /// When its holder pinned it, the last time.
    pub pinned: Option<SimTime>,
    /// When its holder took that pin away.
    pub unpinned: Option<SimTime>,
    /// When and how it went; none if it is still there.
    pub ended: Option<Ended>,
    /// Whether the object was lost with it.
    pub is_last: bool,
}

/// How a copy ended.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Ended {
    /// When.
    pub at: SimTime,
    /// By which act.
    pub act: ActId,
}

/// Every copy that ever was.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(bound(serialize = "O: serde::Serialize", deserialize = "O: serde::Deserialize<'de> + Ord"))]
pub struct Provenance<O = ObjectId> {
    copies: Vec<Copy<O>>,
    acts: Vec<Act>,
    /// Number of the copy that a holder has now.
    running: BTreeMap<(O, Holder), u32>,
    /// Number of the copy of an object that ended last.
    ended_last: BTreeMap<O, u32>,
    /// Pins on what the holder does not have whole.
    early_pins: BTreeMap<(O, Holder), SimTime>,
    /// Nodes that left for good, disk and all.
    left: BTreeMap<NodeId, SimTime>,
}

impl<O> Default for Provenance<O> {
    fn default() -> Self {
        Provenance {
            copies: Vec::new(),
            acts: Vec::new(),
            running: BTreeMap::new(),
            ended_last: BTreeMap::new(),
            early_pins: BTreeMap::new(),
            left: BTreeMap::new(),
        }
    }
}

impl<O: Ord + std::marker::Copy> Provenance<O> {
    /// `holder` has all of `object` from now on.
    pub fn came(&mut self, object: O, holder: Holder, why: Came, at: SimTime) {
        let pinned = self.early_pins.remove(&(object, holder));
        self.running.insert((object, holder), self.copies.len() as u32);
        self.copies.push(Copy {
            object,
            holder,
            from: at,
            came: why,
            pinned,
            unpinned: None,
            ended: None,
            is_last: false,
        });
    }

    /// `holder` begins to lose something. The same act again is one act.
    pub fn act(&mut self, holder: Holder, why: Went, at: SimTime) -> ActId {
        let act = Act { holder, why, at };
        if self.acts.last() != Some(&act) {
            self.acts.push(act);
        }
        ActId(self.acts.len() as u32 - 1)
    }

    /// The copy that the holder of `act` has of `object` goes by that act.
    ///
    /// # Panics
    /// If it has none.
    pub fn went(&mut self, object: O, act: ActId) {
        let Act { holder, at, .. } = *self.deed(act);
        let number = self.running.remove(&(object, holder)).expect("a copy that goes was there");
        self.copies[number as usize].ended = Some(Ended { at, act });
        self.ended_last.insert(object, number);
    }

    /// The last rebuilding set of `object` is gone since `at`, by `act`. Its last copy is the whole one that ended at this
    /// instant; if the last whole one had ended before, what was left until now in parts.
    pub(crate) fn lost(&mut self, object: O, act: ActId, at: SimTime) {
        let last = self.ended_last.get(&object).copied();
        let last_end = last.and_then(|last| self.copies[last as usize].ended).map(|ended| ended.at);
        match (last, last_end) {
            (Some(last), Some(end)) if end == at => self.copies[last as usize].is_last = true,
            _ => self.copies.push(Copy {
                object,
                holder: self.deed(act).holder,
                from: last_end.unwrap_or(at),
                came: Came::InParts,
                pinned: None,
                unpinned: None,
                ended: Some(Ended { at, act }),
                is_last: true,
            }),
        }
    }

    /// `holder` has pinned `object`.
    pub fn pinned(&mut self, object: O, holder: Holder, at: SimTime) {
        match self.running.get(&(object, holder)) {
            Some(&number) => {
                let copy = &mut self.copies[number as usize];
                (copy.pinned, copy.unpinned) = (Some(at), None);
            }
            None => drop(self.early_pins.insert((object, holder), at)),
        }
    }

    /// `holder` has taken its pin from `object`.
    pub fn unpinned(&mut self, object: O, holder: Holder, at: SimTime) {
        self.early_pins.remove(&(object, holder));
        if let Some(&number) = self.running.get(&(object, holder)) {
            self.copies[number as usize].unpinned = Some(at);
        }
    }

    /// `node` has left for good.
    pub fn left(&mut self, node: NodeId, at: SimTime) {
        self.left.insert(node, at);
    }

    /// When a holder left for good, if it did.
    pub fn left_at(&self, holder: Holder) -> Option<SimTime> {
        match holder {
            Holder::Node(node) => self.left.get(&node).copied(),
            Holder::Sector(..) => None,
        }
    }

    /// Every copy that ever was, in order of completion.
    pub fn copies(&self) -> &[Copy<O>] {
        &self.copies
    }

    /// An act.
    pub fn deed(&self, act: ActId) -> &Act {
        &self.acts[act.0 as usize]
    }

    /// Why a copy went; none if it is still there.
    pub fn why(&self, copy: &Copy<O>) -> Option<Went> {
        copy.ended.map(|ended| self.deed(ended.act).why)
    }

    /// Copies that sectors have of an object now.
    pub fn in_sectors(&self, object: O) -> usize {
        let all =
            (object, Holder::Sector(MinerId(0), 0))..=(object, Holder::Sector(MinerId(u32::MAX), u64::MAX));
        self.running.range(all).count()
    }

    /// The copy of an object that ended last: its place among [`Provenance::copies`].
    pub fn ended_last(&self, object: O) -> Option<usize> {
        self.ended_last.get(&object).map(|&number| number as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: ObjectId = ObjectId(0);
    const A: Holder = Holder::Node(NodeId(0));
    const SECTOR: Holder = Holder::Sector(MinerId(2), 7);

    fn at(secs: u64) -> SimTime {
        SimTime::from_nanos(secs * 1_000_000_000)
    }

    fn last(provenance: &Provenance) -> Vec<(Holder, SimTime)> {
        let lasts = provenance.copies().iter().filter(|copy| copy.is_last);
        lasts.map(|copy| (copy.holder, copy.ended.expect("the last copy has ended").at)).collect()
    }

    #[test]
    fn of_two_copies_that_go_at_one_instant_the_later_is_the_last() {
        let mut provenance = Provenance::default();
        provenance.came(PAGE, A, Came::Added, at(0));
        provenance.came(PAGE, SECTOR, Came::Added, at(1));
        assert_eq!(provenance.in_sectors(PAGE), 1);
        for holder in [A, SECTOR] {
            let act = provenance.act(holder, Went::HolderLeft, at(9));
            provenance.went(PAGE, act);
        }
        let act = provenance.act(SECTOR, Went::HolderLeft, at(9));
        provenance.lost(PAGE, act, at(9));
        assert_eq!(last(&provenance), [(SECTOR, at(9))]);
        assert_eq!((provenance.copies().len(), provenance.in_sectors(PAGE)), (2, 0));
    }

    #[test]
    fn what_outlives_the_last_whole_copy_is_a_copy_in_parts() {
        let mut provenance = Provenance::default();
        provenance.came(PAGE, A, Came::Added, at(0));
        let act = provenance.act(A, Went::Deleted, at(5));
        provenance.went(PAGE, act);
        provenance.lost(PAGE, act, at(6));
        assert_eq!(last(&provenance), [(A, at(6))]);
        let parts = provenance.copies()[1];
        assert_eq!(
            (parts.came, parts.from, provenance.why(&parts)),
            (Came::InParts, at(5), Some(Went::Deleted))
        );
    }

    #[test]
    fn one_act_takes_many_copies_and_is_kept_once() {
        let mut provenance = Provenance::default();
        for number in 0..3 {
            provenance.came(ObjectId(number), A, Came::Added, at(0));
        }
        let acts: Vec<ActId> = (0..3).map(|_| provenance.act(A, Went::HolderLeft, at(4))).collect();
        assert!(acts.iter().all(|&act| act == acts[0]));
        assert_ne!(provenance.act(A, Went::HolderLeft, at(5)), acts[0]);
    }

    #[test]
    fn a_pin_before_the_last_block_is_a_pin_of_the_copy() {
        let mut provenance = Provenance::default();
        provenance.pinned(PAGE, A, at(1));
        provenance.came(PAGE, A, Came::Added, at(2));
        provenance.unpinned(PAGE, A, at(3));
        let copy = provenance.copies()[0];
        assert_eq!((copy.pinned, copy.unpinned), (Some(at(1)), Some(at(3))));
    }
}
