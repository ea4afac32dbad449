//! Processes and threads: making them, waiting for them, ending them.

mod abi32;
mod ending;
mod start;
mod wait;

pub use abi32::{clone_32, execve_32, fork_32, vfork_32};
pub use ending::{ChildInfo, ending, status_word};
pub use start::{PANICKED, is_observed, set_observed};
pub use wait::{WaitStatus, await_end, has_children, is_child, wait};

use crate::{Errno, call, uapi};
use start::start;
use std::sync::atomic::AtomicU32;

/// Makes a child with the plain fork system call; it runs `body` and exits with its result.
///
/// <https://man7.org/linux/man-pages/man2/fork.2.html>
///
/// # Errors
/// fork(2)'s: EAGAIN, ENOMEM.
#[doc(alias = "SYS_fork")]
pub fn fork(body: impl FnOnce() -> i32) -> Result<i32, Errno> {
    start(uapi::SYS_fork, [0; 6], body)
}

/// Closes every descriptor but the standard ones and `kept`; numbers up to 1023 where the kernel is older than
/// close_range(2).
///
/// <https://man7.org/linux/man-pages/man2/close_range.2.html>
#[doc(alias = "SYS_close_range")]
pub fn close_others(kept: i32) {
    const LAST_LOOKED_AT: usize = 1023;
    let kept = kept as usize;
    let (below, above) = (3..kept, kept.max(2) + 1..u32::MAX as usize + 1);
    for numbers in [below, above].into_iter().filter(|numbers| !numbers.is_empty()) {
        let args = [numbers.start, numbers.end - 1, 0, 0, 0, 0];
        if call::checked(uapi::SYS_close_range, args).is_err() {
            for fd in numbers.take_while(|fd| *fd <= LAST_LOOKED_AT) {
                let _ = call::checked(uapi::SYS_close, [fd, 0, 0, 0, 0, 0]);
            }
        }
    }
}

/// Makes a child with vfork: the caller is suspended, its memory shared, until the child has exited.
///
/// <https://man7.org/linux/man-pages/man2/vfork.2.html>
///
/// # Errors
/// vfork(2)'s: EAGAIN, ENOMEM.
#[doc(alias = "SYS_vfork")]
pub fn vfork(body: impl FnOnce() -> i32) -> Result<i32, Errno> {
    start(uapi::SYS_vfork, [0; 6], body)
}

/// Makes a task with clone(2). `stack` is the top of its stack, 0 for the caller's.
///
/// <https://man7.org/linux/man-pages/man2/clone.2.html>
///
/// # Errors
/// clone(2)'s.
#[doc(alias = "SYS_clone")]
pub fn clone(flags: u64, stack: usize, body: impl FnOnce() -> i32) -> Result<i32, Errno> {
    start(uapi::SYS_clone, [flags as usize, stack, 0, 0, 0, 0], body)
}

/// As [`clone`], and the kernel clears `tid` and wakes its waiters when the task is gone.
///
/// <https://man7.org/linux/man-pages/man2/clone.2.html>
///
/// # Errors
/// clone(2)'s.
#[doc(alias = "CLONE_CHILD_CLEARTID")]
#[doc(alias = "CLONE_PARENT_SETTID")]
pub fn clone_cleared(
    flags: u64,
    stack: usize,
    tid: &AtomicU32,
    body: impl FnOnce() -> i32,
) -> Result<i32, Errno> {
    let flags = flags as usize | (uapi::CLONE_CHILD_CLEARTID | uapi::CLONE_PARENT_SETTID) as usize;
    let at = tid.as_ptr() as usize;
    start(uapi::SYS_clone, [flags, stack, at, at, 0, 0], body)
}

/// Makes a process with clone(2) and CLONE_PIDFD, with nothing shared. Gives its id and its descriptor.
///
/// <https://man7.org/linux/man-pages/man2/clone.2.html>
///
/// # Errors
/// clone(2)'s; EINVAL before 5.2.
#[doc(alias = "CLONE_PIDFD")]
pub fn clone_pidfd(body: impl FnOnce() -> i32) -> Result<(i32, i32), Errno> {
    let (flags, mut descriptor) = (uapi::SIGCHLD as usize | uapi::CLONE_PIDFD as usize, -1i32);
    let at = &raw mut descriptor as usize;
    start(uapi::SYS_clone, [flags, 0, at, 0, 0, 0], body).map(|pid| (pid, descriptor))
}

/// Makes a process of this id with clone3(2), with nothing shared.
///
/// <https://man7.org/linux/man-pages/man2/clone3.2.html>
///
/// # Errors
/// clone3(2)'s: EEXIST, EPERM; E2BIG before 5.5.
#[doc(alias = "set_tid")]
pub fn clone3_with_id(id: i32, body: impl FnOnce() -> i32) -> Result<i32, Errno> {
    let list = &raw const id as u64;
    let args: [u64; 10] = [0, 0, 0, 0, uapi::SIGCHLD as u64, 0, 0, 0, list, 1];
    start(uapi::SYS_clone3, [args.as_ptr() as usize, size_of_val(&args), 0, 0, 0, 0], body)
}

/// Makes a task with clone3(2); `stack` is the lowest address of its stack, 0 for the caller's.
///
/// <https://man7.org/linux/man-pages/man2/clone3.2.html>
///
/// # Errors
/// clone3(2)'s; ENOSYS before 5.3.
#[doc(alias = "SYS_clone3")]
pub fn clone3(
    flags: u64,
    exit_signal: i32,
    stack: usize,
    stack_size: usize,
    body: impl FnOnce() -> i32,
) -> Result<i32, Errno> {
    let args: [u64; 8] = [flags, 0, 0, 0, exit_signal as u64, stack as u64, stack_size as u64, 0];
    start(uapi::SYS_clone3, [args.as_ptr() as usize, 64, 0, 0, 0, 0], body)
}

/// Exits the process at once with `status`; no exit handler runs.
///
/// <https://man7.org/linux/man-pages/man2/exit_group.2.html>
#[doc(alias = "SYS_exit_group")]
#[doc(alias = "_exit")]
pub fn exit(status: i32) -> ! {
    loop {
        call::raw(uapi::SYS_exit_group, [status as usize, 0, 0, 0, 0, 0]);
    }
}

/// Forks while there is one thread, and returns in both processes: 0 in the child, its process id in the parent.
///
/// # Errors
/// fork(2)'s: EAGAIN, ENOMEM.
pub fn fork_to_stay() -> Result<i32, Errno> {
    // SAFETY: no other thread can have held a lock; callers have one thread.
    match unsafe { nix::unistd::fork() }? {
        nix::unistd::ForkResult::Parent { child } => Ok(child.as_raw()),
        nix::unistd::ForkResult::Child => Ok(0),
    }
}

/// Sends `signal` to a process, or to the group `-pid`.
///
/// <https://man7.org/linux/man-pages/man2/kill.2.html>
///
/// # Errors
/// kill(2)'s: ESRCH, EPERM.
#[doc(alias = "SYS_kill")]
pub fn kill(pid: i32, signal: i32) -> Result<(), Errno> {
    call::checked(uapi::SYS_kill, [pid as usize, signal as usize, 0, 0, 0, 0]).map(drop)
}

/// Sends `signal` to one thread of a process.
///
/// <https://man7.org/linux/man-pages/man2/tgkill.2.html>
///
/// # Errors
/// tgkill(2)'s: ESRCH, EPERM.
#[doc(alias = "SYS_tgkill")]
pub fn kill_thread(pid: i32, tid: i32, signal: i32) -> Result<(), Errno> {
    call::checked(uapi::SYS_tgkill, [pid as usize, tid as usize, signal as usize, 0, 0, 0])
        .map(drop)
}

/// A file descriptor that becomes readable when `pid` ends.
///
/// <https://man7.org/linux/man-pages/man2/pidfd_open.2.html>
///
/// # Errors
/// pidfd_open(2)'s; ENOSYS before 5.3.
#[doc(alias = "SYS_pidfd_open")]
pub fn pidfd(pid: i32) -> Result<std::os::fd::OwnedFd, Errno> {
    let fd = call::checked(uapi::SYS_pidfd_open, [pid as usize, 0, 0, 0, 0, 0])?;
    // SAFETY: the kernel just made this descriptor for us.
    Ok(unsafe { std::os::fd::FromRawFd::from_raw_fd(fd as i32) })
}

/// Sends SIGKILL through a pidfd, which cannot hit a process that took over the number.
///
/// <https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html>
///
/// # Errors
/// pidfd_send_signal(2)'s.
#[doc(alias = "SYS_pidfd_send_signal")]
pub fn kill_pidfd(fd: &std::os::fd::OwnedFd) -> Result<(), Errno> {
    let fd = std::os::fd::AsRawFd::as_raw_fd(fd) as usize;
    let args = [fd, uapi::SIGKILL as usize, 0, 0, 0, 0];
    call::checked(uapi::SYS_pidfd_send_signal, args).map(drop)
}

/// The process id of the calling process's parent.
///
/// <https://man7.org/linux/man-pages/man2/getppid.2.html>
#[doc(alias = "SYS_getppid")]
pub fn parent() -> i32 {
    call::raw(uapi::SYS_getppid, [0; 6]) as i32
}

/// Moves the calling process into a process group of its own.
///
/// <https://man7.org/linux/man-pages/man2/setpgid.2.html>
///
/// # Errors
/// setpgid(2)'s.
#[doc(alias = "SYS_setpgid")]
pub fn own_group() -> Result<(), Errno> {
    call::checked(uapi::SYS_setpgid, [0; 6]).map(drop)
}

/// Orphaned descendants become children of the calling process.
///
/// <https://man7.org/linux/man-pages/man2/PR_SET_CHILD_SUBREAPER.2const.html>
///
/// # Errors
/// prctl(2)'s.
#[doc(alias = "PR_SET_CHILD_SUBREAPER")]
pub fn set_child_subreaper() -> Result<(), Errno> {
    let args = [uapi::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0, 0];
    call::checked(uapi::SYS_prctl, args).map(drop)
}

/// Disables core dumps of the calling process, also those piped to a program.
///
/// <https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html>
///
/// # Errors
/// prctl(2)'s.
#[doc(alias = "PR_SET_DUMPABLE")]
pub fn disable_core_dump() -> Result<(), Errno> {
    call::checked(uapi::SYS_prctl, [uapi::PR_SET_DUMPABLE, 0, 0, 0, 0, 0]).map(drop)
}

/// Enables core dumps of the calling process, where its limit and the system's settings permit them.
///
/// <https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html>
///
/// # Errors
/// prctl(2)'s.
#[doc(alias = "PR_SET_DUMPABLE")]
pub fn enable_core_dump() -> Result<(), Errno> {
    call::checked(uapi::SYS_prctl, [uapi::PR_SET_DUMPABLE, 1, 0, 0, 0, 0]).map(drop)
}

/// The calling process gets `signal` when the thread that forked it ends.
///
/// <https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html>
///
/// # Errors
/// prctl(2)'s.
#[doc(alias = "PR_SET_PDEATHSIG")]
pub fn signal_with_parent(signal: i32) -> Result<(), Errno> {
    let args = [uapi::PR_SET_PDEATHSIG, signal as usize, 0, 0, 0, 0];
    call::checked(uapi::SYS_prctl, args).map(drop)
}

/// Sleeps until `word` is no longer `value`, or something wakes it.
///
/// <https://man7.org/linux/man-pages/man2/futex.2.html>
#[doc(alias = "FUTEX_WAIT")]
pub fn futex_wait(word: &AtomicU32, value: u32) {
    let args = [word.as_ptr() as usize, uapi::FUTEX_WAIT, value as usize, 0, 0, 0];
    call::raw(uapi::SYS_futex, args);
}

/// Wakes every sleeper on `word`.
///
/// <https://man7.org/linux/man-pages/man2/futex.2.html>
#[doc(alias = "FUTEX_WAKE")]
pub fn futex_wake(word: &AtomicU32) {
    let args = [word.as_ptr() as usize, uapi::FUTEX_WAKE, i32::MAX as usize, 0, 0, 0];
    call::raw(uapi::SYS_futex, args);
}

/// Yields the processor.
///
/// <https://man7.org/linux/man-pages/man2/sched_yield.2.html>
#[doc(alias = "SYS_sched_yield")]
pub fn give_way() {
    call::raw(uapi::SYS_sched_yield, [0; 6]);
}

/// Makes a periodic SIGALRM interrupt the waiting calls of this thread; 0 milliseconds stops it.
///
/// <https://man7.org/linux/man-pages/man2/setitimer.2.html>
#[doc(alias = "SYS_setitimer")]
#[doc(alias = "SIGALRM")]
pub fn interrupt_every(milliseconds: u64) {
    extern "C" fn nothing(_: i32) {}
    let act = nix::sys::signal::SigAction::new(
        nix::sys::signal::SigHandler::Handler(nothing),
        nix::sys::signal::SaFlags::empty(),
        nix::sys::signal::SigSet::empty(),
    );
    // SAFETY: the handler does nothing.
    let _ = unsafe { nix::sys::signal::sigaction(nix::sys::signal::Signal::SIGALRM, &act) };
    let part = [milliseconds / 1000, milliseconds % 1000 * 1000];
    let timer = [part, part];
    let args = [0, timer.as_ptr() as usize, 0, 0, 0, 0];
    call::raw(uapi::SYS_setitimer, args);
}
