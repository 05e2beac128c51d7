//! A station with slots and a queue, driven by the engine: every arrival and every departure is an event.

use sim_core::dist::{self, Sampler, Weighted};
use sim_core::draws::{Domain, Draw, Draws, Entity};
use sim_core::engine::{Cx, Engine, Event, Stopped, World};
use sim_core::queue::Key;
use sim_core::time::{SimSpan, SimTime};
use std::collections::VecDeque;

/// Mean service time, and the unit in which the rows are stated: one second.
pub(crate) const UNIT: f64 = 1e9;

const ARRIVAL: Domain = Domain::new("queue/arrival");
const SERVICE: Domain = Domain::new("queue/service");
const STATION: Entity = Entity(0);

/// Law of service times, of mean [`UNIT`].
#[derive(Clone, Debug)]
pub(crate) enum Service {
    /// A law that a scenario can name.
    Law(Sampler),
    /// The gamma law of that shape: squared variation `1 / shape`.
    Gamma(f64),
    /// Jobs of two lengths in nanoseconds, chosen by weight.
    Two([u64; 2], Weighted),
}

impl Service {
    fn sample(&self, draw: &mut Draw) -> SimSpan {
        match self {
            Service::Law(sampler) => sampler.sample(draw),
            Service::Gamma(shape) => {
                SimSpan::from_nanos((dist::gamma(draw, *shape) * UNIT / shape).round() as u64)
            }
            Service::Two(lengths, weights) => SimSpan::from_nanos(lengths[weights.choose(draw)]),
        }
    }
}

/// Who of those that wait is served next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Discipline {
    FirstCome,
    LastCome,
}

/// What a station is made of, and for how long it is watched.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Jobs served at a time.
    pub(crate) slots: usize,
    /// Jobs that may wait; who finds it full is refused.
    pub(crate) room: usize,
    /// Mean number of arrivals in a mean service time (Poisson arrivals).
    pub(crate) load: f64,
    pub(crate) service: Service,
    pub(crate) discipline: Discipline,
    /// Arrivals before the watch begins, and arrivals that are watched.
    pub(crate) warm_up: u64,
    pub(crate) arrivals: u64,
    /// Whether every sojourn is kept, for percentiles.
    pub(crate) keeps_sojourns: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Happening {
    Arrive,
    Depart { arrived: SimTime, watched: bool },
}

impl Event for Happening {
    fn kind(&self) -> u8 {
        match self {
            Happening::Depart { .. } => 0,
            Happening::Arrive => 1,
        }
    }

    fn content(&self) -> u64 {
        match self {
            Happening::Depart { arrived, .. } => arrived.as_nanos(),
            Happening::Arrive => 0,
        }
    }
}

/// Everything that is counted, in whole nanoseconds and jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Arrivals in the watch, of them those that found all slots busy, and those that were refused.
    pub(crate) arrived: u64,
    pub(crate) delayed: u64,
    pub(crate) refused: u64,
    /// Served jobs of the watch, their sojourns and their waits, summed from the jobs' own times.
    pub(crate) served: u64,
    pub(crate) sojourn: u128,
    pub(crate) wait: u128,
    /// Number of jobs present and number waiting, integrated over the watch from the changes of state.
    pub(crate) present_area: u128,
    pub(crate) waiting_area: u128,
    /// From the first watched arrival to the last, or to the last departure if the station drains.
    pub(crate) span: SimSpan,
    pub(crate) sojourns: Vec<u64>,
}

#[derive(Debug)]
pub(crate) struct Station {
    plan: Plan,
    draws: Draws,
    arrivals: u64,
    services: u64,
    busy: usize,
    /// Arrival time of those that wait, and whether they came in the watch.
    queue: VecDeque<(SimTime, bool)>,
    /// The areas are integrated up to here; never before the watch.
    seen_to: SimTime,
    from: SimTime,
    /// Whether the areas stop at the last arrival or run until the station is empty.
    drains: bool,
    counts: Counts,
}

impl Station {
    /// The state is about to change: what it was until now counts.
    fn look(&mut self, now: SimTime) {
        if self.arrivals > self.plan.warm_up && (self.drains || self.arrivals < self.last()) {
            let span = u128::from(now.since(self.seen_to).as_nanos());
            self.counts.present_area += span * (self.busy + self.queue.len()) as u128;
            self.counts.waiting_area += span * self.queue.len() as u128;
            self.counts.span = now.since(self.from);
        }
        self.seen_to = now;
    }

    fn last(&self) -> u64 {
        self.plan.warm_up + self.plan.arrivals
    }

    fn arrive(&mut self, cx: &mut Cx<Happening>) {
        let now = cx.now();
        self.look(now);
        if self.arrivals == self.plan.warm_up {
            self.from = now;
        }
        let watched = self.arrivals >= self.plan.warm_up;
        self.arrivals += 1;
        if self.arrivals < self.last() {
            self.next_arrival(cx);
        }
        let all_busy = self.busy == self.plan.slots;
        self.counts.arrived += u64::from(watched);
        self.counts.delayed += u64::from(watched && all_busy);
        if !all_busy {
            self.serve(now, watched, cx);
        } else if self.queue.len() < self.plan.room {
            self.queue.push_back((now, watched));
        } else {
            self.counts.refused += u64::from(watched);
        }
    }

    fn next_arrival(&mut self, cx: &mut Cx<Happening>) {
        let mut draw = self.draws.at(ARRIVAL, STATION, self.arrivals);
        let gap = dist::exponential(&mut draw, UNIT / self.plan.load);
        cx.schedule(cx.now() + SimSpan::from_nanos(gap.round() as u64), 0, 0, Happening::Arrive);
    }

    fn serve(&mut self, arrived: SimTime, watched: bool, cx: &mut Cx<Happening>) {
        self.busy += 1;
        self.services += 1;
        let span = self.plan.service.sample(&mut self.draws.at(SERVICE, STATION, self.services));
        if watched {
            self.counts.wait += u128::from(cx.now().since(arrived).as_nanos());
        }
        cx.schedule(cx.now() + span, 0, 0, Happening::Depart { arrived, watched });
    }

    fn depart(&mut self, arrived: SimTime, watched: bool, cx: &mut Cx<Happening>) {
        let now = cx.now();
        self.look(now);
        if watched {
            let sojourn = now.since(arrived).as_nanos();
            self.counts.served += 1;
            self.counts.sojourn += u128::from(sojourn);
            if self.plan.keeps_sojourns {
                self.counts.sojourns.push(sojourn);
            }
        }
        self.busy -= 1;
        let next = match self.plan.discipline {
            Discipline::FirstCome => self.queue.pop_front(),
            Discipline::LastCome => self.queue.pop_back(),
        };
        if let Some((arrived, watched)) = next {
            self.serve(arrived, watched, cx);
        }
    }
}

impl World for Station {
    type Event = Happening;

    fn handle(&mut self, _: Key, event: Happening, cx: &mut Cx<Happening>) {
        match event {
            Happening::Arrive => self.arrive(cx),
            Happening::Depart { arrived, watched } => self.depart(arrived, watched, cx),
        }
    }
}

/// Runs a station until its last job has left. With `drains` the areas, too, are taken up to then; otherwise
/// up to the last arrival, so that they are those of a station at rest.
pub(crate) fn run(plan: Plan, seed: u64, replicate: u32, drains: bool) -> Counts {
    let station = Station {
        plan,
        draws: Draws::new(seed, replicate),
        arrivals: 0,
        services: 0,
        busy: 0,
        queue: VecDeque::new(),
        seen_to: SimTime::ZERO,
        from: SimTime::ZERO,
        drains,
        counts: Counts::default(),
    };
    let mut engine = Engine::new(station, |station, cx| station.next_arrival(cx));
    assert_eq!(engine.run_until(SimTime::NEVER, u64::MAX), Stopped::AtEnd);
    engine.check().expect("events are conserved");
    let station = engine.world_mut();
    assert!(station.busy == 0 && station.queue.is_empty(), "the station has drained");
    let counts = std::mem::take(&mut station.counts);
    assert_eq!(counts.arrived, station.plan.arrivals);
    assert_eq!(counts.served + counts.refused, counts.arrived, "every watched job is served or refused");
    counts
}
