//! `band`: a sampled metric over time, mean over replicates with its interval.

use super::axis::Axis;
use super::figure::{Figure, Panel, Swatch, room, room_upright};
use super::pick::{Picked, band_alpha, color, title};
use super::scene::Scene;
use super::{Needs, PlotKind, Use, bad, nothing};
use crate::error::AnalysisError;
use crate::load::{PREFIX, Run};
use crate::stats::{Interval, mean_interval};
use crate::summary::{is_share, name_of};
use sim_core::record::manifest::PlotSpec;
use std::collections::BTreeMap;

/// Curves that can be told apart.
const CURVES: usize = 8;
/// Samples drawn for a curve at most; of more, every second, third, … is.
const SAMPLES: usize = 800;

pub(super) const KIND: PlotKind = PlotKind {
    name: "band",
    doc: "A metric of table series over time: mean over replicates with its 95 % Student-t band, a curve for each \
          arm or grid point, at most eight; a single replicate is a plain line.",
    needs: Needs {
        tables: &["series"],
        metric: Use::Required("a metric that is sampled over time"),
        x: Use::Never,
    },
    draw,
};

/// A curve over seconds of virtual time.
pub(super) type Points = Vec<(f64, Interval)>;

fn draw(run: &Run, spec: &PlotSpec) -> Result<Scene, AnalysisError> {
    let picked = Picked::cases(run, spec, CURVES)?;
    if !spec.group.is_empty() {
        return Err(bad(spec, "`group` is not used by this kind".into()));
    }
    let curves = curves(run, spec, &spec.metric, &picked)?;
    let (label, unit) = name_of(run, &spec.metric);
    let shares = unit == "share" || is_share(&spec.metric);
    let words = Words { title: &label, axis: &label, unit: &unit, shares, mean_of: "" };
    draw_curves(run, spec, &picked, &labels(run, &picked), &curves, words)
}

/// What the curve of each picked case is called.
pub(super) fn labels(run: &Run, picked: &Picked) -> Vec<String> {
    picked.cases.iter().map(|&case| run.label(&run.cases()[case])).collect()
}

/// What a figure of curves over time calls its things.
pub(super) struct Words<'a> {
    /// Standard title.
    pub(super) title: &'a str,
    /// Label of the vertical axis.
    pub(super) axis: &'a str,
    /// Its unit.
    pub(super) unit: &'a str,
    /// Whether it is a share between 0 and 1, read in per cent.
    pub(super) shares: bool,
    /// What a replicate's value is, if it is itself a mean.
    pub(super) mean_of: &'a str,
}

/// The page of curves over time with their bands: what `labels` call them is in the legend.
pub(super) fn draw_curves(
    run: &Run,
    spec: &PlotSpec,
    picked: &Picked,
    labels: &[String],
    curves: &[Points],
    words: Words<'_>,
) -> Result<Scene, AnalysisError> {
    if curves.iter().all(Vec::is_empty) {
        return Err(nothing(spec, "there is no value at any time"));
    }
    let has_band = curves.iter().flatten().any(|(_, interval)| interval.low.is_some());
    let mut notes = vec![if has_band {
        format!("{}mean of {}, band: 95 % (Student's t)", words.mean_of, picked.replicates(run))
    } else {
        format!("{}{}, so no interval", words.mean_of, picked.replicates(run))
    }];
    let silent = curves.iter().filter(|curve| curve.is_empty()).count();
    if silent > 0 {
        notes.push(format!("{silent} without a value"));
    }
    notes.extend(picked.note());
    let mut figure = Figure::new(run, &title(spec, words.title), &notes);
    let entries: Vec<_> = labels
        .iter()
        .enumerate()
        .filter(|(i, label)| !label.is_empty() && !curves[*i].is_empty())
        .map(|(i, label)| (color(i), label.clone()))
        .collect();
    if !entries.is_empty() {
        figure.legend(Swatch::Line, &entries);
    }
    let area = figure.areas(1)[0];
    let x = Axis::time(run.horizon() as f64 / 1e9, room(area.width()));
    let (low, high) = range(curves);
    let room = room_upright(area.height());
    let y = if words.shares {
        Axis::share(low, high, words.axis, room)
    } else {
        Axis::linear(low, high, words.axis, words.unit, room)
    };
    let panel = figure.panel(area, "", x, y);
    // Student's t knows no bounds, a share does.
    let within = |value: f64| if words.shares { value.clamp(0.0, 1.0) } else { value };
    for (i, curve) in curves.iter().enumerate() {
        let band = curve.iter().filter_map(|&(at, Interval { low, high, .. })| {
            let (x, upper) = panel.at(at, within(high?));
            Some((x, upper, panel.at(at, within(low?)).1))
        });
        figure.scene.band(band.collect(), color(i), band_alpha(curves.len()));
    }
    for (i, curve) in curves.iter().enumerate() {
        paint(&mut figure.scene, &panel, curve, i);
    }
    Ok(figure.scene)
}

fn paint(scene: &mut Scene, panel: &Panel, curve: &Points, i: usize) {
    let points: Vec<_> = curve.iter().map(|&(at, Interval { value, .. })| panel.at(at, value)).collect();
    if let [only] = points[..] {
        scene.dot(only, 3.0, color(i));
    }
    scene.line(points, color(i), 2.0);
}

/// The values' range with their bands; zero is part of it unless the values keep far away.
fn range(curves: &[Points]) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (_, interval) in curves.iter().flatten() {
        low = low.min(interval.low.unwrap_or(interval.value));
        high = high.max(interval.high.unwrap_or(interval.value));
    }
    // A band may reach below zero where no value can: the axis then still starts at zero.
    let never_negative = curves.iter().flatten().all(|(_, interval)| interval.value >= 0.0);
    if never_negative && low < high / 2.0 { (0.0, high) } else { (low, high) }
}

/// A metric of table `series` over time, for each picked case.
///
/// # Errors
/// If it was not sampled.
pub(super) fn curves(
    run: &Run,
    spec: &PlotSpec,
    metric: &str,
    picked: &Picked,
) -> Result<Vec<Points>, AnalysisError> {
    let columns: Vec<&str> = PREFIX.iter().copied().chain(["at_s", "metric", "value"]).collect();
    let frame =
        run.read("series", &columns)?.ok_or_else(|| nothing(spec, "the run has no table `series`"))?;
    let metrics = frame.text("metric")?;
    if frame.rows() == 0 {
        return Err(nothing(spec, "nothing was sampled over time"));
    }
    let Some(wanted) = metrics.words().iter().position(|known| known == metric) else {
        let known = metrics.words().join(", ");
        return Err(bad(spec, format!("`{metric}` was not sampled over time; what was: {known}")));
    };
    let cells = run.cells_of(&frame)?;
    let (times, values) = (frame.times("at_s")?, frame.numbers("value")?);
    let mut samples: Vec<BTreeMap<u64, Vec<f64>>> = vec![BTreeMap::new(); run.cases().len()];
    for row in 0..frame.rows() {
        if metrics.code(row) as usize == wanted
            && let (Some(at), Some(value)) = (times.get(row), values.get(row))
            && at <= run.horizon()
        {
            samples[run.case_of(cells[row] as usize)].entry(at).or_default().push(value);
        }
    }
    let curve = |case: &usize| {
        let stride = samples[*case].len().div_ceil(SAMPLES).max(1);
        let kept = samples[*case].iter().step_by(stride);
        kept.filter_map(|(&at, values)| Some((at as f64 / 1e9, mean_interval(values)?))).collect()
    };
    Ok(picked.cases.iter().map(curve).collect())
}
