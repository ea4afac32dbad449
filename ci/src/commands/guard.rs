//! `sigsys guard`: what this tool starts itself with, to start another program.

use crate::machine::guard;
use clap::Args;

/// Start a program that dies with the process that started this one
#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// In a PID namespace of its own, where it can signal nothing else
    #[arg(long)]
    apart: bool,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<std::ffi::OsString>,
}

/// Starts the program and stays until it has ended; gives its exit status.
pub(crate) fn guard(args: &GuardArgs) -> u8 {
    guard::guard(&args.command, args.apart)
}
