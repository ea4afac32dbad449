//! The entry and exit stops around the seccomp event: what a tracer writes there, and what of it the
//! filters see.

use super::traced::*;
use crate::assertions::Play;
use crate::clauses::*;
use fixtures::filter::uapi::{
    SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRACE,
    SECCOMP_RET_TRAP,
};
use fixtures::filter::{Action, Filter, any, argument, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{PTRACE, SECCOMP_FILTER};
use fixtures::observable_call::{Mapping, ObservableCall};
use fixtures::script::{ARGUMENTS, Returned, Step, Traced, call, call_args, summaries};
use fixtures::tracee::{Resume, Stop};
use fixtures::{Reg, WaitStatus, sigsys};
use harness::SetUp;
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSYS, SIGTRAP, SYS_SECCOMP,
    SYS_getpid as GETPID, SYS_getppid as GETPPID, SYS_getuid,
};

const WRITTEN: u64 = 0x7e57_0000_1234_8765;
const GARBAGE: i64 = 0x5a5a_5a5a << 32;
const EVENT: Stop = Stop::Event(PTRACE_EVENT_SECCOMP);
const CALL: Stop = Stop::Syscall;

/// An entry stop, resumed to the next stop of any kind.
fn entry() -> Step {
    Step::call().then(Resume::Syscall)
}

/// Each stop is compared with its number and the value of RAX.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS,
    catches = "a seccomp event outside the entry and exit stops, or a stop that is repeated",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_event_comes_between_entry_and_exit() {
    let traced = calls(&traces(), &[call(GETPID), call(GETPPID), call(GETPID)]);
    let event = Step::event().then(Resume::Syscall);
    let script = [entry(), entry(), entry(), event, entry(), entry(), entry(), entry()];
    let (sights, end) = traced.play(Resume::Syscall, &script);
    let plain = [(CALL, GETPID, Returned::ENOSYS), (CALL, GETPID, Returned::OwnPid)];
    let told = [
        (CALL, GETPPID, Returned::ENOSYS),
        (EVENT, GETPPID, Returned::ENOSYS),
        (CALL, GETPPID, Returned::TracerPid),
    ];
    let leaving = [(CALL, sys::uapi::SYS_exit, Returned::ENOSYS)];
    assert_eq!(summaries(&sights), [&plain[..], &told, &plain, &leaving].concat());
    assert_eq!(end, EXITED_0);
}

#[rstest]
#[case::skipped(-1, Returned::Value(42))]
#[case::another(GETPID, Returned::OwnPid)]
#[case::gap(400, Returned::ENOSYS)]
#[harness::test(
    clause = [SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS, SECCOMP_TRACE_NO_ENTRY_STOP_NEEDED],
    catches = "an exit stop lost, or taken for the next entry, after a skip or change at the event",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_call_has_its_exit_stop_whatever_the_tracer_does(
    #[case] nr: i64,
    #[case] answer: Returned,
    #[values(false, true)] stopped_at_entry: bool,
) {
    let traced = calls(&traces(), &[call(GETPPID), call(GETPID)]);
    let mut script =
        vec![Step::event().nr(nr).rax(42).then(Resume::Syscall), entry(), entry(), entry()];
    let mut first = Resume::Continue;
    if stopped_at_entry {
        script.insert(0, entry());
        first = Resume::Syscall;
    }
    let (sights, end) = traced.play(first, &script);
    let seen = summaries(&sights);
    let after = &seen[seen.len() - 3..];
    let next = [(CALL, GETPID, Returned::ENOSYS), (CALL, GETPID, Returned::OwnPid)];
    assert_eq!(after, [&[(CALL, nr, answer)][..], &next].concat());
    assert_eq!((end, traced.returned(0)), (Stop::Syscall, answer));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS, SECCOMP_TRACE_NO_ENTRY_STOP_NEEDED],
    catches = "an exit stop owed from the entry although the event was resumed with PTRACE_CONT",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_tracer_that_asks_for_no_exit_stop_gets_none() {
    let traced = caller(&traces());
    let (_, end) = traced.play(Resume::Syscall, &[entry(), Step::event()]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::TracerPid));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS,
    catches = "an entry stop that replaces the event when it is resumed with PTRACE_CONT",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn an_entry_stop_does_not_stand_for_the_event() {
    let traced = caller(&traces());
    let (_, end) = traced.play(Resume::Syscall, &[Step::call(), Step::event().nr(-1).rax(42)]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(42)));
}

#[rstest]
#[case::plain(GETPID)]
#[case::garbage_above(GARBAGE | GETPID)]
#[harness::test(
    clause = SECCOMP_TRACE_ENTRY_STOP_CHANGES,
    catches = "filters run on the caller's denied number from before the entry stop",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_written_at_the_entry_replaces_a_denied_one(
    #[case] nr: i64,
    #[values(
        SECCOMP_RET_ERRNO(9),
        SECCOMP_RET_TRAP(9),
        SECCOMP_RET_TRACE(9),
        SECCOMP_RET_KILL_PROCESS
    )]
    action: Action,
) {
    let traced = calls(&Filter::only(number(GETPPID), action), &[call(GETPPID)]);
    let (_, end) = traced.play(Resume::Syscall, &[Step::call().nr(nr).rax(42)]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::OwnPid));
}

#[rstest]
#[case::plain(GETPID)]
#[case::garbage_above(GARBAGE | GETPID)]
#[harness::test(
    clause = [SECCOMP_TRACE_ENTRY_STOP_CHANGES, SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS],
    catches = "a filter bypassed by a denied number that the tracer writes at the entry stop",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_written_at_the_entry_meets_the_filter(#[case] nr: i64) {
    let filter = Filter::only(number(GETPID), Action::Errno(9));
    let traced = calls(&filter, &[call(GETPPID); 2]);
    let script = [entry().nr(nr).rax(42), Step::call()];
    let (sights, end) = traced.play(Resume::Syscall, &script);
    assert_eq!(sights[1].summary(), (CALL, nr, Returned::Value(-9)));
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::Value(-9), Returned::TracerPid]));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_ENTRY_STOP_CHANGES,
    catches = "si_syscall or RAX with the caller's number, or RAX left as the tracer wrote it",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_written_at_the_entry_is_trapped() {
    let log = sigsys::handle();
    let traced = calls(&Filter::only(number(GETPID), Action::Trap(0x8009)), &[call(GETPPID)]);
    let script = [Step::call().nr(GETPID).rax(42), Step::at(Stop::Signal(SIGSYS))];
    let (_, end) = traced.play(Resume::Syscall, &script);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(GETPID)));
    let caught = log.delivery(0).expect("the handler recorded the signal");
    let fields = (caught.code(), caught.errno(), i64::from(caught.syscall()));
    assert_eq!(fields, (SYS_SECCOMP, 0x8009, GETPID));
    assert_eq!(traced.gadget.place(caught.call_addr()), Place::AFTER);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_ENTRY_STOP_CHANGES,
    catches = "a single check per changed call, so that the event's number escapes the filters",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_written_at_the_entry_is_traced_and_kills() {
    let filter = Filter::only(number(GETPID), Action::Trace(7))
        .when(number(SYS_getuid), Action::KillProcess);
    let traced = calls(&filter, &[call(GETPPID); 2]);
    let script = [Step::call().nr(GETPID), Step::event().nr(SYS_getuid)];
    let (sights, end) = traced.play(Resume::Syscall, &script);
    assert_eq!((sights[1].image.call(), sights[1].message), (GETPID, 7));
    assert_eq!(
        (end, traced.returned(0)),
        (Stop::Ended(WaitStatus::KilledBy(SIGSYS)), Returned::NotReturned)
    );
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_ENTRY_STOP_CHANGES,
    catches = "seccomp_data with the argument from before the entry stop, or less than its 64 bits",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn an_argument_written_at_the_entry_meets_the_filter(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let denied = number(GETPPID).and(argument(index as u32, WRITTEN));
    let traced = calls(&Filter::only(denied, Action::Errno(9)), &[call(GETPPID); 2]);
    let reg = ARGUMENTS[index];
    // The second step passes the exit stop of the first call; the third is the second call's entry
    // stop.
    let script = [entry().set(reg, WRITTEN), entry(), Step::call().set(reg, WRITTEN + 1)];
    let (_, end) = traced.play(Resume::Syscall, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::Value(-9), Returned::TracerPid]));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_ENTRY_STOP_CHANGES,
    catches = "arguments read before the entry stop, so that a written one is not the call's",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn an_argument_written_at_the_entry_is_the_calls(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    let Mapping { right, wrong } = Mapping::new().set_up("a sealed file can be made");
    let mut args = right;
    args[index] = wrong[index].0;
    let bad = call_args(Mapping::NUMBER, args);
    let traced = Traced::start_after(0, Gadget::syscall(), || (), &[bad, bad]);
    let script = [Step::call().set(ARGUMENTS[index], right[index] as u64)];
    let (_, end) = traced.play(Resume::Syscall, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!(answers, [right[0] as i64, wrong[index].1].map(Returned::Value));
    assert_eq!(end, EXITED_0);
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_ENTRY_STOP_CHANGES, SECCOMP_TRACE_SKIP, SECCOMP_TRACE_SKIP_RESULT],
    catches = "a call skipped at entry whose old number meets the filter, or whose result is lost",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_call_skipped_at_its_entry_makes_no_event(
    #[values(
        SECCOMP_RET_TRACE(7),
        SECCOMP_RET_ERRNO(9),
        SECCOMP_RET_KILL_PROCESS,
        SECCOMP_RET_ALLOW
    )]
    action: Action,
    #[values(-1, 0xffff_ffff, GARBAGE | 0xffff_ffff)] nr: i64,
) {
    let deed = ObservableCall::umask();
    let filter = Filter::only(number(deed.nr), action);
    let traced = calls(&filter, &[call_args(deed.nr, deed.args); 2]);
    let script = [entry().nr(nr).rax(42), entry(), Step::call().nr(nr)];
    let (sights, end) = traced.play(Resume::Syscall, &script);
    assert_eq!(sights[1].summary(), (CALL, nr, Returned::Value(42)));
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::Value(42), Returned::ENOSYS]));
}

#[rstest]
#[case::errno(Action::Errno(9), vec![], Returned::Value(-9))]
#[case::trap(Action::Trap(9), vec![Step::at(Stop::Signal(SIGSYS))], Returned::Value(-1))]
#[case::trace(Action::Trace(9), vec![Step::event()], Returned::Value(42))]
#[case::trace_and_write(Action::Trace(9), vec![Step::event().rax(43)], Returned::Value(43))]
#[case::trace_and_change(Action::Trace(9), vec![Step::event().nr(GETPID)], Returned::OwnPid)]
#[harness::test(
    clause = SECCOMP_TRACE_ENTRY_STOP_CHANGES,
    catches = "filters not run on a number -1 that the tracer wrote at the entry stop",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_call_skipped_at_its_entry_meets_the_filters_as_minus_one(
    #[case] action: Action,
    #[case] then: Vec<Step>,
    #[case] answer: Returned,
) {
    sigsys::handle();
    let traced = calls(&Filter::only(number(-1), action), &[call(GETPPID)]);
    let script = [vec![Step::call().nr(-1).rax(42)], then].concat();
    let (_, end) = traced.play(Resume::Syscall, &script);
    assert_eq!((end, traced.returned(0)), (EXITED_0, answer));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_ENTRY_STOP_CHANGES,
    catches = "a result written at exit that is lost or truncated, or a number there that is executed",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_result_written_at_the_exit_is_the_result(
    #[values(0, 42, -1, -ENOSYS, i64::MIN, 0x1234_5678_9abc_def0, 0x8000_0000)] result: i64,
    #[values(GETPPID, GETPID)] nr: i64,
    #[values(false, true)] number_changed: bool,
) {
    // getppid has a seccomp event between entry and exit; getpid has none.
    let traced = calls(&traces(), &[call(nr)]);
    let mut exit = Step::call().rax(result);
    if number_changed {
        exit = exit.nr(sys::uapi::SYS_fork);
    }
    let mut script = vec![entry(), exit];
    if nr == GETPPID {
        script.insert(1, Step::event().then(Resume::Syscall));
    }
    let (_, end) = traced.play(Resume::Syscall, &script);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(result)));
}

#[rstest]
#[case::skipped(Action::Trace(7), vec![Step::event().nr(-1).rax(42).then(Resume::Syscall)], 42)]
#[case::failed(Action::Errno(9), vec![], -9)]
#[case::without_the_event(Action::Trap(9), vec![], GETPPID)]
#[harness::test(
    clause = SECCOMP_TRACE_ENTRY_STOP_CHANGES,
    catches = "an exit stop missing, or with -ENOSYS still in RAX, after a skip, an ERRNO or a TRAP",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_call_that_was_not_made_has_an_exit_too(
    #[case] action: Action,
    #[case] between: Vec<Step>,
    #[case] shown: i64,
) {
    sigsys::handle();
    let traced = calls(&Filter::only(number(GETPPID), action), &[call(GETPPID)]);
    let exit = 1 + between.len();
    let mut script = [vec![entry()], between, vec![Step::call().rax(77)]].concat();
    if let Action::Trap(_) = action {
        script.push(Step::at(Stop::Signal(SIGSYS)));
    }
    let (sights, end) = traced.play(Resume::Syscall, &script);
    assert_eq!(sights[exit].rax(), shown);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(77)));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_ENTRY_STOP_CHANGES,
    catches = "a register other than RAX written at the exit stop that does not reach the caller",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_register_written_at_the_exit_is_in_force() {
    for reg in Reg::VALUES {
        let traced = calls(&traces(), &[call(GETPID)]);
        let script = [entry(), Step::call().set(reg, WRITTEN)];
        let (_, end) = traced.play(Resume::Syscall, &script);
        let after = traced.results.registers(0).expect("the call returned");
        assert_eq!((end, after[reg]), (EXITED_0, WRITTEN), "{reg:?}");
    }
}

#[rstest]
#[case::made(Step::event(), GETPPID, Returned::TracerPid)]
#[case::skipped(Step::event().nr(-1).rax(42), -1, Returned::Value(42))]
#[case::changed(Step::event().nr(GETPID), GETPID, Returned::OwnPid)]
#[harness::test(
    clause = [SECCOMP_TRACE_NO_ENTRY_STOP_NEEDED, SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS],
    catches = "a single-step trap lost at the event, or reported past the next instruction",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn stepping_over_a_traced_call_traps_after_it(
    #[case] step: Step,
    #[case] nr: i64,
    #[case] answer: Returned,
) {
    let traced = caller(&traces());
    let script = [step.then(Resume::SingleStep), Step::at(Stop::Signal(SIGTRAP)).with_signal(0)];
    let (sights, end) = traced.play(Resume::Continue, &script);
    assert_eq!(sights[1].summary(), (Stop::Signal(SIGTRAP), nr, answer));
    assert_eq!(traced.gadget.place(sights[1].image.reg(Reg::Rip)), Place::AFTER);
    assert_eq!((end, traced.returned(0)), (EXITED_0, answer));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SYSEMU,
    catches = "filters run for a PTRACE_SYSEMU call, or a result written at its stop that is lost",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn an_emulated_call_meets_no_filter(
    #[values(
        SECCOMP_RET_TRACE(7),
        SECCOMP_RET_ERRNO(9),
        SECCOMP_RET_TRAP(9),
        SECCOMP_RET_KILL_PROCESS
    )]
    action: Action,
    #[values(None, Some(42))] result: Option<i64>,
) {
    let deed = ObservableCall::write();
    let filter = Filter::only(number(deed.nr), action);
    let traced = Traced::start(
        PTRACE_O_TRACESECCOMP,
        Gadget::syscall(),
        &filter,
        &[call_args(deed.nr, deed.args)],
    );
    let stop = traced.tracee.next(Resume::Sysemu, 0);
    assert_eq!(stop, CALL);
    let mut image = traced.tracee.registers();
    assert_eq!((image.call(), image.reg(Reg::Rax) as i64), (deed.nr, -ENOSYS));
    if let Some(result) = result {
        image.set(Reg::Rax, result as u64);
        traced.tracee.set_registers(&image);
    }
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), Returned::Value(result.unwrap_or(-ENOSYS)));
    assert!(!deed.took_effect(), "the write was made");
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SYSEMU,
    catches = "filters run for PTRACE_SYSEMU_SINGLESTEP, or no trap after the instruction",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn an_emulated_call_that_is_stepped_over_meets_no_filter(
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

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SYSEMU,
    catches = "a PTRACE_SYSEMU call with an exit stop, or executed when the tracer changes its number",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn an_emulated_call_has_one_stop() {
    let filter =
        Filter::only(number(sys::uapi::SYS_kill), Action::Allow).when(any(), Action::Trace(7));
    let traced = calls(&filter, &[call(GETPPID), call(GETPID), call(GETPPID)]);
    let emulated = || Step::call().then(Resume::Sysemu);
    let script = [
        emulated().rax(41),
        emulated(),
        emulated().nr(GETPID).rax(43),
        Step::call().then(Resume::Sysemu),
    ];
    let (sights, _) = traced.play(Resume::Sysemu, &script);
    let numbers: Vec<_> = sights.iter().map(|sight| (sight.image.call(), sight.rax())).collect();
    let called = [GETPPID, GETPID, GETPPID, 60].map(|nr| (nr, -ENOSYS));
    assert_eq!(numbers, called);
    let answers = [0, 1, 2].map(|i| traced.returned(i));
    assert_eq!(answers, [Returned::Value(41), Returned::ENOSYS, Returned::Value(43)]);
}
