//! Stories of one node that announces its blocks to a network of servers that never change.

mod dht_common;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use dht_common::{node_keys, target};
use models::ids::{BlockId, NodeId};
use models::ipfs::dht::{
    AnnounceWish, Announcer, DhtConfig, Holding, Key, Keys, ProvideMode, ProvideStrategy, SendId,
    ServerIndex, WalkId,
};
use sim_core::time::{SimSpan, SimTime};

const OWN: NodeId = NodeId(0);
const ROOT: Holding = Holding { is_root: true, is_pinned: true };
const INNER: Holding = Holding { is_root: false, is_pinned: true };
const CACHED: Holding = Holding { is_root: false, is_pinned: false };

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Event {
    Wake,
    Walk(WalkId, Key),
    Sent(SendId, NodeId),
}

/// A node, the servers around it and a clock.
struct Home {
    announcer: Announcer,
    nodes: Vec<Key>,
    blocks: Vec<Key>,
    index: ServerIndex,
    walk: SimSpan,
    now: SimTime,
    queue: BinaryHeap<Reverse<(SimTime, u64, Event)>>,
    pushed: u64,
    /// When each server last got each record.
    records: BTreeMap<(BlockId, NodeId), SimTime>,
    announced: Vec<(BlockId, u16)>,
    walks_open: usize,
    walks_open_max: usize,
    reachable: fn(NodeId) -> bool,
}

impl Home {
    fn new(config: &DhtConfig, servers: usize, blocks: usize, walk: SimSpan) -> Self {
        let nodes = node_keys(servers + 1);
        let index = ServerIndex::new((1..=servers as u32).map(NodeId), &nodes);
        Home {
            announcer: Announcer::new(OWN, config),
            nodes,
            blocks: (0..blocks).map(target).collect(),
            index,
            walk,
            now: SimTime::ZERO,
            queue: BinaryHeap::new(),
            pushed: 0,
            records: BTreeMap::new(),
            announced: Vec::new(),
            walks_open: 0,
            walks_open_max: 0,
            reachable: |_| true,
        }
    }

    fn step(&mut self, act: impl FnOnce(&mut Announcer, SimTime, Keys<'_>, &mut Vec<AnnounceWish>)) {
        let mut out = Vec::new();
        act(&mut self.announcer, self.now, Keys { nodes: &self.nodes, blocks: &self.blocks }, &mut out);
        for wish in out {
            match wish {
                AnnounceWish::StartWalk { walk, target } => {
                    self.walks_open += 1;
                    self.walks_open_max = self.walks_open_max.max(self.walks_open);
                    self.push(self.now + self.walk, Event::Walk(walk, target));
                }
                AnnounceWish::SendRecords { send, to } => {
                    self.push(self.now + SimSpan::from_secs(1), Event::Sent(send, to));
                }
                AnnounceWish::WakeAt(at) => self.push(at, Event::Wake),
                AnnounceWish::Announced { block, stored } => self.announced.push((block, stored)),
            }
        }
    }

    fn push(&mut self, at: SimTime, event: Event) {
        self.pushed += 1;
        self.queue.push(Reverse((at, self.pushed, event)));
    }

    fn add(&mut self, blocks: std::ops::Range<u32>, holding: Holding) {
        for block in blocks {
            self.step(|a, now, keys, out| a.added(BlockId(block), holding, now, keys, out));
        }
    }

    fn come_online(&mut self) {
        self.step(|a, now, keys, out| a.came_online(now, keys, out));
    }

    fn go_offline(&mut self) {
        self.step(|a, _, keys, _| a.went_offline(keys));
    }

    fn run_until(&mut self, end: SimTime) {
        while let Some(Reverse((at, _, _))) = self.queue.peek()
            && *at <= end
        {
            let Reverse((at, _, event)) = self.queue.pop().expect("just seen");
            self.now = at;
            match event {
                Event::Wake => self.step(|a, now, keys, out| a.tick(now, keys, out)),
                Event::Walk(walk, target) => {
                    self.walks_open -= 1;
                    let closest = self.index.closest(&target, 20, &self.nodes, |_| true);
                    self.step(|a, now, keys, out| a.walk_done(walk, &closest, now, keys, out));
                }
                Event::Sent(send, to) => {
                    let ok = (self.reachable)(to);
                    if ok {
                        for &block in self.announcer.records(send) {
                            self.records.insert((block, to), self.now);
                        }
                    }
                    self.step(|a, now, keys, out| a.sent(send, ok, now, keys, out));
                }
            }
        }
        self.now = end;
    }

    fn run_hours(&mut self, hours: u64) {
        self.run_until(self.now + SimSpan::from_hours(hours));
    }

    /// Servers whose record of `block` is younger than 48 h.
    fn holders(&self, block: u32) -> Vec<NodeId> {
        let of_block = self.records.range((BlockId(block), NodeId(0))..(BlockId(block + 1), NodeId(0)));
        of_block
            .filter(|(_, at)| self.now.since(**at) <= SimSpan::from_hours(48))
            .map(|((_, s), _)| *s)
            .collect()
    }

    fn findable(&self) -> usize {
        (0..self.blocks.len() as u32).filter(|b| !self.holders(*b).is_empty()).count()
    }
}

fn config(mode: ProvideMode) -> DhtConfig {
    DhtConfig { provide_mode: mode, ..DhtConfig::default() }
}

#[test]
fn a_root_is_announced_at_once_and_the_rest_waits_for_one_of_16_workers() {
    let mut home = Home::new(&config(ProvideMode::Classic), 200, 100, SimSpan::from_secs(10));
    home.come_online();
    home.add(1..100, INNER);
    assert_eq!((home.walks_open, home.announcer.queued()), (16, 83));
    home.add(0..1, ROOT);
    assert_eq!((home.walks_open, home.announcer.queued()), (17, 83));
    home.run_until(home.now + SimSpan::from_secs(12));
    assert_eq!(home.holders(0).len(), 20);
    home.run_hours(1);
    assert_eq!((home.announced.len(), home.walks_open_max, home.findable()), (100, 17, 100));
    assert!(home.announced.iter().all(|(_, stored)| *stored == 20));
}

#[test]
fn the_strategy_decides_what_can_be_found() {
    for mode in [ProvideMode::Classic, ProvideMode::Sweep] {
        for (strategy, findable) in
            [(ProvideStrategy::All, 12), (ProvideStrategy::Pinned, 8), (ProvideStrategy::Roots, 1)]
        {
            let config = DhtConfig { provide_strategy: strategy, ..config(mode) };
            let mut home = Home::new(&config, 100, 12, SimSpan::from_secs(1));
            home.come_online();
            home.add(0..1, ROOT);
            home.add(1..8, INNER);
            home.add(8..12, CACHED);
            home.run_hours(1);
            assert_eq!(home.findable(), findable, "{mode:?} {strategy:?}");
        }
    }
}

#[test]
fn record_cliff_a_classic_pass_longer_than_48_hours_loses_records_and_a_sweep_does_not() {
    // 12 min a key stand for more keys of 12 s: 300 keys take 60 h, one after the other.
    let walk = SimSpan::from_mins(12);
    let run = |config: &DhtConfig| {
        let mut home = Home::new(config, 300, 300, walk);
        home.come_online();
        home.add(0..300, INNER);
        home.run_hours(24);
        assert_eq!(home.findable(), 300, "all are announced in time at first");
        home.run_hours(24 * 7);
        let findable: Vec<usize> = (0..20)
            .map(|_| {
                home.run_hours(5);
                home.findable()
            })
            .collect();
        println!("{:?}, {} for a pass: {findable:?}", config.provide_mode, config.reprovide_workers);
        (findable, home.announcer.stats())
    };
    let (classic, _) = run(&config(ProvideMode::Classic));
    assert!(classic.iter().all(|f| (220..260).contains(f)), "a key is known for 48 h of 60");
    let wide = DhtConfig { reprovide_workers: 16, ..config(ProvideMode::Classic) };
    assert!(run(&wide).0.iter().all(|f| *f == 300), "with 16 at a time a pass takes 4 h");
    let (sweep, stats) = run(&config(ProvideMode::Sweep));
    assert!(sweep.iter().all(|f| *f == 300));
    assert!(stats.walks * 4 < stats.provided + stats.reprovided, "{stats:?}");
}

#[test]
fn a_sweep_places_every_record_at_the_20_closest_servers_with_few_walks() {
    let mut home = Home::new(&config(ProvideMode::Sweep), 500, 2_000, SimSpan::from_secs(2));
    home.add(0..2_000, INNER);
    home.come_online();
    home.run_hours(2);
    assert_eq!((home.announced.len(), home.announcer.queued()), (2_000, 0));
    for block in 0..2_000 {
        let mut expected = home.index.closest(&home.blocks[block as usize], 20, &home.nodes, |_| true);
        expected.sort();
        assert_eq!(home.holders(block), expected, "block {block}");
    }
    let first = home.announcer.stats();
    println!("2,000 keys, 500 servers: {first:?}");
    assert!(first.walks < 150, "{} walks", first.walks);
    home.run_hours(24 * 5);
    let reprovided = home.announcer.stats().reprovided;
    assert!((2_000 * 5..=2_000 * 6).contains(&reprovided), "{reprovided} in 122 h at 22 h each");
    assert_eq!(home.findable(), 2_000);
}

#[test]
fn a_new_key_of_a_sweep_goes_out_soon_and_is_announced_again_in_its_regions_hour() {
    let mut home = Home::new(&config(ProvideMode::Sweep), 200, 3, SimSpan::from_secs(5));
    home.come_online();
    home.run_hours(1);
    home.add(0..1, ROOT);
    home.add(1..3, INNER);
    home.run_until(home.now + SimSpan::from_secs(30));
    assert_eq!(home.announced.len(), 3);
    assert_eq!([0, 1, 2].map(|b| home.holders(b).len()), [20; 3]);
    home.run_hours(22);
    let again = home.announcer.stats().reprovided;
    assert!((3..=6).contains(&again), "{again}: once, or twice if the hour came soon after");
}

#[test]
fn after_days_offline_both_modes_announce_everything_again_at_the_start() {
    for mode in [ProvideMode::Classic, ProvideMode::Sweep] {
        let mut home = Home::new(&config(mode), 200, 60, SimSpan::from_secs(5));
        home.come_online();
        home.add(0..60, INNER);
        home.run_hours(30);
        home.go_offline();
        home.run_hours(60);
        assert_eq!(home.findable(), 0, "{mode:?}: every record has expired");
        home.come_online();
        home.run_until(home.now + SimSpan::from_mins(20));
        assert_eq!(home.findable(), 60, "{mode:?}");
    }
}

#[test]
fn a_short_absence_does_not_make_a_node_announce_everything_again() {
    for mode in [ProvideMode::Classic, ProvideMode::Sweep] {
        let mut home = Home::new(&config(mode), 200, 60, SimSpan::from_secs(5));
        home.come_online();
        home.add(0..60, INNER);
        home.run_hours(2);
        let before = home.announcer.stats();
        home.go_offline();
        home.run_until(home.now + SimSpan::from_mins(10));
        home.come_online();
        home.run_until(home.now + SimSpan::from_mins(5));
        assert_eq!(home.announcer.stats().reprovided, before.reprovided, "{mode:?}");
    }
}

#[test]
fn what_was_under_way_when_the_node_went_offline_is_queued_again_and_old_outcomes_are_ignored() {
    for mode in [ProvideMode::Classic, ProvideMode::Sweep] {
        let mut home = Home::new(&config(mode), 200, 40, SimSpan::from_secs(20));
        home.come_online();
        home.run_until(home.now + SimSpan::from_secs(30));
        home.add(0..40, INNER);
        home.run_until(home.now + SimSpan::from_secs(10));
        home.go_offline();
        home.run_until(home.now + SimSpan::from_mins(10));
        assert!(home.announced.is_empty() && home.announcer.queued() == 40, "{mode:?}");
        home.come_online();
        home.run_hours(1);
        assert_eq!((home.findable(), home.announcer.queued()), (40, 0), "{mode:?}");
    }
}

#[test]
fn a_removed_block_is_forgotten_by_the_network_after_48_hours() {
    for mode in [ProvideMode::Classic, ProvideMode::Sweep] {
        let mut home = Home::new(&config(mode), 200, 10, SimSpan::from_secs(5));
        home.come_online();
        home.add(0..10, INNER);
        home.run_hours(23);
        home.step(|a, _, keys, _| a.removed(BlockId(3), keys));
        home.run_hours(72);
        assert_eq!((home.findable(), home.announcer.keys()), (9, 9), "{mode:?}");
    }
}

#[test]
fn a_sweep_that_reaches_hardly_anybody_tries_again() {
    let mut home = Home::new(&config(ProvideMode::Sweep), 200, 50, SimSpan::from_secs(5));
    home.reachable = |_| false;
    home.come_online();
    home.add(0..50, INNER);
    home.run_until(SimTime::ZERO + SimSpan::from_mins(30));
    assert_eq!((home.findable(), home.announced.len()), (0, 0));
    home.reachable = |_| true;
    home.run_until(home.now + SimSpan::from_mins(10));
    assert_eq!((home.findable(), home.announced.len()), (50, 50));
}
