//! Trapped vsyscalls whose SIGSYS cannot be handled, and in processes with several threads.

use super::outcome::{Outcome, Watch};
use crate::clauses::*;
use fixtures::filter::{self, Action};
use fixtures::needs::{PTRACE, SECCOMP_FILTER, VSYSCALL};
use fixtures::sigsys::{self};
use fixtures::thread::{self, Steps};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::vsyscall::{Caller, Place, Vsyscall};
use fixtures::{Reg, WaitStatus, child, environment};
use rstest::rstest;
use sys::uapi::SIGSYS;

/// The state of SIGSYS.
#[derive(Clone, Copy, Debug)]
enum Signal {
    Default,
    Ignored,
    Blocked,
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a SIGSYS for a vsyscall that is not forced, so that a process survives by blocking or \
        ignoring it",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_trapped_vsyscall_ends_a_process_that_does_not_handle_it(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(Signal::Default, Signal::Ignored, Signal::Blocked)] signal: Signal,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let log = sigsys::handle();
    let end = child::fork(|| {
        environment::disable_core_dump();
        match signal {
            Signal::Default => sigsys::default(),
            Signal::Ignored => sigsys::ignore(),
            Signal::Blocked => sigsys::block(),
        }
        filter::load(entry.number() as u32, Action::Trap(1));
        caller.call(entry);
    });
    assert_eq!((end, log.count()), (WaitStatus::KilledBy(SIGSYS), 0));
    assert_eq!(watch.outcome(&caller, entry), Outcome::Never);
}

#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "the SIGSYS of a trapped vsyscall sent to the process, so that another thread handles it",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn the_thread_that_called_handles_the_signal() {
    let first = sigsys::handle();
    let [ready, done] = [Steps::new(), Steps::new()];
    let second = std::thread::scope(|scope| {
        let other = thread::spawn(scope, move || {
            let log = sigsys::attach_log();
            let caller = Caller::new();
            filter::load(Vsyscall::Time.number() as u32, Action::Trap(1));
            let result = caller.call(Vsyscall::Time).result();
            ready.reach(1);
            done.wait_for(1);
            (log.count(), result)
        });
        ready.wait_for(1);
        done.reach(1);
        other.join()
    });
    let second = second.unwrap_or_else(|_| panic!("the other thread failed"));
    assert_eq!((second, first.count()), ((1, 201), 0));
}

#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a vsyscall checked against the filters of another thread",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_filter_of_another_thread_leaves_a_vsyscall() {
    let [loaded, called] = [Steps::new(), Steps::new()];
    let caller = Caller::new();
    let outcome = std::thread::scope(|scope| {
        thread::spawn(scope, move || {
            filter::load(Vsyscall::Time.number() as u32, Action::KillProcess);
            loaded.reach(1);
            called.wait_for(1);
        });
        loaded.wait_for(1);
        let outcome = super::outcome::of_call(&caller, Vsyscall::Time);
        called.reach(1);
        outcome
    });
    assert_eq!(outcome, Outcome::Ran);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRAP_RETURN_EMULATED,
    catches = "orig_rax left at the number when the return has been emulated, which a restart could take \
        up",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn no_call_is_under_way_at_the_stop_for_the_signal(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let log = sigsys::handle();
    let tracee = Tracee::start(|| {
        filter::load(entry.number() as u32, Action::Trap(1));
        caller.call(entry);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSYS));
    let image = tracee.registers();
    let popped = image.reg(Reg::Rsp).wrapping_sub(caller.stack()) as i64;
    assert_eq!(caller.place(image.reg(Reg::Rip), 0), Place::Caller);
    assert_eq!((popped, image.reg(Reg::Rax) as i64, image.call()), (8, entry.number(), -1));
    assert_eq!(caller.place(tracee.info().call_addr(), 0), Place::entry(entry));
    // The call has ended even if the signal is suppressed.
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
    let back = caller.latest().map(|back| (back.result(), back.popped()));
    assert_eq!((back, log.count()), (Some((entry.number(), 8)), 0));
}
