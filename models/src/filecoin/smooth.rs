//! Smoothed observations: the alpha-beta filter of the network's reward and power, and the reward per power that two
//! filters lead one to expect over a span of time.
//!
//! After built-in actors, runtime/src/builtin/reward/smooth. A filter keeps a position and a velocity, Q.128; an
//! observation corrects both by a share of what the prediction missed.

use super::fixed::{self, Int768, PRECISION, Q128, wide};
use crate::units::Epochs;
use bnum::cast::As;
use serde::{Deserialize, Serialize};

/// How much of the residual goes into the position: about 9.25e-4, Q.128.
pub const DEFAULT_ALPHA: Q128 = Q128::constant("314760000000000000000000000000000000");
/// How much of the residual goes into the velocity: about 2.84e-7 an epoch, Q.128.
pub const DEFAULT_BETA: Q128 = Q128::constant("96640100000000000000000000000000");

/// Below this square of the power's velocity (2^-50) power counts as constant; Q.128.
const STILL: Int768 = match Int768::from_str_radix("302231454903657293676544", 10) {
    Ok(number) => number,
    Err(_) => panic!("a constant that is not an integer"),
};

/// The gains of the filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gains {
    /// Share of the residual that corrects the position.
    pub alpha: Q128,
    /// Share of the residual, per epoch, that corrects the velocity.
    pub beta: Q128,
}

impl Default for Gains {
    fn default() -> Self {
        Gains { alpha: DEFAULT_ALPHA, beta: DEFAULT_BETA }
    }
}

/// State of an alpha-beta filter: where the observed quantity is and how fast it moves per epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FilterEstimate {
    /// The smoothed quantity.
    pub position: Q128,
    /// Its change per epoch.
    pub velocity: Q128,
}

impl FilterEstimate {
    /// An estimate of whole numbers.
    pub fn new(position: i128, velocity: i128) -> Self {
        FilterEstimate { position: Q128::from_int(position), velocity: Q128::from_int(velocity) }
    }

    /// A quantity that does not move.
    pub fn constant(position: i128) -> Self {
        FilterEstimate::new(position, 0)
    }

    /// The smoothed quantity, rounded toward minus infinity.
    pub fn estimate(&self) -> i128 {
        self.position.floor()
    }

    /// The estimate after an observation, `delta` epochs after the last one.
    ///
    /// # Panics
    /// If `delta` is not positive.
    #[must_use]
    pub fn next(&self, observation: i128, delta: Epochs, gains: &Gains) -> FilterEstimate {
        assert!(delta > Epochs::ZERO, "an observation {delta} after the last one");
        let steps = i128::from(delta.count());
        let predicted = self.position + self.velocity.times(steps);
        let residual = Q128::from_int(observation) - predicted;
        let pull = (gains.beta.raw() * residual.raw()).div_floor(wide(steps) << PRECISION);
        FilterEstimate {
            position: predicted + gains.alpha.floor_mul(residual),
            velocity: self.velocity + Q128::from_raw(pull),
        }
    }
}

/// The integral of `reward / power` over `[start, start + span]`, both extrapolated along their velocities; Q.128.
///
/// With `p1 + v1 t` over `p2 + v2 t` and moving power this is
/// `(ln(b/a) (p1 v2 - p2 v1) + v1 v2 span) / v2^2`, where `a` and `b` are the power at both ends; with power that
/// hardly moves, the reward at half time times the span over the power.
///
/// Source: built-in actors, smooth/alpha_beta_filter.rs.
///
/// # Panics
/// If `power` is at zero and hardly moves, or estimates are past 2^100.
pub fn ratio_integral(reward: &FilterEstimate, power: &FilterEstimate, start: Epochs, span: Epochs) -> Q128 {
    let [p1, v1, p2, v2] = [reward.position, reward.velocity, power.position, power.velocity].map(widest);
    let start = widest(Q128::from_int(i128::from(start.count())));
    let span = widest(Q128::from_int(i128::from(span.count())));
    let v2_squared = (v2 * v2) >> PRECISION;
    if v2_squared <= STILL {
        let reward_midway = ((v1 * (start + (span >> 1_u32))) >> PRECISION) + p1;
        return narrow((reward_midway * span).div_floor(p2));
    }
    let from = ((v2 * start) >> PRECISION) + p2;
    let to = ((v2 * span) >> PRECISION) + from;
    let (ln_from, ln_to) = (widest(fixed::ln(narrow(from))), widest(fixed::ln(narrow(to))));
    let by_reward = ((ln_to - ln_from) * p1 * v2) >> PRECISION;
    let by_velocity = (((ln_from - ln_to) * p2 + v2 * span) * v1) >> PRECISION;
    narrow((by_reward + by_velocity).div_floor(v2_squared))
}

fn widest(number: Q128) -> Int768 {
    number.raw().as_::<Int768>()
}

fn narrow(number: Int768) -> Q128 {
    assert!(number.unsigned_abs().bit_width() < 384, "a fixed-point number past 2^255");
    Q128::from_raw(number.as_::<fixed::Int384>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_sees_what_it_predicts_does_not_move() {
        let still = FilterEstimate::constant(1_000);
        assert_eq!(still.next(1_000, Epochs::new(7), &Gains::default()), still);
    }

    #[test]
    fn a_filter_follows_a_step_without_leaving_it_behind() {
        let mut filter = FilterEstimate::constant(0);
        for _ in 0..40_000 {
            filter = filter.next(1_000_000, Epochs::ONE, &Gains::default());
        }
        assert!((999_000..1_001_000).contains(&filter.estimate()), "{}", filter.estimate());
    }

    #[test]
    fn the_integral_is_that_of_the_extrapolated_ratio() {
        // 350 parts per million is what the actors' own test asks of the rational function for ln.
        let check = |v1: i128, v2: i128, span: i64| {
            let (p1, p2) = (36_266_260_308_i128, 805_306_368_000_000);
            let (reward, power) = (FilterEstimate::new(p1, v1), FilterEstimate::new(p2, v2));
            let found = ratio_integral(&reward, &power, Epochs::ZERO, Epochs::new(span));
            let found = found.raw().as_::<f64>() / Q128::ONE.raw().as_::<f64>();
            let at = |t: f64| (p1 as f64 + v1 as f64 * t) / (p2 as f64 + v2 as f64 * t);
            let trapezoids: f64 = (0..span).map(|t| (at(t as f64) + at(t as f64 + 1.0)) / 2.0).sum();
            assert!((found / trapezoids - 1.0).abs() < 350e-6, "{found} is not {trapezoids}");
        };
        check(0, 0, 57_600);
        check(-109_897, 0, 57_600);
        check(-109_897, 4_123_168_604_160, 57_600);
        check(500_000, 4_123_168_604_160, 10_108);
    }
}
