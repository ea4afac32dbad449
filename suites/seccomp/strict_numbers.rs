//! Every number in strict mode.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::child;
use fixtures::environment::disable_core_dump;
use fixtures::filter;
use fixtures::gadget::Gadget;
use fixtures::needs::{STRICT_MODE, UNFILTERED};
use rstest::rstest;
use sys::uapi::{SIGKILL, SYS_exit, SYS_read, SYS_rt_sigreturn, SYS_write};

/// The two numbers of probes, which have cases of their own.
const PROBES: [i64; 2] = [335, 336];

/// The first number of these that does not kill, and how the child that calls it ends.
#[rstest]
#[case::to_99(0, 100)]
#[case::to_199(100, 200)]
#[case::to_299(200, 300)]
#[case::to_399(300, 400)]
#[case::to_499(400, 500)]
#[harness::test(
    clause = SECCOMP_STRICT_OTHER_CALLS_KILL,
    catches = "strict mode that permits a call which is not on its list",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn every_other_number_kills(#[case] first: i64, #[case] past: i64) {
    let permitted = [SYS_read, SYS_write, SYS_exit, SYS_rt_sigreturn];
    let gadget = Gadget::syscall();
    let odd = (first..past).find(|nr| {
        let spared = permitted.contains(nr) || PROBES.contains(nr);
        !spared && {
            let end = child::fork(|| {
                disable_core_dump();
                filter::strict();
                gadget.call_args(*nr, [usize::MAX; 6]);
                child::exit_thread(1)
            });
            end != WaitStatus::KilledBy(SIGKILL)
        }
    });
    assert_eq!(odd, None);
}
