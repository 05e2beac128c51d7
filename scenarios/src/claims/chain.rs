//! Birth and death of the copies of an object: what the lives of pins are compared with.
//!
//! Copies live and repairs take times without memory, and every missing copy is repaired at once. Sources: Trivedi 2002,
//! "Probability and Statistics with Reliability, Queuing, and Computer Science Applications", ch. 8; for replicas,
//! Ramabhadran and Pasquale, INFOCOM 2006.

/// An object of some copies, as a chain in the number that is missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copies {
    /// Copies at first; at least 1.
    pub copies: u32,
    /// Failures of a copy in a unit of time; above 0.
    pub failure: f64,
    /// Repairs of a missing copy in a unit of time; 0 for none.
    pub repair: f64,
}

impl Copies {
    /// Rates at which one more goes missing and one comes back, when `missing` are.
    fn rates(&self, missing: usize) -> (f64, f64) {
        let missing = missing as f64;
        ((f64::from(self.copies) - missing) * self.failure, missing * self.repair)
    }

    /// Mean time for which the object is not lost within the first `time`, from all copies on. For a long time that is
    /// the mean time to loss.
    ///
    /// The odds of the states are followed in steps of an eighth of the fastest mean event (Runge and Kutta, fourth
    /// order), and those of not being lost summed by Simpson's rule over the same steps. Past a million steps they
    /// are as long as they have to be: such a chain is not lost in that time, or long since.
    pub(super) fn mean_time_kept(&self, time: f64) -> f64 {
        let states = self.copies as usize;
        let fastest = (0..states).map(|j| self.rates(j).0 + self.rates(j).1).fold(0.0, f64::max);
        let steps = (8.0 * fastest * time).ceil().clamp(64.0, 1e6);
        let step = time / steps;
        let mut odds = vec![0.0; states];
        odds[0] = 1.0;
        let mut kept = 0.0;
        for _ in 0..steps as u64 {
            let (before, middle) = (odds.iter().sum::<f64>(), self.after(&odds, step / 2.0));
            odds = self.after(&odds, step);
            kept += step / 6.0 * (before + 4.0 * middle.iter().sum::<f64>() + odds.iter().sum::<f64>());
        }
        kept
    }

    /// The odds of the states a short time later.
    fn after(&self, odds: &[f64], step: f64) -> Vec<f64> {
        let moved = |by: f64, slope: &[f64]| -> Vec<f64> {
            odds.iter().zip(slope).map(|(odds, slope)| odds + by * slope).collect()
        };
        let first = self.slope(odds);
        let second = self.slope(&moved(step / 2.0, &first));
        let third = self.slope(&moved(step / 2.0, &second));
        let fourth = self.slope(&moved(step, &third));
        let mean = |j: usize| (first[j] + 2.0 * second[j] + 2.0 * third[j] + fourth[j]) / 6.0;
        let mean: Vec<f64> = (0..odds.len()).map(mean).collect();
        moved(step, &mean)
    }

    /// How fast the odds of the states change.
    fn slope(&self, odds: &[f64]) -> Vec<f64> {
        let mut slope = vec![0.0; odds.len()];
        for (j, odds) in odds.iter().enumerate() {
            let (down, up) = self.rates(j);
            slope[j] -= odds * (down + up);
            if let Some(next) = slope.get_mut(j + 1) {
                *next += odds * down;
            }
            if j > 0 {
                slope[j - 1] += odds * up;
            }
        }
        slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::math;

    fn kept(copies: u32, repair_days: f64, years: f64) -> f64 {
        let repair = if repair_days > 0.0 { 365.0 / repair_days } else { 0.0 };
        Copies { copies, failure: 1.0, repair }.mean_time_kept(years)
    }

    #[test]
    fn the_mean_time_to_loss_is_that_of_the_mission() {
        // Lives of a year. Without repair 1 + 1/2 + 1/3.
        for (copies, exact) in [(2, 1.5), (3, 11.0 / 6.0), (4, 25.0 / 12.0)] {
            assert!((kept(copies, 0.0, 60.0) - exact).abs() < 1e-6, "{copies} copies");
        }
        // Two copies, repair of 7 days: 27.571 years. Three, of 36.5 days: h = 1/3, (1 + 10/3)/2, 1 + 20 h1.
        assert!((kept(2, 7.0, 800.0) - 27.571_428_57).abs() < 1e-6);
        assert!((kept(3, 36.5, 2_000.0) - (1.0 / 3.0 + 13.0 / 6.0 + 1.0 + 130.0 / 3.0)).abs() < 1e-6);
        // Repair of 7 days, three copies: 968.96 years; what is kept in 10 years tells it by the rate of loss.
        let lost_in_a_year = 10.0 - kept(3, 7.0, 10.0) - (9.0 - kept(3, 7.0, 9.0));
        assert!((9.5 / 968.96 - lost_in_a_year).abs() < 0.02 * lost_in_a_year, "{lost_in_a_year}");
    }

    #[test]
    fn within_a_time_independent_replicas_are_kept_as_their_law_says() {
        // 1 - (1 - e^-t)^2 = 2 e^-t - e^-2t, from 0 to 3.
        let exact = 2.0 * (1.0 - math::exp(-3.0)) - 0.5 * (1.0 - math::exp(-6.0));
        assert!((kept(2, 0.0, 3.0) - exact).abs() < 1e-6);
    }
}
