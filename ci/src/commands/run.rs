//! `sigsys run`: runs the suite here, follows it, reports.

use super::filters::{self, FilterArgs};
use super::suite::Source;
use crate::error::{NO_ANSWER, Refusal};
use crate::machine::subprocess::{self, Output};
use crate::machine::suite::{self, Program};
use crate::private;
use crate::progress::Bar;
use crate::results::report::{self, Report};
use crate::results::run_record::{self, RunRecord};
use crate::results::wholeness;
use crate::shell::quoted;
use crate::terminal;
use crate::workspace;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, ValueEnum};
use harness::record::Record;
use harness::{Filters, Isolation};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// `sigsys run`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("names").multiple(true).args(["filters", "skip"]))]
pub(crate) struct RunArgs {
    /// Run the cases whose names contain any of these texts (quote brackets: 'claim[row]')
    #[arg(value_name = "FILTER")]
    pub filters: Vec<String>,
    /// A filter is the whole name of a case
    #[arg(long, requires = "names")]
    pub exact: bool,
    #[command(flatten)]
    pub options: RunOptions,
}

impl RunArgs {
    /// Which cases are run.
    fn filters(&self) -> Filters {
        self.options.choice.with(&self.filters, self.exact)
    }
}

impl From<RunOptions> for RunArgs {
    fn from(options: RunOptions) -> Self {
        Self { filters: Vec::new(), exact: false, options }
    }
}

/// How a run is done.
#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub choice: FilterArgs,
    #[command(flatten)]
    pub source: Source,
    /// Write the record of the run here (JSON lines) [default: target/sigsys/record-RELEASE.jsonl in
    /// the workspace, else ./sigsys-record-RELEASE.jsonl; the record of a filtered run is named
    /// filtered-RELEASE.jsonl]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// fork: a clean worker forks each case (the suite's default); exec: a fresh image for each;
    /// plain: the suite forks them itself, one at a time (for emulators)
    #[arg(long, value_name = "HOW", value_parser = isolation())]
    pub isolate: Option<Isolation>,
    /// Cases that run at the same time [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Seconds a case may take [default: 20]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub limit: Option<u32>,
    /// The configuration of the kernel, where it cannot be read from the system
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to report; all but `table` are the suite's own words, with a record only if --record asks
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    pub format: Format,
}

/// The words of `--isolate`.
fn isolation() -> impl TypedValueParser<Value = Isolation> {
    PossibleValuesParser::new(Isolation::ALL.map(Isolation::word))
        .try_map(|word| Isolation::of_word(&word).ok_or("no such isolation"))
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table by area, then each deviation and failure
    Table,
    /// libtest's lines
    Pretty,
    /// KTAP version 1
    Ktap,
    /// The lines of a record, as they come
    Json,
}

/// Runs the suite as `args` say; gives the exit status.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn run(args: &RunArgs) -> Result<u8, Refusal> {
    let program = args.options.source.program()?;
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
    command.args(["--format", format, "--again", &again(args)]);
    match (args.options.format, anstream::ColorChoice::global()) {
        (Format::Pretty, anstream::ColorChoice::Always) => {
            command.arg("--color=always");
        }
        (Format::Pretty, anstream::ColorChoice::Never) => {
            command.arg("--color=never");
        }
        _ => {}
    }
    // Its outcome is read from its record, wherever that is written.
    let folder = private::Folder::new()?;
    let record = args.options.record.clone().unwrap_or_else(|| folder.path().join("record"));
    // A device or a pipe cannot be read again.
    let can_be_read = std::fs::metadata(&record).map_or(true, |found| found.is_file());
    let before = stamp(&record);
    add_options(&mut command, args, Some(&record));
    let mut suite = subprocess::start_in_sight(&mut command)
        .map_err(|error| suite::refuse_start(&program.path, &error))?;
    while suite.next().is_some() {}
    let mut ending = run_record::own_status(suite.status(), subprocess::interrupted());
    // A suite that was interrupted has printed so itself.
    if can_be_read && ending.status < 128 {
        let written = stamp(&record).filter(|stamp| before.as_ref() != Some(stamp));
        let run_record = match written.map(|_| read(&record)) {
            None => RunRecord::default(),
            Some(Ok(read)) => read.into(),
            Some(Err(why)) => {
                terminal::complain(&format!("the record of the suite cannot be read: {why}"));
                return Ok(NO_ANSWER.max(ending.status));
            }
        };
        let expected = args.filters().select(&program.description.cases, |case| &case.name);
        let run_record = run_record.may_have_complained();
        ending = run_record.end(suite.status(), &expected, subprocess::interrupted());
    }
    if let Some(why) = ending.cut_off {
        terminal::complain(&why);
    }
    Ok(ending.status)
}

/// What changes when a file is written again.
fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.ino(), found.modified().ok()?))
}

fn read(path: &Path) -> Result<Record, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    wholeness::read(&text)
}

fn with_table(program: &Program, args: &RunArgs) -> Result<u8, Refusal> {
    let expected = filters::selected(&program.description, &args.filters())?;
    let record = record_path(args)?;
    let mut command = program.command();
    command.args(["--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    add_options(&mut command, args, Some(&record));
    let mut suite = subprocess::start(&mut command)
        .map_err(|error| suite::refuse_start(&program.path, &error))?;
    let bar = Bar::new(expected.len());
    let mut run_record = RunRecord::default();
    while let Some(said) = suite.next() {
        match said {
            Output::Stdout(line) => {
                if let Some(case) = run_record.take(&line) {
                    bar.add(case.verdict);
                }
            }
            Output::Stderr(line) => {
                if let Some(line) = run_record.take_complaint(&line) {
                    bar.note(line);
                }
            }
        }
    }
    drop(bar);
    run_record.sort();
    let ending = run_record.end(suite.status(), &expected, subprocess::interrupted());
    if run_record.header.is_some() {
        terminal::say(&report::text(&Report {
            run_record: &run_record,
            description: &program.description,
            expected: expected.len(),
            record: &record.display().to_string(),
            again: &again(args),
            ending: &ending,
        }))?;
    }
    if let Some(why) = &ending.cut_off {
        terminal::complain(why);
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
    command.args(filters::arguments(&args.filters(), options.choice.repeat));
}

fn record_path(args: &RunArgs) -> Result<PathBuf, Refusal> {
    if let Some(path) = &args.options.record {
        return Ok(path.clone());
    }
    let built_here = args.options.source.suite.is_none();
    let what = if !args.filters().is_empty() { "filtered" } else { "record" };
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
