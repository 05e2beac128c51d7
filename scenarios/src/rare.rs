//! Rare losses by splitting, on several threads, in words and as JSON. The work is in [`models::durability::rare`].

use analysis::stats::mean_interval;
use models::durability::path::Ends;
use models::durability::rare::{self, Effort, Finding};
use models::durability::store::Plan;
use rayon::prelude::*;
use serde_json::{Value, json};
use sim_core::draws::Draws;
use sim_core::time::{SimSpan, SimTime};
use std::fmt::Write as _;

/// One estimate beside what it is compared with.
#[derive(Debug)]
pub struct Answer {
    what: &'static str,
    unit: &'static str,
    value: f64,
    interval: (f64, f64),
    exact: Option<f64>,
    finding: Finding,
}

/// The answers: odds within the horizon and, where an object begins anew when it is whole, the mean time to loss.
#[derive(Debug)]
pub struct Report(Vec<Answer>);

/// Looks for losses. The result does not depend on the threads.
pub fn look(plan: &Plan, horizon: SimSpan, effort: Effort, seed: u64, threads: usize) -> Report {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.expect("the system grants the threads that were asked for");
    let find = |ends, replicate| {
        let draws = Draws::new(seed, replicate);
        let numbers = (0..effort.repetitions).into_par_iter();
        let all: Vec<_> = pool
            .install(|| numbers.map(|number| rare::repetition(plan, ends, effort, draws, number)).collect());
        Finding::of(&all, rare::plain(plan, ends, effort.trials, draws))
    };
    let end = SimTime::ZERO + horizon;
    let mut answers = vec![within(find(Ends::At(end), 0), rare::exact_within(plan, end))];
    if rare::has_cycles(plan) {
        let exact = rare::chain(plan).map(|chain| chain.mean_time_to_loss());
        answers.push(mean_time(find(Ends::WhenWhole, 1), exact));
    }
    Report(answers)
}

/// 95 % of the products' mean.
fn interval(finding: &Finding) -> (f64, f64) {
    let found = mean_interval(&finding.odds.products).expect("repetitions");
    (found.low.unwrap_or(0.0).max(0.0), found.high.unwrap_or(1.0).min(1.0))
}

fn within(finding: Finding, exact: Option<f64>) -> Answer {
    let (what, unit) = ("odds of loss within the horizon", "");
    Answer { what, unit, value: finding.odds.odds, interval: interval(&finding), exact, finding }
}

fn mean_time(finding: Finding, exact: Option<f64>) -> Answer {
    let (value, error) = finding.mean_days_to_loss();
    // That of the odds, turned round and widened by what is not known of the length of a cycle.
    let (low, high) = interval(&finding);
    let wider = error / value / finding.odds.relative_error();
    let half = if value.is_finite() { 0.5 * (high - low) / finding.odds.odds * wider } else { f64::INFINITY };
    let interval = ((value * (1.0 - half)).max(0.0), value * (1.0 + half));
    Answer { what: "mean time to loss", unit: " days", value, interval, exact, finding }
}

impl Report {
    /// For people.
    pub fn text(&self) -> String {
        self.0.iter().map(Answer::text).collect::<Vec<_>>().join("\n")
    }

    /// For machines.
    pub fn json(&self) -> Value {
        self.0.iter().map(Answer::json).collect()
    }
}

impl Answer {
    fn text(&self) -> String {
        let Answer { what, unit, value, interval: (low, high), exact, finding } = self;
        let mut text = format!("{what}: {value:.4e}{unit} (95 %: {low:.4e} to {high:.4e})\n");
        let stages = &finding.odds.stages;
        if finding.odds.odds <= 0.0 {
            let reached = stages.iter().filter(|stage| stage.hits > 0).count();
            let _ = writeln!(
                text,
                "  no path came to loss, {reached} pieces were missing at most: raise --effort"
            );
        }
        if let Some(exact) = exact {
            let _ =
                writeln!(text, "  closed form: {exact:.6e}{unit} ({:+.2} %)", 100.0 * (value / exact - 1.0));
        }
        let shares: Vec<String> = stages.iter().map(|stage| format!("{:.3e}", stage.share())).collect();
        let _ = writeln!(text, "  level to level: {}", shares.join(", "));
        let _ = writeln!(text, "  events, splitting: {:.3e}", finding.odds.work() as f64);
        let (cost, plain) = (&finding.cost, &finding.plain.stage);
        let predicted = match finding.odds.odds > 0.0 {
            true => format!("{:.3e} a loss, {:.3e} for the same error (predicted; ", cost.a_hit, cost.equal),
            false => "unknown, as no loss was seen (".into(),
        };
        let _ = writeln!(
            text,
            "  events, plain: {predicted}seen: {} losses in {} paths of {:.2} events)",
            plain.hits, plain.trials, cost.a_path
        );
        text
    }

    fn json(&self) -> Value {
        let stages = self.finding.odds.stages.iter();
        let stage = |stage: &sim_core::splitting::Stage| json!({ "trials": stage.trials, "hits": stage.hits, "events": stage.work });
        let (cost, plain) = (&self.finding.cost, &self.finding.plain.stage);
        json!({
            "what": self.what,
            "unit": self.unit.trim(),
            "value": self.value,
            "low": self.interval.0,
            "high": self.interval.1,
            "closed_form": self.exact,
            "stages": stages.map(stage).collect::<Vec<_>>(),
            "events": self.finding.odds.work(),
            "plain": {
                "paths": plain.trials, "losses": plain.hits, "events": plain.work,
                "events_a_loss": cost.a_hit, "events_for_the_same_error": cost.equal,
            },
        })
    }
}
