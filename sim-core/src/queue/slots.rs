//! Slots of events that may be cancelled: whether the event still lives, and a generation that makes
//! old handles stale.

use super::key::Handle;
use serde::{Deserialize, Serialize};

/// State of one slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Slot {
    generation: u32,
    live: bool,
}

/// All slots. A slot is taken by a push, and given back when its entry leaves the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
    /// Slots of events that were cancelled and whose entries are still in the queue.
    dead: usize,
}

impl Slots {
    /// A slot for a new event; `limit` is the first number that may not be one.
    pub(super) fn take(&mut self, limit: u32) -> Handle {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, live: false });
            (self.slots.len() - 1) as u32
        });
        assert!(slot < limit, "four thousand million cancellable events at once");
        let state = &mut self.slots[slot as usize];
        state.live = true;
        Handle { slot, generation: state.generation }
    }

    /// Whether the event in a slot has not been cancelled.
    #[inline]
    pub(super) fn is_live(&self, slot: u32) -> bool {
        self.slots[slot as usize].live
    }

    /// Cancelled events whose entries are still in the queue.
    #[inline]
    pub(super) fn dead(&self) -> usize {
        self.dead
    }

    /// Marks an event as cancelled; false if the handle is stale.
    #[inline]
    pub(super) fn cancel(&mut self, handle: Handle) -> bool {
        match self.slots.get_mut(handle.slot as usize) {
            Some(state) if state.live && state.generation == handle.generation => {
                state.live = false;
                self.dead += 1;
                true
            }
            _ => false,
        }
    }

    /// Gives a slot back once its entry has left the queue; the next use has another generation.
    #[inline]
    pub(super) fn release(&mut self, slot: u32) {
        let state = &mut self.slots[slot as usize];
        self.dead -= usize::from(!state.live);
        state.live = false;
        state.generation = state.generation.wrapping_add(1);
        self.free.push(slot);
    }
}
