//! A run folder, opened: its manifest, its cells, and its tables on demand.
//!
//! [`Run::open`] compares every table with the manifest (path, header, rows, SHA-256) and refuses a
//! folder whose parts disagree, before a number is made from it. Tables are parsed when asked for, and
//! only the columns asked for.

use crate::error::AnalysisError;
use crate::frame::{Frame, mismatch, parse_nanos};
use crate::summary::Summary;
use sim_core::record::folder::sha256_hex;
use sim_core::record::manifest::{Manifest, TableEntry};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// The prefix columns that every merged table has before its own.
pub const PREFIX: [&str; 3] = ["arm", "point", "replicate"];

/// An opened run folder.
#[derive(Debug)]
pub struct Run {
    folder: PathBuf,
    manifest: Manifest,
    cases: Vec<Case>,
    case_of_cell: Vec<usize>,
    cell_of: BTreeMap<(String, u64, u64), usize>,
    horizon: u64,
    summary: OnceLock<Summary>,
}

/// What is compared: one arm at one grid point, with all its replicates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Arm.
    pub arm: String,
    /// Number of the grid point.
    pub point: u32,
    /// The grid point's keys and values, in the scenario's order.
    pub grid: Vec<(String, String)>,
    /// Positions of its cells in the manifest, in replicate order.
    pub cells: Vec<usize>,
}

impl Case {
    /// The grid point's value of a key.
    pub fn value(&self, key: &str) -> Option<&String> {
        self.grid.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }
}

impl Run {
    /// Opens the folder and checks it against its manifest.
    ///
    /// # Errors
    /// If the manifest cannot be read, or a table is missing or not the one described.
    pub fn open(folder: &Path) -> Result<Self, AnalysisError> {
        let path = folder.join("manifest.json");
        let text =
            fs::read_to_string(&path).map_err(|source| AnalysisError::Read { path: path.clone(), source })?;
        let bad = |reason| AnalysisError::Manifest { path: path.clone(), reason };
        let manifest = Manifest::from_json(&text).map_err(bad)?;
        let horizon = parse_nanos(&manifest.duration_s, 1_000_000_000)
            .ok_or_else(|| bad(format!("duration_s `{}` is no time", manifest.duration_s)))?;
        for entry in &manifest.tables {
            let stays_inside =
                Path::new(&entry.file).components().all(|part| matches!(part, Component::Normal(_)));
            if !stays_inside {
                return Err(bad(format!("table `{}` lies outside the folder: {}", entry.name, entry.file)));
            }
            verify(folder, entry)?;
        }
        let mut cases: Vec<Case> = Vec::new();
        let mut case_of_cell = Vec::new();
        let mut cell_of = BTreeMap::new();
        for (position, cell) in manifest.cells.iter().enumerate() {
            let key = (cell.arm.clone(), u64::from(cell.point), u64::from(cell.replicate));
            if cell_of.insert(key, position).is_some() {
                return Err(bad(format!("cell `{}` is listed twice", cell.name)));
            }
            let known = cases.iter().position(|case| case.arm == cell.arm && case.point == cell.point);
            let case = known.unwrap_or_else(|| {
                let (arm, grid) = (cell.arm.clone(), cell.grid.clone());
                cases.push(Case { arm, point: cell.point, grid, cells: Vec::new() });
                cases.len() - 1
            });
            cases[case].cells.push(position);
            case_of_cell.push(case);
        }
        let folder = folder.to_path_buf();
        Ok(Run { folder, manifest, cases, case_of_cell, cell_of, horizon, summary: OnceLock::new() })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Virtual length of each cell, in nanoseconds.
    pub fn horizon(&self) -> u64 {
        self.horizon
    }

    /// Arms at grid points, in the manifest's order.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Position among [`Run::cases`] of the manifest's cell at `cell`.
    pub fn case_of(&self, cell: usize) -> usize {
        self.case_of_cell[cell]
    }

    /// Words for a case, as short as they can be: the arm if there are several, and the grid keys whose
    /// values differ; empty for the only case.
    pub fn label(&self, case: &Case) -> String {
        let mut words = Vec::new();
        if self.cases.iter().any(|other| other.arm != case.arm) {
            words.push(case.arm.clone());
        }
        for (key, value) in &case.grid {
            if self.cases.iter().any(|other| other.value(key) != Some(value)) {
                words.push(format!("{} = {value}", last_part(key)));
            }
        }
        words.join(", ")
    }

    /// The entry of a table, if the run has it.
    pub fn entry(&self, table: &str) -> Option<&TableEntry> {
        self.manifest.tables.iter().find(|entry| entry.name == table)
    }

    /// Reads the named columns of a table; `Ok(None)` if the run does not have the table.
    ///
    /// # Errors
    /// If the table lacks one of the columns or a field is not what its column declares.
    pub fn read(&self, table: &str, columns: &[&str]) -> Result<Option<Frame>, AnalysisError> {
        let Some(entry) = self.entry(table) else {
            return Ok(None);
        };
        let path = self.folder.join(&entry.file);
        let bytes = fs::read(&path).map_err(|source| AnalysisError::Read { path: path.clone(), source })?;
        Frame::parse(&path, &bytes, entry, columns).map(Some)
    }

    /// For each row of a frame that was read with the [`PREFIX`] columns: the position of its cell in
    /// the manifest.
    ///
    /// # Errors
    /// If a row belongs to no cell of the manifest.
    pub fn cells_of(&self, frame: &Frame) -> Result<Vec<u32>, AnalysisError> {
        let arms = frame.text("arm")?;
        let (points, replicates) = (frame.counts("point")?, frame.counts("replicate")?);
        let mut cells: Vec<u32> = Vec::with_capacity(frame.rows());
        // Rows come in cell order: the last answer is nearly always the next one.
        let mut last = None;
        for row in 0..frame.rows() {
            let key = (arms.code(row), points[row], replicates[row]);
            let cell = match last {
                Some((known, cell)) if known == key => cell,
                _ => {
                    let name = (arms.get(row).to_owned(), points[row], replicates[row]);
                    let Some(&cell) = self.cell_of.get(&name) else {
                        let (arm, point, replicate) = name;
                        let table = frame.table().to_owned();
                        return Err(AnalysisError::NoCell {
                            table,
                            row: row as u64 + 1,
                            arm,
                            point,
                            replicate,
                        });
                    };
                    cell as u32
                }
            };
            last = Some((key, cell));
            cells.push(cell);
        }
        Ok(cells)
    }

    /// The headline numbers; made once, at the first call.
    ///
    /// # Errors
    /// If a table that is there cannot be read as declared.
    pub fn summary(&self) -> Result<&Summary, AnalysisError> {
        if let Some(summary) = self.summary.get() {
            return Ok(summary);
        }
        let summary = crate::summary::summarise(self)?;
        Ok(self.summary.get_or_init(|| summary))
    }
}

/// The last part of a dotted scenario key: `population.cachers.count` is shown as `count`.
pub(crate) fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// Compares one table's file with its entry.
fn verify(folder: &Path, entry: &TableEntry) -> Result<(), AnalysisError> {
    let path = folder.join(&entry.file);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(AnalysisError::MissingTable { table: entry.name.clone(), path });
        }
        Err(source) => return Err(AnalysisError::Read { path, source }),
    };
    let header = entry.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(",");
    let found = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if found != header.as_bytes() {
        let found = String::from_utf8_lossy(found);
        return Err(mismatch(&path, format!("its header is `{found}`, described is `{header}`")));
    }
    let rows = count_lines(&bytes).saturating_sub(1);
    if rows != entry.rows {
        return Err(mismatch(&path, format!("it has {rows} rows, described are {}", entry.rows)));
    }
    let hash = sha256_hex(&[&bytes]);
    if hash != entry.sha256 {
        return Err(mismatch(&path, format!("its SHA-256 is {hash}, described is {}", entry.sha256)));
    }
    Ok(())
}

/// Records of a CSV file: line ends outside quotes.
fn count_lines(bytes: &[u8]) -> u64 {
    let mut quoted = false;
    let mut lines = 0;
    for &byte in bytes {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => lines += 1,
            _ => {}
        }
    }
    lines
}
