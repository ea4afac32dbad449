//! What holds of an intercepted call whichever mechanism intercepts it: Syscall User Dispatch, or a
//! filter's SECCOMP_RET_TRAP. A claim is written once, as a table over the mechanisms; the promises that
//! it tests are each mechanism's own.
//!
//! ```text
//! #[rstest]
//! #[case::getpid(SYS_getpid)]
//! #[harness::test(
//!     catches = "a kernel that makes the call as well",
//!     dispatch(clause = DISPATCH_RESULT_NEVER_EXECUTED, needs = [DISPATCH]),
//!     trap(clause = SECCOMP_TRAP_NOT_EXECUTED, needs = [SECCOMP_FILTER]),
//! )]
//! fn an_intercepted_call_is_not_made(#[case] nr: i64, #[values(Dispatch, Trap)] by: impl Mechanism) {
//!     let scene = by.unassigned(Entry::Syscall, DATA);
//! ```
//!
//! Its cases are called `an_intercepted_call_is_not_made[getpid, dispatch]` and `[getpid, trap]`. A claim of one
//! mechanism is in that mechanism's suite, unless it is a row or a companion of a claim here.

mod effects;
mod frames;
mod handlers;
mod numbers;
mod places;
mod registers;
mod restart;
mod result;
mod siginfo;
