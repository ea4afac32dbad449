//! The signal trampolines of 32-bit programs lie in the vDSO and are exempt, wherever the region
//! lies.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::needs::{DISPATCH, PROGRAM32};
use fixtures::program32::{self, FINE, Way};
use rstest::rstest;
use sys::uapi::SIGSYS;

/// There is no region and the selector stays at BLOCK. SIGSYS is still blocked at the return, so
/// that a dispatched return would kill.
#[rstest]
#[case::rt_sigreturn(Way::Vdso)]
#[case::sigreturn(Way::VdsoPlain)]
#[harness::test(
    clause = DISPATCH_SIGRETURN_VDSO_EXEMPT,
    catches = "a sigreturn or rt_sigreturn of the 32-bit vDSO that is dispatched",
    needs = [DISPATCH, PROGRAM32],
)]
fn a_32_bit_handler_returns_through_the_vdso(#[case] way: Way) {
    assert_eq!(program32::run(way), WaitStatus::Exited(FINE));
}

#[rstest]
#[case::blocked(Way::Own, WaitStatus::KilledBy(SIGSYS))]
#[case::in_the_region(Way::OwnExempt, WaitStatus::Exited(FINE))]
#[case::allowed(Way::OwnAllowed, WaitStatus::Exited(FINE))]
#[harness::test(
    clause = [DISPATCH_SIGRETURN_VDSO_EXEMPT, DISPATCH_SIGRETURN_DISPATCHED_OUTSIDE_REGION],
    catches = "an exemption of every sigreturn instead of those in the vDSO",
    needs = [DISPATCH, PROGRAM32],
)]
fn a_32_bit_handlers_own_trampoline_is_not_exempt(#[case] way: Way, #[case] end: WaitStatus) {
    assert_eq!(program32::run(way), end);
}

#[harness::test(
    clause = DISPATCH_SIGRETURN_VDSO_EXEMPT,
    catches = "an exemption of the whole 32-bit vDSO instead of its signal trampolines",
    needs = [DISPATCH, PROGRAM32],
)]
fn a_call_through_the_32_bit_vdso_is_dispatched() {
    assert_eq!(program32::run(Way::VdsoCall), WaitStatus::Exited(FINE));
}
