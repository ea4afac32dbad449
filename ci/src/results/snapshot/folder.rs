//! The folder of the snapshots, in insta's form and under its rules: what differs is written beside the
//! snapshot as `.snap.new`, for `cargo insta review`.

use super::table::Table;
use super::{COLUMNS, content, is_one, read, write};
use crate::atomic;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const SNAP: &str = "snap";
const NEW: &str = "snap.new";

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub table: Table,
    /// The text of each file, by area.
    pub texts: BTreeMap<String, String>,
    /// Snapshots that are of no area: of another form, or in another place than their own.
    pub stray: Vec<PathBuf>,
}

/// A text that is not what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Its area.
    pub area: String,
    /// What is stored, if anything is, and what it is now; nothing if it is of no case any more.
    pub old: String,
    pub new: String,
    /// Where it was written, or what is to be removed.
    pub path: PathBuf,
}

/// Where the snapshot of an area is.
fn place(folder: &Path, area: &str, ending: &str) -> Result<PathBuf, String> {
    let sound = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    let parts: Vec<&str> = area.split("::").collect();
    if !parts.iter().all(|part| sound(part)) {
        return Err(format!("`{area}` is no name for a file"));
    }
    Ok(folder.join(format!("{}.{ending}", parts.join("/"))))
}

/// Whether the snapshots of columns are in `folder`.
pub(crate) fn is_one_of_snapshots(folder: &Path) -> bool {
    folder.join(format!("{COLUMNS}.{SNAP}")).is_file()
}

/// Reads the snapshots in `folder`. Without a file of columns there is none.
///
/// # Errors
/// One line: which file is wrong, and how.
pub(crate) fn load(folder: &Path) -> Result<Stored, String> {
    let mut stored = Stored::default();
    let mut files = BTreeSet::new();
    find(folder, 0, &mut files).map_err(|error| format!("{}: {error}", folder.display()))?;
    let text = |path: &Path| {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let columns = folder.join(format!("{COLUMNS}.{SNAP}"));
    let has_columns = files.remove(&columns);
    if has_columns {
        let text = text(&columns)?;
        let refuse = |why: String| format!("{}: {why}", columns.display());
        stored.table = read::columns(&text).map_err(refuse)?;
        stored.texts.insert(COLUMNS.into(), text);
    }
    for path in files {
        let text = text(&path)?;
        if !is_one(&text) {
            return Err(format!("{}: it is no snapshot of sigsys", path.display()));
        }
        let refuse = |why: String| format!("{}: {why}", path.display());
        // Those of an older form are of no area.
        if path.parent() == Some(folder) && content(&text).starts_with("sigsys snapshot 1: ") {
            stored.stray.push(path);
            continue;
        }
        if !has_columns {
            return Err(format!("{}: there is no {COLUMNS}.{SNAP} beside it", path.display()));
        }
        let area = read::area(&text, &mut stored.table).map_err(refuse)?;
        let own = place(folder, &area, SNAP).map_err(refuse)?;
        if own != path {
            return Err(refuse(format!("this is the place of another area than {area}")));
        }
        stored.texts.insert(area, text);
    }
    stored.table.complete();
    Ok(stored)
}

/// The snapshots in `folder` and the folders in it.
fn find(folder: &Path, depth: usize, files: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && depth == 0 && path.extension().is_none() {
            find(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|end| end == SNAP) {
            files.insert(path);
        }
    }
    Ok(())
}

/// Writes what is not as it is stored: as the snapshots with `accept`, else beside them. What is of no
/// case any more is removed with `accept`.
///
/// # Errors
/// One line: which file cannot be written, and why.
pub(crate) fn store(
    folder: &Path,
    stored: &Stored,
    table: &Table,
    accept: bool,
) -> Result<Vec<Changed>, String> {
    let texts = write::texts(table);
    let mut changed = Vec::new();
    for (area, new) in &texts {
        let (path, pending) = (place(folder, area, SNAP)?, place(folder, area, NEW)?);
        let old = stored.texts.get(area).map_or("", |text| content(text));
        if old.trim_end() == new.trim_end() {
            remove(&pending)?;
            continue;
        }
        let whole =
            format!("---\nsource: ci/src/results/snapshot.rs\nexpression: \"{area}\"\n---\n{new}");
        let target = if accept { &path } else { &pending };
        let refuse = |error: std::io::Error| format!("cannot write {}: {error}", target.display());
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(refuse)?;
        }
        atomic::write(target, whole.as_bytes()).map_err(refuse)?;
        if accept {
            remove(&pending)?;
        }
        let (area, old, new, path) = (area.clone(), old.to_owned(), new.clone(), target.clone());
        changed.push(Changed { area, old, new, path });
    }
    let mut gone: Vec<(String, PathBuf, String)> = Vec::new();
    for (area, text) in &stored.texts {
        if !texts.contains_key(area) {
            gone.push((area.clone(), place(folder, area, SNAP)?, content(text).to_owned()));
        }
    }
    for path in &stored.stray {
        gone.push((path.display().to_string(), path.clone(), String::new()));
    }
    for (area, path, old) in gone {
        if accept {
            remove(&path)?;
            remove(&path.with_extension(NEW))?;
        }
        changed.push(Changed { area, old, new: String::new(), path });
    }
    Ok(changed)
}

fn remove(path: &Path) -> Result<(), String> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}
