//! Tables of fates: every copy that ever was, and every object that was lost.

use super::reads::Purpose;
use super::{Outcome, World};
use crate::ids::ObjectId;
use crate::ladder::Rung;
use crate::provenance::kept::{Remedy, remedies};
use crate::provenance::{Archive, Came, Copy, DataId, Facts, Holder, Provenance};
use crate::tables;
use sim_core::record::Recorder;
use sim_core::time::SimTime;
use std::collections::BTreeMap;

/// What the reads of one object come to.
#[derive(Clone, Copy, Default)]
struct ReadTally {
    last_ok: Option<SimTime>,
    ok: u64,
    /// Issued after the loss.
    too_late: u64,
    /// Blocks of the unfinished read that came farthest, and its reader.
    nearest: Option<(u64, Holder)>,
}

impl World {
    pub(super) fn write_copies(&self, out: &mut impl Recorder) {
        let mut copies: Vec<Copy> = self.ladder.provenance().copies().to_vec();
        copies.sort_by_key(|copy| (copy.object, copy.from, copy.holder));
        for copy in &copies {
            self.write_copy(&self.content.object(copy.object).name, copy, self.ladder.provenance(), out);
        }
        let Some(archive) = self.archive() else { return };
        for fate in archive.fates() {
            for copy in &fate.copies {
                self.write_copy(&fate.datum.name, copy, archive.provenance(), out);
            }
        }
    }

    fn write_copy<O: Ord + std::marker::Copy>(
        &self,
        object: &str,
        copy: &Copy<O>,
        provenance: &Provenance<O>,
        out: &mut impl Recorder,
    ) {
        let why = provenance.why(copy);
        let (name, group) = (self.holder_name(copy.holder), self.holder_group(copy.holder));
        let name_of = |node: crate::ids::NodeId| self.node(node).name.as_str();
        let (mut came_facts, mut went_facts) = (Facts::new(&name_of), Facts::new(&name_of));
        copy.came.facts(&mut came_facts);
        if let Some(why) = why {
            why.facts(&mut went_facts);
        }
        out.row(
            &tables::COPIES,
            &[
                object.into(),
                (&name).into(),
                group.into(),
                copy.from.into(),
                copy.ended.map(|ended| ended.at).into(),
                copy.came.name().into(),
                why.map(|why| why.name()).into(),
                (&came_facts.into_text()).into(),
                (&went_facts.into_text()).into(),
                (&why.map_or(String::new(), |why| self.key_of(copy.holder, why.ruled_by()))).into(),
                copy.pinned.into(),
                copy.unpinned.into(),
                copy.is_last.into(),
            ],
        );
    }

    fn archive(&self) -> Option<&Archive> {
        self.filecoin.as_ref().map(|filecoin| &filecoin.archive)
    }

    /// What became of data that only sectors had.
    pub(super) fn write_stored_data(&self, out: &mut impl Recorder) {
        let Some(archive) = self.archive() else { return };
        let end = SimTime::ZERO + self.ended();
        for fate in archive.fates() {
            out.row(
                &tables::STORED_DATA,
                &[
                    (&fate.datum.name).into(),
                    (&fate.datum.group).into(),
                    fate.datum.bytes.into(),
                    fate.since().into(),
                    fate.lost.map(|(at, _)| at).into(),
                    fate.lost.map(|(_, why)| why.name()).into(),
                    (fate.copies.len() as u64).into(),
                    (fate.copies_now() as u64).into(),
                    fate.exposure(end).into(),
                ],
            );
        }
    }

    fn write_losses_of_data(&self, out: &mut impl Recorder) {
        let Some(archive) = self.archive() else { return };
        for fate in archive.fates() {
            let Some((lost, why)) = fate.lost else { continue };
            let copies: Vec<&Copy<DataId>> = fate.copies.iter().collect();
            let last = copies.iter().find(|copy| copy.is_last).expect("what is lost has a last copy");
            let (remedies, kept) = self.remedies_in_words(archive.provenance(), &copies, lost, None);
            out.row(
                &tables::LOSSES,
                &[
                    (&fate.datum.name).into(),
                    (&fate.datum.group).into(),
                    fate.datum.bytes.into(),
                    fate.since().into(),
                    lost.into(),
                    (&self.holder_name(last.holder)).into(),
                    self.holder_group(last.holder).into(),
                    why.name().into(),
                    (&self.key_of(last.holder, why.ruled_by())).into(),
                    why.is_deliberate().into(),
                    (copies.len() as u64).into(),
                    0u64.into(),
                    (&earlier_causes(archive.provenance(), &copies)).into(),
                    fate.exposure(lost).into(),
                    None::<SimTime>.into(),
                    None::<SimTime>.into(),
                    0u64.into(),
                    0u64.into(),
                    (&remedies).into(),
                    (&kept).into(),
                ],
            );
        }
    }

    /// What would have kept an object: kinds, and statements.
    fn remedies_in_words<O: Ord + std::marker::Copy>(
        &self,
        provenance: &Provenance<O>,
        copies: &[&Copy<O>],
        lost: SimTime,
        nearest: Option<(Holder, u64, usize)>,
    ) -> (String, String) {
        let kept = remedies(provenance, copies, lost, nearest);
        let names: Vec<&str> = kept.iter().map(Remedy::name).collect();
        let words: Vec<String> =
            kept.iter().map(|remedy| remedy.words(|holder| self.holder_name(holder))).collect();
        (names.join(" "), words.join("; "))
    }

    pub(super) fn write_losses(&self, out: &mut impl Recorder) {
        let mut copies: BTreeMap<ObjectId, Vec<&Copy>> = BTreeMap::new();
        for copy in self.ladder.provenance().copies() {
            copies.entry(copy.object).or_default().push(copy);
        }
        let mut online_until = vec![None; self.content.objects().len()];
        for stay in self.ladder.stays().iter().filter(|stay| stay.rung >= Rung::Online) {
            online_until[stay.object.index()] = Some(stay.until);
        }
        let reads = self.tally_reads();
        for (index, standing) in self.ladder.standings().iter().enumerate() {
            let Some((lost, why)) = standing.lost else { continue };
            let object = ObjectId(index as u32);
            let (copies, reads) = (&copies[&object], &reads[index]);
            let last = copies.iter().find(|copy| copy.is_last).expect("a lost object has a last copy");
            let content = self.content.object(object);
            let nearest = reads.nearest.map(|(blocks, reader)| (reader, blocks, content.blocks.len()));
            let provenance = self.ladder.provenance();
            let (remedies, kept) = self.remedies_in_words(provenance, copies, lost, nearest);
            let fetched = copies.iter().filter(|copy| matches!(copy.came, Came::Fetched { .. })).count();
            out.row(
                &tables::LOSSES,
                &[
                    (&content.name).into(),
                    self.group_of(object).into(),
                    content.size.into(),
                    standing.published.into(),
                    lost.into(),
                    (&self.holder_name(last.holder)).into(),
                    self.holder_group(last.holder).into(),
                    why.name().into(),
                    (&self.key_of(last.holder, why.ruled_by())).into(),
                    why.is_deliberate().into(),
                    standing.copies_made.into(),
                    fetched.into(),
                    (&earlier_causes(provenance, copies)).into(),
                    standing.exposure.into(),
                    online_until[index].into(),
                    reads.last_ok.into(),
                    reads.ok.into(),
                    reads.too_late.into(),
                    (&remedies).into(),
                    (&kept).into(),
                ],
            );
        }
        self.write_losses_of_data(out);
    }

    fn tally_reads(&self) -> Vec<ReadTally> {
        let mut tallies = vec![ReadTally::default(); self.content.objects().len()];
        // What a cluster has its peers fetch is nobody's read.
        for read in self.reads.iter().filter(|read| matches!(read.purpose, Purpose::Demand(_))) {
            let Some(issued) = read.issued else { continue };
            let tally = &mut tallies[read.object.index()];
            let lost = self.ladder.standing(read.object).lost.map(|(at, _)| at);
            if read.outcome == Outcome::Ok {
                tally.ok += 1;
                tally.last_ok = tally.last_ok.max(read.ended);
                continue;
            }
            tally.too_late += u64::from(lost.is_some_and(|lost| issued >= lost));
            let blocks = read.counters.blocks;
            if blocks > tally.nearest.map_or(0, |(most, _)| most) {
                tally.nearest = Some((blocks, Holder::Node(read.reader)));
            }
        }
        tallies
    }

    fn holder_name(&self, holder: Holder) -> String {
        match holder {
            Holder::Node(node) => self.node(node).name.clone(),
            Holder::Sector(miner, sector) => {
                let filecoin = self.filecoin.as_ref().expect("a sector is of a miner");
                format!("{} sector {sector}", filecoin.miners[miner.index()].name)
            }
        }
    }

    fn holder_group(&self, holder: Holder) -> &str {
        match holder {
            Holder::Node(node) => &self.config.groups[self.node(node).group].name,
            Holder::Sector(miner, _) => {
                let filecoin = self.filecoin.as_ref().expect("a sector is of a miner");
                let config = self.config.filecoin.as_ref().expect("a miner is of a chain");
                &config.groups[filecoin.miners[miner.index()].group].name
            }
        }
    }

    /// The scenario's key of a holder's group: `population.library.strategy`.
    fn key_of(&self, holder: Holder, key: &str) -> String {
        let section = match holder {
            Holder::Node(_) => "population",
            Holder::Sector(..) => "miners",
        };
        let dot = if key.is_empty() { "" } else { "." };
        format!("{section}.{}{dot}{key}", self.holder_group(holder))
    }
}

/// Why the copies before the last went, and how many by each reason: `collected 3, holder-left 1`.
fn earlier_causes<O: Ord + std::marker::Copy>(provenance: &Provenance<O>, copies: &[&Copy<O>]) -> String {
    let mut causes: BTreeMap<&str, u32> = BTreeMap::new();
    for copy in copies.iter().filter(|copy| !copy.is_last) {
        if let Some(why) = provenance.why(copy) {
            *causes.entry(why.name()).or_default() += 1;
        }
    }
    let counted: Vec<String> = causes.iter().map(|(cause, count)| format!("{cause} {count}")).collect();
    counted.join(", ")
}
