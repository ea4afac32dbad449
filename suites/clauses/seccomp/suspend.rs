//! PTRACE_O_SUSPEND_SECCOMP: a tracer that suspends its tracee's seccomp.

use crate::clauses::documents::{PTRACE_2, PTRACE_C, SECCOMP_C};

harness::clauses! {
    SECCOMP_SUSPEND_PRIVILEGE = {
        id: "seccomp/suspend/privilege",
        promise: "SUSPEND_SECCOMP takes CAP_SYS_ADMIN in the first user namespace, or is EPERM; by SEIZE \
            as by SETOPTIONS",
        sources: &[PTRACE_2.at("PTRACE_O_SUSPEND_SECCOMP"), PTRACE_C.at("check_ptrace_options()")],
        terms: "capability pt/suspend PTRACE_SEIZE PTRACE_SETOPTIONS",
        since: "4.3",
    }
    SECCOMP_SUSPEND_FREE_TRACER = {
        id: "seccomp/suspend/free-tracer",
        promise: "A tracer that has a filter, or is itself suspended, may not suspend: \
            EPERM",
        sources: &[PTRACE_2.at("PTRACE_O_SUSPEND_SECCOMP"), PTRACE_C.at("check_ptrace_options()")],
        terms: "installed pt/suspend tracer's",
        since: "4.3",
    }
    SECCOMP_SUSPEND_FILTERS = {
        id: "seccomp/suspend/filters",
        promise: "While its seccomp is suspended, no filter and no strict mode applies to the tracee's \
            calls",
        sources: &[PTRACE_2.at("PTRACE_O_SUSPEND_SECCOMP"), SECCOMP_C.at("__secure_computing()")],
        terms: "protections pt/suspend regardless suspends",
        since: "4.3",
    }
    SECCOMP_SUSPEND_RESUMED = {
        id: "seccomp/suspend/resumed",
        promise: "They apply again once the tracer sets options without it, detaches or ends",
        sources: &[PTRACE_2.at("PTRACE_O_SUSPEND_SECCOMP"), PTRACE_C.at("__ptrace_unlink()")],
        terms: "dropped pt/suspend PTRACE_DETACH PTRACE_SETOPTIONS",
        since: "4.3",
    }
    SECCOMP_SUSPEND_ONE_TRACEE = {
        id: "seccomp/suspend/one-tracee",
        promise: "The option suspends the seccomp of the tracee, a thread, and of the children that are \
            attached with its options, and of nobody else",
        sources: &[PTRACE_2.at("PTRACE_O_SUSPEND_SECCOMP"), PTRACE_C.at("ptrace_link()")],
        terms: "pt/suspend PTRACE_O_TRACEFORK siblings threads",
        since: "4.3",
    }
    SECCOMP_SUSPEND_LOADING = {
        id: "seccomp/suspend/loading",
        promise: "A suspended tracee may load filters and enter strict mode, which apply when seccomp is no \
            longer suspended",
        sources: &[SECCOMP_C.at("__secure_computing()")],
        terms: "checkpoint CRIU install pt/suspend PTRACE_O_SUSPEND_SECCOMP restore",
        since: "4.3",
    }
    SECCOMP_SUSPEND_ONLY_SECCOMP = {
        id: "seccomp/suspend/only-seccomp",
        promise: "Suspending seccomp suspends nothing else: dispatch and syscall stops remain",
        sources: &[PTRACE_2.at("PTRACE_O_SUSPEND_SECCOMP")],
        terms: "pt/suspend",
        since: "4.3",
    }
}
