//! A run from start to tables.

use crate::config::{CheckLevel, Config};
use crate::content::Content;
use crate::registry::KINDS;
use crate::tables;
use crate::world::World;
use crate::world::check::Part;
use sim_core::draws::Draws;
use sim_core::engine::{Engine, Stopped};
use sim_core::record::Recorder;
use sim_core::time::SimTime;
use std::sync::Arc;
use thiserror::Error;

/// Events between two looks at budgets, progress and (sampled) invariants.
const BATCH: u64 = 1 << 16;

/// A sampled look at invariants counts one part of the nodes and objects, and the next look the next.
const PARTS: usize = 16;

/// What a run reports besides its tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunReport {
    /// Rolling digest of all events, 32 hexadecimal digits.
    pub digest: String,
    /// Dispatched events.
    pub events: u64,
    /// The same by kind, in the order of [`crate::registry::KIND_NAMES`].
    pub by_kind: [u64; KINDS],
    /// False if a budget ended the run before its time; its tables then end at `ended`.
    pub complete: bool,
    /// Virtual time at the end.
    pub ended: SimTime,
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Virtual time now.
    pub now: SimTime,
    /// Virtual time at the end.
    pub end: SimTime,
    /// Dispatched events.
    pub events: u64,
}

/// What the caller answers to [`Progress`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Go on.
    GoOn,
    /// Stop here: a budget is used up.
    Stop,
}

/// A run that broke a promise of its own: a bug, never a wrong scenario.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("after {events} events, at {at}: {}", .broken.join("; "))]
pub struct BrokenInvariant {
    /// What is wrong, each with a path to it.
    pub broken: Vec<String>,
    /// Dispatched events.
    pub events: u64,
    /// Virtual time.
    pub at: SimTime,
}

/// Runs one configuration with one seed and writes its tables.
///
/// # Errors
/// If an invariant is broken.
pub fn run(
    config: &Arc<Config>,
    content: &Arc<Content>,
    draws: Draws,
    out: &mut impl Recorder,
    progress: &mut dyn FnMut(Progress) -> Verdict,
) -> Result<RunReport, BrokenInvariant> {
    let end = SimTime::ZERO.saturating_add(config.duration);
    let world = World::new(Arc::clone(config), Arc::clone(content), draws);
    let mut engine = Engine::new(world, World::start);
    let batch = if config.check == CheckLevel::Every { 1 } else { BATCH };
    let mut complete = false;
    let mut looks = 0;
    loop {
        let dispatched = engine.counts().dispatched;
        let left = config.max_events.unwrap_or(u64::MAX).saturating_sub(dispatched);
        if left == 0 {
            break;
        }
        let stopped = engine.run_until(end, batch.min(left));
        let part = match config.check {
            CheckLevel::Every => Some(Part::ALL),
            CheckLevel::Sampled => Some(Part { number: looks % PARTS, of: PARTS }),
            CheckLevel::Off => None,
        };
        looks += 1;
        if let Some(part) = part {
            check(&engine, part)?;
        }
        match stopped {
            Stopped::AtEnd => {
                complete = true;
                break;
            }
            Stopped::TimeStandsStill(report) => return Err(broken(&engine, vec![report.to_string()])),
            Stopped::EventBudget => {}
        }
        let state = Progress { now: engine.now(), end, events: engine.counts().dispatched };
        if state.events % BATCH < batch && progress(state) == Verdict::Stop {
            break;
        }
    }
    let ended = engine.now();
    engine.world_mut().finish(ended, out);
    if config.check != CheckLevel::Off {
        check(&engine, Part::ALL)?;
    }
    Ok(RunReport {
        digest: engine.digest().to_string(),
        events: engine.counts().dispatched,
        by_kind: *engine.world().events(),
        complete,
        ended,
    })
}

/// Every table a run writes, so that each gets a file even without rows.
pub fn tables() -> &'static [&'static sim_core::record::schema::Table] {
    tables::ALL
}

fn check(engine: &Engine<World>, part: Part) -> Result<(), BrokenInvariant> {
    let mut found = engine.world().check_part(part);
    found.extend(engine.check().err().map(|error| error.to_string()));
    if found.is_empty() { Ok(()) } else { Err(broken(engine, found)) }
}

fn broken(engine: &Engine<World>, broken: Vec<String>) -> BrokenInvariant {
    BrokenInvariant { broken, events: engine.counts().dispatched, at: engine.now() }
}
