//! PTRACE_O_TRACEEXIT: the exit event of a task that seccomp or dispatch ends.

use super::traced::EXITED_0;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::core_file::CoreDirectory;
use fixtures::dispatch;
use fixtures::filter::uapi::*;
use fixtures::filter::{self, Action, Filter, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{
    CORE_FILE, DISPATCH, INT80, KILL_PROCESS_LOG, PTRACE, STRICT_MODE, UNFILTERED,
};
use fixtures::script::call;
use fixtures::selector::Selector;
use fixtures::thread::Steps;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Entry, Reg, WaitStatus, environment};
use rstest::rstest;
use sys::uapi::{
    PTRACE_EVENT_CLONE, PTRACE_EVENT_EXIT, PTRACE_O_TRACECLONE, PTRACE_O_TRACEEXIT, SIGKILL,
    SIGSEGV, SIGSYS, SYS_exit, WCOREFLAG,
};

const NR: i64 = UNASSIGNED;
const EXIT: Stop = Stop::Event(PTRACE_EVENT_EXIT);

/// What stands at the exit event of a tracee.
#[derive(Debug, PartialEq, Eq)]
struct AtExit {
    /// The event's message.
    message: u64,
    /// The number of the call.
    call: i64,
    /// The result register.
    rax: i64,
    /// How it ends.
    end: Stop,
}

/// A tracee that makes one call after `arrange`.
struct Dying {
    gadget: Gadget,
    tracee: Tracee,
}

impl Dying {
    fn start(entry: Entry, arrange: impl FnOnce(&Gadget)) -> Self {
        let gadget = Gadget::new(entry);
        let tracee = Tracee::start_with(PTRACE_O_TRACEEXIT, || {
            environment::disable_core_dump();
            arrange(&gadget);
            gadget.call_with(call(NR));
            child::exit_thread(7)
        });
        Self { gadget, tracee }
    }

    /// Looks at the exit event, which comes next after `signals`.
    #[track_caller]
    fn at_exit(&self, signals: &[i32]) -> AtExit {
        let mut signal = 0;
        for expected in signals {
            assert_eq!(self.tracee.next(Resume::Continue, signal), Stop::Signal(*expected));
            signal = *expected;
        }
        assert_eq!(self.tracee.next(Resume::Continue, signal), EXIT);
        let (message, image) = (self.tracee.message(), self.tracee.registers());
        assert_eq!(self.gadget.place(image.reg(Reg::Rip)), Place::AFTER);
        assert_eq!(image.reg(Reg::R12), call(NR)[Reg::R12], "another register");
        let end = self.tracee.next(Resume::Continue, 0);
        AtExit { message, call: image.call(), rax: image.reg(Reg::Rax) as i64, end }
    }
}

fn killed(signal: i32) -> AtExit {
    let end = Stop::Ended(WaitStatus::KilledBy(signal));
    AtExit { message: signal as u64, call: NR, rax: NR, end }
}

/// Of RET_TRAP the tracer sees the signal first.
#[rstest]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, &[])]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD, &[])]
#[case::unknown(Unknown(0x7ffe_0000), &[])]
#[case::trap(SECCOMP_RET_TRAP(3), &[SIGSYS])]
#[harness::test(
    clause = [SECCOMP_DEATH_EXIT_EVENT, SECCOMP_ACTIONS_KILL_STATUS],
    catches = "an exit event that a killing action skips, a message other than SIGSYS, or registers that are \
        not those of the call",
    needs = [KILL_PROCESS_LOG, PTRACE],
)]
fn a_killing_action_has_an_exit_event(#[case] action: Action, #[case] signals: &[i32]) {
    let dying = Dying::start(Entry::Syscall, |_| filter::load(NR as u32, action));
    assert_eq!(dying.at_exit(signals), killed(SIGSYS));
}

#[harness::test(
    clause = [SECCOMP_DEATH_EXIT_EVENT, DISPATCH_NUMBER_INT80],
    catches = "an exit event whose registers are not rolled back after int 0x80",
    needs = [KILL_PROCESS_LOG, PTRACE, INT80],
)]
fn a_killed_int80_has_an_exit_event() {
    let dying = Dying::start(Entry::Int80, |_| filter::load(NR as u32, Action::KillProcess));
    assert_eq!(dying.at_exit(&[]), killed(SIGSYS));
}

/// Strict mode is entered before the tracer may stop the tracee; the result register holds what an unmade call
/// has.
#[harness::test(
    clause = [SECCOMP_DEATH_EXIT_EVENT, SECCOMP_STRICT_OTHER_CALLS_KILL],
    catches = "a death by strict mode without an exit event, or with another message than SIGKILL",
    needs = [UNFILTERED, STRICT_MODE, PTRACE],
)]
fn strict_mode_has_an_exit_event() {
    let dying = Dying::start(Entry::Syscall, |_| filter::strict());
    let seen = dying.at_exit(&[]);
    assert_eq!((seen.message, seen.call, seen.end), {
        let killed = killed(SIGKILL);
        (killed.message, killed.call, killed.end)
    });
}

/// The status is in the second byte of the message.
#[harness::test(
    clause = SECCOMP_DEATH_EXIT_EVENT,
    catches = "an exit event that tells of a death although the call was refused and the task left",
    needs = [KILL_PROCESS_LOG, PTRACE],
)]
fn a_task_that_leaves_has_an_exit_event() {
    let gadget = Gadget::syscall();
    let tracee = Tracee::start_with(PTRACE_O_TRACEEXIT, || {
        filter::load(NR as u32, Action::Errno(7));
        gadget.call_with(call(NR));
        gadget.call_args(SYS_exit, [7, 0, 0, 0, 0, 0]);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), EXIT);
    assert_eq!((tracee.message(), tracee.registers().call()), (7 << 8, SYS_exit));
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(7)));
}

fn armed(selector: Selector, value: u8) -> impl FnOnce(&Gadget) {
    move |gadget| {
        let armed = dispatch::arm_with(gadget.everything_else(), selector);
        armed.select(value);
        armed.keep();
    }
}

#[harness::test(
    clause = [SECCOMP_DEATH_EXIT_EVENT, DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE],
    catches = "a death for an invalid selector value without an exit event, or with another message",
    needs = [DISPATCH, PTRACE],
)]
fn an_unexpected_value_has_an_exit_event() {
    let dying = Dying::start(Entry::Syscall, armed(Selector::ordinary(), 2));
    let seen = dying.at_exit(&[]);
    let expected = killed(SIGSYS);
    assert_eq!((seen.message, seen.call, seen.end), (expected.message, NR, expected.end));
}

#[harness::test(
    clause = [SECCOMP_DEATH_EXIT_EVENT, DISPATCH_SELECTOR_UNREADABLE],
    catches = "a death for an unreadable selector without an exit event, or with SIGSYS for its message",
    needs = [DISPATCH, PTRACE],
)]
fn an_unreadable_selector_has_an_exit_event() {
    let gadget = Gadget::syscall();
    let tracee = Tracee::start_with(PTRACE_O_TRACEEXIT, || {
        environment::disable_core_dump();
        let armed = dispatch::arm_with(gadget.everything_else(), Selector::unreadable());
        armed.keep();
        gadget.call_with(call(NR));
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), EXIT);
    assert_eq!((tracee.message(), tracee.registers().call()), (SIGSEGV as u64, NR));
    let end = tracee.next(Resume::Continue, 0);
    assert_eq!(end, Stop::Ended(WaitStatus::KilledBy(SIGSEGV)));
}

/// The event comes after the core was written.
#[harness::test(
    clause = [SECCOMP_DEATH_EXIT_EVENT, SECCOMP_DEATH_CORE],
    catches = "an exit event whose message lacks the bit of a core that was dumped",
    needs = [KILL_PROCESS_LOG, PTRACE, CORE_FILE],
)]
fn the_message_says_that_a_core_was_dumped() {
    let directory = CoreDirectory::new();
    let gadget = Gadget::syscall();
    let tracee = Tracee::start_with(PTRACE_O_TRACEEXIT, || {
        directory.enter_unlimited();
        filter::load(NR as u32, Action::KillProcess);
        gadget.call_with(call(NR));
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), EXIT);
    assert_eq!(tracee.message(), (SIGSYS | WCOREFLAG) as u64);
    assert!(directory.has_core(), "no core has been written by then");
    tracee.finish();
}

/// The first thread is told of as well where the whole process ends.
#[rstest]
#[case::kill_thread(Action::KillThread, false)]
#[case::kill_process(Action::KillProcess, true)]
#[harness::test(
    clause = [SECCOMP_DEATH_EXIT_EVENT, SECCOMP_ACTIONS_KILL_THREAD, SECCOMP_ACTIONS_KILL_PROCESS],
    catches = "exit events of threads that KILL_THREAD does not end, or of none but the caller where \
        KILL_PROCESS ends all",
    needs = [KILL_PROCESS_LOG, PTRACE],
)]
fn each_thread_that_ends_has_an_exit_event(#[case] action: Action, #[case] all: bool) {
    let (gadget, steps) = (Gadget::syscall(), Steps::new());
    let first = Tracee::start_with(PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE, || {
        environment::disable_core_dump();
        Filter::only(number(NR), action).load();
        child::start(Flavour::CloneThread, || {
            gadget.call_with(call(NR));
            0
        });
        steps.wait_for(1);
        0
    });
    assert_eq!(first.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_CLONE));
    let second = Tracee::adopt(first.message() as i32);
    second.wait();
    first.resume(0);
    assert_eq!(second.next(Resume::Continue, 0), EXIT);
    assert_eq!((second.message(), second.registers().call()), (SIGSYS as u64, NR));
    let killed = Stop::Ended(WaitStatus::KilledBy(SIGSYS));
    if all {
        assert_eq!((first.wait(), first.message()), (EXIT, SIGSYS as u64));
        assert_eq!(second.next(Resume::Continue, 0), killed);
        assert_eq!(first.next(Resume::Continue, 0), killed);
    } else {
        assert_eq!(second.next(Resume::Continue, 0), killed);
        steps.reach(1);
        assert_eq!((first.wait(), first.message()), (EXIT, 0));
        assert_eq!(first.next(Resume::Continue, 0), EXITED_0);
    }
}
