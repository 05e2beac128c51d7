//! A run that can be stopped anywhere, saved, and gone on with.
//!
//! What a saved run holds is the state of engine and world as they are between two events: pending events with their
//! handles, numbers of every source, counts and digest, every node with its machines and buffers, the ladder, samples.
//! Rows of tables are made at the end only, so there are none to save. A run that goes on from a saved state dispatches
//! the same events and writes the same tables as one that never stopped (`models/tests/resume.rs`).

use crate::config::{CheckLevel, Config};
use crate::content::Content;
use crate::filecoin::piece::size::SectorSize;
use crate::registry::Event;
use crate::run::{BATCH, BrokenInvariant, Progress, RunReport, Verdict};
use crate::world::check::Part;
use crate::world::{Misfit, World, WorldState};
use serde::{Deserialize, Serialize};
use sim_core::checkpoint::{self, CheckpointError};
use sim_core::draws::Draws;
use sim_core::engine::{Engine, EngineState, Stopped};
use sim_core::record::Recorder;
use sim_core::time::SimTime;
use sim_core::trace::{NoTrace, Sink};
use std::sync::Arc;
use thiserror::Error;

/// A sampled look at invariants counts one part of the nodes and objects, and the next look the next.
const PARTS: usize = 16;

/// A run under way. `S` sees its events.
#[derive(Debug)]
pub struct Simulation<S = NoTrace> {
    engine: Engine<World, S>,
    end: SimTime,
    /// Events between two looks at budgets, progress and (sampled) invariants.
    look: u64,
    complete: bool,
}

/// What a saved run consists of.
#[derive(Deserialize)]
struct Saved {
    engine: EngineState<Event>,
    world: WorldState,
}

/// The same, borrowed.
#[derive(Serialize)]
struct SavedRef<T> {
    engine: EngineState<Event>,
    world: T,
}

/// A saved run that cannot be gone on with.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RestoreError {
    /// Its bytes are not those of a state.
    #[error(transparent)]
    Bytes(#[from] CheckpointError),
    /// It is the state of something else.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// It breaks a promise that holds for every state.
    #[error("holds a broken state: {0}")]
    Broken(#[from] BrokenInvariant),
}

impl Simulation {
    /// A run before its first event.
    pub fn new(config: &Arc<Config>, content: &Arc<Content>, draws: Draws) -> Self {
        Simulation::with_sink(config, content, draws, NoTrace)
    }

    /// Goes on from the bytes of [`Simulation::save`] with the same configuration, content and draws.
    ///
    /// # Errors
    /// If they are no state, plainly that of another configuration, or one that cannot be.
    pub fn restore(
        config: &Arc<Config>,
        content: &Arc<Content>,
        draws: Draws,
        saved: &[u8],
    ) -> Result<Self, RestoreError> {
        let Saved { engine, world } = checkpoint::decode(saved)?;
        let world = World::restore(Arc::clone(config), Arc::clone(content), draws, world)?;
        let simulation = Simulation::around(config, Engine::restore(world, engine, NoTrace));
        simulation.check()?;
        Ok(simulation)
    }
}

/// Events between two looks at budgets, signals and progress: fewer where an event may seal a batch of sectors, which
/// takes some ten seconds for each of 8 MiB.
fn look_interval(config: &Config) -> u64 {
    match config.filecoin.as_ref().map(|filecoin| filecoin.proofs.size) {
        None => BATCH,
        Some(SectorSize::TwoKib) => 1 << 10,
        Some(SectorSize::EightMib) => 1,
    }
}

impl<S: Sink<Event>> Simulation<S> {
    /// A run before its first event; `sink` sees all of them.
    pub fn with_sink(config: &Arc<Config>, content: &Arc<Content>, draws: Draws, sink: S) -> Self {
        let world = World::new(Arc::clone(config), Arc::clone(content), draws);
        Simulation::around(config, Engine::with_sink(world, sink, World::start))
    }

    fn around(config: &Config, engine: Engine<World, S>) -> Self {
        let end = SimTime::ZERO.saturating_add(config.duration);
        Simulation { engine, end, look: look_interval(config), complete: false }
    }

    /// Looks at progress and budgets every so many events, if that is more often than else.
    pub fn look_every(&mut self, events: u64) {
        self.look = events.clamp(1, self.look);
    }

    /// Events dispatched so far.
    pub fn events(&self) -> u64 {
        self.engine.counts().dispatched
    }

    /// Virtual time.
    pub fn now(&self) -> SimTime {
        self.engine.now()
    }

    /// Virtual time at the end.
    pub fn end(&self) -> SimTime {
        self.end
    }

    /// The world.
    pub fn world(&self) -> &World {
        self.engine.world()
    }

    /// Rolling digest of all events so far, 32 hexadecimal digits.
    pub fn digest(&self) -> String {
        self.engine.digest().to_string()
    }

    /// The bytes of the whole state. The same state gives the same bytes.
    pub fn save(&self) -> Vec<u8> {
        checkpoint::encode(&SavedRef { engine: self.engine.state(), world: self.engine.world().state() })
    }

    /// Dispatches events before `until` (and before the end), `budget` at most.
    ///
    /// # Errors
    /// If an invariant is broken, unless nobody looks; and if time stands still.
    pub fn advance(&mut self, until: SimTime, budget: u64) -> Result<Stopped, BrokenInvariant> {
        let stopped = self.engine.run_until(until.min(self.end), budget);
        if let Stopped::TimeStandsStill(report) = stopped {
            return Err(self.broken(vec![report.to_string()]));
        }
        match self.engine.world().config.check {
            CheckLevel::Every => self.check()?,
            CheckLevel::Sampled if stopped == Stopped::AtEnd || self.events().is_multiple_of(BATCH) => {
                let looks = (self.events() / BATCH) as usize;
                self.check_part(Part { number: looks % PARTS, of: PARTS })?;
            }
            CheckLevel::Sampled | CheckLevel::Off => {}
        }
        Ok(stopped)
    }

    /// Runs to the end, to the budget of events, or until `watch` says stop. What came of it is in the report.
    ///
    /// # Errors
    /// If an invariant is broken.
    pub fn drive(
        &mut self,
        watch: &mut dyn FnMut(Progress, &Self) -> Verdict,
    ) -> Result<(), BrokenInvariant> {
        let config = Arc::clone(&self.engine.world().config);
        loop {
            let left = config.max_events.unwrap_or(u64::MAX).saturating_sub(self.events());
            if left == 0 {
                return Ok(());
            }
            let to_look = self.look - self.events() % self.look;
            let batch = if config.check == CheckLevel::Every { 1 } else { to_look };
            if self.advance(self.end, batch.min(left))? == Stopped::AtEnd {
                self.complete = true;
                return Ok(());
            }
            let state = Progress { now: self.now(), end: self.end, events: self.events() };
            if state.events.is_multiple_of(self.look) && watch(state, self) == Verdict::Stop {
                return Ok(());
            }
        }
    }

    /// Whether the end was reached.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Closes what is open, writes the tables, and reports; gives the sink back.
    ///
    /// # Errors
    /// If an invariant is broken.
    pub fn finish(mut self, out: &mut impl Recorder) -> Result<(RunReport, S), BrokenInvariant> {
        let ended = self.now();
        self.engine.world_mut().finish(ended, out);
        if self.engine.world().config.check != CheckLevel::Off {
            self.check()?;
        }
        let report = RunReport {
            digest: self.digest(),
            events: self.events(),
            by_kind: *self.engine.world().events(),
            complete: self.complete,
            ended,
        };
        Ok((report, self.engine.into_parts().1))
    }

    /// The engine, as it stands.
    pub fn into_engine(self) -> Engine<World, S> {
        self.engine
    }

    /// Looks at every invariant.
    ///
    /// # Errors
    /// If one is broken.
    pub fn check(&self) -> Result<(), BrokenInvariant> {
        self.check_part(Part::ALL)
    }

    fn check_part(&self, part: Part) -> Result<(), BrokenInvariant> {
        let mut broken = self.engine.world().check_part(part);
        broken.extend(self.engine.check().err().map(|error| error.to_string()));
        if broken.is_empty() { Ok(()) } else { Err(self.broken(broken)) }
    }

    fn broken(&self, broken: Vec<String>) -> BrokenInvariant {
        BrokenInvariant { broken, events: self.events(), at: self.now() }
    }
}
