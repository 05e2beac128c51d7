//! Laws of spans, which a scenario names: how long a session lasts, how long until a disk fails.

use super::{below, continuous, open_unit, unit};
use crate::math;
use crate::time::SimSpan;
use rand_core::Rng;

/// A distribution of spans, given by its mean and, where it has one, its shape.
///
/// Two laws of one mean compare shapes only; that is why the mean is the parameter and not the scale.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Law {
    /// Always the same span.
    Constant {
        /// The span. Bounds: at least 1 ns.
        value: SimSpan,
    },
    /// Every whole nanosecond from `low` to `high` with the same odds.
    Uniform {
        /// The shortest span. Bounds: at most `high`.
        low: SimSpan,
        /// The longest span, included. Bounds: at least 1 ns.
        high: SimSpan,
    },
    /// No memory: what has lasted long ends as soon as what has just begun.
    Exponential {
        /// Mean span. Bounds: at least 1 ns.
        mean: SimSpan,
    },
    /// Hazard falling with age below shape 1, growing above; at 1 the exponential law.
    Weibull {
        /// Shape k, a number. Bounds: 0.1 to 100.
        shape: f64,
        /// Mean span. Bounds: at least 1 ns.
        mean: SimSpan,
    },
    /// The logarithm of the span is normal.
    LogNormal {
        /// Standard deviation of the natural logarithm, a number. Bounds: 0 to 4.
        sigma: f64,
        /// Mean span (not the median). Bounds: at least 1 ns.
        mean: SimSpan,
    },
    /// A power law: of spans longer than t there are as many as `t^-shape`.
    Pareto {
        /// Tail exponent, a number. Bounds: 1.05 to 100; up to 2 the variance is infinite. Draws reach the
        /// tail to odds of 2^-64, whose part beyond carries 2^(-64 (1 - 1/shape)) of the mean: 0.06 % at
        /// shape 1.2, 2 % at 1.1, 12 % at 1.05.
        shape: f64,
        /// Mean span. Bounds: at least 1 ns.
        mean: SimSpan,
    },
}

/// A parameter of a law out of its bounds.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("{law} law: {parameter} must be {expected}, found {found}")]
pub struct LawError {
    /// Name of the law, as [`Law::name`].
    pub law: &'static str,
    /// Name of the parameter.
    pub parameter: &'static str,
    /// The value as text.
    pub found: String,
    /// The bounds.
    pub expected: &'static str,
}

impl Law {
    /// The name by which a scenario calls it.
    pub const fn name(&self) -> &'static str {
        match self {
            Law::Constant { .. } => "constant",
            Law::Uniform { .. } => "uniform",
            Law::Exponential { .. } => "exponential",
            Law::Weibull { .. } => "weibull",
            Law::LogNormal { .. } => "lognormal",
            Law::Pareto { .. } => "pareto",
        }
    }

    /// The mean span; of a uniform law rounded down to whole nanoseconds.
    pub fn mean(&self) -> SimSpan {
        match *self {
            Law::Constant { value } => value,
            Law::Uniform { low, high } => {
                let sum = u128::from(low.as_nanos()) + u128::from(high.as_nanos());
                SimSpan::from_nanos((sum / 2) as u64)
            }
            Law::Exponential { mean }
            | Law::Weibull { mean, .. }
            | Law::LogNormal { mean, .. }
            | Law::Pareto { mean, .. } => mean,
        }
    }

    /// The first parameter out of its bounds, if any.
    pub fn check(&self) -> Result<(), LawError> {
        let fail = |parameter, found: String, expected| {
            Err(LawError { law: self.name(), parameter, found, expected })
        };
        let shape = |parameter, found: f64, low: f64, high: f64, expected| {
            if (low..=high).contains(&found) { Ok(()) } else { fail(parameter, found.to_string(), expected) }
        };
        let (longest, parameter) = match *self {
            Law::Constant { value } => (value, "value"),
            Law::Uniform { low, high } => {
                if low > high {
                    return fail("low", low.to_string(), "at most high");
                }
                (high, "high")
            }
            Law::Exponential { mean } => (mean, "mean"),
            Law::Weibull { shape: found, mean } => {
                shape("shape", found, 0.1, 100.0, "from 0.1 to 100")?;
                (mean, "mean")
            }
            Law::LogNormal { sigma, mean } => {
                shape("sigma", sigma, 0.0, 4.0, "from 0 to 4")?;
                (mean, "mean")
            }
            Law::Pareto { shape: found, mean } => {
                shape("shape", found, 1.05, 100.0, "from 1.05 to 100")?;
                (mean, "mean")
            }
        };
        if longest == SimSpan::ZERO { fail(parameter, longest.to_string(), "at least 1 ns") } else { Ok(()) }
    }

    /// The law made ready for many draws: what depends on the parameters only is computed here.
    ///
    /// # Panics
    /// If [`Law::check`] finds an error.
    pub fn sampler(&self) -> Sampler {
        if let Err(error) = self.check() {
            panic!("{error}");
        }
        let nanos = |span: SimSpan| span.as_nanos() as f64;
        Sampler(match *self {
            Law::Constant { value } => Ready::Uniform { low: value.as_nanos(), high: value.as_nanos() },
            Law::Uniform { low, high } => Ready::Uniform { low: low.as_nanos(), high: high.as_nanos() },
            Law::Exponential { mean } => Ready::Exponential { mean: nanos(mean) },
            Law::Weibull { shape, mean } => {
                Ready::Weibull { shape, scale: nanos(mean) / math::gamma(1.0 + 1.0 / shape) }
            }
            Law::LogNormal { sigma, mean } => Ready::LogNormal { sigma, mean: nanos(mean) },
            Law::Pareto { shape, mean } => {
                Ready::Pareto { shape, scale: nanos(mean) * (shape - 1.0) / shape }
            }
        })
    }

    /// One span, at least 1 ns; the same value as `self.sampler().sample(rng)`, which is faster when
    /// there are many. One word or, for a uniform law, seldom more.
    ///
    /// # Panics
    /// If [`Law::check`] finds an error.
    pub fn sample(&self, rng: &mut (impl Rng + ?Sized)) -> SimSpan {
        self.sampler().sample(rng)
    }

    /// One residual life; see [`Sampler::sample_residual`].
    ///
    /// # Panics
    /// If [`Law::check`] finds an error.
    pub fn sample_residual(&self, rng: &mut (impl Rng + ?Sized)) -> SimSpan {
        self.sampler().sample_residual(rng)
    }
}

/// A [`Law`] with its derived parameters, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sampler(Ready);

#[derive(Clone, Copy, PartialEq, Debug)]
enum Ready {
    Uniform { low: u64, high: u64 },
    Exponential { mean: f64 },
    Weibull { shape: f64, scale: f64 },
    LogNormal { sigma: f64, mean: f64 },
    Pareto { shape: f64, scale: f64 },
}

impl Sampler {
    /// One span: rounded to whole nanoseconds, at least 1 ns, at most [`SimSpan::MAX`].
    #[inline]
    pub fn sample(&self, rng: &mut (impl Rng + ?Sized)) -> SimSpan {
        to_span(match self.0 {
            Ready::Uniform { low, high } => return uniform(rng, low, high),
            Ready::Exponential { mean } => continuous::exponential(rng, mean),
            Ready::Weibull { shape, scale } => continuous::weibull(rng, shape, scale),
            Ready::LogNormal { sigma, mean } => continuous::lognormal(rng, sigma, mean),
            Ready::Pareto { shape, scale } => continuous::pareto(rng, shape, scale),
        })
    }

    /// How long what is already under way at a random moment still lasts: the residual life of the
    /// stationary renewal process, of density `P(X > t) / E(X)`.
    ///
    /// A run that starts with peers in the middle of their sessions, as a network at rest has them,
    /// draws their first ends here and all later ones with [`Sampler::sample`]; starting all of them
    /// fresh would show a wave of departures that is not there.
    ///
    /// A moment falls into a span with odds proportional to its length, and anywhere within it (Cox
    /// 1962, "Renewal theory", ch. 5). So this is a span of the length-biased law times a uniform
    /// number; the biased law is lognormal with mu + sigma^2, Pareto with shape - 1, and for Weibull
    /// `scale * g^(1/shape)` with g of the gamma law of shape `1 + 1/shape`. The exponential law is its
    /// own residual; a uniform one is inverted directly.
    ///
    /// Same rounding and ends as [`Sampler::sample`]. The residual of a Pareto law up to shape 2 has an
    /// infinite mean.
    pub fn sample_residual(&self, rng: &mut (impl Rng + ?Sized)) -> SimSpan {
        let biased = match self.0 {
            Ready::Uniform { low, high } if low == high => return uniform(rng, 1, high),
            Ready::Uniform { low, high } => {
                return to_span(uniform_residual(unit(rng), low as f64, high as f64));
            }
            Ready::Exponential { mean } => return to_span(continuous::exponential(rng, mean)),
            Ready::Weibull { shape, scale } => {
                scale * math::pow(continuous::gamma(rng, 1.0 + 1.0 / shape), 1.0 / shape)
            }
            Ready::LogNormal { sigma, mean } => {
                continuous::lognormal(rng, sigma, mean * math::exp(sigma * sigma))
            }
            Ready::Pareto { shape, scale } => continuous::pareto(rng, shape - 1.0, scale),
        };
        to_span(biased * open_unit(rng))
    }

    /// How long what has lasted for `age` still lasts: a draw of the law of `X - age`, given that `X` is longer. One
    /// word or, for a uniform law, seldom more.
    ///
    /// By inversion of the tail beyond `age`. Same rounding and ends as [`Sampler::sample`]; 1 ns where nothing is
    /// longer than `age`.
    pub fn sample_left(&self, age: SimSpan, rng: &mut (impl Rng + ?Sized)) -> SimSpan {
        let seen = age.as_nanos() as f64;
        let whole = match self.0 {
            Ready::Uniform { low, high } => {
                let low = low.max(age.as_nanos().saturating_add(1)).min(high);
                let whole = uniform(rng, low, high);
                return SimSpan::from_nanos(whole.as_nanos().saturating_sub(age.as_nanos()).max(1));
            }
            Ready::Exponential { mean } => return to_span(continuous::exponential(rng, mean)),
            Ready::Weibull { shape, scale } => {
                let hazard = math::pow(seen / scale, shape) - math::ln(open_unit(rng));
                scale * math::pow(hazard, 1.0 / shape)
            }
            Ready::LogNormal { sigma, mean } if sigma > 0.0 => {
                let place = (math::ln(seen / mean) + 0.5 * sigma * sigma) / sigma;
                let z = -math::normal_quantile(open_unit(rng) * math::normal_cdf(-place));
                mean * math::exp(sigma * z - 0.5 * sigma * sigma)
            }
            Ready::LogNormal { mean, .. } => mean,
            Ready::Pareto { shape, scale } => continuous::pareto(rng, shape, scale.max(seen)),
        };
        to_span((whole - seen).max(0.0))
    }
}

/// Whole nanoseconds from `low` to `high`, but at least 1.
#[inline]
fn uniform(rng: &mut (impl Rng + ?Sized), low: u64, high: u64) -> SimSpan {
    let nanos = match (high - low).checked_add(1) {
        Some(count) => low + below(rng, count),
        None => rng.next_u64(),
    };
    SimSpan::from_nanos(nanos.max(1))
}

/// The residual life of a uniform law at its quantile `u`. Its density falls from 1/mean at `low` to
/// zero at `high` along a line, and is flat before.
fn uniform_residual(u: f64, low: f64, high: f64) -> f64 {
    let flat = u * 0.5 * (low + high);
    if flat < low { flat } else { high - math::sqrt((high - low) * (high + low) * (1.0 - u)) }
}

/// Whole nanoseconds, rounded to the nearest (halves up), at least 1, at most [`SimSpan::MAX`].
#[inline]
fn to_span(nanos: f64) -> SimSpan {
    debug_assert!(nanos >= 0.0, "a span of {nanos} ns was drawn");
    // What `f64::round` gives, without the call that it is on a plain x86-64: the cast rounds down and stops at
    // the largest u64, and the difference is exact.
    let below = nanos as u64;
    let up = nanos - below as f64 >= 0.5;
    SimSpan::from_nanos(below.saturating_add(u64::from(up)).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::mix64;

    /// Of draws of the whole span, those longer than an age, less that age, against draws of what is left: the
    /// two samples have one law (Kolmogorov and Smirnov at odds of 1e-4, a limit of 2.2).
    #[test]
    fn what_is_left_has_the_law_of_the_draws_that_last_longer() {
        let mean = SimSpan::from_hours(10);
        for (law, ages) in [
            (Law::Uniform { low: SimSpan::from_hours(4), high: SimSpan::from_hours(16) }, [2, 12]),
            (Law::Exponential { mean }, [2, 12]),
            (Law::Weibull { shape: 0.6, mean }, [1, 15]),
            (Law::Weibull { shape: 3.0, mean }, [4, 12]),
            (Law::LogNormal { sigma: 1.2, mean }, [2, 20]),
            (Law::Pareto { shape: 2.5, mean }, [3, 12]),
        ] {
            let sampler = law.sampler();
            for age in ages.map(SimSpan::from_hours) {
                let words = |salt: u64| (0..).map(move |i| mix64(i ^ salt << 32));
                let mut rng = Words(Box::new(words(1)));
                let longer: Vec<u64> = std::iter::repeat_with(|| sampler.sample(&mut rng).as_nanos())
                    .filter(|span| *span > age.as_nanos())
                    .map(|span| span - age.as_nanos())
                    .take(20_000)
                    .collect();
                let mut rng = Words(Box::new(words(2)));
                let left: Vec<u64> =
                    (0..20_000).map(|_| sampler.sample_left(age, &mut rng).as_nanos()).collect();
                let distance = distance(longer, left) * math::sqrt(10_000.0);
                assert!(distance < 2.2, "{law:?} at {age}: {distance}");
            }
        }
        let three = Law::Constant { value: SimSpan::from_hours(3) }.sampler();
        let left = |hours| three.sample_left(SimSpan::from_hours(hours), &mut Words(Box::new(0..)));
        assert_eq!((left(0), left(1)), (SimSpan::from_hours(3), SimSpan::from_hours(2)));
        assert_eq!((left(3), left(4)), (SimSpan::from_nanos(1), SimSpan::from_nanos(1)));
    }

    struct Words(Box<dyn Iterator<Item = u64>>);

    impl rand_core::TryRng for Words {
        type Error = rand_core::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            self.try_next_u64().map(|word| (word >> 32) as u32)
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            Ok(self.0.next().expect("words without end"))
        }
        fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
            panic!("no sampler asks for bytes")
        }
    }

    /// The largest difference between two distribution functions of as many values each.
    fn distance(mut one: Vec<u64>, mut other: Vec<u64>) -> f64 {
        one.sort_unstable();
        other.sort_unstable();
        let below =
            |values: &[u64], x| values.partition_point(|value| *value <= x) as f64 / values.len() as f64;
        one.iter()
            .chain(&other)
            .fold(0.0, |most, x| f64::max(most, (below(&one, *x) - below(&other, *x)).abs()))
    }

    #[test]
    fn spans_are_rounded_as_the_standard_library_rounds() {
        let largest_below_half = 0.499_999_999_999_999_94;
        let ends = [0.0, largest_below_half, 0.5, 1.5, 2.5, 4_503_599_627_370_495.5, 9_007_199_254_740_993.0];
        let far = [18_446_744_073_709_549_568.0, 18_446_744_073_709_551_616.0, 1e300, f64::INFINITY];
        // Every magnitude from a thousandth of a nanosecond to past the end of time.
        let drawn = (0..100_000).map(|i| mix64(i) as f64 / (1_u64 << (mix64(i ^ 7) % 64)) as f64 / 1_000.0);
        for nanos in ends.into_iter().chain(far).chain(drawn) {
            assert_eq!(to_span(nanos).as_nanos(), (nanos.round() as u64).max(1), "{nanos}");
        }
    }
}
