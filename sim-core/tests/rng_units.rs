//! Laws of the text forms: what is written reads back as the same value, and no text panics.

use proptest::prelude::*;
use sim_core::time::SimSpan;
use sim_core::units::{BitRate, Bytes, Frequency, Prob, Ratio, UnitError};
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// Integers of every magnitude, and round ones, which take the other units.
fn any_magnitude() -> impl Strategy<Value = u64> {
    let round = (0_u64..1_000, 0_u32..19).prop_map(|(n, zeros)| n.saturating_mul(10_u64.pow(zeros)));
    let shifted = (any::<u64>(), 0_u32..64).prop_map(|(n, shift)| n >> shift);
    let binary = (0_u64..2_000, 0_u32..53).prop_map(|(n, shift)| n << shift);
    let minutes = (0_u64..1_000_000).prop_map(|n| n * 60_000_000_000);
    prop_oneof![round, shifted, binary, minutes, Just(u64::MAX)]
}

fn reads_back<T>(value: T) -> Result<(), TestCaseError>
where
    T: Display + Debug + PartialEq + FromStr<Err = UnitError>,
{
    let text = value.to_string();
    let back: T = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
    prop_assert_eq!(&back, &value, "{}", text);
    prop_assert_eq!(back.to_string(), text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_span_is_written_as_a_text_that_reads_back(nanos in any_magnitude()) {
        reads_back(SimSpan::from_nanos(nanos))?;
    }

    #[test]
    fn every_amount_and_bandwidth_is_written_as_a_text_that_reads_back(n in any_magnitude()) {
        reads_back(Bytes::new(n))?;
        reads_back(BitRate::from_bits_per_sec(n))?;
    }

    #[test]
    fn every_fraction_is_written_as_a_text_that_reads_back(a in any_magnitude(), b in any_magnitude()) {
        let ratio = Ratio::new(a, b.max(1));
        reads_back(ratio)?;
        reads_back(Frequency::per_sec(ratio))?;
        reads_back(Prob::new(a.min(b), a.max(b).max(1)))?;
    }

    #[test]
    fn the_exact_reader_agrees_with_counting_in_nanoseconds(whole in 0_u64..10_000, thousandths in 0_u64..1_000) {
        for (unit, nanos) in [("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("h", 3_600_000_000_000)] {
            let span: SimSpan = format!("{whole}.{thousandths:03} {unit}").parse().unwrap();
            prop_assert_eq!(span.as_nanos(), whole * nanos + thousandths * (nanos / 1_000));
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", near in "[0-9.,+e-]{0,45} ?[a-zA-Zµ/%]{0,6}( ?[0-9a-z/]{0,8})?") {
        for text in [&text, &near] {
            let _ = text.parse::<SimSpan>();
            let _ = text.parse::<Bytes>();
            let _ = text.parse::<BitRate>();
            let _ = text.parse::<Ratio>();
            let _ = text.parse::<Prob>();
            let _ = text.parse::<Frequency>();
        }
    }

    #[test]
    fn a_transfer_is_never_early_and_less_than_a_nanosecond_late(
        bits in 1_u64..1 << 50, bytes in 0_u64..1 << 50,
    ) {
        let (rate, amount) = (BitRate::from_bits_per_sec(bits), Bytes::new(bytes));
        let span = rate.transfer_time(amount);
        prop_assume!(span != SimSpan::MAX);
        let needed = u128::from(bytes) * 8_000_000_000;
        let passed = |nanos: u64| u128::from(nanos) * u128::from(bits);
        prop_assert!(passed(span.as_nanos()) >= needed);
        prop_assert!(span == SimSpan::ZERO || passed(span.as_nanos() - 1) < needed);
        prop_assert!(rate.bytes_in(span) >= amount);
    }

    #[test]
    fn a_higher_probability_hits_wherever_a_lower_one_does(
        a in any::<u64>(), b in any::<u64>(), den in 1_u64.., word in any::<u64>(),
    ) {
        let (low, high) = (Prob::new(a.min(b) % den, den), Prob::new(a.max(b) % den, den));
        let (low, high) = (low.min(high), low.max(high));
        prop_assert!(!low.hits(word) || high.hits(word));
        // A word hits one of p and 1 - p, or, within 2^-64 of the border, neither.
        prop_assert!(!(low.hits(word) && low.complement().hits(u64::MAX - word)));
    }
}
