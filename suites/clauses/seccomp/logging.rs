//! The audit log: which actions are recorded, and who chooses.

use crate::clauses::documents::{AUDITSC_C, SECCOMP_2, SECCOMP_C, SECCOMP_FILTER};

harness::clauses! {
    SECCOMP_LOGGING_ALLOW = {
        id: "seccomp/logging/allow",
        promise: "ALLOW is never logged, also where the filter asks for logging",
        sources: &[
            SECCOMP_2.at("Audit logging of seccomp actions"),
            SECCOMP_2.at("SECCOMP_FILTER_FLAG_LOG"),
        ],
        terms: "record SECCOMP_RET_ALLOW",
        since: "4.14",
    }
    SECCOMP_LOGGING_KILLS = {
        id: "seccomp/logging/kills",
        promise: "A kill is logged while actions_logged holds its name, whether or not the filter asks for \
            logging",
        sources: &[SECCOMP_2.at("Audit logging of seccomp actions")],
        terms: "dmesg record SECCOMP_RET_KILL_PROCESS SECCOMP_RET_KILL_THREAD",
        since: "4.14",
    }
    SECCOMP_LOGGING_LOG = {
        id: "seccomp/logging/log",
        promise: "LOG is logged while actions_logged holds its name, whether or not the filter asks for \
            logging",
        sources: &[SECCOMP_2.at("SECCOMP_RET_LOG"), SECCOMP_FILTER.at("Return values")],
        terms: "audit executed record",
        since: "4.14",
    }
    SECCOMP_LOGGING_REQUESTED = {
        id: "seccomp/logging/requested",
        promise: "TRAP, ERRNO, TRACE and USER_NOTIF are logged where the filter asks for logging and \
            actions_logged holds the name of the action",
        sources: &[
            SECCOMP_2.at("Audit logging of seccomp actions"),
            SECCOMP_2.at("SECCOMP_FILTER_FLAG_LOG"),
        ],
        terms: "record SECCOMP_RET_ERRNO SECCOMP_RET_TRACE SECCOMP_RET_TRAP SECCOMP_RET_USER_NOTIF",
        since: "4.14",
    }
    SECCOMP_LOGGING_NOT_REQUESTED = {
        id: "seccomp/logging/not-requested",
        promise: "TRAP, ERRNO, TRACE and USER_NOTIF are not logged where the filter does not ask for logging",
        sources: &[SECCOMP_2.at("Audit logging of seccomp actions")],
        terms: "record SECCOMP_RET_ERRNO SECCOMP_RET_TRACE SECCOMP_RET_TRAP SECCOMP_RET_USER_NOTIF",
        since: "4.14",
    }
    SECCOMP_LOGGING_FILTER = {
        id: "seccomp/logging/filter",
        promise: "Of several filters, the one whose action is taken decides whether it is logged; of several \
            that return the same action, the newest",
        sources: &[SECCOMP_2.at("SECCOMP_FILTER_FLAG_LOG"), SECCOMP_C.at("seccomp_run_filters()")],
        terms: "match precedence",
        since: "4.14",
    }
    SECCOMP_LOGGING_STRICT = {
        id: "seccomp/logging/strict",
        promise: "A death in strict mode is logged as KILL_THREAD with SIGKILL",
        sources: &[SECCOMP_C.at("__secure_computing_strict()")],
        terms: "audit record SECCOMP_MODE_STRICT sig=9",
        since: "4.14",
    }
    SECCOMP_LOGGING_RECORD = {
        id: "seccomp/logging/record",
        promise: "A logged action is one record, AUDIT_SECCOMP: the signal, the architecture, the number, \
            whether the ABI is 32-bit, the instruction pointer, and the action without its data",
        sources: &[AUDITSC_C.at("audit_seccomp()")],
        terms: "arch audit auid code comm compat exe ip pid ses sig syscall type=1326",
        since: "4.14",
    }
    SECCOMP_LOGGING_ACTIONS_AVAIL = {
        id: "seccomp/logging/actions-avail",
        promise: "actions_avail is a read-only list of the actions, from the least permissive to the most",
        sources: &[SECCOMP_2.at("/proc interfaces"), SECCOMP_FILTER.at("Sysctls")],
        terms: "kernel.seccomp ordered sysctl sysctl/actions-avail",
        since: "4.14",
    }
    SECCOMP_LOGGING_ACTIONS_LOGGED = {
        id: "seccomp/logging/actions-logged",
        promise: "actions_logged takes names in any order, tells them in the order of actions_avail, and \
            decides which actions may be logged",
        sources: &[SECCOMP_2.at("/proc interfaces"), SECCOMP_FILTER.at("Sysctls")],
        terms: "kernel.seccomp read-write sysctl sysctl/actions-logged",
        since: "4.14",
    }
    SECCOMP_LOGGING_NO_ALLOW = {
        id: "seccomp/logging/no-allow",
        promise: "Writing `allow` to actions_logged is EINVAL",
        sources: &[SECCOMP_2.at("/proc interfaces"), SECCOMP_FILTER.at("Sysctls")],
        terms: "kernel.seccomp sysctl sysctl/no-allow",
        since: "4.14",
    }
    SECCOMP_LOGGING_UNKNOWN_NAME = {
        id: "seccomp/logging/unknown-name",
        promise: "Writing what is no list of actions to actions_logged is EINVAL, and changes nothing",
        sources: &[SECCOMP_C.at("write_actions_logged()")],
        terms: "comma kernel.seccomp sysctl",
        since: "4.14",
    }
    SECCOMP_LOGGING_PRIVILEGE = {
        id: "seccomp/logging/privilege",
        promise: "Writing actions_logged takes CAP_SYS_ADMIN, reading it nothing",
        sources: &[SECCOMP_C.at("seccomp_actions_logged_handler()")],
        terms: "EACCES EPERM sysctl",
        since: "4.14",
    }
}
