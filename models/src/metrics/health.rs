//! Protocol health: who is up, what the DHT does, what collectors do.

use super::{Measured, Metric};

pub(super) const NODES_UP: Metric = Metric {
    name: "nodes_up",
    label: "nodes up",
    unit: "",
    doc: "Share of nodes that are up; over the run: share of node time up.",
    sample: Some(|world| {
        let all = world.nodes().len();
        (all > 0).then(|| world.nodes_up() as f64 / all as f64)
    }),
    total: Some(|world| {
        let up: f64 = world.nodes().iter().map(|node| node.traffic.up.as_secs_f64_lossy()).sum();
        let time = world.ended().as_secs_f64_lossy() * world.nodes().len() as f64;
        if time > 0.0 { Measured::Value(up / time) } else { Measured::Nothing }
    }),
};

pub(super) const LOOKUPS: Metric = Metric {
    name: "dht_lookups",
    label: "DHT lookups",
    unit: "",
    doc: "Lookups that ended: for publishing, for finding, for refreshing (full fidelity only).",
    sample: Some(|world| Some(world.dht_counts().0 as f64)),
    total: Some(|world| Measured::Value(world.dht_counts().0 as f64)),
};

pub(super) const QUESTIONS: Metric = Metric {
    name: "dht_questions",
    label: "questions per DHT lookup",
    unit: "",
    doc: "Mean number of peers asked in a lookup.",
    sample: None,
    total: Some(|world| {
        let (lookups, asked, _) = world.dht_counts();
        if lookups == 0 { Measured::Nothing } else { Measured::Value(asked as f64 / lookups as f64) }
    }),
};

pub(super) const FAILED_QUESTIONS: Metric = Metric {
    name: "dht_failed",
    label: "DHT questions that fail",
    unit: "",
    doc: "Share of questions to peers that could not be dialled or did not answer in time.",
    sample: None,
    total: Some(|world| {
        let (_, asked, failed) = world.dht_counts();
        Measured::Proportion { hits: failed, trials: asked }
    }),
};

pub(super) const PROVIDES: Metric = Metric {
    name: "provides",
    label: "provider records sent",
    unit: "",
    doc: "Provider records sent by all nodes so far, new and renewed.",
    sample: Some(|world| Some(world.nodes().iter().map(|node| node.traffic.provides).sum::<u64>() as f64)),
    total: Some(|world| {
        Measured::Value(world.nodes().iter().map(|node| node.traffic.provides).sum::<u64>() as f64)
    }),
};

pub(super) const COLLECTIONS: Metric = Metric {
    name: "collections",
    label: "collections run",
    unit: "",
    doc: "Mark-and-sweep collections run by all nodes so far.",
    sample: Some(|world| Some(world.nodes().iter().map(|node| node.traffic.collections).sum::<u64>() as f64)),
    total: Some(|world| {
        Measured::Value(world.nodes().iter().map(|node| node.traffic.collections).sum::<u64>() as f64)
    }),
};
