//! SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD and unknown actions, in a process with one thread.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, instruction_pointer, load};
use fixtures::gadget::Gadget;
use fixtures::needs::{INT80, KILL_PROCESS_LOG, PTRACE};
use fixtures::observable_call::ObservableCall;
use fixtures::sigsys::{self};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{SigAction, WaitStatus, child, environment};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSYS, SYS_exit_group, SYS_read, SYS_rt_sigreturn};

/// Exit status of a child that outlives the call.
const SURVIVED: i32 = 7;
const KILLED: WaitStatus = WaitStatus::KilledBy(SIGSYS);

#[rstest]
#[case::kill_process(Action::KillProcess)]
#[case::kill_process_with_data(Action::Raw(0x8000_ffff))]
#[case::kill_thread(Action::KillThread)]
#[case::kill_thread_with_data(Action::Raw(0x0000_ffff))]
#[harness::test(
    clause = [
        SECCOMP_ACTIONS_KILL_PROCESS,
        SECCOMP_ACTIONS_KILL_LAST_THREAD,
        SECCOMP_ACTIONS_KILL_STATUS,
        SECCOMP_ACTIONS_KILL_IS_KILL_THREAD,
    ],
    catches = "a kill that a single-threaded process survives, or that makes it exit with a status \
        instead of by SIGSYS",
    needs = [KILL_PROCESS_LOG],
    ends = KilledBy(SIGSYS),
)]
fn a_kill_ends_the_process(#[case] action: Action) {
    let gadget = Gadget::syscall();
    load(500, action);
    assert_eq!(gadget.call(UNASSIGNED), -ENOSYS, "another number");
    harness::expect_death();
    gadget.call(500);
}

/// The values lie next to each assigned action and in every gap between them.
#[rstest]
#[case::above_kill_thread(0x0001_0000)]
#[case::below_trap(0x0002_0000)]
#[case::above_trap(0x0004_0000)]
#[case::above_errno(0x0006_0000)]
#[case::half_of_trace(0x3ff0_0000)]
#[case::below_user_notif(0x7fbf_0000)]
#[case::above_user_notif(0x7fc1_0000)]
#[case::below_trace(0x7fef_0000)]
#[case::above_trace(0x7ff1_0000)]
#[case::below_log(0x7ffb_0000)]
#[case::above_log(0x7ffd_0000)]
#[case::below_allow(0x7ffe_0000)]
#[case::below_allow_with_data(0x7ffe_ffff)]
#[case::kill_process_and_trap(0x8003_0000)]
#[case::kill_process_and_errno(0x8005_0000)]
#[case::above_kill_process(0x8001_0000)]
#[case::with_the_sign_of_user_notif(0xffc0_0000)]
#[case::with_the_sign_of_log(0xfffc_0000)]
#[case::with_the_sign_of_allow(0xffff_0000)]
#[case::all_ones(0xffff_ffff)]
#[harness::test(
    clause = SECCOMP_ACTIONS_UNKNOWN,
    catches = "an unassigned action value rounded to a known action, allowed, or fatal to the thread alone",
    needs = [KILL_PROCESS_LOG],
    ends = KilledBy(SIGSYS),
)]
fn an_unknown_action_ends_the_process(#[case] action: u32) {
    let gadget = Gadget::syscall();
    // RET_TRAP would be handled, and RET_KILL_THREAD survived by the other thread.
    sigsys::handle();
    child::exit_after_this_thread(7);
    load(500, Action::Raw(action));
    assert_eq!(gadget.call(UNASSIGNED), -ENOSYS, "another number");
    harness::expect_death();
    gadget.call(500);
}

fn handle() {
    sigsys::handle();
}

fn handle_nodefer() {
    sigsys::handle_with(SigAction { nodefer: true, ..SigAction::PLAIN });
}

fn handle_and_block() {
    sigsys::handle();
    sigsys::block();
}

/// A child that makes call 500 under `action` after `prepare`; the handler's runs are counted.
fn child_under(action: Action, prepare: impl FnOnce()) -> (WaitStatus, u64) {
    let log = sigsys::handle();
    sigsys::default();
    let gadget = Gadget::syscall();
    let end = child::fork(|| {
        environment::disable_core_dump();
        prepare();
        log.attach(SIGSYS);
        load(500, action);
        gadget.call(500);
        child::exit(SURVIVED)
    });
    (end, log.count())
}

#[rstest]
#[case::default(sigsys::default)]
#[case::handled(handle)]
#[case::handled_nodefer(handle_nodefer)]
#[case::handled_and_blocked(handle_and_block)]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[harness::test(
    clause = [
        SECCOMP_ACTIONS_KILL_PROCESS_UNCATCHABLE,
        SECCOMP_ACTIONS_KILL_LAST_THREAD,
        SECCOMP_ACTIONS_KILL_STATUS,
    ],
    catches = "a kill delivered as an ordinary SIGSYS, which can be handled, blocked or ignored",
    needs = [KILL_PROCESS_LOG],
)]
fn a_kill_cannot_be_caught(#[case] prepare: fn()) {
    for action in [Action::KillProcess, Action::KillThread, Action::Raw(0x7ffe_0000)] {
        assert_eq!(child_under(action, prepare), (KILLED, 0), "{action:?}");
    }
}

#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_PROCESS_UNCATCHABLE, SECCOMP_TRAP_SIGSYS],
    catches = "RET_TRAP that kills in spite of a SIGSYS handler",
    needs = [KILL_PROCESS_LOG],
)]
fn a_trap_in_its_place_is_caught() {
    assert_eq!(child_under(Action::Trap(1), handle), (WaitStatus::Exited(SURVIVED), 1));
}

/// The parent reads the pipe it shares with the child afterwards.
#[rstest]
#[case::kill_process(Action::KillProcess, KILLED, false)]
#[case::kill_thread(Action::KillThread, KILLED, false)]
#[case::unknown(Action::Raw(0x0001_0000), KILLED, false)]
#[case::allow(Action::Allow, WaitStatus::Exited(SURVIVED), true)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_ACTIONS_KILL_THREAD, SECCOMP_ACTIONS_UNKNOWN],
    catches = "a kill that takes effect only when the call has been executed",
    needs = [KILL_PROCESS_LOG],
)]
fn a_killed_call_is_not_made(#[case] action: Action, #[case] end: WaitStatus, #[case] made: bool) {
    let deed = ObservableCall::write();
    let gadget = Gadget::syscall();
    let seen = child::fork(|| {
        environment::disable_core_dump();
        Filter::only(instruction_pointer(gadget.after()), action).load();
        gadget.call_args(deed.nr, deed.args);
        child::exit(SURVIVED)
    });
    assert_eq!((seen, deed.took_effect()), (end, made));
}

#[rstest]
#[case::kill_process(Action::KillProcess)]
#[case::kill_thread(Action::KillThread)]
#[harness::test(
    clause = [
        SECCOMP_ACTIONS_KILL_PROCESS,
        SECCOMP_ACTIONS_KILL_LAST_THREAD,
        DISPATCH_NUMBER_INT80,
    ],
    catches = "kill actions carried out for SYSCALL alone, so that an int 0x80 fails and its process \
        lives on",
    needs = [KILL_PROCESS_LOG, INT80],
    ends = KilledBy(SIGSYS),
)]
fn an_int80_is_killed_like_any_call(#[case] action: Action) {
    let gadget = Gadget::int80();
    load(500, action);
    assert_eq!(gadget.call(UNASSIGNED), -ENOSYS, "another number");
    harness::expect_death();
    gadget.call(500);
}

#[rstest]
#[case::read(SYS_read)]
#[case::rt_sigreturn(SYS_rt_sigreturn)]
#[case::exit_group(SYS_exit_group)]
#[case::past_every_table(UNASSIGNED)]
#[case::x32_getpid(0x4000_0027)]
#[case::minus_one(-1)]
#[case::restartnointr(-513)]
#[case::least_int(-0x8000_0000)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_TRAP_ANY_NUMBER],
    catches = "read, rt_sigreturn, exit_group or a number outside the table exempt from RET_KILL_PROCESS",
    needs = [KILL_PROCESS_LOG],
    ends = KilledBy(SIGSYS),
)]
fn a_number_of_any_shape_is_killed(#[case] nr: i64) {
    let gadget = Gadget::syscall();
    Filter::only(instruction_pointer(gadget.after()), Action::KillProcess).load();
    harness::expect_death();
    gadget.call(nr);
}

#[rstest]
#[case::kill_process(Action::KillProcess)]
#[case::kill_thread(Action::KillThread)]
#[harness::test(
    clause = SECCOMP_ACTIONS_KILL_PROCESS_UNCATCHABLE,
    catches = "a kill suppressed while the thread runs its SIGSYS handler",
    needs = [KILL_PROCESS_LOG],
)]
fn a_handler_is_killed_like_any_code(#[case] action: Action) {
    let log = sigsys::handle_with(SigAction { nodefer: true, ..SigAction::PLAIN });
    let gadget = Gadget::syscall();
    log.nest(gadget.start(), 501, 1);
    let end = child::fork(|| {
        environment::disable_core_dump();
        load(501, action);
        load(500, Action::Trap(1));
        gadget.call(500);
        child::exit(SURVIVED)
    });
    assert_eq!((end, log.count()), (KILLED, 1));
}

/// A tracer sees the SIGSYS of RET_TRAP before delivery; of a kill it sees only the exit.
#[rstest]
#[case::kill_process(Action::KillProcess, Stop::Ended(KILLED))]
#[case::kill_thread(Action::KillThread, Stop::Ended(KILLED))]
#[case::unknown(Action::Raw(0x7ffe_0000), Stop::Ended(KILLED))]
#[case::trap(Action::Trap(1), Stop::Signal(SIGSYS))]
#[harness::test(
    clause = SECCOMP_ACTIONS_KILL_PROCESS_UNCATCHABLE,
    catches = "a kill that gives the tracer a signal-delivery-stop, in which it could suppress the SIGSYS",
    needs = [KILL_PROCESS_LOG, PTRACE],
)]
fn a_tracer_does_not_stop_a_kill(#[case] action: Action, #[case] expected: Stop) {
    let gadget = Gadget::syscall();
    let tracee = Tracee::start(|| {
        environment::disable_core_dump();
        load(500, action);
        gadget.call(500);
        SURVIVED
    });
    let stop = tracee.next(Resume::Continue, 0);
    if !matches!(stop, Stop::Ended(_)) {
        tracee.finish();
    }
    assert_eq!(stop, expected);
}

#[rstest]
#[case::kill_process(Action::KillProcess)]
#[case::kill_thread(Action::KillThread)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_INHERIT_FORK],
    catches = "a kill that reaches the parent or the children that have the same filter",
    needs = [KILL_PROCESS_LOG],
)]
fn no_other_process_is_killed(#[case] action: Action) {
    let gadget = Gadget::syscall();
    load(500, action);
    let end = child::fork(|| {
        let end = child::fork(|| {
            gadget.call(500);
        });
        child::exit(if end == KILLED { SURVIVED } else { 1 })
    });
    assert_eq!((end, gadget.call(UNASSIGNED)), (WaitStatus::Exited(SURVIVED), -ENOSYS));
}
