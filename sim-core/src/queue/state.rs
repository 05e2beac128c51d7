//! The queue as plain data, for a checkpoint.

use super::slots::Slots;
use super::{Entry, EventQueue, Key};
use serde::{Deserialize, Serialize};

/// Everything a queue holds, dead entries and unused slots included: a queue made of it gives the same
/// events, knows the same handles, and hands out the same ones next. Timers belong to the world.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueState<E> {
    /// Entries in the order of their keys: key, slot ([`super::NO_SLOT`] if nobody can cancel it,
    /// [`super::TIMER_SLOT`] if it follows a timer), event.
    pub entries: Vec<(Key, u32, E)>,
    slots: Slots,
    live: usize,
    unswept: usize,
}

impl<E: Copy> EventQueue<E> {
    /// The queue as plain data.
    pub fn state(&self) -> QueueState<E> {
        let mut entries = Vec::with_capacity(self.stored());
        self.set.for_each(|entry| entries.push((entry.key, entry.slot, entry.event)));
        entries.sort_unstable_by_key(|entry| entry.0);
        QueueState { entries, slots: self.slots.clone(), live: self.live, unswept: self.unswept }
    }

    /// The queue that a state describes. Handles of that queue are good for this one.
    pub fn from_state(state: QueueState<E>) -> Self {
        let mut queue = EventQueue::new();
        for (key, slot, event) in state.entries {
            queue.set.push(Entry { key, slot, event });
        }
        EventQueue { slots: state.slots, live: state.live, unswept: state.unswept, ..queue }
    }
}
