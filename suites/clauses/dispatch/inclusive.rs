//! Inclusive mode, which dispatches the calls from the region.

use crate::clauses::documents::{PRCTL_H, SUD_TEST_C, USER_DISPATCH, USER_DISPATCH_C};

harness::clauses! {
    DISPATCH_INCLUSIVE_DISPATCHES_REGION = {
        id: "dispatch/inclusive/dispatches-region",
        promise: "Inclusive mode (2) subjects the calls from the region to the selector",
        sources: &[USER_DISPATCH.at("Interface"), PRCTL_H.at("PR_SYS_DISPATCH_INCLUSIVE_ON")],
        terms: "dispatched",
        since: "6.17",
    }
    DISPATCH_INCLUSIVE_OUTSIDE_RUNS = {
        id: "dispatch/inclusive/outside-runs",
        promise: "Inclusive mode lets calls from outside the region run, without reading the \
            selector for them",
        sources: &[USER_DISPATCH.at("Interface")],
        terms: "always directly executed PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    DISPATCH_INCLUSIVE_HALF_OPEN = {
        id: "dispatch/inclusive/half-open",
        promise: "The inclusive region is half open: its start is in, its end is not",
        sources: &[USER_DISPATCH.at("Interface")],
        terms: "boundary length offset PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    DISPATCH_INCLUSIVE_ZERO_LENGTH = {
        id: "dispatch/inclusive/zero-length",
        promise: "Inclusive mode refuses a region of zero length",
        sources: &[SUD_TEST_C.at("bad_prctl_param")],
        terms: "EINVAL PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    DISPATCH_INCLUSIVE_WRAPAROUND = {
        id: "dispatch/inclusive/wraparound",
        promise: "Inclusive mode refuses a region that wraps around",
        sources: &[USER_DISPATCH_C.at("task_set_syscall_user_dispatch()")],
        terms: "EINVAL overflow PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    DISPATCH_INCLUSIVE_KERNEL_REGION = {
        id: "dispatch/inclusive/kernel-region",
        promise: "Inclusive mode accepts a region in the kernel half, from which no call is ever \
            made",
        sources: &[USER_DISPATCH_C.at("task_set_syscall_user_dispatch()")],
        terms: "PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    DISPATCH_INCLUSIVE_NULL_SELECTOR = {
        id: "dispatch/inclusive/null-selector",
        promise: "Inclusive mode without a selector dispatches every call from the region",
        sources: &[USER_DISPATCH.at("Interface, prctl synopsis")],
        terms: "NULL PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
}
