//! `sigsys history`: a promise or a case on kernel after kernel.

use super::records::{all_of_workspace, load_all};
use super::suite::{Promises, ReportFormat};
use crate::error::Refusal;
use crate::results::history::{report, text};
use crate::{style, terminal};
use clap::Args;
use std::path::PathBuf;

/// `sigsys history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The id of a promise, or the name of a case, of a table of cases or of an area
    #[arg(value_name = "CLAUSE|CASE")]
    pub name: String,
    /// Records and columns of snapshots; a folder stands for those in it [default: ci/snapshots]
    #[arg(value_name = "RECORD")]
    pub records: Vec<PathBuf>,
    /// How to say it
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: ReportFormat,
    #[command(flatten)]
    pub promises: Promises,
}

/// Prints what kernels did.
///
/// # Errors
/// When a file cannot be read, or none holds what is asked for.
pub(crate) fn history(args: &HistoryArgs) -> Result<u8, Refusal> {
    let all = match args.records.as_slice() {
        [] => load_all(&[all_of_workspace()?])?,
        named => load_all(named)?,
    };
    let description = args.promises.description()?;
    let report = report(&args.name, &all, description.as_ref()).ok_or_else(|| {
        let many = style::plural(all.len(), "records");
        Refusal::usage(format!("no promise and no case in {many} is called `{}`", args.name))
    })?;
    terminal::say(&match args.format {
        ReportFormat::Text => text::text(&report),
        ReportFormat::Markdown => text::markdown(&report),
        ReportFormat::Json => serde_json::to_string_pretty(&report).unwrap_or_default() + "\n",
    })?;
    Ok(0)
}
