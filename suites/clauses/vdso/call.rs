//! Functions of the vDSO, with and without a system call.

use crate::clauses::documents::{
    SECCOMP_2, SECCOMP_FILTER, SECCOMP_FILTER_2012, USER_DISPATCH_C, VDSO_7,
};

harness::clauses! {
    VDSO_CALL_WITHOUT_ENTRY = {
        id: "vdso/call/without-entry",
        promise: "The vDSO answers some calls without entering the kernel",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vDSO"),
            SECCOMP_FILTER.at("Caveats"),
            SECCOMP_2.at("Caveats"),
            VDSO_7.at("NOTES, strace(1), seccomp(2)"),
        ],
        terms: "clock_gettime exported getcpu gettimeofday trace visible",
        strength: harness::Strength::Caveat,
    }
    VDSO_CALL_FALLBACK = {
        id: "vdso/call/fallback",
        promise: "With a clock source that the vDSO cannot read, the same functions make real \
            calls",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vDSO"),
            SECCOMP_FILTER.at("Caveats"),
            SECCOMP_2.at("Caveats"),
        ],
        terms: "acpi_pm clock_gettime clocksource current_clocksource fall hpet tsc",
        strength: harness::Strength::Caveat,
    }
    VDSO_CALL_INDISTINGUISHABLE = {
        id: "vdso/call/indistinguishable",
        promise: "A system call that the vDSO makes looks like any other",
        sources: &[SECCOMP_FILTER_2012.at("caveats, last paragraph"), SECCOMP_FILTER.at("Caveats")],
        terms: "clock_gettime issued normal",
    }
    VDSO_CALL_DISPATCHED = {
        id: "vdso/call/dispatched",
        promise: "While calls are blocked, what the vDSO answers itself raises no signal, and the \
            system calls that it makes are dispatched",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "clock_gettime gettimeofday selector",
    }
}
