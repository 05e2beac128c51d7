//! Where two runs part: both are replayed side by side until what they do differs, then event by event.
//!
//! ```text
//! pass 1   both in steps of 4,096 events; compares rolling digests and digests of what is pending
//! pass 2   both again up to the step that differs, then one event at a time
//! pass 3   each again, to find the event that scheduled what they part at
//! ```
//!
//! Two things are reported. The *origin* is the first event after which what is pending differs: the event that did
//! something else, though it was the same event; zero if they differ from the start. The *first different event* is the
//! first one that happens in only one of the two, or at another moment. Nothing of this runs, or is compiled into a
//! run, unless two runs are compared: an event's key names who scheduled it and as its how-manieth, so causes are
//! found afterwards.

use crate::engine::{Engine, Stopped, World};
use crate::queue::Key;
use crate::time::SimTime;
use crate::trace::Sink;

/// Events between two comparisons in the first pass.
pub const STEP: u64 = 1 << 12;

/// Pending events that are listed of each side at most.
pub const LISTED: usize = 8;

/// One of two runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// An event that happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen<E> {
    /// Its number, from one on.
    pub number: u64,
    /// Its key.
    pub key: Key,
    /// The event.
    pub event: E,
}

/// A sink that remembers the last event.
#[derive(Clone, Copy, Debug)]
pub struct Last<E>(Option<Seen<E>>);

impl<E> Default for Last<E> {
    fn default() -> Self {
        Last(None)
    }
}

impl<E: Copy> Sink<E> for Last<E> {
    #[inline]
    fn dispatched(&mut self, number: u64, key: Key, event: &E) {
        self.0 = Some(Seen { number, key, event: *event });
    }
}

/// An engine that can be compared.
pub type Replay<W> = Engine<W, Last<<W as World>::Event>>;

/// The first event after which what is pending differs.
#[derive(Clone, Debug)]
pub struct Origin<E> {
    /// The event, which is the same in both; none if they differ before any event.
    pub event: Option<Seen<E>>,
    /// Number of the event that scheduled it; zero for the start.
    pub cause: u64,
    /// What only A then had pending, earliest first, [`LISTED`] at most.
    pub only_a: Vec<(Key, E)>,
    /// What only B then had pending.
    pub only_b: Vec<(Key, E)>,
}

/// The first event that differs, as one side saw it.
#[derive(Clone, Copy, Debug)]
pub struct Different<E> {
    /// The event.
    pub event: Seen<E>,
    /// The event that scheduled it; none for the start.
    pub cause: Option<Seen<E>>,
}

/// How two runs part.
#[derive(Clone, Debug)]
pub struct Parting<E> {
    /// Where what they do begins to differ; none if that is not before the first different event.
    pub origin: Option<Origin<E>>,
    /// Events that both have in common, from the start.
    pub common: u64,
    /// The event after those in A; none if A was at its end.
    pub a: Option<Different<E>>,
    /// The event after those in B; none if B was at its end.
    pub b: Option<Different<E>>,
}

/// What a comparison found.
#[derive(Clone, Debug)]
pub enum Compared<E> {
    /// The same events in the same order.
    Same {
        /// How many.
        events: u64,
        /// Rolling digest.
        digest: String,
    },
    /// They part.
    Parted(Box<Parting<E>>),
}

/// A comparison that was stopped before it found anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interrupted;

/// Replays two runs up to `ends` and says where they part. `make` builds each from its start, several times; `watch`
/// is told after every step how many events have been replayed, and answers whether to go on.
///
/// # Errors
/// If `watch` answers no.
pub fn compare<W: World>(
    make: &mut dyn FnMut(Side) -> Replay<W>,
    ends: [SimTime; 2],
    watch: &mut dyn FnMut(u64) -> bool,
) -> Result<Compared<W::Event>, Interrupted> {
    let mut runs = Pair { a: make(Side::A), b: make(Side::B), ends };
    let Some(marks) = runs.find_marks(watch)? else {
        let events = runs.a.counts().dispatched;
        return Ok(Compared::Same { events, digest: runs.a.digest().to_string() });
    };
    runs = Pair { a: make(Side::A), b: make(Side::B), ends };
    let mut origin = match marks.origin {
        None => None,
        Some(mark) => runs.find_origin(mark, watch)?,
    };
    if origin.is_none() {
        runs = Pair { a: make(Side::A), b: make(Side::B), ends };
    }
    let (common, a, b) = runs.find_different(marks.different, watch)?;
    drop(runs);
    let mut targets_a: Vec<Key> = a.iter().map(|seen| seen.key).collect();
    targets_a.extend(origin.iter().filter_map(|origin| origin.event).map(|seen| seen.key));
    let causes_a = causes(make(Side::A), ends[0], &targets_a, watch)?;
    let targets_b: Vec<Key> = b.iter().map(|seen| seen.key).collect();
    let causes_b = causes(make(Side::B), ends[1], &targets_b, watch)?;
    if let Some(origin) = &mut origin
        && origin.event.is_some()
    {
        origin.cause = causes_a.last().copied().flatten().map_or(0, |cause: Seen<_>| cause.number);
    }
    let different = |event: Option<Seen<W::Event>>, causes: &[Option<Seen<W::Event>>]| {
        event.map(|event| Different { event, cause: causes.first().copied().flatten() })
    };
    let (a, b) = (different(a, &causes_a), different(b, &causes_b));
    Ok(Compared::Parted(Box::new(Parting { origin, common, a, b })))
}

/// Steps after which something was first seen to differ: the number of events before the step.
struct Marks {
    origin: Option<u64>,
    different: Option<u64>,
}

struct Pair<W: World> {
    a: Replay<W>,
    b: Replay<W>,
    ends: [SimTime; 2],
}

impl<W: World> Pair<W> {
    fn pending_differs(&self) -> bool {
        self.a.pending_digest() != self.b.pending_digest()
    }

    fn events_differ(&self) -> bool {
        (self.a.digest(), self.a.counts().dispatched) != (self.b.digest(), self.b.counts().dispatched)
    }

    /// Both by at most so many events; true if both are at their end.
    fn run(&mut self, events: u64) -> bool {
        let a = self.a.run_until(self.ends[0], events);
        let b = self.b.run_until(self.ends[1], events);
        (a, b) == (Stopped::AtEnd, Stopped::AtEnd)
    }

    fn find_marks(&mut self, watch: &mut dyn FnMut(u64) -> bool) -> Result<Option<Marks>, Interrupted> {
        let mut marks = Marks { origin: self.pending_differs().then_some(0), different: None };
        let mut before = 0;
        loop {
            let at_end = self.run(STEP);
            if self.events_differ() {
                marks.different = Some(before);
                // What only the last step may have begun is looked for there.
                marks.origin = marks.origin.or(Some(before));
                return Ok(Some(marks));
            }
            if marks.origin.is_none() && self.pending_differs() {
                marks.origin = Some(before);
            }
            if at_end {
                return Ok(marks.origin.is_some().then_some(marks));
            }
            before = self.a.counts().dispatched;
            go_on(watch, before)?;
        }
    }

    /// Runs both up to `events` in common.
    fn run_to(&mut self, events: u64, watch: &mut dyn FnMut(u64) -> bool) -> Result<(), Interrupted> {
        while self.a.counts().dispatched < events {
            self.run(STEP.min(events - self.a.counts().dispatched));
            go_on(watch, self.a.counts().dispatched)?;
        }
        Ok(())
    }

    /// The origin within the step after `mark` events; none if nothing differs before the first different event.
    fn find_origin(
        &mut self,
        mark: u64,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Option<Origin<W::Event>>, Interrupted> {
        self.run_to(mark, watch)?;
        loop {
            if self.events_differ() {
                return Ok(None);
            }
            if self.pending_differs() {
                let event = self.a.sink_mut().0;
                let (only_a, only_b) = only(&self.a, &self.b);
                return Ok(Some(Origin { event, cause: 0, only_a, only_b }));
            }
            self.run(1);
        }
    }

    /// The first event that differs, within the step after `mark` events; none if there is none before the end.
    #[expect(clippy::type_complexity, reason = "three things that are taken apart at once")]
    fn find_different(
        &mut self,
        mark: Option<u64>,
        watch: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(u64, Option<Seen<W::Event>>, Option<Seen<W::Event>>), Interrupted> {
        let Some(mark) = mark else {
            while !self.run(STEP) {
                go_on(watch, self.a.counts().dispatched)?;
            }
            return Ok((self.a.counts().dispatched, None, None));
        };
        self.run_to(mark, watch)?;
        loop {
            let common = self.a.counts().dispatched;
            self.run(1);
            if self.events_differ() {
                let after = |engine: &mut Replay<W>| engine.sink_mut().0.filter(|seen| seen.number > common);
                return Ok((common, after(&mut self.a), after(&mut self.b)));
            }
        }
    }
}

/// Listed parts of what only one of two engines has pending.
#[expect(clippy::type_complexity, reason = "the same list for both")]
fn only<W: World>(a: &Replay<W>, b: &Replay<W>) -> (Vec<(Key, W::Event)>, Vec<(Key, W::Event)>) {
    use crate::engine::Event as _;
    let sorted = |engine: &Replay<W>| {
        let mut all: Vec<_> =
            engine.pending().into_iter().map(|(key, event)| (key, event.content(), event)).collect();
        all.sort_unstable_by_key(|&(key, content, _)| (key, content));
        all
    };
    let (a, b) = (sorted(a), sorted(b));
    let missing = |from: &[(Key, u64, W::Event)], other: &[(Key, u64, W::Event)]| {
        let is_missing = |mine: &&(Key, u64, W::Event)| {
            other.binary_search_by(|theirs| (theirs.0, theirs.1).cmp(&(mine.0, mine.1))).is_err()
        };
        from.iter().filter(is_missing).take(LISTED).map(|&(key, _, event)| (key, event)).collect()
    };
    (missing(&a, &b), missing(&b, &a))
}

/// For each key the event during which its source used its number; none for the start, and for events of timers, whose
/// numbers come from their content.
fn causes<W: World>(
    mut engine: Replay<W>,
    end: SimTime,
    keys: &[Key],
    watch: &mut dyn FnMut(u64) -> bool,
) -> Result<Vec<Option<Seen<W::Event>>>, Interrupted> {
    let used = |engine: &Replay<W>, key: Key| engine.numbers_used(key.source()) > key.number();
    let mut found: Vec<Option<Option<Seen<W::Event>>>> =
        keys.iter().map(|&key| (key.is_of_timer() || used(&engine, key)).then_some(None)).collect();
    while found.iter().any(Option::is_none) {
        let stopped = engine.run_until(end, 1);
        assert!(stopped != Stopped::AtEnd, "an event that happened was scheduled before");
        for (place, &key) in found.iter_mut().zip(keys) {
            if place.is_none() && used(&engine, key) {
                *place = Some(engine.sink_mut().0);
            }
        }
        if engine.counts().dispatched.is_multiple_of(STEP) {
            go_on(watch, engine.counts().dispatched)?;
        }
    }
    Ok(found.into_iter().flatten().collect())
}

fn go_on(watch: &mut dyn FnMut(u64) -> bool, events: u64) -> Result<(), Interrupted> {
    if watch(events) { Ok(()) } else { Err(Interrupted) }
}
