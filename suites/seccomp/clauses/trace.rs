//! `SECCOMP_RET_TRACE`: the commit of 2012 that made skipping and changing a call consistent, and
//! what the manual says of it today.

const SOURCE: &str = "seccomp_filter.txt (commit 87b526d349b0, October 2012)";
const MESSAGE: &str = "commit 87b526d349b0 (October 2012)";
const NOW: &str = "seccomp(2), ptrace(2)";

harness::clauses! {
    TRACE_NR_TOO_HIGH_ENOSYS = {
        id: "sec/trace/nr-too-high-enosys",
        promise: "A tracer that picks a number above the largest known call makes it fail with \
            ENOSYS",
        source: MESSAGE,
        place: "message, first item",
        terms: "higher orig_rax select syscall",
    }
    TRACE_X86_64_LITTLE_DIFFERENCE = {
        id: "sec/trace/x86-64-little-difference",
        promise: "On x86-64 a number that is too high gives ENOSYS with or without that change",
        source: MESSAGE,
        place: "message, first item",
        terms: "incompatibility noticeable",
        strength: harness::Strength::Caveat,
    }
    TRACE_GETEVENTMSG = {
        id: "sec/trace/geteventmsg",
        promise: "The filter's 16 bits of data are the message of the tracer's event",
        source: SOURCE,
        place: "SECCOMP_RET_TRACE",
        terms: "available portion PTRACE_GETEVENTMSG SECCOMP_RET_DATA",
    }
    TRACE_SKIP_MINUS_ONE = {
        id: "sec/trace/skip-minus-one",
        promise: "A tracer that writes -1 for the number has the call skipped",
        source: SOURCE,
        place: "SECCOMP_RET_TRACE",
        terms: "changing orig_rax PTRACE_SETREGS",
    }
    TRACE_SKIP_RETVAL = {
        id: "sec/trace/skip-retval",
        promise: "A skipped call returns what the tracer put in the result register",
        source: SOURCE,
        place: "SECCOMP_RET_TRACE",
        terms: "appear rax return value",
    }
    TRACE_CHANGE_NR = {
        id: "sec/trace/change-nr",
        promise: "A tracer that writes another valid number has that call made instead",
        source: SOURCE,
        place: "SECCOMP_RET_TRACE",
        terms: "changing orig_rax PTRACE_SETREGS requested",
    }
    TRACE_NO_RECHECK = {
        id: "sec/trace/no-recheck",
        promise: "The filters are not run again after the tracer was told",
        source: SOURCE,
        place: "SECCOMP_RET_TRACE",
        terms: "check notified seccomp",
    }
    TRACE_PTRACERS_ESCAPE = {
        id: "sec/trace/ptracers-escape",
        promise: "A tracer can use the event to have a call made that the filters deny",
        source: SOURCE,
        place: "SECCOMP_RET_TRACE",
        terms: "extreme mechanism ptracers sandbox sandboxes",
        strength: harness::Strength::Caveat,
    }
    NOW_ACT_TRACE_NONE = {
        id: "sec3/act/trace-none",
        promise: "Without a tracer the call is not made and fails with ENOSYS",
        source: NOW,
        place: "SECCOMP_RET_TRACE",
        terms: "errno executed present",
    }
    NOW_ACT_TRACE_OPTION = {
        id: "sec3/act/trace-option",
        promise: "A tracer that set PTRACE_O_TRACESECCOMP gets a PTRACE_EVENT_SECCOMP stop, and \
            no other tracer does",
        source: NOW,
        place: "PTRACE_O_TRACESECCOMP",
        terms: "notified PTRACE_SETOPTIONS rule tracee triggered",
    }
    NOW_ACT_TRACE_HIDDEN = {
        id: "sec3/act/trace-hidden",
        promise: "The tracer is not told where another filter's action goes before",
        source: NOW,
        place: "SECCOMP_RET_TRACE",
        terms: "greater notified precedence",
    }
    NOW_ACT_TRACE_ORDER = {
        id: "sec3/act/trace-order",
        promise: "The event comes between the call's entry stop and its exit stop",
        source: NOW,
        place: "PTRACE_EVENT_SECCOMP stops",
        terms: "reordered syscall-entry-stop syscall-exit-stop",
        since: "4.8",
    }
    NOW_ACT_TRACE_RERUN = {
        id: "sec3/act/trace-rerun",
        promise: "The filters are run again on what the tracer left; to be traced is then to be \
            allowed",
        source: NOW,
        place: "SECCOMP_RET_TRACE; PTRACE_EVENT_SECCOMP stops",
        terms: "modified registers rerun SECCOMP_RET_ALLOW",
        since: "4.8",
    }
    NOW_ACT_TRACE_RECHECK_BEFORE_4_8 = {
        id: "sec3/act/trace-recheck-before-4.8",
        promise: "Only before 4.8 the filters are not run again",
        source: NOW,
        place: "SECCOMP_RET_TRACE",
        terms: "check notified older",
        until: "4.8",
        unobservable: Some("no kernel that old is in scope; what came after is sec3/act/trace-rerun"),
    }
    NOW_ACT_TRACE_SYSEMU = {
        id: "sec3/act/trace-sysemu",
        promise: "A call skipped by PTRACE_SYSEMU meets no filter",
        source: NOW,
        place: "PTRACE_EVENT_SECCOMP stops",
        terms: "reported seccomp",
        since: "4.8",
    }
    NOW_ACT_TRACE_NO_ENTRY_NEEDED = {
        id: "sec3/act/trace-no-entry-needed",
        promise: "The event comes without an entry stop too, and an exit stop follows where the \
            tracer asks for one",
        source: NOW,
        place: "PTRACE_EVENT_SECCOMP stops",
        terms: "preceding PTRACE_SYSCALL syscall-entry-stop",
    }
    NOW_ACT_TRACE_DETACH = {
        id: "sec3/act/trace-detach",
        promise: "A tracer that lets go at the event leaves the call to be made as it is",
        source: "kernel behaviour",
        place: "kernel/seccomp.c",
        terms: "PTRACE_DETACH",
    }
    NOW_ACT_TRACE_FATAL = {
        id: "sec3/act/trace-fatal",
        promise: "A deadly signal at the event skips the call",
        source: "kernel behaviour",
        place: "kernel/seccomp.c, comment",
        terms: "SIGKILL",
    }
    NOW_ACT_TRACE_REGISTERS = {
        id: "sec3/act/trace-registers",
        promise: "At the event the tracer sees the caller's registers and ENOSYS for a result, and \
            what it writes is in force",
        source: NOW,
        place: "PTRACE_EVENT_SECCOMP stops; SECCOMP_RET_TRACE",
        terms: "orig_rax PTRACE_GETREGS PTRACE_SETREGS rax",
    }
    NOW_ACT_TRACE_CALL_INFO = {
        id: "sec3/act/trace-call-info",
        promise: "PTRACE_GET_SYSCALL_INFO tells of an event what it tells of an entry, and the \
            filter's data; PTRACE_SET_SYSCALL_INFO changes the same",
        source: "ptrace(2)",
        place: "PTRACE_GET_SYSCALL_INFO",
        terms: "op ptrace_syscall_info PTRACE_SYSCALL_INFO_ENTRY PTRACE_SYSCALL_INFO_SECCOMP \
            ret_data",
        since: "5.3",
    }
    NOW_ACT_TRACE_ENTRY_CHANGES = {
        id: "sec3/act/trace-entry-changes",
        promise: "What a tracer writes at an entry stop is what the filters see and what is made; \
            what it writes at an exit stop is the result",
        source: NOW,
        place: "Syscall-stops; PTRACE_EVENT_SECCOMP stops",
        terms: "orig_rax PTRACE_SYSCALL rax",
        since: "4.8",
    }
}
