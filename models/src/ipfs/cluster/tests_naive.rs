//! The cluster against a version that does everything the slow way: every ping and report is received and kept by every
//! monitor, every monitor looks at all it has at every look, every peer that knows the state announces it every minute.
//! Allocations must change at the same nanosecond, of the same pins, to the same peers.

use super::allocate::{Allocation, Candidate, allocate};
use super::clock::Clock;
use super::machine::{AGE, AGE_MAX, LUCK};
use super::members::{Place, place_of};
use super::tests::{Act, Story, at, factor, secs};
use super::{ClusterConfig, Holder, Slot, View};
use crate::ids::ObjectId;
use sim_core::dist;
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::time::{SimSpan, SimTime};
use std::collections::BTreeMap;

/// What a monitor has of somebody.
#[derive(Clone, Copy)]
struct Metric {
    expires: SimTime,
    free: u64,
    place: Place,
    /// Looks at which it had run out.
    failed: u32,
}

struct Peer {
    holder: Holder,
    clock: Clock,
    place: Place,
    known_at: SimTime,
    pings: BTreeMap<Holder, Metric>,
    reports: BTreeMap<Holder, Metric>,
}

struct Naive {
    config: ClusterConfig,
    draws: Draws,
    delay: SimSpan,
    cids: Vec<String>,
    entities: Vec<Entity>,
    up: BTreeMap<u32, Peer>,
    free: Vec<u64>,
    pins: BTreeMap<ObjectId, (Vec<Holder>, u64)>,
    log: Vec<(SimTime, ObjectId, Vec<Holder>)>,
    asks: Vec<(SimTime, ObjectId)>,
}

impl Naive {
    fn act(&mut self, act: Act, now: SimTime) {
        match act {
            Act::Up(slot, life) => self.peer_up(slot, life, now),
            Act::Down(slot) => {
                self.up.remove(&slot);
            }
            Act::Pin(object) => self.ask(ObjectId(object), now),
            Act::Free(slot, free) => self.free[slot as usize] = free,
        }
    }

    fn peer_up(&mut self, slot: u32, life: u32, now: SimTime) {
        let entity = self.entities[slot as usize];
        let name = [self.draws.run_seed(), entity.0, u64::from(life)].map(u64::to_be_bytes).concat();
        let (mut clock, mut known_at) = (Clock::started(now), SimTime::NEVER);
        if now == SimTime::ZERO {
            let age = dist::below(&mut self.draws.at(AGE, entity, 0), AGE_MAX.as_nanos());
            (clock, known_at) = (Clock::running_for(SimSpan::from_nanos(age)), now);
        }
        let peer = Peer {
            holder: Holder { slot: Slot(slot), life },
            clock,
            place: place_of(&name),
            known_at,
            pings: BTreeMap::new(),
            reports: BTreeMap::new(),
        };
        self.up.insert(slot, peer);
        self.speak(slot, now, true, true);
    }

    /// A peer's ping or report reaches every monitor.
    fn speak(&mut self, slot: u32, now: SimTime, pings: bool, reports: bool) {
        let (holder, place, free) = (self.up[&slot].holder, self.up[&slot].place, self.free[slot as usize]);
        let metric = |ttl| Metric { expires: now + ttl, free, place, failed: 0 };
        for peer in self.up.values_mut() {
            if pings {
                peer.pings.insert(holder, metric(self.config.ping_ttl()));
            }
            if reports {
                peer.reports.insert(holder, metric(self.config.metric_ttl));
            }
        }
    }

    fn look(&mut self, slot: u32, now: SimTime) {
        let peer = self.up.get_mut(&slot).expect("it is up");
        let mut alerts = Vec::new();
        for (&holder, metric) in &mut peer.pings {
            if now > metric.expires {
                metric.failed += 1;
                if metric.failed == 1 {
                    alerts.push(holder);
                }
                if metric.failed == 300 {
                    metric.failed = 0;
                }
            }
        }
        for silent in alerts {
            if self.up[&slot].known_at <= now {
                self.alert(slot, silent, now);
            }
        }
    }

    fn alert(&mut self, slot: u32, silent: Holder, now: SimTime) {
        let objects: Vec<ObjectId> = self.pins.keys().copied().collect();
        for object in objects {
            let peer = &self.up[&slot];
            let place = place_of(self.cids[object.index()].as_bytes());
            let far = |other: &Place| std::array::from_fn::<u8, 32, _>(|i| other[i] ^ place[i]);
            let valid = |(holder, metric): &(&Holder, &Metric)| now <= metric.expires && **holder != silent;
            let others = peer.pings.iter().filter(valid).map(|(_, metric)| &metric.place);
            let is_closest = others.into_iter().all(|other| far(&peer.place) <= far(other));
            if self.pins[&object].0.contains(&silent) && is_closest {
                self.allocate(slot, object, Some(silent), now);
            }
        }
    }

    fn ask(&mut self, object: ObjectId, now: SimTime) {
        let first = self.up.iter().find(|(_, peer)| peer.known_at <= now).map(|(&slot, _)| slot);
        if !first.is_some_and(|slot| self.allocate(slot, object, None, now)) {
            self.asks.push((now + secs(60), object));
        }
    }

    fn allocate(&mut self, slot: u32, object: ObjectId, except: Option<Holder>, now: SimTime) -> bool {
        let (present, writes) = self.pins.get(&object).cloned().unwrap_or_default();
        let (mut current, mut candidates) = (Vec::new(), Vec::new());
        for (&holder, metric) in &self.up[&slot].reports {
            if now > metric.expires || Some(holder) == except {
                continue;
            }
            let entity = self.entities[holder.slot.index()].member(u64::from(holder.life));
            let luck = self.draws.word(LUCK, entity.member(u64::from(object.0)), writes);
            let candidate = Candidate { holder, tag: 0, free: metric.free, luck };
            if present.contains(&holder) { current.push(candidate) } else { candidates.push(candidate) }
        }
        match allocate(self.config.factor.expect("given"), current, candidates, false) {
            Allocation::NotEnough => false,
            Allocation::Keep => true,
            Allocation::New(holders) => {
                if holders != present {
                    self.log.push((now, object, holders.clone()));
                }
                self.pins.insert(object, (holders, writes + 1));
                true
            }
        }
    }

    /// The next tick of a loop of a peer after an instant.
    fn next(&self, now: SimTime) -> SimTime {
        let c = &self.config;
        let loops = [c.ping_interval, c.informer_interval(), c.check_interval, c.rebroadcast_interval];
        let of_peer = |peer: &Peer| loops.map(|every| peer.clock.next(now, every));
        let ticks = self.up.values().flat_map(of_peer);
        ticks.chain(self.asks.iter().map(|(at, _)| *at)).min().unwrap_or(SimTime::NEVER)
    }

    /// Everything that comes round at an instant.
    fn tick(&mut self, now: SimTime) {
        let c = self.config.clone();
        let slots: Vec<u32> = self.up.keys().copied().collect();
        for &slot in &slots {
            let due = |every: SimSpan| self.up[&slot].clock.last(now, every) == now;
            let (pings, reports, announces) =
                (due(c.ping_interval), due(c.informer_interval()), due(c.rebroadcast_interval));
            self.speak(slot, now, pings, reports);
            if announces && self.up[&slot].known_at <= now {
                let heard = now + self.delay.saturating_mul(3);
                for peer in self.up.values_mut() {
                    peer.known_at = peer.known_at.min(heard);
                }
            }
        }
        for &slot in &slots {
            if self.up[&slot].clock.last(now, c.check_interval) == now {
                self.look(slot, now);
            }
        }
        for (_, object) in self.asks.extract_if(.., |(at, _)| *at == now).collect::<Vec<_>>() {
            self.ask(object, now);
        }
    }

    fn run(&mut self, script: &[(SimTime, Act)], end: SimTime) {
        let mut script = script.iter().peekable();
        let mut now = SimTime::ZERO;
        loop {
            while let Some((_, act)) = script.next_if(|(at, _)| *at <= now) {
                self.act(*act, now);
            }
            let next = self.next(now).min(script.peek().map_or(SimTime::NEVER, |(at, _)| *at));
            if next > end {
                return;
            }
            now = next;
            self.tick(now);
        }
    }
}

const CHURN: Domain = Domain::new("test/cluster-churn");

/// Peers that come and go for hours: some blink, some are replaced; slot 0 stays.
fn churn(draws: Draws, peers: u32, end: SimTime) -> Vec<(SimTime, Act)> {
    let mut script: Vec<(SimTime, Act)> = (0..peers).map(|slot| (SimTime::ZERO, Act::Up(slot, 0))).collect();
    script.extend((0..8).map(|object| (at(301 + u64::from(object)), Act::Pin(object))));
    for slot in 1..peers {
        let mut draw = draws.at(CHURN, Entity(u64::from(slot)), 0);
        let (mut now, mut life) = (at(400), 0);
        let mut span = |max: u64| SimSpan::from_nanos(dist::below(&mut draw, secs(max).as_nanos()) + 1);
        loop {
            now += span(4_000);
            script.push((now, Act::Down(slot)));
            let blinks = span(2) < secs(1);
            life += u32::from(span(10) < secs(3));
            now += if blinks { span(90) } else { span(3_000) };
            if now >= end {
                break;
            }
            script.push((now, Act::Up(slot, life)));
            script.push((now, Act::Free(slot, span(1_000).as_nanos() % 5_000 + 1)));
        }
    }
    script.retain(|(at, _)| *at < end);
    script.sort_by_key(|(at, _)| *at);
    script
}

#[test]
fn allocations_are_those_of_monitors_that_look_at_everything_every_15_seconds() {
    let end = at(12 * 3_600);
    let mut changes = 0;
    for seed in 0..12 {
        let config = ClusterConfig { factor: factor(2, 3), disable_repinning: false, ..Default::default() };
        let mut story = Story::vacant(config.clone(), 7);
        story.draws = Draws::new(seed, 0);
        let mut naive = Naive {
            config,
            draws: story.draws,
            delay: story.nodes.delay,
            cids: story.nodes.cids.clone(),
            entities: (0..7).map(|slot| story.nodes.entity(Slot(slot))).collect(),
            up: BTreeMap::new(),
            free: story.nodes.free.clone(),
            pins: BTreeMap::new(),
            log: Vec::new(),
            asks: Vec::new(),
        };
        let script = churn(story.draws, 7, end);
        naive.run(&script, end);
        for (when, act) in script {
            story.until(when);
            story.act(act);
        }
        story.until(end);
        // A story notes at once what one instant brings: in order of pins, and the last word of each.
        let naive: Vec<_> = naive.log.into_iter().map(|(at, object, to)| ((at, object), to)).collect();
        let naive: Vec<_> =
            BTreeMap::from_iter(naive).into_iter().map(|((at, object), to)| (at, object, to)).collect();
        let common = story.log.len().max(naive.len());
        for i in 0..common {
            assert_eq!(story.log.get(i), naive.get(i), "seed {seed}, change {i}");
        }
        changes += common;
        assert!(story.wakes < 20_000, "{} wake-ups", story.wakes);
    }
    assert!(changes > 400, "{changes} changes of allocations");
}
