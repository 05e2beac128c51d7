//! The losses of a run, counted by cause.

use super::{Rows, position_of};
use crate::error::AnalysisError;
use crate::load::Run;
use serde::Serialize;
use std::collections::BTreeMap;

/// Every loss of a run by case, and within it by cause.
#[derive(Clone, Debug, Serialize)]
pub struct Losses {
    /// One entry for each arm at each grid point, in the manifest's order.
    pub cases: Vec<CaseLosses>,
}

/// The losses of one case over its replicates.
#[derive(Clone, Debug, Serialize)]
pub struct CaseLosses {
    /// Words for the case; empty for the only one.
    pub label: String,
    /// Replicates.
    pub replicates: u64,
    /// Objects published, and pieces of data that sectors had.
    pub objects: u64,
    /// Objects lost, deliberate deletions included.
    pub lost: u64,
    /// The losses by cause, most frequent first.
    pub causes: Vec<ByCause>,
    /// How the copies before the last went, and how many by each cause, over all lost objects.
    pub earlier_copies: BTreeMap<String, u64>,
    /// Losses that each kind of remedy would have prevented.
    pub remedies: BTreeMap<String, u64>,
}

/// The losses by one cause. Times are seconds of virtual time.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ByCause {
    /// How the last copy went.
    pub cause: String,
    /// The scenario's key that decided it.
    pub key: String,
    /// Objects lost so.
    pub lost: u64,
    /// Of these, by their owner's own deletion.
    pub deliberate: u64,
    /// Of these, never fetched by anybody else.
    pub never_fetched: u64,
    /// The first such loss.
    pub first_s: f64,
    /// The median.
    pub median_s: f64,
    /// Mean time with at most one copy before the loss.
    pub exposure_mean_s: f64,
    /// Nominal bytes lost.
    pub bytes: u64,
}

const COLUMNS: [&str; 10] = [
    "object",
    "lost_s",
    "cause",
    "cause_key",
    "deliberate",
    "fetched",
    "earlier_causes",
    "exposure_s",
    "remedies",
    "size_bytes",
];

/// One row of table `losses`.
struct Row {
    case: usize,
    lost_s: f64,
    cause: (String, String),
    deliberate: bool,
    fetched: u64,
    earlier: String,
    exposure_s: f64,
    remedies: String,
    bytes: u64,
}

impl Losses {
    /// Counts the losses of a run, or of its cell of that name.
    ///
    /// # Errors
    /// If there is no such cell, or a table is not as declared.
    pub fn of(run: &Run, cell: Option<&str>) -> Result<Self, AnalysisError> {
        let only = cell.map(|cell| position_of(run, cell)).transpose()?;
        let is_meant = |cell: u32| only.is_none_or(|only| only == cell as usize);
        let table = Rows::read(run, "losses", &COLUMNS)?;
        let mut rows: Vec<Vec<Row>> = run.cases().iter().map(|_| Vec::new()).collect();
        for row in (0..table.frame.rows()).filter(|&row| is_meant(table.cells[row])) {
            let row = read_row(run, &table, row)?;
            rows[row.case].push(row);
        }
        let mut counts = vec![0; run.cases().len()];
        for (table, column) in [("objects", "published_s"), (super::STORED, "stored_s")] {
            let Some(objects) = Rows::read_if_there(run, table, &[column])? else { continue };
            let since = objects.frame.times(column)?;
            for row in 0..objects.frame.rows() {
                let counted = since.get(row).is_some() && is_meant(objects.cells[row]);
                counts[run.case_of(objects.cells[row] as usize)] += u64::from(counted);
            }
        }
        let cases = run.cases().iter().zip(rows).zip(counts);
        let meant = cases.filter(|((case, _), _)| case.cells.iter().any(|&cell| is_meant(cell as u32)));
        let cases = meant.map(|((case, rows), objects)| CaseLosses {
            label: run.label(case),
            replicates: case.cells.iter().filter(|&&cell| is_meant(cell as u32)).count() as u64,
            objects,
            lost: rows.len() as u64,
            causes: by_cause(&rows),
            earlier_copies: earlier(&rows),
            remedies: remedies(&rows),
        });
        Ok(Losses { cases: cases.collect() })
    }
}

fn read_row(run: &Run, table: &Rows, row: usize) -> Result<Row, AnalysisError> {
    Ok(Row {
        case: run.case_of(table.cells[row] as usize),
        lost_s: table.time("lost_s", row)?,
        cause: (table.text("cause", row)?, table.text("cause_key", row)?),
        deliberate: table.flag("deliberate", row)?,
        fetched: table.count("fetched", row)?,
        earlier: table.text("earlier_causes", row)?,
        exposure_s: table.time("exposure_s", row)?,
        remedies: table.text("remedies", row)?,
        bytes: table.count("size_bytes", row)?,
    })
}

fn by_cause(rows: &[Row]) -> Vec<ByCause> {
    let mut groups: BTreeMap<&(String, String), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry(&row.cause).or_default().push(row);
    }
    let mut causes: Vec<ByCause> = groups
        .into_iter()
        .map(|((cause, key), rows)| {
            let mut times: Vec<f64> = rows.iter().map(|row| row.lost_s).collect();
            times.sort_unstable_by(f64::total_cmp);
            let count = |test: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| test(row)).count() as u64;
            ByCause {
                cause: cause.clone(),
                key: key.clone(),
                lost: rows.len() as u64,
                deliberate: count(&|row| row.deliberate),
                never_fetched: count(&|row| row.fetched == 0),
                first_s: times[0],
                // Nearest rank.
                median_s: times[(times.len() - 1) / 2],
                exposure_mean_s: rows.iter().map(|row| row.exposure_s).sum::<f64>() / rows.len() as f64,
                bytes: rows.iter().map(|row| row.bytes).sum(),
            }
        })
        .collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.lost));
    causes
}

/// Sums `collected 3, holder-left 1` over the rows.
fn earlier(rows: &[Row]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for part in rows.iter().flat_map(|row| row.earlier.split(", ")) {
        if let Some((cause, count)) = part.rsplit_once(' ') {
            *sums.entry(cause.to_owned()).or_insert(0) += count.parse::<u64>().unwrap_or(0);
        }
    }
    sums
}

fn remedies(rows: &[Row]) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for remedy in rows.iter().flat_map(|row| row.remedies.split_whitespace()) {
        *sums.entry(remedy.to_owned()).or_insert(0) += 1;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(lost_s: f64, cause: &str, earlier: &str, remedies: &str) -> Row {
        Row {
            case: 0,
            lost_s,
            cause: (cause.into(), "population.me.strategy".into()),
            deliberate: cause == "deleted",
            fetched: u64::from(!earlier.is_empty()),
            earlier: earlier.into(),
            exposure_s: lost_s / 2.0,
            remedies: remedies.into(),
            bytes: 100,
        }
    }

    #[test]
    fn causes_are_counted_most_frequent_first_and_earlier_copies_summed() {
        let rows = [
            row(40.0, "collected", "collected 3, deleted 1", "pin-of-a-reader"),
            row(8.0, "deleted", "", "not-deleted one-more-reader"),
            row(10.0, "collected", "collected 12", "pin-of-a-reader higher-limit"),
            row(30.0, "collected", "", "one-more-reader"),
        ];
        let causes = by_cause(&rows);
        let counts: Vec<_> = causes
            .iter()
            .map(|c| (c.cause.as_str(), c.lost, c.deliberate, c.never_fetched, c.bytes))
            .collect();
        assert_eq!(counts, [("collected", 3, 0, 1, 300), ("deleted", 1, 1, 1, 100)]);
        // Of 10, 30 and 40 the median is 30; half of their mean of 80 / 3 is 40 / 3.
        let first = &causes[0];
        assert_eq!((first.first_s, first.median_s, first.exposure_mean_s), (10.0, 30.0, 40.0 / 3.0));
        assert_eq!(earlier(&rows), BTreeMap::from([("collected".into(), 15), ("deleted".into(), 1)]));
        let kept = remedies(&rows);
        assert_eq!((kept["pin-of-a-reader"], kept["one-more-reader"], kept.len()), (2, 2, 4));
    }
}
