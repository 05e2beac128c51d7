//! The queue as plain data, for a checkpoint.

use super::slots::Slots;
use super::{Entry, EventQueue, Key};
use crate::timers::Timers;
use serde::{Deserialize, Serialize};

/// Everything a queue holds, dead entries and unused slots included: a queue made of it gives the same
/// events, knows the same handles and timers, and hands out the same ones next.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueState<E> {
    /// Entries in the order of their keys: key, slot ([`super::NO_SLOT`] if nobody can cancel it), event.
    pub entries: Vec<(Key, u32, E)>,
    slots: Slots,
    timers: Timers<E>,
    live: usize,
    wakes: u64,
}

impl<E: Copy> EventQueue<E> {
    /// The queue as plain data.
    pub fn state(&self) -> QueueState<E> {
        let mut entries = Vec::with_capacity(self.stored());
        self.set.for_each(|entry| entries.push((entry.key, entry.slot, entry.event)));
        entries.sort_unstable_by_key(|entry| entry.0);
        QueueState {
            entries,
            slots: self.slots.clone(),
            timers: self.timers.clone(),
            live: self.live,
            wakes: self.wakes,
        }
    }

    /// The queue that a state describes. Handles and timers of that queue are good for this one.
    pub fn from_state(state: QueueState<E>) -> Self {
        let mut queue = EventQueue::new();
        for (key, slot, event) in state.entries {
            queue.set.push(Entry { key, slot, event });
        }
        EventQueue { slots: state.slots, timers: state.timers, live: state.live, wakes: state.wakes, ..queue }
    }
}
