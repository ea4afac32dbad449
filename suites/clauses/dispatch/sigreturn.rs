//! The handler's own return, which is a system call too.

use crate::clauses::documents::{USER_DISPATCH, USER_DISPATCH_C};

harness::clauses! {
    DISPATCH_SIGRETURN_REGION_AVOIDS_NESTING = {
        id: "dispatch/sigreturn/region-avoids-nesting",
        promise: "With the signal trampoline in the region, the handler returns without another \
            SIGSYS",
        sources: &[USER_DISPATCH.at("Interface")],
        terms: "nested rt_sigreturn triggering",
        since: "5.11",
    }
    DISPATCH_SIGRETURN_DISPATCHED_OUTSIDE_REGION = {
        id: "dispatch/sigreturn/dispatched-outside-region",
        promise: "Outside the region, the trampoline's own call is dispatched while calls are \
            blocked",
        sources: &[USER_DISPATCH.at("Interface")],
        terms: "rt_sigreturn SIGSYS",
        since: "5.11",
    }
    DISPATCH_SIGRETURN_VDSO_EXEMPT = {
        id: "dispatch/sigreturn/vdso-exempt",
        promise: "A signal trampoline in the vDSO is never intercepted",
        sources: &[USER_DISPATCH.at("Interface")],
        terms: "rt_sigreturn",
        since: "5.11",
    }
    DISPATCH_SIGRETURN_NESTED_UNTIL_OVERFLOW = {
        id: "dispatch/sigreturn/nested-until-overflow",
        promise: "With SA_NODEFER, a handler that leaves calls blocked nests through its own \
            return until its stack is full",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "overflow rt_sigreturn",
    }
    DISPATCH_SIGRETURN_OTHER_HANDLER = {
        id: "dispatch/sigreturn/other-handler",
        promise: "The return of another signal's handler that leaves calls blocked is dispatched",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "rt_sigreturn",
    }
}
