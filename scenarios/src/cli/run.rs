//! `lastcopy run`.

use super::progress::Progress;
use super::{output, progress_wanted, signals};
use analysis::summary::in_words;
use clap::{Args as ClapArgs, ValueEnum};
use lastcopy::batch::{Budget, Stopped};
use lastcopy::build::RunOptions;
use lastcopy::catalog;
use lastcopy::failure::Failure;
use lastcopy::host;
use lastcopy::path::quoted;
use lastcopy::problem::{Report, Severity};
use lastcopy::run::{Finished, Prepared, Settings};
use lastcopy::saving::Every;
use lastcopy::scenario::{Overrides, Scenario};
use models::config::CheckLevel;
use sim_core::units::{parse_bytes, parse_span};
use std::path::PathBuf;
use std::time::Duration;

/// Output of a run at most, unless the user says otherwise.
pub(super) const OUTPUT_MAX: u64 = 16 << 30;

/// How a scenario is chosen and changed; shared by `run` and `check`.
#[derive(Debug, Clone, ClapArgs)]
pub(super) struct Choice {
    /// A scenario file, or the name of one that comes with the program
    #[arg(value_name = "FILE|NAME")]
    pub(super) scenario: String,
    /// Use the overrides of [size.NAME]; `full` for none
    #[arg(long, value_name = "NAME")]
    pub(super) size: Option<String>,
    /// Set a key, as in --set population.readers.count=20; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) sets: Vec<String>,
    /// Seed of all luck
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<String>,
    /// Runs of each arm at each grid point
    #[arg(long, value_name = "N")]
    pub(super) replicates: Option<String>,
    /// Memory that may be used, such as "4 GiB" [default: three quarters of what there is]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(super) max_memory: Option<u64>,
    /// Output that may be written, such as "1 GiB" [default: 16 GiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    pub(super) max_output: Option<u64>,
}

/// Arguments of `lastcopy run`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Folder of the results [default: runs/<scenario>-<id>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Worker threads [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// How often invariants are checked
    #[arg(long, value_enum, default_value_t = Check::Sampled)]
    check: Check,
    /// Replace the same run if it is there already
    #[arg(long)]
    force: bool,
    /// Wall time that may be used, such as "10 min"
    #[arg(long, value_name = "TIME", value_parser = wall)]
    max_wall: Option<Duration>,
    /// Events that a cell may dispatch
    #[arg(long, value_name = "N")]
    max_events: Option<u64>,
    /// Save the run every so much virtual time, such as "10 days", or every so many events (looked at every 65,536
    /// events): after a crash `lastcopy resume` goes on from there. A run that a budget or Ctrl-C stops is saved anyway
    #[arg(long, value_name = "TIME|N")]
    checkpoint_every: Option<Every>,
    /// Draw the scenario's figures, which is the default
    #[arg(long, overrides_with = "no_plot")]
    plot: bool,
    /// Draw no figures; `lastcopy plot` draws them later
    #[arg(long)]
    no_plot: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// No progress bar and no warnings
    #[arg(long)]
    quiet: bool,
}

/// Levels of run-time checks.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Check {
    /// After every event
    Every,
    /// Now and then
    Sampled,
    /// Never; marked in the manifest
    Off,
}

pub(super) fn bytes(text: &str) -> Result<u64, String> {
    parse_bytes(text).map(|bytes| bytes.as_u64()).map_err(|error| error.to_string())
}

pub(super) fn wall(text: &str) -> Result<Duration, String> {
    parse_span(text).map(|span| Duration::from_nanos(span.as_nanos())).map_err(|error| error.to_string())
}

impl Choice {
    /// The checked scenario with its files read; warnings go to stderr.
    pub(super) fn prepare(&self, quiet: bool) -> Result<Prepared, Failure> {
        let (text, folder) = catalog::open(&self.scenario)?;
        let mut sets = self.sets.clone();
        sets.extend(self.seed.as_ref().map(|seed| format!("seed={seed}")));
        sets.extend(self.replicates.as_ref().map(|replicates| format!("replicates={replicates}")));
        let scenario = Scenario::check(text, &folder, &Overrides { size: self.size.clone(), sets })?;
        if !quiet && !scenario.warnings.is_empty() {
            output::problems(&Report { text: scenario.text.clone(), problems: scenario.warnings.clone() });
        }
        debug_assert!(scenario.warnings.sorted().iter().all(|warning| warning.severity == Severity::Warning));
        Ok(Prepared::new(scenario)?)
    }

    /// Memory limit in bytes.
    pub(super) fn memory(&self) -> u64 {
        self.max_memory.unwrap_or_else(host::memory_limit)
    }

    /// Output limit in bytes.
    pub(super) fn output(&self) -> u64 {
        self.max_output.unwrap_or(OUTPUT_MAX)
    }
}

/// Runs the command.
///
/// # Errors
/// As [`Failure`] says.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let prepared = args.choice.prepare(args.quiet)?;
    let cost = prepared.cost(args.choice.memory(), args.choice.output())?;
    let progress = Progress::new(usize::try_from(cost.cells).unwrap_or(0), progress_wanted(args.quiet));
    let settings = Settings {
        options: RunOptions { check: level(args.check), max_events: args.max_events },
        threads: args.threads.map_or_else(host::processors, usize::from),
        budget: Budget {
            wall: args.max_wall,
            memory: Some(args.choice.memory()),
            output: Some(args.choice.output()),
        },
        plots: args.plot || !args.no_plot,
        force: args.force,
        out: args.out.clone(),
        interrupted: signals::interruption(),
        progress: &|cell, share| progress.tell(cell, share),
        checkpoint_every: args.checkpoint_every,
    };
    let finished = lastcopy::run::run(&prepared, &settings);
    progress.finish();
    tell(&finished?, args.json, args.quiet)
}

fn level(check: Check) -> CheckLevel {
    match check {
        Check::Every => CheckLevel::Every,
        Check::Sampled => CheckLevel::Sampled,
        Check::Off => CheckLevel::Off,
    }
}

/// Says what became of a run.
///
/// # Errors
/// If a budget ended it, or stdout cannot be written.
pub(super) fn tell(finished: &Finished, json: bool, quiet: bool) -> Result<(), Failure> {
    if !quiet {
        for notice in &finished.notices {
            output::error(notice);
        }
    }
    if json {
        output::print(&finished.summary.to_json())?;
    } else {
        let words = in_words(&finished.summary).replace('\n', " ");
        let already = if finished.was_there { " (was there already)" } else { "" };
        output::print(&format!("{}{already}: {words}\n", finished.folder.display()))?;
    }
    match finished.stopped {
        None => Ok(()),
        Some(reason) => Err(Failure::OverBudget(format!(
            "{} was used up; what was finished is in {}, marked as partial; go on with `lastcopy resume {}`",
            budget_name(reason),
            quoted(&finished.folder.display().to_string()),
            finished.folder.display()
        ))),
    }
}

fn budget_name(reason: Stopped) -> &'static str {
    match reason {
        Stopped::Wall => "--max-wall",
        Stopped::Memory => "--max-memory",
        Stopped::Output => "--max-output",
        Stopped::Events => "--max-events",
        Stopped::Interrupted => "patience",
    }
}
