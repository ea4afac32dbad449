//! PTRACE_SET_SYSCALL_INFO at entry, exit and event: what it sets, and what it refuses.

use super::traced::EXITED_0;
use crate::clauses::*;
use fixtures::Errno::{self, EFAULT, EINVAL, ERANGE};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child;
use fixtures::filter::{Action, Filter, argument, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{INT80, PTRACE, SECCOMP_FILTER, SET_CALL_INFO};
use fixtures::script::{ARGUMENTS, ARGUMENTS_32, Returned, Traced, call};
use fixtures::tracee::{PtraceSyscallInfo, Resume, SYSCALL_INFO_SIZE, Stop, Tracee};
use fixtures::{Entry, Reg, WaitStatus, memory};
use rstest::rstest;
use sys::uapi::{
    PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, PTRACE_SET_SYSCALL_INFO, SIGUSR1, SYS_getpid,
    SYS_getppid, unistd_32,
};

/// A tracee at the entry stop of the first of two calls.
fn at_entry(entry: Entry, nr: i64) -> Traced {
    let traced = Traced::start(0, Gadget::new(entry), &Filter::new(), &[call(nr); 2]);
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Syscall);
    traced
}

fn at_exit(entry: Entry, nr: i64) -> Traced {
    let traced = at_entry(entry, nr);
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Syscall);
    traced
}

fn told(traced: &Traced) -> PtraceSyscallInfo {
    let info = traced.tracee.ptrace_syscall_info(usize::MAX);
    // What the kernel did not tell is no part of what is set.
    info.with_op(info.op())
}

const ALL: usize = SYSCALL_INFO_SIZE;
/// A value of 64 bits whose halves differ.
const VALUE: u64 = 0x1234_5678_9abc_def0;

/// Each argument alone; every other register stays.
#[rstest]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET,
    catches = "an argument set in another register, cut to 32 bits, or together with another one",
    needs = [PTRACE, SET_CALL_INFO],
)]
fn one_argument_of_an_entry_is_set(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    one_argument(&at_entry(Entry::Syscall, UNASSIGNED), ARGUMENTS, index, VALUE);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET,
    catches = "an argument of int 0x80 set in the register of the 64-bit ABI",
    needs = [PTRACE, SET_CALL_INFO, INT80],
)]
fn one_argument_of_a_32_bit_entry_is_set(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let traced = at_entry(Entry::Int80, UNASSIGNED);
    one_argument(&traced, ARGUMENTS_32, index, u64::from(VALUE as u32));
}

/// A tracee at the seccomp event of a call.
fn at_event(entry: Entry, nr: i64) -> Traced {
    let filter = Filter::only(number(nr), Action::Trace(7));
    let traced = Traced::start(PTRACE_O_TRACESECCOMP, Gadget::new(entry), &filter, &[call(nr)]);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    traced
}

#[rstest]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET,
    catches = "an argument of a 32-bit event set in the register of the 64-bit ABI",
    needs = [PTRACE, SECCOMP_FILTER, SET_CALL_INFO, INT80],
)]
fn one_argument_of_a_32_bit_event_is_set(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let traced = at_event(Entry::Int80, UNASSIGNED);
    one_argument(&traced, ARGUMENTS_32, index, u64::from(VALUE as u32));
}

/// The filter's data is told, and not the tracer's to set.
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET,
    catches = "the data of a filter that a tracer may set, or a request that is refused for it",
    needs = [PTRACE, SECCOMP_FILTER, SET_CALL_INFO],
)]
fn the_data_of_an_event_is_not_set() {
    let traced = at_event(Entry::Syscall, SYS_getpid);
    let before = traced.tracee.registers();
    let info = traced.tracee.ptrace_syscall_info(usize::MAX);
    let set = info.with_op(info.op()).with_word(10, VALUE);
    assert_eq!(traced.tracee.set_syscall_info(&set, ALL), Ok(()));
    assert!(traced.tracee.registers() == before, "a register has changed");
    assert_eq!(traced.tracee.ptrace_syscall_info(usize::MAX).data(), 7);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), Returned::OwnPid);
}

#[track_caller]
fn one_argument(traced: &Traced, registers: [Reg; 6], index: usize, value: u64) {
    let before = traced.tracee.registers();
    let set = told(traced).with_arg(index, value);
    assert_eq!(traced.tracee.set_syscall_info(&set, ALL), Ok(()));
    let mut expected = before;
    expected.set(registers[index], value);
    assert!(traced.tracee.registers() == expected, "other registers than one have changed");
    assert_eq!(traced.tracee.ptrace_syscall_info(usize::MAX).args()[index], value);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    let after = traced.results.registers(0).expect("the call returned");
    assert_eq!(after[registers[index]], value);
}

#[rstest]
#[case::another(SYS_getppid as u64, Returned::TracerPid)]
#[case::none(UNASSIGNED as u64, Returned::ENOSYS)]
#[case::x32(0x4000_0027, Returned::ENOSYS)]
#[case::greatest_int(0x7fff_ffff, Returned::ENOSYS)]
#[case::least_int(0xffff_ffff_8000_0000, Returned::ENOSYS)]
#[case::minus_one(u64::MAX, Returned::ENOSYS)]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET,
    catches = "a number of an entry that is not set, or a negative one that is no number",
    needs = [PTRACE, SET_CALL_INFO],
)]
fn the_number_of_an_entry_is_set(#[case] nr: u64, #[case] result: Returned) {
    let traced = at_entry(Entry::Syscall, SYS_getpid);
    let before = traced.tracee.registers();
    assert_eq!(traced.tracee.set_syscall_info(&told(&traced).with_value(nr), ALL), Ok(()));
    let mut expected = before;
    expected.set_orig_rax(nr as i64);
    assert!(traced.tracee.registers() == expected, "more than the number has changed");
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!([0, 1].map(|i| traced.returned(i)), [result, Returned::OwnPid]);
}

#[harness::test(
    clause = SECCOMP_CALL_INFO_SET,
    catches = "a number of int 0x80 that is looked up among those of the 64-bit ABI",
    needs = [PTRACE, SET_CALL_INFO, INT80],
)]
fn the_number_of_a_32_bit_entry_is_set() {
    let traced = at_entry(Entry::Int80, unistd_32::SYS_getpid);
    let set = told(&traced).with_value(unistd_32::SYS_getppid as u64);
    assert_eq!(traced.tracee.set_syscall_info(&set, ALL), Ok(()));
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!([0, 1].map(|i| traced.returned(i)), [Returned::TracerPid, Returned::OwnPid]);
}

/// Number -1 skips the call, and leaves the arguments alone.
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET,
    catches = "arguments of a skipped call that are set",
    needs = [PTRACE, SET_CALL_INFO],
)]
fn a_skipped_entry_keeps_its_arguments() {
    let traced = at_entry(Entry::Syscall, SYS_getpid);
    let set = told(&traced).with_value(u64::MAX).with_arg(0, VALUE);
    assert_eq!(traced.tracee.set_syscall_info(&set, ALL), Ok(()));
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    let after = traced.results.registers(0).expect("the call returned");
    assert_eq!(after[Reg::Rdi], call(SYS_getpid)[Reg::Rdi]);
}

/// A filter sees what was set; it refuses the number, and the argument by its low half.
#[rstest]
#[case::number(|info: PtraceSyscallInfo| info.with_value(UNASSIGNED as u64), Returned::Value(-7))]
#[case::argument(|info: PtraceSyscallInfo| info.with_arg(5, VALUE), Returned::Value(-8))]
#[case::nothing(|info: PtraceSyscallInfo| info, Returned::OwnPid)]
#[harness::test(
    clause = [SECCOMP_CALL_INFO_SET, SECCOMP_TRACE_ENTRY_STOP_CHANGES],
    catches = "a filter that is shown the call as it was before the tracer set another",
    needs = [PTRACE, SECCOMP_FILTER, SET_CALL_INFO],
)]
fn a_filter_sees_what_was_set(
    #[case] change: fn(PtraceSyscallInfo) -> PtraceSyscallInfo,
    #[case] result: Returned,
) {
    let filter = Filter::only(number(UNASSIGNED), Action::Errno(7))
        .when(number(SYS_getpid).and(argument(5, VALUE)), Action::Errno(8));
    let traced = Traced::start(0, Gadget::syscall(), &filter, &[call(SYS_getpid)]);
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Syscall);
    assert_eq!(traced.tracee.set_syscall_info(&change(told(&traced)), ALL), Ok(()));
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), result);
}

/// The result and whether it is an error: an error is stored as it is told, negative already.
#[rstest]
#[case::value(VALUE, 0, VALUE)]
#[case::negative_value(-7i64 as u64, 0, -7i64 as u64)]
#[case::error(-7i64 as u64, 1, -7i64 as u64)]
#[case::error_by_another_truth(-7i64 as u64, 0xff, -7i64 as u64)]
#[case::restart(-512i64 as u64, 1, -512i64 as u64)]
#[case::zero(0, 0, 0)]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET,
    catches = "a result that is negated, cut to 32 bits, or set together with the number or an argument",
    needs = [PTRACE, SET_CALL_INFO],
)]
fn the_result_of_an_exit_is_set(#[case] value: u64, #[case] error: u64, #[case] rax: u64) {
    let traced = at_exit(Entry::Syscall, SYS_getpid);
    let before = traced.tracee.registers();
    let set = told(&traced).with_value(value).with_arg(0, error);
    assert_eq!(traced.tracee.set_syscall_info(&set, ALL), Ok(()));
    let mut expected = before;
    expected.set(Reg::Rax, rax);
    assert!(traced.tracee.registers() == expected, "more than the result has changed");
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), Returned::Value(rax as i64));
}

/// The ABI, the instruction pointer and the stack pointer are not the tracer's to set.
#[rstest]
#[case::entry(at_entry as fn(Entry, i64) -> Traced)]
#[case::exit(at_exit)]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET,
    catches = "an ABI or an address set by a request that sets number, arguments and result alone",
    needs = [PTRACE, SET_CALL_INFO],
)]
fn where_the_call_was_made_is_not_set(#[case] start: fn(Entry, i64) -> Traced) {
    let traced = start(Entry::Syscall, SYS_getpid);
    let before = traced.tracee.registers();
    let info = told(&traced);
    let elsewhere = info
        .with_word(0, u64::from(info.op()) | u64::from(u32::MAX) << 32)
        .with_word(1, VALUE)
        .with_word(2, VALUE);
    assert_eq!(traced.tracee.set_syscall_info(&elsewhere, ALL), Ok(()));
    assert!(traced.tracee.registers() == before, "a register has changed");
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), Returned::OwnPid);
}

const ENTRY: u32 = 1;
const LEAVE: u32 = 2;

/// At the entry stop; the last row differs from the refused ones in nothing but what they are refused for.
#[rstest]
#[case::number_above_int(ENTRY, 0x8000_0000, ALL, Err(ERANGE))]
#[case::number_of_64_bits(ENTRY, 1 << 32 | 39, ALL, Err(ERANGE))]
#[case::minus_one_in_32_bits(ENTRY, 0xffff_ffff, ALL, Err(ERANGE))]
#[case::below_int(ENTRY, 0xffff_ffff_7fff_ffff, ALL, Err(ERANGE))]
#[case::an_exits(LEAVE, 110, ALL, Err(EINVAL))]
#[case::an_events(3, 110, ALL, Err(EINVAL))]
#[case::no_calls(0, 110, ALL, Err(EINVAL))]
#[case::beyond_the_operations(4, 110, ALL, Err(EINVAL))]
#[case::reserved_byte(ENTRY | 0x100, 110, ALL, Err(EINVAL))]
#[case::top_of_the_reserved_byte(ENTRY | 0x8000, 110, ALL, Err(EINVAL))]
#[case::flags(ENTRY | 0x1_0000, 110, ALL, Err(EINVAL))]
#[case::top_flag(ENTRY | 0x8000_0000, 110, ALL, Err(EINVAL))]
#[case::nothing(ENTRY, 110, 0, Err(EINVAL))]
#[case::an_entrys_size(ENTRY, 110, 80, Err(EINVAL))]
#[case::one_byte_short(ENTRY, 110, 87, Err(EINVAL))]
#[case::larger(ENTRY, 110, 96, Ok(()))]
#[case::huge(ENTRY, 110, usize::MAX, Ok(()))]
#[case::right(ENTRY, 110, ALL, Ok(()))]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET_REFUSED,
    catches = "a request at an entry stop that is carried out although it is refused, or is refused for \
        another reason",
    needs = [PTRACE, SET_CALL_INFO],
)]
fn what_does_not_fit_an_entry_is_refused(
    #[case] head: u32,
    #[case] nr: u64,
    #[case] size: usize,
    #[case] expected: Result<(), Errno>,
) {
    let traced = at_entry(Entry::Syscall, SYS_getpid);
    let before = traced.tracee.registers();
    let set = told(&traced).with_value(nr).with_arg(2, VALUE).with_head(head);
    assert_eq!(traced.tracee.set_syscall_info(&set, size), expected);
    let changed = traced.tracee.registers() != before;
    assert_eq!(changed, expected.is_ok(), "whether a register has changed");
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    let result = if changed { Returned::TracerPid } else { Returned::OwnPid };
    assert_eq!(traced.returned(0), result);
}

#[rstest]
#[case::an_entrys(ENTRY, ALL, Err(EINVAL))]
#[case::an_events(3, ALL, Err(EINVAL))]
#[case::no_calls(0, ALL, Err(EINVAL))]
#[case::reserved_byte(LEAVE | 0x100, ALL, Err(EINVAL))]
#[case::flags(LEAVE | 0x1_0000, ALL, Err(EINVAL))]
#[case::an_exits_size(LEAVE, 33, Err(EINVAL))]
#[case::right(LEAVE, ALL, Ok(()))]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET_REFUSED,
    catches = "a request at an exit stop that is carried out although it is refused, or is refused for \
        another reason",
    needs = [PTRACE, SET_CALL_INFO],
)]
fn what_does_not_fit_an_exit_is_refused(
    #[case] head: u32,
    #[case] size: usize,
    #[case] expected: Result<(), Errno>,
) {
    let traced = at_exit(Entry::Syscall, SYS_getpid);
    let set = told(&traced).with_value(VALUE).with_head(head);
    assert_eq!(traced.tracee.set_syscall_info(&set, size), expected);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    let result = if expected.is_ok() { Returned::Value(VALUE as i64) } else { Returned::OwnPid };
    assert_eq!(traced.returned(0), result);
}

/// At a stop that belongs to no call nothing can be set, whatever operation is named.
#[rstest]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET_REFUSED,
    catches = "a request that is carried out at a signal-delivery-stop",
    needs = [PTRACE, SET_CALL_INFO],
)]
fn nothing_is_set_where_there_is_no_call(#[values(0, 1, 2, 3)] op: u8) {
    let tracee = Tracee::start(|| {
        child::raise(SIGUSR1);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGUSR1));
    let before = tracee.registers();
    let set = tracee.ptrace_syscall_info(usize::MAX).with_value(VALUE).with_op(op);
    assert_eq!(tracee.set_syscall_info(&set, ALL), Err(EINVAL));
    assert!(tracee.registers() == before, "a register has changed");
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
}

/// The structure ends so many bytes before a hole; it is all zeros, which no entry stop takes.
#[rstest]
#[case::fits(88, ALL, Err(EINVAL))]
#[case::one_byte_in_the_hole(87, ALL, Err(EFAULT))]
#[case::in_the_hole(0, ALL, Err(EFAULT))]
#[case::size_before_pointer(0, 87, Err(EINVAL))]
#[harness::test(
    clause = SECCOMP_CALL_INFO_SET_REFUSED,
    catches = "a structure that is read only in part, or a pointer that is checked before the size",
    needs = [PTRACE, SET_CALL_INFO],
)]
fn a_structure_that_cannot_be_read_is_efault(
    #[case] room: usize,
    #[case] size: usize,
    #[case] expected: Result<usize, Errno>,
) {
    let traced = at_entry(Entry::Syscall, SYS_getpid);
    let at = memory::zeros_before_hole() - room;
    assert_eq!(traced.tracee.request(PTRACE_SET_SYSCALL_INFO, size, at), expected);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), Returned::OwnPid);
}
