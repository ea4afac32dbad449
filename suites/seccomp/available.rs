//! SECCOMP_GET_ACTION_AVAIL: which actions the kernel reports as available.

use crate::clauses::*;
use fixtures::Errno::{EFAULT, EINVAL, EOPNOTSUPP};
use fixtures::filter::{self, Action};
use fixtures::memory;
use fixtures::needs::{KILL_PROCESS_LOG, UNFILTERED, USER_NOTIF};
use rstest::rstest;
use sys::uapi::SECCOMP_GET_ACTION_AVAIL;

#[rstest]
#[case::kill_process(Action::KillProcess)]
#[case::kill_thread(Action::KillThread)]
#[case::trap(Action::Trap(0))]
#[case::errno(Action::Errno(0))]
#[case::trace(Action::Trace(0))]
#[case::log(Action::Log)]
#[case::allow(Action::Allow)]
#[harness::test(
    clause = SECCOMP_AVAILABLE_SUPPORTED,
    catches = "an action that is carried out but is missing from SECCOMP_GET_ACTION_AVAIL",
    needs = [KILL_PROCESS_LOG],
)]
fn an_action_that_works_is_known(#[case] action: Action) {
    assert_eq!(filter::is_available(action), Ok(()));
}

#[harness::test(
    clause = SECCOMP_AVAILABLE_SUPPORTED,
    catches = "SECCOMP_RET_USER_NOTIF missing from SECCOMP_GET_ACTION_AVAIL on a kernel that has listeners",
    needs = [USER_NOTIF],
)]
fn asking_a_listener_is_known() {
    assert_eq!(filter::is_available(Action::UserNotif), Ok(()));
}

#[rstest]
#[case::above_kill_thread(0x0001_0000)]
#[case::above_errno(0x0006_0000)]
#[case::below_allow(0x7ffe_0000)]
#[case::above_kill_process(0x8001_0000)]
#[case::all_ones(0xffff_ffff)]
#[case::kill_thread_with_data(1)]
#[case::trap_with_data(0x0003_0001)]
#[case::allow_with_data(0x7fff_ffff)]
#[harness::test(
    clause = SECCOMP_AVAILABLE_UNSUPPORTED,
    catches = "a value compared after its data bits or its unassigned bits are masked off",
    needs = [KILL_PROCESS_LOG],
)]
fn any_other_value_is_not_known(#[case] value: u32) {
    assert_eq!(filter::is_available(Action::Raw(value)), Err(EOPNOTSUPP));
}

#[harness::test(
    clause = SECCOMP_AVAILABLE_ARGS,
    catches = "flags ignored by GET_ACTION_AVAIL, a read of more than four bytes, or a bad address that \
        is no EFAULT",
    needs = [UNFILTERED, KILL_PROCESS_LOG],
)]
fn the_question_has_no_flags_and_an_address() {
    // The value 0 is SECCOMP_RET_KILL_THREAD, which is available.
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
