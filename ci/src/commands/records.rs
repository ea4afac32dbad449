//! What a name on a command line stands for: a record, a column of the snapshots, a kernel of the matrix.

use crate::bundle;
use crate::error::Refusal;
use crate::results::parse::{parse, record};
use crate::results::run_results::Results;
use crate::results::snapshot::{self, folder};
use crate::workspace;
use harness::record::Record;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// No record is as large as this; some devices have no end.
const MAX_RECORD_SIZE: u64 = 64 << 20;

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
    parse(&read(name)?).map_err(refuse)
}

/// Reads the text of the record that `name` names: a file, or a column of the matrix in the workspace.
///
/// # Errors
/// One line: what is wrong with which file.
fn read(name: &Path) -> Result<String, Refusal> {
    let refuse = |why: String| Refusal::usage(format!("{}: {why}", name.display()));
    let path = if name.exists() { name.to_owned() } else { of_matrix(name) };
    if path.is_dir() {
        return Err(refuse(
            "this is a folder; name a record or a column of snapshots in it".into(),
        ));
    }
    let mut bytes = Vec::new();
    let read =
        File::open(&path).and_then(|file| file.take(MAX_RECORD_SIZE).read_to_end(&mut bytes));
    read.map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            refuse("there is no such file, nor a column of the snapshots or a kernel of the matrix of this name".into())
        }
        _ => refuse(error.to_string()),
    })?;
    if bytes.len() as u64 == MAX_RECORD_SIZE {
        return Err(refuse("it is neither a record nor a snapshot: it has no end".into()));
    }
    text(bytes).ok_or_else(|| refuse("it is neither a record nor a snapshot".into()))
}

/// The column of snapshots that `name` means, if it means one.
fn of_snapshots(name: &Path) -> Result<Option<Results>, Refusal> {
    let parent = name.parent().filter(|parent| !parent.as_os_str().is_empty());
    let place = match parent {
        Some(parent) => Some(parent.to_owned()),
        None => snapshots()?,
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

/// The record of a column of the matrix that `name` means.
fn of_matrix(name: &Path) -> PathBuf {
    in_matrix(&workspace::records_of(workspace::MATRIX), name)
}

/// The record in `folder` that `name` means; `name` itself where there is none. A kernel alone is meant as it
/// is started by default.
fn in_matrix(folder: &Path, name: &Path) -> PathBuf {
    if name.components().count() != 1 {
        return name.to_owned();
    }
    let candidates =
        ["", "-xonly"].map(|variant| folder.join(format!("{}{variant}.jsonl", name.display())));
    candidates.into_iter().find(|path| path.is_file()).unwrap_or_else(|| name.to_owned())
}

/// The snapshots of the bundle beside this tool, else those of the workspace.
///
/// # Errors
/// When those of the bundle are not as they were packed.
pub(crate) fn snapshots() -> Result<Option<PathBuf>, Refusal> {
    match workspace::bundle()? {
        Some(bundle) => bundle.folder(bundle::SNAPSHOTS).map(Some).map_err(Refusal::usage),
        None => Ok(workspace::find().map(|root| root.join(snapshot::FOLDER))),
    }
}

/// The snapshots at hand.
///
/// # Errors
/// Where there are none: says what to name instead.
pub(crate) fn all_of_workspace() -> Result<PathBuf, Refusal> {
    snapshots()?.filter(|folder| folder.is_dir()).ok_or_else(|| {
        Refusal::usage(
            "there are no snapshots here (ci/snapshots): name records or a folder of them",
        )
    })
}

/// The records in a folder, in the order of their names.
fn in_folder(folder: &Path) -> Result<BTreeSet<PathBuf>, Refusal> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| Refusal::usage(format!("{}: {error}", folder.display())))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(files.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect())
}

/// Reads the records that `names` name, each with its name among the others; a folder stands for the
/// records in it.
///
/// # Errors
/// One line: what is wrong with which of them.
pub(crate) fn whole(names: &[PathBuf]) -> Result<Vec<(String, Record)>, Refusal> {
    let mut all = Vec::new();
    for name in names {
        let files = if name.is_dir() { in_folder(name)? } else { BTreeSet::from([name.clone()]) };
        let refuse = |name: &Path, why: &str| Refusal::usage(format!("{}: {why}", name.display()));
        if files.is_empty() {
            return Err(refuse(name, "there is no record (.jsonl) in it"));
        }
        for file in files {
            if !file.exists() && of_snapshots(&file)?.is_some() && !of_matrix(&file).is_file() {
                let why = "the snapshots have no records; name a file, or run the matrix first";
                return Err(refuse(&file, why));
            }
            let record = record(&read(&file)?).map_err(|why| refuse(&file, &why))?;
            let own = file.file_stem().unwrap_or_default().to_string_lossy();
            let own = if file.exists() { own } else { file.to_string_lossy() };
            all.push((own.into_owned(), record));
        }
    }
    Ok(all)
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
        let files = in_folder(name)?;
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
mod tests;
