//! `lastcopy why`.

use super::{open, output};
use analysis::AnalysisError;
use analysis::why::{Losses, Story};
use clap::Args as ClapArgs;
use lastcopy::failure::Failure;
use std::path::PathBuf;

/// Arguments of `lastcopy why`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Folder of a run
    run: PathBuf,
    /// An object, by its name such as page/0 or by the CID of its root [default: all losses by cause]
    object: Option<String>,
    /// Only this cell of the run: <arm>-<grid point>-<replicate>
    #[arg(long, value_name = "CELL")]
    cell: Option<String>,
    /// Every copy, and not only the last ones to go
    #[arg(long, requires = "object")]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// If the folder is not that of a run, or has no such object or cell.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let run = open::run(&args.run)?;
    let cell = args.cell.as_deref();
    let text = match &args.object {
        Some(object) => {
            let story = Story::of(&run, object, cell).map_err(failure)?;
            if args.json { to_json(&story) } else { story.text(args.all) }
        }
        None => {
            let losses = Losses::of(&run, cell).map_err(failure)?;
            if args.json { to_json(&losses) } else { losses.text() }
        }
    };
    output::print(&text)
}

fn to_json(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("names and numbers are JSON");
    text.push('\n');
    text
}

fn failure(error: AnalysisError) -> Failure {
    let near = match &error {
        AnalysisError::NoObject { object, known } => open::did_you_mean(object, known),
        AnalysisError::NoSuchCell { cell, known } => open::did_you_mean(cell, known),
        _ => String::new(),
    };
    Failure::Usage(format!("{error}{near}"))
}
