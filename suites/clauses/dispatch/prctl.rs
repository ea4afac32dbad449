//! Arming and disarming: prctl(PR_SET_SYSCALL_USER_DISPATCH).

use crate::clauses::documents::{
    ARCH_KCONFIG, PRCTL_DISPATCH, PRCTL_H, PRCTL_V7, USER_DISPATCH, USER_DISPATCH_C,
};

harness::clauses! {
    DISPATCH_PRCTL_EXISTS = {
        id: "dispatch/prctl/exists",
        promise: "The operation exists since Linux 5.11",
        sources: &[PRCTL_V7.at("heading"), PRCTL_DISPATCH.at("HISTORY")],
        terms: "PR_SET_SYSCALL_USER_DISPATCH prctl version",
        since: "5.11",
    }
    DISPATCH_PRCTL_X86_ONLY = {
        id: "dispatch/prctl/x86-only",
        promise: "Only x86 has the operation",
        sources: &[PRCTL_V7.at("heading"), PRCTL_DISPATCH.at("HISTORY")],
        terms: "architecture arm64 riscv",
        since: "5.11",
        unobservable: Some("on x86-64 nothing shows what other machines have"),
    }
    DISPATCH_PRCTL_SUCCESS_IS_ZERO = {
        id: "dispatch/prctl/success-is-zero",
        promise: "The operation returns 0 on success",
        sources: &[PRCTL_DISPATCH.at("RETURN VALUE")],
        terms: "PR_SET_SYSCALL_USER_DISPATCH prctl",
        since: "5.11",
    }
    DISPATCH_PRCTL_ON = {
        id: "dispatch/prctl/on",
        promise: "Mode ON (1) turns dispatch on",
        sources: &[
            PRCTL_V7.at("PR_SYS_DISPATCH_ON"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "arg2 enable EXCLUSIVE op",
        since: "5.11",
    }
    DISPATCH_PRCTL_EXCLUSIVE_IS_ON = {
        id: "dispatch/prctl/exclusive-is-on",
        promise: "Exclusive mode has the value of ON (1) and does what ON always did",
        sources: &[PRCTL_H.at("PR_SYS_DISPATCH_EXCLUSIVE_ON"), USER_DISPATCH.at("Interface")],
        terms: "PR_SYS_DISPATCH_ON",
        since: "5.11",
    }
    DISPATCH_PRCTL_OFF = {
        id: "dispatch/prctl/off",
        promise: "Mode OFF (0) turns dispatch off for the thread",
        sources: &[
            PRCTL_V7.at("PR_SYS_DISPATCH_OFF"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_OFF"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "arg2 disable disabled",
        since: "5.11",
    }
    DISPATCH_PRCTL_OFF_ARGS_ZERO = {
        id: "dispatch/prctl/off-args-zero",
        promise: "OFF takes no region and no selector: a remaining argument that is not 0 is \
            EINVAL",
        sources: &[
            PRCTL_V7.at("PR_SYS_DISPATCH_OFF"),
            PRCTL_V7.at("errors, EINVAL"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "arg2 arg3 arg4 arg5 fields",
        since: "5.11",
    }
    DISPATCH_PRCTL_UNKNOWN_MODE = {
        id: "dispatch/prctl/unknown-mode",
        promise: "An unknown mode is EINVAL",
        sources: &[PRCTL_V7.at("errors, EINVAL"), PRCTL_DISPATCH.at("ERRORS, EINVAL")],
        terms: "arg2 invalid op",
        since: "5.11",
    }
    DISPATCH_PRCTL_REARMING_REPLACES = {
        id: "dispatch/prctl/rearming-replaces",
        promise: "Arming again replaces the configuration; a refused call changes nothing",
        sources: &[USER_DISPATCH_C.at("task_set_syscall_user_dispatch()")],
        terms: "EINVAL failed twice",
        since: "5.11",
    }
    DISPATCH_PRCTL_UNPRIVILEGED = {
        id: "dispatch/prctl/unprivileged",
        promise: "Dispatch needs no privilege and no no_new_privs bit",
        sources: &[USER_DISPATCH_C.at("task_set_syscall_user_dispatch()")],
        terms: "CAP_SYS_ADMIN PR_SET_NO_NEW_PRIVS unprivileged",
        since: "5.11",
    }
    DISPATCH_PRCTL_COMPILED_OUT = {
        id: "dispatch/prctl/compiled-out",
        promise: "Dispatch can be compiled out and is in by default; without it the operation is \
            EINVAL",
        sources: &[ARCH_KCONFIG.at("SYSCALL_USER_DISPATCH")],
        terms: "CONFIG_SYSCALL_USER_DISPATCH",
        since: "7.3",
    }
    DISPATCH_PRCTL_ADMIN_GUIDE = {
        id: "dispatch/prctl/admin-guide",
        promise: "The kernel's admin guide says more",
        sources: &[PRCTL_V7.at("further reading"), PRCTL_DISPATCH.at("SEE ALSO")],
        terms: "documentation syscall-user-dispatch.rst",
        since: "5.11",
        unobservable: Some("a reference to another text"),
    }
    DISPATCH_PRCTL_PAGE_COMPLETE = {
        id: "dispatch/prctl/page-complete",
        promise: "The manual page describes the whole interface",
        sources: &[PRCTL_DISPATCH.at("DESCRIPTION")],
        since: "5.11",
        unobservable: Some("a gap in a page, not behaviour of the kernel"),
    }
}
