//! seccomp_filter.txt as of October 2012 (commit 87b526d349b0): its caveats about the vDSO and about
//! vsyscalls.

use harness::Strength::{Caveat, May};

const SOURCE: &str = "seccomp_filter.txt (87b526d349b0)";

harness::clauses! {
    VSYS_SKIP_WAS_BUGGY_NOW_OK = {
        id: "sec/vsys/skip-was-buggy-now-ok",
        promise: "A vsyscall that a filter skips returns to its caller with the filter's error",
        source: SOURCE,
        place: "commit message",
        terms: "buggy emulate SECCOMP_RET_ERRNO",
    }
    VSYS_EMULATED_BY_DEFAULT = {
        id: "sec/vsys/emulated-by-default",
        promise: "Calls through the vsyscall page are emulated",
        source: SOURCE,
        place: "caveats, vsyscalls",
        terms: "default emulation enabled",
        strength: Caveat,
    }
    VSYS_HONOURS_SECCOMP = {
        id: "sec/vsys/honours-seccomp",
        promise: "An emulated vsyscall obeys filters and strict mode like the call it stands for",
        source: SOURCE,
        place: "caveats, vsyscalls",
        terms: "honor honour seccomp SECCOMP_RET_KILL",
    }
    VSYS_TRAP_CALL_ADDR = {
        id: "sec/vsys/trap-call-addr",
        promise: "si_call_addr of a trapped vsyscall is its entry in the page",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRAP",
        terms: "gettimeofday pointing SECCOMP_RET_TRAP",
    }
    VSYS_TRAP_DIFFERS_FROM_NORMAL = {
        id: "sec/vsys/trap-differs-from-normal",
        promise: "si_call_addr of any other trapped call is the address after its instruction",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRAP",
        terms: "SECCOMP_RET_TRAP",
    }
    VSYS_TRAP_RET_EMULATED = {
        id: "sec/vsys/trap-ret-emulated",
        promise: "When the handler of a trapped vsyscall runs, a return to the caller has been \
            emulated",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRAP (a)",
        terms: "instruction rip SECCOMP_RET_TRAP",
    }
    VSYS_TRAP_RESUME_RECHECKED = {
        id: "sec/vsys/trap-resume-rechecked",
        promise: "Going back to the entry of a trapped vsyscall meets the filter again",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRAP (b)",
        terms: "pointless restart resume resuming SECCOMP_RET_TRAP security trigger",
    }
    VSYS_TRACE_NOTIFIES = {
        id: "sec/vsys/trace-notifies",
        promise: "A tracer is told of a vsyscall as of any call",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRACE",
        terms: "PTRACE_EVENT_SECCOMP SECCOMP_RET_TRACE signal usual",
    }
    VSYS_TRACE_NR_FIXED = {
        id: "sec/vsys/trace-nr-fixed",
        promise: "A tracer cannot make another call of a vsyscall",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRACE",
        terms: "changed orig_rax SECCOMP_RET_TRACE",
    }
    VSYS_TRACE_SKIP = {
        id: "sec/vsys/trace-skip",
        promise: "A tracer skips a vsyscall by writing number -1; it returns the value the tracer \
            left",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRACE",
        terms: "changed emulated orig_rax SECCOMP_RET_TRACE",
    }
    VSYS_TRACE_OTHER_MAY_KILL = {
        id: "sec/vsys/trace-other-may-kill",
        promise: "Any other number that a tracer writes may end the process",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRACE",
        terms: "change orig_rax SECCOMP_RET_TRACE SIGSYS terminate",
        strength: May,
    }
    VSYS_TRACE_RIP_ENTRY = {
        id: "sec/vsys/trace-rip-entry",
        promise: "The tracer of a vsyscall sees rip at the entry, not behind an instruction",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRACE",
        terms: "address after SECCOMP_RET_TRACE",
    }
    VSYS_TRACE_NO_RIP_CHANGE = {
        id: "sec/vsys/trace-no-rip-change",
        promise: "The tracer of a vsyscall must not change rip",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRACE",
        terms: "modify SECCOMP_RET_TRACE",
    }
    VSYS_TRACE_NO_RSP_CHANGE = {
        id: "sec/vsys/trace-no-rsp-change",
        promise: "The tracer of a vsyscall must not change rsp",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRACE",
        terms: "modify SECCOMP_RET_TRACE",
    }
    VSYS_FUTURE_NR_ENOSYS = {
        id: "sec/vsys/future-nr-enosys",
        promise: "On some kernels, a number that does not exist yet makes the vsyscall return \
            -ENOSYS",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRACE",
        terms: "emulated future SECCOMP_RET_TRACE",
        strength: May,
    }
    VSYS_NO_RELIANCE = {
        id: "sec/vsys/no-reliance",
        promise: "A tracer must not rely on other changes ending the process",
        source: SOURCE,
        place: "caveats, vsyscalls, RET_TRACE",
        terms: "SECCOMP_RET_TRACE terminating",
        strength: Caveat,
        unobservable: Some("it is advice to tracers"),
    }
    VSYS_DETECT_TRACE = {
        id: "sec/vsys/detect-trace",
        promise: "rip & ~0x0C00 == 0xFFFFFFFFFF600000 tells a vsyscall from other calls at a \
            tracer's stop",
        source: SOURCE,
        place: "caveats, vsyscalls, detection",
        terms: "addr behavior detect quirky SECCOMP_RET_TRACE",
    }
    VSYS_DETECT_TRAP = {
        id: "sec/vsys/detect-trap",
        promise: "si_call_addr & ~0x0C00 == 0xFFFFFFFFFF600000 tells a vsyscall from other calls \
            in a handler",
        source: SOURCE,
        place: "caveats, vsyscalls, detection",
        terms: "addr behavior detect quirky SECCOMP_RET_TRAP",
    }
    VSYS_DETECT_ONLY_THIS = {
        id: "sec/vsys/detect-only-this",
        promise: "No other condition is to be checked",
        source: SOURCE,
        place: "caveats, vsyscalls, detection",
        terms: "check quirky",
        strength: Caveat,
        unobservable: Some("it is advice to programs"),
    }
    VSYS_NATIVE_DIFFERS = {
        id: "sec/vsys/native-differs",
        promise: "With vsyscall=native the page behaves differently",
        source: SOURCE,
        place: "caveats, vsyscalls, detection",
        until: "4.16",
        unobservable: Some("no kernel since 4.16 has the mode"),
    }
    VSYS_ENTRIES_NOT_SYSCALL_INSN = {
        id: "sec/vsys/entries-not-syscall-insn",
        promise: "What lies at the four entry addresses are no system call instructions",
        source: SOURCE,
        place: "caveats, vsyscalls, detection",
        terms: "0xffffffffff600000",
    }
    VSYS_LEGACY_SLOW = {
        id: "sec/vsys/legacy-slow",
        promise: "vsyscalls are a legacy, and slower than system calls",
        source: SOURCE,
        place: "caveats, last paragraph",
        terms: "considerably modern performance standard",
        strength: Caveat,
        unobservable: Some("it is about speed: see the benchmarks"),
    }
    VDSO_NO_SYSCALL = {
        id: "sec/vdso/no-syscall",
        promise: "The vDSO answers some calls without entering the kernel",
        source: SOURCE,
        place: "caveats, vDSO",
        terms: "clock_gettime exported getcpu gettimeofday seccomp strace trace visible",
        strength: Caveat,
    }
    VDSO_FALLBACK_BY_CLOCKSOURCE = {
        id: "sec/vdso/fallback-by-clocksource",
        promise: "With a clock source that the vDSO cannot read, the same functions make real calls",
        source: SOURCE,
        place: "caveats, vDSO",
        terms: "acpi_pm clock_gettime clocksource current_clocksource fall hpet tsc",
        strength: Caveat,
    }
    VDSO_INDISTINGUISHABLE = {
        id: "sec/vdso/indistinguishable",
        promise: "A system call that the vDSO makes looks like any other",
        source: SOURCE,
        place: "caveats, last paragraph",
        terms: "clock_gettime issued normal",
    }
}
