//! The arguments of `sigsys kernels`.

use clap::{Args, ValueEnum};

/// What its exit status means.
pub(crate) const STATUSES: &str = "\
A kernel can be named on every command line by its series (6.16: the newest of
it), its version (6.16.12), its release (6.16.12+deb13 or the whole of it) or
its package's version (6.12.90-1).

Exit status:
  0    done
  2    a name means no packaged kernel
  69   nothing is known (no network and nothing kept), or a kernel cannot be
       fetched
  130  interrupted (128 + the signal)";

/// `sigsys kernels`.
#[derive(Debug, Args)]
pub(crate) struct KernelsArgs {
    /// Only those of this series, version or release
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Fetch the newest that each NAME means, and print where its image is
    #[arg(long, requires = "names")]
    pub fetch: bool,
    /// Ask the mirror anew, also for what it did not have before [default: once a day]
    #[arg(long)]
    pub refresh: bool,
    /// How to list them
    #[arg(long, default_value = "text", value_name = "FORMAT", conflicts_with = "fetch")]
    pub format: KernelsFormat,
}

/// `--format` of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KernelsFormat {
    /// A line each, by series
    Text,
    /// An array of objects
    Json,
}
