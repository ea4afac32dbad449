//! Folders of a run's own: new, random, closed to others, and gone with it. What a run left that was
//! killed is removed by the next one.

use crate::error::Refusal;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// How the names of such folders begin.
const PREFIX: &str = "sigsys-run-";

/// A folder that only this user can enter, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: TempDir,
    /// Held while its owner lives; the kernel releases it when the owner dies.
    _lock: File,
}

impl Folder {
    /// A new folder in the system's folder for temporary files.
    ///
    /// # Errors
    /// Why there is none, and what to do.
    pub(crate) fn new() -> Result<Self, Refusal> {
        let place = std::env::temp_dir();
        forget_the_dead(&place);
        Self::in_folder(&place).map_err(|error| {
            let place = place.display();
            Refusal::no_answer(format!(
                "cannot make a folder in {place}: {error}; TMPDIR names another place"
            ))
        })
    }

    /// A new folder in `place`, on whose disk what is made in it is to stay.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn beside(place: &Path) -> io::Result<Self> {
        forget_the_dead(place);
        Self::in_folder(place)
    }

    fn in_folder(place: &Path) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).permissions(Permissions::from_mode(0o700));
        loop {
            let folder = builder.tempdir_in(place)?;
            // Until it is locked, another process may remove it as left over.
            if let Some(lock) = lock(folder.path())
                && is_at(&lock, folder.path())
            {
                return Ok(Self { folder, _lock: lock });
            }
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of this user in `place` whose owners are dead.
fn forget_the_dead(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        name && fs::symlink_metadata(path)
            .is_ok_and(|found| found.is_dir() && found.uid() == geteuid().as_raw())
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_ours) {
        if let Some(lock) = lock(&path)
            && is_at(&lock, &path)
        {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Locks a folder unless that is done; a link is no folder.
fn lock(path: &Path) -> Option<File> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    let folder = File::options().read(true).custom_flags(flags.bits()).open(path).ok()?;
    folder.try_lock().ok().map(|()| folder)
}

/// Whether what was opened is what lies at `path`.
fn is_at(open: &File, path: &Path) -> bool {
    let found = open.metadata().and_then(|open| Ok((open, fs::symlink_metadata(path)?)));
    found.is_ok_and(|(open, there)| (open.dev(), open.ino()) == (there.dev(), there.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_closed_to_others_and_goes_with_its_owner() {
        let place = tempfile::tempdir().expect("a folder");
        let own = Folder::in_folder(place.path()).expect("a folder");
        let other = Folder::in_folder(place.path()).expect("a folder");
        assert_ne!(own.path(), other.path());
        let mode = fs::metadata(own.path()).expect("there").permissions().mode();
        assert_eq!(mode & 0o7777, 0o700);
        fs::write(own.path().join("f"), "x").expect("written");
        let path = own.path().to_owned();
        drop(own);
        assert!(!path.exists());
    }

    #[test]
    fn what_the_dead_left_is_removed_and_nothing_else() {
        let place = tempfile::tempdir().expect("a folder");
        let at = |name: &str| place.path().join(name);
        let living = Folder::in_folder(place.path()).expect("a folder");
        fs::create_dir_all(at("sigsys-run-dead/inner")).expect("made");
        fs::create_dir(at("another")).expect("made");
        fs::write(at("sigsys-run-file"), "").expect("written");
        std::os::unix::fs::symlink(at("another"), at("sigsys-run-link")).expect("linked");
        forget_the_dead(place.path());
        assert!(!at("sigsys-run-dead").exists());
        assert!(living.path().exists() && at("another").exists());
        assert!(at("sigsys-run-file").exists() && at("sigsys-run-link").exists());
    }
}
