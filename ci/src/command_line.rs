//! The command line.

mod lies;
mod machines;
mod statuses;

pub(crate) use lies::{LiesArgs, LiesFormat, Sample};
pub(crate) use machines::{Accel, BootArgs, BootFormat, MatrixArgs, Plan, SoakArgs};
use statuses::{BOOT_STATUSES, DIFF_STATUSES, LIES_STATUSES, MATRIX_STATUSES, STATUSES};

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// Does this kernel keep its promises about intercepted system calls?
#[derive(Debug, Parser)]
#[command(name = "sigsys", version, args_conflicts_with_subcommands = true, after_help = STATUSES)]
#[command(about = "Does this kernel keep its promises about intercepted system calls?\n\n\
    Without a command: builds the suite and runs all of it, as `sigsys run` does.")]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub run: RunOptions,
    /// When to use colours (auto: on a terminal, unless NO_COLOR is set)
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the suite on the kernel of this machine and report
    #[command(after_help = STATUSES)]
    Run(RunArgs),
    /// Boot a kernel in QEMU, run the suite in it and report
    #[command(after_help = BOOT_STATUSES)]
    Boot(BootArgs),
    /// Run the suite in every kernel of a list, in every variant, and on other systems
    #[command(after_help = MATRIX_STATUSES)]
    Matrix(MatrixArgs),
    /// Build the suite as one static program, to copy to another machine
    #[command(after_help = STATUSES)]
    Build(BuildArgs),
    /// Show a promise: its source, the cases that test it, what kernels do instead
    #[command(after_help = STATUSES)]
    Explain(ExplainArgs),
    /// List every promise with the number of its cases, or why none can observe it
    #[command(after_help = STATUSES)]
    Clauses(ClausesArgs),
    /// List the cases by area, with what they need and how they end
    #[command(after_help = STATUSES)]
    Cases(CasesArgs),
    /// Show what changed between two kernels, promise by promise
    #[command(after_help = DIFF_STATUSES)]
    Diff(DiffArgs),
    /// Show a promise or a case on several kernels, the oldest first
    #[command(after_help = STATUSES)]
    History(HistoryArgs),
    /// Draw inputs at random and hold the kernel of this machine to the model
    #[command(after_help = STATUSES)]
    Fuzz(FuzzArgs),
    /// Have the kernel lie, one lie at a time, and show which cases and which lies go unnoticed
    #[command(after_help = LIES_STATUSES)]
    Lies(LiesArgs),
    /// Start a program that dies with the process that started this one
    #[command(hide = true)]
    Guard(GuardArgs),
}

/// `sigsys run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Run the cases whose names contain this text (quote brackets: 'claim[row]')
    pub filter: Option<String>,
    /// FILTER is the whole name of one case
    #[arg(long, requires = "filter")]
    pub exact: bool,
    #[command(flatten)]
    pub options: RunOptions,
}

impl From<RunOptions> for RunArgs {
    fn from(options: RunOptions) -> Self {
        Self { filter: None, exact: false, options }
    }
}

/// How a run is done.
#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub source: Source,
    /// Write the record of the run here (JSON lines) [default: target/sigsys/record-RELEASE.jsonl in
    /// the workspace, else ./sigsys-record-RELEASE.jsonl; the record of a filtered run is named
    /// filtered-RELEASE.jsonl]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// fork: a clean worker forks each case (the suite's default); exec: a fresh image for each;
    /// plain: the suite forks them itself, one at a time (for emulators)
    #[arg(long, value_name = "HOW")]
    pub isolate: Option<Isolate>,
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

/// Which suite.
#[derive(Clone, Debug, Args)]
pub(crate) struct Source {
    /// Use this suite, built before, instead of building it from the workspace
    #[arg(long, value_name = "PATH")]
    pub suite: Option<PathBuf>,
    /// Use this list of known deviations instead of the suite's own
    #[arg(long, value_name = "FILE")]
    pub deviations: Option<PathBuf>,
    /// Take the kernel for this version (7.3, 6.12.107), where its release does not say which of two
    /// behaviours was promised
    #[arg(long = "as", value_name = "VERSION", value_parser = version)]
    pub taken_as: Option<String>,
}

/// A kernel's version, for `--as`.
fn version(text: &str) -> Result<String, String> {
    let parts = text.split('.').count();
    let numbers = text.split('.').all(|part| part.parse::<u32>().is_ok());
    if numbers && (2..=3).contains(&parts) {
        Ok(text.to_owned())
    } else {
        Err("expected a kernel version such as 7.3 or 6.12.107".into())
    }
}

/// `sigsys fuzz`.
#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// The properties whose names contain this text [default: all]
    pub property: Option<String>,
    /// Inputs for each property [default: as many as in a run of the suite]
    #[arg(long, value_name = "N", conflicts_with = "duration", value_parser = clap::value_parser!(u64).range(1..))]
    pub cases: Option<u64>,
    /// Draw inputs for this long, all properties together: 90s, 10m, 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = crate::fuzz::duration)]
    pub duration: Option<std::time::Duration>,
    /// Where the inputs come from: the same seed, the same inputs [default: 1]
    #[arg(long, value_name = "S", value_parser = crate::fuzz::seed)]
    pub seed: Option<u64>,
    /// The number of the first input
    #[arg(long, value_name = "I")]
    pub first: Option<u64>,
    /// Write a C program for each difference here [default: ./sigsys-reproducers]
    #[arg(long, value_name = "FOLDER")]
    pub reproducers: Option<PathBuf>,
    #[command(flatten)]
    pub source: Source,
    /// Write the record of the run here (JSON lines) [default: target/sigsys/fuzz-RELEASE.jsonl in the
    /// workspace, else ./sigsys-fuzz-RELEASE.jsonl]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// `sigsys guard`.
#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<std::ffi::OsString>,
}

/// Prints what clap has to say, and gives the status: for `boot` a wrong command line is no bad kernel.
pub(crate) fn refuse(error: &clap::Error) -> u8 {
    let printed = error.print().and_then(|()| std::io::stdout().flush());
    match error.use_stderr() {
        false => match printed {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                crate::out::complain(&format!("cannot write to standard output: {error}"));
                crate::refusal::NO_ANSWER
            }
            _ => 0,
        },
        true if std::env::args_os().any(|word| word == "boot") => crate::boot::UNTESTED,
        true => crate::refusal::USAGE,
    }
}

/// `sigsys build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Copy the program here [default: print where it lies]
    pub output: Option<PathBuf>,
}

/// `sigsys explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The id of a promise, the name of a case or of a table of cases (`*` stands for any text), or words:
    /// a sentence of a manual, a constant, a field. Promises are ranked by how much of the words they,
    /// their sources and their cases say
    #[arg(required = true, value_name = "WORDS|CLAUSE|CASE")]
    pub words: Vec<String>,
    /// Show everything that is found, not only the best five
    #[arg(long)]
    pub all: bool,
    /// How to say it
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: ExplainFormat,
    #[command(flatten)]
    pub source: Source,
}

/// `--format` of `sigsys explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For a terminal
    Text,
    /// A line for each promise and each table of cases that is found, the best first
    Json,
}

/// `sigsys clauses`.
#[derive(Debug, Args)]
pub(crate) struct ClausesArgs {
    /// List only those with neither a case nor a reason, and leave with 101 if there are any
    #[arg(long)]
    pub bare: bool,
    #[command(flatten)]
    pub source: Source,
}

/// `sigsys cases`.
#[derive(Debug, Args)]
pub(crate) struct CasesArgs {
    /// List the cases whose names contain this text
    pub filter: Option<String>,
    #[command(flatten)]
    pub source: Source,
}

/// `sigsys diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The record of the one kernel, its snapshot (a file, or a name in ci/snapshots), or a kernel of the
    /// matrix (`6.1`, `bookworm`, `6.1-none`)
    #[arg(value_name = "A")]
    pub from: PathBuf,
    /// That of the other
    #[arg(value_name = "B")]
    pub to: PathBuf,
    /// How to say it
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: DiffFormat,
    /// Leave with status 1 if there is a difference
    #[arg(long)]
    pub exit_code: bool,
    #[command(flatten)]
    pub promises: Promises,
}

/// `sigsys history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The id of a promise, or the name of a case, of a table of cases or of an area
    #[arg(value_name = "CLAUSE|CASE")]
    pub name: String,
    /// Records and snapshots; a folder stands for those in it [default: ci/snapshots]
    #[arg(value_name = "RECORD")]
    pub records: Vec<PathBuf>,
    #[command(flatten)]
    pub promises: Promises,
}

/// Which suite says what a promise is.
#[derive(Clone, Debug, Args)]
pub(crate) struct Promises {
    /// Take the promises from this suite [default: the one built in the workspace, if there is one]
    #[arg(long, value_name = "PATH")]
    pub suite: Option<PathBuf>,
}

/// `--format` of `sigsys diff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For a terminal
    Text,
    /// For a release note or a comment
    Markdown,
}

/// `--isolate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Isolate {
    Fork,
    Exec,
    Plain,
}

impl Isolate {
    /// The suite's word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Exec => "exec",
            Self::Plain => "plain",
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_definition_is_sound() {
        <CommandLine as clap::CommandFactory>::command().debug_assert();
    }

    #[rstest]
    #[case::no_command(&["sigsys"], true)]
    #[case::options_alone(&["sigsys", "--format", "ktap", "--jobs", "2"], true)]
    #[case::filter(&["sigsys", "run", "--exact", "a::b"], true)]
    #[case::global_color(&["sigsys", "cases", "--color", "never"], true)]
    #[case::unknown_command(&["sigsys", "rum"], false)]
    #[case::options_before_a_command(&["sigsys", "--jobs", "2", "run"], false)]
    #[case::exact_without_a_name(&["sigsys", "run", "--exact"], false)]
    #[case::no_jobs(&["sigsys", "run", "--jobs", "0"], false)]
    #[case::no_time(&["sigsys", "run", "--limit", "0"], false)]
    #[case::no_words(&["sigsys", "explain"], false)]
    #[case::two_records(&["sigsys", "diff", "a", "b", "--format", "markdown"], true)]
    #[case::one_record(&["sigsys", "diff", "a"], false)]
    #[case::three_records(&["sigsys", "diff", "a", "b", "c"], false)]
    #[case::a_sample_of_lies(&["sigsys", "lies", "--sample", "10", "--only", "siginfo/"], true)]
    #[case::no_sample(&["sigsys", "lies", "--sample", "0"], false)]
    #[case::no_records(&["sigsys", "history", "sud/off/zero"], true)]
    fn takes_and_refuses(#[case] args: &[&str], #[case] taken: bool) {
        assert_eq!(CommandLine::try_parse_from(args).is_ok(), taken);
    }
}
