//! `PR_SYS_DISPATCH_OFF`: turning dispatch off, and what that call refuses.

use super::clauses::*;
use fixtures::Errno::EINVAL;
use fixtures::dispatch::{self, Args};
use fixtures::needs::DISPATCH;
use fixtures::selector::Selector;
use rstest::rstest;

/// Each row sets one field; the second call differs in that field alone, so that field is what the
/// kernel refused.
#[rstest]
#[case::offset(Args { offset: 1, ..Args::OFF })]
#[case::length(Args { length: 1, ..Args::OFF })]
#[case::selector(Args { selector: Selector::ordinary().address(), ..Args::OFF })]
#[harness::test(clause = OP_OFF_ARGS_ZERO, needs = [DISPATCH])]
fn off_refuses_a_non_zero_field(#[case] args: Args) {
    assert_eq!(dispatch::prctl(args), Err(EINVAL));
    assert_eq!(dispatch::prctl(Args::OFF), Ok(()));
}
