//! Tasks that share memory, and so the selector byte: filters are handed on to them, dispatch is not.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget, UNASSIGNED};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::BLOCK;
use fixtures::filter::{self, Action, Filter, TSYNC, load, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, SECCOMP_FILTER};
use fixtures::selector::Selector;
use fixtures::thread::{Steps, spawn};
use fixtures::{Entry, WaitStatus, call_outcome, dispatch, sigsys};
use harness::SetUp;
use rstest::rstest;

/// Statuses of a child: what its call gave.
const FAILED: i32 = 9;
const OTHER: i32 = 44;

/// The parent's byte blocks, in the very memory that the child has; the filter is the child's too.
fn shares_the_byte(flavour: Flavour, filter_first: bool) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let action = || load(UNASSIGNED as u32, Action::Errno(FAILED as u16));
    if filter_first {
        action();
    }
    let scene = DispatchedGadget::with(gadget, log);
    if !filter_first {
        action();
    }
    scene.armed.select(BLOCK);
    let task = child::start(flavour, || {
        let result = gadget.call(UNASSIGNED);
        if result == -i64::from(FAILED) { FAILED } else { OTHER }
    });
    let end = task.end();
    scene.armed.select(dispatch::ALLOW);
    assert_eq!((end, log.count()), (WaitStatus::Exited(FAILED), 0));
    assert_eq!(scene.outcome(), CallOutcome::Dispatched, "the maker is armed as before");
    assert_eq!(gadget.call(UNASSIGNED), -i64::from(FAILED), "and filtered as before");
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_INHERIT_VFORK, DISPATCH_ORDER_BEFORE_SECCOMP],
    catches = "a kernel that leaves dispatch on in a vfork child, which has its parent's memory and selector",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_vfork_child_is_filtered_and_not_dispatched(
    #[values(Flavour::Vfork, Flavour::CloneVmVfork)] flavour: Flavour,
    #[values(false, true)] filter_first: bool,
) {
    shares_the_byte(flavour, filter_first);
}

/// These tasks see the selector that blocks.
#[rstest]
#[harness::test(
    clause = [
        DISPATCH_INHERIT_SHARED_MEMORY,
        DISPATCH_INHERIT_CLONE,
        DISPATCH_ORDER_BEFORE_SECCOMP,
    ],
    catches = "a kernel that ends dispatch only where memory is copied",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_task_with_the_same_memory_is_filtered_and_not_dispatched(
    #[values(Flavour::CloneVm, Flavour::CloneSighand, Flavour::CloneThread)] flavour: Flavour,
    #[values(false, true)] filter_first: bool,
) {
    shares_the_byte(flavour, filter_first);
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_INHERIT_CLONE, DISPATCH_ORDER_BEFORE_SECCOMP],
    catches = "a kernel that copies dispatch with the task, or drops the filter where it clears dispatch",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_forked_task_is_filtered_and_not_dispatched(
    #[values(Flavour::Fork, Flavour::Clone)] flavour: Flavour,
) {
    shares_the_byte(flavour, true);
}

/// Both threads have the same selector.
#[rstest]
#[case::the_first_is_armed(false)]
#[case::the_second_is_armed(true)]
#[harness::test(
    clause = [DISPATCH_ORDER_SECCOMP_STILL_APPLIES, DISPATCH_SCOPE_THREADS_INDEPENDENT],
    catches = "a kernel whose TSYNC changes an armed thread's dispatch, or hands it to another thread",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_filter_for_all_threads_leaves_dispatch_as_it_was(#[case] swapped: bool) {
    sigsys::handle();
    let gadget = Gadget::syscall();
    let steps = Steps::new();
    // The same byte for both.
    let selector = Selector::ordinary();
    let armed = || {
        let log = sigsys::attach_log();
        dispatch::arm_with(gadget.everything_else(), selector).keep();
        steps.reach(1);
        steps.wait_for(2);
        selector.store(BLOCK);
        let blocked = call_outcome::of_call(&gadget, log);
        selector.store(dispatch::ALLOW);
        let allowed = gadget.call(UNASSIGNED);
        selector.store(BLOCK);
        steps.reach(3);
        steps.wait_for(4);
        selector.store(dispatch::ALLOW);
        (blocked, allowed)
    };
    let other = || {
        steps.wait_for(1);
        filter::no_new_privileges();
        let filter = Filter::only(number(UNASSIGNED), Action::Errno(FAILED as u16));
        filter.try_load(TSYNC).set_up("a filter can be put upon all threads");
        steps.reach(2);
        steps.wait_for(3);
        let result = gadget.call(UNASSIGNED);
        steps.reach(4);
        result
    };
    let ((blocked, allowed), free) = std::thread::scope(|scope| {
        if swapped {
            let armed = spawn(scope, armed);
            let free = other();
            (armed.join().expect("the thread returns"), free)
        } else {
            let other = spawn(scope, other);
            (armed(), other.join().expect("the thread returns"))
        }
    });
    let failed = -i64::from(FAILED);
    assert_eq!((blocked, allowed, free), (CallOutcome::Dispatched, failed, failed));
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_ORDER_SECCOMP_STILL_APPLIES, DISPATCH_INHERIT_SHARED_MEMORY],
    catches = "a kernel that puts a child's filter on the armed parent that shares its memory",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_childs_filter_is_its_own(
    #[values(Flavour::Fork, Flavour::Vfork, Flavour::CloneVm)] flavour: Flavour,
) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let filter = Filter::only(number(UNASSIGNED), Action::Errno(FAILED as u16)).program();
    let task = child::start(flavour, || {
        filter::no_new_privileges();
        // Made before: a task that shares memory must not allocate.
        if filter::try_load_program(0, &filter).is_err() {
            return OTHER;
        }
        let result = scene.gadget.call(UNASSIGNED);
        if result == -i64::from(FAILED) { FAILED } else { OTHER }
    });
    assert_eq!(task.end(), WaitStatus::Exited(FAILED));
    assert_eq!(
        [scene.outcome(), scene.outcome_with(0)],
        [CallOutcome::Dispatched, CallOutcome::Native]
    );
}
