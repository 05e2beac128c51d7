//! Means, proportions, quantiles and their 95 % intervals.
//!
//! Sums run in the order given with Neumaier's compensation; quantiles are order statistics by nearest
//! rank, never interpolated, with intervals that assume nothing about the distribution.

use crate::special::{Z_95, binomial_cdf, student_t_quantile};

/// An estimate with its 95 % interval; `None` where the data do not bound that side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Point estimate.
    pub value: f64,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Sum with Neumaier's compensation (1974), in the order given.
pub fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0, 0.0);
    for value in values {
        let next: f64 = total + value;
        lost +=
            if f64::abs(total) >= f64::abs(value) { (total - next) + value } else { (value - next) + total };
        total = next;
    }
    total + lost
}

/// Arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() { None } else { Some(sum(values.iter().copied()) / values.len() as f64) }
}

/// Sample variance (divisor n − 1) by two passes; `None` of fewer than two values.
pub fn variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values)?;
    let squares = sum(values.iter().map(|value| (value - mean) * (value - mean)));
    Some(squares / (values.len() - 1) as f64)
}

/// Mean with Student's t interval; one value has a mean and no interval, none has nothing.
pub fn mean_interval(values: &[f64]) -> Option<Interval> {
    let value = mean(values)?;
    let Some(variance) = variance(values) else {
        return Some(Interval { value, low: None, high: None });
    };
    let n = values.len() as f64;
    let half = student_t_quantile(0.975, values.len() as u64 - 1) * (variance / n).sqrt();
    Some(Interval { value, low: Some(value - half), high: Some(value + half) })
}

/// Proportion with Wilson's score interval (1927); `None` without a trial.
pub fn wilson(hits: u64, trials: u64) -> Option<Interval> {
    if trials == 0 {
        return None;
    }
    let (none, all) = (hits == 0, hits == trials);
    let (hits, n) = (hits as f64, trials as f64);
    let value = hits / n;
    let z2 = Z_95 * Z_95;
    let middle = (hits + z2 / 2.0) / (n + z2);
    let half = Z_95 / (n + z2) * (hits * (n - hits) / n + z2 / 4.0).sqrt();
    // At the ends one side of the formula is the value itself but for rounding.
    let low = if none { 0.0 } else { (middle - half).max(0.0) };
    let high = if all { 1.0 } else { (middle + half).min(1.0) };
    Some(Interval { value, low: Some(low), high: Some(high) })
}

/// Upper 95 % bound of a proportion of which none was seen in `n` trials: 3/n, at most 1.
pub fn rule_of_three(n: u64) -> f64 {
    if n <= 3 { 1.0 } else { 3.0 / n as f64 }
}

/// Nearest-rank quantile of sorted values at a whole percentage, with the distribution-free interval
/// whose ends are order statistics: the tightest ranks with at most 2.5 % beyond each.
///
/// An end is `None` where even the smallest or largest value is not far enough out.
pub fn quantile(sorted: &[f64], percent: u32) -> Option<Interval> {
    let n = sorted.len() as u64;
    let rank = nearest_rank(n, percent)?;
    let p = f64::from(percent) / 100.0;
    // P(fewer than `r` of n values lie below the true quantile) = P(B <= r - 1).
    let below = |r: u64| if r == 0 { 0.0 } else { binomial_cdf(r - 1, n, p) };
    // Largest rank that is too high with at most 2.5 %; smallest that is too low with at most 2.5 %.
    let low = first_rank(n + 1, |r| below(r) > 0.025) - 1;
    let high = first_rank(n + 1, |r| below(r) >= 0.975);
    let at = |r: u64| (1..=n).contains(&r).then(|| sorted[(r - 1) as usize]);
    Some(Interval { value: sorted[(rank - 1) as usize], low: at(low), high: at(high) })
}

/// Rank from 1 of the nearest-rank quantile: ⌈n·percent/100⌉, at least 1; `None` of nothing.
pub fn nearest_rank(n: u64, percent: u32) -> Option<u64> {
    if n == 0 { None } else { Some((n * u64::from(percent)).div_ceil(100).max(1)) }
}

/// The first of 1, 2, …, `end` for which the monotone condition holds; `end` if none does.
fn first_rank(end: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (1, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, published: f64, tolerance: f64) {
        assert!((found - published).abs() <= tolerance, "{found}, published {published}");
    }

    #[test]
    fn a_sum_keeps_what_plain_addition_drops() {
        close(sum([1.0, 1e100, 1.0, -1e100]), 2.0, 0.0);
    }

    #[test]
    fn the_mean_of_five_has_the_textbook_interval() {
        let found = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]).expect("five values");
        close(found.value, 3.0, 0.0);
        close(found.low.expect("five values"), 3.0 - 1.963_243_161, 1e-8);
        close(found.high.expect("five values"), 3.0 + 1.963_243_161, 1e-8);
        let one = mean_interval(&[7.0]).expect("one value");
        assert_eq!((one.low, one.high), (None, None));
        assert_eq!(mean_interval(&[]), None);
    }

    #[test]
    fn wilson_agrees_with_newcombes_table() {
        // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        let table = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ];
        for (hits, trials, low, high) in table {
            let found = wilson(hits, trials).expect("trials");
            close(found.low.expect("bounded"), low, 5e-5);
            close(found.high.expect("bounded"), high, 5e-5);
        }
        assert_eq!(wilson(29, 29).expect("trials").high, Some(1.0));
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn three_over_n_never_passes_one() {
        close(rule_of_three(300), 0.01, 0.0);
        close(rule_of_three(1), 1.0, 0.0);
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let five = [15.0, 20.0, 35.0, 40.0, 50.0];
        for (percent, value) in [(0, 15.0), (5, 15.0), (30, 20.0), (40, 20.0), (50, 35.0), (100, 50.0)] {
            close(quantile(&five, percent).expect("five values").value, value, 0.0);
        }
        assert_eq!(quantile(&[], 50), None);
    }

    #[test]
    fn the_interval_of_a_median_has_the_tabulated_ranks() {
        // Conover, Practical Nonparametric Statistics: n = 10 gives ranks 2 and 9, n = 100 gives 40 and 61.
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        let found = quantile(&ten, 50).expect("ten values");
        assert_eq!((found.low, found.high), (Some(2.0), Some(9.0)));
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        let found = quantile(&hundred, 50).expect("a hundred values");
        assert_eq!((found.low, found.high), (Some(40.0), Some(61.0)));
        // Five values do not bound a median at 95 %, a hundred not the 99th percentile from above.
        let found = quantile(&ten[..5], 50).expect("five values");
        assert_eq!((found.low, found.high), (None, None));
        assert_eq!(quantile(&hundred, 99).expect("a hundred values").high, None);
    }
}
