//! A fault of a program whose RAX holds what looks like a system call's restart code.

use crate::clauses::*;
use fixtures::vsyscall::Caller;
use fixtures::{Reg, Registers};
use rstest::rstest;
use sys::uapi::{ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS};

/// RAX and RIP in the frame of a load from an address where nothing is.
fn frame(rax: i64) -> (i64, u64) {
    let caller = Caller::new();
    caller.clear();
    caller.load_over(8, rax);
    assert_eq!(caller.faults(), 1);
    let frame = caller.delivery().expect("the handler runs");
    // Each caller has a page of its own for its code.
    let page = caller.breakpoint() & !0xfff;
    (frame.reg(Reg::Rax) as i64, frame.reg(Reg::Rip) - page)
}

#[rstest]
#[harness::test(
    clause = DISPATCH_RESTART_NO_CALL,
    catches = "a signal outside of any system call that restarts one because of what RAX holds",
)]
fn a_fault_restarts_nothing(
    #[values(ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK)] code: i64,
) {
    let (_, place) = frame(Registers::pattern()[Reg::Rax] as i64);
    assert_eq!(frame(-code), (-code, place));
}
