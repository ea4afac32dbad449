//! Programs that gain privileges, executed by a process of two threads: no_new_privs is each thread's own, and a filter
//! stays over what is gained.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::filter::{Action, Filter, number};
use fixtures::needs::{FILE_CAPABILITIES, MAY_GAIN, ROOT, SECCOMP_FILTER, SET_USER_ID};
use fixtures::set_user_id::{self, Gains, Threads};
use rstest::rstest;

/// No thread has the bit, one of them, or both.
fn gains_with(
    gains: Gains,
    second_executes: bool,
    first_has_bit: bool,
    second_has_bit: bool,
) -> bool {
    let threads = Threads { second_executes, first_has_bit, second_has_bit };
    match set_user_id::run_in_threads(gains, threads, || ()) {
        Ok(WaitStatus::Exited(0)) => true,
        Ok(WaitStatus::Exited(status)) if status == gains.nothing() => false,
        other => panic!("the program ends otherwise: {other:?}"),
    }
}

/// What the program gains where no thread has the bit, the executing one, the other one, or both.
#[track_caller]
fn check(gains: Gains, second_executes: bool) {
    let (executing, other) = (!second_executes, second_executes);
    let found = [(false, false), (executing, other), (other, executing), (true, true)]
        .map(|(first, second)| gains_with(gains, second_executes, first, second));
    assert_eq!(found, [true, false, true, false]);
}

#[rstest]
#[case::user(Gains::User)]
#[case::group(Gains::Group)]
#[harness::test(
    clause = [SECCOMP_PROC_NO_NEW_PRIVS_EXEC, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "an execve that asks for the no_new_privs of another thread, of the leader or of any thread",
    needs = [MAY_GAIN, ROOT, SET_USER_ID],
)]
fn the_bit_of_the_executing_thread_counts(
    #[case] gains: Gains,
    #[values(false, true)] second_executes: bool,
) {
    check(gains, second_executes);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_EXEC,
    catches = "file capabilities gained in spite of no_new_privs, or lost for another thread's bit",
    needs = [MAY_GAIN, ROOT, FILE_CAPABILITIES],
)]
fn the_bit_of_the_executing_thread_counts_for_file_capabilities(
    #[values(false, true)] second_executes: bool,
) {
    check(Gains::Capability, second_executes);
}

#[rstest]
#[case::without_the_bit(false, 0)]
#[case::with_the_bit(true, 0xff)]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_EXEC,
    catches = "no_new_privs that covers set-user-ID bits alone, so that a file gives its capabilities",
    needs = [MAY_GAIN, ROOT, FILE_CAPABILITIES],
)]
fn a_program_gains_no_capability(#[case] no_new_privileges: bool, #[case] status: i32) {
    let end = set_user_id::run(Gains::Capability, no_new_privileges);
    assert_eq!(end, Ok(WaitStatus::Exited(status)));
}

/// Root loads the filter, without no_new_privs; it refuses the call that would tell of the gain.
#[harness::test(
    clause = SECCOMP_INHERIT_EXECVE,
    catches = "an execve of a set-user-ID program that drops the filters, in one thread or beside another",
    needs = [MAY_GAIN, ROOT, SECCOMP_FILTER, SET_USER_ID],
)]
fn a_filter_stays_over_a_set_user_id_program() {
    for gains in [Gains::User, Gains::Group] {
        stays_over(gains);
    }
}

#[harness::test(
    clause = SECCOMP_INHERIT_EXECVE,
    catches = "an execve of a program with file capabilities that drops the filters",
    needs = [MAY_GAIN, ROOT, SECCOMP_FILTER, FILE_CAPABILITIES],
)]
fn a_filter_stays_over_a_program_with_capabilities() {
    stays_over(Gains::Capability);
}

#[track_caller]
fn stays_over(gains: Gains) {
    const ERROR: u16 = 7;
    let refused = Ok(WaitStatus::Exited(i32::from(0u8.wrapping_sub(ERROR as u8))));
    let filter = Filter::only(number(gains.call()), Action::Errno(ERROR));
    for second_executes in [false, true] {
        let threads = Threads { second_executes, first_has_bit: false, second_has_bit: false };
        let found = set_user_id::run_in_threads(gains, threads, || {
            assert_eq!(filter.try_load(0), Ok(0), "root loads a filter");
        });
        assert_eq!(found, refused, "{gains:?}");
    }
}
