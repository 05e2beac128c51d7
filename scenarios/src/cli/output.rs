//! Writing for people: results on stdout, problems on stderr.

use lastcopy::failure::Failure;
use lastcopy::problem::Report;
use std::io::{self, IsTerminal, Write};

/// Writes a result to stdout.
///
/// # Errors
/// If stdout is closed, or cannot be written.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
        kind => Failure::CannotWrite(format!("cannot write to stdout: {kind}")),
    })
}

/// Writes one line of trouble to stderr; if even that fails, nobody is listening.
pub(super) fn error(message: &str) {
    let _ = writeln!(io::stderr(), "lastcopy: {message}");
}

/// Writes the problems of a scenario to stderr: drawn on a terminal, else as plain lines.
pub(super) fn problems(report: &Report) {
    let mut err = io::stderr().lock();
    if !err.is_terminal() {
        let _ = err.write_all(report.plain().as_bytes());
        return;
    }
    let (drawn, lines) = report.diagnostics();
    for line in lines {
        let _ = writeln!(err, "{line}");
    }
    let hidden = report.problems.len().saturating_sub(lastcopy::problem::SHOWN);
    for diagnostic in drawn {
        let _ = writeln!(err, "{:?}", miette::Report::new(diagnostic));
    }
    if hidden > 0 {
        let _ = writeln!(err, "and {hidden} more");
    }
}
