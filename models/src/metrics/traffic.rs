//! Traffic: what crosses the network, and who carries it.

use super::{Measured, Metric};

pub(super) const SENT: Metric = Metric {
    name: "bytes_sent",
    label: "bytes sent",
    unit: "B",
    doc: "Bytes sent by all nodes so far, all messages.",
    sample: Some(|world| Some(world.totals().sent as f64)),
    total: Some(|world| Measured::Value(world.totals().sent as f64)),
};

pub(super) const PAYLOAD_SENT: Metric = Metric {
    name: "payload_sent",
    label: "payload bytes sent",
    unit: "B",
    doc: "Bytes of file payload in blocks sent by all nodes so far.",
    sample: Some(
        |world| Some(world.nodes().iter().map(|node| node.traffic.payload_sent).sum::<u64>() as f64),
    ),
    total: Some(|world| {
        Measured::Value(world.nodes().iter().map(|node| node.traffic.payload_sent).sum::<u64>() as f64)
    }),
};

pub(super) const CONTROL_SHARE: Metric = Metric {
    name: "control_share",
    label: "share of bytes that is not payload",
    unit: "",
    doc: "Share of all bytes sent that is no file payload: want-lists, DHT messages, headers, inner nodes.",
    sample: None,
    total: Some(|world| {
        let payload: u64 = world.nodes().iter().map(|node| node.traffic.payload_sent).sum();
        match world.totals().sent {
            0 => Measured::Nothing,
            sent => Measured::Value((sent - payload) as f64 / sent as f64),
        }
    }),
};

pub(super) const FREE_RIDERS: Metric = Metric {
    name: "free_riders",
    label: "nodes that serve next to nothing",
    unit: "",
    doc: "Of the nodes that received payload, the share that sent less than 1 % of what they received.",
    sample: None,
    total: Some(|world| {
        let received = || world.nodes().iter().filter(|node| node.traffic.payload_received > 0);
        let riders = received()
            .filter(|node| node.traffic.payload_sent.saturating_mul(100) < node.traffic.payload_received)
            .count();
        Measured::Proportion { hits: riders as u64, trials: received().count() as u64 }
    }),
};
