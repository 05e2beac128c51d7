//! The one binary, `lastcopy`: reads the command line and calls the library.

mod cli;

use std::process::ExitCode;

/// Many small lists come and go, of all nodes at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
