//! seccomp_filter.txt as of October 2012 (commit 87b526d349b0): trap, allow, and what surrounds them.

const SOURCE: &str = "seccomp_filter.txt (87b526d349b0)";

harness::clauses! {
    TRAP_ROLLBACK_WORDING = {
        id: "sec/trap/rollback-wording",
        promise: "The handler of a trapped call sees the registers as they were before the entry \
            (taken back by this text)",
        source: SOURCE,
        place: "RET_TRAP, the lines removed",
        terms: "rollback SECCOMP_RET_TRAP uc_mcontext",
    }
    TRAP_SIGSYS = {
        id: "sec/trap/sigsys",
        promise: "A trapped call sends SIGSYS to the task that made it",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "directed SECCOMP_RET_TRAP signal triggering",
    }
    TRAP_NOT_EXECUTED = {
        id: "sec/trap/not-executed",
        promise: "A trapped call is not executed",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "executing SECCOMP_RET_TRAP without",
    }
    TRAP_CALL_ADDR = {
        id: "sec/trap/call-addr",
        promise: "si_call_addr of a trapped call is the address of the system call instruction",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "SECCOMP_RET_TRAP siginfo",
    }
    TRAP_SI_SYSCALL = {
        id: "sec/trap/si-syscall",
        promise: "si_syscall of a trapped call is its number",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "attempted indicate SECCOMP_RET_TRAP siginfo",
    }
    TRAP_SI_ARCH = {
        id: "sec/trap/si-arch",
        promise: "si_arch of a trapped call is its ABI",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "AUDIT_ARCH_I386 AUDIT_ARCH_X86_64 SECCOMP_RET_TRAP siginfo",
    }
    TRAP_PC_AFTER = {
        id: "sec/trap/pc-after",
        promise: "The program counter is as though the trapped call had happened, not on the \
            instruction",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "REG_RIP rip SECCOMP_RET_TRAP",
    }
    TRAP_RETREG_ARCH = {
        id: "sec/trap/retreg-arch",
        promise: "The return register of a trapped call holds what the architecture puts there: \
            the number, on x86",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "arch dependent orig_rax rax SECCOMP_RET_TRAP value",
    }
    TRAP_RETREG_NO_ENOSYS = {
        id: "sec/trap/retreg-no-enosys",
        promise: "The return register of a trapped call is not overwritten with -ENOSYS",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "dependency information rax replacing SECCOMP_RET_TRAP",
    }
    TRAP_SET_BEFORE_RESUME = {
        id: "sec/trap/set-before-resume",
        promise: "What a handler stores in the return register is the trapped call's result",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "appropriate rax resuming SECCOMP_RET_TRAP sensible",
    }
    TRAP_DATA_SI_ERRNO = {
        id: "sec/trap/data-si-errno",
        promise: "The 16 data bits of the filter's result arrive in si_errno",
        source: SOURCE,
        place: "RET_TRAP",
        terms: "passed portion SECCOMP_RET_DATA SECCOMP_RET_TRAP",
    }
    ALLOW_EXECUTES = {
        id: "sec/allow/executes",
        promise: "An allowed call is executed",
        source: SOURCE,
        place: "RET_ALLOW",
        terms: "SECCOMP_RET_ALLOW",
    }
    ARCH_SUPPORT = {
        id: "sec/arch/support",
        promise: "An architecture needs signals and return value checks to support filters",
        source: SOURCE,
        place: "adding architecture support",
        terms: "CONFIG_HAVE_ARCH_SECCOMP_FILTER ptrace_event",
        unobservable: Some("what an architecture's code has to have, decided when it is built"),
    }
    DOC_UPDATED = {
        id: "sec/doc/updated",
        promise: "The document says what the change did",
        source: SOURCE,
        place: "commit message",
        unobservable: Some("a statement about a document"),
    }
}

const CODE: &str = "kernel/seccomp.c, kernel/signal.c";

harness::clauses! {
    INT_TRAP_FORCED = {
        id: "int/trap/forced",
        promise: "A trapped call with SIGSYS blocked or ignored kills the process with SIGSYS",
        source: CODE,
        terms: "SECCOMP_RET_TRAP SIG_IGN sigprocmask",
    }
    INT_TRAP_NESTED = {
        id: "int/trap/nested",
        promise: "A trapped call in the SIGSYS handler kills, and with SA_NODEFER runs the handler \
            again",
        source: CODE,
        terms: "SECCOMP_RET_TRAP",
    }
    INT_TRAP_REGISTERS = {
        id: "int/trap/registers",
        promise: "A trap changes no register but those the instruction itself overwrites, and what \
            the handler stores is in force afterwards",
        source: CODE,
        terms: "r11 rcx SECCOMP_RET_TRAP uc_mcontext ucontext",
    }
    INT_TRAP_RESTART = {
        id: "int/trap/restart",
        promise: "A trapped number that looks like a restart code is a number like any other",
        source: CODE,
        terms: "ERESTART_RESTARTBLOCK ERESTARTNOHAND ERESTARTNOINTR ERESTARTSYS SECCOMP_RET_TRAP",
    }
    INT_TRAP_NUMBERS = {
        id: "int/trap/numbers",
        promise: "Numbers of any shape reach filters: negative, with the x32 bit, beyond the table",
        source: CODE,
        terms: "__X32_SYSCALL_BIT SECCOMP_RET_TRAP",
    }
}
