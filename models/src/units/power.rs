//! Storage power ([`Power`]) in bytes, raw or quality-adjusted, and space held over time ([`SpaceTime`]).
//!
//! Both are wider than 64 bits: quality-adjusted power of the network has passed 16 EiB, and one 64 GiB sector
//! held for five years is 2^58 byte-epochs.

use super::Epochs;
use serde::{Deserialize, Serialize};
use sim_core::units::{Bytes, UnitError, parse_bytes};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::str::FromStr;

/// Storage power in bytes. Whether raw or quality-adjusted is said by the name of what holds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Power(i128);

/// Space held over time, in byte-epochs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
pub struct SpaceTime(i128);

impl Power {
    /// No power.
    pub const ZERO: Power = Power(0);

    /// So many bytes of power.
    pub const fn new(bytes: i128) -> Self {
        Power(bytes)
    }

    /// The raw power of so many bytes.
    pub const fn of(bytes: Bytes) -> Self {
        Power(bytes.as_u64() as i128)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> i128 {
        self.0
    }

    /// `self * num / den`, rounded toward minus infinity.
    ///
    /// # Panics
    /// If `den` is not positive, or the product does not fit.
    pub fn floor_mul(self, num: i128, den: i128) -> Power {
        assert!(den > 0, "a share of power with a denominator that is not positive");
        Power(self.0.checked_mul(num).expect("a product of power past 2^127").div_euclid(den))
    }

    /// This power held for so long.
    pub fn during(self, time: Epochs) -> SpaceTime {
        SpaceTime(self.0.checked_mul(i128::from(time.count())).expect("space-time past 2^127"))
    }
}

impl SpaceTime {
    /// Nothing held.
    pub const ZERO: SpaceTime = SpaceTime(0);

    /// So many byte-epochs.
    pub const fn new(byte_epochs: i128) -> Self {
        SpaceTime(byte_epochs)
    }

    /// The number of byte-epochs.
    pub const fn byte_epochs(self) -> i128 {
        self.0
    }
}

macro_rules! sums {
    ($name:ident, $past:literal) => {
        impl Add for $name {
            type Output = $name;
            fn add(self, other: $name) -> $name {
                $name(self.0.checked_add(other.0).expect($past))
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: $name) {
                *self = *self + other;
            }
        }
        impl Sub for $name {
            type Output = $name;
            fn sub(self, other: $name) -> $name {
                $name(self.0.checked_sub(other.0).expect($past))
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: $name) {
                *self = *self - other;
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = $name>>(parts: I) -> $name {
                parts.fold($name::ZERO, Add::add)
            }
        }
    };
}

sums!(Power, "power past 2^127 bytes");
sums!(SpaceTime, "space-time past 2^127 byte-epochs");

impl FromStr for Power {
    type Err = UnitError;

    /// An amount of data with its unit, up to 16,384 EiB.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let Some(number) = text.strip_suffix("EiB") else { return parse_bytes(text).map(Power::of) };
        // More than 16 of these do not fit in 64 bits: read as so many PiB.
        let small = parse_bytes(&format!("{number}PiB"))
            .map_err(|error| UnitError::new(text, error.expected, error.reason))?;
        Ok(Power(Power::of(small).0 * 1024))
    }
}

impl fmt::Display for Power {
    /// As an amount of data up to 16 EiB, past that in bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u64::try_from(self.0) {
            Ok(bytes) => Bytes::new(bytes).fmt(f),
            Err(_) => f.pad(&format!("{} B", self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_times_time_is_space_time() {
        let sector = Power::of(Bytes::from_gib(32));
        assert_eq!(sector.during(Epochs::from_days(180)).byte_epochs(), (32_i128 << 30) * 518_400);
        assert_eq!(sector.floor_mul(10, 3).bytes(), 114_532_461_226);
        assert_eq!(sector.to_string(), "32 GiB");
    }

    #[test]
    fn a_network_is_read_past_64_bits() {
        let read = |text: &str| text.parse::<Power>().map(Power::bytes);
        assert_eq!(read("32 GiB"), Ok(32 << 30));
        assert_eq!(read("1.5 EiB"), Ok(3 << 59));
        assert_eq!(read("140 EiB"), Ok(140 << 60));
        let error = read("many EiB").expect_err("no number").to_string();
        assert!(error.contains("many EiB"), "{error}");
        assert!(read("20000 EiB").is_err());
    }
}
