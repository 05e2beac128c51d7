//! Circulating supply, and the loop from it through the pledge back to itself.
//!
//! ```text
//! circulating = reserve disbursed + minted + vested - locked - burnt      (not below 0)
//! ```
//!
//! Source: specification, "Supply"; lotus, `chain/stmgr/supply.go`, which is what the actors are told. The first day is as
//! given; from the second on, a day's pledge sees the supply of the day before.

use super::locking::{PledgeLock, PledgeTerms, RewardLock};
use super::minting::Minting;
use super::power::Power;
use super::{Inputs, SECTORS_PER_PIB};

/// Disbursed from the mining reserve, FIL. Source: the balance of f090 that mechaFIL carries; 17.07 million in FIP-0100.
const RESERVE_DISBURSED: f64 = 17_066_618.961_773_41;

/// Locks, burns and supply of each day.
pub(super) struct Supply {
    /// Pledge locked on the day, FIL.
    pub(super) day_pledge: Vec<f64>,
    /// Pledge locked in all, FIL.
    pub(super) locked_pledge: Vec<f64>,
    /// Rewards locked in all, FIL.
    pub(super) locked_reward: Vec<f64>,
    /// Both, FIL.
    pub(super) locked: Vec<f64>,
    /// Burnt since genesis, FIL.
    pub(super) burnt: Vec<f64>,
    /// Circulating supply, FIL.
    pub(super) circulating: Vec<f64>,
    /// Pledge of 32 GiB of quality-adjusted power, FIL; the first day repeats the second.
    pub(super) pledge_per_sector: Vec<f64>,
}

pub(super) fn forecast(inputs: &Inputs, power: &Power, minting: &Minting, vested: &[f64]) -> Supply {
    let mut pledge = PledgeLock::new(inputs);
    let mut rewards = RewardLock::new(inputs.reward_release, inputs.locked_zero().1);
    let mut supply = Supply {
        day_pledge: Vec::new(),
        locked_pledge: vec![pledge.stock],
        locked_reward: vec![rewards.stock()],
        locked: vec![inputs.locked_fil_zero],
        burnt: (0..inputs.forecast_length)
            .map(|day| inputs.burnt_zero + day as f64 * inputs.daily_burnt_fil)
            .collect(),
        circulating: vec![inputs.circ_supply_zero],
        pledge_per_sector: Vec::new(),
    };
    for (day, vested) in vested.iter().enumerate().skip(1) {
        let per_pib = terms(inputs, power, minting, supply.circulating[day - 1], day).fil_per_pib();
        let (onboarded, renewed) = (power.quality.onboarded_pib[day], power.quality.renewed_pib[day]);
        let grown = pledge.day(per_pib * onboarded, per_pib * renewed, inputs.renewal_rate.at(day))
            + rewards.day(minting.day_reward[day]);
        let locked = (supply.locked[day - 1] + grown).max(0.0);
        let free = RESERVE_DISBURSED + minting.cum_reward[day] + vested - locked - supply.burnt[day];
        supply.pledge_per_sector.push(per_pib / SECTORS_PER_PIB);
        supply.locked_pledge.push(pledge.stock);
        supply.locked_reward.push(rewards.stock());
        supply.locked.push(locked);
        supply.circulating.push(free.max(0.0));
    }
    supply.day_pledge = pledge.days;
    // A forecast of one day has no second one: then the pledge is that of the start itself.
    let first = supply.pledge_per_sector.first().copied();
    let start = || terms(inputs, power, minting, inputs.circ_supply_zero, 0).fil_per_pib() / SECTORS_PER_PIB;
    supply.pledge_per_sector.insert(0, first.unwrap_or_else(start));
    supply
}

fn terms(inputs: &Inputs, power: &Power, minting: &Minting, supply: f64, day: usize) -> PledgeTerms {
    PledgeTerms {
        day_reward: minting.day_reward[day],
        supply,
        quality_eib: power.quality.total_eib[day],
        baseline_eib: minting.baseline_eib[day],
        lock_target: inputs.lock_target.at(day),
        gamma: inputs.gamma.at(day),
    }
}
