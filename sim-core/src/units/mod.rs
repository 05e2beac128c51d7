//! Units: every quantity with a dimension is a type, and every text form names its unit.
//!
//! | Quantity | Type | Unit inside | Written as |
//! |---|---|---|---|
//! | instant, span | [`SimTime`](crate::time::SimTime), [`SimSpan`](crate::time::SimSpan) | ns | `30 days`, `8 h`, `10 min`, `1.5 s`, `250 ms`, `10 us`, `5 ns` |
//! | amount of data | [`Bytes`] | byte | `32 GiB`, `700 MB`, `100 B` |
//! | bandwidth | [`BitRate`] | bit/s | `8 Mbit/s`, `12.5 MB/s` |
//! | how often | [`Frequency`] | 1/s, exact fraction | `20 /day`, `1 per 30 days` |
//! | share, factor | [`Ratio`] | exact fraction | `0.25`, `25 %`, `1/3` |
//! | probability | [`Prob`] | exact fraction, at most 1 | `12 %`, `0.12`, `1/3` |
//!
//! - A day has 24 hours, a week 7 days, a year 365 days. Months differ in length and are refused; so is
//!   `m`, which may be either a minute or a month.
//! - `kB`, `MB`, `GB`, `TB`, `PB`, `EB` are powers of 1000 and `KiB`, `MiB`, `GiB`, `TiB`, `PiB`, `EiB`
//!   powers of 1024 bytes (IEC 80000-13). `KB`, and a bare `M` or `G`, may mean either and are refused.
//! - Rates of bits are decimal: `1 Mbit/s` is 1,000,000 bits per second.
//! - One number and one unit, with or without a space between. The number is digits with at most one
//!   decimal point; no sign, no exponent, no separators.
//! - Parsing is exact or a [`UnitError`]: nothing is rounded, so `0.3 ns` and `0.1 B` are errors. What
//!   rounds has "lossy" in its name.
//! - `Display` writes one canonical text, which parses to the same value.
//!
//! Money and block heights belong to the models, not to the engine.

pub mod bytes;
pub mod ratio;
pub mod span;

pub use bytes::{BitRate, Bytes, parse_bit_rate, parse_bytes};
pub use ratio::{Frequency, Prob, Ratio, parse_frequency, parse_prob, parse_ratio};
pub use span::parse_span;
pub(crate) use span::write_span;

/// A text that is not the quantity it should be.
///
/// Reads, for example: `found "5 m", expected a span of time such as "30 days", "8 h" or "250 ms": "m"
/// may be minutes or months; write "min", or count days`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("found \"{found}\", expected {expected}: {reason}")]
pub struct UnitError {
    /// The text as it stood, control characters escaped, cut after 40 characters.
    pub found: String,
    /// What belongs there, with examples.
    pub expected: &'static str,
    /// What is wrong with it, and what to write instead where that is known.
    pub reason: String,
}

impl UnitError {
    /// The error about a text, cut and escaped so that it can stand in a message.
    pub fn new(found: &str, expected: &'static str, reason: impl Into<String>) -> Self {
        UnitError { found: quoted(found), expected, reason: reason.into() }
    }
}

/// What may stand in a message: the first 40 characters, control characters escaped.
fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        short.push_str("...");
    }
    short
}

/// A quantity that is a whole number of its smallest unit: how it is written and what is refused.
///
/// Public so that units which the engine does not know, such as money, are read by the same rules.
pub struct Quantity {
    /// "a span of time such as "8 h"".
    pub expected: &'static str,
    /// Plural of the smallest unit: "nanoseconds".
    pub whole: &'static str,
    /// Name of each unit and its size in the smallest one; the first name of a size is the canonical one.
    pub units: &'static [(&'static str, u64)],
    /// Spellings that are refused, and why.
    pub refused: &'static [(&'static [&'static str], &'static str)],
}

impl Quantity {
    /// The quantity in its smallest unit, at most `u64::MAX` of it.
    fn parse(&self, text: &str) -> Result<u64, UnitError> {
        let amount = self.parse_wide(text)?;
        u64::try_from(amount).map_err(|_| {
            UnitError::new(text, self.expected, format!("more than {} {}", u64::MAX, self.whole))
        })
    }

    /// The quantity in its smallest unit, exactly.
    ///
    /// # Errors
    /// If the text is not one number and one unit of the table, or not a whole number of the smallest unit.
    pub fn parse_wide(&self, text: &str) -> Result<u128, UnitError> {
        let fail = |reason: String| UnitError::new(text, self.expected, reason);
        let (number, unit) = Decimal::split(text).map_err(fail)?;
        let size = self.size_of(unit).map_err(fail)?;
        let Some(product) = number.mantissa.checked_mul(u128::from(size)) else {
            return Err(fail("too many digits".into()));
        };
        if product % number.scale() != 0 {
            return Err(fail(format!("not a whole number of {}", self.whole)));
        }
        Ok(product / number.scale())
    }

    /// Size of the unit of that name.
    fn size_of(&self, unit: &str) -> Result<u64, String> {
        if let Some((_, size)) = self.units.iter().find(|(name, _)| *name == unit) {
            return Ok(*size);
        }
        if let Some((_, why)) = self.refused.iter().find(|(names, _)| names.contains(&unit)) {
            return Err(format!("\"{unit}\" {why}"));
        }
        if unit.is_empty() {
            return Err("the unit is missing".into());
        }
        if unit.contains(|c: char| c.is_ascii_digit()) {
            return Err("write one number and one unit".into());
        }
        if let Some((name, _)) = self.units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
            return Err(format!("unknown unit \"{}\"; write \"{name}\"", quoted(unit)));
        }
        Err(format!("unknown unit \"{}\"", quoted(unit)))
    }
}

/// A decimal number as written: `mantissa / 10^decimals`, the last decimal not zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Decimal {
    mantissa: u128,
    /// At most 38, so that [`Decimal::scale`] fits.
    decimals: u32,
}

impl Decimal {
    /// The divisor of the mantissa.
    fn scale(self) -> u128 {
        10_u128.pow(self.decimals)
    }

    /// The number at the beginning of `text` and what follows it, both without spaces around them; else
    /// what is wrong.
    fn split(text: &str) -> Result<(Decimal, &str), String> {
        let text = text.trim_matches([' ', '\t']);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, rest) = text.split_at(end);
        if number.is_empty() {
            return Err(match rest.chars().next() {
                None => "nothing is written there",
                Some('-' | '\u{2212}') => "a negative number is not possible here",
                Some('+') => "write the number without a sign",
                Some(_) => "it must begin with a number",
            }
            .into());
        }
        let mut follows = rest.chars();
        match (follows.next(), follows.next()) {
            (Some('_' | ',' | '\''), _) => return Err("write the number without separators".into()),
            (Some('e' | 'E'), Some('0'..='9' | '+' | '-')) => {
                return Err("write the number without an exponent".into());
            }
            _ => {}
        }
        Ok((Decimal::parse(number)?, rest.trim_start_matches([' ', '\t'])))
    }

    /// Digits with at most one point between them.
    fn parse(number: &str) -> Result<Decimal, String> {
        let (whole, fraction) = match number.split_once('.') {
            None => (number, ""),
            Some((whole, fraction)) if whole.is_empty() || fraction.is_empty() || fraction.contains('.') => {
                return Err("a decimal point needs digits on both sides, and only one may be there".into());
            }
            Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
        };
        let too_long = || "too many digits".to_owned();
        let decimals = u32::try_from(fraction.len()).ok().filter(|&n| n <= 38).ok_or_else(too_long)?;
        let mut mantissa = 0_u128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            mantissa = mantissa
                .checked_mul(10)
                .and_then(|m| m.checked_add(u128::from(digit - b'0')))
                .ok_or_else(too_long)?;
        }
        Ok(Decimal { mantissa, decimals })
    }

    /// `numerator / denominator` as a decimal, if it ends within 19 places and fits.
    fn of_fraction(numerator: u128, denominator: u128) -> Option<Decimal> {
        let (mut mantissa, mut decimals) = (numerator, 0);
        while mantissa % denominator != 0 {
            mantissa = mantissa.checked_mul(10)?;
            decimals += 1;
            if decimals > 19 {
                return None;
            }
        }
        Some(Decimal { mantissa: mantissa / denominator, decimals })
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.mantissa / self.scale())?;
        if self.decimals > 0 {
            let places = self.decimals as usize;
            write!(f, ".{:0places$}", self.mantissa % self.scale())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_every_digit_and_drops_trailing_zeros() {
        let decimal = |mantissa, decimals| Ok(Decimal { mantissa, decimals });
        assert_eq!(Decimal::parse("1.500"), decimal(15, 1));
        assert_eq!(Decimal::parse("007"), decimal(7, 0));
        assert_eq!(Decimal::parse("0.000"), decimal(0, 0));
        assert_eq!(Decimal::parse("340282366920938463463374607431768211455"), decimal(u128::MAX, 0));
        assert!(Decimal::parse("340282366920938463463374607431768211456").is_err());
        assert!(Decimal::parse("0.000000000000000000000000000000000000001").is_err());
        for wrong in [".5", "5.", "1.2.3", "."] {
            assert!(Decimal::parse(wrong).is_err(), "{wrong} was read");
        }
        assert_eq!(Decimal { mantissa: 1_005, decimals: 3 }.to_string(), "1.005");
    }

    #[test]
    fn a_hostile_text_is_cut_and_escaped_in_the_message() {
        let error = parse_span(&format!("5\n{}", "x".repeat(1_000_000))).unwrap_err();
        assert!(error.to_string().len() < 250, "{error}");
        assert!(error.found.starts_with("5\\nxxx") && error.found.ends_with("..."), "{error}");
    }
}
