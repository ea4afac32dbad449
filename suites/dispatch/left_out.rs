//! Kernels built without CONFIG_SYSCALL_USER_DISPATCH: prctl, ptrace and sysctl know nothing of it.

use crate::clauses::*;
use fixtures::Errno::EINVAL;
use fixtures::dispatch::{self, Args};
use fixtures::needs::{COMPILED_OUT, PTRACE};
use fixtures::selector::Selector;
use fixtures::sysctl;
use fixtures::tracee::{DISPATCH_SIZE, DispatchConfig, Tracee};
use rstest::rstest;
use sys::uapi::{PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG};

#[rstest]
#[case::off(Args::OFF)]
#[case::on(Args { selector: Selector::ordinary().address(), ..Args::ON })]
#[case::inclusive(Args { offset: 0x1000, length: 0x1000, ..Args::INCLUSIVE })]
#[harness::test(
    clause = DISPATCH_PRCTL_COMPILED_OUT,
    catches = "a prctl stub that accepts a mode, if only OFF, where dispatch is compiled out",
    needs = [COMPILED_OUT],
)]
fn every_mode_is_refused(#[case] args: Args) {
    assert_eq!(dispatch::prctl(args), Err(EINVAL));
}

#[rstest]
#[case::set(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG)]
#[case::get(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG)]
#[harness::test(
    clause = DISPATCH_PTRACE_COMPILED_OUT,
    catches = "ptrace requests answered with success where dispatch is compiled out, or refused \
        with another error",
    needs = [COMPILED_OUT, PTRACE],
)]
fn both_requests_are_refused(#[case] request: usize) {
    let off = DispatchConfig { mode: 0, selector: 0, offset: 0, length: 0 };
    let tracee = Tracee::start(|| 0);
    let answer = tracee.request(request, DISPATCH_SIZE, &raw const off as usize);
    tracee.finish();
    assert_eq!(answer, Err(EINVAL));
}

#[harness::test(
    clause = DISPATCH_SYSCTL_ABSENT_WITHOUT_DISPATCH,
    catches = "a sysctl that exists where dispatch is compiled out",
    needs = [COMPILED_OUT],
)]
fn there_is_no_switch() {
    assert!(sysctl::read().is_err_and(|error| error.contains("No such file")));
}
