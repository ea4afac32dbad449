//! A death by seccomp as others see it.

use crate::clauses::documents::{
    EXIT_C, PID_NAMESPACES_7, PTRACE_2, SECCOMP_2, SECCOMP_C, SIGNAL_C, WAIT_2,
};

harness::clauses! {
    SECCOMP_DEATH_CORE = {
        id: "seccomp/death/core",
        promise: "A process that a filter ends dumps core, and its wait status says so; not a thread that \
            KILL_THREAD ends beside others, and not strict mode",
        sources: &[
            SECCOMP_2.at("SECCOMP_RET_KILL_PROCESS"),
            SECCOMP_2.at("SECCOMP_RET_KILL_THREAD"),
            SECCOMP_C.at("__seccomp_filter()"),
        ],
        terms: "CLD_DUMPED coredump file RLIMIT_CORE WCOREDUMP",
    }
    SECCOMP_DEATH_CORE_REGISTERS = {
        id: "seccomp/death/core-registers",
        promise: "The core shows the registers with which the call was made, and the SIGSYS of the filter",
        sources: &[SECCOMP_C.at("__seccomp_filter(), comment")],
        terms: "coredump NT_PRSTATUS NT_SIGINFO original rollback si_arch si_call_addr si_syscall",
    }
    SECCOMP_DEATH_WAITID = {
        id: "seccomp/death/waitid",
        promise: "waitid, wait4 and SIGCHLD tell the same end: killed by SIGSYS, or by SIGKILL in strict mode",
        sources: &[WAIT_2.at("waitid()"), SECCOMP_2.at("SECCOMP_RET_KILL_PROCESS")],
        terms: "CLD_DUMPED CLD_KILLED pidfd si_code si_status siginfo",
    }
    SECCOMP_DEATH_CLEANED_UP = {
        id: "seccomp/death/cleaned-up",
        promise: "A thread that seccomp ends leaves as any other: its thread id word is cleared and its \
            robust futexes are marked",
        sources: &[EXIT_C.at("do_exit()")],
        terms: "CLONE_CHILD_CLEARTID FUTEX_OWNER_DIED set_robust_list",
    }
    SECCOMP_DEATH_EXIT_EVENT = {
        id: "seccomp/death/exit-event",
        promise: "A tracer with TRACEEXIT sees the exit event of a thread that seccomp ends: the message is \
            the wait status, and the registers are those of the call",
        sources: &[PTRACE_2.at("PTRACE_O_TRACEEXIT"), SIGNAL_C.at("get_signal()")],
        terms: "orig_rax pt/trace-exit PTRACE_EVENT_EXIT PTRACE_GETEVENTMSG",
    }
    SECCOMP_DEATH_INIT = {
        id: "seccomp/death/init",
        promise: "The init of a process id namespace is ended like any process, and its namespace with it",
        sources: &[
            SECCOMP_2.at("SECCOMP_RET_KILL_PROCESS"),
            PID_NAMESPACES_7.at("The namespace init process"),
        ],
        terms: "CLONE_NEWPID SIGNAL_UNKILLABLE",
    }
}
