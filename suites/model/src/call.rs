//! One call: its ABI, its number, and what it gives where nothing intercepts it.

use crate::{Branch, Model};
use std::fmt;
use sys::uapi::unistd_32;
use sys::uapi::{
    AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, ENOSYS, SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid,
};

/// How a call enters the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abi {
    /// `syscall`.
    X86_64,
    /// `int $0x80`.
    I386,
}

impl Abi {
    /// As `si_arch` and filters name it.
    pub const fn audit(self) -> u32 {
        match self {
            Self::X86_64 => AUDIT_ARCH_X86_64,
            Self::I386 => AUDIT_ARCH_I386,
        }
    }
}

/// A call as the instruction makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The instruction's ABI.
    pub abi: Abi,
    /// The address after the instruction.
    pub after: u64,
    /// All of RAX.
    pub rax: u64,
}

/// Bytes of either instruction.
pub const INSTRUCTION: u64 = 2;

/// A call that only returns who its caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the calls'")]
pub enum IdentityCall {
    Getpid,
    Getppid,
    Gettid,
    Getuid,
}

impl IdentityCall {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Getpid, Self::Getppid, Self::Gettid, Self::Getuid];

    /// Its number.
    pub const fn number(self, abi: Abi) -> i32 {
        let number = match (self, abi) {
            (Self::Getpid, Abi::X86_64) => SYS_getpid,
            (Self::Getpid, Abi::I386) => unistd_32::SYS_getpid,
            (Self::Getppid, Abi::X86_64) => SYS_getppid,
            (Self::Getppid, Abi::I386) => unistd_32::SYS_getppid,
            (Self::Gettid, Abi::X86_64) => SYS_gettid,
            (Self::Gettid, Abi::I386) => unistd_32::SYS_gettid,
            (Self::Getuid, Abi::X86_64) => SYS_getuid,
            (Self::Getuid, Abi::I386) => unistd_32::SYS_getuid32,
        };
        number as i32
    }

    /// The call with this number.
    pub fn numbered(number: i32, abi: Abi) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.number(abi) == number)
    }
}

impl fmt::Display for IdentityCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Getpid => "getpid",
            Self::Getppid => "getppid",
            Self::Gettid => "gettid",
            Self::Getuid => "getuid",
        })
    }
}

/// What a call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// What this call returns when it runs.
    Identity(IdentityCall),
    /// This value.
    Value(i64),
}

impl fmt::Display for Return {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(call) => write!(f, "{call}'s result"),
            Self::Value(value) => Register(*value as u64).fmt(f),
        }
    }
}

/// The value of a register: an error by its name, small numbers in decimal, all else in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register(pub u64);

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0 as i64;
        match sys::call::split(value) {
            Err(sys::Errno::UnknownErrno) => write!(f, "{value}"),
            Err(errno) => write!(f, "-{errno:?}"),
            Ok(0..0x1_0000) => write!(f, "{value}"),
            Ok(_) => write!(f, "{value:#x}"),
        }
    }
}

/// Numbers from here on are in no table of any kernel.
pub const UNKNOWN: u64 = 0x3000;

impl Model {
    /// The number the kernel knows the call by.
    pub fn number(&self, call: Call) -> i32 {
        call.rax as i32
    }

    /// The number as it stands in RAX when the call is given back.
    pub fn whole_number(&self, call: Call) -> u64 {
        if self.is(Branch::NarrowNumber, call.abi == Abi::I386) {
            call.rax & 0xffff_ffff
        } else {
            call.rax
        }
    }

    /// What a call returns that nothing intercepts; `None` for a call the model does not know.
    pub fn native_return(&self, call: Call) -> Option<Return> {
        let is_wide = call.abi == Abi::X86_64 && call.rax >> 32 != 0;
        if self.is(Branch::WideNumber, self.kernel.wide_numbers) && is_wide {
            return Some(Return::Value(-ENOSYS));
        }
        let number = self.number(call);
        match IdentityCall::numbered(number, call.abi) {
            Some(identity) if self.always(Branch::NumberKnown) => Some(Return::Identity(identity)),
            None if is_harmless(number) => Some(Return::Value(-ENOSYS)),
            Some(_) => Some(Return::Value(-ENOSYS)),
            None => None,
        }
    }
}

/// Whether a number is in no table, of either ABI.
pub const fn is_harmless(number: i32) -> bool {
    number < 0 || number as u64 >= UNKNOWN
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kernel;
    use rstest::rstest;
    use sys::uapi::{__X32_SYSCALL_BIT, SYS_exit};

    const PID: Option<Return> = Some(Return::Identity(IdentityCall::Getpid));
    const NO_SUCH_CALL: Option<Return> = Some(Return::Value(-ENOSYS));

    #[rstest]
    #[case::known(Abi::X86_64, SYS_getpid as u64, false, PID)]
    #[case::known_of_the_other_abi(Abi::I386, unistd_32::SYS_getpid as u64, false, PID)]
    #[case::upper_half_is_no_part_of_it(Abi::X86_64, 1 << 32 | SYS_getpid as u64, false, PID)]
    #[case::upper_half_of_an_old_kernel(Abi::X86_64, 1 << 32 | SYS_getpid as u64, true, NO_SUCH_CALL)]
    #[case::upper_half_of_a_32_bit_call(Abi::I386, 1 << 32 | unistd_32::SYS_getpid as u64, true, PID)]
    #[case::negative(Abi::X86_64, u64::MAX, false, NO_SUCH_CALL)]
    #[case::x32(Abi::X86_64, __X32_SYSCALL_BIT as u64 | SYS_getpid as u64, false, NO_SUCH_CALL)]
    #[case::something_that_acts(Abi::X86_64, SYS_exit as u64, false, None)]
    fn calls_that_run(
        #[case] abi: Abi,
        #[case] rax: u64,
        #[case] wide_numbers: bool,
        #[case] returned: Option<Return>,
    ) {
        let model = Model::new(Kernel { wide_numbers, ..Kernel::default() });
        assert_eq!(model.native_return(Call { abi, after: 0, rax }), returned);
    }
}
