//! What can be wrong with a run folder or a wish for a figure; never a bug of this crate.

use std::io;
use std::path::PathBuf;

/// Why a folder could not be read, or a figure not drawn. Each message names the file or figure and
/// says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// A file of the folder cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason given by the system.
        source: io::Error,
    },
    /// `manifest.json` is none, or of another layout.
    #[error("{path} is not the manifest of a run: {reason}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The manifest names a table whose file is not in the folder.
    #[error(
        "table `{table}` should be in {path}, which does not exist: the folder is not whole; \
         copy it again or run the scenario again with --force"
    )]
    MissingTable {
        /// Table.
        table: String,
        /// The file that should be there.
        path: PathBuf,
    },
    /// A table's file is not the one that the manifest describes.
    #[error(
        "{path} is not what manifest.json describes: {reason}; it was changed after the run: \
         copy the folder again or run the scenario again with --force"
    )]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The difference.
        reason: String,
    },
    /// A field does not hold what its column declares.
    #[error("{path}, row {row}, column `{column}`: `{found}` is not {wanted}")]
    Field {
        /// The file.
        path: PathBuf,
        /// Row from 1, without the header.
        row: u64,
        /// Column.
        column: String,
        /// The field as written.
        found: String,
        /// What the column's kind asks for.
        wanted: &'static str,
    },
    /// A table that is needed is not in the manifest.
    #[error("this run has no table `{table}`, which is needed for {needed_for}; it has: {known}")]
    NoTable {
        /// Table.
        table: String,
        /// Who needs it.
        needed_for: String,
        /// The tables that are there.
        known: String,
    },
    /// A table lacks a column, or has it with another kind.
    #[error("table `{table}` has no column `{column}` of {wanted}; its columns: {known}")]
    NoColumn {
        /// Table.
        table: String,
        /// Column.
        column: String,
        /// Kind that is needed.
        wanted: &'static str,
        /// The columns that are there.
        known: String,
    },
    /// A row belongs to a cell that the manifest does not list.
    #[error(
        "table `{table}`, row {row}: arm `{arm}`, point {point}, replicate {replicate} is no cell of this run"
    )]
    NoCell {
        /// Table.
        table: String,
        /// Row from 1, without the header.
        row: u64,
        /// Arm.
        arm: String,
        /// Grid point.
        point: u64,
        /// Replicate.
        replicate: u64,
    },
    /// An object that the run does not have.
    #[error("this run has no object `{object}`; it has {}", .known.first().map_or("none".into(), |first| match .known.len() {
        1 => format!("`{first}`"),
        n => format!("{n}, such as `{first}`"),
    }))]
    NoObject {
        /// The name or CID asked for.
        object: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// An object that is in the run, but not in that cell.
    #[error("cell `{cell}` has no object `{object}`; other cells of this run have: leave out --cell")]
    NotInCell {
        /// Its name.
        object: String,
        /// The cell asked for.
        cell: String,
    },
    /// A cell that the run does not have.
    #[error("this run has no cell `{cell}`; cells: {}", .known.join(", "))]
    NoSuchCell {
        /// The name asked for.
        cell: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A figure of a kind that does not exist.
    #[error("figure `{figure}`: there is no plot kind `{kind}`; kinds: {known}")]
    UnknownPlot {
        /// Figure.
        figure: String,
        /// The unknown kind.
        kind: String,
        /// The kinds there are.
        known: String,
    },
    /// A figure lacks something its kind needs, or names what does not exist.
    #[error("figure `{figure}` (kind `{kind}`): {reason}")]
    BadPlot {
        /// Figure.
        figure: String,
        /// Kind.
        kind: String,
        /// What is missing or unknown, and what there is.
        reason: String,
    },
    /// There is nothing to show: an empty picture is not drawn.
    #[error("figure `{figure}` was not drawn: {reason}")]
    NothingToDraw {
        /// Figure.
        figure: String,
        /// Why there is nothing.
        reason: String,
    },
    /// A result cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason given by the system.
        source: io::Error,
    },
}
