//! What parameters must be to each other: each may be within its own bounds and all of them together still be no chain.

use super::{Epochs, Policy, Q128, Share};
use crate::units::{AttoFil, Epoch};
use sim_core::math::{log2, pow};

/// All that the reward actor ever pays. Source: filecoin-project/specs, "Token allocation".
const MINTED: AttoFil = AttoFil::from_fil(1_100_000_000);
/// Deadlines of a period at least: some must be open to change while others are about to be proven.
const DEADLINES: i64 = 4;
/// The largest term of a weight of the reward's split: products of three of them and a quarter have to fit 384 bits.
const WEIGHT_TERM: i128 = 1_000_000_000;
/// The power of two that the baseline may reach: sums of it over a chain have to fit 127 bits.
const BASELINE_BITS: f64 = 104.0;

/// A parameter that does not go with the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Misfit {
    /// Its name.
    pub name: &'static str,
    /// What was expected of it.
    pub message: String,
}

impl Policy {
    /// What in it cannot be together on a chain from `first` to `last`.
    pub fn misfits(&self, first: Epoch, last: Epoch) -> Vec<Misfit> {
        let checks = [
            self.deadlines_divide_the_period(),
            self.cutoff_lies_in_a_period("fault_cutoff", self.fault_cutoff),
            self.cutoff_lies_in_a_period("challenge_lookback", self.challenge_lookback),
            self.sectors_can_live(),
            self.pot_is_large_enough(),
            self.baseline_stays_countable(first, last),
        ];
        let misfit = |(name, message)| Misfit { name, message };
        checks.into_iter().flatten().chain(self.weights_stay_countable()).map(misfit).collect()
    }

    fn deadlines_divide_the_period(&self) -> Option<(&'static str, String)> {
        let (period, deadlines) = (self.proving_period.count(), self.deadlines);
        let fits = deadlines >= DEADLINES && period % deadlines == 0;
        let message = format!(
            "expected at least {DEADLINES} that divide proving_period = {period} epochs, got {deadlines}"
        );
        (!fits).then_some(("deadlines", message))
    }

    fn cutoff_lies_in_a_period(&self, name: &'static str, span: Epochs) -> Option<(&'static str, String)> {
        let period = self.proving_period;
        let message = format!("expected less than proving_period = {period}, got {span}");
        (span >= period).then_some((name, message))
    }

    fn sectors_can_live(&self) -> Option<(&'static str, String)> {
        let (least, most) =
            (self.min_sector_lifetime, self.max_sector_extension.min(self.max_sector_lifetime));
        let message = format!(
            "expected at most max_sector_extension and max_sector_lifetime, here {most}, got {least}: \
             no sector could be committed"
        );
        (least > most).then_some(("min_sector_lifetime", message))
    }

    fn pot_is_large_enough(&self) -> Option<(&'static str, String)> {
        let total = self.simple_minting_total + self.baseline_minting_total;
        let message = format!("expected at most {MINTED} with simple_minting_total, got {total} together");
        (total > MINTED).then_some(("baseline_minting_total", message))
    }

    fn weights_stay_countable(&self) -> impl Iterator<Item = (&'static str, String)> {
        let weights = [
            ("reward_consensus_start", self.reward_consensus_start),
            ("reward_consensus_floor", self.reward_consensus_floor),
            ("reward_consensus_step", self.reward_consensus_step),
            ("reward_service_start", self.reward_service_start),
            ("reward_service_step", self.reward_service_step),
        ];
        let is_large = |(_, weight): &(&str, Share)| weight.num.max(weight.den) > WEIGHT_TERM;
        let message = |(name, _)| (name, format!("expected terms of at most {WEIGHT_TERM}"));
        weights.into_iter().filter(is_large).map(message)
    }

    fn baseline_stays_countable(&self, first: Epoch, last: Epoch) -> Option<(&'static str, String)> {
        // A start later than genesis takes the sum of the baseline by its closed form, which divides by the growth.
        if first > Epoch::GENESIS && self.baseline_growth <= Q128::ONE {
            let message = "expected more than 2^128, growth, on a chain that begins after genesis";
            return Some(("baseline_growth", message.into()));
        }
        let growth =
            self.baseline_growth.floor() as f64 + self.baseline_growth.fraction() as f64 / pow(2.0, 128.0);
        let first_bits = log2(self.baseline_initial.bytes() as f64);
        let reached = first_bits + log2(growth) * last.height().max(0) as f64;
        let message = format!("expected less growth: at epoch {last} the baseline would be past 2^104 bytes");
        (reached > BASELINE_BITS).then_some(("baseline_growth", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filecoin::policy::Parameter;
    use crate::filecoin::rulesets::RULE_SETS;

    /// Names of what does not fit in nv21 with these changes, over ten years from 2026.
    fn misfits(changes: &[(&str, &str)]) -> Vec<&'static str> {
        let mut policy = Policy::default();
        for (name, value) in changes {
            Parameter::named(name).expect("a parameter").set(&mut policy, value).expect("a value");
        }
        let first = Epoch::new(6_100_000);
        policy
            .misfits(first, first + Epochs::from_days(3_650))
            .into_iter()
            .map(|misfit| misfit.name)
            .collect()
    }

    #[test]
    fn every_rule_set_fits_from_genesis_to_forty_years_later() {
        for rules in RULE_SETS {
            let last = Epoch::GENESIS + Epochs::from_days(40 * 365);
            assert_eq!(rules.policy().misfits(Epoch::GENESIS, last), Vec::new(), "{}", rules.name);
        }
    }

    #[test]
    fn what_cannot_be_together_is_named() {
        assert_eq!(misfits(&[("deadlines", "7")]), ["deadlines"]);
        assert_eq!(misfits(&[("deadlines", "2")]), ["deadlines"]);
        assert_eq!(misfits(&[("deadlines", "24"), ("proving_period", "12 h")]), Vec::<&str>::new());
        assert_eq!(misfits(&[("fault_cutoff", "1 day")]), ["fault_cutoff"]);
        assert_eq!(
            misfits(&[("proving_period", "20 epochs"), ("deadlines", "4"), ("fault_cutoff", "5 epochs")]),
            ["challenge_lookback"]
        );
        assert_eq!(
            misfits(&[("min_sector_lifetime", "400 days"), ("max_sector_extension", "399 days")]),
            ["min_sector_lifetime"]
        );
        assert_eq!(misfits(&[("simple_minting_total", "330000001 FIL")]), ["baseline_minting_total"]);
        assert_eq!(misfits(&[("reward_service_step", "1/1000000001")]), ["reward_service_step"]);
        // Twice as much every epoch, and none at all where the closed form divides by it.
        assert_eq!(
            misfits(&[("baseline_growth", "680564733841876926926749214863536422912")]),
            ["baseline_growth"]
        );
        assert_eq!(
            misfits(&[("baseline_growth", "340282366920938463463374607431768211456")]),
            ["baseline_growth"]
        );
    }
}
