//! What the first process of a machine does: mounts, device files, and the end of it all.

use crate::{Errno, call, uapi};
use std::ffi::CStr;
use std::os::fd::AsRawFd;

/// Mounts a new file system of type `kind` on `at`.
///
/// <https://man7.org/linux/man-pages/man2/mount.2.html>
///
/// # Errors
/// mount(2)'s: ENODEV where the kernel has no such file system.
#[doc(alias = "SYS_mount")]
pub fn mount(kind: &CStr, at: &CStr) -> Result<(), Errno> {
    let kind = kind.as_ptr() as usize;
    call::checked(uapi::SYS_mount, [kind, at.as_ptr() as usize, kind, 0, 0, 0]).map(drop)
}

/// Makes a character device file everybody may use.
///
/// <https://man7.org/linux/man-pages/man2/mknod.2.html>
///
/// # Errors
/// mknod(2)'s.
#[doc(alias = "SYS_mknod")]
pub fn character_device(path: &CStr, major: u32, minor: u32) -> Result<(), Errno> {
    let mode = (uapi::S_IFCHR | 0o666) as usize;
    let device = libc::makedev(major, minor) as usize;
    call::checked(uapi::SYS_mknod, [path.as_ptr() as usize, mode, device, 0, 0, 0]).map(drop)
}

/// Waits until a terminal has sent what was written to it.
pub fn drain(terminal: &impl AsRawFd) {
    let args = [terminal.as_raw_fd() as usize, uapi::TCSBRK, 1, 0, 0, 0];
    call::raw(uapi::SYS_ioctl, args);
}

/// Restarts the machine at once: where nothing restarts it, it ends.
///
/// <https://man7.org/linux/man-pages/man2/reboot.2.html>
///
/// # Errors
/// reboot(2)'s; does not return otherwise.
#[doc(alias = "SYS_reboot")]
#[doc(alias = "LINUX_REBOOT_CMD_RESTART")]
pub fn restart() -> Errno {
    let magic = [uapi::LINUX_REBOOT_MAGIC1, uapi::LINUX_REBOOT_MAGIC2];
    let args = [magic[0], magic[1], uapi::LINUX_REBOOT_CMD_RESTART, 0, 0, 0];
    match call::checked(uapi::SYS_reboot, args) {
        Err(errno) => errno,
        Ok(_) => Errno::UnknownErrno,
    }
}
