//! What storage miners earned and paid, from table `miners`.

use super::MinerCounts;
use crate::error::AnalysisError;
use crate::frame::Frame;
use crate::load::{PREFIX, Run};

const ATTO_PER_FIL: f64 = 1e18;

/// Columns of fees and penalties.
const FEES: [&str; 4] =
    ["daily_fee_attofil", "fault_fee_attofil", "termination_fee_attofil", "other_penalty_attofil"];

/// Groups of every case in the order of the table; none where a case has no miners.
///
/// # Errors
/// If the table is there and a column of it cannot be read as declared.
pub(super) fn count(run: &Run) -> Result<Vec<Vec<MinerCounts>>, AnalysisError> {
    let mut cases = vec![Vec::new(); run.cases().len()];
    let own = ["sectors", "terminated", "reward_attofil", "pledge_end_attofil", "locked_end_attofil"];
    let columns: Vec<&str> = PREFIX.iter().chain(&["group"]).chain(&own).chain(&FEES).copied().collect();
    let Some(frame) = run.read("miners", &columns)? else {
        return Ok(cases);
    };
    for (row, cell) in run.cells_of(&frame)?.into_iter().enumerate() {
        let case = run.case_of(cell as usize);
        let counts = of_group(&mut cases[case], frame.text("group")?.get(row));
        let share = 1.0 / run.cases()[case].cells.len() as f64;
        let number = |name| Ok::<f64, AnalysisError>(number(&frame, name, row)? * share);
        counts.miners += share;
        counts.sectors += number("sectors")?;
        counts.terminated += number("terminated")?;
        counts.reward_fil += number("reward_attofil")? / ATTO_PER_FIL;
        counts.locked_fil += (number("pledge_end_attofil")? + number("locked_end_attofil")?) / ATTO_PER_FIL;
        for fee in FEES {
            counts.fees_fil += number(fee)? / ATTO_PER_FIL;
        }
    }
    Ok(cases)
}

fn of_group<'a>(groups: &'a mut Vec<MinerCounts>, name: &str) -> &'a mut MinerCounts {
    let place = groups.iter().position(|counts| counts.group == name).unwrap_or_else(|| {
        groups.push(MinerCounts { group: name.into(), ..MinerCounts::default() });
        groups.len() - 1
    });
    &mut groups[place]
}

fn number(frame: &Frame, name: &str, row: usize) -> Result<f64, AnalysisError> {
    Ok(frame.numbers(name)?.get(row).unwrap_or(0.0))
}
