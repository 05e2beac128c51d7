//! Inputs of formulas: what each takes, and `key=value` read into exact integers.

use super::{Formula, shown};
use crate::suggest::nearest;
use models::filecoin::fixed::Q128;
use models::units::{AttoFil, Epoch, Epochs, Power, parse_fil};
use sim_core::time::SimSpan;
use sim_core::units::{Bytes, parse_bytes, parse_span};

/// A parameter of a formula.
pub struct Param {
    /// Its key.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// What it takes.
    pub kind: Kind,
}

/// What a parameter takes. Bounds are those within which every formula fits the chain's arithmetic; the values of the
/// real network are far inside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Money, in attoFIL.
    Money,
    /// Change of money per epoch, in attoFIL.
    MoneyChange,
    /// Storage power, in bytes.
    Power,
    /// Power of a sector or a piece, in bytes: more than none.
    SomePower,
    /// Change of power per epoch, in bytes.
    PowerChange,
    /// An amount of data, in bytes.
    Size,
    /// An amount of data, in bytes: more than none.
    SomeSize,
    /// Space held over time, in byte-epochs.
    SpaceTime,
    /// A span of time, in epochs.
    Epochs,
    /// A span of time, in epochs: more than none.
    SomeEpochs,
    /// Epochs since something, negative before it.
    Since,
    /// A height of the chain.
    Height,
    /// A height of the chain, or one before genesis.
    Epoch,
    /// A raw integer of Q.128, of epochs.
    Theta,
    /// A plain number from one bound to another.
    Count(i128, i128),
    /// A span of time, in seconds: more than none.
    Span,
    /// A number from 0 to 1.
    Share,
}

const MONEY: i128 = 1_000_000_000_000_000_000_000_000_000_000;
const POWER: i128 = 1_000_000_000_000_000_000_000_000_000;
const SIZE: i128 = 1 << 62;
const TIME: i128 = 100_000_000;
/// Seconds of the 584 years that a clock has.
const LONGEST: i128 = 18_446_744_073;

impl Kind {
    /// Unit of a plain integer.
    pub fn unit(self) -> &'static str {
        match self {
            Kind::Money => "attoFIL",
            Kind::MoneyChange => "attoFIL/epoch",
            Kind::Power | Kind::SomePower | Kind::Size | Kind::SomeSize => "bytes",
            Kind::PowerChange => "bytes/epoch",
            Kind::SpaceTime => "byte-epochs",
            Kind::Epochs | Kind::SomeEpochs | Kind::Since => "epochs",
            Kind::Height | Kind::Epoch => "height",
            Kind::Theta => "2^-128 epochs",
            Kind::Span => "seconds",
            Kind::Count(..) | Kind::Share => "",
        }
    }

    /// What belongs there, in words.
    pub fn expected(self) -> String {
        match self {
            Kind::Money => "attoFIL, or an amount such as \"1.5 FIL\"".into(),
            Kind::Power | Kind::SomePower | Kind::Size | Kind::SomeSize => {
                "bytes, or a size such as \"32 GiB\"".into()
            }
            Kind::Epochs | Kind::SomeEpochs => "epochs, or a time such as \"30 days\"".into(),
            Kind::Count(low, high) => format!("a whole number from {low} to {high}"),
            Kind::Height | Kind::Epoch => "a height of the chain".into(),
            Kind::Theta => "a raw integer of Q.128".into(),
            Kind::Span => "seconds, or a time such as \"30 days\"".into(),
            Kind::Share => "a number from 0 to 1".into(),
            _ => format!("a whole number of {}", self.unit()),
        }
    }

    /// The smallest and the largest value.
    fn bounds(self) -> (i128, i128) {
        match self {
            Kind::Money => (0, MONEY),
            Kind::MoneyChange => (-MONEY, MONEY),
            Kind::Power => (0, POWER),
            Kind::SomePower => (1, POWER),
            Kind::PowerChange => (-POWER, POWER),
            Kind::Size => (0, SIZE),
            Kind::SomeSize => (1, SIZE),
            Kind::SpaceTime => (0, SIZE * TIME),
            Kind::Epochs | Kind::Height => (0, TIME),
            Kind::SomeEpochs => (1, TIME),
            Kind::Since | Kind::Epoch => (-TIME, TIME),
            Kind::Theta => (0, TIME),
            Kind::Count(low, high) => (low, high),
            Kind::Span => (1, LONGEST),
            Kind::Share => (0, 1),
        }
    }

    /// Reads a value: the integer in the unit of the kind, of a Q.128 the raw one.
    fn read(self, text: &str) -> Result<Input, String> {
        let fail = |why: &str| format!("found \"{}\", expected {}{why}", shown(text), self.expected());
        if self == Kind::Theta {
            let raw: Q128 = text.parse().map_err(|why: String| fail(&format!(": {why}")))?;
            let (low, high) = self.bounds();
            return match raw.checked_floor() {
                Some(whole) if (low..high).contains(&whole) => Ok(Input::Raw(raw)),
                _ => Err(fail(&format!(", below {high} times 2^128"))),
            };
        }
        let (low, high) = self.bounds();
        if self == Kind::Share {
            let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
            return share.map(Input::Real).ok_or_else(|| fail(""));
        }
        if self == Kind::Span
            && let Ok(span) = parse_span(text)
            && span > SimSpan::ZERO
        {
            return Ok(Input::Real(span.as_secs_f64_lossy()));
        }
        let number = self.integer(text).map_err(|why| fail(&why))?;
        if !(low..=high).contains(&number) {
            return Err(fail(&format!(", from {low} to {high}")));
        }
        if self == Kind::Span { Ok(Input::Real(number as f64)) } else { Ok(Input::Whole(number)) }
    }

    fn integer(self, text: &str) -> Result<i128, String> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map_err(|_| ", and not so many digits".into());
        }
        let reason = |error: sim_core::units::UnitError| format!(": {}", error.reason);
        match self {
            Kind::Money => parse_fil(text).map(AttoFil::atto).map_err(reason),
            Kind::Power | Kind::SomePower => text.parse().map(Power::bytes).map_err(reason),
            Kind::Size | Kind::SomeSize => {
                parse_bytes(text).map(|bytes| i128::from(bytes.as_u64())).map_err(reason)
            }
            Kind::Epochs | Kind::SomeEpochs => {
                text.parse::<Epochs>().map(|epochs| i128::from(epochs.count())).map_err(reason)
            }
            _ => Err(String::new()),
        }
    }
}

/// A value that was read.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Input {
    Whole(i128),
    Raw(Q128),
    Real(f64),
}

/// The inputs of a formula, in the order of its parameters.
pub struct Given(Vec<(&'static str, Input)>);

impl Given {
    /// Reads `key=value` after the parameters of a formula.
    ///
    /// # Errors
    /// In words, if one is unknown, missing, given twice, or not what its parameter takes.
    pub fn read(formula: &Formula, inputs: &[String]) -> Result<Self, String> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for input in inputs {
            let Some((key, value)) = input.split_once('=') else {
                return Err(format!("found \"{}\", expected key=value", shown(input)));
            };
            if !formula.params.iter().any(|param| param.name == key) {
                return Err(unknown(formula, key));
            }
            if pairs.iter().any(|(other, _)| *other == key) {
                return Err(format!("{key} is given twice"));
            }
            pairs.push((key, value.trim()));
        }
        let missing: Vec<&str> = formula
            .params
            .iter()
            .map(|param| param.name)
            .filter(|name| !pairs.iter().any(|(key, _)| key == name))
            .collect();
        if !missing.is_empty() {
            return Err(format!("{} needs {}", formula.name, missing.join(", ")));
        }
        let read = |param: &Param| {
            let (_, text) = pairs.iter().find(|(key, _)| *key == param.name).expect("none is missing");
            let input = param.kind.read(text).map_err(|error| format!("{}: {error}", param.name))?;
            Ok((param.name, input))
        };
        formula.params.iter().map(read).collect::<Result<_, String>>().map(Given)
    }

    /// Every input by its key, as a plain integer in decimal digits.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        self.0.iter().map(|(name, input)| {
            let digits = match input {
                Input::Whole(number) => number.to_string(),
                Input::Raw(raw) => raw.to_string(),
                Input::Real(number) => number.to_string(),
            };
            (*name, digits)
        })
    }

    fn input(&self, name: &str) -> Input {
        let found = self.0.iter().find(|(other, _)| *other == name);
        found.unwrap_or_else(|| panic!("a formula reads {name}, which it does not declare")).1
    }

    /// The integer of that key.
    pub(super) fn whole(&self, name: &str) -> i128 {
        match self.input(name) {
            Input::Whole(number) => number,
            other => panic!("{name} is no integer: {other:?}"),
        }
    }

    /// The Q.128 of that key.
    pub(super) fn raw(&self, name: &str) -> Q128 {
        match self.input(name) {
            Input::Raw(raw) => raw,
            other => panic!("{name} is no Q.128: {other:?}"),
        }
    }

    /// The share of that key.
    pub(super) fn share(&self, name: &str) -> f64 {
        match self.input(name) {
            Input::Real(number) => number,
            other => panic!("{name} has no fraction: {other:?}"),
        }
    }

    /// The span of that key, in days.
    pub(super) fn days(&self, name: &str) -> f64 {
        self.share(name) / 86_400.0
    }

    /// An integer whose bounds are those of an `i64`.
    pub(super) fn small(&self, name: &str) -> i64 {
        i64::try_from(self.whole(name)).expect("the bounds of its kind fit")
    }

    /// An integer whose bounds are those of a `u32`.
    pub(super) fn count(&self, name: &str) -> u32 {
        u32::try_from(self.whole(name)).expect("the bounds of its kind fit")
    }

    pub(super) fn money(&self, name: &str) -> AttoFil {
        AttoFil::new(self.whole(name))
    }

    pub(super) fn power(&self, name: &str) -> Power {
        Power::new(self.whole(name))
    }

    pub(super) fn bytes(&self, name: &str) -> Bytes {
        Bytes::new(u64::try_from(self.whole(name)).expect("the bounds of its kind fit"))
    }

    pub(super) fn epoch(&self, name: &str) -> Epoch {
        Epoch::new(self.small(name))
    }

    pub(super) fn epochs(&self, name: &str) -> Epochs {
        Epochs::new(self.small(name))
    }
}

fn unknown(formula: &Formula, key: &str) -> String {
    let names = formula.params.iter().map(|param| param.name);
    let hint = nearest(key, names.clone()).map_or_else(
        || format!("it takes {}", names.collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean {near}?"),
    );
    format!("{} has no parameter \"{}\"; {hint}", formula.name, shown(key))
}
