//! Asking whether an action is supported.

use crate::clauses::documents::SECCOMP_2;

harness::clauses! {
    SECCOMP_AVAILABLE_SUPPORTED = {
        id: "seccomp/available/supported",
        promise: "GET_ACTION_AVAIL is 0 for an action that the kernel knows",
        sources: &[SECCOMP_2.at("SECCOMP_GET_ACTION_AVAIL")],
        terms: "supported",
        since: "4.14",
    }
    SECCOMP_AVAILABLE_UNSUPPORTED = {
        id: "seccomp/available/unsupported",
        promise: "GET_ACTION_AVAIL of an action that the kernel does not support is EOPNOTSUPP",
        sources: &[SECCOMP_2.at("SECCOMP_GET_ACTION_AVAIL"), SECCOMP_2.at("ERRORS, EOPNOTSUPP")],
        since: "4.14",
    }
    SECCOMP_AVAILABLE_ARGS = {
        id: "seccomp/available/args",
        promise: "GET_ACTION_AVAIL with flags is EINVAL, with an invalid address EFAULT",
        sources: &[SECCOMP_2.at("SECCOMP_GET_ACTION_AVAIL")],
        since: "4.14",
    }
}
