//! Rules of Bitswap that the measured swarm did not show, one story each.
mod bitswap_net;

use bitswap_net::{Net, UNLIMITED};
use models::ids::{BlockId, NodeId};
use models::ipfs::bitswap::{BitswapConfig, BroadcastPolicy, CopyTag, Walk};
use proptest::prelude::*;
use sim_core::time::{SimSpan, SimTime};

const MBIT: f64 = 1e6;
const ALTERED: CopyTag = CopyTag(7);

fn secs(secs: u64) -> SimTime {
    SimTime::ZERO + SimSpan::from_secs(secs)
}

fn today(seed: u64) -> Net {
    Net::new(seed, BitswapConfig::default())
}

fn holder(net: &mut Net, rate: f64, root: BlockId, copy: CopyTag) -> NodeId {
    let node = net.node(rate);
    let blocks = net.files.all(root);
    net.hold(node, &blocks, copy);
    node
}

#[test]
fn a_node_without_open_wants_costs_no_steps() {
    let mut net = today(1);
    let root = net.files.chunked(8);
    let provider = holder(&mut net, UNLIMITED, root, CopyTag::ORIGINAL);
    let reader = net.node(UNLIMITED);
    net.connect(provider, reader);
    net.read(reader, root, Walk::InOrder);
    net.run_reads(secs(10));
    net.run(secs(60));
    let steps = net.steps;
    net.run(secs(86_400));
    assert_eq!(net.steps, steps);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut net = today(seed);
        let root = net.files.chunked(40);
        let reader = net.node(UNLIMITED);
        for _ in 0..4 {
            let provider = holder(&mut net, 20.0 * MBIT, root, CopyTag::ORIGINAL);
            net.connect(provider, reader);
        }
        net.read(reader, root, Walk::InOrder);
        net.run_reads(secs(60));
        (net.read_of(reader).finished, net.steps, net.totals(reader))
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn several_providers_do_not_add_up_with_todays_constants_either() {
    for (providers, least) in [(2, 1), (4, 5), (8, 5)] {
        let mut duplicates = 0;
        for seed in 0..4 {
            let mut net = today(seed);
            let root = net.files.chunked(40);
            let reader = net.node(UNLIMITED);
            for _ in 0..providers {
                let provider = holder(&mut net, 20.0 * MBIT, root, CopyTag::ORIGINAL);
                net.connect(provider, reader);
            }
            net.read(reader, root, Walk::InOrder);
            net.run_reads(secs(60));
            duplicates += net.totals(reader).duplicates;
        }
        println!("{providers} providers: {} duplicates a read", duplicates as f64 / 4.0);
        assert!(duplicates >= 4 * least, "{providers} providers: {duplicates} duplicates in 4 reads");
    }
}

#[test]
fn an_altered_copy_is_dropped_and_the_block_comes_from_another_peer() {
    let mut net = today(1);
    let root = net.files.chunked(8);
    let liar = holder(&mut net, UNLIMITED, root, ALTERED);
    let reader = net.node(UNLIMITED);
    net.connect(liar, reader);
    net.read(reader, root, Walk::InOrder);
    net.run(secs(30));
    assert!(net.read_of(reader).received > 0, "the altered copies came");
    assert_eq!(net.totals(reader).blocks, 0, "and none was taken");
    let honest = holder(&mut net, UNLIMITED, root, CopyTag::ORIGINAL);
    net.connect(honest, reader);
    net.run_reads(secs(60));
    assert_eq!(net.totals(reader).blocks, 9);
}

#[test]
fn a_selective_broadcast_passes_over_strangers_and_an_open_one_asks_them() {
    for (policy, waits) in [(BroadcastPolicy::Selective, true), (BroadcastPolicy::All, false)] {
        let mut net = Net::new(1, BitswapConfig { broadcast: policy, ..BitswapConfig::default() });
        net.is_local = false;
        let block = net.files.block(1_000);
        let (provider, reader) = (net.node(UNLIMITED), net.node(UNLIMITED));
        net.hold(provider, &[block], CopyTag::ORIGINAL);
        net.provide(provider, block);
        net.connect(provider, reader);
        net.read(reader, block, Walk::InOrder);
        net.run_reads(secs(10));
        assert_eq!(net.secs(reader) > 1.0, waits, "{policy:?}: {} s", net.secs(reader));
    }
}

#[test]
fn a_selective_broadcast_reaches_who_has_given_before() {
    let mut net = today(1);
    net.is_local = false;
    let (first, second) = (net.files.block(1_000), net.files.block(1_000));
    let (provider, reader) = (net.node(UNLIMITED), net.node(UNLIMITED));
    net.hold(provider, &[first, second], CopyTag::ORIGINAL);
    net.provide(provider, first);
    net.connect(provider, reader);
    for (block, waits) in [(first, true), (second, false)] {
        net.read(reader, block, Walk::InOrder);
        net.run_reads(secs(20));
        assert_eq!(net.secs(reader) > 1.0, waits);
    }
}

#[test]
fn a_peer_leaves_the_session_after_too_many_dont_haves_in_a_row() {
    let mut net = today(1);
    let root = net.files.chunked(60);
    let provider = holder(&mut net, 20.0 * MBIT, root, CopyTag::ORIGINAL);
    let (half, reader) = (net.node(UNLIMITED), net.node(UNLIMITED));
    net.hold(half, &[root], CopyTag::ORIGINAL);
    net.connect(half, reader);
    net.connect(provider, reader);
    net.read(reader, root, Walk::InOrder);
    net.run_while(secs(60), |net| net.session_peers(reader).len() < 2);
    net.run_while(secs(60), |net| net.session_peers(reader).len() == 2);
    assert_eq!(net.session_peers(reader), [provider]);
    // Its own DONT_HAVEs count, and so do those simulated for the same wants some time later.
    let heard = net.totals(reader);
    assert!(heard.dont_haves + heard.simulated_dont_haves > 16, "{heard:?}");
    net.run_reads(secs(60));
    assert_eq!(net.totals(reader).blocks, 61);
}

#[test]
fn a_peer_that_never_gives_is_served_like_one_that_does() {
    let mut net = today(1);
    let (gift, root) = (net.files.chunked(20), net.files.chunked(40));
    let publisher = holder(&mut net, 20.0 * MBIT, root, CopyTag::ORIGINAL);
    let giver = holder(&mut net, UNLIMITED, gift, CopyTag::ORIGINAL);
    let taker = net.node(UNLIMITED);
    net.connect(publisher, giver);
    net.connect(publisher, taker);
    net.read(publisher, gift, Walk::InOrder);
    net.run_reads(secs(20));
    net.read(giver, root, Walk::InOrder);
    net.read(taker, root, Walk::InOrder);
    net.run_reads(secs(60));
    assert!(net.receipt(publisher, giver).debt_ratio() < net.receipt(publisher, taker).debt_ratio());
    let ratio = net.secs(giver) / net.secs(taker);
    assert!((0.97..1.03).contains(&ratio), "{ratio}");
}

#[test]
fn a_read_that_is_given_up_cancels_what_was_not_yet_taken_up() {
    let mut net = today(1);
    let root = net.files.chunked(40);
    let provider = holder(&mut net, 20.0 * MBIT, root, CopyTag::ORIGINAL);
    let reader = net.node(UNLIMITED);
    net.connect(provider, reader);
    net.read(reader, root, Walk::InOrder);
    net.run(SimTime::ZERO + SimSpan::from_millis(100));
    let taken_up = net.served(provider);
    net.give_up(reader);
    net.run(secs(30));
    assert!((2..=6).contains(&taken_up), "{taken_up}");
    assert!(
        net.served(provider) <= taken_up + 1,
        "of ten wanted blocks {} were sent",
        net.served(provider) - 1
    );
    assert_eq!(net.totals(reader).cancels, 11);
}

#[test]
fn a_block_that_arrives_later_is_sent_to_all_who_wait_for_it() {
    let mut net = today(1);
    let block = net.files.block(262_158);
    let hub = net.node(UNLIMITED);
    let readers: Vec<NodeId> = (0..5).map(|_| net.node(UNLIMITED)).collect();
    for &reader in &readers {
        net.connect(hub, reader);
        net.read(reader, block, Walk::InOrder);
    }
    net.run(secs(10));
    assert_eq!(net.served(hub), 0);
    net.hold(hub, &[block], CopyTag::ORIGINAL);
    net.run_reads(secs(11));
    assert_eq!(net.served(hub), 5);
}

/// A disturbance of a read: which holder, whether it comes or goes, and how long until the next one.
fn disturbances() -> impl Strategy<Value = Vec<(u32, bool, u64)>> {
    proptest::collection::vec((0..3_u32, any::<bool>(), 0..900_u64), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whoever_comes_and_goes_a_read_ends_once_a_holder_stays(
        events in disturbances(),
        seed in 0..1_000_u64,
        is_old in any::<bool>(),
    ) {
        let config = if is_old { BitswapConfig::kubo_0_22() } else { BitswapConfig::default() };
        let mut net = Net::new(seed, config);
        let root = net.files.chunked(40);
        let holders: Vec<NodeId> =
            (0..3).map(|_| holder(&mut net, 20.0 * MBIT, root, CopyTag::ORIGINAL)).collect();
        let reader = net.node(UNLIMITED);
        net.read(reader, root, Walk::InOrder);
        for (index, comes, millis) in events {
            let node = holders[index as usize];
            net.kill(node);
            net.restart(node);
            if comes {
                net.connect(node, reader);
            }
            net.run(net.now + SimSpan::from_millis(millis));
        }
        net.connect(holders[0], reader);
        net.run_reads(net.now + SimSpan::from_mins(10));
        let (read, counted) = (net.read_of(reader), net.totals(reader));
        prop_assert!(read.finished.is_some(), "{:?}", counted);
        prop_assert_eq!(counted.blocks, 41);
        prop_assert_eq!(counted.blocks + counted.duplicates, u64::from(read.received));
    }
}
