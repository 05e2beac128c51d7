//! Laws of whole numbers.

use super::{TWO_POW_MINUS_64, open_unit, unit};
use crate::math;
use crate::units::Prob;
use rand_core::Rng;

/// Failures before the first success when each try succeeds with probability `prob`: the mean is
/// `(1 - p) / p`. One word; `u64::MAX` where success is impossible.
#[inline]
pub fn geometric(rng: &mut (impl Rng + ?Sized), prob: Prob) -> u64 {
    let u = open_unit(rng);
    if prob == Prob::ZERO {
        return u64::MAX;
    }
    // The cast rounds down and stops at the ends.
    (math::ln(u) / math::ln_1p(-prob.as_f64_lossy())) as u64
}

/// A Poisson count of that mean.
///
/// Below a mean of 10 by inversion, one word. From 10 on by transformed rejection: Hörmann 1993, "The
/// transformed rejection method for generating Poisson random variables" (PTRS), some 2.3 words.
///
/// # Panics
/// If the mean is negative, NaN, or above 10^15.
pub fn poisson(rng: &mut (impl Rng + ?Sized), mean: f64) -> u64 {
    assert!((0.0..=1e15).contains(&mean), "a Poisson count of mean {mean}");
    if mean < 10.0 { poisson_by_inversion(unit(rng), mean) } else { poisson_by_rejection(rng, mean) }
}

/// The smallest count whose distribution function exceeds `u`.
fn poisson_by_inversion(u: f64, mean: f64) -> u64 {
    let (mut rest, mut odds, mut count) = (u, math::exp(-mean), 0_u64);
    // Below 2^-64 what rest there is comes from rounding, and no count further out would take it up.
    while rest >= odds && odds > TWO_POW_MINUS_64 {
        rest -= odds;
        count += 1;
        odds *= mean / count as f64;
    }
    count
}

fn poisson_by_rejection(rng: &mut (impl Rng + ?Sized), mean: f64) -> u64 {
    let b = 0.931 + 2.53 * math::sqrt(mean);
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let quick = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let u = unit(rng) - 0.5;
        let v = open_unit(rng);
        let edge = 0.5 - u.abs();
        let count = ((2.0 * a / edge + b) * u + mean + 0.43).floor();
        if edge >= 0.07 && v <= quick {
            return count as u64;
        }
        if count < 0.0 || (edge < 0.013 && v > edge) {
            continue;
        }
        let bound = math::ln(v * inverse_alpha / (a / (edge * edge) + b));
        if bound <= ln_poisson_odds(count, mean) {
            return count as u64;
        }
    }
}

/// Logarithm of the odds of `count` under a Poisson law, without the cancellation of
/// `count ln(mean) - mean - ln(count!)`: Loader 2000, "Fast and accurate computation of binomial
/// probabilities" (saddle-point expansion).
fn ln_poisson_odds(count: f64, mean: f64) -> f64 {
    const TWO_PI: f64 = 2.0 * std::f64::consts::PI;
    if count <= 15.0 {
        return count * math::ln(mean) - mean - math::ln_gamma(count + 1.0);
    }
    -stirling_error(count) - deviance(count, mean) - 0.5 * math::ln(TWO_PI * count)
}

/// `ln(n!)` minus Stirling's formula, for n above 15: error below 1e-16.
fn stirling_error(n: f64) -> f64 {
    let nn = n * n;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / nn) / nn) / nn) / nn) / n
}

/// `x ln(x / m) + m - x`, by its series where the two are close.
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * math::ln(x / m) + m - x;
    }
    let v = (x - m) / (x + m);
    let (mut sum, mut term) = ((x - m) * v, 2.0 * x * v);
    // |v| is below 0.1, so each term is below a hundredth of the one before: 20 pass every precision.
    for j in 1..20 {
        term *= v * v;
        sum += term / f64::from(2 * j + 1);
    }
    sum
}

/// A Zipf law over the ranks 1 to `n`: rank k has odds proportional to `k^-exponent`.
///
/// Built once; drawing takes constant time for any `n`. Hörmann and Derflinger 1996,
/// "Rejection-inversion to generate variates from monotone discrete distributions".
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Zipf {
    n: f64,
    exponent: f64,
    /// Ends of the range of the integral over which the inversion runs.
    low: f64,
    high: f64,
    /// A rank this close below its point of inversion is taken without computing its odds.
    sure: f64,
}

impl Zipf {
    /// Ranks 1 to `n` with that exponent; exponent 0 gives all the same odds.
    ///
    /// # Panics
    /// If `n` is zero or above 2^50, or the exponent negative, NaN or above 100.
    pub fn new(n: u64, exponent: f64) -> Self {
        assert!((1..=1 << 50).contains(&n), "a Zipf law over {n} ranks");
        assert!((0.0..=100.0).contains(&exponent), "a Zipf law of exponent {exponent}");
        let mut law = Zipf { n: n as f64, exponent, low: 0.0, high: 0.0, sure: 0.0 };
        law.low = law.integral(1.5) - 1.0;
        law.high = law.integral(law.n + 0.5);
        law.sure = 2.0 - law.inverse(law.integral(2.5) - law.odds(2.0));
        law
    }

    /// A rank, from 1 (the most frequent) to `n`. One word or, seldom, more: 1.2 at most on average.
    pub fn sample(&self, rng: &mut (impl Rng + ?Sized)) -> u64 {
        loop {
            let u = self.high + unit(rng) * (self.low - self.high);
            let x = self.inverse(u);
            // The cast rounds down, and faster than `floor`; x is above 0 and below 2^51.
            let rank = ((x + 0.5) as i64 as f64).clamp(1.0, self.n);
            if rank - x <= self.sure || u >= self.integral(rank + 0.5) - self.odds(rank) {
                return rank as u64;
            }
        }
    }

    /// `x^-exponent`: the odds of rank x, not normalised.
    #[inline]
    fn odds(&self, x: f64) -> f64 {
        math::exp(-self.exponent * math::ln(x))
    }

    /// The integral of the odds from 1 to x: `(x^(1 - exponent) - 1) / (1 - exponent)`, `ln x` at 1.
    #[inline]
    fn integral(&self, x: f64) -> f64 {
        let ln_x = math::ln(x);
        let t = (1.0 - self.exponent) * ln_x;
        // (e^t - 1) / t, by its series near zero.
        let slope = if t.abs() > 1e-8 {
            math::exp_m1(t) / t
        } else {
            1.0 + t / 2.0 * (1.0 + t / 3.0 * (1.0 + t / 4.0))
        };
        slope * ln_x
    }

    /// The x of which that is the integral.
    #[inline]
    fn inverse(&self, integral: f64) -> f64 {
        // Not below -1 but for rounding.
        let t = (integral * (1.0 - self.exponent)).max(-1.0);
        // ln(1 + t) / t, by its series near zero.
        let slope = if t.abs() > 1e-8 {
            math::ln_1p(t) / t
        } else {
            1.0 - t * (1.0 / 2.0 - t * (1.0 / 3.0 - t / 4.0))
        };
        math::exp(slope * integral)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odds_of_poisson_counts_agree_with_the_definition_in_50_digits() {
        // k ln m - m - ln k! in 50 decimal digits (mpmath 1.3).
        for (count, mean, ln_odds) in [
            (0.0, 12.0, -12.0),
            (12.0, 12.0, -2.168_334_698_205_882),
            (30.0, 12.0, -12.111_036_855_190_155),
            (1e6, 1e6, -7.826_693_895_520_143),
            (1.001e6, 1e6, -8.327_027_062_220_135),
            (1e15, 1e15, -18.188_326_730_660_015),
        ] {
            let found = ln_poisson_odds(count, mean);
            assert!(
                (found - ln_odds).abs() < 1e-12 * ln_odds.abs(),
                "{count} of {mean}: {found}, not {ln_odds}"
            );
        }
    }

    #[test]
    fn poisson_inversion_ends_at_the_largest_word() {
        let largest = 1.0 - 1.0 / (1_u64 << 53) as f64;
        assert!(poisson_by_inversion(largest, 9.999) < 60);
        assert_eq!(poisson_by_inversion(largest, 0.0), 0);
        assert_eq!(poisson_by_inversion(0.0, 5.0), 0);
    }
}
