//! Calls that the vDSO always makes: ordinary system calls from its own instruction.

use crate::clauses::*;
use fixtures::call_outcome::LogBox;
use fixtures::dispatch::{self, ALLOW, Region};
use fixtures::filter::{self, Action, Filter};
use fixtures::needs::{DISPATCH, PTRACE, SECCOMP_FILTER, VDSO};
use fixtures::sigsys::{self, Stack};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::vdso::Vdso;
use fixtures::vsyscall::{Back, Caller};
use fixtures::{Delivery, Reg, SigAction, WaitStatus};
use harness::SetUp;
use rstest::rstest;
use sys::uapi::{
    AUDIT_ARCH_X86_64, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, EINVAL,
    PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSYS, SYS_SECCOMP, SYS_USER_DISPATCH,
    SYS_clock_gettime, SYS_getpid,
};

/// A clock that does not exist.
const UNKNOWN: u64 = 77;
/// `syscall`.
const INSTRUCTION: [u8; 2] = [0x0f, 0x05];

/// The vDSO, and the address of one of its functions.
pub(super) fn function(name: &str) -> (Vdso, usize) {
    let vdso = Vdso::find().set_up("there is a vDSO");
    (vdso, vdso.symbol(name).set_up("the vDSO has the function"))
}

/// Reads a clock through the vDSO. The function returns its call's result.
fn clock_gettime(caller: &Caller, clock: u64) -> Back {
    let (_, function) = function("__vdso_clock_gettime");
    caller.call_function(function, [clock, caller.first.address()])
}

fn result(back: &Back) -> i64 {
    i64::from(back.result() as i32)
}

#[rstest]
#[case::process_time(CLOCK_PROCESS_CPUTIME_ID, 0)]
#[case::thread_time(CLOCK_THREAD_CPUTIME_ID, 0)]
#[case::unknown(UNKNOWN, -EINVAL)]
#[harness::test(
    clause = VDSO_CALL_INDISTINGUISHABLE,
    catches = "a vDSO that answers for a CPU-time clock from another clock, or turns the call's EINVAL \
        into success",
    needs = [VDSO],
)]
fn the_vdso_gives_what_the_real_call_gives(#[case] clock: u64, #[case] expected: i64) {
    let caller = Caller::new();
    let raw = || {
        let mut time = [0u64; 2];
        fixtures::call::raw(
            SYS_clock_gettime,
            [clock as usize, time.as_mut_ptr() as usize, 0, 0, 0, 0],
        );
        time[0] * 1_000_000_000 + time[1]
    };
    let before = raw();
    let back = clock_gettime(&caller, clock);
    let after = raw();
    assert_eq!((result(&back), caller.faults()), (expected, 0));
    if expected == 0 {
        let told = caller.first.word(0) * 1_000_000_000 + caller.first.word(1);
        assert!((before..=after).contains(&told), "the time lies outside the interval of the call");
    }
    assert!(caller.first.is_untouched_but(if expected == 0 { 16 } else { 0 }), "other bytes");
}

#[rstest]
#[harness::test(
    clause = VDSO_CALL_INDISTINGUISHABLE,
    catches = "a vDSO call that escapes the filters, or a filter's error that the vDSO replaces",
    needs = [VDSO, SECCOMP_FILTER],
)]
fn a_filter_answers_a_call_of_the_vdso(
    #[values(CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, UNKNOWN)] clock: u64,
    #[values(1, 77)] errno: u16,
) {
    let caller = Caller::new();
    filter::load(SYS_clock_gettime as u32, Action::Errno(errno));
    let back = clock_gettime(&caller, clock);
    assert_eq!((result(&back), caller.faults()), (-i64::from(errno), 0));
    assert!(caller.first.is_untouched_but(0), "the clock was read");
}

#[harness::test(
    clause = VDSO_CALL_INDISTINGUISHABLE,
    catches = "a vDSO that passes its system call another clock or pointer than it was given",
    needs = [VDSO, SECCOMP_FILTER],
)]
fn a_filter_sees_the_arguments_of_a_call_of_the_vdso() {
    let caller = Caller::new();
    let when = filter::number(SYS_clock_gettime)
        .and(filter::made_by(fixtures::Entry::Syscall))
        .and(filter::argument(0, CLOCK_PROCESS_CPUTIME_ID))
        .and(filter::argument(1, caller.first.address()));
    Filter::only(when, Action::Errno(9)).load();
    assert_eq!(result(&clock_gettime(&caller, CLOCK_PROCESS_CPUTIME_ID)), -9);
}

/// A handler on a stack filled with nonzero bytes.
fn handled() -> LogBox {
    Stack::alternate();
    LogBox(sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN }))
}

/// Every field is that of an ordinary call; the address lies in the vDSO, after a SYSCALL instruction.
#[track_caller]
fn assert_ordinary(caller: &Caller, caught: &Delivery, code: i32, errno: i32) {
    let (vdso, _) = function("__vdso_clock_gettime");
    assert_eq!((caught.signo(), caught.code(), caught.errno()), (SIGSYS, code, errno));
    assert_eq!(
        (i64::from(caught.syscall()), caught.arch()),
        (SYS_clock_gettime, AUDIT_ARCH_X86_64)
    );
    assert!(vdso.holds(caught.call_addr()), "si_call_addr is not in the vDSO");
    assert_eq!(
        vdso.bytes_before(caught.call_addr()),
        INSTRUCTION,
        "the instruction before si_call_addr"
    );
    assert!(caught.reg(Reg::Rip) == caught.call_addr(), "si_call_addr is not the saved RIP");
    assert_eq!(caught.reg(Reg::Rax) as i64, SYS_clock_gettime);
    assert!(caught.reg(Reg::Rdi) as u32 == CLOCK_PROCESS_CPUTIME_ID as u32, "the clock differs");
    assert!(caught.reg(Reg::Rsi) == caller.first.address(), "the pointer differs");
    assert_eq!((caught.padding(), caught.rest()), (0, &[0; 12][..]));
}

#[harness::test(
    clause = VDSO_CALL_INDISTINGUISHABLE,
    catches = "a trap exemption for the vDSO's own instruction, or a SIGSYS that reports another address",
    needs = [VDSO, SECCOMP_FILTER],
)]
fn a_trapped_call_of_the_vdso_looks_like_any_other() {
    let caller = Caller::new();
    let log = handled();
    filter::load(SYS_clock_gettime as u32, Action::Trap(0x1234));
    let back = clock_gettime(&caller, CLOCK_PROCESS_CPUTIME_ID);
    assert_eq!((log.count(), result(&back)), (1, SYS_clock_gettime));
    let caught = log.delivery(0).expect("the handler runs");
    assert_ordinary(&caller, &caught, SYS_SECCOMP, 0x1234);
    assert!(caller.first.is_untouched_but(0), "the clock was read");
}

#[rstest]
#[harness::test(
    clause = VDSO_CALL_INDISTINGUISHABLE,
    catches = "a vDSO that discards the result set by the SIGSYS handler, or repeats the call",
    needs = [VDSO, SECCOMP_FILTER],
)]
fn the_handler_answers_a_call_of_the_vdso(#[values(0, -5)] value: i64) {
    let caller = Caller::new();
    let log = handled();
    log.set(Reg::Rax, value as u64);
    filter::load(SYS_clock_gettime as u32, Action::Trap(1));
    assert_eq!(result(&clock_gettime(&caller, CLOCK_PROCESS_CPUTIME_ID)), value);
    assert_eq!(log.count(), 1);
}

#[harness::test(
    clause = [VDSO_CALL_DISPATCHED, VDSO_CALL_INDISTINGUISHABLE],
    catches = "the vDSO's whole mapping exempt from dispatch, or its call executed as well as dispatched",
    needs = [VDSO, DISPATCH],
)]
fn a_call_of_the_vdso_is_dispatched() {
    let caller = Caller::new();
    let log = handled();
    let (_, function) = function("__vdso_clock_gettime");
    let args = [CLOCK_PROCESS_CPUTIME_ID, caller.first.address()];
    let armed = dispatch::arm(Region::NONE);
    log.on_entry(armed.selector().byte(), ALLOW);
    let back = armed.blocked(|| caller.call_function(function, args));
    armed.off();
    assert_eq!((log.count(), result(&back)), (1, SYS_clock_gettime));
    let caught = log.delivery(0).expect("the handler runs");
    assert_ordinary(&caller, &caught, SYS_USER_DISPATCH, 0);
    assert!(caller.first.is_untouched_but(0), "the clock was read");
}

#[harness::test(
    clause = VDSO_CALL_DISPATCHED,
    catches = "calls of the vDSO dispatched although the selector allows calls",
    needs = [VDSO, DISPATCH],
)]
fn a_call_of_the_vdso_runs_while_calls_are_allowed() {
    let caller = Caller::new();
    let log = handled();
    let (_, function) = function("__vdso_clock_gettime");
    let args = [CLOCK_PROCESS_CPUTIME_ID, caller.first.address()];
    let armed = dispatch::arm(Region::NONE);
    log.on_entry(armed.selector().byte(), ALLOW);
    let back = armed.selected(ALLOW, || caller.call_function(function, args));
    armed.off();
    assert_eq!((log.count(), result(&back)), (0, 0));
    assert!(!caller.first.is_untouched_but(0), "the clock was not read");
}

#[harness::test(
    clause = VDSO_CALL_DISPATCHED,
    catches = "an exempt region that does not apply to the vDSO's addresses",
    needs = [VDSO, DISPATCH],
)]
fn a_call_of_an_exempt_vdso_runs_while_calls_are_blocked() {
    let caller = Caller::new();
    let log = handled();
    let (vdso, function) = function("__vdso_clock_gettime");
    let args = [CLOCK_PROCESS_CPUTIME_ID, caller.first.address()];
    let armed = dispatch::arm(vdso.region());
    log.on_entry(armed.selector().byte(), ALLOW);
    let back = armed.blocked(|| caller.call_function(function, args));
    armed.off();
    assert_eq!((log.count(), result(&back)), (0, 0));
}

#[harness::test(
    clause = VDSO_CALL_INDISTINGUISHABLE,
    catches = "a seccomp event of the vDSO's call that names another address, or whose number cannot be \
        changed",
    needs = [VDSO, SECCOMP_FILTER, PTRACE],
)]
fn a_tracer_sees_a_call_of_the_vdso_as_any_other() {
    let caller = Caller::new();
    let (vdso, _) = function("__vdso_clock_gettime");
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        filter::load(SYS_clock_gettime as u32, Action::Trace(7));
        clock_gettime(&caller, CLOCK_PROCESS_CPUTIME_ID);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let mut image = tracee.registers();
    let at = image.reg(Reg::Rip);
    assert!(vdso.holds(at), "rip is not in the vDSO");
    assert_eq!((vdso.bytes_before(at), image.call()), (INSTRUCTION, SYS_clock_gettime));
    // Unlike a vsyscall, the call can be changed to another, getpid.
    image.set_orig_rax(SYS_getpid);
    tracee.set_registers(&image);
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
    let told = caller.latest().map(|back| result(&back));
    assert!(
        told == Some(i64::from(tracee.pid)),
        "the call does not return the other call's result"
    );
}

#[harness::test(
    clause = VDSO_CALL_INDISTINGUISHABLE,
    catches = "a call of the vDSO without an entry or an exit stop under PTRACE_SYSCALL",
    needs = [VDSO, PTRACE],
)]
fn a_tracer_of_system_calls_stops_at_a_call_of_the_vdso() {
    let caller = Caller::new();
    let tracee = Tracee::start(|| {
        clock_gettime(&caller, CLOCK_PROCESS_CPUTIME_ID);
        0
    });
    for which in ["entry", "exit"] {
        assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Syscall, "{which}");
        assert_eq!(tracee.registers().call(), SYS_clock_gettime, "{which}");
    }
    fixtures::tracee::kill(tracee.pid);
}
