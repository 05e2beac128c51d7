//! `copies`: how many copies an object has on average, over time.

use super::band::{Points, Words, draw_curves, labels};
use super::pick::{Picked, group};
use super::scene::Scene;
use super::{Needs, PlotKind, Use, nothing};
use crate::error::AnalysisError;
use crate::load::{PREFIX, Run};
use crate::stats::mean_interval;
use sim_core::record::manifest::PlotSpec;
use std::collections::BTreeMap;

/// Curves that can be told apart.
const CURVES: usize = 8;
/// Instants at which copies are counted.
const INSTANTS: u64 = 800;

pub(super) const KIND: PlotKind = PlotKind {
    name: "copies",
    doc: "Copies of an object over time, mean over all objects published by then (lost ones have none), then mean \
          over replicates with its 95 % Student-t band; a curve for each arm or grid point, at most eight.",
    needs: Needs { tables: &["copies", "objects"], metric: Use::Never, x: Use::Never },
    draw,
};

/// When objects were published and copies came and went in one cell, each sorted.
#[derive(Clone, Default)]
struct Changes {
    published: Vec<u64>,
    came: Vec<u64>,
    went: Vec<u64>,
}

fn draw(run: &Run, spec: &PlotSpec) -> Result<Scene, AnalysisError> {
    let picked = Picked::cases(run, spec, CURVES)?;
    let changes = changes(run, spec)?;
    let mut curves: Vec<Points> = Vec::new();
    for &case in &picked.cases {
        let cells = &run.cases()[case].cells;
        let mut steps: Points = Vec::new();
        for instant in 0..=INSTANTS {
            let at = (u128::from(run.horizon()) * u128::from(instant) / u128::from(INSTANTS)) as u64;
            let means: Vec<f64> = cells.iter().filter_map(|&cell| changes[cell].mean_at(at)).collect();
            let Some(interval) = mean_interval(&means) else {
                continue;
            };
            let seconds = at as f64 / 1e9;
            // The number holds until it changes: a corner before the step.
            if let Some(&(_, before)) = steps.last().filter(|(_, before)| *before != interval) {
                steps.push((seconds, before));
            }
            steps.push((seconds, interval));
        }
        steps.dedup_by(|next, last| next == last);
        curves.push(steps);
    }
    let words = Words {
        title: "Copies of an object",
        axis: "copies per object",
        unit: "",
        shares: false,
        mean_of: "mean over published objects, ",
    };
    draw_curves(run, spec, &picked, &labels(run, &picked), &curves, words)
}

impl Changes {
    /// Copies per published object; `None` while none is published.
    fn mean_at(&self, at: u64) -> Option<f64> {
        let until_now = |times: &[u64]| times.partition_point(|&time| time <= at);
        let published = until_now(&self.published);
        let copies = until_now(&self.came) - until_now(&self.went);
        (published > 0).then(|| copies as f64 / published as f64)
    }
}

/// For each cell of the manifest: what changed when, for the wanted group's published objects.
fn changes(run: &Run, spec: &PlotSpec) -> Result<Vec<Changes>, AnalysisError> {
    let mut changes = vec![Changes::default(); run.manifest().cells.len()];
    let missing = |table: &str| nothing(spec, format!("the run has no table `{table}`"));

    let columns: Vec<&str> = PREFIX.iter().copied().chain(["object", "group", "published_s"]).collect();
    let frame = run.read("objects", &columns)?.ok_or_else(|| missing("objects"))?;
    let cells = run.cells_of(&frame)?;
    let (names, groups, published) =
        (frame.text("object")?, frame.text("group")?, frame.times("published_s")?);
    let wanted = group(spec, groups.words())?;
    let mut published_at: BTreeMap<(usize, &str), u64> = BTreeMap::new();
    for row in 0..frame.rows() {
        let Some(at) = published.get(row) else { continue };
        if wanted.is_none_or(|wanted| groups.code(row) as usize == wanted) {
            published_at.insert((cells[row] as usize, names.get(row)), at);
            changes[cells[row] as usize].published.push(at);
        }
    }

    let columns: Vec<&str> = PREFIX.iter().copied().chain(["object", "from_s", "until_s"]).collect();
    let frame = run.read("copies", &columns)?.ok_or_else(|| missing("copies"))?;
    let cells = run.cells_of(&frame)?;
    let (names, from, until) = (frame.text("object")?, frame.times("from_s")?, frame.times("until_s")?);
    for (row, &cell) in cells.iter().enumerate() {
        let cell = cell as usize;
        let Some(&published) = published_at.get(&(cell, names.get(row))) else {
            continue;
        };
        let Some(from) = from.get(row) else { continue };
        // Before its publication an object is nobody's: a copy made then counts from the publication on.
        let from = from.max(published);
        changes[cell].came.push(from);
        changes[cell].went.extend(until.get(row).map(|until| until.max(from)));
    }
    for cell in &mut changes {
        cell.published.sort_unstable();
        cell.came.sort_unstable();
        cell.went.sort_unstable();
    }
    if changes.iter().all(|cell| cell.published.is_empty()) {
        return Err(nothing(spec, "no object was published"));
    }
    Ok(changes)
}
