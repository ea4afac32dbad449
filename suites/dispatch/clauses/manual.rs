//! prctl.2, the text that introduced dispatch (patch v7, 30 December 2020).

const SOURCE: &str = "prctl.2 (v7)";

harness::clauses! {
    AVAIL_SINCE_5_11 = {
        id: "sud/avail/since-5.11",
        promise: "The operation exists since Linux 5.11",
        source: SOURCE,
        place: "heading",
        terms: "PR_SET_SYSCALL_USER_DISPATCH prctl version",
        since: "5.11",
    }
    AVAIL_X86_ONLY = {
        id: "sud/avail/x86-only",
        promise: "Only x86 has the operation",
        source: SOURCE,
        place: "heading",
        terms: "architecture arm64 riscv",
        since: "5.11",
        unobservable: Some("on x86-64 nothing shows what other machines have"),
    }
    SCOPE_CALLING_THREAD = {
        id: "sud/scope/calling-thread",
        promise: "The operation configures the calling thread and no other",
        source: SOURCE,
        place: "introduction",
        terms: "configure mechanism PR_SET_SYSCALL_USER_DISPATCH prctl",
        since: "5.11",
    }
    INTERCEPT_SELECTIVE = {
        id: "sud/intercept/selective",
        promise: "Interception is selective: one thread's calls can run and be intercepted by \
            turns",
        source: SOURCE,
        place: "introduction",
        terms: "application handled mechanism selectively",
        since: "5.11",
    }
    INTERCEPT_SIGSYS_THREAD_DIRECTED = {
        id: "sud/intercept/sigsys-thread-directed",
        promise: "An intercepted call becomes a SIGSYS directed at the thread",
        source: SOURCE,
        place: "introduction",
        terms: "delivered form interception SI_TKILL",
        since: "5.11",
    }
    INTERCEPT_AT_CALL_TIME = {
        id: "sud/intercept/at-call-time",
        promise: "The signal is delivered when the call is made, before the next instruction",
        source: SOURCE,
        place: "introduction",
        terms: "immediately",
        since: "5.11",
    }
    INTERCEPT_NOT_EXECUTED = {
        id: "sud/intercept/not-executed",
        promise: "An intercepted call is not executed by the kernel",
        source: SOURCE,
        place: "introduction",
        since: "5.11",
    }
    OP_ON_ENABLES = {
        id: "sud/op/on-enables",
        promise: "Mode ON (1) turns dispatch on",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_ON",
        terms: "arg2 enable EXCLUSIVE op",
        since: "5.11",
    }
    OP_CONTROL_VARIABLE = {
        id: "sud/op/control-variable",
        promise: "Once dispatch is on, a variable in user space decides call by call",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_ON",
        terms: "depending enabled further selectively selector",
        since: "5.11",
    }
    RANGE_ARGS = {
        id: "sud/range/args",
        promise: "The third argument is the start and the fourth the length of the exempt region",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_ON",
        terms: "arg3 arg4 off offset respectively size",
        since: "5.11",
    }
    RANGE_ALWAYS_ALLOWED = {
        id: "sud/range/always-allowed",
        promise: "Calls from the region always run, whatever the variable holds",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_ON",
        terms: "control executed regardless selector",
        since: "5.11",
    }
    RANGE_MEMBERSHIP_ADDRESS = {
        id: "sud/range/membership-address",
        promise: "A system call instruction that lies in the region is exempt, one that lies \
            outside is not",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_ON",
        terms: "length offset",
        since: "5.11",
    }
    RANGE_SINGLE_CONTIGUOUS = {
        id: "sud/range/single-contiguous",
        promise: "There is one region, and it is contiguous",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_ON",
        terms: "memory single",
        since: "5.11",
    }
    RANGE_IN_ADDRESS_SPACE = {
        id: "sud/range/in-address-space",
        promise: "The region lies in the address space of the process",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_ON, errors, EINVAL",
        terms: "memory TASK_SIZE",
        since: "5.11",
    }
    RANGE_TYPICAL_LIBC = {
        id: "sud/range/typical-libc",
        promise: "The region typically holds the C library",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_ON",
        terms: "area containing glibc libc",
        since: "5.11",
        unobservable: Some("advice to programs, not behaviour of the kernel"),
    }
    SELECTOR_CHAR_SIZED = {
        id: "sud/selector/char-sized",
        promise: "The variable is one byte",
        source: SOURCE,
        place: "the selector",
        terms: "arg5 char control int8_t pointer switch",
        since: "5.11",
    }
    SELECTOR_FAST_SWITCH = {
        id: "sud/selector/fast-switch",
        promise: "The variable switches without another system call",
        source: SOURCE,
        place: "the selector",
        terms: "configure control overhead reconfigure",
        since: "5.11",
    }
    SELECTOR_BLOCK_VALUE = {
        id: "sud/selector/block-value",
        promise: "The value ON (1) blocks calls",
        source: SOURCE,
        place: "the selector",
        terms: "control executing PR_SYS_DISPATCH_ON SYSCALL_DISPATCH_FILTER_BLOCK",
        since: "5.11",
    }
    SELECTOR_ALLOW_VALUE = {
        id: "sud/selector/allow-value",
        promise: "The value OFF (0) lets calls run",
        source: SOURCE,
        place: "the selector",
        terms: "control PR_SYS_DISPATCH_OFF SYSCALL_DISPATCH_FILTER_ALLOW",
        since: "5.11",
    }
    SELECTOR_TEMPORARY = {
        id: "sud/selector/temporary",
        promise: "Letting calls run is temporary: dispatch stays on",
        source: SOURCE,
        place: "the selector, cover letter",
        terms: "allow executed SYSCALL_DISPATCH_FILTER_ALLOW temporarily",
        since: "5.11",
    }
    TERMS_ENABLE_VS_ALLOW = {
        id: "sud/terms/enable-vs-allow",
        promise: "Turning dispatch on or off and allowing or blocking calls are two different \
            things",
        source: SOURCE,
        place: "cover letter",
        terms: "difference disable enable",
        since: "5.11",
    }
    SELECTOR_READ_EVERY_ENTRY = {
        id: "sud/selector/read-every-entry",
        promise: "The kernel reads the variable at every system call entry",
        source: SOURCE,
        place: "the selector",
        terms: "checked control",
        since: "5.11",
    }
    SELECTOR_BAD_VALUE_AT_ENTRY = {
        id: "sud/selector/bad-value-at-entry",
        promise: "An unexpected value matters at the next entry, not when it is stored",
        source: SOURCE,
        place: "the selector",
        terms: "control invalid",
        since: "5.11",
    }
    SELECTOR_BAD_VALUE_SIGSYS = {
        id: "sud/selector/bad-value-sigsys",
        promise: "Any unexpected value raises SIGSYS",
        source: SOURCE,
        place: "the selector",
        terms: "control invalid",
        since: "5.11",
    }
    SELECTOR_BAD_VALUE_UNCATCHABLE = {
        id: "sud/selector/bad-value-uncatchable",
        promise: "The SIGSYS of an unexpected value cannot be caught",
        source: SOURCE,
        place: "the selector",
        terms: "control handler uncatchable",
        since: "5.11",
    }
    SELECTOR_BAD_VALUE_KILLS_APP = {
        id: "sud/selector/bad-value-kills-app",
        promise: "An unexpected value kills the whole application",
        source: SOURCE,
        place: "the selector",
        terms: "killing process terminate",
        since: "5.11",
    }
    SIGINFO_TRIGGERING_THREAD = {
        id: "sud/siginfo/triggering-thread",
        promise: "The signal goes to the thread that made the call",
        source: SOURCE,
        place: "siginfo_t fields",
        terms: "directed sends si_pid triggering",
        since: "5.11",
    }
    SIGINFO_SIGNO = {
        id: "sud/siginfo/signo",
        promise: "si_signo is SIGSYS",
        source: SOURCE,
        place: "siginfo_t fields",
        terms: "contain",
        since: "5.11",
    }
    SIGINFO_CALL_ADDR = {
        id: "sud/siginfo/call-addr",
        promise: "si_call_addr is the address of the system call instruction",
        source: SOURCE,
        place: "siginfo_t fields",
        since: "5.11",
    }
    SIGINFO_SYSCALL = {
        id: "sud/siginfo/syscall",
        promise: "si_syscall is the number of the attempted call",
        source: SOURCE,
        place: "siginfo_t fields",
        terms: "indicate orig_rax",
        since: "5.11",
    }
    SIGINFO_ARCH = {
        id: "sud/siginfo/arch",
        promise: "si_arch is the ABI of the attempted call",
        source: SOURCE,
        place: "siginfo_t fields",
        terms: "architecture AUDIT_ARCH_I386 AUDIT_ARCH_X86_64 indicate",
        since: "5.11",
    }
    SIGINFO_CODE = {
        id: "sud/siginfo/code",
        promise: "si_code is SYS_USER_DISPATCH",
        source: SOURCE,
        place: "siginfo_t fields",
        terms: "contain",
        since: "5.11",
    }
    SIGINFO_ERRNO_ZERO = {
        id: "sud/siginfo/errno-zero",
        promise: "si_errno is 0",
        source: SOURCE,
        place: "siginfo_t fields",
        terms: "set",
        since: "5.11",
    }
    PC_AFTER_INSN = {
        id: "sud/pc/after-insn",
        promise: "The program counter is as if the call had happened: it does not point to the \
            instruction",
        source: SOURCE,
        place: "program counter",
        terms: "REG_RIP rip si_call_addr",
        since: "5.11",
    }
    RETURN_COMPLETES = {
        id: "sud/return/completes",
        promise: "When the handler returns, the call is complete and the thread goes on",
        source: SOURCE,
        place: "return from the handler",
        terms: "immediately signal sigreturn",
        since: "5.11",
    }
    RETURN_NOT_EXECUTED = {
        id: "sud/return/not-executed",
        promise: "When the handler returns, the call still has not been executed",
        source: SOURCE,
        place: "return from the handler",
        terms: "actually completes without",
        since: "5.11",
    }
    RETURN_HANDLER_SETS_VALUE = {
        id: "sud/return/handler-sets-value",
        promise: "The handler sets the call's result in the register context it was given",
        source: SOURCE,
        place: "return from the handler",
        terms: "emulating modifying rax REG_RAX sane uc_mcontext ucontext",
        since: "5.11",
    }
    RETURN_DEFAULT_VALUE = {
        id: "sud/return/default-value",
        promise: "A result the handler does not set is not a meaningful one: on x86 it is the \
            number",
        source: SOURCE,
        place: "return from the handler",
        terms: "ENOSYS orig_rax rax register",
        since: "5.11",
    }
    OP_OFF_DISABLES = {
        id: "sud/op/off-disables",
        promise: "Mode OFF (0) turns dispatch off for the thread",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_OFF",
        terms: "arg2 disable disabled",
        since: "5.11",
    }
    OP_OFF_ARGS_ZERO = {
        id: "sud/op/off-args-zero",
        promise: "OFF takes no region and no selector: the remaining arguments must be 0",
        source: SOURCE,
        place: "PR_SYS_DISPATCH_OFF, errors, EINVAL",
        terms: "arg3 arg4 arg5 fields",
        since: "5.11",
    }
    INHERIT_FORK = {
        id: "sud/inherit/fork",
        promise: "The setting is not preserved across fork",
        source: SOURCE,
        place: "fork, clone and execve",
        terms: "child inherited",
        since: "5.11",
    }
    INHERIT_CLONE = {
        id: "sud/inherit/clone",
        promise: "The setting is not preserved across clone",
        source: SOURCE,
        place: "fork, clone and execve",
        terms: "child CLONE_THREAD CLONE_VM inherited thread",
        since: "5.11",
    }
    INHERIT_EXECVE = {
        id: "sud/inherit/execve",
        promise: "The setting is not preserved across execve",
        source: SOURCE,
        place: "fork, clone and execve",
        terms: "exec inherited",
        since: "5.11",
    }
    DOC_POINTER = {
        id: "sud/doc/pointer",
        promise: "The kernel's admin guide says more",
        source: SOURCE,
        place: "further reading",
        terms: "documentation syscall-user-dispatch.rst",
        since: "5.11",
        unobservable: Some("a reference to another text"),
    }
    ERR_EFAULT = {
        id: "sud/err/efault",
        promise: "A selector at an invalid address is EFAULT",
        source: SOURCE,
        place: "errors, EFAULT",
        terms: "arg5 pointer",
        since: "5.11",
    }
    ERR_EINVAL_OFF_ARGS = {
        id: "sud/err/einval-off-args",
        promise: "OFF with a remaining argument that is not 0 is EINVAL",
        source: SOURCE,
        place: "errors, EINVAL",
        terms: "arg2 PR_SYS_DISPATCH_OFF",
        since: "5.11",
    }
    ERR_EINVAL_RANGE = {
        id: "sud/err/einval-range",
        promise: "ON with a region outside the address space of the process is EINVAL",
        source: SOURCE,
        place: "errors, EINVAL",
        terms: "arg2 memory PR_SYS_DISPATCH_ON specified",
        since: "5.11",
    }
    ERR_EINVAL_OP = {
        id: "sud/err/einval-op",
        promise: "An unknown mode is EINVAL",
        source: SOURCE,
        place: "errors, EINVAL",
        terms: "arg2 invalid op",
        since: "5.11",
    }
}
