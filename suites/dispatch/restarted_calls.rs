//! A call that is restarted after an interruption enters dispatch again.

use crate::clauses::*;
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{DISPATCH, PTRACE};
use fixtures::observable_call::{Pipe, sleep_args};
use fixtures::selector::Selector;
use fixtures::sigsys::{self};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Log, Reg, SigAction, WaitStatus, child};
use rstest::rstest;
use sys::uapi::{
    CLOCK_MONOTONIC, EINTR, ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTSYS, SIGSYS, SIGUSR1,
    SYS_clock_nanosleep, SYS_epoll_create1, SYS_epoll_pwait, SYS_epoll_wait, SYS_futex,
    SYS_nanosleep, SYS_pause, SYS_poll, SYS_ppoll, SYS_pselect6, SYS_read, SYS_restart_syscall,
    SYS_rt_sigsuspend, SYS_rt_sigtimedwait, SYS_select,
};

/// What the dispatching handler stores, so that it shows in a status.
const STORED: i64 = 77;

/// A traced child at the entry of a call that would wait; the call's gadget is the only code that
/// is not exempt.
struct Waiting {
    tracee: Tracee,
    gadget: Gadget,
    selector: Selector,
    log: Log,
}

fn waiting(nr: i64, args: [usize; 6]) -> Waiting {
    let gadget = Gadget::syscall();
    let selector = Selector::ordinary();
    let log = sigsys::handle();
    log.set(Reg::Rax, STORED as u64);
    let tracee = Tracee::start(|| {
        dispatch::arm_with(gadget.everything_else(), selector).keep();
        let result = gadget.call_args(nr, args);
        selector.store(ALLOW);
        result as i32 & 0x7f
    });
    for _ in 0..100 {
        let stop = tracee.next(Resume::Syscall, 0);
        assert_eq!(stop, Stop::Syscall, "the child stops at calls alone");
        let image = tracee.registers();
        if (image.reg(Reg::Rip), image.call()) == (gadget.after(), nr) {
            return Waiting { tracee, gadget, selector, log };
        }
    }
    panic!("the child never makes its call");
}

impl Waiting {
    /// Interrupts the call with a signal that is pending when the call would begin to wait.
    fn interrupt(&self) -> i64 {
        child::send(self.tracee.pid, SIGUSR1);
        assert_eq!(
            self.tracee.next(Resume::Syscall, 0),
            Stop::Syscall,
            "the exit stop of the call"
        );
        let result = self.tracee.registers().reg(Reg::Rax) as i64;
        assert_eq!(self.tracee.next(Resume::Syscall, 0), Stop::Signal(SIGUSR1));
        result
    }

    /// Resumes the child until its end; every signal but the first is delivered as it comes.
    fn finish(&self, first: i32) -> WaitStatus {
        let mut signal = first;
        loop {
            match self.tracee.next(Resume::Continue, signal) {
                Stop::Ended(end) => return end,
                Stop::Signal(stop) => signal = stop,
                Stop::Syscall | Stop::Event(_) => signal = 0,
            }
        }
    }

    fn assert_dispatched_as(&self, nr: i32) {
        assert_eq!(self.log.count(), 1, "the handler runs once");
        let caught = self.log.delivery(0).expect("the handler ran");
        assert_eq!((caught.signo(), caught.code(), caught.syscall()), (SIGSYS, 2, nr));
        assert_eq!(caught.reg(Reg::Rax), nr as u64);
        assert_eq!(self.gadget.place(caught.reg(Reg::Rip)), Place::AFTER);
        assert_eq!(self.gadget.place(caught.call_addr()), Place::AFTER);
    }
}

/// The handler of the interrupting signal stores BLOCK as its last act. Its return is exempt, the
/// restarted read is not. By then there is something to read, so that the read does not wait.
#[harness::test(
    clause = [DISPATCH_RESTART_RESTARTED_CALL, DISPATCH_SIGNAL_OTHER_HANDLER],
    catches = "a read restarted by SA_RESTART that bypasses dispatch, or is judged by the byte of \
        its first entry",
    needs = [DISPATCH, PTRACE],
)]
fn a_restarted_read_is_dispatched_where_the_handler_blocks() {
    let usr1 = sigsys::handle_signal(SIGUSR1, SigAction { restart: true, ..SigAction::PLAIN });
    let pipe = Pipe::new();
    let waiting = waiting(SYS_read, pipe.read_args());
    usr1.on_exit(waiting.selector.byte(), BLOCK);
    assert_eq!(waiting.interrupt(), -ERESTARTSYS);
    pipe.fill();
    assert_eq!(waiting.finish(SIGUSR1), WaitStatus::Exited(STORED as i32));
    assert_eq!(usr1.count(), 1);
    waiting.assert_dispatched_as(SYS_read as i32);
}

/// The handler has SA_RESTART and stores BLOCK as its last act, so that a call that begins again is dispatched.
/// `code` is what the kernel itself has for the call's end; a futex's wait is the control.
#[rstest]
#[case::pause(SYS_pause, [0; 6], ERESTARTNOHAND, false)]
#[case::rt_sigsuspend(SYS_rt_sigsuspend, [no_signal(), 8, 0, 0, 0, 0], ERESTARTNOHAND, false)]
#[case::rt_sigtimedwait(SYS_rt_sigtimedwait, [no_signal(), 0, 0, 8, 0, 0], EINTR, false)]
#[case::nanosleep(SYS_nanosleep, sleep_args(1_000, 0), ERESTART_RESTARTBLOCK, false)]
#[case::clock_nanosleep(
    SYS_clock_nanosleep,
    [CLOCK_MONOTONIC as usize, 0, sleep_args(1_000, 0)[0], 0, 0, 0],
    ERESTART_RESTARTBLOCK,
    false
)]
#[case::poll(SYS_poll, Pipe::new().poll_args(), ERESTART_RESTARTBLOCK, false)]
#[case::ppoll(SYS_ppoll, [0; 6], ERESTARTNOHAND, false)]
#[case::select(SYS_select, [0; 6], ERESTARTNOHAND, false)]
#[case::pselect6(SYS_pselect6, [0; 6], ERESTARTNOHAND, false)]
#[case::epoll_wait(SYS_epoll_wait, epoll_args(), EINTR, false)]
#[case::epoll_pwait(SYS_epoll_pwait, epoll_args(), EINTR, false)]
#[case::futex_wait(SYS_futex, [unchanged_word(), 0, 0, 0, 0, 0], ERESTARTSYS, true)]
#[harness::test(
    clause = [DISPATCH_RESTART_NEVER, DISPATCH_RESTART_RESTARTED_CALL],
    catches = "a call that SA_RESTART begins again although it never does, or one that fails with EINTR although it is \
        restarted",
    needs = [DISPATCH, PTRACE],
)]
fn a_call_that_is_never_restarted_is_not_dispatched_again(
    #[case] nr: i64,
    #[case] args: [usize; 6],
    #[case] code: i64,
    #[case] restarted: bool,
) {
    let usr1 = sigsys::handle_signal(SIGUSR1, SigAction { restart: true, ..SigAction::PLAIN });
    let waiting = waiting(nr, args);
    usr1.on_exit(waiting.selector.byte(), BLOCK);
    assert_eq!(waiting.interrupt(), -code);
    let status = if restarted { STORED } else { -EINTR & 0x7f };
    assert_eq!(waiting.finish(SIGUSR1), WaitStatus::Exited(status as i32));
    assert_eq!((usr1.count(), waiting.log.count()), (1, u64::from(restarted)));
}

/// Address of a set of signals that has none.
fn no_signal() -> usize {
    fixtures::memory::read_only_zeros()
}

/// Address of a word of zeros that nobody changes.
fn unchanged_word() -> usize {
    fixtures::memory::shared(1).as_ptr() as usize
}

/// The arguments of an epoll_wait(2) that nothing ends.
fn epoll_args() -> [usize; 6] {
    let epoll = sys::call::raw(SYS_epoll_create1, [0; 6]) as usize;
    let events = fixtures::memory::shared(8).as_ptr() as usize;
    [epoll, events, 1, usize::MAX, 0, 0]
}

#[rstest]
#[case::allowed(true, 5)]
#[case::not_restarted(false, -4)]
#[harness::test(
    clause = DISPATCH_RESTART_RESTARTED_CALL,
    catches = "an interrupted read that is dispatched although the selector allows it or nothing \
        restarts it",
    needs = [DISPATCH, PTRACE],
)]
fn an_interrupted_read_is_not_dispatched_otherwise(#[case] restart: bool, #[case] result: i32) {
    let usr1 = sigsys::handle_signal(SIGUSR1, SigAction { restart, ..SigAction::PLAIN });
    let pipe = Pipe::new();
    let waiting = waiting(SYS_read, pipe.read_args());
    // Without a restart there is no further call that BLOCK could dispatch.
    usr1.on_exit(waiting.selector.byte(), if restart { ALLOW } else { BLOCK });
    assert_eq!(waiting.interrupt(), -ERESTARTSYS);
    pipe.fill();
    assert_eq!(waiting.finish(SIGUSR1), WaitStatus::Exited(result & 0x7f));
    assert_eq!((usr1.count(), waiting.log.count()), (1, 0));
}

/// The tracer suppresses the signal, so that no handler runs.
#[rstest]
#[case::blocked(BLOCK)]
#[case::allowed(ALLOW)]
#[harness::test(
    clause = DISPATCH_RESTART_RESTARTED_CALL,
    catches = "a read restarted without a handler that bypasses dispatch, or is dispatched at \
        ALLOW",
    needs = [DISPATCH, PTRACE],
)]
fn a_read_that_begins_again_by_itself_obeys_the_selector(#[case] value: u8) {
    let pipe = Pipe::new();
    let waiting = waiting(SYS_read, pipe.read_args());
    assert_eq!(waiting.interrupt(), -ERESTARTSYS);
    pipe.fill();
    waiting.selector.store(value);
    if value == BLOCK {
        assert_eq!(waiting.finish(0), WaitStatus::Exited(STORED as i32));
        waiting.assert_dispatched_as(SYS_read as i32);
    } else {
        assert_eq!(waiting.finish(0), WaitStatus::Exited(5));
        assert_eq!(waiting.log.count(), 0);
    }
}

/// A resumed sleep enters as restart_syscall with the time that is left. Only a kernel that does
/// not dispatch it sleeps that time.
#[harness::test(
    clause = DISPATCH_RESTART_RESTART_SYSCALL,
    catches = "a restart_syscall that bypasses dispatch, or is dispatched with nanosleep's number",
    needs = [DISPATCH, PTRACE],
)]
fn a_resumed_sleep_is_dispatched_as_restart_syscall() {
    let waiting = waiting(SYS_nanosleep, sleep_args(4, 0));
    assert_eq!(waiting.interrupt(), -ERESTART_RESTARTBLOCK);
    waiting.selector.store(BLOCK);
    assert_eq!(waiting.finish(0), WaitStatus::Exited(STORED as i32));
    waiting.assert_dispatched_as(SYS_restart_syscall as i32);
}

/// The sleep is so short that the case need not wait for it; it returns 0, interrupted or not.
#[harness::test(
    clause = DISPATCH_RESTART_RESTART_SYSCALL,
    catches = "a restart_syscall that is dispatched at ALLOW, or does not end the sleep with 0",
    needs = [DISPATCH, PTRACE],
)]
fn a_resumed_sleep_that_is_allowed_sleeps_to_its_end() {
    let waiting = waiting(SYS_nanosleep, sleep_args(0, 1));
    waiting.interrupt();
    assert_eq!(waiting.finish(0), WaitStatus::Exited(0));
    assert_eq!(waiting.log.count(), 0);
}
