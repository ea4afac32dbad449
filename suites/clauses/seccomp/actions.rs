//! What each action does: kill, errno, log, allow.

use crate::clauses::documents::{
    ENTRY_COMMON_C, SECCOMP_2, SECCOMP_C, SECCOMP_FILTER, SECCOMP_FILTER_2012, SIGNAL_C,
};

harness::clauses! {
    SECCOMP_ACTIONS_KILL_PROCESS = {
        id: "seccomp/actions/kill-process",
        promise: "KILL_PROCESS ends the whole process, and the call is not executed",
        sources: &[SECCOMP_2.at("SECCOMP_RET_KILL_PROCESS"), SECCOMP_FILTER.at("Return values")],
        terms: "core dump terminated termination",
    }
    SECCOMP_ACTIONS_KILL_PROCESS_UNCATCHABLE = {
        id: "seccomp/actions/kill-process-uncatchable",
        promise: "No handler, mask or tracer of SIGSYS prevents KILL_PROCESS",
        sources: &[SECCOMP_2.at("SECCOMP_RET_KILL_PROCESS")],
        terms: "blocked ignored registered signal",
    }
    SECCOMP_ACTIONS_KILL_STATUS = {
        id: "seccomp/actions/kill-status",
        promise: "A killed process's wait status says SIGSYS, not SIGKILL",
        sources: &[SECCOMP_FILTER.at("Return values"), SECCOMP_2.at("SECCOMP_RET_KILL_PROCESS")],
        terms: "exit SECCOMP_RET_KILL terminated waitpid wstatus WTERMSIG",
    }
    SECCOMP_ACTIONS_KILL_THREAD = {
        id: "seccomp/actions/kill-thread",
        promise: "KILL_THREAD ends the calling thread alone, and the call is not executed",
        sources: &[SECCOMP_2.at("SECCOMP_RET_KILL_THREAD"), SECCOMP_FILTER.at("Return values")],
        terms: "continue group SECCOMP_RET_KILL termination threads",
    }
    SECCOMP_ACTIONS_KILL_LAST_THREAD = {
        id: "seccomp/actions/kill-last-thread",
        promise: "KILL_THREAD of a process's last thread ends it as by SIGSYS",
        sources: &[SECCOMP_2.at("SECCOMP_RET_KILL_THREAD")],
        terms: "core dump single",
    }
    SECCOMP_ACTIONS_KILL_IS_KILL_THREAD = {
        id: "seccomp/actions/kill-is-kill-thread",
        promise: "KILL is another name of KILL_THREAD: the value 0",
        sources: &[SECCOMP_2.at("SECCOMP_RET_KILL_THREAD")],
        terms: "SECCOMP_RET_KILL synonym",
    }
    SECCOMP_ACTIONS_ERRNO = {
        id: "seccomp/actions/errno",
        promise: "ERRNO's data is the call's error number, and the call is not executed",
        sources: &[SECCOMP_2.at("SECCOMP_RET_ERRNO"), SECCOMP_FILTER.at("Return values")],
        terms: "executing passed SECCOMP_RET_DATA value",
    }
    SECCOMP_ACTIONS_ERRNO_ZERO = {
        id: "seccomp/actions/errno-zero",
        promise: "ERRNO with data 0 makes the call return 0 without executing it",
        sources: &[SECCOMP_C.at("__seccomp_filter()")],
        terms: "SECCOMP_RET_ERRNO success",
    }
    SECCOMP_ACTIONS_ERRNO_ALL_BITS = {
        id: "seccomp/actions/errno-all-bits",
        promise: "All 16 bits of ERRNO's data are the error number",
        sources: &[SECCOMP_FILTER.at("Return values")],
        terms: "lower MAX_ERRNO SECCOMP_RET_ERRNO",
    }
    SECCOMP_ACTIONS_LOG = {
        id: "seccomp/actions/log",
        promise: "LOG executes the call after logging it",
        sources: &[SECCOMP_2.at("SECCOMP_RET_LOG"), SECCOMP_FILTER.at("Return values")],
        terms: "actions_logged executed",
    }
    SECCOMP_ACTIONS_ALLOW = {
        id: "seccomp/actions/allow",
        promise: "An allowed call is executed",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_ALLOW"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_ALLOW"),
        ],
    }
    SECCOMP_ACTIONS_UNKNOWN = {
        id: "seccomp/actions/unknown",
        promise: "An unknown action is KILL_PROCESS",
        sources: &[SECCOMP_2.at("Filters"), SECCOMP_2.at("SECCOMP_GET_ACTION_AVAIL")],
        terms: "SECCOMP_RET_KILL_PROCESS specified treated unrecognized",
        since: "4.14",
    }
    SECCOMP_ACTIONS_SINGLESTEP = {
        id: "seccomp/actions/singlestep",
        promise: "Stepping over a call that a filter fails stops with SIGTRAP after the call; over \
            a call that a filter traps, with SIGSYS after the call and then at the handler's \
            first instruction",
        sources: &[ENTRY_COMMON_C.at("syscall_exit_work()"), SIGNAL_C.at("ptrace_signal()")],
        terms: "PTRACE_SINGLESTEP SECCOMP_RET_ERRNO SECCOMP_RET_TRAP",
    }
}
