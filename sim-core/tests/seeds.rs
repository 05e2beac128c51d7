//! A thousand seeds: no two runs alike, and what comes out of neighbouring seeds has nothing in common.
//!
//! Forty peers with exponential sessions that send parcels to drawn peers; who is down loses what is sent to it.
//! Outcomes are scalars of a run, not single draws: a weak link between neighbouring seeds would show in them
//! even if it were too small to be seen in one word.

use sim_core::dist::{self, Law, Sampler};
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::engine::{Cx, Engine, Event, World};
use sim_core::queue::Key;
use sim_core::time::{SimSpan, SimTime};
use std::collections::BTreeSet;

const PEERS: u32 = 40;
const SEEDS: u64 = 1_000;
const SESSION: Domain = Domain::new("seeds/session");
const PARCEL: Domain = Domain::new("seeds/parcel");

#[derive(Clone, Copy)]
enum Happening {
    Turns,
    Sends,
    Arrives { sent: SimTime },
}

impl Event for Happening {
    fn kind(&self) -> u8 {
        match self {
            Happening::Turns => 0,
            Happening::Sends => 1,
            Happening::Arrives { .. } => 2,
        }
    }

    fn content(&self) -> u64 {
        match self {
            Happening::Arrives { sent } => sent.as_nanos(),
            Happening::Turns | Happening::Sends => 0,
        }
    }
}

struct Peers {
    draws: Draws,
    up: Vec<bool>,
    turns: Vec<u64>,
    sends: Vec<u64>,
    sessions: Sampler,
    delays: Sampler,
    lost: u64,
    delay: u64,
    up_time: u64,
}

impl Peers {
    fn turn(&mut self, me: u32, cx: &mut Cx<Happening>) {
        let peer = me as usize;
        self.up[peer] = !self.up[peer];
        let draw = &mut self.draws.at(SESSION, Entity(u64::from(me)), self.turns[peer]);
        let span = self.sessions.sample(draw);
        self.turns[peer] += 1;
        self.up_time += if self.up[peer] { span.as_nanos() } else { 0 };
        cx.schedule(cx.now() + span, me, me, Happening::Turns);
    }

    fn send(&mut self, me: u32, cx: &mut Cx<Happening>) {
        let draw = &mut self.draws.at(PARCEL, Entity(u64::from(me)), self.sends[me as usize]);
        self.sends[me as usize] += 1;
        let to = dist::below(draw, u64::from(PEERS)) as u32;
        let delay = self.delays.sample(draw);
        let next = SimSpan::from_nanos(dist::exponential(draw, 4e9) as u64 + 1);
        cx.schedule(cx.now() + delay, me, to, Happening::Arrives { sent: cx.now() });
        cx.schedule(cx.now() + next, me, me, Happening::Sends);
    }
}

impl World for Peers {
    type Event = Happening;

    fn handle(&mut self, key: Key, event: Happening, cx: &mut Cx<Happening>) {
        let me = key.destination();
        match event {
            Happening::Turns => self.turn(me, cx),
            Happening::Sends => self.send(me, cx),
            Happening::Arrives { .. } if !self.up[me as usize] => self.lost += 1,
            Happening::Arrives { sent } => self.delay += cx.now().since(sent).as_nanos(),
        }
    }
}

/// Digest and outcomes of one run: parcels lost, sum of delays, time up.
fn run(seed: u64, replicate: u32) -> (String, [f64; 3]) {
    let peers = PEERS as usize;
    let world = Peers {
        draws: Draws::new(seed, replicate),
        up: vec![false; peers],
        turns: vec![0; peers],
        sends: vec![0; peers],
        sessions: Law::Exponential { mean: SimSpan::from_secs(20) }.sampler(),
        delays: Law::LogNormal { sigma: 0.6, mean: SimSpan::from_millis(120) }.sampler(),
        lost: 0,
        delay: 0,
        up_time: 0,
    };
    let mut engine = Engine::new(world, |world, cx| {
        for peer in 0..PEERS {
            world.turn(peer, cx);
            world.send(peer, cx);
        }
    });
    engine.run_until(SimTime::ZERO + SimSpan::from_secs(60), u64::MAX);
    engine.check().expect("events are conserved");
    let world = engine.world();
    (engine.digest().to_string(), [world.lost as f64, world.delay as f64, world.up_time as f64])
}

/// Pearson's correlation.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| f(x - mean_a, y - mean_b)).sum::<f64>();
    sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt()
}

const OUTCOMES: [&str; 3] = ["lost", "delay", "up time"];

/// Each outcome of a series of runs, by the number of the run.
fn series(runs: impl Iterator<Item = (u64, u32)>, digests: &mut BTreeSet<String>) -> [Vec<f64>; 3] {
    let mut columns: [Vec<f64>; 3] = Default::default();
    for (seed, replicate) in runs {
        let (digest, outcomes) = run(seed, replicate);
        assert!(digests.insert(digest), "seed {seed}, replicate {replicate}: another run's digest");
        columns.iter_mut().zip(outcomes).for_each(|(column, outcome)| column.push(outcome));
    }
    columns
}

#[test]
fn a_thousand_seeds_give_a_thousand_runs_that_have_nothing_in_common() {
    let mut digests = BTreeSet::new();
    // Neighbouring seeds, neighbouring replicates of one seed, and both growing at once.
    let by_seed = series((0..SEEDS).map(|seed| (seed, 0)), &mut digests);
    let by_replicate = series((0..SEEDS as u32).map(|replicate| (1 << 40, replicate)), &mut digests);
    let by_both = series((0..SEEDS).map(|i| (i + (1 << 50), i as u32)), &mut digests);
    assert_eq!(digests.len(), 3 * SEEDS as usize);

    let bound = |n: usize| 4.0 / (n as f64).sqrt();
    let all = [("seeds", &by_seed), ("replicates", &by_replicate), ("both", &by_both)];
    for (name, columns) in all {
        for (outcome, values) in OUTCOMES.iter().zip(columns) {
            let distinct: BTreeSet<u64> = values.iter().map(|value| value.to_bits()).collect();
            assert!(distinct.len() > 50, "{name}, {outcome}: the outcome hardly varies");
            for lag in [1, 2, 8] {
                let r = correlation(&values[lag..], &values[..values.len() - lag]);
                assert!(r.abs() < bound(values.len() - lag), "{name}, {outcome}, {lag} apart: {r:.3}");
            }
        }
    }
    // Across the series: run number i of one has nothing to do with run number i, or its neighbour, of another.
    for (i, (first, a)) in all.iter().enumerate() {
        for (second, b) in &all[i + 1..] {
            for (outcome, (x, y)) in OUTCOMES.iter().zip(a.iter().zip(b.iter())) {
                let (r, shifted) = (correlation(x, y), correlation(&x[1..], &y[..y.len() - 1]));
                assert!(r.abs() < bound(x.len()), "{first} and {second}, {outcome}: {r:.3}");
                assert!(
                    shifted.abs() < bound(x.len() - 1),
                    "{first} and {second}, shifted, {outcome}: {shifted:.3}"
                );
            }
        }
    }
    // What the test can see: outcomes of one and the same run do go together.
    let together = correlation(&by_seed[0], &by_seed[2]);
    assert!(together < -bound(SEEDS as usize), "more time up, fewer parcels lost: {together:.3}");
}

#[test]
fn a_seed_gives_the_same_run_again() {
    for seed in [0, 7, u64::MAX] {
        assert_eq!(run(seed, 3), run(seed, 3));
    }
}
