//! Addresses of the page that are no entry, and the stack from which the return address is read.

use super::outcome::{Outcome, Watch};
use crate::clauses::*;
use fixtures::filter::uapi::{SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP};
use fixtures::filter::{self, Action, Filter};
use fixtures::memory;
use fixtures::needs::{SECCOMP_FILTER, VSYSCALL};
use fixtures::vsyscall::{self, Caller, Fault, Place, Vsyscall};
use fixtures::{Reg, sigsys};
use rstest::rstest;

/// The fault that a jump to an address ends in, or none if the jump returned.
fn fault_at(target: usize) -> Option<Fault> {
    let caller = Caller::new();
    caller.call_at(target);
    assert!(caller.faults() <= 1, "{} faults", caller.faults());
    caller.fault(target as u64)
}

#[rstest]
#[case::fourth_slot(0xc00)]
#[case::after_the_fourth_slot(0xc01)]
#[case::before_the_fourth_slot(0xbff)]
#[case::one_after_the_first(1)]
#[case::one_after_the_second(0x401)]
#[case::one_after_the_third(0x801)]
#[case::one_before_the_second(0x3ff)]
#[case::one_before_the_third(0x7ff)]
#[case::four_after_the_second(0x404)]
#[case::the_instruction_of_the_first(7)]
#[case::the_instruction_of_the_second(0x407)]
#[case::the_instruction_of_the_third(0x807)]
#[case::after_the_instruction(0x409)]
#[case::sixteen_after_the_second(0x410)]
#[case::middle_of_a_slot(0x200)]
#[case::middle_of_the_third_slot(0xa00)]
#[case::aligned_to_256(0x500)]
#[case::last_byte(0xfff)]
#[harness::test(
    clause = VSYSCALL_PAGE_BAD_ENTRY,
    catches = "an address in the page rounded to an entry, so that a jump near an entry is emulated",
    needs = [VSYSCALL],
)]
fn a_jump_beside_an_entry_is_a_fault(#[case] offset: usize) {
    let fault = Fault::by_kernel(Place::Page(offset as u64));
    assert_eq!(fault_at(vsyscall::PAGE + offset), Some(fault));
}

#[rstest]
#[case::byte_before(vsyscall::PAGE - 1)]
#[case::page_before(vsyscall::PAGE - 0x1000)]
#[case::page_after(vsyscall::PAGE + 0x1000)]
#[case::entry_one_page_on(vsyscall::PAGE + 0x1400)]
#[case::entry_one_page_back(vsyscall::PAGE - 0xc00)]
#[case::entry_in_32_bits(0xff60_0400)]
#[harness::test(
    clause = VSYSCALL_PAGE_BAD_ENTRY,
    catches = "an address outside the page matched by its low bits and emulated",
    needs = [VSYSCALL],
)]
fn a_jump_beside_the_page_is_a_fault_about_it(#[case] target: usize) {
    let fault = Fault::nothing_at(Place::Pointer, Place::Pointer);
    assert_eq!(fault_at(target), Some(fault));
}

#[rstest]
#[case::one_after_the_second(0x401)]
#[case::fourth_slot(0xc00)]
#[harness::test(
    clause = VSYSCALL_PAGE_BAD_ENTRY,
    catches = "filters run on an address of the page that is no entry",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_jump_beside_an_entry_asks_no_filter(#[case] offset: usize) {
    let caller = Caller::new();
    let log = sigsys::handle();
    Vsyscall::ALL
        .into_iter()
        .fold(Filter::new(), |filter, entry| {
            filter.when(filter::number(entry.number()), Action::Trap(1))
        })
        .load();
    caller.call_at(vsyscall::PAGE + offset);
    let fault = Fault::by_kernel(Place::Page(offset as u64));
    assert_eq!((caller.fault(0), log.count()), (Some(fault), 0));
}

#[harness::test(
    clause = [VSYSCALL_PAGE_BAD_ENTRY, VSYSCALL_CALL_SAME_RESULT],
    catches = "a jump to no entry of the page that breaks the next emulated call",
    needs = [VSYSCALL],
)]
fn a_jump_beside_an_entry_spoils_nothing() {
    let caller = Caller::new();
    for offset in [0x401, 0xc00, 0x801] {
        caller.clear();
        caller.call_at(vsyscall::PAGE + offset);
        assert_eq!(caller.faults(), 1, "at {offset:#x}");
        let watch = Watch::start(&caller);
        caller.call(Vsyscall::Time);
        assert_eq!(watch.outcome(&caller, Vsyscall::Time), Outcome::Ran, "after {offset:#x}");
    }
}

/// A stack from which the return address cannot be read.
#[derive(Clone, Copy, Debug)]
enum Stack {
    Null,
    Closed,
    /// Only the first four bytes can be read.
    Straddling,
    Kernel,
    /// The vsyscall page, which may be readable but is not user memory.
    Page,
    NotCanonical,
}

impl Stack {
    fn pointer(self) -> u64 {
        match self {
            Self::Null => 0,
            Self::Closed => memory::zeros_before_hole() as u64,
            Self::Straddling => memory::zeros_before_hole() as u64 - 4,
            Self::Kernel => 0xffff_8880_0000_0000,
            Self::Page => vsyscall::PAGE as u64,
            Self::NotCanonical => 0x4000_0000_0000_0000,
        }
    }
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_STACK,
    catches = "a return address read through an address that the user cannot read, or a call emulated \
        without any",
    needs = [VSYSCALL],
)]
fn a_stack_that_cannot_be_read_is_a_fault(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(
        Stack::Null,
        Stack::Closed,
        Stack::Straddling,
        Stack::Kernel,
        Stack::Page,
        Stack::NotCanonical
    )]
    stack: Stack,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    caller.call_with(caller.registers(entry.address()).with(Reg::R12, stack.pointer()));
    let fault = Fault::by_kernel(Place::entry(entry));
    assert_eq!(watch.outcome(&caller, entry), Outcome::Faulted(fault));
}

#[rstest]
#[case::good_pointer(0)]
#[case::bad_pointer(0xffff_8000_0000_0000)]
#[harness::test(
    clause = VSYSCALL_CALL_STACK,
    catches = "filters run, or pointers checked, before the return address is read",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_stack_that_cannot_be_read_is_a_fault_before_a_filter(
    #[case] pointer: u64,
    #[values(SECCOMP_RET_ERRNO(7), SECCOMP_RET_TRAP(7), SECCOMP_RET_KILL_PROCESS)] action: Action,
) {
    let caller = Caller::new();
    let log = sigsys::handle();
    let stack = Stack::Closed.pointer();
    filter::load(Vsyscall::Time.number() as u32, action);
    let registers = caller.registers(Vsyscall::Time.address());
    caller.call_with(registers.with(Reg::R12, stack).with(Reg::Rdi, pointer));
    let fault = Fault::by_kernel(Place::entry(Vsyscall::Time));
    assert_eq!((caller.fault(pointer), log.count()), (Some(fault), 0));
}

/// A readable return address at an odd address, across a page boundary, or in read-only memory.
#[derive(Clone, Copy, Debug)]
enum Readable {
    Odd,
    AcrossPages,
    ReadOnly,
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_STACK,
    catches = "a return address that must be aligned, within a page, or in writable memory",
    needs = [VSYSCALL],
)]
fn any_stack_that_can_be_read_will_do(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(Readable::Odd, Readable::AcrossPages, Readable::ReadOnly)] how: Readable,
) {
    let caller = Caller::new();
    let stack = match how {
        Readable::Odd => caller.stack() - 0x7ff,
        Readable::AcrossPages => caller.stack() - 0x1003,
        Readable::ReadOnly => memory::read_only_word(caller.return_address()) as u64,
    };
    if !matches!(how, Readable::ReadOnly) {
        memory::store(stack as usize, caller.return_address());
    }
    let watch = Watch::start(&caller);
    caller.call_with(caller.registers(entry.address()).with(Reg::R12, stack));
    assert_eq!(watch.outcome(&caller, entry), Outcome::Ran);
}
