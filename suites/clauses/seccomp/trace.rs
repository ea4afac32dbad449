//! SECCOMP_RET_TRACE: the event, and what the tracer may change.

use crate::clauses::documents::{
    PTRACE_2, SECCOMP_2, SECCOMP_C, SECCOMP_FILTER, SECCOMP_FILTER_2012,
};

harness::clauses! {
    SECCOMP_TRACE_NO_TRACER = {
        id: "seccomp/trace/no-tracer",
        promise: "Without a tracer the call is not executed and fails with ENOSYS",
        sources: &[SECCOMP_2.at("SECCOMP_RET_TRACE"), SECCOMP_FILTER.at("Return values")],
        terms: "errno present",
    }
    SECCOMP_TRACE_OPTION = {
        id: "seccomp/trace/option",
        promise: "A tracer that set PTRACE_O_TRACESECCOMP gets a PTRACE_EVENT_SECCOMP stop, and no \
            other tracer does",
        sources: &[
            PTRACE_2.at("PTRACE_O_TRACESECCOMP"),
            SECCOMP_2.at("SECCOMP_RET_TRACE"),
            SECCOMP_FILTER.at("Return values"),
        ],
        terms: "notified PTRACE_SETOPTIONS rule tracee triggered",
    }
    SECCOMP_TRACE_EVENT_MESSAGE = {
        id: "seccomp/trace/event-message",
        promise: "The filter's 16 bits of data are the message of the tracer's event",
        sources: &[
            SECCOMP_FILTER_2012.at("SECCOMP_RET_TRACE"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRACE"),
            PTRACE_2.at("PTRACE_GETEVENTMSG"),
        ],
        terms: "available portion SECCOMP_RET_DATA",
    }
    SECCOMP_TRACE_HIDDEN_BY_PRECEDENCE = {
        id: "seccomp/trace/hidden-by-precedence",
        promise: "The tracer is not notified where the action of another filter takes precedence",
        sources: &[SECCOMP_2.at("SECCOMP_RET_TRACE")],
        terms: "greater",
    }
    SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS = {
        id: "seccomp/trace/between-syscall-stops",
        promise: "The event comes between the call's entry stop and its exit stop",
        sources: &[PTRACE_2.at("PTRACE_EVENT_SECCOMP stops")],
        terms: "reordered syscall-entry-stop syscall-exit-stop",
        since: "4.8",
    }
    SECCOMP_TRACE_NO_ENTRY_STOP_NEEDED = {
        id: "seccomp/trace/no-entry-stop-needed",
        promise: "The event occurs without an entry stop too, and an exit stop follows if the \
            tracer asks for it",
        sources: &[PTRACE_2.at("PTRACE_EVENT_SECCOMP stops")],
        terms: "preceding PTRACE_SYSCALL syscall-entry-stop",
    }
    SECCOMP_TRACE_SYSEMU = {
        id: "seccomp/trace/sysemu",
        promise: "Filters do not run for a call that PTRACE_SYSEMU skips",
        sources: &[PTRACE_2.at("PTRACE_EVENT_SECCOMP stops")],
        terms: "reported seccomp",
        since: "4.8",
    }
    SECCOMP_TRACE_SYSEMU_RESULT = {
        id: "seccomp/trace/sysemu-result",
        promise: "A call under PTRACE_SYSEMU has one stop, at its entry; it is not made, and returns what the tracer \
            leaves in its result register",
        sources: &[PTRACE_2.at("PTRACE_SYSEMU, PTRACE_SYSEMU_SINGLESTEP")],
        terms: "emulate emulated executed",
    }
    SECCOMP_TRACE_REGISTERS = {
        id: "seccomp/trace/registers",
        promise: "At the event the tracer sees the caller's registers with ENOSYS as the result, \
            and what it writes is in force",
        sources: &[PTRACE_2.at("PTRACE_EVENT_SECCOMP stops"), SECCOMP_2.at("SECCOMP_RET_TRACE")],
        terms: "orig_rax PTRACE_GETREGS PTRACE_SETREGS rax",
    }
    SECCOMP_TRACE_SYSCALL_INFO = {
        id: "seccomp/trace/syscall-info",
        promise: "PTRACE_GET_SYSCALL_INFO reports of an event what it reports of an entry, and the \
            filter's data; PTRACE_SET_SYSCALL_INFO changes the same",
        sources: &[PTRACE_2.at("PTRACE_GET_SYSCALL_INFO")],
        terms: "op ptrace_syscall_info PTRACE_SYSCALL_INFO_ENTRY PTRACE_SYSCALL_INFO_SECCOMP \
            ret_data",
        since: "5.3",
    }
    SECCOMP_TRACE_SKIP = {
        id: "seccomp/trace/skip",
        promise: "A tracer that writes -1 for the number has the call skipped",
        sources: &[
            SECCOMP_FILTER_2012.at("SECCOMP_RET_TRACE"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRACE"),
        ],
        terms: "changing orig_rax PTRACE_SETREGS",
    }
    SECCOMP_TRACE_SKIP_RESULT = {
        id: "seccomp/trace/skip-result",
        promise: "A skipped call returns what the tracer put in the result register",
        sources: &[
            SECCOMP_FILTER_2012.at("SECCOMP_RET_TRACE"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRACE"),
        ],
        terms: "appear rax value",
    }
    SECCOMP_TRACE_CHANGE_NUMBER = {
        id: "seccomp/trace/change-number",
        promise: "A tracer that writes another valid number has that call executed instead",
        sources: &[
            SECCOMP_FILTER_2012.at("SECCOMP_RET_TRACE"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRACE"),
        ],
        terms: "changing orig_rax PTRACE_SETREGS requested",
    }
    SECCOMP_TRACE_NUMBER_TOO_HIGH = {
        id: "seccomp/trace/number-too-high",
        promise: "A tracer that picks a number above the largest known call makes the call fail \
            with ENOSYS",
        sources: &[SECCOMP_FILTER_2012.at("commit message")],
        terms: "higher orig_rax select syscall",
    }
    SECCOMP_TRACE_NUMBER_TOO_HIGH_ON_X86_64 = {
        id: "seccomp/trace/number-too-high-on-x86-64",
        promise: "On x86-64 a number that is too high gives ENOSYS with or without that change",
        sources: &[SECCOMP_FILTER_2012.at("commit message")],
        terms: "incompatibility noticeable",
        strength: harness::Strength::Caveat,
    }
    SECCOMP_TRACE_NO_RECHECK = {
        id: "seccomp/trace/no-recheck",
        promise: "The filters are not run again after the tracer was notified",
        sources: &[SECCOMP_FILTER_2012.at("SECCOMP_RET_TRACE"), SECCOMP_FILTER.at("Return values")],
        terms: "check seccomp",
    }
    SECCOMP_TRACE_PTRACERS_ESCAPE = {
        id: "seccomp/trace/ptracers-escape",
        promise: "A tracer can use the event to execute a call that the filters deny",
        sources: &[SECCOMP_FILTER_2012.at("SECCOMP_RET_TRACE"), SECCOMP_FILTER.at("Return values")],
        terms: "extreme mechanism ptracers sandbox sandboxes",
        strength: harness::Strength::Caveat,
    }
    SECCOMP_TRACE_RECHECK = {
        id: "seccomp/trace/recheck",
        promise: "The filters are run again on what the tracer left; TRACE then means ALLOW",
        sources: &[PTRACE_2.at("PTRACE_EVENT_SECCOMP stops"), SECCOMP_2.at("SECCOMP_RET_TRACE")],
        terms: "modified registers rerun SECCOMP_RET_ALLOW",
        since: "4.8",
    }
    SECCOMP_TRACE_RECHECK_IS_NEWER = {
        id: "seccomp/trace/recheck-is-newer",
        promise: "Only before 4.8 the filters are not run again",
        sources: &[SECCOMP_2.at("SECCOMP_RET_TRACE")],
        terms: "check notified older",
        until: "4.8",
        unobservable: Some(
            "no kernel that old is in scope; what came after is seccomp/trace/recheck",
        ),
    }
    SECCOMP_TRACE_ENTRY_STOP_CHANGES = {
        id: "seccomp/trace/entry-stop-changes",
        promise: "What a tracer writes at an entry stop is what the filters see and what is \
            executed; what it writes at an exit stop is the result",
        sources: &[PTRACE_2.at("Syscall-stops"), PTRACE_2.at("PTRACE_EVENT_SECCOMP stops")],
        terms: "orig_rax PTRACE_SYSCALL rax",
        since: "4.8",
    }
    SECCOMP_TRACE_REFUSED_NUMBER = {
        id: "seccomp/trace/refused-number",
        promise: "At the exit of a call that a filter refused, its number is still the tracer's to see",
        sources: &[SECCOMP_C.at("__seccomp_filter(), skip")],
        terms: "errno orig_rax stop strace",
    }
    SECCOMP_TRACE_DETACH = {
        id: "seccomp/trace/detach",
        promise: "A tracer that detaches at the event leaves the call to be executed unchanged",
        sources: &[SECCOMP_C.at("__seccomp_filter()")],
        terms: "PTRACE_DETACH",
    }
    SECCOMP_TRACE_FATAL_SIGNAL = {
        id: "seccomp/trace/fatal-signal",
        promise: "A fatal signal at the event skips the call",
        sources: &[SECCOMP_C.at("__seccomp_filter(), comment")],
        terms: "SIGKILL",
    }
}
