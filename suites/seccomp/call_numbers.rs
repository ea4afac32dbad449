//! Numbers and results at the edges, as a tracer sees them and as it writes them.

use super::traced::*;
use crate::assertions::Play;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, number, uapi::*};
use fixtures::gadget::Gadget;
use fixtures::needs::{CALL_INFO, PTRACE, SECCOMP_FILTER, USER_NOTIF};
use fixtures::script::{Returned, Step, Traced, call, call_args};
use fixtures::tracee::{Resume, Stop, SyscallStop};
use rstest::rstest;
use sys::uapi::{
    EBADF, ENOSYS, ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS,
    PTRACE_EVENT_SECCOMP, PTRACE_SYSCALL_INFO_EXIT, PTRACE_SYSCALL_INFO_SECCOMP, SYS_getpid,
    SYS_getppid, SYS_read,
};

/// The bit that marks a number of the x32 ABI.
const X32: i64 = 0x4000_0000;

/// The number is an int: its sign is told, and what RAX holds above it is not.
#[rstest]
#[case::minus_one(-1, -1)]
#[case::least(i64::from(i32::MIN), i64::from(i32::MIN))]
#[case::greatest(i64::from(i32::MAX), i64::from(i32::MAX))]
#[case::x32(X32 + SYS_getpid, X32 + SYS_getpid)]
#[case::x32_unassigned(X32 + UNASSIGNED, X32 + UNASSIGNED)]
#[case::upper_half(0x7700_0000_0000_0000 + SYS_getpid, SYS_getpid)]
#[harness::test(
    clause = SECCOMP_CALL_INFO_NUMBER,
    catches = "an entry whose number lacks its sign or the bit of the x32 ABI, or has bits of RAX above 31",
    needs = [PTRACE, CALL_INFO],
)]
fn an_entry_tells_the_number_as_an_int(#[case] rax: i64, #[case] nr: i64) {
    let traced = Traced::start(0, Gadget::syscall(), &Filter::new(), &[call(rax)]);
    assert_eq!(traced.tracee.next_stop(Resume::Syscall, 0), SyscallStop::Entry(nr));
    let exit = traced.tracee.next_stop(Resume::Syscall, 0);
    assert!(matches!(exit, SyscallStop::Exit(_)), "the call has an exit");
}

#[rstest]
#[case::x32(X32 + SYS_getpid)]
#[case::x32_unassigned(X32 + UNASSIGNED)]
#[case::greatest(i64::from(i32::MAX))]
#[case::least(i64::from(i32::MIN))]
#[harness::test(
    clause = [SECCOMP_CALL_INFO_NUMBER, SECCOMP_TRACE_SYSCALL_INFO],
    catches = "a seccomp event whose number lacks its sign or the bit of the x32 ABI",
    needs = [PTRACE, SECCOMP_FILTER, CALL_INFO],
)]
fn an_event_tells_the_number_as_an_int(#[case] nr: i64) {
    let traced = calls(&Filter::only(number(nr), Action::Trace(7)), &[call(nr)]);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let info = traced.tracee.ptrace_syscall_info(usize::MAX);
    assert_eq!((info.op(), info.value(), info.data()), (PTRACE_SYSCALL_INFO_SECCOMP, nr, 7));
}

/// A filter gives the restart code; no signal is there to restart for.
#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSCALL_INFO, SECCOMP_ACTIONS_ERRNO],
    catches = "an exit that tells a restart code as a result that is no error",
    needs = [PTRACE, SECCOMP_FILTER, CALL_INFO],
)]
fn a_restart_code_is_told_as_an_error(
    #[values(ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK, 511, 517)]
    code: i64,
) {
    let filter = Filter::only(number(UNASSIGNED), Action::Errno(code as u16));
    let traced = Traced::start(0, Gadget::syscall(), &filter, &[call(UNASSIGNED)]);
    assert_eq!(traced.tracee.next_stop(Resume::Syscall, 0), SyscallStop::Entry(UNASSIGNED));
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Syscall);
    let info = traced.tracee.ptrace_syscall_info(usize::MAX);
    let told = (info.op(), info.value(), info.is_error());
    assert_eq!(told, (PTRACE_SYSCALL_INFO_EXIT, -code, 1));
}

/// 0 is the number of read: of a descriptor that is not open.
#[rstest]
#[case::made_as_0(SYS_read, Step::event())]
#[case::written(SYS_getppid, Step::event().nr(SYS_read))]
#[case::written_with_a_result(SYS_getppid, Step::event().nr(SYS_read).rax(42))]
#[harness::test(
    clause = [SECCOMP_TRACE_CHANGE_NUMBER, SECCOMP_TRACE_SKIP],
    catches = "number 0 taken for no number, so that the call is skipped",
    needs = [PTRACE, SECCOMP_FILTER],
)]
fn number_0_is_executed(#[case] nr: i64, #[case] step: Step) {
    let made = call_args(nr, [usize::MAX, 0, 0, 0, 0, 0]);
    let filter =
        Filter::only(number(nr).and(fixtures::filter::argument(0, u64::MAX)), Action::Trace(7));
    let (_, end) = {
        let traced = calls(&filter, &[made]);
        let played = traced.play(Resume::Continue, &[step]);
        assert_eq!(traced.returned(0), Returned::Value(-EBADF));
        played
    };
    assert_eq!(end, EXITED_0);
}

/// Where the kernel wrote another number, a tracer that names calls by it names the wrong one.
#[rstest]
#[case::errno(SECCOMP_RET_ERRNO(7), -7)]
#[case::errno_0(SECCOMP_RET_ERRNO(0), 0)]
#[case::user_notif_without_listener(SECCOMP_RET_USER_NOTIF, -ENOSYS)]
#[case::trace_without_the_option(SECCOMP_RET_TRACE(7), -ENOSYS)]
#[case::allow(SECCOMP_RET_ALLOW, -ENOSYS)]
#[harness::test(
    clause = SECCOMP_TRACE_REFUSED_NUMBER,
    catches = "a refused call whose number is -1, or another's, at its exit stop",
    needs = [PTRACE, USER_NOTIF],
)]
fn a_refused_call_keeps_its_number(#[case] action: Action, #[case] result: i64) {
    let filter = Filter::only(number(UNASSIGNED), action);
    let traced = Traced::start(0, Gadget::syscall(), &filter, &[call(UNASSIGNED)]);
    let (stops, end) = traced.play(Resume::Syscall, &[entry(), Step::call()]);
    assert_eq!(stops[0].summary(), (Stop::Syscall, UNASSIGNED, Returned::ENOSYS), "at the entry");
    assert_eq!(stops[1].summary(), (Stop::Syscall, UNASSIGNED, Returned::Value(result)));
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(result)));
}

/// An entry stop, after which the exit stop is asked for.
fn entry() -> Step {
    Step::call().then(Resume::Syscall)
}
