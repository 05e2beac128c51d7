//! The command line: one command a file. Results go to stdout; progress and problems to stderr.

mod calc;
mod check;
mod cid;
mod claims;
mod commp;
mod completions;
mod diff;
mod explain;
mod forecast;
mod list;
mod man;
mod new;
mod open;
mod output;
mod plot;
mod progress;
mod rare;
mod resume;
mod run;
mod schema;
mod seal;
mod signals;
mod trace;
mod why;

use clap::{Parser, Subcommand};
use lastcopy::batch::panic_words;
use lastcopy::failure::Failure;
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;

/// When a file's last copy goes, why, and what would have kept it: IPFS and Filecoin in virtual time.
#[derive(Debug, Parser)]
#[command(name = "lastcopy", version, max_term_width = 100, arg_required_else_help = false)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a scenario into a folder of tables and figures
    Run(run::Args),
    /// Go on with a run that was stopped, from what was saved of it
    Resume(resume::Args),
    /// Check a scenario: all its problems, or what it would cost
    Check(check::Args),
    /// List the scenarios that come with the program
    List(list::Args),
    /// Write a scenario file to start from
    New(new::Args),
    /// Explain a key, a table, a metric, a rule, a figure or a preset
    Explain(explain::Args),
    /// Print a JSON Schema of scenario files, for editors
    Schema(schema::Args),
    /// Draw the figures of a run again
    Plot(plot::Args),
    /// Tell why an object was lost, copy by copy, or count the losses of a run by cause
    Why(why::Args),
    /// Replay two runs to the first event where they part
    Diff(diff::Args),
    /// Write the events of a run to a file, for trace viewers
    Trace(trace::Args),
    /// Print the CID of a file or folder, as `ipfs add --only-hash -r` does
    Cid(cid::Args),
    /// Print the piece commitment of a file and its names
    Commp(commp::Args),
    /// Seal files into a sector: replica id, commitments, and challenges with what they open
    Seal(seal::Args),
    /// Work out a formula of the chain
    Calc(calc::Args),
    /// Odds of losses too rare to wait for, by splitting, beside the closed form and the plain cost
    Rare(rare::Args),
    /// Show the claims of the mission: measured, expected, verdict
    Claims(claims::Args),
    /// Forecast the whole network for years: power, minting, pledge, supply, one row a day
    Forecast(forecast::Args),
    /// Print completions for a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
}

const WELCOME: &str = "\
lastcopy simulates IPFS and Filecoin: when a file's last copy goes, why, and what would have kept it.

Three commands to try:
  lastcopy run smoke          a page's life in a month, with tables and figures
  lastcopy list               the scenarios that come with it, each with its question
  lastcopy new my-question    a scenario file to start from

`lastcopy help` shows all commands.
";

/// Where the last panic was: the hook says it here instead of on stderr.
static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Reads the command line, runs the command, and turns what became of it into an exit code.
pub(crate) fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = place;
        }
    }));
    let cli = Cli::parse();
    let result = catch_unwind(AssertUnwindSafe(|| dispatch(cli)))
        .unwrap_or_else(|panic| Err(Failure::Internal(panic_words(panic.as_ref()))));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure);
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        None => output::print(WELCOME),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Resume(args)) => resume::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::List(args)) => list::run(&args),
        Some(Command::New(args)) => new::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Schema(args)) => schema::run(&args),
        Some(Command::Plot(args)) => plot::run(&args),
        Some(Command::Why(args)) => why::run(&args),
        Some(Command::Diff(args)) => diff::run(&args),
        Some(Command::Trace(args)) => trace::run(&args),
        Some(Command::Cid(args)) => cid::run(&args),
        Some(Command::Commp(args)) => commp::run(&args),
        Some(Command::Seal(args)) => seal::run(&args),
        Some(Command::Calc(args)) => calc::run(&args),
        Some(Command::Rare(args)) => rare::run(&args),
        Some(Command::Claims(args)) => claims::run(&args),
        Some(Command::Forecast(args)) => forecast::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(&args),
    }
}

/// Says on stderr why a command failed.
fn tell(failure: &Failure) {
    match failure {
        Failure::Refused(report) => output::problems(report),
        Failure::Usage(message)
        | Failure::Failed(message)
        | Failure::CannotCreate(message)
        | Failure::CannotWrite(message)
        | Failure::OverBudget(message) => output::error(message),
        Failure::Internal(message) => {
            let place = LAST_PANIC.lock().ok().and_then(|last| last.clone());
            let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
            output::error(&format!("a bug of lastcopy, please report it: {message}{place}"));
        }
        Failure::Interrupted(kept) => output::error(&format!("interrupted; {kept}")),
        Failure::ClosedPipe => {}
    }
}

/// Whether progress may be drawn.
fn progress_wanted(quiet: bool) -> bool {
    !quiet && std::io::stderr().is_terminal()
}
