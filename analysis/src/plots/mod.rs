//! Figures of a run: one file a kind, one line a kind in [`PLOTS`].
//!
//! A kind turns a run and a [`PlotSpec`] into a scene of shapes, from which one painter makes SVG and PNG. A
//! figure says what its interval is and how many replicates it rests on, and a figure without data is
//! never drawn.

mod axis;
mod band;
mod cdf;
mod copies;
mod figure;
mod forecast;
mod ladder;
mod pick;
mod render;
mod response;
mod scene;
mod strip;
mod survival;
mod theme;

use crate::error::AnalysisError;
use crate::load::Run;
use scene::Scene;
use sim_core::record::folder::write_whole;
use sim_core::record::manifest::PlotSpec;
use std::fs;
use std::path::{Path, PathBuf};

/// A kind of figure: everything known about it.
#[derive(Debug)]
pub struct PlotKind {
    /// Name in scenario files.
    pub name: &'static str,
    /// What it shows and within which limits.
    pub doc: &'static str,
    /// What it needs.
    pub needs: Needs,
    draw: fn(&Run, &PlotSpec) -> Result<Scene, AnalysisError>,
}

/// What a kind of figure needs to be told and to find in the run.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// Tables that it is drawn from.
    pub tables: &'static [&'static str],
    /// Whether and how `metric` is used.
    pub metric: Use,
    /// Whether and how `x` is used.
    pub x: Use,
}

/// How a kind of figure uses a field of its [`PlotSpec`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Not at all: giving it is a mistake.
    Never,
    /// This is taken when nothing is given.
    Default(&'static str),
    /// It must be given, and names this.
    Required(&'static str),
}

/// All kinds of figures.
pub const PLOTS: &[PlotKind] = &[
    ladder::KIND,
    strip::KIND,
    survival::KIND,
    cdf::KIND,
    band::KIND,
    forecast::KIND,
    response::KIND,
    copies::KIND,
];

/// What was drawn, and what was not for want of data.
#[derive(Debug, Default)]
pub struct Figures {
    /// Files written, SVG before PNG, in the order of the figures.
    pub files: Vec<PathBuf>,
    /// For each figure that has nothing to show: which one and why.
    pub notices: Vec<String>,
}

/// A drawn figure in both formats.
#[derive(Debug)]
pub struct Picture {
    /// SVG document.
    pub svg: String,
    /// PNG file.
    pub png: Vec<u8>,
}

/// Checks a figure's description without a run: its name, that its kind exists, and what the kind needs.
///
/// # Errors
/// [`AnalysisError::UnknownPlot`] or [`AnalysisError::BadPlot`].
pub fn check(spec: &PlotSpec) -> Result<&'static PlotKind, AnalysisError> {
    let Some(kind) = PLOTS.iter().find(|kind| kind.name == spec.kind) else {
        let known = PLOTS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
        return Err(AnalysisError::UnknownPlot { figure: spec.name.clone(), kind: spec.kind.clone(), known });
    };
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if spec.name.is_empty() || spec.name.starts_with('.') || !spec.name.chars().all(is_plain) {
        return Err(bad(spec, "its name becomes a file name: letters, digits, `-`, `_` and `.` only".into()));
    }
    for (field, value, usage) in [("metric", &spec.metric, kind.needs.metric), ("x", &spec.x, kind.needs.x)] {
        match usage {
            Use::Never if !value.is_empty() => {
                return Err(bad(spec, format!("`{field}` is not used by this kind")));
            }
            Use::Required(what) if value.is_empty() => {
                return Err(bad(spec, format!("`{field}` is missing: {what}")));
            }
            _ => {}
        }
    }
    Ok(kind)
}

/// Draws one figure.
///
/// # Errors
/// As [`check`]; if a table that the kind needs is missing; [`AnalysisError::NothingToDraw`] if there
/// are no data for it.
pub fn draw(run: &Run, spec: &PlotSpec) -> Result<Picture, AnalysisError> {
    let kind = check(spec)?;
    for table in kind.needs.tables {
        if run.entry(table).is_none() {
            let known = run.manifest().tables.iter().map(|entry| entry.name.as_str());
            return Err(AnalysisError::NoTable {
                table: (*table).into(),
                needed_for: format!("figure `{}`", spec.name),
                known: known.collect::<Vec<_>>().join(", "),
            });
        }
    }
    let scene = (kind.draw)(run, spec)?;
    Ok(Picture { svg: render::svg(&scene), png: render::png(&scene) })
}

/// Draws the figures that the manifest asks for into the folder `out` (`<name>.svg` and `<name>.png`).
///
/// If it asks for none, the standard ones are drawn as far as there are data.
///
/// # Errors
/// If a figure is asked for that cannot exist (nothing is drawn then), or a file cannot be written. A
/// figure that has nothing to show is no error: it is in [`Figures::notices`].
pub fn draw_all(run: &Run, out: &Path) -> Result<Figures, AnalysisError> {
    let asked = &run.manifest().plots;
    let standard = standard(run);
    let specs = if asked.is_empty() { &standard } else { asked };
    for (i, spec) in specs.iter().enumerate() {
        check(spec)?;
        if specs[..i].iter().any(|other| other.name == spec.name) {
            return Err(bad(spec, "another figure has the same name".into()));
        }
    }
    let mut figures = Figures::default();
    for spec in specs {
        match draw(run, spec) {
            Ok(picture) => write(&picture, spec, out, &mut figures.files)?,
            Err(AnalysisError::NoTable { .. }) if asked.is_empty() => {}
            Err(notice @ AnalysisError::NothingToDraw { .. }) => figures.notices.push(notice.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(figures)
}

fn write(
    picture: &Picture,
    spec: &PlotSpec,
    out: &Path,
    files: &mut Vec<PathBuf>,
) -> Result<(), AnalysisError> {
    fs::create_dir_all(out).map_err(|source| AnalysisError::Write { path: out.to_path_buf(), source })?;
    for (extension, bytes) in [("svg", picture.svg.as_bytes()), ("png", picture.png.as_slice())] {
        let path = out.join(format!("{}.{extension}", spec.name));
        if let Err(source) = write_whole(&path, &[bytes]) {
            return Err(AnalysisError::Write { path, source });
        }
        files.push(path);
    }
    Ok(())
}

/// Metrics of storage miners that are worth a look by themselves.
const OF_MINERS: &[&str] =
    &["miners_power", "miners_balance", "active_sectors", "faulty_sectors", "miners_fees"];

/// The figures of a scenario that asks for none: ladder, survival and times to first byte where there are objects, and
/// what was recorded of storage miners where there are any.
fn standard(run: &Run) -> Vec<PlotSpec> {
    let has = |table: &str| run.entry(table).is_some_and(|entry| entry.rows > 0);
    let metrics = &run.manifest().metrics;
    let is_recorded = |name: &&&str| metrics.iter().any(|metric| metric.name == **name);
    let mut specs = Vec::new();
    if has("objects") || !has("miners") {
        specs.extend(of_objects());
    }
    if has("miners") && has("series") {
        let band = |metric: &&str| PlotSpec {
            name: (*metric).into(),
            kind: "band".into(),
            metric: (*metric).into(),
            ..PlotSpec::default()
        };
        specs.extend(OF_MINERS.iter().filter(is_recorded).map(band));
    }
    specs
}

fn of_objects() -> Vec<PlotSpec> {
    let spec = |name: &str, kind: &str, metric: &str| PlotSpec {
        name: name.into(),
        kind: kind.into(),
        metric: metric.into(),
        ..PlotSpec::default()
    };
    vec![spec("ladder", "ladder", ""), spec("survival", "survival", ""), spec("ttfb", "cdf", "ttfb_ms")]
}

fn bad(spec: &PlotSpec, reason: String) -> AnalysisError {
    AnalysisError::BadPlot { figure: spec.name.clone(), kind: spec.kind.clone(), reason }
}

fn nothing(spec: &PlotSpec, reason: impl Into<String>) -> AnalysisError {
    AnalysisError::NothingToDraw { figure: spec.name.clone(), reason: reason.into() }
}
