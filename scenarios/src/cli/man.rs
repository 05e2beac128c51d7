//! `lastcopy man`.

use super::{Cli, output};
use clap::{Args as ClapArgs, CommandFactory};
use lastcopy::failure::Failure;

/// Arguments of `lastcopy man`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {}

/// Runs the command.
///
/// # Errors
/// If stdout cannot be written.
pub(super) fn run(_args: &Args) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    let rendered = clap_mangen::Man::new(Cli::command()).render(&mut bytes);
    rendered.map_err(|error| Failure::Internal(error.to_string()))?;
    output::print(&String::from_utf8_lossy(&bytes))
}
