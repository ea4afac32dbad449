//! A traced call whose number the tracer changes at the event.

use super::traced::*;
use crate::assertions::{Play, play};
use crate::clauses::*;
use fixtures::filter::{Action, Filter, number};
use fixtures::needs::{PTRACE, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::script::{ARGUMENTS, Returned, SharedResults, Step, call, call_args};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Reg, Registers, WaitStatus, x32};
use harness::observe;
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PTRACE_O_TRACESECCOMP, SYS_exit_group, SYS_getpid as GETPID, SYS_getppid as GETPPID,
};

/// Bits above the 32 of a call's number.
const GARBAGE: i64 = 0x5a5a_5a5a << 32;
/// A number far above the end of every table.
const TOO_HIGH: i64 = 99_999;
/// A number in the gap between two ranges of the 64-bit table.
const GAP: i64 = 400;
const X32_GETPID: i64 = 0x4000_0000 + GETPID;

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_CHANGE_NUMBER,
    catches = "the caller's number executed after the tracer wrote another, or skipped because RAX was \
        written",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn another_number_is_another_call(
    #[values(None, Some(42), Some(0), Some(-1), Some(GETPPID))] result: Option<i64>,
) {
    let traced = caller(&traces());
    let mut step = Step::event().nr(GETPID);
    if let Some(result) = result {
        step = step.rax(result);
    }
    let (_, end) = traced.play(Resume::Continue, &[step]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::OwnPid));
}

#[rstest]
#[case::nothing(Step::event())]
#[case::a_result(Step::event().rax(42))]
#[case::the_same_number(Step::event().nr(GETPPID))]
#[case::the_same_number_and_a_result(Step::event().nr(GETPPID).rax(42))]
#[harness::test(
    clause = SECCOMP_TRACE_CHANGE_NUMBER,
    catches = "a call skipped at the event because its result was written, or its own number written again",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn an_unchanged_number_is_the_same_call(#[case] step: Step) {
    let traced = caller(&traces());
    let (_, end) = traced.play(Resume::Continue, &[step]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::TracerPid));
}

/// The child checks the effect itself, as it affects its own descriptors.
#[rstest]
#[case::dup2_to_close(ObservableCall::dup2, ObservableCall::close)]
#[case::close_to_dup2(ObservableCall::close, ObservableCall::dup2)]
#[case::umask_to_write(ObservableCall::umask, ObservableCall::write)]
#[harness::test(
    clause = SECCOMP_TRACE_CHANGE_NUMBER,
    catches = "a changed number that executes both calls, or neither",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn one_call_is_made_and_the_other_is_not(
    #[case] old: fn() -> ObservableCall,
    #[case] new: fn() -> ObservableCall,
) {
    let (old, new) = (old(), new());
    let filter = Filter::only(number(old.nr), Action::Trace(7));
    let seen = SharedResults::new();
    let gadget = fixtures::gadget::Gadget::syscall();
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        filter.load();
        gadget.call_args(old.nr, old.args);
        seen.add_value(i64::from(new.took_effect()));
        0
    });
    let step = ARGUMENTS
        .into_iter()
        .zip(new.args)
        .fold(Step::event().nr(new.nr), |step, (reg, arg)| step.set(reg, arg as u64));
    let (_, end) = play(&tracee, Resume::Continue, &[step]);
    assert_eq!((end, seen.returned(0, tracee.pid)), (EXITED_0, Returned::Value(1)));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_CHANGE_NUMBER,
    catches = "the new call executed without the caller's own arguments",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_new_call_has_the_callers_arguments() {
    let deed = ObservableCall::write();
    let traced = calls(&traces(), &[call_args(GETPPID, deed.args)]);
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(deed.nr)]);
    assert_eq!((end, traced.returned(0), deed.took_effect()), (EXITED_0, Returned::Value(5), true));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_CHANGE_NUMBER,
    catches = "orig_rax evaluated as 64 bits, so that bits above the number make the call unknown or \
        skip it",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn bits_above_the_number_do_not_count(
    #[values(1 << 32, GARBAGE, 1 << 63, 0x7fff_ffff << 32, -1 << 32)] garbage: i64,
) {
    let traced = calls(&traces(), &[call(GETPPID); 2]);
    let script = [Step::event().nr(garbage | GETPID), Step::event().nr(garbage | GETPPID).rax(42)];
    let (_, end) = traced.play(Resume::Continue, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::OwnPid, Returned::TracerPid]));
}

/// What the caller's call returns when the tracer writes this number and this result.
fn answer_to(nr: i64, result: Option<i64>) -> Returned {
    let traced = caller(&traces());
    let mut step = Step::event().nr(nr);
    if let Some(result) = result {
        step = step.rax(result);
    }
    let (_, end) = traced.play(Resume::Continue, &[step]);
    assert_eq!(end, EXITED_0);
    traced.returned(0)
}

/// The tracer writes no result.
#[rstest]
#[case::gap(GAP)]
#[case::end_of_the_gap(423)]
#[case::beyond(600)]
#[case::too_high(TOO_HIGH)]
#[case::one_bit_higher_than_a_call(0x1_0000 + GETPID)]
#[case::largest(0x7fff_ffff)]
#[case::x32_getpid(X32_GETPID)]
#[case::x32_nothing(0x4000_0000 + GAP)]
#[case::x32_special(0x4000_0000 + 513)]
#[case::below_the_x32_bit(0x3fff_ffff)]
#[case::garbage_above(GARBAGE + TOO_HIGH)]
#[harness::test(
    clause = [SECCOMP_TRACE_NUMBER_TOO_HIGH, SECCOMP_TRACE_NUMBER_TOO_HIGH_ON_X86_64],
    catches = "an unassigned number written at the event that is executed, loses its x32 bit, or returns \
        anything but ENOSYS",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_nobody_knows_is_enosys(#[case] nr: i64) {
    assert_eq!(answer_to(x32::unknown(nr), None), Returned::ENOSYS);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NUMBER_TOO_HIGH,
    catches = "a result written by the tracer that survives a number in a gap of the table",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_gap_overwrites_the_result(
    #[values(GAP, 338, 423, 180, GARBAGE + GAP)] nr: i64,
    #[values(42, 0)] written: i64,
) {
    assert_eq!(answer_to(nr, Some(written)), Returned::ENOSYS);
}

#[rstest]
#[case::beyond(600)]
#[case::too_high(TOO_HIGH)]
#[case::largest(0x7fff_ffff)]
#[case::x32_getpid(X32_GETPID)]
#[case::garbage_above(GARBAGE + TOO_HIGH)]
#[harness::test(
    clause = SECCOMP_TRACE_NUMBER_TOO_HIGH,
    catches = "a result written by the tracer that survives a number past the end of the table",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_out_of_range_is_enosys_whatever_was_written(#[case] nr: i64) {
    let answer = answer_to(x32::unknown(nr), Some(42));
    observe!("out of range, 42 written", answer);
    assert_eq!(answer, Returned::ENOSYS);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NUMBER_TOO_HIGH,
    catches = "-ENOSYS written by the tracer that is replaced for a number in no table",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn enosys_written_for_a_number_out_of_range_is_enosys(
    #[values(TOO_HIGH, X32_GETPID, GAP)] nr: i64,
) {
    assert_eq!(answer_to(x32::unknown(nr), Some(-ENOSYS)), Returned::ENOSYS);
}

/// The table's end differs between kernels and is recorded. The calls before the end get invalid
/// arguments.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NUMBER_TOO_HIGH,
    catches = "numbers past the table's end of which some keep the written result and others do not",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn every_number_beyond_the_table_fares_alike() {
    const FIRST: i64 = 441;
    const BATCH: i64 = 8;
    const BATCHES: i64 = 15;
    let kept = Returned::Value(42);
    let mut answers = Vec::new();
    for batch in 0..BATCHES {
        let traced = calls(&traces(), &[call(GETPPID); BATCH as usize]);
        let script: [Step; BATCH as usize] =
            std::array::from_fn(|i| Step::event().nr(FIRST + BATCH * batch + i as i64).rax(42));
        let (_, end) = traced.play(Resume::Continue, &script);
        assert_eq!(end, EXITED_0);
        answers.extend((0..BATCH as usize).map(|i| traced.returned(i)));
    }
    let first_kept = answers.iter().position(|answer| *answer == kept);
    let told = first_kept.map(|index| FIRST + index as i64);
    observe!("first number that keeps a written result", told);
    let beyond = &answers[first_kept.unwrap_or(500 - FIRST as usize)..];
    let same = if first_kept.is_some() { kept } else { Returned::ENOSYS };
    assert!(beyond.iter().all(|answer| *answer == same), "{beyond:?}");
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NUMBER_TOO_HIGH,
    catches = "a register other than RAX changed by the exit path of an unassigned number",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_number_nobody_knows_changes_the_result_alone(#[values(GAP, TOO_HIGH, X32_GETPID)] nr: i64) {
    let traced = caller(&traces());
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(x32::unknown(nr))]);
    assert_eq!(end, EXITED_0);
    let after = traced.results.registers(0).expect("the call returned");
    let pattern = Registers::pattern().with(Reg::Rax, -ENOSYS as u64);
    for reg in Reg::VALUES.into_iter().filter(|reg| ![Reg::Rcx, Reg::R11].contains(reg)) {
        assert_eq!(after[reg], pattern[reg], "{reg:?}");
    }
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_CHANGE_NUMBER,
    catches = "a number of exit or exit_group written at the event that is not executed",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_call_can_become_one_that_does_not_return(#[values(60, 231)] nr: i64) {
    let traced = caller(&traces());
    let step = Step::event().nr(nr).set(Reg::Rdi, 33);
    let (_, end) = traced.play(Resume::Continue, &[step]);
    assert_eq!(
        (end, traced.returned(0)),
        (Stop::Ended(WaitStatus::Exited(33)), Returned::NotReturned)
    );
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_CHANGE_NUMBER,
    catches = "an exit_group executed although the tracer wrote another number",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_call_that_does_not_return_can_become_another() {
    let filter = Filter::only(number(SYS_exit_group), Action::Trace(7));
    let traced = calls(&filter, &[call(SYS_exit_group).with(Reg::Rdi, 33)]);
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(GETPID)]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::OwnPid));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_CHANGE_NUMBER,
    catches = "a number written at an event that persists into the thread's next call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_change_is_for_one_call() {
    let traced = calls(&traces(), &[call(GETPPID); 4]);
    let change = || Step::event().nr(GETPID);
    let script = [change(), Step::event(), change().rax(42), Step::event().nr(-1)];
    let (sights, end) = traced.play(Resume::Continue, &script);
    assert!(
        sights.iter().all(|sight| sight.image.call() == GETPPID),
        "an event shows another number"
    );
    let answers = [0, 1, 2, 3].map(|i| traced.returned(i));
    assert_eq!(
        answers,
        [Returned::OwnPid, Returned::TracerPid, Returned::OwnPid, Returned::ENOSYS]
    );
    assert_eq!(end, EXITED_0);
}
