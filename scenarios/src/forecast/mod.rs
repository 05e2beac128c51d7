//! `lastcopy forecast`: files of the macro model, from TOML to tables.
//!
//! ```text
//! keys   every input, declared once     read   file and --set -> a Plan, or all that is wrong
//! table  a forecast as CSV or JSON      docs   inputs and series in words, and as a JSON Schema
//! date   the calendar of rows
//! ```
//!
//! A forecast file is no scenario: it has one table, `[forecast]`, with the inputs of mechaFIL under their own names.
//! The model itself is [`models::filecoin::forecast`].

pub mod date;
pub mod docs;
pub mod keys;
mod read;
pub mod table;

pub use read::{Plan, read};
