//! One delivery of a signal, as the kernel laid it out in memory for the handler.

use crate::registers::image::Reg;

/// Words of a `siginfo_t`.
pub const INFO_WORDS: usize = 16;
/// Words of a `ucontext_t` up to and with the first word of the signal mask.
pub const CONTEXT_WORDS: usize = 38;
/// Words of a [`Delivery`] in memory.
pub const ENTRY_WORDS: usize = 64;

const AT_CONTEXT: usize = INFO_WORDS;
pub(crate) const AT_GREGS: usize = AT_CONTEXT + 5;
pub(crate) const AT_MASK: usize = AT_CONTEXT + 37;
pub(crate) const AT_STACK: usize = AT_CONTEXT + CONTEXT_WORDS;
pub(crate) const AT_SIGNAL: usize = AT_STACK + 1;
pub(crate) const AT_BYTE: usize = AT_STACK + 2;

/// One delivery: the raw `siginfo_t`, the register image and mask of the `ucontext_t`, and where the
/// handler ran.
///
/// <https://man7.org/linux/man-pages/man2/sigaction.2.html>
#[doc(alias = "siginfo_t")]
#[doc(alias = "ucontext_t")]
#[derive(Clone, Copy)]
pub struct Delivery(pub(crate) [u64; ENTRY_WORDS]);

impl Delivery {
    /// Wraps a raw `siginfo_t`, as a tracer reads it; the register image is zero.
    pub fn from_info(info: [u64; INFO_WORDS]) -> Self {
        let mut words = [0; ENTRY_WORDS];
        words[..INFO_WORDS].copy_from_slice(&info);
        Self(words)
    }

    /// Offset 0.
    #[doc(alias = "si_signo")]
    pub fn signo(&self) -> i32 {
        self.0[0] as u32 as i32
    }

    /// Offset 4.
    #[doc(alias = "si_errno")]
    pub fn errno(&self) -> i32 {
        (self.0[0] >> 32) as i32
    }

    /// Offset 8.
    #[doc(alias = "si_code")]
    pub fn code(&self) -> i32 {
        self.0[1] as u32 as i32
    }

    /// Offset 12: padding on x86-64.
    pub fn padding(&self) -> u32 {
        (self.0[1] >> 32) as u32
    }

    /// Offset 16, `si_call_addr`.
    #[doc(alias = "si_call_addr")]
    pub fn call_addr(&self) -> u64 {
        self.0[2]
    }

    /// Offset 24, `si_syscall`.
    #[doc(alias = "si_syscall")]
    pub fn syscall(&self) -> i32 {
        self.0[3] as u32 as i32
    }

    /// Offset 28, `si_arch`.
    #[doc(alias = "si_arch")]
    pub fn arch(&self) -> u32 {
        (self.0[3] >> 32) as u32
    }

    /// Offset 16 of a signal that a process sent: the sender's id.
    #[doc(alias = "si_pid")]
    pub fn sender(&self) -> i32 {
        self.0[2] as u32 as i32
    }

    /// The 96 bytes after the fields.
    pub fn rest(&self) -> &[u64] {
        &self.0[4..INFO_WORDS]
    }

    /// A register of the interrupted code.
    pub fn reg(&self, reg: Reg) -> u64 {
        self.0[AT_GREGS + reg as usize]
    }

    /// What the frame tells of the thread's last fault: `trapno`, `err` and `cr2`.
    #[doc(alias = "uc_mcontext")]
    pub fn fault(&self) -> (u64, u64, u64) {
        (self.0[AT_GREGS + 20], self.0[AT_GREGS + 19], self.0[AT_GREGS + 22])
    }

    /// The signals that were blocked in the interrupted code; bit `n - 1` is signal `n`.
    #[doc(alias = "uc_sigmask")]
    pub fn mask(&self) -> u64 {
        self.0[AT_MASK]
    }

    /// `uc_flags`.
    pub fn context_flags(&self) -> u64 {
        self.0[AT_CONTEXT]
    }

    /// `uc_stack`: start, flags and size of the alternate stack.
    #[doc(alias = "uc_stack")]
    pub fn context_stack(&self) -> (u64, u32, u64) {
        (self.0[AT_CONTEXT + 2], self.0[AT_CONTEXT + 3] as u32, self.0[AT_CONTEXT + 4])
    }

    /// An address in the stack frame of the handler.
    pub fn handler_stack(&self) -> u64 {
        self.0[AT_STACK]
    }

    /// The handler's first argument.
    pub fn signal(&self) -> i32 {
        self.0[AT_SIGNAL] as i32
    }

    /// The watched byte as the handler found it (see [`crate::signal::Log::on_entry`]).
    pub fn byte_on_entry(&self) -> u8 {
        self.0[AT_BYTE] as u8
    }
}
