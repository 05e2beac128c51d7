//! `net`: closed-loop exchange of blocks over links that serve first come, first served.
//!
//! A node keeps four requests open, each to a drawn node for a block of 256 KiB. Its uplink of 100 Mbit/s
//! serves messages in order; a pair of nodes has a latency of 5 to 150 ms, the same both ways.

use super::{GOLDEN, SEED, Workload, below, draw, fold, mix, other, sum};
use sim_core::engine::{Cx, Event, World};
use sim_core::prefetch::prefetch;
use sim_core::queue::Key;
use sim_core::time::{SimSpan, SimTime};

/// Requests that a node keeps open.
const SLOTS: u8 = 4;
/// Bytes of a request.
const ASK: u64 = 100;
/// Bytes of a block.
const BLOCK: u64 = 262_144;
/// What the uplink takes for a byte: 100 Mbit/s.
const NANOS_PER_BYTE: u64 = 80;

/// What happens at a node. The source of the event is the node that sent it.
#[derive(Clone, Copy, Debug)]
pub enum Happening {
    /// A slot asks for its first block.
    Start {
        /// Which.
        slot: u8,
    },
    /// Somebody asks for a block.
    Ask {
        /// The asker's slot.
        slot: u8,
    },
    /// A block has arrived.
    Block {
        /// The slot that asked for it.
        slot: u8,
    },
}

impl Event for Happening {
    #[inline]
    fn kind(&self) -> u8 {
        match self {
            Happening::Start { .. } => 0,
            Happening::Ask { .. } => 1,
            Happening::Block { .. } => 2,
        }
    }

    #[inline]
    fn content(&self) -> u64 {
        let (Happening::Start { slot } | Happening::Ask { slot } | Happening::Block { slot }) = *self;
        u64::from(slot)
    }
}

#[derive(Clone, Copy, Default, Debug)]
struct Node {
    uplink_free: SimTime,
    sum_of_times: u64,
    served: u32,
    done: u32,
    asked: [u32; SLOTS as usize],
}

/// All nodes.
#[derive(Debug)]
pub struct Net {
    nodes: Vec<Node>,
}

#[inline]
fn latency(a: u32, b: u32) -> SimSpan {
    let pair = u64::from(a.min(b)) << 32 | u64::from(a.max(b));
    let draw = mix(SEED.wrapping_add(GOLDEN.wrapping_mul(pair + 1)));
    SimSpan::from_nanos(5_000_000 + below(draw, 145_000_000))
}

impl Node {
    /// Puts a message on the uplink; when it arrives.
    #[inline]
    fn send(&mut self, me: u32, to: u32, bytes: u64, now: SimTime) -> SimTime {
        self.uplink_free = self.uplink_free.max(now) + SimSpan::from_nanos(bytes * NANOS_PER_BYTE);
        self.uplink_free + latency(me, to)
    }
}

impl Net {
    #[inline]
    fn issue(&mut self, me: u32, slot: u8, cx: &mut Cx<Happening>) {
        let n = self.nodes.len() as u32;
        let node = &mut self.nodes[me as usize];
        let asked = &mut node.asked[usize::from(slot)];
        *asked += 1;
        let to = other(draw(me, u64::from(slot), u64::from(*asked)), me, n);
        let at = node.send(me, to, ASK, cx.now());
        cx.schedule(at, me, to, Happening::Ask { slot });
    }
}

impl World for Net {
    type Event = Happening;

    #[inline]
    fn handle(&mut self, key: Key, event: Happening, cx: &mut Cx<Happening>) {
        let me = key.destination();
        match event {
            Happening::Start { slot } => self.issue(me, slot, cx),
            Happening::Ask { slot } => {
                let (node, from) = (&mut self.nodes[me as usize], key.source());
                node.served += 1;
                let at = node.send(me, from, BLOCK, cx.now());
                cx.schedule(at, me, from, Happening::Block { slot });
            }
            Happening::Block { slot } => {
                let node = &mut self.nodes[me as usize];
                node.done += 1;
                node.sum_of_times = node.sum_of_times.wrapping_add(cx.now().as_nanos());
                self.issue(me, slot, cx);
            }
        }
    }

    #[inline]
    fn prefetch(&self, key: Key, _: &Happening) {
        prefetch(&self.nodes, key.destination() as usize);
    }
}

impl Workload for Net {
    fn with(n: u32) -> Self {
        Net { nodes: vec![Node::default(); n as usize] }
    }

    fn start(&mut self, cx: &mut Cx<Happening>) {
        for me in 0..self.nodes.len() as u32 {
            for slot in 0..SLOTS {
                let at = SimTime::from_nanos(below(draw(me, u64::from(slot), 0), 100_000_000));
                cx.schedule(at, me, me, Happening::Start { slot });
            }
        }
    }

    fn check(&self) -> u64 {
        sum(&self.nodes, |me, node| {
            let [served, done] = [node.served, node.done].map(u64::from);
            fold(me, &[served, done, node.sum_of_times, node.uplink_free.as_nanos()])
        })
    }
}
