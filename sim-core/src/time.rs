//! Virtual time: an instant ([`SimTime`]) and a length of time ([`SimSpan`]), both whole nanoseconds.
//!
//! The two are different types so that an instant cannot be added to an instant. A `u64` of
//! nanoseconds spans 584 years; arithmetic is checked, and a sum past the end is a bug in the model
//! (spans that a user writes are bounded when the scenario is checked).

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// An instant: nanoseconds since the start of the run.
#[derive(
    serde::Serialize, serde::Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug,
)]
pub struct SimTime(u64);

/// A length of time in nanoseconds.
#[derive(
    serde::Serialize, serde::Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug,
)]
pub struct SimSpan(u64);

impl SimTime {
    /// The start of every run.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than every event: "never".
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        SimTime(nanos)
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The span since `earlier`, or zero if `earlier` is later.
    pub const fn since(self, earlier: SimTime) -> SimSpan {
        SimSpan(self.0.saturating_sub(earlier.0))
    }

    /// This instant plus a span, stopping at [`SimTime::NEVER`] instead of overflowing.
    pub const fn saturating_add(self, span: SimSpan) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }

    /// This instant minus a span, stopping at the start of the run.
    pub const fn saturating_sub(self, span: SimSpan) -> SimTime {
        SimTime(self.0.saturating_sub(span.0))
    }
}

impl SimSpan {
    /// No time at all.
    pub const ZERO: SimSpan = SimSpan(0);
    /// The longest span, some 584 years.
    pub const MAX: SimSpan = SimSpan(u64::MAX);

    /// A span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        SimSpan(nanos)
    }

    /// A span of `micros` microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        SimSpan(micros * 1_000)
    }

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        SimSpan(millis * 1_000_000)
    }

    /// A span of `secs` seconds.
    pub const fn from_secs(secs: u64) -> Self {
        SimSpan(secs * 1_000_000_000)
    }

    /// A span of `mins` minutes.
    pub const fn from_mins(mins: u64) -> Self {
        SimSpan::from_secs(mins * 60)
    }

    /// A span of `hours` hours.
    pub const fn from_hours(hours: u64) -> Self {
        SimSpan::from_secs(hours * 3_600)
    }

    /// A span of `days` days of 24 hours.
    pub const fn from_days(days: u64) -> Self {
        SimSpan::from_secs(days * 86_400)
    }

    /// Length in nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Length in seconds, for drawing laws and for results; exact below 2^53 ns (104 days).
    pub fn as_secs_f64_lossy(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The span nearest to `secs` seconds, at least zero; `SimSpan::MAX` when too long.
    ///
    /// Rounds half away from zero to whole nanoseconds. NaN gives zero.
    pub fn from_secs_f64_lossy(secs: f64) -> Self {
        let nanos = (secs * 1e9).round();
        // `as` saturates at both ends and maps NaN to zero.
        SimSpan(nanos as u64)
    }

    /// The sum, stopping at [`SimSpan::MAX`].
    pub const fn saturating_add(self, other: SimSpan) -> SimSpan {
        SimSpan(self.0.saturating_add(other.0))
    }

    /// `n` times this span, stopping at [`SimSpan::MAX`].
    pub const fn saturating_mul(self, n: u64) -> SimSpan {
        SimSpan(self.0.saturating_mul(n))
    }

    /// This span divided by `n`, rounded down.
    ///
    /// # Panics
    /// If `n` is zero.
    pub const fn div_floor(self, n: u64) -> SimSpan {
        SimSpan(self.0 / n)
    }
}

impl Add<SimSpan> for SimTime {
    type Output = SimTime;
    fn add(self, span: SimSpan) -> SimTime {
        SimTime(self.0.checked_add(span.0).expect("an instant past the 584 years of virtual time"))
    }
}

impl AddAssign<SimSpan> for SimTime {
    fn add_assign(&mut self, span: SimSpan) {
        *self = *self + span;
    }
}

impl Add for SimSpan {
    type Output = SimSpan;
    fn add(self, other: SimSpan) -> SimSpan {
        SimSpan(self.0.checked_add(other.0).expect("a span longer than 584 years"))
    }
}

impl AddAssign for SimSpan {
    fn add_assign(&mut self, other: SimSpan) {
        *self = *self + other;
    }
}

impl Sub for SimSpan {
    type Output = SimSpan;
    fn sub(self, other: SimSpan) -> SimSpan {
        SimSpan(self.0.checked_sub(other.0).expect("a negative span"))
    }
}

/// Seconds with exactly the digits needed: `0`, `1.5`, `86400`, `0.000000001`.
pub(crate) fn write_seconds(nanos: u64, f: &mut impl fmt::Write) -> fmt::Result {
    let (secs, frac) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    write!(f, "{secs}")?;
    if frac != 0 {
        let digits = format!("{frac:09}");
        write!(f, ".{}", digits.trim_end_matches('0'))?;
    }
    Ok(())
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_seconds(self.0, f)?;
        f.write_str(" s")
    }
}

impl fmt::Display for SimSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::units::write_span(*self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_prints_its_seconds_exactly() {
        assert_eq!(SimTime::from_nanos(1_500_000_000).to_string(), "1.5 s");
        assert_eq!(SimTime::from_nanos(1).to_string(), "0.000000001 s");
        assert_eq!(SimTime::ZERO.to_string(), "0 s");
    }

    #[test]
    fn a_span_from_seconds_saturates_and_never_panics() {
        assert_eq!(SimSpan::from_secs_f64_lossy(f64::NAN), SimSpan::ZERO);
        assert_eq!(SimSpan::from_secs_f64_lossy(-1.0), SimSpan::ZERO);
        assert_eq!(SimSpan::from_secs_f64_lossy(f64::INFINITY), SimSpan::MAX);
        assert_eq!(SimSpan::from_secs_f64_lossy(1.5), SimSpan::from_millis(1_500));
    }
}
