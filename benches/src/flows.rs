//! Workload `flows`: closed-loop exchange of blocks over links that flows share.
//!
//! N nodes with four slots each. A slot fetches a block of 256 KiB from a random node as a flow, which shares its
//! sender's uplink and its receiver's downlink (both 100 Mbit/s) max-min fair with all others; the last byte needs
//! 5 ms more from even nodes, 40 ms from odd ones; then the slot fetches the next. Requests are not modelled. All
//! draws are stateless: `mix64(mix64(42 + G (8 p + s + 1)) + G (k + 1))` for fetch k of slot s of node p. One event
//! of the comparison is one finished transfer.

use models::net::{FlowId, FlowNet, Moved, Tier};
use sim_core::draws::mix64;
use sim_core::engine::{Cx, Engine, Event, World};
use sim_core::queue::{Handle, Key};
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::BitRate;

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
const SLOTS: u32 = 4;
const BLOCK: u64 = 262_144;

/// What can happen: a slot starts, a flow is through, a block is there.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Starts { slot: u32 },
    Ends { flow: FlowId },
    Arrives { slot: u32 },
}

impl Event for Happening {
    fn kind(&self) -> u8 {
        match self {
            Happening::Starts { .. } => 0,
            Happening::Ends { .. } => 1,
            Happening::Arrives { .. } => 2,
        }
    }

    fn content(&self) -> u64 {
        match *self {
            Happening::Starts { slot } | Happening::Arrives { slot } => u64::from(slot),
            Happening::Ends { flow } => u64::from(flow.slot),
        }
    }
}

/// A flow, for whom it is, and the event of its end.
#[derive(Clone, Copy, Debug)]
struct Fetch {
    node: u32,
    slot: u32,
    end: Option<Handle>,
}

struct Exchange {
    nodes: u32,
    net: FlowNet,
    fetched: Vec<u64>,
    /// By slot of the flow.
    fetches: Vec<Option<Fetch>>,
    moved: Vec<Moved>,
    done: u64,
    sum: u64,
    rates_changed: u64,
}

fn draw(node: u32, slot: u32, number: u64) -> u64 {
    let stream = 42_u64.wrapping_add(GOLDEN.wrapping_mul(8 * u64::from(node) + u64::from(slot) + 1));
    mix64(mix64(stream).wrapping_add(GOLDEN.wrapping_mul(number + 1)))
}

/// A number below `n` from the upper half of a word.
fn below(word: u64, n: u64) -> u64 {
    ((word >> 32) * n) >> 32
}

impl Exchange {
    fn fetch(&mut self, node: u32, slot: u32, cx: &mut Cx<Happening>) {
        let number = &mut self.fetched[(node * SLOTS + slot) as usize];
        *number += 1;
        let ahead = 1 + below(draw(node, slot, *number), u64::from(self.nodes) - 1) as u32;
        let from = (node + ahead) % self.nodes;
        let flow = self.net.start(from as usize, node as usize, BLOCK, cx.now(), &mut self.moved);
        let flow = flow.expect("all lines are limited");
        let place = flow.slot as usize;
        if place >= self.fetches.len() {
            self.fetches.resize(place + 1, None);
        }
        self.fetches[place] = Some(Fetch { node, slot, end: None });
        self.follow(cx);
    }

    /// Events follow the ends that moved.
    fn follow(&mut self, cx: &mut Cx<Happening>) {
        self.rates_changed += self.moved.len() as u64;
        for Moved { flow, at } in self.moved.drain(..) {
            let fetch = self.fetches[flow.slot as usize].as_mut().expect("only flows under way move");
            if let Some(end) = fetch.end.take() {
                cx.cancel(end);
            }
            fetch.end = Some(cx.schedule_cancellable(at, fetch.node, fetch.node, Happening::Ends { flow }));
        }
    }

    fn end(&mut self, flow: FlowId, cx: &mut Cx<Happening>) {
        let (from, _) = self.net.ends_of(flow);
        let fetch = self.fetches[flow.slot as usize].take().expect("a flow ends once");
        self.net.end_flow(flow, cx.now(), &mut self.moved);
        self.follow(cx);
        let delay = SimSpan::from_millis(if from % 2 == 0 { 5 } else { 40 });
        cx.schedule(cx.now() + delay, from as u32, fetch.node, Happening::Arrives { slot: fetch.slot });
    }
}

impl World for Exchange {
    type Event = Happening;

    fn handle(&mut self, key: Key, event: Happening, cx: &mut Cx<Happening>) {
        let node = key.destination();
        match event {
            Happening::Starts { slot } => self.fetch(node, slot, cx),
            Happening::Ends { flow } => self.end(flow, cx),
            Happening::Arrives { slot } => {
                self.done += 1;
                self.sum = self.sum.wrapping_add(mix64(cx.now().as_nanos() ^ u64::from(node * SLOTS + slot)));
                self.fetch(node, slot, cx);
            }
        }
    }
}

/// What a run of the workload did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlowsReport {
    /// Finished transfers.
    pub transfers: u64,
    /// Ends of flows that moved, new flows included.
    pub moved: u64,
    /// Over instants and slots of all arrivals.
    pub check: u64,
}

/// Runs the workload among `nodes` nodes until `end`; components above `exact_max` flows follow the per-endpoint rule.
pub fn run_flows(nodes: u32, end: SimSpan, exact_max: usize) -> FlowsReport {
    let mut net = FlowNet::new(exact_max);
    for _ in 0..nodes {
        let rate = Some(BitRate::from_bits_per_sec(100_000_000));
        net.add(rate, rate);
    }
    let world = Exchange {
        nodes,
        net,
        fetched: vec![0; (nodes * SLOTS) as usize],
        fetches: Vec::new(),
        moved: Vec::new(),
        done: 0,
        sum: 0,
        rates_changed: 0,
    };
    let mut engine = Engine::new(world, |_, cx| {
        for node in 0..nodes {
            for slot in 0..SLOTS {
                let at = SimTime::from_nanos(below(draw(node, slot, 0), 100_000_000));
                cx.schedule(at, node, node, Happening::Starts { slot });
            }
        }
    });
    engine.run_until(SimTime::ZERO + end, u64::MAX);
    let world = engine.world();
    FlowsReport { transfers: world.done, moved: world.rates_changed, check: world.sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workload_does_the_same_work_for_ever() {
        let second = SimSpan::from_secs(1);
        let exact = run_flows(20, second, usize::MAX);
        assert_eq!((exact.transfers, exact.check), (638, 11_776_331_222_689_335_981));
        let coarse = run_flows(20, second, 0);
        assert!(coarse.transfers < exact.transfers, "the per-endpoint rule is pessimistic");
        // No more than the links can carry: 12.5 MB each.
        assert!(exact.transfers * BLOCK < 20 * 12_500_000);
    }
}
