//! What a kernel did, case by case, as a record or a snapshot tells it.
//!
//! A snapshot holds what later runs on the same series can be held against and nothing else, so a
//! record that is read for a comparison is reduced to the same: its results differ from those of its
//! own snapshot in the title alone.

use crate::printable::printable;
use crate::refusal::Refusal;
use crate::release::Release;
use crate::wholeness::{self, Flaw};
use crate::{report, snapshot, workspace};
use harness::record::{CaseLine, Footer, Kernel, Record, Verdict, one_line};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::mem::take;
use std::path::{Path, PathBuf};

/// No record is as large as this; some devices have no end.
const LARGEST: u64 = 64 << 20;

/// How the variant begins of what is not Linux.
pub(crate) const VIA: &str = "via ";

/// What is said of a case that comes to something else each time.
pub(crate) const UNSTEADY: &str = "unsteady";

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
    /// Whether it comes to something else each time, so that nothing is held against it. The verdict is
    /// that of a case nothing is known of, then.
    pub unsteady: bool,
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
    /// A case of which nothing is known but that it is there.
    pub(crate) fn unsteady(name: String, clauses: Vec<String>) -> Self {
        Self {
            name,
            clauses,
            verdict: Verdict::Broken,
            unsteady: true,
            lacks: String::new(),
            observed: String::new(),
            deviation: String::new(),
            known: String::new(),
            facts: BTreeMap::new(),
        }
    }

    /// Whether a kernel did the same, whatever the list of deviations calls it.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.words() == other.words()
            && self.lacks == other.lacks
            && self.observed == other.observed
            && self.facts == other.facts
    }

    /// Its verdict in words.
    pub(crate) const fn words(&self) -> &'static str {
        if self.unsteady { UNSTEADY } else { self.verdict.words() }
    }

    /// Its name without the row of a table.
    pub(crate) fn claim(&self) -> &str {
        claim(&self.name)
    }
}

/// A case's name without the row of a table: folder, file and function.
pub(crate) fn claim(name: &str) -> &str {
    name.split_once('[').map_or(name, |(claim, _)| claim)
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
        let Record { mut header, cases, footer, .. } = wholeness::read(text)?;
        make_plain(&mut header.kernel);
        let mut flaws = wholeness::within(Some(&header), &cases, footer.as_ref());
        // What was cut off is used as far as it goes.
        flaws.retain(|flaw| *flaw != Flaw::NoEnd);
        if let Some(flaws) = wholeness::say(&flaws) {
            return Err(format!("it {flaws}"));
        }
        let lacks = cases
            .iter()
            .filter_map(|case| case.unmet.as_ref())
            .map(|unmet| (unmet.need.clone(), one_line(&unmet.reason())))
            .collect();
        let whole = footer.as_ref().is_some_and(Footer::is_whole);
        let kernel = &header.kernel;
        Self {
            title: report::kernel(&header),
            release: Release::of(kernel),
            variant: variant(kernel),
            cases: cases.into_iter().map(outcome).collect(),
            lacks,
            cut_off: (!whole).then_some(header.cases),
            suite: Some(header.suite.to_string()),
        }
        .sorted()
    }

    /// Marks as unsteady what another system does otherwise each time: a time-out or a failed set-up
    /// says how fast or how busy it was, not what it does; and so is what was found unsteady `before`.
    /// What it answers wrong, or ends a case with, stays as it is.
    pub(crate) fn without_the_unsteady(mut self, before: Option<&Self>) -> Self {
        let known: BTreeSet<&str> = before.map_or_else(BTreeSet::new, |before| {
            let unsteady = before.cases.iter().filter(|case| case.unsteady);
            unsteady.map(|case| case.name.as_str()).collect()
        });
        for case in &mut self.cases {
            let accident = matches!(case.verdict, Verdict::TimedOut | Verdict::Broken);
            if accident || known.contains(case.name.as_str()) {
                let (name, clauses) = (take(&mut case.name), take(&mut case.clauses));
                *case = Outcome::unsteady(name, clauses);
            }
        }
        self.lacks.retain(|need, _| self.cases.iter().any(|case| case.lacks == *need));
        self
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
    if value["schema"].as_u64().is_none() {
        return Err("it is no record: its first line names no schema".into());
    }
    Ok(())
}

/// Makes the words of a kernel about itself what they are taken for: one line each, that does nothing.
fn make_plain(kernel: &mut Kernel) {
    let words = [&mut kernel.system, &mut kernel.release, &mut kernel.build, &mut kernel.machine];
    let more = [&mut kernel.clocksource, &mut kernel.via];
    for word in words.into_iter().chain(more.into_iter().flatten()) {
        *word = printable(&one_line(word)).into_owned();
    }
}

/// What a comparison takes of a case.
fn outcome(case: CaseLine) -> Outcome {
    // Why a case was not run is said once, with the need.
    let observed = if case.unmet.is_none() { case.said() } else { String::new() };
    let facts = case.facts.lines().map(|(name, values)| (name.to_owned(), values)).collect();
    let lacks = case.lacks().to_owned();
    // Of one that healed, nothing deviates.
    let known = case.deviation.filter(|_| case.verdict != Verdict::Healed);
    let (deviation, known) = known.map(|known| (known.pattern, known.why)).unwrap_or_default();
    Outcome {
        name: case.name,
        clauses: case.clauses,
        verdict: case.verdict,
        unsteady: false,
        lacks,
        observed,
        deviation,
        known,
        facts,
    }
}

/// The vsyscall mode, and the clocksource where that is not a usual one; or what is not Linux at all.
fn variant(kernel: &Kernel) -> String {
    if let Some(via) = &kernel.via {
        return format!("{VIA}{via}");
    }
    let vsyscall = kernel.vsyscall_word();
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
    let text = text(bytes).ok_or_else(|| refuse("it is neither a record nor a snapshot".into()))?;
    Results::parse(&text).map_err(refuse)
}

/// Bytes as text; what was cut in the middle of a character ends before it.
fn text(mut bytes: Vec<u8>) -> Option<String> {
    if let Err(error) = std::str::from_utf8(&bytes) {
        let end = error.error_len().is_none().then(|| error.valid_up_to())?;
        bytes.truncate(end);
    }
    String::from_utf8(bytes).ok()
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
mod tests;
