//! Retrieval, from table `reads`.

use super::measure::{Measure, Measures};
use super::{Estimator, ReadCounts};
use crate::error::AnalysisError;
use crate::reads::{Outcomes, Reads};
use crate::stats::{Interval, quantile, wilson};

/// Numeric columns that the summary needs.
pub(super) const COLUMNS: [&str; 2] = ["ttfb_ms", "ttlb_ms"];

/// Percentiles that are reported, and their metrics for each of [`COLUMNS`].
const PERCENTILES: [(u32, [&str; 2]); 4] = [
    (50, ["ttfb_p50", "ttlb_p50"]),
    (90, ["ttfb_p90", "ttlb_p90"]),
    (95, ["ttfb_p95", "ttlb_p95"]),
    (99, ["ttfb_p99", "ttlb_p99"]),
];

/// Takes down the metrics of one case, over all objects and, if there are several, for each group.
pub(super) fn measure(
    reads: &Reads,
    case: usize,
    measures: &mut Measures<'_>,
) -> Result<ReadCounts, AnalysisError> {
    let all = measure_group(reads, case, None, measures)?;
    if reads.groups()?.len() > 1 {
        for group in reads.groups()? {
            measure_group(reads, case, Some(group), measures)?;
        }
    }
    Ok(ReadCounts {
        issued: all.finished() + all.pending,
        ok: all.ok,
        pending: all.pending,
        failed: all.failed,
    })
}

fn measure_group(
    reads: &Reads,
    case: usize,
    group: Option<&str>,
    measures: &mut Measures<'_>,
) -> Result<Outcomes, AnalysisError> {
    let outcomes = reads.outcomes(case, group)?;
    let (finished, pending) = (outcomes.finished(), outcomes.pending);
    if group.is_some() && finished + pending == 0 {
        return Ok(outcomes);
    }
    let excluded = (pending > 0).then(|| format!("{pending} still running at the end are not counted"));
    measures.add(
        Measure::of("read_success", group, Estimator::Wilson, finished, wilson(outcomes.ok, finished))
            .noting(if finished == 0 { Some("no read ended".into()) } else { excluded }),
    );
    for (reason, &count) in &outcomes.failed {
        let metric = format!("read_failure.{reason}");
        measures.add(Measure::of(&metric, group, Estimator::Wilson, finished, wilson(count, finished)));
    }
    let count = Interval { value: pending as f64, low: None, high: None };
    measures.add(Measure::of("reads_pending", group, Estimator::Count, finished + pending, Some(count)));
    for (which, column) in COLUMNS.into_iter().enumerate() {
        let values = reads.sorted_ok(case, group, column)?;
        let n = values.len() as u64;
        for (percent, metrics) in PERCENTILES {
            let found = quantile(&values, percent);
            let note = match found {
                None => "no read succeeded",
                Some(Interval { low: Some(_), high: Some(_), .. }) => "successful reads only",
                Some(_) => "successful reads only; too few to bound it on both sides",
            };
            measures.add(
                Measure::of(metrics[which], group, Estimator::NearestRank, n, found)
                    .noting(Some(note.into())),
            );
        }
    }
    Ok(outcomes)
}
