//! Files written in one step: there is the old one or the new one, and never a half.

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// How the line begins that says so.
pub(crate) const FULL: &str = "the disk is full";

/// How the names of files begin that are being written.
const DRAFT: &str = ".sigsys-";

/// Writes `bytes` to a place this tool chose. A link that lies there is replaced, not followed.
///
/// # Errors
/// The system's; the old file is there as it was.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mode = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
    replace(path, mode.map(|old| old.permissions()), |file| file.write_all(bytes))
}

/// Writes `bytes` to the place a user named: a pipe or a device is written to, a link is followed.
///
/// # Errors
/// The system's; an old file is there as it was.
pub(crate) fn write_named(path: &Path, bytes: &[u8]) -> io::Result<()> {
    named(path, None, |file| file.write_all(bytes))
}

/// Has `fill` write to the place a user named, as [`write_named`] does.
///
/// # Errors
/// The system's, and those of `fill`; an old file is there as it was.
pub(crate) fn fill_named(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    named(path, None, |file| {
        let mut file = io::BufWriter::new(file);
        fill(&mut file)?;
        file.flush()
    })
}

/// Copies the program at `from` to the place a user named, executable as it is there.
///
/// # Errors
/// The system's; an old file is there as it was.
pub(crate) fn copy_named(from: &Path, path: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mode = source.metadata()?.permissions();
    named(path, Some(mode), |file| io::copy(&mut source, file).map(drop))
}

fn named(
    path: &Path,
    mode: Option<Permissions>,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(old) if !old.is_file() => fill(&mut File::options().write(true).open(path)?),
        Ok(old) => replace(&fs::canonicalize(path)?, mode.or(Some(old.permissions())), fill),
        Err(_) => replace(&target(path), mode, fill),
    }
}

/// The file that creating `path` makes: the target of a link that leads to no file yet.
fn target(path: &Path) -> PathBuf {
    match fs::read_link(path) {
        Ok(link) => path.parent().unwrap_or(Path::new("")).join(link),
        Err(_) => path.to_owned(),
    }
}

/// A new file beside `path`, filled, then put in its place.
fn replace(
    path: &Path,
    mode: Option<Permissions>,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if path.file_name().is_none() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let mut draft = tempfile::Builder::new();
    // The umask applies, as to any new file.
    draft.prefix(DRAFT).permissions(Permissions::from_mode(0o666));
    let mut file = draft.tempfile_in(folder)?;
    fill(file.as_file_mut())?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    // A full disk may be said here and not before.
    file.as_file().sync_data()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Whether the disk of `folder` has room for so many bytes: asked before something long is begun that
/// could not be kept.
///
/// # Errors
/// That it has not, in one line.
pub(crate) fn room(folder: &Path, bytes: u64) -> Result<(), String> {
    let take = || {
        let file = tempfile::tempfile_in(folder)?;
        let length = i64::try_from(bytes).map_err(io::Error::other)?;
        match fallocate(&file, FallocateFlags::empty(), 0, length) {
            // A file system that cannot say.
            Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => Ok(()),
            taken => taken.map_err(io::Error::from),
        }
    };
    take().map_err(|error: io::Error| {
        let (folder, megabytes) = (folder.display(), bytes.div_ceil(1 << 20));
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                format!("{FULL}: {folder} has no room for {megabytes} MiB")
            }
            _ => format!("cannot write to {folder}: {error}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<_> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        write(&path, b"old").expect("written");
        let fail = |file: &mut File| {
            file.write_all(b"half")?;
            Err(io::Error::other("full"))
        };
        replace(&path, None, fail).expect_err("it is full");
        assert_eq!(fs::read(&path).expect("there"), b"old");
        assert_eq!(names(folder.path()), ["f"]);
        write(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"new");
    }

    #[test]
    fn a_link_at_a_chosen_place_is_replaced_and_at_a_named_one_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("victim"), "mine").expect("written");
        symlink(at("victim"), at("link")).expect("linked");
        write(&at("link"), b"new").expect("written");
        assert_eq!(fs::read(at("victim")).expect("there"), b"mine");
        assert!(fs::symlink_metadata(at("link")).expect("there").is_file());
        symlink("victim", at("named")).expect("linked");
        write_named(&at("named"), b"asked for").expect("written");
        assert_eq!(fs::read(at("victim")).expect("there"), b"asked for");
        assert!(fs::symlink_metadata(at("named")).expect("there").is_symlink());
        symlink("later", at("dangling")).expect("linked");
        write_named(&at("dangling"), b"new").expect("written");
        assert_eq!(fs::read(at("later")).expect("there"), b"new");
    }

    #[test]
    fn modes_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("ordinary"), "").expect("written");
        write(&at("new"), b"").expect("written");
        assert_eq!(mode(&at("new")), mode(&at("ordinary")));
        for chosen in [true, false] {
            fs::set_permissions(at("new"), Permissions::from_mode(0o640)).expect("set");
            let write = if chosen { write } else { write_named };
            write(&at("new"), b"x").expect("written");
            assert_eq!(mode(&at("new")), 0o640);
        }
        fs::set_permissions(at("ordinary"), Permissions::from_mode(0o755)).expect("set");
        copy_named(&at("ordinary"), &at("new")).expect("copied");
        assert_eq!(mode(&at("new")), 0o755);
    }

    #[test]
    fn a_device_is_written_to_and_a_folder_is_none_of_a_file() {
        write_named(Path::new("/dev/null"), b"x").expect("written");
        let full = write_named(Path::new("/dev/full"), b"x").expect_err("full");
        assert_eq!(full.raw_os_error(), Some(28));
        let folder = tempfile::tempdir().expect("a folder");
        write_named(folder.path(), b"x").expect_err("a folder");
        write(folder.path(), b"x").expect_err("a folder");
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn room_is_asked_for_and_given_back() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(room(folder.path(), 1 << 20), Ok(()));
        assert_eq!(names(folder.path()), [""; 0]);
        let why = room(folder.path(), 1 << 60).expect_err("nobody has that");
        assert!(why.starts_with(FULL) && why.contains("1099511627776 MiB"), "{why}");
        let why = room(&folder.path().join("none"), 1).expect_err("no folder");
        assert!(why.starts_with("cannot write to "), "{why}");
    }
}
