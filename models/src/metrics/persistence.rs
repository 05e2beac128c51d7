//! Persistence: what is still there, where it stands, and how close it came to being lost.

use super::{Measured, Metric, mean};
use crate::ladder::{Rung, Standing};
use crate::provenance::Came;
use crate::world::World;
use sim_core::time::SimTime;

pub(super) const OBJECTS_LOST: Metric = Metric {
    name: "objects_lost",
    label: "objects lost",
    unit: "",
    doc: "Share of published objects of which some block is on no node at all, deliberate deletions included.",
    sample: Some(|world| share(world, |standing| standing.lost.is_some())),
    total: Some(|world| {
        let (lost, all) = count(world, |standing| standing.lost.is_some());
        Measured::Proportion { hits: lost, trials: all }
    }),
};

pub(super) const AVAILABILITY: Metric = Metric {
    name: "availability",
    label: "availability",
    unit: "",
    doc: "Mean over published objects of the share of time on rung online or better; sampled: share of objects there now.",
    sample: Some(|world| share(world, |standing| standing.rung >= Some(Rung::Online))),
    total: Some(|world| time_share(world, Rung::Online)),
};

pub(super) const DISCOVERABILITY: Metric = Metric {
    name: "discoverability",
    label: "discoverability",
    unit: "",
    doc: "Mean over published objects of the share of time on rung discoverable or better; sampled: share of objects there now.",
    sample: Some(|world| share(world, |standing| standing.rung >= Some(Rung::Discoverable))),
    total: Some(|world| time_share(world, Rung::Discoverable)),
};

pub(super) const SERVABILITY: Metric = Metric {
    name: "servability",
    label: "servability",
    unit: "",
    doc: "Mean over published objects of the share of time on rung served; sampled: share of objects there now.",
    sample: Some(|world| share(world, |standing| standing.rung >= Some(Rung::Served))),
    total: Some(|world| time_share(world, Rung::Served)),
};

pub(super) const COPIES: Metric = Metric {
    name: "copies",
    label: "whole copies per object",
    unit: "",
    doc: "Mean number of whole copies of a published object, on nodes up or off; over the run: at its end.",
    sample: Some(|world| value(copies(world))),
    total: Some(copies),
};

pub(super) const EXPOSURE: Metric = Metric {
    name: "exposure",
    label: "share of time with at most one copy",
    unit: "",
    doc: "Mean over published objects of the share of time with at most one whole copy, before any loss.",
    sample: None,
    total: Some(|world| {
        mean(published(world).filter_map(|standing| {
            let alive = standing.time_at_least(Rung::Stored).as_secs_f64_lossy();
            (alive > 0.0).then(|| standing.exposure.as_secs_f64_lossy() / alive)
        }))
    }),
};

pub(super) const EFFECTIVE_COPIES: Metric = Metric {
    name: "effective_copies",
    label: "whole copies per object, over time",
    unit: "",
    doc: "Mean over published objects of the time average of whole copies, on nodes up or off or in sectors, from \
          publication to loss or the end of the run; sampled: whole copies now per object that is not lost.",
    sample: Some(|world| {
        let alive = published(world).filter(|standing| standing.lost.is_none() && !standing.is_inline);
        value(mean(alive.map(|standing| f64::from(standing.copies))))
    }),
    total: Some(effective_copies),
};

fn effective_copies(world: &World) -> Measured {
    let end = SimTime::ZERO + world.ended();
    let mut held = vec![0u128; world.standings().len()];
    for copy in world.provenance().copies().iter().filter(|copy| copy.came != Came::InParts) {
        let Some(published) = world.standings()[copy.object.index()].published else { continue };
        let lost = world.standings()[copy.object.index()].lost.map_or(end, |(at, _)| at);
        let (from, until) = (copy.from.max(published), copy.ended.map_or(end, |ended| ended.at).min(lost));
        if until > from {
            held[copy.object.index()] += u128::from(until.since(from).as_nanos());
        }
    }
    let average = |(standing, held): (&Standing, u128)| {
        let alive = standing.time_at_least(Rung::Stored).as_nanos();
        (standing.published.is_some() && !standing.is_inline && alive > 0).then(|| held as f64 / alive as f64)
    };
    mean(world.standings().iter().zip(held).filter_map(average))
}

pub(super) const UNDISCOVERABLE: Metric = Metric {
    name: "undiscoverable",
    label: "online, yet not discoverable",
    unit: "",
    doc: "Of the time that published objects are online, the share without a live provider record; sampled: of the objects online now, the share without one.",
    sample: Some(|world| {
        let (online, _) = count(world, |standing| standing.rung >= Some(Rung::Online));
        let (hidden, _) = count(world, |standing| standing.rung == Some(Rung::Online));
        (online > 0).then(|| hidden as f64 / online as f64)
    }),
    total: Some(|world| {
        let (mut online, mut hidden) = (0u64, 0u64);
        for standing in published(world) {
            online += standing.time_at_least(Rung::Online).as_nanos() / 1_000_000;
            hidden += standing.time_on[Rung::Online as usize].as_nanos() / 1_000_000;
        }
        if online == 0 { Measured::Nothing } else { Measured::Value(hidden as f64 / online as f64) }
    }),
};

fn published(world: &World) -> impl Iterator<Item = &Standing> {
    world.standings().iter().filter(|standing| standing.published.is_some())
}

/// Published objects for which `test` holds, and all published ones.
fn count(world: &World, test: impl Fn(&Standing) -> bool) -> (u64, u64) {
    published(world).fold((0, 0), |(hits, all), standing| (hits + u64::from(test(standing)), all + 1))
}

fn share(world: &World, test: impl Fn(&Standing) -> bool) -> Option<f64> {
    let (hits, all) = count(world, test);
    (all > 0).then(|| hits as f64 / all as f64)
}

fn time_share(world: &World, rung: Rung) -> Measured {
    mean(published(world).filter_map(|standing| {
        let observed = standing.observed().as_secs_f64_lossy();
        (observed > 0.0).then(|| standing.time_at_least(rung).as_secs_f64_lossy() / observed)
    }))
}

fn copies(world: &World) -> Measured {
    mean(published(world).filter(|standing| !standing.is_inline).map(|standing| f64::from(standing.copies)))
}

fn value(measured: Measured) -> Option<f64> {
    if let Measured::Value(value) = measured { Some(value) } else { None }
}
