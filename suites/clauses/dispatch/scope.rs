//! Which threads and which calls dispatch concerns.

use crate::clauses::documents::{
    ENTRY_COMMON_C, PRCTL_DISPATCH, PRCTL_V7, USER_DISPATCH, USER_DISPATCH_C,
};

harness::clauses! {
    DISPATCH_SCOPE_CALLING_THREAD = {
        id: "dispatch/scope/calling-thread",
        promise: "The operation configures the calling thread and no other",
        sources: &[PRCTL_V7.at("introduction"), PRCTL_DISPATCH.at("DESCRIPTION")],
        terms: "configure mechanism PR_SET_SYSCALL_USER_DISPATCH prctl",
        since: "5.11",
    }
    DISPATCH_SCOPE_WHOLE_THREAD = {
        id: "dispatch/scope/whole-thread",
        promise: "The operation acts on the whole thread: on every address that the thread calls \
            from",
        sources: &[USER_DISPATCH.at("Interface")],
        terms: "disable enable globally mechanism",
        since: "5.11",
    }
    DISPATCH_SCOPE_THREADS_INDEPENDENT = {
        id: "dispatch/scope/threads-independent",
        promise: "Threads that have their own selectors and regions do not affect each other",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "CLONE_THREAD pthread",
    }
    DISPATCH_SCOPE_SELECTIVE = {
        id: "dispatch/scope/selective",
        promise: "Interception is selective: the calls of one thread can run and be intercepted, \
            alternating",
        sources: &[PRCTL_V7.at("introduction"), PRCTL_DISPATCH.at("DESCRIPTION")],
        terms: "application handled mechanism selectively",
        since: "5.11",
    }
    DISPATCH_SCOPE_CONTROL_VARIABLE = {
        id: "dispatch/scope/control-variable",
        promise: "Once dispatch is on, a variable in user space decides call by call",
        sources: &[PRCTL_V7.at("PR_SYS_DISPATCH_ON"), PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON")],
        terms: "depending enabled further selectively selector",
        since: "5.11",
    }
    DISPATCH_SCOPE_ENABLE_VS_ALLOW = {
        id: "dispatch/scope/enable-vs-allow",
        promise: "Turning dispatch on or off and allowing or blocking calls are two different \
            things",
        sources: &[PRCTL_V7.at("cover letter")],
        terms: "difference disable enable",
        since: "5.11",
    }
    DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY = {
        id: "dispatch/scope/address-and-selector-only",
        promise: "Only the address of the call and the selector decide",
        sources: &[USER_DISPATCH.at("Background")],
        terms: "dispatcher user",
        since: "5.11",
    }
    DISPATCH_SCOPE_ANY_ABI = {
        id: "dispatch/scope/any-abi",
        promise: "Dispatch assumes nothing of the intercepted call's ABI: any number, any \
            arguments",
        sources: &[USER_DISPATCH.at("Background")],
        terms: "filtering invocation rely unexpected",
        since: "5.11",
    }
    DISPATCH_SCOPE_IO_URING = {
        id: "dispatch/scope/io-uring",
        promise: "Operations that io_uring performs, in kernel threads or not, are not dispatched",
        sources: &[ENTRY_COMMON_C.at("syscall_trace_enter()")],
    }
}
