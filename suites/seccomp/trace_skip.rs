//! A traced call that the tracer skips by a negative number.

use super::traced::*;
use crate::assertions::Play;
use crate::clauses::*;
use fixtures::filter::uapi::{
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRACE, SECCOMP_RET_TRAP,
};
use fixtures::filter::{Action, Filter, any, number};
use fixtures::needs::{PTRACE, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::script::{Returned, Step, call, call_args};
use fixtures::tracee::Resume;
use fixtures::{Reg, Registers};
use rstest::rstest;
use sys::uapi::{ENOSYS, PTRACE_O_TRACESECCOMP, SYS_exit};
// The rows use these names.
use sys::uapi::{SYS_getpid as GETPID, SYS_getppid as GETPPID};

/// Bits above the 32 of a call's number.
const GARBAGE: i64 = 0x5a5a_5a5a << 32;

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SKIP, SECCOMP_TRACE_SKIP_RESULT],
    catches = "a skip recognised only for -1, or by the sign of all 64 bits of orig_rax, or whose result \
        is lost",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_negative_number_skips_the_call(
    #[values(
        -1, -2, -38, -512, -4095, -4096,
        i64::from(i32::MIN), i64::from(i32::MIN) + 1, i64::from(i16::MIN),
        0xffff_ffff, 0x8000_0000, GARBAGE | 0xffff_ffff, GARBAGE | 0x8000_0000,
        // Negative both as 64 and as 32 bits.
        (-1 << 33) | 0x8000_0027,
    )]
    nr: i64,
) {
    let (plain, valued) = (ObservableCall::dup2(), ObservableCall::umask());
    let filter =
        Filter::only(number(plain.nr), Action::Trace(7)).when(number(valued.nr), Action::Trace(7));
    let calls = [&plain, &valued].map(|deed| call_args(deed.nr, deed.args));
    let traced = super::traced::calls(&filter, &calls);
    let script = [Step::event().nr(nr), Step::event().nr(nr).rax(42)];
    let (_, end) = traced.play(Resume::Continue, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::ENOSYS, Returned::Value(42)]));
    assert_eq!([plain.took_effect(), valued.took_effect()], [false, false]);
}

/// The control leaves the number unchanged, and the same call takes effect.
#[rstest]
#[case::dup2(ObservableCall::dup2)]
#[case::write(ObservableCall::write)]
#[case::close(ObservableCall::close)]
#[harness::test(
    clause = SECCOMP_TRACE_SKIP,
    catches = "a call executed although the tracer wrote -1 as its number",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_skipped_call_leaves_no_trace(#[case] deed: fn() -> ObservableCall) {
    let outcomes = [false, true].map(|skipped| {
        let deed = deed();
        let filter = Filter::only(number(deed.nr), Action::Trace(7));
        // The child checks the effect itself, as it affects its own descriptors.
        let seen = fixtures::script::SharedResults::new();
        let tracee = fixtures::tracee::Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
            filter.load();
            fixtures::gadget::Gadget::syscall().call_args(deed.nr, deed.args);
            seen.add_value(i64::from(deed.took_effect()));
            0
        });
        let step = if skipped { Step::event().nr(-1).rax(5) } else { Step::event() };
        let (_, end) = crate::assertions::play(&tracee, Resume::Continue, &[step]);
        (end, seen.returned(0, tracee.pid))
    });
    assert_eq!(outcomes, [1, 0].map(|happened| (EXITED_0, Returned::Value(happened))));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SKIP_RESULT,
    catches = "a tracer's result for a skipped call truncated to 32 bits, clamped, or taken for an error \
        or a number",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_result_is_what_the_tracer_wrote(
    #[values(
        0, 1, 42, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x1234_5678_9abc_def0,
        i64::MAX, i64::MIN, -1, -37, -39, -4095, -4096, -0x1_0000_0000, GETPPID, GETPID
    )]
    result: i64,
) {
    let traced = caller(&traces());
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(-1).rax(result)]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(result)));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SKIP_RESULT, SECCOMP_TRACE_SKIP],
    catches = "a skip or a result that persists into the thread's next call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn each_call_is_skipped_or_made_by_itself() {
    let traced = calls(&traces(), &[call(GETPPID); 6]);
    let skip = || Step::event().nr(-1);
    let script =
        [skip().rax(41), Step::event(), skip(), skip().rax(42), Step::event().rax(43), skip()];
    let (sights, end) = traced.play(Resume::Continue, &script);
    let shown: Vec<_> = sights.iter().map(|sight| (sight.image.call(), sight.rax())).collect();
    assert_eq!(shown, [(GETPPID, -ENOSYS); 6]);
    let answers = std::array::from_fn(|i| traced.returned(i));
    let [first, fourth] = [41, 42].map(Returned::Value);
    assert_eq!(
        answers,
        [
            first,
            Returned::TracerPid,
            Returned::ENOSYS,
            fourth,
            Returned::TracerPid,
            Returned::ENOSYS
        ]
    );
    assert_eq!(end, EXITED_0);
}

/// The filter refuses the negative number, but is not run again on a skipped call.
#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SKIP, SECCOMP_TRACE_SKIP_RESULT],
    catches = "filters re-run on a skipped call, so that their error replaces the tracer's result",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_skip_is_not_shown_to_the_filters(#[values(-1, -2, i64::from(i32::MIN))] nr: i64) {
    let traced = calls(&traces_and(nr, Action::Errno(9)), &[call(GETPPID); 2]);
    let script = [Step::event().nr(nr), Step::event().nr(nr).rax(42)];
    let (_, end) = traced.play(Resume::Continue, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::ENOSYS, Returned::Value(42)]));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SKIP,
    catches = "filters re-run on a skipped call that trap, trace or kill for number -1",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn no_action_meets_a_skip(
    #[values(
        SECCOMP_RET_TRAP(9),
        SECCOMP_RET_TRACE(9),
        SECCOMP_RET_KILL_THREAD,
        SECCOMP_RET_KILL_PROCESS
    )]
    action: Action,
) {
    let traced = caller(&traces_and(-1, action));
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(-1).rax(42)]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(42)));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SKIP,
    catches = "a register other than RAX changed by the exit path of a skipped call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_skip_changes_the_result_alone() {
    let traced = caller(&traces());
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(-1).rax(42)]);
    assert_eq!(end, EXITED_0);
    let after = traced.results.registers(0).expect("the call returned");
    let pattern = Registers::pattern().with(Reg::Rax, 42);
    for reg in Reg::VALUES.into_iter().filter(|reg| ![Reg::Rcx, Reg::R11].contains(reg)) {
        assert_eq!(after[reg], pattern[reg], "{reg:?}");
    }
}

/// Number -1 is a skip already when the tracer leaves it unchanged.
#[rstest]
#[case::left_alone(Step::event(), Returned::ENOSYS)]
#[case::with_a_result(Step::event().rax(42), Returned::Value(42))]
#[case::made_a_call(Step::event().nr(GETPID), Returned::OwnPid)]
#[harness::test(
    clause = [SECCOMP_TRACE_SKIP, SECCOMP_TRACE_CHANGE_NUMBER],
    catches = "a caller's own nr -1 that makes no event, or that the tracer cannot turn into a call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_callers_own_minus_one_is_traced(#[case] step: Step, #[case] answer: Returned) {
    let filter = Filter::only(number(-1), Action::Trace(7));
    let traced = calls(&filter, &[call(-1)]);
    let (sights, end) = traced.play(Resume::Continue, &[step]);
    assert_eq!((sights[0].image.call(), sights[0].rax()), (-1, -ENOSYS));
    assert_eq!((end, traced.returned(0)), (EXITED_0, answer));
}

/// The filter traces every call; the child's second exit is not skipped.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SKIP,
    catches = "an exit executed although the tracer skipped it",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_call_that_does_not_return_can_be_skipped() {
    let filter =
        Filter::only(number(sys::uapi::SYS_kill), Action::Allow).when(any(), Action::Trace(7));
    let traced = calls(&filter, &[call(SYS_exit).with(Reg::Rdi, 33)]);
    let script = [Step::event().nr(-1).rax(42), Step::event()];
    let (sights, end) = traced.play(Resume::Continue, &script);
    assert_eq!(sights[0].image.reg(Reg::Rdi), 33);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(42)));
}
