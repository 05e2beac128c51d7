//! What values a key takes: how they are read, what is refused, and how that is said.

use super::value::Value;
use super::{or_list, quantity};
use crate::raw::Raw;
use crate::suggest::nearest;
use models::filecoin::policy::Parameter;
use models::ipfs::unixfs::ChunkerSpec;
use models::units::AttoFil;
use sim_core::time::SimSpan;
use sim_core::units::{BitRate, Bytes};

/// The kind of a key.
#[derive(Debug)]
pub enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    /// A name that is safe in file names: lower-case letters, digits, `-` and `_`.
    Name,
    /// The version of the scenario format.
    Version,
    /// A seed: any unsigned number of 64 bits, as a number or as text.
    Seed,
    /// A whole number from the first to the second, both included.
    Whole(u64, u64),
    /// A finite number within bounds.
    Real(RealBounds),
    /// `true` or `false`.
    Flag,
    /// A length of time, or an instant counted from the start of the run, between two bounds.
    Span(SimSpan, SimSpan),
    /// An amount of data between two bounds.
    Bytes(Bytes, Bytes),
    /// A bandwidth between two bounds.
    Rate(BitRate, BitRate),
    /// An amount of money between two bounds.
    Money(AttoFil, AttoFil),
    /// A share or probability.
    Share,
    /// One of a few words.
    Choice(&'static [Choice]),
    /// One word of a table that stands elsewhere, such as the metrics; the name says which.
    Entry(&'static Catalog),
    /// The name of an instance of that section: `population`, `objects`.
    Reference(&'static str),
    /// Kubo's chunker string.
    Chunker,
    /// A SHA-256 in hexadecimal digits.
    Digest,
    /// A value of the protocol parameter that the last name of the key names; see [`Kind::read_named`].
    Parameter,
    /// A list of at least one value of a kind.
    List(&'static Kind),
}

/// A word of [`Kind::Choice`].
#[derive(Debug)]
pub struct Choice {
    /// The word.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// Bounds of a [`Kind::Real`].
#[derive(Debug, Clone, Copy)]
pub struct RealBounds {
    /// Lower bound.
    pub min: f64,
    /// Whether the lower bound itself is refused.
    pub open: bool,
    /// Upper bound, accepted.
    pub max: f64,
}

/// Words that another part of the program knows.
pub struct Catalog {
    /// What a word is called: "region".
    pub noun: &'static str,
    /// All words.
    pub names: fn() -> Vec<&'static str>,
}

static PARAMETER_NAMES: Catalog = Catalog { noun: "protocol parameter", names: crate::known::parameters };

impl std::fmt::Debug for Catalog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.noun)
    }
}

/// Why a value is refused: `expected ..., got ...`, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The whole sentence.
    pub message: String,
    /// Advice.
    pub help: Option<String>,
}

/// The form of scenarios that this program reads.
pub const SCHEMA: u64 = 1;

/// Characters of a name at most.
pub const NAME_MAX: usize = 64;

impl Kind {
    /// Reads a value.
    ///
    /// # Errors
    /// What was found and what is allowed.
    pub fn read(&self, raw: &Raw) -> Result<Value, Refusal> {
        match self {
            Kind::Text(max) => self.text(raw, |text| {
                (text.chars().count() <= *max).then(|| Value::Text(text.into())).ok_or(None)
            }),
            Kind::Name => self.text(raw, |text| match is_name(text) {
                true => Ok(Value::Text(text.into())),
                false => Err(Some("names become parts of file names".into())),
            }),
            Kind::Digest => self.text(raw, |text| {
                let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
                (text.len() == 64 && text.chars().all(hex)).then(|| Value::Text(text.into())).ok_or(None)
            }),
            Kind::Choice(choices) => {
                let names: Vec<_> = choices.iter().map(|choice| choice.name).collect();
                self.text(raw, |text| one_of(text, &names))
            }
            Kind::Entry(catalog) => self.text(raw, |text| one_of(text, &(catalog.names)())),
            Kind::Reference(_) => self.text(raw, |text| Ok(Value::Text(text.into()))),
            Kind::Chunker => self.text(raw, |text| match text.parse::<ChunkerSpec>() {
                Ok(spec) => Ok(Value::Text(spec.to_string())),
                Err(error) => Err(Some(error.to_string())),
            }),
            Kind::Version => self.version(raw),
            Kind::Seed => self.seed(raw),
            Kind::Whole(min, max) => self.whole(raw, *min, *max),
            Kind::Real(bounds) => self.real(raw, bounds),
            Kind::Flag => match raw {
                Raw::Flag(flag) => Ok(Value::Flag(*flag)),
                _ => Err(self.refuse(raw)),
            },
            Kind::Span(min, max) => quantity::span(self, raw, *min, *max),
            Kind::Bytes(min, max) => quantity::bytes(self, raw, *min, *max),
            Kind::Rate(min, max) => quantity::rate(self, raw, *min, *max),
            Kind::Money(min, max) => quantity::money(self, raw, *min, *max),
            Kind::Share => quantity::share(self, raw),
            // Without a name nothing is known of it.
            Kind::Parameter => Err(self.refuse(raw)),
            Kind::List(item) => self.list(raw, item),
        }
    }

    /// Reads a value of a key whose last name the scenario chooses.
    ///
    /// # Errors
    /// As [`Kind::read`].
    pub fn read_named(&self, name: &str, raw: &Raw) -> Result<Value, Refusal> {
        match (self, Parameter::named(name)) {
            (Kind::Parameter, Some(parameter)) => quantity::parameter(parameter, raw),
            _ => self.read(raw),
        }
    }

    /// The names that a scenario may choose as the last of an open key of this kind.
    pub fn open_names(&self) -> &'static Catalog {
        match self {
            Kind::Parameter => &PARAMETER_NAMES,
            _ => &super::net::REGIONS,
        }
    }

    /// A default, or a value that is known to be good.
    ///
    /// # Panics
    /// If the text is no value of this kind: a mistake in a table, found by a test.
    pub fn default(&self, text: &str) -> Value {
        let raw = Raw::from_words(text);
        let read = self.read(&raw).or_else(|_| self.read(&Raw::Text(text.into())));
        read.unwrap_or_else(|refusal| panic!("default {text:?}: {}", refusal.message))
    }

    /// What is allowed, as it follows "expected".
    pub fn expected(&self) -> String {
        match self {
            Kind::Text(max) => format!("text of at most {max} characters"),
            Kind::Name => format!(
                "a name of lower-case letters, digits, \"-\" and \"_\" that begins with a letter or digit, at most \
                 {NAME_MAX} long"
            ),
            Kind::Version => format!("the whole number {SCHEMA}"),
            Kind::Seed => format!("a whole number from 0 to {}", u64::MAX),
            Kind::Whole(min, max) if min == max => format!("the whole number {min}"),
            Kind::Whole(min, max) => format!("a whole number from {min} to {max}"),
            Kind::Real(RealBounds { min, open: true, max }) => format!("a number above {min}, at most {max}"),
            Kind::Real(RealBounds { min, open: false, max }) => format!("a number from {min} to {max}"),
            Kind::Flag => "true or false".into(),
            Kind::Span(min, max) => format!("a time from \"{min}\" to \"{max}\""),
            Kind::Bytes(min, max) => format!("a size from \"{min}\" to \"{max}\""),
            Kind::Rate(min, max) => format!("a bandwidth from \"{min}\" to \"{max}\""),
            Kind::Money(min, max) => format!("an amount from \"{min}\" to \"{max}\""),
            Kind::Share => "a share from \"0 %\" to \"100 %\"".into(),
            Kind::Choice(choices) => {
                let names: Vec<_> = choices.iter().map(|choice| format!("\"{}\"", choice.name)).collect();
                or_list(&names)
            }
            Kind::Entry(catalog) => format!("the name of a {}", catalog.noun),
            Kind::Reference(section) => format!("the name of a [{section}.<name>] table of this scenario"),
            Kind::Chunker => {
                "a chunker such as \"size-262144\", \"rabin-16384-65536-131072\" or \"buzhash\"".into()
            }
            Kind::Digest => "a SHA-256 of 64 hexadecimal digits".into(),
            Kind::Parameter => "a value of that protocol parameter".into(),
            Kind::List(item) => format!("a list, each item {}", item.expected()),
        }
    }

    /// One word for tables of keys: "time", "size", "whole number".
    pub fn noun(&self) -> String {
        match self {
            Kind::Text(_) | Kind::Chunker => "text".into(),
            Kind::Name => "name".into(),
            Kind::Version | Kind::Whole(..) => "whole number".into(),
            Kind::Seed => "seed".into(),
            Kind::Real(_) => "number".into(),
            Kind::Flag => "true or false".into(),
            Kind::Span(..) => "time".into(),
            Kind::Bytes(..) => "size".into(),
            Kind::Rate(..) => "bandwidth".into(),
            Kind::Money(..) => "amount".into(),
            Kind::Share => "share".into(),
            Kind::Choice(_) => "choice".into(),
            Kind::Entry(catalog) => catalog.noun.into(),
            Kind::Reference(section) => format!("name in [{section}]"),
            Kind::Digest => "SHA-256".into(),
            Kind::Parameter => "value of a parameter".into(),
            Kind::List(item) => format!("list of {}", item.noun()),
        }
    }

    /// `expected what is allowed, got what was found`.
    pub(super) fn refuse(&self, raw: &Raw) -> Refusal {
        Refusal { message: format!("expected {}, got {}", self.expected(), raw.found()), help: None }
    }

    fn refuse_with(&self, raw: &Raw, help: impl Into<String>) -> Refusal {
        Refusal { help: Some(help.into()), ..self.refuse(raw) }
    }

    fn text(
        &self,
        raw: &Raw,
        read: impl Fn(&str) -> Result<Value, Option<String>>,
    ) -> Result<Value, Refusal> {
        match raw {
            Raw::Text(text) => read(text).map_err(|help| Refusal { help, ..self.refuse(raw) }),
            _ => Err(self.refuse(raw)),
        }
    }

    fn version(&self, raw: &Raw) -> Result<Value, Refusal> {
        match raw {
            Raw::Whole(n) if *n == i128::from(SCHEMA) => Ok(Value::Whole(SCHEMA)),
            Raw::Whole(n) if *n > i128::from(SCHEMA) => Err(self.refuse_with(
                raw,
                format!(
                    "this scenario is for a newer lastcopy; this one, {}, reads schema {SCHEMA}",
                    env!("CARGO_PKG_VERSION")
                ),
            )),
            _ => Err(self.refuse_with(raw, format!("write schema = {SCHEMA}"))),
        }
    }

    fn seed(&self, raw: &Raw) -> Result<Value, Refusal> {
        let seed = match raw {
            Raw::Whole(n) => u64::try_from(*n).ok(),
            Raw::Text(text) if text.chars().all(|c| c.is_ascii_digit()) => text.parse().ok(),
            _ => None,
        };
        seed.map(Value::Whole).ok_or_else(|| self.refuse(raw))
    }

    fn whole(&self, raw: &Raw, min: u64, max: u64) -> Result<Value, Refusal> {
        match raw {
            Raw::Whole(n) => match u64::try_from(*n) {
                Ok(n) if (min..=max).contains(&n) => Ok(Value::Whole(n)),
                _ => Err(self.refuse(raw)),
            },
            Raw::Real { value, .. } if value.fract() == 0.0 && value.abs() < 1e15 => {
                Err(self.refuse_with(raw, format!("a count has no decimal point: write {value:.0}")))
            }
            Raw::Text(text) if text.parse::<i128>().is_ok() => {
                Err(self.refuse_with(raw, format!("a number stands without quotes: write {text}")))
            }
            _ => Err(self.refuse(raw)),
        }
    }

    fn real(&self, raw: &Raw, bounds: &RealBounds) -> Result<Value, Refusal> {
        let value = match raw {
            Raw::Real { value, .. } => *value,
            // Exact: a whole number beyond 2^53 is outside of every bound.
            Raw::Whole(n) if n.unsigned_abs() <= 1 << 53 => *n as f64,
            _ => return Err(self.refuse(raw)),
        };
        let above = if bounds.open { value > bounds.min } else { value >= bounds.min };
        if above && value <= bounds.max { Ok(Value::Real(value + 0.0)) } else { Err(self.refuse(raw)) }
    }

    fn list(&self, raw: &Raw, item: &Kind) -> Result<Value, Refusal> {
        let Raw::List(items) = raw else {
            let help = format!("write it in brackets: [{}]", raw.found());
            return Err(self.refuse_with(raw, help));
        };
        if items.is_empty() {
            return Err(self.refuse(raw));
        }
        let read = |(i, raw): (usize, &Raw)| {
            item.read(raw).map_err(|refusal| Refusal {
                message: format!("item {}: {}", i + 1, refusal.message),
                ..refusal
            })
        };
        items.iter().enumerate().map(read).collect::<Result<_, _>>().map(Value::List)
    }
}

/// Whether a text is safe as a part of file names on every system.
pub fn is_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let reserved = ["con", "prn", "aux", "nul"].contains(&text)
        || ["com", "lpt"].iter().any(|device| text.len() == 4 && text.starts_with(device));
    text.len() <= NAME_MAX
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.chars().all(inner)
        && !reserved
}

fn one_of(text: &str, names: &[&'static str]) -> Result<Value, Option<String>> {
    if names.contains(&text) {
        return Ok(Value::Text(text.into()));
    }
    if let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(text)) {
        return Err(Some(format!("upper and lower case count: write \"{name}\"")));
    }
    Err(nearest(text, names.iter().copied()).map(|name| format!("did you mean \"{name}\"?")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_paths_on_every_system() {
        for good in ["a", "smoke", "gc-sweep", "3rd_reader", "x".repeat(64).as_str()] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a b", "A", "-a", "nul", "com1", "a\n", "x".repeat(65).as_str()] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_whole_number_is_neither_a_float_nor_a_text() {
        let kind = Kind::Whole(1, 10);
        assert_eq!(kind.read(&Raw::Whole(10)), Ok(Value::Whole(10)));
        let float = kind.read(&Raw::Real { text: "3.0".into(), value: 3.0 }).unwrap_err();
        assert_eq!(float.message, "expected a whole number from 1 to 10, got 3.0");
        assert_eq!(float.help.as_deref(), Some("a count has no decimal point: write 3"));
        assert!(kind.read(&Raw::Text("3".into())).is_err());
        assert!(kind.read(&Raw::Whole(-1)).is_err());
    }

    #[test]
    fn numbers_that_are_none_are_out_of_every_bound() {
        let kind = Kind::Real(RealBounds { min: 0.0, open: true, max: 10.0 });
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 10.1] {
            assert!(kind.read(&Raw::Real { text: value.to_string(), value }).is_err(), "{value}");
        }
        assert_eq!(kind.read(&Raw::Whole(3)), Ok(Value::Real(3.0)));
    }
}
