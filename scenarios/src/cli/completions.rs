//! `lastcopy completions`.

use super::{Cli, output};
use clap::{Args as ClapArgs, CommandFactory};
use clap_complete::Shell;
use lastcopy::failure::Failure;

/// Arguments of `lastcopy completions`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

/// Runs the command.
///
/// # Errors
/// If stdout cannot be written.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lastcopy", &mut bytes);
    output::print(&String::from_utf8_lossy(&bytes))
}
