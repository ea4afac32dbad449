//! Inheritance of filters: by the children, threads and later programs of the installing task, and by
//! no other task.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Action, Filter, load, number};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::needs::{CLONE3, KILL_PROCESS_LOG, MAY_GAIN, NAMESPACES, SECCOMP_FILTER};
use fixtures::sigsys;
use fixtures::thread::spawn;
use fixtures::{Errno, WaitStatus};
use harness::SetUp;
use rstest::rstest;
use sys::uapi::ENOSYS;

/// Exit status of a task whose calls the filter refuses.
const BOUND: i32 = 21;
/// Exit status of a task whose calls are executed.
const FREE: i32 = 22;
const ODD: i32 = 23;
const NO_CALL: i64 = -ENOSYS;

const NR: i64 = UNASSIGNED;

fn status(gadget: &Gadget) -> i32 {
    match (gadget.call(NR), gadget.call(500)) {
        (-7, NO_CALL) => BOUND,
        (NO_CALL, NO_CALL) => FREE,
        _ => ODD,
    }
}

fn told(gadget: &Gadget, flavour: Flavour) -> WaitStatus {
    child::start(flavour, || status(gadget)).end()
}

#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone(Flavour::Clone)]
#[case::clone_vm(Flavour::CloneVm)]
#[case::clone_sighand(Flavour::CloneSighand)]
#[case::clone_thread(Flavour::CloneThread)]
#[case::clone_tid(Flavour::CloneTid)]
#[case::clone_vm_vfork(Flavour::CloneVmVfork)]
#[case::clone_vfork(Flavour::CloneVfork)]
#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_INHERIT_THREAD],
    catches = "a fork, vfork or clone variant whose child starts without filters, or that removes the \
        parent's",
    needs = [SECCOMP_FILTER],
)]
fn a_child_keeps_the_filter(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    assert_eq!(told(&gadget, flavour), WaitStatus::Exited(FREE), "before the filter is installed");
    load(NR as u32, Action::Errno(7));
    for _ in 0..3 {
        assert_eq!(told(&gadget, flavour), WaitStatus::Exited(BOUND));
        assert_eq!(status(&gadget), BOUND, "the parent");
    }
}

#[rstest]
#[case::clone3(Flavour::Clone3)]
#[case::clone3_vm(Flavour::Clone3Vm)]
#[harness::test(
    clause = SECCOMP_INHERIT_FORK,
    catches = "clone3 that copies the task on a path of its own and leaves the filters out",
    needs = [SECCOMP_FILTER, CLONE3],
)]
fn a_child_of_clone3_keeps_the_filter(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    load(NR as u32, Action::Errno(7));
    assert_eq!((told(&gadget, flavour), status(&gadget)), (WaitStatus::Exited(BOUND), BOUND));
}

/// None of these flags has to do with what the task calls.
#[rstest]
#[case::working_folder_shared(Flavour::CloneFs)]
#[case::semaphores_shared(Flavour::CloneSysvsem)]
#[case::files_shared(Flavour::CloneFiles)]
#[case::untraced(Flavour::CloneUntraced)]
#[case::end_unsignalled(Flavour::CloneUnsignalled)]
#[case::traced_with_its_maker(Flavour::ClonePtrace)]
#[case::handlers_cleared(Flavour::Clone3ClearSighand)]
#[harness::test(
    clause = SECCOMP_INHERIT_FORK,
    catches = "a flag of clone or clone3 that frees the new task of its filters",
    needs = [SECCOMP_FILTER, CLONE3],
)]
fn no_flag_of_clone_sheds_the_filter(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    load(NR as u32, Action::Errno(7));
    assert_eq!((told(&gadget, flavour), status(&gadget)), (WaitStatus::Exited(BOUND), BOUND));
}

/// CLONE_PARENT: the task is a child of its maker's parent, which has no filter.
#[harness::test(
    clause = SECCOMP_INHERIT_FORK,
    catches = "a task made with CLONE_PARENT that has its parent's filters and not its maker's",
    needs = [SECCOMP_FILTER],
)]
fn a_sibling_has_the_filters_of_its_maker() {
    let gadget = Gadget::syscall();
    let end = child::sibling(|| {
        load(NR as u32, Action::Errno(7));
        move || status(&gadget)
    });
    assert_eq!((end, status(&gadget)), (WaitStatus::Exited(BOUND), FREE));
}

/// The newest of three filters is the only one that intercepts this number.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone_vm(Flavour::CloneVm)]
#[case::clone_thread(Flavour::CloneThread)]
#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_INHERIT_THREAD, SECCOMP_INSTALL_LAYERING],
    catches = "a task that inherits some of the filters of its maker, and not the newest or the oldest",
    needs = [SECCOMP_FILTER],
)]
fn a_child_inherits_each_filter(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    for (nr, errno) in [(501, 1), (502, 2), (NR as u32, 7)] {
        load(nr, Action::Errno(errno));
    }
    let bound = || {
        let results = [501, 502, NR, 503].map(|nr| gadget.call(nr));
        if results == [-1, -2, -7, NO_CALL] { BOUND } else { ODD }
    };
    let end = child::start(flavour, bound).end();
    assert_eq!((end, bound()), (WaitStatus::Exited(BOUND), BOUND));
}

#[rstest]
#[case::user(Flavour::NewUser)]
#[case::process_id(Flavour::NewPid)]
#[harness::test(
    clause = SECCOMP_INHERIT_FORK,
    catches = "filters dropped from a child that enters a new user or PID namespace",
    needs = [SECCOMP_FILTER, NAMESPACES],
)]
fn a_child_in_a_namespace_of_its_own_keeps_the_filter(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    load(NR as u32, Action::Errno(7));
    assert_eq!((told(&gadget, flavour), status(&gadget)), (WaitStatus::Exited(BOUND), BOUND));
}

#[rstest]
#[case::trap(Action::Trap(9), WaitStatus::Exited(1))]
#[case::errno(Action::Errno(7), WaitStatus::Exited(7))]
#[case::trace(Action::Trace(0), WaitStatus::Exited(38))]
#[case::kill_thread(Action::KillThread, WaitStatus::KilledBy(sigsys::SIGSYS))]
#[case::kill_process(Action::KillProcess, WaitStatus::KilledBy(sigsys::SIGSYS))]
#[harness::test(
    clause = SECCOMP_INHERIT_FORK,
    catches = "an action, such as a trap or a kill, that a second fork loses or changes",
    needs = [KILL_PROCESS_LOG],
)]
fn a_grandchild_meets_the_same_action(#[case] action: Action, #[case] end: WaitStatus) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    load(NR as u32, action);
    let met = child::told(|| {
        let seen = child::fork(|| {
            fixtures::environment::disable_core_dump();
            let result = gadget.call(NR);
            child::exit(if log.count() == 1 { 1 } else { -result as i32 })
        });
        seen == end
    });
    assert!(met, "the grandchild ended otherwise");
}

#[rstest]
#[case::path(Program::execute)]
#[case::descriptor(Program::execute_fd)]
#[case::script(Program::execute_script)]
#[harness::test(
    clause = SECCOMP_INHERIT_EXECVE,
    catches = "execve by path, by descriptor or through a script's interpreter that drops the filters",
    needs = [SECCOMP_FILTER],
)]
fn a_program_keeps_the_filter(#[case] execute: fn(&Program) -> Errno) {
    let program = Program::new();
    // Some 5.10 kernels execute no descriptor at all from their first file system.
    let unfiltered = child::fork(|| {
        execute(&program);
        child::exit(1)
    });
    let is_executed = (unfiltered == WaitStatus::Exited(helper::NATIVE)).then_some(());
    is_executed.set_up("the helper is executed where there is no filter");
    // The helper expects ENOSYS for this number unless the call is intercepted.
    for (errno, status) in [(38, helper::NATIVE), (7, helper::INTERCEPTED)] {
        let end = child::fork(|| {
            load(NR as u32, Action::Errno(errno));
            execute(&program);
            child::exit(1)
        });
        assert_eq!(end, WaitStatus::Exited(status), "{errno}");
    }
}

#[harness::test(
    clause = [SECCOMP_INHERIT_EXECVE, SECCOMP_INHERIT_FORK],
    catches = "filters dropped when a child, rather than the installing task, executes a program",
    needs = [SECCOMP_FILTER],
)]
fn a_spawned_program_keeps_the_filter() {
    let program = Program::new();
    assert_eq!(child::end_of(program.spawn()), WaitStatus::Exited(helper::NATIVE));
    load(NR as u32, Action::Errno(7));
    assert_eq!(child::end_of(program.spawn()), WaitStatus::Exited(helper::INTERCEPTED));
}

#[harness::test(
    clause = [SECCOMP_INHERIT_EXECVE, SECCOMP_TRAP_SIGSYS],
    catches = "a new program under RET_TRAP whose SIGSYS does not kill, although execve reset the handler",
    needs = [SECCOMP_FILTER],
)]
fn a_program_meets_a_trap_without_its_handler() {
    let program = Program::new();
    sigsys::handle();
    let end = child::fork(|| {
        fixtures::environment::disable_core_dump();
        load(NR as u32, Action::Trap(1));
        program.execute();
        child::exit(1)
    });
    assert_eq!(end, WaitStatus::KilledBy(sigsys::SIGSYS));
}

#[harness::test(
    clause = SECCOMP_INHERIT_EXECVE,
    catches = "filters released at the start of execve and not restored when it fails",
    needs = [SECCOMP_FILTER],
)]
fn a_failed_execve_leaves_the_filter() {
    let gadget = Gadget::syscall();
    load(NR as u32, Action::Errno(7));
    assert_eq!((helper::execute_nothing(), status(&gadget)), (Errno::ENOENT, BOUND));
}

#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone_vm(Flavour::CloneVm)]
#[case::clone_thread(Flavour::CloneThread)]
#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_TSYNC_ALL_THREADS],
    catches = "a filter list shared with the child, so that a filter it installs also binds its parent",
    needs = [SECCOMP_FILTER],
)]
fn a_childs_filter_binds_nobody_else(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    let filter = Filter::only(number(NR), Action::Errno(7)).program();
    filter::no_new_privileges();
    let bound = child::start(flavour, || {
        // The child must not allocate: it may share its parent's memory.
        if filter::try_load_program(0, &filter).is_err() {
            return ODD;
        }
        status(&gadget)
    });
    assert_eq!((bound.end(), status(&gadget)), (WaitStatus::Exited(BOUND), FREE));
    assert_eq!(told(&gadget, flavour), WaitStatus::Exited(FREE), "the next child");
}

#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_TSYNC_ALL_THREADS],
    catches = "a parent's later filter that applies to a child forked before",
    needs = [SECCOMP_FILTER],
)]
fn a_later_filter_does_not_reach_a_child() {
    let gadget = Gadget::syscall();
    let steps = fixtures::thread::Steps::new();
    let early = child::start(Flavour::Fork, || {
        steps.wait_for(1);
        status(&gadget)
    });
    load(NR as u32, Action::Errno(7));
    steps.reach(1);
    assert_eq!((early.end(), status(&gadget)), (WaitStatus::Exited(FREE), BOUND));
}

#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_INSTALL_LAYERING, SECCOMP_PRECEDENCE_NEWEST_DATA],
    catches = "a child's first own filter that replaces the inherited list, or yields to older data",
    needs = [SECCOMP_FILTER],
)]
fn a_child_adds_to_what_it_inherits() {
    let gadget = Gadget::syscall();
    load(500, Action::Errno(1));
    load(501, Action::Errno(2));
    let added = child::told(|| {
        load(501, Action::Errno(3));
        load(502, Action::Errno(4));
        [500, 501, 502, 503].map(|nr| gadget.call(nr)) == [-1, -3, -4, -ENOSYS]
    });
    let own = [500, 501, 502, 503].map(|nr| gadget.call(nr));
    assert_eq!((added, own), (true, [-1, -2, -ENOSYS, -ENOSYS]));
}

#[harness::test(
    clause = [SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED, SECCOMP_INHERIT_FORK, SECCOMP_INHERIT_THREAD],
    catches = "no_new_privs lost at fork or at thread creation",
    needs = [MAY_GAIN, SECCOMP_FILTER],
)]
fn no_new_privileges_is_inherited() {
    let has = || filter::has_no_new_privileges();
    let before = (has(), child::told(has));
    filter::no_new_privileges();
    let in_thread =
        std::thread::scope(|scope| spawn(scope, has).join().expect("the thread returns"));
    let after = (has(), child::told(has), in_thread);
    assert_eq!((before, after), ((false, false), (true, true, true)));
}
