//! From a run folder to numbers and pictures.
//!
//! ```text
//! manifest.json + tables/*.csv --load--> Run --objects, reads--> survival, stats --> summary.json
//!                                         |                                             |
//!                                         +---------------- plots <---------------------+
//!                                                             |
//!                                                    figures/*.svg, *.png
//! ```
//!
//! [`load::Run`] opens a folder, compares every table with the manifest and refuses one whose parts
//! disagree. [`summary`] makes the headline numbers, each with estimator, n, value and 95 % interval;
//! [`plots`] draws the figures that the scenario asked for. [`survival`], [`stats`] and [`special`] hold
//! the statistics and know nothing of folders. [`analyse`] does all of it. [`why`] tells the fate of one object, and
//! what was lost by which cause.
//!
//! The same folder gives the same bytes of `summary.json`, SVG and PNG, on any machine: no clock, no
//! system font, no platform mathematics. Nothing here links the models or runs anything: what is not in
//! the folder is not known. Nothing is rounded before it is shown to a person.

#![cfg_attr(test, allow(clippy::float_cmp, reason = "tests compare with values that must come out exactly"))]

pub mod error;
pub mod frame;
pub mod load;
mod math;
pub mod objects;
pub mod plots;
pub mod reads;
pub mod special;
pub mod stats;
pub mod summary;
pub mod survival;
mod text;
pub mod why;

pub use error::AnalysisError;
pub use load::Run;
pub use plots::Figures;
pub use summary::Summary;

use std::path::Path;

/// Analyses the run folder `folder`: writes its `summary.json` and draws its figures into `figures/`.
///
/// The folder may be one that is still being written under a temporary name, as long as manifest and
/// tables are whole.
///
/// # Errors
/// If manifest and tables disagree, a figure is asked for that cannot exist, or a file cannot be written.
pub fn analyse(folder: &Path) -> Result<(Summary, Figures), AnalysisError> {
    let run = Run::open(folder)?;
    let summary = run.summary()?;
    summary.write(folder)?;
    let figures = plots::draw_all(&run, &folder.join("figures"))?;
    Ok((summary.clone(), figures))
}
