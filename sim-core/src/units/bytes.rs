//! Amounts of data ([`Bytes`]) and bandwidths ([`BitRate`]), and the exact time one takes at the other.

use super::{Decimal, Quantity, UnitError};
use crate::time::SimSpan;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::str::FromStr;

const NANOS_PER_SEC: u128 = 1_000_000_000;

const BYTES: Quantity = Quantity {
    expected: "an amount of data such as \"32 GiB\", \"700 MB\" or \"100 B\"",
    whole: "bytes",
    units: &[
        ("B", 1),
        ("kB", 1_000),
        ("KiB", 1 << 10),
        ("MB", 1_000_000),
        ("MiB", 1 << 20),
        ("GB", 1_000_000_000),
        ("GiB", 1 << 30),
        ("TB", 1_000_000_000_000),
        ("TiB", 1 << 40),
        ("PB", 1_000_000_000_000_000),
        ("PiB", 1 << 50),
        ("EB", 1_000_000_000_000_000_000),
        ("EiB", 1 << 60),
    ],
    refused: &[
        (&["KB", "K", "k"], "may be 1000 or 1024 bytes; write \"kB\" or \"KiB\""),
        (&["M", "m"], "may be decimal or binary; write \"MB\" (1000^2 bytes) or \"MiB\" (1024^2 bytes)"),
        (&["G", "g"], "may be decimal or binary; write \"GB\" (1000^3 bytes) or \"GiB\" (1024^3 bytes)"),
        (&["T", "t"], "may be decimal or binary; write \"TB\" (1000^4 bytes) or \"TiB\" (1024^4 bytes)"),
        (&["b", "bit", "bits"], "means bits; count bytes, \"B\""),
        (&["kb", "Kb", "kbit", "Kbit", "Kib", "Kibit"], "means bits; write \"kB\" or \"KiB\" for bytes"),
        (&["Mb", "Mbit", "mb", "Mib", "Mibit"], "means bits; write \"MB\" or \"MiB\" for bytes"),
        (&["Gb", "Gbit", "gb", "Gib", "Gibit"], "means bits; write \"GB\" or \"GiB\" for bytes"),
        (&["Tb", "Tbit", "tb", "Tib", "Tibit"], "means bits; write \"TB\" or \"TiB\" for bytes"),
        (&["byte", "bytes"], "is not used; write \"B\""),
    ],
};

const BIT_RATE: Quantity = Quantity {
    expected: "a bandwidth such as \"8 Mbit/s\" or \"12.5 MB/s\"",
    whole: "bits per second",
    units: &[
        ("bit/s", 1),
        ("kbit/s", 1_000),
        ("Mbit/s", 1_000_000),
        ("Gbit/s", 1_000_000_000),
        ("Tbit/s", 1_000_000_000_000),
        ("B/s", 8),
        ("kB/s", 8_000),
        ("MB/s", 8_000_000),
        ("GB/s", 8_000_000_000),
        ("TB/s", 8_000_000_000_000),
        ("KiB/s", 8 << 10),
        ("MiB/s", 8 << 20),
        ("GiB/s", 8 << 30),
        ("TiB/s", 8 << 40),
    ],
    refused: &[
        (&["KB/s", "KBps"], "may be 1000 or 1024 bytes; write \"kB/s\" or \"KiB/s\""),
        (&["b/s", "bps"], "is not used; write \"bit/s\""),
        (&["kb/s", "Kb/s", "kbps", "Kbps"], "is not used; write \"kbit/s\" for bits or \"kB/s\" for bytes"),
        (&["Mb/s", "mb/s", "Mbps", "mbps"], "is not used; write \"Mbit/s\" for bits or \"MB/s\" for bytes"),
        (&["Gb/s", "gb/s", "Gbps", "gbps"], "is not used; write \"Gbit/s\" for bits or \"GB/s\" for bytes"),
        (&["MBps"], "is not used; write \"MB/s\""),
        (&["GBps"], "is not used; write \"GB/s\""),
        (
            &["bit", "kbit", "Mbit", "Gbit", "Tbit", "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"],
            "is an amount, not a rate; add \"/s\"",
        ),
    ],
};

/// An amount of data in bytes, up to 16 EiB. Sums are checked: past either end is a bug in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Bytes(u64);

impl Bytes {
    /// No data.
    pub const ZERO: Bytes = Bytes(0);
    /// The largest amount, one byte less than 16 EiB.
    pub const MAX: Bytes = Bytes(u64::MAX);

    /// So many bytes.
    pub const fn new(bytes: u64) -> Self {
        Bytes(bytes)
    }

    /// So many KiB of 1024 bytes.
    pub const fn from_kib(kib: u64) -> Self {
        Bytes(kib * (1 << 10))
    }

    /// So many MiB of 1024^2 bytes.
    pub const fn from_mib(mib: u64) -> Self {
        Bytes(mib * (1 << 20))
    }

    /// So many GiB of 1024^3 bytes.
    pub const fn from_gib(gib: u64) -> Self {
        Bytes(gib * (1 << 30))
    }

    /// The number of bytes.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The number of bytes for a figure; exact below 2^53 (9 PB).
    pub const fn as_f64_lossy(self) -> f64 {
        self.0 as f64
    }

    /// The sum, or `None` past the largest amount.
    pub const fn checked_add(self, other: Bytes) -> Option<Bytes> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Bytes(sum)),
            None => None,
        }
    }

    /// The difference, or `None` if `other` is larger.
    pub const fn checked_sub(self, other: Bytes) -> Option<Bytes> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Bytes(rest)),
            None => None,
        }
    }

    /// The difference, or zero if `other` is larger.
    pub const fn saturating_sub(self, other: Bytes) -> Bytes {
        Bytes(self.0.saturating_sub(other.0))
    }

    /// `n` times this amount, or `None` past the largest amount.
    pub const fn checked_mul(self, n: u64) -> Option<Bytes> {
        match self.0.checked_mul(n) {
            Some(product) => Some(Bytes(product)),
            None => None,
        }
    }

    /// How many pieces of `piece` bytes hold this amount, the last one perhaps not full.
    ///
    /// # Panics
    /// If `piece` is zero.
    pub const fn pieces_ceil(self, piece: Bytes) -> u64 {
        self.0.div_ceil(piece.0)
    }
}

impl Add for Bytes {
    type Output = Bytes;
    fn add(self, other: Bytes) -> Bytes {
        self.checked_add(other).expect("a sum of data past 16 EiB")
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Bytes) {
        *self = *self + other;
    }
}

impl Sub for Bytes {
    type Output = Bytes;
    fn sub(self, other: Bytes) -> Bytes {
        self.checked_sub(other).expect("a negative amount of data")
    }
}

impl SubAssign for Bytes {
    fn sub_assign(&mut self, other: Bytes) {
        *self = *self - other;
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Bytes>>(amounts: I) -> Bytes {
        amounts.fold(Bytes::ZERO, Add::add)
    }
}

/// A bandwidth in bits per second.
#[derive(
    serde::Serialize, serde::Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug,
)]
pub struct BitRate(u64);

impl BitRate {
    /// Nothing passes.
    pub const ZERO: BitRate = BitRate(0);

    /// So many bits per second.
    pub const fn from_bits_per_sec(bits: u64) -> Self {
        BitRate(bits)
    }

    /// So many bytes per second.
    ///
    /// # Panics
    /// If that is 2^61 or more.
    pub const fn from_bytes_per_sec(bytes: Bytes) -> Self {
        BitRate(bytes.0.checked_mul(8).expect("a bandwidth of 2^64 bit/s or more"))
    }

    /// Bits per second.
    pub const fn as_bits_per_sec(self) -> u64 {
        self.0
    }

    /// Time to pass `amount` at this rate: exactly `8 * amount / rate` seconds, rounded up to whole
    /// nanoseconds, so that nothing arrives early.
    ///
    /// Nothing takes no time. At rate zero, or past 584 years, it is [`SimSpan::MAX`].
    #[inline]
    pub const fn transfer_time(self, amount: Bytes) -> SimSpan {
        if amount.0 == 0 {
            return SimSpan::ZERO;
        }
        if self.0 == 0 {
            return SimSpan::MAX;
        }
        // Up to 2.3 GB, which is nearly always, 64 bits are enough and divide several times faster.
        const BIT_NANOS: u64 = 8 * NANOS_PER_SEC as u64;
        if amount.0 <= u64::MAX / BIT_NANOS {
            return SimSpan::from_nanos((amount.0 * BIT_NANOS).div_ceil(self.0));
        }
        // At most 2^67 * 2^30: far below 2^128.
        let nanos = (amount.0 as u128 * 8 * NANOS_PER_SEC).div_ceil(self.0 as u128);
        if nanos > u64::MAX as u128 { SimSpan::MAX } else { SimSpan::from_nanos(nanos as u64) }
    }

    /// Whole bytes that pass within `span`, rounded down; at most [`Bytes::MAX`].
    ///
    /// The inverse of [`BitRate::transfer_time`]: `rate.bytes_in(rate.transfer_time(x)) >= x`.
    pub const fn bytes_in(self, span: SimSpan) -> Bytes {
        let bytes = self.0 as u128 * span.as_nanos() as u128 / (8 * NANOS_PER_SEC);
        if bytes > u64::MAX as u128 { Bytes::MAX } else { Bytes(bytes as u64) }
    }
}

/// Reads an amount of data: one number and one of B, kB, MB, GB, TB, PB, EB, KiB, MiB, GiB, TiB, PiB,
/// EiB. A fraction must come out in whole bytes.
pub fn parse_bytes(text: &str) -> Result<Bytes, UnitError> {
    BYTES.parse(text).map(Bytes)
}

/// Reads a bandwidth: one number and one of bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s, or B/s, kB/s, KiB/s
/// and so on up to TB/s and TiB/s. It must come out in whole bits per second.
pub fn parse_bit_rate(text: &str) -> Result<BitRate, UnitError> {
    BIT_RATE.parse(text).map(BitRate)
}

impl FromStr for Bytes {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse_bytes(text)
    }
}

impl FromStr for BitRate {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse_bit_rate(text)
    }
}

/// The shortest number among the units that are not larger than `amount`; of equals, the largest unit.
fn shortest(amount: u64, units: &[(&'static str, u64)]) -> String {
    units
        .iter()
        .filter(|(_, size)| *size <= amount)
        .filter_map(|(name, size)| {
            let number = Decimal::of_fraction(u128::from(amount), u128::from(*size))?.to_string();
            Some((number.len(), std::cmp::Reverse(*size), format!("{number} {name}")))
        })
        .min()
        .map_or_else(|| format!("0 {}", units[0].0), |(_, _, text)| text)
}

impl fmt::Display for Bytes {
    /// The canonical text: the unit that needs the shortest number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shortest(self.0, BYTES.units))
    }
}

impl fmt::Display for BitRate {
    /// The canonical text, in bits: the unit that needs the shortest number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shortest(self.0, &BIT_RATE.units[..5]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, bytes: u64, canonical: &str) {
        let amount = parse_bytes(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(amount.as_u64(), bytes, "{text}");
        assert_eq!(amount.to_string(), canonical, "{text}");
        assert_eq!(canonical.parse(), Ok(amount));
    }

    #[test]
    fn amounts_of_data_are_read_exactly_and_written_back() {
        check("32 GiB", 34_359_738_368, "32 GiB");
        check("700 MB", 700_000_000, "700 MB");
        check("100 B", 100, "100 B");
        check("1.5 MiB", 1_572_864, "1.5 MiB");
        check("1536KiB", 1_572_864, "1.5 MiB");
        check("256 KiB", 262_144, "256 KiB");
        check("1000 B", 1_000, "1 kB");
        check("1024 B", 1_024, "1 KiB");
        check("0 B", 0, "0 B");
        check("15 EiB", 15 << 60, "15 EiB");
        check("18446744073709551615 B", u64::MAX, "18446744073709551615 B");
        check("1234567 B", 1_234_567, "1234567 B");
    }

    #[test]
    fn bits_and_ambiguous_prefixes_are_refused_with_what_to_write() {
        for (text, reason) in [
            ("5 Mb", "\"Mb\" means bits; write \"MB\" or \"MiB\" for bytes"),
            ("5 Gbit", "\"Gbit\" means bits; write \"GB\" or \"GiB\" for bytes"),
            ("5 KB", "\"KB\" may be 1000 or 1024 bytes; write \"kB\" or \"KiB\""),
            ("5 G", "\"G\" may be decimal or binary; write \"GB\" (1000^3 bytes) or \"GiB\" (1024^3 bytes)"),
            ("5 gib", "unknown unit \"gib\"; write \"GiB\""),
            ("5", "the unit is missing"),
            ("1.5 B", "not a whole number of bytes"),
            ("16 EiB", "more than 18446744073709551615 bytes"),
            ("-5 B", "a negative number is not possible here"),
            ("5 GiB 3 MiB", "write one number and one unit"),
        ] {
            assert_eq!(parse_bytes(text).expect_err(text).reason, reason, "{text}");
        }
        for (text, reason) in [
            ("8 Mbps", "\"Mbps\" is not used; write \"Mbit/s\" for bits or \"MB/s\" for bytes"),
            ("8 Mbit", "\"Mbit\" is an amount, not a rate; add \"/s\""),
            ("0.5 bit/s", "not a whole number of bits per second"),
        ] {
            assert_eq!(parse_bit_rate(text).expect_err(text).reason, reason, "{text}");
        }
    }

    #[test]
    fn bandwidths_are_read_exactly_and_written_back() {
        for (text, bits, canonical) in [
            ("8 Mbit/s", 8_000_000, "8 Mbit/s"),
            ("1 Gbit/s", 1_000_000_000, "1 Gbit/s"),
            ("500 kbit/s", 500_000, "500 kbit/s"),
            ("12.5 MB/s", 100_000_000, "100 Mbit/s"),
            ("1 KiB/s", 8_192, "8192 bit/s"),
            ("2.5 Gbit/s", 2_500_000_000, "2.5 Gbit/s"),
            ("0 bit/s", 0, "0 bit/s"),
        ] {
            let rate = parse_bit_rate(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((rate.as_bits_per_sec(), rate.to_string().as_str()), (bits, canonical), "{text}");
            assert_eq!(canonical.parse(), Ok(rate));
        }
    }

    #[test]
    fn a_transfer_takes_the_exact_time_rounded_up() {
        let rate = BitRate::from_bits_per_sec;
        assert_eq!(rate(8).transfer_time(Bytes(1)), SimSpan::from_secs(1));
        assert_eq!(rate(3).transfer_time(Bytes(1)).as_nanos(), 2_666_666_667);
        assert_eq!(rate(1_000_000_000).transfer_time(Bytes::from_gib(32)).as_nanos(), 274_877_906_944);
        assert_eq!(rate(u64::MAX).transfer_time(Bytes(1)).as_nanos(), 1);
        assert_eq!(rate(0).transfer_time(Bytes(1)), SimSpan::MAX);
        assert_eq!(rate(0).transfer_time(Bytes(0)), SimSpan::ZERO);
        assert_eq!(rate(1).transfer_time(Bytes::MAX), SimSpan::MAX);
        assert_eq!(rate(u64::MAX).bytes_in(SimSpan::MAX), Bytes::MAX);
        assert_eq!(rate(12).bytes_in(SimSpan::from_secs(1)), Bytes(1));
    }

    #[test]
    fn narrow_and_wide_division_give_the_same_time() {
        let edge = u64::MAX / 8_000_000_000;
        for amount in [1, 262_144, edge - 1, edge, edge + 1, 2 * edge] {
            for rate in [1, 3, 20_000_000, 999_999_937, u64::MAX] {
                let nanos = (u128::from(amount) * 8 * NANOS_PER_SEC).div_ceil(u128::from(rate));
                let expected = u64::try_from(nanos).map_or(SimSpan::MAX, SimSpan::from_nanos);
                let found = BitRate::from_bits_per_sec(rate).transfer_time(Bytes(amount));
                assert_eq!(found, expected, "{amount} bytes at {rate} bit/s");
            }
        }
    }
}
