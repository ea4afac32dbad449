//! The fields of siginfo_t.

use crate::clauses::documents::{PRCTL_DISPATCH, PRCTL_V7, SIGACTION_2};

harness::clauses! {
    DISPATCH_SIGINFO_SIGNO = {
        id: "dispatch/siginfo/signo",
        promise: "si_signo is SIGSYS",
        sources: &[PRCTL_V7.at("siginfo_t fields"), PRCTL_DISPATCH.at("siginfo_t fields")],
        terms: "contain",
        since: "5.11",
    }
    DISPATCH_SIGINFO_CALL_ADDR = {
        id: "dispatch/siginfo/call-addr",
        promise: "si_call_addr is the address of the system call instruction",
        sources: &[
            PRCTL_V7.at("siginfo_t fields"),
            PRCTL_DISPATCH.at("siginfo_t fields"),
            SIGACTION_2.at("siginfo_t, SIGSYS"),
        ],
        since: "5.11",
    }
    DISPATCH_SIGINFO_SYSCALL = {
        id: "dispatch/siginfo/syscall",
        promise: "si_syscall is the number of the attempted call",
        sources: &[
            PRCTL_V7.at("siginfo_t fields"),
            PRCTL_DISPATCH.at("siginfo_t fields"),
            SIGACTION_2.at("siginfo_t, SIGSYS"),
        ],
        terms: "indicate orig_rax",
        since: "5.11",
    }
    DISPATCH_SIGINFO_ARCH = {
        id: "dispatch/siginfo/arch",
        promise: "si_arch is the ABI of the attempted call",
        sources: &[
            PRCTL_V7.at("siginfo_t fields"),
            PRCTL_DISPATCH.at("siginfo_t fields"),
            SIGACTION_2.at("siginfo_t, SIGSYS"),
        ],
        terms: "architecture AUDIT_ARCH_I386 AUDIT_ARCH_X86_64 indicate",
        since: "5.11",
    }
    DISPATCH_SIGINFO_CODE = {
        id: "dispatch/siginfo/code",
        promise: "si_code is SYS_USER_DISPATCH",
        sources: &[PRCTL_V7.at("siginfo_t fields"), PRCTL_DISPATCH.at("siginfo_t fields")],
        terms: "contain",
        since: "5.11",
    }
    DISPATCH_SIGINFO_ERRNO_ZERO = {
        id: "dispatch/siginfo/errno-zero",
        promise: "si_errno is 0",
        sources: &[PRCTL_V7.at("siginfo_t fields"), PRCTL_DISPATCH.at("siginfo_t fields")],
        terms: "set",
        since: "5.11",
    }
}
