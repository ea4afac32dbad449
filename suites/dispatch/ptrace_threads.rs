//! A tracer's requests are about one thread of a process.

use super::tracees::NEVER;
use crate::clauses::*;
use fixtures::Log;
use fixtures::call_outcome::{self, CallOutcome, from_exit_status};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{BLOCK, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, PTRACE, PTRACE_DISPATCH};
use fixtures::selector::Selector;
use fixtures::tracee::{DispatchConfig, Resume, Stop, Tracee};
use fixtures::{WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::{PTRACE_EVENT_CLONE, PTRACE_O_TRACECLONE};

/// Exit statuses of a process of two threads, by which of them was dispatched.
const ONLY_SECOND: WaitStatus = WaitStatus::Exited(1);
const ONLY_FIRST: WaitStatus = WaitStatus::Exited(2);
const NEITHER: WaitStatus = WaitStatus::Exited(3);

fn status(second: Result<CallOutcome, WaitStatus>, first: CallOutcome) -> i32 {
    match (second, first) {
        (Ok(CallOutcome::Dispatched), CallOutcome::Native) => 1,
        (Ok(CallOutcome::Native), CallOutcome::Dispatched) => 2,
        (Ok(CallOutcome::Native), CallOutcome::Native) => 3,
        _ => 4,
    }
}

/// Both threads of a process, stopped before either makes a call.
fn threads(gadget: Gadget, log: Log) -> [Tracee; 2] {
    let first = Tracee::start_with(PTRACE_O_TRACECLONE, move || {
        let second = child::start(Flavour::CloneThread, || {
            call_outcome::of_call(&gadget, log).exit_status()
        })
        .end();
        status(from_exit_status(second), call_outcome::of_call(&gadget, log))
    });
    assert_eq!(first.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_CLONE));
    let second = Tracee::adopt(first.message() as i32);
    second.wait();
    [first, second]
}

/// Without a write, neither thread is armed.
#[rstest]
#[case::first(Some(0), ONLY_FIRST)]
#[case::second(Some(1), ONLY_SECOND)]
#[case::none(None, NEITHER)]
#[harness::test(
    clause = [DISPATCH_PTRACE_SET, DISPATCH_PTRACE_GET, DISPATCH_SCOPE_CALLING_THREAD],
    catches = "a configuration that is written to the thread group leader, or to all threads of \
        the process",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_configuration_goes_to_the_named_thread(
    #[case] named: Option<usize>,
    #[case] expected: WaitStatus,
) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let selector = Selector::ordinary();
    selector.store(BLOCK);
    let Region { offset, length } = gadget.everything_else();
    let config = DispatchConfig { mode: ON, selector: selector.address(), offset, length };
    let tracees = threads(gadget, log);
    if let Some(named) = named {
        assert_eq!(tracees[named].set_dispatch(config), Ok(()));
    }
    let armed = tracees.each_ref().map(|tracee| tracee.dispatch() == Ok(config));
    let never = tracees.each_ref().map(|tracee| tracee.dispatch() == Ok(NEVER));
    let [first, second] = tracees;
    first.resume(0);
    // The status of the second thread may already be that of the process.
    harness::stop_recording();
    second.finish();
    let end = end_of(&first);
    assert_eq!(armed, [named == Some(0), named == Some(1)], "reads as armed");
    assert_eq!(never, [named != Some(0), named != Some(1)], "reads as never armed");
    assert_eq!(end, expected);
}

/// Waits for the end of a running tracee, and delivers each signal it stops for.
fn end_of(tracee: &Tracee) -> WaitStatus {
    match tracee.wait() {
        Stop::Ended(end) => end,
        Stop::Signal(signal) => match tracee.next(Resume::Continue, signal) {
            Stop::Ended(end) => end,
            _ => tracee.finish(),
        },
        Stop::Syscall | Stop::Event(_) => tracee.finish(),
    }
}
