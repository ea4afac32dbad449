//! What a supervisor does with its listener besides receiving and answering.

use super::entry;
use crate::uapi::{
    _IOC_SIZEMASK, _IOC_SIZESHIFT, SECCOMP_GET_NOTIF_SIZES, SECCOMP_IOCTL_NOTIF_ADDFD,
    SECCOMP_IOCTL_NOTIF_SET_FLAGS,
};
use crate::{Errno, call, uapi};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A descriptor for the caller of a notified call (`struct seccomp_notif_addfd`).
///
/// <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
#[doc(alias = "seccomp_notif_addfd")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct AddFd {
    /// Which call.
    pub id: u64,
    /// `SECCOMP_ADDFD_FLAG_*`.
    pub flags: u32,
    /// The supervisor's descriptor.
    pub srcfd: u32,
    /// The number that the caller gets with SECCOMP_ADDFD_FLAG_SETFD.
    pub newfd: u32,
    /// O_CLOEXEC or nothing.
    pub newfd_flags: u32,
}

/// A listener that another task of the same descriptor table made.
pub fn adopt(descriptor: i32) -> OwnedFd {
    // SAFETY: the task that made it hands it over and forgets it.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

/// Makes any request of any descriptor, right or wrong.
///
/// <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
///
/// # Errors
/// seccomp_unotify(2)'s.
#[doc(alias = "SYS_ioctl")]
pub fn request(descriptor: i32, request: usize, argument: usize) -> Result<usize, Errno> {
    call::checked(uapi::SYS_ioctl, [descriptor as usize, request, argument, 0, 0, 0])
}

/// Puts a descriptor into the caller's table; gives its number there. `tail` follows the structure, and the
/// request has the size of both, less `short`.
///
/// <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
///
/// # Errors
/// seccomp_unotify(2)'s: EBADF, EBUSY, EINPROGRESS, EINVAL, EMFILE, ENOENT; E2BIG where the tail is not zero.
#[doc(alias = "SECCOMP_IOCTL_NOTIF_ADDFD")]
pub fn add_fd(listener: &OwnedFd, what: AddFd, tail: &[u8], short: usize) -> Result<i32, Errno> {
    let mut bytes = Vec::with_capacity(size_of::<AddFd>() + tail.len());
    bytes.extend(what.id.to_ne_bytes());
    for word in [what.flags, what.srcfd, what.newfd, what.newfd_flags] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.extend(tail);
    let size = bytes.len() - short;
    let number = SECCOMP_IOCTL_NOTIF_ADDFD & !(_IOC_SIZEMASK << _IOC_SIZESHIFT);
    let with_size = number | size << _IOC_SIZESHIFT;
    request(listener.as_raw_fd(), with_size, bytes.as_ptr() as usize).map(|fd| fd as i32)
}

/// Sets the flags of a listener (`SECCOMP_USER_NOTIF_FD_*`); the argument is the value itself.
///
/// <https://docs.kernel.org/userspace-api/seccomp_filter.html>
///
/// # Errors
/// EINVAL for unknown flags.
#[doc(alias = "SECCOMP_IOCTL_NOTIF_SET_FLAGS")]
pub fn set_flags(listener: &OwnedFd, flags: usize) -> Result<(), Errno> {
    entry::ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags)
}

/// The sizes of the notification, of the response and of `struct seccomp_data`, in bytes.
///
/// <https://man7.org/linux/man-pages/man2/seccomp.2.html>
///
/// # Errors
/// seccomp(2)'s.
#[doc(alias = "SECCOMP_GET_NOTIF_SIZES")]
pub fn notification_sizes() -> Result<[u16; 3], Errno> {
    let mut sizes = [u16::MAX; 3];
    entry::seccomp(SECCOMP_GET_NOTIF_SIZES, 0, sizes.as_mut_ptr() as usize)?;
    Ok(sizes)
}
