//! What a tracer sees of dispatched calls.

use crate::clauses::documents::{ENTRY_COMMON_C, SIGNAL_C, USER_DISPATCH, X86_ENTRY_COMMON_C};

harness::clauses! {
    DISPATCH_TRACING_INVISIBLE = {
        id: "dispatch/tracing/invisible",
        promise: "An intercepted call is invisible to a tracer of system calls",
        sources: &[USER_DISPATCH.at("Background")],
        terms: "instrumentable PTRACE_SYSCALL",
        since: "5.11",
    }
    DISPATCH_TRACING_NO_SYSCALL_STOPS = {
        id: "dispatch/tracing/no-syscall-stops",
        promise: "Neither PTRACE_SYSCALL nor PTRACE_SYSEMU stops at a dispatched call; the SIGSYS \
            stop shows its number in rax and orig_rax",
        sources: &[ENTRY_COMMON_C.at("syscall_trace_enter()")],
        terms: "tracee tracer",
    }
    DISPATCH_TRACING_NO_TRACEPOINTS = {
        id: "dispatch/tracing/no-tracepoints",
        promise: "An intercepted call is invisible to the system call tracepoints",
        sources: &[USER_DISPATCH.at("Background")],
        terms: "instrumentable perf tracefs",
        since: "5.11",
        unobservable: Some(
            "needs tracefs mounted and root in the first namespace; the order that hides the call \
                from tracers is tested through ptrace",
        ),
    }
    DISPATCH_TRACING_EXIT_STOP = {
        id: "dispatch/tracing/exit-stop",
        promise: "A dispatched call has no exit stop, and the exit stop of every other call stays",
        sources: &[ENTRY_COMMON_C.at("syscall_exit_work()")],
        terms: "PTRACE_EVENT PTRACE_SYSCALL syscall-exit-stop",
    }
    DISPATCH_TRACING_SUPPRESSED_SIGSYS = {
        id: "dispatch/tracing/suppressed-sigsys",
        promise: "A tracer can suppress the SIGSYS: no handler runs, nothing is executed, the \
            number is the result",
        sources: &[SIGNAL_C.at("ptrace_signal()")],
        terms: "PTRACE_CONT signal-delivery-stop",
    }
    DISPATCH_TRACING_FORCED_DEATH = {
        id: "dispatch/tracing/forced-death",
        promise: "A tracer gets no signal stop for the death by an unexpected selector value",
        sources: &[SIGNAL_C.at("get_signal()")],
        terms: "signal-delivery-stop SIGSYS",
    }
    DISPATCH_TRACING_SINGLESTEP = {
        id: "dispatch/tracing/singlestep",
        promise: "Stepping over a dispatched call stops with SIGSYS after the instruction, then \
            with SIGTRAP at the handler's first",
        sources: &[SIGNAL_C.at("ptrace_signal()")],
        terms: "PTRACE_SINGLESTEP TF",
    }
    DISPATCH_TRACING_SINGLESTEP_NOT_DISPATCHED = {
        id: "dispatch/tracing/singlestep-not-dispatched",
        promise: "Stepping over a call that is not dispatched stops with SIGTRAP after the \
            instruction",
        sources: &[ENTRY_COMMON_C.at("syscall_exit_work()")],
        terms: "PTRACE_SINGLESTEP TF",
    }
    DISPATCH_TRACING_ARMED_AT_ENTRY_STOP = {
        id: "dispatch/tracing/armed-at-entry-stop",
        promise: "A configuration written at an entry stop takes effect from the next call on",
        sources: &[ENTRY_COMMON_C.at("syscall_trace_enter()")],
        terms: "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG PTRACE_SYSCALL",
    }
    DISPATCH_TRACING_NUMBER_OUT_OF_RANGE = {
        id: "dispatch/tracing/number-out-of-range",
        promise: "A number out of range that a tracer writes at an entry stop is an unknown call: \
            its result is ENOSYS, not what the tracer wrote",
        sources: &[X86_ENTRY_COMMON_C.at("do_syscall_64()")],
        terms: "orig_rax PTRACE_SETREGS rax",
    }
}
