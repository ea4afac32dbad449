//! A signal handler that logs its deliveries and does what the case configured beforehand.
//!
//! The handler makes no system call and no allocation of its own: in the cases that use it, either
//! would be intercepted.

mod stack;

pub use stack::{alternate_stack, alternate_stack_with, current_alternate_stack};

use crate::memory;
use crate::registers::{self, COUNT, Reg, Registers};
use crate::siginfo::{self, CONTEXT_WORDS, Delivery, ENTRY_WORDS, INFO_WORDS};
use crate::uapi::SA_RESTORER;
use crate::{Errno, call, uapi};
use std::arch::global_asm;
use std::cell::Cell;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// Deliveries a [`Log`] keeps; later ones are counted only.
pub const KEPT: usize = 8;
/// Upper bound on deliveries between two clears; beyond it one call loops, and the handler kills the process
/// with SIGILL.
const ENDLESS: u64 = 5_000;

const COUNTED: usize = 0;
const ENTRY_BYTE: usize = 1;
const ENTRY_VALUE: usize = 2;
const EXIT_BYTE: usize = 3;
const EXIT_VALUE: usize = 4;
const TIMES: usize = 5;
const SET_MASK: usize = 6;
const SET: usize = 7;
const RIP_ADD: usize = SET + COUNT;
const NESTED_CODE: usize = RIP_ADD + 1;
const NESTED_NR: usize = RIP_ADD + 2;
const NESTED_TIMES: usize = RIP_ADD + 3;
const NESTED_RESULT: usize = RIP_ADD + 4;
const MASK_OR: usize = RIP_ADD + 5;
const ENTRIES: usize = 40;
const LOG_WORDS: usize = ENTRIES + KEPT * ENTRY_WORDS;

/// The log and the configuration of the handler, in memory shared with every child.
#[derive(Clone, Copy)]
pub struct Log {
    words: &'static [AtomicU64],
}

thread_local! {
    // A plain word in the thread's static block: reading it in a handler needs no set-up.
    static LOGS: [Cell<usize>; 65] = const { [const { Cell::new(0) }; 65] };
}

impl Log {
    /// A new log; the handler does nothing but log.
    ///
    /// # Errors
    /// mmap(2)'s: ENOMEM, EAGAIN.
    pub fn new() -> Result<Self, Errno> {
        let words = memory::shared_words(LOG_WORDS)?;
        words[TIMES].store(u64::MAX, Relaxed);
        Ok(Self { words })
    }

    /// Logs the deliveries of `signal` to the calling thread here from now on.
    pub fn attach(self, signal: i32) {
        LOGS.with(|logs| logs[signal as usize].set(self.words.as_ptr() as usize));
    }

    /// How often the handler ran.
    pub fn count(self) -> u64 {
        self.words[COUNTED].load(Relaxed)
    }

    /// Delivery `index` (from 0; the first [`KEPT`] are kept).
    pub fn delivery(self, index: usize) -> Option<Delivery> {
        if index as u64 >= self.count() || index >= KEPT {
            return None;
        }
        let from = ENTRIES + index * ENTRY_WORDS;
        Some(Delivery(std::array::from_fn(|i| self.words[from + i].load(Relaxed))))
    }

    /// Forgets the deliveries; the configuration stays.
    pub fn clear(self) {
        self.words[COUNTED].store(0, Relaxed);
    }

    /// As its first act the handler notes the byte and then stores `value` in it.
    pub fn on_entry(self, byte: &AtomicU8, value: u8) {
        self.words[ENTRY_VALUE].store(u64::from(value), Relaxed);
        self.words[ENTRY_BYTE].store(byte.as_ptr() as u64, Relaxed);
    }

    /// As its last act the handler stores `value` in the byte.
    pub fn on_exit(self, byte: &AtomicU8, value: u8) {
        self.words[EXIT_VALUE].store(u64::from(value), Relaxed);
        self.words[EXIT_BYTE].store(byte.as_ptr() as u64, Relaxed);
    }

    /// Undoes [`Self::on_entry`] and [`Self::on_exit`].
    pub fn leave_bytes_alone(self) {
        self.words[ENTRY_BYTE].store(0, Relaxed);
        self.words[EXIT_BYTE].store(0, Relaxed);
    }

    /// The handler stores `value` in `reg` of the interrupted code.
    pub fn set(self, reg: Reg, value: u64) {
        self.words[SET + reg as usize].store(value, Relaxed);
        self.words[SET_MASK].fetch_or(1 << reg as usize, Relaxed);
    }

    /// The handler moves the program counter of the interrupted code by `bytes`.
    pub fn move_rip(self, bytes: i64) {
        self.words[RIP_ADD].store(bytes as u64, Relaxed);
    }

    /// The handler adds these signals to the mask of the interrupted code; bit `n - 1` is signal `n`.
    pub fn block_after(self, mask: u64) {
        self.words[MASK_OR].store(mask, Relaxed);
    }

    /// Register stores, moves and mask changes apply to the first `deliveries` only.
    pub fn times(self, deliveries: u64) {
        self.words[TIMES].store(deliveries, Relaxed);
    }

    /// In the first `times` deliveries the handler itself makes system call `nr` with `code`.
    pub fn nest(self, code: usize, nr: i64, times: u64) {
        self.words[NESTED_NR].store(nr as u64, Relaxed);
        self.words[NESTED_TIMES].store(times, Relaxed);
        self.words[NESTED_CODE].store(code as u64, Relaxed);
    }

    /// What the latest nested call returned.
    pub fn nested_result(self) -> i64 {
        self.words[NESTED_RESULT].load(Relaxed) as i64
    }
}

extern "C" fn handler(signal: i32, info: usize, context: usize) {
    let at = LOGS.with(|logs| logs[signal as usize].get());
    if at == 0 {
        return;
    }
    let words = memory::words(at, LOG_WORDS);
    let word = |i: usize| words[i].load(Relaxed);
    let found = word(ENTRY_BYTE);
    let mut byte_on_entry = 0;
    if found != 0 {
        byte_on_entry = memory::byte(found as usize).swap(word(ENTRY_VALUE) as u8, Relaxed);
    }
    #[cfg(feature = "lies")]
    let frame = crate::lies::Frame {
        info: memory::words(info, INFO_WORDS),
        context: memory::words(context, CONTEXT_WORDS),
    };
    #[cfg(feature = "lies")]
    let given = crate::lies::snapshot(&frame);
    #[cfg(feature = "lies")]
    let often = crate::lies::delivery(signal, &frame);
    #[cfg(feature = "lies")]
    if often == 0 {
        return leave_byte(words);
    }
    let index = words[COUNTED].fetch_add(1, Relaxed);
    if index >= ENDLESS {
        // SAFETY: an undefined instruction ends the process, without a system call.
        unsafe { std::arch::asm!("ud2", options(noreturn)) }
    }
    let context = memory::words(context, CONTEXT_WORDS);
    if (index as usize) < KEPT {
        let entry = &words[ENTRIES + index as usize * ENTRY_WORDS..][..ENTRY_WORDS];
        let copies = memory::words(info, INFO_WORDS).iter().chain(context);
        for (to, from) in entry.iter().zip(copies) {
            to.store(from.load(Relaxed), Relaxed);
        }
        entry[siginfo::AT_STACK].store(&raw const byte_on_entry as u64, Relaxed);
        entry[siginfo::AT_SIGNAL].store(signal as u64, Relaxed);
        entry[siginfo::AT_BYTE].store(u64::from(byte_on_entry), Relaxed);
        #[cfg(feature = "lies")]
        crate::lies::noted(signal, &frame, entry);
    }
    if index < word(TIMES) {
        let gregs = &context[5..];
        for (reg, saved) in gregs.iter().enumerate().take(COUNT) {
            if word(SET_MASK) & (1 << reg) != 0 {
                saved.store(word(SET + reg), Relaxed);
            }
        }
        gregs[Reg::Rip as usize].fetch_add(word(RIP_ADD), Relaxed);
        context[CONTEXT_WORDS - 1].fetch_or(word(MASK_OR), Relaxed);
    }
    if index < word(NESTED_TIMES) {
        let mut image = Registers::pattern().with(Reg::Rax, word(NESTED_NR));
        registers::call(word(NESTED_CODE) as usize, &mut image);
        words[NESTED_RESULT].store(image[Reg::Rax], Relaxed);
    }
    #[cfg(feature = "lies")]
    crate::lies::before_return(signal, &frame, &given);
    #[cfg(feature = "lies")]
    words[COUNTED].fetch_add(often - 1, Relaxed);
    leave_byte(words);
}

/// The handler's last act.
fn leave_byte(words: &[AtomicU64]) {
    let word = |i: usize| words[i].load(Relaxed);
    if word(EXIT_BYTE) != 0 {
        memory::byte(word(EXIT_BYTE) as usize).store(word(EXIT_VALUE) as u8, Relaxed);
    }
}

/// The disposition of a signal.
///
/// <https://man7.org/linux/man-pages/man7/signal.7.html>
#[doc(alias = "SIG_DFL")]
#[doc(alias = "SIG_IGN")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// SIG_DFL.
    Default,
    /// SIG_IGN.
    Ignore,
    /// The handler that fills the [`Log`].
    Handle(SigAction),
}

/// How the handler is installed.
///
/// <https://man7.org/linux/man-pages/man2/sigaction.2.html>
#[doc(alias("sigaction", "SA_NODEFER", "SA_ONSTACK", "SA_RESTART", "SA_RESETHAND", "SA_RESTORER"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigAction {
    /// SA_NODEFER: the signal is not blocked while its handler runs.
    pub nodefer: bool,
    /// SA_ONSTACK: run on the alternate stack.
    pub on_stack: bool,
    /// SA_RESTART: an interrupted call begins again.
    pub restart: bool,
    /// SA_RESETHAND: one delivery, then the default.
    pub once: bool,
    /// Address of the trampoline the handler returns to; `None` for this crate's own.
    pub restorer: Option<usize>,
    /// Signals blocked while the handler runs; bit `n - 1` is signal `n`.
    pub mask: u64,
}

impl SigAction {
    /// No flag but SA_SIGINFO, and this crate's trampoline.
    pub const PLAIN: Self = Self {
        nodefer: false,
        on_stack: false,
        restart: false,
        once: false,
        restorer: None,
        mask: 0,
    };
}

unsafe extern "C" {
    fn sigsys_restorer();
}

global_asm!(
    ".text",
    ".globl sigsys_restorer",
    ".type sigsys_restorer, @function",
    // Unwinders step over a trampoline by looking one byte before it.
    "nop",
    "sigsys_restorer:",
    "mov eax, 15",
    "syscall",
    ".size sigsys_restorer, . - sigsys_restorer",
);

/// Sets what `signal` does.
///
/// <https://man7.org/linux/man-pages/man2/sigaction.2.html>
///
/// # Errors
/// rt_sigaction(2)'s: EINVAL.
#[doc(alias = "SYS_rt_sigaction")]
pub fn set(signal: i32, disposition: Disposition) -> Result<(), Errno> {
    let action: [u64; 4] = match disposition {
        Disposition::Default => [uapi::SIG_DFL as u64, 0, 0, 0],
        Disposition::Ignore => [uapi::SIG_IGN as u64, 0, 0, 0],
        Disposition::Handle(how) => {
            let mut flags = SA_RESTORER | uapi::SA_SIGINFO;
            for (wanted, flag) in [
                (how.nodefer, uapi::SA_NODEFER),
                (how.on_stack, uapi::SA_ONSTACK),
                (how.restart, uapi::SA_RESTART),
                (how.once, uapi::SA_RESETHAND),
            ] {
                if wanted {
                    flags |= u64::from(flag as u32);
                }
            }
            let own = sigsys_restorer as *const () as usize;
            [handler as *const () as u64, flags, how.restorer.unwrap_or(own) as u64, how.mask]
        }
    };
    let args = [signal as usize, action.as_ptr() as usize, 0, 8, 0, 0];
    call::checked(uapi::SYS_rt_sigaction, args).map(drop)
}

/// The handler address and flags that are in force for `signal`, as the kernel keeps them.
///
/// <https://man7.org/linux/man-pages/man2/sigaction.2.html>
///
/// # Errors
/// rt_sigaction(2)'s: EINVAL.
#[doc(alias = "SYS_rt_sigaction")]
pub fn get(signal: i32) -> Result<[u64; 4], Errno> {
    let mut action = [0u64; 4];
    let args = [signal as usize, 0, action.as_mut_ptr() as usize, 8, 0, 0];
    call::checked(uapi::SYS_rt_sigaction, args)?;
    Ok(action)
}

/// Replaces the calling thread's signal mask and gives the old one; bit `n - 1` is signal `n`.
///
/// <https://man7.org/linux/man-pages/man2/sigprocmask.2.html>
///
/// # Errors
/// rt_sigprocmask(2)'s.
#[doc(alias = "SYS_rt_sigprocmask")]
pub fn set_mask(mask: u64) -> Result<u64, Errno> {
    let mut old = 0u64;
    let args = [uapi::SIG_SETMASK, &raw const mask as usize, &raw mut old as usize, 8, 0, 0];
    call::checked(uapi::SYS_rt_sigprocmask, args)?;
    Ok(old)
}

/// The bit of `signal` in a mask.
pub const fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// Every signal back to its default, none blocked, no alternate stack: a state every case can know.
pub fn reset_all() {
    for signal in 1..=64 {
        // SIGKILL, SIGSTOP and the two libc keeps for itself are refused or unused.
        let _ = set(signal, Disposition::Default);
    }
    let _ = set_mask(0);
    let stack =
        libc::stack_t { ss_sp: std::ptr::null_mut(), ss_flags: uapi::SS_DISABLE, ss_size: 0 };
    let args = [&raw const stack as usize, 0, 0, 0, 0, 0];
    let _ = call::checked(uapi::SYS_sigaltstack, args);
}

/// Bytes the kernel says a signal frame takes at most on this processor; 0 where it does not say.
///
/// <https://man7.org/linux/man-pages/man3/getauxval.3.html>
#[doc(alias = "AT_MINSIGSTKSZ")]
#[doc(alias = "MINSIGSTKSZ")]
pub fn minimum_stack() -> usize {
    // SAFETY: getauxval reads the vector the kernel handed over at start.
    unsafe { libc::getauxval(uapi::AT_MINSIGSTKSZ) as usize }
}

static INTERRUPTED: AtomicU8 = AtomicU8::new(0);

extern "C" fn note_interrupt(signal: i32) {
    INTERRUPTED.store(signal as u8, Relaxed);
}

/// SIGINT, SIGTERM and SIGHUP are noted from now on instead of ending the process.
pub fn note_interrupts() {
    for signal in [uapi::SIGINT, uapi::SIGTERM, uapi::SIGHUP] {
        let act = nix::sys::signal::SigAction::new(
            nix::sys::signal::SigHandler::Handler(note_interrupt),
            nix::sys::signal::SaFlags::empty(),
            nix::sys::signal::SigSet::empty(),
        );
        if let Ok(signal) = nix::sys::signal::Signal::try_from(signal) {
            // SAFETY: the handler only stores a byte.
            let _ = unsafe { nix::sys::signal::sigaction(signal, &act) };
        }
    }
}

/// The signals of [`note_interrupts`], and the one that interrupts a wait, have their defaults again.
pub fn forget_interrupts() {
    for signal in [uapi::SIGINT, uapi::SIGTERM, uapi::SIGHUP, uapi::SIGALRM] {
        let _ = set(signal, Disposition::Default);
    }
}

/// The interrupting signal that was noted, if any.
pub fn interrupted() -> Option<i32> {
    match INTERRUPTED.load(Relaxed) {
        0 => None,
        signal => Some(i32::from(signal)),
    }
}
