//! Notices that virtual time no longer moves: two entities that answer each other at once, for ever.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

use crate::time::SimTime;

/// Events at one instant that are taken as time standing still, unless a model says else.
pub const EVENTS_AT_ONE_INSTANT: u64 = 10_000_000;

/// So many events happened at one instant that time is taken to stand still.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standstill {
    /// The instant.
    pub at: SimTime,
    /// Events that happened at it since it began, or since a run went on after the last such report.
    pub events: u64,
    /// The source that scheduled most of the events in the second half of them.
    pub source: u32,
    /// How many of that half it scheduled.
    pub of_source: u64,
    /// How many that half are.
    pub watched: u64,
}

impl fmt::Display for Standstill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Standstill { at, events, source, of_source, watched } = self;
        write!(
            f,
            "time stands still at {at}: {events} events at one instant; \
             {of_source} of the last {watched} were scheduled by source {source}"
        )
    }
}

/// Counts events at one instant; in the second half of what it bears, also by source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Detector {
    limit: u64,
    /// Events at this instant from which on sources are counted.
    watch_from: u64,
    events: u64,
    by_source: BTreeMap<u32, u64>,
}

impl Detector {
    pub(crate) fn new(limit: u64) -> Self {
        assert!(limit > 0, "a run in which no event may happen");
        Detector { limit, watch_from: limit / 2 + 1, events: 0, by_source: BTreeMap::new() }
    }

    /// An event at a new instant.
    #[inline]
    pub(crate) fn moved(&mut self) {
        if self.events >= self.watch_from {
            self.by_source.clear();
        }
        self.events = 1;
    }

    /// One more event at the same instant; true if `watch` is to be told its source.
    #[inline]
    pub(crate) fn stayed(&mut self) -> bool {
        self.events += 1;
        self.events >= self.watch_from
    }

    /// Notes a source; a report if it was one event too many.
    #[cold]
    pub(crate) fn watch(&mut self, at: SimTime, source: u32) -> Option<Standstill> {
        *self.by_source.entry(source).or_default() += 1;
        if self.events < self.limit {
            return None;
        }
        let watched = self.by_source.values().sum();
        let busiest =
            self.by_source.iter().max_by_key(|&(&source, &count)| (count, std::cmp::Reverse(source)));
        let (&source, &of_source) = busiest.expect("one was just noted");
        let report = Standstill { at, events: self.events, source, of_source, watched };
        self.events = 0;
        self.by_source.clear();
        Some(report)
    }
}
