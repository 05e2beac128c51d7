//! Typed columns of one table, by name.
//!
//! Text is dictionary-encoded, times stay whole nanoseconds (so that ties are ties), and an empty
//! field of an optional column is told apart from zero. Only the columns asked for are kept.

use crate::error::AnalysisError;
use csv::ByteRecord;
use sim_core::record::manifest::{ColumnEntry, TableEntry};
use sim_core::record::schema::Kind;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Some columns of a table, all of the same length.
#[derive(Debug)]
pub struct Frame {
    table: String,
    rows: usize,
    columns: BTreeMap<String, Column>,
    declared: Vec<ColumnEntry>,
}

/// One column: its values and, for an optional one, which of them are there.
#[derive(Debug)]
struct Column {
    values: Values,
    /// `None` when every field has a value.
    present: Option<Vec<bool>>,
}

#[derive(Debug)]
enum Values {
    Text(Text),
    Count(Vec<u64>),
    Amount(Vec<i128>),
    /// Whole nanoseconds, and how many of them make one unit of the column.
    Time(Vec<u64>, u64),
    Real(Vec<f64>),
    Flag(Vec<bool>),
}

/// A text column: for each row a code, for each code its text, in order of first appearance.
#[derive(Debug, Default)]
pub struct Text {
    codes: Vec<u32>,
    words: Vec<String>,
    lookup: BTreeMap<String, u32>,
}

/// A numeric view of a column, in the column's own unit.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a>(&'a Column);

/// A view of a column of times, in whole nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    values: &'a [u64],
    present: Option<&'a [bool]>,
}

impl Text {
    /// Code of the row's text.
    pub fn code(&self, row: usize) -> u32 {
        self.codes[row]
    }

    /// The row's text.
    pub fn get(&self, row: usize) -> &str {
        &self.words[self.codes[row] as usize]
    }

    /// The distinct texts, in order of first appearance: a code is a position here.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    fn push(&mut self, word: &str) {
        if let Some(&last) = self.codes.last()
            && self.words[last as usize] == word
        {
            self.codes.push(last);
            return;
        }
        let code = match self.lookup.get(word) {
            Some(&code) => code,
            None => {
                let code = u32::try_from(self.words.len()).expect("a table has fewer than 2^32 rows");
                self.words.push(word.to_owned());
                self.lookup.insert(word.to_owned(), code);
                code
            }
        };
        self.codes.push(code);
    }
}

impl Numbers<'_> {
    /// The row's number, if it has one.
    pub fn get(&self, row: usize) -> Option<f64> {
        if self.0.present.as_ref().is_some_and(|present| !present[row]) {
            return None;
        }
        match &self.0.values {
            Values::Count(values) => Some(values[row] as f64),
            Values::Amount(values) => Some(values[row] as f64),
            Values::Time(values, unit) => Some(values[row] as f64 / *unit as f64),
            Values::Real(values) => Some(values[row]),
            Values::Text(_) | Values::Flag(_) => unreachable!("Frame::numbers gives numeric columns only"),
        }
    }
}

impl Times<'_> {
    /// The row's time in nanoseconds, if it has one.
    pub fn get(&self, row: usize) -> Option<u64> {
        match self.present {
            Some(present) if !present[row] => None,
            _ => Some(self.values[row]),
        }
    }
}

impl Frame {
    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Name of the table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The column `name` as text. A column of whole numbers (an object's number) serves as well.
    ///
    /// # Errors
    /// If it was not read or is of another kind.
    pub fn text(&self, name: &str) -> Result<&Text, AnalysisError> {
        match self.columns.get(name).map(|column| &column.values) {
            Some(Values::Text(text)) => Ok(text),
            _ => Err(self.no_column(name, "text")),
        }
    }

    /// The column `name` as numbers: counts, times in the column's unit, or reals.
    ///
    /// # Errors
    /// If it was not read or is not numeric.
    pub fn numbers(&self, name: &str) -> Result<Numbers<'_>, AnalysisError> {
        match self.columns.get(name) {
            Some(column) if !matches!(column.values, Values::Text(_) | Values::Flag(_)) => {
                Ok(Numbers(column))
            }
            _ => Err(self.no_column(name, "numbers")),
        }
    }

    /// The column `name` as whole numbers; an empty field reads as zero.
    ///
    /// # Errors
    /// If it was not read or is of another kind.
    pub fn counts(&self, name: &str) -> Result<&[u64], AnalysisError> {
        match self.columns.get(name).map(|column| &column.values) {
            Some(Values::Count(values)) => Ok(values),
            _ => Err(self.no_column(name, "whole numbers")),
        }
    }

    /// The column `name` as times in nanoseconds.
    ///
    /// # Errors
    /// If it was not read or is of another kind.
    pub fn times(&self, name: &str) -> Result<Times<'_>, AnalysisError> {
        match self.columns.get(name) {
            Some(Column { values: Values::Time(values, _), present }) => {
                Ok(Times { values, present: present.as_deref() })
            }
            _ => Err(self.no_column(name, "times")),
        }
    }

    /// The column `name` as flags; an empty field reads as false.
    ///
    /// # Errors
    /// If it was not read or is of another kind.
    pub fn flags(&self, name: &str) -> Result<&[bool], AnalysisError> {
        match self.columns.get(name).map(|column| &column.values) {
            Some(Values::Flag(values)) => Ok(values),
            _ => Err(self.no_column(name, "flags")),
        }
    }

    fn no_column(&self, column: &str, wanted: &'static str) -> AnalysisError {
        no_column(&self.table, &self.declared, column, wanted)
    }

    /// Parses the bytes of a table's file, keeping the columns called `wanted`. The bytes have been
    /// checked against `entry` before.
    pub(crate) fn parse(
        path: &Path,
        bytes: &[u8],
        entry: &TableEntry,
        wanted: &[&str],
    ) -> Result<Self, AnalysisError> {
        let mut parsers = Vec::with_capacity(wanted.len());
        for &name in wanted {
            let position = entry.columns.iter().position(|column| column.name == name);
            let position =
                position.ok_or_else(|| no_column(&entry.name, &entry.columns, name, "any kind"))?;
            parsers.push(Parser::new(position, &entry.columns[position], entry.rows as usize));
        }
        let mut reader = csv::Reader::from_reader(bytes);
        let mut record = ByteRecord::new();
        let mut rows = 0;
        while reader.read_byte_record(&mut record).map_err(|error| mismatch(path, error.to_string()))? {
            rows += 1;
            for parser in &mut parsers {
                parser.push(&record[parser.position]).map_err(|wanted| AnalysisError::Field {
                    path: path.to_path_buf(),
                    row: rows as u64,
                    column: parser.entry.name.clone(),
                    found: String::from_utf8_lossy(&record[parser.position]).into_owned(),
                    wanted,
                })?;
            }
        }
        let columns = parsers.into_iter().map(|p| (p.entry.name.clone(), p.finish())).collect();
        Ok(Frame { table: entry.name.clone(), rows, columns, declared: entry.columns.clone() })
    }
}

/// Reads the fields of one column.
struct Parser<'a> {
    position: usize,
    entry: &'a ColumnEntry,
    column: Column,
    present: Vec<bool>,
}

impl<'a> Parser<'a> {
    fn new(position: usize, entry: &'a ColumnEntry, rows: usize) -> Self {
        let values = match entry.kind {
            Kind::Text => Values::Text(Text { codes: Vec::with_capacity(rows), ..Text::default() }),
            // Whoever numbers objects instead of naming them gets the numbers as names.
            Kind::Count if entry.name == "object" => Values::Text(Text::default()),
            Kind::Count => Values::Count(Vec::with_capacity(rows)),
            Kind::Amount => Values::Amount(Vec::with_capacity(rows)),
            Kind::Seconds => Values::Time(Vec::with_capacity(rows), 1_000_000_000),
            Kind::Millis => Values::Time(Vec::with_capacity(rows), 1_000_000),
            Kind::Real => Values::Real(Vec::with_capacity(rows)),
            Kind::Flag => Values::Flag(Vec::with_capacity(rows)),
        };
        Parser { position, entry, column: Column { values, present: None }, present: Vec::new() }
    }

    /// Takes one field; the error says what was wanted.
    fn push(&mut self, field: &[u8]) -> Result<(), &'static str> {
        let text = std::str::from_utf8(field).map_err(|_| "UTF-8 text")?;
        let empty = text.is_empty() && self.entry.kind != Kind::Text;
        if empty && !self.entry.optional {
            return Err("a value: the column is not optional");
        }
        if self.entry.optional {
            self.present.push(!text.is_empty());
        }
        match &mut self.column.values {
            Values::Text(column) => column.push(text),
            Values::Count(column) if empty => column.push(0),
            Values::Count(column) => column.push(text.parse().map_err(|_| "a whole number")?),
            Values::Amount(column) if empty => column.push(0),
            Values::Amount(column) => column.push(text.parse().map_err(|_| "a whole number")?),
            Values::Time(column, _) if empty => column.push(0),
            Values::Time(column, unit) => {
                column.push(parse_nanos(text, *unit).ok_or("a time in exact decimals")?);
            }
            Values::Real(column) if empty => column.push(0.0),
            Values::Real(column) => {
                let value: f64 = text.parse().map_err(|_| "a number")?;
                if !value.is_finite() {
                    return Err("a finite number");
                }
                column.push(value);
            }
            Values::Flag(column) => column.push(match text {
                "true" => true,
                "false" => false,
                "" if empty => false,
                _ => return Err("`true` or `false`"),
            }),
        }
        Ok(())
    }

    fn finish(mut self) -> Column {
        if self.present.contains(&false) {
            self.column.present = Some(self.present);
        }
        self.column
    }
}

/// Whole nanoseconds of an exact decimal number of units of `unit` nanoseconds each (a power of ten).
pub(crate) fn parse_nanos(text: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let mut nanos = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.bytes() {
        place /= 10;
        if place == 0 {
            return None;
        }
        nanos = nanos.checked_add(u64::from(digit - b'0') * place)?;
    }
    Some(nanos)
}

pub(crate) fn mismatch(path: &Path, reason: String) -> AnalysisError {
    AnalysisError::Mismatch { path: PathBuf::from(path), reason }
}

fn no_column(table: &str, declared: &[ColumnEntry], column: &str, wanted: &'static str) -> AnalysisError {
    let known = declared.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    AnalysisError::NoColumn { table: table.into(), column: column.into(), wanted, known }
}

#[cfg(test)]
mod tests {
    use super::parse_nanos;

    #[test]
    fn times_are_read_exactly_or_not_at_all() {
        assert_eq!(parse_nanos("1.500000001", 1_000_000_000), Some(1_500_000_001));
        assert_eq!(parse_nanos("0", 1_000_000_000), Some(0));
        assert_eq!(parse_nanos("2.000001", 1_000_000), Some(2_000_001));
        for bad in ["", ".5", "-1", "1e3", "1.0000000001", "18446744074", "1,5", "NaN"] {
            assert_eq!(parse_nanos(bad, 1_000_000_000), None, "{bad}");
        }
    }
}
