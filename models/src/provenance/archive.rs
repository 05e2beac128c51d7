//! Data that is in sectors of storage miners and nowhere else that a run knows of: which sector has what, since when and
//! under which terms, and how it went.
//!
//! ```text
//! add(datum)                        a piece of data that somebody wants kept       -> a row of table `stored_data`
//! stored(data, sector, why, at)     a sector was proven with it inside             -> a row of table `copies`
//! bytes_gone, bytes_back            a disk failed, and its miner restored it: the copy waits meanwhile
//! sector_gone(sector, why, at)      the sector, or its bytes for good, are gone: every copy in it ends
//! ```
//!
//! A copy is as long as its miner has the bytes, or is about to have them again, and the chain has the sector; whether
//! the sector is faulty at a time does not matter to it. Data without a copy is lost, unless it is stored again: nobody
//! outside of sectors is taken to have it. The records are those of objects of IPFS ([`super::Provenance`]).
//!
//! Left out: what of a sector can still be read when a part of its replica is gone; clients' own copies.

use super::{Came, Copy, Holder, Provenance, Went};
use crate::ids::MinerId;
use serde::{Deserialize, Serialize};
use sim_core::time::{SimSpan, SimTime};
use std::collections::BTreeMap;

/// Number of a piece of data in an [`Archive`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct DataId(pub u32);

impl DataId {
    /// Position in [`Archive::data`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A piece of data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Datum {
    /// Its name, which nothing else has.
    pub name: String,
    /// Group of whoever wants it kept.
    pub group: String,
    /// Nominal bytes.
    pub bytes: u64,
}

/// All data in sectors.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Archive {
    data: Vec<Datum>,
    provenance: Provenance<DataId>,
    /// What each sector has.
    sectors: BTreeMap<(MinerId, u64), Vec<DataId>>,
    /// Sectors with something in them whose bytes are gone and will be restored, and since when.
    waiting: BTreeMap<(MinerId, u64), SimTime>,
}

/// What became of a piece of data.
#[derive(Clone, Debug)]
pub struct Fate<'a> {
    /// The piece.
    pub datum: &'a Datum,
    /// Its copies in the order in which they came; none if it never was in a sector.
    pub copies: Vec<Copy<DataId>>,
    /// When and why the last of them went; none if there is one still.
    pub lost: Option<(SimTime, Went)>,
}

impl Archive {
    /// A piece of data that no sector has yet.
    pub fn add(&mut self, datum: Datum) -> DataId {
        self.data.push(datum);
        DataId(self.data.len() as u32 - 1)
    }

    /// A sector of a miner has it from now on.
    pub fn stored(&mut self, data: DataId, (miner, sector): (MinerId, u64), why: Came, at: SimTime) {
        self.provenance.came(data, Holder::Sector(miner, sector), why, at);
        self.sectors.entry((miner, sector)).or_default().push(data);
    }

    /// The bytes of a sector are gone, and its miner will restore them.
    pub fn bytes_gone(&mut self, miner: MinerId, sector: u64, at: SimTime) {
        if self.sectors.contains_key(&(miner, sector)) {
            self.waiting.entry((miner, sector)).or_insert(at);
        }
    }

    /// They are there again.
    pub fn bytes_back(&mut self, miner: MinerId, sector: u64) {
        self.waiting.remove(&(miner, sector));
    }

    /// Since when a sector with something in it has waited for its bytes, if it does.
    pub fn waits_since(&self, miner: MinerId, sector: u64) -> Option<SimTime> {
        self.waiting.get(&(miner, sector)).copied()
    }

    /// A sector is over, or its bytes are gone for good: everything that is still in it goes.
    pub fn sector_gone(&mut self, miner: MinerId, sector: u64, why: Went, at: SimTime) {
        self.waiting.remove(&(miner, sector));
        let Some(data) = self.sectors.remove(&(miner, sector)) else { return };
        let act = self.provenance.act(Holder::Sector(miner, sector), why, at);
        for data in data {
            self.provenance.went(data, act);
        }
    }

    /// What a sector has.
    pub fn in_sector(&self, miner: MinerId, sector: u64) -> &[DataId] {
        self.sectors.get(&(miner, sector)).map_or(&[], Vec::as_slice)
    }

    /// Sectors of a miner that have something.
    pub fn sectors_of(&self, miner: MinerId) -> impl Iterator<Item = u64> + '_ {
        self.sectors.range((miner, 0)..=(miner, u64::MAX)).map(|(&(_, sector), _)| sector)
    }

    /// All data, in the order in which it was added.
    pub fn data(&self) -> &[Datum] {
        &self.data
    }

    /// Every copy that ever was.
    pub fn provenance(&self) -> &Provenance<DataId> {
        &self.provenance
    }

    /// What became of each piece of data, as things stand now, in the order in which it was added.
    pub fn fates(&self) -> Vec<Fate<'_>> {
        let fate = |datum| Fate { datum, copies: Vec::new(), lost: None };
        let mut fates: Vec<Fate<'_>> = self.data.iter().map(fate).collect();
        for (place, &copy) in self.provenance.copies().iter().enumerate() {
            let is_lost = self.provenance.in_sectors(copy.object) == 0;
            let is_last = is_lost && self.provenance.ended_last(copy.object) == Some(place);
            let fate = &mut fates[copy.object.index()];
            if let (true, Some(ended)) = (is_last, copy.ended) {
                fate.lost = Some((ended.at, self.provenance.deed(ended.act).why));
            }
            fate.copies.push(Copy { is_last, ..copy });
        }
        fates
    }
}

impl Fate<'_> {
    /// When a sector first had it.
    pub fn since(&self) -> Option<SimTime> {
        self.copies.first().map(|copy| copy.from)
    }

    /// Copies that are there.
    pub fn copies_now(&self) -> usize {
        self.copies.iter().filter(|copy| copy.ended.is_none()).count()
    }

    /// Time with at most one copy, from the first one to the loss, or to `end`.
    pub fn exposure(&self, end: SimTime) -> SimSpan {
        let mut changes: Vec<(SimTime, i64)> = Vec::with_capacity(2 * self.copies.len());
        for copy in &self.copies {
            changes.push((copy.from, 1));
            changes.push((copy.ended.map_or(end, |ended| ended.at), -1));
        }
        changes.sort_unstable();
        let until = self.lost.map_or(end, |(at, _)| at);
        let (mut copies, mut exposure) = (0, SimSpan::ZERO);
        for (place, &(at, change)) in changes.iter().enumerate() {
            copies += change;
            let next = changes.get(place + 1).map_or(until, |&(next, _)| next).min(until);
            if copies <= 1 && next > at {
                exposure += next.since(at);
            }
        }
        exposure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: MinerId = MinerId(0);
    const B: MinerId = MinerId(1);

    fn day(day: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_days(day)
    }

    fn deal(number: u64, until: u64) -> Came {
        Came::Deal { deal: number, until: day(until), sector_until: day(until + 20) }
    }

    fn two_pieces() -> (Archive, DataId, DataId) {
        let mut archive = Archive::default();
        let add = |name: &str| Datum { name: name.into(), group: "alice".into(), bytes: 1 << 30 };
        let (first, second) = (archive.add(add("alice/0/0")), archive.add(add("alice/0/1")));
        (archive, first, second)
    }

    #[test]
    fn all_that_is_in_a_sector_goes_with_it_and_what_has_a_copy_elsewhere_is_not_lost() {
        let (mut archive, first, second) = two_pieces();
        archive.stored(first, (A, 7), deal(0, 180), day(1));
        archive.stored(second, (A, 7), deal(1, 180), day(1));
        archive.stored(second, (B, 3), deal(2, 360), day(2));
        archive.sector_gone(A, 7, Went::Terminated, day(50));
        assert!(archive.in_sector(A, 7).is_empty());
        let fates = archive.fates();
        assert_eq!(fates[0].lost, Some((day(50), Went::Terminated)));
        assert_eq!((fates[0].copies_now(), fates[1].copies_now()), (0, 1));
        assert_eq!(fates[1].lost, None);
        assert!(fates[0].copies[0].is_last && fates[1].copies.iter().all(|copy| !copy.is_last));
        // The second had one copy for a day, and again from day 50 to the end.
        assert_eq!(fates[1].exposure(day(60)), SimSpan::from_days(11));
        assert_eq!(fates[0].exposure(day(60)), SimSpan::from_days(49));
        // A sector that is gone goes once.
        archive.sector_gone(A, 7, Went::DiskLost, day(51));
        assert_eq!(archive.fates()[0].lost, Some((day(50), Went::Terminated)));
    }

    #[test]
    fn a_copy_waits_for_bytes_that_are_restored_and_data_stored_again_is_not_lost() {
        let (mut archive, first, _) = two_pieces();
        archive.stored(first, (A, 7), deal(0, 180), day(1));
        archive.bytes_gone(A, 7, day(3));
        archive.bytes_gone(A, 7, day(4));
        // Nothing is in sector 8.
        archive.bytes_gone(A, 8, day(4));
        assert_eq!((archive.waits_since(A, 7), archive.waits_since(A, 8)), (Some(day(3)), None));
        assert_eq!(archive.fates()[0].lost, None);
        archive.bytes_back(A, 7);
        assert_eq!(archive.waits_since(A, 7), None);
        archive.sector_gone(A, 7, Went::Expired { bytes_gone: None }, day(200));
        assert!(archive.fates()[0].lost.is_some());
        archive.stored(first, (B, 0), deal(3, 400), day(201));
        let fate = archive.fates().swap_remove(0);
        assert_eq!((fate.lost, fate.copies.iter().any(|copy| copy.is_last)), (None, false));
        assert_eq!((fate.since(), archive.sectors_of(B).collect::<Vec<_>>()), (Some(day(1)), vec![0]));
    }
}
