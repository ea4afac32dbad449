//! `sigsys convert`: records in the formats of other programs.

use super::formats::{Export, KcidbArgs, say};
use super::records;
use crate::error::{NO_ANSWER, Refusal};
use crate::results::formats::{self, Column, Document};
use crate::{atomic, terminal};
use clap::Args;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What its exit status means.
pub(crate) const STATUSES: &str = "\
Exit status:
  0    it is written, whatever the verdicts are
  69   it is written, and a record in it is not whole, which is said in it;
       or the output cannot be written
  2    the command line or a file named on it is wrong; nothing is written";

/// `sigsys convert`.
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// Records, folders of them, or columns of the last matrix (`6.12-none`)
    #[arg(required = true, value_name = "RECORD")]
    pub records: Vec<PathBuf>,
    /// The format
    #[arg(long, value_name = "FORMAT")]
    pub to: Export,
    /// Write to this file, in one step [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub kcidb: KcidbArgs,
}

/// Writes the records in another format; gives the exit status.
///
/// # Errors
/// When one of them is none, or the output cannot be written.
pub(crate) fn convert(args: &ConvertArgs) -> Result<u8, Refusal> {
    let records = records::whole(&args.records)?;
    let columns: Vec<Column> =
        records.iter().map(|(name, record)| Column::of(name.as_str(), record)).collect();
    let suites: BTreeSet<String> =
        records.iter().map(|(_, record)| record.header.suite.to_string()).collect();
    if suites.len() > 1 {
        let suites: Vec<&str> = suites.iter().map(String::as_str).collect();
        terminal::complain(&format!("these are records of several suites: {}", suites.join("; ")));
    }
    let mut status = 0;
    for (name, record) in &records {
        if let Some(why) = formats::cut(record) {
            terminal::complain(&format!("{name}: {why}; it is converted as far as it goes"));
            status = NO_ANSWER;
        }
    }
    let again = "sigsys run --exact";
    let document = Document { columns, again, kcidb: args.kcidb.names() };
    let format = args.to.format();
    match &args.output {
        None => say(format, &document)?,
        Some(path) => atomic::fill_named(path, |out| formats::write(format, &document, out))
            .map_err(|error| {
                Refusal::no_answer(format!("cannot write {}: {error}", path.display()))
            })?,
    }
    Ok(status)
}
