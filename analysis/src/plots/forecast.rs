//! `forecast`: a metric of the network over time, and what the macro model that is laid over the run says of it.

use super::band::{Words, curves, draw_curves, labels};
use super::pick::{Picked, labelled};
use super::scene::Scene;
use super::{Needs, PlotKind, Use, bad};
use crate::error::AnalysisError;
use crate::load::Run;
use crate::summary::name_of;
use sim_core::record::manifest::PlotSpec;

/// Cases whose curves can be told apart: each has two.
const CASES: usize = 4;
/// How metrics of the network and of the forecast begin; they go on alike.
const NETWORK: &str = "network_";
const FORECAST: &str = "forecast_";

pub(super) const KIND: PlotKind = PlotKind {
    name: "forecast",
    doc: "A metric `network_...` of table series over time, and `forecast_...`, the same by the macro model that goes \
          on from filecoin.forecast_from: means over replicates with 95 % Student-t bands, two curves for each arm or \
          grid point, at most four.",
    needs: Needs {
        tables: &["series"],
        metric: Use::Required("a metric of the network, such as network_circulating"),
        x: Use::Never,
    },
    draw,
};

fn draw(run: &Run, spec: &PlotSpec) -> Result<Scene, AnalysisError> {
    let picked = Picked::cases(run, spec, CASES)?;
    if !spec.group.is_empty() {
        return Err(bad(spec, "`group` is not used by this kind".into()));
    }
    let Some(what) = spec.metric.strip_prefix(NETWORK) else {
        let reason =
            format!("`metric` is {}, which no forecast knows: it has to begin with {NETWORK}", spec.metric);
        return Err(bad(spec, reason));
    };
    let mut both = curves(run, spec, &spec.metric, &picked)?;
    both.extend(curves(run, spec, &format!("{FORECAST}{what}"), &picked)?);
    let cases = labels(run, &picked);
    let named = |what: &'static str| cases.iter().map(move |case| labelled(case, what));
    let names: Vec<String> =
        named("simulated, epoch by epoch").chain(named("forecast, day by day")).collect();
    let (label, unit) = name_of(run, &spec.metric);
    let words = Words { title: &label, axis: &label, unit: &unit, shares: false, mean_of: "" };
    draw_curves(run, spec, &picked, &names, &both, words)
}
