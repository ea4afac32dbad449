//! What a tracer is told of a filter that has a listener, and from a user namespace of its own.

use super::get_filter::bound;
use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::{Action, Filter, LOG, NEW_LISTENER, WAIT_KILLABLE_RECV, number};
use fixtures::needs::{self, GET_FILTER, NAMESPACES, PTRACE, ROOT, SECCOMP_FILTER, UNFILTERED};
use fixtures::tracee::METADATA_SIZE;
use fixtures::{Errno, WaitStatus};
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

/// The tracer has every capability in its own user namespace, and none in the first.
#[harness::test(
    clause = SECCOMP_GET_FILTER_DENIED,
    catches = "filters told to a tracer that is privileged in its own user namespace alone",
    needs = [UNFILTERED, PTRACE, SECCOMP_FILTER, NAMESPACES, GET_FILTER],
)]
fn privileges_in_a_namespace_of_ones_own_read_no_filter() {
    let program = Filter::only(number(500), Action::Errno(7)).program();
    let asks = || {
        let tracee = bound(&[(0, program)]);
        let denied = tracee.filter(0).err() == Some(Errno::EACCES);
        let metadata = tracee.filter_metadata(0).err() == Some(Errno::EACCES);
        i32::from(denied) | i32::from(metadata) << 1
    };
    assert_eq!(child::start(Flavour::NewUser, asks).end(), WaitStatus::Exited(3));
}
