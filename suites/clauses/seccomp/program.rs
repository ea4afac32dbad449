//! Which BPF programs the kernel accepts.

use crate::clauses::documents::{SECCOMP_2, SECCOMP_C, SECCOMP_FILTER};

harness::clauses! {
    SECCOMP_PROGRAM_INVALID = {
        id: "seccomp/program/invalid",
        promise: "An invalid program is EINVAL",
        sources: &[
            SECCOMP_2.at("SECCOMP_SET_MODE_FILTER"),
            SECCOMP_2.at("ERRORS, EINVAL"),
            SECCOMP_FILTER.at("Usage"),
        ],
        terms: "BPF filter sock_fprog",
    }
    SECCOMP_PROGRAM_LENGTH = {
        id: "seccomp/program/length",
        promise: "A program has 1 to 4096 instructions, or is EINVAL",
        sources: &[SECCOMP_2.at("ERRORS, EINVAL")],
        terms: "BPF_MAXINSNS exceeded filter length zero",
    }
    SECCOMP_PROGRAM_LOAD_BOUNDS = {
        id: "seccomp/program/load-bounds",
        promise: "A load is of an aligned word within seccomp_data, or EINVAL",
        sources: &[SECCOMP_2.at("ERRORS, EINVAL")],
        terms: "boundary BPF_ABS BPF_LD offset",
    }
    SECCOMP_PROGRAM_LOAD_SIZE = {
        id: "seccomp/program/load-size",
        promise: "A load is of 4 bytes, or EINVAL",
        sources: &[SECCOMP_2.at("Seccomp-specific BPF details")],
        terms: "BPF_B BPF_H BPF_W modifiers size",
    }
    SECCOMP_PROGRAM_DATA_LENGTH = {
        id: "seccomp/program/data-length",
        promise: "The length that a filter loads is that of seccomp_data, 64",
        sources: &[SECCOMP_2.at("Seccomp-specific BPF details")],
        terms: "BPF_LEN buffer operand size",
    }
    SECCOMP_PROGRAM_REJECTED_INSTRUCTIONS = {
        id: "seccomp/program/rejected-instructions",
        promise: "Loads relative to a register, header lengths, remainders and extensions are \
            EINVAL",
        sources: &[SECCOMP_C.at("seccomp_check_filter()")],
        terms: "BPF_IND BPF_MOD BPF_MSH SKF_AD_OFF",
    }
}
