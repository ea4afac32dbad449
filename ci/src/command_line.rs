//! The command line.

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const STATUSES: &str = "\
Exit status:
  0    every verdict is holds, deviates (as known) or not offered
  101  the kernel breaks a promise (violated, healed, timed out, crashed),
       the registry of the suite is at fault, or `clauses --bare` found some
  69   no answer: a set-up failed (broken), the suite cannot be built or ended too early
  2    the command line or a file named on it is wrong, or nothing matches
  130  interrupted (128 + the signal); what was gathered is reported and in the record";

const DIFF_STATUSES: &str = "\
Exit status:
  0    done; with --exit-code: there is no difference
  1    with --exit-code: there is one
  2    the command line or a file named on it is wrong; with --exit-code also:
       no difference was found, but a record was cut off before its end";

const BOOT_STATUSES: &str = "\
Exit status, as `git bisect run` reads it:
  0    good: every verdict is holds, deviates (as known) or not offered
  1    bad: the kernel breaks a promise, or died or hung twice while the same case ran
  125  could not be tested: no bootable image, no QEMU, the kernel did not reach the suite, the run is
       not whole, a set-up failed; or all cases hold, and the kernel complained meanwhile (oops, BUG,
       WARNING) or died once
  130  interrupted (128 + the signal), which also ends a bisection

To find the commit that broke a promise:
  git bisect start BAD GOOD
  git bisect run sh -c 'make -j$(nproc) bzImage || exit 125
      sigsys boot --kernel arch/x86/boot/bzImage --config .config --case off_refuses'";

const MATRIX_STATUSES: &str = "\
What is recorded for the same kernel, suite and boot line is not run again. A kernel that cannot be had is
`not available`: it is said, and fails nothing unless it is required.

Exit status:
  0    every verdict on every kernel is holds, deviates (as known) or not offered;
       with --check, and as the snapshots say
  101  a kernel breaks a promise; with --check, does something else than its snapshot says
  69   no answer: a kernel that is required is not available or one says nothing, a snapshot
       cannot be used, nothing could be run, another run has this checkout, the disk is full
  2    the command line or a file named on it is wrong
  130  interrupted (128 + the signal); what was finished is kept, the next run goes on from there";

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
    /// Start a program that dies with the process that started this one
    #[command(hide = true)]
    Guard(GuardArgs),
}

/// `sigsys run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Run the cases whose names contain this text
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
}

/// `sigsys boot`.
#[derive(Clone, Debug, Args)]
pub(crate) struct BootArgs {
    /// The kernel: an x86-64 bzImage (or a vmlinux with a PVH entry), or the name of a kernel of the
    /// matrix, such as `bookworm` or `6.1`, which is fetched
    #[arg(long, value_name = "PATH|NAME")]
    pub kernel: PathBuf,
    /// More words for the boot line; they come last
    #[arg(long, value_name = "ARGS", default_value = "", allow_hyphen_values = true)]
    pub append: String,
    /// Run the cases whose names contain this text
    #[arg(long, value_name = "FILTER")]
    pub case: Option<String>,
    /// The --case is the whole name of one case
    #[arg(long, requires = "case")]
    pub exact: bool,
    #[command(flatten)]
    pub source: Source,
    /// The configuration of the kernel, where it does not tell it itself (/proc/config.gz)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write the record of the run here (JSON lines) [default: target/sigsys/boot-RELEASE.jsonl in
    /// the workspace, else ./sigsys-boot-RELEASE.jsonl; filtered-boot-RELEASE.jsonl with --case]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Seconds a case may take [default: 20]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub limit: Option<u32>,
    /// Seconds one boot of the machine may take, with all that is run in it
    #[arg(long, value_name = "SECONDS", default_value = "900", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// Seconds the kernel may take to reach the suite
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub boot_timeout: u64,
    /// Model of the processor
    #[arg(long, value_name = "MODEL", default_value = "Haswell-noTSX")]
    pub cpu: String,
    /// Processors; the cases run one at a time all the same
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub cpus: u16,
    /// Memory in MiB
    #[arg(long, value_name = "MB", default_value = "256", value_parser = clap::value_parser!(u32).range(32..=1_048_576))]
    pub memory: u32,
    /// kvm, tcg (emulation), or auto: kvm where a boot has shown that it works
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub accel: Accel,
    /// The emulator
    #[arg(long, value_name = "PATH", default_value = "qemu-system-x86_64")]
    pub qemu: PathBuf,
    /// How to report
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    pub format: BootFormat,
}

/// `sigsys matrix`.
#[derive(Debug, Args)]
pub(crate) struct MatrixArgs {
    /// Run these alone: a kernel, its series, a variant, KERNEL-VARIANT, or another system
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub only: Vec<String>,
    /// Fail if these are not available
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub require: Vec<String>,
    /// Run the suite through this shell command, and nothing of the list unless --only names it.
    /// {suite} in it is the path of the suite, {arguments} are its arguments; both are added at the
    /// end where they are not in it
    #[arg(long, value_name = "[NAME=]COMMAND")]
    pub via: Vec<String>,
    /// Columns that run at the same time [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Hold the results against the snapshots; what differs is written beside them as .snap.new
    #[arg(long)]
    pub check: bool,
    /// Take the results as the snapshots
    #[arg(long, conflicts_with = "check")]
    pub accept: bool,
    /// Run everything, whatever is recorded
    #[arg(long)]
    pub again: bool,
    /// Ask the mirror for newer kernels now, instead of once a day
    #[arg(long)]
    pub refresh: bool,
    /// Print the jobs for another engine, and run nothing
    #[arg(long, value_name = "ENGINE")]
    pub plan: Option<Plan>,
    /// Another list of kernels
    #[arg(long, value_name = "FILE")]
    pub kernels: Option<PathBuf>,
    /// Where the snapshots are [default: ci/snapshots in the workspace]
    #[arg(long, value_name = "FOLDER")]
    pub snapshots: Option<PathBuf>,
    #[command(flatten)]
    pub source: Source,
    /// Seconds one column may take
    #[arg(long, value_name = "SECONDS", default_value = "900", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// The emulator
    #[arg(long, value_name = "PATH", default_value = "qemu-system-x86_64")]
    pub qemu: PathBuf,
}

/// `--plan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Plan {
    /// JSON for the matrix of a GitHub Actions workflow
    Github,
}

/// `--accel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Accel {
    Auto,
    Kvm,
    Tcg,
}

/// `--format` of a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BootFormat {
    /// A table by area, then each deviation and failure
    Table,
    /// The lines of a record, as they come
    Json,
}

/// `sigsys guard`.
#[derive(Debug, Args)]
pub(crate) struct GuardArgs {
    /// Who started this
    pub parent: i32,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<std::ffi::OsString>,
}

/// Prints what clap has to say, and gives the status: for `boot` a wrong command line is no bad kernel.
pub(crate) fn refuse(error: &clap::Error) -> u8 {
    let _ = error.print();
    match error.use_stderr() {
        false => 0,
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
    /// The id of a promise, the name of a case, or words that all occur in an id, its promise or the
    /// names of its cases
    #[arg(required = true, value_name = "WORDS|CLAUSE|CASE")]
    pub words: Vec<String>,
    #[command(flatten)]
    pub source: Source,
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
    /// The record of the one kernel, or its snapshot (a file, or a name in ci/snapshots)
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
    /// Records and snapshots; a folder stands for those in it
    #[arg(required = true, value_name = "RECORD")]
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
    #[case::no_records(&["sigsys", "history", "sud/off/zero"], false)]
    fn takes_and_refuses(#[case] args: &[&str], #[case] taken: bool) {
        assert_eq!(CommandLine::try_parse_from(args).is_ok(), taken);
    }
}
