//! `lastcopy plot`.

use super::{open, output};
use clap::Args as ClapArgs;
use lastcopy::failure::Failure;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Arguments of `lastcopy plot`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Folder of a run
    run: PathBuf,
    /// Folder for the figures [default: RUN/figures]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// If the folder is not that of a run, or figures cannot be written.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let run = open::run(&args.run)?;
    let out = args.out.clone().unwrap_or_else(|| args.run.join("figures"));
    let figures = analysis::plots::draw_all(&run, &out).map_err(|error| match error {
        analysis::AnalysisError::Write { .. } => Failure::CannotWrite(error.to_string()),
        other => Failure::Failed(other.to_string()),
    })?;
    for notice in &figures.notices {
        output::error(notice);
    }
    let mut text = String::new();
    for file in &figures.files {
        writeln!(text, "{}", file.display()).expect("a string takes all");
    }
    output::print(&text)
}
