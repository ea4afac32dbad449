//! The documents of today on what surrounds the mechanism: ptrace, the sysctl, security.

const RST: &str = "syscall-user-dispatch.rst (7.3)";
const UAPI: &str = "include/uapi/linux (7.3)";
const CODE: &str = "kernel code and selftests (7.3)";
const SYSCTL: &str = "sysctl/kernel.rst (7.3)";
const MAN: &str = "PR_SET_SYSCALL_USER_DISPATCH(2const), man-pages 6.20";
const KCONF: &str = "arch/Kconfig (7.3)";

harness::clauses! {
    NOW_PTRACE_GET = {
        id: "sud2/ptrace/get",
        promise: "A tracer can read the dispatch configuration",
        source: RST,
        terms: "peek peeked PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG request",
        since: "6.4",
    }
    NOW_PTRACE_SET = {
        id: "sud2/ptrace/set",
        promise: "A tracer can write the dispatch configuration",
        source: RST,
        terms: "poke poked PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG request",
        since: "6.4",
    }
    NOW_PTRACE_NUMBERS = {
        id: "sud2/ptrace/numbers",
        promise: "The requests are 0x4210 (set) and 0x4211 (get); mode, selector, offset and \
            length are 64 bits each, in this order",
        source: UAPI,
        terms: "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG \
            ptrace_sud_config struct",
        since: "6.4",
    }
    NOW_PTRACE_BAD_SIZE = {
        id: "sud2/ptrace/bad-size",
        promise: "A size other than the structure's is EINVAL",
        source: CODE,
        terms: "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG ptrace_sud_config",
        since: "6.4",
    }
    NOW_PTRACE_BAD_POINTER = {
        id: "sud2/ptrace/bad-pointer",
        promise: "A structure at an unusable address is EFAULT",
        source: CODE,
        terms: "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG ptrace_sud_config",
        since: "6.4",
    }
    NOW_PTRACE_SET_SAME_VALIDATION = {
        id: "sud2/ptrace/set-same-validation",
        promise: "A tracer's configuration is checked like the operation's arguments",
        source: CODE,
        terms: "EINVAL PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    NOW_PTRACE_INVALID_SELECTOR_LATE = {
        id: "sud2/ptrace/invalid-selector-late",
        promise: "A bad selector set by a tracer shows when the tracee first uses it, as SIGSEGV",
        source: UAPI,
        place: "ptrace.h",
        terms: "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    NOW_PTRACE_MODE_VALUES = {
        id: "sud2/ptrace/mode-values",
        promise: "The mode a tracer reads is the mode that was set",
        source: UAPI,
        place: "ptrace.h",
        terms: "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    NOW_PTRACE_CRIU_ROUNDTRIP = {
        id: "sud2/ptrace/criu-roundtrip",
        promise: "Writing back what was read restores the configuration",
        source: RST,
        terms: "checkpoint CRIU restart restore",
        since: "6.4",
    }
    NOW_PTRACE_NEEDS_STOP = {
        id: "sud2/ptrace/needs-stop",
        promise: "The requests need a stopped tracee",
        source: CODE,
        terms: "ESRCH PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    NOW_PTRACE_OLD_KERNEL = {
        id: "sud2/ptrace/old-kernel",
        promise: "Before 6.4 the requests are unknown",
        source: CODE,
        terms: "EIO PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
        since: "6.4",
    }
    NOW_PTRACE_CONFIG_OFF = {
        id: "sud2/ptrace/config-off",
        promise: "With dispatch compiled out, the requests are EINVAL",
        source: CODE,
        place: "stub",
        terms: "CONFIG_SYSCALL_USER_DISPATCH",
        since: "6.4",
    }
    NOW_SYSCTL_EXISTS = {
        id: "sud2/sysctl/exists",
        promise: "kernel.syscall_user_dispatch exists, is readable by all and 1 by default",
        source: SYSCTL,
        terms: "/proc/sys/kernel/syscall_user_dispatch",
        since: "7.3",
    }
    NOW_SYSCTL_DENIES_PRCTL = {
        id: "sud2/sysctl/denies-prctl",
        promise: "With the sysctl at 0, arming is EPERM, also for root",
        source: SYSCTL,
        terms: "CAP_SYS_ADMIN kernel.syscall_user_dispatch prctl",
        since: "7.3",
    }
    NOW_SYSCTL_DENIES_PTRACE = {
        id: "sud2/sysctl/denies-ptrace",
        promise: "With the sysctl at 0, arming a tracee is EPERM",
        source: SYSCTL,
        terms: "kernel.syscall_user_dispatch PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG tracer",
        since: "7.3",
    }
    NOW_SYSCTL_ARMED_KEEPS = {
        id: "sud2/sysctl/armed-keeps",
        promise: "With the sysctl at 0, threads that are armed stay armed as they are",
        source: SYSCTL,
        terms: "kernel.syscall_user_dispatch",
        since: "7.3",
    }
    NOW_SYSCTL_DISARM_OK = {
        id: "sud2/sysctl/disarm-ok",
        promise: "With the sysctl at 0, turning off is still allowed",
        source: SYSCTL,
        terms: "disable kernel.syscall_user_dispatch PR_SYS_DISPATCH_OFF",
        since: "7.3",
    }
    NOW_SYSCTL_ABSENT_WHEN_OFF = {
        id: "sud2/sysctl/absent-when-off",
        promise: "The sysctl exists exactly where dispatch is compiled in",
        source: SYSCTL,
        terms: "CONFIG_SYSCALL_USER_DISPATCH kernel.syscall_user_dispatch",
        since: "7.3",
    }
    NOW_SYSCTL_ERROR_ORDER = {
        id: "sud2/sysctl/error-order",
        promise: "Bad arguments are EINVAL before the sysctl says EPERM, and EPERM comes before \
            EFAULT",
        source: CODE,
        terms: "kernel.syscall_user_dispatch",
        since: "7.3",
    }
    NOW_SYSCTL_VALUE_RANGE = {
        id: "sud2/sysctl/value-range",
        promise: "The sysctl is a truth value: other numbers read back as 1, other text is \
            EINVAL, and only root writes it",
        source: CODE,
        place: "proc_dobool",
        terms: "boolean kernel.syscall_user_dispatch",
        since: "7.3",
    }
    NOW_KCONFIG_OPTION = {
        id: "sud2/kconfig/option",
        promise: "Dispatch can be compiled out and is in by default; without it the operation is \
            EINVAL",
        source: KCONF,
        terms: "CONFIG_SYSCALL_USER_DISPATCH",
        since: "7.3",
    }
    NOW_SECURITY_JUMP_INTO_REGION = {
        id: "sud2/security/jump-into-region",
        promise: "Dispatch is no sandbox: jumping to an exempt instruction evades it",
        source: RST,
        terms: "allowed dispatcher malicious mechanism sandboxing subvert",
        since: "5.11",
    }
    NOW_SECURITY_FLIP_SELECTOR = {
        id: "sud2/security/flip-selector",
        promise: "Dispatch is no sandbox: storing ALLOW evades it",
        source: RST,
        terms: "discover malicious modify subvert value",
        since: "5.11",
    }
    NOW_SECURITY_USE_SECCOMP = {
        id: "sud2/security/use-seccomp",
        promise: "A seccomp filter still applies to what dispatch lets through",
        source: RST,
        terms: "sandboxing security",
        since: "5.11",
    }
    NOW_RESET_FORK_EXEC_OFF = {
        id: "sud2/reset/fork-exec-off",
        promise: "fork and execve reset the configuration to OFF",
        source: RST,
        terms: "clone exec mechanism PR_SYS_DISPATCH_OFF",
        since: "5.11",
    }
    NOW_MAN_RETURNS_0 = {
        id: "sud2/man/returns-0",
        promise: "The operation returns 0 on success",
        source: MAN,
        terms: "PR_SET_SYSCALL_USER_DISPATCH prctl",
        since: "5.11",
    }
    NOW_MAN_EFAULT_SWITCH = {
        id: "sud2/man/efault-switch",
        promise: "A selector at an invalid address is EFAULT",
        source: MAN,
        terms: "switch",
        since: "5.11",
    }
    NOW_MAN_EINVAL_RANGE = {
        id: "sud2/man/einval-range",
        promise: "A region outside the address space is EINVAL",
        source: MAN,
        terms: "memory specified",
        since: "5.11",
    }
    NOW_MAN_CALL_ADDR = {
        id: "sud2/man/call-addr",
        promise: "si_call_addr is the address of the system call instruction",
        source: MAN,
        since: "5.11",
    }
    NOW_MAN_OMISSIONS = {
        id: "sud2/man/omissions",
        promise: "The page describes the whole interface",
        source: MAN,
        since: "5.11",
        unobservable: Some("a gap in a page, not behaviour of the kernel"),
    }
    NOW_PRIV_NONE_NEEDED = {
        id: "sud2/priv/none-needed",
        promise: "Dispatch needs no privilege and no no-new-privileges bit",
        source: CODE,
        terms: "CAP_SYS_ADMIN PR_SET_NO_NEW_PRIVS unprivileged",
        since: "5.11",
    }
    NOW_REARM_REPLACE_ATOMIC = {
        id: "sud2/rearm/replace-atomic",
        promise: "Arming again replaces the configuration; a refused call changes nothing",
        source: CODE,
        terms: "EINVAL failed twice",
        since: "5.11",
    }
}
