//! The Filecoin network as a whole, and the macro model of it where a scenario lays one over the run
//! (`filecoin.forecast_from`). Nothing here has a total: the table `network` has the days.

use super::Metric;
use crate::filecoin::network::Network;
use crate::units::EPOCHS_PER_DAY;
use crate::world::World;

fn network(world: &World, value: fn(&Network) -> f64) -> Option<f64> {
    world.chain().map(|chain| value(chain.network()))
}

pub(super) const REWARD: Metric = Metric {
    name: "network_reward",
    label: "expected block rewards of a day",
    unit: "FIL",
    doc: "What the epoch pays for its expected wins, times the epochs of a day.",
    sample: Some(|world| {
        network(world, |network| network.reward().epoch_reward.as_fil_f64_lossy() * EPOCHS_PER_DAY as f64)
    }),
    total: None,
};

pub(super) const MINED: Metric = Metric {
    name: "network_mined",
    label: "block rewards since genesis",
    unit: "FIL",
    doc: "Block rewards paid since genesis, to simulated miners and to the rest of the network.",
    sample: Some(|world| network(world, |network| network.reward().paid.as_fil_f64_lossy())),
    total: None,
};

pub(super) const LOCKED: Metric = Metric {
    name: "network_locked",
    label: "locked pledge and rewards",
    unit: "FIL",
    doc: "Initial pledge and rewards that have not vested, of the whole network.",
    sample: Some(|world| network(world, |network| network.pledge().as_fil_f64_lossy())),
    total: None,
};

pub(super) const CIRCULATING: Metric = Metric {
    name: "network_circulating",
    label: "FIL in circulation",
    unit: "FIL",
    doc: "FIL in circulation, as the actors see it.",
    sample: Some(|world| network(world, |network| network.circulating().as_fil_f64_lossy())),
    total: None,
};

pub(super) const FORECAST_REWARD: Metric = Metric {
    name: "forecast_reward",
    label: "block rewards of a day by the forecast",
    unit: "FIL",
    doc: "day_network_reward of the forecast that goes on from filecoin.forecast_from.",
    sample: Some(|world| world.forecast_now(|forecast| &forecast.day_network_reward)),
    total: None,
};

pub(super) const FORECAST_MINED: Metric = Metric {
    name: "forecast_mined",
    label: "block rewards since liftoff by the forecast",
    unit: "FIL",
    doc: "cum_network_reward of the forecast that goes on from filecoin.forecast_from.",
    sample: Some(|world| world.forecast_now(|forecast| &forecast.cum_network_reward)),
    total: None,
};

pub(super) const FORECAST_LOCKED: Metric = Metric {
    name: "forecast_locked",
    label: "locked pledge and rewards by the forecast",
    unit: "FIL",
    doc: "network_locked of the forecast that goes on from filecoin.forecast_from.",
    sample: Some(|world| world.forecast_now(|forecast| &forecast.network_locked)),
    total: None,
};

pub(super) const FORECAST_CIRCULATING: Metric = Metric {
    name: "forecast_circulating",
    label: "FIL in circulation by the forecast",
    unit: "FIL",
    doc: "circ_supply of the forecast that goes on from filecoin.forecast_from.",
    sample: Some(|world| world.forecast_now(|forecast| &forecast.circ_supply)),
    total: None,
};
