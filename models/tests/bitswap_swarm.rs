//! Bitswap against a real swarm: eleven Kubo 0.22 nodes on one machine, findings F1 to F15.
//!
//! The numbers in the tables are those measured there. Counts that follow from the rules alone are compared
//! exactly; what depends on timing is compared as the mean over some seeds with the measured range, with a
//! tolerance that each test names.
mod bitswap_net;

use bitswap_net::{Net, UNLIMITED};
use models::ids::{BlockId, NodeId};
use models::ipfs::bitswap::{BitswapConfig, CopyTag, Walk};
use sim_core::time::{SimSpan, SimTime};
use std::ops::RangeInclusive;

/// What a link of one nominal Mbit/s carried: one provider fetched from by 32 workers reached 18.9 of 20.
const MBIT: f64 = 0.945e6;
const SEEDS: u64 = 8;
const TEN_MIB: u32 = 40;
const TWO_MIB: u32 = 8;

fn secs(secs: u64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(secs)
}

fn kubo(seed: u64) -> Net {
    Net::new(seed, BitswapConfig::kubo_0_22())
}

/// Complete providers of one file with the given uplinks, and a fetcher connected to all of them.
fn fan_in(seed: u64, uplinks: &[f64], leaves: u32, walk: Walk) -> (Net, NodeId) {
    let mut net = kubo(seed);
    let root = net.files.chunked(leaves);
    let fetcher = net.node(UNLIMITED);
    for &rate in uplinks {
        let provider = holder(&mut net, rate, root);
        net.connect(fetcher, provider);
    }
    net.read(fetcher, root, walk);
    net.run_reads(secs(60));
    (net, fetcher)
}

/// A node with a file.
fn holder(net: &mut Net, rate: f64, root: BlockId) -> NodeId {
    let node = net.node(rate);
    let blocks = net.files.all(root);
    net.hold(node, &blocks, CopyTag::ORIGINAL);
    node
}

/// A publisher with 20 Mbit/s and readers that begin together, all connected.
fn crowd(seed: u64, readers: usize, rate: f64) -> (Net, NodeId, Vec<NodeId>) {
    let mut net = kubo(seed);
    let root = net.files.chunked(TEN_MIB);
    let publisher = holder(&mut net, 20.0 * MBIT, root);
    let readers: Vec<NodeId> = (0..readers).map(|_| net.node(rate)).collect();
    let all: Vec<NodeId> = std::iter::once(publisher).chain(readers.iter().copied()).collect();
    net.mesh(&all);
    for &reader in &readers {
        net.read(reader, root, Walk::InOrder);
    }
    net.run_reads(secs(120));
    (net, publisher, readers)
}

/// Goodput in Mbit/s of a 10 MiB read.
fn goodput(net: &Net, reader: NodeId) -> f64 {
    f64::from(TEN_MIB) * 262_144.0 * 8.0 / 1e6 / net.secs(reader)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// Within the measured range, give or take a share of its ends.
#[track_caller]
fn assert_near(what: &str, value: f64, measured: RangeInclusive<f64>, tolerance: f64) {
    println!("{what}: {value:.2}, measured {measured:?}");
    let low = measured.start() * (1.0 - tolerance);
    let high = measured.end() * (1.0 + tolerance);
    assert!((low..=high).contains(&value), "{what}: {value:.2} is not in {low:.2}..={high:.2}");
}

#[test]
fn f1_one_provider_sends_each_block_once_for_one_want_have_and_a_want_block_each() {
    for (leaves, rate) in [(TEN_MIB, 20.0 * MBIT), (TEN_MIB, UNLIMITED), (100, UNLIMITED)] {
        let (net, reader) = fan_in(1, &[rate], leaves, Walk::InOrder);
        let (sent, blocks) = (net.totals(reader), u64::from(leaves) + 1);
        assert_eq!((sent.want_haves, sent.want_blocks, sent.cancels), (1, blocks, blocks));
        assert_eq!((sent.haves, sent.blocks, sent.duplicates), (1, blocks, 0));
    }
}

#[test]
fn f2_one_provider_gives_most_of_its_line_rate() {
    for (walk, measured) in [(Walk::InOrder, 18.0..=18.1), (Walk::Parallel, 18.9..=19.0)] {
        let (net, reader) = fan_in(1, &[20.0 * MBIT], TEN_MIB, walk);
        assert_near(&format!("F2 {walk:?} Mbit/s"), goodput(&net, reader), measured, 0.15);
    }
}

#[test]
fn f2_a_parallel_walk_begins_with_thirty_two_broadcasts_in_a_session_of_its_own() {
    let (net, reader) = fan_in(1, &[20.0 * MBIT], TEN_MIB, Walk::Parallel);
    let sent = net.totals(reader);
    assert_eq!((sent.want_haves, sent.haves, sent.want_blocks, sent.cancels), (33, 33, 41, 41));
}

#[test]
fn f3_several_providers_do_not_add_up() {
    let measured = [
        (2, 14.0..=26.0, 21.87..=25.27, 60.0..=71.0),
        (4, 32.0..=39.0, 31.38..=32.96, 73.0..=85.0),
        (8, 37.0..=38.0, 47.12..=58.63, 80.0..=80.0),
    ];
    for (providers, duplicates, rate, want_blocks) in measured {
        let runs: Vec<_> = (0..SEEDS)
            .map(|seed| fan_in(seed, &vec![20.0 * MBIT; providers], TEN_MIB, Walk::InOrder))
            .collect();
        let totals = || runs.iter().map(|(net, reader)| net.totals(*reader));
        let name = |what: &str| format!("F3 k={providers} {what}");
        assert_near(&name("duplicates"), mean(totals().map(|c| c.duplicates as f64)), duplicates, 0.25);
        assert_near(&name("want-blocks"), mean(totals().map(|c| c.want_blocks as f64)), want_blocks, 0.25);
        let goodputs = runs.iter().map(|(net, reader)| goodput(net, *reader));
        assert_near(&name("Mbit/s"), mean(goodputs), rate, 0.25);
    }
}

#[test]
fn f6_a_faster_provider_serves_more() {
    let runs: Vec<_> =
        (0..SEEDS).map(|seed| fan_in(seed, &[40.0 * MBIT, 10.0 * MBIT], TEN_MIB, Walk::InOrder)).collect();
    let from = |(net, reader): &(Net, NodeId), provider: u32| {
        f64::from(net.read_of(*reader).blocks_from[&NodeId(provider)])
    };
    assert_near("F6 blocks of the fast one", mean(runs.iter().map(|run| from(run, 1))), 40.0..=40.0, 0.25);
    assert_near("F6 blocks of the slow one", mean(runs.iter().map(|run| from(run, 2))), 11.0..=12.0, 0.25);
    assert_near("F6 Mbit/s", mean(runs.iter().map(|(net, reader)| goodput(net, *reader))), 35.7..=35.9, 0.25);
}

#[test]
fn f7_each_further_provider_costs_a_want_have_and_a_cancel_for_each_block() {
    for (providers, want_haves, cancels) in [(2, 42, 82), (4, 124, 164), (8, 288, 328)] {
        for seed in 0..SEEDS {
            let (net, reader) = fan_in(seed, &vec![20.0 * MBIT; providers], TEN_MIB, Walk::InOrder);
            let sent = net.totals(reader);
            assert_eq!((sent.want_haves, sent.cancels), (want_haves, cancels), "k={providers}, seed {seed}");
        }
    }
}

/// Finish times and blocks sent by the publisher.
fn assert_crowd(name: &str, readers: usize, rate: f64, finish: RangeInclusive<f64>, sent: f64) {
    let runs: Vec<_> = (0..4).map(|seed| crowd(seed, readers, rate)).collect();
    let times = runs.iter().flat_map(|(net, _, readers)| readers.iter().map(|&reader| net.secs(reader)));
    assert_near(&format!("{name} n={readers} seconds"), mean(times), finish, 0.25);
    let blocks = mean(runs.iter().map(|(net, publisher, _)| net.served(*publisher) as f64));
    assert_near(&format!("{name} n={readers} blocks of the publisher"), blocks, sent..=sent, 0.25);
    for (net, _, readers) in &runs {
        let times: Vec<f64> = readers.iter().map(|&reader| net.secs(reader)).collect();
        let (first, last) = times.iter().fold((f64::MAX, 0.0_f64), |(a, b), &t| (a.min(t), b.max(t)));
        assert!(last < first * 1.25, "{name}: readers finish together, not at {times:?}");
    }
}

#[test]
fn f8_a_flash_crowd_serves_itself() {
    for (readers, finish, sent) in
        [(1, 4.6..=4.6, 41.0), (2, 7.69..=8.18, 75.0), (4, 11.35..=11.53, 113.0), (8, 13.1..=14.2, 134.0)]
    {
        assert_crowd("F8", readers, UNLIMITED, finish, sent);
    }
}

#[test]
fn f9_a_crowd_with_narrow_uplinks_takes_little_longer() {
    assert_crowd("F9", 4, 20.0 * MBIT, 12.8..=13.9, 130.0);
    assert_crowd("F9", 8, 20.0 * MBIT, 15.5..=17.0, 154.0);
}

#[test]
fn f10_a_second_reader_uses_both_holders() {
    let mut duplicates = Vec::new();
    let mut shares = Vec::new();
    for seed in 0..SEEDS {
        let mut net = kubo(seed);
        let root = net.files.chunked(TEN_MIB);
        // A and B shared two cores with C: together they gave it 150 to 180 Mbit/s.
        let a = holder(&mut net, 85e6, root);
        let (b, c) = (net.node(85e6), net.node(UNLIMITED));
        net.connect(a, b);
        net.read(b, root, Walk::InOrder);
        net.run_reads(secs(10));
        assert_eq!(net.read_of(b).received, 41);
        net.mesh(&[a, b, c]);
        net.read(c, root, Walk::InOrder);
        net.run_reads(secs(20));
        let sent = net.totals(c);
        assert_eq!((sent.want_haves, sent.cancels), (42, 82));
        duplicates.push(sent.duplicates as f64);
        shares.push(
            net.read_of(c).blocks_from.values().map(|&blocks| f64::from(blocks)).fold(f64::MAX, f64::min),
        );
    }
    assert_near("F10 duplicates", mean(duplicates.iter().copied()), 9.0..=17.0, 0.25);
    assert_near("F10 blocks of the lesser holder", mean(shares.iter().copied()), 17.0..=23.0, 0.25);
}

#[test]
fn f11_a_fetched_copy_serves_others_after_the_publisher_has_left() {
    let mut net = kubo(1);
    let root = net.files.chunked(TWO_MIB);
    let publisher = holder(&mut net, UNLIMITED, root);
    let (b, c) = (net.node(UNLIMITED), net.node(UNLIMITED));
    net.connect(publisher, b);
    net.read(b, root, Walk::InOrder);
    net.run_reads(secs(10));
    net.kill(publisher);
    net.connect(b, c);
    net.read(c, root, Walk::InOrder);
    net.run_reads(secs(20));
    let sent = net.totals(c);
    // The root of 8 leaves is small: it came as the answer to the want-have.
    assert_eq!((sent.want_haves, sent.want_blocks, sent.cancels), (1, 8, 9));
    assert_eq!(net.read_of(c).blocks_from.get(&b), Some(&9));
    assert_eq!(sent.duplicates, 0);
    assert_near("F11 seconds", net.secs(c), 0.1..=0.12, 0.25);
}

#[test]
fn f12_a_read_of_what_nobody_has_hangs_and_completes_when_a_holder_returns() {
    let mut net = kubo(1);
    let root = net.files.chunked(TWO_MIB);
    let publisher = holder(&mut net, UNLIMITED, root);
    net.provide(publisher, root);
    let (b, c) = (net.node(UNLIMITED), net.node(UNLIMITED));
    net.mesh(&[publisher, b, c]);
    net.kill(publisher);
    net.read(c, root, Walk::InOrder);
    net.run(secs(45));
    let sent = net.totals(c);
    assert!(net.read_of(c).finished.is_none());
    assert_eq!((sent.blocks, sent.want_haves), (0, 2), "asked once and, after 30 s, once more");
    // At once, then after 1, 1, 2, 3, ... seconds: 10 of the 91 that were counted; the rest were ticks of a
    // session that had nothing to ask (every 0.55 s).
    assert_eq!((sent.broadcasts, sent.searches, net.failed_dials), (10, 1, 1));
    net.restart(publisher);
    net.connect(publisher, c);
    net.run_reads(secs(60));
    let took = net.read_of(c).finished.expect("the read completes").since(secs(45));
    assert!(took < SimSpan::from_millis(1_160), "{took}");
}

#[test]
fn f12_a_dead_provider_costs_a_dial_and_seven_ticks_in_25_seconds() {
    let mut net = kubo(1);
    let root = net.files.chunked(TWO_MIB);
    let provider = holder(&mut net, UNLIMITED, root);
    net.provide(provider, root);
    net.kill(provider);
    let reader = net.node(UNLIMITED);
    net.read(reader, root, Walk::InOrder);
    net.run(secs(25));
    assert_eq!((net.totals(reader).broadcasts, net.failed_dials), (8, 1));
}

#[test]
fn f13_an_interrupted_transfer_resumes_per_block() {
    for seed in 0..SEEDS {
        let mut net = kubo(seed);
        let root = net.files.chunked(TEN_MIB);
        let publisher = holder(&mut net, 20.0 * MBIT, root);
        let reader = net.node(UNLIMITED);
        net.connect(publisher, reader);
        net.read(reader, root, Walk::InOrder);
        net.run_while(secs(10), |net| net.read_of(reader).received < 15);
        net.run(net.now + SimSpan::from_millis(5));
        net.kill(publisher);
        let half_way = net.now + SimSpan::from_secs(5);
        net.run(half_way);
        assert_eq!(net.totals(reader).cancels, 15);
        let replica = holder(&mut net, 20.0 * MBIT, root);
        net.connect(replica, reader);
        net.run_reads(secs(60));
        let (read, sent) = (net.read_of(reader), net.totals(reader));
        assert_eq!(read.blocks_from.values().collect::<Vec<_>>(), [&15, &26], "seed {seed}");
        assert_eq!((sent.duplicates, sent.cancels), (0, 41), "seed {seed}");
        assert_eq!(sent.want_haves - 1, sent.want_blocks - 41, "what was open was asked for again");
    }
}

#[test]
fn f14_an_unconnected_provider_is_looked_for_after_one_second() {
    let mut net = kubo(1);
    let block = net.files.block(1_000);
    let reader = net.node(UNLIMITED);
    for _ in 0..4 {
        let other = net.node(UNLIMITED);
        net.connect(reader, other);
    }
    let provider = net.node(UNLIMITED);
    net.hold(provider, &[block], CopyTag::ORIGINAL);
    net.provide(provider, block);
    net.read(reader, block, Walk::InOrder);
    net.run_reads(secs(10));
    let sent = net.totals(reader);
    assert_near("F14 seconds", net.secs(reader), 1.036..=1.067, 0.02);
    assert_eq!((sent.want_haves, sent.want_blocks, sent.cancels), (4, 1, 5));
    assert_eq!((sent.broadcasts, sent.blocks, sent.duplicates), (2, 1, 0));
}

#[test]
fn f15_a_small_block_is_the_answer_to_the_want_have() {
    for peers in [3, 11] {
        let mut net = kubo(1);
        let block = net.files.block(1_000);
        let reader = net.node(UNLIMITED);
        for _ in 0..peers {
            let other = net.node(UNLIMITED);
            net.connect(reader, other);
        }
        net.hold(NodeId(peers), &[block], CopyTag::ORIGINAL);
        net.read(reader, block, Walk::InOrder);
        net.run_reads(secs(10));
        let (sent, peers) = (net.totals(reader), u64::from(peers));
        assert_eq!((sent.want_haves, sent.want_blocks, sent.cancels), (peers, 0, peers));
        assert_eq!((sent.blocks, sent.broadcasts), (1, 1));
        assert!(net.secs(reader) < 0.021);
    }
}
