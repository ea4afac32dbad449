//! What kernels differ in.

/// Whether a kernel offers something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offer {
    /// It does not know it.
    #[default]
    Absent,
    /// It knows it, and a switch is off.
    SwitchedOff,
    /// It does.
    Here,
}

/// What one kernel offers, on one machine. Asked of the kernel, not of its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kernel {
    /// Syscall User Dispatch (5.11).
    pub dispatch: Offer,
    /// Its inclusive mode (6.17).
    pub inclusive: bool,
    /// Its ptrace requests (6.4).
    pub ptrace_dispatch: bool,
    /// The first address that is refused for a selector, or a pointer of the vsyscall page: the end of the user half, one more (6.12), or 2^63
    /// (6.4 to 6.11).
    pub selector_end: u64,
    /// Numbers that look like -ERESTART* are taken for them (5.14).
    pub restart_codes: bool,
    /// A number is 64 bits wide (until 5.13).
    pub wide_numbers: bool,
    /// The syscall instruction stores in RCX and R11 (every processor without FRED).
    pub overwrites: bool,
    /// A number that is in no table leaves the result a tracer wrote (until 5.13, and from 7.3).
    pub keeps_result: bool,
    /// The vsyscall page is there.
    pub vsyscalls: bool,
    /// WAIT_KILLABLE_RECV (5.19).
    pub wait_killable: bool,
    /// A descriptor may be the response (5.14).
    pub addfd_send: bool,
}
