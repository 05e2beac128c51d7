//! What a run leaves behind: tables with a declared schema, a manifest, and nothing half-written.
//!
//! A [`Recorder`] takes rows while a run goes on; [`csv::CsvTables`] turns them into the bytes of
//! files. [`folder`] puts a finished folder in place, whole or not at all.

pub mod csv;
pub mod folder;
pub mod manifest;
pub mod schema;

use crate::time::{SimSpan, SimTime};

/// One field of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing to say: an empty field, allowed in optional columns only.
    Empty,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Count(u64),
    /// A whole number of any sign, in a column of amounts.
    Amount(i128),
    /// An instant, in a column of seconds.
    At(SimTime),
    /// A length of time, in a column of seconds or milliseconds.
    Span(SimSpan),
    /// A float; NaN and infinities are refused.
    Real(f64),
    /// Yes or no.
    Flag(bool),
}

/// Takes the rows of a run.
pub trait Recorder {
    /// Adds a row to `table`. Values stand in the order of the table's columns.
    ///
    /// # Panics
    /// If the values do not fit the columns: that is a bug in the model.
    fn row(&mut self, table: &'static schema::Table, values: &[Value<'_>]);
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Value::Text(text)
    }
}

impl From<u64> for Value<'_> {
    fn from(count: u64) -> Self {
        Value::Count(count)
    }
}

impl From<u32> for Value<'_> {
    fn from(count: u32) -> Self {
        Value::Count(u64::from(count))
    }
}

impl From<usize> for Value<'_> {
    fn from(count: usize) -> Self {
        Value::Count(count as u64)
    }
}

impl From<i128> for Value<'_> {
    fn from(amount: i128) -> Self {
        Value::Amount(amount)
    }
}

impl From<SimTime> for Value<'_> {
    fn from(at: SimTime) -> Self {
        Value::At(at)
    }
}

impl From<SimSpan> for Value<'_> {
    fn from(span: SimSpan) -> Self {
        Value::Span(span)
    }
}

impl From<f64> for Value<'_> {
    fn from(real: f64) -> Self {
        Value::Real(real)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Empty, Into::into)
    }
}
