//! Seccomp: filters, strict mode, and the listener of SECCOMP_RET_USER_NOTIF.

mod entry;
pub(crate) mod instruction;
mod supervise;

use crate::uapi::{
    SECCOMP_IOCTL_NOTIF_ID_VALID, SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND,
    SECCOMP_USER_NOTIF_FLAG_CONTINUE,
};
use crate::{Errno, call, uapi};
use entry::ioctl;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

pub use entry::seccomp;
pub use instruction::Instruction;
pub use supervise::{AddFd, add_fd, adopt, notification_sizes, request, set_flags};

/// A filter as the kernel is handed it (`struct sock_fprog`).
///
/// <https://docs.kernel.org/userspace-api/seccomp_filter.html>
#[doc(alias = "sock_fprog")]
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Program {
    /// How many instructions it says there are.
    pub len: u16,
    /// Address of the first.
    pub instructions: usize,
}

impl Program {
    /// These instructions, which have to stay where they are.
    ///
    /// # Errors
    /// EINVAL where there are more than a program can name.
    pub fn new(instructions: &[Instruction]) -> Result<Self, Errno> {
        let len = u16::try_from(instructions.len()).map_err(|_| Errno::EINVAL)?;
        #[cfg(not(feature = "lies"))]
        let address = instructions.as_ptr() as usize;
        #[cfg(feature = "lies")]
        let address = crate::lies::rewritten(instructions);
        Ok(Self { len, instructions: address })
    }

    /// Its address.
    pub fn address(&self) -> usize {
        &raw const *self as usize
    }
}

/// Flags: every thread of the process gets the filter (and where one cannot, the error is ESRCH, not its
/// id); every action but allow is logged; speculation stays as it is; the result is a listener, whose
/// received notifications are interrupted by deadly signals only.
pub use crate::uapi::{
    SECCOMP_FILTER_FLAG_LOG as LOG, SECCOMP_FILTER_FLAG_NEW_LISTENER as NEW_LISTENER,
    SECCOMP_FILTER_FLAG_SPEC_ALLOW as SPEC_ALLOW, SECCOMP_FILTER_FLAG_TSYNC as TSYNC,
    SECCOMP_FILTER_FLAG_TSYNC_ESRCH as TSYNC_ESRCH,
    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV as WAIT_KILLABLE_RECV,
};

/// Sets the no-new-privileges bit of the calling thread.
///
/// <https://docs.kernel.org/userspace-api/no_new_privs.html>
///
/// # Errors
/// prctl(2)'s.
#[doc(alias = "PR_SET_NO_NEW_PRIVS")]
pub fn no_new_privileges() -> Result<(), Errno> {
    let args = [uapi::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0];
    call::checked(uapi::SYS_prctl, args).map(drop)
}

/// Whether the calling thread has the no-new-privileges bit.
///
/// <https://docs.kernel.org/userspace-api/no_new_privs.html>
///
/// # Errors
/// prctl(2)'s.
#[doc(alias = "PR_GET_NO_NEW_PRIVS")]
pub fn has_no_new_privileges() -> Result<bool, Errno> {
    let args = [uapi::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0];
    call::checked(uapi::SYS_prctl, args).map(|bit| bit == 1)
}

/// The calling thread's mode: 0 none, 2 filter.
///
/// <https://man7.org/linux/man-pages/man2/PR_GET_SECCOMP.2const.html>
///
/// # Errors
/// prctl(2)'s: EINVAL without seccomp.
#[doc(alias = "PR_GET_SECCOMP")]
pub fn mode() -> Result<usize, Errno> {
    call::checked(uapi::SYS_prctl, [uapi::PR_GET_SECCOMP, 0, 0, 0, 0, 0])
}

/// Puts the calling thread into strict mode: read, write, exit and rt_sigreturn, and nothing else.
///
/// <https://man7.org/linux/man-pages/man2/seccomp.2.html>
///
/// # Errors
/// prctl(2)'s: EINVAL where a filter is in force.
#[doc(alias = "SECCOMP_MODE_STRICT")]
#[doc(alias = "PR_SET_SECCOMP")]
pub fn strict() -> Result<(), Errno> {
    let args = [uapi::PR_SET_SECCOMP, uapi::SECCOMP_MODE_STRICT, 0, 0, 0, 0];
    call::checked(uapi::SYS_prctl, args).map(drop)
}

/// Adds a filter with seccomp(2) and these flags; gives the result, a descriptor or a thread's id for
/// some of them.
///
/// <https://man7.org/linux/man-pages/man2/seccomp.2.html>
///
/// # Errors
/// seccomp(2)'s: EACCES, EBUSY, EINVAL, EFAULT, ENOMEM, ESRCH.
#[doc(alias = "SECCOMP_SET_MODE_FILTER")]
pub fn load_with(flags: usize, filter: &[Instruction]) -> Result<usize, Errno> {
    let program = Program::new(filter)?;
    seccomp(uapi::SECCOMP_SET_MODE_FILTER, flags, program.address())
}

/// Adds a filter to the calling thread with prctl(2).
///
/// <https://man7.org/linux/man-pages/man2/PR_SET_SECCOMP.2const.html>
///
/// # Errors
/// prctl(2)'s: EACCES, EINVAL, EFAULT, ENOMEM.
#[doc(alias = "PR_SET_SECCOMP")]
#[doc(alias = "SECCOMP_MODE_FILTER")]
pub fn load_by_prctl(filter: &[Instruction]) -> Result<usize, Errno> {
    let program = Program::new(filter)?;
    let (set, mode) = (uapi::PR_SET_SECCOMP, uapi::SECCOMP_MODE_FILTER);
    call::checked(uapi::SYS_prctl, [set, mode, program.address(), 0, 0, 0])
}

/// As [`load_with`] with [`NEW_LISTENER`] among the flags; gives the listener.
///
/// <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
///
/// # Errors
/// seccomp(2)'s, with EBUSY where there is a listener already.
#[doc(alias = "SECCOMP_FILTER_FLAG_NEW_LISTENER")]
pub fn load_listener(flags: usize, filter: &[Instruction]) -> Result<OwnedFd, Errno> {
    let fd = load_with(flags | NEW_LISTENER, filter)?;
    // SAFETY: the kernel just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// The notification of a call (`struct seccomp_notif`).
///
/// <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
#[doc(alias = "seccomp_notif")]
#[doc(alias = "SECCOMP_RET_USER_NOTIF")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Notification {
    /// Names the call until it is answered.
    pub id: u64,
    /// The caller, as the listener's process id namespace knows it.
    pub pid: u32,
    /// Nothing yet.
    pub flags: u32,
    /// System call number.
    pub nr: i32,
    /// Its ABI (`linux/audit.h`).
    pub arch: u32,
    /// Where it was made.
    pub instruction_pointer: u64,
    /// Its arguments.
    pub args: [u64; 6],
}

/// The response of a listener (`struct seccomp_notif_resp`).
///
/// <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
#[doc(alias = "seccomp_notif_resp")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Response {
    /// Which call.
    pub id: u64,
    /// Its result, unless there is an error.
    pub val: i64,
    /// Its error, negative.
    pub error: i32,
    /// [`SECCOMP_USER_NOTIF_FLAG_CONTINUE`] or nothing.
    pub flags: u32,
}

impl Notification {
    /// The call returns `value`.
    pub fn returns(&self, value: i64) -> Response {
        Response { id: self.id, val: value, ..Response::default() }
    }

    /// The call fails with error number `errno`.
    pub fn fails(&self, errno: i32) -> Response {
        Response { id: self.id, error: -errno, ..Response::default() }
    }

    /// The call is made.
    #[doc(alias = "SECCOMP_USER_NOTIF_FLAG_CONTINUE")]
    pub fn continues(&self) -> Response {
        Response { id: self.id, flags: SECCOMP_USER_NOTIF_FLAG_CONTINUE, ..Response::default() }
    }
}

/// Waits for a notification; `buffer` is what the kernel finds and overwrites.
///
/// <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
///
/// # Errors
/// seccomp_unotify(2)'s: EINVAL where the buffer is not zero, ENOENT where the caller is gone.
#[doc(alias = "SECCOMP_IOCTL_NOTIF_RECV")]
pub fn receive(listener: &OwnedFd, mut buffer: Notification) -> Result<Notification, Errno> {
    ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &raw mut buffer as usize)?;
    Ok(buffer)
}

/// Answers a notification.
///
/// <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
///
/// # Errors
/// seccomp_unotify(2)'s: EINPROGRESS, EINVAL, ENOENT.
#[doc(alias = "SECCOMP_IOCTL_NOTIF_SEND")]
pub fn send(listener: &OwnedFd, response: Response) -> Result<(), Errno> {
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &raw const response as usize)
}

/// Whether `id` is the name of a call that waits.
///
/// <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
///
/// # Errors
/// ENOENT where it is not.
#[doc(alias = "SECCOMP_IOCTL_NOTIF_ID_VALID")]
pub fn is_waiting(listener: &OwnedFd, id: u64) -> Result<(), Errno> {
    ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const id as usize)
}

/// Waits up to `milliseconds` for events on a descriptor, and gives them (poll(2)); 0 for none.
///
/// <https://man7.org/linux/man-pages/man2/poll.2.html>
///
/// # Errors
/// poll(2)'s: EINTR.
#[doc(alias = "SYS_poll")]
pub fn poll(fd: &OwnedFd, events: i16, milliseconds: i32) -> Result<i16, Errno> {
    let mut entry = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    let args = [&raw mut entry as usize, 1, milliseconds as usize, 0, 0, 0];
    call::checked(uapi::SYS_poll, args)?;
    Ok(entry.revents)
}

/// An epoll(7) descriptor that waits for `events` on `fd`.
///
/// <https://man7.org/linux/man-pages/man2/epoll_ctl.2.html>
///
/// # Errors
/// epoll_create(2)'s and epoll_ctl(2)'s.
#[doc(alias = "SYS_epoll_ctl")]
pub fn watch(fd: &OwnedFd, events: u32) -> Result<OwnedFd, Errno> {
    let epoll = call::checked(uapi::SYS_epoll_create1, [uapi::EPOLL_CLOEXEC, 0, 0, 0, 0, 0])?;
    let epoll = adopt(epoll as i32);
    let mut event = libc::epoll_event { events, u64: 0 };
    let (own, watched) = (epoll.as_raw_fd() as usize, fd.as_raw_fd() as usize);
    let event = &raw mut event as usize;
    call::checked(uapi::SYS_epoll_ctl, [own, uapi::EPOLL_CTL_ADD, watched, event, 0, 0])?;
    Ok(epoll)
}

/// Waits up to `milliseconds` for the events of [`watch`], and gives them; 0 for none.
///
/// <https://man7.org/linux/man-pages/man2/epoll_wait.2.html>
///
/// # Errors
/// epoll_wait(2)'s: EINTR.
#[doc(alias = "SYS_epoll_wait")]
pub fn watched(epoll: &OwnedFd, milliseconds: i32) -> Result<u32, Errno> {
    let mut event = libc::epoll_event { events: 0, u64: 0 };
    let place = &raw mut event as usize;
    let args = [epoll.as_raw_fd() as usize, place, 1, milliseconds as usize, 0, 0];
    call::checked(uapi::SYS_epoll_wait, args)?;
    Ok(event.events)
}
