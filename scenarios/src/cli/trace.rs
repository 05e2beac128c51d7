//! `lastcopy trace`.

use super::{output, signals};
use clap::{Args as ClapArgs, ValueEnum};
use lastcopy::events::{self, Format, Written};
use lastcopy::failure::Failure;
use lastcopy::replay::Recorded;
use sim_core::time::SimTime;
use sim_core::units::parse_span;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Arguments of `lastcopy trace`.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Folder of a run, which is repeated; or a binary trace, which is turned into JSON
    #[arg(value_name = "RUN|TRACE")]
    run: PathBuf,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How it is written [default: json if FILE ends in .json, else binary]
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// Cell to repeat, such as base-0-0 [default: the first one]
    #[arg(long, value_name = "NAME")]
    cell: Option<String>,
    /// Leave out what happens before, such as "3 days"
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<SimTime>,
    /// Leave out what happens from then on
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<SimTime>,
    /// Events that are written at most [default for json: 1000000, which viewers still open]
    #[arg(long, value_name = "N")]
    events: Option<u64>,
}

/// Ways to write a trace.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// Trace-event JSON, for chrome://tracing and ui.perfetto.dev
    Json,
    /// Compact; some ten bytes an event
    Binary,
}

/// Events in a JSON file unless said otherwise.
const JSON_EVENTS: u64 = 1_000_000;

fn instant(text: &str) -> Result<SimTime, String> {
    parse_span(text).map(|span| SimTime::ZERO.saturating_add(span)).map_err(|error| error.to_string())
}

/// Runs the command.
///
/// # Errors
/// As [`Failure`] says.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let json = args.out.extension().is_some_and(|end| end == "json");
    let format = match args.format {
        Some(Form::Json) => Format::Json,
        Some(Form::Binary) => Format::Binary,
        None if json => Format::Json,
        None => Format::Binary,
    };
    let written = if args.run.is_file() {
        let is_plain =
            args.cell.is_none() && args.from.is_none() && args.until.is_none() && args.events.is_none();
        if format == Format::Binary || !is_plain {
            let words =
                "a binary trace can be turned into JSON as it is: give --out FILE.json and nothing else";
            return Err(Failure::Usage(words.into()));
        }
        events::export(&args.run, &args.out)?
    } else {
        let recorded = Recorded::open(&args.run)?;
        let spec = recorded.cell(args.cell.as_deref())?;
        let most = args.events.or((format == Format::Json).then_some(JSON_EVENTS));
        let window = events::window(args.from, args.until, most);
        let interrupted = signals::interruption();
        let mut watch = || !interrupted.load(Ordering::SeqCst);
        let written = events::trace(&recorded, spec, window, format, &args.out, &mut watch)?;
        if args.events.is_none() && format == Format::Json && written.events == JSON_EVENTS {
            output::error(
                "only the first 1000000 events were written; choose others with --from, --until, --events",
            );
        }
        written
    };
    let Written { events, run, cell } = written;
    output::print(&format!("{}: {events} events of {run}, cell {cell}\n", args.out.display()))
}
