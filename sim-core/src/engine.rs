//! The event loop: pops the next event, folds it into the digest, hands it to the world.
//!
//! One run is one thread and one loop. The engine knows no peers and no sectors: a [`World`] names
//! its own event type and handles it in one `match`.

use crate::digest::RunDigest;
use crate::prefetch::prefetch;
use crate::queue::{EventQueue, Handle, Key};
use crate::standstill::{Detector, EVENTS_AT_ONE_INSTANT};
use crate::time::SimTime;
use crate::timers::{NUMBER, Timer, Wake};
use crate::trace::{NoTrace, Sink};
use thiserror::Error;

mod state;

pub use crate::standstill::Standstill;
pub use state::EngineState;

/// How many events ahead the state of entities is asked for: far enough to be there in time, near enough
/// to be there still.
const AHEAD: usize = 12;

/// How many events ahead a step of [`World::prefetch_behind`] is taken: as many steps, as evenly spread.
const fn nearer<W: World>(step: usize) -> usize {
    AHEAD * (W::BEHIND - step) / (W::BEHIND + 1)
}

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

    /// Asks for the state that an event will touch, some dozen events before it happens, with
    /// [`prefetch`](fn@crate::prefetch::prefetch). Called for most events when many are pending, for none
    /// when few are; also for some that are cancelled before they happen. Does nothing unless a model says
    /// else.
    #[inline]
    fn prefetch(&self, key: Key, event: &Self::Event) {
        let _ = (key, event);
    }

    /// How many steps [`World::prefetch_behind`] takes: links in the longest chain of pointers that it follows.
    const BEHIND: usize = 0;

    /// Asks for what lies behind the state that [`World::prefetch`] asked for. Called [`World::BEHIND`] times for an
    /// event, as its time comes nearer; what the step before asked for is in the cache by then, so pointers in
    /// it may be followed. `step` counts from 0.
    #[inline]
    fn prefetch_behind(&self, step: usize, key: Key, event: &Self::Event) {
        let _ = (step, key, event);
    }

    /// The timer for which [`Cx::arm`] was given that event. Only asked for such events, so a world without
    /// timers has nothing to say.
    fn timer(&mut self, key: Key, event: &Self::Event) -> &mut Timer {
        let _ = event;
        unimplemented_timer(key)
    }
}

#[cold]
fn unimplemented_timer(key: Key) -> ! {
    panic!("a world that arms timers tells where they are: implement `World::timer` ({key:?})")
}

/// What a world may do while it handles an event.
#[derive(Clone, Debug)]
pub struct Cx<E> {
    now: SimTime,
    queue: EventQueue<E>,
    /// Next number of every source.
    numbers: Vec<u32>,
    scheduled: u64,
    cancelled: u64,
    wakes: u64,
}

impl<E: Event> Cx<E> {
    fn new() -> Self {
        Cx {
            now: SimTime::ZERO,
            queue: EventQueue::new(),
            numbers: Vec::new(),
            scheduled: 0,
            cancelled: 0,
            wakes: 0,
        }
    }

    /// The present instant.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Makes room for the numbers of the sources `0..count`, four bytes each. Other sources may still
    /// schedule; room for them is made when they first do.
    pub fn reserve_sources(&mut self, count: usize) {
        if count > self.numbers.len() {
            self.numbers.reserve_exact(count - self.numbers.len());
            self.numbers.resize(count, 0);
        }
    }

    /// Schedules an event of `source` at `destination`.
    ///
    /// # Panics
    /// If `at` is in the past, or a source has used up its two thousand million numbers.
    #[inline]
    pub fn schedule(&mut self, at: SimTime, source: u32, destination: u32, event: E) {
        let key = self.key(at, source, destination, &event);
        self.scheduled += 1;
        self.queue.push(key, event);
    }

    /// Schedules an event that can be cancelled.
    ///
    /// # Panics
    /// As [`Cx::schedule`].
    #[inline]
    pub fn schedule_cancellable(&mut self, at: SimTime, source: u32, destination: u32, event: E) -> Handle {
        let key = self.key(at, source, destination, &event);
        self.scheduled += 1;
        self.queue.push_cancellable(key, event)
    }

    /// Cancels an event; false if it has happened or was cancelled.
    #[inline]
    pub fn cancel(&mut self, handle: Handle) -> bool {
        let cancelled = self.queue.cancel(handle);
        self.cancelled += u64::from(cancelled);
        cancelled
    }

    /// Sets the deadline of a timer, whether or not one was set: `event` of `source` happens at
    /// `destination` then, once, unless the deadline is moved before. [`SimTime::NEVER`] switches it off.
    /// A timer is always armed with the same source, destination and event; see [`crate::timers`].
    ///
    /// # Panics
    /// If `at` is in the past.
    #[inline]
    pub fn arm(&mut self, timer: &mut Timer, at: SimTime, source: u32, destination: u32, event: E) {
        if at == SimTime::NEVER {
            self.disarm(timer);
            return;
        }
        assert!(at >= self.now, "a deadline at {at}, before now ({})", self.now);
        let armed = timer.arm(at);
        if armed.anew {
            self.scheduled += 1;
            self.queue.timer_on();
        }
        if !armed.followed {
            let number = NUMBER | event.content() as u32;
            let key = Key::new(at, event.lane(), destination, event.kind(), source, number);
            self.queue.push_timer(key, event);
        }
    }

    /// Switches a timer off; false if it was.
    #[inline]
    pub fn disarm(&mut self, timer: &mut Timer) -> bool {
        let armed = timer.disarm();
        if armed {
            self.cancelled += 1;
            self.queue.timer_off();
        }
        armed
    }

    #[inline]
    fn key(&mut self, at: SimTime, source: u32, destination: u32, event: &E) -> Key {
        assert!(at >= self.now, "an event at {at}, before now ({})", self.now);
        let number = next_number(&mut self.numbers, source);
        Key::new(at, event.lane(), destination, event.kind(), source, number)
    }
}

/// The next number of a source.
#[inline]
fn next_number(numbers: &mut Vec<u32>, source: u32) -> u32 {
    let place = source as usize;
    if place >= numbers.len() {
        add_sources(numbers, place);
    }
    let number = numbers[place];
    assert!(number < NUMBER, "source {source} used up its event numbers");
    numbers[place] = number + 1;
    number
}

#[cold]
fn add_sources(numbers: &mut Vec<u32>, place: usize) {
    numbers.resize(place + 1, 0);
}

/// Why a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// The end of the run was reached, or nothing was left to happen.
    AtEnd,
    /// The budget of events was used up.
    EventBudget,
    /// Too many events at one instant: a loop without delay, most likely. A further call goes on for as
    /// many events again.
    TimeStandsStill(Standstill),
}

/// Counts of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Events scheduled, by arming a timer that was off too.
    pub scheduled: u64,
    /// Events handed to the world.
    pub dispatched: u64,
    /// Events cancelled, by switching a timer off too.
    pub cancelled: u64,
    /// Live events still pending.
    pub pending: u64,
    /// Events that shared their instant with the event before them.
    pub ties: u64,
    /// Times that the entry of a timer followed its deadline: bookkeeping, not events.
    pub wakes: u64,
}

/// A broken promise of the engine itself.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EngineError {
    /// Scheduled events are not accounted for.
    #[error("events are not conserved: {0:?}")]
    NotConserved(Counts),
}

/// Runs a world. `S` sees every event that is dispatched; without one nothing is compiled for it.
#[derive(Clone, Debug)]
pub struct Engine<W: World, S = NoTrace> {
    world: W,
    cx: Cx<W::Event>,
    digest: RunDigest,
    dispatched: u64,
    ties: u64,
    detector: Detector,
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
        let mut cx = Cx::new();
        start(&mut world, &mut cx);
        let detector = Detector::new(EVENTS_AT_ONE_INSTANT);
        Engine { world, cx, digest: RunDigest::default(), dispatched: 0, ties: 0, detector, sink }
    }

    /// Takes that many events at one instant as time standing still: [`EVENTS_AT_ONE_INSTANT`] unless
    /// set. To be set before the run.
    ///
    /// # Panics
    /// If `events` is 0.
    pub fn stand_still_after(&mut self, events: u64) {
        self.detector = Detector::new(events);
    }

    /// Dispatches every event before `end`, at most `budget` of them in this call.
    pub fn run_until(&mut self, end: SimTime, budget: u64) -> Stopped {
        for _ in 0..budget {
            let Some((key, event)) = self.next(end) else {
                self.cx.now = self.cx.now.max(end);
                return Stopped::AtEnd;
            };
            let mut watched = false;
            if key.time == self.cx.now && self.dispatched > 0 {
                self.ties += 1;
                watched = self.detector.stayed();
            } else {
                self.cx.now = key.time;
                self.detector.moved();
            }
            self.digest.fold(key, event.content());
            self.dispatched += 1;
            self.sink.dispatched(self.dispatched, key, &event);
            self.world.handle(key, event, &mut self.cx);
            if self.cx.queue.wants_sweep() {
                self.sweep();
            }
            if watched && let Some(report) = self.detector.watch(key.time, key.source()) {
                return Stopped::TimeStandsStill(report);
            }
        }
        Stopped::EventBudget
    }

    /// The next event before `end`. Entries of timers whose deadline has moved follow it on the way.
    #[inline]
    fn next(&mut self, end: SimTime) -> Option<(Key, W::Event)> {
        loop {
            let (key, of_timer, event) = self.cx.queue.pop_before(end)?;
            self.look_ahead();
            if !of_timer || self.wake(key, event) {
                return Some((key, event));
            }
        }
    }

    /// Deals with an entry that follows a timer; true if its event happens.
    #[inline]
    fn wake(&mut self, key: Key, event: W::Event) -> bool {
        match self.world.timer(key, &event).wake(key.time) {
            Wake::Fire => {
                self.cx.queue.timer_off();
                return true;
            }
            Wake::Follow(deadline) => {
                self.cx.wakes += 1;
                self.cx.queue.push_timer(key.moved(deadline), event);
            }
            Wake::Vanish => {}
        }
        false
    }

    #[cold]
    fn sweep(&mut self) {
        let world = &mut self.world;
        self.cx.queue.sweep(|key, event| world.timer(key, event).keeps(key.time));
    }

    /// Has the state of events to come prefetched, as far as the queue knows them.
    #[inline]
    fn look_ahead(&mut self) {
        if self.cx.queue.front_is_new() {
            (0..AHEAD).for_each(|places| self.prefetch(places));
            for step in 0..W::BEHIND {
                (0..nearer::<W>(step)).for_each(|places| self.prefetch_behind(step, places));
            }
        }
        self.prefetch(AHEAD);
        for step in 0..W::BEHIND {
            self.prefetch_behind(step, nearer::<W>(step));
        }
    }

    #[inline]
    fn prefetch(&self, places: usize) {
        if let Some((key, event)) = self.cx.queue.peek_ahead(places) {
            // Whoever handles an event nearly always schedules some, as the source.
            prefetch(&self.cx.numbers, key.destination() as usize);
            self.world.prefetch(key, event);
        }
    }

    #[inline]
    fn prefetch_behind(&self, step: usize, places: usize) {
        if let Some((key, event)) = self.cx.queue.peek_ahead(places) {
            self.world.prefetch_behind(step, key, event);
        }
    }

    /// The world.
    pub fn world(&self) -> &W {
        &self.world
    }

    /// The world, to change between events or to take results from.
    pub fn world_mut(&mut self) -> &mut W {
        &mut self.world
    }

    /// Lets the world schedule and cancel between two events: a branch that draws its future anew, for one.
    pub fn between<T>(&mut self, act: impl FnOnce(&mut W, &mut Cx<W::Event>) -> T) -> T {
        act(&mut self.world, &mut self.cx)
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
            wakes: self.cx.wakes,
        }
    }

    /// Entries that the queue stores: pending events, and dead ones that have not been swept out yet.
    pub fn stored(&self) -> usize {
        self.cx.queue.stored()
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
