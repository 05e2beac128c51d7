//! What the forecast is told: the state of the network at the start, and how people behave from then on.
//!
//! Fields bear the names of the keys in a file, which are those of mechaFIL: `rb` is raw-byte power, `qa`
//! quality-adjusted power, `zero` the day of the start. Bounds are the file's business; a number that is not finite gives
//! a forecast that is not finite either.

use super::ForecastError;

/// A value for each day.
#[derive(Clone, Debug, PartialEq)]
pub enum Daily {
    /// The same on all days.
    Constant(f64),
    /// One value a day, the first for the first day; more than the forecast has days are not read.
    List(Vec<f64>),
}

/// How locked block rewards come free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RewardRelease {
    /// Each day 1/180 of all that is locked: mechaFIL's rule.
    #[default]
    Geometric,
    /// Each day 1/180 of each of the last 180 days' rewards: the protocol's rule.
    Linear,
}

/// Everything that a forecast depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// Days from liftoff (2020-10-15) to the start.
    pub start_day: u32,
    /// Rows of the forecast, days; the first is the start itself.
    pub forecast_length: usize,
    /// Days from sealing or renewal of a sector to its expiry.
    pub sector_duration_days: usize,
    /// Raw power at the start, EiB.
    pub rb_power_zero_eib: f64,
    /// Quality-adjusted power at the start, EiB.
    pub qa_power_zero_eib: f64,
    /// Raw power sealed anew, PiB a day.
    pub rb_onboard_pib_per_day: Daily,
    /// Share of the expiring power that is renewed.
    pub renewal_rate: Daily,
    /// Share of the onboarded raw power that holds verified deals.
    pub fil_plus_rate: Daily,
    /// Share of the circulating supply that the consensus pledge aims to lock.
    pub lock_target: Daily,
    /// Quality of verified power.
    pub fil_plus_multiplier: f64,
    /// Weight of the baseline in the consensus pledge (FIP-0081); the rest goes by the network's power alone.
    pub gamma: Daily,
    /// Capped raw power summed over the days before the start, EiB days.
    pub zero_cum_capped_power_eib_days: f64,
    /// Baseline power at the start, EiB.
    pub init_baseline_eib: f64,
    /// Baseline at liftoff, EiB, from which the effective network time runs.
    pub baseline_at_liftoff_eib: f64,
    /// Circulating supply at the start, FIL.
    pub circ_supply_zero: f64,
    /// Pledge and rewards locked at the start, FIL.
    pub locked_fil_zero: f64,
    /// Share of that which is pledge; the rest is rewards. mechaFIL has one half.
    pub locked_pledge_share: f64,
    /// Burnt before the start, FIL.
    pub burnt_zero: f64,
    /// Burnt on each day, FIL.
    pub daily_burnt_fil: f64,
    /// Vested from genesis allocations before the start, FIL.
    pub start_vested_amt: f64,
    /// Days over which power and pledge from before the start expire, evenly.
    pub known_expiry_days: usize,
    /// Quality-adjusted power onboarded on the day of the start, PiB.
    pub hist_qa_onboard_pib: f64,
    /// How locked block rewards come free.
    pub reward_release: RewardRelease,
}

impl Daily {
    /// The value of a day.
    ///
    /// # Panics
    /// If a list has no such day.
    pub fn at(&self, day: usize) -> f64 {
        match self {
            Daily::Constant(value) => *value,
            Daily::List(values) => values[day],
        }
    }
}

impl Inputs {
    /// The values that change from day to day, with the names of their keys.
    fn daily(&self) -> [(&'static str, &Daily); 5] {
        [
            ("rb_onboard_pib_per_day", &self.rb_onboard_pib_per_day),
            ("renewal_rate", &self.renewal_rate),
            ("fil_plus_rate", &self.fil_plus_rate),
            ("lock_target", &self.lock_target),
            ("gamma", &self.gamma),
        ]
    }

    /// Whether there is a day to forecast and a value for every day.
    pub(super) fn check(&self) -> Result<(), ForecastError> {
        let lengths = [
            ("forecast_length", self.forecast_length),
            ("sector_duration_days", self.sector_duration_days),
            ("known_expiry_days", self.known_expiry_days),
        ];
        if let Some((input, _)) = lengths.into_iter().find(|(_, days)| *days == 0) {
            return Err(ForecastError::NoDay { input });
        }
        for (input, daily) in self.daily() {
            match daily {
                Daily::List(values) if values.len() < self.forecast_length => {
                    let (given, needed) = (values.len(), self.forecast_length);
                    return Err(ForecastError::Short { input, given, needed });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Pledge and rewards locked at the start, FIL.
    pub(super) fn locked_zero(&self) -> (f64, f64) {
        let pledge = self.locked_fil_zero * self.locked_pledge_share;
        (pledge, self.locked_fil_zero - pledge)
    }

    /// Quality of the power onboarded in a step.
    pub(super) fn quality(&self, step: usize) -> f64 {
        1.0 + (self.fil_plus_multiplier - 1.0) * self.fil_plus_rate.at(step)
    }
}
