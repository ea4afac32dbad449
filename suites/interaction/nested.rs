//! A dispatched call in the handler of a trapped call, and the other way; both ABIs on one thread; both
//! mechanisms' SIGSYS in two threads at once.

use crate::clauses::*;
use fixtures::call_outcome::{DispatchedGadget, UNASSIGNED};
use fixtures::dispatch::BLOCK;
use fixtures::filter::{Action, load};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{DISPATCH, INT80, SECCOMP_FILTER};
use fixtures::thread::{Steps, spawn};
use fixtures::{Delivery, Entry, Log, Reg, SigAction, sigsys};
use rstest::rstest;
use sys::uapi::{SYS_SECCOMP, SYS_USER_DISPATCH};

const TRAPPED: i64 = UNASSIGNED - 1;
const DATA: u16 = 0x8765;

/// Code, error, number, ABI.
type Fields = (i32, i32, i64, u32);

fn fields(caught: &Delivery) -> Fields {
    (caught.code(), caught.errno(), i64::from(caught.syscall()), caught.arch())
}

const fn dispatched(nr: i64, entry: Entry) -> Fields {
    (SYS_USER_DISPATCH, 0, nr, entry.audit_arch())
}

fn trapped(nr: i64, entry: Entry) -> Fields {
    (SYS_SECCOMP, i32::from(DATA), nr, entry.audit_arch())
}

fn all(log: Log) -> Vec<Fields> {
    (0..log.count() as usize)
        .filter_map(|i| log.delivery(i))
        .map(|caught| fields(&caught))
        .collect()
}

/// Dispatch for one gadget, a filter that traps, an exempt gadget, and, with `nodefer`, a handler that
/// SIGSYS interrupts.
fn scene(nodefer: bool) -> (DispatchedGadget, Gadget) {
    let log = sigsys::handle_with(SigAction { nodefer, ..SigAction::PLAIN });
    let scene = DispatchedGadget::with(Gadget::syscall(), log);
    load(TRAPPED as u32, Action::Trap(DATA));
    (scene, Gadget::syscall())
}

#[harness::test(
    clause = [DISPATCH_SIGNAL_NESTED_NODEFER, DISPATCH_SIGINFO_ERRNO_ZERO, SECCOMP_TRAP_DATA],
    catches = "a kernel that runs no filter until a dispatched call is over, or leaves its fields in the inner signal",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_call_is_trapped_in_the_handler_of_a_dispatched_one() {
    let (scene, exempt) = scene(true);
    scene.log.nest(exempt.start(), TRAPPED, 1);
    let result = scene.call(UNASSIGNED);
    let expected = [dispatched(UNASSIGNED, Entry::Syscall), trapped(TRAPPED, Entry::Syscall)];
    assert_eq!(all(*scene.log), expected);
    assert_eq!((result, scene.log.nested_result()), (UNASSIGNED, TRAPPED));
    let inner = scene.log.delivery(1).expect("the handler wrote it down");
    assert_eq!(exempt.place(inner.call_addr()), Place::AFTER);
}

#[harness::test(
    clause = [DISPATCH_SIGNAL_NESTED_NODEFER, DISPATCH_SIGINFO_ERRNO_ZERO, SECCOMP_TRAP_DATA],
    catches = "a kernel that shows the outer trap's data in the dispatched call's siginfo",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_call_is_dispatched_in_the_handler_of_a_trapped_one() {
    let (scene, exempt) = scene(true);
    scene.log.nest(scene.gadget.start(), TRAPPED, 1);
    let result = scene.armed.blocked(|| exempt.call(TRAPPED));
    let expected = [trapped(TRAPPED, Entry::Syscall), dispatched(TRAPPED, Entry::Syscall)];
    assert_eq!(all(*scene.log), expected);
    assert_eq!((result, scene.log.nested_result()), (TRAPPED, TRAPPED));
    let inner = scene.log.delivery(1).expect("the handler wrote it down");
    assert_eq!(scene.gadget.place(inner.call_addr()), Place::AFTER);
}

/// Without SA_NODEFER the signal is blocked in its own handler, whichever mechanism sends it.
#[rstest]
#[case::trapped_in_dispatched(false)]
#[case::dispatched_in_trapped(true)]
#[harness::test(
    clause = DISPATCH_SIGNAL_NESTED,
    catches = "a kernel that delivers the other mechanism's SIGSYS while the signal is blocked",
    needs = [DISPATCH, SECCOMP_FILTER],
    ends = KilledBy(SIGSYS),
)]
fn the_other_kind_in_the_handler_kills(#[case] trapped_first: bool) {
    let (scene, exempt) = scene(false);
    let (outer, inner) =
        if trapped_first { (exempt, scene.gadget) } else { (scene.gadget, exempt) };
    scene.log.nest(inner.start(), TRAPPED, 1);
    scene.armed.select(BLOCK);
    harness::expect_death();
    outer.call(TRAPPED);
}

/// Every pair of mechanism and ABI after every other, on one thread and with one handler.
#[harness::test(
    clause = [
        DISPATCH_SIGINFO_ARCH,
        DISPATCH_SIGINFO_SYSCALL,
        SECCOMP_TRAP_ARCH,
        DISPATCH_NUMBER_INT80,
    ],
    catches = "a kernel that keeps a siginfo field of another ABI's or mechanism's call",
    needs = [DISPATCH, SECCOMP_FILTER, INT80],
)]
fn both_abis_and_both_kinds_alternate() {
    let log = sigsys::handle();
    // Made before the scene's, so that it is not exempt either.
    let int80 = Gadget::int80();
    let scene = DispatchedGadget::with(Gadget::syscall(), log);
    load(TRAPPED as u32, Action::Trap(DATA));
    let kinds = [false, true].map(|block| [(block, scene.gadget), (block, int80)]).concat();
    for one in &kinds {
        for other in &kinds {
            log.clear();
            for (block, gadget) in [one, other] {
                let byte = u8::from(*block);
                let result = scene.armed.selected(byte, || gadget.call(TRAPPED));
                assert_eq!(result, TRAPPED);
            }
            let expected = [one, other].map(|(block, gadget)| {
                let kind = if *block { dispatched } else { trapped };
                kind(TRAPPED, gadget.entry())
            });
            assert_eq!(all(log), expected);
        }
    }
}

#[harness::test(
    clause = DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
    catches = "a kernel that returns the result that a handler stored for the other mechanism's call",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn each_kind_keeps_its_own_result() {
    let (scene, exempt) = scene(false);
    scene.log.set(Reg::Rax, 77);
    scene.log.times(1);
    let stored = scene.call(UNASSIGNED);
    let left = exempt.call(TRAPPED);
    scene.log.clear();
    let stored_too = exempt.call(TRAPPED);
    let left_too = scene.call(UNASSIGNED);
    assert_eq!([stored, left, stored_too, left_too], [77, TRAPPED, 77, UNASSIGNED]);
}

/// Each thread makes many calls.
#[harness::test(
    clause = [DISPATCH_SCOPE_THREADS_INDEPENDENT, DISPATCH_SIGINFO_ERRNO_ZERO, SECCOMP_TRAP_DATA],
    catches = "a kernel that mixes up the signals of an armed and a filtered thread",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn both_kinds_in_two_threads_at_once() {
    const ROUNDS: usize = 200;
    sigsys::handle();
    let steps = Steps::new();
    let rounds = |log: Log, expected: Fields, call: &dyn Fn() -> i64| {
        steps.arrive();
        steps.wait_for(2);
        (0..ROUNDS)
            .filter(|_| {
                log.clear();
                call() == expected.2 && all(log) == [expected]
            })
            .count()
    };
    let (armed, filtered) = std::thread::scope(|scope| {
        let armed = spawn(scope, || {
            let scene = DispatchedGadget::with(Gadget::syscall(), sigsys::attach_log());
            let expected = dispatched(TRAPPED, Entry::Syscall);
            rounds(*scene.log, expected, &|| scene.armed.blocked(|| scene.gadget.call(TRAPPED)))
        });
        let log = sigsys::attach_log();
        load(TRAPPED as u32, Action::Trap(DATA));
        let gadget = Gadget::syscall();
        let filtered = rounds(log, trapped(TRAPPED, Entry::Syscall), &|| gadget.call(TRAPPED));
        (armed.join().expect("the thread returns"), filtered)
    });
    assert_eq!([armed, filtered], [ROUNDS; 2]);
}
