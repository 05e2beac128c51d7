//! The one binary, `lastcopy`: reads the command line and calls the library.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
