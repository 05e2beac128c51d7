//! Two runs that differ in one draw are told apart at the event that drew it; a trace holds what happened.

use sim_core::diff::{Compared, Last, Parting, Replay, Side, compare};
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::engine::{Cx, Engine, Event, World};
use sim_core::queue::Key;
use sim_core::time::{SimSpan, SimTime};
use sim_core::trace::{Row, Trace, TraceError, TraceHeader, TraceWriter, Window, write_chrome};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Toy {
    Ping { hop: u32 },
    Alarm,
}

impl Event for Toy {
    fn kind(&self) -> u8 {
        matches!(self, Toy::Alarm).into()
    }

    fn content(&self) -> u64 {
        match self {
            Toy::Ping { hop } => u64::from(*hop),
            Toy::Alarm => 0,
        }
    }
}

const NEXT: Domain = Domain::new("toy/next");
const LATER: Domain = Domain::new("toy/later");
const NODES: u32 = 16;

/// Nodes that pass pings on after drawn times, and set alarms far ahead. The draw of event `flipped` is another one.
struct Pings {
    draws: Draws,
    handled: u64,
    flipped: u64,
}

impl World for Pings {
    type Event = Toy;

    fn handle(&mut self, key: Key, event: Toy, cx: &mut Cx<Toy>) {
        self.handled += 1;
        let Toy::Ping { hop } = event else { return };
        let me = key.destination();
        let mut word = self.draws.word(NEXT, Entity(u64::from(me)), u64::from(hop));
        if self.handled == self.flipped {
            word ^= 1 << 50;
        }
        let at = cx.now() + SimSpan::from_nanos(1 + (word >> 44));
        // Half of the draws show in a ping soon, half in an alarm very much later.
        if word & 1 == 0 {
            cx.schedule(at, me, (word as u32 >> 8) % NODES, Toy::Ping { hop: hop + 1 });
        } else {
            cx.schedule(cx.now() + SimSpan::from_nanos(1000), me, me, Toy::Ping { hop: hop + 1 });
            let late = self.draws.word(LATER, Entity(u64::from(me)), u64::from(hop)) >> 37;
            cx.schedule(at + SimSpan::from_nanos(late), me, me, Toy::Alarm);
        }
    }
}

const END: SimTime = SimTime::from_nanos(1 << 27);

fn start(flipped: u64) -> impl FnOnce(&mut Pings, &mut Cx<Toy>) {
    move |world, cx| {
        world.flipped = flipped;
        for node in 0..NODES {
            cx.schedule(SimTime::from_nanos(5), node, node, Toy::Ping { hop: 0 });
        }
    }
}

fn world() -> Pings {
    Pings { draws: Draws::new(7, 0), handled: 0, flipped: 0 }
}

fn replay(flipped: u64) -> Replay<Pings> {
    Engine::with_sink(world(), Last::default(), start(flipped))
}

fn parting(a: u64, b: u64, ends: [SimTime; 2]) -> Option<Parting<Toy>> {
    let mut make = |side| replay(if side == Side::A { a } else { b });
    match compare(&mut make, ends, &mut |_| true).expect("nobody interrupts") {
        Compared::Same { .. } => None,
        Compared::Parted(parting) => Some(*parting),
    }
}

#[test]
fn a_planted_draw_is_reported_as_the_event_that_drew_it() {
    let mut tested = 0;
    for event in (1..=40).chain((4_090..4_100).chain((5_000..12_000).step_by(777))) {
        let Some(parting) = parting(0, event, [END, END]) else {
            // An alarm draws nothing, so nothing parts.
            continue;
        };
        let origin = parting.origin.expect("the draw shows in what is pending");
        assert_eq!(origin.event.map(|seen| seen.number), Some(event));
        let cause = |different: Option<sim_core::diff::Different<Toy>>| {
            different.and_then(|different| different.cause).map(|cause| cause.number)
        };
        let shown = [cause(parting.a), cause(parting.b)];
        // A difference may lie beyond the end: then it is pending and no event shows it.
        let is_seen = parting.a.is_some() || parting.b.is_some();
        assert!(!is_seen || shown.contains(&Some(event)), "event {event}: {shown:?}");
        assert!(parting.common >= event);
        assert!(!origin.only_a.is_empty() && !origin.only_b.is_empty());
        tested += 1;
    }
    assert!(tested > 30, "{tested}");
}

#[test]
fn equal_runs_are_the_same_and_a_shorter_one_parts_at_its_end() {
    let mut make = |_| replay(0);
    let found = compare(&mut make, [END, END], &mut |_| true).expect("nobody interrupts");
    let Compared::Same { events, digest } = found else { panic!("{found:?}") };
    let mut whole = replay(0);
    whole.run_until(END, u64::MAX);
    assert_eq!((events, digest), (whole.counts().dispatched, whole.digest().to_string()));
    let short = SimTime::from_nanos(1 << 26);
    let parting = parting(0, 0, [short, END]).expect("one goes on");
    let mut first = replay(0);
    first.run_until(short, u64::MAX);
    assert_eq!(parting.common, first.counts().dispatched);
    assert!(parting.origin.is_none() && parting.a.is_none() && parting.b.is_some());
}

#[test]
fn whoever_watches_may_stop_it() {
    assert!(compare(&mut |_| replay(0), [END, END], &mut |events| events < 4_000).is_err());
}

fn header() -> TraceHeader {
    TraceHeader {
        program: "toy 1".into(),
        run: "toy \"quoted\"".into(),
        cell: "base-0-0".into(),
        kinds: vec!["ping".into(), "alarm".into()],
        entities: (0..NODES)
            .map(|node| format!("{}/{node}", if node < 4 { "few" } else { "many" }))
            .collect(),
    }
}

/// A sink that keeps everything.
#[derive(Default)]
struct All(Vec<Row>);

impl sim_core::trace::Sink<Toy> for All {
    fn dispatched(&mut self, number: u64, key: Key, event: &Toy) {
        self.0.push(Row::new(number, key, event));
    }
}

fn traced(window: Window) -> (Vec<u8>, String) {
    let writer = TraceWriter::new(Vec::new(), &header(), window).expect("memory takes all");
    let mut engine = Engine::with_sink(world(), writer, start(0));
    engine.run_until(SimTime::from_nanos(1 << 24), u64::MAX);
    let digest = engine.digest().to_string();
    let (bytes, _) = engine.into_parts().1.finish().expect("memory takes all");
    (bytes, digest)
}

#[test]
fn a_trace_is_read_back_as_it_was_written_and_changes_nothing() {
    let mut engine = Engine::with_sink(world(), All::default(), start(0));
    engine.run_until(SimTime::from_nanos(1 << 24), u64::MAX);
    let digest = engine.digest().to_string();
    let rows = engine.into_parts().1.0;
    let (bytes, traced_digest) = traced(Window::default());
    assert_eq!(digest, traced_digest);
    let trace = Trace::open(&bytes[..]).expect("a trace");
    assert_eq!(trace.header, header());
    let read: Vec<Row> = trace.map(|row| row.expect("whole")).collect();
    assert_eq!(read, rows);
    assert!(bytes.len() < rows.len() * 20, "{} bytes for {} events", bytes.len(), rows.len());

    let (from, until) = (SimTime::from_nanos(1 << 20), SimTime::from_nanos(1 << 21));
    let (bytes, _) = traced(Window { from, until, events: 50 });
    let read: Vec<Row> = Trace::open(&bytes[..]).expect("a trace").map(|row| row.expect("whole")).collect();
    let expected: Vec<Row> =
        rows.into_iter().filter(|row| row.time >= from && row.time < until).take(50).collect();
    assert_eq!(read, expected);
}

#[test]
fn cuts_and_foreign_files_are_refused() {
    let (bytes, _) = traced(Window { events: 20, ..Window::default() });
    for length in 0..bytes.len() {
        let error = match Trace::open(&bytes[..length]) {
            Err(error) => error,
            Ok(trace) => trace.filter_map(Result::err).next().expect("a cut is seen"),
        };
        assert!(matches!(error, TraceError::Truncated(_) | TraceError::Damaged(_)), "{length}: {error}");
    }
    let text = [b' '; 64];
    assert!(matches!(Trace::open(&text[..]), Err(TraceError::NotATrace)));
    let mut newer = bytes;
    newer[16] = 9;
    assert!(matches!(Trace::open(&newer[..]), Err(TraceError::Schema(9))));
}

#[test]
fn the_export_is_json_with_the_right_events() {
    let (bytes, _) = traced(Window::default());
    let rows: Vec<Row> = Trace::open(&bytes[..]).expect("a trace").map(|row| row.expect("whole")).collect();
    let mut json = Vec::new();
    let events =
        write_chrome(&mut Trace::open(&bytes[..]).expect("a trace"), &mut json).expect("memory takes all");
    assert_eq!(events, rows.len() as u64);
    let json: serde_json::Value = serde_json::from_slice(&json).expect("it is JSON");
    assert_eq!(json["otherData"]["run"], "toy \"quoted\"");
    let all = json["traceEvents"].as_array().expect("a list");
    let instants: Vec<_> = all.iter().filter(|event| event["ph"] == "i").collect();
    assert_eq!(instants.len(), rows.len());
    for (event, row) in instants.iter().zip(&rows) {
        assert_eq!(event["name"], if row.kind == 0 { "ping" } else { "alarm" });
        assert_eq!(event["tid"], row.destination + 1);
        assert_eq!(event["pid"], if row.destination < 4 { 1 } else { 2 });
        let micros = event["ts"].as_f64().expect("a number");
        assert!((micros - row.time.as_nanos() as f64 / 1e3).abs() < 1e-3);
        assert_eq!(event["args"]["event"], row.number);
    }
    let named: Vec<_> = all.iter().filter(|event| event["ph"] == "M").collect();
    assert_eq!(named[0]["args"]["name"], "few");
    assert_eq!(named[1]["args"]["name"], "many");
    assert_eq!(named[2]["args"]["name"], "few/0");
    assert_eq!(named.len(), 2 + NODES as usize);
}
