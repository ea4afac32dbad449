//! What each filter counts besides its instructions.

use super::limits::load_until_refused;
use crate::clauses::*;
use fixtures::Errno::ENOMEM;
use fixtures::child;
use fixtures::filter::{self, Action, Instruction, LOAD, RETURN, instruction, try_load_program};
use fixtures::needs::{SECCOMP_FILTER, UNFILTERED};

/// 511 older filters of 60 instructions and four more are 32704, and the 512th has 60.
#[harness::test(
    clause = SECCOMP_INSTALL_TOTAL_SIZE,
    catches = "filters that count nothing, or more than four, besides their instructions",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn each_filter_counts_four_more_than_it_has() {
    let program = vec![instruction(RETURN, Action::Allow.value()); 60];
    assert_eq!(load_until_refused(&program), (512, Err(ENOMEM)));
}

/// A program of so many instructions that allows every call, and says so at once.
fn loads(length: usize) -> Vec<Instruction> {
    let mut program = vec![instruction(LOAD, 0); length];
    for end in [0, length - 1] {
        program[end] = instruction(RETURN, Action::Allow.value());
    }
    program
}

/// Eight older filters of 4000 instructions and four more are 32032: 736 are left, and not one more.
#[harness::test(
    clause = SECCOMP_INSTALL_TOTAL_SIZE,
    catches = "a limit of all instructions together that is one too high or too low",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn the_limit_is_exact() {
    filter::no_new_privileges();
    let older = loads(4000);
    let taken = (0..8).filter(|_| try_load_program(0, &older) == Ok(0)).count();
    let (mut fits, mut too_long) = (1, 4096);
    while too_long - fits > 1 {
        let length = usize::midpoint(fits, too_long);
        if child::told(|| try_load_program(0, &loads(length)) == Ok(0)) {
            fits = length;
        } else {
            too_long = length;
        }
    }
    assert_eq!((taken, fits), (8, 736));
}
