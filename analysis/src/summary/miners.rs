//! What storage miners earned and paid, from table `miners`.

use super::MinerCounts;
use crate::error::AnalysisError;
use crate::frame::Frame;
use crate::load::{PREFIX, Run};

const ATTO_PER_FIL: f64 = 1e18;

/// Columns of fees and penalties.
const FEES: [&str; 4] =
    ["daily_fee_attofil", "fault_fee_attofil", "termination_fee_attofil", "other_penalty_attofil"];

/// Counts of every case; none where a case has no miners.
///
/// # Errors
/// If the table is there and a column of it cannot be read as declared.
pub(super) fn count(run: &Run) -> Result<Vec<Option<MinerCounts>>, AnalysisError> {
    let mut cases = vec![None; run.cases().len()];
    let own = ["sectors", "terminated", "reward_attofil", "pledge_end_attofil", "locked_end_attofil"];
    let columns: Vec<&str> = PREFIX.iter().chain(&own).chain(&FEES).copied().collect();
    let Some(frame) = run.read("miners", &columns)? else {
        return Ok(cases);
    };
    for (row, cell) in run.cells_of(&frame)?.into_iter().enumerate() {
        let counts: &mut MinerCounts = cases[run.case_of(cell as usize)].get_or_insert_default();
        let number = |name| number(&frame, name, row);
        counts.miners += 1;
        counts.sectors += number("sectors")? as u64;
        counts.terminated += number("terminated")? as u64;
        counts.reward_fil += number("reward_attofil")? / ATTO_PER_FIL;
        counts.locked_fil += (number("pledge_end_attofil")? + number("locked_end_attofil")?) / ATTO_PER_FIL;
        for fee in FEES {
            counts.fees_fil += number(fee)? / ATTO_PER_FIL;
        }
    }
    Ok(cases)
}

fn number(frame: &Frame, name: &str, row: usize) -> Result<f64, AnalysisError> {
    Ok(frame.numbers(name)?.get(row).unwrap_or(0.0))
}
