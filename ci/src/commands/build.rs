//! `sigsys build`: the suite as one static program.

use crate::error::Refusal;
use crate::machine::suite_build;
use crate::{atomic, terminal};
use clap::Args;
use std::path::PathBuf;

/// `sigsys build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Copy the program here [default: print where it lies]
    pub output: Option<PathBuf>,
}

/// Builds the suite, and copies it or prints where it lies; gives the exit status.
///
/// # Errors
/// When it cannot be built or copied.
pub(crate) fn build(args: &BuildArgs) -> Result<u8, Refusal> {
    let program = suite_build::build()?;
    let Some(output) = &args.output else {
        terminal::say(&format!("{}\n", program.display()))?;
        return Ok(0);
    };
    match atomic::copy_named(&program, output) {
        Ok(()) => Ok(0),
        Err(error) => {
            Err(Refusal::usage(format!("cannot write the suite to {}: {error}", output.display())))
        }
    }
}
