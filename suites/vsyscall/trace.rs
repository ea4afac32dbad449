//! SECCOMP_RET_TRACE on a vsyscall: what the tracer sees, and the outcome when it leaves the call
//! unchanged or skips it.

use super::outcome::Outcome;
use super::traced::{DATA, Traced};
use crate::clauses::*;
use fixtures::filter::{self, Action};
use fixtures::needs::{CALL_INFO, PTRACE, SECCOMP_FILTER, VSYSCALL};
use fixtures::tracee::{self, Resume, SYSCALL_INFO_SIZE, Stop};
use fixtures::vsyscall::{Place, Vsyscall};
use fixtures::{PROGRAM_FLAGS, Reg, WaitStatus};
use harness::observe;
use rstest::rstest;
use sys::uapi::{
    AUDIT_ARCH_X86_64, ENOSYS, PTRACE_EVENT_SECCOMP, PTRACE_SYSCALL_INFO_SECCOMP, SIGKILL, SYS_exit,
};

#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRACE_NOTIFIES, VSYSCALL_FILTER_OBEYED],
    catches = "a vsyscall skipped by the event itself, or a SIGSYS although the tracer changed nothing",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_vsyscall_that_is_left_alone_runs(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    assert_eq!(traced.outcome(), Outcome::Ran);
    assert_eq!(traced.log.count(), 0);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRACE_NOTIFIES,
    catches = "an event message without the filter's data on the emulation's path, or with its sign \
        extended",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn the_message_is_the_filters_data(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(0, 1, 0x8000, 0xffff)] data: u16,
) {
    let traced = Traced::started(entry, |caller| {
        filter::load(entry.number() as u32, Action::Trace(data));
        caller.call(entry);
        0
    });
    assert_eq!(traced.tracee.message(), u64::from(data));
}

#[harness::test(
    clause = VSYSCALL_TRACE_NOTIFIES,
    catches = "an event repeated for the same vsyscall, or made for an entry that is not traced",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn each_vsyscall_is_one_event() {
    let traced = Traced::started(Vsyscall::Time, |caller| {
        filter::load(Vsyscall::Time.number() as u32, Action::Trace(DATA));
        for _ in 0..3 {
            caller.call(Vsyscall::Time);
            caller.call(Vsyscall::Getcpu);
        }
        0
    });
    let stops = [(); 3].map(|()| traced.go_on());
    let event = Stop::Event(PTRACE_EVENT_SECCOMP);
    assert_eq!(stops, [event, event, Stop::Ended(WaitStatus::Exited(0))]);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRACE_RIP_AT_ENTRY,
    catches = "RIP at the event that is the same address of the page for each entry, or the caller's",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn rip_is_the_entry(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    let place = traced.caller.place(traced.tracee.registers().reg(Reg::Rip), 0);
    observe!("rip", place);
    assert_eq!(place, Place::entry(entry));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRACE_NOTIFIES,
    catches = "an event with a stale orig_rax, RAX other than -ENOSYS, or the return address popped \
        already",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn the_tracer_sees_the_number_and_the_stack(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    let image = traced.tracee.registers();
    let above = image.reg(Reg::Rsp).wrapping_sub(traced.caller.stack()) as i64;
    let seen = (image.call(), image.reg(Reg::Rax) as i64, above);
    assert_eq!(seen, (entry.number(), -ENOSYS, 0));
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRACE_NOTIFIES, VSYSCALL_TRACE_RIP_AT_ENTRY],
    catches = "PTRACE_GET_SYSCALL_INFO of a vsyscall's event with the caller's address, or without \
        arguments",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE, CALL_INFO],
)]
fn the_information_about_the_call_is_the_vsyscalls(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    let caller = traced.caller;
    let info = traced.tracee.ptrace_syscall_info(SYSCALL_INFO_SIZE);
    assert_eq!(
        (info.op(), info.arch(), info.value()),
        (PTRACE_SYSCALL_INFO_SECCOMP, AUDIT_ARCH_X86_64, entry.number())
    );
    assert_eq!(info.data(), u32::from(DATA));
    assert_eq!(caller.place(info.instruction_pointer(), 0), Place::entry(entry));
    assert_eq!(info.stack_pointer().wrapping_sub(caller.stack()), 0, "the stack pointer");
    let given = caller.registers(entry.address());
    let args = [Reg::Rdi, Reg::Rsi, Reg::Rdx, Reg::R10, Reg::R8, Reg::R9];
    for (i, reg) in args.into_iter().enumerate() {
        assert!(info.args()[i] == given[reg], "{reg:?} is reported with another value");
    }
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRACE_NOTIFIES, VSYSCALL_CALL_REGISTERS],
    catches = "RCX, R11 or another register changed before the event, although no SYSCALL was executed",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn the_tracer_sees_every_register_of_the_caller(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    let image = traced.tracee.registers();
    let given = traced.caller.registers(entry.address());
    // The caller's code keeps its stack pointer in R14.
    for reg in Reg::VALUES.into_iter().filter(|reg| !matches!(reg, Reg::Rax | Reg::R14)) {
        assert!(image.reg(reg) == given[reg], "{reg:?} differs at the event");
    }
    assert_eq!(image.reg(Reg::Flags) & PROGRAM_FLAGS, given[Reg::Flags]);
}

#[rstest]
#[case::nothing(None, -ENOSYS)]
#[case::positive(Some(0x1234_5678_9abc), 0x1234_5678_9abc)]
#[case::zero(Some(0), 0)]
#[case::minus_one(Some(-1), -1)]
#[case::efault(Some(-14), -14)]
#[case::restart(Some(-512), -512)]
#[case::least(Some(i64::MIN), i64::MIN)]
#[harness::test(
    clause = [VSYSCALL_TRACE_SKIP, VSYSCALL_FILTER_SKIPPED],
    catches = "a tracer's value of EFAULT turned into a fault, or any value replaced on the way to the \
        caller",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_skipped_vsyscall_returns_the_tracers_value(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] value: Option<i64>,
    #[case] expected: i64,
) {
    let traced = Traced::at_the_event(entry);
    traced.change(|image| {
        image.set_orig_rax(-1);
        if let Some(value) = value {
            image.set(Reg::Rax, value as u64);
        }
    });
    assert_eq!(traced.outcome(), Outcome::Gave(expected));
}

#[rstest]
#[case::minus_two(-2)]
#[case::least(i64::from(i32::MIN))]
#[case::minus_one_in_32_bits(0xffff_ffff)]
#[case::the_number_with_a_sign(0x8000_0000 + 201)]
#[harness::test(
    clause = VSYSCALL_TRACE_SKIP,
    catches = "a vsyscall skipped for -1 alone, or by the sign of 64 bits, so that another negative \
        number kills",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn another_negative_number_skips_too(
    #[case] nr: i64,
    #[values(None, Some(42))] value: Option<i64>,
) {
    let traced = Traced::at_the_event(Vsyscall::Time);
    traced.change(|image| {
        image.set_orig_rax(nr);
        if let Some(value) = value {
            image.set(Reg::Rax, value as u64);
        }
    });
    assert_eq!(traced.outcome(), Outcome::Gave(value.unwrap_or(-ENOSYS)));
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRACE_SKIP, VSYSCALL_CALL_REGISTERS],
    catches = "a vsyscall skipped by the tracer that returns like SYSCALL, with RCX or R11 changed",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_skipped_vsyscall_changes_no_other_register(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    traced.change(|image| image.set_orig_rax(-1));
    assert_eq!(traced.outcome(), Outcome::Gave(-ENOSYS));
    let given = traced.caller.registers(entry.address());
    let back = traced.caller.latest().expect("the call returned");
    // R14 and R15 hold stack pointers of the caller.
    for reg in Reg::VALUES.into_iter().filter(|reg| !matches!(reg, Reg::Rax | Reg::R14 | Reg::R15))
    {
        assert!(back.0[reg] == given[reg], "{reg:?} changed");
    }
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRACE_NOTIFIES,
    catches = "a vsyscall skipped or killed when the tracer detaches at its event",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_vsyscall_runs_when_the_tracer_lets_go(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    traced.tracee.detach();
    assert_eq!(fixtures::child::end_of(traced.tracee.pid), WaitStatus::Exited(0));
    assert_eq!(traced.outcome_now(), Outcome::Ran);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRACE_NOTIFIES,
    catches = "a vsyscall emulated although the tracee was killed at its event",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_tracee_killed_at_the_event_makes_no_call(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    tracee::kill(traced.tracee.pid);
    assert_eq!(traced.tracee.wait(), Stop::Ended(WaitStatus::KilledBy(SIGKILL)));
    let [first, second] = [traced.caller.first, traced.caller.second];
    assert!(first.is_untouched_but(0) && second.is_untouched_but(0), "an answer was written");
}

#[rstest]
#[case::left_alone(None)]
#[case::skipped(Some(-1))]
#[harness::test(
    clause = [VSYSCALL_CALL_NO_SYSCALL_STOPS, VSYSCALL_TRACE_NOTIFIES],
    catches = "a syscall exit stop for a vsyscall whose event is resumed with PTRACE_SYSCALL",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn no_exit_stop_follows_the_event(#[case] nr: Option<i64>) {
    let traced = Traced::at_the_event(Vsyscall::Time);
    if let Some(nr) = nr {
        traced.change(|image| image.set_orig_rax(nr));
    }
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Syscall);
    assert_eq!(traced.tracee.registers().call(), SYS_exit, "the next stop is the next call's");
}
