//! A run from start to tables.

use crate::config::Config;
use crate::content::Content;
use crate::registry::KINDS;
use crate::simulation::Simulation;
use crate::tables;
use sim_core::draws::Draws;
use sim_core::record::Recorder;
use sim_core::time::SimTime;
use std::sync::Arc;
use thiserror::Error;

/// Events between two looks at budgets, progress and (sampled) invariants.
pub(crate) const BATCH: u64 = 1 << 16;

/// What a run reports besides its tables.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
    let mut simulation = Simulation::new(config, content, draws);
    simulation.drive(&mut |state, _| progress(state))?;
    simulation.finish(out).map(|(report, _)| report)
}

/// Every table a run writes, so that each gets a file even without rows.
pub fn tables() -> &'static [&'static sim_core::record::schema::Table] {
    tables::ALL
}
