//! How unequally something lies among its holders. Whoever has nothing counts.

/// Sum of the squares of shares in percent (Herfindahl, Hirschman): 10,000 for one holder, 10,000 / n for n equal ones;
/// none if nobody has anything.
pub(super) fn herfindahl(amounts: &[u64]) -> Option<f64> {
    let all = total(amounts)?;
    let square = |&amount: &u64| (100.0 * amount as f64 / all) * (100.0 * amount as f64 / all);
    Some(amounts.iter().map(square).sum())
}

/// Mean difference between two holders over twice the mean (Gini): 0 if all have the same, 1 - 1 / n if one of n has all;
/// none if nobody has anything.
pub(super) fn gini(amounts: &[u64]) -> Option<f64> {
    let all = total(amounts)?;
    let mut sorted = amounts.to_vec();
    sorted.sort_unstable();
    let n = sorted.len() as f64;
    let weighed: f64 = (1..).zip(&sorted).map(|(rank, &amount)| f64::from(rank as u32) * amount as f64).sum();
    Some(2.0 * weighed / (n * all) - (n + 1.0) / n)
}

fn total(amounts: &[u64]) -> Option<f64> {
    let all = amounts.iter().map(|&amount| amount as f64).sum::<f64>();
    (all > 0.0).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::math;

    /// Shares as 1 / rank^exponent.
    fn zipf(exponent: f64, count: u32) -> Vec<u64> {
        (1..=count).map(|rank| (1e15 * math::exp(-exponent * math::ln(f64::from(rank)))) as u64).collect()
    }

    /// Row 49 of the table of closed forms; the index there is of shares, not of percent.
    #[test]
    fn indices_of_given_vectors_are_the_published_ones() {
        for (amounts, expected_gini, expected_index) in [
            (vec![7; 50], 0.0, 0.02),
            (vec![1, 2, 3, 4], 0.25, 0.3),
            (zipf(1.0, 10), 0.417166, 0.180650),
            (zipf(1.0, 100), 0.624449, 0.060760),
            (zipf(1.0, 1_000), 0.733815, 0.029339),
            (zipf(0.8, 100), 0.493110, 0.032960),
        ] {
            let (got, index) = (gini(&amounts).unwrap(), herfindahl(&amounts).unwrap() / 10_000.0);
            assert!((got - expected_gini).abs() < 1e-6, "Gini {got} for {expected_gini}");
            assert!((index - expected_index).abs() < 1e-6, "index {index} for {expected_index}");
        }
        assert_eq!((gini(&[0, 0]), herfindahl(&[])), (None, None));
        assert_eq!(gini(&[0, 0, 0, 9]), Some(0.75));
    }

    /// The same row, of ten thousand exponential quantiles that lie evenly.
    #[test]
    fn the_index_of_an_exponential_sample_is_a_half() {
        let sample = |place: u32| (-1e12 * math::ln((f64::from(place) + 0.5) / 10_000.0)) as u64;
        let got = gini(&(0..10_000).map(sample).collect::<Vec<_>>()).unwrap();
        assert!((got - 0.5).abs() < 0.01, "{got}");
    }
}
