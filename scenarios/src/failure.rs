//! How a command can end other than well, and the exit code of each way.

use crate::problem::Report;
use std::io;
use std::path::Path;

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub enum Failure {
    /// A scenario, or an argument about it, is wrong.
    Refused(Report),
    /// An argument or an input file is wrong.
    Usage(String),
    /// The run or a verdict failed.
    Failed(String),
    /// A bug of this program.
    Internal(String),
    /// An output cannot be made: it exists, or its folder cannot be written.
    CannotCreate(String),
    /// An output cannot be written whole.
    CannotWrite(String),
    /// A budget was used up; what is finished is kept.
    OverBudget(String),
    /// Ctrl-C; what was kept, in words.
    Interrupted(String),
    /// Whoever read our output has gone away.
    ClosedPipe,
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Failed(_) => 1,
            Failure::Refused(_) | Failure::Usage(_) => 2,
            Failure::Internal(_) => 70,
            Failure::CannotCreate(_) => 73,
            Failure::CannotWrite(_) => 74,
            Failure::OverBudget(_) => 75,
            Failure::Interrupted(_) => 130,
            Failure::ClosedPipe => 0,
        }
    }

    /// The failure of making or writing an output at `path`.
    pub fn output(path: &Path, error: &io::Error) -> Self {
        let message = format!("cannot write {}: {}", path.display(), reason(error));
        match error.kind() {
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotFound => Failure::CannotCreate(message),
            _ => Failure::CannotWrite(message),
        }
    }
}

/// An operating system's reason without the number of its error.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::PermissionDenied => "no permission".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        kind => kind.to_string(),
    }
}

impl From<Report> for Failure {
    fn from(report: Report) -> Self {
        Failure::Refused(report)
    }
}
