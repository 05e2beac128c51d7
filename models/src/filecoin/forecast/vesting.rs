//! Vesting of the genesis allocations: each comes free linearly over its term, day by day from liftoff.
//!
//! Source: lotus, `chain/stmgr/supply.go` (the tranches of the sale) and the specification, "Token Allocation" (Protocol
//! Labs 300 million and the Foundation 100 million, both over six years). The 10,632,000 FIL that were free at launch
//! belong to `start_vested_amt`.

use super::Inputs;

/// FIL that come free over a term, and the term in days.
const TRANCHES: [(f64, u32); 5] = [
    (19_015_887.0 + 32_787_700.0, 183),
    (22_421_712.0 + 9_400_000.0, 365),
    (7_223_364.0, 730),
    (87_637_883.0 + 898_958.0, 1095),
    (9_805_053.0 + 300_000_000.0 + 100_000_000.0, 2190),
];

/// FIL free at launch. Source: lotus, the tranche of 0 days.
pub const FREE_AT_LAUNCH: f64 = 10_632_000.0;

/// FIL that have come free in the first `days` days after liftoff, without what was free at launch.
pub fn vested(days: u32) -> f64 {
    TRANCHES.iter().map(|(fil, term)| fil * f64::from(days.min(*term)) / f64::from(*term)).sum()
}

/// Vested at the end of every day, FIL: the day of the start has vested too.
pub(super) fn forecast(inputs: &Inputs) -> Vec<f64> {
    let before = vested(inputs.start_day);
    let row = |day: u32| inputs.start_vested_amt + (vested(day) - before);
    (inputs.start_day..).skip(1).take(inputs.forecast_length).map(row).collect()
}
