//! no_new_privs by the 32-bit prctl.

use crate::clauses::*;
use fixtures::abi32::Abi32;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, has_no_new_privileges};
use fixtures::needs::{FILTER_COUNT, INT80, MAY_GAIN, PROGRAM32};
use fixtures::proc::Task;
use fixtures::program32::OneCall;
use fixtures::{WaitStatus, memory};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{EINVAL, PR_GET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS};

fn set(abi: &Abi32, value: usize) -> i64 {
    abi.prctl([PR_SET_NO_NEW_PRIVS, value, 0, 0, 0])
}

fn get(abi: &Abi32) -> i64 {
    abi.prctl([PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0])
}

#[rstest]
#[case::zero(0)]
#[case::two(2)]
#[case::three(3)]
#[case::bit_31_and_1(1 << 31 | 1)]
#[case::all_ones(0xffff_ffff)]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_PERMANENT,
    catches = "a value other than 1 by which a 32-bit prctl sets no_new_privs, or clears it",
    needs = [MAY_GAIN, INT80],
)]
fn a_32_bit_prctl_takes_one_and_it_stays(#[case] value: usize) {
    let abi = Abi32::new();
    let told = || (get(&abi), has_no_new_privileges());
    assert_eq!((set(&abi, value), told()), (-EINVAL, (0, false)));
    assert_eq!((set(&abi, 1), told()), (0, (1, true)));
    assert_eq!((set(&abi, value), told()), (-EINVAL, (1, true)), "once set");
    assert_eq!((set(&abi, 1), told()), (0, (1, true)), "set twice");
}

#[rstest]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_ARGS,
    catches = "a 32-bit PR_SET_NO_NEW_PRIVS that leaves an argument unchecked, or sets the bit before it checks",
    needs = [MAY_GAIN, INT80],
)]
fn setting_by_a_32_bit_prctl_takes_no_other_argument(
    #[case] index: usize,
    #[values(1, 1 << 31, 0xffff_ffff)] value: usize,
) {
    let abi = Abi32::new();
    let mut args = [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0];
    args[index] = value;
    assert_eq!((abi.prctl(args), has_no_new_privileges()), (-EINVAL, false));
    args[index] = 0;
    assert_eq!((abi.prctl(args), has_no_new_privileges()), (0, true));
}

#[rstest]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_ARGS,
    catches = "a 32-bit PR_GET_NO_NEW_PRIVS that leaves an argument unchecked",
    needs = [INT80],
)]
fn asking_by_a_32_bit_prctl_takes_no_argument(
    #[case] index: usize,
    #[values(1, 1 << 31, 0xffff_ffff)] value: usize,
) {
    let abi = Abi32::new();
    let mut args = [PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0];
    args[index] = value;
    assert_eq!(abi.prctl(args), -EINVAL);
    args[index] = 0;
    filter::no_new_privileges();
    assert_eq!(abi.prctl(args), 1);
}

/// In the 64-bit ABI each of these registers would be refused.
#[rstest]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[harness::test(
    clause = [SECCOMP_PROC_NO_NEW_PRIVS_ARGS, DISPATCH_NUMBER_INT80],
    catches = "an argument of a 32-bit prctl that is looked at above its 32 bits",
    needs = [MAY_GAIN, INT80],
)]
fn the_upper_half_of_a_register_is_no_argument(#[case] index: usize) {
    const UPPER: usize = 0x5a5a_a5a5 << 32;
    let abi = Abi32::new();
    let mut args = [PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0];
    args[index] |= UPPER;
    assert_eq!(abi.prctl(args), 0);
    let mut args = [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0];
    args[index] |= UPPER;
    assert_eq!((abi.prctl(args), has_no_new_privileges()), (0, true));
}

/// The task sets the bit itself; its maker is asked before and afterwards.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone_vm(Flavour::CloneVm)]
#[case::clone_thread(Flavour::CloneThread)]
#[harness::test(
    clause = [SECCOMP_PROC_NO_NEW_PRIVS_PERMANENT, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "a bit that a 32-bit prctl sets for other tasks than its own",
    needs = [MAY_GAIN, INT80],
)]
fn the_bit_of_a_32_bit_prctl_is_the_calling_threads_alone(#[case] flavour: Flavour) {
    let abi = Abi32::new();
    let task = child::start(flavour, || {
        let set = set(&abi, 1);
        i32::from((set, get(&abi)) == (0, 1))
    });
    assert_eq!(task.end(), WaitStatus::Exited(1));
    assert_eq!((get(&abi), has_no_new_privileges()), (0, false));
    assert_eq!(Task::OwnThread.status().no_new_privileges, Some(0));
}

/// The program is a 32-bit one; its status file is read before its first instruction.
#[harness::test(
    clause = [SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "no_new_privs lost by a 32-bit program",
    needs = [MAY_GAIN, PROGRAM32, INT80, FILTER_COUNT],
)]
fn a_32_bit_program_keeps_the_bit() {
    let abi = Abi32::new();
    let words = memory::shared(1);
    let program = OneCall::Int80.trace(0, || words[0].store(set(&abi, 1) as u64, SeqCst));
    let status = Task::Process(program.pid).status();
    program.finish();
    assert_eq!((words[0].load(SeqCst), status.no_new_privileges), (0, Some(1)));
}
