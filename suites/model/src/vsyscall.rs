//! The vsyscall page: three calls at fixed addresses that the kernel makes in the program's place.

use crate::bpf::Instruction;
use crate::seccomp::{Entered, Permit, Tracer};
use crate::signal::Info;
use crate::{Abi, Branch, Model};
use sys::uapi::{ENOSYS, SIGSEGV, SIGSYS, VSYSCALL_ADDR};

/// First address of the page.
pub const PAGE: u64 = VSYSCALL_ADDR;
/// The entries' numbers: gettimeofday, time, getcpu, 1024 bytes apart.
pub const NUMBERS: [u64; 3] = [96, 201, 309];

/// What a call of the page becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emulated {
    /// The call was made.
    Made,
    /// It was not, and this is in RAX; the return was made all the same.
    Skipped(i64),
    /// SIGSYS, with the entry for its address; the return was made all the same.
    Trapped(Info),
    /// A signal that a handler can catch.
    Signal(i32),
    /// Death by this signal, of the whole process.
    Killed(i32),
    /// Death of the thread by SIGSYS.
    KillsThread,
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
        // Before any filter is asked. time has one pointer, the others two.
        let pointers = &args[..if index == 1 { 1 } else { 2 }];
        let high = pointers.iter().any(|pointer| *pointer >= self.kernel.selector_end);
        if self.is(Branch::PagePointerHigh, high) {
            return Emulated::Signal(SIGSEGV);
        }
        let mut entered = Entered { abi: Abi::X86_64, number, result: -ENOSYS, address, args };
        let permit = self.permit(filters, &mut entered, tracer);
        let changed = permit == Permit::Made && entered.number != number;
        match permit {
            Permit::KillsThread => Emulated::KillsThread,
            Permit::KillsProcess => Emulated::Killed(SIGSYS),
            _ if self.is(Branch::PageCallChanged, changed || entered.address != address) => {
                Emulated::Killed(SIGSYS)
            }
            Permit::Made => Emulated::Made,
            Permit::Skipped => Emulated::Skipped(entered.result),
            Permit::Trapped(info) => Emulated::Trapped(info),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kernel;
    use crate::seccomp::action;
    use rstest::rstest;

    const END: u64 = 0x7fff_ffff_f000;

    fn model(vsyscalls: bool) -> Model {
        Model::new(Kernel { vsyscalls, selector_end: END, ..Kernel::default() })
    }

    fn filter(k: u32) -> Vec<Vec<Instruction>> {
        vec![vec![Instruction { code: 0x06, jt: 0, jf: 0, k }]]
    }

    #[rstest]
    #[case::first(PAGE, 0, Emulated::Made)]
    #[case::last(PAGE + 0x800, 0, Emulated::Made)]
    #[case::behind_the_last(PAGE + 0xc00, 0, Emulated::Signal(SIGSEGV))]
    #[case::between(PAGE + 1, 0, Emulated::Signal(SIGSEGV))]
    #[case::second_pointer_high(PAGE, END, Emulated::Signal(SIGSEGV))]
    #[case::time_has_no_second_pointer(PAGE + 0x400, END, Emulated::Made)]
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
        assert_eq!((info.call_addr, info.syscall, info.errno), (PAGE + 0x400, 201, 3));
    }

    #[rstest]
    #[case::left_alone(96, 0, Emulated::Made)]
    #[case::skipped(-1, 0, Emulated::Skipped(42))]
    #[case::another_number(39, 0, Emulated::Killed(SIGSYS))]
    #[case::high_half(1 << 32 | 96, 0, Emulated::Killed(SIGSYS))]
    #[case::moved(96, 1, Emulated::Killed(SIGSYS))]
    #[case::moved_and_skipped(-1, 1, Emulated::Killed(SIGSYS))]
    fn tracers(#[case] number: i64, #[case] moved: u64, #[case] becomes: Emulated) {
        let tracer = |_, call: &mut Entered| {
            (call.number, call.result) = (number as u64, 42);
            call.address += moved;
        };
        let stop = filter(action::TRACE);
        let made = model(true).vsyscall(PAGE, [0; 6], &stop, Some(&tracer));
        assert_eq!(made, becomes);
    }
}
