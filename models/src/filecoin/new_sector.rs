//! What a new sector would lock, earn and pay if it were committed now: the pledge formulas seen from the outside.
//!
//! The sector is one nominal sector without verified data, weighed as the rule set weighs it. All of it is exact but
//! for the return, which is a rate for reading.

use super::conditions::Conditions;
use super::split::split_reward;
use crate::units::{AttoFil, Epochs, Power};

/// Days of a year for rates.
const DAYS: i64 = 365;

/// A sector that might be committed in this epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct NewSector {
    /// Its quality-adjusted power.
    pub qa: Power,
    /// Deposit of its pre-commit.
    pub deposit: AttoFil,
    /// Its initial pledge.
    pub pledge: AttoFil,
    /// What its producer is expected to earn with it in a day: under FIP-0118 the share of producers now.
    pub day_reward: AttoFil,
    /// What of its daily fee a day's reward leaves due (FIP-0100).
    pub day_fee: AttoFil,
}

impl NewSector {
    /// The sector under these conditions, so long after the chain began.
    pub fn of(terms: &Conditions<'_>, elapsed: Epochs) -> Self {
        let qa = terms.qa_power(terms.sector_size, terms.policy.min_sector_lifetime, 0);
        NewSector {
            qa,
            deposit: terms.precommit_deposit(),
            pledge: terms.initial_pledge(qa),
            day_reward: split_reward(terms.policy, terms.day_reward(qa), elapsed).consensus,
            day_fee: terms.daily_fee_due(terms.daily_fee(qa), qa),
        }
    }

    /// What it earns in a year less its daily fees, in per cent of its pledge; nothing if that is nothing.
    ///
    /// As if reward, power and supply stayed as they are: neither what an operator pays for disks and gas nor what the
    /// locking of rewards costs is in it.
    pub fn return_pct_per_year(&self) -> Option<f64> {
        let year = (self.day_reward - self.day_fee) * DAYS;
        (!self.pledge.is_zero()).then(|| 100.0 * year.as_fil_f64_lossy() / self.pledge.as_fil_f64_lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_a_years_reward_less_fees_over_the_pledge() {
        let fil = AttoFil::from_fil;
        let sector = NewSector {
            qa: Power::new(1),
            deposit: fil(1),
            pledge: fil(365),
            day_reward: fil(3),
            day_fee: fil(1),
        };
        assert_eq!(sector.return_pct_per_year(), Some(200.0));
        assert_eq!(NewSector { pledge: AttoFil::ZERO, ..sector }.return_pct_per_year(), None);
    }
}
