//! Vsyscalls under PTRACE_SYSCALL, PTRACE_SYSEMU and PTRACE_SINGLESTEP.

use super::outcome::{Outcome, Watch};
use crate::clauses::*;
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::needs::{PTRACE, SECCOMP_FILTER, VSYSCALL};
use fixtures::tracee::{self, Resume, Stop, Tracee};
use fixtures::vsyscall::{Caller, Place, Vsyscall};
use fixtures::{Reg, WaitStatus};
use rstest::rstest;
use sys::uapi::SIGTRAP;

/// Unassigned numbers; the calls enclose the vsyscall.
const BEFORE: i64 = 0x3fff;
const AFTER: i64 = 0x3ffe;

/// The ordinary calls before and after the vsyscall make two stops each, or one under PTRACE_SYSEMU.
#[rstest]
#[case::followed(Resume::Syscall, &[BEFORE, BEFORE, AFTER])]
#[case::emulated(Resume::Sysemu, &[BEFORE, AFTER])]
#[harness::test(
    clause = VSYSCALL_CALL_NO_SYSCALL_STOPS,
    catches = "an entry or exit stop for a vsyscall, or a vsyscall skipped by PTRACE_SYSEMU",
    needs = [VSYSCALL, PTRACE],
)]
fn a_tracer_of_system_calls_sees_no_vsyscall(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] how: Resume,
    #[case] expected: &[i64],
) {
    let caller = Caller::new();
    let gadget = Gadget::syscall();
    let watch = Watch::start(&caller);
    let tracee = Tracee::start(|| {
        gadget.call(BEFORE);
        caller.call(entry);
        gadget.call(AFTER);
        0
    });
    let mut calls = Vec::new();
    while calls.last() != Some(&AFTER) {
        let stop = tracee.next(how, 0);
        assert_eq!(stop, Stop::Syscall, "after {calls:?}");
        calls.push(tracee.registers().call());
    }
    assert_eq!(calls, expected);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Ran);
    tracee::kill(tracee.pid);
}

/// Where a step from just before the jump leads, and where the next step leads.
fn steps(caller: &Caller, tracee: &Tracee) -> [(Stop, Option<Place>); 2] {
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGTRAP), "the breakpoint");
    assert!(
        tracee.registers().reg(Reg::Rip) == caller.breakpoint(),
        "the tracee stopped elsewhere"
    );
    // The first instruction after the call has three bytes.
    let behind = caller.return_address() + 3;
    [(); 2].map(|()| {
        let stop = tracee.next(Resume::SingleStep, 0);
        let stopped = stop == Stop::Signal(SIGTRAP);
        (stop, stopped.then(|| caller.place(tracee.registers().reg(Reg::Rip), behind)))
    })
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_SINGLESTEP,
    catches = "a single-step trap at the return address of an emulated call, or a step lost in the \
        emulation",
    needs = [VSYSCALL, PTRACE],
)]
fn a_step_over_a_vsyscall_takes_the_instruction_behind_it(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let tracee = Tracee::start(|| {
        caller.call_from_breakpoint(entry);
        0
    });
    let [onto, on] = steps(&caller, &tracee);
    assert_eq!(onto, (Stop::Signal(SIGTRAP), Some(Place::entry(entry))));
    assert_eq!(on, (Stop::Signal(SIGTRAP), Some(Place::Pointer)));
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
    assert_eq!(watch.outcome(&caller, entry), Outcome::Ran);
}

#[harness::test(
    clause = [VSYSCALL_CALL_SINGLESTEP, VSYSCALL_FILTER_SKIPPED],
    catches = "a single-step trap at the return address of a refused vsyscall, which is counted as a step",
    needs = [VSYSCALL, SECCOMP_FILTER, PTRACE],
)]
fn a_step_over_a_skipped_vsyscall_takes_the_instruction_behind_it() {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let tracee = Tracee::start(|| {
        filter::load(Vsyscall::Time.number() as u32, Action::Errno(7));
        caller.call_from_breakpoint(Vsyscall::Time);
        0
    });
    let [onto, on] = steps(&caller, &tracee);
    assert_eq!(onto, (Stop::Signal(SIGTRAP), Some(Place::entry(Vsyscall::Time))));
    assert_eq!(on, (Stop::Signal(SIGTRAP), Some(Place::Pointer)));
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
    assert_eq!(watch.outcome(&caller, Vsyscall::Time), Outcome::Gave(-7));
}
