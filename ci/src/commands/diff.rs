//! `sigsys diff`: what changed between two kernels.

use super::records::load;
use super::suite::{Promises, ReportFormat};
use crate::error::Refusal;
use crate::results::diff::{compare, markdown, text};
use crate::terminal;
use clap::Args;
use std::path::PathBuf;

/// What its exit status means.
pub(crate) const STATUSES: &str = "\
Exit status:
  0    done; with --exit-code: there is no difference
  1    with --exit-code: there is one
  2    the command line or a file named on it is wrong; with --exit-code also:
       no difference was found, but a record was cut off before its end";

/// `sigsys diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The record of the one kernel, a column of the snapshots (`6.1`, `6.1-none`, `gvisor`;
    /// FOLDER/NAME elsewhere than in ci/snapshots), or a kernel of the matrix (`bookworm`)
    #[arg(value_name = "A")]
    pub from: PathBuf,
    /// That of the other
    #[arg(value_name = "B")]
    pub to: PathBuf,
    /// How to say it
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: ReportFormat,
    /// Leave with status 1 if there is a difference
    #[arg(long)]
    pub exit_code: bool,
    #[command(flatten)]
    pub promises: Promises,
}

/// Prints what changed; gives the exit status.
///
/// # Errors
/// When a file cannot be read as what it is to be.
pub(crate) fn diff(args: &DiffArgs) -> Result<u8, Refusal> {
    let (from, to) = (load(&args.from)?, load(&args.to)?);
    let description = args.promises.description()?;
    let report = compare(&from, &to, description.as_ref());
    terminal::say(&match args.format {
        ReportFormat::Text => text::text(&report),
        ReportFormat::Markdown => markdown::text(&report),
        ReportFormat::Json => serde_json::to_string_pretty(&report).unwrap_or_default() + "\n",
    })?;
    Ok(if args.exit_code { report.status() } else { 0 })
}
