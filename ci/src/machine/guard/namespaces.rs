//! Namespaces in which a program can signal nothing but itself and what it started.

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};
use std::fs;
use std::io;

/// The next child of this process is the first one of a PID namespace. Who is not root gets a user namespace
/// with their own numbers as well, for nobody else may make the others.
///
/// # Errors
/// Those of unshare(2), and of writing the maps of the user namespace (user_namespaces(7)).
pub(super) fn enter() -> io::Result<()> {
    let wanted = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS;
    let (user, group) = (geteuid(), getegid());
    if user.is_root() {
        unshare(wanted)?;
    } else {
        unshare(wanted | CloneFlags::CLONE_NEWUSER)?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
        fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    }
    // What is mounted here stays here.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    Ok(())
}

/// The parent of this process, by the number it has outside: for a child of the process that called
/// [`enter`], before [`mount_proc`].
pub(super) fn outer_parent() -> Option<i32> {
    super::parent(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// Gives the calling process a /proc that has the numbers of its namespace.
///
/// # Errors
/// Those of mount(2): EPERM where parts of /proc are hidden, as in a container.
pub(super) fn mount_proc() -> io::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>)?;
    Ok(())
}
