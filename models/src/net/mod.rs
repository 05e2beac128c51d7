//! The network between nodes: a region graph with delays and partitions ([`topology`]), and every node's access
//! lines under one of three tiers behind one trait ([`tier`]).
//!
//! A message leaves through its sender's uplink, crosses the delay between the two regions plus both access delays,
//! and enters through its receiver's downlink. What its bytes cost on these two lines is the tier's business:
//! nothing ([`latency`]), their turn at a fixed rate ([`link`], the default), or a share ([`flow`]). All of them
//! reckon in exact whole nanoseconds.
//!
//! Left out: packet loss and congestion control (transport protocols repair the one, and a line at its rate stands
//! for the other's steady state), and routing changes.

pub mod connections;
pub mod flow;
pub mod latency;
pub mod link;
pub mod tier;
pub mod topology;

pub use connections::Connections;
pub use flow::{FlowId, FlowNet};
pub use latency::LatencyOnly;
pub use link::Links;
pub use tier::{Departure, Moved, NetTier, Network, Shipment, Tier};
pub use topology::{Region, Topology, TopologyError};
