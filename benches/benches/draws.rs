//! What does a draw cost, by sampler?
//!
//! `cargo bench -p benches --bench draws`. Every draw has a counter of its own, as in a run. The line `floor` is
//! two rounds of SplitMix64's finaliser over the same key: about the least that a keyed draw can cost. Each case
//! also prints a checksum of its first values, so that nobody makes a sampler faster by changing what it draws.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sim_core::dist::{self, Law, Weighted, Zipf};
use sim_core::draws::{Domain, Draw, Draws, Entity, mix64};
use sim_core::time::SimSpan;
use sim_core::units::Prob;
use std::hint::black_box;

const WHAT: Domain = Domain::new("bench/draws");
/// Draws of one measured turn: the loop around them costs nothing that matters.
const TURN: u64 = 1_000;

/// Measures one sampler; its value as bits feeds the checksum.
fn case(c: &mut Criterion, name: &str, sampler: impl Fn(&mut Draw) -> u64) {
    let draws = Draws::new(42, 0);
    let turn = |first: u64| {
        (first..first + TURN).fold(0_u64, |sum, counter| {
            let value = sampler(&mut draws.at(WHAT, Entity(7), counter));
            sum.rotate_left(1) ^ value
        })
    };
    eprintln!("draws/{name}: checksum {:016x}", mix64(turn(0)));
    let mut group = c.benchmark_group("draws");
    group.throughput(Throughput::Elements(TURN));
    let mut first = 0;
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            first += TURN;
            turn(black_box(first))
        });
    });
}

fn words(c: &mut Criterion) {
    let mut group = c.benchmark_group("draws");
    group.throughput(Throughput::Elements(TURN));
    let key = Draws::new(42, 0).run_seed();
    let mut first = 0;
    group.bench_function("floor", |bencher| {
        bencher.iter(|| {
            first += TURN;
            let first = black_box(first);
            (first..first + TURN).fold(0_u64, |sum, i| sum.rotate_left(1) ^ mix64(mix64(key ^ 7) ^ mix64(i)))
        });
    });
    let draws = Draws::new(42, 0);
    group.bench_function("word", |bencher| {
        bencher.iter(|| {
            first += TURN;
            let first = black_box(first);
            let word = |counter| draws.word(WHAT, Entity(7), counter);
            (first..first + TURN).fold(0_u64, |sum, counter| sum.rotate_left(1) ^ word(counter))
        });
    });
    let mut long = draws.at(WHAT, Entity(8), 0);
    group.bench_function("word of a long draw", |bencher| {
        bencher.iter(|| (0..TURN).fold(0_u64, |sum, _| sum.rotate_left(1) ^ long.next_u64()));
    });
    group.finish();
    case(c, "u64", Draw::next_u64);
    case(c, "two u64", |draw| draw.next_u64() ^ draw.next_u64());
    case(c, "below 1000", |draw| dist::below(draw, black_box(1_000)));
    case(c, "unit", |draw| dist::unit(draw).to_bits());
    let third = Prob::new(1, 3);
    case(c, "chance", |draw| u64::from(dist::chance(draw, black_box(third))));
}

fn continuous(c: &mut Criterion) {
    let mean = SimSpan::from_hours(8);
    case(c, "exponential", |draw| dist::exponential(draw, 2.0).to_bits());
    case(c, "weibull", |draw| dist::weibull(draw, black_box(0.6), 2.0).to_bits());
    case(c, "lognormal", |draw| dist::lognormal(draw, black_box(0.8), 2.0).to_bits());
    case(c, "normal", |draw| dist::standard_normal(draw).to_bits());
    case(c, "pareto", |draw| dist::pareto(draw, black_box(1.5), 2.0).to_bits());
    case(c, "gamma", |draw| dist::gamma(draw, black_box(2.5)).to_bits());
    for law in
        [Law::Exponential { mean }, Law::Weibull { shape: 0.6, mean }, Law::LogNormal { sigma: 0.8, mean }]
    {
        let sampler = law.sampler();
        case(c, &format!("law {}", law.name()), move |draw| sampler.sample(draw).as_nanos());
    }
}

fn counts(c: &mut Criterion) {
    case(c, "poisson 4", |draw| dist::poisson(draw, black_box(4.0)));
    case(c, "poisson 100", |draw| dist::poisson(draw, black_box(100.0)));
    let fiftieth = Prob::new(1, 50);
    case(c, "geometric", |draw| dist::geometric(draw, black_box(fiftieth)));
    let zipf = Zipf::new(1_000_000, 0.8);
    case(c, "zipf", |draw| zipf.sample(draw));
}

fn choices(c: &mut Criterion) {
    case(c, "shuffle of 20", |draw| {
        let mut items: [u8; 20] = std::array::from_fn(|i| i as u8);
        dist::shuffle(draw, &mut items);
        u64::from(items[0])
    });
    case(c, "3 indices of 1000", |draw| dist::sample_indices(draw, 1_000, 3)[2] as u64);
    for n in [10_u64, 1_000] {
        let weights: Vec<u64> = (1..=n).collect();
        let choice = Weighted::new(&weights).expect("weights above zero");
        case(c, &format!("weighted {n}"), |draw| choice.choose(draw) as u64);
    }
}

criterion_group!(draw_benches, words, continuous, counts, choices);
criterion_main!(draw_benches);
