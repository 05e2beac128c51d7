//! A checked value of a key, and its one canonical spelling.

use crate::path::quoted;
use models::units::AttoFil;
use sim_core::time::SimSpan;
use sim_core::units::{BitRate, Bytes, Prob};

/// A value that its key's kind has accepted.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, a name, a choice, a reference, a path.
    Text(String),
    /// A whole number.
    Whole(u64),
    /// A finite number.
    Real(f64),
    /// Yes or no.
    Flag(bool),
    /// A length of time, or an instant counted from the start.
    Span(SimSpan),
    /// An amount of data.
    Bytes(Bytes),
    /// A bandwidth.
    Rate(BitRate),
    /// An amount of money.
    Money(AttoFil),
    /// A share or probability.
    Share(Prob),
    /// Values of one kind.
    List(Vec<Value>),
}

impl Value {
    /// The value as a scenario writes it. Equal values have equal spellings, and the spelling reads
    /// back to the value.
    pub fn to_toml(&self) -> String {
        match self {
            // TOML promises whole numbers up to 2^63 - 1; larger seeds are written as text.
            Value::Whole(n) if *n > i64::MAX as u64 => quoted(&n.to_string()),
            Value::Whole(n) => n.to_string(),
            // Minus zero is no other number than zero.
            Value::Real(x) => format!("{:?}", x + 0.0),
            Value::Flag(flag) => flag.to_string(),
            Value::List(list) => {
                let items: Vec<_> = list.iter().map(Value::to_toml).collect();
                format!("[{}]", items.join(", "))
            }
            other => quoted(&other.words()),
        }
    }

    /// The value in words, for tables and messages: as in a file, without quotes.
    pub fn words(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Whole(n) => n.to_string(),
            Value::Span(span) => span.to_string(),
            Value::Bytes(bytes) => bytes.to_string(),
            Value::Rate(rate) => rate.to_string(),
            Value::Money(amount) => amount.to_string(),
            Value::Share(share) => share.to_string(),
            Value::List(list) => list.iter().map(Value::words).collect::<Vec<_>>().join(" "),
            Value::Real(_) | Value::Flag(_) => self.to_toml(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_above_what_toml_promises_is_written_as_text() {
        assert_eq!(Value::Whole(u64::MAX).to_toml(), "\"18446744073709551615\"");
        assert_eq!(Value::Whole(7).to_toml(), "7");
    }

    #[test]
    fn quantities_are_written_with_their_unit() {
        assert_eq!(Value::Span(SimSpan::from_days(30)).to_toml(), "\"30 days\"");
        assert_eq!(Value::List(vec![Value::Real(3.0), Value::Real(0.5)]).to_toml(), "[3.0, 0.5]");
    }
}
