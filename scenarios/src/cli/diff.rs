//! `lastcopy diff`.

use super::{output, signals};
use clap::Args as ClapArgs;
use lastcopy::diff::diff;
use lastcopy::failure::Failure;
use lastcopy::replay::Recorded;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Arguments of `lastcopy diff`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Folder of a run
    a: PathBuf,
    /// Folder of another run, or the same one to compare two of its cells
    b: PathBuf,
    /// Cell to replay, such as base-0-0 [default: the first one whose recorded digests differ]
    #[arg(long, value_name = "NAME")]
    cell: Option<String>,
    /// Cell of B, if it has another name
    #[arg(long, value_name = "NAME")]
    cell_b: Option<String>,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// If the runs differ, or as [`Failure`] says.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let (a, b) = (Recorded::open(&args.a)?, Recorded::open(&args.b)?);
    let interrupted = signals::interruption();
    let mut watch = |_| !interrupted.load(Ordering::SeqCst);
    let found = diff(&a, &b, args.cell.as_deref(), args.cell_b.as_deref(), &mut watch)?;
    if args.json {
        let json = serde_json::to_string_pretty(&found).expect("plain fields");
        output::print(&format!("{json}\n"))?;
    } else {
        output::print(&found.words())?;
    }
    if found.is_same() { Ok(()) } else { Err(Failure::Failed("the runs differ".into())) }
}
