//! The command line of `lies`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `sigsys lies`.
#[derive(Clone, Debug, Args)]
pub(crate) struct LiesArgs {
    /// Tell the lies whose names contain this text, and no others
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Tell one in so many lies, the same on every run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub sample: Option<u64>,
    /// Lie to the cases whose names contain this text, and to no others
    #[arg(long, value_name = "TEXT")]
    pub case: Option<String>,
    /// Tell each lie to every case that has an occasion for it, not until enough of them have failed
    #[arg(long)]
    pub thorough: bool,
    /// Cases that run at the same time [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Seconds a case may take that is lied to
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub limit: u32,
    /// The reasons why a lie is not noticed, or a case notices none [default: ci/lies.toml of the
    /// workspace]
    #[arg(long, value_name = "FILE")]
    pub reasons: Option<PathBuf>,
    /// Use this suite, built before with the feature `lies`, instead of building it
    #[arg(long, value_name = "PATH")]
    pub suite: Option<PathBuf>,
    /// How to say it
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: LiesFormat,
}

/// `--format` of `sigsys lies`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LiesFormat {
    /// The lists, and a table of families of lies
    Text,
    /// One object: every lie with the cases that noticed it, and the lists
    Json,
}
