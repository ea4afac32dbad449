//! The arguments that a filter sees of calls by int 0x80, and of those whose number has the x32 bit.

use super::data::{REGISTERS, REGISTERS_32, Shown, VALUES};
use crate::clauses::*;
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::{Entry, Registers};
use rstest::rstest;
use sys::uapi::__X32_SYSCALL_BIT;

/// The other registers hold patterns.
#[rstest]
#[case::first(0)]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[case::sixth(5)]
#[harness::test(
    clause = [SECCOMP_DATA_ARGS, SECCOMP_DATA_ARGS_NOT_TRUNCATED, DISPATCH_NUMBER_INT80],
    catches = "an argument of int 0x80 that is cut to 32 bits or sign-extended before the filter reads it",
    needs = [SECCOMP_FILTER, INT80],
)]
fn every_bit_of_an_argument_of_int80_is_seen(#[case] index: u32) {
    let shown = Shown::argument(Entry::Int80, index);
    for value in VALUES {
        let registers = Registers::pattern().with(REGISTERS_32[index as usize], value);
        assert_eq!(shown.of(registers), value);
    }
}

/// The bit makes them calls of an ABI with narrow arguments, whose registers are those of the 64-bit ABI.
#[rstest]
#[case::first(0)]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[case::sixth(5)]
#[harness::test(
    clause = [SECCOMP_DATA_ARGS, SECCOMP_DATA_ARGS_NOT_TRUNCATED, SECCOMP_DATA_X32],
    catches = "an argument of a call with the x32 bit that is cut, sign-extended, or taken from another register",
    needs = [SECCOMP_FILTER],
)]
fn every_bit_of_an_argument_with_the_x32_bit_is_seen(#[case] index: u32) {
    let shown = Shown::argument_with(__X32_SYSCALL_BIT, Entry::Syscall, index);
    let pattern = Registers::pattern();
    assert_eq!(shown.of(pattern), pattern[REGISTERS[index as usize]]);
    for value in VALUES {
        let registers = pattern.with(REGISTERS[index as usize], value);
        assert_eq!(shown.of(registers), value);
    }
}
