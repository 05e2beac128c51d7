//! The rows of table `reads`, sorted into finished, pending and failed.

use crate::error::AnalysisError;
use crate::frame::{Frame, Text};
use crate::load::{PREFIX, Run};
use std::collections::BTreeMap;

/// Outcome of a read whose bytes came and were verified.
pub const OK: &str = "ok";
/// Outcome of a read that was still running when the run ended.
pub const PENDING: &str = "pending";

/// All reads of a run, with one or more of their numeric columns.
#[derive(Debug)]
pub struct Reads {
    frame: Frame,
    /// Rows of each of the run's cases, in table order.
    rows: Vec<Vec<u32>>,
}

/// How the reads of one case ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcomes {
    /// Reads that ended well.
    pub ok: u64,
    /// Reads still running at the end of the run.
    pub pending: u64,
    /// Reads that failed, by reason.
    pub failed: BTreeMap<String, u64>,
}

impl Outcomes {
    /// Reads that ended, well or not.
    pub fn finished(&self) -> u64 {
        self.ok + self.failures()
    }

    /// Reads that failed.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }
}

impl Reads {
    /// Reads the table with the given numeric columns; `Ok(None)` if the run does not have it.
    ///
    /// # Errors
    /// If a column is missing or a field is not what its column declares.
    pub fn read(run: &Run, numeric: &[&str]) -> Result<Option<Self>, AnalysisError> {
        let columns: Vec<&str> = PREFIX.iter().chain(&["group", "outcome"]).chain(numeric).copied().collect();
        let Some(frame) = run.read("reads", &columns)? else {
            return Ok(None);
        };
        let mut rows = vec![Vec::new(); run.cases().len()];
        for (row, cell) in run.cells_of(&frame)?.into_iter().enumerate() {
            rows[run.case_of(cell as usize)].push(row as u32);
        }
        Ok(Some(Reads { frame, rows }))
    }

    /// Groups of the objects that were read.
    pub fn groups(&self) -> Result<&[String], AnalysisError> {
        Ok(self.frame.text("group")?.words())
    }

    /// Outcomes of the reads of the case at this position in [`Run::cases`], of one object group if one is given.
    ///
    /// # Errors
    /// If a column is not text.
    pub fn outcomes(&self, case: usize, group: Option<&str>) -> Result<Outcomes, AnalysisError> {
        let outcome = self.frame.text("outcome")?;
        let mut counts = vec![0; outcome.words().len()];
        for row in self.rows(case, self.group_code(group)?) {
            counts[outcome.code(row) as usize] += 1;
        }
        let mut outcomes = Outcomes::default();
        for (word, count) in outcome.words().iter().zip(counts) {
            match word.as_str() {
                OK => outcomes.ok = count,
                PENDING => outcomes.pending = count,
                _ if count > 0 => drop(outcomes.failed.insert(word.clone(), count)),
                _ => {}
            }
        }
        Ok(outcomes)
    }

    /// The values of a numeric column over the successful reads of one case, sorted.
    ///
    /// # Errors
    /// If the column was not read or is not numeric.
    pub fn sorted_ok(
        &self,
        case: usize,
        group: Option<&str>,
        column: &str,
    ) -> Result<Vec<f64>, AnalysisError> {
        let outcome = self.frame.text("outcome")?;
        let numbers = self.frame.numbers(column)?;
        let ok = code_of(outcome, OK);
        let mut values: Vec<f64> = self
            .rows(case, self.group_code(group)?)
            .filter(|&row| Some(outcome.code(row)) == ok)
            .filter_map(|row| numbers.get(row))
            .collect();
        values.sort_unstable_by(f64::total_cmp);
        Ok(values)
    }

    fn rows(&self, case: usize, group: Group<'_>) -> impl Iterator<Item = usize> {
        let rows = self.rows[case].iter().map(|&row| row as usize);
        rows.filter(move |&row| match group {
            Group::All => true,
            Group::One(groups, code) => code == Some(groups.code(row)),
        })
    }

    fn group_code(&self, group: Option<&str>) -> Result<Group<'_>, AnalysisError> {
        let Some(name) = group else { return Ok(Group::All) };
        let groups = self.frame.text("group")?;
        Ok(Group::One(groups, code_of(groups, name)))
    }
}

/// Which rows are meant: all, or those whose group has the code (`None`: no row has it).
#[derive(Clone, Copy)]
enum Group<'a> {
    All,
    One(&'a Text, Option<u32>),
}

fn code_of(column: &Text, word: &str) -> Option<u32> {
    column.words().iter().position(|known| known == word).map(|code| code as u32)
}
