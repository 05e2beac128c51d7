//! Many runs side by side: each on one thread, results in the order of the list.
//!
//! A run that panics or breaks an invariant takes the batch down with its name; a budget or an
//! interruption lets what runs come to a stop and skips the rest. The budget of events is one of each
//! run: it cuts that run and no other, so what comes out does not depend on threads.

use crate::host::{Stopwatch, memory_now};
use crate::saving::Saving;
use crate::sweep::RunSpec;
use models::run::{BrokenInvariant, Progress, RunReport, Verdict};
use models::simulation::Simulation;
use rayon::prelude::*;
use sim_core::record::csv::CsvTables;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What a batch may use. Absent means unlimited.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    /// Wall time.
    pub wall: Option<Duration>,
    /// Resident memory in bytes.
    pub memory: Option<u64>,
    /// Bytes of tables.
    pub output: Option<u64>,
}

/// Why a batch came to a stop before its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// `--max-wall`.
    Wall,
    /// `--max-memory`.
    Memory,
    /// `--max-output`.
    Output,
    /// `--max-events`.
    Events,
    /// Ctrl-C or a termination signal.
    Interrupted,
}

/// What became of one run.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It came to its end.
    Done(RunReport, T),
    /// A budget ended it; its tables end early.
    Cut(RunReport, T),
    /// It never began.
    Skipped,
    /// Its tables could not be written.
    Unwritten(std::io::Error),
    /// A bug: a panic or a broken invariant, in words.
    Broken(String),
    /// What was saved of it cannot be gone on with: why, in words.
    Unusable(String),
}

/// Why a cell came to nothing.
enum Trouble {
    Broken(String),
    Unusable(String),
    Unwritten(std::io::Error),
}

impl<T> From<Trouble> for Outcome<T> {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Broken(words) => Outcome::Broken(words),
            Trouble::Unusable(words) => Outcome::Unusable(words),
            Trouble::Unwritten(error) => Outcome::Unwritten(error),
        }
    }
}

/// How to run a batch.
pub struct Batch<'a> {
    /// Worker threads.
    pub threads: usize,
    /// What it may use.
    pub budget: Budget,
    /// Since when it runs.
    pub watch: Stopwatch,
    /// Raised by signals.
    pub interrupted: Arc<AtomicBool>,
    /// Told after every batch of events how far a cell is: its number and its share from 0 to 1.
    pub progress: &'a (dyn Fn(usize, f64) + Sync),
    /// Where cells that come to a stop are saved, and go on from; nowhere if absent.
    pub saving: Option<&'a Saving>,
}

/// Shared by the workers of a batch.
#[derive(Default)]
struct State {
    /// 0 for none, else 1 + the position in [`REASONS`].
    stopped: AtomicU64,
    output: AtomicU64,
    broken: AtomicBool,
    /// Whether a cell used up its events.
    out_of_events: AtomicBool,
}

/// Reasons that stop all cells.
const REASONS: [Stopped; 4] = [Stopped::Wall, Stopped::Memory, Stopped::Output, Stopped::Interrupted];

impl State {
    /// The first reason counts.
    fn stop(&self, reason: Stopped) {
        let code =
            1 + REASONS.iter().position(|other| *other == reason).expect("all reasons are listed") as u64;
        let _ = self.stopped.compare_exchange(0, code, Ordering::SeqCst, Ordering::SeqCst);
    }

    fn stopped(&self) -> Option<Stopped> {
        (self.stopped.load(Ordering::SeqCst) as usize).checked_sub(1).map(|i| REASONS[i])
    }

    fn halted(&self) -> bool {
        self.broken.load(Ordering::SeqCst) || self.stopped().is_some()
    }
}

impl Batch<'_> {
    /// Runs all cells. `finish` gets each cell's tables on the worker that made them, and what it makes of
    /// them is kept; the tables themselves are dropped. So memory holds the cells that run, no more.
    pub fn run<T: Send>(
        &self,
        specs: Vec<RunSpec>,
        finish: impl Fn(&RunSpec, &RunReport, CsvTables) -> std::io::Result<T> + Sync,
    ) -> (Vec<(RunSpec, Outcome<T>)>, Option<Stopped>) {
        let state = State::default();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build()
            .expect("the system grants the threads that were asked for");
        let results = pool.install(|| {
            specs
                .into_par_iter()
                .enumerate()
                .with_max_len(1)
                .map(|(number, spec)| {
                    let outcome = self.cell(number, &spec, &state, &finish);
                    (spec, outcome)
                })
                .collect()
        });
        let out_of_events = state.out_of_events.load(Ordering::SeqCst).then_some(Stopped::Events);
        (results, state.stopped().or(out_of_events))
    }

    fn cell<T>(
        &self,
        number: usize,
        spec: &RunSpec,
        state: &State,
        finish: &(impl Fn(&RunSpec, &RunReport, CsvTables) -> std::io::Result<T> + Sync),
    ) -> Outcome<T> {
        self.look(state);
        if state.halted() {
            return Outcome::Skipped;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| self.simulate(number, spec, state)));
        let (report, tables) = match outcome {
            Ok(Ok(done)) => done,
            Ok(Err(trouble)) => return halt(state, trouble),
            Err(panic) => return halt(state, Trouble::Broken(panic_words(panic.as_ref()))),
        };
        if !report.complete && !state.halted() {
            state.out_of_events.store(true, Ordering::SeqCst);
        }
        self.count_output(tables.bytes(), state);
        match finish(spec, &report, tables) {
            Ok(kept) if report.complete => Outcome::Done(report, kept),
            Ok(kept) => Outcome::Cut(report, kept),
            Err(error) => halt(state, Trouble::Unwritten(error)),
        }
    }

    fn simulate(
        &self,
        number: usize,
        spec: &RunSpec,
        state: &State,
    ) -> Result<(RunReport, CsvTables), Trouble> {
        let mut tables = CsvTables::new();
        for table in models::run::tables() {
            tables.declare(table);
        }
        let saved = self.saving.map_or(Ok(None), |saving| saving.restore(spec)).map_err(Trouble::Unusable)?;
        let mut simulation =
            saved.unwrap_or_else(|| Simulation::new(&spec.case.config, &spec.case.content(), spec.draws));
        let mut mark = self.saving.map(|saving| saving.begin(&mut simulation));
        let mut unwritten = None;
        let mut watch = |progress: Progress, simulation: &Simulation| {
            let share = progress.now.as_nanos() as f64 / progress.end.as_nanos().max(1) as f64;
            (self.progress)(number, share);
            self.look(state);
            if state.halted() {
                return Verdict::Stop;
            }
            if let (Some(saving), Some(mark)) = (self.saving, &mut mark)
                && saving.is_due(mark, progress)
            {
                unwritten = saving.save(spec, simulation).err();
            }
            if unwritten.is_some() { Verdict::Stop } else { Verdict::GoOn }
        };
        let broken = |broken: BrokenInvariant| Trouble::Broken(broken.to_string());
        simulation.drive(&mut watch).map_err(broken)?;
        if let Some(error) = unwritten {
            return Err(Trouble::Unwritten(error));
        }
        let is_bug = state.broken.load(Ordering::SeqCst);
        if let Some(saving) = self.saving.filter(|_| !simulation.is_complete() && !is_bug) {
            saving.save(spec, &simulation).map_err(Trouble::Unwritten)?;
        }
        let (report, _) = simulation.finish(&mut tables).map_err(broken)?;
        (self.progress)(number, 1.0);
        Ok((report, tables))
    }

    /// Looks at clock, memory and signals.
    fn look(&self, state: &State) {
        if self.interrupted.load(Ordering::SeqCst) {
            state.stop(Stopped::Interrupted);
        }
        if self.budget.wall.is_some_and(|wall| self.watch.elapsed() > wall) {
            state.stop(Stopped::Wall);
        }
        if let (Some(limit), Some(now)) = (self.budget.memory, memory_now())
            && now > limit
        {
            state.stop(Stopped::Memory);
        }
    }

    fn count_output(&self, bytes: u64, state: &State) {
        let all = state.output.fetch_add(bytes, Ordering::SeqCst).saturating_add(bytes);
        if self.budget.output.is_some_and(|limit| all > limit) {
            state.stop(Stopped::Output);
        }
    }
}

fn halt<T>(state: &State, trouble: Trouble) -> Outcome<T> {
    state.broken.store(true, Ordering::SeqCst);
    trouble.into()
}

/// The message of a panic.
pub fn panic_words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_string()
}
