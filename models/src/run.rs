//! A run from start to tables.

use crate::config::{CheckLevel, Config};
use crate::content::Content;
use crate::registry::KINDS;
use crate::tables;
use crate::world::World;
use sim_core::draws::Draws;
use sim_core::engine::{Engine, Stopped};
use sim_core::record::Recorder;
use sim_core::time::SimTime;
use std::sync::Arc;
use thiserror::Error;

/// Events between two looks at budgets, progress and (sampled) invariants.
const BATCH: u64 = 1 << 16;

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
    loop {
        let dispatched = engine.counts().dispatched;
        let left = config.max_events.unwrap_or(u64::MAX).saturating_sub(dispatched);
        if left == 0 {
            break;
        }
        let stopped = engine.run_until(end, batch.min(left));
        if let Stopped::TimeStandsStill(report) = stopped {
            let (broken, events) = (vec![report.to_string()], engine.counts().dispatched);
            return Err(BrokenInvariant { broken, events, at: report.at });
        }
        if config.check != CheckLevel::Off {
            check(&engine)?;
        }
        if stopped == Stopped::AtEnd {
            complete = true;
            break;
        }
        let state = Progress { now: engine.now(), end, events: engine.counts().dispatched };
        if state.events % BATCH < batch && progress(state) == Verdict::Stop {
            break;
        }
    }
    let ended = engine.now();
    engine.world_mut().finish(ended, out);
    if config.check != CheckLevel::Off {
        check(&engine)?;
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

fn check(engine: &Engine<World>) -> Result<(), BrokenInvariant> {
    let mut broken = engine.world().check();
    broken.extend(engine.check().err().map(|error| error.to_string()));
    if broken.is_empty() {
        return Ok(());
    }
    Err(BrokenInvariant { broken, events: engine.counts().dispatched, at: engine.now() })
}
