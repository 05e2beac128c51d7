//! Continuous laws, in whatever unit their mean or scale has.

use super::{TWO_POW_MINUS_64, open_unit};
use crate::math;
use rand_core::Rng;

/// The exponential law of that mean: `-mean * ln(u)`. One word; at most 44.4 means.
#[inline]
pub fn exponential(rng: &mut (impl Rng + ?Sized), mean: f64) -> f64 {
    -mean * math::ln(open_unit(rng))
}

/// The Weibull law: `scale * (-ln u)^(1/shape)`. One word.
///
/// Below shape 1 the hazard falls with age (most peers leave soon, some stay for ever), at 1 it is the
/// exponential law, above it grows (wear).
#[inline]
pub fn weibull(rng: &mut (impl Rng + ?Sized), shape: f64, scale: f64) -> f64 {
    scale * math::pow(-math::ln(open_unit(rng)), 1.0 / shape)
}

/// The Weibull law given its mean: scale is `mean / gamma(1 + 1/shape)`. One word.
///
/// [`Law::sampler`](super::Law::sampler) computes the scale once for many draws.
pub fn weibull_with_mean(rng: &mut (impl Rng + ?Sized), shape: f64, mean: f64) -> f64 {
    weibull(rng, shape, mean / math::gamma(1.0 + 1.0 / shape))
}

/// The lognormal law of that mean: `exp(mu + sigma * z)` with `mu = ln(mean) - sigma^2 / 2`. One word.
///
/// `sigma` is the standard deviation of the logarithm; the median is `mean * exp(-sigma^2 / 2)`.
#[inline]
pub fn lognormal(rng: &mut (impl Rng + ?Sized), sigma: f64, mean: f64) -> f64 {
    mean * math::exp(sigma * standard_normal(rng) - 0.5 * sigma * sigma)
}

/// The normal law. One word; within 9.1 standard deviations.
#[inline]
pub fn normal(rng: &mut (impl Rng + ?Sized), mean: f64, deviation: f64) -> f64 {
    mean + deviation * standard_normal(rng)
}

/// The normal law of mean 0 and variance 1, by inversion ([`math::normal_quantile`]). One word.
///
/// Exactly symmetric, increasing in the word, never infinite.
pub fn standard_normal(rng: &mut (impl Rng + ?Sized)) -> f64 {
    let word = rng.next_u64();
    // Both halves go through the lower tail, where floats are fine enough.
    let tail = |word: u64| math::normal_quantile((word as f64 + 0.5) * TWO_POW_MINUS_64);
    if word >> 63 == 0 { tail(word) } else { -tail(!word) }
}

/// The Pareto law: `scale * u^(-1/shape)`, never below `scale`. One word.
///
/// The mean, `scale * shape / (shape - 1)`, is finite above shape 1 only, the variance above 2 only.
#[inline]
pub fn pareto(rng: &mut (impl Rng + ?Sized), shape: f64, scale: f64) -> f64 {
    scale * math::pow(open_unit(rng), -1.0 / shape)
}

/// The gamma law of that shape and scale 1 (mean `shape`). Two words or more, some 2.1 on average.
///
/// Marsaglia and Tsang 2000, "A simple method for generating gamma variables"; below shape 1 through
/// shape + 1, their §6.
///
/// # Panics
/// If the shape is not positive and finite.
pub fn gamma(rng: &mut (impl Rng + ?Sized), shape: f64) -> f64 {
    assert!(shape > 0.0 && shape.is_finite(), "a gamma law of shape {shape}");
    if shape < 1.0 {
        let boost = math::pow(open_unit(rng), 1.0 / shape);
        return gamma(rng, shape + 1.0) * boost;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / math::sqrt(9.0 * d);
    loop {
        let x = standard_normal(rng);
        let u = open_unit(rng);
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        if math::ln(u) < 0.5 * x * x + d - d * v + d * math::ln(v) {
            return d * v;
        }
    }
}
