//! What /proc tells of a task.

use crate::clauses::documents::{
    NO_NEW_PRIVS, PRCTL_GET_SECCOMP, PRCTL_NO_NEW_PRIVS, PROC_PID_STATUS, PROC_PID_SYSCALL,
};

harness::clauses! {
    SECCOMP_PROC_MODE = {
        id: "seccomp/proc/mode",
        promise: "A task's status file in /proc tells its mode: 0 without, 1 strict, 2 with a filter",
        sources: &[PROC_PID_STATUS.at("Seccomp"), PRCTL_GET_SECCOMP.at("DESCRIPTION")],
        terms: "/proc/pid/status get/proc SECCOMP_MODE_DISABLED SECCOMP_MODE_FILTER \
            SECCOMP_MODE_STRICT",
    }
    SECCOMP_PROC_FILTERS = {
        id: "seccomp/proc/filters",
        promise: "A task's status file in /proc tells how many filters it has",
        sources: &[PROC_PID_STATUS.at("Seccomp_filters")],
        terms: "/proc/pid/status attached get/proc number process",
        since: "5.9",
    }
    SECCOMP_PROC_NO_NEW_PRIVS = {
        id: "seccomp/proc/no-new-privs",
        promise: "A task's status file in /proc tells its no_new_privs bit",
        sources: &[PROC_PID_STATUS.at("NoNewPrivs"), PRCTL_NO_NEW_PRIVS.at("FILES")],
        terms: "/proc/pid/status",
        since: "4.10",
    }
    SECCOMP_PROC_SYSCALL = {
        id: "seccomp/proc/syscall",
        promise: "The syscall file of a task that waits in a call tells the number, six arguments, the stack \
            pointer and the program counter; of one that waits elsewhere, -1 in place of the number \
            and the two registers; of one that runs, `running`",
        sources: &[PROC_PID_SYSCALL.at("DESCRIPTION")],
        terms: "/proc/pid/syscall argument blocked exposes hexadecimal",
    }
    SECCOMP_PROC_NO_NEW_PRIVS_PERMANENT = {
        id: "seccomp/proc/no-new-privs-permanent",
        promise: "The no_new_privs bit cannot be cleared: PR_SET_NO_NEW_PRIVS with any value but 1 is EINVAL",
        sources: &[PRCTL_NO_NEW_PRIVS.at("DESCRIPTION"), PRCTL_NO_NEW_PRIVS.at("ERRORS, EINVAL")],
        terms: "attribute equal nnp/set once second unset",
    }
    SECCOMP_PROC_NO_NEW_PRIVS_ARGS = {
        id: "seccomp/proc/no-new-privs-args",
        promise: "The arguments that PR_SET_NO_NEW_PRIVS and PR_GET_NO_NEW_PRIVS have no use for must be 0, or it \
            is EINVAL",
        sources: &[NO_NEW_PRIVS.at("no_new_privs"), PRCTL_NO_NEW_PRIVS.at("ERRORS, EINVAL")],
        terms: "arg3 arg4 arg5 nnp/set unused zero",
    }
    SECCOMP_PROC_NO_NEW_PRIVS_EXEC = {
        id: "seccomp/proc/no-new-privs-exec",
        promise: "With no_new_privs, a program that is executed gains nothing from its set-user-ID and \
            set-group-ID bits",
        sources: &[NO_NEW_PRIVS.at("no_new_privs"), PRCTL_NO_NEW_PRIVS.at("DESCRIPTION")],
        terms: "execve grant nnp/exec-no-gain privileges setgid setuid",
    }
}
