//! The few functions beyond `+ − × ÷ √` that this crate needs, from `libm` only.
//!
//! The platform's own routines are picked by CPU and may differ in the last bit; these do not. One
//! module, so that they can be taken from elsewhere by changing these lines.

/// e to the `x`.
pub(crate) fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Natural logarithm.
pub(crate) fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Natural logarithm of `1 + x`, exact near zero.
pub(crate) fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// Decimal logarithm.
pub(crate) fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// Natural logarithm of the gamma function.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Ten to a whole power: exact up to 10^22, where a double still holds it.
pub(crate) fn pow10(exponent: i32) -> f64 {
    let mut power = 1.0;
    for _ in 0..exponent.unsigned_abs() {
        power *= 10.0;
    }
    if exponent < 0 { 1.0 / power } else { power }
}
