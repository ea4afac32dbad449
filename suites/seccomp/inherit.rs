//! Who is bound by a filter: the loader's children, threads and later programs, and nobody else.

use super::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Action, Filter, load, number};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::needs::{CLONE3, KILL_PROCESS_LOG, MAY_GAIN, NAMESPACES, SECCOMP_FILTER};
use fixtures::sigsys;
use fixtures::thread::spawn;
use fixtures::{Errno, WaitStatus};
use rstest::rstest;
use sys::uapi::ENOSYS;

/// Status of a task whose calls were refused as they should be.
const BOUND: i32 = 21;
/// Status of one whose calls were made.
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

/// The child is bound, its maker stays bound, and what the filter allows is allowed in both.
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
#[harness::test(clause = [NOW_INHERIT_FORK, NOW_INHERIT_THREAD], needs = [SECCOMP_FILTER])]
fn a_child_keeps_the_filter(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    assert_eq!(told(&gadget, flavour), WaitStatus::Exited(FREE), "before it is loaded");
    load(NR as u32, Action::Errno(7));
    for _ in 0..3 {
        assert_eq!(told(&gadget, flavour), WaitStatus::Exited(BOUND));
        assert_eq!(status(&gadget), BOUND, "the maker");
    }
}

/// A kernel whose clone3 copies a task by a way of its own and leaves the filters out.
#[rstest]
#[case::clone3(Flavour::Clone3)]
#[case::clone3_vm(Flavour::Clone3Vm)]
#[harness::test(clause = NOW_INHERIT_FORK, needs = [SECCOMP_FILTER, CLONE3])]
fn a_child_of_clone3_keeps_the_filter(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    load(NR as u32, Action::Errno(7));
    assert_eq!((told(&gadget, flavour), status(&gadget)), (WaitStatus::Exited(BOUND), BOUND));
}

/// A kernel that takes a new user or process-id namespace for a new start, free of filters.
#[rstest]
#[case::user(Flavour::NewUser)]
#[case::process_id(Flavour::NewPid)]
#[harness::test(clause = NOW_INHERIT_FORK, needs = [SECCOMP_FILTER, NAMESPACES])]
fn a_child_in_a_namespace_of_its_own_keeps_the_filter(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    load(NR as u32, Action::Errno(7));
    assert_eq!((told(&gadget, flavour), status(&gadget)), (WaitStatus::Exited(BOUND), BOUND));
}

/// Every action reaches the grandchild as it reaches the child.
#[rstest]
#[case::trap(Action::Trap(9), WaitStatus::Exited(1))]
#[case::errno(Action::Errno(7), WaitStatus::Exited(7))]
#[case::trace(Action::Trace(0), WaitStatus::Exited(38))]
#[case::kill_thread(Action::KillThread, WaitStatus::KilledBy(sigsys::SIGSYS))]
#[case::kill_process(Action::KillProcess, WaitStatus::KilledBy(sigsys::SIGSYS))]
#[harness::test(clause = NOW_INHERIT_FORK, needs = [KILL_PROCESS_LOG])]
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
    assert!(met, "the grandchild's end is another");
}

/// A kernel that drops the filter with the old program, on one of execve's ways: by path, by
/// descriptor, or by a script that names its interpreter.
#[rstest]
#[case::path(Program::execute)]
#[case::descriptor(Program::execute_fd)]
#[case::script(Program::execute_script)]
#[harness::test(clause = NOW_INHERIT_EXEC, needs = [SECCOMP_FILTER])]
fn a_program_keeps_the_filter(#[case] execute: fn(&Program) -> Errno) {
    let program = Program::new();
    // The helper finds ENOSYS for this number unless somebody interferes.
    for (errno, status) in [(38, helper::NATIVE), (7, helper::INTERCEPTED)] {
        let end = child::fork(|| {
            load(NR as u32, Action::Errno(errno));
            execute(&program);
            child::exit(1)
        });
        assert_eq!(end, WaitStatus::Exited(status), "{errno}");
    }
}

/// A kernel that hands the filter to children and to programs, and not to a child's new program.
#[harness::test(clause = [NOW_INHERIT_EXEC, NOW_INHERIT_FORK], needs = [SECCOMP_FILTER])]
fn a_spawned_program_keeps_the_filter() {
    let program = Program::new();
    assert_eq!(child::end_of(program.spawn()), WaitStatus::Exited(helper::NATIVE));
    load(NR as u32, Action::Errno(7));
    assert_eq!(child::end_of(program.spawn()), WaitStatus::Exited(helper::INTERCEPTED));
}

/// The filter was asked by the old program: the new one has the handler's default, and dies.
#[harness::test(clause = [NOW_INHERIT_EXEC, TRAP_SIGSYS], needs = [SECCOMP_FILTER])]
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

/// A kernel that takes the filter off at the start of execve, and does not put it back on failure.
#[harness::test(clause = NOW_INHERIT_EXEC, needs = [SECCOMP_FILTER])]
fn a_failed_execve_leaves_the_filter() {
    let gadget = Gadget::syscall();
    load(NR as u32, Action::Errno(7));
    assert_eq!((helper::execute_nothing(), status(&gadget)), (Errno::ENOENT, BOUND));
}

/// A child's filter is its own: the maker and the next child are as they were.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone_vm(Flavour::CloneVm)]
#[case::clone_thread(Flavour::CloneThread)]
#[harness::test(clause = [NOW_INHERIT_FORK, NOW_TSYNC_ALL], needs = [SECCOMP_FILTER])]
fn a_childs_filter_binds_nobody_else(#[case] flavour: Flavour) {
    let gadget = Gadget::syscall();
    let filter = Filter::only(number(NR), Action::Errno(7)).program();
    filter::no_new_privileges();
    let bound = child::start(flavour, || {
        // No allocation: the child may share its maker's memory.
        if filter::try_load_program(0, &filter).is_err() {
            return ODD;
        }
        status(&gadget)
    });
    assert_eq!((bound.end(), status(&gadget)), (WaitStatus::Exited(BOUND), FREE));
    assert_eq!(told(&gadget, flavour), WaitStatus::Exited(FREE), "the next child");
}

/// The maker's later filter does not reach a child that is there already.
#[harness::test(clause = [NOW_INHERIT_FORK, NOW_TSYNC_ALL], needs = [SECCOMP_FILTER])]
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

/// Both the child's own filter and the inherited one count.
#[harness::test(
    clause = [NOW_INHERIT_FORK, NOW_INSTALL_LAYERING, NOW_PREC_DATA_LATEST],
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

/// The no-new-privileges bit goes with it, and is not there without it.
#[harness::test(
    clause = [NOW_NNP_STICKY, NOW_INHERIT_FORK, NOW_INHERIT_THREAD],
    needs = [MAY_GAIN, SECCOMP_FILTER],
)]
fn no_new_privileges_is_inherited() {
    let has = || filter::has_no_new_privileges();
    let before = (has(), child::told(has));
    filter::no_new_privileges();
    let in_thread = std::thread::scope(|scope| spawn(scope, has).join().expect("it returns"));
    let after = (has(), child::told(has), in_thread);
    assert_eq!((before, after), ((false, false), (true, true, true)));
}
