//! Heights of the chain ([`Epoch`]) and numbers of epochs ([`Epochs`]); the one conversion to virtual time.

use serde::{Deserialize, Serialize};
use sim_core::time::{SimSpan, SimTime};
use sim_core::units::{UnitError, parse_span};
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};
use std::str::FromStr;

/// Seconds from one epoch to the next. Source: built-in actors, runtime/src/builtin/network.rs.
pub const EPOCH_SECONDS: u64 = 30;
/// Epochs of a day of 24 hours: 2,880.
pub const EPOCHS_PER_DAY: i64 = (86_400 / EPOCH_SECONDS) as i64;

const EPOCH_NANOS: u64 = EPOCH_SECONDS * 1_000_000_000;
const EXPECTED: &str = "a number of epochs such as \"180 days\", \"75 min\" or \"150 epochs\"";

/// A height of the chain: epochs since genesis, negative before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Epoch(i64);

/// A number of epochs of 30 s, negative if it leads backwards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Epochs(i64);

impl Epoch {
    /// Genesis.
    pub const GENESIS: Epoch = Epoch(0);
    /// Higher than every height: "never".
    pub const NEVER: Epoch = Epoch(i64::MAX);

    /// The height of that number.
    pub const fn new(height: i64) -> Self {
        Epoch(height)
    }

    /// The number of the height.
    pub const fn height(self) -> i64 {
        self.0
    }

    /// The instant at which this epoch begins, in a run that began when `first` began.
    ///
    /// # Panics
    /// If this epoch is before `first` or more than 584 years after it.
    pub fn begins(self, first: Epoch) -> SimTime {
        SimTime::ZERO + (self - first).span()
    }

    /// The epoch that an instant lies in, in a run that began when `first` began.
    pub fn at(now: SimTime, first: Epoch) -> Epoch {
        // At most 2^64 / (3 * 10^10), far below 2^63.
        first + Epochs((now.as_nanos() / EPOCH_NANOS) as i64)
    }
}

impl Epochs {
    /// No time at all.
    pub const ZERO: Epochs = Epochs(0);
    /// From one epoch to the next.
    pub const ONE: Epochs = Epochs(1);

    /// So many epochs.
    pub const fn new(count: i64) -> Self {
        Epochs(count)
    }

    /// The epochs of so many days of 24 hours.
    pub const fn from_days(days: i64) -> Self {
        Epochs(days * EPOCHS_PER_DAY)
    }

    /// The epochs of so many hours.
    pub const fn from_hours(hours: i64) -> Self {
        Epochs(hours * (EPOCHS_PER_DAY / 24))
    }

    /// The number of epochs.
    pub const fn count(self) -> i64 {
        self.0
    }

    /// As a span of virtual time.
    ///
    /// # Panics
    /// If it leads backwards or past 584 years.
    pub fn span(self) -> SimSpan {
        let count = u64::try_from(self.0).expect("a span of virtual time that leads backwards");
        SimSpan::from_nanos(count.checked_mul(EPOCH_NANOS).expect("a span longer than 584 years"))
    }

    /// The whole epochs of a span, or `None` if it ends within one.
    pub fn of_span(span: SimSpan) -> Option<Epochs> {
        let nanos = span.as_nanos();
        nanos.is_multiple_of(EPOCH_NANOS).then_some(Epochs((nanos / EPOCH_NANOS) as i64))
    }
}

impl Add<Epochs> for Epoch {
    type Output = Epoch;
    fn add(self, span: Epochs) -> Epoch {
        Epoch(self.0.checked_add(span.0).expect("an epoch past 2^63"))
    }
}

impl AddAssign<Epochs> for Epoch {
    fn add_assign(&mut self, span: Epochs) {
        *self = *self + span;
    }
}

impl Sub<Epochs> for Epoch {
    type Output = Epoch;
    fn sub(self, span: Epochs) -> Epoch {
        Epoch(self.0.checked_sub(span.0).expect("an epoch before -2^63"))
    }
}

impl Sub for Epoch {
    type Output = Epochs;
    fn sub(self, earlier: Epoch) -> Epochs {
        Epochs(self.0.checked_sub(earlier.0).expect("more than 2^63 epochs"))
    }
}

impl Add for Epochs {
    type Output = Epochs;
    fn add(self, other: Epochs) -> Epochs {
        Epochs(self.0.checked_add(other.0).expect("more than 2^63 epochs"))
    }
}

impl AddAssign for Epochs {
    fn add_assign(&mut self, other: Epochs) {
        *self = *self + other;
    }
}

impl Sub for Epochs {
    type Output = Epochs;
    fn sub(self, other: Epochs) -> Epochs {
        Epochs(self.0.checked_sub(other.0).expect("more than 2^63 epochs"))
    }
}

impl SubAssign for Epochs {
    fn sub_assign(&mut self, other: Epochs) {
        *self = *self - other;
    }
}

impl Neg for Epochs {
    type Output = Epochs;
    fn neg(self) -> Epochs {
        Epochs::ZERO - self
    }
}

impl Mul<i64> for Epochs {
    type Output = Epochs;
    fn mul(self, times: i64) -> Epochs {
        Epochs(self.0.checked_mul(times).expect("more than 2^63 epochs"))
    }
}

impl FromStr for Epochs {
    type Err = UnitError;
    /// Reads a whole number of epochs, or a span of time that is a whole number of them.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let fail = |reason: String| UnitError::new(text, EXPECTED, reason);
        let count = text.trim().strip_suffix("epochs").or_else(|| text.trim().strip_suffix("epoch"));
        if let Some(count) = count {
            let count = count.trim_end();
            let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
            let whole = if digits { count.parse::<i64>().ok() } else { None };
            return whole.map(Epochs).ok_or_else(|| fail("not a whole number of epochs".into()));
        }
        let span = parse_span(text).map_err(|error| fail(error.reason))?;
        Epochs::of_span(span).ok_or_else(|| fail("not a whole number of epochs of 30 s".into()))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl fmt::Display for Epochs {
    /// The canonical text: whole days if it is that, else epochs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0 / EPOCHS_PER_DAY;
        f.pad(&match self.0 {
            1 => "1 epoch".into(),
            EPOCHS_PER_DAY => "1 day".into(),
            count if count > 0 && count % EPOCHS_PER_DAY == 0 => format!("{days} days"),
            count => format!("{count} epochs"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, count: i64, canonical: &str) {
        let epochs: Epochs = text.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((epochs.count(), epochs.to_string().as_str()), (count, canonical), "{text}");
        assert_eq!(canonical.parse(), Ok(epochs));
    }

    #[test]
    fn numbers_of_epochs_are_read_exactly_and_written_back() {
        check("180 days", 518_400, "180 days");
        check("75 min", 150, "150 epochs");
        check("150 epochs", 150, "150 epochs");
        check("1 epoch", 1, "1 epoch");
        check("0 epochs", 0, "0 epochs");
        check("1 day", 2_880, "1 day");
        check("1 year", 1_051_200, "365 days");
    }

    #[test]
    fn what_ends_within_an_epoch_is_refused() {
        for text in ["31 s", "1.5 epochs", "-3 epochs", "2880", "epochs", "5 m"] {
            assert!(text.parse::<Epochs>().is_err(), "{text} was read");
        }
    }

    #[test]
    fn an_epoch_begins_where_the_one_before_it_ends() {
        let first = Epoch::new(6_052_800);
        let epoch = first + Epochs::from_days(3);
        let begins = epoch.begins(first);
        assert_eq!(begins, SimTime::ZERO + SimSpan::from_days(3));
        assert_eq!(Epoch::at(begins, first), epoch);
        let before = SimTime::from_nanos(begins.as_nanos() - 1);
        assert_eq!(Epoch::at(before, first), epoch - Epochs::ONE);
    }
}
