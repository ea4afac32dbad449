//! `PR_SYS_DISPATCH_OFF`: the arguments it refuses, and what is left of dispatch after it.

use crate::clauses::*;
use fixtures::Entry;
use fixtures::Errno::EINVAL;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, SelfAllowingHandler};
use fixtures::dispatch::{self, ALLOW, Args, BLOCK, INCLUSIVE_ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE};
use fixtures::selector::Selector;
use fixtures::sigsys;
use fixtures::thread::{self, Steps};
use rstest::rstest;

/// Each row sets one field; the accepted call differs from the refused one in that field alone.
#[rstest]
#[case::offset(Args { offset: 1, ..Args::OFF })]
#[case::length(Args { length: 1, ..Args::OFF })]
#[case::selector(Args { selector: Selector::ordinary().address(), ..Args::OFF })]
#[harness::test(
    clause = DISPATCH_PRCTL_OFF_ARGS_ZERO,
    catches = "an OFF that leaves the offset, the length or the selector unchecked",
    needs = [DISPATCH],
)]
fn off_refuses_a_non_zero_field(#[case] args: Args) {
    assert_eq!(dispatch::prctl(args), Err(EINVAL));
    assert_eq!(dispatch::prctl(Args::OFF), Ok(()));
}

#[rstest]
#[case::offset_and_length(true, true, false)]
#[case::offset_and_selector(true, false, true)]
#[case::length_and_selector(false, true, true)]
#[case::all_three(true, true, true)]
#[harness::test(
    clause = DISPATCH_PRCTL_OFF_ARGS_ZERO,
    catches = "an OFF that adds the fields up, or combines them otherwise, before it compares with \
        0",
    needs = [DISPATCH],
)]
fn off_refuses_non_zero_fields_together(
    #[case] offset: bool,
    #[case] length: bool,
    #[case] selector: bool,
) {
    // Some of these pairs add up to 0 or cancel out.
    for (first, second) in [(1, 1), (1, u64::MAX), (u64::MAX, 1), (u64::MAX, u64::MAX)] {
        let args = Args {
            offset: if offset { first } else { 0 },
            length: if length { second } else { 0 },
            selector: if selector { if offset { second } else { first } } else { 0 },
            ..Args::OFF
        };
        assert_eq!(dispatch::prctl(args), Err(EINVAL));
    }
    assert_eq!(dispatch::prctl(Args::OFF), Ok(()));
}

#[rstest]
#[case::offset(|value| Args { offset: value, ..Args::OFF })]
#[case::length(|value| Args { length: value, ..Args::OFF })]
#[case::selector(|value| Args { selector: value, ..Args::OFF })]
#[harness::test(
    clause = DISPATCH_PRCTL_OFF_ARGS_ZERO,
    catches = "an OFF that compares fewer than 64 bits of a field with 0",
    needs = [DISPATCH],
)]
fn off_looks_at_every_bit_of_a_field(#[case] args: fn(u64) -> Args) {
    for bit in 0..64 {
        assert_eq!(dispatch::prctl(args(1 << bit)), Err(EINVAL), "bit {bit}");
    }
    assert_eq!(dispatch::prctl(args(0)), Ok(()));
}

/// With the flag alone left, every call would be dispatched, whatever the byte holds.
#[harness::test(
    clause = DISPATCH_PRCTL_OFF,
    catches = "an OFF that clears region and selector but leaves the thread's dispatch work flag \
        set",
    needs = [DISPATCH],
)]
fn off_ends_dispatch() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!(scene.outcome(), CallOutcome::Dispatched, "while on");
    dispatch::turn_off();
    assert_eq!(scene.outcome(), CallOutcome::Native, "blocked");
    assert_eq!(scene.outcome_with(ALLOW), CallOutcome::Native, "allowed");
}

#[harness::test(
    clause = DISPATCH_PRCTL_OFF,
    catches = "an OFF refused by a thread that was never armed, or refused the second time",
    needs = [DISPATCH],
)]
fn off_is_accepted_by_a_thread_that_is_off() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    assert_eq!(dispatch::prctl(Args::OFF), Ok(()), "never armed");
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::ordinary());
    assert_eq!(dispatch::prctl(Args::OFF), Ok(()), "armed");
    assert_eq!(dispatch::prctl(Args::OFF), Ok(()), "again");
    assert_eq!(armed.blocked(|| call_outcome::of_call(&gadget, log)), CallOutcome::Native);
}

#[harness::test(
    clause = DISPATCH_PRCTL_OFF,
    catches = "an OFF that has no effect on a thread armed without a selector",
    needs = [DISPATCH],
)]
fn off_ends_dispatch_without_a_selector() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::NONE);
    assert_eq!(call_outcome::of_call(&gadget, log), CallOutcome::Dispatched, "while on");
    armed.off();
    assert_eq!(call_outcome::of_call(&gadget, log), CallOutcome::Native);
}

#[harness::test(
    clause = [DISPATCH_PRCTL_OFF, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "an OFF that ends exclusive mode alone",
    needs = [INCLUSIVE],
)]
fn off_ends_inclusive_dispatch() {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    assert_eq!(
        toggle.outcome_in(INCLUSIVE_ON, gadget.own_pages(), &gadget),
        CallOutcome::Dispatched
    );
    dispatch::turn_off();
    assert_eq!(toggle.outcome(&gadget), CallOutcome::Native);
}

#[rstest]
#[case::just_above_block(2)]
#[case::all_ones(0xff)]
#[harness::test(
    clause = [DISPATCH_SCOPE_ENABLE_VS_ALLOW, DISPATCH_PRCTL_OFF],
    catches = "a kernel that reads the selector after OFF and kills for an invalid value",
    needs = [DISPATCH],
)]
fn after_off_a_deadly_value_does_nothing(#[case] value: u8) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    dispatch::turn_off();
    assert_eq!(scene.outcome_with(value), CallOutcome::Native);
}

#[harness::test(
    clause = [DISPATCH_SCOPE_ENABLE_VS_ALLOW, DISPATCH_PRCTL_OFF],
    catches = "a kernel that reads the selector after OFF and kills when its page is gone",
    needs = [DISPATCH],
)]
fn after_off_the_selector_may_be_unmapped() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let selector = Selector::ordinary();
    let armed = dispatch::arm_with(gadget.everything_else(), selector.without_byte());
    selector.store(BLOCK);
    assert_eq!(call_outcome::of_call(&gadget, log), CallOutcome::Dispatched, "while on");
    dispatch::turn_off();
    selector.unmap();
    assert_eq!(call_outcome::of_call(&gadget, log), CallOutcome::Native);
    armed.keep();
}

#[harness::test(
    clause = DISPATCH_SCOPE_ENABLE_VS_ALLOW,
    catches = "ALLOW in the selector that disarms the thread, or BLOCK that arms it again after \
        OFF",
    needs = [DISPATCH],
)]
fn allowing_is_not_turning_off() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let allowed = scene.outcome_with(ALLOW);
    let blocked = scene.outcome_with(BLOCK);
    dispatch::turn_off();
    let after = scene.outcome_with(BLOCK);
    assert_eq!(
        (allowed, blocked, after),
        (CallOutcome::Native, CallOutcome::Dispatched, CallOutcome::Native)
    );
}

#[harness::test(
    clause = [DISPATCH_PRCTL_OFF, DISPATCH_PRCTL_ON],
    catches = "a region of the first configuration left in force when dispatch is turned on again",
    needs = [DISPATCH],
)]
fn dispatch_can_be_turned_on_again_after_off() {
    let (first, second) = (Gadget::syscall(), Gadget::syscall());
    let toggle = SelfAllowingHandler::new();
    for _ in 0..3 {
        assert_eq!(
            toggle.outcome_in(dispatch::ON, first.own_pages(), &second),
            CallOutcome::Dispatched
        );
        dispatch::turn_off();
        assert_eq!(
            toggle.outcome_in(dispatch::ON, second.own_pages(), &second),
            CallOutcome::Native
        );
        assert_eq!(toggle.outcome(&first), CallOutcome::Dispatched);
        dispatch::turn_off();
        assert_eq!(
            (toggle.outcome(&first), toggle.outcome(&second)),
            (CallOutcome::Native, CallOutcome::Native)
        );
    }
    assert_eq!(toggle.outcome_in(dispatch::ON, Region::NONE, &second), CallOutcome::Dispatched);
}

#[harness::test(
    clause = DISPATCH_PRCTL_OFF,
    catches = "an OFF that disarms another thread which has the same region and selector",
    needs = [DISPATCH],
)]
fn off_leaves_another_thread_armed() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let (region, selector) = (scene.gadget.everything_else(), scene.armed.selector());
    let answers = std::thread::scope(|scope| {
        let other = thread::spawn(scope, move || {
            let on = dispatch::prctl(Args {
                mode: dispatch::ON,
                offset: region.offset,
                length: region.length,
                selector: selector.address(),
            });
            (on, dispatch::prctl(Args::OFF))
        });
        other.join().expect("the thread ends")
    });
    assert_eq!(answers, (Ok(()), Ok(())));
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}

#[harness::test(
    clause = DISPATCH_PRCTL_OFF,
    catches = "an OFF by the thread group leader that disarms the other threads of the process",
    needs = [DISPATCH],
)]
fn off_in_the_first_thread_leaves_a_second_armed() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let steps = Steps::new();
    let (gadget, region) = (scene.gadget, scene.gadget.everything_else());
    let outcome = std::thread::scope(|scope| {
        let other = thread::spawn(scope, move || {
            let log = sigsys::attach_log();
            let armed = dispatch::arm_with(region, Selector::ordinary());
            steps.reach(1);
            steps.wait_for(2);
            let outcome = armed.blocked(|| call_outcome::of_call(&gadget, log));
            armed.off();
            outcome
        });
        steps.wait_for(1);
        dispatch::turn_off();
        steps.reach(2);
        other.join().expect("the thread ends")
    });
    assert_eq!(outcome, CallOutcome::Dispatched);
    assert_eq!(scene.outcome(), CallOutcome::Native);
}
