//! Dispatch, seccomp and audit at one call.

use crate::clauses::documents::{ENTRY_COMMON_C, USER_DISPATCH};

harness::clauses! {
    DISPATCH_ORDER_BEFORE_SECCOMP = {
        id: "dispatch/order/before-seccomp",
        promise: "A dispatched call never reaches seccomp: no action of a filter on its number \
            happens",
        sources: &[ENTRY_COMMON_C.at("syscall_trace_enter()")],
        terms: "before first intercepted run SECCOMP_RET_ERRNO SECCOMP_RET_KILL_PROCESS SECCOMP_RET_TRAP",
    }
    DISPATCH_ORDER_SECCOMP_STILL_APPLIES = {
        id: "dispatch/order/seccomp-still-applies",
        promise: "A seccomp filter still applies to the calls that dispatch lets through",
        sources: &[USER_DISPATCH.at("Security Notes"), ENTRY_COMMON_C.at("syscall_trace_enter()")],
        terms: "instead sandboxing",
        since: "5.11",
    }
    DISPATCH_ORDER_STRICT_MODE = {
        id: "dispatch/order/strict-mode",
        promise: "In strict mode, a dispatched call that is not permitted raises SIGSYS for the \
            handler, not SIGKILL",
        sources: &[ENTRY_COMMON_C.at("syscall_trace_enter()")],
        terms: "SECCOMP_MODE_STRICT",
    }
    DISPATCH_ORDER_SECCOMP_DENIES_ARMING = {
        id: "dispatch/order/seccomp-denies-arming",
        promise: "A filter can deny arming: its error is returned and dispatch stays off",
        sources: &[ENTRY_COMMON_C.at("syscall_trace_enter()")],
        terms: "EPERM prctl SECCOMP_RET_ERRNO",
    }
    DISPATCH_ORDER_NO_TRACE_EVENT = {
        id: "dispatch/order/no-trace-event",
        promise: "A dispatched call is not reported to a tracer by a filter: SECCOMP_RET_TRACE \
            makes no event of it",
        sources: &[ENTRY_COMMON_C.at("syscall_trace_enter()")],
        terms: "PTRACE_EVENT_SECCOMP",
        since: "5.11",
    }
    DISPATCH_ORDER_NO_AUDIT_RECORD = {
        id: "dispatch/order/no-audit-record",
        promise: "A dispatched call leaves no audit record",
        sources: &[ENTRY_COMMON_C.at("syscall_exit_work()")],
        terms: "AUDIT_SYSCALL auditd",
        unobservable: Some("needs an audit daemon and its rules"),
    }
}
