//! How a value of a parameter is written and read: one implementation a type.

use super::{AttoFil, BaseFeeRule, Epochs, Power, Q128, QualityRule, Share, TerminationRule};
use crate::filecoin::fixed::wide;
use crate::units::{AttoUsd, Epoch};
use sim_core::units::UnitError;
use std::cmp::Ordering;

/// A type that parameters have.
pub trait Setting: Sized {
    /// Unit in words, empty for a plain number.
    const UNIT: &'static str;

    /// What a value looks like, as it follows "expected".
    const EXPECTED: &'static str;

    /// Reads a value with its unit.
    ///
    /// # Errors
    /// If the text is no such value.
    fn read(text: &str) -> Result<Self, String>;

    /// Writes it so that [`Setting::read`] gives the same again.
    fn write(&self) -> String;

    /// How two values compare; choices do not.
    fn order(&self, other: &Self) -> Ordering;
}

impl Setting for i64 {
    const UNIT: &'static str = "";
    const EXPECTED: &'static str = "a whole number";
    fn read(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| format!("found \"{text}\", expected a whole number"))
    }
    fn write(&self) -> String {
        self.to_string()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Setting for Epochs {
    const UNIT: &'static str = "epochs";
    const EXPECTED: &'static str = "a time";
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: UnitError| error.to_string())
    }
    fn write(&self) -> String {
        self.to_string()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Setting for Epoch {
    const UNIT: &'static str = "height";
    const EXPECTED: &'static str = "a height of the chain or never";
    fn read(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Epoch::NEVER);
        }
        text.trim()
            .parse()
            .map(Epoch::new)
            .map_err(|_| format!("found \"{text}\", expected a height of the chain"))
    }
    fn write(&self) -> String {
        if *self == Epoch::NEVER { "never".into() } else { self.to_string() }
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Setting for AttoFil {
    const UNIT: &'static str = "attoFIL";
    const EXPECTED: &'static str = "an amount";
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: UnitError| error.to_string())
    }
    fn write(&self) -> String {
        self.to_string()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Setting for AttoUsd {
    const UNIT: &'static str = "attoUSD";
    const EXPECTED: &'static str = "an amount in dollars";
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: UnitError| error.to_string())
    }
    fn write(&self) -> String {
        self.to_string()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Setting for Power {
    const UNIT: &'static str = "bytes";
    const EXPECTED: &'static str = "a size";
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: UnitError| error.to_string())
    }
    fn write(&self) -> String {
        self.to_string()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Setting for Share {
    const UNIT: &'static str = "share";
    const EXPECTED: &'static str = "a fraction such as 85/1000 or a whole number";
    fn read(text: &str) -> Result<Self, String> {
        let fail = || format!("found \"{text}\", expected a fraction such as \"85/1000\" or a whole number");
        let (num, den) = text.split_once('/').unwrap_or((text, "1"));
        let num: i128 = num.trim().parse().map_err(|_| fail())?;
        let den: i128 = den.trim().parse().map_err(|_| fail())?;
        // So far and no further: a share of the whole supply has to fit 384 bits on its way.
        if !(0..=SHARE_TERM).contains(&num) || !(1..=SHARE_TERM).contains(&den) {
            return Err(fail());
        }
        Ok(Share { num, den })
    }
    fn write(&self) -> String {
        if self.den == 1 { self.num.to_string() } else { format!("{}/{}", self.num, self.den) }
    }
    fn order(&self, other: &Self) -> Ordering {
        (wide(self.num) * wide(other.den)).cmp(&(wide(other.num) * wide(self.den)))
    }
}

/// The largest term of a share.
const SHARE_TERM: i128 = 1_000_000_000_000_000_000_000_000_000_000;

impl Setting for Q128 {
    const UNIT: &'static str = "2^-128";
    const EXPECTED: &'static str = "a whole number of 2^-128";
    fn read(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|why| format!("found \"{text}\", expected a raw integer of Q.128: {why}"))
    }
    fn write(&self) -> String {
        self.to_string()
    }
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

/// A choice among names.
macro_rules! choice {
    ($type:ty { $first:literal => $variant_of_first:path $(, $name:literal => $variant:path)* $(,)? }) => {
        impl Setting for $type {
            const UNIT: &'static str = "choice";
            const EXPECTED: &'static str = concat!($first, $(" or ", $name)*);
            fn read(text: &str) -> Result<Self, String> {
                match text {
                    $first => Ok($variant_of_first),
                    $($name => Ok($variant),)*
                    _ => Err(format!("found \"{text}\", expected {}", Self::EXPECTED)),
                }
            }
            fn write(&self) -> String {
                let name = match self { $variant_of_first => $first, $($variant => $name),* };
                name.to_owned()
            }
            fn order(&self, _: &Self) -> Ordering {
                Ordering::Equal
            }
        }
    };
}

impl Setting for bool {
    const UNIT: &'static str = "choice";
    const EXPECTED: &'static str = "true or false";
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("found \"{text}\", expected true or false"))
    }
    fn write(&self) -> String {
        self.to_string()
    }
    fn order(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

choice!(TerminationRule {
    "expected-reward" => TerminationRule::ExpectedReward,
    "initial-pledge" => TerminationRule::InitialPledge,
});
choice!(BaseFeeRule {
    "utilisation" => BaseFeeRule::Utilisation,
    "premium-percentile" => BaseFeeRule::PremiumPercentile,
});
choice!(QualityRule { "verified-weight" => QualityRule::VerifiedWeight, "full" => QualityRule::Full });
