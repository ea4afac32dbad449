//! `sigsys report`: a static site of what kernels did.

mod folder;

use super::records::{all_of_workspace, load_all};
use super::suite::Promises;
use crate::error::Refusal;
use crate::machine::kernels::List;
use crate::machine::subprocess;
use crate::results::run_results::Results;
use crate::results::site::{self, Site};
use crate::{style, terminal};
use clap::Args;
use harness::describe::Description;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What its exit status means.
pub(crate) const STATUSES: &str = "\
Exit status:
  0    the site is written
  69   it cannot be written: no permission, a full disk
  2    the command line or a file named on it is wrong, DIR holds other files than
       an earlier report, or the records hold no case
  130  interrupted (128 + the signal); DIR is as it was";

/// `sigsys report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Write a static site into this folder, which is made, or is an earlier
    /// report and is replaced
    #[arg(long, value_name = "DIR", required = true)]
    pub html: PathBuf,
    /// Records and columns of snapshots; a folder stands for those in it
    /// [default: ci/snapshots]
    #[arg(value_name = "RECORD")]
    pub records: Vec<PathBuf>,
    #[command(flatten)]
    pub promises: Promises,
}

/// Writes the site; gives the exit status.
///
/// # Errors
/// When a record cannot be read, or the folder cannot be written.
pub(crate) fn report(args: &ReportArgs) -> Result<u8, Refusal> {
    // Before anything that takes long.
    folder::check(&args.html)?;
    let all = match args.records.as_slice() {
        [] => load_all(&[all_of_workspace()?])?,
        named => load_all(named)?,
    };
    let description = args.promises.description()?;
    if let Some(signal) = subprocess::interrupted() {
        return Err(Refusal::interrupted(signal));
    }
    let site = write(&args.html, &all, description.as_ref())?.ok_or_else(|| {
        let many = style::plural(all.len(), "records");
        Refusal::usage(format!("there is nothing to report: no case is in {many}"))
    })?;
    site.notes.iter().for_each(|note| terminal::complain(note));
    terminal::say(&said(&args.html, &site))?;
    Ok(0)
}

/// Writes the site of these results to `folder`; nothing where they hold no case.
///
/// # Errors
/// When the folder cannot be written, or holds what no report wrote.
pub(super) fn write(
    folder: &Path,
    all: &[Results],
    description: Option<&Description>,
) -> Result<Option<Site>, Refusal> {
    let systems: BTreeMap<String, String> = List::read(None)
        .map(|list| list.systems.into_iter().map(|system| (system.name, system.command)).collect())
        .unwrap_or_default();
    let Some(site) = site::site(site::Input { all, description, systems: &systems }) else {
        return Ok(None);
    };
    folder::write(folder, &site.files)?;
    Ok(Some(site))
}

/// Where it is, in one line.
pub(super) fn said(folder: &Path, site: &Site) -> String {
    let bytes: usize = site.files.values().map(String::len).sum();
    format!(
        "report  {}: {}, {}, {} kB\n",
        folder.join(site::INDEX).display(),
        style::plural(site.promises, "promises"),
        style::plural(site.columns, "columns"),
        bytes.div_ceil(1000)
    )
}
