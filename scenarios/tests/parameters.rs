//! `[filecoin.parameters]`: what a scenario sets over its rule set is what the chain works by, what the resolved
//! scenario says, and what the command line may change.

use expect_test::expect;
use lastcopy::file::Text;
use lastcopy::resolve;
use lastcopy::scenario::{Overrides, Scenario};
use models::filecoin::policy::{PARAMETERS, Policy};
use models::filecoin::rulesets::RuleSet;
use models::units::Epochs;
use std::path::Path;

const FILE: &str = r#"schema = 1
name = "parameters"
duration = "30 days"

[filecoin]
rules = "nv24"

[filecoin.parameters]
pledge_projection = "10 days"
market_locks_supply = true
pledge_lock_target = "1/4"
pledge_ramp_start = 4000000
reward_gate_last = 3

[miners.all]
count = 1
sectors = 1

[arms.half]
"filecoin.parameters.pledge_projection" = "5 days"

[arms.newer]
"filecoin.rules" = "nv28"
"#;

fn check(text: &str, sets: &[&str]) -> Result<Scenario, String> {
    let text = Text { shown: "parameters".into(), text: text.into() };
    let overrides = Overrides { size: None, sets: sets.iter().map(ToString::to_string).collect() };
    Scenario::check(text, Path::new(""), &overrides).map_err(|report| report.plain())
}

fn policies(scenario: &Scenario) -> Vec<Policy> {
    let policy = |variant: &lastcopy::scenario::Variant| {
        lastcopy::filecoin::config(&variant.values).expect("a chain").chain.policy.clone()
    };
    scenario.variants.iter().map(policy).collect()
}

#[test]
fn the_chain_works_by_the_rule_set_with_what_the_scenario_sets_over_it() {
    let policies = policies(&check(FILE, &[]).expect("a good scenario"));
    let mut expected = RuleSet::named("nv24").expect("a rule set").policy();
    expected.market_locks_supply = true;
    expected.pledge_lock_target = models::filecoin::policy::Share::new(1, 4);
    expected.pledge_ramp_start = models::units::Epoch::new(4_000_000);
    expected.reward_gate_last = 3;
    expected.pledge_projection = Epochs::from_days(5);
    assert_eq!(policies[0], expected);
    // Another rule set underneath, the same settings over it.
    let newer = &policies[1];
    assert_eq!(newer.termination_rule, RuleSet::newest().policy().termination_rule);
    assert_eq!((newer.pledge_projection, newer.market_locks_supply), (Epochs::from_days(10), true));
}

#[test]
fn the_command_line_sets_one_over_the_file_and_a_grid_varies_it() {
    let set = &["filecoin.parameters.pledge_projection=3 days", "filecoin.parameters.fault_max_age=14 days"];
    for policy in policies(&check(FILE, set).expect("good values")) {
        assert_eq!(
            (policy.pledge_projection, policy.fault_max_age),
            (Epochs::from_days(3), Epochs::from_days(14))
        );
    }
    let grid = &["grid.\"filecoin.parameters.pledge_lock_target\"=[\"0\", \"3/10\", 1]"];
    let targets: Vec<_> = policies(&check(FILE, grid).expect("good values"))
        .iter()
        .map(|policy| policy.pledge_lock_target)
        .map(|share| (share.num, share.den))
        .collect();
    assert_eq!(targets, [(0, 1), (3, 10), (1, 1)].repeat(2));
}

#[test]
fn the_resolved_scenario_says_them_in_one_spelling_and_means_the_same() {
    let first = check(FILE, &["filecoin.parameters.fault_max_age=20160 epochs"]).expect("a good scenario");
    let text = resolve::text(&first);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("parameters.")).collect();
    expect![[r#"
        parameters.pledge_projection = "10 days"
        parameters.market_locks_supply = true
        parameters.pledge_lock_target = "1/4"
        parameters.pledge_ramp_start = 4000000
        parameters.reward_gate_last = 3
        parameters.fault_max_age = "7 days"
        "filecoin.parameters.pledge_projection" = "5 days""#]]
    .assert_eq(&lines.join("\n"));
    let second = check(&text, &[]).expect("it resolves to a scenario");
    assert_eq!(policies(&first), policies(&second));
    assert_eq!(resolve::text(&second), text);
}

#[test]
fn every_parameter_takes_its_own_value_and_its_bounds_in_a_scenario() {
    for parameter in PARAMETERS {
        let value = parameter.value(&Policy::default());
        let bounds = parameter.bounds.map(|(low, high)| [low, high]).unwrap_or_default();
        for text in bounds.into_iter().chain([value.as_str()]).filter(|text| !text.is_empty()) {
            let set = format!("filecoin.parameters.{}=\"{text}\"", parameter.name);
            match check(FILE, &[&set]) {
                Ok(_) => {}
                // Alone within its bounds, not with the others.
                Err(said) => assert!(said.contains(": expected"), "{set}: {said}"),
            }
        }
    }
}

#[test]
fn what_the_command_line_sets_is_refused_with_what_was_expected() {
    let mut all = String::new();
    for set in [
        "filecoin.parameters.pledge_projecton=10 days",
        "filecoin.parameters.pledge_projection=10",
        "filecoin.parameters.pledge_projection=-1 days",
        "filecoin.parameters.pledge_lock_target=30 %",
        "filecoin.parameters.max_wins=0",
        "filecoin.parameters.deadlines=49",
        "filecoin.parameters=3",
        "filecoin.parameters.max_wins.more=3",
        "grid.\"filecoin.parameters.max_win\"=[1, 2]",
        "grid.\"filecoin.parameters.max_wins\"=[1, 0]",
    ] {
        let said = check(FILE, &[set]).map_or_else(|said| said, |_| "accepted\n".into());
        all.push_str(&format!("{set}\n  {}", said.replace('\n', "\n  ").trim_end_matches(' ')));
    }
    expect![[r#"
        filecoin.parameters.pledge_projecton=10 days
          --set: filecoin.parameters.pledge_projecton: unknown protocol parameter
          help: did you mean "pledge_projection"?
        filecoin.parameters.pledge_projection=10
          --set: filecoin.parameters.pledge_projection: expected a time from 0 epochs to 365 days, got 10
          help: `lastcopy explain pledge_projection` shows its values
        filecoin.parameters.pledge_projection=-1 days
          --set: filecoin.parameters.pledge_projection: expected a time from 0 epochs to 365 days, got "-1 days"
          help: `lastcopy explain pledge_projection` shows its values
        filecoin.parameters.pledge_lock_target=30 %
          --set: filecoin.parameters.pledge_lock_target: expected a fraction such as 85/1000 or a whole number from 0 to 1, got "30 %"
          help: `lastcopy explain pledge_lock_target` shows its values
        filecoin.parameters.max_wins=0
          --set: filecoin.parameters.max_wins: expected a whole number from 1 to 100, got 0
          help: `lastcopy explain max_wins` shows its values
        filecoin.parameters.deadlines=49
          --set: filecoin.parameters.deadlines: expected at least 4 that divide proving_period = 2880 epochs, got 49
        filecoin.parameters=3
          --set: filecoin.parameters: expected a table, got 3
        filecoin.parameters.max_wins.more=3
          --set: filecoin.parameters.max_wins: expected a whole number from 1 to 100, got a table
          help: `lastcopy explain max_wins` shows its values
        grid."filecoin.parameters.max_win"=[1, 2]
          --set: filecoin.parameters.max_win: unknown protocol parameter
          help: did you mean "max_wins"?
        grid."filecoin.parameters.max_wins"=[1, 0]
          --set: filecoin.parameters.max_wins: expected a whole number from 1 to 100, got 0
          help: `lastcopy explain max_wins` shows its values
    "#]].assert_eq(&all);
}

#[test]
fn explain_says_all_of_a_parameter_by_its_name_and_by_its_path() {
    let by_name = lastcopy::explain::explain("pledge_lock_target").expect("a parameter");
    assert_eq!(lastcopy::explain::explain("filecoin.parameters.pledge_lock_target"), Ok(by_name.clone()));
    expect![[r#"
        protocol parameter pledge_lock_target
        Share of the circulating supply that consensus pledge would lock.
        unit     share
        nv21     3/10
        takes    a fraction such as 85/1000 or a whole number from 0 to 1
        since    genesis
        source   built-in actors, monies.rs
        set by   filecoin.parameters.pledge_lock_target
    "#]]
    .assert_eq(&by_name);
    let near = lastcopy::explain::explain("filecoin.parameters.pledge_lock_traget").expect_err("a slip");
    expect![[
        r#"nothing is called "filecoin.parameters.pledge_lock_traget"; did you mean pledge_lock_target?"#
    ]]
    .assert_eq(&near);
    let all = lastcopy::explain::explain("filecoin.parameters").expect("the table");
    assert!(PARAMETERS.iter().all(|parameter| all.contains(parameter.name)));
}
