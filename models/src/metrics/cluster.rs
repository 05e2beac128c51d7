//! Clusters: what is pinned where it should be, what is missing, and what repair costs.

use super::{Measured, Metric, measured};
use crate::world::World;

pub(super) const PINNED: Metric = Metric {
    name: "cluster_pinned",
    label: "pinned copies per pin",
    unit: "",
    doc: "Mean over the pins of all clusters of the copies that are pinned on a peer to which they are allocated, up or \
          not; over the run: at its end.",
    sample: Some(pinned),
    total: Some(|world| measured(pinned(world))),
};

pub(super) const MISSING: Metric = Metric {
    name: "cluster_missing",
    label: "copies missing",
    unit: "",
    doc: "Copies that the pins of all clusters ask for (the greatest factor, or every peer) and that are not pinned on \
          a peer to which they are allocated; over the run: at its end.",
    sample: Some(missing),
    total: Some(|world| measured(missing(world))),
};

pub(super) const REPAIR: Metric = Metric {
    name: "cluster_repair",
    label: "bytes fetched for repair",
    unit: "B",
    doc: "Bytes of blocks, repeats included, that peers of clusters have received for pins that were allocated anew or \
          that they found when they came; not those of the first copies.",
    sample: Some(repair),
    total: Some(|world| measured(repair(world))),
};

pub(super) const DETECTION: Metric = Metric {
    name: "cluster_detection",
    label: "time until a silence is noticed",
    unit: "s",
    doc: "Mean over the pins that were allocated anew of the time from the silence of a holder to that decision.",
    sample: None,
    total: Some(|world| {
        let (mut repins, mut secs) = (0, 0.0);
        for stats in world.cluster_stats() {
            repins += stats.repins;
            secs += stats.detection.as_secs_f64_lossy();
        }
        if repins == 0 { Measured::Nothing } else { Measured::Value(secs / repins as f64) }
    }),
};

pub(super) const AMPLIFICATION: Metric = Metric {
    name: "cluster_amplification",
    label: "bytes fetched for repair per byte lost",
    unit: "",
    doc: "Bytes of cluster_repair per byte of the pinned copies that went with the disks of peers that left for good.",
    sample: None,
    total: Some(|world| {
        let bytes = world.pin_bytes();
        if bytes.lost == 0 {
            Measured::Nothing
        } else {
            Measured::Value(bytes.repaired as f64 / bytes.lost as f64)
        }
    }),
};

fn pinned(world: &World) -> Option<f64> {
    let copies = world.pin_copies();
    let all: u32 = copies.iter().map(|(pinned, _)| pinned).sum();
    (!copies.is_empty()).then(|| f64::from(all) / copies.len() as f64)
}

fn missing(world: &World) -> Option<f64> {
    let copies = world.pin_copies();
    let missing: u32 = copies.iter().map(|(pinned, wanted)| wanted.saturating_sub(*pinned)).sum();
    (!copies.is_empty()).then(|| f64::from(missing))
}

fn repair(world: &World) -> Option<f64> {
    world.has_clusters().then(|| world.pin_bytes().repaired as f64)
}
