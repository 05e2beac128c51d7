//! Stories of a cluster whose nodes fetch whatever they are told, after a time that the story sets.

use super::{Cluster, ClusterConfig, Context, Factor, Holder, Slot, View, Wish};
use crate::ids::ObjectId;
use sim_core::draws::{Draws, Entity};
use sim_core::time::{SimSpan, SimTime};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes and content of a story.
pub(super) struct Nodes {
    pub(super) pinned: BTreeSet<(Slot, ObjectId)>,
    pub(super) free: Vec<u64>,
    pub(super) regions: Vec<u16>,
    pub(super) lost: BTreeSet<ObjectId>,
    pub(super) cids: Vec<String>,
    pub(super) delay: SimSpan,
}

impl View for Nodes {
    fn is_pinned(&self, slot: Slot, object: ObjectId) -> bool {
        self.pinned.contains(&(slot, object))
    }

    fn free(&self, slot: Slot) -> u64 {
        self.free[slot.index()]
    }

    fn region(&self, slot: Slot) -> u16 {
        self.regions[slot.index()]
    }

    fn delay(&self, _: Slot, _: Slot) -> SimSpan {
        self.delay
    }

    fn can_come(&self, object: ObjectId) -> bool {
        !self.lost.contains(&object)
    }

    fn cid(&self, object: ObjectId) -> &str {
        &self.cids[object.index()]
    }

    fn entity(&self, slot: Slot) -> Entity {
        Entity::named("peers").member(u64::from(slot.0))
    }
}

/// What happens to a cluster from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// A process starts on machine number `life`.
    Up(u32, u32),
    Down(u32),
    Pin(u32),
    /// A node's free space becomes this.
    Free(u32, u64),
}

/// A cluster and its nodes.
pub(super) struct Story {
    pub(super) config: ClusterConfig,
    pub(super) nodes: Nodes,
    pub(super) cluster: Cluster,
    pub(super) now: SimTime,
    pub(super) draws: Draws,
    /// How long a node takes to fetch and pin; it never does when absent.
    pub(super) fetch_time: Option<SimSpan>,
    fetches: BTreeMap<(Slot, ObjectId), SimTime>,
    lives: BTreeMap<u32, u32>,
    /// Changes of allocations: when, of what, to whom.
    pub(super) log: Vec<(SimTime, ObjectId, Vec<Holder>)>,
    /// Every wish, in order.
    pub(super) wishes: Vec<(SimTime, Wish)>,
    pub(super) wakes: u64,
}

pub(super) fn secs(secs: u64) -> SimSpan {
    SimSpan::from_secs(secs)
}

pub(super) fn at(after: u64) -> SimTime {
    SimTime::ZERO + secs(after)
}

pub(super) fn factor(min: u32, max: u32) -> Option<Factor> {
    Some(Factor { min, max })
}

/// A cluster that repins, of `peers` peers that are up from the start.
pub(super) fn healing(min: u32, max: u32, peers: u32) -> Story {
    let config = ClusterConfig { factor: factor(min, max), disable_repinning: false, ..Default::default() };
    Story::new(config, peers)
}

impl Story {
    pub(super) fn new(config: ClusterConfig, peers: u32) -> Self {
        let mut story = Story::vacant(config, peers);
        (0..peers).for_each(|slot| story.act(Act::Up(slot, 0)));
        story
    }

    pub(super) fn vacant(config: ClusterConfig, peers: u32) -> Self {
        let nodes = Nodes {
            pinned: BTreeSet::new(),
            free: vec![1_000; peers as usize],
            regions: vec![0; peers as usize],
            lost: BTreeSet::new(),
            cids: (0..64).map(|number| format!("bafy{number}")).collect(),
            delay: SimSpan::from_millis(20),
        };
        Story {
            cluster: Cluster::new(peers, &config),
            config,
            nodes,
            now: SimTime::ZERO,
            draws: Draws::new(5, 0),
            fetch_time: Some(secs(10)),
            fetches: BTreeMap::new(),
            lives: BTreeMap::new(),
            log: Vec::new(),
            wishes: Vec::new(),
            wakes: 0,
        }
    }

    fn step(&mut self, step: impl FnOnce(&mut Cluster, &mut Context<'_, Nodes>)) {
        let before: BTreeMap<ObjectId, Vec<Holder>> = self.allocations();
        let mut out = Vec::new();
        let Story { config, nodes, now, draws, .. } = self;
        step(&mut self.cluster, &mut Context { now: *now, config, draws, view: nodes, out: &mut out });
        for (object, holders) in self.allocations() {
            if before.get(&object) != Some(&holders) {
                self.log.push((self.now, object, holders));
            }
        }
        for wish in out {
            self.wishes.push((self.now, wish));
            match wish {
                Wish::Fetch { slot, object, .. } => {
                    let done = self.fetch_time.map_or(SimTime::NEVER, |time| self.now + time);
                    self.fetches.insert((slot, object), done);
                }
                Wish::Stop { slot, object } => {
                    self.fetches.remove(&(slot, object));
                }
                Wish::Unpin { slot, object } => {
                    self.nodes.pinned.remove(&(slot, object));
                }
            }
        }
        let mut broken = Vec::new();
        self.cluster.check(&self.config, &mut broken);
        assert!(broken.is_empty(), "{broken:?}");
    }

    fn allocations(&self) -> BTreeMap<ObjectId, Vec<Holder>> {
        self.cluster.pins().map(|object| (object, self.cluster.allocations(object).to_vec())).collect()
    }

    /// Something happens now.
    pub(super) fn act(&mut self, act: Act) {
        match act {
            Act::Up(slot, life) => {
                if self.lives.insert(slot, life).is_some_and(|before| before != life) {
                    self.nodes.pinned.retain(|(pinned, _)| *pinned != Slot(slot));
                }
                self.step(|cluster, context| cluster.peer_up(Slot(slot), life, context));
            }
            Act::Down(slot) => self.step(|cluster, context| cluster.peer_down(Slot(slot), context)),
            Act::Pin(object) => self.step(|cluster, context| cluster.pin(ObjectId(object), context)),
            Act::Free(slot, free) => {
                self.step(|cluster, context| cluster.disk_changes(Slot(slot), context));
                self.nodes.free[slot as usize] = free;
            }
        }
    }

    /// Lets time pass.
    pub(super) fn until(&mut self, end: SimTime) {
        loop {
            let fetched =
                self.fetches.iter().min_by_key(|(_, done)| **done).map(|(&what, &done)| (done, what));
            let wake = self.cluster.next_wake();
            let next = wake.min(fetched.map_or(SimTime::NEVER, |(done, _)| done));
            if next > end || next == SimTime::NEVER {
                self.now = end;
                return;
            }
            self.now = next;
            match fetched {
                Some((done, (slot, object))) if done == next => {
                    self.fetches.remove(&(slot, object));
                    self.nodes.pinned.insert((slot, object));
                    self.step(|cluster, context| cluster.pinned(slot, object, context));
                }
                _ => {
                    self.wakes += 1;
                    self.step(|cluster, context| cluster.wake(context));
                }
            }
        }
    }

    /// Slots that have an object pinned.
    pub(super) fn pinned(&self, object: u32) -> Vec<u32> {
        self.nodes
            .pinned
            .iter()
            .filter(|(_, pinned)| *pinned == ObjectId(object))
            .map(|(slot, _)| slot.0)
            .collect()
    }

    /// Slots that an object is allocated to.
    pub(super) fn allocated(&self, object: u32) -> BTreeSet<u32> {
        self.cluster.allocations(ObjectId(object)).iter().map(|holder| holder.slot.0).collect()
    }

    /// Fetches that began, with when and where.
    pub(super) fn fetched(&self) -> Vec<(SimTime, u32)> {
        let fetch = |&(at, wish): &(SimTime, Wish)| match wish {
            Wish::Fetch { slot, .. } => Some((at, slot.0)),
            _ => None,
        };
        self.wishes.iter().filter_map(fetch).collect()
    }
}

#[test]
fn by_default_a_pin_is_on_every_peer_and_a_new_one_takes_it_too() {
    let mut story = Story::vacant(ClusterConfig::default(), 4);
    (0..3).for_each(|slot| story.act(Act::Up(slot, 0)));
    story.act(Act::Pin(0));
    story.until(at(100));
    assert_eq!(story.pinned(0), [0, 1, 2]);
    story.act(Act::Up(3, 0));
    story.until(at(300));
    assert_eq!(story.pinned(0), [0, 1, 2, 3]);
    let (joined, _) = *story.fetched().last().expect("it fetched");
    assert!(joined > at(100) && joined <= at(161), "by the next announcement of heads: {joined}");
}

#[test]
fn with_repinning_off_a_peer_that_goes_keeps_its_allocation_and_nobody_steps_in() {
    let config = ClusterConfig { factor: factor(2, 2), ..Default::default() };
    let mut story = Story::new(config, 4);
    story.act(Act::Pin(0));
    story.until(at(60));
    let before = story.allocated(0);
    story.act(Act::Down(*before.first().expect("two")));
    let wakes = story.wakes;
    story.until(at(10 * 86_400));
    assert_eq!((story.allocated(0), story.fetched().len()), (before, 2));
    assert!(story.wakes - wakes <= 4, "{} wake-ups in ten days", story.wakes - wakes);
}

#[test]
fn with_repinning_on_the_silence_is_noticed_within_45_seconds_and_one_other_peer_steps_in() {
    let mut story = healing(2, 2, 5);
    story.act(Act::Pin(0));
    story.until(at(3_600));
    let gone = *story.allocated(0).first().expect("two");
    story.act(Act::Down(gone));
    story.until(at(7_200));
    let (when, _, _) = *story.log.last().expect("allocated anew");
    // The last ping was up to 15 s old, counted for 30 s, and looks come every 15 s.
    assert!(when > at(3_615) && when <= at(3_645), "{when}");
    assert!(!story.allocated(0).contains(&gone) && story.allocated(0).len() == 2);
    assert_eq!((story.fetched().len(), story.cluster.stats().repins), (3, 1));
    assert_eq!(story.cluster.stats().detection, when.since(at(3_600)));
}

#[test]
fn at_the_least_factor_nothing_is_done_and_below_it_the_greatest_is_sought() {
    let mut story = healing(2, 3, 6);
    story.act(Act::Pin(0));
    story.until(at(3_600));
    let holders: Vec<u32> = story.allocated(0).into_iter().collect();
    story.act(Act::Down(holders[0]));
    story.until(at(7_200));
    assert_eq!(story.allocated(0).into_iter().collect::<Vec<_>>(), holders, "two are enough");
    story.act(Act::Down(holders[1]));
    story.until(at(10_800));
    let now = story.allocated(0);
    assert_eq!((now.len(), now.contains(&holders[2])), (3, true));
    assert!(!now.contains(&holders[0]) && !now.contains(&holders[1]));
}

#[test]
fn a_holder_that_comes_back_in_time_keeps_its_pin_and_one_that_is_late_unpins_it() {
    let mut story = healing(2, 2, 4);
    story.act(Act::Pin(0));
    story.until(at(3_600));
    let gone = *story.allocated(0).first().expect("two");
    story.act(Act::Down(gone));
    story.until(at(3_610));
    story.act(Act::Up(gone, 0));
    story.until(at(7_200));
    assert_eq!((story.allocated(0).contains(&gone), story.fetched().len()), (true, 2));
    story.act(Act::Down(gone));
    story.until(at(7_300));
    assert_eq!(story.pinned(0).len(), 3, "its disk is kept");
    story.act(Act::Up(gone, 0));
    story.until(at(7_400));
    assert_eq!(story.pinned(0).into_iter().collect::<BTreeSet<_>>(), story.allocated(0));
    assert!(!story.allocated(0).contains(&gone));
}

#[test]
fn a_replacement_is_another_peer_and_inherits_no_allocation() {
    let config = ClusterConfig { factor: factor(2, 2), ..Default::default() };
    let mut story = Story::new(config, 2);
    story.act(Act::Pin(0));
    story.until(at(60));
    story.act(Act::Down(0));
    story.until(at(70));
    story.act(Act::Up(0, 1));
    story.until(at(86_400));
    assert_eq!((story.pinned(0), story.fetched().len()), (vec![1], 2));
    assert_eq!(story.cluster.allocations(ObjectId(0)).iter().filter(|holder| holder.life == 1).count(), 0);
}

#[test]
fn without_enough_peers_nothing_is_allocated_and_every_75_minutes_it_is_tried_again() {
    let mut story = healing(2, 2, 2);
    story.act(Act::Pin(0));
    story.until(at(3_600));
    story.act(Act::Down(0));
    story.until(at(3_700));
    assert_eq!((story.allocated(0).len(), story.cluster.stats().refused), (2, 1), "one peer is left");
    story.act(Act::Up(0, 1));
    // The replacement could take the pin, but the silence was noticed already: again after 300 looks.
    story.until(at(3_645 + 300 * 15 - 31));
    assert_eq!(story.fetched().len(), 2);
    story.until(at(3_645 + 300 * 15));
    assert_eq!((story.fetched().len(), story.cluster.stats().repins), (3, 1));
    assert!(story.cluster.allocations(ObjectId(0)).contains(&Holder { slot: Slot(0), life: 1 }));
}

#[test]
fn a_peer_that_never_heard_the_silent_one_notices_nothing() {
    let mut story = healing(1, 1, 2);
    story.nodes.free = vec![9, 5];
    story.act(Act::Pin(0));
    story.until(at(3_600));
    assert_eq!(story.pinned(0), [0]);
    story.act(Act::Down(1));
    story.act(Act::Down(0));
    story.until(at(3_640));
    story.act(Act::Up(1, 0));
    story.until(at(86_400));
    assert_eq!(
        story.allocated(0).into_iter().collect::<Vec<_>>(),
        [0],
        "its monitor began after the last ping"
    );
}

#[test]
fn a_pin_without_progress_fails_after_two_minutes_and_is_tried_at_every_recovery() {
    let config = ClusterConfig { factor: factor(1, 1), ..Default::default() };
    let mut story = Story::new(config, 1);
    story.fetch_time = None;
    story.act(Act::Pin(0));
    story.until(at(3_600));
    let tries = story.fetched();
    let stops: Vec<SimTime> = story
        .wishes
        .iter()
        .filter(|(_, wish)| matches!(wish, Wish::Stop { .. }))
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(stops[0], at(120));
    assert_eq!(stops[1].since(tries[1].0), secs(120));
    assert!(tries[1].0 > at(120) && tries[1].0 <= at(120 + 720), "{:?}", tries[1]);
    assert_eq!(tries[2].0.since(tries[1].0), secs(720), "recoveries keep their rhythm");
    assert_eq!(story.cluster.stats().timed_out, stops.len() as u64);
}

#[test]
fn progress_puts_the_time_out_off_to_the_next_look() {
    let config = ClusterConfig { factor: factor(1, 1), ..Default::default() };
    let mut story = Story::new(config, 1);
    story.fetch_time = None;
    story.act(Act::Pin(0));
    story.until(at(30));
    story.cluster.progress(Slot(0), ObjectId(0), at(30));
    story.until(at(239));
    assert_eq!(story.cluster.stats().timed_out, 0, "at 120 s the last block is 90 s old");
    story.until(at(240));
    assert_eq!(story.cluster.stats().timed_out, 1);
}

#[test]
fn a_pin_that_can_never_come_costs_nothing() {
    let config = ClusterConfig { factor: factor(1, 1), ..Default::default() };
    let mut story = Story::new(config, 1);
    story.nodes.lost.insert(ObjectId(0));
    story.act(Act::Pin(0));
    story.until(at(30 * 86_400));
    assert!(story.fetched().is_empty() && story.wakes <= 2, "{} wake-ups", story.wakes);
}

#[test]
fn more_than_ten_pins_wait_their_turn() {
    let config = ClusterConfig { factor: factor(1, 1), ..Default::default() };
    let mut story = Story::new(config, 1);
    (0..25).for_each(|object| story.act(Act::Pin(object)));
    let begun: Vec<SimTime> = {
        story.until(at(100));
        story.fetched().iter().map(|(at, _)| *at).collect()
    };
    let of = |when: u64| begun.iter().filter(|begun| **begun == at(when)).count();
    assert_eq!((of(0), of(10), of(20)), (10, 10, 5));
}

#[test]
fn pins_of_one_moment_go_where_the_space_was_at_the_last_report() {
    let config = ClusterConfig { factor: factor(1, 1), ..Default::default() };
    let mut story = Story::new(config, 3);
    story.nodes.free = vec![500, 900, 700];
    story.until(at(60));
    story.act(Act::Free(1, 100));
    story.act(Act::Pin(0));
    assert_eq!(story.allocated(0).into_iter().collect::<Vec<_>>(), [1], "nobody has heard of it yet");
    story.until(at(80));
    story.act(Act::Pin(1));
    assert_eq!(story.allocated(1).into_iter().collect::<Vec<_>>(), [2], "15 s later everybody has");
}

#[test]
fn smaller_factors_drop_the_surplus_and_it_is_unpinned() {
    let config = ClusterConfig {
        factor: factor(3, 4),
        change: Some((at(600), Factor { min: 1, max: 2 })),
        ..Default::default()
    };
    let mut story = Story::new(config, 5);
    story.act(Act::Pin(0));
    story.until(at(599));
    assert_eq!((story.pinned(0).len(), story.allocated(0).len()), (4, 4));
    story.until(at(700));
    assert_eq!((story.pinned(0).len(), story.allocated(0).len()), (2, 2));
    assert_eq!(story.pinned(0).into_iter().collect::<BTreeSet<_>>(), story.allocated(0));
}

#[test]
fn an_expired_pin_is_unpinned_at_a_state_sync() {
    let config =
        ClusterConfig { factor: factor(2, 2), expire_after: Some(secs(3_600)), ..Default::default() };
    let mut story = Story::new(config, 4);
    story.act(Act::Pin(0));
    story.until(at(3_599));
    assert_eq!(story.pinned(0).len(), 2);
    story.until(at(3_600 + 301));
    assert!(story.pinned(0).is_empty() && story.cluster.pins().next().is_none());
    let (when, _) = *story.wishes.last().expect("unpinned");
    assert!(when > at(3_600), "{when}");
}

#[test]
fn a_client_asks_again_until_there_are_peers() {
    let config = ClusterConfig { factor: factor(2, 2), ..Default::default() };
    let mut story = Story::vacant(config, 2);
    story.act(Act::Up(0, 0));
    story.act(Act::Pin(0));
    story.until(at(130));
    assert!(story.allocated(0).is_empty() && story.cluster.stats().refused == 3);
    story.act(Act::Up(1, 0));
    story.until(at(180));
    assert_eq!(story.allocated(0).len(), 2);
}
