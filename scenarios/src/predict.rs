//! What a scenario will cost, before anything is allocated: memory, events, output.
//!
//! Every product is checked; one that overflows is a refusal in itself. The figures per thing are rough
//! on purpose (measured on the catalogue, rounded up) and are there to refuse the absurd and to tell a
//! minute from a day.

use crate::content;
use crate::scenario::{Scenario, Variant};
use crate::values::{Instance, Values};
use models::filecoin::piece::size::SectorSize;
use sim_core::time::SimSpan;
use sim_core::units::Bytes;

/// Bytes of a node at rest: links, sessions, connections, routing table of up to some 200 entries.
const NODE: u128 = 4 << 10;
/// Bytes of an object: name, ladder, copies.
const OBJECT: u128 = 512;
/// Bytes of a distinct block: name, links, holders, provider records at k servers.
const BLOCK: u128 = 1 << 10;
/// Bytes of a read under way or done.
const READ: u128 = 512;
/// Bytes of a sealed sector for each of its real bytes: tree and commitments, its place on the chain.
const SECTOR: u128 = 3;
/// Bytes for each real byte while a sector is being sealed: data, labels, trees.
const SEALING: u128 = 8;
/// Sealing two KiB, in events: some 2.3 ms of SDR and Poseidon.
const SEAL: u128 = 920;
/// Bytes of a miner's day, in memory and as a row.
const MINER_DAY: u128 = 700;
/// Bytes of a row of output.
const ROW: u128 = 120;
/// Events of a walk of the DHT: some 40 questions and their answers.
const WALK: u128 = 100;
/// Events of a block fetched: wants, answers, the block itself.
const FETCH: u128 = 8;
/// Events in a second of one core, cautiously.
const EVENTS_PER_SECOND: u128 = 400_000;
/// An epoch of the chain, in events: minting and filters on wide numbers.
const EPOCH: u128 = 8;
/// Samples of a series at most.
const SAMPLES_MAX: u128 = 1_000_000;

/// A predicted quantity with the terms it is made of, largest first.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// The sum, or nothing if it overflows 128 bits.
    pub total: Option<u128>,
    /// What contributes, largest first.
    pub terms: Vec<(&'static str, u128)>,
}

/// The cost of a scenario.
#[derive(Clone, Debug)]
pub struct Cost {
    /// Bytes of memory of the largest cell.
    pub memory: Prediction,
    /// Events of all cells.
    pub events: Prediction,
    /// Bytes of output of all cells.
    pub output: Prediction,
    /// Cells.
    pub cells: u128,
}

impl Prediction {
    fn new(terms: Vec<(&'static str, Option<u128>)>) -> Self {
        let total = terms.iter().try_fold(0u128, |sum, (_, term)| sum.checked_add((*term)?));
        let mut terms: Vec<_> =
            terms.into_iter().map(|(name, term)| (name, term.unwrap_or(u128::MAX))).collect();
        terms.sort_by_key(|(_, term)| std::cmp::Reverse(*term));
        terms.retain(|(_, term)| *term > 0);
        Prediction { total, terms }
    }

    /// Whether the sum is at most `limit`.
    pub fn fits(&self, limit: u64) -> bool {
        self.total.is_some_and(|total| total <= u128::from(limit))
    }

    /// The sum as bytes, in words.
    pub fn bytes_words(&self) -> String {
        bytes_words(self.total.unwrap_or(u128::MAX))
    }

    /// The two largest terms as bytes, in words.
    pub fn largest_bytes(&self) -> String {
        let words: Vec<_> = self
            .terms
            .iter()
            .take(2)
            .map(|(name, bytes)| format!("{name} {}", bytes_words(*bytes)))
            .collect();
        words.join(", ")
    }
}

impl Cost {
    /// The cost of a checked scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let replicates = u128::from(scenario.replicates());
        let counts: Vec<Counts> = scenario.variants.iter().map(Counts::of).collect();
        let sum = |count: fn(&Counts) -> Option<u128>| {
            counts
                .iter()
                .try_fold(0u128, |sum, c| sum.checked_add(count(c)?))
                .and_then(|sum| sum.checked_mul(replicates))
        };
        let memory = counts.iter().map(Counts::memory).max_by_key(|memory| memory.total.unwrap_or(u128::MAX));
        Cost {
            memory: memory.unwrap_or_else(|| Prediction::new(Vec::new())),
            events: Prediction::new(vec![
                ("sessions", sum(|c| c.session_changes)),
                ("announcing", sum(|c| c.provides?.checked_mul(WALK))),
                ("reads", sum(|c| c.reads?.checked_mul(WALK))),
                ("blocks fetched", sum(|c| c.fetches?.checked_mul(FETCH))),
                ("epochs", sum(|c| c.epochs?.checked_mul(EPOCH))),
                ("proofs of deadlines", sum(|c| c.calls)),
                ("sealing", sum(|c| c.sectors?.checked_mul(c.real_size / 2048 * SEAL))),
            ]),
            output: Prediction::new(vec![
                ("objects", sum(|c| c.objects?.checked_mul(3 * ROW))),
                ("reads", sum(|c| c.reads?.checked_mul(2 * ROW))),
                ("nodes", sum(|c| c.nodes?.checked_mul(ROW))),
                ("days of miners", sum(|c| c.miner_days?.checked_mul(3 * ROW))),
                ("sectors", sum(|c| c.sectors?.checked_mul(2 * ROW))),
                ("samples", sum(|c| c.samples?.checked_mul(20 * ROW))),
                ("rungs", sum(|c| c.objects?.checked_mul(c.publisher_changes?)?.checked_mul(ROW))),
            ]),
            cells: counts.len() as u128 * replicates,
        }
    }

    /// The first thing that is too much: for the given memory, or for any machine.
    pub fn refusal(&self, memory: u64, output: u64) -> Option<String> {
        if !self.memory.fits(memory) {
            return Some(format!(
                "needs about {} of memory, the limit is {} ({}); ask for less, or raise --max-memory",
                self.memory.bytes_words(),
                bytes_words(u128::from(memory)),
                self.memory.largest_bytes()
            ));
        }
        if !self.output.fits(output) {
            return Some(format!(
                "would write about {}, the limit is {} ({}); ask for less, or raise --max-output",
                self.output.bytes_words(),
                bytes_words(u128::from(output)),
                self.output.largest_bytes()
            ));
        }
        self.events.total.is_none().then(|| "needs more events than can be counted".into())
    }

    /// Rough seconds on one core.
    pub fn seconds(&self) -> u128 {
        self.events.total.unwrap_or(u128::MAX) / EVENTS_PER_SECOND
    }
}

/// Counts of one cell; nothing where a product overflows.
#[derive(Clone, Copy, Debug)]
struct Counts {
    nodes: Option<u128>,
    objects: Option<u128>,
    blocks: Option<u128>,
    reads: Option<u128>,
    fetches: Option<u128>,
    session_changes: Option<u128>,
    publisher_changes: Option<u128>,
    provides: Option<u128>,
    samples: Option<u128>,
    /// Epochs of the chain.
    epochs: Option<u128>,
    miner_days: Option<u128>,
    sectors: Option<u128>,
    /// Real bytes of a sector.
    real_size: u128,
    /// Proofs of deadlines, and other calls of miners.
    calls: Option<u128>,
}

impl Counts {
    fn of(variant: &Variant) -> Self {
        let values = &variant.values;
        let duration = values.one("").span("duration");
        let groups = || values.all("population.<group>");
        let changes =
            |group: &Instance| u128::from(group.whole("count")).checked_mul(sessions(group, duration));
        let blocks = |objects: &Instance| u128::from(content::count(objects)).checked_mul(blocks_of(objects));
        let groups_of_miners = || values.all("miners.<group>");
        let count = |group: &Instance| u128::from(group.whole("count"));
        let miners = add(groups_of_miners().map(|group| Some(count(group))));
        let sectors =
            add(groups_of_miners().map(|group| count(group).checked_mul(u128::from(group.whole("sectors")))));
        let days = ratio(duration, SimSpan::from_days(1)) + 1;
        let interval = values.one("ipfs.dht").span("reprovide_interval");
        let rounds = 1 + ratio(duration, interval);
        let all_blocks = add(values.all("objects.<group>").map(blocks));
        Counts {
            nodes: add(groups().map(|group| Some(u128::from(group.whole("count"))))),
            objects: add(values
                .all("objects.<group>")
                .map(|objects| Some(u128::from(content::count(objects))))),
            blocks: all_blocks,
            reads: add(values
                .all("demand.<name>")
                .map(|demand| reads(values, demand).map(|(reads, _)| reads))),
            fetches: add(values
                .all("demand.<name>")
                .map(|demand| reads(values, demand).map(|(_, fetches)| fetches))),
            session_changes: add(groups().map(changes)),
            publisher_changes: groups()
                .filter(|group| group.text("role") == "publisher")
                .map(|group| 2 + sessions(group, duration))
                .max()
                .or(Some(2)),
            provides: all_blocks.and_then(|blocks| blocks.checked_mul(rounds)),
            samples: Some(ratio(duration, values.one("record").span("every")) + 1),
            epochs: Some(match values.all("filecoin").next() {
                Some(_) => ratio(duration, SimSpan::from_secs(30)),
                None => 0,
            }),
            miner_days: miners.and_then(|miners| miners.checked_mul(days)),
            sectors,
            real_size: values.all("filecoin").next().map_or(0, real_size),
            calls: miners.and_then(|miners| miners.checked_mul(6 * days)),
        }
    }

    fn memory(&self) -> Prediction {
        let times = |count: Option<u128>, each: u128| count.and_then(|count| count.checked_mul(each));
        let rows = self.samples.filter(|samples| *samples <= SAMPLES_MAX);
        Prediction::new(vec![
            ("program", Some(32 << 20)),
            ("nodes", times(self.nodes, NODE)),
            ("objects", times(self.objects, OBJECT)),
            ("blocks", times(self.blocks, BLOCK)),
            ("reads", times(self.reads, READ)),
            ("samples", times(rows, 20 * ROW)),
            ("sectors", times(self.sectors, SECTOR * self.real_size)),
            ("sealing", Some(SEALING * self.real_size)),
            ("days of miners", times(self.miner_days, MINER_DAY)),
        ])
    }
}

/// Bytes that are really sealed for a sector.
fn real_size(chain: &Instance) -> u128 {
    let size: SectorSize = chain.text("real_size").parse().expect("a size passed the check");
    u128::from(size.bytes())
}

fn add(terms: impl Iterator<Item = Option<u128>>) -> Option<u128> {
    terms.into_iter().try_fold(0u128, |sum, term| sum.checked_add(term?))
}

fn ratio(long: SimSpan, short: SimSpan) -> u128 {
    u128::from(long.as_nanos().checked_div(short.as_nanos()).unwrap_or(0))
}

/// Times that a node of the group comes up or goes down.
fn sessions(group: &Instance, duration: SimSpan) -> u128 {
    match (group.maybe_span("session.mean_up"), group.maybe_span("session.mean_down")) {
        (Some(up), Some(down)) => 2 + 2 * ratio(duration, up.saturating_add(down)),
        _ => 2,
    }
}

/// Blocks of one object, about.
fn blocks_of(objects: &Instance) -> u128 {
    let size = objects.maybe_bytes("size").or(objects.maybe_bytes("source.size")).unwrap_or(Bytes::new(1));
    let chunk = crate::rules::fixed_size(objects.text("chunker")).unwrap_or(128 << 10);
    let leaves = u128::from(size.as_u64().div_ceil(chunk).max(1));
    let links = u128::from(objects.whole("max_links").max(2));
    leaves + leaves / (links - 1) + u128::from(leaves > 1)
}

/// Reads of a demand, and blocks fetched by them.
fn reads(values: &Values, demand: &Instance) -> Option<(u128, u128)> {
    let each = match demand.text("law") {
        "poisson" => demand.real("mean").ceil() as u128,
        "fixed" => u128::from(demand.whole("count")),
        _ => demand.list("times").len() as u128,
    };
    let objects = values.all("objects.<group>").find(|objects| objects.name() == demand.text("objects"))?;
    let reads = each.checked_mul(u128::from(content::count(objects)))?;
    Some((reads, reads.checked_mul(blocks_of(objects))?))
}

/// Bytes in a unit that people read: "1.4 GiB".
pub fn bytes_words(bytes: u128) -> String {
    if bytes == u128::MAX {
        return "more than can be counted".into();
    }
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", units[unit]) }
}
