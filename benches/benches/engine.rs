//! What does the queue cost, what a bare event, and what a draw?
//!
//! The hold model: pop the least event and push it back later, with N events pending; the queue alone as a
//! ladder and as a plain heap, then the engine with a world. Run with `cargo bench -p benches --bench engine`; in
//! test mode every case runs once.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sim_core::dist;
use sim_core::draws::{Domain, Draws, Entity, mix64};
use sim_core::engine::{Cx, Engine, Event, World};
use sim_core::prefetch::prefetch;
use sim_core::queue::{EventQueue, Key};
use sim_core::time::{SimSpan, SimTime};
use std::hint::black_box;

#[derive(Clone, Copy)]
struct Hold;

impl Event for Hold {
    fn kind(&self) -> u8 {
        0
    }

    fn content(&self) -> u64 {
        0
    }
}

/// Processes that hold for a drawn time and go on elsewhere.
struct Holders {
    draws: Draws,
    held: Vec<u64>,
}

const TIME: Domain = Domain::new("bench/hold");

impl World for Holders {
    type Event = Hold;

    fn handle(&mut self, key: Key, event: Hold, cx: &mut Cx<Hold>) {
        let me = key.destination();
        let held = &mut self.held[me as usize];
        *held += 1;
        let word = self.draws.word(TIME, Entity(u64::from(me)), *held);
        let to = (word >> 32) % self.held.len() as u64;
        // 0.1 s and up to 1.8 s more: a second on average.
        let span = SimSpan::from_nanos(100_000_000 + (word & 0xFFFF_FFFF) * 1_800_000_000 / 0xFFFF_FFFF);
        cx.schedule(cx.now() + span, me, to as u32, event);
    }

    fn prefetch(&self, key: Key, _: &Hold) {
        prefetch(&self.held, key.destination() as usize);
    }
}

fn engine(n: u32) -> Engine<Holders> {
    let world = Holders { draws: Draws::new(42, 0), held: vec![0; n as usize] };
    Engine::new(world, |_, cx| {
        for node in 0..n {
            cx.schedule(SimTime::from_nanos(u64::from(node)), node, node, Hold);
        }
    })
}

/// The queue alone: `n` events pending, each pushed back by 0.1 s and up to 1.8 s more.
fn queue(c: &mut Criterion) {
    let mut group = c.benchmark_group("queue");
    const HOLDS: u32 = 100_000;
    group.throughput(Throughput::Elements(u64::from(HOLDS)));
    let delay = |number: u32| 100_000_000 + (mix64(u64::from(number)) >> 32) * 1_800_000_000 / 0xFFFF_FFFF;
    for n in [1_000u32, 100_000, 1_000_000] {
        for (name, mut queue) in [("ladder", EventQueue::new()), ("heap", EventQueue::heap_only())] {
            let mut number = 0;
            let mut push = |queue: &mut EventQueue<Hold>, now: SimTime| {
                let at = SimTime::from_nanos(now.as_nanos() + delay(number));
                queue.push(Key::new(at, 1, number % n, 0, number % n, number), Hold);
                number += 1;
            };
            (0..n).for_each(|_| push(&mut queue, SimTime::ZERO));
            let mut hold = |holds: u32| {
                for _ in 0..holds {
                    let (key, _) = queue.pop().expect("n events are pending");
                    push(&mut queue, key.time);
                }
            };
            // Past the start, where all events lie in the same second.
            hold(2 * n);
            group.bench_function(BenchmarkId::new(name, n), |bencher| bencher.iter(|| hold(HOLDS)));
        }
    }
}

fn hold(c: &mut Criterion) {
    let mut group = c.benchmark_group("hold");
    const EVENTS: u64 = 100_000;
    group.throughput(Throughput::Elements(EVENTS));
    for n in [1_000u32, 100_000, 1_000_000] {
        let mut engine = engine(n);
        group.bench_function(BenchmarkId::from_parameter(n), |bencher| {
            bencher.iter(|| engine.run_until(SimTime::NEVER, EVENTS));
        });
        eprintln!("hold/{n}: digest after {} events {}", engine.counts().dispatched, engine.digest());
    }
}

fn draw(c: &mut Criterion) {
    let mut group = c.benchmark_group("draw");
    let draws = Draws::new(42, 0);
    let mut counter = 0;
    group.bench_function("word", |bencher| {
        bencher.iter(|| {
            counter += 1;
            black_box(draws.word(TIME, Entity(7), counter))
        });
    });
    group.bench_function("exponential", |bencher| {
        bencher.iter(|| {
            counter += 1;
            black_box(dist::exponential(&mut draws.at(TIME, Entity(7), counter), 1.0))
        });
    });
}

criterion_group!(engine_benches, queue, hold, draw);
criterion_main!(engine_benches);
