//! Who has how much of what the chain gives. Without Filecoin these have no value.

use super::{Metric, measured};
use crate::world::World;

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn verified_share(world: &World) -> Option<f64> {
    let (verified, all) = world.verified_rewards()?;
    Some(100.0 * share(verified.as_fil_f64_lossy(), all.as_fil_f64_lossy())?)
}

fn kept_per_claimed(world: &World) -> Option<f64> {
    let (kept, claimed) = world.kept_and_claimed()?;
    share(kept as f64, claimed as f64)
}

pub(super) const VERIFIED_REWARDS: Metric = Metric {
    name: "verified_reward_share",
    label: "block rewards to miners with verified data",
    unit: "%",
    doc: "Block rewards of the simulated miners whose sectors are filled with verified data, over those of all simulated \
          miners, from the start of the run.",
    sample: None,
    total: Some(|world| measured(verified_share(world))),
};

pub(super) const KEPT: Metric = Metric {
    name: "stored_per_claimed",
    label: "bytes kept per byte of raw power",
    unit: "",
    doc: "Bytes of replicas that are on disks of simulated miners over the bytes that count as their power: leaves of active \
          sectors. What a miner only could make again, or ask another for, is not on its disk.",
    sample: Some(kept_per_claimed),
    total: Some(|world| measured(kept_per_claimed(world))),
};
