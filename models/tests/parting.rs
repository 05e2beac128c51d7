//! A planted difference in the draws of one event is found at that event, among all events of a busy little world.

mod worlds;

use models::config::{CheckLevel, Config, DhtMode, Role, Session, SessionStart, Strategy};
use models::content::Content;
use models::names::{Names, kind};
use models::registry::Event;
use models::world::World;
use sim_core::diff::{Compared, Last, Replay, Side, compare};
use sim_core::dist::Law;
use sim_core::draws::Draws;
use sim_core::engine::{self, Cx, Engine};
use sim_core::queue::Key;
use sim_core::time::{SimSpan, SimTime};
use std::sync::Arc;
use worlds::{at, file, group, lan, objects, reads};

/// A world whose draws are others while it handles event `planted`.
struct Planted {
    world: World,
    handled: u64,
    planted: u64,
}

impl engine::World for Planted {
    type Event = Event;

    fn handle(&mut self, key: Key, event: Event, cx: &mut Cx<Event>) {
        self.handled += 1;
        let own = (self.handled == self.planted).then(|| self.world.swap_draws(Draws::new(99, 1)));
        self.world.handle(key, event, cx);
        if let Some(own) = own {
            self.world.swap_draws(own);
        }
    }
}

fn network() -> Config {
    let mut servers = group("servers", Role::Peer, 25);
    servers.session = Session::Renewal {
        up: Law::Exponential { mean: SimSpan::from_hours(3) },
        down: Law::Exponential { mean: SimSpan::from_hours(3) },
        start: SessionStart::Stationary,
    };
    let publisher = group("publisher", Role::Publisher, 1);
    let mut readers = group("readers", Role::Reader, 4);
    readers.dht = DhtMode::Client;
    readers.strategy = Strategy::KeepFor(Law::Exponential { mean: SimSpan::from_hours(1) });
    let mut config = lan(
        vec![servers, publisher, readers],
        vec![objects("page", (0..3).map(|seed| file(seed, 300_000)).collect(), 1)],
        vec![reads("visits", 0, 2, &[at(3_600.0), at(9_000.0), at(20_000.0)])],
        43_200.0,
    );
    config.check = CheckLevel::Off;
    config
}

#[test]
fn a_planted_draw_is_found_at_its_event_with_its_cause() {
    let config = Arc::new(network());
    let content = Arc::new(Content::new(&config));
    let end = SimTime::ZERO + config.duration;
    let replay = |planted: u64| -> Replay<Planted> {
        let world = World::new(Arc::clone(&config), Arc::clone(&content), Draws::new(3, 0));
        Engine::with_sink(Planted { world, handled: 0, planted }, Last::default(), |planted, cx| {
            planted.world.start(cx);
        })
    };
    // Events that draw: ends of phases draw the next one, a read's end draws how long the copy is kept.
    let (mut drawing, mut all) = (Vec::new(), Vec::new());
    let mut engine = replay(0);
    while engine.run_until(end, 1) != engine::Stopped::AtEnd {
        all.push(*engine.world().world.events());
    }
    for (number, pair) in all.windows(2).enumerate() {
        if pair[1][1] > pair[0][1] {
            drawing.push(number as u64 + 2);
        }
    }
    assert!(drawing.len() > 50, "{} ends of phases", drawing.len());
    let mut found = 0;
    for &event in drawing.iter().step_by(drawing.len() / 12) {
        let mut make = |side| replay(if side == Side::B { event } else { 0 });
        let compared = compare(&mut make, [end, end], &mut |_| true).expect("nobody interrupts");
        let Compared::Parted(parting) = compared else { panic!("event {event}: {compared:?}") };
        let origin = parting.origin.expect("it shows in what is pending");
        let seen = origin.event.expect("it is an event");
        assert_eq!((seen.number, kind(&seen.event)), (event, "phase-ends"));
        assert!(origin.cause < event);
        found += 1;
    }
    assert!(found >= 12, "{found}");
    let names = Names::of(&engine.world().world, &content);
    assert_eq!((names.entity(0), names.entity(30)), ("servers/0".into(), "observer".into()));
}
