//! `survival`: the share of objects not lost over time, Kaplan–Meier curves with their bands.

use super::axis::Axis;
use super::figure::{Figure, Panel, Swatch, room, room_upright};
use super::pick::{Picked, band_alpha, color, group, labelled, title};
use super::scene::Scene;
use super::theme::Rgb;
use super::{Needs, PlotKind, Use, nothing};
use crate::error::AnalysisError;
use crate::load::Run;
use crate::objects::Objects;
use crate::survival::{Curve, Deliberate};
use crate::text::{count, percent, plural};
use sim_core::record::manifest::PlotSpec;

/// Curves that can be told apart.
const CURVES: usize = 8;

pub(super) const KIND: PlotKind = PlotKind {
    name: "survival",
    doc: "Share of objects not lost over time: Kaplan–Meier with late entry and 95 % log–log band, a curve for \
          each arm or grid point, at most eight. An owner's own deletion ends observation and is no loss.",
    needs: Needs { tables: &["objects"], metric: Use::Never, x: Use::Never },
    draw,
};

fn draw(run: &Run, spec: &PlotSpec) -> Result<Scene, AnalysisError> {
    let picked = Picked::cases(run, spec, CURVES)?;
    let objects = Objects::read(run)?.ok_or_else(|| nothing(spec, "the run has no table `objects`"))?;
    let wanted = group(spec, &objects.groups)?;
    let mut deleted = 0;
    let curves: Vec<(usize, Curve)> = picked
        .cases
        .iter()
        .map(|&case| {
            let of_case = || objects.of_case(run, case, wanted);
            deleted += of_case().filter(|object| object.is_deleted()).count() as u64;
            let seen = of_case().filter_map(|object| object.observation(run.horizon(), Deliberate::Censor));
            (case, Curve::fit(&seen.collect::<Vec<_>>()))
        })
        .filter(|(_, curve)| curve.subjects > 0)
        .collect();
    if curves.is_empty() {
        return Err(nothing(spec, "no object was published"));
    }
    let mut notes =
        vec![format!("Kaplan–Meier with 95 % log–log band over the objects of {}", picked.replicates(run))];
    if deleted > 0 {
        let objects = plural(deleted, "object");
        let whose = if deleted == 1 { "its" } else { "their" };
        notes.push(format!("{objects} deleted by {whose} owner, censored then and not lost"));
    }
    if curves.iter().any(|(_, curve)| curve.losses == 0) {
        notes.push("without losses the band is the rule of three, 1 − 3/n".into());
    }
    notes.extend(picked.note());
    let mut figure = Figure::new(run, &title(spec, "Objects not lost"), &notes);
    let entries: Vec<_> = curves
        .iter()
        .enumerate()
        .map(|(i, (case, curve))| (color(i), labelled(&run.label(&run.cases()[*case]), &describe(curve))))
        .collect();
    figure.legend(Swatch::Line, &entries);
    let lowest = curves.iter().map(|(_, curve)| lowest(curve)).fold(1.0, f64::min);
    let area = figure.areas(1)[0];
    let x = Axis::time(run.horizon() as f64 / 1e9, room(area.width()));
    // The lowest band ends above the axis, so that its end is seen.
    let floor = 1.0 - (1.0 - lowest) * 1.3;
    let floor = if floor < 0.5 { 0.0 } else { floor };
    let y = Axis::share(floor, 1.0, "objects not lost", room_upright(area.height()));
    let panel = figure.panel(area, "", x, y);
    for (i, (_, curve)) in curves.iter().enumerate() {
        paint_band(&mut figure.scene, &panel, curve, (color(i), band_alpha(curves.len())), run.horizon());
    }
    for (i, (_, curve)) in curves.iter().enumerate() {
        paint_line(&mut figure.scene, &panel, curve, i, run.horizon());
    }
    Ok(figure.scene)
}

fn lowest(curve: &Curve) -> f64 {
    let bands = curve.steps.iter().map(|step| step.low);
    bands.fold(if curve.steps.is_empty() { curve.lower_bound_without_losses() } else { 1.0 }, f64::min)
}

fn describe(curve: &Curve) -> String {
    match curve.steps.last() {
        Some(last) => format!(
            "{} of {} lost, {} % left ({} to {})",
            count(curve.losses),
            count(curve.subjects),
            percent(last.survival),
            percent(last.low),
            percent(last.high),
        ),
        None if curve.subjects <= 3 => format!("none of {} lost", plural(curve.subjects, "object")),
        None => {
            let bound = percent(curve.lower_bound_without_losses());
            format!("none of {} lost, at least {bound} % left", plural(curve.subjects, "object"))
        }
    }
}

fn paint_band(scene: &mut Scene, panel: &Panel, curve: &Curve, look: (Rgb, f64), horizon: u64) {
    let seconds = |at: u64| at as f64 / 1e9;
    let mut spans: Vec<(u64, u64, f64, f64)> = Vec::new();
    for (step, next) in curve.steps.iter().zip(curve.steps.iter().skip(1).map(Some).chain([None])) {
        spans.push((step.at, next.map_or(horizon, |next| next.at), step.low, step.high));
    }
    if spans.is_empty() {
        spans.push((0, horizon, curve.lower_bound_without_losses(), 1.0));
    }
    let mut points = Vec::with_capacity(2 * spans.len());
    for (from, until, low, high) in spans {
        for at in [from, until] {
            let (x, upper) = panel.at(seconds(at), high);
            points.push((x, upper, panel.at(0.0, low).1));
        }
    }
    scene.band(points, look.0, look.1);
}

fn paint_line(scene: &mut Scene, panel: &Panel, curve: &Curve, i: usize, horizon: u64) {
    let mut points = vec![panel.at(0.0, 1.0)];
    let mut survival = 1.0;
    for step in &curve.steps {
        let at = step.at as f64 / 1e9;
        points.push(panel.at(at, survival));
        survival = step.survival;
        points.push(panel.at(at, survival));
    }
    points.push(panel.at(horizon as f64 / 1e9, survival));
    scene.line(points, color(i), 2.0);
}
