//! Tables as CSV: a header with units in the names, integers exact, `\n` line ends, UTF-8.
//!
//! Numbers are printed by one formatter: whole numbers as they are, times as exact decimals made
//! from whole nanoseconds, floats as the shortest decimal that reads back to the same value.

use super::schema::{Kind, Table};
use super::{Recorder, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Tables in memory, as the bytes their files will have.
#[derive(Default, Debug)]
pub struct CsvTables {
    tables: BTreeMap<&'static str, CsvTable>,
}

/// One table being written.
#[derive(Debug)]
pub struct CsvTable {
    /// Its declaration.
    pub schema: &'static Table,
    /// Rows so far, without the header.
    pub rows: u64,
    body: String,
}

impl CsvTables {
    /// No tables yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes sure that `table` exists, so that it gets a file even if no row ever comes.
    pub fn declare(&mut self, table: &'static Table) -> &mut CsvTable {
        self.tables.entry(table.name).or_insert_with(|| CsvTable::new(table))
    }

    /// All tables by name.
    pub fn iter(&self) -> impl Iterator<Item = &CsvTable> {
        self.tables.values()
    }

    /// The table called `name`.
    pub fn get(&self, name: &str) -> Option<&CsvTable> {
        self.tables.get(name)
    }

    /// Bytes held, for budgets on memory and output.
    pub fn bytes(&self) -> u64 {
        self.tables.values().map(|table| table.body.len() as u64).sum()
    }
}

impl Recorder for CsvTables {
    fn row(&mut self, table: &'static Table, values: &[Value<'_>]) {
        self.declare(table).push(values);
    }
}

impl CsvTable {
    fn new(schema: &'static Table) -> Self {
        CsvTable { schema, rows: 0, body: String::new() }
    }

    /// The header line, with `prefix` columns before the table's own.
    pub fn header(&self, prefix: &[&str]) -> String {
        let own = self.schema.columns.iter().map(|column| column.name);
        let mut line = prefix.iter().copied().chain(own).collect::<Vec<_>>().join(",");
        line.push('\n');
        line
    }

    /// The rows, one line each, without a header.
    pub fn body(&self) -> &str {
        &self.body
    }

    fn push(&mut self, values: &[Value<'_>]) {
        let columns = self.schema.columns;
        assert_eq!(values.len(), columns.len(), "table {}: a row of another width", self.schema.name);
        for (i, (column, value)) in columns.iter().zip(values).enumerate() {
            if i > 0 {
                self.body.push(',');
            }
            let fits = write_value(&mut self.body, column.kind, *value);
            let empty_allowed = column.optional && *value == Value::Empty;
            assert!(fits || empty_allowed, "{}.{}: {value:?} does not fit", self.schema.name, column.name);
        }
        self.body.push('\n');
        self.rows += 1;
    }
}

/// Writes one field; false if the value is not of the column's kind.
fn write_value(out: &mut String, kind: Kind, value: Value<'_>) -> bool {
    match (kind, value) {
        (Kind::Text, Value::Text(text)) => write_text(out, text),
        (Kind::Count, Value::Count(n)) => write!(out, "{n}").expect("a string takes all"),
        (Kind::Amount, Value::Amount(n)) => write!(out, "{n}").expect("a string takes all"),
        (Kind::Seconds, Value::At(at)) => write_decimal(out, at.as_nanos(), 9),
        (Kind::Seconds, Value::Span(span)) => write_decimal(out, span.as_nanos(), 9),
        (Kind::Millis, Value::Span(span)) => write_decimal(out, span.as_nanos(), 6),
        (Kind::Real, Value::Real(x)) if x.is_finite() => {
            // Minus zero is written as zero: it is no other number.
            write!(out, "{}", x + 0.0).expect("a string takes all");
        }
        (Kind::Flag, Value::Flag(flag)) => out.push_str(if flag { "true" } else { "false" }),
        _ => return false,
    }
    true
}

/// Text as CSV: quoted only when it has to be.
fn write_text(out: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// `value / 10^places`, exactly, without trailing zeros.
fn write_decimal(out: &mut String, value: u64, places: usize) {
    let unit = 10u64.pow(places as u32);
    let (whole, fraction) = (value / unit, value % unit);
    write!(out, "{whole}").expect("a string takes all");
    if fraction != 0 {
        let digits = format!("{fraction:0places$}");
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::Column;
    use super::*;
    use crate::time::{SimSpan, SimTime};

    static TOY: Table = Table {
        name: "toy",
        doc: "One row per toy.",
        columns: &[
            Column::text("name", "Name."),
            Column::seconds("at_s", "When.").or_empty(),
            Column::millis("wait_ms", "How long."),
            Column::real("share", "", "Share."),
        ],
    };

    #[test]
    fn numbers_are_exact_and_text_is_quoted_only_where_it_must_be() {
        let mut tables = CsvTables::new();
        tables.row(
            &TOY,
            &[
                "a,\"b\"".into(),
                SimTime::from_nanos(1_500_000_001).into(),
                SimSpan::from_nanos(2_000_001).into(),
                0.1.into(),
            ],
        );
        tables.row(&TOY, &["c".into(), Value::Empty, SimSpan::ZERO.into(), (-0.0).into()]);
        let table = tables.get("toy").expect("it has rows");
        assert_eq!(table.header(&["arm"]), "arm,name,at_s,wait_ms,share\n");
        assert_eq!(table.body(), "\"a,\"\"b\"\"\",1.500000001,2.000001,0.1\nc,,0,0\n");
    }

    #[test]
    #[should_panic(expected = "does not fit")]
    fn a_missing_value_in_a_required_column_is_a_bug() {
        CsvTables::new().row(&TOY, &[Value::Empty, Value::Empty, SimSpan::ZERO.into(), 1.0.into()]);
    }
}
