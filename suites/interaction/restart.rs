//! Calls that are interrupted and begin again: what the filters, and dispatch, see of them.

use crate::assertions::play;
use crate::clauses::*;
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::filter::uapi::{SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD};
use fixtures::filter::{Action, Filter, made_by, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{DISPATCH, INT80, PTRACE, SECCOMP_FILTER};
use fixtures::observable_call::{Pipe, sleep_args};
use fixtures::script::{Returned, Step, Traced, call_args};
use fixtures::selector::Selector;
use fixtures::tracee::{Resume, Stop};
use fixtures::{Entry, Reg, Registers, SigAction, WaitStatus, child, sigsys};
use rstest::rstest;
use sys::uapi::{
    ERESTART_RESTARTBLOCK, ERESTARTSYS, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSYS,
    SIGUSR1, SYS_SECCOMP, SYS_USER_DISPATCH, SYS_nanosleep, SYS_poll, SYS_read,
    SYS_restart_syscall, unistd_32,
};

const EXITED_0: Stop = Stop::Ended(WaitStatus::Exited(0));
const KILLED: Stop = Stop::Ended(WaitStatus::KilledBy(SIGSYS));

/// How long a call would wait that is not to come to its end.
const SECONDS: u64 = 5;

/// A traced child at the entry of a call that will wait.
fn waiting(filter: &Filter, registers: Registers) -> Traced {
    let traced = Traced::start(PTRACE_O_TRACESECCOMP, Gadget::syscall(), filter, &[registers]);
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Syscall);
    traced
}

/// A signal that is pending at the entry interrupts the call as soon as it would wait. Ends at the
/// signal's stop.
fn interrupt(traced: &Traced, code: i64) {
    child::send(traced.tracee.pid, SIGUSR1);
    let interrupted = [Step::call().then(Resume::Syscall)];
    let (stops, stop) = play(&traced.tracee, Resume::Syscall, &interrupted);
    assert_eq!((stops[0].rax(), stop), (code, Stop::Signal(SIGUSR1)));
}

/// The signal is taken away: the call resumes.
fn resume(traced: &Traced) -> Stop {
    traced.tracee.next(Resume::Continue, 0)
}

fn nanosleep() -> Registers {
    call_args(SYS_nanosleep, sleep_args(SECONDS, 0))
}

/// A poll(2) of nothing: it only waits.
fn poll() -> Registers {
    call_args(SYS_poll, [0, 0, 1000 * SECONDS as usize, 0, 0, 0])
}

/// The filter knows both numbers of the call; the second entry is under the other number.
#[rstest]
#[case::nanosleep(nanosleep())]
#[case::poll(poll())]
#[harness::test(
    clause = SECCOMP_DATA_RESTART_SYSCALL,
    catches = "a kernel that shows filters the old number of a resumed call, or no call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_resumed_call_is_failed_as_restart_syscall(#[case] registers: Registers) {
    let filter = Filter::only(number(SYS_restart_syscall), Action::Errno(9));
    let traced = waiting(&filter, registers);
    interrupt(&traced, -ERESTART_RESTARTBLOCK);
    assert_eq!((resume(&traced), traced.returned(0)), (EXITED_0, Returned::Value(-9)));
}

#[harness::test(
    clause = SECCOMP_DATA_RESTART_SYSCALL,
    catches = "a kernel that reports the interrupted call's number in si_syscall, not restart_syscall",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_resumed_call_is_trapped_as_restart_syscall() {
    let log = sigsys::handle();
    let filter = Filter::only(number(SYS_restart_syscall), Action::Trap(9));
    let traced = waiting(&filter, nanosleep());
    interrupt(&traced, -ERESTART_RESTARTBLOCK);
    let (_, end) = play(&traced.tracee, Resume::Continue, &[Step::at(Stop::Signal(SIGSYS))]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(SYS_restart_syscall)));
    let caught = log.delivery(0).expect("the handler wrote it down");
    let fields = (caught.code(), caught.errno(), i64::from(caught.syscall()));
    assert_eq!(fields, (SYS_SECCOMP, 9, SYS_restart_syscall));
    assert_eq!(traced.gadget.place(caught.call_addr()), Place::AFTER);
    assert_eq!(caught.reg(Reg::Rax) as i64, SYS_restart_syscall);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_DATA_RESTART_SYSCALL,
    catches = "a kernel that exempts restart_syscall from the actions that kill, as a call of its own making",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_resumed_call_is_killed_for_as_restart_syscall(
    #[values(SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD)] action: Action,
) {
    let traced = waiting(&Filter::only(number(SYS_restart_syscall), action), nanosleep());
    interrupt(&traced, -ERESTART_RESTARTBLOCK);
    assert_eq!((resume(&traced), traced.returned(0)), (KILLED, Returned::NotReturned));
}

/// The tracer can skip the call, or let it wait on.
#[rstest]
#[case::skipped(Step::event().nr(-1).rax(42), Returned::Value(42))]
#[case::left_alone(Step::event(), Returned::Value(1))]
#[harness::test(
    clause = [SECCOMP_DATA_RESTART_SYSCALL, SECCOMP_TRACE_SKIP_RESULT],
    catches = "a kernel that tells no tracer of restart_syscall, or ignores what the tracer writes there",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_resumed_call_is_traced_as_restart_syscall(#[case] step: Step, #[case] answer: Returned) {
    let filter = Filter::only(number(SYS_restart_syscall), Action::Trace(7));
    let pipe = Pipe::new();
    let traced = waiting(&filter, call_args(SYS_poll, pipe.poll_args()));
    interrupt(&traced, -ERESTART_RESTARTBLOCK);
    pipe.fill();
    let (stops, end) = play(&traced.tracee, Resume::Continue, &[step]);
    let shown = (stops[0].image.call(), stops[0].message);
    assert_eq!((shown, end, traced.returned(0)), ((SYS_restart_syscall, 7), EXITED_0, answer));
}

/// The control: the number of the poll itself is traced once, when it begins.
#[harness::test(
    clause = SECCOMP_DATA_RESTART_SYSCALL,
    catches = "a kernel that shows a resumed call to filters under its old number",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_resumed_call_is_not_met_by_its_old_number() {
    let filter = Filter::only(number(SYS_poll), Action::Trace(7));
    let pipe = Pipe::new();
    let traced = waiting(&filter, call_args(SYS_poll, pipe.poll_args()));
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    interrupt(&traced, -ERESTART_RESTARTBLOCK);
    pipe.fill();
    assert_eq!((resume(&traced), traced.returned(0)), (EXITED_0, Returned::Value(1)));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_DATA_RESTART_SYSCALL,
    catches = "a kernel that resumes an interrupted call as restart_syscall although a handler ran",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn an_interrupted_call_does_not_resume(#[values(false, true)] sa_restart: bool) {
    let log = sigsys::handle_signal(SIGUSR1, SigAction { restart: sa_restart, ..SigAction::PLAIN });
    let filter = Filter::only(number(SYS_restart_syscall), Action::Errno(9));
    let traced = waiting(&filter, nanosleep());
    interrupt(&traced, -ERESTART_RESTARTBLOCK);
    let end = traced.tracee.next(Resume::Continue, SIGUSR1);
    assert_eq!((end, traced.returned(0), log.count()), (EXITED_0, Returned::Value(-4), 1));
}

#[harness::test(
    clause = SECCOMP_DATA_RESTART_SYSCALL,
    catches = "a kernel that resumes a 32-bit call under the 64-bit number of restart_syscall",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn a_resumed_32_bit_call_is_failed_as_restart_syscall() {
    let this = |nr| number(nr).and(made_by(Entry::Int80));
    let filter = Filter::only(this(unistd_32::SYS_restart_syscall), Action::Errno(9))
        .when(this(SYS_restart_syscall), Action::Errno(10));
    let registers = Registers::pattern()
        .with(Reg::Rax, unistd_32::SYS_poll as u64)
        .with(Reg::Rbx, 0)
        .with(Reg::Rcx, 0)
        .with(Reg::Rdx, 1000 * SECONDS);
    let traced = Traced::start(PTRACE_O_TRACESECCOMP, Gadget::int80(), &filter, &[registers]);
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Syscall);
    interrupt(&traced, -ERESTART_RESTARTBLOCK);
    assert_eq!((resume(&traced), traced.returned(0)), (EXITED_0, Returned::Value(-9)));
}

/// A read begins again under its own number, whether a handler with SA_RESTART ran or none did.
#[rstest]
#[case::handled(SIGUSR1)]
#[case::taken_away(0)]
#[harness::test(
    clause = [SECCOMP_DATA_RESTART_SYSCALL, DISPATCH_RESTART_RESTARTED_CALL],
    catches = "a kernel that runs no filter for a read that begins again",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_restarted_read_meets_the_filters_again(#[case] signal: i32) {
    let log = sigsys::handle_signal(SIGUSR1, SigAction { restart: true, ..SigAction::PLAIN });
    let filter = Filter::only(number(SYS_read), Action::Trace(7))
        .when(number(SYS_restart_syscall), Action::Errno(9));
    let pipe = Pipe::new();
    let traced = waiting(&filter, call_args(SYS_read, pipe.read_args()));
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    interrupt(&traced, -ERESTARTSYS);
    let again = traced.tracee.next(Resume::Continue, signal);
    let image = traced.tracee.registers();
    assert_eq!((again, image.call()), (Stop::Event(PTRACE_EVENT_SECCOMP), SYS_read));
    assert_eq!(traced.gadget.place(image.reg(Reg::Rip)), Place::AFTER);
    pipe.fill();
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!((traced.returned(0), log.count()), (Returned::Value(5), u64::from(signal != 0)));
}

#[rstest]
#[case::blocked(BLOCK, Returned::Value(SYS_restart_syscall))]
#[case::allowed(ALLOW, Returned::Value(-9))]
#[harness::test(
    clause = [SECCOMP_DATA_RESTART_SYSCALL, DISPATCH_RESTART_RESTART_SYSCALL],
    catches = "a kernel that runs filters before dispatch for restart_syscall, or exempts it from dispatch",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn a_resumed_call_is_dispatched_before_it_is_filtered(#[case] byte: u8, #[case] answer: Returned) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let selector = Selector::ordinary();
    // What the child does after its call is exempt.
    let arrange = || {
        dispatch::arm_with(gadget.everything_else(), selector).keep();
        Filter::only(number(SYS_restart_syscall), Action::Errno(9)).load();
    };
    let calls = [nanosleep()];
    let traced = Traced::start_after(PTRACE_O_TRACESECCOMP, gadget, arrange, &calls);
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Syscall);
    interrupt(&traced, -ERESTART_RESTARTBLOCK);
    selector.store(byte);
    let signals = [Step::at(Stop::Signal(SIGSYS))];
    let script = if byte == BLOCK { &signals[..] } else { &[] };
    let (_, end) = play(&traced.tracee, Resume::Continue, script);
    assert_eq!((end, traced.returned(0)), (EXITED_0, answer));
    let codes = log.delivery(0).map(|caught| (caught.code(), i64::from(caught.syscall())));
    assert_eq!(codes, (byte == BLOCK).then_some((SYS_USER_DISPATCH, SYS_restart_syscall)));
}
