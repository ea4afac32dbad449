//! The formats of other programs on the command line: what several commands have of them.

use crate::error::Refusal;
use crate::results::formats::{self, Answer, Column, Document, Format, Kcidb, ORIGIN};
use crate::results::run_record::{Ending, RunRecord};
use crate::terminal;
use clap::{Args, ValueEnum};

/// What names the objects of KCIDB.
#[derive(Clone, Debug, Args)]
pub(crate) struct KcidbArgs {
    /// With kcidb: the name of the submitting system (a-z, 0-9, _)
    #[arg(long, value_name = "NAME", default_value = ORIGIN, value_parser = origin)]
    pub kcidb_origin: String,
    /// With kcidb: the build that was tested, which is then not written
    #[arg(long, value_name = "ID", value_parser = id)]
    pub kcidb_build: Option<String>,
    /// With kcidb: the checkout of which the build was made, which is then not written
    #[arg(long, value_name = "ID", value_parser = id, conflicts_with = "kcidb_build")]
    pub kcidb_checkout: Option<String>,
}

impl KcidbArgs {
    /// As a document has it.
    pub(crate) fn names(&self) -> Kcidb<'_> {
        Kcidb {
            origin: &self.kcidb_origin,
            build: self.kcidb_build.as_deref(),
            checkout: self.kcidb_checkout.as_deref(),
        }
    }
}

/// The name of a submitting system, as KCIDB's schema has it.
fn origin(text: &str) -> Result<String, String> {
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match !text.is_empty() && text.chars().all(named) {
        true => Ok(text.to_owned()),
        false => Err("expected lower-case letters, digits and _".into()),
    }
}

/// The name of an object, as KCIDB's schema has it.
fn id(text: &str) -> Result<String, String> {
    let (front, _) = text.split_once(':').ok_or("expected ORIGIN:NAME")?;
    origin(front).map(|_| text.to_owned())
}

/// `--to` of `sigsys convert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Export {
    /// KTAP version 1, as the kernel's own tests print it
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

impl Export {
    pub(crate) const fn format(self) -> Format {
        match self {
            Self::Ktap => Format::Ktap,
            Self::Junit => Format::Junit,
            Self::Kcidb => Format::Kcidb,
            Self::Lava => Format::Lava,
            Self::Markdown => Format::Markdown,
            Self::Badge => Format::Badge,
        }
    }
}

/// Prints a run that ended so.
///
/// # Errors
/// When standard output refuses it.
pub(crate) fn say_run(
    format: Format,
    run_record: &RunRecord,
    ending: &Ending,
    again: &str,
    kcidb: &KcidbArgs,
) -> Result<(), Refusal> {
    let record = run_record.record();
    let why = || ending.cut_off.clone().unwrap_or_else(|| "there is no record".into());
    let answer = match &record {
        Some(record) => {
            let cut = ending.cut_off.clone().or_else(|| formats::cut(record));
            Answer::Record(record, cut)
        }
        None => Answer::None(why()),
    };
    let name = record.as_ref().map_or("sigsys", |record| &record.header.kernel.release).to_owned();
    let columns = vec![Column { name, answer }];
    say(format, &Document { columns, again, kcidb: kcidb.names() })
}

/// Prints `document`.
///
/// # Errors
/// When standard output refuses it.
pub(crate) fn say(format: Format, document: &Document) -> Result<(), Refusal> {
    terminal::stream(|out| formats::write(format, document, out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("kernelci", true)]
    #[case("my_ci_2", true)]
    #[case("", false)]
    #[case("Mine", false)]
    #[case("a:b", false)]
    fn an_origin_is_as_the_schema_has_it(#[case] text: &str, #[case] taken: bool) {
        assert_eq!(origin(text).is_ok(), taken);
        assert!(id(text).is_err() || text == "a:b", "{text}");
        if !text.contains(':') {
            assert_eq!(id(&format!("{text}:x")).is_ok(), taken);
        }
    }
}
