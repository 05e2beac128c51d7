//! Rule sets: the protocol parameters of each network version from 21 to 28, and of the draft FIP-0118, each as what it
//! changes in the one before it.
//!
//! Heights and dates after Lotus, build/buildconstants/params_mainnet.go. Older versions are left out: their actors had
//! methods and deal rules that the models do not have.
//!
//! FIP-0118 is a draft without a height: its open points (epochs of a quarter, how old sectors change over) are
//! assumptions, marked so in the table of parameters.

use super::policy::{Parameter, Policy};
use crate::units::Epoch;

/// A network version, by what it changed.
#[derive(Clone, Copy, Debug)]
pub struct RuleSet {
    /// Name in scenario files: `nv28`.
    pub name: &'static str,
    /// Name of the upgrade.
    pub title: &'static str,
    /// Height from which it holds on mainnet, and the day; `None` for a draft.
    pub since: Option<(Epoch, &'static str)>,
    /// What it brought, in a sentence.
    pub doc: &'static str,
    /// Parameters that differ from the rule set before it, by name.
    pub changes: &'static [(&'static str, &'static str)],
}

/// All rule sets, oldest first.
pub static RULE_SETS: &[RuleSet] = &[
    RuleSet {
        name: "nv21",
        title: "Watermelon",
        since: Some((Epoch::new(3_469_380), "2023-12-12")),
        doc: "Commitments of up to 1,278 days (FIP-0052).",
        changes: &[],
    },
    RuleSet {
        name: "nv22",
        title: "Dragon",
        since: Some((Epoch::new(3_855_360), "2024-04-24")),
        doc: "Pieces without a market deal (FIP-0076); deal payments are settled on demand (FIP-0074).",
        changes: &[("automatic_settlement", "false"), ("direct_onboarding", "true")],
    },
    RuleSet {
        name: "nv23",
        title: "Waffle",
        since: Some((Epoch::new(4_154_640), "2024-08-06")),
        doc: "What deals lock counts as circulating (FIP-0065); non-interactive PoRep (FIP-0092).",
        changes: &[("market_locks_supply", "false"), ("non_interactive_porep", "true")],
    },
    RuleSet {
        name: "nv24",
        title: "TukTuk",
        since: Some((Epoch::new(4_461_240), "2024-11-20")),
        doc: "Three tenths of the consensus pledge stop reading the baseline, over a year (FIP-0081).",
        changes: &[("pledge_ramp_start", "4461240")],
    },
    RuleSet {
        name: "nv25",
        title: "Teep",
        since: Some((Epoch::new(4_878_840), "2025-04-14")),
        doc: "Terminations cost a share of the pledge (FIP-0098); a daily fee in place of the batch fee (FIP-0100).",
        changes: &[
            ("termination_rule", "initial-pledge"),
            ("daily_fee_per_supply", "161817/1000000000000000000000000000000"),
            ("batch_balancer", "0 FIL"),
        ],
    },
    RuleSet {
        name: "nv26",
        title: "Tock",
        since: Some((Epoch::new(5_138_040), "2025-07-13")),
        doc: "Older sectors pay the daily fee once they are extended (FIP-0100).",
        changes: &[("daily_fee_on_extension", "true")],
    },
    RuleSet {
        name: "nv27",
        title: "Golden Week",
        since: Some((Epoch::new(5_348_280), "2025-09-24")),
        doc: "A new miner makes a deposit (FIP-0077).",
        changes: &[("create_miner_deposit_power", "1 TiB")],
    },
    RuleSet {
        name: "nv28",
        title: "Fire Horse",
        since: Some((Epoch::new(6_052_800), "2026-05-27")),
        doc: "The base fee follows the premium that full blocks pay (FIP-0115).",
        changes: &[("base_fee_rule", "premium-percentile")],
    },
    RuleSet {
        name: "draft-fip-0118",
        title: "Solstice (draft)",
        since: None,
        doc: "Every new sector counts ten times; block producers share what is minted with paid services.",
        changes: &[
            ("quality_rule", "full"),
            ("reward_consensus_start", "95/100"),
            ("reward_consensus_floor", "50/100"),
            ("reward_consensus_step", "5/100"),
            ("reward_service_start", "5/100"),
            ("reward_service_step", "5/100"),
        ],
    },
];

impl RuleSet {
    /// The rule set of that name.
    pub fn named(name: &str) -> Option<&'static RuleSet> {
        RULE_SETS.iter().find(|rules| rules.name == name)
    }

    /// Its parameters, all changes up to and including its own made.
    pub fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        for rules in RULE_SETS {
            for (name, value) in rules.changes {
                let parameter = Parameter::named(name).expect("a change names a parameter");
                parameter.set(&mut policy, value).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            if rules.name == self.name {
                break;
            }
        }
        policy
    }

    /// The newest rule set that holds on mainnet.
    pub fn newest() -> &'static RuleSet {
        RULE_SETS.iter().rfind(|rules| rules.since.is_some()).expect("mainnet has rules")
    }
}

/// The value of a parameter under each rule set, oldest first, each value once, with the name of the first that has it.
pub fn history(parameter: &Parameter) -> Vec<(&'static str, String)> {
    let mut values: Vec<(&'static str, String)> = Vec::new();
    for rules in RULE_SETS {
        let value = parameter.value(&rules.policy());
        if values.last().is_none_or(|(_, last)| *last != value) {
            values.push((rules.name, value));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_changes_something() {
        let mut before = RULE_SETS[0].policy();
        assert_eq!(before, Policy::default());
        for rules in &RULE_SETS[1..] {
            let after = rules.policy();
            for (name, _) in rules.changes {
                let parameter = Parameter::named(name).expect("a parameter");
                assert_ne!(parameter.value(&before), parameter.value(&after), "{} {name}", rules.name);
            }
            before = after;
        }
    }

    #[test]
    fn heights_are_the_days_they_say() {
        // Genesis was 2020-08-24T22:00:00Z, day 18,498 since 1970.
        for rules in RULE_SETS {
            let Some((height, day)) = rules.since else { continue };
            let days = 18_498 + (height.height() * 30 + 22 * 3_600) / 86_400;
            let mut parts = day.split('-').map(|part| part.parse::<i64>().expect("a number"));
            let (year, month, date) = (parts.next(), parts.next(), parts.next());
            let expected = days_since_1970(year.expect("y"), month.expect("m"), date.expect("d"));
            assert_eq!(days, expected, "{}", rules.name);
        }
    }

    /// Days of the proleptic Gregorian calendar, counted year by year.
    fn days_since_1970(year: i64, month: i64, date: i64) -> i64 {
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let years: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
        let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        years + lengths[..month as usize - 1].iter().sum::<i64>() + date - 1
    }

    #[test]
    fn a_history_names_each_value_once() {
        let parameter = Parameter::named("termination_rule").expect("a parameter");
        let expected = [("nv21", "expected-reward".to_owned()), ("nv25", "initial-pledge".to_owned())];
        assert_eq!(history(parameter), expected);
        assert_eq!(RuleSet::newest().name, "nv28");
    }
}
