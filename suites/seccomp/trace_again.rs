//! The filters run again on a traced call, in the state in which the tracer left it.

use super::traced::*;
use crate::assertions::{Play, play};
use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::fatal::OUTLIVED;
use fixtures::filter::uapi::{
    SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
    SECCOMP_RET_LOG, SECCOMP_RET_TRACE, SECCOMP_RET_TRAP, Unknown,
};
use fixtures::filter::{Action, Filter, argument, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::listener::Listener;
use fixtures::needs::{PTRACE, SECCOMP_FILTER, USER_NOTIF};
use fixtures::observable_call::ObservableCall;
use fixtures::script::{Returned, SharedResults, Step, Traced, call, call_args};
use fixtures::thread::Steps;
use fixtures::tracee::uapi::{PTRACE_CONT, PTRACE_SYSCALL};
use fixtures::tracee::{self, Resume, Stop, Tracee};
use fixtures::{Entry, Reg, WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::{
    PTRACE_EVENT_SECCOMP, PTRACE_O_EXITKILL, PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESYSGOOD, SIGSTOP,
    SIGSYS, SYS_SECCOMP, SYS_getgid, SYS_getpid, SYS_getppid, SYS_getuid,
};

const KILLED: Stop = Stop::Ended(WaitStatus::KilledBy(SIGSYS));

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_NO_RECHECK, SECCOMP_TRACE_PTRACERS_ESCAPE],
    catches = "filters run again on the number the tracer wrote, where the documentation of 2012 lets it \
        escape",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_tracer_escapes_the_filters() {
    let traced = caller(&traces_and(SYS_getpid, Action::Errno(9)));
    traced.play(Resume::Continue, &[Step::event().nr(SYS_getpid)]);
    assert_eq!(traced.returned(0), Returned::OwnPid);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "the error of the second run lost, or replaced by the result that the tracer wrote",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_that_fails_fails(
    #[values(0, 1, 38, 133, 4095)] error: u16,
    #[values(None, Some(42))] result: Option<i64>,
) {
    let deed = ObservableCall::dup2();
    let filter = traces_and(deed.nr, Action::Errno(error));
    let traced = calls(&filter, &[call_args(SYS_getppid, deed.args)]);
    let mut step = Step::event().nr(deed.nr);
    if let Some(result) = result {
        step = step.rax(result);
    }
    let (_, end) = traced.play(Resume::Continue, &[step]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(-i64::from(error))));
}

#[rstest]
#[case::plain(SYS_getpid)]
#[case::garbage_above(0x5a5a_5a5a_0000_0000 | SYS_getpid)]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "a SIGSYS of the second run with the first number or data, or registers other than those \
        at entry",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_that_is_trapped_is_trapped(#[case] nr: i64) {
    let log = sigsys::handle();
    let traced = caller(&traces_and(SYS_getpid, Action::Trap(0x8009)));
    let script = [Step::event().nr(nr).rax(42), Step::at(Stop::Signal(SIGSYS))];
    let (sights, end) = traced.play(Resume::Continue, &script);
    assert_eq!((sights[1].image.call(), sights[1].rax()), (nr, nr));
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(nr)));
    assert_eq!(log.count(), 1);
    let caught = log.delivery(0).expect("the handler recorded the signal");
    assert_eq!((caught.signo(), caught.errno(), caught.code()), (SIGSYS, 0x8009, SYS_SECCOMP));
    assert_eq!(i64::from(caught.syscall()), SYS_getpid);
    assert_eq!(caught.arch(), Entry::Syscall.audit_arch());
    let places = [caught.call_addr(), caught.reg(Reg::Rip)].map(|at| traced.gadget.place(at));
    assert_eq!(places, [Place::AFTER; 2]);
    assert_eq!(caught.reg(Reg::Rax) as i64, nr);
    assert_eq!(caught.reg(Reg::Rdi), call(SYS_getppid)[Reg::Rdi]);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "a call executed although the second run of the filters fails, traps or kills it",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn what_is_denied_the_second_time_is_not_made(
    #[values(
        SECCOMP_RET_ERRNO(9),
        SECCOMP_RET_TRAP(9),
        SECCOMP_RET_KILL_THREAD,
        SECCOMP_RET_KILL_PROCESS
    )]
    action: Action,
) {
    sigsys::handle();
    let deed = ObservableCall::write();
    let traced = calls(&traces_and(deed.nr, action), &[call_args(SYS_getppid, deed.args)]);
    let tracee = &traced.tracee;
    play(tracee, Resume::Continue, &[Step::event().nr(deed.nr)]);
    assert!(!deed.took_effect(), "the write was made");
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "ALLOW, LOG or TRACE on the second run that skips the call or makes a second event",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn what_is_allowed_the_second_time_is_made(
    #[values(SECCOMP_RET_ALLOW, SECCOMP_RET_LOG, SECCOMP_RET_TRACE(9), SECCOMP_RET_TRACE(0))]
    action: Action,
) {
    let deed = ObservableCall::write();
    let traced = calls(&traces_and(deed.nr, action), &[call_args(SYS_getppid, deed.args); 2]);
    let script = [Step::event().nr(deed.nr).rax(42), Step::event()];
    let (sights, end) = traced.play(Resume::Continue, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::Value(5), Returned::TracerPid]));
    assert!(deed.took_effect(), "the write was not made");
    assert_eq!(sights.iter().map(|sight| sight.message).collect::<Vec<_>>(), [7, 7]);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "an unchanged call that loops, with a new event each time the filters run again",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_call_is_told_once(#[values(PTRACE_CONT, PTRACE_SYSCALL)] how: Resume) {
    let traced = caller(&traces());
    let script = match how {
        Resume::Continue => vec![Step::event()],
        _ => [Step::call(), Step::event(), Step::call(), Step::call()]
            .map(|step| step.then(Resume::Syscall))
            .to_vec(),
    };
    let (_, end) = traced.play(how, &script);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::TracerPid));
}

/// The control is `a_number_that_is_trapped_is_trapped`, whose handler runs.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "a kill or an unknown action on the second run that fails the call, or that runs a SIGSYS \
        handler",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_that_kills_kills(
    #[values(SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS, Unknown(0x7ffe_0000))]
    action: Action,
) {
    let log = sigsys::handle();
    let traced = caller(&traces_and(SYS_getpid, action));
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(SYS_getpid).rax(42)]);
    assert_eq!((end, log.count(), traced.returned(0)), (KILLED, 0, Returned::NotReturned));
}

#[rstest]
#[case::thread(Action::KillThread, WaitStatus::Exited(OUTLIVED))]
#[case::process(Action::KillProcess, WaitStatus::KilledBy(SIGSYS))]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "RET_KILL_THREAD on the second run that ends the process, or KILL_PROCESS that ends the \
        thread alone",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_that_kills_kills_the_thread_or_all(
    #[case] action: Action,
    #[case] expected: WaitStatus,
) {
    let (gadget, tid, seen) = (Gadget::syscall(), Steps::new(), Steps::new());
    let process = child::start(Flavour::Fork, || {
        traces_and(SYS_getgid, action).load();
        let thread = child::start(Flavour::CloneThread, || {
            tracee::ask_for_tracer();
            tid.reach(child::own_tid() as u32);
            child::send_thread(SIGSTOP);
            gadget.call(SYS_getppid);
            0
        });
        thread.end();
        // If the process exited earlier, the thread would report the process's status.
        seen.wait_for(1);
        OUTLIVED
    });
    tid.wait_for(1);
    let thread = Tracee::adopt(tid.now() as i32);
    assert_eq!(thread.wait(), Stop::Signal(SIGSTOP));
    thread.set_options(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP);
    let (_, end) = play(&thread, Resume::Continue, &[Step::event().nr(SYS_getgid)]);
    seen.reach(1);
    assert_eq!((end, process.end()), (KILLED, expected));
}

#[rstest]
#[case::errno(Action::Errno(9), Returned::Value(-9), EXITED_0)]
#[case::allow(Action::Allow, Returned::TracerPid, EXITED_0)]
#[case::trace(Action::Trace(9), Returned::TracerPid, EXITED_0)]
#[case::kill(Action::KillProcess, Returned::NotReturned, KILLED)]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "a second run skipped because the tracer left the number unchanged",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn an_argument_decides_the_second_time(
    #[case] action: Action,
    #[case] answer: Returned,
    #[case] end: Stop,
) {
    const WRITTEN: u64 = 0x7e57_0000_1234_8765;
    let denied = number(SYS_getppid).and(argument(1, WRITTEN));
    let filter = Filter::only(denied, action).when(number(SYS_getppid), Action::Trace(7));
    let traced = caller(&filter);
    let (_, stop) = traced.play(Resume::Continue, &[Step::event().set(Reg::Rsi, WRITTEN)]);
    assert_eq!((stop, traced.returned(0)), (end, answer));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "a second run of only the filter that traced the call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn every_filter_looks_again(#[values(false, true)] tracing_first: bool) {
    let denies = Filter::only(number(SYS_getpid), Action::Errno(9));
    let arrange = || {
        let order = if tracing_first { [traces(), denies] } else { [denies, traces()] };
        order.iter().for_each(Filter::load);
    };
    let gadget = Gadget::syscall();
    let traced = Traced::start_after(PTRACE_O_TRACESECCOMP, gadget, arrange, &[call(SYS_getppid)]);
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(SYS_getpid)]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(-9)));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_HIDDEN_BY_PRECEDENCE,
    catches = "a seccomp event although another filter returns ERRNO, TRAP or KILL_PROCESS",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_stronger_action_hides_the_event(
    #[values(SECCOMP_RET_ERRNO(9), SECCOMP_RET_TRAP(9), SECCOMP_RET_KILL_PROCESS)] action: Action,
    #[values(false, true)] tracing_first: bool,
) {
    let arrange = || {
        let stronger = Filter::only(number(SYS_getppid), action);
        let order = if tracing_first { [traces(), stronger] } else { [stronger, traces()] };
        order.iter().for_each(Filter::load);
    };
    let gadget = Gadget::syscall();
    let traced = Traced::start_after(PTRACE_O_TRACESECCOMP, gadget, arrange, &[call(SYS_getppid)]);
    let (_, stop) = traced.play(Resume::Continue, &[]);
    let expected = match action {
        Action::Errno(_) => EXITED_0,
        Action::Trap(_) => Stop::Signal(SIGSYS),
        _ => KILLED,
    };
    assert_eq!(stop, expected);
}

#[rstest]
#[case::allow(Action::Allow, 7, 7)]
#[case::log(Action::Log, 7, 7)]
#[case::trace(Action::Trace(0xffff), 7, 0xffff)]
#[harness::test(
    clause = [SECCOMP_TRACE_HIDDEN_BY_PRECEDENCE, SECCOMP_TRACE_EVENT_MESSAGE],
    catches = "a newer ALLOW or LOG that hides the event, or an event message from the older of two \
        tracing filters",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_weaker_action_does_not_hide_the_event(
    #[case] action: Action,
    #[case] traced_last: u64,
    #[case] traced_first: u64,
) {
    let messages = [false, true].map(|tracing_first| {
        let arrange = || {
            let other = Filter::only(number(SYS_getppid), action);
            let order = if tracing_first { [traces(), other] } else { [other, traces()] };
            order.iter().for_each(Filter::load);
        };
        let gadget = Gadget::syscall();
        let traced =
            Traced::start_after(PTRACE_O_TRACESECCOMP, gadget, arrange, &[call(SYS_getppid)]);
        let (sights, end) = traced.play(Resume::Continue, &[Step::event().nr(-1).rax(42)]);
        assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(42)));
        sights[0].message
    });
    assert_eq!(messages, [traced_last, traced_first]);
}

/// The tracer is also the supervisor and has the filter itself, but never makes the calls it names.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "USER_NOTIF on the second run that sends no notification, or sends the number from before \
        the event",
    needs = [SECCOMP_FILTER, PTRACE, USER_NOTIF],
)]
fn a_number_that_is_told_a_listener_is_told(#[values(false, true)] continued: bool) {
    const ARGUMENT: u64 = 0x7e57_0000_1234_8765;
    let filter = Filter::only(number(SYS_getgid), Action::Trace(7))
        .when(number(SYS_getuid), Action::UserNotif);
    let listener = Listener::of(&filter);
    let gadget = Gadget::syscall();
    let native = getuid_of_a_child(&gadget, &listener);
    let traced = Traced::start_after(PTRACE_O_TRACESECCOMP, gadget, || (), &[call(SYS_getgid)]);
    let tracee = &traced.tracee;
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let mut image = tracee.registers();
    image.set_orig_rax(SYS_getuid);
    image.set(Reg::Rax, 42);
    image.set(Reg::Rdi, ARGUMENT);
    tracee.set_registers(&image);
    tracee.resume(0);
    let told = listener.receive();
    let told = told.unwrap_or_else(|errno| panic!("no notification arrives: {errno:?}"));
    assert_eq!((i64::from(told.nr), told.args[0]), (SYS_getuid, ARGUMENT));
    assert!(told.pid as i32 == tracee.pid, "the notification names another caller");
    assert_eq!(gadget.place(told.instruction_pointer), Place::AFTER);
    let response = if continued { told.continues() } else { told.returns(0x1234_5678) };
    assert_eq!(listener.answer(response), Ok(()));
    assert_eq!(tracee.wait(), EXITED_0);
    let expected = if continued { native } else { 0x1234_5678 };
    assert_eq!(traced.returned(0), Returned::Value(expected));
}

/// The result of getuid when the supervisor continues the call.
fn getuid_of_a_child(gadget: &Gadget, listener: &Listener) -> i64 {
    let notes = SharedResults::new();
    let child = child::start(Flavour::Fork, || {
        notes.add_value(gadget.call(SYS_getuid));
        0
    });
    let told = listener.receive().expect("a child's call is notified");
    listener.answer(told.continues()).expect("the listener can answer");
    child.end();
    notes.registers(0).map_or(i64::MIN, |after| after[Reg::Rax] as i64)
}
