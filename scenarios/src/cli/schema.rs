//! `lastcopy schema`.

use super::output;
use clap::Args as ClapArgs;
use lastcopy::failure::Failure;

/// Arguments of `lastcopy schema`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {}

/// Runs the command.
///
/// # Errors
/// If stdout cannot be written.
pub(super) fn run(_args: &Args) -> Result<(), Failure> {
    output::print(&lastcopy::schema::text())
}
