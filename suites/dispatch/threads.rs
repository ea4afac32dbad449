//! Dispatch belongs to the thread that turned it on: to no other thread, and as a whole.

use crate::clauses::*;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, UNASSIGNED};
use fixtures::dispatch::{self, ALLOW, BLOCK, Region};
use fixtures::gadget::Gadget;
use fixtures::intercepted::is_that_call;
use fixtures::needs::DISPATCH;
use fixtures::selector::Selector;
use fixtures::sigsys;
use fixtures::thread::{Steps, spawn};
use rstest::rstest;
use std::thread;
use sys::uapi::SYS_USER_DISPATCH;

/// Runs both bodies in threads of one process, `one` in the first thread unless `swapped`: a kernel
/// may take the first thread of a process for the calling thread. The steps order the two.
fn both<A: Send, B: Send>(
    swapped: bool,
    one: impl FnOnce(Steps) -> A + Send,
    other: impl FnOnce(Steps) -> B + Send,
) -> (A, B) {
    let steps = Steps::new();
    thread::scope(|scope| {
        if swapped {
            let one = spawn(scope, || one(steps));
            let other = other(steps);
            (one.join().expect("the thread returns"), other)
        } else {
            let other = spawn(scope, || other(steps));
            (one(steps), other.join().expect("the thread returns"))
        }
    })
}

/// A scene for a thread whose process handles SIGSYS already.
fn scene_of_thread() -> DispatchedGadget {
    DispatchedGadget::with(Gadget::syscall(), sigsys::attach_log())
}

/// The other thread exists already and uses the very same instruction.
#[rstest]
#[case::first_thread_arms(false)]
#[case::second_thread_arms(true)]
#[harness::test(
    clause = DISPATCH_SCOPE_CALLING_THREAD,
    catches = "an ON that arms the thread group leader or the whole process instead of the caller \
        alone",
    needs = [DISPATCH],
)]
fn arming_reaches_no_other_thread(#[case] swapped: bool) {
    sigsys::handle();
    let gadget = Gadget::syscall();
    let (armed, other) = both(
        swapped,
        |steps| {
            steps.wait_for(1);
            let scene = DispatchedGadget::with(gadget, sigsys::attach_log());
            scene.armed.select(BLOCK);
            steps.reach(2);
            steps.wait_for(3);
            call_outcome::of_call(&gadget, *scene.log)
        },
        |steps| {
            let log = sigsys::attach_log();
            steps.reach(1);
            steps.wait_for(2);
            let outcome = call_outcome::of_call(&gadget, log);
            steps.reach(3);
            outcome
        },
    );
    assert_eq!([armed, other], [CallOutcome::Dispatched, CallOutcome::Native]);
}

/// Both threads are armed, with their selectors at BLOCK.
#[rstest]
#[case::first_thread_turns_off(false)]
#[case::second_thread_turns_off(true)]
#[harness::test(
    clause = [DISPATCH_SCOPE_CALLING_THREAD, DISPATCH_PRCTL_OFF],
    catches = "an OFF that disarms the thread group leader or the whole process instead of the \
        caller alone",
    needs = [DISPATCH],
)]
fn turning_off_reaches_no_other_thread(#[case] swapped: bool) {
    sigsys::handle();
    let (disarmed, other) = both(
        swapped,
        |steps| {
            let scene = scene_of_thread();
            scene.armed.select(BLOCK);
            steps.wait_for(1);
            dispatch::turn_off();
            steps.reach(2);
            call_outcome::of_call(&scene.gadget, *scene.log)
        },
        |steps| {
            let scene = scene_of_thread();
            scene.armed.select(BLOCK);
            steps.reach(1);
            steps.wait_for(2);
            call_outcome::of_call(&scene.gadget, *scene.log)
        },
    );
    assert_eq!([disarmed, other], [CallOutcome::Native, CallOutcome::Dispatched]);
}

/// The second configuration exempts everything, which would free the other thread's call.
#[rstest]
#[case::first_thread_arms_again(false)]
#[case::second_thread_arms_again(true)]
#[harness::test(
    clause = [DISPATCH_SCOPE_CALLING_THREAD, DISPATCH_SCOPE_THREADS_INDEPENDENT],
    catches = "a second ON whose region and selector replace those of another thread",
    needs = [DISPATCH],
)]
fn arming_again_reaches_no_other_thread(#[case] swapped: bool) {
    sigsys::handle();
    let (again, other) = both(
        swapped,
        |steps| {
            let scene = scene_of_thread();
            scene.armed.select(BLOCK);
            steps.wait_for(1);
            dispatch::arm_with(Region::ALL, Selector::NONE).keep();
            steps.reach(2);
            call_outcome::of_call(&scene.gadget, *scene.log)
        },
        |steps| {
            let scene = scene_of_thread();
            let exempt = Gadget::syscall();
            steps.reach(1);
            steps.wait_for(2);
            let blocked = scene.outcome();
            let allowed = scene.outcome_with(ALLOW);
            scene.armed.select(BLOCK);
            [blocked, allowed, call_outcome::of_call(&exempt, *scene.log)]
        },
    );
    assert_eq!(again, CallOutcome::Native);
    assert_eq!(other, [CallOutcome::Dispatched, CallOutcome::Native, CallOutcome::Native]);
}

const THREADS: usize = 8;
const ROUNDS: usize = 100;

/// Every thread has an instruction, a region, a selector and a number of its own, and counts the
/// rounds that brought exactly its own call. An idle thread could take a signal at any time.
#[rstest]
#[harness::test(
    clause = [DISPATCH_SCOPE_THREADS_INDEPENDENT, DISPATCH_SIGNAL_SIGSYS_TO_CALLER],
    catches = "a SIGSYS or a siginfo field that goes to another thread when several dispatch at \
        the same time",
    needs = [DISPATCH],
)]
fn threads_that_dispatch_at_once_get_their_own_signals() {
    sigsys::handle();
    let (ready, done) = (Steps::new(), Steps::new());
    let idle = |_: ()| {
        let log = sigsys::attach_log();
        ready.arrive();
        done.wait_for(THREADS as u32);
        log.count()
    };
    let busy = |number: i64| {
        let scene = scene_of_thread();
        ready.arrive();
        ready.wait_for(1 + THREADS as u32);
        let mut good = 0;
        for _ in 0..ROUNDS {
            scene.log.clear();
            let result = scene.call(number);
            let own = scene.log.delivery(0).is_some_and(|caught| {
                is_that_call(&caught, &scene.gadget, number, SYS_USER_DISPATCH, 0)
            });
            good += usize::from(own && scene.log.count() == 1 && result == number);
        }
        done.arrive();
        good
    };
    let (seen, good) = thread::scope(|scope| {
        let idle = spawn(scope, || idle(()));
        let busy: Vec<_> =
            (0..THREADS as i64).map(|i| spawn(scope, move || busy(UNASSIGNED - i))).collect();
        let good: Vec<_> = busy.into_iter().map(|t| t.join().expect("it returns")).collect();
        (idle.join().expect("it returns"), good)
    });
    assert_eq!(seen, 0, "signals in the idle thread");
    assert_eq!(good, [ROUNDS; THREADS], "rounds with the thread's own signal");
}

#[rstest]
#[harness::test(
    clause = DISPATCH_SIGNAL_SIGSYS_TO_CALLER,
    catches = "a SIGSYS directed at the process, which a second thread takes while the caller \
        blocks it",
    needs = [DISPATCH],
    ends = KilledBy(harness::signals::SIGSYS),
)]
fn no_other_thread_takes_the_signal_of_a_caller_that_blocks_it() {
    sigsys::handle();
    let steps = Steps::new();
    thread::scope(|scope| {
        let idle = spawn(scope, || {
            let log = sigsys::attach_log();
            steps.reach(1);
            steps.wait_for(2);
            log.count()
        });
        steps.wait_for(1);
        let scene = scene_of_thread();
        sigsys::block();
        harness::expect_death();
        scene.call(UNASSIGNED);
        steps.reach(2);
        idle.join().expect("the thread returns");
    });
}

/// Two threads have opposite bytes, a third has no dispatch. Steps hold all three in that state
/// while each calls.
#[rstest]
#[harness::test(
    clause = DISPATCH_SCOPE_THREADS_INDEPENDENT,
    catches = "one selector in force for all threads that call from the same instruction",
    needs = [DISPATCH],
)]
fn opposite_bytes_hold_at_once() {
    sigsys::handle();
    let gadget = Gadget::syscall();
    let ready = Steps::new();
    let together = || {
        ready.arrive();
        ready.wait_for(3);
    };
    let armed = |byte: u8| {
        let scene = DispatchedGadget::with(gadget, sigsys::attach_log());
        scene.armed.select(byte);
        together();
        let outcomes = (0..ROUNDS).map(|_| call_outcome::of_call(&gadget, *scene.log));
        outcomes.reduce(|all, one| if all == one { all } else { CallOutcome::Unexpected(0, 0, 0) })
    };
    let outcomes = thread::scope(|scope| {
        let plain = spawn(scope, || {
            let log = sigsys::attach_log();
            together();
            Some(call_outcome::of_call(&gadget, log))
        });
        let [block, allow] = [BLOCK, ALLOW].map(|byte| spawn(scope, move || armed(byte)));
        [block, allow, plain].map(|thread| thread.join().expect("it returns"))
    });
    assert_eq!(
        outcomes,
        [Some(CallOutcome::Dispatched), Some(CallOutcome::Native), Some(CallOutcome::Native)]
    );
}

/// The lower gadget is outside both regions, the upper gadget is inside the second thread's alone.
#[rstest]
#[harness::test(
    clause = DISPATCH_SCOPE_THREADS_INDEPENDENT,
    catches = "one region in force for all threads of a process",
    needs = [DISPATCH],
)]
fn different_regions_hold_at_once() {
    sigsys::handle();
    let gadgets = [Gadget::syscall(), Gadget::syscall()];
    let outcomes = |with: Option<Region>, steps: Steps| {
        let log = sigsys::attach_log();
        let armed = with.map(|region| dispatch::arm_with(region, Selector::ordinary()));
        steps.arrive();
        steps.wait_for(3);
        if let Some(armed) = &armed {
            armed.select(BLOCK);
        }
        gadgets.each_ref().map(|gadget| call_outcome::of_call(gadget, log))
    };
    let [lower, upper] = gadgets.each_ref().map(Gadget::everything_else);
    let steps = Steps::new();
    let [narrow, wide, none] = thread::scope(|scope| {
        [Some(upper), Some(lower), None]
            .map(|region| spawn(scope, move || outcomes(region, steps)))
            .map(|thread| thread.join().expect("it returns"))
    });
    assert_eq!(narrow, [CallOutcome::Dispatched, CallOutcome::Dispatched]);
    assert_eq!(wide, [CallOutcome::Dispatched, CallOutcome::Native]);
    assert_eq!(none, [CallOutcome::Native, CallOutcome::Native]);
}

#[rstest]
#[case::block(BLOCK, [CallOutcome::Dispatched, CallOutcome::Dispatched, CallOutcome::Native])]
#[case::allow(ALLOW, [CallOutcome::Native, CallOutcome::Native, CallOutcome::Native])]
#[harness::test(
    clause = [DISPATCH_SCOPE_THREADS_INDEPENDENT, DISPATCH_SELECTOR_THREAD_WIDE],
    catches = "a byte that switches only one of the threads which named it, or also a thread that \
        never did",
    needs = [DISPATCH],
)]
fn a_shared_byte_switches_every_thread_that_named_it(
    #[case] value: u8,
    #[case] expected: [CallOutcome; 3],
) {
    sigsys::handle();
    let gadget = Gadget::syscall();
    let selector = Selector::ordinary();
    let ready = Steps::new();
    let outcome = |arms: bool| {
        let log = sigsys::attach_log();
        if arms {
            dispatch::arm_with(gadget.everything_else(), selector).keep();
        }
        ready.arrive();
        ready.wait_for(4);
        call_outcome::of_call(&gadget, log)
    };
    let outcomes = thread::scope(|scope| {
        let threads = [true, true, false].map(|arms| spawn(scope, move || outcome(arms)));
        ready.wait_for(3);
        selector.store(value);
        ready.arrive();
        threads.map(|thread| thread.join().expect("it returns"))
    });
    assert_eq!(outcomes, expected);
}

/// The kernel may give a new thread the memory of an armed thread that ended; the first thread's
/// own state must stand either way.
#[rstest]
#[case::beside_an_armed_thread(true)]
#[case::beside_an_unarmed_thread(false)]
#[harness::test(
    clause = [DISPATCH_SCOPE_THREADS_INDEPENDENT, DISPATCH_INHERIT_CLONE],
    catches = "dispatch left in the task structure of a thread that ended armed, and found there \
        by the next thread",
    needs = [DISPATCH],
)]
fn a_thread_that_leaves_armed_leaves_nothing_behind(#[case] armed: bool) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let own = armed.then(|| dispatch::arm_with(gadget.everything_else(), Selector::ordinary()));
    let mut later = Vec::new();
    for _ in 0..20 {
        thread::scope(|scope| {
            let leaves = spawn(scope, || {
                dispatch::arm_with(gadget.everything_else(), Selector::NONE).keep();
            });
            leaves.join().expect("it returns");
            let next = spawn(scope, || call_outcome::of_call(&gadget, sigsys::attach_log()));
            later.push(next.join().expect("it returns"));
        });
    }
    if let Some(own) = &own {
        own.select(BLOCK);
    }
    let outcome = call_outcome::of_call(&gadget, log);
    drop(own);
    assert_eq!(later, [CallOutcome::Native; 20]);
    assert_eq!(outcome, if armed { CallOutcome::Dispatched } else { CallOutcome::Native });
}

/// Each thread counts the rounds in which its call was dispatched after ON and native after OFF.
#[rstest]
#[harness::test(
    clause = [
        DISPATCH_SCOPE_THREADS_INDEPENDENT,
        DISPATCH_SCOPE_CALLING_THREAD,
        DISPATCH_PRCTL_OFF,
    ],
    catches = "an ON or OFF that is lost, or reaches another thread, when several threads call \
        prctl at the same time",
    needs = [DISPATCH],
)]
fn switches_thrown_at_once_do_not_meet() {
    sigsys::handle();
    let ready = Steps::new();
    let switching = || {
        let log = sigsys::attach_log();
        let gadget = Gadget::syscall();
        let selector = Selector::ordinary();
        selector.store(BLOCK);
        ready.arrive();
        ready.wait_for(4);
        let rounds = (0..ROUNDS).filter(|_| {
            dispatch::arm_with(gadget.everything_else(), selector).keep();
            let on = call_outcome::of_call(&gadget, log);
            dispatch::turn_off();
            let off = call_outcome::of_call(&gadget, log);
            [on, off] == [CallOutcome::Dispatched, CallOutcome::Native]
        });
        rounds.count()
    };
    let good = thread::scope(|scope| {
        [(); 4]
            .map(|()| spawn(scope, switching))
            .map(|thread| thread.join().expect("the thread returns"))
    });
    assert_eq!(good, [ROUNDS; 4]);
}
