//! `sigsys run`: runs the suite here, follows it, reports.

pub(crate) use harness::report::failure::quoted;

use crate::children::{self, Said};
use crate::command_line::{Format, RunArgs};
use crate::gathered::{self, Gathered};
use crate::program::{self, Program};
use crate::progress::Bar;
use crate::refusal::{NO_ANSWER, Refusal};
use crate::report::{self, Report};
use crate::{out, private, wholeness, workspace};
use harness::record::Record;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// Runs the suite as `args` say; gives the exit status.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn run(args: &RunArgs) -> Result<u8, Refusal> {
    let program = Program::get(&args.options.source)?;
    match args.options.format {
        Format::Table => with_table(&program, args),
        Format::Pretty | Format::Ktap | Format::Json => in_its_own_words(&program, args),
    }
}

/// The suite writes to our standard output itself.
fn in_its_own_words(program: &Program, args: &RunArgs) -> Result<u8, Refusal> {
    let format = match args.options.format {
        Format::Ktap => "ktap",
        Format::Json => "json",
        Format::Pretty | Format::Table => "pretty",
    };
    let mut command = program.command();
    command.args(["--format", format]);
    match (args.options.format, anstream::ColorChoice::global()) {
        (Format::Pretty, anstream::ColorChoice::Always) => {
            command.arg("--color=always");
        }
        (Format::Pretty, anstream::ColorChoice::Never) => {
            command.arg("--color=never");
        }
        _ => {}
    }
    // What it came to is known by its record, wherever that goes.
    let folder = private::Folder::new()?;
    let record = args.options.record.clone().unwrap_or_else(|| folder.path().join("record"));
    // A device or a pipe cannot be read again.
    let can_be_read = std::fs::metadata(&record).map_or(true, |found| found.is_file());
    let before = stamp(&record);
    add_options(&mut command, args, Some(&record));
    let mut suite = children::start_in_sight(&mut command)
        .map_err(|error| program::refuse_start(&program.path, &error))?;
    while suite.next().is_some() {}
    let mut ending = gathered::own_status(suite.status());
    // What was interrupted has said so itself.
    if can_be_read && ending.status < 128 {
        let written = stamp(&record).filter(|stamp| before.as_ref() != Some(stamp));
        let gathered = match written.map(|_| read(&record)) {
            None => Gathered::default(),
            Some(Ok(read)) => read.into(),
            Some(Err(why)) => {
                out::complain(&format!("the record of the suite cannot be read: {why}"));
                return Ok(NO_ANSWER.max(ending.status));
            }
        };
        let filter = args.filter.as_deref();
        let expected = gathered::selected(&program.description, filter, args.exact);
        let gathered = gathered.may_have_complained();
        ending = gathered.end(suite.status(), &expected, children::interrupted());
    }
    if let Some(why) = ending.cut_off {
        out::complain(&why);
    }
    Ok(ending.status)
}

/// What changes when a file is written anew.
fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.ino(), found.modified().ok()?))
}

fn read(path: &Path) -> Result<Record, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    wholeness::read(&text)
}

fn with_table(program: &Program, args: &RunArgs) -> Result<u8, Refusal> {
    let filter = args.filter.as_deref();
    let expected = gathered::selected(&program.description, filter, args.exact);
    if expected.is_empty() && !program.description.cases.is_empty() {
        let filter = filter.unwrap_or_default();
        let like = if args.exact { "" } else { "like " };
        return Err(Refusal::usage(format!(
            "no case is called {like}`{filter}`; `sigsys cases` shows their names"
        )));
    }
    let record = record_path(args)?;
    let mut command = program.command();
    command.args(["--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    add_options(&mut command, args, Some(&record));
    let mut suite = children::start(&mut command)
        .map_err(|error| program::refuse_start(&program.path, &error))?;
    let bar = Bar::new(expected.len());
    let mut gathered = Gathered::default();
    while let Some(said) = suite.next() {
        match said {
            Said::Out(line) => {
                if let Some(case) = gathered.take(&line) {
                    bar.add(case.verdict);
                }
            }
            Said::Err(line) => {
                if let Some(line) = gathered.take_complaint(&line) {
                    bar.note(line);
                }
            }
        }
    }
    drop(bar);
    gathered.sort();
    let ending = gathered.end(suite.status(), &expected, children::interrupted());
    if gathered.header.is_some() {
        out::say(&report::text(&Report {
            gathered: &gathered,
            description: &program.description,
            expected: expected.len(),
            record: &record.display().to_string(),
            again: &again(args),
            ending: &ending,
        }))?;
    }
    if let Some(why) = &ending.cut_off {
        out::complain(why);
    }
    Ok(ending.status)
}

fn add_options(command: &mut Command, args: &RunArgs, record: Option<&Path>) {
    let options = &args.options;
    if let Some(record) = record {
        command.arg("--record").arg(record);
    }
    if let Some(file) = &options.source.deviations {
        command.arg("--deviations").arg(file);
    }
    if let Some(version) = &options.source.taken_as {
        command.args(["--as", version]);
    }
    if let Some(file) = &options.config {
        command.arg("--config").arg(file);
    }
    if let Some(isolate) = options.isolate {
        command.args(["--isolate", isolate.word()]);
    }
    if let Some(jobs) = options.jobs {
        command.arg(format!("--test-threads={jobs}"));
    }
    if let Some(limit) = options.limit {
        command.arg(format!("--limit={limit}"));
    }
    if args.exact {
        command.arg("--exact");
    }
    if let Some(filter) = &args.filter {
        command.arg("--").arg(filter);
    }
}

fn record_path(args: &RunArgs) -> Result<PathBuf, Refusal> {
    if let Some(path) = &args.options.record {
        return Ok(path.clone());
    }
    let built_here = args.options.source.suite.is_none();
    let what = if args.filter.is_some() { "filtered" } else { "record" };
    workspace::record_for(built_here, what, &workspace::release())
}

/// The command that runs one case again, without its name.
fn again(args: &RunArgs) -> String {
    let options = &args.options;
    let mut command = String::from("sigsys run");
    let files = [
        ("--suite", &options.source.suite),
        ("--deviations", &options.source.deviations),
        ("--config", &options.config),
    ];
    for (name, file) in files {
        if let Some(file) = file {
            command += &format!(" {name} {}", quoted(&file.display().to_string()));
        }
    }
    if let Some(version) = &options.source.taken_as {
        command += &format!(" --as {version}");
    }
    if let Some(isolate) = options.isolate {
        command += &format!(" --isolate {}", isolate.word());
    }
    command + " --exact"
}
