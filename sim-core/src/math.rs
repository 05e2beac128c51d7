//! The few transcendental functions of the simulator, from the exact-pinned `libm` crate.
//!
//! `f64::exp` and its kin call the platform's C library, which may pick another routine on another
//! CPU and then differ in the last bit; a last bit moves an event, and an event moves a run. `libm`
//! is plain Rust built from `+ - * /` and square root, which IEEE 754 fixes to the bit, so these
//! functions give the same bits on every target and in every build profile. Clippy forbids the
//! platform's functions by name; `tests/rng_math.rs` pins the bits of these.
//!
//! Errors are in ulp, units in the last place of the result: bounds that held on 1500 random arguments
//! of each function against 40 decimal digits. The tests hold each function to its bound on a table.
//!
//! All functions follow IEEE 754 on special values: NaN in, NaN out; see each for the edges.

/// `e^x`. Error below 1 ulp. Overflows to infinity above 709.78, to zero below -745.13.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// `e^x - 1`, accurate near zero. Error below 1 ulp.
#[inline]
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// Natural logarithm. Error below 1 ulp. Minus infinity at zero, NaN below.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `ln(1 + x)`, accurate near zero. Error below 1 ulp. Minus infinity at -1, NaN below.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// Logarithm to base 2. Error below 1 ulp.
#[inline]
pub fn log2(x: f64) -> f64 {
    libm::log2(x)
}

/// Logarithm to base 10. Error below 1 ulp.
#[inline]
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// `x^y`. Error below 1 ulp. `pow(x, 0)` is 1 for every `x`, NaN included.
#[inline]
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Square root, exactly rounded (IEEE 754). NaN below zero.
#[inline]
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// Sine of an angle in radians. Error below 1 ulp.
#[inline]
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of an angle in radians. Error below 1 ulp.
#[inline]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Hyperbolic tangent. Error below 3 ulp.
#[inline]
pub fn tanh(x: f64) -> f64 {
    libm::tanh(x)
}

/// The gamma function; `gamma(n + 1) = n!`. Error below 8 ulp. Overflows above 171.6.
#[inline]
pub fn gamma(x: f64) -> f64 {
    libm::tgamma(x)
}

/// Natural logarithm of `|gamma(x)|`. Error below 4 ulp for positive `x` not near its zeros 1 and 2.
#[inline]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The error function, `2/sqrt(pi)` times the integral of `e^(-t^2)` from 0 to `x`. Error below 1 ulp.
#[inline]
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// `1 - erf(x)`, accurate in the tail. Error below 3 ulp.
#[inline]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// Probability that a standard normal variable is at most `x`. Error below `4 + 2 x^2` ulp: the
/// rounding of `x / sqrt(2)` grows in the tails (2e-14 at -8).
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The standard normal quantile: the `x` with `normal_cdf(x) = p`.
///
/// Wichura 1988, "Algorithm AS 241: The percentage points of the normal distribution" (PPND16):
/// rational approximations in the middle and in both tails, error below 5 ulp.
/// Infinite at 0 and 1, NaN outside.
pub fn normal_quantile(p: f64) -> f64 {
    // In the middle the variable is q = p - 1/2, through r = 0.425^2 - q^2; in the tails
    // r = sqrt(-ln(min(p, 1 - p))), shifted by 1.6 (near tail) or by 5 (far tail).
    const CENTRE: Rational = Rational {
        num: [
            3.387_132_872_796_366_5,
            1.331_416_678_917_843_8e2,
            1.971_590_950_306_551_3e3,
            1.373_169_376_550_946e4,
            4.592_195_393_154_987e4,
            6.726_577_092_700_87e4,
            3.343_057_558_358_813e4,
            2.509_080_928_730_122_7e3,
        ],
        den: [
            1.0,
            4.231_333_070_160_091e1,
            6.871_870_074_920_579e2,
            5.394_196_021_424_751e3,
            2.121_379_430_158_659_7e4,
            3.930_789_580_009_271e4,
            2.872_908_573_572_194_3e4,
            5.226_495_278_852_854e3,
        ],
    };
    const NEAR_TAIL: Rational = Rational {
        num: [
            1.423_437_110_749_683_5,
            4.630_337_846_156_546,
            5.769_497_221_460_691,
            3.647_848_324_763_204_5,
            1.270_458_252_452_368_4,
            2.417_807_251_774_506e-1,
            2.272_384_498_926_918_4e-2,
            7.745_450_142_783_414e-4,
        ],
        den: [
            1.0,
            2.053_191_626_637_759,
            1.676_384_830_183_803_8,
            6.897_673_349_851e-1,
            1.481_039_764_274_800_8e-1,
            1.519_866_656_361_645_7e-2,
            5.475_938_084_995_345e-4,
            1.050_750_071_644_416_9e-9,
        ],
    };
    const FAR_TAIL: Rational = Rational {
        num: [
            6.657_904_643_501_103,
            5.463_784_911_164_114,
            1.784_826_539_917_291_3,
            2.965_605_718_285_048_7e-1,
            2.653_218_952_657_612_4e-2,
            1.242_660_947_388_078_4e-3,
            2.711_555_568_743_487_6e-5,
            2.010_334_399_292_288_1e-7,
        ],
        den: [
            1.0,
            5.998_322_065_558_88e-1,
            1.369_298_809_227_358e-1,
            1.487_536_129_085_061_5e-2,
            7.868_691_311_456_133e-4,
            1.846_318_317_510_054_8e-5,
            1.421_511_758_316_446e-7,
            2.044_263_103_389_939_8e-15,
        ],
    };
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * CENTRE.at(0.180625 - q * q);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail.is_nan() || tail < 0.0 {
        return f64::NAN;
    }
    if tail == 0.0 {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = sqrt(-ln(tail));
    let x = if r <= 5.0 { NEAR_TAIL.at(r - 1.6) } else { FAR_TAIL.at(r - 5.0) };
    if q < 0.0 { -x } else { x }
}

/// A quotient of two polynomials of degree 7, coefficients from the constant term up.
struct Rational {
    num: [f64; 8],
    den: [f64; 8],
}

impl Rational {
    fn at(&self, x: f64) -> f64 {
        let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, &c| sum * x + c);
        horner(&self.num) / horner(&self.den)
    }
}
