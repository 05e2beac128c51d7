//! Timers whose deadline moves: one entry of the queue follows each of them.
//!
//! Setting a deadline again is one store. The entry comes up at the deadline it was made for, finds a
//! later one, and goes there: a bookkeeping wake-up, which is no event, is not counted as one and is not
//! in the digest. So a peer that puts its idle timer off with every message costs the queue one wake-up
//! an idle time, not a push and a dead entry a message.
//!
//! | what happens to the deadline | cost |
//! | --- | --- |
//! | set again, not before the entry | one store |
//! | set with no entry on its way, or before it | a push |
//! | switched off | one store; the entry goes away when it comes up, or is swept out |
//!
//! A [`Timer`] is sixteen bytes in the row of its entity, where they are in the cache when they are
//! needed. [`World::timer`](crate::engine::World::timer) tells the engine where to find it.
//!
//! ```
//! use sim_core::engine::{Cx, Engine, Event, World};
//! use sim_core::queue::Key;
//! use sim_core::time::{SimSpan, SimTime};
//! use sim_core::timers::Timer;
//!
//! #[derive(Clone, Copy)]
//! enum Toy {
//!     Message,
//!     Idle,
//! }
//!
//! impl Event for Toy {
//!     fn kind(&self) -> u8 {
//!         *self as u8
//!     }
//!     fn content(&self) -> u64 {
//!         0
//!     }
//! }
//!
//! #[derive(Default)]
//! struct Peer {
//!     idle: Timer,
//!     idle_since: Option<SimTime>,
//! }
//!
//! impl World for Peer {
//!     type Event = Toy;
//!     fn handle(&mut self, key: Key, event: Toy, cx: &mut Cx<Toy>) {
//!         match event {
//!             Toy::Message => cx.arm(&mut self.idle, cx.now() + SimSpan::from_secs(10), 0, 0, Toy::Idle),
//!             Toy::Idle => self.idle_since = Some(key.time),
//!         }
//!     }
//!     fn timer(&mut self, _: Key, _: &Toy) -> &mut Timer {
//!         &mut self.idle
//!     }
//! }
//!
//! let mut engine = Engine::new(Peer::default(), |_, cx| {
//!     for second in 0..60 {
//!         cx.schedule(SimTime::from_nanos(second * 1_000_000_000), 0, 0, Toy::Message);
//!     }
//! });
//! engine.run_until(SimTime::NEVER, u64::MAX);
//! assert_eq!(engine.world().idle_since, Some(SimTime::from_nanos(69_000_000_000)));
//! assert_eq!((engine.counts().dispatched, engine.counts().wakes), (61, 6));
//! ```
//!
//! **Order.** The event happens under the key (deadline, lane, destination, kind, source, number) as if it
//! had been scheduled outright. The number is no counter: its highest bit is set, which the numbers of
//! scheduled events never have, and the rest are the low bits of the event's content. So the key follows
//! from what the timer is and from the deadline that the model set, never from what the queue made of it,
//! and arming a timer moves no other event of its source.
//!
//! Two timers must differ in source, destination, kind or the low 31 bits of the content.

use crate::time::SimTime;
use serde::{Deserialize, Serialize};

/// The bit of a key's number that the events of timers have.
pub(crate) const NUMBER: u32 = 1 << 31;

/// A deadline that moves. Plain data: it belongs to the world, is saved with it, and starts switched off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Timer {
    /// When the event is to happen; never if it is not.
    at: SimTime,
    /// Time of the entry that follows; never if there is none.
    wake: SimTime,
}

impl Default for Timer {
    fn default() -> Self {
        Timer::OFF
    }
}

/// What arming found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Armed {
    /// No deadline was set before.
    pub(crate) anew: bool,
    /// An entry is on its way, and early enough.
    pub(crate) followed: bool,
}

/// What an entry that has come up is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wake {
    /// Its event happens.
    Fire,
    /// It goes on to a later deadline.
    Follow(SimTime),
    /// It was left behind, or its timer is switched off.
    Vanish,
}

impl Timer {
    /// A timer that is switched off.
    pub const OFF: Timer = Timer { at: SimTime::NEVER, wake: SimTime::NEVER };

    /// When its event will happen; none if it is switched off.
    #[inline]
    pub fn deadline(&self) -> Option<SimTime> {
        (self.at != SimTime::NEVER).then_some(self.at)
    }

    /// Sets the deadline; an entry has to be pushed for it unless one follows already.
    #[inline]
    pub(crate) fn arm(&mut self, at: SimTime) -> Armed {
        let before = std::mem::replace(&mut self.at, at);
        let followed = self.wake <= at;
        if !followed {
            self.wake = at;
        }
        Armed { anew: before == SimTime::NEVER, followed }
    }

    /// Switches it off; false if it was.
    #[inline]
    pub(crate) fn disarm(&mut self) -> bool {
        std::mem::replace(&mut self.at, SimTime::NEVER) != SimTime::NEVER
    }

    /// What an entry that has come up is to do. An entry left behind at the very instant of the deadline
    /// is as good as the one that follows: the first of them fires and the other vanishes.
    #[inline]
    pub(crate) fn wake(&mut self, now: SimTime) -> Wake {
        if self.wake != now {
            return Wake::Vanish;
        }
        self.wake = self.at;
        if self.at == now {
            *self = Timer::OFF;
            Wake::Fire
        } else if self.at == SimTime::NEVER {
            Wake::Vanish
        } else {
            Wake::Follow(self.at)
        }
    }

    /// Whether an entry of that time is worth keeping. One that follows a timer that is off is taken as
    /// gone.
    pub(crate) fn keeps(&mut self, time: SimTime) -> bool {
        if self.wake != time {
            return false;
        }
        if self.at == SimTime::NEVER {
            self.wake = SimTime::NEVER;
        }
        self.at != SimTime::NEVER
    }
}
