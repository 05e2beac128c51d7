//! The chain's fixed-point numbers: [`Q128`], an integer that counts 2^-128ths, and the wider integers that carry
//! products; `exp(-x)` and `ln` by the rational functions of the reward actor and the node.
//!
//! After built-in actors, runtime/src/builtin/reward/math.rs, actors/reward/src/expneg.rs and
//! smooth/smooth_func.rs; Lotus, chain/types/electionproof.go. A product is shifted right, which rounds toward minus
//! infinity for negative numbers too, and so does every division here.
//!
//! The integers have a fixed width instead of growing on the heap: the reward of every epoch and the terms of every
//! pledge pass through here. Each width is shown by a bound on what goes in; past it is a panic, in release too,
//! never a wrapped number. `models/tests/filecoin_laws.rs` compares with integers that grow.

use bnum::cast::As;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::str::FromStr;

/// 320 bits: Horner's rule on Q.128, half the work of 384.
type Int320 = bnum::Int<40, 0, 1>;
/// 384 bits: a product of two Q.128 of 64 integer bits each, or of a Q.128 and a Q.0 of 190 bits.
pub type Int384 = bnum::Int<48, 0, 1>;
/// 768 bits: a product of three Q.128, and one of two Q.256.
pub type Int768 = bnum::Int<96, 0, 1>;

/// The fractional bits of [`Q128`].
pub const PRECISION: u32 = 128;

/// A fixed-point number with 128 fractional bits; its integer part may take 127 bits and a sign.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Q128(Int384);

impl Q128 {
    /// Zero.
    pub const ZERO: Q128 = Q128(int384("0"));
    /// One, 2^128.
    pub const ONE: Q128 = Q128(int384("340282366920938463463374607431768211456"));

    /// The number whose raw integer is `raw`, of at most 383 bits and a sign.
    pub const fn from_raw(raw: Int384) -> Self {
        Q128(raw)
    }

    /// The number whose raw integer is written in decimal digits; for constants.
    ///
    /// # Panics
    /// If it is not an integer.
    pub const fn constant(raw: &str) -> Self {
        Q128(int384(raw))
    }

    /// A whole number.
    pub fn from_int(whole: i128) -> Self {
        Q128(wide(whole) << PRECISION)
    }

    /// A whole number and a fraction in 2^-128ths.
    pub fn from_parts(whole: i128, fraction: u128) -> Self {
        Q128((wide(whole) << PRECISION) + fraction.as_::<Int384>())
    }

    /// The raw integer.
    pub const fn raw(self) -> Int384 {
        self.0
    }

    /// Rounded toward minus infinity.
    ///
    /// # Panics
    /// If that is past 2^127.
    pub fn floor(self) -> i128 {
        self.checked_floor().expect("a fixed-point number past 2^127")
    }

    /// Rounded toward minus infinity, or `None` past 2^127.
    pub fn checked_floor(self) -> Option<i128> {
        i128::try_from(self.0 >> PRECISION).ok()
    }

    /// What the floor leaves, in 2^-128ths.
    pub fn fraction(self) -> u128 {
        self.0.as_::<u128>()
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0.is_negative()
    }

    /// The product, rounded toward minus infinity.
    ///
    /// # Panics
    /// If the product before the shift is past 2^383: two factors below 2^63 always fit.
    pub fn floor_mul(self, other: Q128) -> Q128 {
        Q128((self.0 * other.0) >> PRECISION)
    }

    /// `times` times this number, exactly.
    ///
    /// # Panics
    /// If that is past 2^255.
    pub fn times(self, times: i128) -> Q128 {
        Q128(self.0 * wide(times))
    }

    /// The quotient, rounded toward minus infinity.
    ///
    /// # Panics
    /// If `other` is zero, or this number is past 2^127.
    pub fn floor_div(self, other: Q128) -> Q128 {
        Q128((self.0 << PRECISION).div_floor(other.0))
    }
}

impl Add for Q128 {
    type Output = Q128;
    fn add(self, other: Q128) -> Q128 {
        Q128(self.0 + other.0)
    }
}

impl AddAssign for Q128 {
    fn add_assign(&mut self, other: Q128) {
        *self = *self + other;
    }
}

impl Sub for Q128 {
    type Output = Q128;
    fn sub(self, other: Q128) -> Q128 {
        Q128(self.0 - other.0)
    }
}

impl SubAssign for Q128 {
    fn sub_assign(&mut self, other: Q128) {
        *self = *self - other;
    }
}

impl fmt::Display for Q128 {
    /// The raw integer in decimal digits, as the chain's own tables write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Q128 {
    type Err = String;
    /// Reads a raw integer of at most 255 bits and a sign.
    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("not an integer".into());
        }
        let raw: Int384 = text.parse().map_err(|_| "past 2^255".to_owned())?;
        if raw.unsigned_abs().bit_width() > 255 {
            return Err("past 2^255".into());
        }
        Ok(Q128(raw))
    }
}

impl Serialize for Q128 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.floor(), self.fraction()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Q128 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (whole, fraction) = <(i128, u128)>::deserialize(deserializer)?;
        Ok(Q128::from_parts(whole, fraction))
    }
}

/// The same number, wider.
pub fn wide(number: i128) -> Int384 {
    number.as_::<Int384>()
}

const fn int384(digits: &str) -> Int384 {
    match Int384::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("a constant that is not an integer"),
    }
}

const fn constants<const N: usize, const LEN: usize>(digits: [&str; LEN]) -> [bnum::Int<N, 0, 1>; LEN] {
    let mut numbers = [bnum::Int::<N, 0, 1>::from_bytes([0; N]); LEN];
    let mut at = 0;
    while at < LEN {
        numbers[at] = match bnum::Int::<N, 0, 1>::from_str_radix(digits[at], 10) {
            Ok(number) => number,
            Err(_) => panic!("a constant that is not an integer"),
        };
        at += 1;
    }
    numbers
}

/// Coefficients of a rational function, Q.128, highest power first.
const EXP_NUMERATOR: [&str; 8] = [
    "-648770010757830093818553637600",
    "67469480939593786226847644286976",
    "-3197587544499098424029388939001856",
    "89244641121992890118377641805348864",
    "-1579656163641440567800982336819953664",
    "17685496037279256458459817590917169152",
    "-115682590513835356866803355398940131328",
    "340282366920938463463374607431768211456",
];
const EXP_DENOMINATOR: [&str; 14] = [
    "1225524182432722209606361",
    "114095592300906098243859450",
    "5665570424063336070530214243",
    "194450132448609991765137938448",
    "5068267641632683791026134915072",
    "104716890604972796896895427629056",
    "1748338658439454459487681798864896",
    "23704654329841312470660182937960448",
    "259380097567996910282699886670381056",
    "2250336698853390384720606936038375424",
    "14978272436876548034486263159246028800",
    "72144088983913131323343765784380833792",
    "224599776407103106596571252037123047424",
    "340282366920938463463374607431768211456",
];
const LN_NUMERATOR: [&str; 7] = [
    "261417938209272870992496419296200268025",
    "7266615505142943436908456158054846846897",
    "32458783941900493142649393804518050491988",
    "17078670566130897220338060387082146864806",
    "-35150353308172866634071793531642638290419",
    "-20351202052858059355702509232125230498980",
    "-1563932590352680681114104005183375350999",
];
const LN_DENOMINATOR: [&str; 7] = [
    "49928077726659937662124949977867279384",
    "2508163877009111928787629628566491583994",
    "21757751789594546643737445330202599887121",
    "53400635271583923415775576342898617051826",
    "41248834748603606604000911015235164348839",
    "9015227820322455780436733526367238305537",
    "340282366920938463463374607431768211456",
];
const LN_2: Int384 = int384("235865763225513294137944142764154484399");

/// Horner's rule, each product shifted before the next coefficient is added.
fn horner<const N: usize>(
    coefficients: &[bnum::Int<N, 0, 1>],
    x: bnum::Int<N, 0, 1>,
    precision: u32,
) -> bnum::Int<N, 0, 1> {
    let (first, rest) = coefficients.split_first().expect("a polynomial has a coefficient");
    rest.iter().fold(*first, |sum, coefficient| ((sum * x) >> precision) + *coefficient)
}

/// `exp(-x)` for `x >= 0`, Q.128.
///
/// Source: built-in actors, reward/src/expneg.rs.
///
/// # Panics
/// If `x` is past 100 (the polynomials would no longer fit); the minting curves reach 5 in forty years.
pub fn exp_neg(x: Q128) -> Q128 {
    const NUMERATOR: [Int320; 8] = constants(EXP_NUMERATOR);
    const DENOMINATOR: [Int320; 14] = constants(EXP_DENOMINATOR);
    // The highest power is 100^13 2^-48, in Q.128 below 2^167; times x below 2^302.
    assert!(x.0 <= Q128::from_int(100).0, "exp(-x) of an x past 100");
    ratio(&NUMERATOR, &DENOMINATOR, x)
}

/// The ratio of two polynomials, Q.128.
fn ratio(numerator: &[Int320], denominator: &[Int320], x: Q128) -> Q128 {
    let x = x.0.as_::<Int320>();
    let numerator = horner(numerator, x, PRECISION).as_::<Int384>() << PRECISION;
    Q128(numerator.div_floor(horner(denominator, x, PRECISION).as_::<Int384>()))
}

/// `exp(-x)` for `x >= 0`, both Q.256, as elections use it.
///
/// Source: Lotus, chain/types/electionproof.go.
pub fn exp_neg_256(x: Int768) -> Int768 {
    const NUMERATOR: [Int768; 8] = constants(EXP_NUMERATOR);
    const DENOMINATOR: [Int768; 14] = constants(EXP_DENOMINATOR);
    let finer = |coefficient: Int768| coefficient << 128_u32;
    let numerator = horner(&NUMERATOR.map(finer), x, 256);
    (numerator << 256_u32).div_floor(horner(&DENOMINATOR.map(finer), x, 256))
}

/// The natural logarithm, Q.128.
///
/// Splits off a power of two so that the rational function sees a number of [1, 2). Zero and negative arguments, which
/// an estimate of shrinking power can produce, give what the actors' code gives: a number without meaning, and the
/// reward it leads to is clamped by the caller.
///
/// Source: built-in actors, runtime/src/builtin/reward/smooth/smooth_func.rs.
pub fn ln(x: Q128) -> Q128 {
    const NUMERATOR: [Int320; 7] = constants(LN_NUMERATOR);
    const DENOMINATOR: [Int320; 7] = constants(LN_DENOMINATOR);
    let exponent = i64::from(x.0.unsigned_abs().bit_width()) - 1 - i64::from(PRECISION);
    let shift = exponent.unsigned_abs() as u32;
    let scaled = if exponent > 0 { x.0 >> shift } else { x.0 << shift };
    // Of size in [1, 2): coefficients below 2^133 and their sums fit many times over.
    let fraction = ratio(&NUMERATOR, &DENOMINATOR, Q128(scaled));
    Q128(LN_2 * wide(i128::from(exponent)) + fraction.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_negative_numbers_round_toward_minus_infinity() {
        let tiny = Q128::from_raw(wide(1));
        let minus_half = Q128::from_parts(-1, 1 << 127);
        assert_eq!(tiny.floor_mul(minus_half), Q128::from_raw(wide(-1)));
        assert_eq!(minus_half.floor(), -1);
        assert_eq!(Q128::from_int(-7).floor_div(Q128::from_int(2)).floor(), -4);
    }

    #[test]
    fn exp_and_ln_agree_with_their_names() {
        let close = |number: Q128, expected: f64| {
            let found = number.floor() as f64
                + number.fraction() as f64 / 340_282_366_920_938_463_463_374_607_431_768_211_456.0_f64;
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        };
        close(exp_neg(Q128::ZERO), 1.0);
        close(exp_neg(Q128::ONE), 0.367_879_441_171_442_33);
        close(ln(Q128::ONE), 0.0);
        close(ln(Q128::from_int(10)), std::f64::consts::LN_10);
        close(ln(Q128::from_parts(0, 1 << 127)), -std::f64::consts::LN_2);
    }

    #[test]
    fn a_number_is_written_and_read_as_its_raw_integer() {
        let number = Q128::from_parts(-5, 3);
        assert_eq!(number.to_string().parse(), Ok(number));
        assert!("1.5".parse::<Q128>().is_err());
        assert!("9".repeat(80).parse::<Q128>().is_err());
        let bytes = postcard::to_stdvec(&number).expect("a number can be saved");
        assert_eq!(postcard::from_bytes::<Q128>(&bytes).expect("and read"), number);
    }
}
