//! A traced call that the tracer turns into another.

use super::clauses::*;
use super::traced::*;
use fixtures::filter::{Action, Filter, number};
use fixtures::needs::{PTRACE, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::script::{ARGUMENTS, Returned, SharedResults, Step, call, call_args, play};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Reg, Registers, WaitStatus};
use harness::observe;
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PTRACE_O_TRACESECCOMP, SYS_exit_group, SYS_getpid as GETPID, SYS_getppid as GETPPID,
};

/// Upper half of a number whose lower half says what is to be done.
const GARBAGE: i64 = 0x5a5a_5a5a << 32;
/// Far beyond every table.
const TOO_HIGH: i64 = 99_999;
/// In the hole between the numbers that two tables share.
const GAP: i64 = 400;
const X32_GETPID: i64 = 0x4000_0000 + GETPID;

/// The new call is made, whatever result was written before.
#[rstest]
#[harness::test(clause = TRACE_CHANGE_NR, needs = [SECCOMP_FILTER, PTRACE])]
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

/// The same number written again, or nothing, and a result that was written: the call is made.
#[rstest]
#[case::nothing(Step::event())]
#[case::a_result(Step::event().rax(42))]
#[case::the_same_number(Step::event().nr(GETPPID))]
#[case::the_same_number_and_a_result(Step::event().nr(GETPPID).rax(42))]
#[harness::test(clause = TRACE_CHANGE_NR, needs = [SECCOMP_FILTER, PTRACE])]
fn an_unchanged_number_is_the_same_call(#[case] step: Step) {
    let traced = caller(&traces());
    let (_, end) = traced.play(Resume::Continue, &[step]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::TracerPid));
}

/// The old call is not made, the new one is, with the caller's arguments. The child looks itself, for
/// it is its own descriptors that change.
#[rstest]
#[case::dup2_to_close(ObservableCall::dup2, ObservableCall::close)]
#[case::close_to_dup2(ObservableCall::close, ObservableCall::dup2)]
#[case::umask_to_write(ObservableCall::umask, ObservableCall::write)]
#[harness::test(clause = TRACE_CHANGE_NR, needs = [SECCOMP_FILTER, PTRACE])]
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

/// Each argument goes to the register of its place.
#[rstest]
#[harness::test(clause = TRACE_CHANGE_NR, needs = [SECCOMP_FILTER, PTRACE])]
fn the_new_call_has_the_callers_arguments() {
    let deed = ObservableCall::write();
    let traced = calls(&traces(), &[call_args(GETPPID, deed.args)]);
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(deed.nr)]);
    assert_eq!((end, traced.returned(0), deed.took_effect()), (EXITED_0, Returned::Value(5), true));
}

/// A number is an int: what stands above bit 31 changes nothing.
#[rstest]
#[harness::test(clause = TRACE_CHANGE_NR, needs = [SECCOMP_FILTER, PTRACE])]
fn bits_above_the_number_do_not_count(
    #[values(1 << 32, GARBAGE, 1 << 63, 0x7fff_ffff << 32, -1 << 32)] garbage: i64,
) {
    let traced = calls(&traces(), &[call(GETPPID); 2]);
    let script = [Step::event().nr(garbage | GETPID), Step::event().nr(garbage | GETPPID).rax(42)];
    let (_, end) = traced.play(Resume::Continue, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::OwnPid, Returned::TracerPid]));
}

/// What the caller gets for a number when a tracer picks it, and writes this result.
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

/// No result is written: the one that stands there already says it.
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
    clause = [TRACE_NR_TOO_HIGH_ENOSYS, TRACE_X86_64_LITTLE_DIFFERENCE],
    needs = [SECCOMP_FILTER, PTRACE]
)]
fn a_number_nobody_knows_is_enosys(#[case] nr: i64) {
    assert_eq!(answer_to(nr, None), Returned::ENOSYS);
}

/// A gap belongs to the table: what was written does not survive it.
#[rstest]
#[harness::test(clause = TRACE_NR_TOO_HIGH_ENOSYS, needs = [SECCOMP_FILTER, PTRACE])]
fn a_gap_overwrites_the_result(
    #[values(GAP, 338, 423, 180, GARBAGE + GAP)] nr: i64,
    #[values(42, 0)] written: i64,
) {
    assert_eq!(answer_to(nr, Some(written)), Returned::ENOSYS);
}

/// A written result does not make a call of a number that is none.
#[rstest]
#[case::beyond(600)]
#[case::too_high(TOO_HIGH)]
#[case::largest(0x7fff_ffff)]
#[case::x32_getpid(X32_GETPID)]
#[case::garbage_above(GARBAGE + TOO_HIGH)]
#[harness::test(clause = TRACE_NR_TOO_HIGH_ENOSYS, needs = [SECCOMP_FILTER, PTRACE])]
fn a_number_out_of_range_is_enosys_whatever_was_written(#[case] nr: i64) {
    let answer = answer_to(nr, Some(42));
    observe!("out of range, 42 written", answer);
    assert_eq!(answer, Returned::ENOSYS);
}

/// The other way to say nothing: the written result is ENOSYS itself.
#[rstest]
#[harness::test(clause = TRACE_NR_TOO_HIGH_ENOSYS, needs = [SECCOMP_FILTER, PTRACE])]
fn enosys_written_for_a_number_out_of_range_is_enosys(
    #[values(TOO_HIGH, X32_GETPID, GAP)] nr: i64,
) {
    assert_eq!(answer_to(nr, Some(-ENOSYS)), Returned::ENOSYS);
}

/// Where the table ends is each kernel's own; from there on all numbers fare alike. The calls below it
/// get arguments that none of them takes.
#[rstest]
#[harness::test(clause = TRACE_NR_TOO_HIGH_ENOSYS, needs = [SECCOMP_FILTER, PTRACE])]
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

/// Nothing of the caller but the result changes where no call is made.
#[rstest]
#[harness::test(clause = TRACE_NR_TOO_HIGH_ENOSYS, needs = [SECCOMP_FILTER, PTRACE])]
fn a_number_nobody_knows_changes_the_result_alone(#[values(GAP, TOO_HIGH, X32_GETPID)] nr: i64) {
    let traced = caller(&traces());
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(nr)]);
    assert_eq!(end, EXITED_0);
    let after = traced.results.registers(0).expect("the call came back");
    let pattern = Registers::pattern().with(Reg::Rax, -ENOSYS as u64);
    for reg in Reg::VALUES.into_iter().filter(|reg| ![Reg::Rcx, Reg::R11].contains(reg)) {
        assert_eq!(after[reg], pattern[reg], "{reg:?}");
    }
}

/// The new call can be one that does not come back, or one that makes a child.
#[rstest]
#[harness::test(clause = TRACE_CHANGE_NR, needs = [SECCOMP_FILTER, PTRACE])]
fn a_call_can_become_one_that_does_not_return(#[values(60, 231)] nr: i64) {
    let traced = caller(&traces());
    let step = Step::event().nr(nr).set(Reg::Rdi, 33);
    let (_, end) = traced.play(Resume::Continue, &[step]);
    assert_eq!(
        (end, traced.returned(0)),
        (Stop::Ended(WaitStatus::Exited(33)), Returned::NotReturned)
    );
}

/// And the other way: a caller that would leave asks for its id instead.
#[rstest]
#[harness::test(clause = TRACE_CHANGE_NR, needs = [SECCOMP_FILTER, PTRACE])]
fn a_call_that_does_not_return_can_become_another() {
    let filter = Filter::only(number(231), Action::Trace(7));
    let traced = calls(&filter, &[call(SYS_exit_group).with(Reg::Rdi, 33)]);
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(GETPID)]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::OwnPid));
}

/// One after another on one thread: each change is that call's alone.
#[rstest]
#[harness::test(clause = TRACE_CHANGE_NR, needs = [SECCOMP_FILTER, PTRACE])]
fn a_change_is_for_one_call() {
    let traced = calls(&traces(), &[call(GETPPID); 4]);
    let change = || Step::event().nr(GETPID);
    let script = [change(), Step::event(), change().rax(42), Step::event().nr(-1)];
    let (sights, end) = traced.play(Resume::Continue, &script);
    assert!(sights.iter().all(|sight| sight.image.call() == GETPPID), "the caller's number");
    let answers = [0, 1, 2, 3].map(|i| traced.returned(i));
    assert_eq!(
        answers,
        [Returned::OwnPid, Returned::TracerPid, Returned::OwnPid, Returned::ENOSYS]
    );
    assert_eq!(end, EXITED_0);
}
