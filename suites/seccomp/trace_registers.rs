//! Registers written by the tracer at the seccomp event take effect in the call and after it.

use super::traced::*;
use crate::assertions::Play;
use crate::clauses::*;
use fixtures::filter::{Action, Filter, argument, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{PTRACE, SECCOMP_FILTER, SET_CALL_INFO};
use fixtures::observable_call::Mapping;
use fixtures::script::{ARGUMENTS, Returned, Step, Traced, call, call_args};
use fixtures::tracee::{Resume, SYSCALL_INFO_SIZE, Stop};
use fixtures::{Entry, Errno, Reg, STATUS_FLAGS};
use harness::SetUp;
use rstest::rstest;
use sys::uapi::{PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SYS_getpid, SYS_getppid};

const WRITTEN: u64 = 0x7e57_0000_1234_8765;

fn mapping() -> Mapping {
    Mapping::new().set_up("a sealed file can be made")
}

fn traces_mapping() -> Filter {
    Filter::only(number(Mapping::NUMBER), Action::Trace(7))
}

/// With the caller's argument the call fails; with the tracer's it succeeds.
#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_REGISTERS, SECCOMP_TRACE_CHANGE_NUMBER],
    catches = "an argument register written at the event that the executed call does not use",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn each_argument_can_be_put_right(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let Mapping { right, wrong } = mapping();
    let mut args = right;
    args[index] = wrong[index].0;
    let traced = calls(&traces_mapping(), &[call_args(Mapping::NUMBER, args)]);
    let step = Step::event().set(ARGUMENTS[index], right[index] as u64);
    let (sights, end) = traced.play(Resume::Continue, &[step]);
    let seen = ARGUMENTS.map(|reg| sights[0].image.reg(reg) as usize);
    assert!(seen == args, "the tracer reads other arguments than the caller's");
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(right[0] as i64)));
}

/// The control call, with nothing written, succeeds.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "arguments that the kernel copied before the event, so that a bad value written there \
        still succeeds",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn each_argument_can_be_made_wrong(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let Mapping { right, wrong } = mapping();
    let good = call_args(Mapping::NUMBER, right);
    let traced = calls(&traces_mapping(), &[good, good]);
    let (argument, error) = wrong[index];
    let script = [Step::event(), Step::event().set(ARGUMENTS[index], argument as u64)];
    let (_, end) = traced.play(Resume::Continue, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!(answers, [right[0] as i64, error].map(Returned::Value));
    assert_eq!(end, EXITED_0);
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_RECHECK, SECCOMP_TRACE_REGISTERS],
    catches = "filters re-run on the arguments from before the event, or on fewer than 64 bits of the \
        written ones",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_filters_see_each_written_argument(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let denied = number(SYS_getppid).and(argument(index as u32, WRITTEN));
    let filter = Filter::only(denied, Action::Errno(9)).when(number(SYS_getppid), Action::Trace(7));
    let traced = calls(&filter, &[call(SYS_getppid); 3]);
    let reg = ARGUMENTS[index];
    let script = [
        Step::event().set(reg, WRITTEN),
        Step::event().set(reg, WRITTEN + 1),
        Step::event().set(reg, WRITTEN ^ 1 << 63),
    ];
    let (_, end) = traced.play(Resume::Continue, &script);
    let answers = [0, 1, 2].map(|i| traced.returned(i));
    assert_eq!(answers, [Returned::Value(-9), Returned::TracerPid, Returned::TracerPid]);
    assert_eq!(end, EXITED_0);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "filters re-run on the caller's argument although the tracer has replaced it",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_filters_do_not_see_the_callers_argument_again(#[values(0, 3, 5)] index: usize) {
    // The first run traces by the first rule. The second run finds another argument, so that the first
    // rule no longer applies.
    let callers = number(SYS_getppid).and(argument(index as u32, WRITTEN));
    let filter =
        Filter::only(callers, Action::Trace(7)).when(number(SYS_getppid), Action::Errno(9));
    let traced = calls(&filter, &[call(SYS_getppid).with(ARGUMENTS[index], WRITTEN); 2]);
    let script = [Step::event(), Step::event().set(ARGUMENTS[index], 0)];
    let (_, end) = traced.play(Resume::Continue, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::TracerPid, Returned::Value(-9)]));
}

/// Each register is written both for an executed and for a skipped call.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "a register written at the event that the exit path restores to the caller's value",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn every_register_keeps_what_was_written(#[values(false, true)] skipped: bool) {
    let written = Reg::VALUES.into_iter().filter(|reg| *reg != Reg::Rax);
    for reg in written {
        let traced = caller(&traces());
        let mut step = Step::event().set(reg, WRITTEN);
        if skipped {
            step = step.nr(-1).rax(42);
        }
        let (_, end) = traced.play(Resume::Continue, &[step]);
        let after = traced.results.registers(0).expect("the call returned");
        assert_eq!((end, after[reg]), (EXITED_0, WRITTEN), "{reg:?}");
        let result = if skipped { Returned::Value(42) } else { Returned::TracerPid };
        assert_eq!(traced.returned(0), result);
    }
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "registers of the second event that show or return the values written at the first",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn registers_that_are_written_again_are_kept_again() {
    let written = || Reg::VALUES.into_iter().filter(|reg| *reg != Reg::Rax);
    let traced = calls(&traces(), &[call(SYS_getppid); 2]);
    let values = [WRITTEN, !WRITTEN].map(|value| move |reg: Reg| value ^ (reg as u64) << 20);
    let step = |round: usize| {
        let value = values[round];
        written().fold(Step::event(), |step, reg| step.set(reg, value(reg)))
    };
    let (_, end) = traced.play(Resume::Continue, &[step(0), step(1)]);
    assert_eq!(end, EXITED_0);
    for (round, value) in values.iter().enumerate() {
        let after = traced.results.registers(round).expect("the call returned");
        for reg in written() {
            assert_eq!(after[reg], value(reg), "{reg:?} of call {round}");
        }
        assert_eq!(traced.returned(round), Returned::TracerPid);
    }
}

#[rstest]
#[case::set(STATUS_FLAGS)]
#[case::cleared(0)]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "status flags written at the event that the exit path restores from R11",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_flags_keep_what_was_written(#[case] flags: u64) {
    let before = call(SYS_getppid).with(Reg::Flags, 0x202 | (flags ^ STATUS_FLAGS));
    let traced = calls(&traces(), &[before]);
    let (_, end) = traced.play(Resume::Continue, &[Step::event().set(Reg::Flags, 0x202 | flags)]);
    let after = traced.results.registers(0).expect("the call returned");
    assert_eq!((end, after[Reg::Flags] & STATUS_FLAGS), (EXITED_0, flags));
}

/// The call is skipped, and the caller continues at another gadget's instruction, with getpid in RAX.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "a RIP written at the event that is ignored, so that the caller continues after its own call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_written_program_counter_is_where_the_caller_goes_on() {
    let elsewhere = Gadget::syscall();
    let traced = caller(&traces());
    let step = Step::event().nr(-1).rax(SYS_getpid).set(Reg::Rip, elsewhere.instruction());
    let (_, end) = traced.play(Resume::Continue, &[step]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::OwnPid));
}

/// The gadget copies its stack pointer to R15 and then restores the old one.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "an RSP written at the event that the exit path replaces with the saved user stack pointer",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_written_stack_pointer_is_what_the_caller_goes_on_with() {
    let gadget = Gadget::stack_probe(Entry::Syscall);
    let traced = Traced::start(PTRACE_O_TRACESECCOMP, gadget, &traces(), &[call(SYS_getppid)]);
    let (_, end) = traced.play(Resume::Continue, &[Step::event().set(Reg::Rsp, WRITTEN)]);
    let after = traced.results.registers(0).expect("the call returned");
    assert_eq!((end, after[Reg::R15]), (EXITED_0, WRITTEN));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SYSCALL_INFO,
    catches = "PTRACE_SET_SYSCALL_INFO at the event that sets the number or an argument in the wrong \
        register",
    needs = [SECCOMP_FILTER, PTRACE, SET_CALL_INFO],
)]
fn the_call_of_an_event_can_be_set(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let Mapping { right, wrong } = mapping();
    let mut args = right;
    args[index] = wrong[index].0;
    let mut filter = traces();
    filter = filter.when(number(Mapping::NUMBER), Action::Allow);
    let traced = calls(&filter, &[call_args(SYS_getppid, args)]);
    let tracee = &traced.tracee;
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let info = tracee.ptrace_syscall_info(usize::MAX);
    let wanted = info.with_value(Mapping::NUMBER as u64).with_arg(index, right[index] as u64);
    assert_eq!(tracee.set_syscall_info(&wanted, SYSCALL_INFO_SIZE), Ok(()));
    let image = tracee.registers();
    assert_eq!(image.call(), Mapping::NUMBER);
    assert!(ARGUMENTS.map(|reg| image.reg(reg)) == wanted.args(), "an argument differs");
    assert_eq!(tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), Returned::Value(right[0] as i64));
}

/// The call continues unchanged when the request was refused.
#[rstest]
#[case::number_too_large(3, 1 << 32 | 39, 0, Errno::ERANGE)]
#[case::number_too_low(3, 0xffff_ffff, 0, Errno::ERANGE)]
#[case::an_entrys(1, 39, 0, Errno::EINVAL)]
#[case::an_exits(2, 39, 0, Errno::EINVAL)]
#[case::no_calls(0, 39, 0, Errno::EINVAL)]
#[case::reserved_byte(0x103, 39, 0, Errno::EINVAL)]
#[case::flags(0x1_0003, 39, 0, Errno::EINVAL)]
#[case::short(3, 39, 1, Errno::EINVAL)]
#[harness::test(
    clause = SECCOMP_TRACE_SYSCALL_INFO,
    catches = "PTRACE_SET_SYSCALL_INFO that accepts a wide number, another stop's op, reserved bits or a \
        short size",
    needs = [SECCOMP_FILTER, PTRACE, SET_CALL_INFO],
)]
fn what_does_not_fit_the_event_is_refused(
    #[case] head: u32,
    #[case] nr: u64,
    #[case] missing: usize,
    #[case] error: Errno,
) {
    let traced = caller(&traces());
    let tracee = &traced.tracee;
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let wanted = tracee.ptrace_syscall_info(usize::MAX).with_value(nr).with_head(head);
    let answer = tracee.set_syscall_info(&wanted, SYSCALL_INFO_SIZE - missing);
    assert_eq!(answer, Err(error));
    assert_eq!(
        (tracee.next(Resume::Continue, 0), traced.returned(0)),
        (EXITED_0, Returned::TracerPid)
    );
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSCALL_INFO, SECCOMP_TRACE_SKIP],
    catches = "PTRACE_SET_SYSCALL_INFO with nr -1 that executes a call or writes argument registers",
    needs = [SECCOMP_FILTER, PTRACE, SET_CALL_INFO],
)]
fn an_event_set_to_minus_one_is_skipped() {
    let traced = caller(&traces());
    let tracee = &traced.tracee;
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let wanted = tracee.ptrace_syscall_info(usize::MAX).with_value(u64::MAX).with_arg(0, WRITTEN);
    assert_eq!(tracee.set_syscall_info(&wanted, SYSCALL_INFO_SIZE), Ok(()));
    assert_eq!(
        (tracee.next(Resume::Continue, 0), traced.returned(0)),
        (EXITED_0, Returned::ENOSYS)
    );
    let after = traced.results.registers(0).expect("the call returned");
    assert_eq!(after[Reg::Rdi], call(SYS_getppid)[Reg::Rdi]);
}
