//! SECCOMP_RET_TRACE for calls of the 32-bit ABI, made by int 0x80 from 64-bit code.

use super::traced::EXITED_0;
use crate::assertions::Play;
use crate::clauses::*;
use fixtures::filter::{Action, Filter, argument, made_by, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{INT80, PTRACE, SECCOMP_FILTER};
use fixtures::script::{ARGUMENTS_32, Returned, Step, Traced, call, summaries};
use fixtures::tracee::{Resume, Stop};
use fixtures::{Entry, Reg, Registers, sigsys};
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSYS, SYS_SECCOMP, unistd_32,
};

fn traces() -> Filter {
    Filter::only(number(unistd_32::SYS_getppid), Action::Trace(7))
}

fn calls(filter: &Filter, calls: &[Registers]) -> Traced {
    Traced::start(PTRACE_O_TRACESECCOMP, Gadget::int80(), filter, calls)
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "an int 0x80 event with another message, a number wider than 32 bits, or the 64-bit ABI's \
        registers",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn the_registers_of_a_32_bit_call_are_the_callers() {
    let traced = calls(&traces(), &[call(0x5a5a_5a5a << 32 | unistd_32::SYS_getppid)]);
    let (sights, end) = traced.play(Resume::Continue, &[Step::event()]);
    assert_eq!(
        sights[0].summary(),
        (Stop::Event(PTRACE_EVENT_SECCOMP), unistd_32::SYS_getppid, Returned::ENOSYS)
    );
    assert_eq!(sights[0].message, 7);
    let image = sights[0].image;
    assert_eq!(traced.gadget.place(image.reg(Reg::Rip)), Place::AFTER);
    let pattern = Registers::pattern();
    for reg in ARGUMENTS_32 {
        assert_eq!(image.reg(reg) as u32, pattern[reg] as u32, "{reg:?}");
    }
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::TracerPid));
}

/// The same number is a different call in the two ABIs.
#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_CHANGE_NUMBER, SECCOMP_TRACE_SKIP, SECCOMP_TRACE_SKIP_RESULT],
    catches = "a number written at an int 0x80 event that is looked up in the 64-bit table, or a skip \
        that is executed",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn a_32_bit_call_is_skipped_and_changed() {
    let traced = calls(&traces(), &[call(unistd_32::SYS_getppid); 6]);
    let script = [
        Step::event().nr(unistd_32::SYS_getpid),
        Step::event().nr(-1).rax(42),
        Step::event(),
        Step::event().nr(-1),
        Step::event().nr(0xffff_ffff).rax(43),
        Step::event().nr(0x5a5a_5a5a << 32 | unistd_32::SYS_getpid).rax(44),
    ];
    let (_, end) = traced.play(Resume::Continue, &script);
    let answers: [_; 6] = std::array::from_fn(|i| traced.returned(i));
    let [second, fifth] = [42, 43].map(Returned::Value);
    assert_eq!(
        answers,
        [Returned::OwnPid, second, Returned::TracerPid, Returned::ENOSYS, fifth, Returned::OwnPid]
    );
    assert_eq!(end, EXITED_0);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NUMBER_TOO_HIGH,
    catches = "an unassigned 32-bit number written at the event that indexes past the 32-bit table",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn a_32_bit_number_nobody_knows_is_enosys(
    #[values(17, 222, 600, 99_999, 0x7fff_ffff, 0x4000_0014)] nr: i64,
) {
    let traced = calls(&traces(), &[call(unistd_32::SYS_getppid)]);
    let (_, end) = traced.play(Resume::Continue, &[Step::event().nr(nr)]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::ENOSYS));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_RECHECK, SECCOMP_TRACE_REGISTERS],
    catches = "filters re-run on an int 0x80 call with the 64-bit arch or the 64-bit argument registers",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn the_second_look_at_a_32_bit_call_sees_its_arguments(#[values(0, 1, 2, 3, 4, 5)] index: usize) {
    const WRITTEN: u64 = 0x1234_8765;
    let this = made_by(Entry::Int80).and(argument(index as u32, WRITTEN));
    let other = made_by(Entry::Syscall).and(argument(index as u32, WRITTEN));
    let filter = Filter::only(this, Action::Errno(9))
        .when(other, Action::Errno(10))
        .when(number(unistd_32::SYS_getppid), Action::Trace(7));
    let traced = calls(&filter, &[call(unistd_32::SYS_getppid); 2]);
    let reg = ARGUMENTS_32[index];
    let script = [Step::event().set(reg, WRITTEN), Step::event().set(reg, WRITTEN + 1)];
    let (_, end) = traced.play(Resume::Continue, &script);
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [Returned::Value(-9), Returned::TracerPid]));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_RECHECK,
    catches = "a trap on the second run with the first number, the 64-bit arch, or RAX left as the \
        tracer wrote it",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn a_32_bit_number_is_trapped_the_second_time() {
    let log = sigsys::handle();
    let filter = traces().when(number(unistd_32::SYS_getpid), Action::Trap(0x8009));
    let traced = calls(&filter, &[call(unistd_32::SYS_getppid)]);
    let script = [Step::event().nr(unistd_32::SYS_getpid).rax(42), Step::at(Stop::Signal(SIGSYS))];
    let (_, end) = traced.play(Resume::Continue, &script);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(unistd_32::SYS_getpid)));
    let caught = log.delivery(0).expect("the handler recorded the signal");
    let fields = (caught.code(), caught.errno(), i64::from(caught.syscall()));
    assert_eq!(fields, (SYS_SECCOMP, 0x8009, unistd_32::SYS_getpid));
    assert_eq!(caught.arch(), Entry::Int80.audit_arch());
    assert_eq!(traced.gadget.place(caught.call_addr()), Place::AFTER);
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS, SECCOMP_TRACE_ENTRY_STOP_CHANGES],
    catches = "an int 0x80 call that lacks a stop, or for which changes at entry and exit have no effect",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn a_32_bit_call_has_the_same_stops() {
    let on = |step: Step| step.then(Resume::Syscall);
    let traced = calls(
        &traces(),
        &[call(unistd_32::SYS_getppid), call(unistd_32::SYS_getpid), call(unistd_32::SYS_getppid)],
    );
    let script = [
        on(Step::call()),
        on(Step::event()),
        on(Step::call().rax(77)),
        on(Step::call().nr(unistd_32::SYS_getppid)),
        on(Step::event()),
        on(Step::call()),
        on(Step::call().nr(-1).rax(42)),
        Step::call(),
    ];
    let (sights, end) = traced.play(Resume::Syscall, &script);
    let (stop, event) = (Stop::Syscall, Stop::Event(PTRACE_EVENT_SECCOMP));
    let told = [
        (event, unistd_32::SYS_getppid, Returned::ENOSYS),
        (stop, unistd_32::SYS_getppid, Returned::TracerPid),
    ];
    let entered = |nr| (stop, nr, Returned::Value(-ENOSYS));
    let expected = [
        &[entered(unistd_32::SYS_getppid)][..],
        &told,
        &[entered(unistd_32::SYS_getpid)],
        &told,
        &[entered(unistd_32::SYS_getppid), (stop, -1, Returned::Value(42))],
    ]
    .concat();
    assert_eq!(summaries(&sights), expected);
    let answers = [0, 1, 2].map(|i| traced.returned(i));
    assert_eq!(answers, [Returned::Value(77), Returned::TracerPid, Returned::Value(42)]);
    assert_eq!(end, EXITED_0);
}
