//! Minting: 330 million FIL by the calendar, 770 million by the power of the network.
//!
//! ```text
//! simple(t)   = 330e6 (1 - exp(-lambda t))          lambda = ln 2 / six years
//! baseline(t) = 770e6 (1 - exp(-lambda theta))
//! theta       = ln(1 + g R / b0) / g                g = ln 2 / one year
//! ```
//!
//! `R` is raw power capped at the baseline, summed over the days; `theta` is the effective network time, at which a
//! network that had always been on the baseline would have reached `R`. A year has 365 days.
//! Source: specification, "Minting Model"; the built-in reward actor (`reward/src/logic.rs`) has the same constants as integers.
//!
//! The chain sums per epoch, this model per day, the day itself included: on a growing baseline a daily sum is ahead of
//! the integral by half a step, a quarter of a day after one year.

use super::Inputs;
use sim_core::math;
use std::f64::consts::LN_2;

/// FIL minted by the calendar, in all. Source: specification, 30 % of 1.1 billion.
pub const SIMPLE_FIL: f64 = 330e6;
/// FIL minted by power, in all. Source: specification, 70 % of 1.1 billion.
pub const BASELINE_FIL: f64 = 770e6;
/// Decay of both, a day: half in six years of 365 days.
const LAMBDA: f64 = LN_2 / 2190.0;
/// Growth of the baseline, a day: double in a year of 365 days.
const GROWTH: f64 = LN_2 / 365.0;
/// Baseline at liftoff as mechaFIL has it, EiB. The chain's was 2.766213637444971 EiB; mechaFIL reads that number as
/// 10^18 bytes, and so runs its network time from a baseline 13 % too low. To reproduce its series takes its number.
pub const MECHAFIL_BASELINE_EIB: f64 = 2.766_213_637_444_971e18 / (1_u64 << 60) as f64;
/// Baseline at liftoff on mainnet, EiB: 3,189,227,188,947,035,000 bytes, the figure of the chain that mechaFIL cites.
/// The built-in reward actor's law (2.88888888e18 bytes at epoch 0) gives 2.7642 EiB at epoch 148,888.
pub const MAINNET_BASELINE_EIB: f64 = 3_189_227_188_947_035_000_u64 as f64 / (1_u64 << 60) as f64;

/// Baseline and rewards of each day.
pub(super) struct Minting {
    /// Baseline power, EiB.
    pub(super) baseline_eib: Vec<f64>,
    /// Sum of capped raw power, EiB days.
    pub(super) cum_capped_eib_days: Vec<f64>,
    /// Effective network time, days.
    pub(super) network_time: Vec<f64>,
    /// Minted by the calendar since liftoff, FIL.
    pub(super) cum_simple: Vec<f64>,
    /// Minted by power since liftoff, FIL.
    pub(super) cum_baseline: Vec<f64>,
    /// Both, FIL.
    pub(super) cum_reward: Vec<f64>,
    /// Minted on the day, FIL; the first day repeats the second.
    pub(super) day_reward: Vec<f64>,
}

/// FIL minted by the calendar until `days` after liftoff.
pub fn simple_minted(days: f64) -> f64 {
    -SIMPLE_FIL * math::exp_m1(-LAMBDA * days)
}

/// FIL minted by power until the effective network time `theta`, in days.
pub fn baseline_minted(theta: f64) -> f64 {
    -BASELINE_FIL * math::exp_m1(-LAMBDA * theta)
}

/// Effective network time in days, from the sum of capped power in EiB days and the baseline at liftoff in EiB.
pub fn network_time(cum_capped_eib_days: f64, baseline_at_liftoff_eib: f64) -> f64 {
    math::ln_1p(GROWTH * cum_capped_eib_days / baseline_at_liftoff_eib) / GROWTH
}

/// Baseline `days` after it was `start`.
pub fn baseline(start: f64, days: f64) -> f64 {
    start * math::exp(GROWTH * days)
}

/// Minting of every day, given the raw power of every day in EiB.
pub(super) fn forecast(inputs: &Inputs, raw_eib: &[f64]) -> Minting {
    let days = 0..raw_eib.len();
    let baseline_eib: Vec<f64> =
        days.clone().map(|day| baseline(inputs.init_baseline_eib, day as f64)).collect();
    let mut sum = inputs.zero_cum_capped_power_eib_days;
    let capped = raw_eib.iter().zip(&baseline_eib).map(|(raw, baseline)| {
        sum += raw.min(*baseline);
        sum
    });
    let cum_capped_eib_days: Vec<f64> = capped.collect();
    let time = |sum: &f64| network_time(*sum, inputs.baseline_at_liftoff_eib);
    let network_time: Vec<f64> = cum_capped_eib_days.iter().map(time).collect();
    let cum_baseline: Vec<f64> = network_time.iter().map(|theta| baseline_minted(*theta)).collect();
    let cum_simple: Vec<f64> =
        days.map(|day| simple_minted(f64::from(inputs.start_day) + day as f64)).collect();
    let cum_reward: Vec<f64> = cum_simple.iter().zip(&cum_baseline).map(|(a, b)| a + b).collect();
    Minting {
        day_reward: differences(&cum_reward),
        baseline_eib,
        cum_capped_eib_days,
        network_time,
        cum_simple,
        cum_baseline,
        cum_reward,
    }
}

/// Differences from day to day; the first repeats the second. A single day has none, and gets zero.
fn differences(sums: &[f64]) -> Vec<f64> {
    let steps = sums.windows(2).map(|pair| pair[1] - pair[0]);
    let first = steps.clone().next().unwrap_or(0.0);
    std::iter::once(first).chain(steps).collect()
}
