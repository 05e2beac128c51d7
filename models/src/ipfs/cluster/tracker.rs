//! A peer's pin tracker: what it has been told to pin and has not yet.
//!
//! ```text
//!             enqueue            a worker is free          the node has it all
//!   (nothing) ──────> queued ──────────────────> running ────────────────────> (nothing: pinned)
//!                        ^                          │ no progress for the time-out
//!                        └── every recover interval ┴──> error
//! ```
//!
//! Young pins with few attempts behind them go first. Source: ipfs-cluster/ipfs-cluster, `pintracker/stateless`
//! (`enqueue`, `opWorker`, `recoverWithPinInfo`). It is in memory only: a restart forgets it, and the recovery at
//! its start finds what is missing. Left out: the bound of the queue (a million pins), and unpinning that fails.

use crate::ids::ObjectId;
use sim_core::time::{SimSpan, SimTime};
use std::collections::{BTreeMap, BTreeSet};

/// Age up to which a pin goes first. Source: `pintracker/stateless/config.go`.
const PRIORITY_AGE: SimSpan = SimSpan::from_hours(24);
/// Attempts up to which a pin goes first. Source: as above.
const PRIORITY_ATTEMPTS: u32 = 5;

/// What a peer knows about a pin that it should have and has not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum State {
    /// It waits for a worker, in this class and turn.
    Queued(bool, u64),
    /// The node fetches it.
    Running {
        /// Since when.
        since: SimTime,
        /// When a block last came.
        progress: SimTime,
    },
    /// It has failed.
    Error,
}

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Op {
    attempts: u32,
    state: State,
}

/// The operations of one peer.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Tracker {
    ops: BTreeMap<ObjectId, Op>,
    /// Those that wait: low class, turn, what.
    queue: BTreeSet<(bool, u64, ObjectId)>,
    turns: u64,
    running: u32,
}

impl Tracker {
    /// The state of a pin, if there is an operation for it.
    pub(super) fn state(&self, object: ObjectId) -> Option<State> {
        self.ops.get(&object).map(|op| op.state)
    }

    /// Lets a pin of that age wait for a worker, unless it does or has one.
    pub(super) fn enqueue(&mut self, object: ObjectId, asked: SimTime, now: SimTime) {
        let op = self.ops.entry(object).or_insert(Op { attempts: 0, state: State::Error });
        if op.state != State::Error {
            return;
        }
        let first = now.since(asked) < PRIORITY_AGE && op.attempts <= PRIORITY_ATTEMPTS;
        op.state = State::Queued(!first, self.turns);
        self.queue.insert((!first, self.turns, object));
        self.turns += 1;
    }

    /// The next pin to fetch, if one waits and a worker is free.
    pub(super) fn begin(&mut self, workers: u32, now: SimTime) -> Option<ObjectId> {
        if self.running >= workers {
            return None;
        }
        let (_, _, object) = self.queue.pop_first()?;
        let op = self.ops.get_mut(&object).expect("what waits has an operation");
        op.attempts += 1;
        op.state = State::Running { since: now, progress: now };
        self.running += 1;
        Some(object)
    }

    /// A block of a running pin has come.
    pub(super) fn progress(&mut self, object: ObjectId, now: SimTime) {
        if let Some(Op { state: State::Running { progress, .. }, .. }) = self.ops.get_mut(&object) {
            *progress = now;
        }
    }

    /// A running pin has failed.
    pub(super) fn fail(&mut self, object: ObjectId) {
        if let Some(op) = self.ops.get_mut(&object)
            && matches!(op.state, State::Running { .. })
        {
            op.state = State::Error;
            self.running -= 1;
        }
    }

    /// A pin is there, or is no longer wanted; true if it was being fetched.
    pub(super) fn forget(&mut self, object: ObjectId) -> bool {
        let Some(op) = self.ops.remove(&object) else { return false };
        match op.state {
            State::Running { .. } => {
                self.running -= 1;
                true
            }
            State::Queued(class, turn) => {
                self.queue.remove(&(class, turn, object));
                false
            }
            State::Error => false,
        }
    }

    /// The process ends: all is forgotten. What was being fetched.
    pub(super) fn clear(&mut self) -> Vec<ObjectId> {
        let ops = std::mem::take(self).ops;
        let running =
            |(object, op): (ObjectId, Op)| matches!(op.state, State::Running { .. }).then_some(object);
        ops.into_iter().filter_map(running).collect()
    }

    /// Every broken invariant.
    pub(super) fn check(&self, workers: u32, broken: &mut Vec<String>) {
        let count = |test: fn(&State) -> bool| self.ops.values().filter(|op| test(&op.state)).count();
        let running = count(|state| matches!(state, State::Running { .. }));
        let queued = count(|state| matches!(state, State::Queued(..)));
        if running != self.running as usize || running > workers as usize || queued != self.queue.len() {
            broken.push(format!(
                "{running} pins are fetched, {} counted, {workers} workers; {queued} wait, {} in the queue",
                self.running,
                self.queue.len()
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_hours(hours)
    }

    #[test]
    fn no_more_pins_run_than_there_are_workers_and_the_rest_wait_their_turn() {
        let mut tracker = Tracker::default();
        (0..3).for_each(|n| tracker.enqueue(ObjectId(n), at(0), at(0)));
        assert_eq!([(); 3].map(|()| tracker.begin(2, at(0))), [Some(ObjectId(0)), Some(ObjectId(1)), None]);
        assert!(tracker.forget(ObjectId(0)));
        assert_eq!(tracker.begin(2, at(0)), Some(ObjectId(2)));
    }

    #[test]
    fn old_pins_and_often_tried_ones_wait_behind_young_ones() {
        let mut tracker = Tracker::default();
        tracker.enqueue(ObjectId(7), at(0), at(24));
        tracker.enqueue(ObjectId(8), at(23), at(24));
        assert_eq!(tracker.begin(1, at(24)), Some(ObjectId(8)), "the older one is a day old");
        for _ in 0..PRIORITY_ATTEMPTS {
            tracker.fail(ObjectId(8));
            tracker.enqueue(ObjectId(8), at(23), at(24));
            assert_eq!(tracker.begin(1, at(24)), Some(ObjectId(8)));
        }
        tracker.fail(ObjectId(8));
        tracker.enqueue(ObjectId(8), at(23), at(24));
        assert_eq!(tracker.begin(1, at(24)), Some(ObjectId(7)), "six attempts are behind the younger one");
    }

    #[test]
    fn a_restart_forgets_everything() {
        let mut tracker = Tracker::default();
        (0..3).for_each(|n| tracker.enqueue(ObjectId(n), at(0), at(0)));
        tracker.begin(2, at(0));
        assert_eq!(tracker.clear(), [ObjectId(0)]);
        assert_eq!((tracker.state(ObjectId(1)), tracker.begin(2, at(0))), (None, None));
    }
}
