//! The mechanism in the documents of today: modes, region, selector, decision.

const RST: &str = "syscall-user-dispatch.rst (7.3)";
const UAPI: &str = "include/uapi/linux (7.3)";
const CODE: &str = "kernel code and selftests (7.3)";

harness::clauses! {
    NOW_MODE_EXCLUSIVE_IS_ON = {
        id: "sud2/mode/exclusive-is-on",
        promise: "Exclusive mode is what ON (1) always was",
        source: UAPI,
        place: "prctl.h",
        terms: "PR_SYS_DISPATCH_EXCLUSIVE_ON PR_SYS_DISPATCH_ON",
        since: "5.11",
    }
    NOW_MODE_INCLUSIVE_DISPATCHES_RANGE = {
        id: "sud2/mode/inclusive-dispatches-range",
        promise: "Inclusive mode (2) subjects the calls from the region to the selector",
        source: RST,
        terms: "dispatched PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    NOW_MODE_INCLUSIVE_OUTSIDE_DIRECT = {
        id: "sud2/mode/inclusive-outside-direct",
        promise: "Inclusive mode lets calls from outside the region run, and reads no selector \
            for them",
        source: RST,
        terms: "always directly executed PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    NOW_MODE_INCLUSIVE_EDGES = {
        id: "sud2/mode/inclusive-edges",
        promise: "The inclusive region is half open: its start is in, its end is not",
        source: RST,
        terms: "boundary length offset PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    NOW_MODE_INCLUSIVE_LEN0 = {
        id: "sud2/mode/inclusive-len0",
        promise: "Inclusive mode refuses a region of no length",
        source: CODE,
        place: "selftest bad_prctl_param",
        terms: "EINVAL PR_SYS_DISPATCH_INCLUSIVE_ON zero",
        since: "6.17",
    }
    NOW_MODE_INCLUSIVE_WRAP = {
        id: "sud2/mode/inclusive-wrap",
        promise: "Inclusive mode refuses a region that wraps around",
        source: CODE,
        terms: "EINVAL overflow PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    NOW_MODE_INCLUSIVE_KERNEL_RANGE = {
        id: "sud2/mode/inclusive-kernel-range",
        promise: "Inclusive mode takes a region in the kernel half, from which nothing is ever \
            called",
        source: CODE,
        terms: "PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    NOW_MODE_INCLUSIVE_NULL_SELECTOR = {
        id: "sud2/mode/inclusive-null-selector",
        promise: "Inclusive mode without a selector dispatches every call from the region",
        source: RST,
        place: "prctl synopsis",
        terms: "NULL PR_SYS_DISPATCH_INCLUSIVE_ON",
        since: "6.17",
    }
    NOW_RANGE_HALF_OPEN = {
        id: "sud2/range/half-open",
        promise: "The exclusive region is half open: its start is in, its end is not",
        source: RST,
        terms: "boundary delimit interval length offset",
        since: "5.11",
    }
    NOW_RANGE_ZERO_ZERO = {
        id: "sud2/range/zero-zero",
        promise: "Offset 0 with length 0 is valid and exempts nothing",
        source: CODE,
        place: "selftest",
        terms: "NULL",
        since: "5.11",
    }
    NOW_RANGE_ALL = {
        id: "sud2/range/all",
        promise: "Offset 0 with the greatest length exempts everything",
        source: CODE,
        place: "selftest direct_dispatch_range",
        terms: "ULONG_MAX",
        since: "5.11",
    }
    NOW_RANGE_NONZERO_LEN0 = {
        id: "sud2/range/nonzero-len0",
        promise: "A region that starts above 0 must have a length",
        source: CODE,
        place: "comment",
        terms: "EINVAL zero",
        since: "5.11",
    }
    NOW_RANGE_OVERFLOW = {
        id: "sud2/range/overflow",
        promise: "Start and length of a region must not overflow, not even to exactly 0",
        source: CODE,
        place: "comment",
        terms: "EINVAL wrap",
        since: "5.11",
    }
    NOW_SELECTOR_OPTIONAL = {
        id: "sud2/selector/optional",
        promise: "The selector may be left out: every call from outside the region is then \
            dispatched",
        source: RST,
        place: "prctl synopsis",
        terms: "NULL pointer",
        since: "5.11",
    }
    NOW_SELECTOR_CONSTANTS = {
        id: "sud2/selector/constants",
        promise: "The selector's values are ALLOW (0) and BLOCK (1)",
        source: RST,
        place: "selector values",
        terms: "SYSCALL_DISPATCH_FILTER_ALLOW SYSCALL_DISPATCH_FILTER_BLOCK",
        since: "5.11",
    }
    NOW_SELECTOR_OTHER_TERMINATES = {
        id: "sud2/selector/other-terminates",
        promise: "Any other selector value ends the program with SIGSYS",
        source: RST,
        terms: "invalid kill",
        since: "5.11",
    }
    NOW_SELECTOR_THREAD_WIDE = {
        id: "sud2/selector/thread-wide",
        promise: "The selector switches for its thread alone, without entering the kernel",
        source: RST,
        terms: "disable enable flip invoke quick redirection",
        since: "5.11",
    }
    NOW_SCOPE_PER_THREAD_GLOBALLY = {
        id: "sud2/scope/per-thread-globally",
        promise: "The operation acts on the whole thread: every address it calls from",
        source: RST,
        terms: "disable enable globally mechanism",
        since: "5.11",
    }
    NOW_ABI_NO_ABI_ASSUMED = {
        id: "sud2/abi/no-abi-assumed",
        promise: "Dispatch assumes nothing of the intercepted call's ABI: any number, any \
            arguments",
        source: RST,
        terms: "filtering invocation rely unexpected",
        since: "5.11",
    }
    NOW_ABI_ADDRESS_AND_KEY_ONLY = {
        id: "sud2/abi/address-and-key-only",
        promise: "Only the address of the call and the selector decide",
        source: RST,
        terms: "dispatcher user",
        since: "5.11",
    }
    NOW_INSTR_NO_PTRACE = {
        id: "sud2/instr/no-ptrace",
        promise: "An intercepted call is invisible to a tracer of system calls",
        source: RST,
        terms: "instrumentable PTRACE_SYSCALL",
        since: "5.11",
    }
    NOW_INSTR_NO_TRACEPOINTS = {
        id: "sud2/instr/no-tracepoints",
        promise: "An intercepted call is invisible to the system call tracepoints",
        source: RST,
        terms: "instrumentable perf tracefs",
        since: "5.11",
        unobservable: Some(
            "needs tracefs mounted and root in the first namespace; the order that hides the \
             call from tracers is tested through ptrace",
        ),
    }
    NOW_SIGRETURN_REGION_AVOIDS_NESTING = {
        id: "sud2/sigreturn/region-avoids-nesting",
        promise: "With the signal trampoline in the region, the handler returns without another \
            SIGSYS",
        source: RST,
        terms: "nested rt_sigreturn triggering",
        since: "5.11",
    }
    NOW_SIGRETURN_OTHERWISE_NESTED = {
        id: "sud2/sigreturn/otherwise-nested",
        promise: "Outside the region, the trampoline's own call is dispatched while calls are \
            blocked",
        source: RST,
        terms: "rt_sigreturn SIGSYS",
        since: "5.11",
    }
    NOW_SIGRETURN_VDSO_EXEMPT = {
        id: "sud2/sigreturn/vdso-exempt",
        promise: "A signal trampoline in the vDSO is never intercepted",
        source: RST,
        terms: "rt_sigreturn",
        since: "5.11",
    }
}
