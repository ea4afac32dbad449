//! No field of a dispatched call's siginfo_t comes from a SIGSYS of another origin, nor the other
//! way.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::{DispatchedGadget, UNASSIGNED};
use fixtures::filter::{self, Action};
use fixtures::gadget::Place;
use fixtures::needs::{DISPATCH, INT80, SECCOMP_FILTER};
use fixtures::sigsys::{self, Stack};
use fixtures::{Delivery, Entry, SigAction};
use sys::uapi::{SIGSYS, SYS_SECCOMP, SYS_USER_DISPATCH};

/// Number that the filter traps.
const TRAPPED: i64 = 0x3ffe;
const DATA: u16 = 0x1234;

fn scene(entry: Entry) -> DispatchedGadget {
    Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    DispatchedGadget::with(fixtures::gadget::Gadget::new(entry), log)
}

/// signo, errno, code, padding, syscall, arch, and whether all bytes after the fields are zeros.
type Fields = (i32, i32, i32, u32, i32, u32, bool);

fn fields(caught: &Delivery) -> Fields {
    (
        caught.signo(),
        caught.errno(),
        caught.code(),
        caught.padding(),
        caught.syscall(),
        caught.arch(),
        caught.rest().iter().all(|word| *word == 0),
    )
}

fn dispatched(scene: &DispatchedGadget, nr: i64) {
    let caught = scene.delivery(nr as u64);
    let arch = scene.gadget.entry().audit_arch();
    assert_eq!(fields(&caught), (SIGSYS, 0, SYS_USER_DISPATCH, 0, nr as i32, arch, true));
    assert_eq!(scene.gadget.place(caught.call_addr()), Place::AFTER);
}

fn trapped(scene: &DispatchedGadget) {
    scene.log.clear();
    scene.gadget.call(TRAPPED);
    assert_eq!(scene.log.count(), 1, "the filter traps");
    let caught = scene.log.delivery(0).expect("the handler ran");
    let arch = scene.gadget.entry().audit_arch();
    let expected = (SIGSYS, i32::from(DATA), SYS_SECCOMP, 0, TRAPPED as i32, arch, true);
    assert_eq!(fields(&caught), expected);
}

fn sent(scene: &DispatchedGadget) {
    scene.log.clear();
    fixtures::child::raise(SIGSYS);
    assert_eq!(scene.log.count(), 1, "the signal arrives");
    let caught = scene.log.delivery(0).expect("the handler ran");
    assert_eq!((caught.signo(), caught.errno(), caught.code()), (SIGSYS, 0, 0));
    assert!(caught.sender() == fixtures::child::own_pid(), "si_pid is not the sender");
}

/// The trap's data is not zero, so that a stale value shows.
#[harness::test(
    clause = [
        DISPATCH_SIGINFO_ERRNO_ZERO,
        DISPATCH_SIGINFO_CODE,
        DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
    ],
    catches = "a filter's data left in the siginfo of the next dispatched call, or si_code left \
        for the next trap",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_trap_before_or_after_leaves_nothing_behind() {
    let scene = scene(Entry::Syscall);
    filter::load(TRAPPED as u32, Action::Trap(DATA));
    for _ in 0..3 {
        dispatched(&scene, UNASSIGNED);
        trapped(&scene);
        dispatched(&scene, TRAPPED);
        trapped(&scene);
    }
}

#[harness::test(
    clause = [DISPATCH_SIGINFO_ERRNO_ZERO, DISPATCH_SIGINFO_CODE, DISPATCH_NUMBER_INT80],
    catches = "an int 0x80 path that leaves a trap's data in the siginfo of the next dispatched \
        call",
    needs = [DISPATCH, SECCOMP_FILTER, INT80],
)]
fn a_32_bit_trap_before_or_after_leaves_nothing_behind() {
    let scene = scene(Entry::Int80);
    filter::load(TRAPPED as u32, Action::Trap(DATA));
    dispatched(&scene, UNASSIGNED);
    trapped(&scene);
    dispatched(&scene, TRAPPED);
    trapped(&scene);
}

#[harness::test(
    clause = [DISPATCH_SIGNAL_SENT_BY_PROCESS, DISPATCH_SIGINFO_CODE],
    catches = "a sender's fields left in a dispatched call's siginfo, or a call's fields in a sent \
        SIGSYS",
    needs = [DISPATCH],
)]
fn a_sent_sigsys_before_or_after_leaves_nothing_behind() {
    let scene = scene(Entry::Syscall);
    for _ in 0..3 {
        sent(&scene);
        dispatched(&scene, UNASSIGNED);
        dispatched(&scene, TRAPPED);
        sent(&scene);
    }
}

#[harness::test(
    clause = [DISPATCH_SIGNAL_SENT_BY_PROCESS, DISPATCH_SIGINFO_ERRNO_ZERO],
    catches = "a siginfo field kept from an earlier SIGSYS when dispatched, trapped and sent ones \
        alternate",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn three_kinds_of_sigsys_are_told_apart() {
    let scene = scene(Entry::Syscall);
    filter::load(TRAPPED as u32, Action::Trap(DATA));
    trapped(&scene);
    sent(&scene);
    dispatched(&scene, UNASSIGNED);
    sent(&scene);
    trapped(&scene);
    dispatched(&scene, UNASSIGNED);
}
