//! `summary.json`: every headline number with estimator, n, value and 95 % interval.
//!
//! Numbers made by the models (table `metrics`) are pooled over replicates: proportions by their
//! counts, with Wilson's interval; values by their mean, with Student's t. Survival, shares of time and
//! read times are made here from `objects` and `reads`. Nothing is rounded.

mod clients;
mod measure;
mod miners;
mod objects;
mod reads;
mod words;

pub use measure::{COMPUTED, Computed};
pub(crate) use measure::{is_share, name_of};
pub use words::in_words;

use crate::error::AnalysisError;
use crate::load::Run;
use crate::objects::Objects;
use crate::reads::Reads;
use measure::Measures;
use serde::{Deserialize, Serialize};
use sim_core::record::folder::write_whole;
use std::collections::BTreeMap;
use std::path::Path;

/// The whole summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The scenario's name.
    pub scenario: String,
    /// The question that it answers.
    pub question: String,
    /// Hash of resolved scenario, seed and version.
    pub run_id: String,
    /// Version of the program that ran it.
    pub version: String,
    /// The scenario's seed.
    pub seed: u64,
    /// Replicates of every arm and grid point.
    pub replicates: u32,
    /// False when a budget ended the run early.
    pub complete: bool,
    /// Plain counts for each arm at each grid point.
    pub cases: Vec<CaseCounts>,
    /// The metrics: for each case first those of the models, then those computed here.
    pub metrics: Vec<Estimate>,
}

/// Plain counts of one arm at one grid point, over all its replicates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseCounts {
    /// Arm.
    pub arm: String,
    /// Number of the grid point.
    pub point: u32,
    /// The grid point's values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grid: BTreeMap<String, String>,
    /// Words for the case in a sentence or legend; empty for the only one.
    pub label: String,
    /// Replicates that are there.
    pub replicates: u64,
    /// Objects, if the run recorded them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<ObjectCounts>,
    /// Reads, if the run recorded them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<ReadCounts>,
    /// Files of clients of storage, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<ClientCounts>,
    /// Storage miners by group, if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub miners: Vec<MinerCounts>,
}

/// What became of what the clients of one case wanted stored: plain counts over all replicates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientCounts {
    /// Files.
    pub files: u64,
    /// Of these, once in a proven sector.
    pub protected: u64,
    /// Of all, those that nobody has any more.
    pub lost: u64,
    /// Of the lost, those that never were in a proven sector.
    pub lost_unprotected: u64,
    /// Copies that were sought: agreed or refused.
    pub agreements: u64,
    /// Deals that became active.
    pub activated: u64,
    /// Paid for deals in FIL: mean over replicates.
    pub paid_fil: f64,
}

/// What the storage miners of one group of one case earned and paid: sums over the group, means over replicates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MinerCounts {
    /// The group.
    pub group: String,
    /// Miners.
    pub miners: f64,
    /// Simulated sectors ever committed; each may stand for more.
    pub sectors: f64,
    /// Of these, terminated before their time.
    pub terminated: f64,
    /// Block rewards, the locked part included, in FIL.
    pub reward_fil: f64,
    /// Daily fees, fault fees, termination fees and penalties paid, in FIL.
    pub fees_fil: f64,
    /// Initial pledge and unvested rewards at the end, in FIL.
    pub locked_fil: f64,
}

/// What became of the objects of one case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectCounts {
    /// Objects that were published.
    pub published: u64,
    /// Objects that never were: they are at no risk and counted nowhere else.
    pub unpublished: u64,
    /// Published objects lost against their owner's will.
    pub lost: u64,
    /// Published objects whose last copy their owner deleted: no loss.
    pub deleted_by_owner: u64,
    /// When the first was lost, in seconds of virtual time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_loss_s: Option<f64>,
    /// Lost objects by cause.
    pub causes: BTreeMap<String, u64>,
}

/// How the reads of one case ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadCounts {
    /// Reads issued.
    pub issued: u64,
    /// Reads that ended with verified bytes.
    pub ok: u64,
    /// Reads still running at the end.
    pub pending: u64,
    /// Reads that failed, by reason.
    pub failed: BTreeMap<String, u64>,
}

/// One metric of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Name.
    pub metric: String,
    /// Words for an axis.
    pub label: String,
    /// Unit, empty for none. A proportion is between 0 and 1.
    pub unit: String,
    /// Arm.
    pub arm: String,
    /// Number of the grid point.
    pub point: u32,
    /// The grid point's values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grid: BTreeMap<String, String>,
    /// Object group; absent for all objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How value and interval were made.
    pub estimator: Estimator,
    /// What was counted: trials, objects, replicates or reads, as the estimator says.
    pub n: u64,
    /// The estimate; null where the data give none.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval; null where the data do not bound it.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval; null where the data do not bound it.
    pub high: Option<f64>,
    /// What a reader must know to take the numbers rightly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Estimate {
    /// Whether it is a share of something, between 0 and 1, that people read in per cent.
    pub fn is_share(&self) -> bool {
        let counted = matches!(self.estimator, Estimator::Wilson);
        counted || is_share(&self.metric)
    }
}

/// How an estimate and its interval were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// Pooled proportion, Wilson score interval; n counts trials.
    Wilson,
    /// Nothing was seen in n trials: bound 3/n.
    RuleOfThree,
    /// Mean over replicates, Student's t interval; n counts replicates.
    MeanOverReplicates,
    /// Mean over the objects of one replicate, Student's t interval; n counts objects.
    MeanOverObjects,
    /// Kaplan–Meier, Greenwood variance, log–log interval; n counts objects.
    KaplanMeier,
    /// Events over time at risk, exact Poisson interval; n counts events.
    PoissonRate,
    /// Nearest-rank quantile, binomial order-statistic interval; n counts values.
    NearestRank,
    /// A plain count over all replicates, no estimate; n counts what it was counted among.
    Count,
}

impl Summary {
    /// The summary as the bytes of `summary.json`.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a summary has only string keys");
        text.push('\n');
        text
    }

    /// Writes `summary.json` into `folder`, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), AnalysisError> {
        let path = folder.join("summary.json");
        match write_whole(&path, &[self.to_json().as_bytes()]) {
            Ok(_) => Ok(()),
            Err(source) => Err(AnalysisError::Write { path, source }),
        }
    }

    /// The estimate of a metric for one arm and grid point, over all objects.
    pub fn estimate(&self, metric: &str, arm: &str, point: u32) -> Option<&Estimate> {
        self.metrics.iter().find(|estimate| {
            estimate.metric == metric
                && estimate.arm == arm
                && estimate.point == point
                && estimate.group.is_none()
        })
    }
}

/// Makes the summary of a run.
///
/// # Errors
/// If a table that is there cannot be read as declared.
pub(crate) fn summarise(run: &Run) -> Result<Summary, AnalysisError> {
    let objects = Objects::read(run)?;
    let reads = Reads::read(run, &reads::COLUMNS)?;
    let own = measure::recorded(run)?;
    let mut miners = miners::count(run)?;
    let mut clients = clients::count(run)?;
    let mut measures = Measures::new(run);
    let mut cases = Vec::with_capacity(run.cases().len());
    for (number, case) in run.cases().iter().enumerate() {
        let mut counts = CaseCounts {
            arm: case.arm.clone(),
            point: case.point,
            grid: case.grid.iter().cloned().collect(),
            label: run.label(case),
            replicates: case.cells.len() as u64,
            clients: clients[number].take(),
            miners: std::mem::take(&mut miners[number]),
            ..CaseCounts::default()
        };
        measures.start(case);
        measures.recorded(&own, number)?;
        if let Some(objects) = &objects {
            counts.objects = Some(objects::measure(run, objects, number, &mut measures));
        }
        if let Some(reads) = &reads {
            counts.reads = Some(reads::measure(reads, number, &mut measures)?);
        }
        cases.push(counts);
    }
    let manifest = run.manifest();
    Ok(Summary {
        scenario: manifest.scenario.clone(),
        question: manifest.question.clone(),
        run_id: manifest.run_id.clone(),
        version: manifest.version.clone(),
        seed: manifest.seed,
        replicates: manifest.replicates,
        complete: manifest.complete,
        cases,
        metrics: measures.finish(),
    })
}
