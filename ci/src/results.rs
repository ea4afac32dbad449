//! What a kernel did, case by case, as a record or a snapshot tells it.
//!
//! A snapshot holds what later runs on the same series can be held against and nothing else, so a
//! record that is read for a comparison is reduced to the same: its results differ from those of its
//! own snapshot in the title alone.

use crate::refusal::Refusal;
use crate::release::Release;
use crate::{report, snapshot, workspace};
use harness::record::{CaseLine, Footer, Kernel, Record, SCHEMA, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// No record is as large as this; some devices have no end.
const LARGEST: u64 = 64 << 20;

/// How the variant begins of what is not Linux.
pub(crate) const VIA: &str = "via ";

/// The results of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Results {
    /// The kernel in one line.
    pub title: String,
    /// Which kernel it is.
    pub release: Release,
    /// How it was started: how the vsyscall page was, `unknown` where nothing says so, and the
    /// clocksource where it is not a usual one; or what answered in Linux's place.
    pub variant: String,
    /// Name and version of the suite; a snapshot does not hold it.
    pub suite: Option<String>,
    /// The cases, in the order of their names.
    pub cases: Vec<Outcome>,
    /// Why each need is not met, by its name, in the suite's words.
    pub lacks: BTreeMap<String, String>,
    /// How many cases there should be, where the record was cut off.
    pub cut_off: Option<usize>,
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Its name.
    pub name: String,
    /// The promises it tests.
    pub clauses: Vec<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// The need that kept it from running.
    pub lacks: String,
    /// What was observed instead, in one line.
    pub observed: String,
    /// The pattern of the known deviation that covers it.
    pub deviation: String,
    /// Why that deviation is known; a snapshot does not hold it.
    pub known: String,
    /// What it observed, by name.
    pub facts: BTreeMap<String, String>,
}

impl Outcome {
    /// Whether a kernel did the same, whatever the list of deviations calls it.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.verdict == other.verdict
            && self.lacks == other.lacks
            && self.observed == other.observed
            && self.facts == other.facts
    }

    /// Its name without the row of a table.
    pub(crate) fn claim(&self) -> &str {
        claim(&self.name)
    }
}

/// A case's name without the row of a table: folder, file and function.
pub(crate) fn claim(name: &str) -> &str {
    match name.match_indices("::").nth(2) {
        Some((end, _)) => &name[..end],
        None => name,
    }
}

impl Results {
    /// Reads the text of a record or of a snapshot.
    ///
    /// # Errors
    /// Says why it is neither.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if snapshot::is_one(text) { snapshot::parse(text) } else { Self::from_record(text) }
    }

    fn from_record(text: &str) -> Result<Self, String> {
        check_shape(text)?;
        let Record { header, cases, footer } = Record::parse(text)?;
        let counted = Footer::count(cases.iter().map(|case| case.verdict));
        if footer.as_ref().is_some_and(|footer| *footer != counted) {
            return Err("its end counts other cases than it holds".into());
        }
        let lacks = cases
            .iter()
            .filter(|case| !case.lacks.is_empty())
            .map(|case| (case.lacks.clone(), reason(&one_line(&case.text)).to_owned()))
            .collect();
        let kernel = &header.kernel;
        Self {
            title: report::kernel(&header),
            release: Release::of(kernel),
            variant: variant(kernel),
            cases: cases.into_iter().map(outcome).collect(),
            lacks,
            cut_off: footer.is_none().then_some(header.cases),
            suite: Some(header.suite),
        }
        .sorted()
    }

    /// Puts the cases into the order of their names.
    ///
    /// # Errors
    /// When one is there twice.
    pub(crate) fn sorted(mut self) -> Result<Self, String> {
        self.cases.sort_by(|a, b| a.name.cmp(&b.name));
        match self.cases.windows(2).find(|pair| pair[0].name == pair[1].name) {
            Some(pair) => Err(format!("it holds {} twice", pair[0].name)),
            None => Ok(self),
        }
    }
}

/// What can be said of a wrong file in better words than the parser's.
fn check_shape(text: &str) -> Result<(), String> {
    let Some(first) = text.lines().next() else { return Err("it is empty".into()) };
    let Ok(value) = serde_json::from_str::<serde_json::Value>(first) else {
        return Err("it is neither a record nor a snapshot".into());
    };
    if value["kind"] != "run" {
        return Err("it is no record: its first line is not that of a run".into());
    }
    if value["schema"] != SCHEMA {
        return Err(format!(
            "its schema is {}, and this sigsys reads {SCHEMA}: use the sigsys it was made with",
            value["schema"]
        ));
    }
    let whole = |line| serde_json::from_str::<serde_json::Value>(line).is_ok();
    if !text.ends_with('\n') && !text.lines().last().is_some_and(whole) {
        return Err(format!("it ends in the middle of line {}", text.lines().count()));
    }
    Ok(())
}

fn outcome(case: CaseLine) -> Outcome {
    // Why a case was not run is said once, with the need.
    let observed = if case.lacks.is_empty() { one_line(&case.text) } else { String::new() };
    Outcome {
        name: case.name,
        clauses: case.clauses,
        verdict: case.verdict,
        lacks: case.lacks,
        observed,
        deviation: case.deviation,
        known: case.known,
        facts: case.facts,
    }
}

/// What was observed, in one line, without the words every failed comparison begins with.
pub(crate) fn one_line(text: &str) -> String {
    let text = text.strip_prefix("assertion `left == right` failed").unwrap_or(text);
    text.trim_start_matches(": ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `lacks WHAT: SAID (WHY IT MAY)` or `lacks WHAT: SAID; ..`, without what depends on the exact release.
fn reason(text: &str) -> &str {
    let text = text.strip_prefix("lacks ").unwrap_or(text);
    let text = text.split_once("; the feature table").map_or(text, |(front, _)| front);
    if !text.ends_with(')') {
        return text;
    }
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text[..at].trim_end();
        }
    }
    text
}

/// The vsyscall mode, and the clocksource where that is not a usual one; or what is not Linux at all.
fn variant(kernel: &Kernel) -> String {
    if let Some(via) = &kernel.via {
        return format!("{VIA}{via}");
    }
    let vsyscall = kernel.vsyscall.as_deref().unwrap_or("unknown");
    match &kernel.clocksource {
        Some(clocksource) => format!("{vsyscall}, {clocksource}"),
        None => vsyscall.to_owned(),
    }
}

/// Reads what `name` names: a record, a snapshot, or the name of a snapshot of the workspace.
///
/// # Errors
/// One line: what is wrong with which file.
pub(crate) fn load(name: &Path) -> Result<Results, Refusal> {
    let refuse = |why: String| Refusal::usage(format!("{}: {why}", name.display()));
    let path = if name.exists() { name.to_owned() } else { of_workspace(name) };
    if path.is_dir() {
        return Err(refuse("this is a folder; name a record or a snapshot in it".into()));
    }
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    read.map_err(|error| match error.kind() {
        ErrorKind::NotFound => refuse(
            "there is no such file, nor a snapshot or a kernel of the matrix of this name".into(),
        ),
        _ => refuse(error.to_string()),
    })?;
    if bytes.len() as u64 == LARGEST {
        return Err(refuse("it is neither a record nor a snapshot: it has no end".into()));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| refuse("it is neither a record nor a snapshot".into()))?;
    Results::parse(&text).map_err(refuse)
}

/// What `name` means in the workspace: a snapshot, or the record of a column of the matrix. A series or
/// a kernel alone is meant as it is started by default.
fn of_workspace(name: &Path) -> PathBuf {
    let Some(root) = workspace::find().filter(|_| name.components().count() == 1) else {
        return name.to_owned();
    };
    let places = [(snapshot::FOLDER, "snap"), (workspace::MATRIX, "jsonl")];
    let candidates = places.iter().flat_map(|(folder, end)| {
        ["", "-xonly"]
            .map(|variant| root.join(folder).join(format!("{}{variant}.{end}", name.display())))
    });
    candidates.into_iter().find(|path| path.is_file()).unwrap_or_else(|| name.to_owned())
}

/// The snapshots of the workspace.
///
/// # Errors
/// Where there are none: says what to name instead.
pub(crate) fn all_of_workspace() -> Result<PathBuf, Refusal> {
    let folder = workspace::find().map(|root| root.join(snapshot::FOLDER));
    folder.filter(|folder| folder.is_dir()).ok_or_else(|| {
        Refusal::usage(
            "there are no snapshots here (ci/snapshots): name records or a folder of them",
        )
    })
}

/// Reads `names`; a folder stands for the records and snapshots in it.
///
/// # Errors
/// One line: what is wrong with which of them.
pub(crate) fn load_all(names: &[PathBuf]) -> Result<Vec<Results>, Refusal> {
    let mut all = Vec::new();
    for name in names {
        if !name.is_dir() {
            all.push(load(name)?);
            continue;
        }
        let refuse = |why: &str| Refusal::usage(format!("{}: {why}", name.display()));
        let entries = std::fs::read_dir(name).map_err(|error| refuse(&error.to_string()))?;
        let files: BTreeSet<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl" || end == "snap"))
            .collect();
        if files.is_empty() {
            return Err(refuse("there is neither a record (.jsonl) nor a snapshot (.snap) in it"));
        }
        for file in files {
            all.push(load(&file)?);
        }
    }
    Ok(all)
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const RUN: &str = r#"{"kind":"run","schema":1,"suite":"s 1","time":0,"cases":2,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}"#;
    const CASE: &str = r#"{"kind":"case","name":"a::b::c","clauses":[],"verdict":"holds"}"#;
    const END: &str = r#"{"kind":"end","counts":{"holds":1}}"#;

    #[rstest]
    #[case::nothing("", "it is empty")]
    #[case::words("hello\n", "neither a record nor a snapshot")]
    #[case::number("3\n", "first line is not that of a run")]
    #[case::no_beginning(CASE, "first line is not that of a run")]
    #[case::schema(&RUN.replace("schema\":1", "schema\":2"), "its schema is 2, and this sigsys reads 1")]
    #[case::no_schema(&RUN.replace("schema\":1", "scheme\":1"), "its schema is null")]
    #[case::half_a_line(&format!("{RUN}\n{}", &CASE[..30]), "ends in the middle of line 2")]
    #[case::half_the_first_line(&RUN[..30], "neither a record nor a snapshot")]
    #[case::broken_in_the_middle(&format!("{RUN}\nx\n{END}\n"), "line 2: ")]
    #[case::two_runs(&format!("{RUN}\n{RUN}\n"), "it holds two runs")]
    #[case::lost_case(&format!("{RUN}\n{END}\n"), "counts other cases than it holds")]
    #[case::twice(&format!("{RUN}\n{CASE}\n{CASE}\n"), "it holds a::b::c twice")]
    fn a_wrong_file_is_named_as_what_it_is(#[case] text: &str, #[case] says: &str) {
        let why = Results::parse(text).expect_err("wrong");
        assert!(why.contains(says) && !why.contains('\n'), "{why}");
    }

    #[rstest]
    #[case::whole(&format!("{RUN}\n{CASE}\n{END}\n"), None)]
    #[case::no_last_newline(&format!("{RUN}\n{CASE}\n{END}"), None)]
    #[case::cut_off(&format!("{RUN}\n{CASE}\n"), Some(2))]
    fn a_record_without_its_end_was_cut_off(#[case] text: &str, #[case] expected: Option<usize>) {
        assert_eq!(Results::parse(text).expect("a record").cut_off, expected);
    }

    #[rstest]
    #[case::excused(
        "lacks a thing: EINVAL (kernels have it since 6.17; this is 6.1)",
        "a thing: EINVAL"
    )]
    #[case::two_brackets("lacks x: no file (os error 2) (since 7.3)", "x: no file (os error 2)")]
    #[case::nested("lacks x: EIO (it (still) depends)", "x: EIO")]
    #[case::no_excuse(
        "lacks x: EIO; the feature table says that this kernel must have it",
        "x: EIO"
    )]
    #[case::other("EIO", "EIO")]
    #[case::unbalanced("EIO)", "EIO)")]
    fn a_reason_outlives_the_release(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(reason(text), expected);
    }

    #[rstest]
    #[case("a::b::c", "a::b::c")]
    #[case("a::b::c::case_1_x", "a::b::c")]
    #[case("a::b::c::way_1::key_2", "a::b::c")]
    #[case("a", "a")]
    fn rows_share_a_claim(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(claim(name), expected);
    }
}
