//! What a kernel did, case by case, as a record or a snapshot tells it.
//!
//! A snapshot holds what later runs on the same series can be held against and nothing else, so a
//! record that is read for a comparison is reduced to the same ([`Cell::of`]): its results differ from
//! those of its own snapshot in the title alone.

use crate::printable::printable;
use crate::refusal::Refusal;
use crate::release::Release;
use crate::snapshot::cell::{Cell, plain};
use crate::snapshot::{self, folder};
use crate::wholeness::{self, Flaw};
use crate::{report, workspace};
use harness::record::{CaseLine, Footer, Kernel, Record, Verdict, one_line};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// No record is as large as this; some devices have no end.
const LARGEST: u64 = 64 << 20;

/// How the variant begins of what is not Linux.
pub(crate) const VIA: &str = "via ";

/// How the reason begins for which a need is not met that must be met.
pub(crate) const OWED: &str = "violated: ";

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
    /// Why each need is not met, by its name, in the suite's words; after [`OWED`] where it must be met.
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
    pub cell: Cell,
    /// Why it deviates, where it does and the record says so; a snapshot does not hold it.
    pub known: String,
}

impl Outcome {
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
    /// Reads the text of a record.
    ///
    /// # Errors
    /// Says why it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if snapshot::is_one(text) {
            return Err(
                "this is an area of the snapshots; name a column of them, such as 6.1".into()
            );
        }
        check_shape(text)?;
        let Record { mut header, cases, footer, .. } = wholeness::read(text)?;
        make_plain(&mut header.kernel);
        let mut flaws = wholeness::within(Some(&header), &cases, footer.as_ref());
        // What was cut off is used as far as it goes.
        flaws.retain(|flaw| *flaw != Flaw::NoEnd);
        if let Some(flaws) = wholeness::say(&flaws) {
            return Err(format!("it {flaws}"));
        }
        let lacks = cases.iter().filter_map(lack).collect();
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
            let unsteady = before.cases.iter().filter(|case| case.cell.unsteady);
            unsteady.map(|case| case.name.as_str()).collect()
        });
        for case in &mut self.cases {
            let accident = matches!(case.cell.verdict, Verdict::TimedOut | Verdict::Broken);
            if accident || known.contains(case.name.as_str()) {
                case.cell = Cell::unsteady();
                case.known.clear();
            }
        }
        self.lacks.retain(|need, _| {
            let lacking = [Cell::lacking(need), Cell::owing(need)];
            self.cases.iter().any(|case| lacking.contains(&case.cell))
        });
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

/// The need that a case says is not met, and why.
fn lack(case: &CaseLine) -> Option<(String, String)> {
    let unmet = case.unmet.as_ref()?;
    let owed = match case.verdict {
        Verdict::NotOffered => "",
        Verdict::Violated => OWED,
        _ => return None,
    };
    Some((unmet.need.clone(), format!("{owed}{}", plain(&unmet.reason()))))
}

/// What a comparison takes of a case.
fn outcome(case: CaseLine) -> Outcome {
    let cell = Cell::of(&case);
    // Of one that healed, nothing deviates.
    let known = case.deviation.filter(|_| case.verdict != Verdict::Healed);
    let known = known.map(|known| known.why).unwrap_or_default();
    Outcome { name: case.name, clauses: case.clauses, cell, known }
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

/// Reads what `name` names: a record, or a column of the snapshots in the workspace, or in a folder
/// (`FOLDER/6.1-none`).
///
/// # Errors
/// One line: what is wrong with which file.
pub(crate) fn load(name: &Path) -> Result<Results, Refusal> {
    let refuse = |why: String| Refusal::usage(format!("{}: {why}", name.display()));
    if !name.exists()
        && let Some(results) = of_snapshots(name)?
    {
        return Ok(results);
    }
    let path = if name.exists() { name.to_owned() } else { of_matrix(name) };
    if path.is_dir() {
        return Err(refuse(
            "this is a folder; name a record or a column of snapshots in it".into(),
        ));
    }
    let mut bytes = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    read.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            refuse("there is no such file, nor a column of the snapshots or a kernel of the matrix of this name".into())
        }
        _ => refuse(error.to_string()),
    })?;
    if bytes.len() as u64 == LARGEST {
        return Err(refuse("it is neither a record nor a snapshot: it has no end".into()));
    }
    let text = text(bytes).ok_or_else(|| refuse("it is neither a record nor a snapshot".into()))?;
    Results::parse(&text).map_err(refuse)
}

/// The column of snapshots that `name` means, if it means one.
fn of_snapshots(name: &Path) -> Result<Option<Results>, Refusal> {
    let parent = name.parent().filter(|parent| !parent.as_os_str().is_empty());
    let place = match parent {
        Some(parent) => Some(parent.to_owned()),
        None => workspace::find().map(|root| root.join(snapshot::FOLDER)),
    };
    let Some(place) = place.filter(|place| folder::is_one_of_snapshots(place)) else {
        return Ok(None);
    };
    let table = folder::load(&place).map_err(Refusal::usage)?.table;
    let column = name.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    Ok(table.find(column).and_then(|id| table.results(id)))
}

/// Bytes as text; what was cut in the middle of a character ends before it.
fn text(mut bytes: Vec<u8>) -> Option<String> {
    if let Err(error) = std::str::from_utf8(&bytes) {
        let end = error.error_len().is_none().then(|| error.valid_up_to())?;
        bytes.truncate(end);
    }
    String::from_utf8(bytes).ok()
}

/// The record of a column of the matrix that `name` means in the workspace. A kernel alone is meant as it
/// is started by default.
fn of_matrix(name: &Path) -> PathBuf {
    let Some(root) = workspace::find().filter(|_| name.components().count() == 1) else {
        return name.to_owned();
    };
    let candidates = ["", "-xonly"].map(|variant| {
        root.join(workspace::MATRIX).join(format!("{}{variant}.jsonl", name.display()))
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

/// Reads `names`; a folder stands for the records in it and for the columns of the snapshots in it.
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
        let so_far = all.len();
        let refuse = |why: &str| Refusal::usage(format!("{}: {why}", name.display()));
        if folder::is_one_of_snapshots(name) {
            let table = folder::load(name).map_err(Refusal::usage)?.table;
            all.extend(table.columns.keys().filter_map(|id| table.results(id)));
        }
        let entries = std::fs::read_dir(name).map_err(|error| refuse(&error.to_string()))?;
        let files: BTreeSet<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .collect();
        for file in files {
            all.push(load(&file)?);
        }
        if all.len() == so_far {
            return Err(refuse("there is neither a record (.jsonl) nor a snapshot (.snap) in it"));
        }
    }
    Ok(all)
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
