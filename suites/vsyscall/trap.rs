//! SECCOMP_RET_TRAP on a vsyscall: what the SIGSYS handler receives, and the outcome of the call.

use super::outcome::{Outcome, Watch};
use crate::clauses::*;
use fixtures::call_outcome::LogBox;
use fixtures::filter::{self, Action};
use fixtures::needs::{SECCOMP_FILTER, VSYSCALL};
use fixtures::sigsys::{self, Stack};
use fixtures::vsyscall::{Caller, Place, Vsyscall};
use fixtures::{Delivery, PROGRAM_FLAGS, Reg, STATUS_FLAGS, SigAction};
use harness::observe;
use rstest::rstest;
use sys::uapi::{AUDIT_ARCH_X86_64, EFAULT, ENOSYS, SIGSYS, SYS_SECCOMP};

const DATA: u16 = 0x1234;

/// A caller whose calls of `entry` are trapped, with a handler on a stack filled with nonzero bytes.
fn trapped(entry: Vsyscall, data: u16) -> (Caller, Watch, LogBox) {
    let caller = Caller::new();
    Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    let watch = Watch::start(&caller);
    filter::load(entry.number() as u32, Action::Trap(data));
    (caller, watch, LogBox(log))
}

/// What the handler received of a single call.
#[track_caller]
fn caught(entry: Vsyscall, data: u16) -> (Caller, Delivery) {
    let (caller, _, log) = trapped(entry, data);
    caller.call(entry);
    assert_eq!((log.count(), caller.faults()), (1, 0), "the handler of SIGSYS runs once");
    (caller, log.delivery(0).expect("the handler records the signal"))
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRAP_CALL_ADDR,
    catches = "si_call_addr with the start of the page, or the program counter after the emulated return",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn call_addr_is_the_entry(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (caller, caught) = caught(entry, DATA);
    let place = caller.place(caught.call_addr(), 0);
    observe!("si_call_addr", place);
    assert_eq!(place, Place::entry(entry));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "si_code, si_syscall or si_arch wrong for an emulated call, or stale bytes in the siginfo",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn the_other_fields_are_those_of_the_call(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (_, caught) = caught(entry, DATA);
    assert_eq!((caught.signo(), caught.signal()), (SIGSYS, SIGSYS));
    assert_eq!(caught.code(), SYS_SECCOMP);
    assert_eq!(caught.errno(), i32::from(DATA));
    assert_eq!(i64::from(caught.syscall()), entry.number());
    assert_eq!(caught.arch(), AUDIT_ARCH_X86_64);
    assert_eq!((caught.padding(), caught.rest()), (0, &[0; 12][..]));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "SECCOMP_RET_DATA sign-extended or cut to 15 bits in si_errno of an emulated call",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn errno_is_the_filters_data(#[values(0, 1, 0x7fff, 0x8000, 0xffff)] data: u16) {
    let (_, caught) = caught(Vsyscall::Time, data);
    assert_eq!(caught.errno(), i32::from(data));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRAP_RETURN_EMULATED,
    catches = "a signal frame made before the return is emulated, with RIP in the page or RSP not yet \
        moved",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_return_was_emulated_when_the_handler_runs(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (caller, caught) = caught(entry, DATA);
    let popped = caught.reg(Reg::Rsp).wrapping_sub(caller.stack()) as i64;
    let at = caller.place(caught.reg(Reg::Rip), 0);
    observe!("rip", at);
    observe!("rsp", format_args!("{popped:+}"));
    assert_eq!((at, popped), (Place::Caller, 8));
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_FILTER_OBEYED, VSYSCALL_CALL_REGISTERS],
    catches = "RAX of a trapped vsyscall left as the caller's, or -ENOSYS, instead of the number",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn the_saved_rax_is_the_number(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (_, caught) = caught(entry, DATA);
    assert_eq!(caught.reg(Reg::Rax) as i64, entry.number());
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_REGISTERS,
    catches = "RCX, R11 or the flags changed in the signal frame, although no SYSCALL was executed",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn every_other_register_reaches_the_handler_as_it_was(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (caller, _, log) = trapped(entry, DATA);
    let flags = 0x202 | STATUS_FLAGS;
    let given = caller.registers(entry.address()).with(Reg::Flags, flags);
    let back = caller.call_with(given);
    let caught = log.delivery(0).expect("the handler runs");
    // The caller's code keeps its stack pointer in R14.
    let kept = |reg: &Reg| !matches!(reg, Reg::Rax | Reg::R14);
    for reg in Reg::VALUES.into_iter().filter(kept) {
        assert!(caught.reg(reg) == given[reg], "{reg:?} differs in the handler");
        assert!(reg == Reg::R15 || back.0[reg] == given[reg], "{reg:?} differs afterwards");
    }
    assert_eq!(caught.reg(Reg::Flags) & PROGRAM_FLAGS, flags);
    assert_eq!(back.0[Reg::Flags] & PROGRAM_FLAGS, flags);
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_FILTER_OBEYED, VSYSCALL_TRAP_RETURN_EMULATED],
    catches = "a vsyscall emulated in spite of RET_TRAP, so that memory is written or RAX holds its result",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_trapped_vsyscall_is_not_executed(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (caller, watch, log) = trapped(entry, DATA);
    caller.call(entry);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Gave(entry.number()));
    assert_eq!(log.count(), 1);
}

#[rstest]
#[case::positive(0x1234_5678_9abc)]
#[case::zero(0)]
#[case::efault(-EFAULT)]
#[case::enosys(-ENOSYS)]
#[harness::test(
    clause = [VSYSCALL_FILTER_OBEYED, VSYSCALL_TRAP_RETURN_EMULATED],
    catches = "a result of EFAULT set by the handler that raises SIGSEGV, or any result overwritten at \
        sigreturn",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn the_handler_sets_the_result(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] value: i64,
) {
    let (caller, watch, log) = trapped(entry, DATA);
    log.set(Reg::Rax, value as u64);
    caller.call(entry);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Gave(value));
}

/// The handler resumes once, with the stack pointer from before the call.
#[rstest]
#[harness::test(
    clause = VSYSCALL_TRAP_RESUME_IS_RECHECKED,
    catches = "filters not run again when the handler resumes at the entry",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn going_back_to_the_entry_is_trapped_again(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (caller, watch, log) = trapped(entry, DATA);
    log.set(Reg::Rip, entry.address() as u64);
    log.set(Reg::Rsp, caller.stack());
    log.times(1);
    caller.call(entry);
    assert_eq!(log.count(), 2);
    let told = [0, 1].map(|i| {
        let caught = log.delivery(i).expect("the handler runs twice");
        let [at, about] =
            [caught.reg(Reg::Rip), caught.call_addr()].map(|address| caller.place(address, 0));
        (at, about, caught.reg(Reg::Rsp) - caller.stack(), caught.reg(Reg::Rax), caught.errno())
    });
    let nr = entry.number() as u64;
    assert_eq!(told, [(Place::Caller, Place::entry(entry), 8, nr, i32::from(DATA)); 2]);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Gave(entry.number()));
}

/// The handler does not restore the stack pointer, so the next word is the next return address.
#[harness::test(
    clause = [VSYSCALL_TRAP_RESUME_IS_RECHECKED, VSYSCALL_TRAP_RETURN_EMULATED],
    catches = "a resumption at the entry that reuses the first return address instead of the stack's \
        next word",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn each_resumption_takes_a_return_address() {
    let (caller, _, log) = trapped(Vsyscall::Time, DATA);
    fixtures::memory::store(caller.stack() as usize + 8, caller.return_address());
    log.set(Reg::Rip, Vsyscall::Time.address() as u64);
    log.times(1);
    let back = caller.call(Vsyscall::Time);
    assert_eq!((log.count(), back.popped(), caller.faults()), (2, 16, 0));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRAP_RESUME_IS_RECHECKED,
    catches = "a resumption at another entry that runs the first entry's call, or meets its verdict",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn going_to_another_entry_runs_that(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (caller, watch, log) = trapped(entry, DATA);
    log.set(Reg::Rip, entry.other().address() as u64);
    log.set(Reg::Rsp, caller.stack());
    caller.call(entry);
    assert_eq!((log.count(), watch.outcome(&caller, entry.other())), (1, Outcome::Ran));
}

/// The two calls alternate under the same filter.
#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRAP_CALL_ADDR_OTHERWISE, VSYSCALL_TRAP_CALL_ADDR],
    catches = "si_call_addr treated alike for a vsyscall and the ordinary call of its number",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn call_addr_of_the_ordinary_call_is_behind_its_instruction(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let (caller, _, log) = trapped(entry, DATA);
    let gadget = fixtures::gadget::Gadget::syscall();
    for round in 0..2 {
        log.clear();
        gadget.call(entry.number());
        let ordinary = log.delivery(0).expect("the ordinary call is trapped");
        assert_eq!(gadget.place(ordinary.call_addr()), fixtures::gadget::Place::AFTER, "{round}");
        assert_eq!(gadget.place(ordinary.reg(Reg::Rip)), fixtures::gadget::Place::AFTER, "{round}");
        log.clear();
        caller.call(entry);
        let caught = log.delivery(0).expect("the vsyscall is trapped");
        assert_eq!(caller.place(caught.call_addr(), 0), Place::entry(entry), "{round}");
        assert_eq!(caller.place(caught.reg(Reg::Rip), 0), Place::Caller, "{round}");
    }
}
