//! What a configuration written by a tracer does to the tracee, and to nobody else.

use super::clauses::*;
use fixtures::Errno::EINVAL;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, UNASSIGNED, from_exit_status};
use fixtures::dispatch::{self, ALLOW, Args, BLOCK, INCLUSIVE_ON, OFF, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH, ROOT};
use fixtures::selector::Selector;
use fixtures::tracee::{self, DispatchConfig, Resume, Stop, SyscallStop, Tracee};
use fixtures::{Log, WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSEGV, SIGSYS, SYS_exit};

const NEVER: DispatchConfig = DispatchConfig { mode: OFF, selector: 0, offset: 0, length: 0 };

/// Two gadgets, the lower of which lies outside the region above it; a byte that blocks; a handler.
struct Setting {
    gadget: Gadget,
    exempt: Gadget,
    selector: Selector,
    /// A second byte, which allows.
    allowing: Selector,
    log: Log,
}

impl Setting {
    fn new() -> Self {
        let log = sigsys::handle();
        let (gadget, exempt) = (Gadget::syscall(), Gadget::syscall());
        let selector = Selector::ordinary();
        selector.store(BLOCK);
        Self { gadget, exempt, selector, allowing: Selector::ordinary(), log }
    }

    /// Dispatches the calls of the lower gadget.
    fn config(&self) -> DispatchConfig {
        exclusive(self.gadget.everything_else(), self.selector)
    }

    /// A tracee that has done nothing yet and then tells what became of one call.
    fn caller(&self) -> Tracee {
        Tracee::start(|| self.status())
    }

    /// As [`Self::caller`]; it has armed itself.
    fn armed_caller(&self) -> Tracee {
        let DispatchConfig { mode, selector, offset, length } = self.config();
        let tracee = Tracee::start(|| {
            assert_eq!(dispatch::prctl(Args { mode, offset, length, selector }), Ok(()));
            tracee::stop_oneself();
            self.status()
        });
        tracee.next(Resume::Continue, 0);
        tracee
    }

    fn status(&self) -> i32 {
        call_outcome::of_call(&self.gadget, self.log).exit_status()
    }
}

fn exclusive(region: Region, selector: Selector) -> DispatchConfig {
    let Region { offset, length } = region;
    DispatchConfig { mode: ON, selector: selector.address(), offset, length }
}

/// A kernel that stores what the tracer writes and does not mark the task as armed.
#[rstest]
#[harness::test(clause = NOW_PTRACE_SET, needs = [DISPATCH, PTRACE, PTRACE_DISPATCH])]
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

/// A kernel that clears the fields for the tracer and leaves the task marked as armed.
#[rstest]
#[harness::test(clause = NOW_PTRACE_SET, needs = [DISPATCH, PTRACE, PTRACE_DISPATCH])]
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

/// The gadget in the region, the byte, and no byte at all: one field at a time. The first row changes
/// nothing and is the control.
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
#[harness::test(clause = NOW_PTRACE_SET, needs = [DISPATCH, PTRACE, PTRACE_DISPATCH])]
fn a_tracer_replaces_region_and_selector(
    #[case] config: fn(&Setting) -> DispatchConfig,
    #[case] expected: CallOutcome,
) {
    let setting = Setting::new();
    let tracee = setting.armed_caller();
    assert_eq!(tracee.set_dispatch(config(&setting)), Ok(()));
    assert_eq!(from_exit_status(tracee.finish()), Ok(expected));
}

/// Without a selector the byte that allows is no longer asked.
#[rstest]
#[harness::test(clause = NOW_PTRACE_SET, needs = [DISPATCH, PTRACE, PTRACE_DISPATCH])]
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

/// The region holds one gadget or the other.
#[rstest]
#[case::in_the_region(true, CallOutcome::Dispatched)]
#[case::outside_the_region(false, CallOutcome::Native)]
#[harness::test(
    clause = [NOW_PTRACE_SET, NOW_MODE_INCLUSIVE_DISPATCHES_RANGE],
    needs = [DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH]
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

/// A refused write leaves the tracee dispatching as before: each row is refused for another reason.
#[rstest]
#[case::mode(|c| DispatchConfig { mode: 3, offset: 0, length: u64::MAX, ..c })]
#[case::left_overs_with_off(|c| DispatchConfig { mode: OFF, ..c })]
#[case::region(|c| DispatchConfig { offset: 5, length: 0, ..c })]
#[case::selector(|c| DispatchConfig { selector: u64::MAX, offset: 0, length: u64::MAX, ..c })]
#[harness::test(
    clause = [NOW_PTRACE_SET_SAME_VALIDATION, NOW_PTRACE_SET],
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH]
)]
fn a_refused_write_leaves_dispatch_as_it_was(#[case] change: fn(DispatchConfig) -> DispatchConfig) {
    let setting = Setting::new();
    let tracee = setting.armed_caller();
    assert!(tracee.set_dispatch(change(setting.config())).is_err());
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Dispatched));
}

/// And a task that never armed stays free.
#[rstest]
#[case::selector(|c| DispatchConfig { selector: u64::MAX, ..c })]
#[case::region(|c| DispatchConfig { offset: u64::MAX, ..c })]
#[harness::test(
    clause = [NOW_PTRACE_SET_SAME_VALIDATION, NOW_PTRACE_SET],
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH]
)]
fn a_refused_write_arms_nothing(#[case] change: fn(DispatchConfig) -> DispatchConfig) {
    let setting = Setting::new();
    let tracee = setting.caller();
    assert!(tracee.set_dispatch(change(setting.config())).is_err());
    assert!(tracee.dispatch() == Ok(NEVER), "still reads as never armed");
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Native));
}

/// At the entry stop of a call that is not exempt: this call has passed dispatch already.
#[rstest]
#[harness::test(clause = INT_PTRACE_SET_MID_SYSCALL, needs = [DISPATCH, PTRACE, PTRACE_DISPATCH])]
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

/// At the exit stop, and from the stop of the very SIGSYS: the next call is the first without.
#[rstest]
#[harness::test(
    clause = [INT_PTRACE_SET_MID_SYSCALL, NOW_PTRACE_SET],
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH]
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

/// Writing a configuration takes no stop of a later call away.
#[rstest]
#[harness::test(
    clause = [NOW_PTRACE_SET, INT_ORDER_PTRACE_EXIT_FLAG],
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH]
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

/// The exempt call reads no byte and passes; the other is the end, and no handler runs.
#[rstest]
#[harness::test(clause = NOW_PTRACE_INVALID_SELECTOR_LATE, needs = [DISPATCH, PTRACE, PTRACE_DISPATCH])]
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

/// The tracer is armed with values of its own all the while, or not at all.
#[rstest]
#[case::armed(true)]
#[case::unarmed(false)]
#[harness::test(
    clause = [NOW_PTRACE_SET, NOW_PTRACE_GET, SCOPE_CALLING_THREAD],
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH]
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

/// Another tracee is disarmed.
fn stays_after_disarming(
    scene: &DispatchedGadget,
    setting: &Setting,
) -> (Result<(), fixtures::Errno>, Result<CallOutcome, WaitStatus>, CallOutcome) {
    let tracee = setting.armed_caller();
    let answer = tracee.set_dispatch(NEVER);
    (answer, from_exit_status(tracee.finish()), scene.outcome())
}

/// Neither capability nor ownership beyond that of any tracer.
#[rstest]
#[harness::test(clause = [NOW_PTRACE_SET, NOW_PTRACE_GET], needs = [DISPATCH, PTRACE, PTRACE_DISPATCH, ROOT])]
fn a_tracer_needs_no_privilege() {
    let setting = Setting::new();
    fixtures::environment::become_nobody();
    let tracee = setting.caller();
    assert_eq!(tracee.dispatch(), Ok(NEVER));
    assert_eq!(tracee.set_dispatch(setting.config()), Ok(()));
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Dispatched));
}

/// Armed by its tracer or by itself, the task stays armed without the tracer.
#[rstest]
#[case::by_itself(false)]
#[case::by_the_tracer(true)]
#[harness::test(clause = NOW_PTRACE_SET, needs = [DISPATCH, PTRACE, PTRACE_DISPATCH])]
fn dispatch_outlives_the_tracer(#[case] by_tracer: bool) {
    let setting = Setting::new();
    let tracee = if by_tracer { setting.caller() } else { setting.armed_caller() };
    if by_tracer {
        assert_eq!(tracee.set_dispatch(setting.config()), Ok(()));
    }
    tracee.detach();
    assert_eq!(from_exit_status(fixtures::child::end_of(tracee.pid)), Ok(CallOutcome::Dispatched));
}

/// Read, turned off, written back.
#[rstest]
#[harness::test(clause = NOW_PTRACE_CRIU_ROUNDTRIP, needs = [DISPATCH, PTRACE, PTRACE_DISPATCH])]
fn an_exclusive_configuration_comes_back() {
    let setting = Setting::new();
    let tracee = setting.armed_caller();
    let read = tracee.dispatch().expect("the configuration can be read");
    assert_eq!(tracee.set_dispatch(NEVER), Ok(()));
    assert_eq!(tracee.set_dispatch(read), Ok(()));
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Dispatched));
}

/// A kernel that shows a non-zero field of a task that is off: it would refuse that as OFF's argument.
#[rstest]
#[harness::test(clause = NOW_PTRACE_CRIU_ROUNDTRIP, needs = [DISPATCH, PTRACE, PTRACE_DISPATCH])]
fn what_reads_as_off_can_be_written_back() {
    let tracee = Setting::new().caller();
    let read = tracee.dispatch().expect("the configuration can be read");
    assert_eq!(tracee.set_dispatch(read), Ok(()));
}

/// A kernel that reads an inclusive region as the one around it, which it then refuses as wrapping.
#[rstest]
#[harness::test(clause = NOW_PTRACE_CRIU_ROUNDTRIP, needs = [DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH])]
fn an_inclusive_configuration_comes_back() {
    let (tracee, read) = inclusive();
    assert_eq!(tracee.set_dispatch(read), Ok(()));
}

/// What real kernels answer, and that the tracee's inclusive mode is in force all the same.
#[rstest]
#[harness::test(
    clause = NOW_PTRACE_SET_SAME_VALIDATION,
    needs = [DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH]
)]
fn the_region_around_is_refused_as_wrapping() {
    let (tracee, read) = inclusive();
    let answer = tracee.set_dispatch(DispatchConfig { mode: ON, ..read });
    assert_eq!(answer, Err(EINVAL));
    assert_eq!(from_exit_status(tracee.finish()), Ok(CallOutcome::Dispatched));
}

/// A tracee whose gadget is in an inclusive region, and how that reads.
fn inclusive() -> (Tracee, DispatchConfig) {
    let setting = Setting::new();
    let region = setting.gadget.own_pages();
    let tracee = setting.caller();
    let config = DispatchConfig { mode: INCLUSIVE_ON, ..exclusive(region, setting.selector) };
    assert_eq!(tracee.set_dispatch(config), Ok(()));
    let read = tracee.dispatch().expect("the configuration can be read");
    (tracee, read)
}
