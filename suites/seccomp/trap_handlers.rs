//! The handler of a trapped call's SIGSYS: installed in every way, or not at all.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::sigsys::{self, Stack};
use fixtures::trapped::TrappedGadget;
use fixtures::{Entry, Log, SigAction, WaitStatus, bit, child, environment};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSYS};

/// Status of a child that the trapped calls did not end.
const SURVIVED: i32 = 7;
const DATA: u16 = 9;
const KILLED: WaitStatus = WaitStatus::KilledBy(SIGSYS);

/// A child that makes `calls` trapped calls after `prepare`; the log is seen from here too.
fn child_with(entry: Entry, log: Log, calls: usize, prepare: impl FnOnce()) -> (WaitStatus, u64) {
    let end = child::fork(|| {
        environment::disable_core_dump();
        let scene = TrappedGadget::with(Gadget::new(entry), log);
        Filter::only(number(UNASSIGNED), Action::Trap(DATA)).load();
        prepare();
        for _ in 0..calls {
            scene.call(UNASSIGNED);
        }
        child::exit(SURVIVED)
    });
    (end, log.count())
}

fn ignore_and_block() {
    sigsys::ignore();
    sigsys::block();
}

/// The twin of the deaths below.
#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_FORCED_SIGNAL],
    needs = [SECCOMP_FILTER],
)]
fn a_process_that_handles_sigsys_lives_on() {
    let log = sigsys::handle();
    assert_eq!(child_with(Entry::Syscall, log, 2, || ()), (WaitStatus::Exited(SURVIVED), 2));
}

/// A kernel that sends the signal without forcing it: it waits or is lost, and the call returns.
#[rstest]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[case::ignored_and_blocked(ignore_and_block)]
#[harness::test(clause = SECCOMP_TRAP_FORCED_SIGNAL, needs = [SECCOMP_FILTER])]
fn a_signal_that_cannot_be_delivered_kills(#[case] prepare: fn()) {
    let log = sigsys::handle();
    assert_eq!(child_with(Entry::Syscall, log, 1, prepare), (KILLED, 0));
}

/// A kernel that forces the signal at SYSCALL, and for int 0x80 sends one that can be held off.
#[rstest]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[harness::test(clause = SECCOMP_TRAP_FORCED_SIGNAL, needs = [SECCOMP_FILTER, INT80])]
fn a_signal_of_int80_that_cannot_be_delivered_kills(#[case] prepare: fn()) {
    let log = sigsys::handle();
    assert_eq!(child_with(Entry::Int80, log, 1, prepare), (KILLED, 0));
}

/// A kernel that ignores SIGSYS by default, or runs a handler that was taken away before.
#[harness::test(clause = SECCOMP_TRAP_SIGSYS, needs = [SECCOMP_FILTER])]
fn the_default_of_sigsys_kills() {
    let log = sigsys::handle();
    assert_eq!(child_with(Entry::Syscall, log, 1, sigsys::default), (KILLED, 0));
}

/// The mask holds every other signal; SIGSYS alone would kill.
#[harness::test(clause = SECCOMP_TRAP_FORCED_SIGNAL, needs = [SECCOMP_FILTER])]
fn blocking_every_other_signal_kills_nobody() {
    let log = sigsys::handle();
    let end = child_with(Entry::Syscall, log, 2, || sigsys::set_mask(!bit(SIGSYS)));
    assert_eq!(end, (WaitStatus::Exited(SURVIVED), 2));
}

/// The data bits are no permission and no signal.
#[rstest]
#[case::zero(0)]
#[case::signal_number(31)]
#[case::all_ones(0xffff)]
#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_FORCED_SIGNAL],
    needs = [SECCOMP_FILTER],
)]
fn the_death_is_by_sigsys_whatever_the_data(#[case] data: u16) {
    let end = child::fork(|| {
        environment::disable_core_dump();
        sigsys::default();
        Filter::only(number(UNASSIGNED), Action::Trap(data)).load();
        Gadget::syscall().call(UNASSIGNED);
        child::exit(SURVIVED)
    });
    assert_eq!(end, KILLED);
}

/// The process dies before the call could be made: the parent looks at what they share.
#[rstest]
#[case::default(sigsys::default)]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[harness::test(
    clause = [SECCOMP_TRAP_NOT_EXECUTED, SECCOMP_TRAP_FORCED_SIGNAL],
    needs = [SECCOMP_FILTER],
)]
fn a_deadly_trap_makes_no_call(#[case] prepare: fn()) {
    let deed = ObservableCall::write();
    let end = child::fork(|| {
        environment::disable_core_dump();
        prepare();
        let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
        prepare();
        scene.gadget.call_args(deed.nr, deed.args);
        child::exit(SURVIVED)
    });
    assert_eq!((end, deed.took_effect()), (KILLED, false));
}

/// A filter reads no disposition: calls that it allows are made whatever SIGSYS does.
#[rstest]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[case::default(sigsys::default)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_ALLOW, SECCOMP_TRAP_FORCED_SIGNAL],
    needs = [SECCOMP_FILTER],
)]
fn an_allowed_call_cares_for_no_disposition(#[case] prepare: fn()) {
    let scene = TrappedGadget::number(Entry::Syscall, 500, DATA);
    prepare();
    assert_eq!((scene.gadget.call(UNASSIGNED), scene.log.count()), (-ENOSYS, 0));
}

/// A SIGSYS of a process waits behind the mask. It is not taken for the trapped call's, which cannot
/// wait.
#[rstest]
#[case::a_trapped_call(1, KILLED)]
#[case::none(0, WaitStatus::Exited(SURVIVED))]
#[harness::test(
    clause = [SECCOMP_TRAP_FORCED_SIGNAL, DISPATCH_SIGNAL_SENT_BY_PROCESS],
    needs = [SECCOMP_FILTER],
)]
fn a_pending_sigsys_does_not_save_a_process_that_blocks_it(
    #[case] calls: usize,
    #[case] end: WaitStatus,
) {
    let log = sigsys::handle();
    let seen = child_with(Entry::Syscall, log, calls, || {
        sigsys::block();
        child::raise(SIGSYS);
    });
    assert_eq!(seen, (end, 0));
}

/// Two signals that wait already, blocked, stay blocked and pending: the trap's comes first and alone.
#[harness::test(clause = SECCOMP_TRAP_SIGSYS, needs = [SECCOMP_FILTER])]
fn other_blocked_signals_stay_pending() {
    let others = bit(10) | bit(34);
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, DATA);
    sigsys::set_mask(others);
    child::raise(10);
    child::raise(34);
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!((caught.errno(), caught.mask()), (i32::from(DATA), others));
    assert_eq!(fixtures::observable_call::pending(), others);
}

/// A kernel that forgets SA_RESETHAND when it forces a signal, or resets before it delivers.
#[rstest]
#[case::first(1, WaitStatus::Exited(SURVIVED))]
#[case::second(2, KILLED)]
#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_FORCED_SIGNAL],
    needs = [SECCOMP_FILTER],
)]
fn a_handler_for_one_delivery_serves_one_call(#[case] calls: usize, #[case] end: WaitStatus) {
    let log = sigsys::handle_with(SigAction { once: true, ..SigAction::PLAIN });
    assert_eq!(child_with(Entry::Syscall, log, calls, || ()), (end, 1));
}

/// SIGSYS is blocked while its handler runs.
#[harness::test(clause = SECCOMP_TRAP_NESTED, needs = [SECCOMP_FILTER])]
fn a_trapped_call_in_the_handler_kills() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    log.nest(gadget.start(), UNASSIGNED, 1);
    assert_eq!(child_with(Entry::Syscall, log, 1, || ()), (KILLED, 1));
}

/// The twin: the handler makes a call that the filter allows.
#[harness::test(clause = [SECCOMP_TRAP_NESTED, SECCOMP_ACTIONS_ALLOW], needs = [SECCOMP_FILTER])]
fn an_allowed_call_in_the_handler_is_made() {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, DATA);
    scene.log.nest(scene.gadget.start(), 39, 1);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (UNASSIGNED, 1));
    assert!(child::is_own_pid(scene.log.nested_result()), "the call was not made");
}

/// Handlers within handlers, each with the state of the one around it, on either kind of stack.
#[rstest]
#[case::one(1, false)]
#[case::two(2, false)]
#[case::five(5, false)]
#[case::on_an_alternate_stack(3, true)]
#[harness::test(clause = SECCOMP_TRAP_NESTED, needs = [SECCOMP_FILTER])]
fn handlers_nest_where_sigsys_is_not_deferred(#[case] nested: u64, #[case] on_stack: bool) {
    let stack = Stack::alternate();
    let mask = bit(10) | bit(34);
    let log = sigsys::handle_with(SigAction { nodefer: true, on_stack, mask, ..SigAction::PLAIN });
    let scene = TrappedGadget::with(Gadget::syscall(), log);
    Filter::new()
        .when(number(UNASSIGNED), Action::Trap(1))
        .when(number(500), Action::Trap(2))
        .load();
    log.nest(scene.gadget.start(), 500, nested);
    assert_eq!(scene.call(UNASSIGNED), UNASSIGNED);
    assert_eq!((log.count(), log.nested_result()), (nested + 1, 500));
    let mut above = u64::MAX;
    for index in 0..=nested as usize {
        let caught = log.delivery(index).expect("the handler ran");
        let (nr, data, blocked) =
            if index == 0 { (UNASSIGNED as i32, 1, 0) } else { (500, 2, mask) };
        let seen = (caught.syscall(), caught.errno(), caught.code(), caught.mask());
        assert_eq!(seen, (nr, data, 1, blocked), "{index}");
        assert_eq!(stack.holds(caught.handler_stack()), on_stack);
        assert!(caught.handler_stack() < above, "a nested handler runs below the one around it");
        above = caught.handler_stack();
    }
    assert_eq!(sigsys::mask(), 0);
}

/// What `sa_mask` holds is blocked in the handler: SIGSYS among it kills in spite of SA_NODEFER.
#[rstest]
#[case::with_it(bit(SIGSYS), KILLED, 1)]
#[case::without_it(bit(10), WaitStatus::Exited(SURVIVED), 2)]
#[harness::test(clause = SECCOMP_TRAP_NESTED, needs = [SECCOMP_FILTER])]
fn the_handlers_mask_holds_for_a_nested_call(
    #[case] mask: u64,
    #[case] end: WaitStatus,
    #[case] count: u64,
) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle_with(SigAction { nodefer: true, mask, ..SigAction::PLAIN });
    log.nest(gadget.start(), UNASSIGNED, 1);
    assert_eq!(child_with(Entry::Syscall, log, 1, || ()), (end, count));
}

/// A kernel that delivers a trap twice or not at all, or keeps the handler's mask when it returns.
#[rstest]
#[case::plain(SigAction::PLAIN)]
#[case::restart(SigAction { restart: true, ..SigAction::PLAIN })]
#[case::nodefer(SigAction { nodefer: true, ..SigAction::PLAIN })]
#[case::everything_masked(SigAction { mask: u64::MAX, ..SigAction::PLAIN })]
#[harness::test(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_ACTIONS_ALLOW], needs = [SECCOMP_FILTER])]
fn one_call_is_one_delivery(#[case] how: SigAction) {
    let scene = TrappedGadget::with(Gadget::syscall(), sigsys::handle_with(how));
    Filter::only(number(500), Action::Trap(DATA)).load();
    for round in 1..=300 {
        assert_eq!((scene.call(500), scene.log.count()), (500, round));
        assert_eq!((scene.gadget.call(UNASSIGNED), scene.log.count()), (-ENOSYS, round));
    }
    assert_eq!(sigsys::mask(), 0);
}

/// Forced delivery may reset a handler; it must not where the handler could run.
#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_FORCED_SIGNAL],
    needs = [SECCOMP_FILTER],
)]
fn the_disposition_stays_as_it_was() {
    let how = SigAction { restart: true, mask: bit(10), ..SigAction::PLAIN };
    let scene = TrappedGadget::every_number_with(Entry::Syscall, DATA, sigsys::handle_with(how));
    let before = sigsys::action(SIGSYS);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (UNASSIGNED, 1));
    assert_eq!(sigsys::action(SIGSYS), before);
    assert_ne!(before[0], 0, "a handler is installed");
}
