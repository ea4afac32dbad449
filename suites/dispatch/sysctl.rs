//! `kernel.syscall_user_dispatch`: the sysctl that permits or refuses arming in the whole system.

use crate::clauses::*;
use fixtures::Errno::{self, EACCES, EFAULT, EINVAL, EPERM};
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, from_exit_status};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, ALLOW, Args, BLOCK, INCLUSIVE_ON, OFF, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, DISPATCH_SYSCTL, PTRACE, PTRACE_DISPATCH, ROOT, SYSCTL_WRITABLE};
use fixtures::selector::Selector;
use fixtures::sysctl::{self, Switch};
use fixtures::thread::{Steps, spawn};
use fixtures::tracee::{self, DispatchConfig, Resume, Tracee};
use fixtures::{Entry, sigsys};
use rstest::rstest;

/// The suite's own cases restore the value, and nobody else has written it.
#[rstest]
#[harness::test(
    clause = DISPATCH_SYSCTL_EXISTS,
    catches = "a sysctl that is 0 after boot",
    needs = [DISPATCH, DISPATCH_SYSCTL],
    serial,
)]
fn it_is_on_by_default() {
    assert_eq!(sysctl::read().as_deref(), Ok("1\n"));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_SYSCTL_EXISTS,
    catches = "a sysctl file of mode 0600 or 0666 instead of 0644",
    needs = [DISPATCH, DISPATCH_SYSCTL],
)]
fn all_may_read_it_and_its_owner_may_write_it() {
    assert_eq!(sysctl::mode(), Ok(0o644));
}

#[harness::test(
    clause = [DISPATCH_SYSCTL_ABSENT_WITHOUT_DISPATCH, DISPATCH_PRCTL_COMPILED_OUT],
    catches = "a sysctl that exists although dispatch is compiled out",
    needs = [DISPATCH_SYSCTL],
)]
fn where_the_file_is_the_operation_is() {
    assert_eq!(dispatch::prctl(Args::OFF), Ok(()));
}

/// The caller has every capability or none; the accepted call is the same with the sysctl at 1.
#[rstest]
#[case::exclusive(ON)]
#[case::inclusive(INCLUSIVE_ON)]
#[harness::test(
    clause = DISPATCH_SYSCTL_DENIES_PRCTL,
    catches = "a sysctl that is not consulted in one of the modes, or that CAP_SYS_ADMIN overrides",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE, ROOT],
    serial,
)]
fn arming_is_refused(#[case] mode: u64, #[values(false, true)] nobody: bool) {
    let _switch = Switch::set("0");
    let answer = |steps: Steps| {
        if nobody {
            fixtures::environment::become_nobody();
        }
        let selector = Selector::ordinary().address();
        let off = dispatch::answer(mode, 0x1000, 0x1000, selector);
        steps.reach(1);
        steps.wait_for(2);
        let on = dispatch::answer(mode, 0x1000, 0x1000, selector);
        i32::from((off, on) == (Err(EPERM), Ok(())))
    };
    let steps = Steps::new();
    let child = child::start(Flavour::Fork, || answer(steps));
    steps.wait_for(1);
    let wrote = sysctl::write("1");
    steps.reach(2);
    assert_eq!(child.end(), fixtures::WaitStatus::Exited(1));
    assert_eq!(wrote, Ok(()));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_SYSCTL_DENIES_PRCTL,
    catches = "a prctl that stores the configuration before it consults the sysctl",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE],
    serial,
)]
fn a_refused_call_arms_nothing() {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let selector = Selector::ordinary();
    let Region { offset, length } = gadget.everything_else();
    let switch = Switch::set("0");
    let answer = dispatch::answer(ON, offset, length, selector.address());
    drop(switch);
    selector.store(BLOCK);
    assert_eq!((answer, call_outcome::of_call(&gadget, log)), (Err(EPERM), CallOutcome::Native));
    let answer = dispatch::answer(ON, offset, length, selector.address());
    assert_eq!((answer, call_outcome::of_call(&gadget, log)), (Ok(()), CallOutcome::Dispatched));
}

/// The tracee is stopped all the while; the accepted request is the same with the sysctl at 1.
#[rstest]
#[case::exclusive(ON)]
#[case::inclusive(INCLUSIVE_ON)]
#[harness::test(
    clause = DISPATCH_SYSCTL_DENIES_PTRACE,
    catches = "a PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG that arms a tracee past the sysctl, or is \
        refused for OFF too",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE, PTRACE, PTRACE_DISPATCH],
    serial,
)]
fn arming_a_tracee_is_refused(#[case] mode: u64) {
    let switch = Switch::set("0");
    let tracee = Tracee::start(|| 0);
    let config = DispatchConfig { mode, selector: 0x1000, offset: 0x1000, length: 0x1000 };
    let never = DispatchConfig { mode: OFF, selector: 0, offset: 0, length: 0 };
    let refused = tracee.set_dispatch(config);
    let after = tracee.dispatch();
    let off = tracee.set_dispatch(never);
    drop(switch);
    assert_eq!((refused, after, off), (Err(EPERM), Ok(never), Ok(())));
    assert_eq!(tracee.set_dispatch(config), Ok(()));
}

#[rstest]
#[harness::test(
    clause = [
        DISPATCH_SYSCTL_DISARMING_ALLOWED,
        DISPATCH_SYSCTL_DENIES_PTRACE,
        DISPATCH_SYSCTL_ARMED_THREADS_STAY,
    ],
    catches = "a sysctl that lets a tracer reconfigure a tracee because it is armed already, or \
        forbids turning it off",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE, PTRACE, PTRACE_DISPATCH],
    serial,
)]
fn an_armed_tracee_can_be_turned_off_and_not_changed() {
    let tracee = Tracee::start(|| 0);
    let armed = DispatchConfig { mode: ON, selector: 0x1000, offset: 0x1000, length: 0x1000 };
    let never = DispatchConfig { mode: OFF, selector: 0, offset: 0, length: 0 };
    assert_eq!(tracee.set_dispatch(armed), Ok(()));
    let switch = Switch::set("0");
    let changed = tracee.set_dispatch(DispatchConfig { length: 0x2000, ..armed });
    let kept = tracee.dispatch();
    let off = tracee.set_dispatch(never);
    let after = tracee.dispatch();
    let again = tracee.set_dispatch(armed);
    drop(switch);
    assert_eq!((changed, kept), (Err(EPERM), Ok(armed)));
    assert_eq!((off, after, again), (Ok(()), Ok(never), Err(EPERM)));
}

/// The thread was armed while the sysctl was 1, in either mode; its selector and region work as
/// before.
#[rstest]
#[case::exclusive(false)]
#[case::inclusive(true)]
#[harness::test(
    clause = DISPATCH_SYSCTL_ARMED_THREADS_STAY,
    catches = "a sysctl at 0 that suspends dispatch of armed threads, or a refused prctl that \
        changes their settings",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE],
    serial,
)]
fn an_armed_thread_stays_as_it_is(#[case] inclusive: bool) {
    let log = sigsys::handle();
    let (gadget, exempt) = (Gadget::syscall(), Gadget::syscall());
    let selector = Selector::ordinary();
    let armed = if inclusive {
        dispatch::arm_inclusive(gadget.own_pages(), selector)
    } else {
        dispatch::arm_with(gadget.everything_else(), selector)
    };
    let outcomes = || {
        let blocked = armed.blocked(|| [gadget, exempt].map(|g| call_outcome::of_call(&g, log)));
        (blocked, call_outcome::of_call(&gadget, log))
    };
    let switch = Switch::set("0");
    let before = outcomes();
    let again = [
        dispatch::answer(ON, 0, u64::MAX, 0),
        dispatch::answer(INCLUSIVE_ON, 1, 1, 0),
        dispatch::answer(ON, 0, 0, Selector::ordinary().address()),
    ];
    let after = outcomes();
    drop(switch);
    let expected = ([CallOutcome::Dispatched, CallOutcome::Native], CallOutcome::Native);
    assert_eq!(before, expected);
    assert_eq!((again, after), ([Err(EPERM); 3], expected));
    assert_eq!(outcomes(), expected, "with the switch on again");
    assert_eq!(dispatch::answer(ON, 0, u64::MAX, 0), Ok(()));
}

/// The thread and the child exist before the sysctl is 0; the first thread is armed by then.
#[rstest]
#[harness::test(
    clause = [DISPATCH_SYSCTL_ARMED_THREADS_STAY, DISPATCH_SYSCTL_DENIES_PRCTL],
    catches = "a sysctl that is copied into a task at its start, so that older tasks can still arm",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE],
    serial,
)]
fn the_switch_reaches_threads_and_processes_that_exist() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let steps = Steps::new();
    let late = || {
        steps.arrive();
        steps.wait_for(3);
        dispatch::answer(ON, 0, u64::MAX, 0)
    };
    let child = child::start(Flavour::Fork, || i32::from(late() == Err(EPERM)));
    let (answer, outcome) = std::thread::scope(|scope| {
        let thread = spawn(scope, late);
        steps.wait_for(2);
        let switch = Switch::set("0");
        steps.arrive();
        let answer = thread.join().expect("the thread returns");
        let outcome = scene.outcome();
        assert_eq!(child.end(), fixtures::WaitStatus::Exited(1), "the child's arming is refused");
        drop(switch);
        (answer, outcome)
    });
    assert_eq!((answer, outcome), (Err(EPERM), CallOutcome::Dispatched));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_SYSCTL_DISARMING_ALLOWED,
    catches = "a sysctl at 0 that refuses OFF with EPERM too",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE],
    serial,
)]
fn an_armed_thread_can_turn_off() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let switch = Switch::set("0");
    let off = dispatch::prctl(Args::OFF);
    let outcome = scene.outcome();
    let twice = dispatch::prctl(Args::OFF);
    let again = dispatch::answer(ON, 0, u64::MAX, 0);
    drop(switch);
    assert_eq!((off, outcome, twice), (Ok(()), CallOutcome::Native, Ok(())));
    assert_eq!(again, Err(EPERM));
}

/// Each row has the answer with the sysctl at 0 and that with the sysctl at 1.
#[rstest]
#[case::unknown_mode(3, 0, 0, 0, EINVAL, Err(EINVAL))]
#[case::unknown_mode_and_selector(3, 0, 0, u64::MAX, EINVAL, Err(EINVAL))]
#[case::off_with_length(OFF, 0, 1, 0, EINVAL, Err(EINVAL))]
#[case::empty_region(ON, 5, 0, 0, EINVAL, Err(EINVAL))]
#[case::wrapping_region(ON, 5, -5i64 as u64, u64::MAX, EINVAL, Err(EINVAL))]
#[case::empty_inclusive_region(INCLUSIVE_ON, 5, 0, 0, EINVAL, Err(EINVAL))]
#[case::bad_selector(ON, 0, u64::MAX, u64::MAX, EPERM, Err(EFAULT))]
#[case::bad_selector_inclusive(INCLUSIVE_ON, 5, 1, u64::MAX, EPERM, Err(EFAULT))]
#[case::nothing_wrong(ON, 0, u64::MAX, 0, EPERM, Ok(()))]
#[harness::test(
    clause = DISPATCH_SYSCTL_ERROR_ORDER,
    catches = "a sysctl that is consulted before mode and region are checked, or after the \
        selector is",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE],
    serial,
)]
fn bad_arguments_come_before_the_switch_and_bad_selectors_after(
    #[case] mode: u64,
    #[case] offset: u64,
    #[case] length: u64,
    #[case] selector: u64,
    #[case] off: Errno,
    #[case] on: Result<(), Errno>,
) {
    let switch = Switch::set("0");
    let answer = dispatch::answer(mode, offset, length, selector);
    drop(switch);
    let twin = dispatch::answer(mode, offset, length, selector);
    assert_eq!((answer, twin), (Err(off), on));
}

/// Each text is written over 0 and over 1.
#[rstest]
#[case::zero("0", Ok("0\n"))]
#[case::one("1", Ok("1\n"))]
#[case::with_newline("1\n", Ok("1\n"))]
#[case::zero_with_newline("0\n", Ok("0\n"))]
#[case::two("2", Ok("1\n"))]
#[case::minus_one("-1", Ok("1\n"))]
#[case::leading_space(" 1", Ok("1\n"))]
#[case::leading_zeros("000", Ok("0\n"))]
#[case::word("x", Err(EINVAL))]
#[case::yes("y", Err(EINVAL))]
#[case::too_large("99999999999999999999999", Err(EINVAL))]
#[harness::test(
    clause = DISPATCH_SYSCTL_VALUES,
    catches = "a sysctl that keeps numbers other than 0 and 1, or that a refused text changes",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE],
    serial,
)]
fn it_is_a_truth_value(#[case] text: &str, #[case] expected: Result<&str, Errno>) {
    let _switch = Switch::hold();
    for before in ["0", "1"] {
        assert_eq!(sysctl::write(before), Ok(()));
        assert_eq!(sysctl::write(text), expected.map(drop));
        let kept = if before == "0" { "0\n" } else { "1\n" };
        assert_eq!(sysctl::read().as_deref(), Ok(expected.unwrap_or(kept)));
    }
}

#[rstest]
#[case::two("2", Ok(()))]
#[case::minus_one("-1", Ok(()))]
#[case::zero("0", Err(EPERM))]
#[harness::test(
    clause = [DISPATCH_SYSCTL_VALUES, DISPATCH_SYSCTL_DENIES_PRCTL],
    catches = "a sysctl that reads back as 1 but permits arming only where 1 was written",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE],
    serial,
)]
fn every_value_but_zero_lets_arm(#[case] text: &str, #[case] expected: Result<(), Errno>) {
    let switch = Switch::set(text);
    let answer = dispatch::answer(ON, 0, u64::MAX, 0);
    drop(switch);
    assert_eq!(answer, expected);
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_SYSCTL_VALUES, DISPATCH_SYSCTL_EXISTS],
    catches = "a sysctl that a user without privilege may write, or may not read",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE, ROOT],
    serial,
)]
fn only_root_writes_it() {
    let child = child::start(Flavour::Fork, || {
        fixtures::environment::become_nobody();
        i32::from(sysctl::read().is_ok() && sysctl::write("1") == Err(EACCES))
    });
    assert_eq!(child.end(), fixtures::WaitStatus::Exited(1));
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_SYSCTL_DENIES_PRCTL, DISPATCH_INHERIT_FORK],
    catches = "a child that may arm past the sysctl, or inherits dispatch, because its parent is \
        armed",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE],
    serial,
)]
fn a_child_of_an_armed_task_cannot_arm(
    #[values(Flavour::Fork, Flavour::CloneThread, Flavour::Vfork)] flavour: Flavour,
) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let switch = Switch::set("0");
    scene.armed.select(BLOCK);
    let child = child::start(flavour, || {
        let answer = dispatch::answer(ON, 0, u64::MAX, 0);
        let outcome = call_outcome::of_call(&scene.gadget, *scene.log);
        if answer == Err(EPERM) { outcome.exit_status() } else { 1 }
    });
    let end = child.end();
    scene.armed.select(ALLOW);
    let outcome = scene.outcome();
    drop(switch);
    assert_eq!(
        (from_exit_status(end), outcome),
        (Ok(CallOutcome::Native), CallOutcome::Dispatched)
    );
}

#[rstest]
#[harness::test(
    clause = DISPATCH_SYSCTL_ARMED_THREADS_STAY,
    catches = "a sysctl at 0 that disarms a tracee when it resumes",
    needs = [DISPATCH, DISPATCH_SYSCTL, SYSCTL_WRITABLE, PTRACE, PTRACE_DISPATCH],
    serial,
)]
fn an_armed_tracee_stays_as_it_is() {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let tracee = Tracee::start(|| {
        let scene = DispatchedGadget::with(gadget, log);
        tracee::stop_oneself();
        scene.outcome().exit_status()
    });
    tracee.next(Resume::Continue, 0);
    let switch = Switch::set("0");
    let end = tracee.finish();
    drop(switch);
    assert_eq!(from_exit_status(end), Ok(CallOutcome::Dispatched));
}
