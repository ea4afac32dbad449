//! A signal and the response come together: neither is lost, whichever the caller meets first.

use super::notify_signals::HANDLED;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::WAIT_KILLABLE_RECV;
use fixtures::needs;
use fixtures::supervisor::Reply::Value;
use fixtures::supervisor::Seen::{Done, Ended, Received};
use fixtures::supervisor::{Caller, Setup, Step, Target};
use rstest::rstest;
use sys::uapi::SIGUSR1;

/// The status of a caller that lost a response.
const LOST: i32 = 3;

/// Makes so many calls whose response is 77.
fn calls(caller: Caller, count: usize) -> i32 {
    let results = (0..count).map(|_| caller.call(UNASSIGNED));
    if results.filter(|result| *result != 77).count() == 0 { 0 } else { LOST }
}

/// Each call is received, its caller gets a signal, and then the response. The time between the two grows and
/// shrinks, so that the caller is now still on its way to the wait that only death ends, and now in it; callers
/// who do so together wait for the kernel's lock on that way. Rows: how many callers, and how many calls of each.
#[rstest]
#[case::one(1, 1500)]
#[case::eight(8, 250)]
#[harness::test(
    clause = SECCOMP_NOTIFY_KILLABLE,
    catches = "a response that is taken and does not count because the caller was just being woken by a signal",
    needs = [needs::WAIT_KILLABLE_RECV],
    timeout_factor = 3,
)]
fn a_response_right_after_a_signal_counts(#[case] callers: usize, #[case] count: usize) {
    let setup = Setup { signals: &[HANDLED], flags: WAIT_KILLABLE_RECV, ..Setup::PLAIN };
    let mut target = Target::start(&setup, |caller| {
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
    assert_eq!(target.take(Step::End), Ended(WaitStatus::Exited(0)), "the target's end");
    let handled = if callers == 1 { target.caller.log.count() } else { count as u64 };
    assert_eq!(handled, count as u64, "deliveries");
}
