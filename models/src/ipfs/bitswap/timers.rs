//! One wake-up for a whole node, following the moving deadlines of its queues and sessions.
//!
//! Each owner (a peer's queue, a session) has at most one entry, not later than its deadline. Moving a
//! deadline later costs nothing: the old entry, when it comes up, is put back at the new time. Moving it
//! earlier replaces the entry.

use super::api::SessionId;
use crate::ids::NodeId;
use sim_core::time::SimTime;
use std::collections::BTreeSet;

/// Whose deadline it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum TimerKey {
    /// The queue of wants to a peer.
    Queue(NodeId),
    /// A session.
    Session(SessionId),
}

/// The deadlines of one node. Owners remember the time of their entry (`NEVER` for none) as `queued`.
#[derive(Clone, Default, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Timers {
    entries: BTreeSet<(SimTime, TimerKey)>,
}

impl Timers {
    /// Makes sure that the owner is looked at by `deadline`.
    pub(super) fn arm(&mut self, key: TimerKey, queued: &mut SimTime, deadline: SimTime) {
        if deadline < *queued {
            self.disarm(key, *queued);
            self.entries.insert((deadline, key));
            *queued = deadline;
        }
    }

    /// Removes the entry of an owner that goes away.
    pub(super) fn disarm(&mut self, key: TimerKey, queued: SimTime) {
        if queued != SimTime::NEVER {
            self.entries.remove(&(queued, key));
        }
    }

    /// The earliest entry, whose deadline may have moved on.
    pub(super) fn first(&self) -> Option<(SimTime, TimerKey)> {
        self.entries.first().copied()
    }

    /// Takes the earliest entry; its owner has none then.
    pub(super) fn pop_first(&mut self) {
        self.entries.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: TimerKey = TimerKey::Session(SessionId(1));
    const FIVE: SimTime = SimTime::from_nanos(5);
    const NINE: SimTime = SimTime::from_nanos(9);

    #[test]
    fn a_deadline_that_moves_later_keeps_its_entry() {
        let (mut timers, mut queued) = (Timers::default(), SimTime::NEVER);
        timers.arm(KEY, &mut queued, FIVE);
        timers.arm(KEY, &mut queued, NINE);
        assert_eq!((timers.entries.len(), timers.first(), queued), (1, Some((FIVE, KEY)), FIVE));
    }

    #[test]
    fn a_deadline_that_moves_earlier_replaces_its_entry() {
        let (mut timers, mut queued) = (Timers::default(), SimTime::NEVER);
        timers.arm(KEY, &mut queued, NINE);
        timers.arm(KEY, &mut queued, FIVE);
        assert_eq!((timers.entries.len(), timers.first(), queued), (1, Some((FIVE, KEY)), FIVE));
    }
}
