//! The signal frame of a SIGSEGV for a pointer into the kernel's half.

use crate::clauses::*;
use fixtures::Reg;
use fixtures::needs::VSYSCALL;
use fixtures::vsyscall::{Caller, PAGE, Vsyscall};
use harness::observe;
use rstest::rstest;

/// The processor's vector of a page fault.
const PAGE_FAULT: u64 = 14;
/// The processor's error code of a write by user code to a page that is not there.
const USER_WRITE: u64 = 0b110;

#[rstest]
#[case::kernel(0xffff_8880_0000_1000)]
#[case::last(u64::MAX)]
#[harness::test(
    clause = VSYSCALL_CALL_POINTER_FRAME,
    catches = "a SIGSEGV for a bad pointer whose frame tells another fault: a lost address, vector or error code",
    needs = [VSYSCALL],
)]
fn the_frame_of_a_bad_pointer_is_that_of_a_page_fault(
    #[case] pointer: u64,
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(0, 1)] before: u32,
) {
    let caller = Caller::new();
    // The frame tells the thread's latest fault, which may have been an ordinary one.
    for _ in 0..before {
        caller.load(8);
    }
    caller.clear();
    caller.call_args(entry, [pointer, caller.second.address()]);
    assert_eq!(caller.faults(), 1);
    let (vector, error, address) = caller.delivery().expect("the handler runs").fault();
    observe!("vector and error code", [vector, error]);
    assert_eq!((vector, error), (PAGE_FAULT, USER_WRITE));
    assert!(address == pointer, "the fault's address is not the pointer");
}

/// Nothing is there to be called, and a fault changes no register.
#[rstest]
#[harness::test(
    clause = [VSYSCALL_PAGE_BAD_ENTRY, VSYSCALL_CALL_REGISTERS],
    catches = "a jump to another place of the page whose SIGSEGV comes with another RAX, as of a call that failed",
    needs = [VSYSCALL],
)]
fn a_bad_entry_changes_no_register(#[values(1, 0x10, 0xc00)] offset: usize) {
    let caller = Caller::new();
    caller.clear();
    let target = PAGE + offset;
    caller.call_at(target);
    assert_eq!(caller.faults(), 1);
    let frame = caller.delivery().expect("the handler runs");
    let before = caller.registers(target);
    for reg in [Reg::Rax, Reg::Rbx, Reg::Rcx, Reg::Rdx, Reg::R11] {
        assert!(frame.reg(reg) == before[reg], "a register changed");
    }
}
