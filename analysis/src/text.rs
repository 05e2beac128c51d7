//! Numbers for people: rounded here and nowhere before.

/// A whole number with commas between thousands.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 object`, `2 objects`.
pub(crate) fn plural(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A share as a percentage with one decimal, without the sign.
///
/// Only nothing is 0.0 and only everything is 100.0: what would round to them is shown as `< 0.1` or
/// `> 99.9`.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if share > 0.0 && percent < 0.05 {
        "< 0.1".into()
    } else if share < 1.0 && percent >= 99.95 {
        "> 99.9".into()
    } else {
        format!("{percent:.1}")
    }
}

/// Three significant digits, without zeros at the end of a fraction.
pub(crate) fn short(x: f64) -> String {
    let size = x.abs();
    let decimals = match size {
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.9995 => 2,
        s if s >= 0.0995 => 3,
        _ => 4,
    };
    let text = format!("{x:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A length of time in the largest unit that it fills.
pub(crate) fn span(seconds: f64) -> String {
    let (size, unit) = match seconds {
        s if s < 1.0 => (s * 1000.0, "ms"),
        s if s < 120.0 => (s, "s"),
        s if s < 7200.0 => (s / 60.0, "minutes"),
        s if s < 2.0 * 86_400.0 => (s / 3600.0, "hours"),
        s if s < 730.0 * 86_400.0 => (s / 86_400.0, "days"),
        s => (s / (365.0 * 86_400.0), "years"),
    };
    format!("{} {unit}", short(size))
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([plural(1, "read"), plural(0, "read")], ["1 read", "0 reads"]);
        assert_eq!(
            [short(1.2345), short(0.0), short(1234.5), short(3.0), short(99.96)],
            ["1.23", "0", "1234", "3", "100"]
        );
        assert_eq!(
            [span(0.0125), span(1.24), span(276_480.0), span(5400.0)],
            ["12.5 ms", "1.24 s", "3.2 days", "90 minutes"]
        );
    }

    #[test]
    fn rounding_makes_nothing_certain() {
        assert_eq!([percent(0.0), percent(1.0), percent(0.975)], ["0.0", "100.0", "97.5"]);
        assert_eq!([percent(0.9999), percent(0.0001)], ["> 99.9", "< 0.1"]);
    }

    #[test]
    fn lists_end_with_and() {
        let words: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        assert_eq!([list(&words[..1]), list(&words[..2]), list(&words)], ["a", "a and b", "a, b and c"]);
    }
}
