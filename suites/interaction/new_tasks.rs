//! What a new task begins with whose maker has a filter, no_new_privs and dispatch: the first two, and not the third.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Child, Flavour};
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::needs::{CLONE3, DISPATCH, NAMESPACES, PTRACE, ROOT, SECCOMP_FILTER};
use fixtures::selector::Selector;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Log, WaitStatus, environment, sigsys};
use rstest::rstest;
use sys::uapi::{ENOSYS, PTRACE_O_TRACECLONE, PTRACE_O_TRACEFORK, PTRACE_O_TRACEVFORK, SIGSTOP};

const NR: i64 = UNASSIGNED;
/// Exit status of a task that has what it is to have.
const RIGHT: i32 = 21;
/// Exit status of a maker whose task has not.
const WRONG_TASK: i32 = 22;
/// Exit status of a maker that has not itself what it had.
const WRONG_MAKER: i32 = 23;

/// What becomes of a call in the new task: it is not dispatched, and the filter refuses it.
fn new_task(gadget: &Gadget, log: Log) -> i32 {
    let found = (gadget.call(NR), log.count(), filter::has_no_new_privileges());
    if found == (-7, 0, true) { RIGHT } else { WRONG_TASK }
}

/// Loads a filter, turns dispatch on, has a task made while the selector blocks, and tells how it and its maker are.
fn make(task: impl FnOnce(&Gadget, Log) -> Child) -> i32 {
    environment::disable_core_dump();
    let (gadget, log) = (Gadget::syscall(), sigsys::handle());
    filter::load(NR as u32, Action::Errno(7));
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::ordinary());
    armed.select(BLOCK);
    let end = task(&gadget, log).end();
    let dispatched = (gadget.call(NR), log.count());
    armed.select(ALLOW);
    let refused = (gadget.call(NR), gadget.call(500), log.count());
    armed.off();
    if (dispatched, refused) != ((NR, 1), (-7, -ENOSYS, 1)) {
        WRONG_MAKER
    } else if end == WaitStatus::Exited(RIGHT) {
        RIGHT
    } else {
        WRONG_TASK
    }
}

/// The task may outlive the closure that starts it, on the memory of its maker.
fn make_by(flavour: Flavour) -> i32 {
    make(|gadget, log| child::start(flavour, move || new_task(gadget, log)))
}

#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED, DISPATCH_INHERIT_CLONE],
    catches = "a task made with CLONE_PIDFD that begins with its maker's dispatch, or without its filter",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_task_with_a_descriptor_begins_filtered_and_free() {
    let end = child::fork(|| child::exit(make_by(Flavour::ClonePidfd)));
    assert_eq!(end, WaitStatus::Exited(RIGHT));
}

/// Root makes it in a PID namespace of its own, where the id is free.
#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED, DISPATCH_INHERIT_CLONE],
    catches = "a task made with a given id that begins with its maker's dispatch, or without its filter",
    needs = [DISPATCH, SECCOMP_FILTER, CLONE3, NAMESPACES, ROOT],
)]
fn a_task_with_a_given_id_begins_filtered_and_free() {
    const ID: i32 = 77;
    let task = child::start(Flavour::NewPid, || {
        make(|gadget, log| {
            child::start_with_id(ID, move || {
                if child::own_pid() == ID { new_task(gadget, log) } else { WRONG_TASK }
            })
        })
    });
    assert_eq!(task.end(), WaitStatus::Exited(RIGHT));
}

/// The tracer is given the new task at its start, and lets both go on.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::thread(Flavour::CloneThread)]
#[case::memory_shared(Flavour::CloneVm)]
#[case::handlers_shared(Flavour::CloneSighand)]
#[case::vm_and_vfork_flags(Flavour::CloneVmVfork)]
#[case::traced_with_its_maker(Flavour::ClonePtrace)]
#[case::with_a_descriptor(Flavour::ClonePidfd)]
#[case::clone3(Flavour::Clone3)]
#[harness::test(
    clause = [
        SECCOMP_INHERIT_FORK,
        SECCOMP_INHERIT_THREAD,
        SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED,
        DISPATCH_INHERIT_CLONE,
    ],
    catches = "a task that a tracer is given at its start, and that begins with its maker's dispatch, or without its \
        filter or no_new_privs",
    needs = [DISPATCH, SECCOMP_FILTER, PTRACE, CLONE3],
)]
fn a_task_of_a_traced_maker_begins_filtered_and_free(#[case] flavour: Flavour) {
    let options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
    let maker = Tracee::start_with(options, || make_by(flavour));
    let made = maker.next(Resume::Continue, 0);
    assert!(matches!(made, Stop::Event(_)), "the tracer is told of the task: {made:?}");
    let task = Tracee::adopt(maker.message() as i32);
    assert_eq!(task.wait(), Stop::Signal(SIGSTOP));
    maker.resume(0);
    task.finish();
    let mut stop = maker.wait();
    while let Stop::Signal(signal) = stop {
        stop = maker.next(Resume::Continue, signal);
    }
    assert_eq!(stop, Stop::Ended(WaitStatus::Exited(RIGHT)));
}

/// The task is no child of its maker, but of the maker's tracer and parent, which has neither filter nor dispatch.
#[harness::test(
    clause = [SECCOMP_INHERIT_FORK, SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED, DISPATCH_INHERIT_CLONE],
    catches = "a task made with CLONE_PARENT that has what its parent has and not its maker",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_sibling_begins_filtered_and_free() {
    let end = child::sibling(|| {
        let (gadget, log) = (Gadget::syscall(), sigsys::handle());
        filter::load(NR as u32, Action::Errno(7));
        let armed = dispatch::arm_with(gadget.everything_else(), Selector::ordinary());
        armed.select(BLOCK);
        armed.keep();
        move || new_task(&gadget, log)
    });
    assert_eq!(end, WaitStatus::Exited(RIGHT));
}
