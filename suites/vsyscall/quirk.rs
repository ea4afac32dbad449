//! The document's test for a call that came through the page, on every kind of call there is.

use super::clauses::*;
use super::traced::Traced;
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

/// A kernel that reports the return address in si_call_addr, or leaves the program counter in the page.
#[rstest]
#[harness::test(clause = VSYS_DETECT_TRAP, needs = [VSYSCALL, SECCOMP_FILTER])]
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

/// The same numbers, made by an instruction.
#[rstest]
#[harness::test(clause = VSYS_DETECT_TRAP, needs = [SECCOMP_FILTER])]
fn a_trapped_ordinary_call_is_not_taken_for_one(#[values(39, 96, 201, 309)] nr: i64) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    filter::load(nr as u32, Action::Trap(1));
    gadget.call(nr);
    let caught = log.delivery(0).expect("the handler runs");
    assert_eq!((is_quirky(caught.call_addr()), is_quirky(caught.reg(Reg::Rip))), (false, false));
}

/// A kernel that traps an int 0x80 on the emulation's path and names an address of the page.
#[harness::test(clause = VSYS_DETECT_TRAP, needs = [SECCOMP_FILTER, INT80])]
fn a_trapped_32_bit_call_is_not_taken_for_one() {
    let gadget = Gadget::new(Entry::Int80);
    let log = sigsys::handle();
    filter::load(20, Action::Trap(1));
    gadget.call(20);
    let caught = log.delivery(0).expect("the handler runs");
    assert!(!is_quirky(caught.call_addr()));
}

/// In its low half the address behind this instruction is that of an entry.
#[harness::test(clause = VSYS_DETECT_TRAP, needs = [SECCOMP_FILTER])]
fn an_instruction_that_looks_alike_in_its_low_bits_is_not_taken_for_one() {
    let gadget = Gadget::at_address(Entry::Syscall, 0x2468_ff60_03fe);
    let log = sigsys::handle();
    filter::load(SYS_getpid as u32, Action::Trap(1));
    gadget.call(SYS_getpid);
    let caught = log.delivery(0).expect("the handler runs");
    assert_eq!((caught.call_addr(), is_quirky(caught.call_addr())), (0x2468_ff60_0400, false));
}

/// A kernel that goes by the number, which is an entry's, when it fills in the address of a dispatched
/// call.
#[harness::test(clause = VSYS_DETECT_TRAP, needs = [DISPATCH])]
fn a_dispatched_call_is_not_taken_for_one() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm(Region::NONE);
    log.on_entry(armed.selector().byte(), ALLOW);
    armed.blocked(|| gadget.call(Vsyscall::Time.number()));
    let caught = log.delivery(0).expect("the handler runs");
    assert!(!is_quirky(caught.call_addr()));
}

/// The vDSO makes this call itself.
#[harness::test(clause = [VSYS_DETECT_TRAP, VDSO_INDISTINGUISHABLE], needs = [SECCOMP_FILTER, VDSO])]
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

/// A kernel that emulates the return before it stops for the tracer.
#[rstest]
#[harness::test(clause = VSYS_DETECT_TRACE, needs = [VSYSCALL, SECCOMP_FILTER, PTRACE])]
fn a_traced_vsyscall_is_told_by_rip(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    assert!(is_quirky(traced.tracee.registers().reg(Reg::Rip)));
}

/// A kernel that goes by the number: three of these are an entry's, and the tracer would see that entry.
#[rstest]
#[harness::test(clause = VSYS_DETECT_TRACE, needs = [SECCOMP_FILTER, PTRACE])]
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

/// A kernel whose vDSO falls back on the page where it has no answer of its own.
#[harness::test(
    clause = [VSYS_DETECT_TRACE, VDSO_INDISTINGUISHABLE],
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
