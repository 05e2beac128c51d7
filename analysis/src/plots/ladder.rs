//! `ladder`: how many objects are on each rung over time, as stacked areas.

use super::axis::Axis;
use super::figure::{Figure, Swatch, room, room_upright};
use super::pick::{Picked, group, title};
use super::scene::Scene;
use super::theme::RUNGS;
use super::{Needs, PlotKind, Use, nothing};
use crate::error::AnalysisError;
use crate::load::{PREFIX, Run};
use sim_core::record::manifest::PlotSpec;
use std::collections::BTreeMap;

/// Panels that a page has room for.
const PANELS: usize = 6;
/// Samples drawn for each panel at most; of more, the last before each drawn instant counts.
const SAMPLES: u64 = 800;

pub(super) const KIND: PlotKind = PlotKind {
    name: "ladder",
    doc: "Objects per rung (served, discoverable, online, stored, lost) over time, stacked; the mean over \
          replicates, a panel for each arm or grid point, at most six.",
    needs: Needs { tables: &["ladder"], metric: Use::Never, x: Use::Never },
    draw,
};

/// Mean objects on each rung from an instant on, in the order of [`RUNGS`].
type Sample = (u64, [f64; 5]);

/// Objects at one instant, added up over groups and replicates.
#[derive(Clone, Default)]
struct Sum {
    replicates: u32,
    /// The cell that was added last: rows come in cell order.
    last: Option<u32>,
    counts: [u64; 5],
}

fn draw(run: &Run, spec: &PlotSpec) -> Result<Scene, AnalysisError> {
    let picked = Picked::cases(run, spec, PANELS)?;
    let series = samples(run, spec, &picked)?;
    if series.iter().all(Vec::is_empty) {
        return Err(nothing(spec, "no instant was sampled"));
    }
    let mean = if picked.has_replicates(run) { "mean of " } else { "" };
    let mut notes = vec![format!("{mean}{}, no interval", picked.replicates(run))];
    notes.extend(picked.note());
    let mut figure = Figure::new(run, &title(spec, "Objects by rung"), &notes);
    let entries: Vec<_> = RUNGS.iter().map(|&(_, color, words)| (color, words.to_owned())).collect();
    figure.legend(Swatch::Fill, &entries);
    let total = |sample: &Sample| sample.1.iter().sum::<f64>();
    let highest = series.iter().flatten().map(total).fold(0.0, f64::max);
    for ((&case, samples), area) in picked.cases.iter().zip(&series).zip(figure.areas(series.len())) {
        let x = Axis::time(run.horizon() as f64 / 1e9, room(area.width()));
        let y = Axis::linear(0.0, highest, "objects", "", room_upright(area.height()));
        let panel = figure.panel(area, &run.label(&run.cases()[case]), x, y);
        if samples.is_empty() {
            figure.scene.notice("no instant was sampled", panel.area);
            continue;
        }
        let mut below = vec![0.0; samples.len()];
        for (rung, &(_, color, _)) in RUNGS.iter().enumerate() {
            let mut points = Vec::with_capacity(2 * samples.len() + 1);
            for (i, (at, counts)) in samples.iter().enumerate() {
                let (low, high) = (below[i], below[i] + counts[rung]);
                below[i] = high;
                let until = samples.get(i + 1).map_or(run.horizon().max(*at), |next| next.0);
                for instant in [*at, until] {
                    let x = panel.at(instant as f64 / 1e9, 0.0).0;
                    points.push((x, panel.at(0.0, high).1, panel.at(0.0, low).1));
                }
            }
            if points.iter().any(|(_, upper, lower)| upper < lower) {
                figure.scene.band(points, color, 1.0);
            }
        }
    }
    Ok(figure.scene)
}

/// For each case: objects on each rung (and on no higher one), mean over its replicates.
fn samples(run: &Run, spec: &PlotSpec, picked: &Picked) -> Result<Vec<Vec<Sample>>, AnalysisError> {
    let nested = ["served", "discoverable", "online", "stored"];
    let own = ["at_s", "group", "lost"].into_iter().chain(nested);
    let columns: Vec<&str> = PREFIX.iter().copied().chain(own).collect();
    let frame =
        run.read("ladder", &columns)?.ok_or_else(|| nothing(spec, "the run has no table `ladder`"))?;
    let cells = run.cells_of(&frame)?;
    let groups = frame.text("group")?;
    let wanted = group(spec, groups.words())?;
    let times = frame.times("at_s")?;
    let mut counts = Vec::with_capacity(nested.len() + 1);
    for name in nested.into_iter().chain(["lost"]) {
        counts.push(frame.counts(name)?);
    }
    let mut sums: Vec<BTreeMap<u64, Sum>> = vec![BTreeMap::new(); run.cases().len()];
    for row in 0..frame.rows() {
        if wanted.is_some_and(|wanted| groups.code(row) as usize != wanted) {
            continue;
        }
        let Some(at) = times.get(row) else { continue };
        let Sum { replicates, last, counts: sum } =
            sums[run.case_of(cells[row] as usize)].entry(at).or_default();
        if *last != Some(cells[row]) {
            *last = Some(cells[row]);
            *replicates += 1;
        }
        let mut higher = 0;
        for (rung, total) in sum.iter_mut().take(nested.len()).enumerate() {
            let here = counts[rung][row];
            *total += here.saturating_sub(higher);
            higher = here;
        }
        sum[4] += counts[4][row];
    }
    let means = |case: &usize| {
        let samples: Vec<Sample> = sums[*case]
            .iter()
            .map(|(&at, sum)| (at, sum.counts.map(|count| count as f64 / f64::from(sum.replicates))))
            .collect();
        thin(samples, run.horizon())
    };
    Ok(picked.cases.iter().map(means).collect())
}

/// At most one sample for each drawn instant: the last one in it.
fn thin(samples: Vec<Sample>, horizon: u64) -> Vec<Sample> {
    if samples.len() as u64 <= SAMPLES {
        return samples;
    }
    let width = (horizon / SAMPLES).max(1);
    let mut kept: Vec<Sample> = Vec::new();
    for sample in samples {
        match kept.last_mut() {
            Some(last) if last.0 / width == sample.0 / width => *last = sample,
            _ => kept.push(sample),
        }
    }
    kept
}
