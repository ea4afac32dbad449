//! The folder of a site: written beside its place and put there in one step.

use crate::error::Refusal;
use crate::results::site;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How the names of folders begin that are being written.
const DRAFT: &str = ".sigsys-";

/// That `folder` is not there, is empty, or is a site that may be replaced.
///
/// # Errors
/// What else is there, in one line.
pub(super) fn check(folder: &Path) -> Result<(), Refusal> {
    let refuse = |why: String| Refusal::usage(format!("--html {}: {why}", folder.display()));
    let cannot = |error: io::Error| {
        let why = format!("--html {}: {error}", folder.display());
        match error.kind() {
            ErrorKind::PermissionDenied => Refusal::no_answer(why),
            _ => Refusal::usage(why),
        }
    };
    match fs::metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if folder.is_symlink() {
                return Err(refuse("this is a link that leads nowhere".into()));
            }
            return Ok(());
        }
        Err(error) => return Err(cannot(error)),
        Ok(metadata) if !metadata.is_dir() => {
            return Err(refuse("this is no folder; name another one".into()));
        }
        Ok(_) => {}
    }
    let paths = paths(folder).map_err(cannot)?;
    if paths.is_empty() {
        return Ok(());
    }
    if !folder.join(site::MARKER).is_file() {
        return Err(refuse(
            "the folder is not empty, and no report of sigsys; name another one".into(),
        ));
    }
    match paths.iter().find(|path| !site::is_own(path)) {
        Some(path) => Err(refuse(format!(
            "beside an earlier report, `{path}` is in it, which no report wrote; move it, or name another folder"
        ))),
        None => Ok(()),
    }
}

/// What is in a folder, by its path there; what is in folders in folders is one.
fn paths(folder: &Path) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    let text = |name: std::ffi::OsString| name.to_string_lossy().into_owned();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = text(entry.file_name());
        if name == site::PROMISES && entry.file_type()?.is_dir() {
            for inner in fs::read_dir(entry.path())? {
                let inner = inner?;
                let mut path = format!("{name}/{}", text(inner.file_name()));
                if inner.file_type()?.is_dir() {
                    path.push('/');
                }
                paths.push(path);
            }
        } else {
            paths.push(name);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Writes `files` as the folder.
///
/// # Errors
/// What is in the way, or the system's reason; the folder is as it was.
pub(super) fn write(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), Refusal> {
    check(folder)?;
    put(folder, files).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => crate::atomic::FULL.to_owned(),
            _ => error.to_string(),
        };
        let folder = folder.display();
        Refusal::no_answer(format!("the report cannot be written to {folder}: {why}"))
    })
}

fn put(folder: &Path, files: &BTreeMap<String, String>) -> io::Result<()> {
    // A link that a user named is followed.
    let place = match fs::canonicalize(folder) {
        Ok(real) => real,
        Err(_) => std::path::absolute(folder)?.components().collect::<PathBuf>(),
    };
    let Some(parent) = place.parent() else { return Err(ErrorKind::IsADirectory.into()) };
    fs::create_dir_all(parent)?;
    let mut draft = tempfile::Builder::new();
    // The umask applies, as to any new folder.
    draft.prefix(DRAFT).permissions(Permissions::from_mode(0o777));
    let draft = draft.tempdir_in(parent)?;
    for (path, text) in files {
        let path = draft.path().join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    replace(draft, parent, &place)
}

/// Puts `draft` in the place of `folder`, and removes what was there.
fn replace(draft: TempDir, parent: &Path, folder: &Path) -> io::Result<()> {
    if folder.exists() {
        let exchange = RenameFlags::RENAME_EXCHANGE;
        match renameat2(AT_FDCWD, draft.path(), AT_FDCWD, folder, exchange) {
            // The draft is the earlier site now, and goes with it.
            Ok(()) => return draft.close(),
            // A file system that cannot.
            Err(nix::errno::Errno::EINVAL | nix::errno::Errno::ENOSYS) => {}
            Err(error) => return Err(error.into()),
        }
        let aside = tempfile::Builder::new().prefix(DRAFT).tempdir_in(parent)?;
        fs::rename(folder, aside.path().join("earlier"))?;
        if let Err(error) = fs::rename(draft.path(), folder) {
            fs::rename(aside.path().join("earlier"), folder)?;
            return Err(error);
        }
    } else {
        fs::rename(draft.path(), folder)?;
    }
    // It has another name now, and stays.
    let _ = draft.keep();
    Ok(())
}
