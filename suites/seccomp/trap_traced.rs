//! The SIGSYS of RET_TRAP under a tracer, which sees the signal first and may suppress it.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, instruction_pointer};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{PTRACE, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::sigsys::{self};
use fixtures::tracee::{Queue, Resume, Stop, Tracee};
use fixtures::{Log, Reg, WaitStatus, bit, environment};
use rstest::rstest;
use sys::uapi::{AUDIT_ARCH_X86_64, SIGSYS, SYS_SECCOMP};

const DATA: u16 = 0xbeef;
/// Exit status of a tracee whose call returned its number.
const NUMBER: i32 = 21;
const OTHER: i32 = 22;

/// A tracee in the signal-delivery-stop of its trap; `prepare` has run in it.
fn trapped(gadget: Gadget, deed: (i64, [usize; 6]), prepare: impl FnOnce()) -> Tracee {
    let tracee = Tracee::start(|| {
        environment::disable_core_dump();
        Filter::only(instruction_pointer(gadget.after()), Action::Trap(DATA)).load();
        prepare();
        if gadget.call_args(deed.0, deed.1) == deed.0 { NUMBER } else { OTHER }
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSYS));
    tracee
}

fn handled() -> (Gadget, Log, Tracee) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let tracee = trapped(gadget, (UNASSIGNED, [0; 6]), || ());
    (gadget, log, tracee)
}

#[harness::test(
    clause = [
        SECCOMP_TRAP_SIGSYS,
        SECCOMP_TRAP_SIGINFO,
        SECCOMP_TRAP_DATA,
        SECCOMP_TRAP_SYSCALL,
        SECCOMP_TRAP_ARCH,
    ],
    catches = "siginfo fields filled in, or RAX set to the number, only after the tracer's \
        signal-delivery-stop",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_tracer_sees_what_the_handler_will_see() {
    let (gadget, log, tracee) = handled();
    let (info, registers) = (tracee.info(), tracee.registers());
    let end = tracee.next(Resume::Continue, SIGSYS);
    assert_eq!((info.signo(), info.code(), info.errno()), (SIGSYS, SYS_SECCOMP, i32::from(DATA)));
    assert_eq!((info.syscall(), info.arch()), (UNASSIGNED as i32, AUDIT_ARCH_X86_64));
    assert_eq!(gadget.place(info.call_addr()), Place::AFTER);
    assert_eq!(gadget.place(registers.reg(Reg::Rip)), Place::AFTER);
    assert_eq!((registers.reg(Reg::Rax) as i64, registers.call()), (UNASSIGNED, UNASSIGNED));
    assert_eq!((end, log.count()), (Stop::Ended(WaitStatus::Exited(NUMBER)), 1));
}

#[harness::test(
    clause = SECCOMP_TRAP_SIGSYS,
    catches = "the SIGSYS of a trap put on the process's shared queue instead of the thread's own",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_signal_waits_in_the_threads_own_queue() {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let tracee = Tracee::start(|| {
        Filter::only(instruction_pointer(gadget.after()), Action::Trap(DATA)).load();
        if gadget.call(UNASSIGNED) == UNASSIGNED { NUMBER } else { OTHER }
    });
    // Each call has an entry and an exit stop; the exit stop precedes the signal.
    let at_the_gadget = |tracee: &Tracee| {
        assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Syscall);
        tracee.registers().reg(Reg::Rip) == gadget.after()
    };
    assert!((0..100).any(|_| at_the_gadget(&tracee)), "the call is made");
    assert!(at_the_gadget(&tracee), "the call reaches its exit stop");
    let [own, shared] = [Queue::Own, Queue::Shared].map(|queue| tracee.waiting(queue));
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSYS));
    let end = tracee.next(Resume::Continue, SIGSYS);
    assert_eq!((own.len(), shared.len()), (1, 0));
    let info = own[0];
    let fields = (info.signo(), info.code(), info.errno(), info.syscall(), info.arch());
    let nr = UNASSIGNED as i32;
    assert_eq!(fields, (SIGSYS, SYS_SECCOMP, i32::from(DATA), nr, AUDIT_ARCH_X86_64));
    assert_eq!(gadget.place(info.call_addr()), Place::AFTER);
    assert_eq!((end, log.count()), (Stop::Ended(WaitStatus::Exited(NUMBER)), 1));
}

#[rstest]
#[case::delivered(SIGSYS, 1)]
#[case::taken_away(0, 0)]
#[harness::test(
    clause = [SECCOMP_TRAP_NOT_EXECUTED, SECCOMP_TRAP_RESULT_REGISTER],
    catches = "a trapped call that is executed, or loses its number in RAX, when the tracer suppresses \
        SIGSYS",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_call_is_not_made_whatever_the_tracer_does(#[case] signal: i32, #[case] handled: u64) {
    let log = sigsys::handle();
    let deed = ObservableCall::write();
    let tracee = trapped(Gadget::syscall(), (deed.nr, deed.args), || ());
    let end = match tracee.next(Resume::Continue, signal) {
        Stop::Ended(end) => end,
        _ => tracee.finish(),
    };
    assert_eq!(
        (end, log.count(), deed.took_effect()),
        (WaitStatus::Exited(NUMBER), handled, false)
    );
}

fn handle() {
    sigsys::handle();
}

fn block() {
    sigsys::handle();
    sigsys::set_mask(bit(SIGSYS) | bit(10));
}

fn ignore_and_block() {
    sigsys::ignore();
    sigsys::set_mask(bit(SIGSYS) | bit(10));
}

/// The tracer suppresses the signal, so that the tracee can read its mask and disposition afterwards.
#[rstest]
#[case::handled(handle, true, 0)]
#[case::blocked(block, false, bit(10))]
#[case::ignored(sigsys::ignore, false, 0)]
#[case::ignored_and_blocked(ignore_and_block, false, bit(10))]
#[harness::test(
    clause = SECCOMP_TRAP_FORCED_SIGNAL,
    catches = "a forced SIGSYS that leaves SIGSYS blocked or ignored, unblocks other signals, or resets \
        a usable handler",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn forcing_the_signal_takes_away_what_was_in_its_way(
    #[case] prepare: fn(),
    #[case] kept: bool,
    #[case] mask: u64,
) {
    let gadget = Gadget::syscall();
    let tracee = Tracee::start(|| {
        environment::disable_core_dump();
        Filter::only(instruction_pointer(gadget.after()), Action::Trap(DATA)).load();
        prepare();
        gadget.call(UNASSIGNED);
        let as_expected = (sigsys::action(SIGSYS)[0] > 1, sigsys::mask()) == (kept, mask);
        let default = sigsys::action(SIGSYS)[0] == 0;
        if as_expected && default != kept { NUMBER } else { OTHER }
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSYS));
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(NUMBER)));
}

#[rstest]
#[case::blocked(block)]
#[case::ignored(sigsys::ignore)]
#[case::default(sigsys::default)]
#[harness::test(
    clause = SECCOMP_TRAP_FORCED_SIGNAL,
    catches = "a forced SIGSYS that a traced process survives because the tracer delivered it",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_forced_signal_kills_under_a_tracer_too(#[case] prepare: fn()) {
    let tracee = trapped(Gadget::syscall(), (UNASSIGNED, [0; 6]), prepare);
    let next = tracee.next(Resume::Continue, SIGSYS);
    assert_eq!(next, Stop::Ended(WaitStatus::KilledBy(SIGSYS)));
}
