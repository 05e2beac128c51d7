//! Power: what is onboarded, what expires, what is renewed. Raw and quality-adjusted power follow one recursion.
//!
//! ```text
//! expiring(f) = start / known_expiry_days            while f < known_expiry_days
//!             + onboarded(f - D) + renewed(f - D)    once f >= D, the sector duration
//! renewed(f)  = expiring(f) * renewal_rate(f)
//! total(f)    = total(f - 1) + onboarded(f) - expiring(f) + renewed(f)
//! ```
//!
//! Step `f` leads from day `f` to day `f + 1`: its onboarded and renewed power and its total are shown on day `f + 1`,
//! while expiring power is shown under the step's own number, as mechaFIL does.
//!
//! Quality-adjusted power is at most the multiplier times raw power; that cap holds for what is reported, pledged and
//! paid by, and does not feed back into the recursion.

use super::{ForecastError, Inputs, PIB_PER_EIB, SECTORS_PER_EIB};

/// One kind of power.
pub(super) struct Path {
    /// Total on each day, EiB.
    pub(super) total_eib: Vec<f64>,
    /// Onboarded on each day, PiB.
    pub(super) onboarded_pib: Vec<f64>,
    /// Renewed on each day, PiB.
    pub(super) renewed_pib: Vec<f64>,
    /// Expiring in each step, PiB.
    pub(super) expiring_pib: Vec<f64>,
}

/// Both kinds of power.
pub(super) struct Power {
    pub(super) raw: Path,
    pub(super) quality: Path,
}

/// The paths of both, if the network does not shrink to nothing.
pub(super) fn forecast(inputs: &Inputs) -> Result<Power, ForecastError> {
    let onboarded = |step| inputs.rb_onboard_pib_per_day.at(step);
    // Nothing reads the raw power onboarded on the day of the start.
    let raw = path(inputs, inputs.rb_power_zero_eib, 0.0, onboarded);
    let quality_onboarded = |step| onboarded(step) * inputs.quality(step);
    let mut quality = path(inputs, inputs.qa_power_zero_eib, inputs.hist_qa_onboard_pib, quality_onboarded);
    for (day, (quality, raw)) in quality.total_eib.iter_mut().zip(&raw.total_eib).enumerate() {
        *quality = quality.min(inputs.fil_plus_multiplier * raw);
        if *quality * SECTORS_PER_EIB < 1.0 {
            return Err(ForecastError::Empty { day });
        }
    }
    Ok(Power { raw, quality })
}

fn path(inputs: &Inputs, start_eib: f64, onboarded_zero: f64, onboarded: impl Fn(usize) -> f64) -> Path {
    let days = inputs.forecast_length;
    let known = start_eib * PIB_PER_EIB / inputs.known_expiry_days as f64;
    let mut path = Path {
        total_eib: vec![start_eib],
        onboarded_pib: vec![onboarded_zero],
        renewed_pib: vec![0.0],
        expiring_pib: Vec::with_capacity(days),
    };
    for step in 0..days {
        let mut expiring = if step < inputs.known_expiry_days { known } else { 0.0 };
        if let Some(sealed) = step.checked_sub(inputs.sector_duration_days) {
            expiring += path.onboarded_pib[sealed + 1] + path.renewed_pib[sealed + 1];
        }
        let (onboarded, renewed) = (onboarded(step), expiring * inputs.renewal_rate.at(step));
        path.total_eib.push(path.total_eib[step] + (onboarded - expiring + renewed) / PIB_PER_EIB);
        path.onboarded_pib.push(onboarded);
        path.renewed_pib.push(renewed);
        path.expiring_pib.push(expiring);
    }
    // The last step leads beyond the last day.
    for shown in [&mut path.total_eib, &mut path.onboarded_pib, &mut path.renewed_pib] {
        shown.truncate(days);
    }
    path
}
