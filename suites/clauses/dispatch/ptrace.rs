//! The requests that read and write the configuration.

use crate::clauses::documents::{
    EXEC_C, FORK_C, PTRACE_2, PTRACE_C, PTRACE_H, USER_DISPATCH, USER_DISPATCH_C, USER_DISPATCH_H,
};

harness::clauses! {
    DISPATCH_PTRACE_GET = {
        id: "dispatch/ptrace/get",
        promise: "A tracer can read the dispatch configuration",
        sources: &[
            USER_DISPATCH.at("Interface"),
            PTRACE_H.at("PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG"),
        ],
        terms: "peek peeked request",
        since: "6.4",
    }
    DISPATCH_PTRACE_SET = {
        id: "dispatch/ptrace/set",
        promise: "A tracer can write the dispatch configuration",
        sources: &[
            USER_DISPATCH.at("Interface"),
            PTRACE_H.at("PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG"),
        ],
        terms: "poke poked request",
        since: "6.4",
    }
    DISPATCH_PTRACE_REQUEST_NUMBERS = {
        id: "dispatch/ptrace/request-numbers",
        promise: "The requests are 0x4210 (set) and 0x4211 (get); mode, selector, offset and \
            length are 64 bits each, in this order",
        sources: &[PTRACE_H.at("ptrace_sud_config")],
        terms: "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG \
            struct",
        since: "6.4",
    }
    DISPATCH_PTRACE_WRONG_SIZE = {
        id: "dispatch/ptrace/wrong-size",
        promise: "A size other than the structure's is EINVAL",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch_get_config()")],
        terms: "ptrace_sud_config",
        since: "6.4",
    }
    DISPATCH_PTRACE_BAD_POINTER = {
        id: "dispatch/ptrace/bad-pointer",
        promise: "A structure at an unusable address is EFAULT",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch_get_config()")],
        terms: "ptrace_sud_config",
        since: "6.4",
    }
    DISPATCH_PTRACE_VALIDATED = {
        id: "dispatch/ptrace/validated",
        promise: "The configuration that a tracer writes is checked like the arguments of prctl",
        sources: &[USER_DISPATCH_C.at("task_set_syscall_user_dispatch()")],
        terms: "EINVAL PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    DISPATCH_PTRACE_BAD_SELECTOR_LATE = {
        id: "dispatch/ptrace/bad-selector-late",
        promise: "A bad selector that a tracer sets is SIGSEGV when the tracee first uses it",
        sources: &[PTRACE_H.at("ptrace_sud_config, comment")],
        terms: "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    DISPATCH_PTRACE_MODE = {
        id: "dispatch/ptrace/mode",
        promise: "The mode a tracer reads is the mode that was set",
        sources: &[PTRACE_H.at("ptrace_sud_config, comment")],
        terms: "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    DISPATCH_PTRACE_ROUND_TRIP = {
        id: "dispatch/ptrace/round-trip",
        promise: "Writing back what was read restores the configuration",
        sources: &[USER_DISPATCH.at("Interface")],
        terms: "checkpoint CRIU restart restore",
        since: "6.4",
    }
    DISPATCH_PTRACE_NEEDS_STOP = {
        id: "dispatch/ptrace/needs-stop",
        promise: "The requests need a stopped tracee",
        sources: &[PTRACE_2.at("ERRORS, ESRCH"), PTRACE_C.at("ptrace_check_attach()")],
        terms: "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    DISPATCH_PTRACE_UNKNOWN_REQUEST = {
        id: "dispatch/ptrace/unknown-request",
        promise: "Before 6.4 the requests are unknown",
        sources: &[PTRACE_C.at("ptrace_request()")],
        terms: "EIO PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    DISPATCH_PTRACE_COMPILED_OUT = {
        id: "dispatch/ptrace/compiled-out",
        promise: "With dispatch compiled out, the requests are EINVAL",
        sources: &[USER_DISPATCH_H.at("stub")],
        terms: "CONFIG_SYSCALL_USER_DISPATCH",
        since: "6.4",
    }
    DISPATCH_PTRACE_STALE_AFTER_FORK = {
        id: "dispatch/ptrace/stale-after-fork",
        promise: "A forked child reads as OFF, with its parent's region and selector left behind",
        sources: &[FORK_C.at("dup_task_struct()")],
        terms: "offset PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
    }
    DISPATCH_PTRACE_STALE_AFTER_EXECVE = {
        id: "dispatch/ptrace/stale-after-execve",
        promise: "After execve a task reads as OFF, with its old region and selector left behind",
        sources: &[EXEC_C.at("begin_new_exec()")],
        terms: "offset PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
    }
}
