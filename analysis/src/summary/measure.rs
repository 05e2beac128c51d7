//! Collects estimates case by case, and pools the metrics that the models recorded.

use super::{Estimate, Estimator};
use crate::error::AnalysisError;
use crate::load::{Case, PREFIX, Run};
use crate::stats::{Interval, mean_interval, wilson};

/// A metric made by this crate from the tables `objects` and `reads`.
#[derive(Clone, Copy, Debug)]
pub struct Computed {
    /// Name in `summary.json` and in figures.
    pub name: &'static str,
    /// Words for an axis.
    pub label: &'static str,
    /// Unit, empty for none.
    pub unit: &'static str,
    /// Whether it is a share between 0 and 1, read in per cent.
    pub is_share: bool,
    /// What it measures and how.
    pub doc: &'static str,
}

const fn share(name: &'static str, label: &'static str, doc: &'static str) -> Computed {
    Computed { name, label, unit: "", is_share: true, doc }
}

const fn number(name: &'static str, label: &'static str, unit: &'static str, doc: &'static str) -> Computed {
    Computed { name, label, unit, is_share: false, doc }
}

const fn read_time(name: &'static str, label: &'static str) -> Computed {
    number(name, label, "ms", "of successful reads, nearest rank")
}

/// Every metric made here. Reasons of failure add `read_failure.<reason>` to them.
pub const COMPUTED: &[Computed] = &[
    share(
        "survival",
        "objects surviving to the end",
        "Kaplan–Meier estimate at the end of the run; an owner's own deletion ends observation and is no loss",
    ),
    number(
        "durability_nines",
        "nines of durability over a year",
        "",
        "−log10 of the probability of loss within 365 days, capped at what the number of objects resolves",
    ),
    share("object_loss_share", "objects lost", "objects lost against their owner's will ÷ objects published"),
    number("loss_rate", "losses per object-year", "1/yr", "losses ÷ object-years (of 365 days) at risk"),
    number(
        "byte_loss_rate",
        "bytes lost per byte-year",
        "1/yr",
        "bytes of objects lost against their owner's will ÷ byte-years (of 365 days) at risk",
    ),
    number(
        "mttdl",
        "mean time to loss",
        "days",
        "mean time from publication to loss, only when every object was seen to be lost; no value otherwise",
    ),
    share("availability", "time online", "share of time at rung online or higher, mean over objects"),
    share(
        "discoverability",
        "time discoverable",
        "share of time at rung discoverable or higher, mean over objects",
    ),
    share("servability", "time served", "share of time at rung served, mean over objects"),
    share("exposure", "time with one copy or none", "share of time with at most one copy, mean over objects"),
    share(
        "read_success",
        "reads that succeeded",
        "reads ended with verified bytes ÷ reads ended; pending ones are in neither",
    ),
    number("reads_pending", "reads pending at the end", "", "reads still running when the run ended"),
    read_time("ttfb_p50", "median time to first byte"),
    read_time("ttfb_p90", "90th percentile of time to first byte"),
    read_time("ttfb_p95", "95th percentile of time to first byte"),
    read_time("ttfb_p99", "99th percentile of time to first byte"),
    read_time("ttlb_p50", "median time to last byte"),
    read_time("ttlb_p90", "90th percentile of time to last byte"),
    read_time("ttlb_p95", "95th percentile of time to last byte"),
    read_time("ttlb_p99", "99th percentile of time to last byte"),
];

/// What one row of table `metrics` says, summed or listed over the replicates of a case.
#[derive(Debug)]
pub(super) struct Recorded {
    case: usize,
    metric: String,
    unit: String,
    hits: u64,
    trials: u64,
    values: Vec<f64>,
    proportion: bool,
}

/// Pools the table `metrics` over replicates, in order of first appearance.
pub(super) fn recorded(run: &Run) -> Result<Vec<Recorded>, AnalysisError> {
    let own = ["metric", "unit", "estimator", "hits", "trials", "value"];
    let columns: Vec<&str> = PREFIX.iter().copied().chain(own).collect();
    let Some(frame) = run.read("metrics", &columns)? else {
        return Ok(Vec::new());
    };
    let cells = run.cells_of(&frame)?;
    let (metrics, units, estimators) = (frame.text("metric")?, frame.text("unit")?, frame.text("estimator")?);
    let (hits, trials, values) = (frame.counts("hits")?, frame.counts("trials")?, frame.numbers("value")?);
    let mut pooled: Vec<Recorded> = Vec::new();
    for row in 0..frame.rows() {
        let case = run.case_of(cells[row] as usize);
        let metric = metrics.get(row);
        let known = pooled.iter().position(|entry| entry.case == case && entry.metric == metric);
        let entry = known.unwrap_or_else(|| {
            pooled.push(Recorded {
                case,
                metric: metric.to_owned(),
                unit: units.get(row).to_owned(),
                hits: 0,
                trials: 0,
                values: Vec::new(),
                proportion: estimators.get(row) == "proportion",
            });
            pooled.len() - 1
        });
        pooled[entry].hits += hits[row];
        pooled[entry].trials += trials[row];
        pooled[entry].values.extend(values.get(row));
    }
    Ok(pooled)
}

/// The estimates so far, and the case that the next ones belong to.
pub(super) struct Measures<'a> {
    run: &'a Run,
    case: Option<&'a Case>,
    estimates: Vec<Estimate>,
    /// Names that the models recorded for this case: they stand, and are not computed a second time.
    taken: Vec<String>,
}

/// One number to be taken down.
pub(super) struct Measure<'a> {
    pub(super) metric: &'a str,
    pub(super) group: Option<&'a str>,
    pub(super) estimator: Estimator,
    pub(super) n: u64,
    pub(super) value: Option<f64>,
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) note: Option<String>,
}

impl<'a> Measure<'a> {
    /// A measure with the value and ends of an interval, if there is one.
    pub(super) fn of(
        metric: &'a str,
        group: Option<&'a str>,
        estimator: Estimator,
        n: u64,
        interval: Option<Interval>,
    ) -> Self {
        Measure {
            metric,
            group,
            estimator,
            n,
            value: interval.map(|interval| interval.value),
            low: interval.and_then(|interval| interval.low),
            high: interval.and_then(|interval| interval.high),
            note: None,
        }
    }

    /// The same with a note, if there is one to make.
    pub(super) fn noting(mut self, note: Option<String>) -> Self {
        self.note = note;
        self
    }
}

impl<'a> Measures<'a> {
    pub(super) fn new(run: &'a Run) -> Self {
        Measures { run, case: None, estimates: Vec::new(), taken: Vec::new() }
    }

    /// What follows belongs to `case`.
    pub(super) fn start(&mut self, case: &'a Case) {
        self.case = Some(case);
        self.taken.clear();
    }

    pub(super) fn finish(self) -> Vec<Estimate> {
        self.estimates
    }

    /// Takes down the models' own metrics of the case.
    pub(super) fn recorded(&mut self, pooled: &[Recorded], case: usize) -> Result<(), AnalysisError> {
        for entry in pooled.iter().filter(|entry| entry.case == case) {
            let measure = if entry.proportion {
                let interval = wilson(entry.hits, entry.trials);
                Measure::of(&entry.metric, None, Estimator::Wilson, entry.trials, interval)
                    .noting(interval.is_none().then(|| "nothing to count".to_owned()))
            } else {
                let n = entry.values.len() as u64;
                let interval = mean_interval(&entry.values);
                Measure::of(&entry.metric, None, Estimator::MeanOverReplicates, n, interval)
                    .noting(one_replicate(n))
            };
            self.push(measure, Some(&entry.unit));
            self.taken.push(entry.metric.clone());
        }
        Ok(())
    }

    /// Takes down a metric computed here, unless the models recorded one of that name.
    pub(super) fn add(&mut self, measure: Measure<'_>) {
        if measure.group.is_some() || !self.taken.iter().any(|name| name == measure.metric) {
            self.push(measure, None);
        }
    }

    fn push(&mut self, measure: Measure<'_>, unit: Option<&str>) {
        let case = self.case.expect("a case was started");
        let (label, declared_unit) = name_of(self.run, measure.metric);
        self.estimates.push(Estimate {
            metric: measure.metric.to_owned(),
            label,
            unit: unit.map_or(declared_unit, str::to_owned),
            arm: case.arm.clone(),
            point: case.point,
            grid: case.grid.iter().cloned().collect(),
            group: measure.group.map(str::to_owned),
            estimator: measure.estimator,
            n: measure.n,
            value: measure.value,
            low: measure.low,
            high: measure.high,
            note: measure.note,
        });
    }
}

/// What to say when a mean over replicates has one of them.
pub(super) fn one_replicate(n: u64) -> Option<String> {
    match n {
        0 => Some("no replicate has a value".into()),
        1 => Some("one replicate: no interval can be given".into()),
        _ => None,
    }
}

/// Whether a metric computed here is a share.
pub(crate) fn is_share(metric: &str) -> bool {
    COMPUTED.iter().any(|ours| ours.name == metric && ours.is_share)
}

/// Label and unit of a metric: the manifest's, else ours, else its name.
pub(crate) fn name_of(run: &Run, metric: &str) -> (String, String) {
    if let Some(entry) = run.manifest().metrics.iter().find(|entry| entry.name == metric) {
        let label = if entry.label.is_empty() { &entry.name } else { &entry.label };
        return (label.clone(), entry.unit.clone());
    }
    if let Some(ours) = COMPUTED.iter().find(|ours| ours.name == metric) {
        return (ours.label.into(), ours.unit.into());
    }
    if let Some(reason) = metric.strip_prefix("read_failure.") {
        return (format!("reads that failed: {reason}"), String::new());
    }
    (metric.into(), String::new())
}
