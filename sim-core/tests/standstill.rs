//! Time that stands still stops a run, with the name of who keeps it standing.

use sim_core::engine::{Cx, Engine, Event, Standstill, Stopped, World};
use sim_core::queue::Key;
use sim_core::time::{SimSpan, SimTime};

#[derive(Clone, Copy)]
struct Ball;

impl Event for Ball {
    fn kind(&self) -> u8 {
        0
    }

    fn content(&self) -> u64 {
        0
    }
}

/// Ten players with a ball each. After five seconds the last two throw theirs to each other at once; one of
/// them also throws one to the first player each time, who keeps it.
struct Players;

impl World for Players {
    type Event = Ball;

    fn handle(&mut self, key: Key, ball: Ball, cx: &mut Cx<Ball>) {
        let (me, now) = (key.destination(), cx.now());
        if now < SimTime::from_nanos(5_000_000_000) {
            cx.schedule(now + SimSpan::from_secs(1), me, me, ball);
        } else if me >= 8 {
            cx.schedule(now, me, 17 - me, ball);
            if me == 8 {
                cx.schedule(now, me, 0, ball);
            }
        }
    }
}

fn engine() -> Engine<Players> {
    Engine::new(Players, |_, cx| (0..10).for_each(|me| cx.schedule(SimTime::ZERO, me, me, Ball)))
}

#[test]
fn a_loop_without_delay_stops_the_run_and_names_its_busiest_source() {
    let mut engine = engine();
    engine.stand_still_after(1_000);
    let stopped = engine.run_until(SimTime::NEVER, u64::MAX);
    let Stopped::TimeStandsStill(report) = stopped else { panic!("stopped by {stopped:?}") };
    assert_eq!((report.at, report.events, report.source), (SimTime::from_nanos(5_000_000_000), 1_000, 8));
    // Of three balls thrown two are thrown by player 8.
    assert!(report.watched == 500 && (320..350).contains(&report.of_source), "{report:?}");
    assert_eq!(engine.now(), report.at);
    let text = report.to_string();
    assert!(text.starts_with("time stands still at 5 s: 1000 events at one instant;"), "{text}");
    assert!(text.ends_with("of the last 500 were scheduled by source 8"), "{text}");
    // Going on is allowed, for as many events again.
    let again = engine.run_until(SimTime::NEVER, u64::MAX);
    assert!(matches!(again, Stopped::TimeStandsStill(Standstill { events: 1_000, .. })), "{again:?}");
    engine.check().expect("events are conserved");
}

#[test]
fn many_events_at_one_instant_are_no_standstill_as_long_as_time_goes_on() {
    let mut engine = engine();
    engine.stand_still_after(11);
    assert_eq!(engine.run_until(SimTime::from_nanos(4_500_000_000), u64::MAX), Stopped::AtEnd);
    assert_eq!(engine.counts().dispatched, 50);
}

#[test]
fn small_budgets_do_not_hide_a_standstill() {
    let mut engine = engine();
    engine.stand_still_after(1_000);
    let stopped = std::iter::repeat_with(|| engine.run_until(SimTime::NEVER, 7))
        .find(|stopped| *stopped != Stopped::EventBudget);
    assert!(matches!(stopped, Some(Stopped::TimeStandsStill(_))), "{stopped:?}");
}
