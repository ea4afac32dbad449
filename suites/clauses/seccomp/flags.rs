//! Flags that change what surrounds a filter.

use crate::clauses::documents::{SECCOMP_2, SECCOMP_C};

harness::clauses! {
    SECCOMP_FLAGS_LOG = {
        id: "seccomp/flags/log",
        promise: "FLAG_LOG changes what is logged and nothing else",
        sources: &[SECCOMP_2.at("SECCOMP_FILTER_FLAG_LOG")],
        terms: "actions_logged",
        since: "4.14",
    }
    SECCOMP_FLAGS_SPEC_ALLOW = {
        id: "seccomp/flags/spec-allow",
        promise: "SPEC_ALLOW changes speculation and nothing else",
        sources: &[SECCOMP_2.at("SECCOMP_FILTER_FLAG_SPEC_ALLOW")],
        terms: "bypass mitigation speculative store",
        since: "4.17",
    }
    SECCOMP_FLAGS_WAIT_KILLABLE_NEEDS_LISTENER = {
        id: "seccomp/flags/wait-killable-needs-listener",
        promise: "WAIT_KILLABLE_RECV without a listener is EINVAL",
        sources: &[SECCOMP_C.at("seccomp_set_mode_filter()")],
        terms: "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    }
}
