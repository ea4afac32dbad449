//! The vsyscall page: three calls at fixed addresses that the kernel makes in the program's place.

use crate::bpf::Instruction;
use crate::seccomp::{FilterDecision, SyscallEntry, Tracer};
use crate::signal::Info;
use crate::{Abi, Branch, Model};
use sys::uapi::{ENOSYS, SIGSEGV, SIGSYS, SYS_getcpu, SYS_gettimeofday, SYS_time, VSYSCALL_ADDR};

/// First address of the page.
pub const PAGE: u64 = VSYSCALL_ADDR;
/// The entries' numbers: gettimeofday, time, getcpu, 1024 bytes apart.
pub const NUMBERS: [u64; 3] = [SYS_gettimeofday as u64, SYS_time as u64, SYS_getcpu as u64];

/// What the kernel makes of a call of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emulated {
    /// The call is executed, and returns to its caller.
    Executed,
    /// The call is skipped with this in RAX, and returns to its caller.
    Skipped(i64),
    /// SIGSYS, with the entry as si_call_addr; the call returns to its caller all the same.
    Trapped(Info),
    /// A signal that a handler can catch.
    Signal(i32),
    /// This signal kills the process.
    Killed(i32),
    /// SIGSYS kills the thread.
    KillThread,
}

impl Model {
    /// What becomes of a call of `address`, whose pointers are in the user half or not.
    pub fn vsyscall(
        &self,
        address: u64,
        args: [u64; 6],
        filters: &[Vec<Instruction>],
        tracer: Option<Tracer<'_>>,
    ) -> Emulated {
        if !self.is(Branch::PageThere, self.kernel.vsyscalls) {
            return Emulated::Signal(SIGSEGV);
        }
        let index = (address - PAGE) / 0x400;
        let is_entry = address.is_multiple_of(0x400) && index < 3;
        if !self.is(Branch::PageEntry, is_entry) {
            return Emulated::Signal(SIGSEGV);
        }
        let number = NUMBERS[index.min(2) as usize];
        // Checked before any filter runs. time has one pointer, the others have two.
        let pointers = &args[..if index == 1 { 1 } else { 2 }];
        let high = pointers.iter().any(|pointer| *pointer >= self.kernel.selector_end);
        if self.is(Branch::PagePointerHigh, high) {
            return Emulated::Signal(SIGSEGV);
        }
        let mut entry = SyscallEntry { abi: Abi::X86_64, number, result: -ENOSYS, address, args };
        let decision = self.filter_decision(filters, &mut entry, tracer);
        let changed = decision == FilterDecision::Executed && entry.number != number;
        match decision {
            FilterDecision::KillThread => Emulated::KillThread,
            FilterDecision::KillProcess => Emulated::Killed(SIGSYS),
            _ if self.is(Branch::PageCallChanged, changed || entry.address != address) => {
                Emulated::Killed(SIGSYS)
            }
            FilterDecision::Executed => Emulated::Executed,
            FilterDecision::Skipped => Emulated::Skipped(entry.result),
            FilterDecision::Trapped(info) => Emulated::Trapped(info),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seccomp::action;
    use crate::{Kernel, bpf};
    use rstest::rstest;
    use sys::uapi::SYS_getpid;

    const END: u64 = 0x7fff_ffff_f000;

    fn model(vsyscalls: bool) -> Model {
        Model::new(Kernel { vsyscalls, selector_end: END, ..Kernel::default() })
    }

    fn filter(k: u32) -> Vec<Vec<Instruction>> {
        vec![vec![Instruction { code: bpf::RETURNS[0], jt: 0, jf: 0, k }]]
    }

    #[rstest]
    #[case::first(PAGE, 0, Emulated::Executed)]
    #[case::last(PAGE + 0x800, 0, Emulated::Executed)]
    #[case::behind_the_last(PAGE + 0xc00, 0, Emulated::Signal(SIGSEGV))]
    #[case::between(PAGE + 1, 0, Emulated::Signal(SIGSEGV))]
    #[case::second_pointer_high(PAGE, END, Emulated::Signal(SIGSEGV))]
    #[case::time_has_no_second_pointer(PAGE + 0x400, END, Emulated::Executed)]
    fn calls(#[case] address: u64, #[case] second: u64, #[case] becomes: Emulated) {
        let args = [0, second, 0, 0, 0, 0];
        assert_eq!(model(true).vsyscall(address, args, &[], None), becomes);
        assert_eq!(model(false).vsyscall(address, args, &[], None), Emulated::Signal(SIGSEGV));
    }

    #[test]
    fn filters_see_it() {
        let errno = filter(action::ERRNO | 14);
        let made = model(true).vsyscall(PAGE, [0; 6], &errno, None);
        assert_eq!(made, Emulated::Skipped(-14), "which is no SIGSEGV");
        let trap = filter(action::TRAP | 3);
        let Emulated::Trapped(info) = model(true).vsyscall(PAGE + 0x400, [0; 6], &trap, None)
        else {
            panic!("it is not trapped");
        };
        assert_eq!((info.call_addr, info.syscall, info.errno), (PAGE + 0x400, SYS_time as i32, 3));
    }

    #[rstest]
    #[case::left_alone(SYS_gettimeofday, 0, Emulated::Executed)]
    #[case::skipped(-1, 0, Emulated::Skipped(42))]
    #[case::another_number(SYS_getpid, 0, Emulated::Killed(SIGSYS))]
    #[case::high_half(1 << 32 | SYS_gettimeofday, 0, Emulated::Killed(SIGSYS))]
    #[case::moved(SYS_gettimeofday, 1, Emulated::Killed(SIGSYS))]
    #[case::moved_and_skipped(-1, 1, Emulated::Killed(SIGSYS))]
    fn tracers(#[case] number: i64, #[case] moved: u64, #[case] becomes: Emulated) {
        let tracer = |_, call: &mut SyscallEntry| {
            (call.number, call.result) = (number as u64, 42);
            call.address += moved;
        };
        let stop = filter(action::TRACE);
        let made = model(true).vsyscall(PAGE, [0; 6], &stop, Some(&tracer));
        assert_eq!(made, becomes);
    }
}
