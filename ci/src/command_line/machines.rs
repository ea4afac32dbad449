//! The command lines of `boot` and `matrix`.

use super::Source;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Fuzzing in a machine.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SoakArgs {
    /// Run the properties of the fuzzers alone, and have them draw inputs for this long, all together:
    /// 90s, 10m, 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = crate::fuzz::duration)]
    pub duration: Option<Duration>,
    /// Where the inputs come from: the same seed, the same inputs [default: 1]
    #[arg(long, value_name = "S", requires = "duration", value_parser = crate::fuzz::seed)]
    pub seed: Option<u64>,
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
    pub soak: SoakArgs,
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
    /// Seconds one boot of the machine may take, with all that is run in it but what --for asks
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
    /// Print the jobs for another engine, and run nothing
    #[arg(long, value_name = "ENGINE")]
    pub plan: Option<Plan>,
    /// Another list of kernels
    #[arg(long, value_name = "FILE")]
    pub kernels: Option<PathBuf>,
    /// Where records are kept [default: target/sigsys/matrix in the workspace, or soak with --for]
    #[arg(long, value_name = "FOLDER")]
    pub results: Option<PathBuf>,
    /// Where the snapshots are [default: ci/snapshots in the workspace]
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

/// `--accel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Accel {
    Auto,
    Kvm,
    Tcg,
}

impl Accel {
    /// Its word on the command line.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        }
    }
}

/// `--format` of a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BootFormat {
    /// A table by area, then each deviation and failure
    Table,
    /// The lines of a record, as they come
    Json,
}
