//! The selector byte: its values, when it is read, where it may lie.

use crate::clauses::documents::{PRCTL_DISPATCH, PRCTL_V7, USER_DISPATCH, USER_DISPATCH_C};

harness::clauses! {
    DISPATCH_SELECTOR_ONE_BYTE = {
        id: "dispatch/selector/one-byte",
        promise: "The variable is one byte",
        sources: &[
            PRCTL_V7.at("the selector"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "arg5 char control int8_t pointer",
        since: "5.11",
    }
    DISPATCH_SELECTOR_NO_SYSTEM_CALL = {
        id: "dispatch/selector/no-system-call",
        promise: "The variable switches without another system call",
        sources: &[
            PRCTL_V7.at("the selector"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "configure control overhead reconfigure",
        since: "5.11",
    }
    DISPATCH_SELECTOR_BLOCK = {
        id: "dispatch/selector/block",
        promise: "The value 1 (SYSCALL_DISPATCH_FILTER_BLOCK) blocks calls",
        sources: &[
            PRCTL_V7.at("the selector"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "control executing",
        since: "5.11",
    }
    DISPATCH_SELECTOR_ALLOW = {
        id: "dispatch/selector/allow",
        promise: "The value 0 (SYSCALL_DISPATCH_FILTER_ALLOW) lets calls run",
        sources: &[
            PRCTL_V7.at("the selector"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "control PR_SYS_DISPATCH_OFF",
        since: "5.11",
    }
    DISPATCH_SELECTOR_TEMPORARY = {
        id: "dispatch/selector/temporary",
        promise: "Letting calls run is temporary: dispatch stays on",
        sources: &[
            PRCTL_V7.at("the selector"),
            PRCTL_V7.at("cover letter"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch"),
        ],
        terms: "allow executed SYSCALL_DISPATCH_FILTER_ALLOW temporarily",
        since: "5.11",
    }
    DISPATCH_SELECTOR_READ_AT_EVERY_ENTRY = {
        id: "dispatch/selector/read-at-every-entry",
        promise: "The kernel reads the variable at every system call entry",
        sources: &[PRCTL_V7.at("the selector"), PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch")],
        terms: "checked control",
        since: "5.11",
    }
    DISPATCH_SELECTOR_THREAD_WIDE = {
        id: "dispatch/selector/thread-wide",
        promise: "The selector switches for its thread alone, without entering the kernel",
        sources: &[USER_DISPATCH.at("Interface")],
        terms: "disable enable flip invoke quick redirection",
        since: "5.11",
    }
    DISPATCH_SELECTOR_NULL = {
        id: "dispatch/selector/null",
        promise: "The selector may be left out: every call from outside the region is then \
            dispatched",
        sources: &[USER_DISPATCH.at("Interface, prctl synopsis")],
        terms: "NULL pointer",
        since: "5.11",
    }
    DISPATCH_SELECTOR_INVALID_ADDRESS = {
        id: "dispatch/selector/invalid-address",
        promise: "A selector at an invalid address is EFAULT",
        sources: &[PRCTL_V7.at("errors, EFAULT"), PRCTL_DISPATCH.at("ERRORS, EFAULT")],
        terms: "arg5 pointer switch",
        since: "5.11",
    }
    DISPATCH_SELECTOR_BAD_VALUE_AT_ENTRY = {
        id: "dispatch/selector/bad-value-at-entry",
        promise: "An unexpected value matters at the next entry, not when it is stored",
        sources: &[PRCTL_V7.at("the selector"), PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch")],
        terms: "control invalid",
        since: "5.11",
    }
    DISPATCH_SELECTOR_BAD_VALUE_SIGSYS = {
        id: "dispatch/selector/bad-value-sigsys",
        promise: "Any unexpected value raises SIGSYS",
        sources: &[
            PRCTL_V7.at("the selector"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "control invalid",
        since: "5.11",
    }
    DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE = {
        id: "dispatch/selector/bad-value-uncatchable",
        promise: "The SIGSYS of an unexpected value cannot be caught",
        sources: &[PRCTL_V7.at("the selector"), PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch")],
        terms: "control handler uncatchable",
        since: "5.11",
    }
    DISPATCH_SELECTOR_BAD_VALUE_KILLS = {
        id: "dispatch/selector/bad-value-kills",
        promise: "Any other value than ALLOW and BLOCK kills the whole application with SIGSYS",
        sources: &[
            PRCTL_V7.at("the selector"),
            PRCTL_DISPATCH.at("PR_SYS_DISPATCH_ON, switch"),
            USER_DISPATCH.at("Interface"),
        ],
        terms: "invalid kill killing process terminate",
        since: "5.11",
    }
    DISPATCH_SELECTOR_LAZY_PAGE = {
        id: "dispatch/selector/lazy-page",
        promise: "A selector in an untouched page reads as ALLOW",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "anonymous demand fault zero",
    }
    DISPATCH_SELECTOR_READ_ONLY_PAGE = {
        id: "dispatch/selector/read-only-page",
        promise: "A selector in a read-only page works",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "mprotect PROT_READ",
    }
    DISPATCH_SELECTOR_UNREADABLE = {
        id: "dispatch/selector/unreadable",
        promise: "A selector that cannot be read kills the whole process with an uncatchable \
            SIGSEGV",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "EFAULT fault munmap PROT_NONE unmapped",
    }
    DISPATCH_SELECTOR_PAST_END_OF_FILE = {
        id: "dispatch/selector/past-end-of-file",
        promise: "A selector after the end of its file kills the process with SIGSEGV, not SIGBUS",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "ftruncate MAP_SHARED mmap",
    }
    DISPATCH_SELECTOR_SHARED_MEMORY = {
        id: "dispatch/selector/shared-memory",
        promise: "A store to a selector in shared memory by another process takes effect at the \
            next entry",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "MAP_SHARED memfd",
    }
    DISPATCH_SELECTOR_PROTECTION_KEY = {
        id: "dispatch/selector/protection-key",
        promise: "A selector that the thread cannot access by its protection key kills the process \
            with SIGSEGV",
        sources: &[USER_DISPATCH_C.at("syscall_user_dispatch()")],
        terms: "pkey_alloc PKEY_DISABLE_ACCESS PKRU",
    }
    DISPATCH_SELECTOR_TAGGED_ADDRESS = {
        id: "dispatch/selector/tagged-address",
        promise: "A tagged selector address is EFAULT unless the process uses linear address \
            masking",
        sources: &[USER_DISPATCH_C.at("task_set_syscall_user_dispatch()")],
        terms: "access_ok ARCH_ENABLE_TAGGED_ADDR LAM untagged_addr",
    }
}
