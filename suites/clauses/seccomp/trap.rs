//! SECCOMP_RET_TRAP: the SIGSYS, its siginfo, the registers.

use crate::clauses::documents::{
    SECCOMP_2, SECCOMP_C, SECCOMP_FILTER, SECCOMP_FILTER_2012, SIGACTION_2, SIGALTSTACK_2,
    SIGNAL_C, X86_SIGNAL_C,
};

harness::clauses! {
    SECCOMP_TRAP_SIGINFO = {
        id: "seccomp/trap/siginfo",
        promise: "A trapped call raises SIGSYS with SYS_SECCOMP, the data, the number, the ABI, \
            and an address",
        sources: &[SECCOMP_2.at("SECCOMP_RET_TRAP"), SIGACTION_2.at("siginfo_t, SIGSYS")],
        terms: "fields si_arch si_call_addr si_code si_errno si_signo si_syscall",
    }
    SECCOMP_TRAP_SIGSYS = {
        id: "seccomp/trap/sigsys",
        promise: "A trapped call sends SIGSYS to the task that made it",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
        ],
        terms: "directed signal triggering",
    }
    SECCOMP_TRAP_NOT_EXECUTED = {
        id: "seccomp/trap/not-executed",
        promise: "A trapped call is not executed",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
        ],
        terms: "executing without",
    }
    SECCOMP_TRAP_CALL_ADDR = {
        id: "seccomp/trap/call-addr",
        promise: "si_call_addr of a trapped call is the address of the system call instruction",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
            SIGACTION_2.at("siginfo_t, SIGSYS"),
        ],
        terms: "siginfo",
    }
    SECCOMP_TRAP_SYSCALL = {
        id: "seccomp/trap/syscall",
        promise: "si_syscall of a trapped call is its number",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
        ],
        terms: "attempted indicate siginfo",
    }
    SECCOMP_TRAP_ARCH = {
        id: "seccomp/trap/arch",
        promise: "si_arch of a trapped call is its ABI",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
        ],
        terms: "AUDIT_ARCH_I386 AUDIT_ARCH_X86_64 siginfo",
    }
    SECCOMP_TRAP_DATA = {
        id: "seccomp/trap/data",
        promise: "The 16 data bits of the filter's result arrive in si_errno",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
        ],
        terms: "passed portion SECCOMP_RET_DATA",
    }
    SECCOMP_TRAP_PC_AFTER_INSTRUCTION = {
        id: "seccomp/trap/pc-after-instruction",
        promise: "The program counter is as though the trapped call had happened, not on the \
            instruction",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
        ],
        terms: "REG_RIP rip",
    }
    SECCOMP_TRAP_RESULT_REGISTER = {
        id: "seccomp/trap/result-register",
        promise: "The return register of a trapped call holds what the architecture puts there: \
            the number, on x86",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
        ],
        terms: "arch dependent orig_rax rax value",
    }
    SECCOMP_TRAP_RESULT_REGISTER_NOT_ENOSYS = {
        id: "seccomp/trap/result-register-not-enosys",
        promise: "The return register of a trapped call is not overwritten with -ENOSYS",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
        ],
        terms: "dependency information rax replacing",
    }
    SECCOMP_TRAP_RESULT_SET_BY_HANDLER = {
        id: "seccomp/trap/result-set-by-handler",
        promise: "What a handler stores in the return register is the trapped call's result",
        sources: &[
            SECCOMP_FILTER_2012.at("RET_TRAP"),
            SECCOMP_FILTER.at("Return values"),
            SECCOMP_2.at("SECCOMP_RET_TRAP"),
        ],
        terms: "appropriate rax resuming sensible",
    }
    SECCOMP_TRAP_ROLLBACK_WORDING = {
        id: "seccomp/trap/rollback-wording",
        promise: "The handler of a trapped call sees the registers as they were before the entry \
            (a sentence that this commit removed)",
        sources: &[SECCOMP_FILTER_2012.at("RET_TRAP, the lines removed")],
        terms: "rollback SECCOMP_RET_TRAP uc_mcontext",
    }
    SECCOMP_TRAP_FORCED_SIGNAL = {
        id: "seccomp/trap/forced-signal",
        promise: "A trapped call with SIGSYS blocked or ignored kills the process with SIGSYS",
        sources: &[SIGNAL_C.at("force_sig_info_to_task()")],
        terms: "SECCOMP_RET_TRAP SIG_IGN sigprocmask",
    }
    SECCOMP_TRAP_NESTED = {
        id: "seccomp/trap/nested",
        promise: "A trapped call in the SIGSYS handler kills the process, and with SA_NODEFER runs \
            the handler again",
        sources: &[SIGNAL_C.at("force_sig_info_to_task()")],
        terms: "SECCOMP_RET_TRAP",
    }
    SECCOMP_TRAP_REGISTERS = {
        id: "seccomp/trap/registers",
        promise: "A trap changes no register but those that the instruction itself overwrites, and \
            what the handler stores is in force afterwards",
        sources: &[SECCOMP_C.at("__seccomp_filter()")],
        terms: "r11 rcx SECCOMP_RET_TRAP uc_mcontext ucontext",
    }
    SECCOMP_TRAP_NUMBER_LIKE_RESTART_CODE = {
        id: "seccomp/trap/number-like-restart-code",
        promise: "A trapped number that looks like a restart code is a number like any other",
        sources: &[X86_SIGNAL_C.at("handle_signal()")],
        terms: "ERESTART_RESTARTBLOCK ERESTARTNOHAND ERESTARTNOINTR ERESTARTSYS SECCOMP_RET_TRAP",
    }
    SECCOMP_TRAP_ANY_NUMBER = {
        id: "seccomp/trap/any-number",
        promise: "Numbers of any shape reach filters: negative, with the x32 bit, beyond the table",
        sources: &[SECCOMP_C.at("__seccomp_filter()")],
        terms: "__X32_SYSCALL_BIT SECCOMP_RET_TRAP",
    }
    SECCOMP_TRAP_STACK_DISARMED = {
        id: "seccomp/trap/stack-disarmed",
        promise: "With SS_AUTODISARM, the handler of a trapped call runs on the alternate stack, has none itself, and its \
            return sets it again",
        sources: &[SIGALTSTACK_2.at("SS_AUTODISARM")],
        terms: "SA_ONSTACK sigaltstack uc_stack",
    }
    SECCOMP_TRAP_ALTERNATE_STACK = {
        id: "seccomp/trap/alternate-stack",
        promise: "The handler of a trapped call runs on the alternate stack where it asks for one; a child has its parent's \
            unless it shares the memory and does not suspend the parent",
        sources: &[SIGALTSTACK_2.at("NOTES")],
        terms: "CLONE_VFORK CLONE_VM inherit SA_ONSTACK sigaltstack",
    }
}
