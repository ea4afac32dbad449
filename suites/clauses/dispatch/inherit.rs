//! What becomes of dispatch in a child and in a new program.

use crate::clauses::documents::{EXEC_C, FORK_C, PRCTL_DISPATCH, PRCTL_V7, USER_DISPATCH};

harness::clauses! {
    DISPATCH_INHERIT_FORK = {
        id: "dispatch/inherit/fork",
        promise: "The setting is not preserved across fork",
        sources: &[
            PRCTL_V7.at("fork, clone and execve"),
            PRCTL_DISPATCH.at("fork, clone and execve"),
            USER_DISPATCH.at("Security Notes"),
        ],
        terms: "child inherited",
        since: "5.11",
    }
    DISPATCH_INHERIT_CLONE = {
        id: "dispatch/inherit/clone",
        promise: "The setting is not preserved across clone",
        sources: &[
            PRCTL_V7.at("fork, clone and execve"),
            PRCTL_DISPATCH.at("fork, clone and execve"),
        ],
        terms: "child CLONE_THREAD CLONE_VM inherited thread",
        since: "5.11",
    }
    DISPATCH_INHERIT_EXECVE = {
        id: "dispatch/inherit/execve",
        promise: "The setting is not preserved across execve",
        sources: &[
            PRCTL_V7.at("fork, clone and execve"),
            PRCTL_DISPATCH.at("fork, clone and execve"),
            USER_DISPATCH.at("Security Notes"),
        ],
        terms: "exec inherited",
        since: "5.11",
    }
    DISPATCH_INHERIT_RESETS_TO_OFF = {
        id: "dispatch/inherit/resets-to-off",
        promise: "fork and execve reset the configuration to OFF",
        sources: &[USER_DISPATCH.at("Security Notes")],
        terms: "clone exec mechanism PR_SYS_DISPATCH_OFF",
        since: "5.11",
    }
    DISPATCH_INHERIT_VFORK = {
        id: "dispatch/inherit/vfork",
        promise: "A vfork child is not dispatched while its parent is armed, and the parent is \
            armed afterwards",
        sources: &[FORK_C.at("dup_task_struct()")],
        terms: "CLONE_VFORK",
    }
    DISPATCH_INHERIT_SHARED_MEMORY = {
        id: "dispatch/inherit/shared-memory",
        promise: "A child that shares memory and selector byte with its armed parent is not \
            dispatched",
        sources: &[FORK_C.at("dup_task_struct()")],
        terms: "clone CLONE_VM",
    }
    DISPATCH_INHERIT_FAILED_EXECVE = {
        id: "dispatch/inherit/failed-execve",
        promise: "A failed execve leaves dispatch on",
        sources: &[EXEC_C.at("begin_new_exec()")],
        terms: "ENOENT",
    }
}
