//! `lastcopy check`.

use super::output;
use super::run::Choice;
use clap::Args as ClapArgs;
use lastcopy::failure::Failure;
use lastcopy::predict::{Cost, bytes_words};
use lastcopy::run::Prepared;
use sim_core::time::SimSpan;
use std::fmt::Write as _;

/// Arguments of `lastcopy check`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Print the resolved scenario, every default written out, instead of the plan
    #[arg(long)]
    resolved: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// As [`Failure`] says.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let prepared = args.choice.prepare(false)?;
    let cost = prepared.cost(args.choice.memory(), args.choice.output())?;
    if args.resolved {
        return output::print(&prepared.resolved);
    }
    if args.json {
        return output::print(&json(&prepared, &cost));
    }
    output::print(&plan(&prepared, &cost))
}

fn plan(prepared: &Prepared, cost: &Cost) -> String {
    let scenario = &prepared.scenario;
    let mut text = format!("{}: no problems\n", scenario.text.shown);
    let question = scenario.base.one("").text("question");
    if !question.is_empty() {
        writeln!(text, "question  {question}").expect("a string takes all");
    }
    let points: usize = scenario.grid.values().map(Vec::len).product();
    let mut line =
        |name: &str, value: String| writeln!(text, "{name:<9} {value}").expect("a string takes all");
    line("arms", scenario.arms.join(", "));
    for (path, values) in &scenario.grid {
        let words: Vec<_> = values.iter().map(lastcopy::keys::Value::words).collect();
        line("grid", format!("{path} = {}", words.join(", ")));
    }
    let (arms, replicates) = (scenario.arms.len(), scenario.replicates());
    line("cells", format!("{arms} arms x {points} points x {replicates} replicates = {}", cost.cells));
    line("memory", format!("about {} ({})", cost.memory.bytes_words(), cost.memory.largest_bytes()));
    line(
        "events",
        cost.events.total.map_or("uncountable".into(), |events| format!("about {}", round(events))),
    );
    line("time", format!("about {} on one core", time_words(cost.seconds())));
    line("output", format!("about {}", bytes_words(cost.output.total.unwrap_or(u128::MAX))));
    line("results", prepared.default_folder().display().to_string());
    text
}

/// Two significant digits.
fn round(n: u128) -> u128 {
    let mut unit = 1;
    while n / unit >= 100 {
        unit *= 10;
    }
    n / unit * unit
}

fn time_words(seconds: u128) -> String {
    let span = SimSpan::from_nanos(u64::try_from(seconds).unwrap_or(u64::MAX).saturating_mul(1_000_000_000));
    match seconds {
        0 => "a second".into(),
        1..120 => span.to_string(),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn json(prepared: &Prepared, cost: &Cost) -> String {
    let total = |total: Option<u128>| total.and_then(|total| u64::try_from(total).ok());
    let plan = serde_json::json!({
        "scenario": prepared.scenario.name(),
        "run_id": prepared.id,
        "folder": prepared.default_folder(),
        "arms": prepared.scenario.arms,
        "cells": total(Some(cost.cells)),
        "memory_bytes": total(cost.memory.total),
        "events": total(cost.events.total),
        "seconds": total(Some(cost.seconds())),
        "output_bytes": total(cost.output.total),
    });
    format!("{}\n", serde_json::to_string_pretty(&plan).expect("string keys"))
}
