//! The core that a process leaves which seccomp or dispatch ends, and the bit of its wait status.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::core_file::{Core, CoreDirectory};
use fixtures::ending::{self, End};
use fixtures::filter::uapi::*;
use fixtures::filter::{self, Action, load};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{CORE_FILE, DISPATCH, INT80, KILL_PROCESS_LOG, STRICT_MODE, UNFILTERED};
use fixtures::script::call;
use fixtures::selector::Selector;
use fixtures::{Entry, Reg, dispatch, sigsys};
use rstest::rstest;
use sys::uapi::{SI_KERNEL, SIGKILL, SIGSYS, SYS_SECCOMP, SYS_exit};

const NR: i64 = UNASSIGNED;
/// Exit status of a process that outlives the call.
const OUTLIVED: i32 = 42;

/// The end of a child that runs `body` where it may leave a core, and the core.
fn dying(body: impl FnOnce()) -> (End, Option<Core>) {
    let directory = CoreDirectory::new();
    let child = child::start(Flavour::Fork, || {
        directory.enter_unlimited();
        body();
        OUTLIVED
    });
    let end = End::of_word(ending::reap(child.pid()));
    harness::observe!("child", end);
    (end, directory.core())
}

/// Who makes the call that ends the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// Its only thread.
    Only,
    /// The first one of two.
    First,
    /// The second one.
    Second,
    /// The second one, after the first has exited.
    Last,
}

use Caller::{First, Last, Only, Second};

/// As [`dying`]; a call is made by `caller`, and another thread lives on until that one is gone.
fn call_by(caller: Caller, action: Action) -> (End, Option<Core>) {
    let gadget = Gadget::syscall();
    dying(|| {
        load(NR as u32, action);
        let second = || child::start(Flavour::CloneThread, || gadget.call(NR) as i32);
        match caller {
            Only => {
                gadget.call_with(call(NR));
            }
            Second => {
                second().end();
            }
            First => {
                child::exit_after_this_thread(OUTLIVED);
                gadget.call(NR);
            }
            Last => {
                let gone = child::ClearTid::of_this_thread();
                child::start(Flavour::CloneThread, || {
                    gone.wait();
                    gadget.call(NR) as i32
                });
                gadget.call_args(SYS_exit, [0; 6]);
            }
        }
    })
}

const DUMPED: End = End::Dumped(SIGSYS);
const ALIVE: End = End::Exited(OUTLIVED);

#[rstest]
#[case::kill_process_by_the_only_thread(SECCOMP_RET_KILL_PROCESS, Only, DUMPED)]
#[case::kill_process_by_the_first_thread(SECCOMP_RET_KILL_PROCESS, First, DUMPED)]
#[case::kill_process_by_the_second_thread(SECCOMP_RET_KILL_PROCESS, Second, DUMPED)]
#[case::kill_process_by_the_last_thread(SECCOMP_RET_KILL_PROCESS, Last, DUMPED)]
#[case::unknown_by_the_only_thread(Unknown(0x7ffe_0000), Only, DUMPED)]
#[case::unknown_by_the_second_thread(Unknown(0x7ffe_0000), Second, DUMPED)]
#[case::kill_thread_by_the_only_thread(SECCOMP_RET_KILL_THREAD, Only, DUMPED)]
#[case::kill_thread_by_the_first_thread(SECCOMP_RET_KILL_THREAD, First, ALIVE)]
#[case::kill_thread_by_the_second_thread(SECCOMP_RET_KILL_THREAD, Second, ALIVE)]
#[case::trap_by_the_only_thread(SECCOMP_RET_TRAP(7), Only, DUMPED)]
#[case::trap_by_the_first_thread(SECCOMP_RET_TRAP(7), First, DUMPED)]
#[case::trap_by_the_second_thread(SECCOMP_RET_TRAP(7), Second, DUMPED)]
#[case::errno(SECCOMP_RET_ERRNO(7), Only, ALIVE)]
#[harness::test(
    clause = [SECCOMP_DEATH_CORE, SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_ACTIONS_KILL_THREAD],
    catches = "a killing action that leaves no core, or a core of a process that lives on",
    needs = [KILL_PROCESS_LOG, CORE_FILE],
)]
fn a_core_is_left_where_a_process_is_killed(
    #[case] action: Action,
    #[case] caller: Caller,
    #[case] expected: End,
) {
    let (end, core) = call_by(caller, action);
    assert_eq!(end, expected);
    assert_eq!(core.is_some_and(|core| core.is_core), end == DUMPED, "whether there is a core");
}

/// Both threads are in the core; the first in it is the one that made the call.
#[rstest]
#[case::only(Only, 1)]
#[case::first(First, 2)]
#[case::second(Second, 2)]
#[harness::test(
    clause = [SECCOMP_DEATH_CORE, SECCOMP_DEATH_CORE_REGISTERS],
    catches = "a core without the other threads, or whose first thread is not the one that made the call",
    needs = [KILL_PROCESS_LOG, CORE_FILE],
)]
fn a_core_holds_every_thread(#[case] caller: Caller, #[case] threads: usize) {
    let (_, core) = call_by(caller, Action::KillProcess);
    let core = core.expect("a core is left");
    assert_eq!((core.threads, core.signal), (threads, Some(SIGSYS)));
    let image = core.registers.expect("a core has registers");
    assert_eq!((image.call(), image.reg(Reg::Rax) as i64), (NR, NR));
}

#[harness::test(
    clause = [SECCOMP_DEATH_CORE, SECCOMP_STRICT_OTHER_CALLS_KILL],
    catches = "a core left by a task that strict mode kills",
    needs = [UNFILTERED, STRICT_MODE, CORE_FILE],
)]
fn strict_mode_leaves_no_core() {
    let gadget = Gadget::syscall();
    let (end, core) = dying(|| {
        filter::strict();
        gadget.call(NR);
        child::exit_thread(OUTLIVED)
    });
    assert_eq!((end, core.is_some()), (End::Killed(SIGKILL), false));
}

/// A handler that may run leaves no core; nor does a process that may not dump one.
#[rstest]
#[case::default(|| {}, DUMPED)]
#[case::ignored(sigsys::ignore, DUMPED)]
#[case::blocked(sigsys::block, DUMPED)]
#[case::handled(|| { sigsys::handle(); }, ALIVE)]
#[case::not_dumpable(fixtures::environment::disable_core_dump, End::Killed(SIGSYS))]
#[harness::test(
    clause = [SECCOMP_DEATH_CORE, SECCOMP_TRAP_SIGSYS],
    catches = "a forced SIGSYS that leaves no core where it is ignored or blocked, or one where no core may \
        be left",
    needs = [KILL_PROCESS_LOG, CORE_FILE],
)]
fn a_trap_leaves_a_core_where_it_kills(#[case] prepare: fn(), #[case] expected: End) {
    let gadget = Gadget::syscall();
    let (end, core) = dying(|| {
        prepare();
        load(NR as u32, Action::Trap(7));
        gadget.call(NR);
    });
    assert_eq!((end, core.is_some()), (expected, expected == DUMPED));
}

/// The limit is in bytes; below what a core needs at least there is none.
#[harness::test(
    clause = SECCOMP_DEATH_CORE,
    catches = "a core larger than its limit permits, or the bit of a core that was not dumped",
    needs = [KILL_PROCESS_LOG, CORE_FILE],
)]
fn without_room_there_is_no_core() {
    let (directory, gadget) = (CoreDirectory::new(), Gadget::syscall());
    let child = child::start(Flavour::Fork, || {
        directory.enter(0);
        load(NR as u32, Action::KillProcess);
        gadget.call(NR);
        OUTLIVED
    });
    let end = End::of_word(ending::reap(child.pid()));
    assert_eq!((end, directory.has_core()), (End::Killed(SIGSYS), false));
}

/// Registers and signal of the call's thread, as a core has them.
#[track_caller]
fn check_core(core: &Core, gadget: &Gadget, entry: Entry, code: i32, errno: i32) {
    let image = core.registers.expect("a core has registers");
    assert_eq!((core.signal, image.call()), (Some(SIGSYS), NR));
    assert_eq!(gadget.place(image.reg(Reg::Rip)), Place::AFTER);
    let before = call(NR);
    for reg in [Reg::Rax, Reg::Rdi, Reg::Rsi, Reg::Rdx, Reg::Rbx, Reg::R12, Reg::R15] {
        assert_eq!(image.reg(reg), before[reg], "{reg:?}");
    }
    let info = core.info.expect("a core has the signal's information");
    assert_eq!((info.signo(), info.errno(), info.code()), (SIGSYS, errno, code));
    if code == SYS_SECCOMP {
        assert_eq!((info.syscall(), info.arch()), (NR as i32, entry.audit_arch()));
        assert_eq!(gadget.place(info.call_addr()), Place::AFTER);
    }
}

#[rstest]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, 0)]
#[case::kill_process_with_data(Unknown(0x8000_1234), 0x1234)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD, 0)]
#[case::unknown_with_data(Unknown(0x7ffe_4321), 0x4321)]
#[case::trap(SECCOMP_RET_TRAP(9), 9)]
#[harness::test(
    clause = SECCOMP_DEATH_CORE_REGISTERS,
    catches = "a core with ENOSYS for the result, or with a SIGSYS that does not tell of the call",
    needs = [KILL_PROCESS_LOG, CORE_FILE],
)]
fn a_core_shows_the_call(#[case] action: Action, #[case] errno: i32) {
    let gadget = Gadget::syscall();
    let (_, core) = dying(|| {
        load(NR as u32, action);
        gadget.call_with(call(NR));
    });
    check_core(&core.expect("a core is left"), &gadget, Entry::Syscall, SYS_SECCOMP, errno);
}

#[harness::test(
    clause = [SECCOMP_DEATH_CORE_REGISTERS, DISPATCH_NUMBER_INT80],
    catches = "a core of an int 0x80 whose SIGSYS names the other ABI",
    needs = [KILL_PROCESS_LOG, CORE_FILE, INT80],
)]
fn a_core_shows_the_int80() {
    let gadget = Gadget::int80();
    let (_, core) = dying(|| {
        load(NR as u32, Action::KillProcess);
        gadget.call_with(call(NR));
    });
    check_core(&core.expect("a core is left"), &gadget, Entry::Int80, SYS_SECCOMP, 0);
}

/// Dispatch forces the signal without information of the call.
#[harness::test(
    clause = [SECCOMP_DEATH_CORE, DISPATCH_SELECTOR_BAD_VALUE_SIGSYS],
    catches = "an invalid selector value that ends the process without a core, or with a SIGSYS that could \
        have been handled",
    needs = [DISPATCH, CORE_FILE],
)]
fn an_unexpected_value_leaves_a_core() {
    let gadget = Gadget::syscall();
    let (end, core) = dying(|| {
        let armed = dispatch::arm_with(gadget.everything_else(), Selector::ordinary());
        armed.select(2);
        armed.keep();
        gadget.call_with(call(NR));
    });
    assert_eq!(end, DUMPED);
    let core = core.expect("a core is left");
    let info = core.info.expect("a core has the signal's information");
    assert_eq!((core.signal, info.signo(), info.code()), (Some(SIGSYS), SIGSYS, SI_KERNEL));
    let image = core.registers.expect("a core has registers");
    assert_eq!((image.call(), gadget.place(image.reg(Reg::Rip))), (NR, Place::AFTER));
}
