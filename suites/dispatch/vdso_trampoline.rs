//! The trampoline of 32-bit programs lies in the vDSO, and is exempt by itself.

use super::clauses::*;
use fixtures::WaitStatus;
use fixtures::needs::{DISPATCH, PROGRAM32};
use fixtures::program32::{self, FINE, Way};
use rstest::rstest;
use sys::uapi::SIGSYS;

/// No region, the selector left at BLOCK: with SIGSYS still blocked, a dispatched return would kill.
#[rstest]
#[case::rt_sigreturn(Way::Vdso)]
#[case::sigreturn(Way::VdsoPlain)]
#[harness::test(clause = NOW_SIGRETURN_VDSO_EXEMPT, needs = [DISPATCH, PROGRAM32])]
fn a_32_bit_handler_returns_through_the_vdso(#[case] way: Way) {
    assert_eq!(program32::run(way), WaitStatus::Exited(FINE));
}

/// The same return from code of the program's own is a call like any other.
#[rstest]
#[case::blocked(Way::Own, WaitStatus::KilledBy(SIGSYS))]
#[case::in_the_region(Way::OwnExempt, WaitStatus::Exited(FINE))]
#[case::allowed(Way::OwnAllowed, WaitStatus::Exited(FINE))]
#[harness::test(
    clause = [NOW_SIGRETURN_VDSO_EXEMPT, NOW_SIGRETURN_OTHERWISE_NESTED],
    needs = [DISPATCH, PROGRAM32],
)]
fn a_32_bit_handlers_own_trampoline_is_not_exempt(#[case] way: Way, #[case] end: WaitStatus) {
    assert_eq!(program32::run(way), end);
}

/// It is the trampoline that is exempt, not the vDSO: its entry point for calls is not.
#[harness::test(clause = NOW_SIGRETURN_VDSO_EXEMPT, needs = [DISPATCH, PROGRAM32])]
fn a_call_through_the_32_bit_vdso_is_dispatched() {
    assert_eq!(program32::run(Way::VdsoCall), WaitStatus::Exited(FINE));
}
