//! no_new_privs: the bit that a filter takes from who has no privilege.

use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::environment;
use fixtures::filter::has_no_new_privileges;
use fixtures::gadget::Gadget;
use fixtures::needs::{CLONE3, FILTER_COUNT, MAY_GAIN, NAMESPACES, ROOT, SET_USER_ID};
use fixtures::proc::Task;
use fixtures::set_user_id::{self, Gains};
use fixtures::thread::Steps;
use fixtures::{WaitStatus, filter};
use rstest::rstest;
use sys::uapi::{EINVAL, PR_GET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS, SYS_prctl};

#[rstest]
#[case::zero(0)]
#[case::two(2)]
#[case::three(3)]
#[case::one_above_32_bits(1 << 32 | 1)]
#[case::all_ones(usize::MAX)]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_PERMANENT,
    catches = "a value other than 1 that sets no_new_privs, or that clears it",
    needs = [MAY_GAIN],
)]
fn it_takes_one_and_stays(#[case] value: usize) {
    let gadget = Gadget::syscall();
    let set = |value| gadget.call_args(SYS_prctl, [PR_SET_NO_NEW_PRIVS, value, 0, 0, 0, 0]);
    assert_eq!((set(value), has_no_new_privileges()), (-EINVAL, false));
    assert_eq!((set(1), has_no_new_privileges()), (0, true));
    assert_eq!((set(value), has_no_new_privileges()), (-EINVAL, true), "once set");
    assert_eq!((set(1), has_no_new_privileges()), (0, true), "set twice");
}

/// The sixth argument register is none of the call's.
#[rstest]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_ARGS,
    catches = "PR_SET_NO_NEW_PRIVS that leaves an argument unchecked, checks its lower half alone, or sets the \
        bit before it checks",
    needs = [MAY_GAIN],
)]
fn setting_takes_no_other_argument(
    #[case] index: usize,
    #[values(1, 1 << 32, usize::MAX)] value: usize,
) {
    let gadget = Gadget::syscall();
    let mut args = [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 77];
    args[index] = value;
    assert_eq!((gadget.call_args(SYS_prctl, args), has_no_new_privileges()), (-EINVAL, false));
    args[index] = 0;
    assert_eq!((gadget.call_args(SYS_prctl, args), has_no_new_privileges()), (0, true));
}

#[rstest]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_ARGS,
    catches = "PR_GET_NO_NEW_PRIVS that leaves an argument unchecked",
)]
fn asking_takes_no_argument(#[case] index: usize, #[values(1, 1 << 32, usize::MAX)] value: usize) {
    let gadget = Gadget::syscall();
    let mut args = [PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 77];
    args[index] = value;
    assert_eq!(gadget.call_args(SYS_prctl, args), -EINVAL);
    args[index] = 0;
    filter::no_new_privileges();
    assert_eq!(gadget.call_args(SYS_prctl, args), 1);
}

/// The task sets the bit itself; its maker is asked before, meanwhile and afterwards.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone_vm(Flavour::CloneVm)]
#[case::clone_sighand(Flavour::CloneSighand)]
#[case::clone_thread(Flavour::CloneThread)]
#[harness::test(
    clause = [SECCOMP_PROC_NO_NEW_PRIVS_PERMANENT, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "a bit of the process, of the memory or of the signal handlers in place of the thread's",
    needs = [MAY_GAIN],
)]
fn it_is_the_calling_threads_alone(#[case] flavour: Flavour) {
    let had = has_no_new_privileges();
    let task = child::start(flavour, || {
        filter::no_new_privileges();
        i32::from(has_no_new_privileges())
    });
    assert_eq!(task.end(), WaitStatus::Exited(1));
    assert_eq!((had, has_no_new_privileges()), (false, false));
    assert_eq!(Task::OwnThread.status().no_new_privileges, Some(0));
}

/// The same child is made before the bit is set and afterwards.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone(Flavour::Clone)]
#[case::clone_vm(Flavour::CloneVm)]
#[case::clone_sighand(Flavour::CloneSighand)]
#[case::clone_thread(Flavour::CloneThread)]
#[case::clone_vm_vfork(Flavour::CloneVmVfork)]
#[case::clone_vfork(Flavour::CloneVfork)]
#[case::clone_files(Flavour::CloneFiles)]
#[case::clone3(Flavour::Clone3)]
#[case::clone3_vm(Flavour::Clone3Vm)]
#[harness::test(
    clause = SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED,
    catches = "no_new_privs lost by a task that is made in one of these ways, or set for a task whose maker has it not",
    needs = [MAY_GAIN, CLONE3],
)]
fn a_task_of_any_kind_inherits_it(#[case] flavour: Flavour) {
    assert_eq!(told(flavour), (WaitStatus::Exited(0), Some(0)), "without the bit");
    filter::no_new_privileges();
    assert_eq!(told(flavour), (WaitStatus::Exited(1), Some(1)), "with the bit");
}

#[rstest]
#[case::user(Flavour::NewUser)]
#[case::process_ids(Flavour::NewPid)]
#[harness::test(
    clause = SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED,
    catches = "no_new_privs lost by a task in a user or PID namespace of its own",
    needs = [MAY_GAIN, NAMESPACES],
)]
fn a_task_in_a_namespace_of_its_own_inherits_it(#[case] flavour: Flavour) {
    assert_eq!(told(flavour), (WaitStatus::Exited(0), Some(0)), "without the bit");
    filter::no_new_privileges();
    assert_eq!(told(flavour), (WaitStatus::Exited(1), Some(1)), "with the bit");
}

/// What a task of this flavour, and its maker afterwards, have.
fn told(flavour: Flavour) -> (WaitStatus, Option<u32>) {
    let end = child::start(flavour, || i32::from(has_no_new_privileges())).end();
    (end, Task::OwnThread.status().no_new_privileges)
}

/// A thread sets the bit, and every other thread is asked through /proc.
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS,
    catches = "a status file that tells the leader's bit, or the reader's, of every thread",
    needs = [MAY_GAIN, FILTER_COUNT],
)]
fn the_status_file_is_of_one_thread() {
    let steps = Steps::new();
    let pid = child::own_pid();
    let thread = child::start(Flavour::CloneThread, move || {
        filter::no_new_privileges();
        steps.reach(1);
        steps.wait_for(2);
        0
    });
    let tid = thread.pid();
    steps.wait_for(1);
    let bits = [Task::Own, Task::OwnThread, Task::Process(pid), Task::Thread(pid, pid)]
        .map(|task| task.status().no_new_privileges);
    let of_thread = Task::Thread(pid, tid).status().no_new_privileges;
    steps.reach(2);
    thread.end();
    assert_eq!((bits, of_thread), ([Some(0); 4], Some(1)));
}

/// The program belongs to root, and another user runs it; without the bit it gains root's id.
#[rstest]
#[case::user(Gains::User)]
#[case::group(Gains::Group)]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_EXEC,
    catches = "an execve that gives privileges in spite of no_new_privs, or that never gives any",
    needs = [MAY_GAIN, ROOT, SET_USER_ID],
)]
fn a_program_gains_nothing(#[case] gains: Gains, #[values(false, true)] no_new_privileges: bool) {
    let end = set_user_id::run(gains, no_new_privileges);
    let promised = if no_new_privileges { 65_534 & 0xff } else { 0 };
    assert_eq!(end, Ok(WaitStatus::Exited(promised)));
}

/// The bit is set as root, and takes no privilege that the thread has.
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_EXEC,
    catches = "a bit that drops the privileges that its thread has already",
    needs = [MAY_GAIN, ROOT],
)]
fn it_takes_no_privilege_away() {
    filter::no_new_privileges();
    assert_eq!(environment::effective_user(), 0);
    let told = child::told(|| {
        environment::become_nobody();
        environment::effective_user() == 65_534
    });
    assert!(told, "root cannot become another user any more");
}
