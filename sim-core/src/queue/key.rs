//! Where an event stands among all events, and how an event that may be cancelled is named.

use crate::draws::mix64;
use crate::time::SimTime;
use crate::timers::NUMBER;
use serde::{Deserialize, Serialize};

/// Where an event stands among all events: a pure function of what it is, never of when it was
/// inserted. Compared field by field in this order.
///
/// The order: time, then lane (a model's coarse order of phases within one instant), destination,
/// kind, source, and the source's own number for the event. Two events never share a key, because a
/// source never uses a number twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Key {
    /// When the event happens.
    pub time: SimTime,
    /// `lane << 40 | destination << 8 | kind`.
    place: u64,
    /// `source << 32 | number`.
    origin: u64,
}

impl Key {
    /// Packs a key.
    #[inline]
    pub fn new(time: SimTime, lane: u8, destination: u32, kind: u8, source: u32, number: u32) -> Self {
        let place = u64::from(lane) << 40 | u64::from(destination) << 8 | u64::from(kind);
        Key { time, place, origin: u64::from(source) << 32 | u64::from(number) }
    }

    /// The model's coarse order within one instant; lower comes first.
    #[inline]
    pub fn lane(self) -> u8 {
        (self.place >> 40) as u8
    }

    /// Entity that the event happens to.
    #[inline]
    pub fn destination(self) -> u32 {
        (self.place >> 8) as u32
    }

    /// Kind of event.
    #[inline]
    pub fn kind(self) -> u8 {
        self.place as u8
    }

    /// Entity that scheduled it.
    #[inline]
    pub fn source(self) -> u32 {
        (self.origin >> 32) as u32
    }

    /// The source's own number for it.
    #[inline]
    pub fn number(self) -> u32 {
        self.origin as u32
    }

    /// Whether it is the key of a timer's event.
    pub(crate) fn is_of_timer(self) -> bool {
        self.number() & NUMBER != 0
    }

    /// The same key at another time.
    #[inline]
    pub(crate) fn moved(self, time: SimTime) -> Key {
        Key { time, ..self }
    }

    /// The two packed words after the time, for a digest.
    #[inline]
    pub(crate) fn words(self) -> [u64; 2] {
        [self.place, self.origin]
    }

    /// A word over the whole key and a word of content, for digests over sets of events.
    pub fn digest(self, content: u64) -> u64 {
        let words = [self.time.as_nanos(), self.place, self.origin, content];
        words.into_iter().fold(0, |word, part| mix64(word ^ part))
    }

    /// Whether this key comes before another. Nearly always the times tell.
    #[inline]
    pub(crate) fn is_before(&self, other: &Key) -> bool {
        if self.time == other.time {
            (self.place, self.origin) < (other.place, other.origin)
        } else {
            self.time < other.time
        }
    }
}

/// Names a scheduled event, for cancelling it. A handle of an event that has happened, or was
/// cancelled, is stale and does nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Handle {
    pub(super) slot: u32,
    pub(super) generation: u32,
}
