//! The event loop: pops the next event, folds it into the digest, hands it to the world.
//!
//! One run is one thread and one loop. The engine knows no peers and no sectors: a [`World`] names
//! its own event type and handles it in one `match`.

use crate::digest::RunDigest;
use crate::queue::{EventQueue, Handle, Key};
use crate::time::SimTime;
use crate::trace::{NoTrace, Sink};
use thiserror::Error;

/// A model's event: plain data, small, with a kind for ordering and a word for the digest.
pub trait Event: Copy {
    /// Kind of event: part of the order, so its number is part of the behaviour.
    fn kind(&self) -> u8;

    /// A word that tells events of one kind apart; folded into the digest.
    fn content(&self) -> u64;

    /// The coarse order within one instant; lower comes first. One lane unless a model says else.
    fn lane(&self) -> u8 {
        1
    }
}

/// A model: what happens when an event does.
pub trait World {
    /// Its closed set of events.
    type Event: Event;

    /// Handles one event; may schedule and cancel others through `cx`.
    fn handle(&mut self, key: Key, event: Self::Event, cx: &mut Cx<Self::Event>);
}

/// What a world may do while it handles an event.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Cx<E> {
    now: SimTime,
    queue: EventQueue<E>,
    /// Next number of every source.
    numbers: Vec<u32>,
    scheduled: u64,
    cancelled: u64,
}

impl<E: Event> Cx<E> {
    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Schedules an event of `source` at `destination`.
    ///
    /// # Panics
    /// If `at` is in the past, or a source has used up its four thousand million numbers.
    pub fn schedule(&mut self, at: SimTime, source: u32, destination: u32, event: E) {
        let key = self.key(at, source, destination, &event);
        self.queue.push(key, event);
    }

    /// Schedules an event that can be cancelled.
    ///
    /// # Panics
    /// As [`Cx::schedule`].
    pub fn schedule_cancellable(&mut self, at: SimTime, source: u32, destination: u32, event: E) -> Handle {
        let key = self.key(at, source, destination, &event);
        self.queue.push_cancellable(key, event)
    }

    /// Cancels an event; false if it has happened or was cancelled.
    pub fn cancel(&mut self, handle: Handle) -> bool {
        let cancelled = self.queue.cancel(handle);
        self.cancelled += u64::from(cancelled);
        cancelled
    }

    fn key(&mut self, at: SimTime, source: u32, destination: u32, event: &E) -> Key {
        assert!(at >= self.now, "an event at {at}, before now ({})", self.now);
        let place = source as usize;
        if place >= self.numbers.len() {
            self.numbers.resize(place + 1, 0);
        }
        let number = self.numbers[place];
        self.numbers[place] = number.checked_add(1).expect("a source used up its event numbers");
        self.scheduled += 1;
        Key::new(at, event.lane(), destination, event.kind(), source, number)
    }
}

/// Why a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// The end of the run was reached, or nothing was left to happen.
    AtEnd,
    /// The budget of events was used up.
    EventBudget,
}

/// Counts of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Events scheduled.
    pub scheduled: u64,
    /// Events handed to the world.
    pub dispatched: u64,
    /// Events cancelled.
    pub cancelled: u64,
    /// Live events still pending.
    pub pending: u64,
    /// Events that shared their instant with the event before them.
    pub ties: u64,
}

/// A broken promise of the engine itself.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EngineError {
    /// Scheduled events are not accounted for.
    #[error("events are not conserved: {0:?}")]
    NotConserved(Counts),
}

/// Runs a world. `S` sees every event that is dispatched; without one nothing is compiled for it.
#[derive(Debug)]
pub struct Engine<W: World, S = NoTrace> {
    world: W,
    cx: Cx<W::Event>,
    digest: RunDigest,
    dispatched: u64,
    ties: u64,
    sink: S,
}

impl<W: World> Engine<W> {
    /// An engine at time zero. `start` schedules the first events.
    pub fn new(world: W, start: impl FnOnce(&mut W, &mut Cx<W::Event>)) -> Self {
        Engine::with_sink(world, NoTrace, start)
    }
}

impl<W: World, S: Sink<W::Event>> Engine<W, S> {
    /// An engine at time zero whose events `sink` sees. `start` schedules the first events.
    pub fn with_sink(mut world: W, sink: S, start: impl FnOnce(&mut W, &mut Cx<W::Event>)) -> Self {
        let mut cx = Cx {
            now: SimTime::ZERO,
            queue: EventQueue::new(),
            numbers: Vec::new(),
            scheduled: 0,
            cancelled: 0,
        };
        start(&mut world, &mut cx);
        Engine { world, cx, digest: RunDigest::default(), dispatched: 0, ties: 0, sink }
    }

    /// Dispatches every event before `end`, at most `budget` of them in this call.
    pub fn run_until(&mut self, end: SimTime, budget: u64) -> Stopped {
        for _ in 0..budget {
            match self.cx.queue.peek() {
                Some(key) if key.time < end => self.step(),
                _ => {
                    self.cx.now = self.cx.now.max(end);
                    return Stopped::AtEnd;
                }
            }
        }
        Stopped::EventBudget
    }

    fn step(&mut self) {
        let (key, event) = self.cx.queue.pop().expect("peek saw an event");
        self.ties += u64::from(key.time == self.cx.now && self.dispatched > 0);
        self.cx.now = key.time;
        self.digest.fold(key, event.content());
        self.dispatched += 1;
        self.sink.dispatched(self.dispatched, key, &event);
        self.world.handle(key, event, &mut self.cx);
    }

    /// The world.
    pub fn world(&self) -> &W {
        &self.world
    }

    /// The world, to change between events or to take results from.
    pub fn world_mut(&mut self) -> &mut W {
        &mut self.world
    }

    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.cx.now
    }

    /// Digest of everything dispatched so far.
    pub fn digest(&self) -> RunDigest {
        self.digest
    }

    /// Counts so far.
    pub fn counts(&self) -> Counts {
        Counts {
            scheduled: self.cx.scheduled,
            dispatched: self.dispatched,
            cancelled: self.cx.cancelled,
            pending: self.cx.queue.len() as u64,
            ties: self.ties,
        }
    }

    /// Checks that every scheduled event happened, was cancelled, or is pending.
    ///
    /// # Errors
    /// If one is unaccounted for.
    pub fn check(&self) -> Result<(), EngineError> {
        let counts = self.counts();
        if counts.scheduled == counts.dispatched + counts.cancelled + counts.pending {
            Ok(())
        } else {
            Err(EngineError::NotConserved(counts))
        }
    }
}

/// What an engine remembers beside its world: read back by [`Engine::restore`].
#[derive(Debug, serde::Deserialize)]
pub struct EngineState<E> {
    cx: Cx<E>,
    digest: RunDigest,
    dispatched: u64,
    ties: u64,
}

/// The same, borrowed from a running engine to be written.
#[derive(Debug, serde::Serialize)]
pub struct EngineStateRef<'a, E> {
    cx: &'a Cx<E>,
    digest: RunDigest,
    dispatched: u64,
    ties: u64,
}

/// Saving, resuming, and looking from outside.
impl<W: World, S: Sink<W::Event>> Engine<W, S> {
    /// Everything of the engine that is not the world: pending events, numbers, counts, digest, time.
    pub fn state(&self) -> EngineStateRef<'_, W::Event> {
        let Engine { world: _, cx, digest, dispatched, ties, sink: _ } = self;
        EngineStateRef { cx, digest: *digest, dispatched: *dispatched, ties: *ties }
    }

    /// An engine that goes on from a saved state with a world of the same moment.
    pub fn restore(world: W, state: EngineState<W::Event>, sink: S) -> Self {
        let EngineState { cx, digest, dispatched, ties } = state;
        Engine { world, cx, digest, dispatched, ties, sink }
    }

    /// How many events `source` has scheduled so far.
    pub fn numbers_used(&self, source: u32) -> u32 {
        self.cx.numbers.get(source as usize).copied().unwrap_or(0)
    }

    /// A digest of what is pending: equal for equal sets of events, however they are stored. Costs a look at
    /// every pending event.
    pub fn pending_digest(&self) -> u64 {
        self.cx.queue.pending().map(|(key, event)| key.digest(event.content())).fold(0, u64::wrapping_add)
    }

    /// What is pending, in no order.
    pub fn pending(&self) -> impl Iterator<Item = (Key, &W::Event)> {
        self.cx.queue.pending()
    }

    /// The sink.
    pub fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Takes world and sink out.
    pub fn into_parts(self) -> (W, S) {
        (self.world, self.sink)
    }
}
