//! Instructions of a filter.

/// One classic BPF instruction (`linux/filter.h`).
///
/// <https://docs.kernel.org/userspace-api/seccomp_filter.html>
#[doc(alias = "sock_filter")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// Instructions to skip when true.
    pub jt: u8,
    /// Instructions to skip when false.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}
