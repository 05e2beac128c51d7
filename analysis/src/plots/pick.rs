//! Which arms, grid points and groups a figure shows, and what it says about replicates.

use super::bad;
use super::theme::{BODY, Rgb, SERIES, fit_middle};
use crate::error::AnalysisError;
use crate::load::Run;
use crate::text::plural;
use sim_core::record::manifest::PlotSpec;

/// Pixels that the label of a case gets in a legend, so that what follows it is read.
const LABEL: f64 = 330.0;

/// The cases that a figure shows.
#[derive(Debug)]
pub(super) struct Picked {
    /// Positions in [`Run::cases`].
    pub(super) cases: Vec<usize>,
    /// Cases that were asked for and have no room.
    pub(super) left_out: usize,
}

impl Picked {
    /// The cases of the arms that the figure asks for, at most `limit`.
    ///
    /// # Errors
    /// If it asks for an arm that the run does not have.
    pub(super) fn cases(run: &Run, spec: &PlotSpec, limit: usize) -> Result<Self, AnalysisError> {
        if let Some(unknown) = spec.arms.iter().find(|arm| run.cases().iter().all(|case| &case.arm != *arm)) {
            let mut known: Vec<&str> = run.cases().iter().map(|case| case.arm.as_str()).collect();
            known.dedup();
            return Err(bad(spec, format!("there is no arm `{unknown}`; arms: {}", known.join(", "))));
        }
        let wanted = |&case: &usize| spec.arms.is_empty() || spec.arms.contains(&run.cases()[case].arm);
        let mut cases: Vec<usize> = (0..run.cases().len()).filter(wanted).collect();
        let left_out = cases.len().saturating_sub(limit);
        cases.truncate(limit);
        Ok(Picked { cases, left_out })
    }

    /// Replicates behind each case, in words: `5 replicates`, or `3 to 5 replicates`.
    pub(super) fn replicates(&self, run: &Run) -> String {
        let counts = || self.cases.iter().map(|&case| run.cases()[case].cells.len() as u64);
        match (counts().min().unwrap_or(0), counts().max().unwrap_or(0)) {
            (least, most) if least == most => plural(most, "replicate"),
            (least, most) => format!("{least} to {most} replicates"),
        }
    }

    /// Whether any case has replicates to take a mean over.
    pub(super) fn has_replicates(&self, run: &Run) -> bool {
        self.cases.iter().any(|&case| run.cases()[case].cells.len() > 1)
    }

    /// The note about cases without room, if there are any.
    pub(super) fn note(&self) -> Option<String> {
        match self.left_out {
            0 => None,
            more => Some(format!("and {} not shown", plural(more as u64, "more case"))),
        }
    }
}

/// Opacity of the bands of `curves` curves: many bands would hide each other.
pub(super) fn band_alpha(curves: usize) -> f64 {
    if curves <= 4 { 0.16 } else { 0.07 }
}

/// The colour of the i-th curve.
pub(super) fn color(i: usize) -> Rgb {
    SERIES[i % SERIES.len()]
}

/// Position of the group that a figure is restricted to; `None` for all groups.
///
/// # Errors
/// If the group is not among `groups`.
pub(super) fn group(spec: &PlotSpec, groups: &[String]) -> Result<Option<usize>, AnalysisError> {
    if spec.group.is_empty() {
        return Ok(None);
    }
    match groups.iter().position(|known| *known == spec.group) {
        Some(position) => Ok(Some(position)),
        None => Err(bad(spec, format!("there is no group `{}`; groups: {}", spec.group, groups.join(", ")))),
    }
}

/// The figure's title: its own, else `standard`, with the group if it is restricted to one.
pub(super) fn title(spec: &PlotSpec, standard: &str) -> String {
    if !spec.title.is_empty() {
        return spec.title.clone();
    }
    let mut letters = standard.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let standard: String = first.chain(letters).collect();
    if spec.group.is_empty() { standard } else { format!("{standard}: {}", spec.group) }
}

/// What a legend says of a case: its label, shortened if need be, then a colon and the text.
pub(super) fn labelled(label: &str, text: &str) -> String {
    if label.is_empty() { text.to_owned() } else { format!("{}: {text}", fit_middle(label, BODY, LABEL)) }
}
