//! Functions that the vDSO executes without a system call, and its fallback where only the kernel can
//! read the clock source.

use super::vdso::function;
use crate::clauses::*;
use fixtures::dispatch::{self, ALLOW, Region};
use fixtures::filter::uapi::{SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS};
use fixtures::filter::{self, Action, Filter};
use fixtures::needs::{DISPATCH, NO_VDSO_CLOCKSOURCE, SECCOMP_FILTER, VDSO, VDSO_CLOCKSOURCE};
use fixtures::sigsys;
use fixtures::vsyscall::{Caller, Cpu, Moment};
use harness::{Fact, Returned, Teller, observe};
use rstest::rstest;
use std::fmt;
use sys::uapi::{SYS_clock_gettime, SYS_getcpu, SYS_gettimeofday, SYS_time};

const DENIED: i64 = -77;
/// A value of an unused argument, for which the filter allows the call.
const PASS: u64 = 0x5a5a;

/// A function of the vDSO, and its system call.
#[derive(Clone, Copy, Debug)]
enum Function {
    Clock(u64),
    Gettimeofday,
    Time,
    Getcpu,
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Self::Clock(_) => "__vdso_clock_gettime",
            Self::Gettimeofday => "__vdso_gettimeofday",
            Self::Time => "__vdso_time",
            Self::Getcpu => "__vdso_getcpu",
        }
    }

    fn number(self) -> i64 {
        match self {
            Self::Clock(_) => SYS_clock_gettime,
            Self::Gettimeofday => SYS_gettimeofday,
            Self::Time => SYS_time,
            Self::Getcpu => SYS_getcpu,
        }
    }

    fn args(self, caller: &Caller) -> [u64; 2] {
        let [first, second] = [caller.first.address(), caller.second.address()];
        match self {
            Self::Clock(clock) => [clock, first],
            _ => [first, second],
        }
    }
}

const REALTIME: Function = Function::Clock(0);
const MONOTONIC: Function = Function::Clock(1);
const MONOTONIC_RAW: Function = Function::Clock(4);
const REALTIME_COARSE: Function = Function::Clock(5);
const MONOTONIC_COARSE: Function = Function::Clock(6);
const BOOTTIME: Function = Function::Clock(7);

/// The error of a call, and whether the call wrote anything.
struct Denied(Option<i64>, bool);

impl Fact for Denied {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        let Self(error, wrote) = self;
        to.fields([("error", &error.map(Returned) as &dyn Fact), ("wrote", wrote)])
    }
}

/// The result of a call of the function with its system call refused: 32 bits, in which a time is no
/// error, and whether the function wrote anything.
fn denied(of: Function, action: Action) -> (Option<i64>, bool) {
    let caller = Caller::new();
    Cpu::stay(true);
    let (_, function) = function(of.name());
    let number = filter::number(of.number());
    Filter::new()
        .when(number.clone().and(filter::argument(2, PASS)), Action::Allow)
        .when(number, action)
        .load();
    let result = i64::from(caller.call_function(function, of.args(&caller)).result() as i32);
    let wrote = !(caller.first.is_untouched_but(0) && caller.second.is_untouched_but(0));
    let error = (result < 0).then_some(result);
    observe!("answer", Denied(error, wrote));
    (error, wrote)
}

#[rstest]
#[case::realtime(REALTIME)]
#[case::monotonic(MONOTONIC)]
#[case::boottime(BOOTTIME)]
#[case::raw(MONOTONIC_RAW)]
#[case::gettimeofday(Function::Gettimeofday)]
#[harness::test(
    clause = VDSO_CALL_WITHOUT_ENTRY,
    catches = "a vDSO that makes a system call although it can read the clock source itself",
    needs = [VDSO, VDSO_CLOCKSOURCE, SECCOMP_FILTER],
)]
fn a_clock_that_the_vdso_reads_takes_no_call(
    #[case] of: Function,
    #[values(SECCOMP_RET_ERRNO(77), SECCOMP_RET_KILL_PROCESS)] action: Action,
) {
    assert_eq!(denied(of, action), (None, true));
}

#[rstest]
#[case::realtime(REALTIME)]
#[case::monotonic(MONOTONIC)]
#[case::boottime(BOOTTIME)]
#[case::raw(MONOTONIC_RAW)]
#[case::gettimeofday(Function::Gettimeofday)]
#[harness::test(
    clause = VDSO_CALL_FALLBACK,
    catches = "a vDSO that reads a counter although only the kernel can read the clock source",
    needs = [VDSO, NO_VDSO_CLOCKSOURCE, SECCOMP_FILTER],
)]
fn a_clock_that_the_vdso_cannot_read_takes_a_call(#[case] of: Function) {
    assert_eq!(denied(of, Action::Errno(77)), (Some(DENIED), false));
}

/// These functions read memory that the kernel updates, whatever the clock source.
#[rstest]
#[case::realtime(REALTIME_COARSE)]
#[case::monotonic(MONOTONIC_COARSE)]
#[case::time(Function::Time)]
#[case::getcpu(Function::Getcpu)]
#[harness::test(
    clause = VDSO_CALL_WITHOUT_ENTRY,
    catches = "a vDSO that makes a system call for a coarse clock, the time or the CPU number",
    needs = [VDSO, SECCOMP_FILTER],
)]
fn a_coarse_clock_never_takes_a_call(
    #[case] of: Function,
    #[values(SECCOMP_RET_ERRNO(77), SECCOMP_RET_KILL_PROCESS)] action: Action,
) {
    assert_eq!(denied(of, action), (None, true));
}

#[rstest]
#[case::realtime(REALTIME, true)]
#[case::monotonic(MONOTONIC, true)]
#[case::gettimeofday(Function::Gettimeofday, true)]
#[case::monotonic_coarse(MONOTONIC_COARSE, true)]
#[case::time(Function::Time, true)]
#[case::getcpu(Function::Getcpu, true)]
#[harness::test(
    clause = VDSO_CALL_DISPATCHED,
    catches = "a function of the vDSO that raises SIGSYS under dispatch although it makes no call",
    needs = [VDSO, DISPATCH, VDSO_CLOCKSOURCE],
)]
fn an_answer_without_a_call_is_not_dispatched(#[case] of: Function, #[case] wrote: bool) {
    assert_eq!(dispatched(of), (0, wrote));
}

#[rstest]
#[case::realtime(REALTIME, 1)]
#[case::monotonic(MONOTONIC, 1)]
#[case::gettimeofday(Function::Gettimeofday, 1)]
#[case::monotonic_coarse(MONOTONIC_COARSE, 0)]
#[case::time(Function::Time, 0)]
#[case::getcpu(Function::Getcpu, 0)]
#[harness::test(
    clause = [VDSO_CALL_DISPATCHED, VDSO_CALL_FALLBACK],
    catches = "an unreadable clock source that makes the vDSO call for coarse clocks too, or not for \
        exact ones",
    needs = [VDSO, DISPATCH, NO_VDSO_CLOCKSOURCE],
)]
fn the_clock_source_decides_what_is_dispatched(#[case] of: Function, #[case] signals: u64) {
    assert_eq!(dispatched(of), (signals, signals == 0));
}

/// The number of signals that a call of the function raises while calls are blocked, and whether the
/// function wrote.
fn dispatched(of: Function) -> (u64, bool) {
    let caller = Caller::new();
    let (vdso, function) = function(of.name());
    let args = of.args(&caller);
    let log = sigsys::handle();
    let armed = dispatch::arm(Region::NONE);
    log.on_entry(armed.selector().byte(), ALLOW);
    armed.blocked(|| caller.call_function(function, args));
    armed.off();
    if let Some(caught) = log.delivery(0) {
        assert_eq!(i64::from(caught.syscall()), of.number());
        assert!(vdso.holds(caught.call_addr()), "si_call_addr is not in the vDSO");
        assert_eq!(vdso.bytes_before(caught.call_addr()), [0x0f, 0x05]);
    }
    (log.count(), !(caller.first.is_untouched_but(0) && caller.second.is_untouched_but(0)))
}

#[harness::test(
    clause = VDSO_CALL_WITHOUT_ENTRY,
    catches = "gettimeofday of the vDSO with another time or zone than the kernel's, or with extra bytes \
        written",
    needs = [VDSO],
)]
fn gettimeofday_of_the_vdso_tells_the_time() {
    let caller = Caller::new();
    let (_, function) = function("__vdso_gettimeofday");
    let before = Moment::now();
    let back = caller.call_function(function, [caller.first.address(), caller.second.address()]);
    let after = Moment::now();
    let [seconds, microseconds] = [0, 1].map(|i| caller.first.word(i) as i64);
    assert_eq!(back.result() as i32, 0);
    let told = seconds * 1_000_000 + microseconds;
    assert!(
        (before.microseconds..=after.microseconds).contains(&told)
            && (0..1_000_000).contains(&microseconds),
        "the time lies outside the interval of the call"
    );
    assert_eq!(caller.second.word(0), fixtures::vsyscall::timezone(), "the zone");
    assert!(caller.first.is_untouched_but(16) && caller.second.is_untouched_but(8));
}

#[harness::test(
    clause = VDSO_CALL_WITHOUT_ENTRY,
    catches = "time of the vDSO that returns the seconds and does not store all 64 bits of them",
    needs = [VDSO],
)]
fn time_of_the_vdso_tells_the_second() {
    let caller = Caller::new();
    let (_, function) = function("__vdso_time");
    let before = Moment::now();
    let back = caller.call_function(function, [caller.first.address(), 0]);
    let after = Moment::now();
    assert!(
        (before.seconds..=after.seconds).contains(&back.result()),
        "the time lies outside the interval of the call"
    );
    assert_eq!(caller.first.word(0), back.result() as u64);
    assert!(caller.first.is_untouched_but(8));
}

#[harness::test(
    clause = VDSO_CALL_WITHOUT_ENTRY,
    catches = "getcpu of the vDSO that swaps CPU and node, or returns the CPU of an earlier time",
    needs = [VDSO],
)]
fn getcpu_of_the_vdso_tells_the_processor() {
    let caller = Caller::new();
    let (_, function) = function("__vdso_getcpu");
    for last in [false, true] {
        let cpu = Cpu::stay(last);
        let back =
            caller.call_function(function, [caller.first.address(), caller.second.address()]);
        let told = (caller.first.word32(0), caller.second.word32(0));
        assert_eq!((back.result() as i32, told), (0, (cpu.number, cpu.node)));
    }
}
