//! Where two recorded runs part: their cells are replayed side by side, and the answer is put into words.

use crate::failure::Failure;
use crate::replay::{self, Recorded};
use crate::sweep::RunSpec;
use models::names::{Names, kind};
use models::registry::Event;
use models::simulation::Simulation;
use models::world::World;
use serde::Serialize;
use sim_core::diff::{Compared, Different, Last, Origin, Parting, Replay, Seen, Side, compare};
use sim_core::queue::Key;
use sim_core::time::SimTime;
use std::fmt::Write as _;

/// An event in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Told {
    /// Its number among the events of its run, from one on; none if it is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<u64>,
    /// When, in exact seconds.
    pub at: String,
    /// Kind.
    pub kind: &'static str,
    /// Entity that it happens to.
    pub destination: String,
    /// Entity that scheduled it.
    pub source: String,
    /// What else it is about.
    pub concerns: Vec<String>,
}

/// The first event that differs, as one run has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct First {
    /// The event.
    #[serde(flatten)]
    pub told: Told,
    /// The event that scheduled it; none for the start of the run.
    pub cause: Option<Told>,
}

/// The event from which on two runs do different things.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Begin {
    /// The event, which both have; none if they differ from the start.
    #[serde(flatten)]
    pub told: Option<Told>,
    /// Number of the event that scheduled it; zero for the start.
    pub cause: u64,
    /// What only A then has pending, at most eight.
    pub only_a: Vec<Told>,
    /// What only B then has pending.
    pub only_b: Vec<Told>,
}

/// What a comparison of two cells says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Finding {
    /// The same events.
    Same {
        /// Cells that were compared.
        cells: usize,
        /// Events of the cell that was replayed, if one was.
        events: Option<u64>,
    },
    /// The replays are the same, but a folder says something else of itself.
    Foreign {
        /// The cell.
        cell: String,
        /// Which folder, its digest, and that of the replay.
        folders: Vec<(String, String, String)>,
    },
    /// They part.
    Parted {
        /// Folder and cell of either.
        cells: [String; 2],
        /// Events in common.
        common: u64,
        /// Where they begin to do different things.
        origin: Option<Box<Begin>>,
        /// The first event that differs, in A; none if A is at its end.
        a: Option<Box<First>>,
        /// The same in B.
        b: Option<Box<First>>,
    },
}

/// Compares cells of two recorded runs. Without names all cells that both have are looked at in order, and those whose
/// recorded digests are equal count as the same; the first other one is replayed. `watch` may stop it.
///
/// # Errors
/// If the cells cannot be found, or somebody interrupts.
pub fn diff(
    a: &Recorded,
    b: &Recorded,
    cell_a: Option<&str>,
    cell_b: Option<&str>,
    watch: &mut dyn FnMut(u64) -> bool,
) -> Result<Finding, Failure> {
    let mut cells = 0;
    let pairs: Vec<(&RunSpec, &RunSpec)> = if cell_a.or(cell_b).is_some() {
        vec![(a.cell(cell_a.or(cell_b))?, b.cell(cell_b.or(cell_a))?)]
    } else {
        let common = a.specs.iter().filter_map(|spec| Some((spec, b.cell(Some(&spec.name)).ok()?)));
        common.collect()
    };
    if pairs.is_empty() {
        let words = "the two runs have no cell of the same name: choose with --cell and --cell-b";
        return Err(Failure::Usage(words.into()));
    }
    for (one, other) in pairs {
        cells += 1;
        let recorded = a.told(one).zip(b.told(other));
        let equal = recorded.is_some_and(|(a, b)| (&a.digest, a.events) == (&b.digest, b.events));
        if equal && cell_a.or(cell_b).is_none() {
            continue;
        }
        let mut make = |side| if side == Side::A { engine(one) } else { engine(other) };
        let ends = [end(one), end(other)];
        let interrupted = |_| Failure::Interrupted("nothing was found yet".into());
        match compare(&mut make, ends, watch).map_err(interrupted)? {
            Compared::Parted(parting) => return Ok(parted([(a, one), (b, other)], &parting)),
            Compared::Same { events, digest } => {
                let told = [(a, one), (b, other)].into_iter().filter_map(|(run, spec)| {
                    let cell = run.told(spec)?;
                    let shown = run.folder.display().to_string();
                    (cell.digest != digest).then(|| (shown, cell.digest.clone(), digest.clone()))
                });
                let folders: Vec<_> = told.collect();
                if !folders.is_empty() {
                    return Ok(Finding::Foreign { cell: one.name.clone(), folders });
                }
                if cell_a.or(cell_b).is_some() {
                    return Ok(Finding::Same { cells, events: Some(events) });
                }
            }
        }
    }
    Ok(Finding::Same { cells, events: None })
}

fn engine(spec: &RunSpec) -> Replay<World> {
    Simulation::with_sink(&spec.case.config, &spec.case.content(), spec.draws, Last::default()).into_engine()
}

fn end(spec: &RunSpec) -> SimTime {
    SimTime::ZERO.saturating_add(spec.case.config.duration)
}

fn parted(sides: [(&Recorded, &RunSpec); 2], parting: &Parting<Event>) -> Finding {
    let names = sides.map(|(_, spec)| replay::names(spec));
    let first = |different: &Option<Different<Event>>, names: &Names| {
        different.map(|Different { event, cause }| {
            let cause = cause.map(|cause| seen(&cause, names));
            Box::new(First { told: seen(&event, names), cause })
        })
    };
    let begin = |origin: &Origin<Event>| Begin {
        told: origin.event.map(|event| seen(&event, &names[0])),
        cause: origin.cause,
        only_a: origin.only_a.iter().map(|(key, event)| told(None, *key, event, &names[0])).collect(),
        only_b: origin.only_b.iter().map(|(key, event)| told(None, *key, event, &names[1])).collect(),
    };
    Finding::Parted {
        cells: sides.map(|(run, spec)| format!("{} ({})", run.folder.display(), spec.name)),
        common: parting.common,
        origin: parting.origin.as_ref().map(begin).map(Box::new),
        a: first(&parting.a, &names[0]),
        b: first(&parting.b, &names[1]),
    }
}

fn seen(seen: &Seen<Event>, names: &Names) -> Told {
    told(Some(seen.number), seen.key, &seen.event, names)
}

fn told(number: Option<u64>, key: Key, event: &Event, names: &Names) -> Told {
    Told {
        event: number,
        at: key.time.to_string(),
        kind: kind(event),
        destination: names.entity(key.destination()),
        source: names.entity(key.source()),
        concerns: names.concerns(event),
    }
}

impl Told {
    /// One line.
    fn words(&self) -> String {
        let Told { event, at, kind, destination, source, concerns } = self;
        let number = event.map(|number| format!("event {number}, ")).unwrap_or_default();
        let from = if source == destination { String::new() } else { format!(", from {source}") };
        let about = if concerns.is_empty() { String::new() } else { format!(" ({})", concerns.join(", ")) };
        format!("{number}at {at}: {kind} at {destination}{from}{about}")
    }
}

impl Finding {
    /// Whether the runs are the same.
    pub fn is_same(&self) -> bool {
        matches!(self, Finding::Same { .. })
    }

    /// For people.
    pub fn words(&self) -> String {
        match self {
            Finding::Same { cells, events: Some(events) } => {
                format!("same: {events} events replayed, {}\n", count(*cells))
            }
            Finding::Same { cells, events: None } => {
                format!("same: {}, by recorded digests and replays\n", count(*cells))
            }
            Finding::Foreign { cell, folders } => {
                let mut text = format!("the replays of {cell} are the same, but not what was recorded:\n");
                for (folder, recorded, replayed) in folders {
                    writeln!(text, "  {folder} has digest {recorded}, its replay {replayed}")
                        .expect("a string takes all");
                }
                text.push_str("another build made it, or its manifest was changed\n");
                text
            }
            Finding::Parted { cells: [one, other], common, origin, a, b } => {
                let mut text = format!("A {one} and B {other} part after {common} events in common\n");
                write_parting(&mut text, origin.as_deref(), [("A", a.as_deref()), ("B", b.as_deref())]);
                text
            }
        }
    }
}

fn count(cells: usize) -> String {
    if cells == 1 { "1 cell".into() } else { format!("{cells} cells") }
}

fn write_parting(text: &mut String, origin: Option<&Begin>, firsts: [(&str, Option<&First>); 2]) {
    let mut line = |words: String| writeln!(text, "{words}").expect("a string takes all");
    if let Some(Begin { told, cause, only_a, only_b }) = origin {
        match (told, cause) {
            (None, _) => line("they differ from the start, before any event".into()),
            (Some(told), 0) => {
                line(format!("what they do differs from {}; scheduled at the start", told.words()))
            }
            (Some(told), cause) => {
                line(format!("what they do differs from {}; scheduled by event {cause}", told.words()));
            }
        }
        for (side, only) in [("A", only_a), ("B", only_b)] {
            for told in only {
                line(format!("  then pending only in {side}: {}", told.words()));
            }
        }
    }
    for (side, first) in firsts {
        let Some(First { told, cause }) = first else {
            line(format!("next in {side}: its end"));
            continue;
        };
        line(format!("next in {side}: {}", told.words()));
        match cause {
            None => line("  scheduled at the start".into()),
            Some(cause) => line(format!("  scheduled by {}", cause.words())),
        }
    }
}
