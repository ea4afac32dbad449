//! Filters for every thread at once.

use crate::clauses::documents::{SECCOMP_2, SECCOMP_C};

harness::clauses! {
    SECCOMP_TSYNC_ALL_THREADS = {
        id: "seccomp/tsync/all-threads",
        promise: "TSYNC applies the filter to every thread of the process, and without TSYNC other \
            threads do not get it",
        sources: &[SECCOMP_2.at("SECCOMP_FILTER_FLAG_TSYNC")],
        terms: "synchronize tree",
    }
    SECCOMP_TSYNC_FAILING_THREAD_ID = {
        id: "seccomp/tsync/failing-thread-id",
        promise: "If the filters of another thread differ, TSYNC returns the id of such a thread \
            and loads nothing",
        sources: &[SECCOMP_2.at("SECCOMP_FILTER_FLAG_TSYNC"), SECCOMP_2.at("RETURN VALUE")],
        terms: "fail returning synchronize",
    }
    SECCOMP_TSYNC_ESRCH = {
        id: "seccomp/tsync/esrch",
        promise: "With TSYNC_ESRCH, that failure is ESRCH",
        sources: &[SECCOMP_C.at("seccomp_set_mode_filter()")],
        terms: "SECCOMP_FILTER_FLAG_TSYNC_ESRCH",
        since: "5.7",
    }
    SECCOMP_TSYNC_WITH_LISTENER = {
        id: "seccomp/tsync/with-listener",
        promise: "TSYNC with a listener needs TSYNC_ESRCH too, or is EINVAL",
        sources: &[SECCOMP_C.at("seccomp_set_mode_filter()")],
        terms: "SECCOMP_FILTER_FLAG_NEW_LISTENER SECCOMP_FILTER_FLAG_TSYNC \
            SECCOMP_FILTER_FLAG_TSYNC_ESRCH",
    }
    SECCOMP_TSYNC_NO_NEW_PRIVS = {
        id: "seccomp/tsync/no-new-privs",
        promise: "TSYNC gives every thread the no_new_privs bit of the caller",
        sources: &[SECCOMP_C.at("seccomp_sync_threads()")],
        terms: "PR_SET_NO_NEW_PRIVS SECCOMP_FILTER_FLAG_TSYNC",
    }
    SECCOMP_TSYNC_ANCESTOR_TREE = {
        id: "seccomp/tsync/ancestor-tree",
        promise: "TSYNC includes threads with an older state of the caller's filters",
        sources: &[SECCOMP_2.at("SECCOMP_FILTER_FLAG_TSYNC")],
        terms: "ancestor tree",
    }
    SECCOMP_TSYNC_EXITED = {
        id: "seccomp/tsync/exited",
        promise: "A thread that has exited, the leader too, does not count: TSYNC neither fails for its \
            filters nor gives it any",
        sources: &[SECCOMP_C.at("seccomp_can_sync_threads()")],
        terms: "dead PF_EXITING SECCOMP_FILTER_FLAG_TSYNC tsync/dead-leader zombie",
        since: "6.11",
    }
}
