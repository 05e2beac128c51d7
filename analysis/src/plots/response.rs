//! `response`: how a metric answers to a grid key, one line an arm, with error bars.

use super::axis::Axis;
use super::figure::{Figure, Panel, Swatch, room, room_upright};
use super::pick::{Picked, color, title};
use super::scene::Scene;
use super::theme::Rgb;
use super::{Needs, PlotKind, Use, bad, nothing};
use crate::error::AnalysisError;
use crate::load::{Run, last_part};
use crate::summary::Estimate;
use crate::text::plural;
use sim_core::record::manifest::PlotSpec;
use std::collections::BTreeMap;

/// Lines that can be told apart.
const LINES: usize = 8;
/// Up to so many values on the x axis are its ticks.
const MARKED_VALUES: usize = 10;
/// Half the width of an error bar's ends, in pixels.
const CAP: f64 = 4.0;
/// Distance between the bars of neighbouring lines at one x, in pixels.
const DODGE: f64 = 7.0;

pub(super) const KIND: PlotKind = PlotKind {
    name: "response",
    doc: "A metric of summary.json against a grid key, with its 95 % interval as error bars; a line for each arm \
          (and for each setting of the other grid keys), at most eight. log_x for a logarithmic axis.",
    needs: Needs {
        tables: &[],
        metric: Use::Required("a metric of summary.json"),
        x: Use::Required("a key of the scenario's [grid]"),
    },
    draw,
};

/// One point of a line: place on the x axis and estimate.
type Point<'a> = (f64, &'a Estimate);

fn draw(run: &Run, spec: &PlotSpec) -> Result<Scene, AnalysisError> {
    let picked = Picked::cases(run, spec, usize::MAX)?;
    let key = key(run, spec)?;
    let estimates = estimates(run, spec, &picked)?;
    let scale = Scale::of(key, &estimates);
    let mut lines: Vec<(String, Vec<Point<'_>>)> = Vec::new();
    for estimate in &estimates {
        let name = line_name(run, estimate, key);
        let point = (scale.place(&estimate.grid[key]), *estimate);
        match lines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, points)) => points.push(point),
            None => lines.push((name, vec![point])),
        }
    }
    let left_out = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    for (_, points) in &mut lines {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    draw_lines(run, spec, &lines, &scale, &notes(run, &picked, &estimates, left_out))
}

fn notes(run: &Run, picked: &Picked, estimates: &[&Estimate], left_out: usize) -> Vec<String> {
    let replicates = picked.replicates(run);
    let any = estimates.iter().any(|estimate| estimate.low.is_some() || estimate.high.is_some());
    let mut notes = vec![if any {
        format!("{replicates} a point, bars: 95 % interval")
    } else {
        format!("{replicates} a point, so no interval")
    }];
    if estimates.iter().any(|estimate| estimate.value.is_none()) {
        notes.push("a bar without a dot: only bounds are known".into());
    }
    if left_out > 0 {
        notes.push(format!("and {} not shown", plural(left_out as u64, "more line")));
    }
    notes
}

fn draw_lines(
    run: &Run,
    spec: &PlotSpec,
    lines: &[(String, Vec<Point<'_>>)],
    scale: &Scale,
    notes: &[String],
) -> Result<Scene, AnalysisError> {
    let all = || lines.iter().flat_map(|(_, points)| points);
    let Some((_, first)) = all().next() else {
        return Err(nothing(spec, "no point has a value"));
    };
    let mut figure = Figure::new(run, &title(spec, &format!("{} by {}", first.label, scale.label)), notes);
    if lines.len() > 1 {
        let entries: Vec<_> =
            lines.iter().enumerate().map(|(i, (name, _))| (color(i), name.clone())).collect();
        figure.legend(Swatch::Line, &entries);
    }
    let area = figure.areas(1)[0];
    let x = scale.axis(spec.log_x, all().map(|point| point.0), room(area.width()));
    let shares = first.is_share() || first.unit == "share";
    let values = || all().flat_map(|(_, point)| [point.low, point.value, point.high]).flatten();
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let low = if low > 0.0 && low < high * 0.6 { 0.0 } else { low };
    let room = room_upright(area.height());
    let y = if shares {
        Axis::share(low, high, &first.label, room)
    } else {
        Axis::linear(low, high, &first.label, &first.unit, room)
    };
    let panel = figure.panel(area, "", x, y);
    for (i, (_, points)) in lines.iter().enumerate() {
        let aside = (i as f64 - (lines.len() - 1) as f64 / 2.0) * DODGE;
        let look = Look { aside, color: color(i), joined: scale.names.is_empty(), shares };
        paint(&mut figure.scene, &panel, points, &look);
    }
    Ok(figure.scene)
}

/// How a line is drawn.
struct Look {
    /// Distance of its bars from their place, in pixels.
    aside: f64,
    color: Rgb,
    /// Whether its dots are joined.
    joined: bool,
    /// Whether its values are shares.
    shares: bool,
}

/// Dots with their bars, joined where x has a size and as far as there are values.
fn paint(scene: &mut Scene, panel: &Panel, points: &[Point<'_>], look: &Look) {
    let Look { aside, color, joined, shares } = *look;
    let mut line = Vec::new();
    for (place, estimate) in points {
        let x = panel.area.x(panel.x.position(*place)) + aside;
        // Student's t knows no bounds, a share does.
        let y = |value: f64| panel.at(*place, if shares { value.clamp(0.0, 1.0) } else { value }).1;
        let (low, high) = (estimate.low.or(estimate.value), estimate.high.or(estimate.value));
        if let (Some(low), Some(high)) = (low, high) {
            scene.line(vec![(x, y(low)), (x, y(high))], color, 1.5);
        }
        for end in [estimate.low, estimate.high].into_iter().flatten() {
            scene.line(vec![(x - CAP, y(end)), (x + CAP, y(end))], color, 1.5);
        }
        match estimate.value {
            Some(value) => {
                line.push((x, y(value)));
                scene.dot((x, y(value)), 4.0, color);
            }
            None => scene.line(std::mem::take(&mut line), color, 2.0),
        }
        if !joined {
            line.clear();
        }
    }
    scene.line(line, color, 2.0);
}

/// The grid key that the figure asks for: in full, or its last part if only one key ends so.
fn key<'a>(run: &'a Run, spec: &PlotSpec) -> Result<&'a str, AnalysisError> {
    let mut known: Vec<&str> = Vec::new();
    for (key, _) in run.cases().iter().flat_map(|case| &case.grid) {
        if !known.contains(&key.as_str()) {
            known.push(key);
        }
    }
    let full = known.iter().find(|key| **key == spec.x);
    let mut short = known.iter().filter(|key| last_part(key) == spec.x);
    match (full, short.next(), short.next()) {
        (Some(key), ..) | (None, Some(key), None) => Ok(key),
        (None, None, _) if known.is_empty() => Err(bad(spec, "the run has no grid".into())),
        _ => Err(bad(spec, format!("`{}` is no single grid key; keys: {}", spec.x, known.join(", ")))),
    }
}

/// The metric's estimates for the picked cases, in case order.
fn estimates<'a>(run: &'a Run, spec: &PlotSpec, picked: &Picked) -> Result<Vec<&'a Estimate>, AnalysisError> {
    let summary = run.summary()?;
    let of_metric = || summary.metrics.iter().filter(|estimate| estimate.metric == spec.metric);
    if of_metric().next().is_none() {
        let mut known: Vec<&str> = summary.metrics.iter().map(|estimate| estimate.metric.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        return Err(bad(
            spec,
            format!("the summary has no metric `{}`; it has: {}", spec.metric, known.join(", ")),
        ));
    }
    let in_group: Vec<&Estimate> =
        of_metric().filter(|estimate| estimate.group.as_deref().unwrap_or("") == spec.group).collect();
    if in_group.is_empty() {
        return Err(bad(spec, format!("`{}` is not known for group `{}`", spec.metric, spec.group)));
    }
    let is_picked = |estimate: &&Estimate| {
        picked.cases.iter().any(|&case| {
            let case = &run.cases()[case];
            case.arm == estimate.arm && case.point == estimate.point
        })
    };
    let has_value = |estimate: &&Estimate| estimate.value.is_some() || estimate.low.is_some();
    Ok(in_group.into_iter().filter(is_picked).filter(has_value).collect())
}

/// What sets a line apart: its arm if there are several, and the grid keys other than x.
fn line_name(run: &Run, estimate: &Estimate, x: &str) -> String {
    let mut words = Vec::new();
    if run.cases().iter().any(|case| case.arm != estimate.arm) {
        words.push(estimate.arm.clone());
    }
    let other =
        |key: &str| key != x && run.cases().iter().any(|case| case.value(key) != estimate.grid.get(key));
    words.extend(
        estimate
            .grid
            .iter()
            .filter(|(key, _)| other(key))
            .map(|(key, value)| format!("{} = {value}", last_part(key))),
    );
    words.join(", ")
}

/// How the values of the key lie on the x axis: by their size if all are numbers of one unit, else side
/// by side in the scenario's order.
struct Scale {
    label: String,
    unit: String,
    /// Places of the values when they have no size.
    names: Vec<String>,
    numbers: BTreeMap<String, f64>,
}

impl Scale {
    fn of(key: &str, estimates: &[&Estimate]) -> Self {
        let mut names: Vec<String> = Vec::new();
        for value in estimates.iter().map(|estimate| &estimate.grid[key]) {
            if !names.contains(value) {
                names.push(value.clone());
            }
        }
        let parsed: Option<Vec<(f64, &str)>> = names.iter().map(|name| number_and_unit(name)).collect();
        let label = last_part(key).replace('_', " ");
        match parsed {
            Some(parsed) if parsed.iter().all(|(_, unit)| *unit == parsed[0].1) => {
                let unit = parsed.first().map_or("", |first| first.1).to_owned();
                let numbers = names.iter().cloned().zip(parsed.iter().map(|(number, _)| *number)).collect();
                Scale { label, unit, names: Vec::new(), numbers }
            }
            _ => Scale { label, unit: String::new(), names, numbers: BTreeMap::new() },
        }
    }

    fn place(&self, value: &str) -> f64 {
        match self.numbers.get(value) {
            Some(&number) => number,
            None => self.names.iter().position(|name| name == value).unwrap_or(0) as f64,
        }
    }

    fn axis(&self, log: bool, places: impl Iterator<Item = f64> + Clone, room: f64) -> Axis {
        if !self.names.is_empty() {
            return Axis::places(&self.names, &self.label);
        }
        let low = places.clone().fold(f64::INFINITY, f64::min);
        let high = places.fold(f64::NEG_INFINITY, f64::max);
        // Some room beside the outermost bars.
        let axis = if log && low > 0.0 {
            Axis::logarithmic(low / 1.15, high * 1.15, &self.label, &self.unit)
        } else {
            let aside = (high - low) * 0.05;
            Axis::around(low - aside, high + aside, &self.label, &self.unit, room)
        };
        if self.numbers.len() > MARKED_VALUES {
            return axis;
        }
        let bare = |text: &str| text.strip_suffix(self.unit.as_str()).unwrap_or(text).trim_end().to_owned();
        let mut marks: Vec<_> = self.numbers.iter().map(|(text, &number)| (number, bare(text))).collect();
        marks.sort_by(|a, b| a.0.total_cmp(&b.0));
        axis.with_ticks_at(marks)
    }
}

/// `30 days` as 30 and `days`; `None` if the text does not start with a number.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.trim().parse().ok()?;
    number.is_finite().then(|| (number, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::number_and_unit;

    #[test]
    fn quantities_are_numbers_with_a_unit() {
        assert_eq!(number_and_unit("30 days"), Some((30.0, "days")));
        assert_eq!(number_and_unit("0.5"), Some((0.5, "")));
        assert_eq!(number_and_unit("12%"), Some((12.0, "%")));
        assert_eq!(number_and_unit("lru"), None);
        assert_eq!(number_and_unit("inf"), None);
    }
}
