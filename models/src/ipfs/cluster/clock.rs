//! When the loops of a process come round: at its start plus whole multiples of their intervals.
//!
//! Nothing happens at most of these instants, so none of them is an event: who wants to know asks for the last one
//! or the next one.

use sim_core::time::{SimSpan, SimTime};

/// The start of a process, in nanoseconds; before the run for one that has been running.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Clock {
    start: i128,
}

impl Clock {
    /// Of a process that starts now.
    pub(super) fn started(at: SimTime) -> Self {
        Clock { start: i128::from(at.as_nanos()) }
    }

    /// Of a process that had been running for that long when the run began.
    pub(super) fn running_for(age: SimSpan) -> Self {
        Clock { start: -i128::from(age.as_nanos()) }
    }

    /// Whether the process was there at `at`.
    pub(super) fn is_running(self, at: SimTime) -> bool {
        self.start <= i128::from(at.as_nanos())
    }

    /// The last time at or before `now` that a loop came round which begins with the process. Before the start of the
    /// run that is the start of the run: everybody has heard of it.
    pub(super) fn last(self, now: SimTime, interval: SimSpan) -> SimTime {
        let step = i128::from(interval.as_nanos());
        let passed = i128::from(now.as_nanos()) - self.start;
        time(self.start + passed.div_euclid(step) * step)
    }

    /// The first time after `now` that a loop comes round.
    pub(super) fn next(self, now: SimTime, interval: SimSpan) -> SimTime {
        let step = i128::from(interval.as_nanos());
        let passed = i128::from(now.as_nanos()) - self.start;
        time(self.start + (passed.div_euclid(step) + 1) * step)
    }
}

fn time(nanos: i128) -> SimTime {
    SimTime::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(secs)
    }

    #[test]
    fn a_loop_comes_round_at_the_start_and_every_interval_after_it() {
        let clock = Clock::started(at(7));
        let step = SimSpan::from_secs(15);
        assert_eq!((clock.last(at(7), step), clock.next(at(7), step)), (at(7), at(22)));
        assert_eq!((clock.last(at(21), step), clock.next(at(21), step)), (at(7), at(22)));
        assert_eq!((clock.last(at(22), step), clock.next(at(22), step)), (at(22), at(37)));
        assert!(clock.is_running(at(7)) && !clock.is_running(at(6)));
    }

    #[test]
    fn a_process_that_was_there_before_the_run_keeps_its_rhythm() {
        let clock = Clock::running_for(SimSpan::from_secs(40));
        let step = SimSpan::from_secs(15);
        assert_eq!(clock.next(at(0), step), at(5));
        assert_eq!(clock.last(at(4), step), at(0), "its last ping before the run counts from the start");
        assert_eq!(clock.last(at(6), step), at(5));
    }
}
