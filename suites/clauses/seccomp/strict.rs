//! Strict mode.

use crate::clauses::documents::{PRCTL_GET_SECCOMP, SECCOMP_2, SECCOMP_C};

harness::clauses! {
    SECCOMP_STRICT_PERMITTED_CALLS = {
        id: "seccomp/strict/permitted-calls",
        promise: "Strict mode lets read, write, exit and sigreturn run",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_STRICT")],
        terms: "_exit calls make permitted SECCOMP_MODE_STRICT",
    }
    SECCOMP_STRICT_OTHER_CALLS_KILL = {
        id: "seccomp/strict/other-calls-kill",
        promise: "In strict mode any other call ends the calling thread, as by SIGKILL",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_STRICT")],
        terms: "SECCOMP_MODE_STRICT termination",
    }
    SECCOMP_STRICT_EXIT_GROUP_KILLS = {
        id: "seccomp/strict/exit-group-kills",
        promise: "exit_group is not permitted in strict mode",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_STRICT")],
        terms: "_exit SECCOMP_MODE_STRICT",
    }
    SECCOMP_STRICT_INT80 = {
        id: "seccomp/strict/int80",
        promise: "In strict mode, int 0x80 permits the same four calls by their 32-bit numbers",
        sources: &[SECCOMP_C.at("__secure_computing_strict()")],
        terms: "i386 ia32 SECCOMP_MODE_STRICT",
    }
    SECCOMP_STRICT_ARGS = {
        id: "seccomp/strict/args",
        promise: "Strict mode takes no flags and no address, or is EINVAL",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_STRICT")],
        terms: "args NULL",
    }
    SECCOMP_STRICT_GET_MODE_KILLS = {
        id: "seccomp/strict/get-mode-kills",
        promise: "PR_GET_SECCOMP in strict mode kills the caller",
        sources: &[PRCTL_GET_SECCOMP.at("DESCRIPTION")],
        terms: "prctl SIGKILL",
    }
    SECCOMP_STRICT_SIGRETURN_MASK = {
        id: "seccomp/strict/sigreturn-mask",
        promise: "The return from a handler sets the signal mask, as its frame has it, in strict mode too",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_STRICT")],
        terms: "alarm block rt_sigreturn SIGKILL",
    }
    SECCOMP_STRICT_NO_TIME_STAMP = {
        id: "seccomp/strict/no-time-stamp",
        promise: "In strict mode, reading the time stamp counter is SIGSEGV, for the vDSO's clocks too",
        sources: &[SECCOMP_C.at("seccomp_set_mode_strict()")],
        terms: "clock_gettime disable_TSC PR_SET_TSC PR_TSC_SIGSEGV RDTSC strict/no-tsc",
    }
}
