//! The selector among threads and processes: whose calls it controls, and who may store to it.

use crate::clauses::*;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget};
use fixtures::child;
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::needs::DISPATCH;
use fixtures::selector::Selector;
use fixtures::thread::{self, Steps};
use fixtures::{Entry, WaitStatus, sigsys};
use rstest::rstest;

/// The outcomes of the calls of two armed threads, the first of which stores to both selectors.
fn outcomes_of_two(
    pairs: &[[u8; 2]],
    second: impl FnOnce(Selector) -> Selector,
) -> Vec<(CallOutcome, CallOutcome)> {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let own = scene.armed.selector();
    let other = second(own);
    let (gadget, steps) = (scene.gadget, Steps::new());
    let rounds = pairs.len() as u32;
    let mut firsts = Vec::with_capacity(pairs.len());
    let mut seconds = Vec::new();
    std::thread::scope(|scope| {
        let thread = thread::spawn(scope, move || {
            let log = sigsys::attach_log();
            let mut outcomes = Vec::with_capacity(rounds as usize);
            let armed = dispatch::arm_with(gadget.everything_else(), other);
            for round in 0..rounds {
                steps.reach(2 * round + 1);
                steps.wait_for(2 * round + 2);
                outcomes.push(call_outcome::of_call(&gadget, log));
            }
            steps.reach(2 * rounds + 1);
            steps.wait_for(2 * rounds + 2);
            armed.off();
            outcomes
        });
        for (round, pair) in (0..).zip(pairs) {
            steps.wait_for(2 * round + 1);
            own.store(pair[0]);
            other.store(pair[1]);
            firsts.push(call_outcome::of_call(&gadget, *scene.log));
            steps.reach(2 * round + 2);
        }
        steps.wait_for(2 * rounds + 1);
        own.store(ALLOW);
        other.store(ALLOW);
        dispatch::turn_off();
        steps.reach(2 * rounds + 2);
        seconds = thread.join().expect("the thread ends");
    });
    firsts.into_iter().zip(seconds).collect()
}

/// Both threads are armed with the same region, and every combination of the two bytes is tried.
#[harness::test(
    clause = DISPATCH_SELECTOR_THREAD_WIDE,
    catches = "a selector kept for the process, so that the byte of one thread decides for another",
    needs = [DISPATCH],
)]
fn a_selector_switches_its_own_thread() {
    let pairs = [[ALLOW, ALLOW], [BLOCK, ALLOW], [ALLOW, BLOCK], [BLOCK, BLOCK]];
    use CallOutcome::{Dispatched, Native};
    assert_eq!(
        outcomes_of_two(&pairs, |_| Selector::ordinary()),
        [(Native, Native), (Dispatched, Native), (Native, Dispatched), (Dispatched, Dispatched)]
    );
}

#[harness::test(
    clause = DISPATCH_SELECTOR_THREAD_WIDE,
    catches = "a selector that serves one thread only: another one's calls do not follow the \
        shared byte",
    needs = [DISPATCH],
)]
fn two_threads_may_share_a_selector() {
    let pairs = [[ALLOW, ALLOW], [BLOCK, BLOCK], [ALLOW, ALLOW]];
    use CallOutcome::{Dispatched, Native};
    assert_eq!(
        outcomes_of_two(&pairs, |own| own),
        [(Native, Native), (Dispatched, Dispatched), (Native, Native)]
    );
}

#[harness::test(
    clause = DISPATCH_SELECTOR_THREAD_WIDE,
    catches = "a selector at BLOCK that dispatches the calls of a thread which is not armed",
    needs = [DISPATCH],
)]
fn a_selector_does_not_switch_an_unarmed_thread() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let (gadget, own) = (scene.gadget, scene.armed.selector());
    own.store(BLOCK);
    let outcome = std::thread::scope(|scope| {
        let other = thread::spawn(scope, move || {
            let log = sigsys::attach_log();
            call_outcome::of_call(&gadget, log)
        });
        other.join().expect("the thread ends")
    });
    own.store(ALLOW);
    assert_eq!(outcome, CallOutcome::Native);
    assert_eq!(scene.outcome(), CallOutcome::Dispatched, "the armed thread");
}

/// The other process has ended before the call is made, so its store is complete.
#[rstest]
#[case::with_memory_of_its_own(child::Flavour::Fork)]
#[case::with_all_memory_shared(child::Flavour::CloneVm)]
#[harness::test(
    clause = DISPATCH_SELECTOR_SHARED_MEMORY,
    catches = "a kernel that does not see stores to the selector by another process",
    needs = [DISPATCH],
)]
fn another_process_may_store_to_the_selector(#[case] flavour: child::Flavour) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let selector = scene.armed.selector();
    let store = |value| {
        let end = child::start(flavour, || {
            selector.store(value);
            0
        });
        assert_eq!(end.end(), WaitStatus::Exited(0));
    };
    store(BLOCK);
    let blocked = call_outcome::of_call(&scene.gadget, *scene.log);
    store(ALLOW);
    let allowed = call_outcome::of_call(&scene.gadget, *scene.log);
    assert_eq!((blocked, allowed), (CallOutcome::Dispatched, CallOutcome::Native));
}

/// A forked child's store stays with the child. The parent's own store makes a copy, which the
/// kernel reads from then on.
#[harness::test(
    clause = [DISPATCH_SELECTOR_SHARED_MEMORY, DISPATCH_SELECTOR_READ_AT_EVERY_ENTRY],
    catches = "a selector read from the wrong copy after copy-on-write: the child's, or the shared \
        page from before",
    needs = [DISPATCH],
)]
fn a_private_selector_is_read_in_its_own_process() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let selector = Selector::untouched();
    selector.store(ALLOW);
    let armed = dispatch::arm_with(scene.gadget.everything_else(), selector);
    let steps = Steps::new();
    let child = child::start(child::Flavour::Fork, || {
        selector.store(BLOCK);
        steps.reach(1);
        steps.wait_for(2);
        i32::from(selector.load())
    });
    steps.wait_for(1);
    let others = call_outcome::of_call(&scene.gadget, *scene.log);
    armed.select(BLOCK);
    let own = call_outcome::of_call(&scene.gadget, *scene.log);
    armed.select(ALLOW);
    let again = call_outcome::of_call(&scene.gadget, *scene.log);
    steps.reach(2);
    assert_eq!(child.end(), WaitStatus::Exited(i32::from(BLOCK)));
    assert_eq!(
        (others, own, again),
        (CallOutcome::Native, CallOutcome::Dispatched, CallOutcome::Native)
    );
}

/// Another process alternates the byte without synchronisation; each call has one of the two
/// outcomes.
#[harness::test(
    clause = [DISPATCH_SELECTOR_READ_AT_EVERY_ENTRY, DISPATCH_SELECTOR_SHARED_MEMORY],
    catches = "a selector read twice for one call, which a store in between kills or leaves half \
        dispatched",
    needs = [DISPATCH],
)]
fn each_call_runs_or_is_dispatched_whenever_the_byte_changes() {
    const CALLS: u32 = 2_000;
    let scene = DispatchedGadget::new(Entry::Syscall);
    let selector = scene.armed.selector();
    let steps = Steps::new();
    let flipper = child::start(child::Flavour::Fork, || {
        while steps.now() == 0 {
            selector.store(BLOCK);
            selector.store(ALLOW);
        }
        0
    });
    let mut odd = None;
    // Which outcome a call has differs from run to run.
    harness::stop_recording();
    for _ in 0..CALLS {
        let outcome = call_outcome::of_call(&scene.gadget, *scene.log);
        if !matches!(outcome, CallOutcome::Native | CallOutcome::Dispatched) {
            odd = Some(outcome);
            break;
        }
    }
    steps.reach(1);
    assert_eq!(flipper.end(), WaitStatus::Exited(0));
    assert_eq!(odd, None);
}
