//! A region that begins at address 0.

use crate::clauses::*;
use fixtures::address::user_end;
use fixtures::call_outcome::{CallOutcome, SelfAllowingHandler};
use fixtures::dispatch::{ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::DISPATCH;

/// The handler stores ALLOW, so that a kernel that dispatches too much is seen to do so.
#[harness::test(
    clause = [DISPATCH_REGION_ARGS, DISPATCH_REGION_ALWAYS_ALLOWED],
    catches = "a region at offset 0 taken for none, or a length that is not stored",
    needs = [DISPATCH],
)]
fn a_region_may_begin_at_0() {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    for (length, outcome) in [
        (gadget.after() + 1, CallOutcome::Native),
        (gadget.after(), CallOutcome::Dispatched),
        (user_end(), CallOutcome::Native),
        (1, CallOutcome::Dispatched),
        (u64::MAX, CallOutcome::Native),
    ] {
        assert_eq!(toggle.outcome_in(ON, Region { offset: 0, length }, &gadget), outcome);
    }
}
