//! The pending-event set: pops events in the total order of their [`Key`], cancels by handle.
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
mod soon;
mod state;

pub use key::{Handle, Key};
pub use state::QueueState;

use crate::time::SimTime;
use ladder::Ladder;
use slots::Slots;
use std::cmp::Ordering;

/// Events that nobody can cancel carry this slot.
pub const NO_SLOT: u32 = u32::MAX;

/// The entry that follows a timer carries this slot.
pub const TIMER_SLOT: u32 = u32::MAX - 1;

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

/// Panics if a key is there twice; a timer may have left entries behind at the instant of its deadline.
#[inline]
fn refuse_same<E>(entry: &Entry<E>, other: &Entry<E>) {
    if entry.key == other.key {
        assert!(
            entry.slot == TIMER_SLOT && other.slot == TIMER_SLOT,
            "two events with the key {:?}",
            entry.key
        );
    }
}

/// A set of pending events.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    set: Ladder<E>,
    slots: Slots,
    live: usize,
    /// Dead entries that the last sweep had to leave.
    unswept: usize,
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
        EventQueue { set, slots: Slots::default(), live: 0, unswept: 0 }
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

    /// Adds an event that cannot be cancelled.
    #[inline]
    pub fn push(&mut self, key: Key, event: E) {
        self.live += 1;
        self.set.push(Entry { key, slot: NO_SLOT, event });
    }

    /// Adds an event that can be cancelled.
    #[inline]
    pub fn push_cancellable(&mut self, key: Key, event: E) -> Handle {
        let handle = self.slots.take(TIMER_SLOT);
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
            let dead = self.slots.dead();
            if dead > DEAD_FEW && dead * 2 > self.set.len() {
                self.sweep(|_, _| true);
            }
        }
        cancelled
    }

    /// Key of the next event: one that has not been cancelled. It may be the entry of a timer, which may
    /// turn out to have a later deadline.
    pub fn peek(&mut self) -> Option<Key> {
        loop {
            let entry = self.set.first()?;
            if entry.slot >= TIMER_SLOT || self.slots.is_live(entry.slot) {
                return Some(entry.key);
            }
            self.set.pop_upto(u64::MAX)?;
            self.slots.release(entry.slot);
        }
    }

    /// Takes the next event that has not been cancelled.
    ///
    /// # Panics
    /// If two events share a key: a model used one number of a source twice.
    #[inline]
    pub fn pop(&mut self) -> Option<(Key, E)> {
        let (key, _, event) = self.pop_upto(u64::MAX)?;
        self.live -= 1;
        Some((key, event))
    }

    /// Takes the next event that has not been cancelled if it is before `end`; true if it is the entry of
    /// a timer, of which nobody knows here whether it is live.
    #[inline]
    pub(crate) fn pop_before(&mut self, end: SimTime) -> Option<(Key, bool, E)> {
        let popped = self.pop_upto(end.as_nanos().checked_sub(1)?)?;
        self.live -= usize::from(!popped.1);
        Some(popped)
    }

    #[inline]
    fn pop_upto(&mut self, last: u64) -> Option<(Key, bool, E)> {
        loop {
            let entry = self.set.pop_upto(last)?;
            if entry.slot < TIMER_SLOT {
                let live = self.slots.is_live(entry.slot);
                self.slots.release(entry.slot);
                if !live {
                    continue;
                }
            }
            return Some((entry.key, entry.slot == TIMER_SLOT, entry.event));
        }
    }

    /// Adds an entry that follows a timer.
    #[inline]
    pub(crate) fn push_timer(&mut self, key: Key, event: E) {
        self.set.push(Entry { key, slot: TIMER_SLOT, event });
    }

    /// Notes that a timer was switched on.
    #[inline]
    pub(crate) fn timer_on(&mut self) {
        self.live += 1;
    }

    /// Notes that a timer has fired or was switched off.
    #[inline]
    pub(crate) fn timer_off(&mut self) {
        self.live -= 1;
    }

    /// Whether dead entries, those of timers above all, are so many that a sweep is worth it.
    #[inline]
    pub(crate) fn wants_sweep(&self) -> bool {
        let dead = self.set.len() - self.live;
        dead > DEAD_FEW + 2 * self.unswept && dead * 2 > self.set.len()
    }

    /// The event some places behind the next one, if the sorted front is that long. It may turn out to
    /// be dead, and others may still come in between: good for a prefetch and nothing else.
    #[inline]
    pub fn peek_ahead(&self, places: usize) -> Option<(Key, &E)> {
        self.set.peek_ahead(places).map(|entry| (entry.key, &entry.event))
    }

    /// Whether the front was sorted since the last call, all of it at once.
    #[inline]
    pub(crate) fn front_is_new(&mut self) -> bool {
        self.set.is_front_new()
    }

    /// Shows what has not been cancelled, in no order; of a timer, the entry that follows it.
    pub(crate) fn for_each_pending(&self, mut see: impl FnMut(Key, &E)) {
        self.set.for_each(|entry| {
            if entry.slot >= TIMER_SLOT || self.slots.is_live(entry.slot) {
                see(entry.key, &entry.event);
            }
        });
    }

    /// Removes cancelled events, and entries of timers unless `keep` says so. Slots are given back in
    /// their own order, so that which slot comes next does not depend on how the entries lay.
    #[cold]
    pub(crate) fn sweep(&mut self, mut keep: impl FnMut(Key, &E) -> bool) {
        let slots = &self.slots;
        let mut dead = Vec::new();
        self.set.retain(|entry| match entry.slot {
            NO_SLOT => true,
            TIMER_SLOT => keep(entry.key, &entry.event),
            slot => {
                let live = slots.is_live(slot);
                if !live {
                    dead.push(slot);
                }
                live
            }
        });
        dead.sort_unstable();
        dead.into_iter().for_each(|slot| self.slots.release(slot));
        self.unswept = self.set.len() - self.live;
    }
}
