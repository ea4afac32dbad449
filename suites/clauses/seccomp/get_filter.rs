//! PTRACE_SECCOMP_GET_FILTER and PTRACE_SECCOMP_GET_METADATA: a tracer that reads filters.

use crate::clauses::documents::{PTRACE_2, PTRACE_H, SECCOMP_C};

harness::clauses! {
    SECCOMP_GET_FILTER_PROGRAM = {
        id: "seccomp/get-filter/program",
        promise: "A tracer reads a filter's classic program as it was loaded; the answer is the number of \
            instructions",
        sources: &[PTRACE_2.at("PTRACE_SECCOMP_GET_FILTER"), SECCOMP_C.at("seccomp_get_filter()")],
        terms: "BPF dump pt/get-filter sock_filter",
        since: "4.4",
    }
    SECCOMP_GET_FILTER_INDEX = {
        id: "seccomp/get-filter/index",
        promise: "The index of a filter counts from 0; past the last filter it is ENOENT",
        sources: &[PTRACE_2.at("PTRACE_SECCOMP_GET_FILTER"), SECCOMP_C.at("get_nth_filter()")],
        terms: "addr installed most oldest order pt/get-filter recently",
        since: "4.4",
    }
    SECCOMP_GET_FILTER_COUNT = {
        id: "seccomp/get-filter/count",
        promise: "With a null address nothing is copied and the number of instructions is returned",
        sources: &[PTRACE_2.at("PTRACE_SECCOMP_GET_FILTER"), SECCOMP_C.at("seccomp_get_filter()")],
        terms: "data pt/get-filter size",
        since: "4.4",
    }
    SECCOMP_GET_FILTER_DENIED = {
        id: "seccomp/get-filter/denied",
        promise: "Without CAP_SYS_ADMIN, or for a tracer that seccomp binds, it is EACCES to read filters",
        sources: &[PTRACE_2.at("PTRACE_SECCOMP_GET_FILTER"), SECCOMP_C.at("seccomp_get_filter()")],
        terms: "capability get/filter-denied mode pt/get-filter PTRACE_SECCOMP_GET_METADATA",
        since: "4.4",
    }
    SECCOMP_GET_FILTER_NO_FILTER = {
        id: "seccomp/get-filter/no-filter",
        promise: "Of a tracee that is not in filter mode it is EINVAL to ask for a filter",
        sources: &[SECCOMP_C.at("get_nth_filter()")],
        terms: "pt/get-filter SECCOMP_MODE_FILTER strict",
        since: "4.4",
    }
    SECCOMP_GET_FILTER_BAD_POINTER = {
        id: "seccomp/get-filter/bad-pointer",
        promise: "An address that cannot be written is EFAULT",
        sources: &[SECCOMP_C.at("seccomp_get_filter()"), SECCOMP_C.at("seccomp_get_metadata()")],
        terms: "copy_to_user pt/get-filter",
        since: "4.4",
    }
    SECCOMP_GET_FILTER_METADATA = {
        id: "seccomp/get-filter/metadata",
        promise: "The metadata of a filter is its index and its flags, of which LOG alone is told; 16 bytes",
        sources: &[PTRACE_H.at("struct seccomp_metadata"), SECCOMP_C.at("seccomp_get_metadata()")],
        terms: "filter_off PTRACE_SECCOMP_GET_METADATA SECCOMP_FILTER_FLAG_LOG",
        since: "4.16",
    }
    SECCOMP_GET_FILTER_METADATA_SIZE = {
        id: "seccomp/get-filter/metadata-size",
        promise: "A buffer too small for the index is EINVAL; of another, no more than fits is written, and \
            the answer is the number of bytes",
        sources: &[SECCOMP_C.at("seccomp_get_metadata()")],
        terms: "addr PTRACE_SECCOMP_GET_METADATA seccomp_metadata size",
        since: "4.16",
    }
}
