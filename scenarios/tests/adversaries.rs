//! Scenarios of adversaries come to what was expected of them.

use lastcopy::build::RunOptions;
use lastcopy::run::Prepared;
use lastcopy::scenario::{Overrides, Scenario};
use lastcopy::sweep::RunSpec;
use models::config::CheckLevel;
use models::run::Verdict;
use models::simulation::Simulation;
use models::tables::{METRICS, MINER_DAYS, MINERS};
use sim_core::record::csv::CsvTables;
use sim_core::record::schema::Table;
use std::path::Path;

fn specs(name: &str, sets: &[(&str, &str)]) -> Vec<RunSpec> {
    let text = lastcopy::catalog::find(name).expect("in the catalogue").text();
    let sets = sets.iter().map(|(path, value)| format!("{path}={value}")).collect();
    let overrides = Overrides { size: Some("small".into()), sets };
    let scenario = Scenario::check(text, Path::new(""), &overrides);
    let scenario = scenario.unwrap_or_else(|report| panic!("{}", report.plain()));
    let options = RunOptions { check: CheckLevel::Every, max_events: None };
    Prepared::new(scenario).expect("no files").specs(options).expect("no files").1
}

fn run(spec: &RunSpec) -> CsvTables {
    let mut simulation = Simulation::new(&spec.case.config, &spec.case.content(), spec.draws);
    let mut tables = CsvTables::new();
    simulation.drive(&mut |_, _| Verdict::GoOn).expect("no invariant is broken");
    simulation.finish(&mut tables).expect("no invariant is broken");
    tables
}

fn column(tables: &CsvTables, table: &'static Table, name: &str) -> Vec<String> {
    let place = table.column(name).expect("a column of the table");
    let rows = tables.get(table.name).expect("rows were written").body().lines();
    rows.map(|row| row.split(',').nth(place).expect("a field").to_owned()).collect()
}

fn numbers(tables: &CsvTables, name: &str) -> Vec<f64> {
    column(tables, &MINERS, name).iter().map(|text| text.parse().expect("a number")).collect()
}

fn metric(tables: &CsvTables, name: &str) -> f64 {
    let row = column(tables, &METRICS, "metric").iter().position(|metric| metric == name);
    column(tables, &METRICS, "value")[row.expect("it was measured")].parse().expect("a number")
}

/// Block rewards of every miner, in order, over the days of the chain from `first` on.
fn rewards_from(tables: &CsvTables, first: u32) -> Vec<f64> {
    let mut rewards: Vec<(String, f64)> = Vec::new();
    for name in column(tables, &MINERS, "miner") {
        rewards.push((name, 0.0));
    }
    let days = column(tables, &MINER_DAYS, "day");
    let miners = column(tables, &MINER_DAYS, "miner");
    let amounts = column(tables, &MINER_DAYS, "reward_attofil");
    for ((day, miner), amount) in days.iter().zip(&miners).zip(&amounts) {
        if day.parse::<u32>().expect("a day") >= first {
            let place = rewards.iter().position(|(name, _)| name == miner).expect("a miner of the table");
            rewards[place].1 += amount.parse::<f64>().expect("an amount");
        }
    }
    rewards.into_iter().map(|(_, reward)| reward).collect()
}

/// Once all sectors are active, on the fourth day, the dealer's share of the rewards is that of its weighted power,
/// within four standard errors of so many wins; the metric is that of the table of miners.
#[test]
fn self_dealing_takes_its_weighted_share_of_the_rewards() {
    for spec in specs("self-dealing", &[]) {
        let tables = run(&spec);
        let arm = &spec.arm;
        let sectors = numbers(&tables, "sectors");
        let (all, own) = (sectors.iter().sum::<f64>(), *sectors.last().expect("miners"));
        let weight = if arm == "ten-for-verified" { 10.0 } else { 1.0 };
        let expected = weight * own / (weight * own + all - own);
        let later = rewards_from(&tables, 4);
        let measured = later.last().expect("miners") / later.iter().sum::<f64>();
        let wins = 7.0 * 2880.0 * 5.0;
        let error = (expected * (1.0 - expected) / wins).sqrt();
        let off = (measured - expected) / error;
        assert!(off.abs() < 4.0, "{arm}: {measured} for {expected}, {off} standard errors");
        let whole = numbers(&tables, "reward_attofil");
        let share = 100.0 * whole.last().expect("miners") / whole.iter().sum::<f64>();
        assert!((metric(&tables, "verified_reward_share") - share).abs() < 1e-9, "{arm}");
    }
}

/// With s = 5 % and a weight of ten: 34.5 %.
#[test]
fn a_twentieth_of_the_power_takes_a_third_of_the_rewards() {
    let specs = specs("self-dealing", &[("duration", "40 days"), ("replicates", "1")]);
    let spec = specs.iter().find(|spec| spec.arm == "ten-for-verified").expect("an arm");
    let measured = metric(&run(spec), "verified_reward_share");
    assert!((measured - 34.48).abs() < 0.8, "{measured} %");
}

#[test]
fn names_without_disks_count_only_where_replicas_are_not_encoded() {
    for spec in specs("sybil-storage", &[]) {
        let tables = run(&spec);
        let power = numbers(&tables, "raw_power_end_bytes");
        let names = power.len() as f64;
        let per_claimed = metric(&tables, "stored_per_claimed");
        let (arm, lost) = (&spec.arm, &numbers(&tables, "other_penalty_attofil")[1..]);
        assert!(power[0] > 0.0, "{arm}: the host stores");
        if arm == "encoded" {
            assert!(power[1..].iter().all(|power| *power == 0.0), "{arm}: {power:?}");
            assert!(lost.iter().all(|lost| *lost > 0.0), "{arm}: deposits are burnt");
            assert!((per_claimed - 1.0).abs() < 1e-12, "{arm}: {per_claimed}");
        } else {
            assert!(power.iter().all(|other| (other - power[0]).abs() < 0.5), "{arm}: {power:?}");
            assert!(lost.iter().all(|lost| *lost == 0.0), "{arm}: {lost:?}");
            assert!((per_claimed * names - 1.0).abs() < 1e-12, "{arm}: {per_claimed} for {names} names");
        }
    }
}
