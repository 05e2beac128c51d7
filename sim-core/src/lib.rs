//! A deterministic discrete-event engine that has never heard of peers, files or money.
//!
//! - [`time`], [`units`]: whole nanoseconds, bytes and exact fractions.
//! - [`draws`], [`dist`], [`math`]: counter-based draws keyed by what is drawn, own samplers, pinned
//!   transcendental functions.
//! - [`queue`], [`engine`], [`digest`]: the total order of events, the loop, the rolling digest.
//! - [`timers`], [`prefetch`], [`standstill`]: deadlines that move, state asked for in time, and the end of
//!   a run whose clock no longer moves.
//! - [`checkpoint`], [`trace`], [`diff`]: a run saved and resumed, looked at event by event, compared with another.
//! - [`splitting`]: odds of what almost never happens.
//! - [`record`]: tables with a declared schema, the manifest, whole-or-absent folders.
//!
//! # The ordering promise
//!
//! Events happen in the order of their [`queue::Key`]: time, lane, destination, kind, source, and the
//! source's own number. The key is a pure function of what the event is and of how many events its
//! source has scheduled before, never of the order in which unrelated parts of a model happened to run.
//! So an additional entity, or an additional metric with a source of its own, moves nobody else's events.
//!
//! # The determinism contract
//!
//! The same world, seed and version give the same digest and the same rows on any machine, in any
//! build profile, on any number of threads. Nothing in this crate reads a clock, the environment or
//! the order of a hash map.
//!
//! # What an operation costs
//!
//! | operation | cost |
//! | --- | --- |
//! | [`Cx::schedule`](engine::Cx::schedule) and the event's dispatch | amortised O(1): some 30 ns at a thousand pending events, twice that at a million |
//! | [`Cx::cancel`](engine::Cx::cancel) | one store; dead entries are swept out once they are the larger half |
//! | [`Cx::arm`](engine::Cx::arm) of a timer that is set | one store |
//! | [`Cx::arm`](engine::Cx::arm) of a timer that is off | one store, or a push if no entry of it is on its way |
//! | digest | two multiplications an event |
//! | memory | 28 bytes and the event, rounded up to 8, for each pending event, and a third on top; four bytes for each source |
//!
//! The queue is the smaller part of the cost; cache misses on the state of entities are the larger.
//! [`World::prefetch`](engine::World::prefetch) hides them: it is called for events to come.
//!
//! # How a model is written
//!
//! 1. Name everything that can happen in one closed enum, small and `Copy`; what is bulky lives in an array
//!    of the world, and the event carries its index. Give it a [`kind`](engine::Event::kind) for each variant.
//! 2. Write the world as a struct of arrays, one row to an entity, and handle events in one `match`.
//! 3. Number entities densely from 0: destination and source of an event are such numbers. Whatever
//!    schedules on its own account (a metric, an operator) is a source of its own.
//! 4. Draw from [`draws`], keyed by what is drawn. Read no clock, iterate over no hash map.
//! 5. A timeout that comes up or is cancelled once is an event with a [`Handle`](queue::Handle); a deadline
//!    that is put off again and again is a [`Timer`](timers::Timer).
//!
//! ```
//! use sim_core::engine::{Cx, Engine, Event, World};
//! use sim_core::queue::Key;
//! use sim_core::time::{SimSpan, SimTime};
//!
//! /// The closed set of things that can happen.
//! #[derive(Clone, Copy)]
//! enum Toy {
//!     Tick,
//! }
//!
//! impl Event for Toy {
//!     fn kind(&self) -> u8 {
//!         0
//!     }
//!     fn content(&self) -> u64 {
//!         0
//!     }
//! }
//!
//! struct Clock {
//!     ticks: u32,
//! }
//!
//! impl World for Clock {
//!     type Event = Toy;
//!     fn handle(&mut self, key: Key, event: Toy, cx: &mut Cx<Toy>) {
//!         match event {
//!             Toy::Tick => {
//!                 self.ticks += 1;
//!                 let me = key.destination();
//!                 cx.schedule(cx.now() + SimSpan::from_secs(1), me, me, Toy::Tick);
//!             }
//!         }
//!     }
//! }
//!
//! let mut engine = Engine::new(Clock { ticks: 0 }, |_, cx| cx.schedule(SimTime::ZERO, 0, 0, Toy::Tick));
//! engine.run_until(SimTime::from_nanos(10_000_000_000), u64::MAX);
//! assert_eq!(engine.world().ticks, 10);
//! ```

pub mod checkpoint;
pub mod diff;
pub mod digest;
pub mod dist;
pub mod draws;
pub mod engine;
pub mod math;
pub mod prefetch;
pub mod queue;
pub mod record;
pub mod splitting;
pub mod standstill;
pub mod time;
pub mod timers;
pub mod trace;
pub mod units;
