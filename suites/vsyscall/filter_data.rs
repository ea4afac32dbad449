//! What a filter reads of a vsyscall from struct seccomp_data.

use crate::clauses::*;
use fixtures::filter::{self, Action, Filter, When, Word};
use fixtures::needs::{SECCOMP_FILTER, VSYSCALL};
use fixtures::vsyscall::{Caller, Vsyscall};
use fixtures::{Entry, Reg, Registers};
use rstest::rstest;

const SHOWN: u16 = 11;
const NOT_SHOWN: u16 = 12;

/// Makes a call of `entry` with these registers; the result says whether the filter read what `when`
/// names.
fn answer(caller: &Caller, entry: Vsyscall, registers: Registers, when: When) -> i64 {
    Filter::new()
        .when(filter::number(entry.number()).and(when), Action::Errno(SHOWN))
        .when(filter::number(entry.number()), Action::Errno(NOT_SHOWN))
        .when(filter::number(entry.other().number()), Action::Errno(NOT_SHOWN))
        .load();
    caller.call_with(registers).result()
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_DATA,
    catches = "nr of a vsyscall missing, or that of another entry",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn the_number_is_that_of_the_call(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let registers = caller.registers(entry.address());
    assert_eq!(answer(&caller, entry, registers, filter::any()), -i64::from(SHOWN));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_DATA,
    catches = "arch of a vsyscall left 0 or AUDIT_ARCH_I386, because no instruction made the call",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn the_abi_is_x86_64(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let registers = caller.registers(entry.address());
    let when = filter::made_by(Entry::Syscall);
    assert_eq!(answer(&caller, entry, registers, when), -i64::from(SHOWN));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_DATA,
    catches = "instruction_pointer of a vsyscall that is the caller's address, or cut to 32 bits",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn the_instruction_pointer_is_the_entry(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let registers = caller.registers(entry.address());
    let when = filter::instruction_pointer(entry.address() as u64);
    assert_eq!(answer(&caller, entry, registers, when), -i64::from(SHOWN));
}

#[rstest]
#[case::first(0, Reg::Rdi)]
#[case::second(1, Reg::Rsi)]
#[case::third(2, Reg::Rdx)]
#[case::fourth(3, Reg::R10)]
#[case::fifth(4, Reg::R8)]
#[case::sixth(5, Reg::R9)]
#[harness::test(
    clause = VSYSCALL_FILTER_DATA,
    catches = "args of a vsyscall left 0 beyond those that the call uses, or taken from other registers",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn each_argument_is_the_callers_register(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] index: u32,
    #[case] reg: Reg,
) {
    let caller = Caller::new();
    let registers = caller.registers(entry.address());
    let when = filter::argument(index, registers[reg]);
    assert_eq!(answer(&caller, entry, registers, when), -i64::from(SHOWN));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_DATA,
    catches = "a buffer of the kernel's own shown to the filter in place of a null pointer",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_null_argument_is_shown_as_null(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let registers = caller.registers(entry.address()).with(Reg::Rdi, 0).with(Reg::Rsi, 0);
    let when = filter::argument(0, 0).and(filter::argument(1, 0));
    assert_eq!(answer(&caller, entry, registers, when), -i64::from(SHOWN));
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_FILTER_DATA, VSYSCALL_FILTER_OBEYED],
    catches = "a vsyscall that a filter cannot tell from the ordinary call by instruction_pointer",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_filter_can_deny_the_page_alone(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let gadget = fixtures::gadget::Gadget::syscall();
    Filter::only(Word::IP_HIGH.is(0xffff_ffff), Action::Errno(SHOWN)).load();
    let ordinary = gadget.call_args(entry.number(), [0; 6]);
    let page = caller.call(entry).result();
    assert_eq!((ordinary >= 0, page), (true, -i64::from(SHOWN)));
}
