//! The arguments of `sigsys boot`.

use crate::commands::filters::FilterArgs;
use crate::commands::soak::SoakArgs;
use crate::commands::suite::Source;
use crate::machine::qemu::Engine;
use clap::{ArgGroup, Args, ValueEnum};
use harness::Filters;
use std::num::NonZeroU16;
use std::path::PathBuf;

/// What its exit status means.
pub(crate) const STATUSES: &str = "\
Exit status, as `git bisect run` reads it:
  0    good: every verdict is holds, deviates (as known) or not offered
  1    bad: the kernel breaks a promise, or died, hung or found itself at fault
       (tainted) twice while the same case ran
  125  could not be tested, skip it: no bootable image, the kernel did not
       reach the suite, the run is not whole, a set-up failed; all cases hold,
       and the kernel complained meanwhile (a warning or worse in its log, its
       taint) or died once; or the end disagrees with what was reported
  128  stop: the command line or a file it names is wrong, no case is called
       so, there is no QEMU or no suite; the next commit would fare no better
  130  interrupted (128 + the signal), which also ends a bisection

To find the commit that broke a promise:
  git bisect start BAD GOOD
  git bisect run sh -c 'make -j$(nproc) bzImage || exit 125
      sigsys boot --kernel arch/x86/boot/bzImage \\
          --config .config --case off_refuses'";

/// `sigsys boot`.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("names").multiple(true).args(["case", "skip"]))]
pub(crate) struct BootArgs {
    /// The kernel: an x86-64 bzImage (or a vmlinux with a PVH entry), also packed with gzip, xz or zstd; a
    /// Debian package, or a folder with one kernel in it; or a kernel of the matrix (`bookworm`) or of
    /// `sigsys kernels` (`6.16.12`; `6.16`: the newest of the series), which is fetched
    #[arg(long, value_name = "PATH|NAME")]
    pub kernel: PathBuf,
    /// More words for the boot line; they come last
    #[arg(long, value_name = "ARGS", default_value = "", allow_hyphen_values = true)]
    pub append: String,
    /// Run the cases whose names contain this text; repeatable
    #[arg(long, value_name = "FILTER")]
    pub case: Vec<String>,
    /// A --case is the whole name of a case
    #[arg(long, requires = "names")]
    pub exact: bool,
    #[command(flatten)]
    pub choice: FilterArgs,
    /// Run the cases that this file names, one in a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["case", "duration", "skip", "shard"])]
    pub cases: Option<PathBuf>,
    /// Keep count of the boots in this file, for the matrix
    #[arg(long, value_name = "FILE", hide = true)]
    pub tally: Option<PathBuf>,
    #[command(flatten)]
    pub soak: SoakArgs,
    #[command(flatten)]
    pub source: Source,
    /// The configuration of the kernel, where it does not tell it itself (/proc/config.gz) and it does not
    /// lie with it in its package or folder
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
    /// Model of the processor [default: EPYC where it is emulated, Haswell-noTSX with KVM]
    #[arg(long, value_name = "MODEL")]
    pub cpu: Option<String>,
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
    /// Have the machine wait for gdb before its first instruction, on a socket or on this port of this machine
    /// (127.0.0.1), and print what to type. The boot line gets nokaslr, and nothing has a time limit
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true)]
    pub gdb: Option<Option<NonZeroU16>>,
    /// Show what the console says as it comes; the boot line gets ignore_loglevel
    #[arg(long)]
    pub console: bool,
    /// If the status is not 0, keep in this new folder what the machines that failed were started with:
    /// kernel, initramfs, console and a script that boots it again by hand
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
    /// How to report
    #[arg(long, default_value = "table", value_name = "FORMAT")]
    pub format: BootFormat,
}

impl BootArgs {
    /// Which cases are run, where no file names them.
    pub(super) fn filters(&self) -> Filters {
        self.choice.with(&self.case, self.exact)
    }

    /// The words for the boot line.
    pub(super) fn words(&self) -> String {
        let debugged = self.gdb.is_some().then_some("nokaslr");
        let shown = self.console.then_some("ignore_loglevel");
        let given = Some(self.append.trim()).filter(|words| !words.is_empty());
        [debugged, shown, given].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// Whether that is not the whole suite.
    pub(super) fn is_part(&self) -> bool {
        self.cases.is_some() || !self.filters().is_empty()
    }
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

    /// The engine that is asked for; none where a boot is to show which works.
    pub(crate) const fn engine(self) -> Option<Engine> {
        match self {
            Self::Auto => None,
            Self::Kvm => Some(Engine::Kvm),
            Self::Tcg => Some(Engine::Tcg),
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
