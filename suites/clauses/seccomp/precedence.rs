//! Several filters: whose action and whose data stands.

use crate::clauses::documents::{SECCOMP_2, SECCOMP_FILTER};

harness::clauses! {
    SECCOMP_PRECEDENCE_HIGHEST_WINS = {
        id: "seccomp/precedence/highest-wins",
        promise: "Of the actions of several filters, the action of highest precedence is taken",
        sources: &[SECCOMP_2.at("Filters"), SECCOMP_FILTER.at("Return values")],
        terms: "evaluation multiple SECCOMP_RET_ACTION_FULL",
    }
    SECCOMP_PRECEDENCE_ORDER = {
        id: "seccomp/precedence/order",
        promise: "The order is KILL_PROCESS, KILL_THREAD, TRAP, ERRNO, USER_NOTIF, TRACE, LOG, \
            ALLOW",
        sources: &[SECCOMP_2.at("Filters"), SECCOMP_FILTER.at("Return values")],
        terms: "decreasing precedence SECCOMP_RET_ALLOW SECCOMP_RET_ERRNO SECCOMP_RET_KILL_PROCESS \
            SECCOMP_RET_KILL_THREAD SECCOMP_RET_LOG SECCOMP_RET_TRACE SECCOMP_RET_TRAP \
            SECCOMP_RET_USER_NOTIF",
    }
    SECCOMP_PRECEDENCE_MASK = {
        id: "seccomp/precedence/mask",
        promise: "Precedence is decided by the bits of SECCOMP_RET_ACTION alone",
        sources: &[SECCOMP_FILTER.at("Return values")],
        terms: "mask SECCOMP_RET_ACTION_FULL",
        unobservable: Some(
            "old wording: with that mask KILL_PROCESS would be KILL_THREAD, which the order of \
                precedence contradicts; that order is what cases hold kernels to",
        ),
    }
    SECCOMP_PRECEDENCE_NEWEST_DATA = {
        id: "seccomp/precedence/newest-data",
        promise: "Filters run from the newest to the oldest, and of equal actions the first \
            stands: the data is that of the filter installed last",
        sources: &[SECCOMP_FILTER.at("Return values"), SECCOMP_2.at("Filters")],
        terms: "executed precedence recently reverse SECCOMP_RET_DATA",
    }
    SECCOMP_PRECEDENCE_ALL_RUN = {
        id: "seccomp/precedence/all-run",
        promise: "Every filter is run, whatever the first of them return",
        sources: &[SECCOMP_2.at("Filters")],
        terms: "called earlier even executed",
        unobservable: Some("a filter has no effect but its result"),
    }
}
