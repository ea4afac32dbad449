//! TSYNC beside other flags, and by a thread that needs no no_new_privs.

use super::tsync::{OTHERS, beside_threads, refuse};
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{self, LOG, SPEC_ALLOW, TSYNC, TSYNC_ESRCH};
use fixtures::gadget::Gadget;
use fixtures::needs::{self, KILL_PROCESS_LOG, MAY_GAIN, ROOT, SECCOMP_FILTER};
use rstest::rstest;

#[rstest]
#[case::log(LOG)]
#[case::spec_allow(SPEC_ALLOW)]
#[case::esrch(TSYNC_ESRCH)]
#[case::all(LOG | SPEC_ALLOW | TSYNC_ESRCH)]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_FLAGS_LOG, SECCOMP_FLAGS_SPEC_ALLOW],
    catches = "TSYNC that is forgotten beside another flag",
    needs = [KILL_PROCESS_LOG, needs::TSYNC_ESRCH],
)]
fn tsync_with_another_flag_binds_every_thread(
    #[case] flags: usize,
    #[values(true, false)] first_thread_loads: bool,
) {
    filter::no_new_privileges();
    let gadget = Gadget::syscall();
    let loads = || refuse(UNASSIGNED, 7).try_load(TSYNC | flags);
    let ask = || gadget.call(UNASSIGNED);
    let (answer, told) = beside_threads(first_thread_loads, |_| (), loads, ask);
    assert_eq!((answer, told), (Ok(0), vec![-7; OTHERS + 1]));
}

/// The thread that loads has CAP_SYS_ADMIN and not the bit, and the others do not get what it lacks.
#[rstest]
#[harness::test(
    clause = SECCOMP_TSYNC_NO_NEW_PRIVS,
    catches = "TSYNC that sets no_new_privs in other threads although the thread that loads does not have it",
    needs = [MAY_GAIN, SECCOMP_FILTER, ROOT],
)]
fn tsync_gives_no_bit_that_the_caller_lacks(#[values(true, false)] first_thread_loads: bool) {
    let gadget = Gadget::syscall();
    let loads = || refuse(UNASSIGNED, 7).try_load(TSYNC);
    let ask = || (filter::has_no_new_privileges(), gadget.call(UNASSIGNED));
    let (answer, told) = beside_threads(first_thread_loads, |_| (), loads, ask);
    assert_eq!((answer, told), (Ok(0), vec![(false, -7); OTHERS + 1]));
}
