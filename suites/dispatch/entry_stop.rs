//! Numbers and results that a tracer writes at the entry stop of a call.

use crate::clauses::*;
use fixtures::gadget::Gadget;
use fixtures::needs::PTRACE;
use fixtures::tracee::{Resume, SyscallStop, Tracee};
use fixtures::{Reg, WaitStatus, own_pid};
use rstest::rstest;
use sys::uapi::{ENOSYS, SYS_getpid, SYS_getppid};

/// The result of a getpid when a tracer writes `nr` and the result 42 at its entry stop; -1000
/// stands for the pid of the tracer, which is the caller's parent.
fn answer_to(nr: i64) -> i64 {
    let gadget = Gadget::syscall();
    let tracer = own_pid();
    let tracee = Tracee::start(|| {
        let result = gadget.call(SYS_getpid);
        if result == i64::from(tracer) { 200 } else { result as i32 & 0xff }
    });
    assert_eq!(tracee.next_stop(Resume::Syscall, 0), SyscallStop::Entry(SYS_getpid));
    let mut image = tracee.registers();
    image.set_orig_rax(nr);
    image.set(Reg::Rax, 42);
    tracee.set_registers(&image);
    match tracee.finish() {
        WaitStatus::Exited(200) => -1000,
        WaitStatus::Exited(status) => i64::from(status as u8 as i8),
        other => panic!("the tracee did not leave: {other:?}"),
    }
}

#[rstest]
#[case::just_above_all(99_999)]
#[case::largest(0x7fff_ffff)]
#[case::minus_two(-2)]
#[case::lowest(-0x8000_0000)]
#[harness::test(
    clause = DISPATCH_TRACING_NUMBER_OUT_OF_RANGE,
    catches = "a number out of range that is looked up in the table, or that leaves the tracer's \
        result in rax",
    needs = [PTRACE],
)]
fn a_number_out_of_range_is_enosys(#[case] nr: i64) {
    assert_eq!(answer_to(nr), -ENOSYS);
}

/// With -1 the call is skipped and the written result stays; the result of a call that is made
/// overwrites it.
#[rstest]
#[case::skip(-1, 42)]
#[case::another_call(SYS_getppid, -1000)]
#[harness::test(
    clause = DISPATCH_TRACING_NUMBER_OUT_OF_RANGE,
    catches = "a tracer's number that is not made in place of the old one, or a -1 that does not \
        keep its result",
    needs = [PTRACE],
)]
fn a_number_in_range_is_made_and_minus_one_skips(#[case] nr: i64, #[case] expected: i64) {
    assert_eq!(answer_to(nr), expected);
}
