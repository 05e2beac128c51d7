//! `lastcopy claims`.

use super::{output, progress_wanted, signals};
use clap::Args as ClapArgs;
use lastcopy::claims::{self, Row, Settings};
use lastcopy::failure::Failure;
use lastcopy::host;
use std::fmt::Write as _;

/// Arguments of `lastcopy claims`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Numbers of claims; all if none is given
    #[arg(value_name = "ROW")]
    rows: Vec<u64>,
    /// Set a key in the scenarios of the claims; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Seed of all luck
    #[arg(long, value_name = "N")]
    seed: Option<String>,
    /// Worker threads [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
    /// Say nothing while claims run
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
///
/// # Errors
/// If a claim fails, is not built, or its scenario is refused.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut sets = args.sets.clone();
    sets.extend(args.seed.as_ref().map(|seed| format!("seed={seed}")));
    let settings = Settings {
        rows: args.rows.clone(),
        sets,
        threads: args.threads.map_or_else(host::processors, usize::from),
        interrupted: signals::interruption(),
    };
    let tell_progress = progress_wanted(args.quiet);
    let rows = claims::run(&settings, &mut |row| {
        if tell_progress {
            output::error(&format!("claim {}: {}", row.id, verdict(row)));
        }
    })?;
    output::print(&if args.json { json(&rows) } else { table(&rows) })?;
    let failed: Vec<String> = rows.iter().filter(|row| !row.pass).map(|row| row.id.to_string()).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::Failed(format!("not shown: claim {}", failed.join(", "))))
}

fn verdict(row: &Row) -> &'static str {
    match (&row.finding, row.pass) {
        (None, _) => "not-built",
        (Some(_), true) => "pass",
        (Some(_), false) => "fail",
    }
}

fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.claim.chars().count()).max().unwrap_or(0).max(5);
    let mut text = format!(
        "row  {:<width$}  {:>12}  {:>12}  {:<25}  verdict\n",
        "claim", "measured", "expected", "95 % interval"
    );
    for row in rows {
        let (measured, expected, interval) = match &row.finding {
            Some(found) => (
                number(found.measured),
                number(found.expected),
                format!("{} .. {}", number(found.low), number(found.high)),
            ),
            None => ("-".into(), "-".into(), "-".into()),
        };
        writeln!(
            text,
            "{:>3}  {:<width$}  {measured:>12}  {expected:>12}  {interval:<25}  {}",
            row.id,
            row.claim,
            verdict(row)
        )
        .expect("a string takes all");
        if let Some(broken) = row.finding.as_ref().and_then(|finding| finding.broken.as_ref()) {
            writeln!(text, "     {broken}").expect("a string takes all");
        }
    }
    text
}

/// Whole numbers whole, others with four decimals.
fn number(x: f64) -> String {
    if x.fract() == 0.0 { format!("{x:.0}") } else { format!("{x:.4}") }
}

fn json(rows: &[Row]) -> String {
    let row = |row: &Row| {
        let found = row.finding.as_ref();
        serde_json::json!({
            "id": row.id,
            "claim": row.claim,
            "measured": found.map(|found| found.measured),
            "expected": found.map(|found| found.expected),
            "low": found.map(|found| found.low),
            "high": found.map(|found| found.high),
            "verdict": verdict(row),
        })
    };
    let value = serde_json::json!({ "rows": rows.iter().map(row).collect::<Vec<_>>() });
    format!("{}\n", serde_json::to_string_pretty(&value).expect("string keys"))
}
