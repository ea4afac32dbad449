//! The host tool: builds the suite, runs it and reports. `ci/README.md` is the map.
#![forbid(unsafe_code)]

mod atomic;
mod bundle;
mod commands;
mod error;
mod machine;
mod printable;
mod private;
mod progress;
mod results;
mod shell;
mod style;
mod terminal;
mod trust;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(commands::main())
}
