//! `pledge-formula` to the attoFIL, and what its question was expected to come to.
//!
//! The expected amounts were worked out by another program (Python's whole numbers) after the recipes of built-in
//! actors, reward/src/logic.rs, smooth/ and miner/src/monies.rs: minting of the first epoch, the ratio of two filters
//! at rest, deposit, pledge and daily fee. Nothing of them comes from this code.

use lastcopy::build::RunOptions;
use lastcopy::run::Prepared;
use lastcopy::scenario::{Overrides, Scenario, Variant};
use lastcopy::sweep::RunSpec;
use models::config::CheckLevel;
use models::filecoin::chain::Chain;
use models::filecoin::new_sector::NewSector;
use models::filecoin::rulesets::RULE_SETS;
use models::run::Verdict;
use models::simulation::Simulation;
use models::tables::{NETWORK, SECTORS};
use models::units::AttoFil;
use sim_core::draws::Draws;
use sim_core::record::csv::CsvTables;
use sim_core::record::schema::Table;
use std::collections::BTreeMap;
use std::path::Path;

/// A network, rule sets from the first to the last, and what a new sector comes to in the first epoch: deposit,
/// pledge, reward of a day, daily fee.
type Row = (&'static str, &'static str, &'static str, [i128; 4]);

const EXPECTED: &[Row] = &[
    ("today", "nv21", "nv23", [23760449962739575, 46476677985000724, 119160598950552, 0]),
    ("today", "nv24", "nv24", [23760449962739575, 140846733453259374, 119160598950552, 0]),
    ("today", "nv25", "nv28", [23760449962739575, 140846733453259374, 119160598950552, 3836392950611]),
    (
        "today",
        "draft-fip-0118",
        "draft-fip-0118",
        [23760449962739575, 1408467334532593750, 1191605989505529 * 95 / 100, 38363929506113],
    ),
    ("half-supply", "nv21", "nv23", [23760449962739575, 24426361490637340, 119160598950552, 0]),
    ("half-supply", "nv24", "nv24", [23760449962739575, 71611389224766665, 119160598950552, 0]),
    ("half-supply", "nv25", "nv28", [23760449962739575, 71611389224766665, 119160598950552, 1918196475305]),
    (
        "half-supply",
        "draft-fip-0118",
        "draft-fip-0118",
        [23760449962739575, 716113892247666662, 1191605989505529 * 95 / 100, 19181964753056],
    ),
    // Above the baseline both parts are counted in the same power: an attoFIL less for one rounding more.
    ("large-network", "nv21", "nv23", [6678371886689083, 41795042083688439, 33492580960392, 0]),
    ("large-network", "nv24", "nv24", [6678371886689083, 41795042083688438, 33492580960392, 0]),
    ("large-network", "nv25", "nv28", [6678371886689083, 41795042083688438, 33492580960392, 3836392950611]),
    (
        "large-network",
        "draft-fip-0118",
        "draft-fip-0118",
        [6678371886689083, 417950420836884394, 334925809603923 * 95 / 100, 38363929506113],
    ),
    ("mid-ramp", "nv21", "nv23", [26161310169386916, 94474455865362804, 131201109154243, 0]),
    ("mid-ramp", "nv24", "nv24", [26161310169386916, 134229020660836362, 131201109154243, 0]),
    ("mid-ramp", "nv25", "nv28", [26161310169386916, 134229020660836362, 131201109154243, 3836392950611]),
    (
        "mid-ramp",
        "draft-fip-0118",
        "draft-fip-0118",
        [26161310169386916, 1342290206608363637, 1312011091542435 * 95 / 100, 38363929506113],
    ),
];

fn scenario(size: Option<&str>) -> Scenario {
    let text = lastcopy::catalog::find("pledge-formula").expect("in the catalogue").text();
    let overrides = Overrides { size: size.map(String::from), sets: Vec::new() };
    Scenario::check(text, Path::new(""), &overrides).unwrap_or_else(|report| panic!("{}", report.plain()))
}

fn rules_of(variant: &Variant) -> String {
    variant.values.one("filecoin").text("rules").to_owned()
}

fn place(rules: &str) -> usize {
    RULE_SETS.iter().position(|set| set.name == rules).expect("a rule set")
}

#[test]
fn every_rule_set_in_every_network_comes_to_the_formulas_amounts() {
    let scenario = scenario(None);
    let mut seen = 0;
    for variant in &scenario.variants {
        let config = lastcopy::filecoin::config(&variant.values).expect("a chain");
        let chain = Chain::new(&config.chain, &[], &Draws::new(7, 0));
        let NewSector { deposit, pledge, day_reward, day_fee, .. } = chain.new_sector(&config.chain);
        let (arm, rules) = (variant.arm.as_str(), rules_of(variant));
        let covers = |(network, first, last, _): &&Row| {
            *network == arm && (place(first)..=place(last)).contains(&place(&rules))
        };
        let row = EXPECTED.iter().find(covers).unwrap_or_else(|| panic!("no row for {arm} {rules}"));
        assert_eq!([deposit, pledge, day_reward, day_fee].map(AttoFil::atto), row.3, "{arm} {rules}");
        seen += 1;
    }
    assert_eq!(seen, 4 * RULE_SETS.len());
}

/// Columns of the rows of a table.
fn column(tables: &CsvTables, table: &'static Table, name: &str) -> Vec<i128> {
    let place = table.column(name).expect("a column of the table");
    let rows = tables.get(table.name).expect("rows were written").body().lines();
    rows.map(|row| row.split(',').nth(place).expect("a field").parse().expect("a whole number")).collect()
}

fn run(spec: &RunSpec) -> CsvTables {
    let mut simulation = Simulation::new(&spec.case.config, &spec.case.content(), spec.draws);
    let mut tables = CsvTables::new();
    simulation.drive(&mut |_, _| Verdict::GoOn).expect("no invariant is broken");
    simulation.finish(&mut tables).expect("no invariant is broken");
    tables
}

/// Deposit, pledge of a new sector at the end of the day, and what the two miners locked: capacity, verified.
fn day(spec: &RunSpec) -> [i128; 4] {
    let tables = run(spec);
    let last = |name| *column(&tables, &NETWORK, name).last().expect("a day");
    let locked = column(&tables, &SECTORS, "pledge_attofil");
    assert_eq!(locked.len(), 2, "{}: a sector of each miner", spec.name);
    [last("sector_deposit_attofil"), last("sector_pledge_attofil"), locked[0], locked[1]]
}

#[test]
fn miners_lock_what_was_predicted() {
    let prepared = Prepared::new(scenario(Some("small"))).expect("no files are missing");
    let options = RunOptions { check: CheckLevel::Sampled, max_events: None };
    let (_, specs) = prepared.specs(options).expect("no files are missing");
    let mut days: BTreeMap<(String, String), [i128; 4]> = BTreeMap::new();
    for spec in &specs {
        let rules = &spec.grid[0].1;
        if ["nv21", "nv23", "nv24", "nv28", "draft-fip-0118"].contains(&rules.as_str()) {
            days.insert((spec.arm.clone(), rules.clone()), day(spec));
        }
    }
    for arm in ["today", "half-supply", "large-network", "mid-ramp"] {
        let of = |rules: &str| days[&(arm.to_owned(), rules.to_owned())];
        // Nothing but the ramp of FIP-0081 moves deposit and pledge.
        assert_eq!(of("nv21"), of("nv23"), "{arm}");
        let ([_, before, ..], [_, after, ..]) = (of("nv23"), of("nv24"));
        match arm {
            "large-network" => assert!((0..=1).contains(&(before - after)), "{before} {after}"),
            _ => assert!(after * 100 > before * 140, "{arm}: {before} {after}"),
        }
        for rules in ["nv21", "nv24", "nv28"] {
            let [_, pledge, capacity, verified] = of(rules);
            // Ten times the power locks ten times as much, each part rounded for itself, at most an epoch apart.
            assert!((verified - 10 * capacity).abs() * 10_000 < verified, "{arm} {rules}");
            // The baseline grows by 0.2 % within the day.
            assert!((capacity - pledge).abs() * 400 < pledge, "{arm} {rules}: {capacity} {pledge}");
        }
        // The draft asks nobody what is in a sector.
        let [deposit, pledge, capacity, verified] = of("draft-fip-0118");
        assert!((verified - capacity).abs() * 10_000 < verified, "{arm}: {capacity} {verified}");
        assert!((pledge - 10 * of("nv28")[1]).abs() * 100_000 < pledge, "{arm}");
        assert!((deposit - of("nv21")[0]).abs() * 100_000 < deposit, "{arm}");
    }
}
