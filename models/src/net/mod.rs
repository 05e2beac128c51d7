//! The network between nodes: a region graph with delays and partitions ([`topology`]) and every
//! node's access links ([`link`]).
//!
//! A message leaves through its sender's uplink, crosses the delay between the two regions plus both
//! access delays, and enters through its receiver's downlink. Both links serve bulk messages first
//! come, first served, at a fixed rate, in exact whole nanoseconds.
//!
//! Left out: packet loss and congestion control (transport protocols repair the one and a FIFO link at
//! its rate stands for the other's steady state), and routing changes. A flow-level tier is planned.

pub mod connections;
pub mod link;
pub mod topology;

pub use connections::Connections;
pub use link::Links;
pub use topology::{Region, Topology, TopologyError};
