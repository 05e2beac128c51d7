//! Where a forecast takes over from a chain: the state of a network that was simulated epoch by epoch, as the macro
//! model's inputs.
//!
//! The two models then tell the same story in two ways, and may be laid side by side. They agree as far as they model
//! the same thing; what they do not share is known:
//!
//! - Day 0 of the forecast is liftoff, day 0 of the chain's simple minting is genesis, 51.7 days before. So the forecast
//!   mints by the calendar what the chain minted 51.7 days earlier: 1.65 % more.
//! - A forecast's day sees the power at its end, the chain's filters follow power with a lag of some hours.
//! - The forecast caps a pledge at 1 FIL per GiB, the chain at 1 FIL per 32 GiB. So the forecast is to begin when the
//!   network is large enough for no pledge to reach the chain's cap.
//! - The chain's actual minting is luck: it wins five times an epoch on average. Its expected reward is what agrees.
//! - Nothing expires in the forecast made here, and what is burnt a day stays as it is.

use super::inputs::{Daily, Inputs, RewardRelease};
use crate::filecoin::monies::{gamma_permille, ramp_elapsed};
use crate::filecoin::policy::{Policy, QualityRule};
use crate::filecoin::power::PowerPair;
use crate::filecoin::supply::{LIFTOFF, genesis_vested};
use crate::units::{AttoFil, EPOCHS_PER_DAY, Epoch, Epochs, Power};
use serde::{Deserialize, Serialize};

const EIB: f64 = (1_u64 << 60) as f64;
/// So many days after the start, nothing that lives then has expired in any forecast.
const NEVER_DAYS: usize = 1 << 40;

/// The state of a chain at the end of a day.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Outset {
    /// The epoch that begins.
    pub epoch: Epoch,
    /// Power of the network.
    pub power: PowerPair,
    /// Baseline power.
    pub baseline: Power,
    /// Raw power capped by the baseline, summed over all epochs, in byte-epochs.
    pub realized_sum: i128,
    /// FIL in circulation.
    pub circulating: AttoFil,
    /// Initial pledge of all sectors.
    pub initial_pledge: AttoFil,
    /// Rewards that have not vested.
    pub locked_rewards: AttoFil,
    /// Burnt since genesis.
    pub burnt: AttoFil,
    /// Burnt on the last day.
    pub burnt_last_day: AttoFil,
}

/// Power that is onboarded on each day from the outset on.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Onboarding {
    /// Raw power, PiB.
    pub raw_pib: Vec<f64>,
    /// Of that, in sectors full of verified data, PiB.
    pub verified_pib: Vec<f64>,
}

impl Outset {
    /// What the macro model has to be told to go on from here, for as many days as onboarding is known.
    pub fn inputs(&self, policy: &Policy, onboarding: Onboarding) -> Inputs {
        let days = onboarding.raw_pib.len();
        let eib = |power: Power| power.bytes() as f64 / EIB;
        let fil = AttoFil::as_fil_f64_lossy;
        let locked = fil(self.initial_pledge) + fil(self.locked_rewards);
        let day_of_power = eib(self.power.raw.min(self.baseline));
        let since_liftoff = (self.epoch - LIFTOFF).count() + EPOCHS_PER_DAY / 2;
        let gamma = |day: i64| {
            let elapsed = ramp_elapsed(policy, self.epoch + Epochs::from_days(day));
            gamma_permille(policy, elapsed) as f64 / 1_000.0
        };
        Inputs {
            start_day: u32::try_from(since_liftoff / EPOCHS_PER_DAY).unwrap_or(0),
            forecast_length: days,
            sector_duration_days: NEVER_DAYS,
            rb_power_zero_eib: eib(self.power.raw),
            qa_power_zero_eib: eib(self.power.qa),
            fil_plus_rate: verified_shares(policy, &onboarding),
            rb_onboard_pib_per_day: Daily::List(onboarding.raw_pib),
            renewal_rate: Daily::Constant(1.0),
            lock_target: Daily::Constant(
                policy.pledge_lock_target.num as f64 / policy.pledge_lock_target.den as f64,
            ),
            fil_plus_multiplier: policy.quality_verified_multiplier as f64
                / policy.quality_base_multiplier as f64,
            gamma: Daily::List((0..days as i64).map(gamma).collect()),
            // The first row adds the power of its own day, which the chain's sum has in it.
            zero_cum_capped_power_eib_days: self.realized_sum as f64 / EPOCHS_PER_DAY as f64 / EIB
                - day_of_power,
            init_baseline_eib: eib(self.baseline),
            baseline_at_liftoff_eib: eib(policy.baseline_initial),
            circ_supply_zero: fil(self.circulating),
            locked_fil_zero: locked,
            locked_pledge_share: if locked > 0.0 { fil(self.initial_pledge) / locked } else { 0.0 },
            burnt_zero: fil(self.burnt),
            daily_burnt_fil: fil(self.burnt_last_day),
            start_vested_amt: fil(genesis_vested(self.epoch)),
            known_expiry_days: NEVER_DAYS,
            hist_qa_onboard_pib: 0.0,
            reward_release: RewardRelease::Linear,
        }
    }
}

fn verified_shares(policy: &Policy, onboarding: &Onboarding) -> Daily {
    if policy.quality_rule == QualityRule::Full {
        return Daily::Constant(1.0);
    }
    let share = |(raw, verified): (&f64, &f64)| if *raw > 0.0 { verified / raw } else { 0.0 };
    Daily::List(onboarding.raw_pib.iter().zip(&onboarding.verified_pib).map(share).collect())
}
