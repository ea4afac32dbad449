//! The region: its arguments, its edges, what it exempts.

use crate::clauses::documents::{
    PRCTL_DISPATCH, PRCTL_V7, SUD_TEST_C, USER_DISPATCH, USER_DISPATCH_C,
};

harness::clauses! {
    DISPATCH_REGION_ARGS = {
        id: "dispatch/region/args",
        promise: "The third argument is the start and the fourth the length of the exempt region",
        sources: &[
            PRCTL_V7.at("PR_SYS_DISPATCH_ON"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "arg3 arg4 off offset respectively size",
        since: "5.11",
    }
    DISPATCH_REGION_ALWAYS_ALLOWED = {
        id: "dispatch/region/always-allowed",
        promise: "Calls from the region always run, whatever the variable holds",
        sources: &[
            PRCTL_V7.at("PR_SYS_DISPATCH_ON"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "control executed regardless selector",
        since: "5.11",
    }
    DISPATCH_REGION_MEMBERSHIP = {
        id: "dispatch/region/membership",
        promise: "A system call instruction that lies in the region is exempt, one that lies \
            outside is not",
        sources: &[PRCTL_V7.at("PR_SYS_DISPATCH_ON"), PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON")],
        terms: "length offset",
        since: "5.11",
    }
    DISPATCH_REGION_CONTIGUOUS = {
        id: "dispatch/region/contiguous",
        promise: "There is one region, and it is contiguous",
        sources: &[PRCTL_V7.at("PR_SYS_DISPATCH_ON"), PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON")],
        terms: "memory single",
        since: "5.11",
    }
    DISPATCH_REGION_IN_ADDRESS_SPACE = {
        id: "dispatch/region/in-address-space",
        promise: "The region lies in the address space of the process",
        sources: &[
            PRCTL_V7.at("PR_SYS_DISPATCH_ON"),
            PRCTL_V7.at("errors, EINVAL"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON"),
        ],
        terms: "memory TASK_SIZE",
        since: "5.11",
    }
    DISPATCH_REGION_OUTSIDE_IS_EINVAL = {
        id: "dispatch/region/outside-is-einval",
        promise: "ON with a region outside the address space of the process is EINVAL",
        sources: &[PRCTL_V7.at("errors, EINVAL"), PRCTL_DISPATCH.at("ERRORS, EINVAL")],
        terms: "arg2 memory PR_SYS_DISPATCH_ON specified",
        since: "5.11",
    }
    DISPATCH_REGION_TYPICALLY_LIBC = {
        id: "dispatch/region/typically-libc",
        promise: "The region typically holds the C library",
        sources: &[PRCTL_V7.at("PR_SYS_DISPATCH_ON"), PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON")],
        terms: "area containing glibc libc",
        since: "5.11",
        unobservable: Some("advice to programs, not behaviour of the kernel"),
    }
    DISPATCH_REGION_HALF_OPEN = {
        id: "dispatch/region/half-open",
        promise: "The exclusive region is half open: its start is in, its end is not",
        sources: &[USER_DISPATCH.at("Interface")],
        terms: "boundary delimit interval length offset",
        since: "5.11",
    }
    DISPATCH_REGION_ZERO_ZERO = {
        id: "dispatch/region/zero-zero",
        promise: "Offset 0 with length 0 is valid and exempts nothing",
        sources: &[SUD_TEST_C.at("bad_prctl_param")],
        terms: "NULL",
        since: "5.11",
    }
    DISPATCH_REGION_EVERYTHING = {
        id: "dispatch/region/everything",
        promise: "Offset 0 with the greatest length exempts everything",
        sources: &[SUD_TEST_C.at("direct_dispatch_range")],
        terms: "ULONG_MAX",
        since: "5.11",
    }
    DISPATCH_REGION_ZERO_LENGTH = {
        id: "dispatch/region/zero-length",
        promise: "A region that starts above 0 must have a length",
        sources: &[USER_DISPATCH_C.at("task_set_syscall_user_dispatch(), comment")],
        terms: "EINVAL zero",
        since: "5.11",
    }
    DISPATCH_REGION_OVERFLOW = {
        id: "dispatch/region/overflow",
        promise: "Start and length of a region must not overflow, not even to exactly 0",
        sources: &[USER_DISPATCH_C.at("task_set_syscall_user_dispatch(), comment")],
        terms: "EINVAL wrap",
        since: "5.11",
    }
}
