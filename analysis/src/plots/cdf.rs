//! `cdf`: which share of the successful reads took how long, or any other number of a read.

use super::axis::Axis;
use super::figure::{Figure, Panel, Swatch, room, room_upright};
use super::pick::{Picked, color, group, labelled, title};
use super::scene::Scene;
use super::{Needs, PlotKind, Use, bad, nothing};
use crate::error::AnalysisError;
use crate::load::Run;
use crate::math::ln;
use crate::reads::{Outcomes, Reads};
use crate::text::count;
use sim_core::record::manifest::{ColumnEntry, PlotSpec};
use sim_core::record::schema::Kind;

/// Curves that can be told apart.
const CURVES: usize = 8;
/// Up to so many curves carry their bands; more bands would hide each other.
const BANDED: usize = 4;
/// Curve points closer together than this many pixels are drawn as one.
const FINEST: f64 = 0.5;

pub(super) const KIND: PlotKind = PlotKind {
    name: "cdf",
    doc: "Empirical distribution of a numeric column of table reads over the successful reads, a curve for each \
          arm or grid point, at most eight; up to four with 95 % Dvoretzky–Kiefer–Wolfowitz bands. log_x for a \
          logarithmic axis.",
    needs: Needs { tables: &["reads"], metric: Use::Default("ttfb_ms"), x: Use::Never },
    draw,
};

/// The reads of one case.
struct Distribution {
    case: usize,
    sorted: Vec<f64>,
    outcomes: Outcomes,
}

fn draw(run: &Run, spec: &PlotSpec) -> Result<Scene, AnalysisError> {
    let column = column(run, spec)?;
    let picked = Picked::cases(run, spec, CURVES)?;
    let reads =
        Reads::read(run, &[&column.name])?.ok_or_else(|| nothing(spec, "the run has no table `reads`"))?;
    let wanted = group(spec, reads.groups()?)?.map(|_| spec.group.as_str());
    let mut curves = Vec::new();
    for &case in &picked.cases {
        let sorted = reads.sorted_ok(case, wanted, &column.name)?;
        if !sorted.is_empty() {
            curves.push(Distribution { case, sorted, outcomes: reads.outcomes(case, wanted)? });
        }
    }
    let highest = curves.iter().filter_map(|curve| curve.sorted.last()).copied().fold(0.0, f64::max);
    if curves.is_empty() {
        return Err(nothing(spec, format!("no read succeeded, so none has a value in `{}`", column.name)));
    }
    let positive = curves.iter().flat_map(|curve| curve.sorted.iter().find(|&&value| value > 0.0)).copied();
    let least = positive.fold(f64::INFINITY, f64::min);
    let log = spec.log_x && least.is_finite();
    let banded = curves.len() <= BANDED;

    let mut notes = vec![format!("successful reads of {}", picked.replicates(run))];
    notes.push(if banded {
        "bands: 95 % (Dvoretzky–Kiefer–Wolfowitz)".into()
    } else {
        "no bands: too many curves".to_owned()
    });
    if log && curves.iter().any(|curve| curve.sorted[0] <= 0.0) {
        notes.push("values of zero are drawn at the left edge".into());
    }
    let silent = picked.cases.len() - curves.len();
    if silent > 0 {
        notes.push(format!("{silent} without a successful read"));
    }
    notes.extend(picked.note());
    let label = label(column);
    let mut figure = Figure::new(run, &title(spec, &format!("Reads by {label}")), &notes);
    let entries: Vec<_> = curves
        .iter()
        .enumerate()
        .map(|(i, curve)| (color(i), labelled(&run.label(&run.cases()[curve.case]), &describe(curve))))
        .collect();
    figure.legend(Swatch::Line, &entries);
    let area = figure.areas(1)[0];
    let x = if log {
        Axis::logarithmic(least, highest, &label, &column.unit)
    } else {
        Axis::linear(0.0, highest, &label, &column.unit, room(area.width()))
    };
    let y = Axis::share(0.0, 1.0, "successful reads", room_upright(area.height()));
    let panel = figure.panel(area, "", x, y);
    let lines: Vec<Vec<(f64, f64)>> = curves.iter().map(|curve| steps(curve, &panel)).collect();
    for (i, (curve, line)) in curves.iter().zip(&lines).enumerate() {
        if banded {
            paint_band(&mut figure.scene, &panel, line, curve.sorted.len(), i);
        }
    }
    for (i, line) in lines.iter().enumerate() {
        let points = line.iter().map(|&(x, share)| (x, panel.area.y(share))).collect();
        figure.scene.line(points, color(i), 2.0);
    }
    Ok(figure.scene)
}

/// The column that the figure shows.
fn column<'a>(run: &'a Run, spec: &PlotSpec) -> Result<&'a ColumnEntry, AnalysisError> {
    let entry = run.entry("reads").ok_or_else(|| nothing(spec, "the run has no table `reads`"))?;
    let Use::Default(standard) = KIND.needs.metric else { unreachable!("this kind has a default metric") };
    let name = if spec.metric.is_empty() { standard } else { &spec.metric };
    let numeric = |column: &&ColumnEntry| !matches!(column.kind, Kind::Text | Kind::Flag);
    entry.columns.iter().filter(numeric).find(|column| column.name == name).ok_or_else(|| {
        let known = entry.columns.iter().filter(numeric).map(|column| column.name.as_str());
        let known = known.filter(|name| !crate::load::PREFIX.contains(name)).collect::<Vec<_>>().join(", ");
        bad(spec, format!("table `reads` has no numeric column `{name}`; it has: {known}"))
    })
}

/// Words for the column: what is known of the usual ones, else its name without the unit.
fn label(column: &ColumnEntry) -> String {
    match column.name.as_str() {
        "ttfb_ms" => "time to first byte".into(),
        "ttlb_ms" => "time to last byte".into(),
        name => {
            let bare = name.strip_suffix(&format!("_{}", column.unit)).unwrap_or(name);
            bare.replace('_', " ")
        }
    }
}

fn describe(curve: &Distribution) -> String {
    let Outcomes { ok, pending, .. } = curve.outcomes;
    let mut text = format!("{} ok", count(ok));
    if (curve.sorted.len() as u64) < ok {
        text.push_str(&format!(" ({} with a value)", count(curve.sorted.len() as u64)));
    }
    text.push_str(&format!(", {} failed, {} pending", count(curve.outcomes.failures()), count(pending)));
    text
}

/// The curve as x in pixels and share, both corners of each step; steps too close to tell apart are one.
fn steps(curve: &Distribution, panel: &Panel) -> Vec<(f64, f64)> {
    let n = curve.sorted.len() as f64;
    let mut line: Vec<(f64, f64)> = vec![(panel.area.left, 0.0)];
    let mut drawn = 0.0;
    let mut rank = 0;
    while rank < curve.sorted.len() {
        let x = panel.at(curve.sorted[rank], 0.0).0;
        while rank < curve.sorted.len() && panel.at(curve.sorted[rank], 0.0).0 < x + FINEST {
            rank += 1;
        }
        line.push((x, drawn));
        drawn = rank as f64 / n;
        line.push((x, drawn));
    }
    line.push((panel.area.right, 1.0));
    line
}

/// All distributions within √(ln(2/0.05) / 2n) of the curve.
fn paint_band(scene: &mut Scene, panel: &Panel, line: &[(f64, f64)], n: usize, i: usize) {
    let half = (ln(2.0 / 0.05) / (2.0 * n as f64)).sqrt();
    let y = |share: f64| panel.area.y(share);
    let points = line.iter().map(|&(x, share)| (x, y(share + half), y(share - half)));
    scene.band(points.collect(), color(i), 0.14);
}
