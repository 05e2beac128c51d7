//! What `cluster-heal` was expected to come to, in its small form: without repinning a file lives as long as that many
//! independent replicas, with it many times as long, and less the later a silence is noticed and the slower the lines.

use lastcopy::build::RunOptions;
use lastcopy::run::Prepared;
use lastcopy::scenario::{Overrides, Scenario};
use lastcopy::sweep::RunSpec;
use models::config::CheckLevel;
use models::run::Verdict;
use models::simulation::Simulation;
use models::tables::OBJECTS;
use rayon::prelude::*;
use sim_core::record::csv::CsvTables;
use std::collections::BTreeMap;
use std::path::Path;

/// Machines live for 4 hours on average, from hour 4 of 48 on.
const LIFE: f64 = 4.0 * 3_600.0;
const FROM: f64 = 4.0 * 3_600.0;
const END: f64 = 48.0 * 3_600.0;

/// The objects of a cell that were lost, and the time that all lived from the first deaths on, in lives of machines.
fn lives(spec: &RunSpec) -> (usize, Vec<f64>) {
    let mut simulation = Simulation::new(&spec.case.config, &spec.case.content(), spec.draws);
    let mut tables = CsvTables::new();
    simulation.drive(&mut |_, _| Verdict::GoOn).expect("no invariant is broken");
    simulation.finish(&mut tables).expect("no invariant is broken");
    let place = OBJECTS.column("lost_s").expect("a column of the table");
    let rows = tables.get("objects").expect("objects were written").body().lines();
    let lost: Vec<Option<f64>> =
        rows.map(|row| row.split(',').nth(place).expect("a field").parse().ok()).collect();
    let lived = |lost: &Option<f64>| (lost.unwrap_or(END) - FROM) / LIFE;
    (lost.iter().flatten().count(), lost.iter().map(lived).collect())
}

#[test]
fn repinning_is_worth_it_if_silences_are_noticed_early() {
    let overrides = Overrides { size: Some("small".into()), sets: vec!["replicates=4".into()] };
    let text = lastcopy::catalog::find("cluster-heal").expect("in the catalogue").text();
    let scenario =
        Scenario::check(text, Path::new(""), &overrides).unwrap_or_else(|said| panic!("{}", said.plain()));
    let options = RunOptions { check: CheckLevel::Sampled, max_events: None };
    let (_, specs) = Prepared::new(scenario).expect("no files").specs(options).expect("no files");
    let cells: Vec<_> = specs.par_iter().map(|spec| (spec.arm.clone(), lives(spec))).collect();
    let mut arms: BTreeMap<String, (usize, Vec<f64>)> = BTreeMap::new();
    for (arm, (lost, lived)) in cells {
        let of_arm = arms.entry(arm).or_default();
        of_arm.0 += lost;
        of_arm.1.extend(lived);
    }
    let lost = |arm: &str| arms[arm].0;
    let mean = |arm: &str| arms[arm].1.iter().sum::<f64>() / arms[arm].1.len() as f64;
    assert!(arms.values().all(|(_, lived)| lived.len() == 4 * 7));
    // Off: the greatest of two and of three lives without memory; its deviation is sqrt(1 + 1/4) and sqrt(1 + 1/4 + 1/9).
    // Three standard errors of 28 objects, which share machines.
    for (arm, expected, deviation) in [("off-2", 1.5, 1.118), ("off-3", 1.833, 1.167)] {
        assert_eq!(lost(arm), 28, "{arm}");
        let found = mean(arm);
        assert!((found - expected).abs() < 3.0 * deviation / 28f64.sqrt(), "{arm}: {found} lives");
    }
    // On: with two copies and a repair of 0.104 lives, 6.3 lives by birth and death, of which 5.2 fall within the 11 of
    // the run.
    let found = mean("on-2");
    assert!((found - 5.2).abs() < 3.0 * 4.0 / 28f64.sqrt(), "{found} lives");
    for (less, more) in [
        ("off-2", "on-2-late"),
        ("on-2-late", "on-2"),
        ("on-2", "on-2-fast"),
        ("off-3", "on-3-late"),
        ("on-3-late", "on-3"),
        ("on-3", "on-3-fast"),
        ("on-2", "on-3"),
    ] {
        assert!(mean(less) < mean(more), "{less} {} {more} {}", mean(less), mean(more));
    }
    assert_eq!(lost("on-3-fast"), 0);
}
