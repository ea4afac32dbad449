//! The init of a PID namespace, which no ordinary signal kills.

use crate::clauses::*;
use fixtures::call_outcome::{self, CallOutcome};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, BLOCK};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, NAMESPACES};
use fixtures::selector::Selector;
use fixtures::sigsys::{self};
use fixtures::{WaitStatus, environment};
use rstest::rstest;
use sys::uapi::{SIGSEGV, SIGSYS};

/// The wait status of an init that makes one call with `value` in the selector; `prepare` sets the
/// disposition of SIGSYS.
fn end_of_init(selector: Selector, value: u8, prepare: fn()) -> WaitStatus {
    let gadget = Gadget::syscall();
    let init = child::start(Flavour::NewPid, || {
        environment::disable_core_dump();
        prepare();
        let armed = dispatch::arm_with(gadget.everything_else(), selector);
        let log = sigsys::attach_log();
        armed.selected(value, || call_outcome::of_call(&gadget, log)).exit_status()
    });
    init.end()
}

/// This is the control for the deaths below.
#[harness::test(
    clause = DISPATCH_SCOPE_SELECTIVE,
    catches = "a SIGSYS that kills the init of a PID namespace although the init handles it",
    needs = [DISPATCH, NAMESPACES],
)]
fn an_init_can_handle_its_dispatched_calls() {
    let end = end_of_init(Selector::ordinary(), BLOCK, || drop_log(sigsys::handle()));
    assert_eq!(call_outcome::from_exit_status(end), Ok(CallOutcome::Dispatched));
}

#[rstest]
#[case::default(sigsys::default as fn())]
#[case::ignored(sigsys::ignore)]
#[case::blocked(sigsys::block)]
#[harness::test(
    clause = [DISPATCH_SIGNAL_BLOCKED, DISPATCH_SIGNAL_IGNORED],
    catches = "a SIGSYS of a dispatched call that an init survives because SIGNAL_UNKILLABLE is \
        left set",
    needs = [DISPATCH, NAMESPACES],
)]
fn a_dispatched_call_that_is_not_handled_kills_an_init(#[case] prepare: fn()) {
    assert_eq!(end_of_init(Selector::ordinary(), BLOCK, prepare), WaitStatus::KilledBy(SIGSYS));
}

#[rstest]
#[case::default(sigsys::default as fn())]
#[case::handled(|| drop_log(sigsys::handle()))]
#[harness::test(
    clause = DISPATCH_SELECTOR_BAD_VALUE_KILLS,
    catches = "an invalid selector value that is answered with an ordinary SIGSYS, which an init \
        does not take",
    needs = [DISPATCH, NAMESPACES],
)]
fn an_unexpected_value_kills_an_init(#[case] prepare: fn()) {
    assert_eq!(end_of_init(Selector::ordinary(), 2, prepare), WaitStatus::KilledBy(SIGSYS));
}

#[harness::test(
    clause = DISPATCH_SELECTOR_UNREADABLE,
    catches = "a SIGSEGV for an unreadable selector that is not forced, so that an init survives \
        it",
    needs = [DISPATCH, NAMESPACES],
)]
fn an_unreadable_selector_kills_an_init() {
    let end = end_of_init(Selector::unreadable(), BLOCK, sigsys::default);
    assert_eq!(end, WaitStatus::KilledBy(SIGSEGV));
}

/// Only the handler is needed; the init reads the log that [`sigsys::attach_log`] makes.
fn drop_log(_: fixtures::Log) {}
