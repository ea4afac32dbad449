//! The arguments of `sigsys lies`.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `sigsys lies`.
#[derive(Clone, Debug, Args)]
pub(crate) struct LiesArgs {
    /// Tell the lies whose names contain this text, and no others
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Tell one in N lies, the same on every run: the first of N such parts, or part K, from 0
    #[arg(long, value_name = "[K/]N")]
    pub sample: Option<Sample>,
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
    /// Keep the suite in the PID namespace of this tool, where a lie about a process ID can stop or kill
    /// processes that are not the suite's: for a container without the right to make one
    #[arg(long)]
    pub unconfined: bool,
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

/// `--sample` of `sigsys lies`: one of so many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// From 0.
    pub part: u64,
    /// At least 1.
    pub of: u64,
}

impl std::str::FromStr for Sample {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (part, of) = text.split_once('/').unwrap_or(("0", text));
        let number = |text: &str| text.parse::<u64>().ok();
        match (number(part), number(of)) {
            (Some(part), Some(of)) if part < of => Ok(Self { part, of }),
            _ => Err("give N, which is at least 1, or K/N, where K is less than N".to_owned()),
        }
    }
}
