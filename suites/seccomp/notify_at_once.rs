//! A signal and the response come together: neither is lost, whichever the caller meets first.

use super::notify_addfd::Source;
use super::notify_signals::HANDLED;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::WAIT_KILLABLE_RECV;
use fixtures::listener::AddFd;
use fixtures::needs::{ADDFD, TASK_STATE, WAIT_KILLABLE_RECV as KILLABLE};
use fixtures::supervisor::Reply::Value;
use fixtures::supervisor::Seen::{self, Done, Received};
use fixtures::supervisor::TaskState::{Ended, Interruptible};
use fixtures::supervisor::{Caller, Setup, Step, Target, settled};
use fixtures::thread::Steps;
use rstest::rstest;
use sys::uapi::SIGUSR1;

/// The status of a caller that lost a response.
const LOST: i32 = 3;

/// Makes so many calls whose response is 77.
fn calls(caller: Caller, count: usize) -> i32 {
    let results = (0..count).map(|_| caller.call(UNASSIGNED));
    if results.filter(|result| *result != 77).count() == 0 { 0 } else { LOST }
}

/// How a target is made whose caller gets a signal.
const SETUP: Setup<'static> =
    Setup { signals: &[HANDLED], flags: WAIT_KILLABLE_RECV, ..Setup::PLAIN };

/// The numbers of descriptors, for each of which a table of descriptors has to grow.
const GROWING: [u32; 4] = [100, 200, 400, 900];

/// Makes a call for each of the rounds, each once the round has come; fails if one did not return 77.
fn calls_by_rounds(caller: Caller) -> i32 {
    let results = (1..=GROWING.len() as u32).map(|round| {
        caller.steps.wait_for(round);
        caller.call(UNASSIGNED)
    });
    if results.filter(|result| *result != 77).count() == 0 { 0 } else { LOST }
}

/// A response that waits for the lock of the filter, and a caller that a signal woke and that waits for it
/// next. What holds the lock is a second caller, into whose table a descriptor is installed: a table that is
/// shared grows only after all processors have gone on.
fn responses_get_the_lock_before_their_caller() {
    let source = Source::new();
    let mut target = Target::start(&SETUP, |caller| {
        let second = child::start(Flavour::CloneFiles, || calls_by_rounds(caller));
        let own = calls_by_rounds(caller);
        if second.end() == WaitStatus::Exited(0) { own } else { LOST }
    });
    for (round, number) in GROWING.into_iter().enumerate() {
        let reached = (Step::Reach(round as u32 + 1), Done);
        plays(&mut target, &[reached, (Step::Receive, Received), (Step::Receive, Received)]);
        let pair = [2 * round, 2 * round + 1];
        let is_first = |index: &usize| target.received[*index].pid as i32 == target.pid();
        let first = pair.into_iter().find(is_first).expect("the first caller's notification");
        let second = pair[0] + pair[1] - first;
        let holder = target.received[second].pid as i32;
        for waiting in [target.pid(), holder] {
            settled(waiting);
        }
        let steps = Steps::new();
        let answers = child::start(Flavour::CloneFiles, || {
            steps.wait_for(1);
            steps.reach(2);
            i32::from(target.listener().answer(target.response(first, Value(77))).is_err())
        });
        let installs = child::start(Flavour::CloneFiles, || {
            let what = AddFd { id: target.id(second), ..source.at(number) };
            // Where the limit of descriptors is small, this is refused, and nothing holds the lock for long.
            let _ = target.listener().add_fd(what, &[]);
            0
        });
        while settled(holder) == Interruptible && settled(installs.pid()) != Ended {}
        steps.reach(1);
        steps.wait_for(2);
        settled(answers.pid());
        child::send(target.pid(), SIGUSR1);
        let ends = [installs, answers].map(child::Child::end);
        assert_eq!(ends, [WaitStatus::Exited(0); 2], "who installs, and who responds");
        plays(&mut target, &[(Step::Answer(second, Value(77)), Done)]);
    }
    assert_eq!(target.take(Step::End), Seen::Ended(WaitStatus::Exited(0)), "the target's end");
    assert_eq!(target.caller.log.count(), GROWING.len() as u64, "deliveries");
}

/// The first responses wait for the filter's lock before their caller does: a kernel that loses those fails
/// each time. Then each call is received, its caller gets a signal, and then the response. The time between
/// the two grows and shrinks, so that the caller is now still on its way to the wait that only death ends,
/// and now in it; callers who do so together wait for the kernel's lock on that way. Rows: how many callers,
/// and how many calls of each.
#[rstest]
#[case::one(1, 1500)]
#[case::eight(8, 250)]
#[harness::test(
    clause = SECCOMP_NOTIFY_KILLABLE,
    catches = "a response that is taken and does not count because the caller was just being woken by a signal",
    needs = [KILLABLE, ADDFD, TASK_STATE],
    timeout_factor = 3,
)]
fn a_response_right_after_a_signal_counts(#[case] callers: usize, #[case] count: usize) {
    responses_get_the_lock_before_their_caller();
    let mut target = Target::start(&SETUP, |caller| {
        let children = (1..callers).map(|_| child::start(Flavour::Fork, || calls(caller, count)));
        let children: Vec<_> = children.collect();
        let own = calls(caller, count);
        let all = children.into_iter().all(|child| child.end() == WaitStatus::Exited(0));
        if all { own } else { LOST }
    });
    for round in 0..count {
        let first = target.received.len();
        let batch = first..first + callers;
        plays(&mut target, &vec![(Step::Receive, Received); callers]);
        for index in batch.clone() {
            child::send(target.received[index].pid as i32, SIGUSR1);
        }
        for _ in 0..round % 300 {
            std::hint::spin_loop();
        }
        for index in batch {
            plays(&mut target, &[(Step::Answer(index, Value(77)), Done)]);
        }
    }
    assert_eq!(target.take(Step::End), Seen::Ended(WaitStatus::Exited(0)), "the target's end");
    let handled = if callers == 1 { target.caller.log.count() } else { count as u64 };
    assert_eq!(handled, count as u64, "deliveries");
}
