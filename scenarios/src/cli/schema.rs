//! `lastcopy schema`.

use super::output;
use clap::Args as ClapArgs;
use lastcopy::failure::Failure;

/// Arguments of `lastcopy schema`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The schema of forecast files instead
    #[arg(long)]
    forecast: bool,
}

/// Runs the command.
///
/// # Errors
/// If stdout cannot be written.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let text = if args.forecast { lastcopy::forecast::docs::schema() } else { lastcopy::schema::text() };
    output::print(&text)
}
