//! What a configuration written by a tracer does to the tracee, and to no other task.

use super::tracees::{NEVER, Setting, exclusive};
use crate::clauses::*;
use fixtures::Errno::EINVAL;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, UNASSIGNED, from_exit_status};
use fixtures::dispatch::{self, ALLOW, INCLUSIVE_ON, OFF, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH, ROOT};
use fixtures::tracee::{DispatchConfig, Resume, Stop, SyscallStop, Tracee};
use fixtures::{WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSEGV, SIGSYS, SYS_exit};

#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_SET,
    catches = "a tracer's configuration that is stored without setting the task's dispatch work \
        flag",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_tracer_arms_a_task_that_never_armed() {
    let setting = Setting::new();
    let free = from_exit_status(setting.caller().finish());
    let tracee = setting.caller();
    assert_eq!(tracee.set_dispatch(setting.config()), Ok(()));
    assert_eq!(
        [free, from_exit_status(tracee.finish())],
        [Ok(CallOutcome::Native), Ok(CallOutcome::Dispatched)]
    );
}

#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_SET,
    catches = "a tracer's OFF that clears the fields and leaves the task's dispatch work flag set",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_tracer_disarms_a_task_that_armed_itself() {
    let setting = Setting::new();
    let armed = from_exit_status(setting.armed_caller().finish());
    let tracee = setting.armed_caller();
    assert_eq!(tracee.set_dispatch(NEVER), Ok(()));
    assert_eq!(
        [armed, from_exit_status(tracee.finish())],
        [Ok(CallOutcome::Dispatched), Ok(CallOutcome::Native)]
    );
}

/// Each row changes the region or the selector; the first row changes nothing and is the control.
#[rstest]
#[case::as_it_was(|s: &Setting| s.config(), CallOutcome::Dispatched)]
#[case::gadget_exempt(|s: &Setting| exclusive(Region::ALL, s.selector), CallOutcome::Native)]
#[case::own_pages_exempt(|s: &Setting| DispatchConfig {
    offset: s.gadget.own_pages().offset,
    length: u64::MAX - s.gadget.own_pages().offset,
    ..s.config()
}, CallOutcome::Native)]
#[case::byte_that_allows(|s: &Setting| DispatchConfig {
    selector: s.allowing.address(),
    ..s.config()
}, CallOutcome::Native)]
#[case::no_byte(|s: &Setting| DispatchConfig { selector: 0, ..s.config() }, CallOutcome::Dispatched)]
#[harness::test(
    clause = DISPATCH_PTRACE_SET,
    catches = "a tracer's configuration that leaves the old region or selector of an armed task in \
        force",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_tracer_replaces_region_and_selector(
    #[case] config: fn(&Setting) -> DispatchConfig,
    #[case] expected: CallOutcome,
) {
    let setting = Setting::new();
    let tracee = setting.armed_caller();
    assert_eq!(tracee.set_dispatch(config(&setting)), Ok(()));
    assert_eq!(from_exit_status(tracee.finish()), Ok(expected));
}

/// The old selector holds ALLOW.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_SET,
    catches = "a null selector from a tracer that leaves the old selector in use",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_tracer_can_leave_the_selector_out() {
    let setting = Setting::new();
    setting.selector.store(ALLOW);
    let allowed = from_exit_status(setting.armed_caller().finish());
    let tracee = setting.armed_caller();
    assert_eq!(tracee.set_dispatch(DispatchConfig { selector: 0, ..setting.config() }), Ok(()));
    assert_eq!(
        [allowed, from_exit_status(tracee.finish())],
        [Ok(CallOutcome::Native), Ok(CallOutcome::Dispatched)]
    );
}

/// The region holds the pages of one gadget or of the other.
#[rstest]
#[case::in_the_region(true, CallOutcome::Dispatched)]
#[case::outside_the_region(false, CallOutcome::Native)]
#[harness::test(
    clause = [DISPATCH_PTRACE_SET, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "an inclusive configuration from a tracer that is in force as an exclusive one",
    needs = [DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH],
)]
fn a_tracer_arms_in_inclusive_mode(#[case] inside: bool, #[case] expected: CallOutcome) {
    let setting = Setting::new();
    let gadget = if inside { setting.gadget } else { setting.exempt };
    let config =
        DispatchConfig { mode: INCLUSIVE_ON, ..exclusive(gadget.own_pages(), setting.selector) };
    let tracee = setting.caller();
    assert_eq!(tracee.set_dispatch(config), Ok(()));
    assert_eq!(from_exit_status(tracee.finish()), Ok(expected));
}

/// Each row is refused for another reason.
#[rstest]
#[case::mode(|c| DispatchConfig { mode: 3, offset: 0, length: u64::MAX, ..c })]
#[case::left_overs_with_off(|c| DispatchConfig { mode: OFF, ..c })]
#[case::region(|c| DispatchConfig { offset: 5, length: 0, ..c })]
#[case::selector(|c| DispatchConfig { selector: u64::MAX, offset: 0, length: u64::MAX, ..c })]
#[harness::test(
    clause = [DISPATCH_PTRACE_VALIDATED, DISPATCH_PTRACE_SET],
    catches = "a refused configuration of which some fields are stored in an armed tracee",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_refused_write_leaves_dispatch_as_it_was(#[case] change: fn(DispatchConfig) -> DispatchConfig) {
    let setting = Setting::new();
    let tracee = setting.armed_caller();
    assert!(tracee.set_dispatch(change(setting.config())).is_err());
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Dispatched));
}

#[rstest]
#[case::selector(|c| DispatchConfig { selector: u64::MAX, ..c })]
#[case::region(|c| DispatchConfig { offset: u64::MAX, ..c })]
#[harness::test(
    clause = [DISPATCH_PTRACE_VALIDATED, DISPATCH_PTRACE_SET],
    catches = "a refused configuration that arms a task which never armed",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_refused_write_arms_nothing(#[case] change: fn(DispatchConfig) -> DispatchConfig) {
    let setting = Setting::new();
    let tracee = setting.caller();
    assert!(tracee.set_dispatch(change(setting.config())).is_err());
    assert!(tracee.dispatch() == Ok(NEVER), "the tracee reads as armed");
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Native));
}

/// At its entry stop, a call has passed dispatch already.
#[rstest]
#[harness::test(
    clause = DISPATCH_TRACING_ARMED_AT_ENTRY_STOP,
    catches = "a call that is dispatched after its entry stop, because the tracer arms the task \
        there",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_configuration_written_at_an_entry_stop_begins_with_the_next_call() {
    let setting = Setting::new();
    let tracee = Tracee::start(|| {
        let first = call_outcome::of_call(&setting.gadget, setting.log);
        let second = call_outcome::of_call(&setting.gadget, setting.log);
        i32::from([first, second] == [CallOutcome::Native, CallOutcome::Dispatched])
    });
    assert_eq!(tracee.next_stop(Resume::Syscall, 0), SyscallStop::Entry(UNASSIGNED));
    assert_eq!(tracee.set_dispatch(setting.config()), Ok(()));
    assert_eq!(tracee.next_stop(Resume::Syscall, 0), SyscallStop::Exit(-ENOSYS));
    assert_eq!(tracee.next_stop(Resume::Syscall, 0), SyscallStop::Signal(SIGSYS));
    assert_eq!(tracee.next(Resume::Continue, SIGSYS), Stop::Ended(WaitStatus::Exited(1)));
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_TRACING_ARMED_AT_ENTRY_STOP, DISPATCH_PTRACE_SET],
    catches = "a configuration written at an exit stop or a SIGSYS stop that takes effect a call \
        too late",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_configuration_written_at_any_stop_holds_for_the_next_call() {
    let setting = Setting::new();
    let tracee = Tracee::start(|| {
        let outcomes = [(); 3].map(|()| call_outcome::of_call(&setting.gadget, setting.log));
        i32::from(outcomes == [CallOutcome::Native, CallOutcome::Dispatched, CallOutcome::Native])
    });
    assert_eq!(tracee.next_stop(Resume::Syscall, 0), SyscallStop::Entry(UNASSIGNED));
    assert_eq!(tracee.next_stop(Resume::Syscall, 0), SyscallStop::Exit(-ENOSYS));
    assert_eq!(tracee.set_dispatch(setting.config()), Ok(()));
    assert_eq!(tracee.next_stop(Resume::Syscall, 0), SyscallStop::Signal(SIGSYS));
    assert_eq!(tracee.set_dispatch(NEVER), Ok(()));
    assert_eq!(tracee.next(Resume::Continue, SIGSYS), Stop::Ended(WaitStatus::Exited(1)));
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_PTRACE_SET, DISPATCH_TRACING_EXIT_STOP],
    catches = "a write that resets the tracee's syscall tracing, so that later calls lose stops",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn writing_a_configuration_hides_no_stop() {
    let setting = Setting::new();
    let tracee = Tracee::start(|| {
        setting.exempt.call(UNASSIGNED);
        setting.exempt.call(UNASSIGNED);
        0
    });
    assert_eq!(tracee.set_dispatch(setting.config()), Ok(()));
    let stops = [
        SyscallStop::Entry(UNASSIGNED),
        SyscallStop::Exit(-ENOSYS),
        SyscallStop::Entry(UNASSIGNED),
        SyscallStop::Exit(-ENOSYS),
        SyscallStop::Entry(SYS_exit),
        SyscallStop::Ended(WaitStatus::Exited(0)),
    ];
    assert_eq!(tracee.trace(Resume::Syscall), stops);
}

/// The exempt call reads no selector and is made; the call from outside the region kills.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_BAD_SELECTOR_LATE,
    catches = "a bad selector from a tracer that is refused, is read for exempt calls, or raises a \
        catchable SIGSEGV",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_bad_selector_shows_at_its_first_use() {
    let setting = Setting::new();
    let handled = sigsys::handle_signal(SIGSEGV, fixtures::SigAction::PLAIN);
    let tracee = Tracee::start(|| {
        let exempt = setting.exempt.call(UNASSIGNED) == -ENOSYS;
        setting.selector.store(if exempt { 0x55 } else { 0x66 });
        setting.gadget.call(UNASSIGNED);
        0
    });
    let config = DispatchConfig { selector: 0x1000, ..setting.config() };
    assert_eq!(tracee.set_dispatch(config), Ok(()));
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::KilledBy(SIGSEGV)));
    assert_eq!(setting.selector.load(), 0x55, "the exempt call was made");
    assert_eq!([handled.count(), setting.log.count()], [0, 0]);
}

/// The tracer has a configuration of its own all the while, or has turned it off.
#[rstest]
#[case::armed(true)]
#[case::unarmed(false)]
#[harness::test(
    clause = [DISPATCH_PTRACE_SET, DISPATCH_PTRACE_GET, DISPATCH_SCOPE_CALLING_THREAD],
    catches = "a request that reads, arms or disarms the tracer instead of the tracee",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn the_requests_are_about_the_tracee_alone(#[case] armed: bool) {
    let lower = Gadget::syscall();
    let setting = Setting::new();
    let scene = DispatchedGadget::with(lower, setting.log);
    if !armed {
        dispatch::turn_off();
    }
    let tracee = setting.caller();
    let untouched = tracee.dispatch().map(|config| config.mode);
    let set = tracee.set_dispatch(setting.config());
    let written = tracee.dispatch() == Ok(setting.config());
    let own = [scene.outcome(), scene.outcome_with(ALLOW)];
    let theirs = scene.armed.blocked(|| call_outcome::of_call(&setting.gadget, setting.log));
    let bound = from_exit_status(tracee.finish());
    let disarmed = stays_after_disarming(&scene, &setting);
    assert_eq!((untouched, set, written), (Ok(OFF), Ok(()), true));
    let expected = if armed { CallOutcome::Dispatched } else { CallOutcome::Native };
    assert_eq!(own, [expected, CallOutcome::Native], "the tracer's own gadget");
    assert_eq!(theirs, CallOutcome::Native, "the tracee's gadget, called by the tracer");
    assert_eq!(bound, Ok(CallOutcome::Dispatched));
    assert_eq!(disarmed, (Ok(()), Ok(CallOutcome::Native), expected));
}

/// Disarms another tracee, and gives the outcomes of its call and of the tracer's.
fn stays_after_disarming(
    scene: &DispatchedGadget,
    setting: &Setting,
) -> (Result<(), fixtures::Errno>, Result<CallOutcome, WaitStatus>, CallOutcome) {
    let tracee = setting.armed_caller();
    let answer = tracee.set_dispatch(NEVER);
    (answer, from_exit_status(tracee.finish()), scene.outcome())
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_PTRACE_SET, DISPATCH_PTRACE_GET],
    catches = "a capability demanded of the tracer",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH, ROOT],
)]
fn a_tracer_needs_no_privilege() {
    let setting = Setting::new();
    fixtures::environment::become_nobody();
    let tracee = setting.caller();
    assert_eq!(tracee.dispatch(), Ok(NEVER));
    assert_eq!(tracee.set_dispatch(setting.config()), Ok(()));
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Dispatched));
}

/// The task was armed by itself or by its tracer.
#[rstest]
#[case::by_itself(false)]
#[case::by_the_tracer(true)]
#[harness::test(
    clause = DISPATCH_PTRACE_SET,
    catches = "dispatch that ends when the tracer detaches",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn dispatch_outlives_the_tracer(#[case] by_tracer: bool) {
    let setting = Setting::new();
    let tracee = if by_tracer { setting.caller() } else { setting.armed_caller() };
    if by_tracer {
        assert_eq!(tracee.set_dispatch(setting.config()), Ok(()));
    }
    tracee.detach();
    assert_eq!(from_exit_status(fixtures::child::end_of(tracee.pid)), Ok(CallOutcome::Dispatched));
}

/// The configuration is read, turned off and written back.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_ROUND_TRIP,
    catches = "a configuration that cannot be restored from what was read, or is restored as \
        another one",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn an_exclusive_configuration_comes_back() {
    let setting = Setting::new();
    let tracee = setting.armed_caller();
    let read = tracee.dispatch().expect("the configuration can be read");
    assert_eq!(tracee.set_dispatch(NEVER), Ok(()));
    assert_eq!(tracee.set_dispatch(read), Ok(()));
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Dispatched));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_ROUND_TRIP,
    catches = "a non-zero field shown of a task that is off, which a write then refuses as an \
        argument of OFF",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn what_reads_as_off_can_be_written_back() {
    let tracee = Setting::new().caller();
    let read = tracee.dispatch().expect("the configuration can be read");
    assert_eq!(tracee.set_dispatch(read), Ok(()));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_ROUND_TRIP,
    catches = "an inclusive region that reads as its complement, which a write then refuses as \
        wrapping",
    needs = [DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH],
)]
fn an_inclusive_configuration_comes_back() {
    let (tracee, read) = inclusive();
    assert_eq!(tracee.set_dispatch(read), Ok(()));
}

/// Kernels read back the complement of the inclusive region, which wraps; the tracee stays in
/// inclusive mode.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_VALIDATED,
    catches = "a wrapping region accepted from a tracer, or a refused write that ends inclusive \
        mode",
    needs = [DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH],
)]
fn the_region_around_is_refused_as_wrapping() {
    let (tracee, read) = inclusive();
    let answer = tracee.set_dispatch(DispatchConfig { mode: ON, ..read });
    assert_eq!(answer, Err(EINVAL));
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Dispatched));
}

/// A tracee whose gadget is in an inclusive region, and the configuration read from it.
fn inclusive() -> (Tracee, DispatchConfig) {
    let setting = Setting::new();
    let region = setting.gadget.own_pages();
    let tracee = setting.caller();
    let config = DispatchConfig { mode: INCLUSIVE_ON, ..exclusive(region, setting.selector) };
    assert_eq!(tracee.set_dispatch(config), Ok(()));
    let read = tracee.dispatch().expect("the configuration can be read");
    (tracee, read)
}
