//! Estimates from independent replicates, and the two conditions that a row has to meet.

/// Replicates of every row.
pub(crate) const REPLICATES: u32 = 20;

/// Student's t of 19 degrees of freedom at a level of 0.05 over 37 intervals (Bonferroni): the quantile at
/// 1 - 0.025 / 37, rounded down.
const T_19: f64 = 3.75;

/// A tolerance is worth something only if chance rarely reaches it: at least so many standard errors.
const LEAST_ERRORS: f64 = 4.0;

/// The mean over replicates with its standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Estimate {
    pub(crate) mean: f64,
    pub(crate) error: f64,
}

impl Estimate {
    pub(crate) fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let square: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        Estimate { mean, error: (square / (n - 1.0) / n).sqrt() }
    }

    /// Fails unless the interval covers the exact value, the estimate is within `tolerance` of it, and the
    /// tolerance is at least four standard errors, so that neither condition is met by chance.
    pub(crate) fn meets(self, what: &str, exact: f64, tolerance: f64) {
        self.meets_at(LEAST_ERRORS, what, exact, tolerance);
    }

    /// The same with another least number of standard errors.
    pub(crate) fn meets_at(self, least_errors: f64, what: &str, exact: f64, tolerance: f64) {
        let Estimate { mean, error } = self;
        let (off, errors) = (mean - exact, tolerance / error);
        println!("{what}: {mean:.6} (exact {exact:.6}, tolerance {tolerance:.6} = {errors:.1} errors)");
        assert!(off.abs() <= T_19 * error, "{what}: {mean} is {:.1} errors off {exact}", off / error);
        assert!(off.abs() <= tolerance, "{what}: {mean} is more than {tolerance} off {exact}");
        assert!(errors >= least_errors, "{what}: a tolerance of {tolerance} is only {errors:.1} errors");
    }
}
