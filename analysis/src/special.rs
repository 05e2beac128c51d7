//! Incomplete beta and gamma functions and the quantiles made from them, on `libm` only.
//!
//! Continued fractions after Lentz, as in Press et al., *Numerical Recipes*, §6.2 and §6.4; quantiles
//! by bisection, which needs no luck and always gives the same bits.

use crate::math::{exp, ln, ln_1p, ln_gamma};

/// 97.5 % quantile of the standard normal distribution: two-sided 95 %.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Steps of bisection: enough to reach neighbouring doubles from any bracket.
const BISECTIONS: u32 = 1100;

/// Regularised incomplete beta function I_x(a, b), for `a, b > 0` and `x` in `[0, 1]`.
pub fn beta_regularised(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = exp(ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * ln(x) + b * ln_1p(-x));
    // The fraction converges fast on one side of the mean; the symmetry I_x(a, b) = 1 - I_{1-x}(b, a)
    // takes the other side there.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut lentz = Lentz::start(1.0);
    lentz.step(-(a + b) * x / (a + 1.0), 1.0);
    for i in 1..100_000u32 {
        let m = f64::from(i);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        lentz.step(even, 1.0);
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        if lentz.step(odd, 1.0) {
            break;
        }
    }
    lentz.value
}

/// Regularised lower incomplete gamma function P(a, x), for `a > 0` and `x >= 0`.
pub fn gamma_regularised(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = exp(a * ln(x) - x - ln_gamma(a));
    if x < a + 1.0 {
        let mut term = 1.0 / a;
        let mut sum = term;
        let mut n = a;
        while term > sum * f64::EPSILON / 4.0 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return front * sum;
    }
    let mut b = x + 1.0 - a;
    let mut lentz = Lentz::start(b);
    for i in 1..100_000u32 {
        let n = f64::from(i);
        b += 2.0;
        if lentz.step(-n * (n - a), b) {
            break;
        }
    }
    1.0 - front * lentz.value
}

/// The modified Lentz evaluation of 1 / (b0 + a1 / (b1 + a2 / (b2 + …))).
struct Lentz {
    value: f64,
    c: f64,
    d: f64,
}

impl Lentz {
    const TINY: f64 = 1e-300;

    fn start(b0: f64) -> Self {
        let d = 1.0 / Self::not_zero(b0);
        Lentz { value: d, c: 1.0 / Self::TINY, d }
    }

    /// Takes one more level; true when it changed nothing any more.
    fn step(&mut self, a: f64, b: f64) -> bool {
        self.d = 1.0 / Self::not_zero(b + a * self.d);
        self.c = Self::not_zero(b + a / self.c);
        let change = self.c * self.d;
        self.value *= change;
        (change - 1.0).abs() <= f64::EPSILON
    }

    fn not_zero(x: f64) -> f64 {
        if x.abs() < Self::TINY { Self::TINY } else { x }
    }
}

/// P(B <= k) for B binomial with `n` trials of probability `p`.
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { beta_regularised((n - k) as f64, k as f64 + 1.0, 1.0 - p) }
}

/// Quantile of Student's t distribution for `p` in `[0.5, 1)` and `freedom` degrees of freedom.
pub fn student_t_quantile(p: f64, freedom: u64) -> f64 {
    let v = freedom as f64;
    let cdf = |t: f64| 1.0 - 0.5 * beta_regularised(v / 2.0, 0.5, v / (v + t * t));
    solve(cdf, p)
}

/// Exact 95 % interval (Garwood 1936) for the mean of a Poisson count that came out as `count`.
pub fn poisson_interval(count: u64) -> (f64, f64) {
    let k = count as f64;
    let low = if count == 0 { 0.0 } else { solve(|mean| gamma_regularised(k, mean), 0.025) };
    (low, solve(|mean| gamma_regularised(k + 1.0, mean), 0.975))
}

/// The `x >= 0` where the increasing function reaches `level`.
fn solve(function: impl Fn(f64) -> f64, level: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while function(high) < level {
        low = high;
        high *= 2.0;
    }
    for _ in 0..BISECTIONS {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if function(middle) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, published: f64, tolerance: f64) {
        assert!((found - published).abs() <= tolerance, "{found}, published {published}");
    }

    #[test]
    fn t_quantiles_agree_with_the_printed_table() {
        let table = [
            (1, 12.706_204_736),
            (2, 4.302_652_730),
            (4, 2.776_445_105),
            (9, 2.262_157_163),
            (19, 2.093_024_054),
            (30, 2.042_272_456),
            (120, 1.979_930_405),
        ];
        for (freedom, published) in table {
            close(student_t_quantile(0.975, freedom), published, 2e-9);
        }
        close(student_t_quantile(0.975, 100_000_000), Z_95, 1e-6);
    }

    #[test]
    fn poisson_intervals_agree_with_garwood() {
        let table = [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.390), (100, 81.364, 121.627)];
        for (count, low, high) in table {
            let found = poisson_interval(count);
            close(found.0, low, 6e-4);
            close(found.1, high, 6e-4);
        }
    }

    #[test]
    fn binomial_probabilities_agree_with_the_sum_of_their_terms() {
        // 20 throws of a fair coin: sums of binomial coefficients over 2^20.
        close(binomial_cdf(5, 20, 0.5), 21_700.0 / 1_048_576.0, 1e-14);
        close(binomial_cdf(9, 20, 0.5), 431_910.0 / 1_048_576.0, 1e-13);
        close(binomial_cdf(20, 20, 0.5), 1.0, 0.0);
        close(binomial_cdf(0, 10, 0.1), 0.348_678_440_1, 1e-12);
    }

    #[test]
    fn large_arguments_still_converge() {
        // Half of a symmetric distribution lies below its middle, whatever its size.
        close(beta_regularised(5e6, 5e6, 0.5), 0.5, 1e-6);
        close(gamma_regularised(1e6, 1e6), 0.500_132_98, 1e-6);
    }
}
