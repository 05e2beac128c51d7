//! Timers whose deadline moves: one entry of the queue follows each of them.
//!
//! Setting a deadline again is one store. The entry comes up at the deadline it was made for, finds a
//! later one, and goes there: a bookkeeping wake-up, which is no event, is not counted and is not in the
//! digest. So a peer that puts its idle timer off with every message costs the queue one wake-up an
//! idle time, not a push and a dead entry a message.
//!
//! | what happens to the deadline | cost |
//! | --- | --- |
//! | set again, not before the entry | one store |
//! | set with no entry on its way, or before it | a push |
//! | switched off | one store; the entry goes away when it comes up, or is compacted away |
//!
//! **Order.** The event happens under the key (deadline, lane, destination, kind, source, number), as if it
//! had been scheduled outright. The number is taken from the source when the timer is armed that was off,
//! and when its deadline moves to an earlier instant; moving it later keeps the number. So the key follows
//! from the deadlines that the model set, never from what the queue made of them.

use serde::{Deserialize, Serialize};

/// No deadline, or no entry.
pub(crate) const NONE: u64 = u64::MAX;

/// Names a timer: made once, armed as often as need be. A timer that was removed is stale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Timer {
    slot: u32,
    generation: u32,
}

/// What is touched when a deadline moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Deadline {
    /// When the event is to happen; [`NONE`] if it is not.
    at: u64,
    /// Time of the entry that follows; [`NONE`] if there is none.
    wake: u64,
    generation: u32,
}

/// What is touched when an entry is pushed or comes up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Purpose<E> {
    /// Source and number of the event.
    origin: u64,
    /// Source and number of the entry that follows, which may be older: tells it from those left behind.
    entry: u64,
    source: u32,
    destination: u32,
    event: E,
}

/// What arming found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Armed {
    /// No deadline was set before.
    pub(crate) anew: bool,
    /// The event needs a number: no deadline was set, or a later one.
    pub(crate) numberless: bool,
    /// An entry is on its way, and early enough.
    pub(crate) followed: bool,
}

/// What an entry that has come up is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wake {
    /// Its event happens.
    Fire,
    /// It goes on to a later deadline (time, source and number).
    Follow(u64, u64),
    /// It was left behind, or its timer is switched off.
    Vanish,
}

/// All timers of a queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Timers<E> {
    deadlines: Vec<Deadline>,
    purposes: Vec<Purpose<E>>,
    free: Vec<u32>,
}

impl<E: Copy> Timers<E> {
    /// None.
    pub(crate) fn new() -> Self {
        Timers { deadlines: Vec::new(), purposes: Vec::new(), free: Vec::new() }
    }

    /// Makes a timer, switched off. `limit` is the first slot that may not be one.
    pub(crate) fn insert(&mut self, source: u32, destination: u32, event: E, limit: u32) -> Timer {
        let purpose = Purpose { origin: NONE, entry: NONE, source, destination, event };
        if let Some(slot) = self.free.pop() {
            self.purposes[slot as usize] = purpose;
            return Timer { slot, generation: self.deadlines[slot as usize].generation };
        }
        let slot = self.purposes.len() as u32;
        assert!(slot < limit, "two thousand million timers");
        self.purposes.push(purpose);
        self.deadlines.push(Deadline { at: NONE, wake: NONE, generation: 0 });
        Timer { slot, generation: 0 }
    }

    /// Forgets a timer that is switched off; its handle is stale from now on. An entry left behind
    /// vanishes when it comes up.
    pub(crate) fn remove(&mut self, timer: Timer) {
        let Some(deadline) = self.deadline_mut(timer) else {
            return;
        };
        deadline.wake = NONE;
        deadline.generation = deadline.generation.wrapping_add(1);
        self.purposes[timer.slot as usize].entry = NONE;
        self.free.push(timer.slot);
    }

    #[inline]
    fn deadline_mut(&mut self, timer: Timer) -> Option<&mut Deadline> {
        self.deadlines.get_mut(timer.slot as usize).filter(|own| own.generation == timer.generation)
    }

    /// The deadline, if one is set.
    pub(crate) fn deadline(&self, timer: Timer) -> Option<u64> {
        let own = self.deadlines.get(timer.slot as usize)?;
        (own.generation == timer.generation && own.at != NONE).then_some(own.at)
    }

    /// Sets the deadline.
    ///
    /// # Panics
    /// If the timer was removed.
    #[inline]
    pub(crate) fn arm(&mut self, timer: Timer, at: u64) -> Armed {
        let own = self.deadline_mut(timer).expect("a timer that was not removed");
        let before = std::mem::replace(&mut own.at, at);
        Armed { anew: before == NONE, numberless: at < before, followed: own.wake <= at }
    }

    /// Switches a timer off; false if it was.
    #[inline]
    pub(crate) fn disarm(&mut self, timer: Timer) -> bool {
        self.deadline_mut(timer).is_some_and(|own| std::mem::replace(&mut own.at, NONE) != NONE)
    }

    /// Source, destination and event of a timer.
    #[inline]
    pub(crate) fn purpose(&self, timer: Timer) -> (u32, u32, E) {
        let own = &self.purposes[timer.slot as usize];
        (own.source, own.destination, own.event)
    }

    /// Gives the event its source and number.
    #[inline]
    pub(crate) fn number(&mut self, timer: Timer, origin: u64) {
        self.purposes[timer.slot as usize].origin = origin;
    }

    /// Notes the entry that follows from now on; gives the slot that it carries.
    #[inline]
    pub(crate) fn follow(&mut self, timer: Timer, wake: u64, origin: u64) -> u32 {
        self.deadlines[timer.slot as usize].wake = wake;
        self.purposes[timer.slot as usize].entry = origin;
        timer.slot
    }

    /// Whether an entry that has come up would fire.
    pub(crate) fn fires(&self, slot: u32, time: u64, origin: u64) -> bool {
        let (own, purpose) = (&self.deadlines[slot as usize], &self.purposes[slot as usize]);
        purpose.entry == origin && purpose.origin == origin && own.at == time
    }

    /// What an entry that has come up is to do.
    #[inline]
    pub(crate) fn wake(&mut self, slot: u32, time: u64, origin: u64) -> Wake {
        let purpose = &mut self.purposes[slot as usize];
        if purpose.entry != origin {
            return Wake::Vanish;
        }
        let own = &mut self.deadlines[slot as usize];
        if own.at == NONE {
            own.wake = NONE;
            return Wake::Vanish;
        }
        if own.at == time && purpose.origin == origin {
            (own.at, own.wake) = (NONE, NONE);
            return Wake::Fire;
        }
        own.wake = own.at;
        purpose.entry = purpose.origin;
        Wake::Follow(own.at, purpose.origin)
    }

    /// Whether an entry is there for a deadline that is set. If it follows a timer that is off, it is
    /// taken as gone.
    pub(crate) fn keeps(&mut self, slot: u32, origin: u64) -> bool {
        if self.purposes[slot as usize].entry != origin {
            return false;
        }
        let own = &mut self.deadlines[slot as usize];
        if own.at == NONE {
            own.wake = NONE;
        }
        own.at != NONE
    }
}
