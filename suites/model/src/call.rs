//! One call: its ABI, its number, and what it gives where nothing intercepts it.

use crate::{Branch, Model};
use sys::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, ENOSYS};

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

/// A call that tells who makes it, and does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the calls'")]
pub enum Asking {
    Getpid,
    Getppid,
    Gettid,
    Getuid,
}

impl Asking {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Getpid, Self::Getppid, Self::Gettid, Self::Getuid];

    /// Its number.
    pub const fn number(self, abi: Abi) -> i32 {
        match (self, abi) {
            (Self::Getpid, Abi::X86_64) => 39,
            (Self::Getpid, Abi::I386) => 20,
            (Self::Getppid, Abi::X86_64) => 110,
            (Self::Getppid, Abi::I386) => 64,
            (Self::Gettid, Abi::X86_64) => 186,
            (Self::Gettid, Abi::I386) => 224,
            (Self::Getuid, Abi::X86_64) => 102,
            (Self::Getuid, Abi::I386) => 199,
        }
    }
}

/// What a call that runs gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// What this call answers.
    Answer(Asking),
    /// This value.
    Value(i64),
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

    /// What a call gives that nothing intercepts; `None` for a call the model does not know.
    pub fn runs(&self, call: Call) -> Option<Given> {
        let is_wide = call.abi == Abi::X86_64 && call.rax >> 32 != 0;
        if self.is(Branch::WideNumber, self.kernel.wide_numbers) && is_wide {
            return Some(Given::Value(-ENOSYS));
        }
        let number = self.number(call);
        let asking = Asking::ALL.into_iter().find(|asking| asking.number(call.abi) == number);
        match asking {
            Some(asking) if self.always(Branch::NumberKnown) => Some(Given::Answer(asking)),
            None if is_harmless(number) => Some(Given::Value(-ENOSYS)),
            Some(_) => Some(Given::Value(-ENOSYS)),
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

    const ANSWER: Option<Given> = Some(Given::Answer(Asking::Getpid));
    const NOTHING: Option<Given> = Some(Given::Value(-ENOSYS));

    #[rstest]
    #[case::known(Abi::X86_64, 39, false, ANSWER)]
    #[case::known_of_the_other_abi(Abi::I386, 20, false, ANSWER)]
    #[case::upper_half_is_no_part_of_it(Abi::X86_64, 1 << 32 | 39, false, ANSWER)]
    #[case::upper_half_of_an_old_kernel(Abi::X86_64, 1 << 32 | 39, true, NOTHING)]
    #[case::upper_half_of_a_32_bit_call(Abi::I386, 1 << 32 | 20, true, ANSWER)]
    #[case::negative(Abi::X86_64, u64::MAX, false, NOTHING)]
    #[case::x32(Abi::X86_64, 0x4000_0027, false, NOTHING)]
    #[case::something_that_acts(Abi::X86_64, 60, false, None)]
    fn calls_that_run(
        #[case] abi: Abi,
        #[case] rax: u64,
        #[case] wide_numbers: bool,
        #[case] given: Option<Given>,
    ) {
        let model = Model::new(Kernel { wide_numbers, ..Kernel::default() });
        assert_eq!(model.runs(Call { abi, after: 0, rax }), given);
    }
}
