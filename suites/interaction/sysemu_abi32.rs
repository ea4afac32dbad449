//! PTRACE_SYSEMU and PTRACE_SYSEMU_SINGLESTEP at int 0x80: what the stop shows, that the call is not made, and its
//! order with dispatch and with filters.

use super::layers::{TRACED, actions, armed};
use crate::assertions::Play;
use crate::clauses::*;
use fixtures::dispatch::{ALLOW, BLOCK};
use fixtures::filter::uapi::{
    SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRACE, SECCOMP_RET_TRAP,
};
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{CALL_INFO, DISPATCH, INT80, PTRACE, SECCOMP_FILTER};
use fixtures::script::{ARGUMENTS_32, Returned, Step, Traced, call, summaries};
use fixtures::tracee::{Resume, Stop};
use fixtures::{Entry, Reg, Registers, WaitStatus};
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PTRACE_O_TRACESECCOMP, PTRACE_SYSCALL_INFO_ENTRY, SIGSTOP, SIGSYS, SIGTRAP, SYS_exit,
    unistd_32,
};

const GETPPID: i64 = unistd_32::SYS_getppid;
const GETPID: i64 = unistd_32::SYS_getpid;
const EXITED_0: Stop = Stop::Ended(WaitStatus::Exited(0));
const CALL: Stop = Stop::Syscall;

/// A tracee that makes these calls by int 0x80.
fn calls(filter: &Filter, calls: &[Registers]) -> Traced {
    Traced::start(PTRACE_O_TRACESECCOMP, Gadget::int80(), filter, calls)
}

/// One that has no filter.
fn unfiltered(calls: &[Registers]) -> Traced {
    Traced::start_after(0, Gadget::int80(), || (), calls)
}

/// If it were made, the call would end the tracee with another status.
#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSEMU, SECCOMP_TRACE_SYSEMU_RESULT],
    catches = "an int 0x80 under PTRACE_SYSEMU that is made or filtered, or whose written result is cut or lost",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn an_emulated_int80_meets_no_filter(
    #[values(
        SECCOMP_RET_TRACE(7),
        SECCOMP_RET_ERRNO(9),
        SECCOMP_RET_TRAP(9),
        SECCOMP_RET_KILL_PROCESS
    )]
    action: Action,
    #[values(None, Some(42), Some(-1), Some(0x1234_0000_0042))] result: Option<i64>,
) {
    let exit = call(unistd_32::SYS_exit_group).with(Reg::Rbx, 9);
    let traced = calls(&Filter::only(number(unistd_32::SYS_exit_group), action), &[exit]);
    assert_eq!(traced.tracee.next(Resume::Sysemu, 0), CALL);
    let mut image = traced.tracee.registers();
    let stood = (image.call(), image.reg(Reg::Rax) as i64);
    assert_eq!(stood, (unistd_32::SYS_exit_group, -ENOSYS));
    if let Some(result) = result {
        image.set(Reg::Rax, result as u64);
        traced.tracee.set_registers(&image);
    }
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), Returned::Value(result.unwrap_or(-ENOSYS)));
}

/// The upper half of RAX is none of the number.
#[rstest]
#[case::assigned(GETPPID)]
#[case::assigned_with_an_upper_half(0x5a5a_5a5a << 32 | GETPPID)]
#[case::unassigned(600)]
#[case::bit_31(0x8000_0014)]
#[case::minus_one(0xffff_ffff)]
#[harness::test(
    clause = SECCOMP_TRACE_SYSEMU_RESULT,
    catches = "a stop of an emulated int 0x80 that shows another number, or the arguments of the 64-bit ABI",
    needs = [PTRACE, INT80],
)]
fn the_stop_of_an_emulated_int80_shows_the_call(#[case] nr: i64) {
    let traced = unfiltered(&[call(nr)]);
    assert_eq!(traced.tracee.next(Resume::Sysemu, 0), CALL);
    let image = traced.tracee.registers();
    assert_eq!((image.call() as u32, image.reg(Reg::Rax) as i64), (nr as u32, -ENOSYS));
    assert_eq!(traced.gadget.place(image.reg(Reg::Rip)), Place::AFTER);
    let pattern = Registers::pattern();
    for reg in ARGUMENTS_32 {
        assert_eq!(image.reg(reg) as u32, pattern[reg] as u32, "{reg:?}");
    }
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), Returned::ENOSYS);
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSEMU_RESULT, SECCOMP_TRACE_SYSCALL_INFO],
    catches = "a stop of an emulated int 0x80 that PTRACE_GET_SYSCALL_INFO calls none, or one of the 64-bit ABI",
    needs = [PTRACE, CALL_INFO, INT80],
)]
fn the_kernel_tells_of_an_emulated_int80() {
    let traced = unfiltered(&[call(GETPPID)]);
    assert_eq!(traced.tracee.next(Resume::Sysemu, 0), CALL);
    let info = traced.tracee.ptrace_syscall_info(usize::MAX);
    assert_eq!((info.op(), info.arch()), (PTRACE_SYSCALL_INFO_ENTRY, Entry::Int80.audit_arch()));
    assert_eq!(info.value(), GETPPID);
    let pattern = Registers::pattern();
    let low = |value: u64| value & 0xffff_ffff;
    assert_eq!(info.args().map(low), ARGUMENTS_32.map(|reg| low(pattern[reg])));
}

/// The third one has its number written; the exit after them is a 64-bit call.
#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSEMU, SECCOMP_TRACE_SYSEMU_RESULT],
    catches = "an emulated int 0x80 with an exit stop, or the second of two that is made or has no stop",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn each_emulated_int80_has_one_stop() {
    let filter = Filter::only(number(GETPPID), Action::Trace(7));
    let traced = calls(&filter, &[call(GETPPID), call(GETPID), call(GETPPID)]);
    let emulated = || Step::call().then(Resume::Sysemu);
    let script = [emulated().rax(41), emulated(), emulated().nr(GETPID).rax(43), emulated()];
    let (sights, _) = traced.play(Resume::Sysemu, &script);
    let numbers: Vec<_> = sights.iter().map(|sight| (sight.image.call(), sight.rax())).collect();
    let called = [GETPPID, GETPID, GETPPID, SYS_exit].map(|nr| (nr, -ENOSYS));
    assert_eq!(numbers, called);
    let answers = [0, 1, 2].map(|i| traced.returned(i));
    assert_eq!(answers, [Returned::Value(41), Returned::ENOSYS, Returned::Value(43)]);
}

/// An emulated call, a traced one, and an emulated one again; the tracee stops itself in between.
#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSEMU_RESULT, SECCOMP_TRACE_SYSEMU],
    catches = "a mark of an emulated int 0x80 that a later call finds, which is then not made or has one stop",
    needs = [PTRACE, INT80],
)]
fn a_call_after_an_emulated_int80_is_made() {
    let traced = Traced::start_stopping(0, Gadget::int80(), || (), &[call(GETPPID); 3]);
    let goes_on = |how| Step::at(Stop::Signal(SIGSTOP)).with_signal(0).then(how);
    let script = [
        Step::call().rax(41),
        goes_on(Resume::Syscall),
        Step::call().then(Resume::Syscall),
        Step::call(),
        goes_on(Resume::Sysemu),
        Step::call().rax(43),
    ];
    let (sights, end) = traced.play(Resume::Sysemu, &script);
    let calls: Vec<_> = summaries(&sights).into_iter().filter(|(stop, ..)| *stop == CALL).collect();
    let entry = (CALL, GETPPID, Returned::ENOSYS);
    let expected = [entry, entry, (CALL, GETPPID, Returned::TracerPid), entry];
    assert_eq!((calls, end), (expected.to_vec(), EXITED_0));
    let answers = [0, 1, 2].map(|i| traced.returned(i));
    assert_eq!(answers, [Returned::Value(41), Returned::TracerPid, Returned::Value(43)]);
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSEMU, SECCOMP_TRACE_SYSEMU_RESULT],
    catches = "an int 0x80 under PTRACE_SYSEMU_SINGLESTEP that is made or filtered, or that has no trap after it",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn an_emulated_int80_that_is_stepped_over_meets_no_filter(
    #[values(
        SECCOMP_RET_TRACE(7),
        SECCOMP_RET_ERRNO(9),
        SECCOMP_RET_TRAP(9),
        SECCOMP_RET_KILL_PROCESS
    )]
    action: Action,
    #[values(None, Some(42))] result: Option<i64>,
) {
    let traced = calls(&Filter::only(number(GETPPID), action), &[]);
    let tracee = &traced.tracee;
    // An instruction that is no call is stepped over.
    assert_eq!(tracee.next_status(Resume::SysemuSinglestep, 0), WaitStatus::Stopped(SIGTRAP));
    // Two in a row: the tracer puts it before the instruction again.
    for _ in 0..2 {
        let mut image = tracee.registers();
        image.set(Reg::Rip, traced.gadget.instruction());
        image.set(Reg::Rax, GETPPID as u64);
        image.set_orig_rax(-1);
        tracee.set_registers(&image);
        assert_eq!(tracee.next(Resume::SysemuSinglestep, 0), CALL);
        let mut image = tracee.registers();
        assert_eq!((image.call(), image.reg(Reg::Rax) as i64), (GETPPID, -ENOSYS));
        if let Some(result) = result {
            image.set(Reg::Rax, result as u64);
            tracee.set_registers(&image);
        }
        assert_eq!(tracee.next(Resume::SingleStep, 0), Stop::Signal(SIGTRAP));
        let image = tracee.registers();
        assert_eq!(traced.gadget.place(image.reg(Reg::Rip)), Place::AFTER);
        assert_eq!(image.reg(Reg::Rax) as i64, result.unwrap_or(-ENOSYS));
    }
}

/// The signal's stop for a dispatched call, the entry stop for another, and no event.
#[rstest]
#[case::blocked(BLOCK, Stop::Signal(SIGSYS))]
#[case::allowed(ALLOW, CALL)]
#[harness::test(
    clause = [
        DISPATCH_TRACING_NO_SYSCALL_STOPS,
        DISPATCH_ORDER_NO_TRACE_EVENT,
        DISPATCH_NUMBER_INT80,
    ],
    catches = "a kernel that reports a PTRACE_SYSEMU stop for a dispatched int 0x80",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE, INT80],
)]
fn an_emulating_tracer_sees_no_dispatched_int80(
    #[case] byte: u8,
    #[case] expected: Stop,
    #[values(Resume::Sysemu, Resume::Syscall)] how: Resume,
) {
    let (tracee, log) = armed(Gadget::int80(), &actions(), move |scene| {
        let result = scene.armed.selected(byte, || scene.gadget.call(TRACED));
        i32::from(result != if byte == BLOCK { TRACED } else { -ENOSYS })
    });
    assert_eq!(tracee.next(how, 0), expected);
    if byte == BLOCK {
        assert_eq!(tracee.info().arch(), Entry::Int80.audit_arch());
        assert_eq!(i64::from(tracee.info().syscall()), TRACED);
    }
    // Under PTRACE_SYSCALL the filter's event follows.
    let (signal, next) = match (byte, how) {
        (BLOCK, _) => (SIGSYS, EXITED_0),
        (_, Resume::Sysemu) => (0, EXITED_0),
        _ => (0, Stop::Event(sys::uapi::PTRACE_EVENT_SECCOMP)),
    };
    assert_eq!(tracee.next(Resume::Continue, signal), next);
    assert_eq!(log.count(), u64::from(byte == BLOCK));
}
