//! The macro model laid over a run of the chain: from the state of the network on one day, with the onboarding that the
//! scenario's miners have planned.
//!
//! It tells nobody in the run anything: samples of it stand beside those of the chain.

use super::filecoin::FilecoinWorld;
use crate::agents::storage_miner::OperatorConfig;
use crate::config::{FilecoinConfig, MinerGroup};
use crate::filecoin::chain::ChainConfig;
use crate::filecoin::forecast::outset::{Onboarding, Outset};
use crate::filecoin::forecast::{Forecast, forecast};
use crate::units::{AttoFil, EPOCHS_PER_DAY};

const PIB: f64 = (1_u64 << 50) as f64;

/// A forecast and where it begins.
#[derive(Debug)]
pub(crate) struct Ahead {
    pub(crate) outset: Outset,
    /// None if the network is too small to have one.
    forecast: Option<Forecast>,
}

impl Ahead {
    /// The forecast from an outset: a pure function of it and of the configuration.
    pub(crate) fn new(config: &FilecoinConfig, outset: Outset) -> Self {
        let inputs = outset.inputs(&config.chain.policy, onboarding(config));
        Ahead { outset, forecast: forecast(&inputs).ok() }
    }
}

impl FilecoinWorld {
    /// At the end of the day from which the scenario wants a forecast, makes it.
    pub(super) fn look_ahead(&mut self, config: &FilecoinConfig, day: u32) {
        if config.forecast.is_none_or(|plan| plan.from_day != day) {
            return;
        }
        let (chain, last) = (&self.chain, self.network_days.last().expect("a day has ended"));
        let before = self.network_days.iter().nth_back(1).map_or(config.chain.start.burnt, |day| day.burnt);
        let initial_pledge: AttoFil = chain.miners().iter().map(|miner| miner.funds().pledge).sum();
        let outset = Outset {
            epoch: last.epoch,
            power: last.power,
            baseline: last.baseline,
            realized_sum: chain.network().reward().realized_sum,
            circulating: last.circulating,
            initial_pledge,
            locked_rewards: last.pledge - initial_pledge,
            burnt: last.burnt,
            burnt_last_day: last.burnt - before,
        };
        self.ahead = Some(Ahead::new(config, outset));
    }

    /// The value of a series of the forecast on the present day of the chain, if there is one.
    pub(crate) fn forecast_now(&self, series: fn(&Forecast) -> &[f64]) -> Option<f64> {
        let ahead = self.ahead.as_ref()?;
        let day = (self.chain.now() - ahead.outset.epoch).count() / EPOCHS_PER_DAY;
        series(ahead.forecast.as_ref()?).get(usize::try_from(day).ok()?).copied()
    }
}

/// What the plans of all miners bring to the network on each day after the first of the forecast, as expected before
/// anything is drawn; until the first sectors expire that nobody extends.
fn onboarding(config: &FilecoinConfig) -> Onboarding {
    let Some(plan) = config.forecast else { return Onboarding::default() };
    let horizon = config.groups.iter().filter_map(|group| life(&group.operator)).min();
    let rows = plan.rows.min(horizon.map_or(usize::MAX, |days| days.saturating_sub(plan.from_day as usize)));
    let mut days = Onboarding { raw_pib: vec![0.0; rows], verified_pib: vec![0.0; rows] };
    for group in &config.groups {
        add(group, &config.chain, plan.from_day, &mut days);
    }
    days
}

/// Days until the first sector of an operator expires; none if it extends them.
fn life(plan: &OperatorConfig) -> Option<usize> {
    let days = plan.commitment.count() / EPOCHS_PER_DAY;
    plan.extension.is_none().then(|| usize::try_from(days).unwrap_or(0))
}

/// Adds a group's batches. A batch begins within the spread, has its power at a deadline of the day after it is proven,
/// and so arrives evenly over spread and day.
fn add(group: &MinerGroup, chain: &ChainConfig, from_day: u32, days: &mut Onboarding) {
    let plan = &group.operator;
    let day = EPOCHS_PER_DAY as f64;
    let wait = if plan.non_interactive { 0 } else { chain.policy.precommit_challenge_delay.count() };
    let (first, width) = ((plan.sealing.count() + wait) as f64 / day, plan.spread.count() as f64 / day + 1.0);
    let verified = if plan.non_interactive { 0.0 } else { plan.verified.ratio().as_f64_lossy() };
    let sector = f64::from(group.count) * f64::from(chain.weight) * chain.sector_size as f64 / PIB;
    for batch in 0..plan.sectors.div_ceil(plan.batch) {
        let size = plan.batch.min(plan.sectors - batch * plan.batch) as f64 * sector;
        let begins = first + batch as f64 * plan.interval.count() as f64 / day - f64::from(from_day);
        // The share of it that is there at an instant, and so what each of the days it takes adds.
        let there = |at: f64| ((at - begins) / width).clamp(0.0, 1.0);
        let (low, high) = (begins.max(0.0) as usize, (begins + width).max(0.0).ceil() as usize);
        for step in low..high.min(days.raw_pib.len()) {
            let added = size * (there(step as f64 + 1.0) - there(step as f64));
            days.raw_pib[step] += added;
            days.verified_pib[step] += added * verified;
        }
    }
}
