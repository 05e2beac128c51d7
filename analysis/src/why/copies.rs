//! The copies of one object.

use super::Rows;
use crate::error::AnalysisError;
use crate::load::Run;
use serde::Serialize;
use std::collections::BTreeMap;

/// One copy: a row of table `copies`. Times are seconds of virtual time.
#[derive(Clone, Debug, Serialize)]
pub struct CopyRow {
    /// Who had it.
    pub holder: String,
    /// Since when.
    pub from_s: f64,
    /// Until when; none if it is still there.
    pub until_s: Option<f64>,
    /// How it came.
    pub came_by: String,
    /// How it went.
    pub went_by: Option<String>,
    /// What is known besides of how it came.
    pub came_facts: BTreeMap<String, String>,
    /// What is known besides of how it went.
    pub went_facts: BTreeMap<String, String>,
    /// The scenario's key that decided how it went.
    pub went_key: String,
    /// When its holder pinned it.
    pub pinned_s: Option<f64>,
    /// When its holder took that pin away.
    pub unpinned_s: Option<f64>,
    /// Whether the object was lost with it.
    pub is_last: bool,
}

const COLUMNS: [&str; 12] = [
    "object",
    "holder",
    "from_s",
    "until_s",
    "came_by",
    "went_by",
    "came_facts",
    "went_facts",
    "went_key",
    "pinned_s",
    "unpinned_s",
    "is_last",
];

/// The copies of an object by cell, in the order in which they ended; those that are still there at the end.
pub(super) fn of(run: &Run, object: &str) -> Result<Vec<Vec<CopyRow>>, AnalysisError> {
    let table = Rows::read(run, "copies", &COLUMNS)?;
    let mut copies: Vec<Vec<CopyRow>> = vec![Vec::new(); run.manifest().cells.len()];
    for (row, cell) in table.of(object)? {
        copies[cell].push(copy(&table, row)?);
    }
    for copies in &mut copies {
        // The sort is stable: copies that ended together stay in order of their beginning, the last one last.
        copies.sort_by(|a, b| {
            let end = |copy: &CopyRow| copy.until_s.unwrap_or(f64::INFINITY);
            end(a).total_cmp(&end(b)).then(a.is_last.cmp(&b.is_last))
        });
    }
    Ok(copies)
}

fn copy(table: &Rows, row: usize) -> Result<CopyRow, AnalysisError> {
    let went_by = table.text("went_by", row)?;
    Ok(CopyRow {
        holder: table.text("holder", row)?,
        from_s: table.time("from_s", row)?,
        until_s: table.seconds("until_s", row)?,
        came_by: table.text("came_by", row)?,
        went_by: (!went_by.is_empty()).then_some(went_by),
        came_facts: facts(&table.text("came_facts", row)?),
        went_facts: facts(&table.text("went_facts", row)?),
        went_key: table.text("went_key", row)?,
        pinned_s: table.seconds("pinned_s", row)?,
        unpinned_s: table.seconds("unpinned_s", row)?,
        is_last: table.flag("is_last", row)?,
    })
}

/// `key=value` pairs.
fn facts(text: &str) -> BTreeMap<String, String> {
    let pair = |word: &str| word.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    text.split(' ').filter_map(pair).collect()
}
