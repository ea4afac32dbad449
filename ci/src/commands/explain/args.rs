//! The arguments of `sigsys explain`.

use crate::commands::suite::Source;
use clap::{Args, ValueEnum};

/// `sigsys explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The id of a promise, the name of a case or of a table of cases (`*` stands for any text), or words:
    /// a sentence of a manual, a constant, a field. Promises are ranked by how much of the words they,
    /// their sources and their cases say
    #[arg(required = true, value_name = "WORDS|CLAUSE|CASE", allow_negative_numbers = true)]
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
