//! /proc/PID/syscall: where a task waits, and with which arguments.

use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::listener::Listener;
use fixtures::memory;
use fixtures::needs::{INT80, PTRACE, SECCOMP_FILTER, SYSCALL_FILE, UNFILTERED, USER_NOTIF};
use fixtures::observable_call::Pipe;
use fixtures::proc::{CurrentCall, Task};
use fixtures::script::{ARGUMENTS, ARGUMENTS_32, SharedResults, Step, Traced, call};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Entry, Reg, Registers, WaitStatus, sigsys};
use rstest::rstest;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use sys::uapi::{
    PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSTOP, SIGSYS, SYS_read, SYS_write, unistd_32,
};

const NUMBER: i64 = 500;

fn gadget(entry: Entry) -> (Gadget, [Reg; 6]) {
    let arguments = if entry == Entry::Int80 { ARGUMENTS_32 } else { ARGUMENTS };
    (Gadget::new(entry), arguments)
}

/// The arguments of a call with pattern registers: the whole registers, in the 32-bit ABI too.
fn pattern(arguments: [Reg; 6]) -> [u64; 6] {
    let image = Registers::pattern();
    arguments.map(|reg| image[reg])
}

/// What the file says of a tracee, beside what its registers say.
fn of_stop(tracee: &Tracee) -> (CurrentCall, [u64; 2]) {
    let image = tracee.registers();
    (Task::Process(tracee.pid).waits_in(), [image.reg(Reg::Rsp), image.reg(Reg::Rip)])
}

#[rstest]
#[case::syscall(Entry::Syscall)]
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "arguments in another order or cut to 32 bits, or a program counter at the instruction, of a call \
        that waits for a listener",
    needs = [UNFILTERED, SECCOMP_FILTER, USER_NOTIF, SYSCALL_FILE],
)]
fn a_call_that_waits_for_a_listener_is_told(#[case] entry: Entry) {
    waits_for_a_listener(entry);
}

#[rstest]
#[case::int80(Entry::Int80)]
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "the 64-bit argument registers told of an int 0x80 that waits for a listener",
    needs = [UNFILTERED, SECCOMP_FILTER, USER_NOTIF, SYSCALL_FILE, INT80],
)]
fn an_int80_that_waits_for_a_listener_is_told(#[case] entry: Entry) {
    waits_for_a_listener(entry);
}

fn waits_for_a_listener(entry: Entry) {
    let (gadget, arguments) = gadget(entry);
    let listener = Listener::of(&Filter::only(number(NUMBER), Action::UserNotif));
    let results = SharedResults::new();
    let child = child::start(Flavour::Fork, || {
        results.add(gadget.call_with(call(NUMBER)));
        0
    });
    let notified = listener.receive().expect("the call is notified");
    let seen = Task::Process(child.pid()).blocked_call();
    assert_eq!(listener.answer(notified.returns(7)), Ok(()));
    assert_eq!(child.end(), WaitStatus::Exited(0));
    let stack = results.registers(0).expect("the call returned")[Reg::Rsp];
    let args = pattern(arguments);
    assert_eq!(seen, CurrentCall::Call(NUMBER, args, stack, gadget.after()));
}

/// A read of an empty pipe, by the number and the registers of its ABI.
#[rstest]
#[case::syscall(Entry::Syscall, SYS_read)]
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "a call that waits and is not told of, with a tracer or without",
    needs = [SYSCALL_FILE],
)]
fn a_call_that_waits_for_data_is_told(#[case] entry: Entry, #[case] nr: i64) {
    waits_for_data(entry, nr);
}

#[rstest]
#[case::int80(Entry::Int80, unistd_32::SYS_read)]
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "an int 0x80 that waits and is told of with a 64-bit number or with the 64-bit argument registers",
    needs = [SYSCALL_FILE, INT80],
)]
fn an_int80_that_waits_for_data_is_told(#[case] entry: Entry, #[case] nr: i64) {
    waits_for_data(entry, nr);
}

fn waits_for_data(entry: Entry, nr: i64) {
    let (gadget, arguments) = gadget(entry);
    let pipe = Pipe::new();
    let buffer = memory::low_page();
    let image = call(nr)
        .with(arguments[0], pipe.read_args()[0] as u64)
        .with(arguments[1], buffer as u64)
        .with(arguments[2], 1);
    let results = SharedResults::new();
    let child = child::start(Flavour::Fork, || {
        results.add(gadget.call_with(image));
        0
    });
    // The child makes no other call on its way.
    let seen = Task::Process(child.pid()).blocked_call();
    let writer = Gadget::syscall();
    let byte = c"s".as_ptr() as usize;
    assert_eq!(writer.call_args(SYS_write, [pipe.write_end(), byte, 1, 0, 0, 0]), 1);
    assert_eq!(child.end(), WaitStatus::Exited(0));
    let returned = results.registers(0).expect("the call returned");
    assert_eq!(returned[Reg::Rax], 1);
    let args = arguments.map(|reg| image[reg]);
    assert_eq!(seen, CurrentCall::Call(nr, args, returned[Reg::Rsp], gadget.after()));
}

/// The child looks at one word until it changes, and makes no call meanwhile.
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "a task that runs and is told as waiting in the call that it made before",
    needs = [SYSCALL_FILE],
)]
fn a_task_that_runs_is_running() {
    let word = &memory::shared(1)[0];
    let child = child::start(Flavour::Fork, || spin(word));
    wait_for_spinning(word);
    let seen = std::array::from_fn::<_, 5, _>(|_| Task::Process(child.pid()).current_call());
    word.store(2, SeqCst);
    assert_eq!(child.end(), WaitStatus::Exited(0));
    assert_eq!(seen, [CurrentCall::Running; 5]);
}

fn spin(word: &AtomicU64) -> i32 {
    word.store(1, SeqCst);
    while word.load(SeqCst) < 2 {
        std::hint::spin_loop();
    }
    0
}

fn wait_for_spinning(word: &AtomicU64) {
    while word.load(SeqCst) < 1 {
        sys::process::give_way();
    }
}

/// At the stop of a call, by the kind of stop.
#[rstest]
#[case::syscall(Entry::Syscall)]
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "a call that is not told of while its tracer looks at it, or is told of with the number that the \
        tracer has replaced",
    needs = [UNFILTERED, SECCOMP_FILTER, PTRACE, SYSCALL_FILE],
)]
fn a_call_that_stops_for_a_tracer_is_told(#[case] entry: Entry) {
    stops_for_a_tracer(entry);
}

#[rstest]
#[case::int80(Entry::Int80)]
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "the 64-bit argument registers told of an int 0x80 that stops for its tracer",
    needs = [UNFILTERED, SECCOMP_FILTER, PTRACE, SYSCALL_FILE, INT80],
)]
fn an_int80_that_stops_for_a_tracer_is_told(#[case] entry: Entry) {
    stops_for_a_tracer(entry);
}

fn stops_for_a_tracer(entry: Entry) {
    let (gadget, arguments) = gadget(entry);
    let filter = Filter::only(number(NUMBER), Action::Trace(1));
    let traced = Traced::start(PTRACE_O_TRACESECCOMP, gadget, &filter, &[call(NUMBER)]);
    let tracee = &traced.tracee;
    let args = pattern(arguments);
    let promised = |number, [stack, at]: [u64; 2]| CurrentCall::Call(number, args, stack, at);
    assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Syscall);
    let (at_entry, registers) = of_stop(tracee);
    assert_eq!(at_entry, promised(NUMBER, registers), "at the entry stop");
    assert_eq!(registers[1], gadget.after());
    assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let (at_event, registers) = of_stop(tracee);
    assert_eq!(at_event, promised(NUMBER, registers), "at the event");
    let mut image = tracee.registers();
    image.set_orig_rax(NUMBER + 1);
    tracee.set_registers(&image);
    let (changed, registers) = of_stop(tracee);
    assert_eq!(changed, promised(NUMBER + 1, registers), "after a change");
    assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Syscall);
    let (at_exit, registers) = of_stop(tracee);
    assert_eq!(at_exit, promised(NUMBER + 1, registers), "at the exit stop");
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
}

/// The number that the tracer skips a call with is that of no call: the arguments are not told.
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "a skipped call that is told of with its former number",
    needs = [UNFILTERED, SECCOMP_FILTER, PTRACE, SYSCALL_FILE],
)]
fn a_skipped_call_is_no_call() {
    let filter = Filter::only(number(NUMBER), Action::Trace(1));
    let traced = Traced::start(PTRACE_O_TRACESECCOMP, Gadget::syscall(), &filter, &[call(NUMBER)]);
    let tracee = &traced.tracee;
    assert_eq!(tracee.next(Resume::Continue, 0), Step::event().stop());
    let mut image = tracee.registers();
    image.set_orig_rax(-1);
    tracee.set_registers(&image);
    let (seen, [stack, at]) = of_stop(tracee);
    assert_eq!(seen, CurrentCall::None(stack, at));
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
}

/// The tracer sees the SIGSYS before the handler does.
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "a trapped call that is told of with another number or address than its signal says",
    needs = [UNFILTERED, SECCOMP_FILTER, PTRACE, SYSCALL_FILE],
)]
fn a_trapped_call_is_told_at_its_signal() {
    let gadget = Gadget::syscall();
    let traced = Traced::start_after(
        0,
        gadget,
        || {
            sigsys::handle();
            Filter::only(number(NUMBER), Action::Trap(1)).load();
        },
        &[call(NUMBER)],
    );
    let tracee = &traced.tracee;
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSYS));
    let (seen, [stack, at]) = of_stop(tracee);
    let args = pattern(ARGUMENTS);
    assert_eq!(seen, CurrentCall::Call(NUMBER, args, stack, at));
    assert_eq!(at, gadget.after());
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
}

/// A stop by a signal that interrupts no call.
#[harness::test(
    clause = SECCOMP_PROC_SYSCALL,
    catches = "a stop outside of any call that is told as a call",
    needs = [PTRACE, SYSCALL_FILE],
)]
fn a_stop_outside_of_a_call_has_no_number() {
    let word = &memory::shared(1)[0];
    let tracee = Tracee::start(|| spin(word));
    tracee.resume(0);
    wait_for_spinning(word);
    child::send(tracee.pid, SIGSTOP);
    assert_eq!(tracee.wait(), Stop::Signal(SIGSTOP));
    let (seen, [stack, at]) = of_stop(&tracee);
    word.store(2, SeqCst);
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
    assert_eq!(seen, CurrentCall::None(stack, at));
}
