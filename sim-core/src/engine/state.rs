//! An engine as plain data, for a checkpoint.

use super::{Cx, Engine, World};
use crate::digest::RunDigest;
use crate::queue::{EventQueue, QueueState};
use crate::standstill::Detector;
use crate::time::SimTime;
use serde::{Deserialize, Serialize};

/// An engine without its world, as plain data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EngineState<E> {
    now: SimTime,
    queue: QueueState<E>,
    numbers: Vec<u32>,
    scheduled: u64,
    cancelled: u64,
    wakes: u64,
    digest: RunDigest,
    dispatched: u64,
    ties: u64,
    detector: Detector,
}

impl<E> EngineState<E> {
    /// The pending entries, in the order of their keys.
    pub fn queue(&self) -> &QueueState<E> {
        &self.queue
    }

    /// Virtual time of the checkpoint.
    pub fn now(&self) -> SimTime {
        self.now
    }
}

impl<W: World> Engine<W> {
    /// Everything but the world, as plain data for a checkpoint.
    pub fn state(&self) -> EngineState<W::Event> {
        EngineState {
            now: self.cx.now,
            queue: self.cx.queue.state(),
            numbers: self.cx.numbers.clone(),
            scheduled: self.cx.scheduled,
            cancelled: self.cx.cancelled,
            wakes: self.cx.wakes,
            digest: self.digest,
            dispatched: self.dispatched,
            ties: self.ties,
            detector: self.detector.clone(),
        }
    }

    /// An engine that goes on where another was. `world` must be that engine's world at that moment; the
    /// handles it holds stay good.
    pub fn from_state(world: W, state: EngineState<W::Event>) -> Self {
        let cx = Cx {
            now: state.now,
            queue: EventQueue::from_state(state.queue),
            numbers: state.numbers,
            scheduled: state.scheduled,
            cancelled: state.cancelled,
            wakes: state.wakes,
        };
        let EngineState { digest, dispatched, ties, detector, .. } = state;
        Engine { world, cx, digest, dispatched, ties, detector }
    }
}
