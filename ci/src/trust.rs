//! Whether only this user and root can change a file: what is run because of where it is, and where this tool
//! writes because it chose the place, must not have been put there by another user.

use nix::unistd::{getegid, geteuid};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use sys::uapi::{S_ISVTX, S_IWGRP, S_IWOTH};

/// The user whose files are trusted, besides root.
#[derive(Clone, Copy, Debug)]
struct User {
    id: u32,
    group: u32,
    /// The owner of the root folder: in a user namespace root may be unmapped, and shows as nobody.
    root: u32,
}

impl User {
    fn current() -> Self {
        let root = fs::metadata("/").map_or(0, |root| root.uid());
        Self { id: geteuid().as_raw(), group: getegid().as_raw(), root }
    }

    /// Why a file cannot be trusted that belongs to `owner` and `group`. `holds` says that it is a folder
    /// in which the next one of the path lies.
    fn fault(self, owner: u32, group: u32, mode: u32, holds: bool) -> Option<String> {
        if ![0, self.root, self.id].contains(&owner) {
            return Some(format!("belongs to {}", user_name(owner)));
        }
        if holds && mode & S_ISVTX != 0 {
            return None;
        }
        if mode & S_IWOTH != 0 {
            return Some("can be changed by everybody".into());
        }
        // A group that bears the user's own number is the user's alone, by custom.
        let own = group == 0 || group == self.root || (group == self.group && group == self.id);
        (mode & S_IWGRP != 0 && !own)
            .then(|| format!("can be changed by the group {}", group_name(group)))
    }
}

fn user_name(id: u32) -> String {
    match entry("/etc/passwd", id) {
        Some(name) => format!("user {name}"),
        None => format!("user {id}"),
    }
}

fn group_name(id: u32) -> String {
    entry("/etc/group", id).unwrap_or_else(|| id.to_string())
}

/// The name that the table at `path` has for a number. The C library may load code of this machine to look it
/// up, which a static program cannot do everywhere.
fn entry(path: &str, id: u32) -> Option<String> {
    let table = fs::read_to_string(path).ok()?;
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

/// The path of a file without links, if it and every folder above it are this user's or root's, and
/// closed to others.
///
/// # Errors
/// What is wrong, as the end of a sentence about `path`.
pub(crate) fn check(path: &Path) -> Result<PathBuf, String> {
    look(path, false)
}

/// As [`check`] for a folder in which something is to be made: in one like /tmp, too, others cannot
/// replace what is new.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_place(folder: &Path) -> Result<PathBuf, String> {
    look(folder, true)
}

fn look(path: &Path, holds: bool) -> Result<PathBuf, String> {
    let user = User::current();
    let real = fs::canonicalize(path).map_err(|error| format!("cannot be found: {error}"))?;
    for (above, part) in real.ancestors().enumerate() {
        let found = fs::symlink_metadata(part)
            .map_err(|error| format!("cannot be looked at ({}: {error})", part.display()))?;
        let fault = user.fault(found.uid(), found.gid(), found.mode(), holds || above > 0);
        if let Some(fault) = fault {
            return Err(match above {
                0 => fault,
                _ => format!("lies where others can put things: {} {fault}", part.display()),
            });
        }
    }
    Ok(real)
}

/// What is there of `folder` already: itself, or the nearest folder above it. What is to be made in it
/// is made only if that can be trusted.
pub(crate) fn nearest(folder: &Path) -> &Path {
    let there = folder.ancestors().find(|part| part.symlink_metadata().is_ok());
    there.filter(|part| !part.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether this user may write to the file at `path` because this tool chose the name: nothing is there,
/// or a file of this user's own.
///
/// # Errors
/// What lies there, as the end of a sentence about `path`.
pub(crate) fn check_target(path: &Path) -> Result<(), String> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    target_fault(&found, geteuid().as_raw()).map_or(Ok(()), Err)
}

fn target_fault(found: &Metadata, user: u32) -> Option<String> {
    if found.is_symlink() {
        return Some("is a link to somewhere else".into());
    }
    if !found.is_file() {
        return Some("is there and no file".into());
    }
    if found.uid() != user {
        return Some(format!("belongs to {}", user_name(found.uid())));
    }
    (found.nlink() > 1).then(|| "has another name, too".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    const ME: User = User { id: 1000, group: 1000, root: 0 };

    #[rstest]
    #[case::mine(1000, 1000, 0o755, false, None)]
    #[case::roots(0, 0, 0o755, true, None)]
    #[case::anothers(1001, 1001, 0o755, false, Some("belongs to "))]
    #[case::anothers_above(1001, 1001, 0o755, true, Some("belongs to "))]
    #[case::open(1000, 1000, 0o757, false, Some("by everybody"))]
    #[case::open_above(0, 0, 0o777, true, Some("by everybody"))]
    #[case::sticky_above(0, 0, 0o1777, true, None)]
    #[case::sticky_itself(0, 0, 0o1777, false, Some("by everybody"))]
    #[case::sticky_of_another(1001, 0, 0o1777, true, Some("belongs to "))]
    #[case::own_group(1000, 1000, 0o775, false, None)]
    #[case::roots_group(0, 0, 0o775, false, None)]
    #[case::shared_group(1000, 100, 0o775, false, Some("by the group "))]
    #[case::shared_group_reads(1000, 100, 0o755, false, None)]
    fn whose_word_counts(
        #[case] owner: u32,
        #[case] group: u32,
        #[case] mode: u32,
        #[case] holds: bool,
        #[case] says: Option<&str>,
    ) {
        let fault = ME.fault(owner, group, mode, holds);
        assert_eq!(fault.is_some(), says.is_some(), "{fault:?}");
        assert!(fault.unwrap_or_default().contains(says.unwrap_or_default()));
    }

    #[test]
    fn a_number_has_the_name_of_the_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("passwd");
        fs::write(&path, "root:x:0:0::/:\n\n+\nme:x:1000:7::/:\n").expect("written");
        let name = |id| entry(path.to_str().expect("text"), id);
        assert_eq!((name(1000).as_deref(), name(0).as_deref()), (Some("me"), Some("root")));
        assert_eq!((name(7), entry("/nothing", 0)), (None, None));
    }

    #[test]
    fn a_group_that_happens_to_be_ones_own_is_shared_all_the_same() {
        let user = User { id: 1000, group: 100, root: 0 };
        assert!(user.fault(1000, 100, 0o775, false).is_some());
    }

    #[test]
    fn in_a_user_namespace_root_is_whoever_has_the_root_folder() {
        let user = User { id: 0, group: 0, root: 65534 };
        assert_eq!(user.fault(65534, 65534, 0o775, true), None);
        assert!(ME.fault(65534, 65534, 0o755, true).is_some());
    }

    #[test]
    fn every_folder_above_counts_and_links_are_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("open/inner")).expect("made");
        fs::write(at("open/inner/f"), "").expect("written");
        let real = fs::canonicalize(at("open/inner/f")).expect("there");
        assert_eq!(check(&at("open/inner/f")), Ok(real));
        symlink(at("open/inner/f"), at("link")).expect("linked");
        fs::set_permissions(at("open"), Permissions::from_mode(0o777)).expect("set");
        for path in [at("open/inner/f"), at("link")] {
            let why = check(&path).expect_err("it lies in an open folder");
            assert!(why.contains("/open can be changed by everybody"), "{why}");
        }
        fs::set_permissions(at("open"), Permissions::from_mode(0o1777)).expect("set");
        assert!(check(&at("open/inner/f")).is_ok());
        assert!(check(&at("open")).is_err() && check_place(&at("open")).is_ok());
        assert!(check(&at("nothing")).expect_err("it is not there").contains("cannot be found"));
    }

    #[test]
    fn the_nearest_is_what_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(nearest(&folder.path().join("a/b")), folder.path());
        assert_eq!(nearest(folder.path()), folder.path());
        symlink("nowhere", folder.path().join("a")).expect("linked");
        assert_eq!(nearest(&folder.path().join("a/b")), folder.path().join("a"));
        assert_eq!(nearest(Path::new("sigsys-nothing/a")), Path::new("."));
    }

    #[test]
    fn only_a_file_of_ones_own_is_written_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        assert_eq!(check_target(&at("f")), Ok(()));
        fs::write(at("f"), "").expect("written");
        assert_eq!(check_target(&at("f")), Ok(()));
        let found = fs::symlink_metadata(at("f")).expect("there");
        let another = target_fault(&found, found.uid() + 1).expect("it is another's");
        assert!(another.starts_with("belongs to "), "{another}");
        symlink("f", at("link")).expect("linked");
        assert!(check_target(&at("link")).is_err() && check_target(folder.path()).is_err());
        fs::hard_link(at("f"), at("g")).expect("linked");
        assert_eq!(check_target(&at("f")), Err("has another name, too".into()));
    }
}
