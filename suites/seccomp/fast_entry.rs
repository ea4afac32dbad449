//! A 32-bit program's fast entry: the vDSO's entry point enters the kernel by SYSENTER or by SYSCALL, as the
//! processor has it, and leaves nothing of that to be seen. Each claim has int 0x80 beside it.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::filter::{Action, Filter, When, Word, argument, made_by, no_new_privileges, number};
use fixtures::listener::Listener;
use fixtures::needs::{
    CALL_INFO, FILTER_COUNT, PROGRAM32, PTRACE, SECCOMP_FILTER, SYSCALL_FILE, UNFILTERED,
    USER_NOTIF,
};
use fixtures::proc::{CurrentCall, Task};
use fixtures::program32::{ARGUMENTS, FINE, NUMBER, OneCall};
use fixtures::script::ARGUMENTS_32;
use fixtures::tracee::{Resume, SYSCALL_INFO_SIZE, Stop, Tracee};
use fixtures::{Entry, Reg};
use rstest::rstest;
use sys::uapi::{AUDIT_ARCH_I386, ENOSYS, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSYS};

/// The program's call: by number and ABI.
fn its_call() -> When {
    made_by(Entry::Int80).and(number(NUMBER))
}

/// The exit status of a program whose call returned `result`.
fn returned(result: i64) -> WaitStatus {
    WaitStatus::Exited(i32::from(result as u8))
}

/// Whether an address lies in the program's vDSO: not so for int 0x80 in the program's own text.
fn is_in_vdso(task: Task, address: u64) -> bool {
    let range = task.mapping("[vdso]").unwrap_or_default();
    let bounds = range.split(' ').next().and_then(|bounds| bounds.split_once('-'));
    let number = |text| u64::from_str_radix(text, 16).unwrap_or(0);
    bounds.is_some_and(|(start, end)| (number(start)..number(end)).contains(&address))
}

#[rstest]
#[case::errno(Some(Action::Errno(7)), returned(-7))]
#[case::errno_none(Some(Action::Errno(0)), returned(0))]
#[case::log(Some(Action::Log), returned(-ENOSYS))]
#[case::trace_without_tracer(Some(Action::Trace(1)), returned(-ENOSYS))]
#[case::trap(Some(Action::Trap(1)), WaitStatus::Exited(FINE))]
#[case::kill_process(Some(Action::KillProcess), WaitStatus::KilledBy(SIGSYS))]
#[case::kill_thread(Some(Action::KillThread), WaitStatus::KilledBy(SIGSYS))]
#[case::no_filter(None, returned(-ENOSYS))]
#[harness::test(
    clause = [SECCOMP_DATA_FAST_ENTRY, SECCOMP_DATA_EVERY_CALL, SECCOMP_DATA_ARCH],
    catches = "a fast entry past the filters; a trapped call whose si_call_addr, saved EIP, EAX or EBP are those of the \
        entry instruction in place of the vDSO's",
    needs = [SECCOMP_FILTER, PROGRAM32],
)]
fn every_action_meets_the_fast_entry(
    #[case] action: Option<Action>,
    #[case] end: WaitStatus,
    #[values(OneCall::Vdso, OneCall::Int80)] way: OneCall,
) {
    let child = way.start(|| {
        fixtures::environment::disable_core_dump();
        if let Some(action) = action {
            Filter::only(its_call(), action).load();
        }
    });
    assert_eq!(child.end(), end);
}

/// The filter holds the call against one argument; the neighbour's value is another.
#[rstest]
#[harness::test(
    clause = [SECCOMP_DATA_FAST_ENTRY, SECCOMP_DATA_ARGS],
    catches = "an argument that the fast entry moves: the second, which SYSCALL takes, or the sixth, which lies on the \
        stack; an upper half that is not 0",
    needs = [SECCOMP_FILTER, PROGRAM32],
)]
fn every_argument_is_the_programs(
    #[values(0, 1, 2, 3, 4, 5)] index: u32,
    #[values(OneCall::Vdso, OneCall::Int80)] way: OneCall,
) {
    let value = ARGUMENTS[index as usize];
    let end_with = |value| {
        let filter = Filter::only(its_call().and(argument(index, value)), Action::Errno(7));
        way.start(|| filter.load()).end()
    };
    assert_eq!((end_with(value), end_with(value + 1)), (returned(-7), returned(-ENOSYS)));
}

/// The number's own word, as the filter reads it.
#[rstest]
#[harness::test(
    clause = [SECCOMP_DATA_FAST_ENTRY, SECCOMP_DATA_NUMBER],
    catches = "a number that is not the one in EAX",
    needs = [SECCOMP_FILTER, PROGRAM32],
)]
fn the_number_is_eax(#[values(OneCall::Vdso, OneCall::Int80)] way: OneCall) {
    let filter = Filter::new().reveal(its_call(), Action::Errno(0), Word::NUMBER, 0);
    assert_eq!(way.start(|| filter.load()).end(), returned(-NUMBER));
}

#[rstest]
#[case::vdso(OneCall::Vdso, true)]
#[case::int80(OneCall::Int80, false)]
#[harness::test(
    clause = [SECCOMP_DATA_FAST_ENTRY, SECCOMP_PROC_SYSCALL],
    catches = "a notification of a fast entry with another ABI, argument or address, or whose answer is lost on the way \
        out through the vDSO",
    needs = [UNFILTERED, SECCOMP_FILTER, PROGRAM32, USER_NOTIF, SYSCALL_FILE],
)]
fn a_listener_is_notified(#[case] way: OneCall, #[case] in_vdso: bool) {
    let listener = Listener::of(&Filter::only(its_call(), Action::UserNotif));
    let child = way.start(|| ());
    let call = listener.receive().expect("the call is notified");
    let task = Task::Process(child.pid());
    let waits = task.blocked_call();
    let place = is_in_vdso(task, call.instruction_pointer);
    assert_eq!(listener.answer(call.returns(33)), Ok(()));
    assert_eq!(child.end(), returned(33));
    assert_eq!((i64::from(call.nr), call.arch, call.args), (NUMBER, AUDIT_ARCH_I386, ARGUMENTS));
    assert_eq!(place, in_vdso, "the address is in the vDSO");
    let told = match waits {
        CurrentCall::Call(nr, args, _, at) => (nr, args, at == call.instruction_pointer),
        _ => (-1, [0; 6], false),
    };
    assert_eq!(told, (NUMBER, ARGUMENTS, true));
}

/// What a tracer sees where the call stops.
fn look(tracee: &Tracee, in_vdso: bool) {
    let image = tracee.registers();
    let info = tracee.ptrace_syscall_info(SYSCALL_INFO_SIZE);
    assert_eq!(image.call(), NUMBER);
    assert_eq!(ARGUMENTS_32.map(|reg| image.reg(reg)), ARGUMENTS);
    assert_eq!(image.reg(Reg::Rax) as i32, -ENOSYS as i32);
    assert_eq!((info.arch(), info.value(), info.args()), (AUDIT_ARCH_I386, NUMBER, ARGUMENTS));
    assert_eq!(info.instruction_pointer(), image.reg(Reg::Rip));
    let task = Task::Process(tracee.pid);
    assert_eq!(is_in_vdso(task, image.reg(Reg::Rip)), in_vdso, "the address is in the vDSO");
}

/// The tracer skips the call at the event, and gives it a result.
#[rstest]
#[case::vdso(OneCall::Vdso, true)]
#[case::int80(OneCall::Int80, false)]
#[harness::test(
    clause = [SECCOMP_DATA_FAST_ENTRY, SECCOMP_TRACE_SKIP],
    catches = "a tracer that sees the registers of the entry instruction in place of the vDSO's caller's, or whose \
        result does not come back through the fast exit",
    needs = [UNFILTERED, SECCOMP_FILTER, PROGRAM32, PTRACE, CALL_INFO],
)]
fn a_tracer_skips_the_call(#[case] way: OneCall, #[case] in_vdso: bool) {
    let filter = Filter::only(its_call(), Action::Trace(1));
    let tracee = way.trace(PTRACE_O_TRACESECCOMP, || {
        no_new_privileges();
        filter.load();
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    look(&tracee, in_vdso);
    let mut image = tracee.registers();
    image.set_orig_rax(-1);
    image.set(Reg::Rax, 33);
    tracee.set_registers(&image);
    assert_eq!(tracee.finish(), returned(33));
}

/// The tracer changes an argument and an unrelated register at the entry stop: the filter sees the change, and
/// the program gets its own registers back but for EAX and what was changed.
#[rstest]
#[case::vdso(OneCall::Vdso, true)]
#[case::int80(OneCall::Int80, false)]
#[harness::test(
    clause = [SECCOMP_DATA_FAST_ENTRY, SECCOMP_DATA_ARGS],
    catches = "a filter that is shown the arguments as they were before the tracer changed them",
    needs = [UNFILTERED, SECCOMP_FILTER, PROGRAM32, PTRACE, CALL_INFO, FILTER_COUNT],
)]
fn a_tracer_changes_an_argument(#[case] way: OneCall, #[case] in_vdso: bool) {
    let filter = Filter::only(its_call().and(argument(2, 99)), Action::Errno(7));
    let tracee = way.trace(0, || filter.load());
    // The calls before it are the program's own: rt_sigaction.
    let mut stop = tracee.next(Resume::Syscall, 0);
    for _ in 0..8 {
        if stop == Stop::Syscall && tracee.registers().call() == NUMBER {
            break;
        }
        stop = tracee.next(Resume::Syscall, 0);
    }
    assert_eq!(stop, Stop::Syscall);
    look(&tracee, in_vdso);
    let before = tracee.registers();
    let mut image = before;
    image.set(Reg::Rdx, 99);
    tracee.set_registers(&image);
    assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Syscall);
    let mut image = tracee.registers();
    assert_eq!(image.reg(Reg::Rax) as i32, -7);
    assert_eq!(Task::Process(tracee.pid).status().filters, Some(1));
    image.set(Reg::Rdx, before.reg(Reg::Rdx));
    tracee.set_registers(&image);
    assert_eq!(tracee.finish(), returned(-7));
}
