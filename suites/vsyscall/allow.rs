//! Vsyscalls without a filter that intercepts them: results, memory and registers are those of the
//! ordinary calls.

use super::outcome::{self, Outcome, Watch};
use crate::clauses::*;
use fixtures::filter::uapi::{SECCOMP_RET_ALLOW, SECCOMP_RET_LOG};
use fixtures::filter::{self, Action, Filter};
use fixtures::needs::{SECCOMP_FILTER, VSYSCALL};
use fixtures::vsyscall::{Caller, Moment, Vsyscall};
use fixtures::{PROGRAM_FLAGS, Reg, STATUS_FLAGS};
use rstest::rstest;

/// An address far inside the kernel's half.
const KERNEL: u64 = 0xffff_8000_0000_1000;

/// Both arguments point to memory with a pattern before and after the bytes that a call may write.
#[rstest]
#[harness::test(
    clause = [VSYSCALL_CALL_SAME_RESULT, VSYSCALL_MODE_EMULATED_BY_DEFAULT],
    catches = "an emulated call whose result is not the ordinary call's, or that writes too few or too \
        many bytes",
    needs = [VSYSCALL],
)]
fn a_vsyscall_gives_what_the_call_gives(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    assert_eq!(outcome::of_call(&Caller::new(), entry), Outcome::Ran);
}

#[harness::test(
    clause = VSYSCALL_CALL_SAME_RESULT,
    catches = "an emulation that works from a jump but not from a CALL instruction, as old programs have",
    needs = [VSYSCALL],
)]
fn an_ordinary_call_instruction_reaches_the_page() {
    let before = Moment::now();
    let seconds = Vsyscall::Time.call([0, 0]);
    assert!(
        (before.seconds..=Moment::now().seconds).contains(&seconds),
        "the time lies outside the interval of the call"
    );
}

#[harness::test(
    clause = VSYSCALL_CALL_SAME_RESULT,
    catches = "gettimeofday through the page that returns a cached time",
    needs = [VSYSCALL],
)]
fn each_vsyscall_tells_the_time_anew() {
    let caller = Caller::new();
    let told = |_| {
        caller.call(Vsyscall::Gettimeofday);
        let [seconds, microseconds] = [0, 1].map(|i| caller.first.word(i));
        let now = seconds * 1_000_000 + microseconds;
        while Moment::now().microseconds as u64 <= now {}
        now
    };
    let all: Vec<u64> = (0..5).map(told).collect();
    assert!(all.is_sorted_by(|earlier, later| earlier < later), "the time did not advance");
}

/// time(2) may be a tick behind gettimeofday(2).
#[harness::test(
    clause = VSYSCALL_CALL_SAME_RESULT,
    catches = "time and gettimeofday through the page that read different clocks",
    needs = [VSYSCALL],
)]
fn time_is_the_second_of_gettimeofday() {
    let caller = Caller::new();
    let second = || {
        caller.call(Vsyscall::Gettimeofday);
        caller.first.word(0) as i64
    };
    let before = second();
    let time = caller.call(Vsyscall::Time).result();
    let after = second();
    assert!((before - 1..=after).contains(&time), "time is off by a second or more");
}

#[rstest]
#[case::neither(false, false)]
#[case::the_time(true, false)]
#[case::the_zone(false, true)]
#[harness::test(
    clause = VSYSCALL_CALL_SAME_RESULT,
    catches = "gettimeofday through the page that faults on a null pointer, or then drops the other result",
    needs = [VSYSCALL],
)]
fn gettimeofday_leaves_out_what_is_null(#[case] time: bool, #[case] zone: bool) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let [first, second] = [caller.first, caller.second];
    let given = |wanted: bool, area: u64| if wanted { area } else { 0 };
    let args = [given(time, first.address()), given(zone, second.address())];
    let back = caller.call_args(Vsyscall::Gettimeofday, args);
    let after = Moment::now();
    assert_eq!((back.result(), back.popped(), caller.faults()), (0, 8, 0));
    assert_eq!(watch.is_time_of_day(first, after), time, "the time");
    assert_eq!(watch.is_timezone(second), zone, "the zone");
    assert!(first.is_untouched_but(if time { 16 } else { 0 }), "bytes around the time");
    assert!(second.is_untouched_but(if zone { 8 } else { 0 }), "bytes around the zone");
}

#[harness::test(
    clause = VSYSCALL_CALL_SAME_RESULT,
    catches = "time through the page that stores through a null pointer",
    needs = [VSYSCALL],
)]
fn time_returns_the_time_without_a_pointer() {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let back = caller.call_args(Vsyscall::Time, [0, caller.second.address()]);
    assert!(
        watch.are_seconds(back.result(), Moment::now()),
        "the time lies outside the interval of the call"
    );
    assert_eq!((back.popped(), caller.faults()), (8, 0));
    assert!(caller.second.is_untouched_but(0), "the second argument was written to");
}

#[rstest]
#[case::neither(false, false)]
#[case::the_processor(true, false)]
#[case::the_node(false, true)]
#[harness::test(
    clause = VSYSCALL_CALL_SAME_RESULT,
    catches = "getcpu through the page that faults on a null pointer, drops the other result, or swaps \
        the two",
    needs = [VSYSCALL],
)]
fn getcpu_leaves_out_what_is_null(#[case] number: bool, #[case] node: bool) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let [first, second] = [caller.first, caller.second];
    let given = |wanted: bool, area: u64| if wanted { area } else { 0 };
    let args = [given(number, first.address()), given(node, second.address())];
    let back = caller.call_args(Vsyscall::Getcpu, args);
    assert_eq!((back.result(), back.popped(), caller.faults()), (0, 8, 0));
    assert_eq!(first.word32(0) == watch.cpu().number, number, "the processor");
    assert_eq!(second.word32(0) == watch.cpu().node, node, "the node");
    assert!(first.is_untouched_but(if number { 4 } else { 0 }), "bytes around the processor");
    assert!(second.is_untouched_but(if node { 4 } else { 0 }), "bytes around the node");
}

/// With two or more CPUs the number changes.
#[harness::test(
    clause = VSYSCALL_CALL_SAME_RESULT,
    catches = "getcpu through the page with a stale CPU number after the thread has moved",
    needs = [VSYSCALL],
)]
fn getcpu_follows_the_thread() {
    let caller = Caller::new();
    for last in [false, true, false] {
        let watch = Watch::start_on(&caller, last);
        caller.call(Vsyscall::Getcpu);
        assert_eq!(watch.outcome(&caller, Vsyscall::Getcpu), Outcome::Ran, "last: {last}");
    }
}

#[rstest]
#[case::second_of_time(Vsyscall::Time, Reg::Rsi)]
#[case::third_of_time(Vsyscall::Time, Reg::Rdx)]
#[case::third_of_getcpu(Vsyscall::Getcpu, Reg::Rdx)]
#[case::third_of_gettimeofday(Vsyscall::Gettimeofday, Reg::Rdx)]
#[harness::test(
    clause = VSYSCALL_CALL_SAME_RESULT,
    catches = "an access check of registers that are no pointer arguments of the call",
    needs = [VSYSCALL],
)]
fn an_argument_without_a_use_is_not_looked_at(#[case] entry: Vsyscall, #[case] reg: Reg) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    caller.call_with(caller.registers(entry.address()).with(reg, KERNEL));
    assert_eq!(watch.outcome(&caller, entry), Outcome::Ran);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_REGISTERS,
    catches = "RCX or R11 overwritten, as SYSCALL would, or another register lost by the emulation",
    needs = [VSYSCALL],
)]
fn every_register_but_rax_is_kept(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let given = caller.registers(entry.address());
    let back = caller.call_with(given);
    assert_eq!(back.popped(), 8);
    // R14 and R15 hold stack pointers of the caller.
    for reg in Reg::VALUES.into_iter().filter(|reg| !matches!(reg, Reg::Rax | Reg::R14 | Reg::R15))
    {
        assert!(back.0[reg] == given[reg], "{reg:?} changed");
    }
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_REGISTERS,
    catches = "status flags cleared or replaced by those of the kernel's emulation",
    needs = [VSYSCALL],
)]
fn the_flags_are_kept(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(0, STATUS_FLAGS)] flags: u64,
) {
    let caller = Caller::new();
    let given = caller.registers(entry.address()).with(Reg::Flags, 0x202 | flags);
    let back = caller.call_with(given);
    assert_eq!(back.0[Reg::Flags] & PROGRAM_FLAGS, 0x202 | flags);
}

/// The filter kills for the numbers of the other two entries.
#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "ALLOW or LOG that skips the vsyscall, or a filter run with another entry's number",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_vsyscall_runs_where_a_filter_lets_it(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(SECCOMP_RET_ALLOW, SECCOMP_RET_LOG)] action: Action,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let others = entry.other();
    Filter::new()
        .when(filter::number(entry.number()), action)
        .when(filter::number(others.number()), Action::KillProcess)
        .when(filter::number(others.other().number()), Action::KillProcess)
        .load();
    caller.call(entry);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Ran);
}
