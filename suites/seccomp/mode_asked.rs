//! PR_SET_SECCOMP and PR_GET_SECCOMP: a mode is a whole word, and each thread's own.

use crate::clauses::*;
use fixtures::child;
use fixtures::filter::{self, Action, Filter, NEW_LISTENER, Program, TSYNC};
use fixtures::gadget::Gadget;
use fixtures::needs::{SECCOMP_FILTER, STRICT_MODE, TSYNC_ESRCH, UNFILTERED, USER_NOTIF};
use fixtures::thread::{Steps, spawn};
use fixtures::{Errno, WaitStatus};
use rstest::rstest;
use sys::uapi::{EINVAL, PR_SET_SECCOMP, SECCOMP_SET_MODE_FILTER, SYS_prctl};

/// The filter that is offered is accepted with mode 2 alone.
#[rstest]
#[case::none(0)]
#[case::strict(1 << 32 | 1)]
#[case::filter(1 << 32 | 2)]
#[case::filter_negative(0xffff_ffff_0000_0002)]
#[harness::test(
    clause = [SECCOMP_INSTALL_UNKNOWN_OPERATION, SECCOMP_INSTALL_MODE_IS_REPORTED],
    catches = "a mode of which only the lower 32 bits count",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn a_mode_is_a_whole_word(#[case] mode: usize) {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    let program = Filter::new().program();
    let handed = Program::new(&program).expect("the program is short");
    let set = |mode| gadget.call_args(SYS_prctl, [PR_SET_SECCOMP, mode, handed.address(), 0, 0, 0]);
    assert_eq!((set(mode), filter::mode()), (-EINVAL, 0));
    assert_eq!((set(2), filter::mode()), (0, 2));
}

/// Each thread of two has the filter once.
#[rstest]
#[harness::test(
    clause = SECCOMP_INSTALL_MODE_IS_REPORTED,
    catches = "a thread that is told the mode of the first thread of its process",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn a_thread_is_told_its_own_mode(#[values(true, false)] first_thread_loads: bool) {
    let load = || {
        filter::load(500, Action::Errno(7));
        filter::mode()
    };
    let told = std::thread::scope(|scope| {
        if first_thread_loads {
            let go = Steps::new();
            let other = spawn(scope, move || {
                go.wait_for(1);
                filter::mode()
            });
            let own = load();
            go.reach(1);
            (other.join().expect("the thread returns"), own)
        } else {
            let other = spawn(scope, load).join().expect("the thread returns");
            (filter::mode(), other)
        }
    });
    assert_eq!(told, (0, 2), "without the filter, with it");
}

/// prctl(2) has no use for the address that strict mode of seccomp(2) refuses.
#[rstest]
#[harness::test(
    clause = SECCOMP_INSTALL_PRCTL_EQUALS_SECCOMP,
    catches = "PR_SET_SECCOMP that refuses strict mode because of an argument that it does not have",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn strict_mode_of_prctl_ignores_its_address(#[values(0, 1, usize::MAX)] address: usize) {
    const FINE: i32 = 42;
    let gadget = Gadget::syscall();
    let end = child::fork(|| {
        let set = gadget.call_args(SYS_prctl, [PR_SET_SECCOMP, 1, address, 0, 0, 0]);
        child::exit_thread(if set == 0 { FINE } else { 1 })
    });
    assert_eq!(end, WaitStatus::Exited(FINE));
}

/// The address is that of no program.
#[rstest]
#[case::unknown(1 << 30)]
#[case::thread_id_and_listener(TSYNC | NEW_LISTENER)]
#[harness::test(
    clause = [SECCOMP_INSTALL_UNKNOWN_FLAG, SECCOMP_TSYNC_WITH_LISTENER],
    catches = "an install that reads the program before it looks at the flags",
    needs = [UNFILTERED, SECCOMP_FILTER, TSYNC_ESRCH, USER_NOTIF],
)]
fn a_wrong_flag_is_einval_whatever_the_program(#[case] flags: usize) {
    filter::no_new_privileges();
    assert_eq!(filter::seccomp(SECCOMP_SET_MODE_FILTER, 0, 8), Err(Errno::EFAULT));
    assert_eq!(filter::seccomp(SECCOMP_SET_MODE_FILTER, flags, 8), Err(Errno::EINVAL));
    assert_eq!(filter::mode(), 0);
}
