//! Inheritance through fork, vfork, clone and execve that int 0x80 makes.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::abi32::{Abi32, place_program};
use fixtures::child::{self, Flavour};
use fixtures::environment::disable_core_dump;
use fixtures::filter::{self, Action, Filter, has_no_new_privileges, number};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::needs::{INT80, MAY_GAIN, SECCOMP_FILTER, STRICT_MODE, UNFILTERED};
use fixtures::proc::Task;
use rstest::rstest;
use sys::uapi::{EACCES, ENOENT, ENOSYS, SECCOMP_SET_MODE_FILTER, SIGCHLD, SIGKILL, unistd_32};

/// Exit status of a task whose calls the filter refuses.
const BOUND: i32 = 21;
/// Exit status of a task whose calls are executed.
const FREE: i32 = 22;
const ODD: i32 = 23;
const NO_CALL: i64 = -ENOSYS;

const NR: i64 = fixtures::call_outcome::UNASSIGNED;

/// What the calls of both ABIs come to.
fn status(gadgets: &[Gadget; 2]) -> i32 {
    match gadgets.map(|gadget| (gadget.call(NR), gadget.call(500))) {
        [(-7, NO_CALL), (-7, NO_CALL)] => BOUND,
        [(NO_CALL, NO_CALL), (NO_CALL, NO_CALL)] => FREE,
        _ => ODD,
    }
}

/// The filter is loaded by a call of either ABI.
#[rstest]
#[case::fork(Flavour::Fork32)]
#[case::vfork(Flavour::Vfork32)]
#[case::clone(Flavour::Clone32)]
#[case::clone_vm(Flavour::CloneVm32)]
#[case::clone_thread(Flavour::CloneThread32)]
#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_INHERIT_THREAD],
    catches = "a task that int 0x80 makes and that starts without filters, or whose maker loses them",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_task_made_by_int80_keeps_the_filter(
    #[case] flavour: Flavour,
    #[values(false, true)] by_int80: bool,
) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    let gadgets = [gadget, abi.gadget];
    let told = || child::start(flavour, || status(&gadgets)).end();
    assert_eq!(told(), WaitStatus::Exited(FREE), "before the filter is installed");
    let refuses = Filter::only(number(NR), Action::Errno(7));
    if by_int80 {
        filter::no_new_privileges();
        let program = place_program(&refuses.program());
        assert_eq!(abi.seccomp(SECCOMP_SET_MODE_FILTER, 0, program), 0);
    } else {
        refuses.load();
    }
    for _ in 0..3 {
        assert_eq!((told(), status(&gadgets)), (WaitStatus::Exited(BOUND), BOUND));
    }
}

/// The child's own filter is none of its maker's.
#[rstest]
#[case::fork(Flavour::Fork32)]
#[case::vfork(Flavour::Vfork32)]
#[case::clone_vm(Flavour::CloneVm32)]
#[case::clone_thread(Flavour::CloneThread32)]
#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_INHERIT_THREAD, SECCOMP_INSTALL_32_BIT],
    catches = "a filter that a task made by int 0x80 loads for its maker too",
    needs = [SECCOMP_FILTER, INT80],
)]
fn the_filter_of_a_task_made_by_int80_is_its_own(#[case] flavour: Flavour) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    let gadgets = [gadget, abi.gadget];
    filter::no_new_privileges();
    let program = place_program(&Filter::only(number(NR), Action::Errno(7)).program());
    let task = child::start(flavour, || match abi.seccomp(SECCOMP_SET_MODE_FILTER, 0, program) {
        0 => status(&gadgets),
        _ => ODD,
    });
    assert_eq!((task.end(), status(&gadgets)), (WaitStatus::Exited(BOUND), FREE));
}

#[rstest]
#[case::fork(Flavour::Fork32)]
#[case::vfork(Flavour::Vfork32)]
#[case::clone(Flavour::Clone32)]
#[case::clone_vm(Flavour::CloneVm32)]
#[case::clone_thread(Flavour::CloneThread32)]
#[harness::test(
    clause = SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED,
    catches = "no_new_privs lost by a task that int 0x80 makes, or set for one whose maker has it not",
    needs = [MAY_GAIN, INT80],
)]
fn a_task_made_by_int80_inherits_no_new_privileges(#[case] flavour: Flavour) {
    let told = || child::start(flavour, || i32::from(has_no_new_privileges())).end();
    assert_eq!(told(), WaitStatus::Exited(0), "without the bit");
    filter::no_new_privileges();
    assert_eq!(told(), WaitStatus::Exited(1), "with the bit");
    assert_eq!(Task::OwnThread.status().no_new_privileges, Some(1));
}

/// The call would make a task or a program where it is allowed.
#[rstest]
#[case::fork(unistd_32::SYS_fork)]
#[case::vfork(unistd_32::SYS_vfork)]
#[case::clone(unistd_32::SYS_clone)]
#[case::execve(unistd_32::SYS_execve)]
#[harness::test(
    clause = [SECCOMP_STRICT_INT80, SECCOMP_STRICT_OTHER_CALLS_KILL],
    catches = "a task or a program that a task in strict mode makes by int 0x80",
    needs = [UNFILTERED, STRICT_MODE, INT80],
)]
fn strict_mode_makes_no_task_by_int80(#[case] nr: i64) {
    let abi = Abi32::new();
    let end = child::fork(|| {
        disable_core_dump();
        filter::strict();
        abi.call(nr, [SIGCHLD as usize, 0, 0, 0, 0, 0]);
        child::exit_thread(FREE)
    });
    assert_eq!(end, WaitStatus::KilledBy(SIGKILL));
}

/// The program that is executed makes calls of the 64-bit ABI.
#[rstest]
#[case::without_a_filter(false, helper::NATIVE)]
#[case::with_a_filter(true, helper::INTERCEPTED)]
#[harness::test(
    clause = SECCOMP_INHERIT_EXECVE,
    catches = "a program that int 0x80 executes and that starts without filters",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_program_executed_by_int80_keeps_the_filter(#[case] filtered: bool, #[case] status: i32) {
    let (abi, program) = (Abi32::new(), Program::new());
    let child = child::start(Flavour::Fork32, || {
        if filtered {
            filter::load(NR as u32, Action::Errno(7));
        }
        program.execute_32(&abi);
        ODD
    });
    assert_eq!(child.end(), WaitStatus::Exited(status));
}

#[rstest]
#[case::nothing_there(c"/nonexistent/sigsys", ENOENT)]
#[case::a_folder(c"/", EACCES)]
#[harness::test(
    clause = SECCOMP_INHERIT_EXECVE,
    catches = "an execve by int 0x80 that fails and changes the filters all the same",
    needs = [SECCOMP_FILTER, INT80],
)]
fn an_execve_by_int80_that_fails_changes_nothing(
    #[case] path: &std::ffi::CStr,
    #[case] errno: i64,
) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::load(NR as u32, Action::Errno(7));
    let before = Task::OwnThread.status();
    assert_eq!(helper::execute_path_32(&abi, path), -errno);
    let after = (Task::OwnThread.status(), status(&[gadget, abi.gadget]));
    assert_eq!(after, (before, BOUND));
}
