//! The one way in which a task is made that runs a function.

use crate::{Errno, call, uapi};
use std::arch::global_asm;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

/// Status of a child whose closure panicked.
pub const PANICKED: i32 = 101;

thread_local! {
    // A plain word in the thread's static block: reading it takes no system call.
    static OBSERVED: Cell<bool> = const { Cell::new(false) };
}

/// Sets whether what the calling thread observes is recorded.
pub fn set_observed(observed: bool) {
    OBSERVED.set(observed);
}

/// Whether what the calling thread observes is recorded: only in the first thread of a case, while no other
/// task runs on its memory, so that the order of facts is fixed.
pub fn is_observed() -> bool {
    OBSERVED.get()
}

/// Whether a task made this way shares its parent's memory, thread-local storage included.
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

/// Makes the call in assembler, and runs a function in the task that it makes.
pub(super) type Starter = unsafe extern "C" fn(i64, *const usize, usize, usize) -> i64;

/// Makes a task with this call; it runs `body` and exits with its result.
///
/// # Errors
/// Those of the call.
pub(super) fn start<F: FnOnce() -> i32>(nr: i64, args: [usize; 6], body: F) -> Result<i32, Errno> {
    start_by(sigsys_start, (nr, args), (nr, args), body)
}

/// As [`start`], by the call that is `asked` for; in the 64-bit ABI it `means` the other.
pub(super) fn start_by<F: FnOnce() -> i32>(
    starter: Starter,
    asked: (i64, [usize; 6]),
    means: (i64, [usize; 6]),
    body: F,
) -> Result<i32, Errno> {
    let (nr, args) = means;
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
    spawn(starter, asked, body)
}

fn spawn<F: FnOnce() -> i32>(
    starter: Starter,
    (nr, args): (i64, [usize; 6]),
    body: F,
) -> Result<i32, Errno> {
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
    let result = unsafe { starter(nr, args.as_ptr(), entry, body as usize) };
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
