//! One wake-up for a whole node, following the moving deadlines of its queues and sessions.
//!
//! Each owner (a peer's queue, a session) has an entry at its deadline, if it has one. So the first entry is
//! the node's next wake-up, and nobody has to look at the owners, which are cold memory.

use super::api::SessionId;
use super::hub::Place;
use crate::ids::NodeId;
use sim_core::prefetch::prefetch;
use sim_core::time::SimTime;
use std::collections::VecDeque;

/// Whose deadline it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum TimerKey {
    /// The queue of wants to a peer, and its place in the hub.
    Queue(NodeId, Place),
    /// A session.
    Session(SessionId),
}

/// The deadlines of one node. Owners remember the time of their entry (`NEVER` for none) as `queued`.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Timers {
    /// In order. Most deadlines are put at the far end and taken from the front.
    entries: VecDeque<(SimTime, TimerKey)>,
}

impl Timers {
    /// Moves the owner's entry to `deadline`; `NEVER` removes it.
    pub(super) fn arm(&mut self, key: TimerKey, queued: &mut SimTime, deadline: SimTime) {
        if deadline == *queued {
            return;
        }
        self.disarm(key, *queued);
        if deadline != SimTime::NEVER {
            let at = self.entries.partition_point(|entry| *entry < (deadline, key));
            self.entries.insert(at, (deadline, key));
        }
        *queued = deadline;
    }

    /// Removes the entry of an owner that goes away.
    pub(super) fn disarm(&mut self, key: TimerKey, queued: SimTime) {
        if queued != SimTime::NEVER {
            let entry = self.entries.binary_search(&(queued, key));
            self.entries.remove(entry.expect("an owner remembers the time of its entry"));
        }
    }

    /// The earliest entry.
    pub(super) fn first(&self) -> Option<(SimTime, TimerKey)> {
        self.entries.front().copied()
    }

    /// Asks for the earliest entry before it is needed.
    pub(super) fn prefetch(&self) {
        prefetch(self.entries.as_slices().0, 0);
    }

    /// Takes the earliest entry; its owner has none then.
    pub(super) fn pop_first(&mut self) {
        self.entries.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: TimerKey = TimerKey::Session(SessionId(1));
    const FIVE: SimTime = SimTime::from_nanos(5);
    const NINE: SimTime = SimTime::from_nanos(9);

    #[test]
    fn a_deadline_that_moves_takes_its_entry_along() {
        let (mut timers, mut queued) = (Timers::default(), SimTime::NEVER);
        for deadline in [FIVE, NINE, FIVE] {
            timers.arm(KEY, &mut queued, deadline);
            assert_eq!((timers.entries.len(), timers.first(), queued), (1, Some((deadline, KEY)), deadline));
        }
        timers.arm(KEY, &mut queued, SimTime::NEVER);
        assert_eq!((timers.first(), queued), (None, SimTime::NEVER));
    }
}
