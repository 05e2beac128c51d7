//! Tables of fates: every copy that ever was, and every object that was lost.

use super::{Outcome, World};
use crate::ids::ObjectId;
use crate::ladder::Rung;
use crate::provenance::kept::{Remedy, remedies};
use crate::provenance::{Came, Copy, Facts, Holder};
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
        for copy in copies {
            let why = self.ladder.provenance().why(&copy);
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
                    (&self.content.object(copy.object).name).into(),
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
            let kept = remedies(self.ladder.provenance(), copies, lost, nearest);
            let remedies: Vec<&str> = kept.iter().map(Remedy::name).collect();
            let kept: Vec<String> =
                kept.iter().map(|remedy| remedy.words(|holder| self.holder_name(holder))).collect();
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
                    (&self.earlier_causes(copies)).into(),
                    standing.exposure.into(),
                    online_until[index].into(),
                    reads.last_ok.into(),
                    reads.ok.into(),
                    reads.too_late.into(),
                    (&remedies.join(" ")).into(),
                    (&kept.join("; ")).into(),
                ],
            );
        }
    }

    /// Why the copies before the last went, and how many by each reason: `collected 3, holder-left 1`.
    fn earlier_causes(&self, copies: &[&Copy]) -> String {
        let mut causes: BTreeMap<&str, u32> = BTreeMap::new();
        for copy in copies.iter().filter(|copy| !copy.is_last) {
            if let Some(why) = self.ladder.provenance().why(copy) {
                *causes.entry(why.name()).or_default() += 1;
            }
        }
        let counted: Vec<String> = causes.iter().map(|(cause, count)| format!("{cause} {count}")).collect();
        counted.join(", ")
    }

    fn tally_reads(&self) -> Vec<ReadTally> {
        let mut tallies = vec![ReadTally::default(); self.content.objects().len()];
        for read in &self.reads {
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
        format!("{section}.{}.{key}", self.holder_group(holder))
    }
}
