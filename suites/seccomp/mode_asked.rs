//! PR_SET_SECCOMP and PR_GET_SECCOMP: a mode is a whole word, and each thread's own.

use crate::clauses::*;
use fixtures::filter::{self, Action, Filter, Program};
use fixtures::gadget::Gadget;
use fixtures::needs::{SECCOMP_FILTER, UNFILTERED};
use fixtures::thread::{Steps, spawn};
use rstest::rstest;
use sys::uapi::{EINVAL, PR_SET_SECCOMP, SYS_prctl};

/// The filter that is offered is accepted with mode 2 alone.
#[rstest]
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
    let address = Program::new(&program).expect("the program is short").address();
    let set = |mode| gadget.call_args(SYS_prctl, [PR_SET_SECCOMP, mode, address, 0, 0, 0]);
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
