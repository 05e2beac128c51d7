//! What miners are expected to earn, put up and pay: expected reward, deposits and pledges, fees and penalties.
//!
//! After built-in actors, actors/miner/src/monies.rs, and FIP-0002, FIP-0034, FIP-0081, FIP-0098, FIP-0100. All of it
//! reads the same number: the reward that a byte of quality-adjusted power is expected to earn over a span of time,
//! [`RewardOutlook`]. It is the same for every sector at one moment, so it is worked out once an epoch and span, and a
//! sector costs one product.
//!
//! Left out: pledges and fees before network version 21 (full locking, the reward-based fault fees of 2020).

mod fees;
mod pledge;

pub use fees::*;
pub use pledge::*;

use super::fixed::{Q128, wide};
use super::smooth::{FilterEstimate, ratio_integral};
use crate::units::{AttoFil, Epochs, Power};

/// The smoothed reward and quality-adjusted power of the network, as messages of an epoch see them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct NetworkEstimates {
    /// Reward of an epoch, in attoFIL.
    pub reward: FilterEstimate,
    /// Quality-adjusted power of the network, in bytes.
    pub power: FilterEstimate,
}

/// The reward that a byte of power is expected to earn over a span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct RewardOutlook(Outlook);

#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
enum Outlook {
    /// AttoFIL per byte.
    PerByte(Q128),
    /// Nobody has power: whoever comes gets an epoch's reward.
    NoPower(AttoFil),
}

impl RewardOutlook {
    /// The outlook from now over a span.
    ///
    /// Source: built-in actors, monies.rs, `expected_reward_for_power`.
    pub fn new(network: &NetworkEstimates, span: Epochs) -> Self {
        RewardOutlook(if network.power.estimate() == 0 {
            Outlook::NoPower(AttoFil::new(network.reward.estimate()))
        } else {
            Outlook::PerByte(ratio_integral(&network.reward, &network.power, Epochs::ZERO, span))
        })
    }

    /// What so much power is expected to earn: BR of the specification, at least nothing.
    ///
    /// # Panics
    /// If that is past 2^127 attoFIL.
    pub fn of(&self, power: Power) -> AttoFil {
        self.checked_of(power).expect("an expected reward past 1.7e38 attoFIL")
    }

    /// The same, or `None` past 2^127 attoFIL.
    pub fn checked_of(&self, power: Power) -> Option<AttoFil> {
        let per_byte = match self.0 {
            Outlook::NoPower(reward) => return Some(reward),
            Outlook::PerByte(per_byte) => per_byte,
        };
        let product = per_byte.raw().checked_mul(wide(power.bytes()))?;
        Some(AttoFil::new(Q128::from_raw(product).checked_floor()?).at_least_zero())
    }

    /// The same, but at least one attoFIL: what deposits and pledges count with.
    pub fn at_least_one(&self, power: Power) -> AttoFil {
        self.of(power).max(AttoFil::ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_power_in_the_network_an_epochs_reward_is_expected() {
        let network =
            NetworkEstimates { reward: FilterEstimate::constant(77), power: FilterEstimate::constant(0) };
        let outlook = RewardOutlook::new(&network, Epochs::from_days(20));
        assert_eq!(outlook.of(Power::new(5)), AttoFil::new(77));
    }

    #[test]
    fn steady_power_earns_its_share_of_steady_reward() {
        let network = NetworkEstimates {
            reward: FilterEstimate::constant(1_000_000),
            power: FilterEstimate::constant(1 << 40),
        };
        let outlook = RewardOutlook::new(&network, Epochs::new(10));
        assert_eq!(outlook.of(Power::new(1 << 38)), AttoFil::new(2_500_000));
        assert_eq!(outlook.of(Power::ZERO), AttoFil::ZERO);
        assert_eq!(outlook.at_least_one(Power::ZERO), AttoFil::ONE);
    }
}
