//! `sigsys history`: a promise or a case on kernel after kernel.

use super::answers::{AskArgs, Asked, Chosen, Progress, announce, ask};
use super::records::{all_of_workspace, load_all};
use super::suite::{Promises, ReportFormat};
use crate::error::Refusal;
use crate::machine::suite::Program;
use crate::results::history::{Report, is_meant, report, text};
use crate::results::parse;
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
    /// Ask every packaged kernel, or every image of a folder, instead of reading records: a boot for each, and
    /// none for what is known from before
    #[arg(long, conflicts_with = "records")]
    pub every: bool,
    #[command(flatten)]
    pub asking: AskArgs,
}

/// Prints what kernels did.
///
/// # Errors
/// When a file cannot be read, or none holds what is asked for; when no kernel answers.
pub(crate) fn history(args: &HistoryArgs) -> Result<u8, Refusal> {
    let report = if args.every { every(args)? } else { recorded(args)? };
    terminal::say(&match args.format {
        ReportFormat::Text => text::text(&report),
        ReportFormat::Markdown => text::markdown(&report),
        ReportFormat::Json => serde_json::to_string_pretty(&report).unwrap_or_default() + "\n",
    })?;
    Ok(0)
}

/// What records say.
fn recorded(args: &HistoryArgs) -> Result<Report, Refusal> {
    if let Some(option) = args.asking.given() {
        return Err(Refusal::usage(format!("{option} is for --every: records boot nothing")));
    }
    let all = match args.records.as_slice() {
        [] => load_all(&[all_of_workspace()?])?,
        named => load_all(named)?,
    };
    let description = args.promises.description()?;
    report(&args.name, &all, description.as_ref()).ok_or_else(|| {
        let many = style::plural(all.len(), "records");
        Refusal::usage(format!("no promise and no case in {many} is called `{}`", args.name))
    })
}

/// What every kernel answers.
fn every(args: &HistoryArgs) -> Result<Report, Refusal> {
    let line = args.asking.line()?;
    let program = Program::get(args.promises.suite.as_deref(), None)?;
    let refuse = || Refusal::usage(format!("no promise and no case is called `{}`", args.name));
    let mut chosen = Chosen::of(&program, &args.name, false).map_err(|_| refuse())?;
    chosen.cases.retain(|case| is_meant(&args.name, &case.name, &case.clauses));
    if chosen.cases.is_empty() {
        return Err(refuse());
    }
    let machine = args.asking.machine(&program, &chosen)?;
    announce(&line);
    let open = |asked: &Asked| {
        (0..line.kernels.len()).filter(|place| !asked.contains_key(place)).collect()
    };
    let (asked, _) = ask(&machine, &line, open, Progress)?;
    let (mut all, mut notes) = (Vec::new(), line.notes.clone());
    for (place, lines) in asked {
        let label = &line.kernels[place].label;
        match lines.and_then(|lines| parse::of_lines(label, "", lines)) {
            Ok(results) => all.push(results),
            Err(why) => notes.push(format!("{label} gives no answer: {why}")),
        }
    }
    let mut report = report(&args.name, &all, Some(&program.description)).ok_or_else(refuse)?;
    report.notes.extend(notes);
    // Kernels are all started alike.
    for column in report.columns.iter_mut().chain(
        report
            .entries
            .iter_mut()
            .flat_map(|entry| &mut entry.values)
            .flat_map(|value| &mut value.columns),
    ) {
        *column = column.trim_end_matches('-').to_owned();
    }
    Ok(report)
}
