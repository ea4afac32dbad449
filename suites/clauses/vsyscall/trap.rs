//! SECCOMP_RET_TRAP and a vsyscall.

use crate::clauses::documents::{SECCOMP_FILTER, SECCOMP_FILTER_2012};

harness::clauses! {
    VSYSCALL_TRAP_CALL_ADDR = {
        id: "vsyscall/trap/call-addr",
        promise: "si_call_addr of a trapped vsyscall is its entry in the page",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRAP"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "gettimeofday pointing SECCOMP_RET_TRAP",
    }
    VSYSCALL_TRAP_CALL_ADDR_OTHERWISE = {
        id: "vsyscall/trap/call-addr-otherwise",
        promise: "si_call_addr of a trapped call that is not a vsyscall is the address after its \
            instruction",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRAP"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "SECCOMP_RET_TRAP",
    }
    VSYSCALL_TRAP_RETURN_EMULATED = {
        id: "vsyscall/trap/return-emulated",
        promise: "When the handler of a trapped vsyscall runs, a return to the caller has been \
            emulated",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRAP (a)"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "instruction rip SECCOMP_RET_TRAP",
    }
    VSYSCALL_TRAP_RESUME_IS_RECHECKED = {
        id: "vsyscall/trap/resume-is-rechecked",
        promise: "Going back to the entry of a trapped vsyscall runs the filter again",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, RET_TRAP (b)"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "pointless restart resume resuming SECCOMP_RET_TRAP security trigger",
    }
}
