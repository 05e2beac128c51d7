//! `lastcopy explain`.

use super::output;
use clap::Args as ClapArgs;
use lastcopy::failure::Failure;

/// Arguments of `lastcopy explain`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// A key such as population.<group>.uplink or just uplink, a table, a metric, a rule, a figure, a preset,
    /// a protocol parameter, a network version, a formula
    #[arg(value_name = "WORD")]
    word: String,
}

/// Runs the command.
///
/// # Errors
/// If nothing has that name.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let text = lastcopy::explain::explain(&args.word).map_err(Failure::Usage)?;
    output::print(&text)
}
