//! One listener for all filters of a thread, wherever among them it stands.

use super::notify::scene;
use super::notify_signals::EXITED_0;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::Entry;
use fixtures::Errno::EBUSY;
use fixtures::child;
use fixtures::filter::{Action, Filter, load, number};
use fixtures::listener::Listener;
use fixtures::needs::USER_NOTIF;
use fixtures::supervisor::Seen::{Done, Events};
use fixtures::supervisor::{Setup, Step, Target};
use rstest::rstest;
use sys::uapi::POLLHUP;

/// Loads so many filters without a listener.
fn load_more(count: u32) {
    for nr in 0..count {
        load(501 + nr, Action::Errno(9));
    }
}

#[rstest]
#[harness::test(
    clause = SECCOMP_NOTIFY_ONE_LISTENER,
    catches = "a second listener taken because the newest filter has none",
    needs = [USER_NOTIF],
)]
fn a_listener_of_an_older_filter_is_found(#[values(0, 1, 3)] newer: u32) {
    let scene = scene(Entry::Syscall);
    load_more(newer);
    let second = Filter::only(number(500), Action::UserNotif);
    let refused = || Listener::try_of(&second, 0).map(drop);
    assert_eq!(refused(), Err(EBUSY), "for the thread that has it");
    assert!(child::told(|| refused() == Err(EBUSY)), "for its child");
    assert_eq!(scene.result_of(|asked| asked.returns(8)), 8, "the first listener still works");
}

#[rstest]
#[harness::test(
    clause = SECCOMP_NOTIFY_HANG_UP,
    catches = "a listener that never hangs up because its filter was not the newest of the task that left",
    needs = [USER_NOTIF],
)]
fn a_listener_of_an_older_filter_hangs_up(#[values(0, 1, 3)] newer: u32) {
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        load_more(newer);
        caller.steps.reach(1);
        caller.steps.wait_for(2);
        0
    });
    plays(
        &mut target,
        &[
            (Step::WaitFor(1), Done),
            (Step::Poll, Events(0)),
            (Step::Reach(2), Done),
            (Step::End, EXITED_0),
            (Step::Poll, Events(POLLHUP)),
        ],
    );
}
