//! Filters of a task that needs no no_new_privs, and capabilities that the bit keeps away.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::environment;
use fixtures::filter::{self, Action, Filter, has_no_new_privileges, number};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::needs::{FILTER_COUNT, MAY_GAIN, ROOT, SECCOMP_FILTER};
use fixtures::proc::{Status, Task};
use fixtures::thread::spawn;
use fixtures::{Errno, WaitStatus};
use rstest::rstest;
use sys::uapi::{PR_SET_NO_NEW_PRIVS, SYS_prctl};

const BIT: i32 = 1;
const NOT_BOUND: i32 = 2;

/// What a task lacks: 0 where it has a filter and not the bit.
fn odd(gadget: &Gadget) -> i32 {
    let bit = if has_no_new_privileges() { BIT } else { 0 };
    let free = if gadget.call(UNASSIGNED) == -7 { 0 } else { NOT_BOUND };
    bit | free
}

/// The filter is loaded with CAP_SYS_ADMIN.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone_vm(Flavour::CloneVm)]
#[case::thread(Flavour::CloneThread)]
#[harness::test(
    clause = [SECCOMP_INSTALL_NO_NEW_PRIVS_OR_CAPABILITY, SECCOMP_INHERIT_FORK, SECCOMP_INHERIT_THREAD],
    catches = "a filter that sets no_new_privs for its task or for the tasks that inherit it",
    needs = [MAY_GAIN, SECCOMP_FILTER, ROOT],
)]
fn a_filter_brings_no_bit(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    assert_eq!(Filter::only(number(UNASSIGNED), Action::Errno(7)).try_load(0), Ok(0));
    assert_eq!(child::start(flavour, || odd(&gadget)).end(), WaitStatus::Exited(0));
    assert_eq!(odd(&gadget), 0, "the task that loaded the filter");
}

/// Root's program gets every capability, also where root gave them up before; with the bit it gets none.
#[rstest]
#[case::without(false, helper::CAPABLE)]
#[case::with(true, helper::NOT_CAPABLE)]
#[harness::test(
    clause = SECCOMP_PROC_NO_NEW_PRIVS_EXEC,
    catches = "an execve by root that gives capabilities back in spite of no_new_privs",
    needs = [MAY_GAIN, ROOT],
)]
fn roots_program_gets_no_capability_back(#[case] no_new_privileges: bool, #[case] status: i32) {
    let program = Program::new();
    let end = child::fork(|| {
        environment::drop_capabilities();
        if no_new_privileges {
            filter::no_new_privileges();
        }
        program.execute_as(helper::CAPABILITIES);
        child::exit(1)
    });
    assert_eq!(end, WaitStatus::Exited(status));
}

/// The maker has three filters, and a task that it makes has as many by /proc.
#[harness::test(
    clause = [SECCOMP_PROC_FILTERS, SECCOMP_INHERIT_FORK, SECCOMP_INHERIT_THREAD],
    catches = "a new task that is told to have no filters, or fewer than its maker",
    needs = [SECCOMP_FILTER, FILTER_COUNT],
)]
fn a_new_task_has_its_makers_count() {
    let promised = Status::filtered(1, 3);
    for nr in 500..503 {
        filter::load(nr, Action::Errno(7));
    }
    let thread = std::thread::scope(|scope| {
        spawn(scope, || Task::OwnThread.status()).join().expect("the thread returns")
    });
    assert_eq!(thread, promised, "a thread");
    assert!(child::told(|| Task::Own.status() == promised), "a child");
    assert!(child::told(|| child::told(|| Task::Own.status() == promised)), "a child of a child");
    filter::load(503, Action::Errno(7));
    assert!(child::told(|| Task::Own.status() == Status::filtered(1, 4)), "after another filter");
}

/// The task has no capability, and the bit is there to be set by it.
#[harness::test(
    clause = [SECCOMP_PROC_NO_NEW_PRIVS, SECCOMP_INSTALL_NO_NEW_PRIVS_OR_CAPABILITY],
    catches = "a bit that only a privileged task may set, or that does not let a task without privileges load a \
        filter",
    needs = [MAY_GAIN, SECCOMP_FILTER],
)]
fn the_bit_takes_no_privilege() {
    environment::drop_capabilities();
    let refuses = Filter::only(number(UNASSIGNED), Action::Errno(7));
    assert_eq!(refuses.try_load(0), Err(Errno::EACCES), "without the bit");
    let set = Gadget::syscall().call_args(SYS_prctl, [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0]);
    assert_eq!((set, has_no_new_privileges()), (0, true));
    assert_eq!(refuses.try_load(0), Ok(0), "with the bit");
}

/// The length is looked at first, then the program's address, and the privilege last.
#[harness::test(
    clause = SECCOMP_INSTALL_NO_NEW_PRIVS_OR_CAPABILITY,
    catches = "an install that asks for privileges before it looks at the program's length",
    needs = [MAY_GAIN, SECCOMP_FILTER],
)]
fn an_empty_program_is_einval_without_privilege() {
    environment::drop_capabilities();
    assert_eq!(filter::try_load_program(0, &[]), Err(Errno::EINVAL));
    assert_eq!(Filter::new().try_load(0), Err(Errno::EACCES));
}
