//! Values as they stand in a file, before anybody asks whether they are right.

use crate::path::quoted;
use toml::de::{DeInteger, DeValue};

/// Characters of a text that a message shows.
const SHOWN: usize = 60;

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// A string.
    Text(String),
    /// A whole number.
    Whole(i128),
    /// A whole number beyond 128 bits.
    Huge(String),
    /// A float, as written and as read.
    Real {
        /// As written.
        text: String,
        /// As read; may be NaN or infinite.
        value: f64,
    },
    /// `true` or `false`.
    Flag(bool),
    /// A date, a time, or both.
    Date(String),
    /// A list.
    List(Vec<Raw>),
    /// A table, where a value was expected.
    Table,
}

impl Raw {
    /// The value that the parser read.
    pub fn from_toml(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Raw::Text(text.to_string()),
            DeValue::Integer(number) => whole(number),
            DeValue::Float(number) => {
                let text = number.as_str();
                // An overflow reads as infinity, which no key accepts.
                Raw::Real { text: text.into(), value: text.parse().unwrap_or(f64::NAN) }
            }
            DeValue::Boolean(flag) => Raw::Flag(*flag),
            DeValue::Datetime(date) => Raw::Date(date.to_string()),
            DeValue::Array(items) => {
                Raw::List(items.iter().map(|item| Raw::from_toml(item.get_ref())).collect())
            }
            DeValue::Table(_) => Raw::Table,
        }
    }

    /// A value from words without quotes: TOML where it is TOML, else text.
    pub fn from_words(words: &str) -> Self {
        match DeValue::parse(words.trim()) {
            Ok(value) => Raw::from_toml(value.get_ref()),
            Err(_) => Raw::Text(words.to_string()),
        }
    }

    /// The value as a message shows it after "got".
    pub fn found(&self) -> String {
        match self {
            Raw::Text(text) => {
                let short: String = text.chars().take(SHOWN).collect();
                let more = if text.chars().count() > SHOWN { "..." } else { "" };
                format!("{}{more}", quoted(&short))
            }
            Raw::Whole(n) => n.to_string(),
            Raw::Huge(text) | Raw::Real { text, .. } => text.chars().take(SHOWN).collect(),
            Raw::Flag(flag) => flag.to_string(),
            Raw::Date(text) => format!("the date {text}"),
            Raw::List(items) if items.is_empty() => "an empty list".into(),
            Raw::List(items) => format!("a list of {}", items.len()),
            Raw::Table => "a table".into(),
        }
    }
}

fn whole(number: &DeInteger<'_>) -> Raw {
    match i128::from_str_radix(number.as_str(), number.radix()) {
        Ok(n) => Raw::Whole(n),
        Err(_) => Raw::Huge(number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_toml_where_they_can_be() {
        assert_eq!(Raw::from_words("3"), Raw::Whole(3));
        assert_eq!(Raw::from_words("0x10"), Raw::Whole(16));
        assert_eq!(Raw::from_words("true"), Raw::Flag(true));
        assert_eq!(Raw::from_words("30 days"), Raw::Text("30 days".into()));
        assert_eq!(Raw::from_words("\"a b\""), Raw::Text("a b".into()));
        assert_eq!(Raw::from_words("[1, 2]"), Raw::List(vec![Raw::Whole(1), Raw::Whole(2)]));
    }

    #[test]
    fn a_float_that_overflows_is_infinite() {
        let Raw::Real { value, .. } = Raw::from_words("1e400") else { panic!("a float") };
        assert!(value.is_infinite());
    }
}
