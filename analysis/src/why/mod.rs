//! Why an object was lost: its story copy by copy, and the losses of a whole run by cause.
//!
//! ```text
//! tables objects, copies, losses  --Story::of-->   one object: who had it, how it came, how it went, what would have kept it
//! table losses                    --Losses::of-->  every loss of a run, counted by cause
//! ```
//!
//! An object is one of IPFS, or a piece of data that only sectors of miners had (table `stored_data`).
//!
//! Causes and remedies are recorded by the run at the instant (table `copies`, table `losses`); nothing is guessed here.
//! [`causes`] has them in words. Both results are values for `--json` and write themselves as text.

pub mod causes;
mod copies;
mod losses;
mod words;

pub use copies::CopyRow;
pub use losses::{ByCause, CaseLosses, Losses};

use crate::error::AnalysisError;
use crate::frame::Frame;
use crate::load::{PREFIX, Run};
use serde::Serialize;

/// What became of one object in every cell of a run, or in one.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    /// Its name, `group/number`.
    pub object: String,
    /// One entry a cell, in the manifest's order.
    pub fates: Vec<Fate>,
}

/// What became of an object in one cell. Times are seconds of virtual time.
#[derive(Clone, Debug, Serialize)]
pub struct Fate {
    /// Name of the cell.
    pub cell: String,
    /// CID of its root; empty for data in sectors.
    pub root_cid: String,
    /// Nominal bytes of payload.
    pub size_bytes: u64,
    /// Who publishes it; for data in sectors the group of whoever wants it kept.
    pub stored_by: String,
    /// When it was published, or a sector first had it, if ever.
    pub published_s: Option<f64>,
    /// Rung at the end.
    pub rung: String,
    /// Whole copies at the end.
    pub copies_end: u64,
    /// Time with at most one copy.
    pub exposure_s: f64,
    /// Reads issued.
    pub reads: u64,
    /// Reads that ended well.
    pub reads_ok: u64,
    /// How it was lost, if it was.
    pub loss: Option<Loss>,
    /// Its copies, in the order in which they ended; those that are still there at the end.
    pub copies: Vec<CopyRow>,
}

/// How an object was lost.
#[derive(Clone, Debug, Serialize)]
pub struct Loss {
    /// When.
    pub lost_s: f64,
    /// Whose copy was the last.
    pub last_holder: String,
    /// How that went.
    pub cause: String,
    /// The scenario's key that decided it.
    pub cause_key: String,
    /// Whether its owner deleted it.
    pub deliberate: bool,
    /// Copies fetched by others.
    pub fetched: u64,
    /// How the earlier copies went.
    pub earlier_causes: String,
    /// When it last was online.
    pub online_until_s: Option<f64>,
    /// When a read last ended well.
    pub last_read_s: Option<f64>,
    /// Reads that were issued after the loss.
    pub reads_too_late: u64,
    /// What would have kept it, a statement each.
    pub would_have_kept: Vec<String>,
}

/// The rows of one table, with the cell of each.
struct Rows {
    frame: Frame,
    cells: Vec<u32>,
}

impl Rows {
    fn read(run: &Run, table: &str, own: &[&str]) -> Result<Self, AnalysisError> {
        Rows::read_if_there(run, table, own)?.ok_or_else(|| {
            let known: Vec<&str> = run.manifest().tables.iter().map(|entry| entry.name.as_str()).collect();
            AnalysisError::NoTable {
                table: table.into(),
                needed_for: "`why`: this run is of an older version, run the scenario again with --force"
                    .into(),
                known: known.join(", "),
            }
        })
    }

    fn read_if_there(run: &Run, table: &str, own: &[&str]) -> Result<Option<Self>, AnalysisError> {
        let columns: Vec<&str> = PREFIX.iter().chain(own).copied().collect();
        let Some(frame) = run.read(table, &columns)? else { return Ok(None) };
        Ok(Some(Rows { cells: run.cells_of(&frame)?, frame }))
    }

    /// The rows of one object, with the positions of their cells, in table order.
    fn of(&self, object: &str) -> Result<Vec<(usize, usize)>, AnalysisError> {
        let objects = self.frame.text("object")?;
        let Some(code) = objects.words().iter().position(|word| word == object) else {
            return Ok(Vec::new());
        };
        let rows = (0..self.frame.rows()).filter(|&row| objects.code(row) as usize == code);
        Ok(rows.map(|row| (row, self.cells[row] as usize)).collect())
    }

    fn text(&self, column: &str, row: usize) -> Result<String, AnalysisError> {
        self.frame.text(column).map(|text| text.get(row).to_owned())
    }

    fn seconds(&self, column: &str, row: usize) -> Result<Option<f64>, AnalysisError> {
        Ok(self.frame.times(column)?.get(row).map(|nanos| nanos as f64 / 1e9))
    }

    /// A time that every row has.
    fn time(&self, column: &str, row: usize) -> Result<f64, AnalysisError> {
        self.seconds(column, row).map(|time| time.unwrap_or(0.0))
    }

    fn count(&self, column: &str, row: usize) -> Result<u64, AnalysisError> {
        self.frame.counts(column).map(|counts| counts[row])
    }

    fn flag(&self, column: &str, row: usize) -> Result<bool, AnalysisError> {
        self.frame.flags(column).map(|flags| flags[row])
    }
}

const OBJECT_COLUMNS: [&str; 11] = [
    "object",
    "root_cid",
    "size_bytes",
    "stored_by",
    "published_s",
    "rung",
    "copies_end",
    "exposure_s",
    "reads",
    "reads_ok",
    "group",
];

/// Data in sectors.
const STORED: &str = "stored_data";

const STORED_COLUMNS: [&str; 6] = ["object", "group", "size_bytes", "stored_s", "copies_end", "exposure_s"];

const LOSS_COLUMNS: [&str; 12] = [
    "object",
    "lost_s",
    "last_holder",
    "cause",
    "cause_key",
    "deliberate",
    "fetched",
    "earlier_causes",
    "online_until_s",
    "last_read_s",
    "reads_too_late",
    "would_have_kept",
];

impl Story {
    /// The story of the object with that name or root CID, in every cell or in the one of that name.
    ///
    /// # Errors
    /// If the run has no such object or cell, or a table is not as declared.
    pub fn of(run: &Run, object: &str, cell: Option<&str>) -> Result<Self, AnalysisError> {
        let only = cell.map(|cell| position_of(run, cell)).transpose()?;
        let objects = Rows::read(run, "objects", &OBJECT_COLUMNS)?;
        let stored = Rows::read_if_there(run, STORED, &STORED_COLUMNS)?;
        let object = name_of(&objects, stored.as_ref(), object)?;
        let losses = Rows::read(run, "losses", &LOSS_COLUMNS)?;
        let mut copies = copies::of(run, &object)?;
        let mut lost: Vec<Option<Loss>> = vec![None; run.manifest().cells.len()];
        for (row, cell) in losses.of(&object)? {
            lost[cell] = Some(loss(&losses, row)?);
        }
        let mut fates = Vec::new();
        for (row, cell) in objects.of(&object)? {
            if only.is_none_or(|only| only == cell) {
                let (loss, copies) = (lost[cell].take(), std::mem::take(&mut copies[cell]));
                fates.push(fate(run, &objects, (row, cell), loss, copies)?);
            }
        }
        let rows = stored.as_ref().map(|stored| stored.of(&object)).transpose()?.unwrap_or_default();
        for (stored, (row, cell)) in stored.iter().flat_map(|stored| rows.iter().map(move |&at| (stored, at)))
        {
            if only.is_none_or(|only| only == cell) {
                let (loss, copies) = (lost[cell].take(), std::mem::take(&mut copies[cell]));
                fates.push(fate_of_data(run, stored, (row, cell), loss, copies)?);
            }
        }
        if let (Some(cell), true) = (cell, fates.is_empty()) {
            return Err(AnalysisError::NotInCell { object, cell: cell.into() });
        }
        Ok(Story { object, fates })
    }

    /// Cells in which it was lost.
    pub fn times_lost(&self) -> usize {
        self.fates.iter().filter(|fate| fate.loss.is_some()).count()
    }
}

/// Position of the cell of that name.
fn position_of(run: &Run, cell: &str) -> Result<usize, AnalysisError> {
    let cells = &run.manifest().cells;
    cells.iter().position(|known| known.name == cell).ok_or_else(|| AnalysisError::NoSuchCell {
        cell: cell.into(),
        known: cells.iter().map(|known| known.name.clone()).collect(),
    })
}

/// The name of the object that a word means: its name or the CID of its root.
fn name_of(objects: &Rows, stored: Option<&Rows>, word: &str) -> Result<String, AnalysisError> {
    let names = objects.frame.text("object")?;
    let mut known = names.words().to_vec();
    if let Some(stored) = stored {
        known.extend_from_slice(stored.frame.text("object")?.words());
    }
    if known.iter().any(|name| name == word) {
        return Ok(word.to_owned());
    }
    let cids = objects.frame.text("root_cid")?;
    if let Some(row) = (0..objects.frame.rows()).find(|&row| cids.get(row) == word) {
        return Ok(names.get(row).to_owned());
    }
    Err(AnalysisError::NoObject { object: word.into(), known })
}

fn loss(losses: &Rows, row: usize) -> Result<Loss, AnalysisError> {
    let kept = losses.text("would_have_kept", row)?;
    Ok(Loss {
        lost_s: losses.time("lost_s", row)?,
        last_holder: losses.text("last_holder", row)?,
        cause: losses.text("cause", row)?,
        cause_key: losses.text("cause_key", row)?,
        deliberate: losses.flag("deliberate", row)?,
        fetched: losses.count("fetched", row)?,
        earlier_causes: losses.text("earlier_causes", row)?,
        online_until_s: losses.seconds("online_until_s", row)?,
        last_read_s: losses.seconds("last_read_s", row)?,
        reads_too_late: losses.count("reads_too_late", row)?,
        would_have_kept: kept.split("; ").filter(|remedy| !remedy.is_empty()).map(String::from).collect(),
    })
}

fn fate(
    run: &Run,
    objects: &Rows,
    (row, cell): (usize, usize),
    loss: Option<Loss>,
    copies: Vec<CopyRow>,
) -> Result<Fate, AnalysisError> {
    Ok(Fate {
        cell: run.manifest().cells[cell].name.clone(),
        root_cid: objects.text("root_cid", row)?,
        size_bytes: objects.count("size_bytes", row)?,
        stored_by: objects.text("stored_by", row)?,
        published_s: objects.seconds("published_s", row)?,
        rung: objects.text("rung", row)?,
        copies_end: objects.count("copies_end", row)?,
        exposure_s: objects.time("exposure_s", row)?,
        reads: objects.count("reads", row)?,
        reads_ok: objects.count("reads_ok", row)?,
        loss,
        copies,
    })
}

fn fate_of_data(
    run: &Run,
    stored: &Rows,
    (row, cell): (usize, usize),
    loss: Option<Loss>,
    copies: Vec<CopyRow>,
) -> Result<Fate, AnalysisError> {
    Ok(Fate {
        cell: run.manifest().cells[cell].name.clone(),
        root_cid: String::new(),
        size_bytes: stored.count("size_bytes", row)?,
        stored_by: stored.text("group", row)?,
        published_s: stored.seconds("stored_s", row)?,
        rung: if loss.is_some() { "lost" } else { "stored" }.into(),
        copies_end: stored.count("copies_end", row)?,
        exposure_s: stored.time("exposure_s", row)?,
        reads: 0,
        reads_ok: 0,
        loss,
        copies,
    })
}
