//! Text forms of [`SimSpan`]: `30 days`, `8 h`, `10 min`, `1.5 s`, `250 ms`.

use super::{Decimal, Quantity, UnitError};
use crate::time::SimSpan;
use std::fmt;
use std::str::FromStr;

const SPAN: Quantity = Quantity {
    expected: "a span of time such as \"30 days\", \"8 h\" or \"250 ms\"",
    whole: "nanoseconds",
    units: &[
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("min", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("days", 86_400_000_000_000),
        ("day", 86_400_000_000_000),
        ("weeks", 604_800_000_000_000),
        ("week", 604_800_000_000_000),
        ("years", 31_536_000_000_000_000),
        ("year", 31_536_000_000_000_000),
        ("seconds", 1_000_000_000),
        ("second", 1_000_000_000),
        ("minutes", 60_000_000_000),
        ("minute", 60_000_000_000),
        ("hours", 3_600_000_000_000),
        ("hour", 3_600_000_000_000),
    ],
    refused: &[
        (&["m", "M"], "may be minutes or months; write \"min\", or count days"),
        (
            &["month", "months", "mo", "mon", "Month", "Months"],
            "has no fixed length; count days, as in \"30 days\"",
        ),
        (&["d", "D"], "is not used; write \"days\""),
        (&["w", "wk", "W"], "is not used; write \"weeks\""),
        (&["y", "yr", "yrs", "a", "Y"], "is not used; write \"years\" (of 365 days)"),
        (&["sec", "secs"], "is not used; write \"s\""),
        (&["mins"], "is not used; write \"min\""),
        (&["hr", "hrs"], "is not used; write \"h\""),
        (&["µs", "μs", "usec"], "is not used; write \"us\""),
        (&["msec"], "is not used; write \"ms\""),
        (&["nsec"], "is not used; write \"ns\""),
    ],
};

/// Size in nanoseconds of one unit of time, by name.
pub(super) fn unit_nanos(unit: &str) -> Result<u64, String> {
    SPAN.size_of(unit)
}

/// Reads a span: one number and one of ns, us, ms, s, min, h, day, week, year (and their plurals and
/// long names). Exact to the nanosecond or an error; at most `u64::MAX` ns, 584 years.
pub fn parse_span(text: &str) -> Result<SimSpan, UnitError> {
    SPAN.parse(text).map(SimSpan::from_nanos)
}

impl FromStr for SimSpan {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse_span(text)
    }
}

/// Writes the canonical text: the largest of days, h, min and s of which the span is a whole number;
/// else decimals of the largest of s, ms, us and ns that is not longer than it.
pub(crate) fn write_span(span: SimSpan, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let nanos = span.as_nanos();
    let size = |name: &str| SPAN.size_of(name).expect("a unit of the table");
    let whole = || ["days", "h", "min", "s"].into_iter().find(|name| nanos.is_multiple_of(size(name)));
    let decimal = || ["s", "ms", "us", "ns"].into_iter().find(|name| nanos >= size(name));
    let name = match nanos {
        0 => "s",
        _ if nanos == size("day") => "day",
        _ => whole().or_else(decimal).expect("a nanosecond is the smallest span"),
    };
    let number = Decimal::of_fraction(u128::from(nanos), u128::from(size(name)));
    f.pad(&format!("{} {name}", number.expect("a whole number, or powers of ten of nanoseconds")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, nanos: u64, canonical: &str) {
        let span = parse_span(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(span.as_nanos(), nanos, "{text}");
        assert_eq!(span.to_string(), canonical, "{text}");
        assert_eq!(canonical.parse(), Ok(span));
    }

    #[test]
    fn every_unit_of_time_is_read_exactly_and_written_back() {
        check("30 days", 2_592_000_000_000_000, "30 days");
        check("1 day", 86_400_000_000_000, "1 day");
        check("8 h", 28_800_000_000_000, "8 h");
        check("8h", 28_800_000_000_000, "8 h");
        check(" 1.5 h ", 5_400_000_000_000, "90 min");
        check("36 hours", 129_600_000_000_000, "36 h");
        check("250 ms", 250_000_000, "250 ms");
        check("10 us", 10_000, "10 us");
        check("5 ns", 5, "5 ns");
        check("90 s", 90_000_000_000, "90 s");
        check("1.5 s", 1_500_000_000, "1.5 s");
        check("1.50 ms", 1_500_000, "1.5 ms");
        check("10 min", 600_000_000_000, "10 min");
        check("2 weeks", 1_209_600_000_000_000, "14 days");
        check("1 year", 31_536_000_000_000_000, "365 days");
        check("0 ns", 0, "0 s");
        check("1.000000001 s", 1_000_000_001, "1.000000001 s");
        check("0.000000001 s", 1, "1 ns");
        check("18446744073709551615 ns", u64::MAX, "18446744073.709551615 s");
    }

    #[test]
    fn what_is_ambiguous_or_inexact_is_refused_with_the_reason() {
        for (text, reason) in [
            ("5 m", "\"m\" may be minutes or months; write \"min\", or count days"),
            ("1 month", "\"month\" has no fixed length; count days, as in \"30 days\""),
            ("2 months", "\"months\" has no fixed length; count days, as in \"30 days\""),
            ("30 d", "\"d\" is not used; write \"days\""),
            ("30", "the unit is missing"),
            ("1 h 30 min", "write one number and one unit"),
            ("1h30min", "write one number and one unit"),
            ("-1 h", "a negative number is not possible here"),
            ("+1 h", "write the number without a sign"),
            ("nan h", "it must begin with a number"),
            ("inf", "it must begin with a number"),
            ("", "nothing is written there"),
            ("1e3 s", "write the number without an exponent"),
            ("1,000 s", "write the number without separators"),
            ("1_000 s", "write the number without separators"),
            ("8 H", "unknown unit \"H\"; write \"h\""),
            ("8 parsecs", "unknown unit \"parsecs\""),
            (".5 s", "a decimal point needs digits on both sides, and only one may be there"),
            ("0.3 ns", "not a whole number of nanoseconds"),
            ("600 years", "more than 18446744073709551615 nanoseconds"),
            ("18446744073709551616 ns", "more than 18446744073709551615 nanoseconds"),
            ("99999999999999999999999999999999999999 years", "too many digits"),
        ] {
            let error = parse_span(text).expect_err(text);
            assert_eq!(error.reason, reason, "{text}");
            assert!(text.starts_with(error.found.trim_end_matches("...")), "{error}");
        }
    }

    #[test]
    fn the_message_reads_as_a_sentence() {
        expect_test::expect![[r#"found "5 m", expected a span of time such as "30 days", "8 h" or "250 ms": "m" may be minutes or months; write "min", or count days"#]]
        .assert_eq(&parse_span("5 m").unwrap_err().to_string());
    }

    #[test]
    fn a_span_can_be_aligned_in_a_table() {
        assert_eq!(
            format!("{:>8}|{:<8}|", SimSpan::from_hours(8), SimSpan::from_days(2)),
            "     8 h|2 days  |"
        );
    }
}
