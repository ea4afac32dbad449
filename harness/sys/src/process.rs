//! Processes and threads: making them, waiting for them, ending them.

use crate::{Errno, call, uapi};
use std::arch::global_asm;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// What a wait told about a child.
///
/// <https://man7.org/linux/man-pages/man2/wait.2.html>
#[doc(alias("wstatus", "WIFEXITED", "WIFSIGNALED", "WIFSTOPPED"))]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WaitStatus {
    /// It left with this status.
    Exited(i32),
    /// This signal killed it.
    KilledBy(i32),
    /// It is stopped, and goes on later: the signal, and the event in the bits above.
    Stopped(i32),
}

impl WaitStatus {
    /// Reads the status word of wait4(2).
    pub fn from_status(status: i32) -> Self {
        match status & 0x7f {
            0 => Self::Exited((status >> 8) & 0xff),
            0x7f => Self::Stopped((status >> 8) & 0xff_ffff),
            signal => Self::KilledBy(signal),
        }
    }
}

/// In the words of wait(2).
impl std::fmt::Debug for WaitStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exited {status}"),
            Self::KilledBy(signal) => match nix::sys::signal::Signal::try_from(*signal) {
                Ok(known) => write!(f, "killed by {known}"),
                Err(_) => write!(f, "killed by signal {signal}"),
            },
            Self::Stopped(stop) => write!(f, "stopped {stop:#x}"),
        }
    }
}

/// Status of a child whose closure panicked.
pub const PANICKED: i32 = 101;

/// Makes a child with the plain fork system call; it runs `body` and leaves with its result.
///
/// <https://man7.org/linux/man-pages/man2/fork.2.html>
///
/// # Errors
/// fork(2)'s: EAGAIN, ENOMEM.
#[doc(alias = "SYS_fork")]
pub fn fork(body: impl FnOnce() -> i32) -> Result<i32, Errno> {
    start(uapi::SYS_fork, [0; 6], body)
}

/// Makes a child with vfork: the caller stands still, its memory shared, until the child has left.
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

thread_local! {
    // A plain word in the thread's static block: reading it takes no system call.
    static OBSERVED: Cell<bool> = const { Cell::new(false) };
}

/// Says whether what the calling thread sees goes into the record.
pub fn set_observed(observed: bool) {
    OBSERVED.set(observed);
}

/// Whether what the calling thread sees goes into the record: true in the first thread of a case, and
/// there only as long as no other task runs on its memory, so that facts have one order.
pub fn is_observed() -> bool {
    OBSERVED.get()
}

/// Whether a task made this way runs on its maker's memory, thread-local storage and all.
fn shares_memory(nr: i64, args: [usize; 6]) -> bool {
    let flags = match nr {
        uapi::SYS_vfork => return true,
        uapi::SYS_clone => args[0],
        // The first word of the structure.
        uapi::SYS_clone3 => crate::memory::words(args[0], 1)[0].load(Relaxed) as usize,
        _ => 0,
    };
    flags & uapi::CLONE_VM as usize != 0
}

fn start<F: FnOnce() -> i32>(nr: i64, args: [usize; 6], body: F) -> Result<i32, Errno> {
    if shares_memory(nr, args) {
        set_observed(false);
    }
    #[cfg(feature = "lies")]
    crate::lies::started(nr, args);
    #[cfg(feature = "lies")]
    let body = {
        let birth = crate::lies::Birth::of(nr, args);
        move || {
            crate::lies::born(birth);
            body()
        }
    };
    spawn(nr, args, body)
}

fn spawn<F: FnOnce() -> i32>(nr: i64, args: [usize; 6], body: F) -> Result<i32, Errno> {
    extern "C" fn enter<F: FnOnce() -> i32>(body: *mut Option<F>) -> i32 {
        // SAFETY: points at the parent's `body` below, alive in both: the child has a copy of the
        // memory, or the parent keeps it in place (a task that shares memory gets a boxed body).
        let body = unsafe { (*body).take() };
        let Some(body) = body else { return PANICKED };
        set_observed(false);
        catch_unwind(AssertUnwindSafe(body)).unwrap_or(PANICKED)
    }
    // Leaked: a child that shares memory may outlive this call.
    let body: *mut Option<F> = Box::into_raw(Box::new(Some(body)));
    let entry = enter::<F> as *const () as usize;
    // SAFETY: the assembler returns once, in the parent; the child runs `enter` and leaves.
    let result = unsafe { sigsys_start(nr, args.as_ptr(), entry, body as usize) };
    call::split(result).map(|pid| pid as i32)
}

unsafe extern "C" {
    fn sigsys_start(nr: i64, args: *const usize, entry: usize, arg: usize) -> i64;
}

// The child keeps r12 and r13 across the call, so it needs nothing from a stack that may be new.
// The parent's return address goes to a register: a vfork child runs on the same stack.
global_asm!(
    ".text",
    ".globl sigsys_start",
    ".type sigsys_start, @function",
    "sigsys_start:",
    "push rbx",
    "push r12",
    "push r13",
    "mov r12, rdx",
    "mov r13, rcx",
    "mov rax, rdi",
    "mov rbx, rsi",
    "mov rdi, [rbx]",
    "mov rsi, [rbx + 8]",
    "mov rdx, [rbx + 16]",
    "mov r10, [rbx + 24]",
    "mov r8, [rbx + 32]",
    "mov r9, [rbx + 40]",
    "syscall",
    "test rax, rax",
    "jz 2f",
    "pop r13",
    "pop r12",
    "pop rbx",
    "ret",
    "2:",
    "xor ebp, ebp",
    "and rsp, -16",
    "mov rdi, r13",
    "call r12",
    "mov edi, eax",
    "3:",
    "mov eax, 60",
    "syscall",
    "jmp 3b",
    ".size sigsys_start, . - sigsys_start",
);

/// Leaves the whole process at once with `status`; nothing of libc runs.
///
/// <https://man7.org/linux/man-pages/man2/exit_group.2.html>
#[doc(alias = "SYS_exit_group")]
#[doc(alias = "_exit")]
pub fn exit(status: i32) -> ! {
    loop {
        call::raw(uapi::SYS_exit_group, [status as usize, 0, 0, 0, 0, 0]);
    }
}

/// Waits for `pid` (-1 for any child, thread or not) to end or stop.
///
/// <https://man7.org/linux/man-pages/man2/wait4.2.html>
///
/// # Errors
/// wait4(2)'s: ECHILD, EINTR.
#[doc(alias = "SYS_wait4")]
#[doc(alias = "waitpid")]
pub fn wait(pid: i32, options: i32) -> Result<Option<(i32, WaitStatus)>, Errno> {
    let mut status = 0i32;
    let options = options | uapi::__WALL;
    let args = [pid as usize, &raw mut status as usize, options as usize, 0, 0, 0];
    match call::checked(uapi::SYS_wait4, args)? as i32 {
        0 => Ok(None),
        found => Ok(Some((found, WaitStatus::from_status(status)))),
    }
}

/// Waits until the child `pid` has ended, and leaves it to be waited for again.
///
/// <https://man7.org/linux/man-pages/man2/waitid.2.html>
///
/// # Errors
/// waitid(2)'s: ECHILD, EINTR.
#[doc(alias = "SYS_waitid")]
#[doc(alias = "WNOWAIT")]
pub fn await_end(pid: i32) -> Result<(), Errno> {
    let options = uapi::WEXITED | uapi::WNOWAIT | uapi::__WALL;
    let args = [uapi::P_PID, pid as usize, 0, options as usize, 0, 0];
    call::checked(uapi::SYS_waitid, args).map(drop)
}

/// Whether `pid` is a child of this process that can be waited for.
pub fn is_child(pid: i32) -> bool {
    let options = uapi::WEXITED | uapi::WNOHANG | uapi::WNOWAIT | uapi::__WALL;
    let args = [uapi::P_PID, pid as usize, 0, options as usize, 0, 0];
    call::checked(uapi::SYS_waitid, args).is_ok()
}

/// Whether this process has any child.
pub fn has_children() -> bool {
    let options = uapi::WEXITED | uapi::WNOHANG | uapi::WNOWAIT | uapi::__WALL;
    let args = [uapi::P_ALL, 0, 0, options as usize, 0, 0];
    call::checked(uapi::SYS_waitid, args).is_ok()
}

/// Goes on in two processes, while there is one thread: 0 in the child, the child's number in its parent.
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

/// Orphans among the descendants become children of the calling process.
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

/// A death of the calling process by a signal leaves no core, nor a trace with those who collect them.
///
/// <https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html>
///
/// # Errors
/// prctl(2)'s.
#[doc(alias = "PR_SET_DUMPABLE")]
pub fn disable_core_dump() -> Result<(), Errno> {
    call::checked(uapi::SYS_prctl, [uapi::PR_SET_DUMPABLE, 0, 0, 0, 0, 0]).map(drop)
}

/// The calling process gets `signal` when the thread that made it ends.
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

/// Gives the processor to another task.
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
