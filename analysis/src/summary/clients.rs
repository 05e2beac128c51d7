//! What became of the files of clients of storage, from tables `files` and `deals`.

use super::ClientCounts;
use crate::error::AnalysisError;
use crate::load::{PREFIX, Run};

const ATTO_PER_FIL: f64 = 1e18;

/// The files of every case; none where a case has no clients.
///
/// # Errors
/// If a table is there and a column of it cannot be read as declared.
pub(super) fn count(run: &Run) -> Result<Vec<Option<ClientCounts>>, AnalysisError> {
    let mut cases = vec![None; run.cases().len()];
    let files: Vec<&str> = PREFIX.iter().chain(&["protected_s", "lost_s"]).copied().collect();
    if let Some(frame) = run.read("files", &files)? {
        let (protected, lost) = (frame.numbers("protected_s")?, frame.numbers("lost_s")?);
        for (row, cell) in run.cells_of(&frame)?.into_iter().enumerate() {
            let counts: &mut ClientCounts = cases[run.case_of(cell as usize)].get_or_insert_default();
            let (is_lost, is_protected) = (lost.get(row).is_some(), protected.get(row).is_some());
            counts.files += 1;
            counts.protected += u64::from(is_protected);
            counts.lost += u64::from(is_lost);
            counts.lost_unprotected += u64::from(is_lost && !is_protected);
        }
    }
    let deals: Vec<&str> = PREFIX.iter().chain(&["active_s", "paid_attofil"]).copied().collect();
    if let Some(frame) = run.read("deals", &deals)? {
        let (active, paid) = (frame.numbers("active_s")?, frame.numbers("paid_attofil")?);
        for (row, cell) in run.cells_of(&frame)?.into_iter().enumerate() {
            let case = run.case_of(cell as usize);
            let share = 1.0 / run.cases()[case].cells.len() as f64;
            let counts: &mut ClientCounts = cases[case].get_or_insert_default();
            counts.agreements += 1;
            counts.activated += u64::from(active.get(row).is_some());
            counts.paid_fil += paid.get(row).unwrap_or(0.0) * share / ATTO_PER_FIL;
        }
    }
    Ok(cases)
}
