//! SECCOMP_RET_TRACE and a vsyscall.

use crate::clauses::documents::{SECCOMP_C, SECCOMP_FILTER, SECCOMP_FILTER_2012};

harness::clauses! {
    VSYSCALL_TRACE_NOTIFIES = {
        id: "vsyscall/trace/notifies",
        promise: "A tracer is notified of a vsyscall as of any call",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRACE"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "PTRACE_EVENT_SECCOMP SECCOMP_RET_TRACE signal usual",
    }
    VSYSCALL_TRACE_NUMBER_FIXED = {
        id: "vsyscall/trace/number-fixed",
        promise: "A tracer cannot change a vsyscall to another call",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRACE"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "changed orig_rax SECCOMP_RET_TRACE",
    }
    VSYSCALL_TRACE_SKIP = {
        id: "vsyscall/trace/skip",
        promise: "A tracer skips a vsyscall by writing number -1; it returns the value the tracer \
            left",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRACE"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "changed emulated orig_rax SECCOMP_RET_TRACE",
    }
    VSYSCALL_TRACE_OTHER_NUMBERS_MAY_KILL = {
        id: "vsyscall/trace/other-numbers-may-kill",
        promise: "Any other number that a tracer writes may end the process",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRACE"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "change orig_rax SECCOMP_RET_TRACE SIGSYS terminate",
        strength: harness::Strength::May,
    }
    VSYSCALL_TRACE_RIP_AT_ENTRY = {
        id: "vsyscall/trace/rip-at-entry",
        promise: "The tracer of a vsyscall sees rip at the entry, not after an instruction",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRACE"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "address SECCOMP_RET_TRACE",
    }
    VSYSCALL_TRACE_RIP_UNCHANGED = {
        id: "vsyscall/trace/rip-unchanged",
        promise: "The tracer of a vsyscall must not change rip",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRACE"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "modify SECCOMP_RET_TRACE",
    }
    VSYSCALL_TRACE_RSP_UNCHANGED = {
        id: "vsyscall/trace/rsp-unchanged",
        promise: "The tracer of a vsyscall must not change rsp",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRACE"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "modify SECCOMP_RET_TRACE",
    }
    VSYSCALL_TRACE_FUTURE_NUMBER = {
        id: "vsyscall/trace/future-number",
        promise: "On some kernels, a number that does not exist yet makes the vsyscall return \
            -ENOSYS",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRACE"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "emulated future SECCOMP_RET_TRACE",
        strength: harness::Strength::May,
    }
    VSYSCALL_TRACE_NO_RELIANCE = {
        id: "vsyscall/trace/no-reliance",
        promise: "A tracer must not rely on other changes ending the process",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRACE"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "SECCOMP_RET_TRACE terminating",
        strength: harness::Strength::Caveat,
        unobservable: Some("it is advice to tracers"),
    }
    VSYSCALL_TRACE_DENIED_NUMBER = {
        id: "vsyscall/trace/denied-number",
        promise: "A number that a tracer writes and the rerun filter denies gets the filter's \
            action; it does not end the process by itself",
        sources: &[SECCOMP_C.at("__seccomp_filter()")],
        terms: "orig_rax SECCOMP_RET_TRACE",
    }
}
