//! Exact fractions: shares and factors ([`Ratio`]), probabilities ([`Prob`]) and how often something
//! happens ([`Frequency`]). The only way a fraction enters a model.

use super::span::unit_nanos;
use super::{Decimal, UnitError};
use crate::time::SimSpan;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

const RATIO: &str = "a ratio such as \"0.25\", \"25 %\" or \"1/3\"";
const PROB: &str = "a probability such as \"12 %\", \"0.12\" or \"1/3\"";
const FREQUENCY: &str = "a frequency such as \"20 /day\", \"0.5 /h\" or \"1 per 30 days\"";
const NANOS_PER_SEC: u128 = 1_000_000_000;

/// An exact fraction of two `u64`, in lowest terms.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ratio {
    num: u64,
    den: u64,
}

impl Ratio {
    /// Nothing.
    pub const ZERO: Ratio = Ratio { num: 0, den: 1 };
    /// One: all of it.
    pub const ONE: Ratio = Ratio { num: 1, den: 1 };

    /// `num / den`, reduced.
    ///
    /// # Panics
    /// If `den` is zero.
    pub const fn new(num: u64, den: u64) -> Self {
        assert!(den != 0, "a ratio with denominator zero");
        let divisor = gcd(num as u128, den as u128) as u64;
        Ratio { num: num / divisor, den: den / divisor }
    }

    /// The same of larger numbers, or `None` if a term does not fit after reduction.
    fn reduced(num: u128, den: u128) -> Option<Self> {
        let divisor = gcd(num, den);
        Some(Ratio { num: u64::try_from(num / divisor).ok()?, den: u64::try_from(den / divisor).ok()? })
    }

    /// Numerator in lowest terms.
    pub const fn num(self) -> u64 {
        self.num
    }

    /// Denominator in lowest terms, at least 1.
    pub const fn den(self) -> u64 {
        self.den
    }

    /// `n` times this ratio, rounded down.
    ///
    /// # Panics
    /// If that does not fit a `u64`.
    pub fn floor_of(self, n: u64) -> u64 {
        let product = u128::from(n) * u128::from(self.num);
        u64::try_from(product / u128::from(self.den)).expect("a multiple that fits 64 bits")
    }

    /// `n` times this ratio, rounded up.
    ///
    /// # Panics
    /// If that does not fit a `u64`.
    pub fn ceil_of(self, n: u64) -> u64 {
        let product = u128::from(n) * u128::from(self.num);
        u64::try_from(product.div_ceil(u128::from(self.den))).expect("a multiple that fits 64 bits")
    }

    /// The nearest float, to about one unit in the last place.
    pub fn as_f64_lossy(self) -> f64 {
        self.num as f64 / self.den as f64
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let cross = |a: u64, b: u64| u128::from(a) * u128::from(b);
        cross(self.num, other.den).cmp(&cross(other.num, self.den))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A probability: an exact fraction from 0 to 1, and the threshold that a drawn word is compared with.
///
/// A word below `floor(p * 2^64)` is a hit, so the odds are exact to 2^-64, the same on every machine,
/// and a higher probability hits wherever a lower one did. Zero never hits and one always does; what is
/// below 2^-64 never hits either.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Prob {
    ratio: Ratio,
    /// `floor(ratio * 2^64)`; for one, which has no such `u64`, the largest.
    threshold: u64,
}

impl Prob {
    /// Never.
    pub const ZERO: Prob = Prob { ratio: Ratio::ZERO, threshold: 0 };
    /// Always.
    pub const ONE: Prob = Prob { ratio: Ratio::ONE, threshold: u64::MAX };

    /// The probability `num / den`.
    ///
    /// # Panics
    /// If `den` is zero or less than `num`.
    pub const fn new(num: u64, den: u64) -> Self {
        assert!(num <= den, "a probability above one");
        Prob::of(Ratio::new(num, den))
    }

    /// The ratio as a probability, or `None` above one.
    pub const fn from_ratio(ratio: Ratio) -> Option<Self> {
        if ratio.num > ratio.den { None } else { Some(Prob::of(ratio)) }
    }

    /// The probability nearest below `p` among the multiples of 2^-63, for odds that a formula gives.
    /// Outside of 0 to 1 it is clamped.
    ///
    /// # Panics
    /// If `p` is NaN.
    pub fn from_f64_lossy(p: f64) -> Self {
        assert!(!p.is_nan(), "a probability that is not a number");
        const UNIT: u64 = 1 << 63;
        // Scaling by a power of two is exact; the cast rounds down.
        Prob::new((p.clamp(0.0, 1.0) * UNIT as f64) as u64, UNIT)
    }

    const fn of(ratio: Ratio) -> Self {
        if ratio.num == ratio.den {
            return Prob::ONE;
        }
        Prob { ratio, threshold: (((ratio.num as u128) << 64) / ratio.den as u128) as u64 }
    }

    /// Whether this word of a draw is a hit: uniform words hit with this probability.
    #[inline]
    pub const fn hits(self, word: u64) -> bool {
        word < self.threshold || self.ratio.num == self.ratio.den
    }

    /// The exact fraction.
    pub const fn ratio(self) -> Ratio {
        self.ratio
    }

    /// `1 - p`.
    pub const fn complement(self) -> Prob {
        // Lowest terms stay lowest: gcd(den - num, den) = gcd(num, den).
        Prob::of(Ratio { num: self.ratio.den - self.ratio.num, den: self.ratio.den })
    }

    /// The nearest float, to about one unit in the last place.
    pub fn as_f64_lossy(self) -> f64 {
        self.ratio.as_f64_lossy()
    }
}

impl Ord for Prob {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ratio.cmp(&other.ratio)
    }
}

impl PartialOrd for Prob {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How often something happens: events per second, as an exact fraction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Frequency(Ratio);

impl Frequency {
    /// It never happens.
    pub const ZERO: Frequency = Frequency(Ratio::ZERO);

    /// That many events per second.
    pub const fn per_sec(events: Ratio) -> Self {
        Frequency(events)
    }

    /// Events per second.
    pub const fn as_per_sec(self) -> Ratio {
        self.0
    }

    /// Events per second, to about one unit in the last place.
    pub fn as_per_sec_f64_lossy(self) -> f64 {
        self.0.as_f64_lossy()
    }

    /// Mean time between events, rounded half up to whole nanoseconds and at least one; `None` if it
    /// never happens, [`SimSpan::MAX`] past 584 years.
    pub fn mean_interval(self) -> Option<SimSpan> {
        if self.0.num == 0 {
            return None;
        }
        let num = u128::from(self.0.num);
        let nanos = (u128::from(self.0.den) * NANOS_PER_SEC * 2 + num) / (2 * num);
        Some(SimSpan::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX).max(1)))
    }

    /// Expected number of events within `span`.
    pub fn expected_in_lossy(self, span: SimSpan) -> f64 {
        self.as_per_sec_f64_lossy() * span.as_secs_f64_lossy()
    }
}

/// Reads a share or factor: a decimal (`0.25`), a percentage (`25 %`) or a fraction (`1/3`). Exact; the
/// reduced terms must fit 64 bits.
pub fn parse_ratio(text: &str) -> Result<Ratio, UnitError> {
    read_ratio(text).map_err(|reason| UnitError::new(text, RATIO, reason))
}

/// Reads a probability as [`parse_ratio`] does; it must not be above one.
pub fn parse_prob(text: &str) -> Result<Prob, UnitError> {
    read_ratio(text)
        .and_then(|ratio| Prob::from_ratio(ratio).ok_or("it must not be above 1 (100 %)".into()))
        .map_err(|reason| UnitError::new(text, PROB, reason))
}

/// Reads how often something happens: a number of events `/` or `per` a unit of time (`20 /day`, `0.5
/// per h`), or `per` a span (`1 per 30 days`). Exact; the reduced terms must fit 64 bits.
pub fn parse_frequency(text: &str) -> Result<Frequency, UnitError> {
    read_frequency(text).map_err(|reason| UnitError::new(text, FREQUENCY, reason))
}

fn read_ratio(text: &str) -> Result<Ratio, String> {
    let (number, rest) = Decimal::split(text)?;
    let too_long = || "too many digits".to_owned();
    let (num, den) = match rest {
        "" => (number.mantissa, number.scale()),
        "%" => (number.mantissa, number.scale().checked_mul(100).ok_or_else(too_long)?),
        _ => {
            let Some(below) = rest.strip_prefix('/') else {
                return Err(format!(
                    "unknown unit \"{}\"; write a number, a percentage or a fraction",
                    super::quoted(rest)
                ));
            };
            let (below, rest) = Decimal::split(below)?;
            if !rest.is_empty() || number.decimals > 0 || below.decimals > 0 {
                return Err("a fraction is two whole numbers and nothing else".into());
            }
            if below.mantissa == 0 {
                return Err("division by zero".into());
            }
            (number.mantissa, below.mantissa)
        }
    };
    Ratio::reduced(num, den).ok_or_else(too_long)
}

fn read_frequency(text: &str) -> Result<Frequency, String> {
    let (events, rest) = Decimal::split(text)?;
    let period = match (rest.strip_prefix('/'), rest.strip_prefix("per ")) {
        (Some(period), _) | (_, Some(period)) => period.trim_start_matches([' ', '\t']),
        _ if rest.is_empty() => return Err("the unit is missing".into()),
        _ => return Err("after the number comes \"/\" or \"per\" and a time".into()),
    };
    let (count, unit) = if period.starts_with(|c: char| c.is_ascii_digit()) {
        Decimal::split(period)?
    } else {
        (Decimal { mantissa: 1, decimals: 0 }, period)
    };
    let nanos = u128::from(unit_nanos(unit)?);
    if count.mantissa == 0 {
        return Err("a period of zero".into());
    }
    // events / (count * unit), each a mantissa over a power of ten. The size of the unit is reduced
    // against a second first, so that the products stay small.
    let shared = gcd(nanos, NANOS_PER_SEC);
    let product = |terms: [u128; 3]| terms.into_iter().try_fold(1_u128, u128::checked_mul);
    let num = product([events.mantissa, count.scale(), NANOS_PER_SEC / shared]);
    let den = product([count.mantissa, events.scale(), nanos / shared]);
    match (num, den) {
        (Some(num), Some(den)) => Ratio::reduced(num, den).map(Frequency),
        _ => None,
    }
    .ok_or("too many digits".into())
}

impl FromStr for Ratio {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse_ratio(text)
    }
}

impl FromStr for Prob {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse_prob(text)
    }
}

impl FromStr for Frequency {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse_frequency(text)
    }
}

impl fmt::Display for Ratio {
    /// The canonical text: a decimal if it ends within 19 places, else a fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match Decimal::of_fraction(u128::from(self.num), u128::from(self.den)) {
            Some(decimal) => decimal.to_string(),
            None => format!("{}/{}", self.num, self.den),
        })
    }
}

impl fmt::Display for Prob {
    /// The canonical text: a percentage if it ends within 19 places, else a fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ratio { num, den } = self.ratio;
        f.pad(&match Decimal::of_fraction(100 * u128::from(num), u128::from(den)) {
            Some(percent) => format!("{percent} %"),
            None => format!("{num}/{den}"),
        })
    }
}

impl fmt::Display for Frequency {
    /// The canonical text: the unit of time that needs the shortest number (of equals, the shortest
    /// time), or `events per seconds` if no unit gives a decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ratio { num, den } = self.0;
        let units = [("s", 1), ("min", 60), ("h", 3_600), ("day", 86_400), ("year", 31_536_000)];
        let text = units
            .into_iter()
            .filter_map(|(unit, secs)| {
                let number = Decimal::of_fraction(u128::from(num) * secs, u128::from(den))?.to_string();
                Some((number.len(), secs, format!("{number} /{unit}")))
            })
            .min()
            .map_or_else(|| format!("{num} per {den} s"), |(_, _, text)| text);
        f.pad(&text)
    }
}

/// The greatest common divisor; of zero and `b`, `b`.
const fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_read_exactly_and_written_back() {
        for (text, num, den, canonical) in [
            ("0.25", 1, 4, "0.25"),
            ("25 %", 1, 4, "0.25"),
            ("12.5%", 1, 8, "0.125"),
            ("2/6", 1, 3, "1/3"),
            ("1 / 3", 1, 3, "1/3"),
            ("0", 0, 1, "0"),
            ("3", 3, 1, "3"),
            ("0.1", 1, 10, "0.1"),
            ("0.0000000000000000001", 1, 10_000_000_000_000_000_000, "0.0000000000000000001"),
            ("1/18446744073709551615", 1, u64::MAX, "1/18446744073709551615"),
        ] {
            let ratio = parse_ratio(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(
                (ratio.num(), ratio.den(), ratio.to_string().as_str()),
                (num, den, canonical),
                "{text}"
            );
            assert_eq!(canonical.parse(), Ok(ratio));
        }
    }

    #[test]
    fn a_text_that_is_no_ratio_or_probability_is_refused_with_the_reason() {
        for (text, reason) in [
            ("-0.1", "a negative number is not possible here"),
            ("NaN", "it must begin with a number"),
            ("1/0", "division by zero"),
            ("0.5/2", "a fraction is two whole numbers and nothing else"),
            ("1/2 %", "a fraction is two whole numbers and nothing else"),
            ("5 permille", "unknown unit \"permille\"; write a number, a percentage or a fraction"),
            ("0.00000000000000000001", "too many digits"),
            ("1e-3", "write the number without an exponent"),
        ] {
            assert_eq!(parse_ratio(text).expect_err(text).reason, reason, "{text}");
            assert_eq!(parse_prob(text).expect_err(text).reason, reason, "{text}");
        }
        for text in ["1.0000000000000000001", "101 %", "12", "3/2"] {
            assert_eq!(parse_prob(text).expect_err(text).reason, "it must not be above 1 (100 %)", "{text}");
        }
    }

    #[test]
    fn a_probability_is_written_as_a_percentage_and_read_back() {
        for (text, canonical) in [
            ("12 %", "12 %"),
            ("0.12", "12 %"),
            ("1/3", "1/3"),
            ("1", "100 %"),
            ("0", "0 %"),
            ("0.0001", "0.01 %"),
        ] {
            let prob = parse_prob(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(prob.to_string(), canonical);
            assert_eq!(canonical.parse(), Ok(prob));
        }
    }

    #[test]
    fn zero_never_hits_and_one_always_does() {
        for word in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!(!Prob::ZERO.hits(word));
            assert!(Prob::ONE.hits(word) && Prob::new(7, 7).hits(word));
        }
        let half = Prob::new(1, 2);
        assert!(half.hits((1 << 63) - 1) && !half.hits(1 << 63));
        let almost = Prob::new(u64::MAX - 1, u64::MAX);
        assert!(!almost.hits(u64::MAX));
        assert_eq!(Prob::from_f64_lossy(0.5), half);
        assert_eq!((Prob::from_f64_lossy(-3.0), Prob::from_f64_lossy(7.0)), (Prob::ZERO, Prob::ONE));
        assert_eq!(half.complement(), half);
        assert_eq!(Prob::new(1, 3).complement(), Prob::new(2, 3));
    }

    #[test]
    fn frequencies_are_read_exactly_and_written_back() {
        for (text, num, den, canonical) in [
            ("20 /day", 1, 4_320, "20 /day"),
            ("20/day", 1, 4_320, "20 /day"),
            ("0.5 /h", 1, 7_200, "12 /day"),
            ("3 per min", 1, 20, "3 /min"),
            ("1 per 30 days", 1, 2_592_000, "1 per 2592000 s"),
            ("2.5 per 1.5 s", 5, 3, "100 /min"),
            ("1 per 8 ms", 125, 1, "125 /s"),
            ("4 /year", 1, 7_884_000, "4 /year"),
            ("0 /s", 0, 1, "0 /s"),
        ] {
            let frequency = parse_frequency(text).unwrap_or_else(|error| panic!("{error}"));
            let exact = frequency.as_per_sec();
            assert_eq!(
                (exact.num(), exact.den(), frequency.to_string().as_str()),
                (num, den, canonical),
                "{text}"
            );
            assert_eq!(canonical.parse(), Ok(frequency));
        }
        for (text, reason) in [
            ("20", "the unit is missing"),
            ("20 day", "after the number comes \"/\" or \"per\" and a time"),
            ("1 /month", "\"month\" has no fixed length; count days, as in \"30 days\""),
            ("1 /m", "\"m\" may be minutes or months; write \"min\", or count days"),
            ("1 per 0 s", "a period of zero"),
            ("-1 /s", "a negative number is not possible here"),
        ] {
            assert_eq!(parse_frequency(text).expect_err(text).reason, reason, "{text}");
        }
    }

    #[test]
    fn the_mean_interval_is_the_inverse_of_the_frequency() {
        let interval = |text: &str| parse_frequency(text).unwrap().mean_interval();
        assert_eq!(interval("20 /day"), Some(SimSpan::from_mins(72)));
        assert_eq!(interval("3 /s").unwrap().as_nanos(), 333_333_333);
        assert_eq!(interval("6 /s").unwrap().as_nanos(), 166_666_667);
        assert_eq!(interval("0 /s"), None);
        assert_eq!(interval("1 per 600 years"), Some(SimSpan::MAX));
    }

    #[test]
    fn multiples_are_rounded_as_named_and_ratios_compare_exactly() {
        let third = Ratio::new(1, 3);
        assert_eq!((third.floor_of(10), third.ceil_of(10)), (3, 4));
        assert_eq!((third.floor_of(9), third.ceil_of(9)), (3, 3));
        let close = Ratio::new(u64::MAX - 1, u64::MAX);
        assert!(Ratio::new(u64::MAX - 2, u64::MAX - 1) < close && close < Ratio::ONE);
    }
}
