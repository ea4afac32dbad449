//! Vsyscalls of a tracee whose seccomp is suspended.

use super::outcome::{Outcome, Watch};
use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::filter::{self, Action};
use fixtures::needs::{PTRACE, ROOT, SECCOMP_FILTER, SUSPEND_SECCOMP, UNFILTERED, VSYSCALL};
use fixtures::tracee::Tracee;
use fixtures::vsyscall::{Caller, Vsyscall};
use rstest::rstest;
use sys::uapi::PTRACE_O_SUSPEND_SECCOMP;

#[rstest]
#[case::suspended(PTRACE_O_SUSPEND_SECCOMP, Outcome::Ran)]
#[case::resumed(0, Outcome::Gave(-7))]
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, VSYSCALL_FILTER_OBEYED],
    catches = "a suspended filter that still answers vsyscalls",
    needs = [ROOT, UNFILTERED, VSYSCALL, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_suspended_filter_does_not_see_vsyscalls(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] options: i32,
    #[case] expected: Outcome,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let tracee = Tracee::start_with(options, || {
        filter::load(entry.number() as u32, Action::Errno(7));
        caller.call(entry);
        0
    });
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
    assert_eq!(watch.outcome(&caller, entry), expected);
}
