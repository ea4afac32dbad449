//! The init of a process id namespace, which no ordinary signal kills, under filters that do.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::environment;
use fixtures::filter::uapi::*;
use fixtures::filter::{self, Action, load};
use fixtures::gadget::Gadget;
use fixtures::needs::{KILL_PROCESS_LOG, NAMESPACES, STRICT_MODE, UNFILTERED};
use fixtures::sigsys;
use fixtures::thread::Steps;
use rstest::rstest;
use sys::uapi::{SIGKILL, SIGSYS};

const NR: i64 = UNASSIGNED;
/// Exit status of an init that outlives the call.
const OUTLIVED: i32 = 42;
const KILLED: WaitStatus = WaitStatus::KilledBy(SIGSYS);

/// The end of an init that makes a call under `action`.
fn end_of_init(action: Action, prepare: fn()) -> WaitStatus {
    let gadget = Gadget::syscall();
    child::start(Flavour::NewPid, || {
        environment::disable_core_dump();
        prepare();
        load(NR as u32, action);
        gadget.call(NR);
        OUTLIVED
    })
    .end()
}

fn handle() {
    let log = sigsys::handle();
    log.clear();
}

#[rstest]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, sigsys::default, KILLED)]
#[case::kill_process_handled(SECCOMP_RET_KILL_PROCESS, handle, KILLED)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD, sigsys::default, KILLED)]
#[case::kill_thread_ignored(SECCOMP_RET_KILL_THREAD, sigsys::ignore, KILLED)]
#[case::unknown(Unknown(0x7ffe_0000), sigsys::default, KILLED)]
#[case::trap(SECCOMP_RET_TRAP(7), sigsys::default, KILLED)]
#[case::trap_ignored(SECCOMP_RET_TRAP(7), sigsys::ignore, KILLED)]
#[case::trap_blocked(SECCOMP_RET_TRAP(7), sigsys::block, KILLED)]
#[case::trap_handled(SECCOMP_RET_TRAP(7), handle, WaitStatus::Exited(OUTLIVED))]
#[case::errno(SECCOMP_RET_ERRNO(7), sigsys::default, WaitStatus::Exited(OUTLIVED))]
#[harness::test(
    clause = [SECCOMP_DEATH_INIT, SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_TRAP_SIGSYS],
    catches = "an init that survives a killing action because signals do not kill it",
    needs = [KILL_PROCESS_LOG, NAMESPACES],
)]
fn an_init_is_killed_like_any_process(
    #[case] action: Action,
    #[case] prepare: fn(),
    #[case] expected: WaitStatus,
) {
    assert_eq!(end_of_init(action, prepare), expected);
}

#[harness::test(
    clause = [SECCOMP_DEATH_INIT, SECCOMP_STRICT_OTHER_CALLS_KILL],
    catches = "an init that survives strict mode's SIGKILL",
    needs = [UNFILTERED, STRICT_MODE, NAMESPACES],
)]
fn strict_mode_kills_an_init() {
    let gadget = Gadget::syscall();
    let init = child::start(Flavour::NewPid, || {
        environment::disable_core_dump();
        filter::strict();
        gadget.call(NR);
        child::exit_thread(OUTLIVED)
    });
    assert_eq!(init.end(), WaitStatus::KilledBy(SIGKILL));
}

/// The init's child waits for what nobody gives it; its descriptor tells when it ends.
#[rstest]
#[case::kill_process(Action::KillProcess)]
#[case::kill_thread(Action::KillThread)]
#[case::trap(Action::Trap(7))]
#[harness::test(
    clause = SECCOMP_DEATH_INIT,
    catches = "processes that live on in a namespace whose init a filter has killed",
    needs = [KILL_PROCESS_LOG, NAMESPACES],
)]
fn the_namespace_ends_with_its_init(#[case] action: Action) {
    let (gadget, steps, alive) =
        (Gadget::syscall(), Steps::new(), fixtures::observable_call::Pipe::new());
    let init = child::start(Flavour::NewPid, || {
        environment::disable_core_dump();
        child::start(Flavour::Fork, || {
            steps.reach(1);
            steps.wait_for(3);
            0
        });
        steps.wait_for(1);
        load(NR as u32, action);
        gadget.call(NR);
        OUTLIVED
    });
    child::close(alive.write_end() as i32);
    assert_eq!(init.end(), KILLED);
    // Nobody else holds the end for writing: reading ends where every process that did is gone.
    assert_eq!(gadget.call_args(0, alive.read_args()), 0);
}

/// The thread that calls is not the first one.
#[rstest]
#[case::kill_process(Action::KillProcess, KILLED)]
#[case::kill_thread(Action::KillThread, WaitStatus::Exited(OUTLIVED))]
#[harness::test(
    clause = [SECCOMP_DEATH_INIT, SECCOMP_ACTIONS_KILL_THREAD],
    catches = "an init that KILL_THREAD of its second thread ends, or that KILL_PROCESS by it does not",
    needs = [KILL_PROCESS_LOG, NAMESPACES],
)]
fn a_thread_of_an_init_is_killed_like_any(#[case] action: Action, #[case] expected: WaitStatus) {
    let gadget = Gadget::syscall();
    let init = child::start(Flavour::NewPid, || {
        environment::disable_core_dump();
        load(NR as u32, action);
        child::start(Flavour::CloneThread, || gadget.call(NR) as i32).end();
        OUTLIVED
    });
    assert_eq!(init.end(), expected);
}
