//! `lastcopy list`.

use super::output;
use clap::Args as ClapArgs;
use lastcopy::catalog::{CATALOG, FORECASTS};
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
    let forecasts: Vec<_> = FORECASTS.iter().map(|entry| (entry.short_name(), entry.about())).collect();
    for entry in CATALOG {
        let scenario = Scenario::check(entry.text(), Path::new(""), &Overrides::default())?;
        let top = scenario.base.one("");
        entries.push((entry.name, top.text("question").to_string(), top.text("surprise").to_string()));
    }
    if args.json {
        let scenario = |(name, question, surprise): &(&str, String, String)| serde_json::json!({ "name": name, "question": question, "surprise": surprise });
        let forecast = |(name, about): &(&str, &str)| serde_json::json!({ "name": name, "about": about, "forecast": true });
        let list: Vec<_> = entries.iter().map(scenario).chain(forecasts.iter().map(forecast)).collect();
        return output::print(&format!("{}\n", serde_json::to_string_pretty(&list).expect("string keys")));
    }
    let names = entries.iter().map(|(name, ..)| name).chain(forecasts.iter().map(|(name, _)| name));
    let width = names.map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, question, _) in entries {
        writeln!(text, "{name:<width$}  {question}").expect("a string takes all");
    }
    text.push_str("\nforecasts, for `lastcopy forecast NAME`:\n");
    for (name, about) in forecasts {
        writeln!(text, "{name:<width$}  {about}").expect("a string takes all");
    }
    output::print(&text)
}
