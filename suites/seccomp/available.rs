//! SECCOMP_GET_ACTION_AVAIL: which actions a kernel says it knows.

use super::clauses::*;
use fixtures::Errno::{EFAULT, EINVAL, EOPNOTSUPP};
use fixtures::filter::{self, Action};
use fixtures::memory;
use fixtures::needs::{KILL_PROCESS_LOG, UNFILTERED, USER_NOTIF};
use rstest::rstest;
use sys::uapi::SECCOMP_GET_ACTION_AVAIL;

/// A kernel that carries an action out and leaves it out of the list it answers from.
#[rstest]
#[case::kill_process(Action::KillProcess)]
#[case::kill_thread(Action::KillThread)]
#[case::trap(Action::Trap(0))]
#[case::errno(Action::Errno(0))]
#[case::trace(Action::Trace(0))]
#[case::log(Action::Log)]
#[case::allow(Action::Allow)]
#[harness::test(clause = NOW_AVAIL_OK, needs = [KILL_PROCESS_LOG])]
fn an_action_that_works_is_known(#[case] action: Action) {
    assert_eq!(filter::is_available(action), Ok(()));
}

/// A kernel that makes listeners and still answers from a list that is older than they are.
#[harness::test(clause = NOW_AVAIL_OK, needs = [USER_NOTIF])]
fn asking_a_listener_is_known() {
    assert_eq!(filter::is_available(Action::UserNotif), Ok(()));
}

/// The whole value counts, its data bits too.
#[rstest]
#[case::above_kill_thread(0x0001_0000)]
#[case::above_errno(0x0006_0000)]
#[case::below_allow(0x7ffe_0000)]
#[case::above_kill_process(0x8001_0000)]
#[case::all_ones(0xffff_ffff)]
#[case::kill_thread_with_data(1)]
#[case::trap_with_data(0x0003_0001)]
#[case::allow_with_data(0x7fff_ffff)]
#[harness::test(clause = NOW_AVAIL_UNSUPPORTED, needs = [KILL_PROCESS_LOG])]
fn any_other_value_is_not_known(#[case] value: u32) {
    assert_eq!(filter::is_available(Action::Raw(value)), Err(EOPNOTSUPP));
}

/// A kernel that ignores the flags, reads more than four bytes at the address, or takes the
/// question for a filter to be loaded.
#[harness::test(clause = NOW_AVAIL_ARGS, needs = [UNFILTERED, KILL_PROCESS_LOG])]
fn the_question_has_no_flags_and_an_address() {
    // Zeros: the value of an action that is known.
    let zeros = memory::read_only_zeros();
    for flags in [1, 2, 1 << 31] {
        assert_eq!(
            filter::seccomp(SECCOMP_GET_ACTION_AVAIL, flags, zeros),
            Err(EINVAL),
            "{flags:#x}"
        );
    }
    for address in [0, memory::zeros_before_hole(), 0xffff_8000_0000_0000] {
        assert_eq!(filter::seccomp(SECCOMP_GET_ACTION_AVAIL, 0, address), Err(EFAULT));
    }
    let last = memory::zeros_before_hole() - 4;
    assert_eq!(
        [zeros, last].map(|at| filter::seccomp(SECCOMP_GET_ACTION_AVAIL, 0, at)),
        [Ok(0), Ok(0)]
    );
    assert_eq!(filter::mode(), 0);
}
