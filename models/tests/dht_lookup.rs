//! Lookups against brute force over all keys, and the rules of a lookup one by one.

mod dht_common;

use dht_common::{node_keys, run_lookup, steady_tables, target};
use models::ids::NodeId;
use models::ipfs::dht::{
    DhtConfig, Key, Lookup, LookupConfig, LookupEnd, LookupKind, LookupRequest, LookupWish, ServerIndex,
    Standing,
};
use sim_core::draws::Draws;

const CLOSEST: LookupKind = LookupKind::Closest;

fn all(n: usize) -> impl Iterator<Item = NodeId> {
    (0..n as u32).map(NodeId)
}

#[test]
fn over_tables_that_know_everybody_a_lookup_finds_exactly_the_k_closest() {
    let n = 150;
    let (keys, config) = (node_keys(n), DhtConfig { k: 100, ..DhtConfig::default() });
    let index = ServerIndex::new(all(n), &keys);
    let tables = steady_tables(&keys, &config, &Draws::new(4, 0), |_| true);
    assert!(tables.iter().all(|t| t.len() == n - 1), "no bucket of 150 nodes has more than 100");
    let mut lookup = Lookup::new(config.lookup());
    for i in 0..300 {
        let own = NodeId((i * 7 % n) as u32);
        let (end, _) =
            run_lookup(&mut lookup, (own, CLOSEST, target(i)), &keys, &tables, |_| true, |_| vec![]);
        let expected = index.closest(&target(i), 100, &keys, |s| s != own);
        assert_eq!((end, lookup.closest()), (LookupEnd::Completed, &expected[..]), "target {i}");
    }
}

#[test]
fn with_buckets_of_20_a_lookup_finds_the_closest_peer_and_nearly_all_of_the_20() {
    let (n, lookups) = (3_000, 300);
    let keys = node_keys(n);
    let index = ServerIndex::new(all(n), &keys);
    let tables = steady_tables(&keys, &DhtConfig::default(), &Draws::new(5, 0), |_| true);
    let mut lookup = Lookup::new(LookupConfig::default());
    let (mut shared, mut asked, mut hops, mut exact) = (0, 0, 0, 0);
    for i in 0..lookups {
        let own = NodeId((i * 11 % n) as u32);
        run_lookup(&mut lookup, (own, CLOSEST, target(i)), &keys, &tables, |_| true, |_| vec![]);
        let truth = index.closest(&target(i), 20, &keys, |s| s != own);
        shared += truth.iter().filter(|p| lookup.closest().contains(p)).count();
        exact += usize::from(lookup.closest() == truth);
        assert_eq!(lookup.closest()[0], truth[0], "target {i}");
        asked += lookup.stats().asked;
        hops += u32::from(lookup.stats().hops_to_closest);
    }
    let per = |x: f64| x / lookups as f64;
    println!(
        "3,000 servers: {:.4} of the true 20, all 20 in {exact} of {lookups}, {:.1} asked, {:.2} hops",
        per(shared as f64) / 20.0,
        per(f64::from(asked)),
        per(f64::from(hops))
    );
    assert!(per(shared as f64) / 20.0 > 0.999);
}

#[test]
fn a_quarter_of_dead_peers_costs_time_and_messages_but_not_the_result() {
    let (n, lookups) = (2_000, 200);
    let keys = node_keys(n);
    let index = ServerIndex::new(all(n), &keys);
    let tables = steady_tables(&keys, &DhtConfig::default(), &Draws::new(6, 0), |_| true);
    let is_online = |s: NodeId| s.0 % 4 != 3;
    let mut lookup = Lookup::new(LookupConfig::default());
    let (mut shared, mut failed, mut millis) = (0, 0, 0);
    for i in 0..lookups {
        let own = NodeId((i as u32) * 4);
        let (_, took) =
            run_lookup(&mut lookup, (own, CLOSEST, target(i)), &keys, &tables, is_online, |_| vec![]);
        let truth = index.closest(&target(i), 15, &keys, |s| s != own && is_online(s));
        shared += truth.iter().filter(|p| lookup.closest().contains(p)).count();
        failed += lookup.stats().failed;
        millis += took.as_nanos() / 1_000_000;
    }
    println!(
        "a quarter dead: {:.3} of the true 15 alive, {:.1} failures, {} ms",
        shared as f64 / (15 * lookups) as f64,
        f64::from(failed) / lookups as f64,
        millis / lookups as u64
    );
    assert!(shared as f64 / (15 * lookups) as f64 > 0.95);
    assert!(failed > 0 && millis / lookups as u64 > 5_000, "a dead one among the closest costs a dial");
}

#[test]
fn a_provider_search_stops_at_the_wanted_number_and_reports_each_provider_once() {
    let n = 2_000;
    let keys = node_keys(n);
    let index = ServerIndex::new(all(n), &keys);
    let tables = steady_tables(&keys, &DhtConfig::default(), &Draws::new(7, 0), |_| true);
    let holders = index.closest(&target(0), 20, &keys, |_| true);
    let provided = |s: NodeId| {
        let held = holders.contains(&s);
        if held { (0..15).map(|i| NodeId(500 + i)).collect() } else { Vec::new() }
    };
    let mut lookup = Lookup::new(LookupConfig::default());
    for (wanted, found, end) in
        [(10, 10, LookupEnd::Satisfied), (0, 15, LookupEnd::Completed), (16, 15, LookupEnd::Completed)]
    {
        let kind = LookupKind::Providers { wanted };
        let ended = run_lookup(&mut lookup, (NodeId(1), kind, target(0)), &keys, &tables, |_| true, provided);
        assert_eq!((ended.0, lookup.providers().len()), (end, found), "wanted {wanted}");
        let hops = lookup.stats().hops_to_provider;
        assert!((1..=4).contains(&hops), "{hops} hops");
    }
}

/// Keys whose distance to target zero is their number: node 1 is the closest after node 0.
fn numbered(n: u64) -> Vec<Key> {
    (0..n).map(|i| Key([i << 32, 0, 0, 0])).collect()
}

fn start(config: LookupConfig, kind: LookupKind, seeds: &[u32], keys: &[Key]) -> (Lookup, Vec<LookupWish>) {
    let seeds: Vec<NodeId> = seeds.iter().map(|&s| NodeId(s)).collect();
    let (mut lookup, mut out) = (Lookup::new(config), Vec::new());
    let request = LookupRequest { kind, target: Key::default(), own: NodeId(0), seeds: &seeds, known: &[] };
    lookup.start(request, keys, &mut out);
    (lookup, out)
}

fn asks(out: &mut Vec<LookupWish>) -> Vec<u32> {
    let ask = |w: LookupWish| {
        if let LookupWish::Ask(p) = w { Some(p.0) } else { None }
    };
    out.drain(..).filter_map(ask).collect()
}

#[test]
fn the_closest_unasked_are_asked_and_at_most_alpha_at_a_time() {
    let keys = numbered(100);
    let config = LookupConfig { k: 5, alpha: 2, beta: 2 };
    let (mut lookup, mut out) = start(config, CLOSEST, &[50, 30, 40, 60], &keys);
    assert_eq!(asks(&mut out), [30, 40]);
    lookup.answered(NodeId(40), &[NodeId(20), NodeId(35), NodeId(0), NodeId(30)], &[], &keys, &mut out);
    assert_eq!(asks(&mut out), [20], "not itself, nobody twice");
    lookup.failed(NodeId(20), &keys, &mut out);
    assert_eq!(asks(&mut out), [35]);
    assert_eq!((lookup.stats().asked, lookup.stats().failed, lookup.stats().depth_max), (4, 1, 2));
}

#[test]
fn the_walk_ends_when_the_beta_closest_not_failed_have_answered_and_the_rest_of_the_k_are_asked() {
    let keys = numbered(100);
    let config = LookupConfig { k: 5, alpha: 3, beta: 2 };
    let (mut lookup, mut out) = start(config, CLOSEST, &[1, 2, 3, 4, 5, 6], &keys);
    assert_eq!(asks(&mut out), [1, 2, 3]);
    assert_eq!(lookup.failed(NodeId(1), &keys, &mut out), Standing::Walk);
    assert_eq!(asks(&mut out), [4]);
    lookup.answered(NodeId(3), &[], &[], &keys, &mut out);
    assert_eq!(asks(&mut out), [5]);
    lookup.answered(NodeId(2), &[], &[], &keys, &mut out);
    assert_eq!(
        asks(&mut out),
        [6],
        "2 and 3 have answered; 4 and 5 are under way, 6 is the last of the five"
    );
    assert_eq!(lookup.answered(NodeId(4), &[NodeId(7)], &[], &keys, &mut out), Standing::FollowUp);
    lookup.failed(NodeId(5), &keys, &mut out);
    assert!(out.is_empty());
    lookup.answered(NodeId(6), &[], &[], &keys, &mut out);
    assert_eq!(out, [LookupWish::Done(LookupEnd::Completed)]);
    let closest: Vec<u32> = lookup.closest().iter().map(|p| p.0).collect();
    assert_eq!(closest, [2, 3, 4, 5, 6], "5 failed after the walk and stays; 7 came after it");
    assert_eq!(lookup.answered(NodeId(6), &[], &[], &keys, &mut out), Standing::Late);
}

#[test]
fn a_question_under_way_to_a_peer_outside_the_k_closest_is_let_go() {
    let keys = numbered(100);
    let config = LookupConfig { k: 2, alpha: 3, beta: 2 };
    let (mut lookup, mut out) = start(config, CLOSEST, &[1, 2, 90], &keys);
    assert_eq!(asks(&mut out), [1, 2, 90]);
    lookup.answered(NodeId(1), &[], &[], &keys, &mut out);
    lookup.answered(NodeId(2), &[], &[], &keys, &mut out);
    assert_eq!(out, [LookupWish::Done(LookupEnd::Completed)]);
    assert_eq!(lookup.failed(NodeId(90), &keys, &mut out), Standing::Late);
}

#[test]
fn a_lookup_whose_peers_all_fail_ends_with_nobody_and_one_without_seeds_at_once() {
    let keys = numbered(10);
    let (mut lookup, mut out) = start(LookupConfig::default(), CLOSEST, &[3, 4], &keys);
    lookup.failed(NodeId(4), &keys, &mut out);
    out.clear();
    lookup.failed(NodeId(3), &keys, &mut out);
    assert_eq!((&out[..], lookup.closest()), (&[LookupWish::Done(LookupEnd::Completed)][..], &[][..]));
    let (_, out) = start(LookupConfig::default(), CLOSEST, &[], &keys);
    assert_eq!(out, [LookupWish::Done(LookupEnd::NoSeeds)]);
}

#[test]
fn providers_that_the_node_knows_itself_can_be_enough() {
    let keys = numbered(10);
    let (mut lookup, mut out) = (Lookup::new(LookupConfig::default()), Vec::new());
    let request = LookupRequest {
        kind: LookupKind::Providers { wanted: 1 },
        target: Key::default(),
        own: NodeId(0),
        seeds: &[NodeId(1)],
        known: &[NodeId(7), NodeId(8)],
    };
    lookup.start(request, &keys, &mut out);
    assert_eq!(out, [LookupWish::ProviderFound(NodeId(7)), LookupWish::Done(LookupEnd::Satisfied)]);
}
