//! An engine as plain data, for a checkpoint; and what is to be seen of it from outside.

use super::{Cx, Engine, Event, World};
use crate::digest::RunDigest;
use crate::queue::{EventQueue, Key, QueueState};
use crate::standstill::Detector;
use crate::time::SimTime;
use crate::trace::Sink;
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

/// Saving, resuming, and looking from outside.
impl<W: World, S: Sink<W::Event>> Engine<W, S> {
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
    /// handles it holds stay good. `sink` sees the events from here on.
    pub fn restore(world: W, state: EngineState<W::Event>, sink: S) -> Self {
        let cx = Cx {
            now: state.now,
            queue: EventQueue::from_state(state.queue),
            numbers: state.numbers,
            scheduled: state.scheduled,
            cancelled: state.cancelled,
            wakes: state.wakes,
        };
        let EngineState { digest, dispatched, ties, detector, .. } = state;
        Engine { world, cx, digest, dispatched, ties, detector, sink }
    }

    /// How many events `source` has scheduled so far.
    pub fn numbers_used(&self, source: u32) -> u32 {
        self.cx.numbers.get(source as usize).copied().unwrap_or(0)
    }

    /// A digest of what is pending: equal for equal sets of events, however they are stored. Costs a look at
    /// every pending event.
    pub fn pending_digest(&self) -> u64 {
        let mut sum = 0u64;
        self.cx.queue.for_each_pending(|key, event| sum = sum.wrapping_add(key.digest(event.content())));
        sum
    }

    /// What is pending, in no order. Of a timer it shows the entry that follows its deadline.
    pub fn pending(&self) -> Vec<(Key, W::Event)> {
        let mut pending = Vec::with_capacity(self.cx.queue.len());
        self.cx.queue.for_each_pending(|key, event| pending.push((key, *event)));
        pending
    }

    /// The sink.
    pub fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Takes world and sink out.
    pub fn into_parts(self) -> (W, S) {
        (self.world, self.sink)
    }
}
