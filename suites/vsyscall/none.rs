//! vsyscall=none: each call is a fault at its address, and no filter is run.

use super::outcome::{Outcome, Watch};
use crate::clauses::*;
use fixtures::filter::uapi::{
    SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_LOG,
    SECCOMP_RET_TRACE, SECCOMP_RET_TRAP,
};
use fixtures::filter::{self, Action, Filter};
use fixtures::needs::{PTRACE, SECCOMP_FILTER, STRICT_MODE, UNFILTERED, USER_NOTIF, VSYSCALL_NONE};
use fixtures::sigsys;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::vsyscall::{self, Caller, Fault, Place, Vsyscall};
use fixtures::{WaitStatus, child, environment};
use rstest::rstest;
use sys::uapi::{PTRACE_O_TRACESECCOMP, SIGSEGV, SYS_exit};

/// The fault of a call to an unmapped address.
fn absent(entry: Vsyscall) -> Outcome {
    Outcome::Faulted(Fault::nothing_at(Place::entry(entry), Place::entry(entry)))
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "a vsyscall emulated under vsyscall=none, or a SIGSEGV without its address or SEGV_MAPERR",
    needs = [VSYSCALL_NONE],
)]
fn a_vsyscall_is_a_fault_at_its_entry(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    caller.call(entry);
    assert_eq!(watch.outcome(&caller, entry), absent(entry));
}

#[rstest]
#[case::pointer(Some(0xffff_8000_0000_0000), None)]
#[case::stack(None, Some(0))]
#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "arguments or stack checked under vsyscall=none, so that the fault names another address \
        than the entry",
    needs = [VSYSCALL_NONE],
)]
fn pointers_and_stack_are_not_looked_at(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] pointer: Option<u64>,
    #[case] stack: Option<u64>,
) {
    use fixtures::Reg;
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let mut registers = caller.registers(entry.address());
    if let Some(pointer) = pointer {
        registers = registers.with(Reg::Rdi, pointer);
    }
    if let Some(stack) = stack {
        registers = registers.with(Reg::R12, stack);
    }
    caller.call_with(registers);
    assert_eq!(watch.outcome(&caller, entry), absent(entry));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "a fault under vsyscall=none that names the start of the page instead of the address \
        jumped to",
    needs = [VSYSCALL_NONE],
)]
fn a_jump_into_the_page_is_a_fault_there(#[values(1, 7, 0x401, 0xc00, 0xfff)] offset: usize) {
    let caller = Caller::new();
    let target = vsyscall::PAGE + offset;
    caller.call_at(target);
    let place = Place::Page(offset as u64);
    assert_eq!(caller.fault(0), Some(Fault::nothing_at(place, place)));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "filters run on an address in the page before the mode is checked",
    needs = [VSYSCALL_NONE, SECCOMP_FILTER],
)]
fn no_filter_is_asked(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(
        SECCOMP_RET_ERRNO(7),
        SECCOMP_RET_TRAP(7),
        SECCOMP_RET_TRACE(7),
        SECCOMP_RET_LOG,
        SECCOMP_RET_KILL_PROCESS,
        SECCOMP_RET_KILL_THREAD
    )]
    action: Action,
) {
    let caller = Caller::new();
    let log = sigsys::handle();
    let watch = Watch::start(&caller);
    filter::load(entry.number() as u32, action);
    caller.call(entry);
    assert_eq!((watch.outcome(&caller, entry), log.count()), (absent(entry), 0));
}

#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "a notification sent for a vsyscall that is not emulated, so that the caller waits",
    needs = [VSYSCALL_NONE, USER_NOTIF],
)]
fn no_listener_is_asked() {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let filter = Filter::only(filter::number(sys::uapi::SYS_time), Action::UserNotif);
    let listener = fixtures::listener::Listener::of(&filter);
    let end = child::fork(|| {
        caller.call(Vsyscall::Time);
    });
    let asked = listener.events(1, 0);
    assert_eq!((end, asked & 1), (WaitStatus::Exited(0), 0));
    assert_eq!(watch.outcome(&caller, Vsyscall::Time), absent(Vsyscall::Time));
}

#[rstest]
#[case::told_of_calls(Resume::Continue)]
#[case::following_calls(Resume::Syscall)]
#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "a seccomp event for a vsyscall under vsyscall=none, or a SIGSEGV stop that does not name \
        the entry",
    needs = [VSYSCALL_NONE, SECCOMP_FILTER, PTRACE],
)]
fn a_tracer_sees_the_fault_alone(#[case] how: Resume) {
    let caller = Caller::new();
    let gadget = fixtures::gadget::Gadget::syscall();
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        filter::load(201, Action::Trace(7));
        gadget.call(0x3fff);
        caller.call(Vsyscall::Time);
        0
    });
    let mut stop = tracee.next(how, 0);
    while stop == Stop::Syscall {
        stop = tracee.next(how, 0);
    }
    assert_eq!(stop, Stop::Signal(SIGSEGV));
    let place = caller.place(tracee.info().call_addr(), 0);
    assert_eq!(place, Place::entry(Vsyscall::Time));
    fixtures::tracee::kill(tracee.pid);
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "a fault under vsyscall=none that is dropped without a handler, or stays pending while \
        SIGSEGV is blocked",
    needs = [VSYSCALL_NONE],
)]
fn a_process_without_a_handler_dies(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(false, true)] blocked: bool,
) {
    let caller = Caller::new();
    let end = child::fork(|| {
        environment::disable_core_dump();
        if blocked {
            sigsys::set_mask(fixtures::bit(SIGSEGV));
        } else {
            sigsys::default_signal(SIGSEGV);
        }
        caller.call(entry);
    });
    assert_eq!(end, WaitStatus::KilledBy(SIGSEGV));
}

/// The handler returns by rt_sigreturn, which strict mode allows.
#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "strict mode that kills for a vsyscall although vsyscall=none makes no call",
    needs = [UNFILTERED, VSYSCALL_NONE, STRICT_MODE],
)]
fn strict_mode_is_not_asked() {
    let caller = Caller::new();
    let end = child::fork(|| {
        filter::strict();
        caller.call(Vsyscall::Time);
        fixtures::call::raw(SYS_exit, [42, 0, 0, 0, 0, 0]);
    });
    let fault = caller.fault(0).map(Outcome::Faulted);
    assert_eq!((end, fault), (WaitStatus::Exited(42), Some(absent(Vsyscall::Time))));
}

#[harness::test(
    clause = [VSYSCALL_MODE_NONE, VSYSCALL_CALL_SAME_RESULT],
    catches = "the ordinary gettimeofday, time or getcpu disabled along with the page",
    needs = [VSYSCALL_NONE],
)]
fn the_ordinary_calls_run() {
    let caller = Caller::new();
    let gadget = fixtures::gadget::Gadget::syscall();
    let results = Vsyscall::ALL.map(|entry| {
        let args = [caller.first.address() as usize, caller.second.address() as usize, 0, 0, 0, 0];
        gadget.call_args(entry.number(), args) >= 0
    });
    assert_eq!((results, caller.faults()), ([true; 3], 0));
}
