//! An older filter that denies, and a newer one that allows every call.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child;
use fixtures::filter::{Action, Filter, load};
use fixtures::gadget::Gadget;
use fixtures::helper::{INTERCEPTED, Program};
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::{Entry, WaitStatus};
use rstest::rstest;
use sys::uapi::ENOSYS;

/// Calls are denied by the oldest filter, by one in between, and by none. The numbers are in the table, where
/// an action cache has its bits, and have no call.
fn denied_by_the_older(entry: Entry, numbers: [u32; 3]) {
    let gadget = Gadget::new(entry);
    load(numbers[0], Action::Errno(7));
    Filter::new().load();
    load(numbers[1], Action::Errno(8));
    Filter::new().load();
    // Twice: what a first call decides must not be kept for the second.
    for _ in 0..2 {
        assert_eq!(numbers.map(|nr| gadget.call(nr.into())), [-7, -8, -ENOSYS]);
    }
}

#[harness::test(
    clause = [SECCOMP_INSTALL_LAYERING, SECCOMP_PRECEDENCE_HIGHEST_WINS],
    catches = "a call allowed because the newest filter allows it always, although an older one denies it",
    needs = [SECCOMP_FILTER],
)]
fn a_filter_that_allows_everything_opens_nothing() {
    denied_by_the_older(Entry::Syscall, [400, 401, 402]);
}

#[harness::test(
    clause = [SECCOMP_INSTALL_LAYERING, SECCOMP_PRECEDENCE_HIGHEST_WINS],
    catches = "a 32-bit call allowed because the newest filter allows it always, although an older one denies it",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_filter_that_allows_everything_opens_no_32_bit_call() {
    denied_by_the_older(Entry::Int80, [17, 31, 32]);
}

/// The program calls the number that one of the two filters refuses.
#[rstest]
#[case::the_older_refuses([UNASSIGNED, 500])]
#[case::the_newer_refuses([500, UNASSIGNED])]
#[harness::test(
    clause = [SECCOMP_INHERIT_EXECVE, SECCOMP_INSTALL_LAYERING],
    catches = "an execve that keeps one filter of several",
    needs = [SECCOMP_FILTER],
)]
fn a_program_keeps_each_filter(#[case] refused: [i64; 2]) {
    let program = Program::new();
    let end = child::fork(|| {
        for nr in refused {
            load(nr as u32, Action::Errno(7));
        }
        program.execute();
        child::exit(1)
    });
    assert_eq!(end, WaitStatus::Exited(INTERCEPTED));
}
