//! Timers with moving deadlines: they fire when a cancelled and rescheduled event would, in the same order,
//! and leave nothing behind.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use sim_core::draws::mix64;
use sim_core::engine::{Cx, Engine, EngineState, Event, Stopped, World};
use sim_core::queue::{Handle, Key};
use sim_core::time::{SimSpan, SimTime};
use sim_core::timers::Timer;
use sim_core::trace::NoTrace;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Toy {
    /// A message makes the peer do something to its timers.
    Message,
    /// The first timer.
    Idle,
    /// The second timer.
    Timeout,
}

impl Event for Toy {
    fn kind(&self) -> u8 {
        *self as u8
    }

    fn content(&self) -> u64 {
        0
    }
}

/// What happened: when, to whom, what.
type Log = Vec<(SimTime, u32, u8)>;

/// How a world keeps its deadlines.
trait Deadlines: Clone + Default {
    fn arm(&mut self, at: SimTime, me: u32, event: Toy, cx: &mut Cx<Toy>);
    fn disarm(&mut self, cx: &mut Cx<Toy>);
    fn timer(&mut self) -> &mut Timer;
}

impl Deadlines for Timer {
    fn arm(&mut self, at: SimTime, me: u32, event: Toy, cx: &mut Cx<Toy>) {
        cx.arm(self, at, me, me, event);
    }

    fn disarm(&mut self, cx: &mut Cx<Toy>) {
        cx.disarm(self);
    }

    fn timer(&mut self) -> &mut Timer {
        self
    }
}

/// The obvious way: cancel what is pending, schedule anew.
impl Deadlines for Option<Handle> {
    fn arm(&mut self, at: SimTime, me: u32, event: Toy, cx: &mut Cx<Toy>) {
        self.disarm(cx);
        *self = Some(cx.schedule_cancellable(at, me, me, event));
    }

    fn disarm(&mut self, cx: &mut Cx<Toy>) {
        if let Some(handle) = self.take() {
            cx.cancel(handle);
        }
    }

    fn timer(&mut self) -> &mut Timer {
        unreachable!("no event of this world is one of a timer")
    }
}

#[derive(Clone)]
struct Peers<D> {
    seed: u64,
    /// Odds out of 16 that a message sets the idle timer, switches it off, sets the timeout, switches it off.
    odds: [u64; 4],
    /// Longest deadline, in nanoseconds.
    most: u64,
    messages: u32,
    deadlines: Vec<[D; 2]>,
    log: Log,
}

impl<D: Deadlines> Peers<D> {
    fn message(&mut self, me: u32, cx: &mut Cx<Toy>) {
        self.messages += 1;
        let word = mix64(self.seed ^ u64::from(self.messages));
        let at = |word: u64| cx.now() + SimSpan::from_nanos(word % self.most);
        let (idle, timeout) = (at(mix64(word)), at(mix64(word + 1)));
        let happens = |what: usize| word >> (8 * what) & 15 < self.odds[what];
        let [first, second] = &mut self.deadlines[me as usize];
        if happens(0) {
            first.arm(idle, me, Toy::Idle, cx);
        }
        if happens(1) {
            first.disarm(cx);
        }
        if happens(2) {
            second.arm(timeout, me, Toy::Timeout, cx);
        }
        if happens(3) {
            second.disarm(cx);
        }
        if self.messages < 3_000 {
            let to = (word >> 40) as u32 % self.deadlines.len() as u32;
            let delay = SimSpan::from_nanos(mix64(word + 2) % 50);
            cx.schedule(cx.now() + delay, me, to, Toy::Message);
        }
    }
}

impl<D: Deadlines> World for Peers<D> {
    type Event = Toy;

    fn handle(&mut self, key: Key, event: Toy, cx: &mut Cx<Toy>) {
        let me = key.destination();
        self.log.push((key.time, me, key.kind()));
        match event {
            Toy::Message => self.message(me, cx),
            Toy::Idle | Toy::Timeout => {}
        }
    }

    fn timer(&mut self, key: Key, event: &Toy) -> &mut Timer {
        self.deadlines[key.destination() as usize][usize::from(matches!(event, Toy::Timeout))].timer()
    }
}

fn engine<D: Deadlines>(seed: u64, odds: [u64; 4], most: u64, peers: usize) -> Engine<Peers<D>> {
    let deadlines = vec![<[D; 2]>::default(); peers];
    let world = Peers { seed, odds, most, messages: 0, deadlines, log: Log::new() };
    Engine::new(world, |_, cx| {
        (0..peers as u32).for_each(|me| cx.schedule(SimTime::ZERO, me, me, Toy::Message));
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn timers_fire_when_cancelled_and_rescheduled_events_do(
        seed: u64,
        odds in prop::array::uniform4(0u64..=16),
        most in prop_oneof![Just(1u64), 2u64..200, 200u64..100_000],
        peers in 1usize..300,
    ) {
        let mut timers = engine::<Timer>(seed, odds, most, peers);
        let mut handles = engine::<Option<Handle>>(seed, odds, most, peers);
        timers.run_until(SimTime::NEVER, u64::MAX);
        handles.run_until(SimTime::NEVER, u64::MAX);
        prop_assert_eq!(&timers.world().log, &handles.world().log);
        prop_assert_eq!(timers.check(), Ok(()));
        prop_assert_eq!(timers.counts().pending, 0);
        prop_assert_eq!(timers.stored(), 0);
    }

    #[test]
    fn a_run_goes_on_from_its_state_as_if_nothing_had_happened(seed: u64, cut in 1u64..5_000) {
        let mut whole = engine::<Timer>(seed, [9, 5, 9, 5], 3_000, 200);
        whole.run_until(SimTime::NEVER, cut);
        let text = serde_json::to_string(&whole.state()).expect("plain data");
        let state: EngineState<Toy> = serde_json::from_str(&text).expect("what was just written");
        let mut resumed = Engine::restore(whole.world().clone(), state, NoTrace);
        prop_assert_eq!(whole.run_until(SimTime::NEVER, u64::MAX), resumed.run_until(SimTime::NEVER, u64::MAX));
        prop_assert_eq!(whole.digest(), resumed.digest());
        prop_assert_eq!(whole.counts(), resumed.counts());
    }
}

/// A peer that puts its idle timer off with every message.
struct Heartbeat {
    idle: Vec<Timer>,
    off_first: bool,
    fired: u32,
}

impl World for Heartbeat {
    type Event = Toy;

    fn handle(&mut self, key: Key, event: Toy, cx: &mut Cx<Toy>) {
        let me = key.destination();
        match event {
            Toy::Message => {
                let idle = &mut self.idle[me as usize];
                if self.off_first {
                    cx.disarm(idle);
                }
                cx.arm(idle, cx.now() + SimSpan::from_secs(10), me, me, Toy::Idle);
                cx.schedule(cx.now() + SimSpan::from_millis(10), me, me, Toy::Message);
            }
            Toy::Idle | Toy::Timeout => self.fired += 1,
        }
    }

    fn timer(&mut self, key: Key, _: &Toy) -> &mut Timer {
        &mut self.idle[key.destination() as usize]
    }
}

#[test]
fn heartbeats_leave_no_dead_entries_behind() {
    for off_first in [false, true] {
        let world = Heartbeat { idle: vec![Timer::OFF; 200], off_first, fired: 0 };
        let mut engine = Engine::new(world, |_, cx| {
            (0..200).for_each(|me| cx.schedule(SimTime::from_nanos(u64::from(me)), me, me, Toy::Message));
        });
        for second in 1..=30 {
            assert_eq!(
                engine.run_until(SimTime::from_nanos(second * 1_000_000_000), u64::MAX),
                Stopped::AtEnd
            );
            assert_eq!((engine.stored(), engine.counts().pending), (400, 400), "one entry for each of two");
        }
        let counts = engine.counts();
        assert_eq!((counts.dispatched, engine.world().fired), (600_000, 0));
        assert!(counts.wakes <= 600, "{} wake-ups of 200 timers of 10 s in 30 s", counts.wakes);
        engine.check().expect("events are conserved");
    }
}

/// A timer that is set far and near in turn, and switched off in between: the worst for following.
struct Fickle {
    timers: Vec<Timer>,
}

impl World for Fickle {
    type Event = Toy;

    fn handle(&mut self, key: Key, event: Toy, cx: &mut Cx<Toy>) {
        let me = key.destination();
        if matches!(event, Toy::Message) {
            let timer = &mut self.timers[me as usize];
            cx.arm(timer, cx.now() + SimSpan::from_hours(1), me, me, Toy::Idle);
            cx.arm(timer, cx.now() + SimSpan::from_millis(5), me, me, Toy::Idle);
            cx.disarm(timer);
            cx.schedule(cx.now() + SimSpan::from_millis(10), me, me, Toy::Message);
        }
    }

    fn timer(&mut self, key: Key, _: &Toy) -> &mut Timer {
        &mut self.timers[key.destination() as usize]
    }
}

#[test]
fn dead_entries_of_fickle_timers_are_swept_out() {
    let mut engine = Engine::new(Fickle { timers: vec![Timer::OFF; 100] }, |_, cx| {
        (0..100).for_each(|me| cx.schedule(SimTime::from_nanos(u64::from(me)), me, me, Toy::Message));
    });
    let mut most = 0;
    while engine.run_until(SimTime::from_nanos(60_000_000_000), 100) == Stopped::EventBudget {
        most = most.max(engine.stored());
    }
    assert!(most <= 400, "{most} entries for 100 pending events");
    engine.check().expect("events are conserved");
}

#[test]
#[should_panic(expected = "implement `World::timer`")]
fn a_world_that_arms_a_timer_and_does_not_say_where_it_is_is_a_bug() {
    struct Forgetful(Timer);
    impl World for Forgetful {
        type Event = Toy;
        fn handle(&mut self, _: Key, _: Toy, _: &mut Cx<Toy>) {}
    }
    let mut engine = Engine::new(Forgetful(Timer::OFF), |world, cx| {
        cx.arm(&mut world.0, SimTime::from_nanos(1), 0, 0, Toy::Idle);
    });
    engine.run_until(SimTime::NEVER, u64::MAX);
}
