//! Three workloads that any discrete-event engine can run, so that engines can be compared.
//!
//! Each is defined such that its final state does not depend on how simultaneous events are ordered: one
//! check value tells whether two engines did the same work. Known answers are in `benches/tests/workloads.rs`;
//! the same workloads on other engines are in `benches/peers`.
//!
//! They are written as any model is: a [`World`] with one `match`, total order and digest on.

pub mod net;
pub mod phold;
pub mod timers;

use sim_core::engine::{Cx, Engine, Stopped, World};
use sim_core::time::SimTime;

/// 2^64 divided by the golden ratio, made odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The seed of all draws.
const SEED: u64 = 42;

/// A world that the comparison runs.
pub trait Workload: World + Sized {
    /// The world with `n` entities.
    fn with(n: u32) -> Self;

    /// Schedules the first events.
    fn start(&mut self, cx: &mut Cx<Self::Event>);

    /// The check value of its state.
    fn check(&self) -> u64;
}

/// What a run gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Events handled.
    pub events: u64,
    /// Check value.
    pub check: u64,
    /// Digest of all events.
    pub digest: String,
}

/// The names of the workloads.
pub const NAMES: [&str; 3] = ["phold", "timers", "net"];

/// Runs the workload of that name, if there is one, with `n` entities to `end`; calls `ready` when the
/// first events are scheduled and `done` when the last has been handled.
pub fn run(
    name: &str,
    n: u32,
    end: SimTime,
    ready: &mut dyn FnMut(),
    done: &mut dyn FnMut(),
) -> Option<Answer> {
    Some(match name {
        "phold" => run_one::<phold::Phold>(n, end, ready, done),
        "timers" => run_one::<timers::Peers>(n, end, ready, done),
        "net" => run_one::<net::Net>(n, end, ready, done),
        _ => return None,
    })
}

fn run_one<W: Workload>(n: u32, end: SimTime, ready: &mut dyn FnMut(), done: &mut dyn FnMut()) -> Answer {
    let mut engine = Engine::new(W::with(n), |world, cx| {
        cx.reserve_sources(n as usize);
        world.start(cx);
    });
    ready();
    let stopped = engine.run_until(end, u64::MAX);
    done();
    assert_eq!(stopped, Stopped::AtEnd);
    engine.check().expect("events are conserved");
    Answer {
        events: engine.counts().dispatched,
        check: engine.world().check(),
        digest: engine.digest().to_string(),
    }
}

/// The finaliser of SplitMix64.
#[inline]
fn mix(z: u64) -> u64 {
    sim_core::draws::mix64(z)
}

/// Maps the upper half of a draw onto `0..n`; `n` is below 2^32.
#[inline]
fn below(draw: u64, n: u64) -> u64 {
    ((draw >> 32) * n) >> 32
}

/// A node other than `me`, uniform over the rest.
#[inline]
fn other(draw: u64, me: u32, n: u32) -> u32 {
    let to = u64::from(me) + 1 + below(draw, u64::from(n) - 1);
    (if to >= u64::from(n) { to - u64::from(n) } else { to }) as u32
}

/// The draw number `k` of a node for one of eight purposes.
#[inline]
fn draw(node: u32, purpose: u64, k: u64) -> u64 {
    let base = mix(SEED.wrapping_add(GOLDEN.wrapping_mul(8 * u64::from(node) + purpose + 1)));
    mix(base.wrapping_add(GOLDEN.wrapping_mul(k + 1)))
}

/// Folds the numbers of one node, for a check value.
fn fold(node: u32, numbers: &[u64]) -> u64 {
    numbers.iter().fold(u64::from(node), |hash, &number| mix(hash.wrapping_mul(GOLDEN).wrapping_add(number)))
}

/// The wrapping sum of the hashes of all nodes.
fn sum<T>(rows: &[T], hash: impl Fn(u32, &T) -> u64) -> u64 {
    (0u32..).zip(rows).fold(0, |sum: u64, (node, row)| sum.wrapping_add(hash(node, row)))
}
