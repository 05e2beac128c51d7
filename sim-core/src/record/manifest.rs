//! `manifest.json`: what was run, so that a folder explains itself.
//!
//! It is the contract between whoever runs and whoever reads: `analysis` learns columns, units,
//! cells and plots from it and from nothing else. It holds no time of day, no host and no path of a
//! machine: two runs of the same thing give the same bytes.

use super::schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the folder's layout. A reader refuses another one by name.
pub const SCHEMA: u32 = 1;

/// The whole manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the folder's layout, [`SCHEMA`].
    pub schema: u32,
    /// Name of the program that wrote it.
    pub program: String,
    /// Version of that program.
    pub version: String,
    /// Version of generator and samplers, [`crate::draws::VERSION`].
    pub rng: String,
    /// Hash of resolved scenario, seed and version: the tail of the folder's name.
    pub run_id: String,
    /// The scenario's name.
    pub scenario: String,
    /// The question that the scenario answers.
    pub question: String,
    /// The outcome that would surprise.
    pub surprise: String,
    /// The scenario's seed.
    pub seed: u64,
    /// Virtual length of each cell, in exact decimal seconds.
    pub duration_s: String,
    /// Replicates of every arm and grid point.
    pub replicates: u32,
    /// Level of run-time checks: `every`, `sampled` or `off`.
    pub check: String,
    /// Named fidelities and scale factors in force, such as `content_shrink` or `dht_refresh`.
    pub fidelity: BTreeMap<String, String>,
    /// False when a budget ended the run early: what was finished is here.
    pub complete: bool,
    /// Every cell in order: arms, then grid points, then replicates.
    pub cells: Vec<Cell>,
    /// Every merged table.
    pub tables: Vec<TableEntry>,
    /// The metrics that were recorded, with their units and docs.
    pub metrics: Vec<MetricEntry>,
    /// The figures that the scenario asks for.
    pub plots: Vec<PlotSpec>,
    /// The user's own files that were imported.
    pub sources: Vec<Source>,
}

/// One run of one arm at one grid point with one replicate number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Folder under `cells/`: `<arm>-<grid point>-<replicate>`.
    pub name: String,
    /// Arm, `base` if the scenario names none.
    pub arm: String,
    /// Number of the grid point, 0 when there is no grid.
    pub point: u32,
    /// The grid point's keys and values, in the order of the scenario's `[grid]`.
    pub grid: Vec<(String, String)>,
    /// Replicate number from 0.
    pub replicate: u32,
    /// Seed of this run, derived from scenario seed and replicate.
    pub seed: u64,
    /// Rolling digest of all dispatched events, 32 hexadecimal digits.
    pub digest: String,
    /// Dispatched events.
    pub events: u64,
}

/// One table of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableEntry {
    /// Name, as in [`schema::Table::name`].
    pub name: String,
    /// Path inside the folder.
    pub file: String,
    /// Rows without the header.
    pub rows: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// What a row is, and the order of rows.
    pub doc: String,
    /// Columns in file order.
    pub columns: Vec<ColumnEntry>,
}

/// One column, as declared in [`schema::Column`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnEntry {
    /// Header.
    pub name: String,
    /// Unit, empty for none.
    pub unit: String,
    /// How values are written.
    pub kind: schema::Kind,
    /// Whether a field may be empty.
    pub optional: bool,
    /// What it says.
    pub doc: String,
}

/// One recorded metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricEntry {
    /// Name in tables and plots.
    pub name: String,
    /// Words for an axis or a table head.
    pub label: String,
    /// Unit, empty for none.
    pub unit: String,
    /// What it measures and how.
    pub doc: String,
}

/// One figure: a kind and what it needs to know. Which fields a kind reads is said in its entry of
/// the table of plots in `analysis`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlotSpec {
    /// File stem of the figure.
    pub name: String,
    /// Kind of plot.
    pub kind: String,
    /// Heading; made from kind and metric when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Metric or column shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub metric: String,
    /// Grid key on the x axis, for kinds that need one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub x: String,
    /// Object group or node group to restrict to; all when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Arms to show; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arms: Vec<String>,
    /// Whether the x axis is logarithmic.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log_x: bool,
}

/// A user's file or folder that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Object group that was made from it.
    pub object: String,
    /// Path as written in the scenario.
    pub path: String,
    /// Bytes of all files.
    pub size_bytes: u64,
    /// SHA-256 over the content (a folder: over its sorted names and contents).
    pub sha256: String,
    /// Root CID of the imported DAG.
    pub root_cid: String,
}

impl TableEntry {
    /// The entry of `table`, stored at `file`.
    pub fn describe(table: &schema::Table, file: String, rows: u64, sha256: String) -> Self {
        let columns = table.columns.iter().map(ColumnEntry::describe).collect();
        TableEntry { name: table.name.into(), file, rows, sha256, doc: table.doc.into(), columns }
    }
}

impl ColumnEntry {
    fn describe(column: &schema::Column) -> Self {
        ColumnEntry {
            name: column.name.into(),
            unit: column.unit.into(),
            kind: column.kind,
            optional: column.optional,
            doc: column.doc.into(),
        }
    }
}

impl Manifest {
    /// The manifest as the bytes of `manifest.json`: two-space indent, a line end at the end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a manifest has only string keys");
        text.push('\n');
        text
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// If the text is no manifest or its layout version is another one.
    pub fn from_json(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let version: Version = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if version.schema != SCHEMA {
            return Err(format!(
                "run folder of layout {}, this program reads layout {SCHEMA}",
                version.schema
            ));
        }
        serde_json::from_str(text).map_err(|e| e.to_string())
    }
}
