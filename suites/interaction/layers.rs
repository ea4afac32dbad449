//! Dispatch before ptrace before seccomp: each layer sees what the layer before let through, and leaves
//! the others as they were.

use crate::assertions::play;
use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget, UNASSIGNED};
use fixtures::dispatch::{ALLOW, BLOCK};
use fixtures::filter::uapi::{
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_LOG, SECCOMP_RET_USER_NOTIF,
    Unknown,
};
use fixtures::filter::{Action, Filter, instruction_pointer, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INT80, PTRACE, SECCOMP_FILTER};
use fixtures::script::{Returned, SharedResults, Step};
use fixtures::tracee::{self, Resume, Stop, SyscallStop, Tracee};
use fixtures::{Entry, Log, Reg, WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PTRACE_EVENT_SECCOMP as EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSTOP, SIGSYS,
    SYS_exit, SYS_getpid, SYS_rt_sigreturn,
};

/// Unassigned numbers, each with its own filter action.
pub(super) const TRACED: i64 = UNASSIGNED - 1;
const TRAPPED: i64 = UNASSIGNED - 2;
const FAILED: i64 = UNASSIGNED - 3;

const EVENT: Stop = Stop::Event(EVENT_SECCOMP);
const EXITED_0: Stop = Stop::Ended(WaitStatus::Exited(0));

pub(super) fn actions() -> Filter {
    Filter::only(number(TRACED), Action::Trace(7))
        .when(number(TRAPPED), Action::Trap(9))
        .when(number(FAILED), Action::Errno(9))
}

/// A tracee that armed dispatch for this gadget, loaded a filter and stopped; it goes on with `body`.
pub(super) fn armed(
    gadget: Gadget,
    filter: &Filter,
    body: impl FnOnce(&DispatchedGadget) -> i32,
) -> (Tracee, Log) {
    let log = sigsys::handle();
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        let scene = DispatchedGadget::with(gadget, log);
        filter.load();
        tracee::stop_oneself();
        body(&scene)
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    (tracee, log)
}

/// Whatever the number, the filter would end the process for a call of this instruction.
#[rstest]
#[harness::test(
    clause = DISPATCH_ORDER_BEFORE_SECCOMP,
    catches = "a kernel that runs filters before dispatch",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn no_number_of_a_dispatched_call_reaches_a_filter(
    #[values(
        SECCOMP_RET_KILL_PROCESS,
        SECCOMP_RET_KILL_THREAD,
        Unknown(0x7ffe_0000),
        SECCOMP_RET_USER_NOTIF,
        SECCOMP_RET_LOG
    )]
    action: Action,
) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    Filter::only(instruction_pointer(scene.gadget.after()), action).load();
    for nr in [0, SYS_getpid, SYS_exit, 231, UNASSIGNED, 0x4000_0027, 0x7fff_ffff] {
        scene.log.clear();
        assert_eq!((scene.call(nr), scene.log.count()), (nr, 1));
    }
}

/// The handler allows calls and goes back to the instruction: the call is dispatched, then shown to
/// the tracer, then to the filter.
#[harness::test(
    clause = [
        DISPATCH_ORDER_NO_TRACE_EVENT,
        DISPATCH_TRACING_NO_SYSCALL_STOPS,
        DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
        DISPATCH_RESULT_RETRIED,
    ],
    catches = "a kernel that shows a call to ptrace or to filters before dispatch has let it through",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn a_retried_call_meets_one_layer_after_another() {
    let gadget = Gadget::syscall();
    let (tracee, log) = armed(gadget, &actions(), |scene| {
        scene.log.on_entry(scene.armed.selector().byte(), ALLOW);
        scene.log.move_rip(-(Entry::LENGTH as i64));
        scene.log.times(1);
        scene.call(TRACED);
        0
    });
    let expected = [
        SyscallStop::Signal(SIGSYS),
        SyscallStop::Entry(SYS_rt_sigreturn),
        SyscallStop::Exit(TRACED),
        SyscallStop::Entry(TRACED),
        SyscallStop::Event(EVENT_SECCOMP),
        SyscallStop::Exit(-ENOSYS),
        SyscallStop::Entry(SYS_exit),
        SyscallStop::Ended(WaitStatus::Exited(0)),
    ];
    assert_eq!(tracee.trace(Resume::Syscall), expected);
    assert_eq!(log.count(), 1);
}

/// The stops of one call, by its letter: dispatched, traced, trapped, failed by the filter, or plain.
fn stops(call: u8) -> Vec<SyscallStop> {
    let handled = |nr| {
        [SyscallStop::Signal(SIGSYS), SyscallStop::Entry(SYS_rt_sigreturn), SyscallStop::Exit(nr)]
    };
    match call {
        b'd' => handled(UNASSIGNED).to_vec(),
        b't' => vec![
            SyscallStop::Entry(TRACED),
            SyscallStop::Event(EVENT_SECCOMP),
            SyscallStop::Exit(-ENOSYS),
        ],
        b'x' => [&[SyscallStop::Entry(TRAPPED), SyscallStop::Exit(TRAPPED)][..], &handled(TRAPPED)]
            .concat(),
        b'e' => vec![SyscallStop::Entry(FAILED), SyscallStop::Exit(-9)],
        _ => vec![SyscallStop::Entry(UNASSIGNED), SyscallStop::Exit(-ENOSYS)],
    }
}

fn make(scene: &DispatchedGadget, call: u8) {
    match call {
        b'd' => scene.call(UNASSIGNED),
        b't' => scene.gadget.call(TRACED),
        b'x' => scene.gadget.call(TRAPPED),
        b'e' => scene.gadget.call(FAILED),
        _ => scene.gadget.call(UNASSIGNED),
    };
}

/// Every kind of call after every other.
#[rstest]
#[harness::test(
    clause = [
        DISPATCH_TRACING_EXIT_STOP,
        DISPATCH_TRACING_NO_SYSCALL_STOPS,
        DISPATCH_ORDER_NO_TRACE_EVENT,
        DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
    ],
    catches = "a kernel whose mark of a dispatched, trapped or failed call changes the stops of the next call",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn every_call_has_its_own_stops(
    #[values("dtdxdedpd", "ttxxeepp", "txetpx", "xdxpxt", "edtepd", "pxtdd")] calls: &'static str,
) {
    own_stops(calls, Entry::Syscall);
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_TRACING_EXIT_STOP, DISPATCH_ORDER_NO_TRACE_EVENT],
    catches = "a kernel whose int 0x80 path does not clear the mark of a dispatched call",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE, INT80],
)]
fn every_32_bit_call_has_its_own_stops(#[values("dtdxdedpd", "xdxpxt")] calls: &'static str) {
    own_stops(calls, Entry::Int80);
}

fn own_stops(calls: &'static str, entry: Entry) {
    let (tracee, log) = armed(Gadget::new(entry), &actions(), |scene| {
        calls.bytes().for_each(|call| make(scene, call));
        0
    });
    let mut expected: Vec<SyscallStop> = calls.bytes().flat_map(stops).collect();
    expected.extend([SyscallStop::Entry(SYS_exit), SyscallStop::Ended(WaitStatus::Exited(0))]);
    assert_eq!(tracee.trace(Resume::Syscall), expected);
    let signals = calls.bytes().filter(|call| b"dx".contains(call)).count();
    assert_eq!(log.count(), signals as u64);
}

#[rstest]
#[harness::test(
    clause = DISPATCH_ORDER_NO_TRACE_EVENT,
    catches = "a kernel that makes an event of a dispatched call, or a call stop for a tracer of events alone",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn a_tracer_of_events_sees_the_calls_that_are_let_through(
    #[values("dtd", "tdt", "xtd")] calls: &'static str,
) {
    let (tracee, _) = armed(Gadget::syscall(), &actions(), |scene| {
        calls.bytes().for_each(|call| make(scene, call));
        0
    });
    let mut expected: Vec<SyscallStop> = calls
        .bytes()
        .map(|call| {
            if call == b't' {
                SyscallStop::Event(EVENT_SECCOMP)
            } else {
                SyscallStop::Signal(SIGSYS)
            }
        })
        .collect();
    expected.push(SyscallStop::Ended(WaitStatus::Exited(0)));
    assert_eq!(tracee.trace(Resume::Continue), expected);
}

/// A call that dispatch let through can be skipped, changed and denied as on any thread.
#[rstest]
#[case::skipped(Step::event().nr(-1).rax(42), Returned::Value(42))]
#[case::left_alone(Step::event(), Returned::Value(-ENOSYS))]
#[case::changed(Step::event().nr(SYS_getpid).rax(42), Returned::OwnPid)]
#[case::changed_to_a_denied_one(Step::event().nr(FAILED), Returned::Value(-9))]
#[harness::test(
    clause = [DISPATCH_ORDER_NO_TRACE_EVENT, DISPATCH_ORDER_SECCOMP_STILL_APPLIES],
    catches = "a kernel that ignores what a tracer writes to a call of an armed thread",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn an_armed_threads_call_is_traced_like_any(
    #[case] step: Step,
    #[case] answer: Returned,
    #[values(false, true)] exempt: bool,
) {
    let (gadget, notes) = (Gadget::syscall(), SharedResults::new());
    let elsewhere = Gadget::syscall();
    let (tracee, _) = armed(gadget, &actions(), |scene| {
        let result = if exempt {
            scene.armed.blocked(|| elsewhere.call(TRACED))
        } else {
            scene.gadget.call(TRACED)
        };
        notes.add_value(result);
        // And dispatch is as it was.
        scene.outcome().exit_status()
    });
    let script = [step, Step::at(Stop::Signal(SIGSYS))];
    let (_, end) = play(&tracee, Resume::Continue, &script);
    assert_eq!(end, Stop::Ended(WaitStatus::Exited(CallOutcome::Dispatched.exit_status())));
    assert_eq!(notes.returned(0, tracee.pid), answer);
}

/// The selector begins to block while the call stands at its stop.
#[rstest]
#[harness::test(
    clause = [DISPATCH_ORDER_BEFORE_SECCOMP, DISPATCH_ORDER_SECCOMP_STILL_APPLIES],
    catches = "a kernel that decides about dispatch again after a tracer has changed the call",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn a_changed_call_is_not_dispatched_any_more(
    #[values(Stop::Event(EVENT_SECCOMP), Stop::Syscall)] at: Stop,
) {
    let (gadget, notes) = (Gadget::syscall(), SharedResults::new());
    let log = sigsys::handle();
    let selector = fixtures::selector::Selector::ordinary();
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        let armed = fixtures::dispatch::arm_with(gadget.everything_else(), selector);
        actions().load();
        tracee::stop_oneself();
        notes.add_value(gadget.call(TRACED));
        armed.keep();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    let how = if at == EVENT { Resume::Continue } else { Resume::Syscall };
    assert_eq!(tracee.next(how, 0), at);
    selector.store(BLOCK);
    let mut image = tracee.registers();
    image.set_orig_rax(SYS_getpid);
    tracee.set_registers(&image);
    assert_eq!(tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!((notes.returned(0, tracee.pid), log.count()), (Returned::OwnPid, 0));
}

#[harness::test(
    clause = [DISPATCH_ORDER_NO_TRACE_EVENT, DISPATCH_ORDER_BEFORE_SECCOMP],
    catches = "a kernel whose skip of a traced call reaches the dispatched call that follows",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn a_dispatched_call_shows_nothing_of_the_traced_one_before() {
    let notes = SharedResults::new();
    let (tracee, log) = armed(Gadget::syscall(), &actions(), |scene| {
        notes.add_value(scene.gadget.call(TRACED));
        notes.add_value(scene.call(TRACED));
        notes.add_value(scene.gadget.call(SYS_getpid));
        0
    });
    let script = [Step::event().nr(-1).rax(42), Step::at(Stop::Signal(SIGSYS))];
    let (stops, end) = play(&tracee, Resume::Continue, &script);
    assert_eq!((stops[1].image.call(), stops[1].rax()), (TRACED, TRACED));
    let answers = [0, 1, 2].map(|i| notes.returned(i, tracee.pid));
    assert_eq!(answers, [Returned::Value(42), Returned::Value(TRACED), Returned::OwnPid]);
    assert_eq!((end, log.count()), (EXITED_0, 1));
    let caught = log.delivery(0).expect("the handler wrote it down");
    let fields = (caught.code(), caught.errno(), i64::from(caught.syscall()));
    assert_eq!(fields, (2, 0, TRACED));
    assert_eq!(caught.reg(Reg::Rax) as i64, TRACED);
}

/// The signal's stop for a dispatched call, the entry stop for another, and no event.
#[rstest]
#[case::blocked(BLOCK, Stop::Signal(SIGSYS))]
#[case::allowed(ALLOW, Stop::Syscall)]
#[harness::test(
    clause = [DISPATCH_TRACING_NO_SYSCALL_STOPS, DISPATCH_ORDER_NO_TRACE_EVENT],
    catches = "a kernel that reports a PTRACE_SYSEMU stop for a dispatched call",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn an_emulating_tracer_sees_the_same_order(#[case] byte: u8, #[case] expected: Stop) {
    let (tracee, log) = armed(Gadget::syscall(), &actions(), move |scene| {
        let result = scene.armed.selected(byte, || scene.gadget.call(TRACED));
        i32::from(result != if byte == BLOCK { TRACED } else { -ENOSYS })
    });
    assert_eq!(tracee.next(Resume::Sysemu, 0), expected);
    let signal = if byte == BLOCK { SIGSYS } else { 0 };
    assert_eq!(tracee.next(Resume::Continue, signal), EXITED_0);
    assert_eq!(log.count(), u64::from(byte == BLOCK));
}
