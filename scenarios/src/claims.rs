//! The mission as a table: each claim is a small scenario, a thing to measure in its tables, and a
//! formula that says what must come out, computed from the resolved scenario. So `--set` changes both.
//!
//! A measure reads tables and values and nothing else: there are no hooks in the models.

mod beside;
mod chain;
mod clusters;
mod evidence;
mod market;
mod measures;
mod proving;

use crate::batch::{Batch, Budget, Outcome};
use crate::build::RunOptions;
use crate::catalog;
use crate::failure::Failure;
use crate::host::Stopwatch;
use crate::run::Prepared;
use crate::scenario::{Overrides, Scenario};
use crate::values::Instance;
use evidence::{Evidence, Frame};
use models::config::CheckLevel;
use sim_core::record::csv::CsvTables;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use measures::{MEASURES, Measure};

/// Names of all measures.
pub fn measure_names() -> Vec<&'static str> {
    MEASURES.iter().map(|measure| measure.name).collect()
}

/// What a measure found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was measured.
    pub measured: f64,
    /// What the formula gives.
    pub expected: f64,
    /// Lower end of the 95 % interval of the measured value.
    pub low: f64,
    /// Upper end of that interval.
    pub high: f64,
    /// A condition besides the number that does not hold, in words.
    pub broken: Option<String>,
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Number of the claim.
    pub id: u64,
    /// The claim in a sentence.
    pub claim: String,
    /// What was found; nothing if the claim is not built yet.
    pub finding: Option<Finding>,
    /// Whether it passes.
    pub pass: bool,
}

/// How claims are run.
pub struct Settings {
    /// Claims to run; all if empty.
    pub rows: Vec<u64>,
    /// Arguments of `--set`, for every claim that is run.
    pub sets: Vec<String>,
    /// Worker threads.
    pub threads: usize,
    /// Raised by signals.
    pub interrupted: Arc<AtomicBool>,
}

/// Runs the claims, in order of their numbers; `told` hears of each row as it is done.
///
/// # Errors
/// If a scenario is refused or a run fails.
pub fn run(settings: &Settings, told: &mut dyn FnMut(&Row)) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let wanted = |row: u64| settings.rows.is_empty() || settings.rows.contains(&row);
    for entry in catalog::CLAIMS.iter().filter(|entry| wanted(entry.row)) {
        let overrides = Overrides { size: None, sets: settings.sets.clone() };
        let own = Scenario::check(entry.text(), Path::new(""), &Overrides::default())?.variants.len();
        let scenario = Scenario::check(entry.text(), Path::new(""), &overrides)?;
        let row = run_claim(scenario, own, settings)?;
        told(&row);
        rows.push(row);
    }
    for &id in settings.rows.iter().filter(|id| catalog::CLAIMS.iter().all(|entry| entry.row != **id)) {
        let row = Row { id, claim: "not part of this version".into(), finding: None, pass: false };
        told(&row);
        rows.push(row);
    }
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// `own` is how many arms the claim's file has: a measure that compares arms gets those and no others.
fn run_claim(scenario: Scenario, own: usize, settings: &Settings) -> Result<Row, Failure> {
    if scenario.variants.len() != own {
        let words =
            "a claim is judged at the arms of its file: leave out [arms] and [grid], and use --set KEY=VALUE";
        return Err(Failure::Usage(words.into()));
    }
    let prepared = Prepared::new(scenario)?;
    let values = &prepared.scenario.variants[0].values;
    let claim = values.all("claim").next().expect("every file of the claims has one");
    let measure =
        MEASURES.iter().find(|measure| measure.name == claim.text("measure")).expect("checked by its kind");
    // A formula that says nothing of these values needs no run.
    let beforehand = (measure.evaluate)(&Evidence { values, cells: Vec::new() });
    if beforehand.expected.is_nan() {
        let (id, statement) = (claim.whole("row"), claim.text("statement").into());
        return Ok(Row { id, claim: statement, finding: Some(beforehand), pass: false });
    }
    let options = RunOptions { check: CheckLevel::Sampled, max_events: None };
    let (_library, specs) = prepared.specs(options)?;
    let batch = Batch {
        threads: settings.threads,
        budget: Budget::default(),
        watch: Stopwatch::start(),
        interrupted: settings.interrupted.clone(),
        progress: &|_, _| {},
        saving: None,
    };
    let (outcomes, stopped) = batch.run(specs, |_, _, tables| Ok(tables));
    if stopped.is_some() {
        return Err(Failure::Interrupted("nothing was kept".into()));
    }
    let mut cells: Vec<CsvTables> = Vec::new();
    for (spec, outcome) in outcomes {
        match outcome {
            Outcome::Done(_, tables) => cells.push(tables),
            Outcome::Broken(words) => return Err(Failure::Internal(format!("cell {}: {words}", spec.name))),
            other => return Err(Failure::Internal(format!("cell {}: {other:?}", spec.name))),
        }
    }
    let evidence = Evidence { values, cells: cells.iter().map(Frame::of_cell).collect() };
    let finding = (measure.evaluate)(&evidence);
    let pass = verdict(claim, &finding);
    Ok(Row { id: claim.whole("row"), claim: claim.text("statement").into(), finding: Some(finding), pass })
}

/// Whether measured and expected agree, by the rule of the claim.
fn verdict(claim: &Instance, finding: &Finding) -> bool {
    let Finding { measured, expected, low, high, ref broken } = *finding;
    let slack = claim.maybe_real("tolerance").unwrap_or(0.0) * expected.abs();
    let agrees = match claim.text("verdict") {
        "within" => (measured - expected).abs() <= slack,
        "interval" => low - slack <= expected && expected <= high + slack,
        _ => measured.total_cmp(&expected).is_eq(),
    };
    agrees && broken.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_of_the_catalogue_has_a_measure_and_its_own_row() {
        let mut rows: Vec<u64> = catalog::CLAIMS.iter().map(|entry| entry.row).collect();
        rows.dedup();
        assert_eq!(rows.len(), catalog::CLAIMS.len());
        for entry in catalog::CLAIMS {
            let scenario = Scenario::check(entry.text(), Path::new(""), &Overrides::default())
                .unwrap_or_else(|report| panic!("{}", report.plain()));
            let claim = scenario.base.all("claim").next().expect("a claim");
            assert_eq!(claim.whole("row"), entry.row, "{}", entry.name);
        }
    }
}
