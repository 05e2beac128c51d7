//! What a table is: its columns, each with name, unit, kind, doc and source, declared once.
//!
//! The header of the file, the reference page and the label of an axis are all read from the same
//! [`Column`]. A column's unit is also the tail of its name (`ttfb_ms`, `until_s`), because a file
//! leaves the program without its schema.

use serde::{Deserialize, Serialize};

/// How the values of a column are written and read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// UTF-8 text; quoted as CSV asks.
    Text,
    /// A whole number, exact.
    Count,
    /// A whole number of up to 127 bits and a sign, exact: money, power.
    Amount,
    /// A length or instant of virtual time: exact decimal seconds made from whole nanoseconds.
    Seconds,
    /// Milliseconds, exact decimals made from whole nanoseconds.
    Millis,
    /// A 64-bit float, shortest decimal that reads back to the same value.
    Real,
    /// `true` or `false`.
    Flag,
}

/// One column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Header, with the unit at its end where there is one.
    pub name: &'static str,
    /// Unit for axes and docs: `"s"`, `"ms"`, `"B"`, `""` for none.
    pub unit: &'static str,
    /// How values are written.
    pub kind: Kind,
    /// Whether a field may be empty (no value: "not lost", "still running").
    pub optional: bool,
    /// What the column says, in one sentence.
    pub doc: &'static str,
}

/// One table: a file under `tables/`.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// File stem: `objects` is `tables/objects.csv`.
    pub name: &'static str,
    /// What a row is, and the order of the rows.
    pub doc: &'static str,
    /// The columns in file order.
    pub columns: &'static [Column],
}

impl Column {
    /// A required text column.
    pub const fn text(name: &'static str, doc: &'static str) -> Self {
        Column { name, unit: "", kind: Kind::Text, optional: false, doc }
    }

    /// A required whole-number column.
    pub const fn count(name: &'static str, unit: &'static str, doc: &'static str) -> Self {
        Column { name, unit, kind: Kind::Count, optional: false, doc }
    }

    /// A required column of whole numbers of any sign and size.
    pub const fn amount(name: &'static str, unit: &'static str, doc: &'static str) -> Self {
        Column { name, unit, kind: Kind::Amount, optional: false, doc }
    }

    /// A required column of virtual time in seconds.
    pub const fn seconds(name: &'static str, doc: &'static str) -> Self {
        Column { name, unit: "s", kind: Kind::Seconds, optional: false, doc }
    }

    /// A required column of virtual time in milliseconds.
    pub const fn millis(name: &'static str, doc: &'static str) -> Self {
        Column { name, unit: "ms", kind: Kind::Millis, optional: false, doc }
    }

    /// A required column of floats.
    pub const fn real(name: &'static str, unit: &'static str, doc: &'static str) -> Self {
        Column { name, unit, kind: Kind::Real, optional: false, doc }
    }

    /// The same column, whose fields may be empty.
    pub const fn or_empty(mut self) -> Self {
        self.optional = true;
        self
    }
}

impl Table {
    /// Position of the column called `name`.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}
