//! What a table holds after it was brought up to date lazily.

mod dht_common;

use dht_common::{entity, node_keys};
use models::ids::NodeId;
use models::ipfs::dht::{DhtConfig, Key, LazyRefresh, LazyState, RoutingTable, ServerIndex};
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::time::{SimSpan, SimTime};

const UP: Domain = Domain::new("dht lazy test/up");
const N: usize = 600;

/// Every server is on-line in two of three stretches of four hours, by lot.
fn was_online(draws: &Draws, node: NodeId, at: SimTime) -> bool {
    let stretch = at.as_nanos() / SimSpan::from_hours(4).as_nanos();
    draws.word(UP, Entity(u64::from(node.0)), stretch) % 3 < 2
}

struct Fixture {
    keys: Vec<Key>,
    index: ServerIndex,
    draws: Draws,
    config: DhtConfig,
}

impl Fixture {
    fn new() -> Self {
        let keys = node_keys(N);
        let index = ServerIndex::new((0..N as u32).map(NodeId), &keys);
        Fixture { keys, index, draws: Draws::new(3, 0), config: DhtConfig::default() }
    }

    fn update(&self, table: &mut RoutingTable, state: &mut LazyState, since: SimTime, now: SimTime) {
        let lazy = LazyRefresh::new(&self.index, &self.keys, &self.draws, &self.config);
        let up = |node: NodeId, at: SimTime| was_online(&self.draws, node, at);
        lazy.bring_up_to_date(table, state, entity(table.own()), since, now, up);
    }

    /// On-line servers of a bucket's range.
    fn online(&self, own: NodeId, cpl: usize, at: SimTime) -> Vec<NodeId> {
        let shares = |s: &NodeId| {
            self.keys[own.index()].common_prefix_len(&self.keys[s.index()]) as usize == cpl && *s != own
        };
        let all = self.index.servers().iter().copied().filter(shares);
        all.filter(|s| was_online(&self.draws, *s, at)).collect()
    }
}

fn at(mins: u64) -> SimTime {
    SimTime::ZERO + SimSpan::from_mins(mins)
}

#[test]
fn the_first_use_in_a_session_fills_every_bucket_with_servers_of_that_moment() {
    let f = Fixture::new();
    for own in (0..N as u32).step_by(37).map(NodeId) {
        let (mut table, mut state) = (RoutingTable::new(own, 20), LazyState::default());
        f.update(&mut table, &mut state, at(65), at(72));
        for cpl in 0..20 {
            let (held, online) = (table.bucket(cpl), f.online(own, cpl, at(65)));
            assert_eq!(held.len(), online.len().min(20), "bucket {cpl}");
            assert!(held.iter().all(|s| online.contains(s)));
        }
    }
}

#[test]
fn nobody_offline_for_longer_than_the_grace_period_is_left_and_buckets_are_filled_again() {
    let f = Fixture::new();
    // 4 h 50 min is 50 minutes after a third of the servers went, at a tick at which buckets are walked.
    for own in (0..N as u32).step_by(41).map(NodeId) {
        let (mut table, mut state) = (RoutingTable::new(own, 20), LazyState::default());
        f.update(&mut table, &mut state, at(10), at(230));
        assert!(!table.is_empty());
        f.update(&mut table, &mut state, at(10), at(310));
        for cpl in 0..20 {
            let (held, online) = (table.bucket(cpl), f.online(own, cpl, at(310)));
            assert!(held.iter().all(|s| online.contains(s)), "bucket {cpl}");
            assert_eq!(held.len(), online.len().min(20), "bucket {cpl}");
        }
    }
}

#[test]
fn a_use_between_two_ticks_changes_nothing_and_a_new_session_starts_from_nothing() {
    let f = Fixture::new();
    let (mut table, mut state) = (RoutingTable::new(NodeId(5), 20), LazyState::default());
    f.update(&mut table, &mut state, at(0), at(31));
    let before = table.peers().to_vec();
    table.remove(before[0], &f.keys);
    f.update(&mut table, &mut state, at(0), at(39));
    assert_eq!(table.peers(), &before[1..], "what a lookup removed stays away until the next tick");
    let (mut fresh, mut fresh_state) = (RoutingTable::new(NodeId(5), 20), LazyState::default());
    f.update(&mut table, &mut state, at(700), at(705));
    f.update(&mut fresh, &mut fresh_state, at(700), at(705));
    assert_eq!(table.peers(), fresh.peers());
}

#[test]
fn every_server_of_a_range_is_drawn_equally_often() {
    let f = Fixture::new();
    let mut count = vec![0u32; N];
    let runs = 3_000;
    for run in 0..runs {
        let draws = Draws::new(77, run);
        let lazy = LazyRefresh::new(&f.index, &f.keys, &draws, &f.config);
        let (mut table, mut state) = (RoutingTable::new(NodeId(0), 20), LazyState::default());
        lazy.bootstrap(&mut table, &mut state, entity(NodeId(0)), |s| was_online(&f.draws, s, at(0)));
        table.bucket(0).iter().for_each(|s| count[s.index()] += 1);
    }
    let online = f.online(NodeId(0), 0, at(0));
    let expected = f64::from(runs) * 20.0 / online.len() as f64;
    let off = |s: &NodeId| f64::from(count[s.index()]) - expected;
    let chi_square: f64 = online.iter().map(|s| off(s) * off(s) / expected).sum();
    let freedom = (online.len() - 1) as f64;
    println!("chi-square {chi_square:.1} at {freedom} degrees of freedom");
    assert!((chi_square - freedom).abs() < 4.0 * sim_core::math::sqrt(2.0 * freedom));
}
