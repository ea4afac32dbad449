//! Sizes: of all filters of a task together, and of the structures of notifications.

use crate::clauses::*;
use fixtures::Errno::{self, EFAULT, EINVAL, ENOMEM};
use fixtures::filter::{
    self, Action, Filter, Instruction, RETURN, instruction, no_new_privileges, number,
};
use fixtures::gadget::Gadget;
use fixtures::memory;
use fixtures::needs::{SECCOMP_FILTER, UNFILTERED, USER_NOTIF};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{ENOSYS, SECCOMP_GET_NOTIF_SIZES};

/// The most instructions of one program.
const LARGEST: usize = 4096;

/// A program of the largest size that allows every call.
fn largest() -> Vec<Instruction> {
    vec![instruction(RETURN, Action::Allow.value()); LARGEST]
}

/// How many such filters are taken, and how the next is refused.
fn load_until_refused(program: &[Instruction]) -> (usize, Result<usize, Errno>) {
    no_new_privileges();
    (0..1_000)
        .map(|count| (count, filter::try_load_program(0, program)))
        .find(|(_, answer)| *answer != Ok(0))
        .unwrap_or((1_000, Ok(0)))
}

/// Each filter counts its instructions and four more: seven of the largest are 28700, and eight are 32800.
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

/// The buffer's neighbours are not written.
#[harness::test(
    clause = SECCOMP_NOTIFY_SIZES,
    catches = "sizes in another order, of other widths, or of structures with members that no header has",
    needs = [USER_NOTIF],
)]
fn the_sizes_of_notifications_are_told() {
    let words = memory::shared(2);
    words[0].store(u64::MAX, SeqCst);
    words[1].store(u64::MAX, SeqCst);
    let address = words.as_ptr() as usize;
    assert_eq!(filter::seccomp(SECCOMP_GET_NOTIF_SIZES, 0, address), Ok(0));
    let found = [words[0].load(SeqCst), words[1].load(SeqCst)];
    assert_eq!(found, [80 | 24 << 16 | 64 << 32 | 0xffff << 48, u64::MAX]);
}

#[rstest]
#[case::flags(1, true, EINVAL)]
#[case::no_address(0, false, EFAULT)]
#[harness::test(
    clause = SECCOMP_NOTIFY_SIZES,
    catches = "SECCOMP_GET_NOTIF_SIZES that takes any flags, or writes nowhere and succeeds",
    needs = [USER_NOTIF],
)]
fn asking_for_the_sizes_takes_an_address_alone(
    #[case] flags: usize,
    #[case] address: bool,
    #[case] promised: Errno,
) {
    let words = memory::shared(1);
    let address = if address { words.as_ptr() as usize } else { 0 };
    assert_eq!(filter::seccomp(SECCOMP_GET_NOTIF_SIZES, flags, address), Err(promised));
    assert_eq!(words[0].load(SeqCst), 0);
}
