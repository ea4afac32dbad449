//! PTRACE_GET_SYSCALL_INFO at stops that belong to no system call.

use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::Filter;
use fixtures::gadget::Gadget;
use fixtures::needs::{CALL_INFO, PTRACE};
use fixtures::script::{Traced, call};
use fixtures::thread::Steps;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Reg, tracee};
use rstest::rstest;
use sys::uapi::{
    AUDIT_ARCH_X86_64, PTRACE_EVENT_CLONE, PTRACE_EVENT_EXIT, PTRACE_EVENT_FORK, PTRACE_EVENT_STOP,
    PTRACE_INTERRUPT, PTRACE_O_TRACECLONE, PTRACE_O_TRACEEXIT, PTRACE_O_TRACEFORK,
    PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT,
    PTRACE_SYSCALL_INFO_NONE, SIGSTOP, SIGTRAP, SYS_getpid,
};

/// What is told of any stop: the ABI, the instruction pointer, the stack pointer.
const NONE_SIZE: usize = 24;

/// Asserts that the stop belongs to no call, and where it is.
#[track_caller]
fn no_call(tracee: &Tracee) {
    let (info, image) = (tracee.ptrace_syscall_info(usize::MAX), tracee.registers());
    let head = (info.op(), info.padding(), info.arch());
    assert_eq!(head, (PTRACE_SYSCALL_INFO_NONE, 0, AUDIT_ARCH_X86_64));
    assert!(info.instruction_pointer() == image.reg(Reg::Rip), "another instruction pointer");
    assert!(info.stack_pointer() == image.reg(Reg::Rsp), "another stack pointer");
    assert_eq!((info.size, info.ends_at(NONE_SIZE)), (NONE_SIZE, true));
}

#[rstest]
#[case::fork(PTRACE_O_TRACEFORK, Flavour::Fork, PTRACE_EVENT_FORK)]
#[case::clone(PTRACE_O_TRACECLONE, Flavour::CloneThread, PTRACE_EVENT_CLONE)]
#[harness::test(
    clause = SECCOMP_CALL_INFO_STOPS,
    catches = "an event inside a system call that is told as an entry or an exit of it",
    needs = [PTRACE, CALL_INFO],
)]
fn an_event_is_no_call(#[case] option: i32, #[case] flavour: Flavour, #[case] event: i32) {
    let tracee = Tracee::start_with(option, || {
        child::start(flavour, || 0);
        0
    });
    assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Syscall);
    let mut stop = Stop::Syscall;
    while stop == Stop::Syscall {
        stop = tracee.next(Resume::Syscall, 0);
    }
    assert_eq!(stop, Stop::Event(event));
    no_call(&tracee);
}

#[harness::test(
    clause = SECCOMP_CALL_INFO_STOPS,
    catches = "an exit event that is told as a system call, for it has none to return from",
    needs = [PTRACE, CALL_INFO],
)]
fn an_exit_event_is_no_call() {
    let tracee = Tracee::start_with(PTRACE_O_TRACEEXIT, || 0);
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_EXIT));
    no_call(&tracee);
}

/// Without PTRACE_O_TRACESYSGOOD a syscall stop cannot be told from a trap.
#[rstest]
#[case::with(PTRACE_O_TRACESYSGOOD, Stop::Syscall, [PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT])]
#[case::without(0, Stop::Signal(SIGTRAP), [PTRACE_SYSCALL_INFO_NONE; 2])]
#[harness::test(
    clause = SECCOMP_CALL_INFO_STOPS,
    catches = "a stop told as a system call's although the tracer did not ask to tell them apart",
    needs = [PTRACE, CALL_INFO],
)]
fn a_syscall_stop_is_told_with_tracesysgood(
    #[case] options: i32,
    #[case] stop: Stop,
    #[case] told: [u8; 2],
) {
    let traced = Traced::start(0, Gadget::syscall(), &Filter::new(), &[call(SYS_getpid)]);
    let tracee = &traced.tracee;
    tracee.set_options(options);
    for op in told {
        assert_eq!(tracee.next(Resume::Syscall, 0), stop);
        assert_eq!(tracee.ptrace_syscall_info(usize::MAX).op(), op);
    }
}

/// A seized tracee stops for PTRACE_INTERRUPT, and with its process for SIGSTOP.
#[harness::test(
    clause = SECCOMP_CALL_INFO_STOPS,
    catches = "a group-stop or PTRACE_INTERRUPT's stop that is told as the call in which the tracee waits",
    needs = [PTRACE, CALL_INFO],
)]
fn a_group_stop_is_no_call() {
    let steps = Steps::new();
    let child = child::start(Flavour::Fork, || {
        steps.reach(1);
        steps.wait_for(2);
        tracee::stop_oneself();
        0
    });
    steps.wait_for(1);
    let tracee = Tracee::seize(child.pid(), PTRACE_O_TRACESYSGOOD);
    assert_eq!(tracee.request(PTRACE_INTERRUPT, 0, 0), Ok(0));
    assert_eq!(tracee.wait(), Stop::Event(PTRACE_EVENT_STOP));
    no_call(&tracee);
    steps.reach(2);
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    no_call(&tracee);
    assert_eq!(tracee.next(Resume::Continue, SIGSTOP), Stop::Event(PTRACE_EVENT_STOP));
    no_call(&tracee);
}
