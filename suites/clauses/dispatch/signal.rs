//! The SIGSYS of a dispatched call, and what its disposition and mask do.

use crate::clauses::documents::{
    PRCTL_DISPATCH, PRCTL_V7, SIGALTSTACK_2, SIGNAL_C, USER_DISPATCH, USER_DISPATCH_C,
};

harness::clauses! {
    DISPATCH_SIGNAL_SIGSYS_TO_CALLER = {
        id: "dispatch/signal/sigsys-to-caller",
        promise: "An intercepted call becomes a SIGSYS directed at the thread that made the call",
        sources: &[
            PRCTL_V7.at("introduction"),
            PRCTL_V7.at("siginfo_t fields"),
            PRCTL_DISPATCH.at("DESCRIPTION"),
            USER_DISPATCH.at("Background"),
        ],
        terms: "delivered form interception sends si_pid SI_TKILL triggering",
        since: "5.11",
    }
    DISPATCH_SIGNAL_AT_THE_CALL = {
        id: "dispatch/signal/at-the-call",
        promise: "The signal is delivered when the call is made, before the next instruction",
        sources: &[PRCTL_V7.at("introduction"), PRCTL_DISPATCH.at("DESCRIPTION")],
        terms: "immediately",
        since: "5.11",
    }
    DISPATCH_SIGNAL_BLOCKED = {
        id: "dispatch/signal/blocked",
        promise: "A dispatched call with SIGSYS blocked kills the process with SIGSYS",
        sources: &[SIGNAL_C.at("force_sig_info_to_task()")],
        terms: "masked sa_mask sigprocmask",
    }
    DISPATCH_SIGNAL_IGNORED = {
        id: "dispatch/signal/ignored",
        promise: "A dispatched call with SIGSYS ignored kills the process with SIGSYS",
        sources: &[SIGNAL_C.at("force_sig_info_to_task()")],
        terms: "SIG_IGN",
    }
    DISPATCH_SIGNAL_NESTED = {
        id: "dispatch/signal/nested",
        promise: "A dispatched call in the SIGSYS handler kills the process with SIGSYS",
        sources: &[SIGNAL_C.at("force_sig_info_to_task()")],
        terms: "SA_NODEFER",
    }
    DISPATCH_SIGNAL_NESTED_NODEFER = {
        id: "dispatch/signal/nested-nodefer",
        promise: "With SA_NODEFER, a dispatched call in the SIGSYS handler runs the handler again",
        sources: &[SIGNAL_C.at("force_sig_info_to_task()")],
        terms: "nested recursive",
    }
    DISPATCH_SIGNAL_STACK_DISARMED = {
        id: "dispatch/signal/stack-disarmed",
        promise: "With SS_AUTODISARM, the handler of a dispatched call runs on the alternate stack, has none itself, and \
            its return sets it again",
        sources: &[SIGALTSTACK_2.at("SS_AUTODISARM")],
        terms: "SA_ONSTACK sigaltstack uc_stack",
    }
    DISPATCH_SIGNAL_OTHER_HANDLER = {
        id: "dispatch/signal/other-handler",
        promise: "The handler of another signal is subject to dispatch like any code",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "SIGUSR1",
    }
    DISPATCH_SIGNAL_SENT_BY_PROCESS = {
        id: "dispatch/signal/sent-by-process",
        promise: "The si_code tells a SIGSYS that a process sends from one of a dispatched call",
        sources: &[USER_DISPATCH_C.at("trigger_sigsys()")],
        terms: "kill SI_TKILL SI_USER SYS_USER_DISPATCH tgkill",
    }
    DISPATCH_SIGNAL_NOT_LOGGED = {
        id: "dispatch/signal/not-logged",
        promise: "The audit log has no record of a dispatched call, nor of the death that a bad selector brings",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "audit_seccomp dmesg type=1326",
    }
}
