//! Children, threads and new programs keep filters.

use crate::clauses::documents::{SECCOMP_2, SECCOMP_FILTER};

harness::clauses! {
    SECCOMP_INHERIT_FORK = {
        id: "seccomp/inherit/fork",
        promise: "Children keep the filters",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_FILTER"), SECCOMP_FILTER.at("Usage")],
        terms: "child clone constrained parent processes",
    }
    SECCOMP_INHERIT_THREAD = {
        id: "seccomp/inherit/thread",
        promise: "New threads keep the filters",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_FILTER"), SECCOMP_FILTER.at("Usage")],
        terms: "clone CLONE_THREAD",
    }
    SECCOMP_INHERIT_EXECVE = {
        id: "seccomp/inherit/execve",
        promise: "Filters survive execve",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_FILTER"), SECCOMP_FILTER.at("Usage")],
        terms: "across existing preserved",
    }
}
