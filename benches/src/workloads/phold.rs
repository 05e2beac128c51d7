//! `phold`: processes that hold for a drawn time and then wake another one.
//!
//! An event at a process draws an increment (0.1 s and an exponential with mean 0.9 s), then another
//! process, and schedules an event there. One event to a process is pending on average.

use super::{GOLDEN, SEED, Workload, mix, other, sum};
use sim_core::engine::{Cx, Event, World};
use sim_core::prefetch::prefetch;
use sim_core::queue::Key;
use sim_core::time::SimSpan;

/// The only thing that happens.
#[derive(Clone, Copy, Debug)]
pub struct Wake;

impl Event for Wake {
    #[inline]
    fn kind(&self) -> u8 {
        0
    }

    #[inline]
    fn content(&self) -> u64 {
        0
    }
}

/// One process.
#[derive(Clone, Copy, Debug)]
struct Process {
    draws: u64,
    sum_of_times: u64,
}

impl Process {
    #[inline]
    fn next(&mut self) -> u64 {
        self.draws = self.draws.wrapping_add(GOLDEN);
        mix(self.draws)
    }

    #[inline]
    #[allow(clippy::disallowed_methods, reason = "the known answers were made with the platform's ln")]
    fn delay(&mut self) -> SimSpan {
        let unit = ((self.next() >> 11) + 1) as f64 * (1.0 / 9_007_199_254_740_992.0);
        SimSpan::from_nanos(100_000_000 + (-unit.ln() * 0.9e9) as u64)
    }
}

/// All processes.
#[derive(Debug)]
pub struct Phold {
    processes: Vec<Process>,
}

impl World for Phold {
    type Event = Wake;

    #[inline]
    fn handle(&mut self, key: Key, event: Wake, cx: &mut Cx<Wake>) {
        let (me, n) = (key.destination(), self.processes.len() as u32);
        let process = &mut self.processes[me as usize];
        process.sum_of_times = process.sum_of_times.wrapping_add(key.time.as_nanos());
        let delay = process.delay();
        let to = other(process.next(), me, n);
        cx.schedule(key.time + delay, me, to, event);
    }

    #[inline]
    fn prefetch(&self, key: Key, _: &Wake) {
        prefetch(&self.processes, key.destination() as usize);
    }
}

impl Workload for Phold {
    fn with(n: u32) -> Self {
        let start = |i: u64| mix(SEED.wrapping_add(GOLDEN.wrapping_mul(i + 1)));
        let process = |i| Process { draws: start(i), sum_of_times: 0 };
        Phold { processes: (0..u64::from(n)).map(process).collect() }
    }

    fn start(&mut self, cx: &mut Cx<Wake>) {
        for (me, process) in (0u32..).zip(&mut self.processes) {
            cx.schedule(cx.now() + process.delay(), me, me, Wake);
        }
    }

    fn check(&self) -> u64 {
        sum(&self.processes, |_, process| mix(process.draws.wrapping_add(process.sum_of_times)))
    }
}
