//! The boot parameter vsyscall=.

use crate::clauses::documents::{KERNEL_PARAMETERS, SECCOMP_FILTER, SECCOMP_FILTER_2012};

harness::clauses! {
    VSYSCALL_MODE_EMULATE = {
        id: "vsyscall/mode/emulate",
        promise: "With vsyscall=emulate the calls are emulated and the page can be read",
        sources: &[KERNEL_PARAMETERS.at("vsyscall=")],
        terms: "CONFIG_LEGACY_VSYSCALL_EMULATE readable traps",
    }
    VSYSCALL_MODE_XONLY = {
        id: "vsyscall/mode/xonly",
        promise: "With vsyscall=xonly the calls are emulated and the page cannot be read",
        sources: &[KERNEL_PARAMETERS.at("vsyscall=")],
        terms: "CONFIG_LEGACY_VSYSCALL_XONLY executable readable",
    }
    VSYSCALL_MODE_NONE = {
        id: "vsyscall/mode/none",
        promise: "With vsyscall=none vsyscalls do not work at all",
        sources: &[KERNEL_PARAMETERS.at("vsyscall=")],
        terms: "CONFIG_LEGACY_VSYSCALL_NONE SIGSEGV",
        strength: harness::Strength::Caveat,
    }
    VSYSCALL_MODE_EMULATED_BY_DEFAULT = {
        id: "vsyscall/mode/emulated-by-default",
        promise: "Calls through the vsyscall page are emulated",
        sources: &[SECCOMP_FILTER_2012.at("caveats, vsyscalls"), SECCOMP_FILTER.at("Caveats")],
        terms: "default emulation enabled",
        strength: harness::Strength::Caveat,
    }
    VSYSCALL_MODE_NATIVE = {
        id: "vsyscall/mode/native",
        promise: "With vsyscall=native the page behaves differently",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, detection"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        until: "4.16",
        unobservable: Some("no kernel since 4.16 has the mode"),
    }
}
