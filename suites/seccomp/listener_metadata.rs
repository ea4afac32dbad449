//! PTRACE_SECCOMP_GET_METADATA of a filter that has a listener.

use super::get_filter::bound;
use crate::clauses::*;
use fixtures::filter::{Action, Filter, LOG, NEW_LISTENER, WAIT_KILLABLE_RECV, number};
use fixtures::needs::{self, GET_FILTER, PTRACE, ROOT, UNFILTERED};
use fixtures::tracee::METADATA_SIZE;
use rstest::rstest;

#[rstest]
#[case::listener(NEW_LISTENER, 0)]
#[case::killable(NEW_LISTENER | WAIT_KILLABLE_RECV, 0)]
#[case::killable_and_logged(NEW_LISTENER | WAIT_KILLABLE_RECV | LOG, LOG)]
#[harness::test(
    clause = SECCOMP_GET_FILTER_METADATA,
    catches = "flags of the listener told as flags of the filter",
    needs = [ROOT, UNFILTERED, PTRACE, GET_FILTER, needs::WAIT_KILLABLE_RECV],
)]
fn a_listener_is_no_flag_of_its_filter(#[case] flags: usize, #[case] told: usize) {
    let program = Filter::only(number(500), Action::UserNotif).program();
    let tracee = bound(&[(flags, program)]);
    assert_eq!(tracee.filter_metadata(0), Ok((METADATA_SIZE, [0, told as u64])));
}
