//! How messages get through access lines: one trait, three tiers.
//!
//! | tier | what a bulk message waits for |
//! | --- | --- |
//! | [`LatencyOnly`] | nothing: links have no rates |
//! | [`Links`] (default) | its turn: each link serves bulk messages first come, first served |
//! | [`FlowNet`] | its share: it is a flow that shares both links with all others (max-min fair) |
//!
//! Delays between regions and of access lines are the same in all. A short message
//! ([`INTERLEAVED_MAX`](super::link::INTERLEAVED_MAX)) never waits for others.

use super::flow::{FlowId, FlowNet};
use super::latency::LatencyOnly;
use super::link::Links;
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::BitRate;

/// Which tier a run has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, serde::Serialize, serde::Deserialize)]
pub enum NetTier {
    /// Delays only.
    Latency,
    /// Delays, and links that serve first come, first served.
    #[default]
    Fifo,
    /// Delays, and links that bulk transfers share.
    Flow,
}

/// A message that is about to leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Shipment {
    /// Sender.
    pub from: usize,
    /// Receiver.
    pub to: usize,
    /// Size on the wire.
    pub bytes: u64,
    /// Whether the connection stands; if not, the message is lost on its way.
    pub is_connected: bool,
}

/// When a message has left its sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Departure {
    /// Its last byte is through the sender's uplink at this instant.
    At(SimTime),
    /// It travels as a flow: its last byte is through both links when that ends, which may move.
    Flow(FlowId),
}

/// A flow now ends at another instant than before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Moved {
    /// Which.
    pub flow: FlowId,
    /// When it ends unless it is moved again; never if its rate is zero.
    pub at: SimTime,
}

/// What the access lines of all nodes do to messages.
pub trait Tier {
    /// Adds the next node's lines; one without a rate limits nothing.
    fn add(&mut self, up: Option<BitRate>, down: Option<BitRate>);

    /// A message leaves. Appends to `moved` the flows whose ends move by it, a new one included.
    fn depart(&mut self, shipment: Shipment, now: SimTime, moved: &mut Vec<Moved>) -> Departure;

    /// A message that left at an instant reaches its receiver's line: when its last byte is in. What came as a
    /// flow is in already.
    fn enter(&mut self, _to: usize, now: SimTime, _bytes: u64) -> SimTime {
        now
    }

    /// A flow ends, because it is through or because it is broken off.
    fn end_flow(&mut self, flow: FlowId, _now: SimTime, _moved: &mut Vec<Moved>) {
        unreachable!("a tier without flows was told of the end of {flow:?}")
    }

    /// All flows, by id.
    fn flows(&self) -> Vec<FlowId> {
        Vec::new()
    }

    /// The flows from and to a node, by id.
    fn flows_of(&self, _node: usize) -> Vec<FlowId> {
        Vec::new()
    }

    /// Sender and receiver of a flow.
    fn ends_of(&self, flow: FlowId) -> (usize, usize) {
        unreachable!("a tier without flows was asked about {flow:?}")
    }

    /// A node has gone off: what waited on its lines is forgotten. Its flows have been ended before.
    fn reset(&mut self, _node: usize, _now: SimTime) {}

    /// Every broken invariant; empty if all hold.
    fn check(&self) -> Vec<String> {
        Vec::new()
    }
}

/// One of the three, told apart by a branch and not by a virtual call.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
enum AnyTier {
    Latency(LatencyOnly),
    Fifo(Links),
    Flow(Box<FlowNet>),
}

/// The access lines of all nodes under the tier of a run, and their delays.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Network {
    tier: AnyTier,
    delay: Vec<SimSpan>,
}

impl Network {
    /// No nodes yet.
    pub fn new(tier: NetTier) -> Self {
        let tier = match tier {
            NetTier::Latency => AnyTier::Latency(LatencyOnly),
            NetTier::Fifo => AnyTier::Fifo(Links::new()),
            NetTier::Flow => AnyTier::Flow(Box::default()),
        };
        Network { tier, delay: Vec::new() }
    }

    /// Adds the next node: its lines and their one-way delay.
    pub fn add_node(&mut self, up: Option<BitRate>, down: Option<BitRate>, access_delay: SimSpan) {
        self.add(up, down);
        self.delay.push(access_delay);
    }

    /// One-way delay of a node's access line.
    pub fn access_delay(&self, node: usize) -> SimSpan {
        self.delay[node]
    }
}

/// The same call of whichever tier it is.
macro_rules! of_tier {
    ($network:expr, $tier:ident => $call:expr) => {
        match $network {
            AnyTier::Latency($tier) => $call,
            AnyTier::Fifo($tier) => $call,
            AnyTier::Flow($tier) => $call,
        }
    };
}

impl Tier for Network {
    fn add(&mut self, up: Option<BitRate>, down: Option<BitRate>) {
        of_tier!(&mut self.tier, tier => tier.add(up, down));
    }

    fn depart(&mut self, shipment: Shipment, now: SimTime, moved: &mut Vec<Moved>) -> Departure {
        of_tier!(&mut self.tier, tier => tier.depart(shipment, now, moved))
    }

    fn enter(&mut self, to: usize, now: SimTime, bytes: u64) -> SimTime {
        of_tier!(&mut self.tier, tier => tier.enter(to, now, bytes))
    }

    fn end_flow(&mut self, flow: FlowId, now: SimTime, moved: &mut Vec<Moved>) {
        of_tier!(&mut self.tier, tier => tier.end_flow(flow, now, moved));
    }

    fn flows(&self) -> Vec<FlowId> {
        of_tier!(&self.tier, tier => tier.flows())
    }

    fn flows_of(&self, node: usize) -> Vec<FlowId> {
        of_tier!(&self.tier, tier => tier.flows_of(node))
    }

    fn ends_of(&self, flow: FlowId) -> (usize, usize) {
        of_tier!(&self.tier, tier => tier.ends_of(flow))
    }

    fn reset(&mut self, node: usize, now: SimTime) {
        of_tier!(&mut self.tier, tier => tier.reset(node, now));
    }

    fn check(&self) -> Vec<String> {
        of_tier!(&self.tier, tier => tier.check())
    }
}
