//! Same seed, same digest; other seed, other digest; insertion order does not matter.

use sim_core::draws::{Domain, Draws, Entity};
use sim_core::engine::{Cx, Engine, Event, Stopped, World};
use sim_core::prefetch::prefetch;
use sim_core::queue::Key;
use sim_core::time::{SimSpan, SimTime};

#[derive(Clone, Copy)]
struct Ping {
    hop: u32,
}

impl Event for Ping {
    fn kind(&self) -> u8 {
        0
    }

    fn content(&self) -> u64 {
        u64::from(self.hop)
    }
}

/// Nodes that pass a ping on to a drawn node after a drawn time.
struct Pings {
    draws: Draws,
    nodes: u32,
    received: Vec<u32>,
}

const NEXT: Domain = Domain::new("toy/next");

impl World for Pings {
    type Event = Ping;

    fn handle(&mut self, key: Key, ping: Ping, cx: &mut Cx<Ping>) {
        let me = key.destination();
        self.received[me as usize] += 1;
        let word = self.draws.word(NEXT, Entity(u64::from(me)), u64::from(self.received[me as usize]));
        let to = (word % u64::from(self.nodes)) as u32;
        let at = cx.now() + SimSpan::from_nanos(1 + (word >> 40));
        cx.schedule(at, me, to, Ping { hop: ping.hop + 1 });
    }
}

fn run(seed: u64, starts: impl Iterator<Item = u32>) -> (String, Vec<u32>) {
    let world = Pings { draws: Draws::new(seed, 0), nodes: 10, received: vec![0; 10] };
    let mut engine = Engine::new(world, |_, cx| {
        for node in starts {
            cx.schedule(SimTime::from_nanos(5), node, node, Ping { hop: 0 });
        }
    });
    assert_eq!(engine.run_until(SimTime::from_nanos(1 << 30), u64::MAX), Stopped::AtEnd);
    engine.check().expect("events are conserved");
    (engine.digest().to_string(), engine.world().received.clone())
}

#[test]
fn the_same_seed_gives_the_same_digest_and_another_seed_another() {
    assert_eq!(run(7, 0..10), run(7, 0..10));
    assert_ne!(run(7, 0..10).0, run(8, 0..10).0);
}

#[test]
fn the_order_of_insertion_changes_nothing() {
    assert_eq!(run(7, 0..10), run(7, (0..10).rev()));
}

#[test]
fn a_budget_of_events_stops_a_run_where_it_can_go_on() {
    let world = Pings { draws: Draws::new(1, 0), nodes: 10, received: vec![0; 10] };
    let mut engine = Engine::new(world, |_, cx| cx.schedule(SimTime::ZERO, 0, 0, Ping { hop: 0 }));
    assert_eq!(engine.run_until(SimTime::from_nanos(1 << 30), 3), Stopped::EventBudget);
    assert_eq!(engine.counts().dispatched, 3);
    assert_eq!(engine.run_until(SimTime::from_nanos(1 << 30), u64::MAX), Stopped::AtEnd);
    assert_eq!(
        engine.world().received.iter().map(|&n| u64::from(n)).sum::<u64>(),
        engine.counts().dispatched
    );
}

/// Pings that look ahead, and count how often they were asked to.
struct Foreseen {
    pings: Pings,
    asked: std::cell::Cell<u64>,
}

impl World for Foreseen {
    type Event = Ping;

    fn handle(&mut self, key: Key, ping: Ping, cx: &mut Cx<Ping>) {
        self.pings.handle(key, ping, cx);
    }

    fn prefetch(&self, key: Key, _: &Ping) {
        self.asked.set(self.asked.get() + 1);
        prefetch(&self.pings.received, key.destination() as usize);
    }
}

#[test]
fn looking_ahead_is_done_when_many_events_are_pending_and_changes_nothing() {
    let pings = || Pings { draws: Draws::new(3, 0), nodes: 2_000, received: vec![0; 2_000] };
    let start =
        |cx: &mut Cx<Ping>| (0..2_000).for_each(|i| cx.schedule(SimTime::ZERO, i, i, Ping { hop: 0 }));
    let mut plain = Engine::new(pings(), |_, cx| start(cx));
    let mut foreseen = Engine::new(Foreseen { pings: pings(), asked: 0.into() }, |_, cx| start(cx));
    plain.run_until(SimTime::NEVER, 20_000);
    foreseen.run_until(SimTime::NEVER, 20_000);
    assert_eq!(plain.digest(), foreseen.digest());
    assert!(foreseen.world().asked.get() > 10_000, "asked {} times", foreseen.world().asked.get());
}
