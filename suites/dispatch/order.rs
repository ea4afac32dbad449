//! Dispatch comes before a tracer and before seccomp, and none of the three disturbs another.

use crate::clauses::*;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, UNASSIGNED, from_exit_status};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, ALLOW, Args, BLOCK, Region};
use fixtures::filter::uapi::{
    SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRACE, SECCOMP_RET_TRAP,
};
use fixtures::filter::{self, Action};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{DISPATCH, INT80, PTRACE, SECCOMP_FILTER, UNFILTERED};
use fixtures::selector::Selector;
use fixtures::tracee::{self, Resume, Stop, SyscallStop, Tracee};
use fixtures::{Entry, Errno, WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGKILL, SIGSYS, SYS_SECCOMP,
    SYS_USER_DISPATCH, SYS_exit, SYS_prctl,
};

const NR: u32 = UNASSIGNED as u32;

/// The filter is loaded before the prctl or after it.
#[rstest]
#[harness::test(
    clause = DISPATCH_ORDER_BEFORE_SECCOMP,
    catches = "seccomp filters that run before dispatch, so that their action meets a dispatched \
        call",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn no_action_meets_a_dispatched_call(
    #[values(
        SECCOMP_RET_KILL_PROCESS,
        SECCOMP_RET_TRAP(5),
        SECCOMP_RET_ERRNO(5),
        SECCOMP_RET_TRACE(5)
    )]
    action: Action,
    #[values(false, true)] armed_first: bool,
) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let scene = if armed_first {
        let scene = DispatchedGadget::with(gadget, log);
        filter::load(NR, action);
        scene
    } else {
        filter::load(NR, action);
        DispatchedGadget::with(gadget, log)
    };
    let result = scene.call(UNASSIGNED);
    assert_eq!((result, scene.log.count()), (UNASSIGNED, 1));
    let caught = scene.log.delivery(0).expect("the handler wrote it down");
    assert_eq!((caught.code(), caught.errno()), (SYS_USER_DISPATCH, 0));
    assert_eq!(scene.outcome(), CallOutcome::Dispatched, "the second call");
}

#[rstest]
#[harness::test(
    clause = DISPATCH_ORDER_BEFORE_SECCOMP,
    catches = "an int 0x80 path that runs the filters before dispatch",
    needs = [DISPATCH, SECCOMP_FILTER, INT80],
)]
fn no_action_meets_a_dispatched_32_bit_call(
    #[values(SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRAP(5), SECCOMP_RET_ERRNO(5))] action: Action,
) {
    let scene = DispatchedGadget::new(Entry::Int80);
    filter::load(NR, action);
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}

/// Why dispatch lets the call through; in the last variant, a dispatched call comes before.
#[derive(Clone, Copy, Debug)]
enum Way {
    ByteAllows,
    Exempt,
    Off,
    AfterDispatched,
}

impl Way {
    /// Makes the call so that dispatch lets it through, and gives its gadget and result.
    fn call(self, scene: &DispatchedGadget, exempt: Gadget) -> (Gadget, i64) {
        match self {
            Self::ByteAllows => (scene.gadget, scene.gadget.call(UNASSIGNED)),
            Self::Exempt => (exempt, scene.armed.blocked(|| exempt.call(UNASSIGNED))),
            Self::Off => {
                dispatch::turn_off();
                (scene.gadget, scene.call(UNASSIGNED))
            }
            Self::AfterDispatched => {
                scene.call(UNASSIGNED);
                scene.log.clear();
                (scene.gadget, scene.gadget.call(UNASSIGNED))
            }
        }
    }
}

#[rstest]
#[harness::test(
    clause = DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
    catches = "a call that dispatch lets through and that is made without running the filters",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_filter_fails_what_dispatch_lets_through(
    #[values(Way::ByteAllows, Way::Exempt, Way::Off, Way::AfterDispatched)] way: Way,
    #[values(false, true)] armed_first: bool,
) {
    let (scene, exempt) = filtered(Action::Errno(5), armed_first);
    assert_eq!(way.call(&scene, exempt).1, -5);
    assert_eq!(scene.log.count(), 0);
}

#[rstest]
#[harness::test(
    clause = DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
    catches = "a filter's trap in an armed thread that has dispatch's si_code, or lacks the \
        filter's data",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_filter_traps_what_dispatch_lets_through(
    #[values(Way::ByteAllows, Way::Exempt, Way::Off, Way::AfterDispatched)] way: Way,
    #[values(false, true)] armed_first: bool,
) {
    let (scene, exempt) = filtered(Action::Trap(0x1234), armed_first);
    let (gadget, _) = way.call(&scene, exempt);
    assert_eq!(scene.log.count(), 1);
    let caught = scene.log.delivery(0).expect("the handler wrote it down");
    assert_eq!((caught.code(), caught.errno()), (SYS_SECCOMP, 0x1234));
    assert_eq!(i64::from(caught.syscall()), UNASSIGNED);
    assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
}

#[rstest]
#[harness::test(
    clause = DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
    catches = "a filter's fatal SIGSYS that the handler of an armed thread catches",
    needs = [DISPATCH, SECCOMP_FILTER],
    ends = KilledBy(SIGSYS),
)]
fn a_filter_kills_what_dispatch_lets_through(
    #[values(Way::ByteAllows, Way::Exempt, Way::Off, Way::AfterDispatched)] way: Way,
    #[values(false, true)] armed_first: bool,
) {
    let (scene, exempt) = filtered(Action::KillProcess, armed_first);
    if let Way::AfterDispatched = way {
        assert_eq!(scene.outcome(), CallOutcome::Dispatched);
    }
    harness::expect_death();
    way.call(&scene, exempt);
}

/// A scene, a gadget in its region, and a filter for [`NR`].
fn filtered(action: Action, armed_first: bool) -> (DispatchedGadget, Gadget) {
    let log = sigsys::handle();
    let (gadget, exempt) = (Gadget::syscall(), Gadget::syscall());
    if !armed_first {
        filter::load(NR, action);
    }
    let scene = DispatchedGadget::with(gadget, log);
    if armed_first {
        filter::load(NR, action);
    }
    (scene, exempt)
}

#[rstest]
#[harness::test(
    clause = DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
    catches = "an ON or OFF, first or repeated, or a dispatched call, that suspends the filters \
        loaded before",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_filter_stays_in_force_through_arming_and_disarming() {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    filter::load(NR, Action::Errno(5));
    let before = gadget.call(UNASSIGNED);
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::ordinary());
    let during = gadget.call(UNASSIGNED);
    let dispatched = armed.blocked(|| call_outcome::of_call(&gadget, log));
    let after_dispatched = gadget.call(UNASSIGNED);
    dispatch::arm_with(Region::ALL, Selector::NONE).keep();
    let again = gadget.call(UNASSIGNED);
    dispatch::turn_off();
    let after = gadget.call(UNASSIGNED);
    assert_eq!([before, during, after_dispatched, again, after], [-5; 5]);
    assert_eq!(dispatched, CallOutcome::Dispatched);
}

#[rstest]
#[harness::test(
    clause = DISPATCH_ORDER_BEFORE_SECCOMP,
    catches = "a filter that turns dispatch off or changes it by being loaded",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn loading_a_filter_leaves_dispatch_as_it_was() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let exempt = Gadget::syscall();
    for _ in 0..2 {
        filter::load(NR + 1, Action::Errno(5));
        let outcome = scene.armed.blocked(|| call_outcome::of_call(&exempt, *scene.log));
        assert_eq!(
            [scene.outcome(), scene.outcome_with(ALLOW), outcome],
            [CallOutcome::Dispatched, CallOutcome::Native, CallOutcome::Native]
        );
    }
}

/// Strict mode kills with SIGKILL, which the allowed call shows.
#[rstest]
#[case::blocked(BLOCK, Ok(CallOutcome::Dispatched))]
#[case::allowed(ALLOW, Err(WaitStatus::KilledBy(SIGKILL)))]
#[harness::test(
    clause = DISPATCH_ORDER_STRICT_MODE,
    catches = "SECCOMP_MODE_STRICT that kills a call which is to be dispatched",
    needs = [UNFILTERED, DISPATCH, SECCOMP_FILTER],
)]
fn a_forbidden_call_in_strict_mode_is_dispatched_first(
    #[case] byte: u8,
    #[case] expected: Result<CallOutcome, WaitStatus>,
) {
    let child = child::start(Flavour::Fork, || {
        let scene = DispatchedGadget::new(Entry::Syscall);
        filter::strict();
        scene.outcome_with(byte).exit_status()
    });
    assert_eq!(from_exit_status(child.end()), expected);
}

/// The prctl returns the filter's error, and the calls meant to be dispatched run.
#[rstest]
#[case::errno(Action::Errno(77))]
#[case::trap(Action::Trap(0))]
#[harness::test(
    clause = DISPATCH_ORDER_SECCOMP_DENIES_ARMING,
    catches = "a prctl that takes effect although a filter answers it with an error or a trap",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_filter_denies_arming(#[case] action: Action) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let selector = Selector::ordinary();
    let Region { offset, length } = gadget.everything_else();
    filter::load(SYS_prctl as u32, action);
    // The handler of a trapped prctl supplies the same error.
    log.set(fixtures::Reg::Rax, -77i64 as u64);
    let answer = dispatch::answer(dispatch::ON, offset, length, selector.address());
    selector.store(BLOCK);
    let outcome = call_outcome::of_call(&gadget, log);
    assert_eq!((answer, outcome), (Err(Errno::from_raw(77)), CallOutcome::Native));
}

#[rstest]
#[case::off(Args::OFF)]
#[case::on_with_everything_exempt(Args { length: u64::MAX, ..Args::ON })]
#[harness::test(
    clause = DISPATCH_ORDER_SECCOMP_DENIES_ARMING,
    catches = "a second prctl that ends or changes dispatch although a filter denies it",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_filter_denies_disarming_and_arming_again(#[case] args: Args) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    filter::load(SYS_prctl as u32, Action::Errno(77));
    assert_eq!(dispatch::prctl(args), Err(Errno::from_raw(77)));
    assert_eq!(
        [scene.outcome(), scene.outcome_with(ALLOW)],
        [CallOutcome::Dispatched, CallOutcome::Native]
    );
}

/// A tracer of calls sees the allowed call's entry and exit stops around the event.
#[rstest]
#[case::events_alone(Resume::Continue)]
#[case::with_call_stops(Resume::Syscall)]
#[harness::test(
    clause = [DISPATCH_ORDER_BEFORE_SECCOMP, DISPATCH_TRACING_NO_SYSCALL_STOPS],
    catches = "a PTRACE_EVENT_SECCOMP stop for a dispatched call, or none for the allowed call \
        between two of them",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn a_dispatched_call_makes_no_filter_event(#[case] how: Resume) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        let scene = DispatchedGadget::with(gadget, log);
        filter::load(NR, Action::Trace(0));
        tracee::stop_oneself();
        scene.call(UNASSIGNED);
        scene.gadget.call(UNASSIGNED);
        scene.call(UNASSIGNED);
        0
    });
    tracee.next(Resume::Continue, 0);
    let seen = tracee.trace(how);
    let (dispatched, event) =
        (SyscallStop::Signal(SIGSYS), SyscallStop::Event(PTRACE_EVENT_SECCOMP));
    let ended = SyscallStop::Ended(WaitStatus::Exited(0));
    let returned = [SyscallStop::Entry(15), SyscallStop::Exit(UNASSIGNED)];
    let expected = match how {
        Resume::Continue => vec![dispatched, event, dispatched, ended],
        _ => [
            &[dispatched][..],
            &returned,
            &[SyscallStop::Entry(UNASSIGNED), event, SyscallStop::Exit(-ENOSYS), dispatched],
            &returned,
            &[SyscallStop::Entry(SYS_exit), ended],
        ]
        .concat(),
    };
    assert_eq!(seen, expected);
}

/// The selector changes while the call stands at that stop; the call has passed dispatch already.
#[rstest]
#[case::at_the_entry_stop(Resume::Syscall, Stop::Syscall)]
#[case::at_the_filters_stop(Resume::Continue, Stop::Event(PTRACE_EVENT_SECCOMP))]
#[harness::test(
    clause = [DISPATCH_ORDER_BEFORE_SECCOMP, DISPATCH_SELECTOR_READ_AT_EVERY_ENTRY],
    catches = "a selector read again after the entry stop or after the filter's stop",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn dispatch_looks_at_a_call_once(#[case] how: Resume, #[case] stop: Stop) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let selector = Selector::ordinary();
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        dispatch::arm_with(gadget.everything_else(), selector).keep();
        filter::load(NR, Action::Trace(0));
        tracee::stop_oneself();
        let first = call_outcome::of_call(&gadget, log);
        let second = call_outcome::of_call(&gadget, log);
        assert_eq!([first, second], [CallOutcome::Native, CallOutcome::Dispatched]);
        0
    });
    tracee.next(Resume::Continue, 0);
    assert_eq!(tracee.next(how, 0), stop);
    selector.store(BLOCK);
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
}
