//! What does a message cost in each tier of the network, and a change of flows by the size of its component?
//!
//! `cargo bench -p benches --bench net`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use models::net::{FlowNet, NetTier, Network, Shipment, Tier};
use sim_core::draws::mix64;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::BitRate;
use std::hint::black_box;

const NODES: usize = 1_000;
const MESSAGES: u64 = 1_000;

fn rate() -> Option<BitRate> {
    Some(BitRate::from_bits_per_sec(100_000_000))
}

/// A short message between drawn nodes through both of its links.
fn messages(c: &mut Criterion) {
    let mut group = c.benchmark_group("short message");
    group.throughput(Throughput::Elements(MESSAGES));
    for tier in [NetTier::Latency, NetTier::Fifo, NetTier::Flow] {
        let mut network = Network::new(tier);
        for _ in 0..NODES {
            network.add_node(rate(), rate(), SimSpan::ZERO);
        }
        let (mut number, mut now, mut moved) = (0_u64, SimTime::ZERO, Vec::new());
        group.bench_function(BenchmarkId::from_parameter(format!("{tier:?}")), |bencher| {
            bencher.iter(|| {
                for _ in 0..MESSAGES {
                    number += 1;
                    now = now.saturating_add(SimSpan::from_micros(1));
                    let word = mix64(number);
                    let (from, to) = (word as usize % NODES, (word >> 32) as usize % NODES);
                    let shipment = Shipment { from, to, bytes: 200, is_connected: true };
                    black_box(network.depart(shipment, now, &mut moved));
                    black_box(network.enter(to, now, 200));
                }
            });
        });
    }
}

/// One flow ends and another starts, with so many under way among a quarter as many nodes.
fn changes(c: &mut Criterion) {
    let mut group = c.benchmark_group("flow ends, flow starts");
    for (rule, exact_max) in [("exact", usize::MAX), ("per endpoint", 0)] {
        for flows in [8_usize, 64, 512, 2_048, 16_384] {
            let nodes = flows / 4;
            let mut net = FlowNet::new(exact_max);
            (0..nodes).for_each(|_| net.add(rate(), rate()));
            let (mut moved, mut number, mut now) = (Vec::new(), 0_u64, SimTime::ZERO);
            let mut start = |net: &mut FlowNet, now, moved: &mut Vec<_>| {
                number += 1;
                let word = mix64(number);
                let (from, to) = (word as usize % nodes, (word >> 32) as usize % nodes);
                net.start(from, to, 1 << 30, now, moved).expect("lines are limited")
            };
            let mut alive: Vec<_> = (0..flows).map(|_| start(&mut net, now, &mut moved)).collect();
            let mut oldest = 0;
            group.bench_function(BenchmarkId::new(rule, flows), |bencher| {
                bencher.iter(|| {
                    moved.clear();
                    now = now.saturating_add(SimSpan::from_nanos(10));
                    net.end(alive[oldest], now, &mut moved);
                    alive[oldest] = start(&mut net, now, &mut moved);
                    oldest = (oldest + 1) % flows;
                    moved.len()
                });
            });
        }
    }
}

criterion_group!(net_benches, messages, changes);
criterion_main!(net_benches);
