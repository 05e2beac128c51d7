//! `lastcopy new`.

use super::output;
use clap::Args as ClapArgs;
use lastcopy::failure::Failure;
use lastcopy::keys::Kind;
use lastcopy::keys::kind::is_name;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// Arguments of `lastcopy new`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Name of the scenario; the file is NAME.toml in the current folder
    name: String,
}

/// The file that is written, but for the name.
const TEMPLATE: &str = include_str!("../../catalog/template.toml");

/// Runs the command.
///
/// # Errors
/// If the name is none, or the file exists or cannot be written.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let name = args.name.strip_suffix(".toml").unwrap_or(&args.name);
    if !is_name(name) {
        return Err(Failure::Usage(format!("expected {}, got \"{}\"", Kind::Name.expected(), args.name)));
    }
    let path = PathBuf::from(format!("{name}.toml"));
    let text = TEMPLATE.replace("my-question", name);
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::CannotCreate(format!("{} exists already; choose another name", path.display()))
        }
        _ => Failure::output(&path, &error),
    })?;
    output::print(&format!("{}: edit it, then `lastcopy check {0}` and `lastcopy run {0}`\n", path.display()))
}
