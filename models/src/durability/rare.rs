//! Losses too rare to wait for: odds within a time, and mean time to loss, by splitting; beside them the closed form where
//! there is one, and what plain simulation would cost.
//!
//! The mean time to loss is taken from cycles, from all pieces here to all pieces here again: every cycle ends in loss with
//! the same odds on its own, so the mean time is the mean length of a cycle over those odds (Wald). That needs lives
//! without memory; for others there are the odds within a time.

use super::formulas::{self, Chain, Crews};
use super::path::{Ends, ObjectPath};
use super::store::{Plan, Repair};
use sim_core::dist::Law;
use sim_core::draws::Draws;
use sim_core::math;
use sim_core::splitting::{self, Estimate, PlainCost, Repetition, Stage};
use sim_core::time::SimTime;

/// Nanoseconds of a day.
const DAY: f64 = 86_400e9;

/// How hard to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// Paths that start from each level in a repetition. Bounds: at least 1.
    pub trials: u32,
    /// Repetitions, from which the error is read. Bounds: at least 2.
    pub repetitions: u32,
}

/// One repetition. Repetitions know nothing of each other: any thread may make any.
pub fn repetition(plan: &Plan, ends: Ends, effort: Effort, draws: Draws, number: u32) -> Repetition {
    let top = splitting::Plan { top: plan.pieces - plan.needed + 1, trials: effort.trials };
    splitting::repetition(top, draws, number, ObjectPath::root(*plan, draws, ends))
}

/// What plain simulation saw of as many paths.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Plain {
    /// Paths, losses and events.
    pub stage: Stage,
    /// Mean length of a path in days, and its standard error.
    pub days: (f64, f64),
}

/// Plain paths, straight for loss.
pub fn plain(plan: &Plan, ends: Ends, paths: u32, draws: Draws) -> Plain {
    let (mut sum, mut squares) = (0.0, 0.0);
    let stage = splitting::plain(
        plan.pieces - plan.needed + 1,
        paths,
        ObjectPath::root(*plan, draws, ends),
        |path| {
            let days = path.now().as_nanos() as f64 / DAY;
            sum += days;
            squares += days * days;
        },
    );
    let n = f64::from(paths);
    let mean = sum / n;
    Plain { stage, days: (mean, math::sqrt((squares / n - mean * mean).max(0.0) / n)) }
}

/// An estimate beside what theory says and what waiting would cost.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// The odds, by splitting.
    pub odds: Estimate,
    /// Plain paths of the same kind.
    pub plain: Plain,
    /// Events of the plain estimator, for one loss and for as small an error.
    pub cost: PlainCost,
}

impl Finding {
    /// Puts repetitions and plain paths together.
    pub fn of(repetitions: &[Repetition], plain: Plain) -> Self {
        let odds = Estimate::of(repetitions);
        let cost = PlainCost::predict(&plain.stage, odds.odds, odds.relative_error());
        Finding { odds, plain, cost }
    }

    /// All of it on this thread.
    pub fn look(plan: &Plan, ends: Ends, effort: Effort, draws: Draws) -> Self {
        let all: Vec<_> =
            (0..effort.repetitions).map(|number| repetition(plan, ends, effort, draws, number)).collect();
        Finding::of(&all, plain(plan, ends, effort.trials, draws))
    }

    /// Mean time to loss in days from the odds of a cycle and its mean length, and its standard error.
    pub fn mean_days_to_loss(&self) -> (f64, f64) {
        let (days, error) = self.plain.days;
        let mean = days / self.odds.odds;
        let relative = (error / days, self.odds.relative_error());
        (mean, mean * math::sqrt(relative.0 * relative.0 + relative.1 * relative.1))
    }
}

/// Whether an object begins anew whenever all its pieces are here.
pub fn has_cycles(plan: &Plan) -> bool {
    let memoryless = |law: Law| matches!(law, Law::Exponential { .. });
    let outages = plan.regions.is_none_or(|regions| memoryless(regions.outages));
    plan.life.is_some_and(memoryless) && plan.repair != Repair::None && outages
}

/// The chain of a plan whose laws have no memory.
pub fn chain(plan: &Plan) -> Option<Chain> {
    let days = |law: Law| match law {
        Law::Exponential { mean } => Some(mean.as_nanos() as f64 / DAY),
        _ => None,
    };
    if plan.regions.is_some() {
        return None;
    }
    let failure = 1.0 / days(plan.life?)?;
    let (crews, repair) = match plan.repair {
        Repair::None => (Crews::None, 0.0),
        Repair::Single(law) => (Crews::Single, 1.0 / days(law)?),
        Repair::Parallel(law) => (Crews::Parallel, 1.0 / days(law)?),
        Repair::Check(_) => return None,
    };
    Some(Chain { pieces: plan.pieces, needed: plan.needed, failure, repair, crews })
}

/// The odds of loss within a time by theory, if it has an answer.
pub fn exact_within(plan: &Plan, end: SimTime) -> Option<f64> {
    let days = end.as_nanos() as f64 / DAY;
    match (plan.repair, plan.life) {
        (Repair::Check(every), Some(Law::Exponential { mean })) if plan.regions.is_none() => {
            let (life, every) = (mean.as_nanos() as f64 / DAY, every.as_nanos() as f64 / DAY);
            let (odds, _) = formulas::periodic_check(plan.pieces, plan.needed, life, every);
            let whole = (days / every).floor();
            let rest = formulas::gone_after(life, days - whole * every);
            let kept =
                whole * math::ln_1p(-odds) + math::ln_1p(-formulas::too_few(plan.pieces, plan.needed, rest));
            Some(-math::exp_m1(kept))
        }
        _ => chain(plan)?.loss_within(days),
    }
}
