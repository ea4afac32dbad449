//! Further filter actions on a vsyscall: USER_NOTIF, TRACE without a tracer, and the kills; and strict
//! mode.

use super::outcome::{Outcome, Watch};
use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::uapi::{SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, Unknown};
use fixtures::filter::{self, Action, Filter};
use fixtures::listener::{Listener, Notification, Response};
use fixtures::needs::{PTRACE, SECCOMP_FILTER, STRICT_MODE, UNFILTERED, USER_NOTIF, VSYSCALL};
use fixtures::sigsys::{self};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::vsyscall::{Caller, Vsyscall};
use fixtures::{Reg, WaitStatus, environment};
use harness::SetUp;
use rstest::rstest;
use sys::uapi::{AUDIT_ARCH_X86_64, ENOSYS, SIGKILL, SIGSYS, SYS_exit};

/// Exit status of a process that outlives the thread whose call kills.
const OUTLIVED: i32 = 42;

/// Has a child call `entry`, responds to the notification, and returns the notification and the outcome
/// of the call.
fn asked(
    entry: Vsyscall,
    answer: impl FnOnce(&Notification) -> Response,
) -> (Caller, Notification, Outcome) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let filter = Filter::only(filter::number(entry.number()), Action::UserNotif);
    let listener = Listener::of(&filter);
    let child = child::start(Flavour::Fork, || {
        caller.call(entry);
        0
    });
    let asked = match listener.receive() {
        Ok(asked) => asked,
        Err(errno) => panic!("no notification arrives: {errno:?}"),
    };
    assert!(caller.latest().is_none(), "the call came back before it was answered");
    listener.answer(answer(&asked)).set_up("a notification can be answered");
    assert_eq!(child.end(), WaitStatus::Exited(0));
    let outcome = watch.outcome(&caller, entry);
    (caller, asked, outcome)
}

#[rstest]
#[case::value(|asked: &Notification| asked.returns(0x1234_5678_9abc), 0x1234_5678_9abc)]
#[case::zero(|asked: &Notification| asked.returns(0), 0)]
#[case::error(|asked: &Notification| asked.fails(7), -7)]
#[case::efault(|asked: &Notification| asked.fails(14), -14)]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a response's value lost by the emulation, or an error of EFAULT turned into a SIGSEGV",
    needs = [VSYSCALL, USER_NOTIF],
)]
fn a_listener_answers_a_vsyscall(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] answer: fn(&Notification) -> Response,
    #[case] value: i64,
) {
    let (_, _, outcome) = asked(entry, answer);
    assert_eq!(outcome, Outcome::Gave(value));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "CONTINUE taken for a result, so that the vsyscall is skipped",
    needs = [VSYSCALL, USER_NOTIF],
)]
fn a_listener_lets_a_vsyscall_run(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (_, _, outcome) = asked(entry, Notification::continues);
    assert_eq!(outcome, Outcome::Ran);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_DATA,
    catches = "a notification with the return address as instruction_pointer, or without the unused \
        arguments",
    needs = [VSYSCALL, USER_NOTIF],
)]
fn a_listener_is_shown_the_vsyscall(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (caller, asked, _) = asked(entry, |asked| asked.returns(0));
    let given = caller.registers(entry.address());
    assert_eq!((i64::from(asked.nr), asked.arch), (entry.number(), AUDIT_ARCH_X86_64));
    assert!(
        asked.instruction_pointer == entry.address() as u64,
        "the instruction pointer is not the entry"
    );
    let args = [Reg::Rdi, Reg::Rsi, Reg::Rdx, Reg::R10, Reg::R8, Reg::R9];
    for (reg, shown) in args.into_iter().zip(asked.args) {
        assert!(shown == given[reg], "{reg:?} is shown with another value");
    }
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a vsyscall under USER_NOTIF without a listener that is emulated or that waits",
    needs = [VSYSCALL, USER_NOTIF],
)]
fn a_vsyscall_without_a_listener_is_enosys(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    filter::load(entry.number() as u32, Action::UserNotif);
    caller.call(entry);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Gave(-ENOSYS));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "RET_TRACE without a tracer taken for permission to emulate the vsyscall",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_vsyscall_for_a_tracer_that_is_not_there_is_enosys(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    filter::load(entry.number() as u32, Action::Trace(7));
    caller.call(entry);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Gave(-ENOSYS));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a vsyscall that stops for a tracer without PTRACE_O_TRACESECCOMP, or is emulated",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_vsyscall_for_a_tracer_without_the_option_is_enosys(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let tracee = Tracee::start(|| {
        filter::load(entry.number() as u32, Action::Trace(7));
        caller.call(entry);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
    assert_eq!(watch.outcome(&caller, entry), Outcome::Gave(-ENOSYS));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a kill or unknown action that fails the vsyscall, emulates it, or runs a SIGSYS handler",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_filter_that_kills_ends_the_process(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, Unknown(0x0001_0000))]
    action: Action,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let log = sigsys::handle();
    let end = child::fork(|| {
        environment::disable_core_dump();
        filter::load(entry.number() as u32, action);
        caller.call(entry);
    });
    let outcome = watch.outcome(&caller, entry);
    assert_eq!((end, log.count(), outcome), (WaitStatus::KilledBy(SIGSYS), 0, Outcome::Never));
}

/// The second of two threads makes the call; the first waits until it has exited.
fn end_beside_a_thread(entry: Vsyscall, arm: impl Fn()) -> (Caller, WaitStatus) {
    let caller = Caller::new();
    let end = child::fork(|| {
        environment::disable_core_dump();
        child::start(Flavour::CloneThread, || {
            caller.handle_faults();
            arm();
            caller.call(entry);
            0
        })
        .end();
        child::exit(OUTLIVED);
    });
    (caller, end)
}

#[rstest]
#[case::process(Action::KillProcess, WaitStatus::KilledBy(SIGSYS))]
#[case::thread(Action::KillThread, WaitStatus::Exited(OUTLIVED))]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a vsyscall for which RET_KILL_THREAD ends the process, or KILL_PROCESS the thread alone",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_filter_kills_the_process_or_the_thread(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] action: Action,
    #[case] expected: WaitStatus,
) {
    let (caller, end) = end_beside_a_thread(entry, || filter::load(entry.number() as u32, action));
    assert_eq!((end, caller.latest()), (expected, None));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a vsyscall emulated in strict mode, which allows none of the three calls",
    needs = [UNFILTERED, VSYSCALL, STRICT_MODE],
)]
fn strict_mode_kills(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let log = sigsys::handle();
    let end = child::fork(|| {
        filter::strict();
        caller.call(entry);
    });
    let outcome = watch.outcome(&caller, entry);
    assert_eq!((end, log.count(), outcome), (WaitStatus::KilledBy(SIGKILL), 0, Outcome::Never));
}

#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "SIGKILL for the whole process when a thread in strict mode makes a vsyscall",
    needs = [UNFILTERED, VSYSCALL, STRICT_MODE],
)]
fn strict_mode_kills_the_calling_thread_alone() {
    let (caller, end) = end_beside_a_thread(Vsyscall::Time, filter::strict);
    assert_eq!((end, caller.latest()), (WaitStatus::Exited(OUTLIVED), None));
}

/// The handler returns by rt_sigreturn, which strict mode allows.
#[harness::test(
    clause = [VSYSCALL_FILTER_OBEYED, VSYSCALL_CALL_KERNEL_POINTER],
    catches = "strict mode that kills before a pointer into the kernel's half raises SIGSEGV",
    needs = [UNFILTERED, VSYSCALL, STRICT_MODE],
)]
fn a_pointer_into_the_kernels_half_is_a_fault_before_strict_mode() {
    let caller = Caller::new();
    let end = child::fork(|| {
        filter::strict();
        caller.call_args(Vsyscall::Time, [0xffff_8000_0000_0000, 0]);
        fixtures::call::raw(SYS_exit, [OUTLIVED as usize, 0, 0, 0, 0, 0]);
    });
    assert_eq!((end, caller.faults()), (WaitStatus::Exited(OUTLIVED), 1));
}
