//! Telling a vsyscall from other calls.

use crate::clauses::documents::{SECCOMP_FILTER, SECCOMP_FILTER_2012};

harness::clauses! {
    VSYSCALL_DETECT_TRACE = {
        id: "vsyscall/detect/trace",
        promise: "rip & ~0x0C00 == 0xFFFFFFFFFF600000 tells a vsyscall from other calls at a \
            tracer's stop",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, detection"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "addr behavior detect quirky SECCOMP_RET_TRACE",
    }
    VSYSCALL_DETECT_TRAP = {
        id: "vsyscall/detect/trap",
        promise: "si_call_addr & ~0x0C00 == 0xFFFFFFFFFF600000 tells a vsyscall from other calls \
            in a handler",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, detection"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "addr behavior detect quirky SECCOMP_RET_TRAP",
    }
    VSYSCALL_DETECT_NO_OTHER_CHECK = {
        id: "vsyscall/detect/no-other-check",
        promise: "No other condition is to be checked",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, detection"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "check quirky",
        strength: harness::Strength::Caveat,
        unobservable: Some("it is advice to programs"),
    }
}
