//! `lastcopy resume`.

use super::progress::Progress;
use super::run::{OUTPUT_MAX, bytes, tell, wall};
use super::{output, progress_wanted, signals};
use clap::Args as ClapArgs;
use lastcopy::batch::Budget;
use lastcopy::build::RunOptions;
use lastcopy::failure::Failure;
use lastcopy::host;
use lastcopy::resume::Stopped;
use lastcopy::run::Settings;
use lastcopy::saving::Every;
use std::path::PathBuf;
use std::time::Duration;

/// Arguments of `lastcopy resume`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Folder of the run, whether it is there already (partial) or not (killed before it was written)
    #[arg(value_name = "DIR")]
    run: PathBuf,
    /// Worker threads [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Memory that may be used, such as "4 GiB" [default: three quarters of what there is]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    max_memory: Option<u64>,
    /// Output that may be written, such as "1 GiB" [default: 16 GiB]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    max_output: Option<u64>,
    /// Wall time that may be used from now on, such as "10 min"
    #[arg(long, value_name = "TIME", value_parser = wall)]
    max_wall: Option<Duration>,
    /// Events that a cell may dispatch, those before the stop counted
    #[arg(long, value_name = "N")]
    max_events: Option<u64>,
    /// Save the run every so much virtual time, such as "10 days", or every so many events
    #[arg(long, value_name = "TIME|N")]
    checkpoint_every: Option<Every>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// No progress bar and no words about what is done
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
///
/// # Errors
/// As [`Failure`] says.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let stopped = Stopped::find(&args.run)?;
    if !args.quiet {
        for note in &stopped.notes {
            output::error(note);
        }
    }
    let memory = args.max_memory.unwrap_or_else(host::memory_limit);
    let written = args.max_output.unwrap_or(OUTPUT_MAX);
    let cost = stopped.prepared.cost(memory, written)?;
    let progress = Progress::new(usize::try_from(cost.cells).unwrap_or(0), progress_wanted(args.quiet));
    let settings = Settings {
        options: RunOptions { check: stopped.check, max_events: args.max_events },
        threads: args.threads.map_or_else(host::processors, usize::from),
        budget: Budget { wall: args.max_wall, memory: Some(memory), output: Some(written) },
        plots: stopped.plots,
        force: false,
        out: None,
        interrupted: signals::interruption(),
        progress: &|cell, share| progress.tell(cell, share),
        checkpoint_every: args.checkpoint_every,
    };
    let finished = stopped.run(settings);
    progress.finish();
    tell(&finished?, args.json, args.quiet)
}
