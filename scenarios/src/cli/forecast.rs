//! `lastcopy forecast`.

use super::output;
use clap::Args as ClapArgs;
use lastcopy::catalog;
use lastcopy::failure::Failure;
use lastcopy::forecast::{read, table};
use sim_core::record::folder::write_whole;
use std::path::PathBuf;

/// Arguments of `lastcopy forecast`. CSV on stdout unless said otherwise, one row a day; `lastcopy explain forecast`
/// lists inputs and series with their units.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// A TOML file with a [forecast] table, or `mainnet-like`, which comes with the program
    #[arg(value_name = "FILE|NAME")]
    file: String,
    /// Set an input, as in --set forecast.renewal_rate=0.8; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Write the CSV to a file
    #[arg(long, value_name = "CSV")]
    out: Option<PathBuf>,
    /// Print the series as JSON: {"series": {name: [daily]}}
    #[arg(long)]
    json: bool,
    /// Print the file itself, to start one from
    #[arg(long, conflicts_with_all = ["sets", "out", "json"])]
    show: bool,
}

/// Runs the command.
///
/// # Errors
/// If the file is refused, or an output cannot be written.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let text = catalog::open_forecast(&args.file)?;
    if args.show {
        return output::print(&text.text);
    }
    let plan = read(text.clone(), &args.sets)?;
    let forecast = plan.run(&text)?;
    let csv = || table::csv(&forecast, plan.inputs.start_day);
    if let Some(path) = &args.out {
        write_whole(path, &[csv().as_bytes()]).map_err(|error| Failure::output(path, &error))?;
    }
    match (&args.out, args.json) {
        (_, true) => output::print(&table::json(&forecast)),
        (Some(path), false) => {
            output::print(&format!("{}: {} days of {}\n", path.display(), forecast.days(), plan.name))
        }
        (None, false) => output::print(&csv()),
    }
}
