//! One instruction at a time over a call that dispatch, a filter, or both intercept.

use crate::clauses::*;
use fixtures::call_outcome::DispatchedGadget;
use fixtures::dispatch::BLOCK;
use fixtures::filter::uapi::{
    SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRACE,
    SECCOMP_RET_TRAP,
};
use fixtures::filter::{Action, load};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{DISPATCH, INT80, PTRACE, SECCOMP_FILTER};
use fixtures::tracee::{self, Resume, Stop, Tracee};
use fixtures::{Entry, Reg, WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::{ENOSYS, PTRACE_O_TRACESECCOMP, SIGSTOP, SIGSYS, SIGTRAP};

const NR: i64 = 0x3fff;

/// A tracee that stands before the gadget's instruction, with a filter's action for its number.
fn before_call(gadget: Gadget, action: Action, armed: bool) -> Tracee {
    let log = sigsys::handle();
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        if armed {
            let scene = DispatchedGadget::with(gadget, log);
            load(NR as u32, action);
            scene.armed.select(BLOCK);
            // Kept: what comes now never goes on here.
            scene.armed.keep();
        } else {
            load(NR as u32, action);
        }
        tracee::stop_oneself();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    let mut image = tracee.registers();
    image.set(Reg::Rip, gadget.instruction());
    image.set(Reg::Rax, NR as u64);
    image.set_orig_rax(-1);
    tracee.set_registers(&image);
    tracee
}

/// Where a tracee of this gadget stands, and its result register.
fn stands(tracee: &Tracee, gadget: &Gadget) -> (Place, i64) {
    let image = tracee.registers();
    (gadget.place(image.reg(Reg::Rip)), image.reg(Reg::Rax) as i64)
}

fn step_into_handler(gadget: Gadget, action: Action, armed: bool, code: i32) {
    let tracee = before_call(gadget, action, armed);
    assert_eq!(tracee.next(Resume::SingleStep, 0), Stop::Signal(SIGSYS));
    assert_eq!(tracee.info().code(), code);
    assert_eq!(stands(&tracee, &gadget), (Place::AFTER, NR));
    assert_eq!(tracee.next(Resume::SingleStep, SIGSYS), Stop::Signal(SIGTRAP));
    let at_handler = tracee.registers().reg(Reg::Rip) == sigsys::handler();
    assert!(at_handler, "the trap is at the handler's first instruction");
}

#[harness::test(
    clause = SECCOMP_ACTIONS_SINGLESTEP,
    catches = "a kernel that reports the step before the trap's signal",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn stepping_a_trapped_call_stops_with_its_signal() {
    step_into_handler(Gadget::syscall(), Action::Trap(9), false, 1);
}

#[harness::test(
    clause = SECCOMP_ACTIONS_SINGLESTEP,
    catches = "a kernel whose int 0x80 path reports the step before the filter's signal, or in its place",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn stepping_a_trapped_32_bit_call_stops_with_its_signal() {
    step_into_handler(Gadget::new(Entry::Int80), Action::Trap(9), false, 1);
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_TRACING_SINGLESTEP, DISPATCH_ORDER_BEFORE_SECCOMP],
    catches = "a kernel that shows a filter's si_code, error or death for a dispatched call that is stepped",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE],
)]
fn stepping_a_dispatched_call_that_is_filtered_too(
    #[values(
        SECCOMP_RET_TRAP(9),
        SECCOMP_RET_ERRNO(9),
        SECCOMP_RET_TRACE(9),
        SECCOMP_RET_KILL_PROCESS
    )]
    action: Action,
) {
    step_into_handler(Gadget::syscall(), action, true, 2);
}

#[rstest]
#[case::failed(Action::Errno(9), -9)]
#[case::allowed(Action::Allow, -ENOSYS)]
#[case::logged(Action::Log, -ENOSYS)]
#[harness::test(
    clause = SECCOMP_ACTIONS_SINGLESTEP,
    catches = "a kernel that reports the step before the call has its result",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn stepping_a_filtered_call_traps_after_it(#[case] action: Action, #[case] result: i64) {
    let gadget = Gadget::syscall();
    let tracee = before_call(gadget, action, false);
    assert_eq!(tracee.next(Resume::SingleStep, 0), Stop::Signal(SIGTRAP));
    assert_eq!(stands(&tracee, &gadget), (Place::AFTER, result));
}

#[harness::test(
    clause = SECCOMP_ACTIONS_SINGLESTEP,
    catches = "a kernel that forgets the step when a tracer suppresses the trap's signal",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_trap_of_the_step_comes_after_a_trapped_calls_signal() {
    let gadget = Gadget::syscall();
    let tracee = before_call(gadget, Action::Trap(9), false);
    assert_eq!(tracee.next(Resume::SingleStep, 0), Stop::Signal(SIGSYS));
    assert_eq!(tracee.next(Resume::SingleStep, 0), Stop::Signal(SIGTRAP));
    assert_eq!(stands(&tracee, &gadget), (Place::AFTER, NR));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_ACTIONS_SINGLESTEP,
    catches = "a kernel that exempts a stepped call from the actions that kill",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn stepping_a_call_that_kills_ends_the_tracee(
    #[values(SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD)] action: Action,
) {
    let tracee = before_call(Gadget::syscall(), action, false);
    assert_eq!(tracee.next(Resume::SingleStep, 0), Stop::Ended(WaitStatus::KilledBy(SIGSYS)));
}
