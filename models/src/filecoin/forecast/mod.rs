//! The macro model of Filecoin: power, minting, vesting, pledge and supply of the whole network, one row a day.
//!
//! ```text
//! onboarding, renewal, Fil+ share --> power -----> minting --> day's reward --+
//!                                       |             baseline                |
//!                                       +-------------------> pledge per PiB <+<-- yesterday's supply
//! genesis allocations --> vesting --+                             |                    |
//!                                   +--> circulating supply <-- locked ----------------+
//! ```
//!
//! It is the daily recurrence of mechaFIL (CryptoEconLab; mechafil-jax of October 2024), which people use to see where
//! the network is going, so that its users find the same inputs, the same series under the same names, and the same
//! numbers. The laws are those of the specification ("Filecoin Token", "Minting Model") and of FIP-0081 (pledge).
//!
//! Everything is an average over the network and over a day, hence floats: here no attoFIL changes hands, and nothing here
//! decides what the chain pays. Transcendental functions come from [`sim_core::math`], so that every machine gets the same bits.
//!
//! What it leaves out, as the model it follows does:
//! - miners: no faults, terminations, fees on sectors, or gas market; burning is a constant amount a day;
//! - sectors: all of them have one duration, and raw and quality-adjusted power share one renewal rate; sectors from
//!   before the start expire evenly;
//! - the protocol's alpha-beta filters: pledge sees the day's own reward and power;
//! - per-miner vesting: by default a day releases 1/180 of all locked rewards, which in the long run holds twice what the
//!   protocol's 180 daily slices hold. [`RewardRelease::Linear`] is the protocol's rule;
//! - verified deals inside the baseline, market collateral, and the first 51 days before mainnet's liftoff.
//!
//! Days count from liftoff, 2020-10-15, which is day 0.

pub mod inputs;
pub mod locking;
pub mod minting;
pub mod outset;
mod power;
pub mod series;
mod supply;
pub mod vesting;

pub use inputs::{Daily, Inputs, RewardRelease};
pub use series::{Forecast, SERIES, Series};

/// Days of the return that `1y_sector_roi` looks at.
const ROI_DAYS: usize = 365;

/// PiB in an EiB.
const PIB_PER_EIB: f64 = 1024.0;
/// Sectors of 32 GiB in a PiB.
const SECTORS_PER_PIB: f64 = 32_768.0;
/// Sectors of 32 GiB in an EiB.
const SECTORS_PER_EIB: f64 = SECTORS_PER_PIB * PIB_PER_EIB;

/// Why there is no forecast.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForecastError {
    /// A list is shorter than the forecast.
    #[error("{input} has {given} values for {needed} days")]
    Short {
        /// The key of the list.
        input: &'static str,
        /// Its values.
        given: usize,
        /// Days of the forecast.
        needed: usize,
    },
    /// A length of time is zero.
    #[error("{input} is no day at all")]
    NoDay {
        /// The key of the length.
        input: &'static str,
    },
    /// The network has shrunk to nothing.
    #[error(
        "less than one sector of 32 GiB is left of the network on day {day}, so that reward and pledge a sector mean nothing"
    )]
    Empty {
        /// Days after the start.
        day: usize,
    },
}

/// Runs the model. The work grows with the number of days.
///
/// # Errors
/// If a list is too short, a length is zero, or the network's power falls below one sector.
pub fn forecast(inputs: &Inputs) -> Result<Forecast, ForecastError> {
    inputs.check()?;
    let power = power::forecast(inputs)?;
    let minting = minting::forecast(inputs, &power.raw.total_eib);
    let vested = vesting::forecast(inputs);
    let supply = supply::forecast(inputs, &power, &minting, &vested);
    let rewards_per_sector: Vec<f64> = minting
        .day_reward
        .iter()
        .zip(&power.quality.total_eib)
        .map(|(reward, eib)| reward / (eib * SECTORS_PER_EIB))
        .collect();
    Ok(Forecast {
        sector_roi_1y: one_year_roi(&rewards_per_sector, &supply.pledge_per_sector),
        rb_total_power_eib: power.raw.total_eib,
        qa_total_power_eib: power.quality.total_eib,
        rb_sched_expire_power_pib: power.raw.expiring_pib,
        qa_day_onboarded_power_pib: power.quality.onboarded_pib,
        qa_day_renewed_power_pib: power.quality.renewed_pib,
        network_baseline_eib: minting.baseline_eib,
        cum_capped_power_eib_days: minting.cum_capped_eib_days,
        network_time_days: minting.network_time,
        cum_simple_reward: minting.cum_simple,
        cum_baseline_reward: minting.cum_baseline,
        cum_network_reward: minting.cum_reward,
        day_network_reward: minting.day_reward,
        total_vest: vested,
        day_locked_pledge: supply.day_pledge,
        network_locked_pledge: supply.locked_pledge,
        network_locked_reward: supply.locked_reward,
        network_locked: supply.locked,
        network_gas_burn: supply.burnt,
        circ_supply: supply.circulating,
        day_pledge_per_qap: supply.pledge_per_sector,
        day_rewards_per_sector: rewards_per_sector,
    })
}

/// What a sector earns in its first year, in units of its pledge, for each day that has a whole year ahead.
fn one_year_roi(rewards: &[f64], pledge: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut sums = vec![0.0];
    sums.extend(rewards.iter().map(|reward| {
        sum += reward;
        sum
    }));
    let year = sums.iter().zip(sums.iter().skip(ROI_DAYS)).map(|(before, after)| after - before);
    year.zip(pledge).map(|(earned, pledge)| earned / pledge).collect()
}
