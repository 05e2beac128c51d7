//! `lastcopy list`.

use super::output;
use clap::Args as ClapArgs;
use lastcopy::catalog::CATALOG;
use lastcopy::failure::Failure;
use lastcopy::scenario::{Overrides, Scenario};
use std::fmt::Write as _;
use std::path::Path;

/// Arguments of `lastcopy list`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// If stdout cannot be written.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut entries = Vec::new();
    for entry in CATALOG {
        let scenario = Scenario::check(entry.text(), Path::new(""), &Overrides::default())?;
        let top = scenario.base.one("");
        entries.push((entry.name, top.text("question").to_string(), top.text("surprise").to_string()));
    }
    if args.json {
        let list: Vec<_> = entries
            .iter()
            .map(|(name, question, surprise)| {
                serde_json::json!({ "name": name, "question": question, "surprise": surprise })
            })
            .collect();
        return output::print(&format!("{}\n", serde_json::to_string_pretty(&list).expect("string keys")));
    }
    let width = entries.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, question, _) in entries {
        writeln!(text, "{name:<width$}  {question}").expect("a string takes all");
    }
    output::print(&text)
}
