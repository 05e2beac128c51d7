//! The pending-event set: pops events in the total order of their [`Key`], cancels by handle, follows
//! moving deadlines.
//!
//! Up to some hundred entries it is a binary heap, beyond that a ladder of unsorted buckets of which only
//! the one at the front is sorted; the cost of an event then hardly depends on how many are pending.
//! Cancelling is one store into a slot: the entry stays until it comes up, or until dead entries are the
//! larger half and are swept out together, so memory follows the live events. A key seen twice is a bug
//! in the model and is refused.
//!
//! | operation | cost |
//! | --- | --- |
//! | [`EventQueue::push`] | O(1): one entry written to the end of a bucket; O(log n) in the heap |
//! | [`EventQueue::pop`] | amortised O(1): an entry is moved once or twice and sorted among some thirty |
//! | [`EventQueue::cancel`] | O(1); O(n) once every n/2 cancellations |
//! | [`EventQueue::state`], [`EventQueue::from_state`] | O(n log n) |
//!
//! Worst cases: an entry is moved once for each rung, of which a time of 64 bits allows some six; entries
//! of one instant, or pushed into the time that is being dispatched, cost O(log n) of their number.

mod key;
mod ladder;
mod pool;
mod rung;
mod slots;
mod state;

pub use key::{Handle, Key};
pub use state::QueueState;

use crate::time::SimTime;
use crate::timers::{Timer, Timers, Wake};
use ladder::Ladder;
use slots::Slots;
use std::cmp::Ordering;

/// Events that nobody can cancel carry this slot.
pub const NO_SLOT: u32 = u32::MAX;

/// Slots from here on are those of timers.
const TIMER: u32 = 1 << 31;

/// Dead entries below which sweeping is not worth it.
const DEAD_FEW: usize = 64;

/// An event in the set.
#[derive(Clone, Copy, Debug)]
struct Entry<E> {
    key: Key,
    slot: u32,
    event: E,
}

// The heap of the standard library is a max-heap: entries compare the other way round.
impl<E> Ord for Entry<E> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl<E> PartialOrd for Entry<E> {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    #[inline]
    fn lt(&self, other: &Self) -> bool {
        other.key.is_before(&self.key)
    }

    #[inline]
    fn le(&self, other: &Self) -> bool {
        !self.key.is_before(&other.key)
    }
}

impl<E> PartialEq for Entry<E> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<E> Eq for Entry<E> {}

/// A set of pending events.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    set: Ladder<E>,
    slots: Slots,
    timers: Timers<E>,
    live: usize,
    wakes: u64,
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> EventQueue<E> {
    /// No events.
    pub fn new() -> Self {
        Self::with_set(Ladder::new(false))
    }

    /// No events, in a queue that stays a plain binary heap however many there are: what the ladder is
    /// compared with, in tests and benchmarks.
    pub fn heap_only() -> Self {
        Self::with_set(Ladder::new(true))
    }

    fn with_set(set: Ladder<E>) -> Self {
        EventQueue { set, slots: Slots::default(), timers: Timers::new(), live: 0, wakes: 0 }
    }

    /// Live events.
    #[inline]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether no live event is left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Entries that are stored: the live events, and the dead that have not been swept out yet.
    #[inline]
    pub fn stored(&self) -> usize {
        self.set.len()
    }

    /// Times that an entry came up for a timer whose deadline had moved.
    pub fn wakes(&self) -> u64 {
        self.wakes
    }

    /// Adds an event that cannot be cancelled.
    #[inline]
    pub fn push(&mut self, key: Key, event: E) {
        self.live += 1;
        self.set.push(Entry { key, slot: NO_SLOT, event });
    }

    /// Adds an event that can be cancelled.
    #[inline]
    pub fn push_cancellable(&mut self, key: Key, event: E) -> Handle {
        let handle = self.slots.take(TIMER);
        self.live += 1;
        self.set.push(Entry { key, slot: handle.slot, event });
        handle
    }

    /// Cancels an event; false if the handle is stale.
    #[inline]
    pub fn cancel(&mut self, handle: Handle) -> bool {
        let cancelled = self.slots.cancel(handle);
        if cancelled {
            self.live -= 1;
            self.sweep_if_worth_it();
        }
        cancelled
    }

    /// Key of the next live event.
    pub fn peek(&mut self) -> Option<Key> {
        loop {
            let entry = self.set.first()?;
            let comes = match entry.slot {
                NO_SLOT => true,
                slot if slot < TIMER => self.slots.is_live(slot),
                slot => self.timers.fires(slot - TIMER, entry.key.time.as_nanos(), entry.key.origin()),
            };
            if comes {
                return Some(entry.key);
            }
            let entry = self.set.pop_upto(u64::MAX)?;
            self.settle(&entry);
        }
    }

    /// Takes the next live event.
    ///
    /// # Panics
    /// If two events share a key: a model used one number of a source twice.
    #[inline]
    pub fn pop(&mut self) -> Option<(Key, E)> {
        self.pop_upto(u64::MAX)
    }

    /// Takes the next live event if it is before `end`.
    ///
    /// # Panics
    /// As [`EventQueue::pop`].
    #[inline]
    pub fn pop_before(&mut self, end: SimTime) -> Option<(Key, E)> {
        self.pop_upto(end.as_nanos().checked_sub(1)?)
    }

    #[inline]
    fn pop_upto(&mut self, last: u64) -> Option<(Key, E)> {
        loop {
            let entry = self.set.pop_upto(last)?;
            if entry.slot == NO_SLOT || self.settle(&entry) {
                self.live -= 1;
                return Some((entry.key, entry.event));
            }
        }
    }

    /// Deals with an entry that has come up and has a slot; true if its event happens.
    #[inline]
    fn settle(&mut self, entry: &Entry<E>) -> bool {
        if entry.slot < TIMER {
            let live = self.slots.is_live(entry.slot);
            self.slots.release(entry.slot);
            return live;
        }
        match self.timers.wake(entry.slot - TIMER, entry.key.time.as_nanos(), entry.key.origin()) {
            Wake::Fire => true,
            Wake::Vanish => false,
            Wake::Follow(time, origin) => {
                self.wakes += 1;
                self.set.push(Entry { key: entry.key.moved(SimTime::from_nanos(time), origin), ..*entry });
                false
            }
        }
    }

    /// The event some places behind the next one, if the sorted front is that long. It may turn out to
    /// be dead, and others may still come in between: good for a prefetch and nothing else.
    #[inline]
    pub fn peek_ahead(&self, places: usize) -> Option<(Key, &E)> {
        self.set.peek_ahead(places).map(|entry| (entry.key, &entry.event))
    }

    /// Whether the last pop took the first event of a newly sorted front.
    #[inline]
    pub fn front_is_new(&self) -> bool {
        self.set.just_opened()
    }

    /// Makes a timer, switched off.
    pub(crate) fn timer(&mut self, source: u32, destination: u32, event: E) -> Timer {
        self.timers.insert(source, destination, event, TIMER)
    }

    /// Switches a timer off and forgets it; false if it was off.
    pub(crate) fn remove_timer(&mut self, timer: Timer) -> bool {
        let armed = self.disarm(timer);
        self.timers.remove(timer);
        armed
    }

    /// Deadline of a timer.
    pub(crate) fn deadline(&self, timer: Timer) -> Option<SimTime> {
        self.timers.deadline(timer).map(SimTime::from_nanos)
    }

    /// Sets a deadline; true if none was set before. `key` makes the key of the timer's event and is only
    /// asked when a number is needed.
    #[inline]
    pub(crate) fn arm(&mut self, timer: Timer, at: SimTime, key: impl FnOnce(u32, u32, &E) -> Key) -> bool {
        let armed = self.timers.arm(timer, at.as_nanos());
        self.live += usize::from(armed.anew);
        if armed.numberless {
            let (source, destination, event) = self.timers.purpose(timer);
            let key = key(source, destination, &event);
            self.timers.number(timer, key.origin());
            if !armed.followed {
                let slot = TIMER + self.timers.follow(timer, at.as_nanos(), key.origin());
                self.set.push(Entry { key, slot, event });
                self.sweep_if_worth_it();
            }
        }
        armed.anew
    }

    /// Switches a timer off; false if it was.
    #[inline]
    pub(crate) fn disarm(&mut self, timer: Timer) -> bool {
        let armed = self.timers.disarm(timer);
        if armed {
            self.live -= 1;
            self.sweep_if_worth_it();
        }
        armed
    }

    #[inline]
    fn sweep_if_worth_it(&mut self) {
        let dead = self.set.len() - self.live;
        if dead > DEAD_FEW && dead * 2 > self.set.len() {
            self.sweep();
        }
    }

    /// Removes all dead entries. Slots are given back in their own order, so that which slot comes next
    /// does not depend on how the entries lay.
    #[cold]
    fn sweep(&mut self) {
        let (slots, timers) = (&self.slots, &mut self.timers);
        let mut dead = Vec::new();
        self.set.retain(|entry| match entry.slot {
            NO_SLOT => true,
            slot if slot < TIMER => {
                let live = slots.is_live(slot);
                if !live {
                    dead.push(slot);
                }
                live
            }
            slot => timers.keeps(slot - TIMER, entry.key.origin()),
        });
        dead.sort_unstable();
        dead.into_iter().for_each(|slot| self.slots.release(slot));
    }
}
