//! Every protocol parameter in one struct, [`Policy`], and in one table, [`PARAMETERS`]: meaning, unit, bounds,
//! source and since when. Functions of this crate are given a policy; nothing reads a global.
//!
//! After built-in actors, runtime/src/runtime/policy.rs and the constants beside each actor; Lotus,
//! build/buildconstants. The values written here are those of network version 21; [`super::rulesets`] holds what each
//! upgrade changed. A scenario may set any of them by name: that is what an incentive rule of a protocol is.
//!
//! Left out are limits of message sizes and counts that only gas bounds since FIP-0100, and all constants of proofs,
//! which belong to the proof families.

use super::fixed::Q128;
use crate::units::{AttoFil, Epochs, Power};
use serde::{Deserialize, Serialize};

mod fit;
mod setting;
mod table;

pub use fit::Misfit;
pub use setting::Setting;
pub use table::{PARAMETERS, Policy};

/// A share or factor: a fraction of whole numbers, not reduced, so that it reads as its source writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Share {
    /// Numerator, at least 0.
    pub num: i128,
    /// Denominator, at least 1.
    pub den: i128,
}

impl Share {
    /// `num / den`.
    pub const fn new(num: i128, den: i128) -> Self {
        assert!(num >= 0 && den > 0, "a share is a fraction of at least zero");
        Share { num, den }
    }

    /// That share of an amount, rounded toward minus infinity; the rest stays with whoever pays.
    pub const fn floor_of(self, amount: AttoFil) -> AttoFil {
        amount.floor_mul(self.num, self.den)
    }
}

/// What a terminated sector pays. Source: FIP-0098.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TerminationRule {
    /// Twenty days of reward and half of what it earned since, as expected at activation (before nv25).
    ExpectedReward,
    /// A share of its initial pledge, growing with age (since nv25).
    InitialPledge,
}

/// What moves the base fee. Source: FIP-0115.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum BaseFeeRule {
    /// How full blocks are against their target (before nv28).
    Utilisation,
    /// The premium that messages near the end of a full block pay (since nv28).
    PremiumPercentile,
}

/// What makes a byte of a new sector count more than one. Source: FIP-0045, FIP-0118.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum QualityRule {
    /// The verified deals or claims in it.
    VerifiedWeight,
    /// Nothing: every new sector counts as if it were full of verified data (FIP-0118, draft).
    Full,
}

/// One protocol parameter.
#[derive(Clone, Copy)]
pub struct Parameter {
    /// Name of the field and of the key that sets it.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Unit of its values in words, empty for a plain number.
    pub unit: &'static str,
    /// What a value of it looks like, as it follows "expected"; see [`Parameter::expected`] for its bounds besides.
    pub form: &'static str,
    /// The smallest and the largest value that a scenario may set; `None` for choices.
    pub bounds: Option<(&'static str, &'static str)>,
    /// Network version, and the proposal, since which the rule has been there.
    pub since: &'static str,
    /// Where the value is written.
    pub source: &'static str,
    read: fn(&Policy) -> String,
    write: fn(&mut Policy, &str) -> Result<(), String>,
    within: fn(&Policy) -> bool,
}

impl Parameter {
    /// The parameter of that name.
    pub fn named(name: &str) -> Option<&'static Parameter> {
        PARAMETERS.iter().find(|parameter| parameter.name == name)
    }

    /// Its value under a policy, as text that [`Parameter::set`] reads.
    pub fn value(&self, policy: &Policy) -> String {
        (self.read)(policy)
    }

    /// What values it takes, as it follows "expected".
    pub fn expected(&self) -> String {
        let bounds = self.bounds.map(|(low, high)| format!(" from {low} to {high}"));
        format!("{}{}", self.form, bounds.unwrap_or_default())
    }

    /// Sets it from a text with its unit.
    ///
    /// # Errors
    /// If the text is no such value or out of bounds; the policy is unchanged then.
    pub fn set(&self, policy: &mut Policy, text: &str) -> Result<(), String> {
        let mut changed = policy.clone();
        (self.write)(&mut changed, text)?;
        if !(self.within)(&changed) {
            let (low, high) = self.bounds.expect("only what has bounds can be out of them");
            return Err(format!("found {text}, allowed from {low} to {high}"));
        }
        *policy = changed;
        Ok(())
    }
}

impl std::fmt::Debug for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parameter").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Epochs of a model year of 365 days: growth of the baseline and decay of minting are stated in it.
pub const EPOCHS_PER_MODEL_YEAR: Epochs = Epochs::from_days(365);
/// Epochs of the actors' year, 31,556,925 s in whole epochs: limits on life times are stated in it.
pub const EPOCHS_PER_LIMIT_YEAR: Epochs = Epochs::new(1_051_897);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_reads_what_it_writes_and_lies_within_its_bounds() {
        let policy = Policy::default();
        for parameter in PARAMETERS {
            let text = parameter.value(&policy);
            let mut copy = policy.clone();
            parameter.set(&mut copy, &text).unwrap_or_else(|error| panic!("{}: {error}", parameter.name));
            assert_eq!(copy, policy, "{}", parameter.name);
            assert!(!parameter.doc.is_empty() && !parameter.source.is_empty() && !parameter.since.is_empty());
            if let Some((low, high)) = parameter.bounds {
                for bound in [low, high] {
                    let set = parameter.set(&mut copy, bound);
                    set.unwrap_or_else(|error| panic!("{} {bound}: {error}", parameter.name));
                }
            }
        }
    }

    #[test]
    fn a_value_out_of_bounds_changes_nothing() {
        let mut policy = Policy::default();
        let projection = Parameter::named("pledge_projection").expect("a parameter");
        let error = projection.set(&mut policy, "400 days").expect_err("too long");
        assert_eq!(error, "found 400 days, allowed from 0 epochs to 365 days");
        assert!(projection.set(&mut policy, "20 days or so").is_err());
        assert_eq!(policy, Policy::default());
    }

    #[test]
    fn the_two_years_are_not_the_same() {
        assert_eq!(EPOCHS_PER_LIMIT_YEAR - EPOCHS_PER_MODEL_YEAR, Epochs::new(697));
        assert_eq!(Policy::default().max_sector_lifetime, EPOCHS_PER_LIMIT_YEAR * 5);
    }
}
