//! Filters that deny every number there is, and one that returns a word of the call.

use crate::clauses::*;
use fixtures::child;
use fixtures::filter::{
    Action, Filter, JUMP_IF_EQUAL, LOAD, RETURN, RETURN_A, instruction, jump, made_by, number,
};
use fixtures::gadget::Gadget;
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::{Entry, WaitStatus, environment, memory};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    BPF_JGE, BPF_JMP, BPF_K, SIGSYS, SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group,
    SYS_getppid, SYS_rt_sigreturn,
};

/// More numbers than either table has.
const NUMBERS: u64 = 700;
/// The two numbers that filters are not asked about.
const URETPROBE: i64 = 335;
const UPROBE: i64 = 336;
/// Stored where every number was denied.
const ALL: u64 = u64::MAX;

/// The first number below [`NUMBERS`] that is executed although `filter` denies each but these.
fn first_executed(entry: Entry, filter: &Filter, allowed: &[i64]) -> u64 {
    let (gadget, found) = (Gadget::new(entry), &memory::shared(1)[0]);
    let end = child::fork(|| {
        filter.load();
        let executed = |nr: &u64| {
            let nr = *nr as i64;
            !allowed.contains(&nr) && gadget.call_args(nr, [usize::MAX; 6]) != -7
        };
        found.store((0..NUMBERS).find(executed).unwrap_or(ALL), SeqCst);
    });
    assert_eq!(end, WaitStatus::Exited(0));
    found.load(SeqCst)
}

#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, SECCOMP_DATA_NUMBER],
    catches = "a number at the edge of the table, or of a word of the action cache, that is allowed whatever the \
        filter says",
    needs = [SECCOMP_FILTER],
)]
fn every_number_can_be_denied() {
    let allowed = [SYS_exit_group, SYS_exit, SYS_rt_sigreturn, URETPROBE, UPROBE];
    let filter = allowed
        .into_iter()
        .fold(Filter::new(), |filter, nr| filter.when(number(nr), Action::Allow))
        .when(made_by(Entry::Syscall), Action::Errno(7));
    assert_eq!(first_executed(Entry::Syscall, &filter, &allowed), ALL);
}

#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, SECCOMP_DATA_NUMBER],
    catches = "a 32-bit number at the edge of the table, or of a word of the action cache, that is allowed whatever \
        the filter says",
    needs = [SECCOMP_FILTER, INT80],
)]
fn every_32_bit_number_can_be_denied() {
    let filter = Filter::only(made_by(Entry::Int80), Action::Errno(7));
    assert_eq!(first_executed(Entry::Int80, &filter, &[]), ALL);
}

/// The number, returned as it is, is the action KILL_THREAD, which is 0, with the number as its data.
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_THREAD, SECCOMP_DATA_NUMBER],
    catches = "an action cache that takes a result in the accumulator for ALLOW",
    needs = [SECCOMP_FILTER],
)]
fn a_number_that_is_returned_is_an_action() {
    let gadget = Gadget::syscall();
    let end = child::fork(|| {
        environment::disable_core_dump();
        Filter::raw(vec![
            instruction(LOAD, 0),
            jump(JUMP_IF_EQUAL, SYS_getppid as u32, 0, 1),
            instruction(RETURN_A, 0),
            instruction(RETURN, Action::Allow.value()),
        ])
        .load();
        gadget.call(SYS_getppid);
    });
    assert_eq!(end, WaitStatus::KilledBy(SIGSYS));
}

/// As a signed number, the ABI's is negative.
#[harness::test(
    clause = [SECCOMP_DATA_NUMBER, SECCOMP_ACTIONS_ERRNO],
    catches = "an action cache that compares with a sign",
    needs = [SECCOMP_FILTER],
)]
fn an_abi_is_compared_without_a_sign() {
    let gadget = Gadget::syscall();
    Filter::raw(vec![
        instruction(LOAD, 0),
        jump(JUMP_IF_EQUAL, SYS_getppid as u32, 0, 3),
        instruction(LOAD, 4),
        jump(BPF_JMP | BPF_JGE | BPF_K, 1, 0, 1),
        instruction(RETURN, Action::Errno(7).value()),
        instruction(RETURN, Action::Allow.value()),
    ])
    .load();
    assert_eq!(gadget.call(SYS_getppid), -7);
}

/// Executed, they would fail or end the process: no memory is at their addresses.
#[rstest]
#[case::rt_sigreturn(SYS_rt_sigreturn)]
#[case::execve(SYS_execve)]
#[case::execveat(SYS_execveat)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, SECCOMP_DATA_EVERY_CALL],
    catches = "a call that the filters are not asked about because of what it is",
    needs = [SECCOMP_FILTER],
)]
fn no_call_is_beyond_a_filter(#[case] nr: i64) {
    let (gadget, result) = (Gadget::syscall(), &memory::shared(1)[0]);
    let end = child::fork(|| {
        environment::disable_core_dump();
        Filter::only(number(nr), Action::Errno(7)).load();
        result.store(gadget.call_args(nr, [usize::MAX; 6]) as u64, SeqCst);
    });
    assert_eq!((end, result.load(SeqCst) as i64), (WaitStatus::Exited(0), -7));
}
