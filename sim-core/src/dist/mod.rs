//! What is drawn from random words: own samplers, versioned, the same on every machine.
//!
//! The samplers of other crates change between versions and with them every result, so the simulator
//! owns the few it needs. Integers and probabilities are exact; the continuous laws go through
//! [`crate::math`] only. Golden values in `tests/rng_golden.rs` pin them under
//! [`draws::VERSION`](crate::draws::VERSION).
//!
//! Every sampler takes any generator of `rand_core`, as a rule a fresh [`Draw`](crate::draws::Draw).
//! Where it can, a sampler uses one word and inverts the distribution function: then the same luck
//! under a changed parameter gives a nearby value, which keeps the arms of a comparison aligned. These
//! are [`exponential`], [`weibull`], [`lognormal`], [`normal`], [`pareto`], [`geometric`], [`chance`],
//! [`Weighted`], and [`poisson`] below a mean of 10.
//!
//! [`Law`] is a distribution of spans that a scenario names.

mod choice;
mod continuous;
mod count;
mod law;

pub use choice::{Weighted, sample_indices, shuffle};
pub use continuous::{
    exponential, gamma, lognormal, normal, pareto, standard_normal, weibull, weibull_with_mean,
};
pub use count::{Zipf, geometric, poisson};
pub use law::{Law, LawError, Sampler};

use crate::units::Prob;
use rand_core::Rng;

/// A whole number below `n`, each with exactly the same odds. Mostly one word.
///
/// Lemire 2019, "Fast random integer generation in an interval", with rejection.
///
/// # Panics
/// If `n` is zero.
#[inline]
pub fn below(rng: &mut (impl Rng + ?Sized), n: u64) -> u64 {
    assert!(n > 0, "a number below zero was asked for");
    let wide = |word: u64| u128::from(word) * u128::from(n);
    let mut product = wide(rng.next_u64());
    if (product as u64) < n {
        // 2^64 mod n: so many low halves would be one too many for some results.
        let surplus = n.wrapping_neg() % n;
        while (product as u64) < surplus {
            product = wide(rng.next_u64());
        }
    }
    (product >> 64) as u64
}

/// A number in `[0, 1)`: a multiple of 2^-53, each with the same odds. One word.
#[inline]
pub fn unit(rng: &mut (impl Rng + ?Sized)) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
    (rng.next_u64() >> 11) as f64 * STEP
}

/// A number in `(0, 1]`, fine near zero: `(word + 1) / 2^64`, rounded to a float. One word.
///
/// Never zero, so its logarithm is finite; the smallest is 2^-64, so an exponential tail reaches 44
/// means.
#[inline]
pub fn open_unit(rng: &mut (impl Rng + ?Sized)) -> f64 {
    (rng.next_u64() as f64 + 1.0) * TWO_POW_MINUS_64
}

/// Whether something of this probability happens, by comparing integers ([`Prob::hits`]). One word,
/// also where the outcome is certain.
#[inline]
pub fn chance(rng: &mut (impl Rng + ?Sized), prob: Prob) -> bool {
    prob.hits(rng.next_u64())
}

const TWO_POW_MINUS_64: f64 = 1.0 / (1_u128 << 64) as f64;
