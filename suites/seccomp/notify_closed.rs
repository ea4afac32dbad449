//! A listener that is closed while a call waits that would have an effect.

use super::notify_signals::EXITED_0;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::needs::USER_NOTIF;
use fixtures::observable_call::ObservableCall;
use fixtures::script::call_args;
use fixtures::supervisor::Seen::{Done, Received};
use fixtures::supervisor::{Seen, Setup, Step, Target};
use rstest::rstest;
use sys::uapi::ENOSYS;

#[rstest]
#[case::waiting(&[(Step::Queued, Done)])]
#[case::received(&[(Step::Receive, Received)])]
#[harness::test(
    clause = SECCOMP_NOTIFY_CLOSED_LISTENER,
    catches = "a call executed, or left with the result of its execution, when its listener closes",
    needs = [USER_NOTIF],
)]
fn a_call_is_not_made_when_its_listener_closes(#[case] before: &'static [(Step, Seen)]) {
    let deed = ObservableCall::write();
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        caller.call_with(call_args(deed.nr, deed.args));
        0
    });
    plays(&mut target, before);
    plays(
        &mut target,
        &[
            (Step::Close, Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[-ENOSYS])),
        ],
    );
    assert!(!deed.took_effect(), "the call was made");
}
