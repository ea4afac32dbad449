//! What the first process of a machine does: mounts, device files, and the end of it all.

use crate::{Errno, call};
use std::ffi::CStr;
use std::os::fd::AsRawFd;

/// Mounts a new file system of type `kind` on `at`.
///
/// # Errors
/// mount(2)'s: ENODEV where the kernel has no such file system.
pub fn mount(kind: &CStr, at: &CStr) -> Result<(), Errno> {
    let kind = kind.as_ptr() as usize;
    call::checked(libc::SYS_mount, [kind, at.as_ptr() as usize, kind, 0, 0, 0]).map(drop)
}

/// Makes a character device file everybody may use.
///
/// # Errors
/// mknod(2)'s.
pub fn character_device(path: &CStr, major: u32, minor: u32) -> Result<(), Errno> {
    let mode = (libc::S_IFCHR | 0o666) as usize;
    let device = libc::makedev(major, minor) as usize;
    call::checked(libc::SYS_mknod, [path.as_ptr() as usize, mode, device, 0, 0, 0]).map(drop)
}

/// Waits until a terminal has sent what was written to it.
pub fn drain(terminal: &impl AsRawFd) {
    let args = [terminal.as_raw_fd() as usize, libc::TCSBRK as usize, 1, 0, 0, 0];
    call::raw(libc::SYS_ioctl, args);
}

/// Restarts the machine at once: where nothing restarts it, it ends.
///
/// # Errors
/// reboot(2)'s; does not return otherwise.
pub fn restart() -> Errno {
    let magic = [libc::LINUX_REBOOT_MAGIC1 as usize, libc::LINUX_REBOOT_MAGIC2 as usize];
    let args = [magic[0], magic[1], libc::LINUX_REBOOT_CMD_RESTART as usize, 0, 0, 0];
    match call::checked(libc::SYS_reboot, args) {
        Err(errno) => errno,
        Ok(_) => Errno::UnknownErrno,
    }
}
