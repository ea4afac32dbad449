//! The arguments of `sigsys matrix`.

use crate::commands::boot::Accel;
use crate::commands::formats::{Export, KcidbArgs};
use crate::commands::soak::SoakArgs;
use crate::commands::suite::Source;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What its exit status means.
pub(crate) const STATUSES: &str = "\
What is recorded for the same kernel, suite and boot line is not run again. A
kernel that cannot be had is `not available`: it is said, and fails nothing
unless it is required. What a variant cannot change is taken over from the
variant that runs everything, and marked in its record.

Exit status:
  0    every verdict on every kernel is holds, deviates (as known) or not
       offered; with --check, and as the snapshots say
  101  a kernel breaks a promise; with --check, does something else than the
       snapshots say, or they are of another suite; a gated system does
       something else than its own snapshot says, or lacks something else than
       the list says; a variant changes what the list says it cannot
  69   no answer: a kernel that is required is not available or one says
       nothing, a record is not whole, a snapshot cannot be used or
       (--require-snapshots) there is none of a column, nothing could be run,
       another run has this checkout, the disk is full, the site of the
       results cannot be written
  2    the command line or a file named on it is wrong
  130  interrupted (128 + the signal); what was finished is kept, the next run
       goes on from there";

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
    /// {suite} in it is the path of the suite, {arguments} are its arguments, which are added at the
    /// end where they have no place; so is the suite where neither has one
    #[arg(long, value_name = "[NAME=]COMMAND")]
    pub via: Vec<String>,
    /// A kernel of your own as columns beside those of the list: a bzImage, also packed, a .deb, a folder with
    /// one, or the version of a packaged kernel, and its configuration. It alone is run unless --only names
    /// others. Its snapshot is called by NAME; without one it is compared with its series
    #[arg(long, value_name = "NAME=PATH[,CONFIG]")]
    pub kernel: Vec<String>,
    /// Hold these other systems to their own snapshot, and not to Linux's promises: with --check, a difference
    /// fails
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub gated: Vec<String>,
    /// Run every case in every variant, also those that the list says cannot differ there, and fail where one
    /// does
    #[arg(long, conflicts_with = "duration")]
    pub full: bool,
    /// Columns that run at the same time [default: one per processor, as far as there is memory]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Hold the results against the snapshots; a text that is another one now is written beside its own as
    /// .snap.new
    #[arg(long, conflicts_with = "duration")]
    pub check: bool,
    /// Take the results as the snapshots; columns that were not run stay as they are. To start afresh,
    /// remove the folder first. The column of a --via is called by its NAME
    #[arg(long, conflicts_with_all = ["check", "duration"])]
    pub accept: bool,
    /// Fail where there is no snapshot of a column
    #[arg(long, requires = "check")]
    pub require_snapshots: bool,
    /// Take these columns out of the snapshots, and run nothing: a series, SERIES-VARIANT, or a system
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', conflicts_with_all = ["check", "accept", "duration", "plan"])]
    pub forget: Vec<String>,
    /// Run everything, whatever is recorded
    #[arg(long)]
    pub again: bool,
    /// Ask the mirror for newer kernels now, instead of once a day
    #[arg(long)]
    pub refresh: bool,
    #[command(flatten)]
    pub soak: SoakArgs,
    /// Run nothing, and report on the records in this folder as if they were made now: those of several
    /// machines in one report. A column without one is not available
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["again", "full", "refresh", "duration", "plan", "forget", "results", "jobs"])]
    pub records: Option<PathBuf>,
    /// Print the jobs for another engine, and run nothing
    #[arg(long, value_name = "ENGINE")]
    pub plan: Option<Plan>,
    /// Another list of kernels
    #[arg(long, value_name = "FILE")]
    pub kernels: Option<PathBuf>,
    /// How to report
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    pub format: MatrixFormat,
    #[command(flatten)]
    pub kcidb: KcidbArgs,
    /// Where records are kept [default: target/sigsys/matrix in the workspace, or soak with --for;
    /// elsewhere ./sigsys-matrix]
    #[arg(long, value_name = "FOLDER")]
    pub results: Option<PathBuf>,
    /// Where the snapshots are [default: those of the bundle beside this program, else
    /// ci/snapshots in the workspace]
    #[arg(long, value_name = "FOLDER")]
    pub snapshots: Option<PathBuf>,
    #[command(flatten)]
    pub source: Source,
    /// Seconds one column may take, besides what --for asks
    #[arg(long, value_name = "SECONDS", default_value = "900", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// kvm, tcg (emulation), or auto: kvm where a boot has shown that it works
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub accel: Accel,
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

/// `--format` of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixFormat {
    /// A line for each column, a map, then what there is to say
    Table,
    /// One document that says the same
    Json,
    /// KTAP version 1
    Ktap,
    /// JUnit's XML
    Junit,
    /// KCIDB's JSON, schema 5.3
    Kcidb,
    /// The signals of LAVA's test cases
    Lava,
    /// Markdown for a step summary of GitHub
    Markdown,
    /// A badge (SVG)
    Badge,
}

impl MatrixFormat {
    /// The format that is made of the records.
    pub(crate) const fn export(self) -> Option<Export> {
        match self {
            Self::Table | Self::Json => None,
            Self::Ktap => Some(Export::Ktap),
            Self::Junit => Some(Export::Junit),
            Self::Kcidb => Some(Export::Kcidb),
            Self::Lava => Some(Export::Lava),
            Self::Markdown => Some(Export::Markdown),
            Self::Badge => Some(Export::Badge),
        }
    }
}
