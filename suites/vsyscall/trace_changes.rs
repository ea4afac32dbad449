//! Changes that a tracer makes at the event of a vsyscall: those that kill the process, and those that
//! are allowed.

use super::outcome::Outcome;
use super::traced::{DATA, Traced};
use crate::clauses::*;
use fixtures::filter::uapi::{
    SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_LOG,
    SECCOMP_RET_TRACE,
};
use fixtures::filter::{self, Action, Filter};
use fixtures::needs::{PTRACE, SECCOMP_FILTER, VSYSCALL};
use fixtures::sigsys::{self};
use fixtures::tracee::{Resume, Stop};
use fixtures::vsyscall::{Place, Vsyscall};
use fixtures::{Reg, WaitStatus, child};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSEGV, SIGSYS, SYS_getcpu, SYS_getpid, SYS_gettimeofday, SYS_read};

const DEAD: Stop = Stop::Ended(WaitStatus::KilledBy(SIGSYS));

/// A written result makes no difference, no handler runs, and the tracer sees no signal.
#[rstest]
#[case::getpid(SYS_getpid)]
#[case::read(SYS_read)]
#[case::gettimeofday(SYS_gettimeofday)]
#[case::getcpu(SYS_getcpu)]
#[case::in_a_gap(400)]
#[case::past_the_end(600)]
#[case::far_past_the_end(99_999)]
#[case::with_the_x32_bit(0x4000_0000 + 201)]
#[case::with_bit_32(0x1_0000_0000 + 201)]
#[harness::test(
    clause = [VSYSCALL_TRACE_NUMBER_FIXED, VSYSCALL_TRACE_OTHER_NUMBERS_MAY_KILL],
    catches = "another number than the entry's that is executed, returns ENOSYS, or is compared in fewer \
        bits",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn another_number_ends_the_process(#[case] nr: i64, #[values(None, Some(42))] value: Option<u64>) {
    let traced = Traced::at_the_event(Vsyscall::Time);
    traced.change(|image| {
        image.set_orig_rax(nr);
        if let Some(value) = value {
            image.set(Reg::Rax, value);
        }
    });
    assert_eq!(traced.death(), DEAD);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRACE_NUMBER_FIXED,
    catches = "a check that accepts the number of any entry instead of that of the entry called",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_siblings_number_ends_the_process(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    traced.change(|image| image.set_orig_rax(entry.other().number()));
    assert_eq!(traced.death(), DEAD);
}

#[harness::test(
    clause = VSYSCALL_TRACE_FUTURE_NUMBER,
    catches = "a process killed for a number that does not exist yet, where the documentation allows \
        ENOSYS",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_number_of_the_future_is_enosys() {
    let traced = Traced::at_the_event(Vsyscall::Time);
    traced.change(|image| image.set_orig_rax(99_999));
    let stop = traced.go_on();
    assert_eq!(
        (stop, traced.outcome_now()),
        (Stop::Ended(WaitStatus::Exited(0)), Outcome::Gave(-ENOSYS))
    );
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRACE_NUMBER_FIXED, VSYSCALL_TRACE_NOTIFIES],
    catches = "the entry's own number, written again, taken for a change, or RAX as written kept as the \
        result",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn the_own_number_written_again_runs_the_call(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    traced.change(|image| {
        image.set_orig_rax(entry.number());
        image.set(Reg::Rax, 42);
    });
    assert_eq!(traced.outcome(), Outcome::Ran);
}

/// A program counter other than the entry.
#[derive(Clone, Copy, Debug)]
enum Rip {
    OneOn,
    OneBack,
    Caller,
    OtherEntry,
    FourthSlot,
    /// The same low half, with another high half.
    OtherHalf,
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRACE_RIP_UNCHANGED,
    catches = "RIP not checked after the event, checked only if the call is executed, or compared by its \
        low half",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn another_rip_ends_the_process(
    #[values(
        Rip::OneOn,
        Rip::OneBack,
        Rip::Caller,
        Rip::OtherEntry,
        Rip::FourthSlot,
        Rip::OtherHalf
    )]
    rip: Rip,
    #[values(None, Some(-1))] nr: Option<i64>,
) {
    let entry = Vsyscall::Time;
    let traced = Traced::at_the_event(entry);
    let address = entry.address() as u64;
    traced.change(|image| {
        image.set(
            Reg::Rip,
            match rip {
                Rip::OneOn => address + 1,
                Rip::OneBack => address - 1,
                Rip::Caller => traced.caller.return_address(),
                Rip::OtherEntry => entry.other().address() as u64,
                Rip::FourthSlot => fixtures::vsyscall::FOURTH as u64,
                Rip::OtherHalf => address & 0xffff_ffff,
            },
        );
        if let Some(nr) = nr {
            image.set_orig_rax(nr);
        }
    });
    assert_eq!(traced.death(), DEAD);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_TRACE_RIP_UNCHANGED,
    catches = "RIP checked for the time entry alone, so that another entry's tracer can emulate the \
        return itself",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn rip_at_the_caller_ends_the_process(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(None, Some(-1))] nr: Option<i64>,
) {
    let traced = Traced::at_the_event(entry);
    traced.change(|image| {
        image.set(Reg::Rip, traced.caller.return_address());
        if let Some(nr) = nr {
            image.set_orig_rax(nr);
        }
    });
    assert_eq!(traced.death(), DEAD);
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRACE_NUMBER_FIXED, VSYSCALL_TRACE_OTHER_NUMBERS_MAY_KILL],
    catches = "a SIGSYS for a changed number that is not forced, so that a process survives by blocking \
        or ignoring it",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn the_death_cannot_be_avoided(#[values(false, true)] blocked: bool) {
    let traced = Traced::started(Vsyscall::Time, |caller| {
        if blocked {
            sigsys::block();
        } else {
            sigsys::ignore();
        }
        filter::load(Vsyscall::Time.number() as u32, Action::Trace(DATA));
        caller.call(Vsyscall::Time);
        0
    });
    traced.change(|image| image.set_orig_rax(SYS_getpid));
    assert_eq!(traced.death(), DEAD);
}

/// The other thread exits by itself if it outlives the caller.
#[harness::test(
    clause = VSYSCALL_TRACE_OTHER_NUMBERS_MAY_KILL,
    catches = "a changed number that ends the calling thread alone",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn the_whole_process_ends() {
    let traced = Traced::started(Vsyscall::Time, |caller| {
        child::exit_after_this_thread(42);
        filter::load(Vsyscall::Time.number() as u32, Action::Trace(DATA));
        caller.call(Vsyscall::Time);
        0
    });
    traced.change(|image| image.set_orig_rax(SYS_getpid));
    assert_eq!(traced.death(), DEAD);
}

#[rstest]
#[case::up(8)]
#[case::down(-8)]
#[case::odd(3)]
#[case::far(-0x800)]
#[harness::test(
    clause = VSYSCALL_TRACE_RSP_UNCHANGED,
    catches = "a written RSP reset to the caller's, or a return address read from it instead of from the \
        old stack",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_moved_stack_pointer_is_kept(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] bytes: i64,
    #[values(false, true)] skipped: bool,
) {
    let traced = Traced::at_the_event(entry);
    traced.change(|image| {
        image.set(Reg::Rsp, image.reg(Reg::Rsp).wrapping_add_signed(bytes));
        if skipped {
            image.set_orig_rax(-1);
        }
    });
    assert_eq!(traced.go_on(), Stop::Ended(WaitStatus::Exited(0)));
    let back = traced.caller.latest().expect("the call returns");
    assert_eq!((back.popped(), traced.caller.faults()), (8 + bytes, 0));
    assert_eq!(back.result() == -ENOSYS, skipped, "the call's own result");
}

/// The caller passes null pointers; the tracer writes the addresses of both areas.
#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRACE_NOTIFIES, VSYSCALL_CALL_SAME_RESULT],
    catches = "an emulated call that uses the arguments from before the event",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn the_call_is_made_with_the_tracers_arguments(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::started(entry, |caller| {
        filter::load(entry.number() as u32, Action::Trace(DATA));
        caller.call_args(entry, [0, 0]);
        0
    });
    let [first, second] = [traced.caller.first.address(), traced.caller.second.address()];
    traced.change(|image| {
        image.set(Reg::Rdi, first);
        image.set(Reg::Rsi, second);
    });
    assert_eq!(traced.outcome(), Outcome::Ran);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_BAD_POINTER,
    catches = "a kernel pointer written at the event that escapes the access check, or a return emulated \
        before its fault",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_bad_pointer_of_the_tracers_is_a_fault(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let traced = Traced::at_the_event(entry);
    traced.change(|image| image.set(Reg::Rdi, 0xffff_8000_0000_0000));
    assert_eq!(traced.go_on(), Stop::Signal(SIGSEGV));
    assert_eq!(traced.tracee.next(Resume::Continue, 11), Stop::Ended(WaitStatus::Exited(0)));
    let fault = traced.caller.fault(0).map(|fault| (fault.at, fault.stack));
    assert_eq!(fault, Some((Place::entry(entry), 0)));
}

#[harness::test(
    clause = [VSYSCALL_TRACE_NOTIFIES, VSYSCALL_CALL_REGISTERS],
    catches = "a register written at the event that the emulation restores to the caller's value",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn other_registers_that_the_tracer_writes_are_kept() {
    const WRITTEN: [Reg; 8] =
        [Reg::Rbx, Reg::Rbp, Reg::Rdx, Reg::Rcx, Reg::R8, Reg::R9, Reg::R10, Reg::R11];
    let traced = Traced::at_the_event(Vsyscall::Time);
    traced.change(|image| {
        for (i, reg) in WRITTEN.into_iter().enumerate() {
            image.set(reg, 0x1111 * (i as u64 + 1));
        }
    });
    assert_eq!(traced.outcome(), Outcome::Ran);
    let back = traced.caller.latest().expect("the call returned");
    let kept = WRITTEN.map(|reg| back.0[reg]);
    assert_eq!(kept, std::array::from_fn(|i| 0x1111 * (i as u64 + 1)));
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRACE_DENIED_NUMBER, VSYSCALL_TRACE_NUMBER_FIXED],
    catches = "a number refused by the second run of the filters that kills as a changed number instead \
        of failing",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_number_that_the_filter_denies_is_its_error(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(7, 14, 0)] errno: u16,
) {
    let denied = Filter::only(filter::number(SYS_getpid), Action::Errno(errno));
    let traced = Traced::with(entry, denied);
    traced.change(|image| image.set_orig_rax(SYS_getpid));
    assert_eq!(traced.outcome(), Outcome::Gave(-i64::from(errno)));
}

#[harness::test(
    clause = [VSYSCALL_TRACE_DENIED_NUMBER, VSYSCALL_TRAP_CALL_ADDR],
    catches = "a trap of the second run with the entry's own number, another address, or a kill in its \
        place",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_number_that_the_filter_traps_is_its_signal() {
    let traced =
        Traced::with(Vsyscall::Time, Filter::only(filter::number(SYS_getpid), Action::Trap(9)));
    traced.change(|image| image.set_orig_rax(SYS_getpid));
    assert_eq!(traced.go_on(), Stop::Signal(SIGSYS));
    assert_eq!(traced.tracee.next(Resume::Continue, SIGSYS), Stop::Ended(WaitStatus::Exited(0)));
    let caught = traced.log.delivery(0).expect("the handler runs");
    let places =
        [caught.call_addr(), caught.reg(Reg::Rip)].map(|address| traced.caller.place(address, 0));
    assert_eq!(places, [Place::entry(Vsyscall::Time), Place::Caller]);
    assert_eq!((i64::from(caught.syscall()), caught.errno()), (SYS_getpid, 9));
    assert_eq!(traced.outcome_now(), Outcome::Gave(SYS_getpid));
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_TRACE_NUMBER_FIXED, VSYSCALL_TRACE_DENIED_NUMBER],
    catches = "a changed number executed because the second run allows, logs or traces it",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_number_that_the_filter_does_not_deny_ends_the_process(
    #[values(
        SECCOMP_RET_ALLOW,
        SECCOMP_RET_LOG,
        SECCOMP_RET_TRACE(1),
        SECCOMP_RET_KILL_PROCESS,
        SECCOMP_RET_KILL_THREAD
    )]
    action: Action,
) {
    let traced = Traced::with(Vsyscall::Time, Filter::only(filter::number(SYS_getpid), action));
    traced.change(|image| image.set_orig_rax(SYS_getpid));
    assert_eq!(traced.death(), DEAD);
}

#[rstest]
#[case::changed(0x77, Outcome::Gave(-9))]
#[case::left_alone(0, Outcome::Ran)]
#[harness::test(
    clause = [VSYSCALL_TRACE_DENIED_NUMBER, VSYSCALL_FILTER_OBEYED],
    catches = "filters re-run on the arguments from before the event, or a second event for the same call",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn the_second_look_sees_the_tracers_arguments(#[case] rdx: u64, #[case] expected: Outcome) {
    let entry = Vsyscall::Time;
    let when = filter::number(entry.number()).and(filter::argument(2, 0x77));
    let traced = Traced::with(entry, Filter::only(when, Action::Errno(9)));
    traced.change(|image| image.set(Reg::Rdx, rdx));
    assert_eq!(traced.outcome(), expected);
}

#[harness::test(
    clause = VSYSCALL_TRACE_NOTIFIES,
    catches = "a skip kept per tracer, so that it applies to another tracee's vsyscall",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn two_tracees_are_told_apart() {
    let [skipped, left] = [(); 2].map(|()| Traced::at_the_event(Vsyscall::Time));
    skipped.change(|image| image.set_orig_rax(-1));
    assert_eq!(left.outcome(), Outcome::Ran);
    assert_eq!(skipped.outcome(), Outcome::Gave(-ENOSYS));
}
