//! The audit log has nothing of dispatch: not of a dispatched call, and not of a death.

use crate::clauses::*;
use fixtures::audit::AuditLog;
use fixtures::call_outcome::DispatchedGadget;
use fixtures::child::{self, Flavour};
use fixtures::dispatch::BLOCK;
use fixtures::environment::disable_core_dump;
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::needs::{AUDIT_LOG, DISPATCH};
use fixtures::{Entry, WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::SIGSYS;

const NUMBER: i64 = 500;

/// The child makes one call that a filter logs, and then the dispatched call.
#[rstest]
#[case::handled(BLOCK, true, WaitStatus::Exited(0))]
#[case::not_handled(BLOCK, false, WaitStatus::KilledBy(SIGSYS))]
#[case::bad_selector(7, true, WaitStatus::KilledBy(SIGSYS))]
#[harness::test(
    clause = DISPATCH_SIGNAL_NOT_LOGGED,
    catches = "a dispatched call, or the death that a bad selector brings, in the audit log",
    needs = [DISPATCH, AUDIT_LOG],
    serial,
)]
fn no_dispatched_call_is_logged(
    #[case] selector: u8,
    #[case] handled: bool,
    #[case] promised: WaitStatus,
) {
    let log = AuditLog::open();
    let child = child::start(Flavour::Fork, || {
        disable_core_dump();
        let scene = DispatchedGadget::new(Entry::Syscall);
        if !handled {
            sigsys::default();
        }
        filter::load(NUMBER as u32, Action::Log);
        Gadget::syscall().call(NUMBER);
        scene.armed.selected(selector, || scene.gadget.call(NUMBER));
        0
    });
    let pid = child.pid();
    assert_eq!(child.end(), promised);
    assert_eq!(log.records_of(pid).len(), 1, "records");
}
