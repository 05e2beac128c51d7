//! Money: [`AttoFil`], whole attoFIL, and [`AttoUsd`], whole 10^-18 dollars; never a float.

use serde::{Deserialize, Serialize};
use sim_core::units::{Quantity, UnitError};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};
use std::str::FromStr;

const ATTO_PER_FIL: i128 = 1_000_000_000_000_000_000;
const ATTO_PER_NANO: i128 = 1_000_000_000;
/// Amounts from here up are written in FIL.
const WRITTEN_IN_FIL: i128 = ATTO_PER_FIL / 1_000;

const FIL: Quantity = Quantity {
    expected: "an amount of money such as \"1.5 FIL\", \"5 nanoFIL\" or \"100 attoFIL\"",
    whole: "attoFIL",
    units: &[
        ("attoFIL", 1),
        ("femtoFIL", 1_000),
        ("picoFIL", 1_000_000),
        ("nanoFIL", 1_000_000_000),
        ("microFIL", 1_000_000_000_000),
        ("milliFIL", 1_000_000_000_000_000),
        ("FIL", 1_000_000_000_000_000_000),
    ],
    refused: &[
        (&["aFIL", "atto"], "is not used; write \"attoFIL\""),
        (&["fFIL"], "is not used; write \"femtoFIL\""),
        (&["pFIL"], "is not used; write \"picoFIL\""),
        (&["nFIL", "nano"], "is not used; write \"nanoFIL\""),
        (&["uFIL", "µFIL", "μFIL"], "is not used; write \"microFIL\""),
        (&["mFIL", "MFIL"], "may be thousandths or millions; write \"milliFIL\", or count FIL"),
    ],
};

const USD: Quantity = Quantity {
    expected: "an amount of dollars such as \"2.5 USD\"",
    whole: "attoUSD",
    units: &[("attoUSD", 1), ("USD", 1_000_000_000_000_000_000)],
    refused: &[(&["$", "USDFC"], "is not used; write \"USD\"")],
};

/// An amount of money in attoFIL (1 FIL = 10^18 attoFIL), negative where something is owed or taken.
///
/// Sums and products are checked: past either end is a bug in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct AttoFil(i128);

impl AttoFil {
    /// Nothing.
    pub const ZERO: AttoFil = AttoFil(0);
    /// The smallest amount there is.
    pub const ONE: AttoFil = AttoFil(1);

    /// So many attoFIL.
    pub const fn new(atto: i128) -> Self {
        AttoFil(atto)
    }

    /// So many whole FIL.
    pub const fn from_fil(fil: i64) -> Self {
        AttoFil(fil as i128 * ATTO_PER_FIL)
    }

    /// So many whole nanoFIL.
    pub const fn from_nano(nano: i64) -> Self {
        AttoFil(nano as i128 * ATTO_PER_NANO)
    }

    /// The number of attoFIL.
    pub const fn atto(self) -> i128 {
        self.0
    }

    /// FIL for a figure or a statistic; loses digits past 2^53 attoFIL.
    pub fn as_fil_f64_lossy(self) -> f64 {
        self.0 as f64 / ATTO_PER_FIL as f64
    }

    /// Whether nothing is left.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether something is owed.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The sum, or `None` past the largest amount.
    pub fn checked_add(self, other: AttoFil) -> Option<AttoFil> {
        self.0.checked_add(other.0).map(AttoFil)
    }

    /// The difference, or `None` past the smallest amount.
    pub fn checked_sub(self, other: AttoFil) -> Option<AttoFil> {
        self.0.checked_sub(other.0).map(AttoFil)
    }

    /// The difference, or nothing if `other` is more.
    pub fn saturating_sub(self, other: AttoFil) -> AttoFil {
        AttoFil((self - other).0.max(0))
    }

    /// This amount, or nothing if it is negative.
    pub fn at_least_zero(self) -> AttoFil {
        AttoFil(self.0.max(0))
    }

    /// `self * num / den`, rounded toward minus infinity.
    ///
    /// # Panics
    /// If `den` is not positive, or the product does not fit.
    pub const fn floor_mul(self, num: i128, den: i128) -> AttoFil {
        assert!(den > 0, "a share of money with a denominator that is not positive");
        match self.0.checked_mul(num) {
            Some(product) => AttoFil(product.div_euclid(den)),
            None => panic!("a product of money past 1.7e38 attoFIL"),
        }
    }

    /// `self / den`, rounded toward minus infinity.
    ///
    /// # Panics
    /// If `den` is not positive.
    pub const fn floor_div(self, den: i128) -> AttoFil {
        self.floor_mul(1, den)
    }
}

impl Add for AttoFil {
    type Output = AttoFil;
    fn add(self, other: AttoFil) -> AttoFil {
        self.checked_add(other).expect("a sum of money past 1.7e38 attoFIL")
    }
}

impl AddAssign for AttoFil {
    fn add_assign(&mut self, other: AttoFil) {
        *self = *self + other;
    }
}

impl Sub for AttoFil {
    type Output = AttoFil;
    fn sub(self, other: AttoFil) -> AttoFil {
        self.checked_sub(other).expect("a difference of money past 1.7e38 attoFIL")
    }
}

impl SubAssign for AttoFil {
    fn sub_assign(&mut self, other: AttoFil) {
        *self = *self - other;
    }
}

impl Neg for AttoFil {
    type Output = AttoFil;
    fn neg(self) -> AttoFil {
        AttoFil::ZERO - self
    }
}

impl Mul<i64> for AttoFil {
    type Output = AttoFil;
    fn mul(self, times: i64) -> AttoFil {
        let product = self.0.checked_mul(i128::from(times));
        AttoFil(product.expect("a product of money past 1.7e38 attoFIL"))
    }
}

impl Sum for AttoFil {
    fn sum<I: Iterator<Item = AttoFil>>(amounts: I) -> AttoFil {
        amounts.fold(AttoFil::ZERO, Add::add)
    }
}

/// An amount of dollars in 10^-18 USD, as stable coins on the chain count them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize)]
pub struct AttoUsd(i128);

impl AttoUsd {
    /// So many 10^-18 USD.
    pub const fn new(atto: i128) -> Self {
        AttoUsd(atto)
    }

    /// So many whole USD.
    pub const fn from_usd(usd: i64) -> Self {
        AttoUsd(usd as i128 * ATTO_PER_FIL)
    }

    /// The number of 10^-18 USD.
    pub const fn atto(self) -> i128 {
        self.0
    }
}

impl FromStr for AttoUsd {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let atto = USD.parse_wide(text)?;
        let too_much = || UnitError::new(text, USD.expected, format!("more than {} attoUSD", i128::MAX));
        i128::try_from(atto).map(AttoUsd).map_err(|_| too_much())
    }
}

impl fmt::Display for AttoUsd {
    /// The canonical text: dollars with as many decimals as are needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} USD", decimal(self.0, ATTO_PER_FIL)))
    }
}

/// `amount / size`, exactly; `size` is a power of ten.
fn decimal(amount: i128, size: i128) -> String {
    let (sign, amount) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    let (whole, rest) = (amount / size as u128, amount % size as u128);
    let places = size.ilog10() as usize;
    let digits = if rest == 0 { String::new() } else { format!(".{rest:0places$}") };
    format!("{sign}{whole}{}", digits.trim_end_matches('0'))
}

/// Reads an amount of money: one number and one of FIL, milliFIL, microFIL, nanoFIL, picoFIL, femtoFIL, attoFIL.
/// It must come out in whole attoFIL, and a user writes no negative ones.
///
/// # Errors
/// If the text is anything else, with what to write instead where that is known.
pub fn parse_fil(text: &str) -> Result<AttoFil, UnitError> {
    let atto = FIL.parse_wide(text)?;
    i128::try_from(atto)
        .map(AttoFil)
        .map_err(|_| UnitError::new(text, FIL.expected, format!("more than {} attoFIL", i128::MAX)))
}

impl FromStr for AttoFil {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        parse_fil(text)
    }
}

impl fmt::Display for AttoFil {
    /// The canonical text, exact: FIL from a thousandth of a FIL up, nanoFIL from one nanoFIL up, else attoFIL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = match self.0.unsigned_abs() as i128 {
            0 => ("FIL", ATTO_PER_FIL),
            WRITTEN_IN_FIL.. => ("FIL", ATTO_PER_FIL),
            ATTO_PER_NANO.. => ("nanoFIL", ATTO_PER_NANO),
            _ => ("attoFIL", 1),
        };
        f.pad(&format!("{} {unit}", decimal(self.0, size)))
    }
}

impl fmt::Debug for AttoFil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} attoFIL", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, atto: i128, canonical: &str) {
        let amount = parse_fil(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(amount.atto(), atto, "{text}");
        assert_eq!(amount.to_string(), canonical, "{text}");
        assert_eq!(canonical.parse(), Ok(amount));
    }

    #[test]
    fn amounts_of_money_are_read_exactly_and_written_back() {
        check("1.5 FIL", 1_500_000_000_000_000_000, "1.5 FIL");
        check("0 FIL", 0, "0 FIL");
        check("0.000000000000000001 FIL", 1, "1 attoFIL");
        check("1 nanoFIL", 1_000_000_000, "1 nanoFIL");
        check("0.1 nanoFIL", 100_000_000, "100000000 attoFIL");
        check("36.266264293777134739 FIL", 36_266_264_293_777_134_739, "36.266264293777134739 FIL");
        check("2000000000FIL", 2_000_000_000_000_000_000_000_000_000, "2000000000 FIL");
        check("1 milliFIL", 1_000_000_000_000_000, "0.001 FIL");
        check("7 picoFIL", 7_000_000, "7000000 attoFIL");
    }

    #[test]
    fn what_cannot_be_written_in_attofil_is_refused_with_what_to_write() {
        for (text, reason) in [
            ("0.1 attoFIL", "not a whole number of attoFIL"),
            ("5", "the unit is missing"),
            ("5 nFIL", "\"nFIL\" is not used; write \"nanoFIL\""),
            ("5 fil", "unknown unit \"fil\"; write \"FIL\""),
            ("-5 FIL", "a negative number is not possible here"),
            ("170141183460469231732 FIL", "more than 170141183460469231731687303715884105727 attoFIL"),
        ] {
            assert_eq!(parse_fil(text).expect_err(text).reason, reason, "{text}");
        }
    }

    #[test]
    fn a_debt_is_written_with_its_sign_and_rounds_away_from_the_debtor() {
        assert_eq!(AttoFil::new(-1_500_000_000_000_000_000).to_string(), "-1.5 FIL");
        assert_eq!(AttoFil::new(-7).floor_div(2), AttoFil::new(-4));
        assert_eq!(AttoFil::new(7).floor_mul(3, 4), AttoFil::new(5));
        assert_eq!(AttoFil::new(3).saturating_sub(AttoFil::new(5)), AttoFil::ZERO);
    }

    #[test]
    fn dollars_are_read_and_written_like_fil() {
        let rate: AttoUsd = "0.024 USD".parse().expect("dollars");
        assert_eq!((rate.atto(), rate.to_string().as_str()), (24_000_000_000_000_000, "0.024 USD"));
        assert!("5 USDFC".parse::<AttoUsd>().is_err());
    }

    #[test]
    #[should_panic(expected = "a sum of money past")]
    fn money_past_the_end_is_a_bug() {
        let _ = AttoFil::new(i128::MAX) + AttoFil::ONE;
    }
}
