//! What the 256 values of the selector mean.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget};
use fixtures::child;
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::fatal::{Caller, FatalCall, FatalOutcome, Signals};
use fixtures::filter::{self, Action};
use fixtures::needs::{DISPATCH, INCLUSIVE, INT80, PTRACE, SECCOMP_FILTER};
use fixtures::selector::Selector;
use fixtures::sigsys::{self};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Entry, WaitStatus};
use rstest::rstest;
use sys::uapi::{SIGSYS, SYS_exit, SYS_exit_group, SYS_prctl, SYS_rt_sigreturn};

#[harness::test(
    clause = DISPATCH_SELECTOR_ALLOW,
    catches = "a kernel that takes 0 for BLOCK, or dispatches every call of an armed thread",
    needs = [DISPATCH],
)]
fn zero_lets_calls_run() {
    assert_eq!(DispatchedGadget::new(Entry::Syscall).outcome_with(0), CallOutcome::Native);
}

#[harness::test(
    clause = [DISPATCH_SELECTOR_BLOCK, DISPATCH_PRCTL_ON],
    catches = "a kernel that takes 1 for ALLOW, or for a value that kills",
    needs = [DISPATCH],
)]
fn one_blocks_calls() {
    assert_eq!(DispatchedGadget::new(Entry::Syscall).outcome_with(1), CallOutcome::Dispatched);
}

#[harness::test(
    clause = [DISPATCH_SELECTOR_ALLOW, DISPATCH_SELECTOR_BLOCK],
    catches = "an int 0x80 path that does not read the selector: its calls always run, or are \
        always dispatched",
    needs = [DISPATCH, INT80],
)]
fn zero_and_one_mean_the_same_for_int80() {
    let scene = DispatchedGadget::new(Entry::Int80);
    let outcomes = (scene.outcome_with(0), scene.outcome_with(1));
    assert_eq!(outcomes, (CallOutcome::Native, CallOutcome::Dispatched));
}

/// No other call is made in between, and the pattern of the two values repeats after a prime number
/// of calls only.
#[harness::test(
    clause = [
        DISPATCH_SCOPE_CONTROL_VARIABLE,
        DISPATCH_SCOPE_SELECTIVE,
        DISPATCH_SELECTOR_READ_AT_EVERY_ENTRY,
    ],
    catches = "a selector value remembered from an earlier call",
    needs = [DISPATCH],
)]
fn each_call_follows_the_byte_of_that_moment() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    for call in 0..1000u32 {
        let value = (call * call % 31 % 2) as u8;
        let expected = if value == BLOCK { CallOutcome::Dispatched } else { CallOutcome::Native };
        assert_eq!(scene.outcome_with(value), expected, "call {call}");
    }
}

#[harness::test(
    clause = [DISPATCH_SELECTOR_TEMPORARY, DISPATCH_SCOPE_ENABLE_VS_ALLOW],
    catches = "a kernel that disarms the thread or stops reading the selector after many allowed \
        calls",
    needs = [DISPATCH],
)]
fn after_allowed_calls_the_next_blocked_one_is_dispatched() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    for _ in 0..100 {
        assert_eq!(scene.outcome_with(ALLOW), CallOutcome::Native);
    }
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
    assert_eq!(scene.outcome(), CallOutcome::Dispatched, "the next blocked call");
}

/// A filter kills at the next prctl, so that switching cannot use it.
#[harness::test(
    clause = DISPATCH_SELECTOR_NO_SYSTEM_CALL,
    catches = "a kernel that takes note of a new selector value in a prctl only",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn switching_takes_no_system_call() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    filter::load(SYS_prctl as u32, Action::KillProcess);
    for _ in 0..3 {
        let outcomes = (scene.outcome_with(BLOCK), scene.outcome_with(ALLOW));
        assert_eq!(outcomes, (CallOutcome::Dispatched, CallOutcome::Native));
    }
}

/// The byte is compared when the handler begins and after it, its neighbours at the end.
#[harness::test(
    clause = [DISPATCH_SELECTOR_NO_SYSTEM_CALL, DISPATCH_SELECTOR_ONE_BYTE],
    catches = "a kernel that stores ALLOW when it delivers SIGSYS, or any value when it reads the \
        selector",
    needs = [DISPATCH],
)]
fn the_kernel_does_not_write_the_selector() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let selector = scene.armed.selector();
    scene.log.on_entry(selector.byte(), BLOCK);
    selector.store(BLOCK);
    scene.gadget.call(fixtures::call_outcome::UNASSIGNED);
    let (seen, after) =
        (scene.log.delivery(0).map(|caught| caught.byte_on_entry()), selector.load());
    selector.store(ALLOW);
    scene.gadget.call(fixtures::call_outcome::UNASSIGNED);
    assert_eq!((seen, after), (Some(BLOCK), BLOCK), "while it blocks");
    assert_eq!(selector.load(), ALLOW, "while it allows");
    assert_eq!(selector.neighbours(), [0xff; 4]);
}

#[rstest]
#[case::from_2(2)]
#[case::from_0x20(0x20)]
#[case::from_0x40(0x40)]
#[case::from_0x60(0x60)]
#[case::from_0x80(0x80)]
#[case::from_0xa0(0xa0)]
#[case::from_0xc0(0xc0)]
#[case::from_0xe0(0xe0)]
#[harness::test(
    clause = [
        DISPATCH_SELECTOR_BAD_VALUE_SIGSYS,
        DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE,
        DISPATCH_SELECTOR_BAD_VALUE_KILLS,
    ],
    catches = "any value from 2 to 255 taken for ALLOW or BLOCK",
    needs = [DISPATCH],
)]
fn every_other_value_kills(#[case] first: u8) {
    let trap = FatalCall::new();
    let selector = Selector::ordinary();
    for value in first..=first | 0x1f {
        let attempt = trap.attempt(Signals::Handled, selector, value);
        assert_eq!(attempt, FatalOutcome::killed_by(SIGSYS), "value {value:#04x}");
    }
}

/// The values equal ALLOW or BLOCK in the lowest bit, the lowest seven bits or the sign. ALLOW
/// itself kills no process.
#[rstest]
#[case::by_default(Signals::Default)]
#[case::handled(Signals::Handled)]
#[case::handled_without_deferring(Signals::HandledNodefer)]
#[case::blocked(Signals::Blocked)]
#[case::ignored(Signals::Ignored)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE, DISPATCH_SELECTOR_BAD_VALUE_KILLS],
    catches = "a SIGSYS for an invalid value that a handler, a mask or SIG_IGN survives",
    needs = [DISPATCH],
)]
fn another_value_kills_whatever_the_signal_does(#[case] signals: Signals) {
    let trap = FatalCall::new();
    let selector = Selector::ordinary();
    for value in [2, 3, 0x7f, 0x80, 0x81, 0xff] {
        let attempt = trap.attempt(signals, selector, value);
        assert_eq!(attempt, FatalOutcome::killed_by(SIGSYS), "value {value:#04x}");
    }
    let allowed = FatalOutcome { end: WaitStatus::Exited(0), handled: 0, executed: true };
    assert_eq!(trap.attempt(signals, selector, ALLOW), allowed, "value 0");
}

/// The process of the case itself makes the call.
#[rstest]
#[case::just_above_block(2)]
#[case::least_negative(0x80)]
#[case::all_ones(0xff)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_BAD_VALUE_SIGSYS, DISPATCH_SELECTOR_BAD_VALUE_KILLS],
    catches = "an invalid value that runs the SIGSYS handler, as BLOCK does, or that lets the call \
        run",
    needs = [DISPATCH],
    ends = KilledBy(SIGSYS),
)]
fn another_value_kills_the_case(#[case] value: u8) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    harness::expect_death();
    scene.armed.select(value);
    scene.gadget.call(fixtures::call_outcome::UNASSIGNED);
}

#[rstest]
#[case::just_above_block(2)]
#[case::all_ones(0xff)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_BAD_VALUE_SIGSYS, DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE],
    catches = "an int 0x80 path that takes every value but ALLOW for BLOCK, or every value but \
        BLOCK for ALLOW",
    needs = [DISPATCH, INT80],
    ends = KilledBy(SIGSYS),
)]
fn another_value_kills_at_an_int80(#[case] value: u8) {
    let scene = DispatchedGadget::new(Entry::Int80);
    harness::expect_death();
    scene.armed.select(value);
    scene.gadget.call(fixtures::call_outcome::UNASSIGNED);
}

#[rstest]
#[case::just_above_block(2)]
#[case::all_ones(0xff)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_BAD_VALUE_SIGSYS, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "an inclusive mode that takes every value but ALLOW for BLOCK and runs the handler",
    needs = [INCLUSIVE],
)]
fn another_value_kills_in_inclusive_mode(#[case] value: u8) {
    let trap = FatalCall::new();
    let attempt = trap.attempt_after(Signals::Handled, || {
        let armed = dispatch::arm_inclusive(trap.gadget.own_pages(), Selector::ordinary());
        armed.select(value);
        armed.keep();
    });
    assert_eq!(attempt, FatalOutcome::killed_by(SIGSYS));
}

#[rstest]
#[case::exit_group(SYS_exit_group)]
#[case::exit(SYS_exit)]
#[case::rt_sigreturn(SYS_rt_sigreturn)]
#[case::prctl(SYS_prctl)]
#[case::no_number(-1)]
#[case::a_number_of_64_bits(1 << 32 | 39)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_BAD_VALUE_SIGSYS, DISPATCH_SELECTOR_BAD_VALUE_KILLS],
    catches = "a call number that escapes an invalid value: exit, rt_sigreturn, prctl, -1 or one \
        above 32 bits",
    needs = [DISPATCH],
)]
fn another_value_kills_at_every_call(#[case] nr: i64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    dispatch::turn_off();
    let region = scene.gadget.everything_else();
    let selector = scene.armed.selector();
    let end = child::fork(|| {
        let armed = dispatch::arm_with(region, selector);
        armed.select(2);
        scene.gadget.call_args(nr, [0; 6]);
        armed.keep();
    });
    assert_eq!((end, scene.log.count()), (WaitStatus::KilledBy(SIGSYS), 0));
}

#[harness::test(
    clause = DISPATCH_SELECTOR_BAD_VALUE_AT_ENTRY,
    catches = "an invalid value that still counts after another value has replaced it",
    needs = [DISPATCH],
)]
fn another_value_matters_at_the_next_call_only() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    for value in 2..=u8::MAX {
        scene.armed.select(value);
        let outcomes = (scene.outcome_with(ALLOW), scene.outcome_with(BLOCK));
        assert_eq!(outcomes, (CallOutcome::Native, CallOutcome::Dispatched), "after {value:#04x}");
    }
}

#[rstest]
#[case::just_above_block(2)]
#[case::all_ones(0xff)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_BAD_VALUE_AT_ENTRY, DISPATCH_PRCTL_ON],
    catches = "a prctl that reads the selector and refuses or kills for an invalid value",
    needs = [DISPATCH],
)]
fn dispatch_can_be_turned_on_with_another_value(#[case] value: u8) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    dispatch::turn_off();
    let selector = Selector::ordinary();
    selector.store(value);
    let armed = dispatch::arm_with(scene.gadget.everything_else(), selector);
    let outcome = armed.blocked(|| fixtures::call_outcome::of_call(&scene.gadget, *scene.log));
    assert_eq!(outcome, CallOutcome::Dispatched);
}

/// The thread that does not call waits until the other is gone, and then exits with a status of its
/// own.
#[rstest]
#[case::by_its_first_thread(Caller::First)]
#[case::by_another_thread(Caller::Second)]
#[harness::test(
    clause = DISPATCH_SELECTOR_BAD_VALUE_KILLS,
    catches = "an invalid value that ends the calling thread alone",
    needs = [DISPATCH],
)]
fn another_value_ends_the_whole_process(#[case] caller: Caller) {
    let end = FatalCall::new().attempt_beside_a_thread(caller, Selector::ordinary(), 2);
    assert_eq!(end, WaitStatus::KilledBy(SIGSYS));
}

/// A process that shares memory, open files or signal handlers with the one that dies is another
/// application.
#[rstest]
#[case::fork(child::Flavour::Fork)]
#[case::vfork(child::Flavour::Vfork)]
#[case::shared_memory(child::Flavour::CloneVm)]
#[case::shared_handlers(child::Flavour::CloneSighand)]
#[harness::test(
    clause = DISPATCH_SELECTOR_BAD_VALUE_KILLS,
    catches = "a SIGSYS for an invalid value that also ends processes which share memory or \
        handlers",
    needs = [DISPATCH],
)]
fn another_value_ends_no_other_process(#[case] flavour: child::Flavour) {
    let gadget = fixtures::gadget::Gadget::syscall();
    let selector = Selector::ordinary();
    let child = child::start(flavour, || {
        let armed = dispatch::arm_with(gadget.everything_else(), selector);
        armed.select(2);
        gadget.call(fixtures::call_outcome::UNASSIGNED);
        armed.select(ALLOW);
        0
    });
    assert_eq!(child.end(), WaitStatus::KilledBy(SIGSYS));
}

#[rstest]
#[case::just_above_block(2)]
#[case::all_ones(0xff)]
#[harness::test(
    clause = DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE,
    catches = "a SIGSYS for an invalid value that goes through a signal-delivery-stop, where a \
        tracer can suppress it",
    needs = [DISPATCH, PTRACE],
)]
fn a_tracer_cannot_catch_what_another_value_raises(#[case] value: u8) {
    let gadget = fixtures::gadget::Gadget::syscall();
    sigsys::handle();
    let tracee = Tracee::start(|| {
        let armed = dispatch::arm_with(gadget.everything_else(), Selector::ordinary());
        armed.select(value);
        gadget.call(fixtures::call_outcome::UNASSIGNED);
        armed.select(ALLOW);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::KilledBy(SIGSYS)));
}
