//! The documented detection test, `addr & ~0x0C00 == VSYSCALL_ADDR`, for each kind of call.

use super::traced::Traced;
use crate::clauses::*;
use fixtures::dispatch::{self, ALLOW, Region};
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INT80, PTRACE, SECCOMP_FILTER, VDSO, VSYSCALL};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::vdso::Vdso;
use fixtures::vsyscall::{Caller, Vsyscall, is_quirky};
use fixtures::{Entry, Reg, sigsys};
use rstest::rstest;
use sys::uapi::{
    CLOCK_PROCESS_CPUTIME_ID, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SYS_clock_gettime,
    SYS_getpid,
};

#[rstest]
#[harness::test(
    clause = VSYSCALL_DETECT_TRAP,
    catches = "si_call_addr of a trapped vsyscall with its return address, or RIP left in the page",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_trapped_vsyscall_is_told_by_its_call_addr(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let log = sigsys::handle();
    filter::load(entry.number() as u32, Action::Trap(1));
    caller.call(entry);
    let caught = log.delivery(0).expect("the handler runs");
    assert_eq!((is_quirky(caught.call_addr()), is_quirky(caught.reg(Reg::Rip))), (true, false));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_DETECT_TRAP,
    catches = "si_call_addr derived from the number, so that an ordinary call passes for a vsyscall",
    needs = [SECCOMP_FILTER],
)]
fn a_trapped_ordinary_call_is_not_taken_for_one(#[values(39, 96, 201, 309)] nr: i64) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    filter::load(nr as u32, Action::Trap(1));
    gadget.call(nr);
    let caught = log.delivery(0).expect("the handler runs");
    assert_eq!((is_quirky(caught.call_addr()), is_quirky(caught.reg(Reg::Rip))), (false, false));
}

#[harness::test(
    clause = VSYSCALL_DETECT_TRAP,
    catches = "an int 0x80 trapped by the emulation's path, with an address of the page",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_trapped_32_bit_call_is_not_taken_for_one() {
    let gadget = Gadget::new(Entry::Int80);
    let log = sigsys::handle();
    filter::load(20, Action::Trap(1));
    gadget.call(20);
    let caught = log.delivery(0).expect("the handler runs");
    assert!(!is_quirky(caught.call_addr()));
}

/// The low half of the address after this instruction is that of an entry.
#[harness::test(
    clause = VSYSCALL_DETECT_TRAP,
    catches = "si_call_addr cut to 32 bits and sign-extended, so that user code passes for an entry",
    needs = [SECCOMP_FILTER],
)]
fn an_instruction_that_looks_alike_in_its_low_bits_is_not_taken_for_one() {
    let gadget = Gadget::at_address(Entry::Syscall, 0x2468_ff60_03fe);
    let log = sigsys::handle();
    filter::load(SYS_getpid as u32, Action::Trap(1));
    gadget.call(SYS_getpid);
    let caught = log.delivery(0).expect("the handler runs");
    assert_eq!((caught.call_addr(), is_quirky(caught.call_addr())), (0x2468_ff60_0400, false));
}

#[harness::test(
    clause = VSYSCALL_DETECT_TRAP,
    catches = "si_call_addr of a dispatched call replaced by the entry of its number",
    needs = [DISPATCH],
)]
fn a_dispatched_call_is_not_taken_for_one() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm(Region::NONE);
    log.on_entry(armed.selector().byte(), ALLOW);
    armed.blocked(|| gadget.call(Vsyscall::Time.number()));
    let caught = log.delivery(0).expect("the handler runs");
    assert!(!is_quirky(caught.call_addr()));
}

#[harness::test(
    clause = [VSYSCALL_DETECT_TRAP, VDSO_CALL_INDISTINGUISHABLE],
    catches = "a call of the vDSO that is reported as made from the vsyscall page",
    needs = [SECCOMP_FILTER, VDSO],
)]
fn a_trapped_call_of_the_vdso_is_not_taken_for_one() {
    let caller = Caller::new();
    let log = sigsys::handle();
    filter::load(SYS_clock_gettime as u32, Action::Trap(1));
    caller.call_function(
        vdso_function("__vdso_clock_gettime"),
        [CLOCK_PROCESS_CPUTIME_ID, caller.first.address()],
    );
    let caught = log.delivery(0).expect("the handler runs");
    assert!(!is_quirky(caught.call_addr()));
}

fn vdso_function(name: &str) -> usize {
    use harness::SetUp;
    Vdso::find().and_then(|vdso| vdso.symbol(name)).set_up("the vDSO has the function")
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_DETECT_TRACE,
    catches = "a return emulated before the seccomp event, so that RIP is the caller's",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_traced_vsyscall_is_told_by_rip(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    assert!(is_quirky(traced.tracee.registers().reg(Reg::Rip)));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_DETECT_TRACE,
    catches = "RIP at the event derived from the number, so that an ordinary call seems to come from the \
        page",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_traced_ordinary_call_is_not_taken_for_one(#[values(39, 96, 201, 309)] nr: i64) {
    let gadget = Gadget::syscall();
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        filter::load(nr as u32, Action::Trace(1));
        gadget.call_args(nr, [0; 6]);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    assert!(!is_quirky(tracee.registers().reg(Reg::Rip)));
    fixtures::tracee::kill(tracee.pid);
}

#[harness::test(
    clause = [VSYSCALL_DETECT_TRACE, VDSO_CALL_INDISTINGUISHABLE],
    catches = "a vDSO that falls back to the vsyscall page for a clock it cannot read",
    needs = [SECCOMP_FILTER, VDSO, PTRACE],
)]
fn a_traced_call_of_the_vdso_is_not_taken_for_one() {
    let caller = Caller::new();
    let function = vdso_function("__vdso_clock_gettime");
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        filter::load(SYS_clock_gettime as u32, Action::Trace(1));
        caller.call_function(function, [CLOCK_PROCESS_CPUTIME_ID, caller.first.address()]);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    assert!(!is_quirky(tracee.registers().reg(Reg::Rip)));
    fixtures::tracee::kill(tracee.pid);
}
