//! What no document states and every kernel does where two mechanisms meet. Those that concern dispatch
//! above all are among its own (`dispatch/clauses/interactions.rs`).

const SOURCE: &str = "kernel behaviour (5.10 to 7.3)";

harness::clauses! {
    INT_TRACE_THEN_SUD = {
        id: "int/trace/then-sud",
        promise: "A dispatched call reaches no tracer through a filter: SECCOMP_RET_TRACE makes no \
            event of it",
        source: SOURCE,
        terms: "PTRACE_EVENT_SECCOMP",
        since: "5.11",
    }
    INT_RESTART_SECCOMP_219 = {
        id: "int/restart/seccomp-219",
        promise: "A call that resumes after a stop enters as restart_syscall and meets the filters \
            as that",
        source: SOURCE,
        terms: "ERESTART_RESTARTBLOCK nanosleep SIGCONT SIGSTOP",
    }
    INT_PTRACE_SINGLESTEP_FILTERED = {
        id: "int/ptrace/singlestep-filtered",
        promise: "Stepping over a call that a filter fails stops with SIGTRAP after it; over one \
            that it traps, with SIGSYS after it, and then at the handler's first instruction",
        source: SOURCE,
        terms: "PTRACE_SINGLESTEP SECCOMP_RET_ERRNO SECCOMP_RET_TRAP",
    }
}
