//! The pending-event set: pops events in the total order of their [`Key`], cancels by handle.
//!
//! A binary heap of small entries. Cancelling is one store into a slot: the heap entry stays until it
//! comes up, or until dead entries are the larger half and the heap is rebuilt without them, so
//! memory follows the live events. A key seen twice is a bug in the model and is refused.
//!
//! | operation | cost |
//! | --- | --- |
//! | [`EventQueue::push`] | O(log n), amortised O(1) memory |
//! | [`EventQueue::pop`] | O(log n) |
//! | [`EventQueue::cancel`] | O(1); O(n) once every n/2 cancellations |

use crate::time::SimTime;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Where an event stands among all events: a pure function of what it is, never of when it was
/// inserted. Compared field by field in this order.
///
/// The order: time, then lane (a model's coarse order of phases within one instant), destination,
/// kind, source, and the source's own number for the event. Two events never share a key, because a
/// source never uses a number twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub struct Key {
    /// When the event happens.
    pub time: SimTime,
    /// `lane << 40 | destination << 8 | kind`.
    place: u64,
    /// `source << 32 | number`.
    origin: u64,
}

impl Key {
    /// Packs a key.
    pub fn new(time: SimTime, lane: u8, destination: u32, kind: u8, source: u32, number: u32) -> Self {
        let place = u64::from(lane) << 40 | u64::from(destination) << 8 | u64::from(kind);
        Key { time, place, origin: u64::from(source) << 32 | u64::from(number) }
    }

    /// The model's coarse order within one instant; lower comes first.
    pub fn lane(self) -> u8 {
        (self.place >> 40) as u8
    }

    /// Entity that the event happens to.
    pub fn destination(self) -> u32 {
        (self.place >> 8) as u32
    }

    /// Kind of event.
    pub fn kind(self) -> u8 {
        self.place as u8
    }

    /// Entity that scheduled it.
    pub fn source(self) -> u32 {
        (self.origin >> 32) as u32
    }

    /// The source's own number for it.
    pub fn number(self) -> u32 {
        self.origin as u32
    }

    /// The two packed words after the time, for a digest.
    pub(crate) fn words(self) -> [u64; 2] {
        [self.place, self.origin]
    }
}

/// Names a scheduled event, for cancelling it. A handle of an event that has happened, or was
/// cancelled, is stale and does nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Handle {
    slot: u32,
    generation: u32,
}

/// Events that nobody can cancel carry this slot.
const NO_SLOT: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Entry<E> {
    key: Key,
    slot: u32,
    event: E,
}

// The heap of the standard library is a max-heap: entries compare the other way round.
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<E> Eq for Entry<E> {}

/// State of a cancellable event's slot.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Slot {
    generation: u32,
    live: bool,
}

/// A set of pending events.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Entry<E>>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    dead: usize,
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> EventQueue<E> {
    /// No events.
    pub fn new() -> Self {
        EventQueue { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), dead: 0 }
    }

    /// Live events.
    pub fn len(&self) -> usize {
        self.heap.len() - self.dead
    }

    /// Whether no live event is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an event that cannot be cancelled.
    pub fn push(&mut self, key: Key, event: E) {
        self.heap.push(Entry { key, slot: NO_SLOT, event });
    }

    /// Adds an event that can be cancelled.
    pub fn push_cancellable(&mut self, key: Key, event: E) -> Handle {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, live: false });
            (self.slots.len() - 1) as u32
        });
        assert!(slot != NO_SLOT, "four thousand million cancellable events at once");
        let state = &mut self.slots[slot as usize];
        state.live = true;
        let handle = Handle { slot, generation: state.generation };
        self.heap.push(Entry { key, slot, event });
        handle
    }

    /// Cancels an event; false if the handle is stale.
    pub fn cancel(&mut self, handle: Handle) -> bool {
        let state = &mut self.slots[handle.slot as usize];
        if !state.live || state.generation != handle.generation {
            return false;
        }
        state.live = false;
        self.dead += 1;
        if self.dead > 64 && self.dead * 2 > self.heap.len() {
            self.compact();
        }
        true
    }

    /// Key of the next live event.
    pub fn peek(&mut self) -> Option<Key> {
        loop {
            let entry = self.heap.peek()?;
            if self.is_live(entry.slot) {
                return Some(entry.key);
            }
            let dead = self.heap.pop().expect("it was just seen");
            self.release(dead.slot);
            self.dead -= 1;
        }
    }

    /// Takes the next live event.
    ///
    /// # Panics
    /// If two events share a key: a model used one number of a source twice.
    pub fn pop(&mut self) -> Option<(Key, E)> {
        self.peek()?;
        let entry = self.heap.pop().expect("peek saw it");
        if entry.slot != NO_SLOT {
            self.slots[entry.slot as usize].live = false;
            self.release(entry.slot);
        }
        if let Some(next) = self.heap.peek() {
            assert!(next.key != entry.key, "two events with the key {:?}", entry.key);
        }
        Some((entry.key, entry.event))
    }

    fn is_live(&self, slot: u32) -> bool {
        slot == NO_SLOT || self.slots[slot as usize].live
    }

    /// Gives a slot back; the next use has another generation.
    fn release(&mut self, slot: u32) {
        let state = &mut self.slots[slot as usize];
        state.generation = state.generation.wrapping_add(1);
        self.free.push(slot);
    }

    /// Rebuilds the heap without dead entries.
    fn compact(&mut self) {
        let entries = std::mem::take(&mut self.heap).into_vec();
        let mut live = Vec::with_capacity(entries.len() - self.dead);
        for entry in entries {
            if self.is_live(entry.slot) {
                live.push(entry);
            } else {
                self.release(entry.slot);
            }
        }
        self.heap = BinaryHeap::from(live);
        self.dead = 0;
    }
}

/// Looking from outside.
impl<E: Copy> EventQueue<E> {
    /// Live events, in no order.
    pub fn pending(&self) -> impl Iterator<Item = (Key, &E)> {
        self.heap.iter().filter(|entry| self.is_live(entry.slot)).map(|entry| (entry.key, &entry.event))
    }
}

impl Key {
    /// A word over the whole key and a word of content, for digests over sets of events.
    pub fn digest(self, content: u64) -> u64 {
        let mut word = crate::draws::mix64(self.time.as_nanos());
        for part in [self.place, self.origin, content] {
            word = crate::draws::mix64(word ^ part);
        }
        word
    }
}
