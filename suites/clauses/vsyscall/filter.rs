//! Filters and a vsyscall.

use crate::clauses::documents::{SECCOMP_FILTER, SECCOMP_FILTER_2012, VSYSCALL_64_C};

harness::clauses! {
    VSYSCALL_FILTER_OBEYED = {
        id: "vsyscall/filter/obeyed",
        promise: "An emulated vsyscall obeys filters and strict mode like the call it stands for",
        sources: &[SECCOMP_FILTER_2012.at("caveats, vsyscalls"), SECCOMP_FILTER.at("Caveats")],
        terms: "honor honour seccomp SECCOMP_RET_KILL",
    }
    VSYSCALL_FILTER_SKIPPED = {
        id: "vsyscall/filter/skipped",
        promise: "A vsyscall that a filter skips returns to its caller with the filter's error",
        sources: &[SECCOMP_FILTER_2012.at("commit message")],
        terms: "buggy emulate SECCOMP_RET_ERRNO",
    }
    VSYSCALL_FILTER_DATA = {
        id: "vsyscall/filter/data",
        promise: "A filter sees a vsyscall with the number and ABI of its call, the entry as \
            instruction pointer and the caller's registers as arguments",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "instruction_pointer seccomp_data",
    }
}
