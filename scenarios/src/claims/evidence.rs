//! What a measure may look at: the values of the claim's scenario, and the tables of its cells.

use crate::values::Values;
use sim_core::record::csv::{CsvTable, CsvTables};

/// Tables and values of one claim.
pub(super) struct Evidence<'a> {
    /// Checked values of the scenario.
    pub values: &'a Values,
    /// Tables of each cell, in order.
    pub cells: Vec<Frame<'a>>,
}

/// The tables of one cell.
pub(super) struct Frame<'a> {
    tables: &'a CsvTables,
}

impl<'a> Frame<'a> {
    /// The tables of a cell.
    pub(super) fn of_cell(tables: &'a CsvTables) -> Self {
        Frame { tables }
    }

    /// The rows of a table.
    ///
    /// # Panics
    /// If there is no such table: a mistake in a measure.
    pub(super) fn rows(&self, table: &str) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let table = self.tables.get(table).unwrap_or_else(|| panic!("no table {table}"));
        table.body().lines().map(move |line| Row { table, fields: line.split(',').collect() })
    }
}

/// One row of a table. The text fields that measures read hold neither commas nor quotes.
pub(super) struct Row<'a> {
    table: &'a CsvTable,
    fields: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// All fields, in order of the columns.
    pub(super) fn fields(&self) -> &[&'a str] {
        &self.fields
    }

    /// A field as text.
    ///
    /// # Panics
    /// If there is no such column: a mistake in a measure.
    pub(super) fn text(&self, column: &str) -> &'a str {
        let name = self.table.schema.name;
        let position =
            self.table.schema.column(column).unwrap_or_else(|| panic!("no column {name}.{column}"));
        self.fields[position]
    }

    /// A field as a number; an empty field is nothing.
    ///
    /// # Panics
    /// If the field is no number: a mistake in a measure.
    pub(super) fn number(&self, column: &str) -> Option<f64> {
        match self.text(column) {
            "" => None,
            text => Some(text.parse().unwrap_or_else(|_| panic!("{column} = {text:?} is no number"))),
        }
    }

    /// A number that is always there.
    ///
    /// # Panics
    /// If the field is empty or no number: a mistake in a measure.
    pub(super) fn value(&self, column: &str) -> f64 {
        self.number(column).unwrap_or_else(|| panic!("{column} is empty"))
    }
}

impl Evidence<'_> {
    /// The sum of a column over all cells and the rows that are wanted.
    pub(super) fn sum(&self, table: &str, column: &str, wanted: impl Fn(&Row<'_>) -> bool) -> f64 {
        self.cells
            .iter()
            .flat_map(|cell| cell.rows(table))
            .filter(|row| wanted(row))
            .map(|row| row.number(column).unwrap_or(0.0))
            .sum()
    }
}
