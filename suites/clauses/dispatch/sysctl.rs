//! The sysctl kernel.syscall_user_dispatch.

use crate::clauses::documents::{SYSCTL_C, SYSCTL_KERNEL, USER_DISPATCH_C};

harness::clauses! {
    DISPATCH_SYSCTL_EXISTS = {
        id: "dispatch/sysctl/exists",
        promise: "kernel.syscall_user_dispatch exists, is readable by all and 1 by default",
        sources: &[SYSCTL_KERNEL.at("syscall_user_dispatch")],
        terms: "/proc/sys/kernel/syscall_user_dispatch",
        since: "7.3",
    }
    DISPATCH_SYSCTL_DENIES_PRCTL = {
        id: "dispatch/sysctl/denies-prctl",
        promise: "With the sysctl at 0, arming is EPERM, also for root",
        sources: &[SYSCTL_KERNEL.at("syscall_user_dispatch")],
        terms: "CAP_SYS_ADMIN kernel.syscall_user_dispatch prctl",
        since: "7.3",
    }
    DISPATCH_SYSCTL_DENIES_PTRACE = {
        id: "dispatch/sysctl/denies-ptrace",
        promise: "With the sysctl at 0, arming a tracee is EPERM",
        sources: &[SYSCTL_KERNEL.at("syscall_user_dispatch")],
        terms: "kernel.syscall_user_dispatch PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG tracer",
        since: "7.3",
    }
    DISPATCH_SYSCTL_ARMED_THREADS_STAY = {
        id: "dispatch/sysctl/armed-threads-stay",
        promise: "With the sysctl at 0, armed threads keep their configuration",
        sources: &[SYSCTL_KERNEL.at("syscall_user_dispatch")],
        terms: "kernel.syscall_user_dispatch",
        since: "7.3",
    }
    DISPATCH_SYSCTL_DISARMING_ALLOWED = {
        id: "dispatch/sysctl/disarming-allowed",
        promise: "With the sysctl at 0, turning off is still allowed",
        sources: &[SYSCTL_KERNEL.at("syscall_user_dispatch")],
        terms: "disable kernel.syscall_user_dispatch PR_SYS_DISPATCH_OFF",
        since: "7.3",
    }
    DISPATCH_SYSCTL_ABSENT_WITHOUT_DISPATCH = {
        id: "dispatch/sysctl/absent-without-dispatch",
        promise: "The sysctl exists exactly where dispatch is compiled in",
        sources: &[SYSCTL_KERNEL.at("syscall_user_dispatch")],
        terms: "CONFIG_SYSCALL_USER_DISPATCH kernel.syscall_user_dispatch",
        since: "7.3",
    }
    DISPATCH_SYSCTL_ERROR_ORDER = {
        id: "dispatch/sysctl/error-order",
        promise: "Bad arguments are EINVAL whatever the sysctl holds, and its EPERM comes before \
            EFAULT",
        sources: &[USER_DISPATCH_C.at("task_set_syscall_user_dispatch()")],
        terms: "kernel.syscall_user_dispatch",
        since: "7.3",
    }
    DISPATCH_SYSCTL_VALUES = {
        id: "dispatch/sysctl/values",
        promise: "The sysctl is a boolean: other numbers read back as 1, other text is EINVAL, and \
            only root writes it",
        sources: &[SYSCTL_C.at("proc_dobool()")],
        terms: "kernel.syscall_user_dispatch",
        since: "7.3",
    }
}
