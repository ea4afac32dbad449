//! The size of all filters of a task together.

use crate::clauses::*;
use fixtures::Errno::{self, ENOMEM};
use fixtures::filter::{
    self, Action, Filter, Instruction, RETURN, instruction, no_new_privileges, number,
};
use fixtures::gadget::Gadget;
use fixtures::needs::{SECCOMP_FILTER, UNFILTERED};
use sys::uapi::ENOSYS;

/// The most instructions of one program.
const LARGEST: usize = 4096;

/// A program of the largest size that allows every call.
fn largest() -> Vec<Instruction> {
    vec![instruction(RETURN, Action::Allow.value()); LARGEST]
}

/// How many such filters are taken, and how the next is refused.
pub(super) fn load_until_refused(program: &[Instruction]) -> (usize, Result<usize, Errno>) {
    no_new_privileges();
    (0..1_000)
        .map(|count| (count, filter::try_load_program(0, program)))
        .find(|(_, answer)| *answer != Ok(0))
        .unwrap_or((1_000, Ok(0)))
}

/// Each filter counts its instructions and four more: seven of the largest are 28696, and eight are 32796.
#[harness::test(
    clause = SECCOMP_INSTALL_TOTAL_SIZE,
    catches = "filters without a limit of their number, or a limit that one more small filter does not tell",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn all_filters_together_have_32768_instructions() {
    assert_eq!(load_until_refused(&largest()), (7, Err(ENOMEM)));
}

#[harness::test(
    clause = SECCOMP_INSTALL_TOTAL_SIZE,
    catches = "a filter that is refused for want of room and stays, takes others with it, or lets none be loaded any more",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn a_filter_without_room_changes_nothing() {
    let gadget = Gadget::syscall();
    filter::load(500, Action::Errno(7));
    let (taken, answer) = load_until_refused(&largest());
    assert_eq!((taken > 0, answer), (true, Err(ENOMEM)));
    let mut refused = Filter::only(number(501), Action::Errno(8)).program();
    refused.resize(LARGEST, instruction(RETURN, Action::Allow.value()));
    assert_eq!(filter::try_load_program(0, &refused), Err(ENOMEM));
    assert_eq!([500, 501, 502].map(|nr| gadget.call(nr)), [-7, -ENOSYS, -ENOSYS]);
    filter::load(502, Action::Errno(9));
    assert_eq!([500, 501, 502].map(|nr| gadget.call(nr)), [-7, -ENOSYS, -9]);
}
