//! What a dispatched call leaves: no effect, registers, a result.

use crate::clauses::documents::{PRCTL_DISPATCH, PRCTL_V7, X86_SIGNAL_64_C, X86_SYSCALL_H};

harness::clauses! {
    DISPATCH_RESULT_NOT_EXECUTED = {
        id: "dispatch/result/not-executed",
        promise: "An intercepted call is not executed by the kernel",
        sources: &[PRCTL_V7.at("introduction"), PRCTL_DISPATCH.at("DESCRIPTION")],
        since: "5.11",
    }
    DISPATCH_RESULT_PC_AFTER_INSTRUCTION = {
        id: "dispatch/result/pc-after-instruction",
        promise: "The program counter is as if the call had happened: it does not point to the \
            instruction",
        sources: &[PRCTL_V7.at("program counter"), PRCTL_DISPATCH.at("program counter")],
        terms: "REG_RIP rip si_call_addr",
        since: "5.11",
    }
    DISPATCH_RESULT_COMPLETES = {
        id: "dispatch/result/completes",
        promise: "When the handler returns, the call is complete and the thread continues",
        sources: &[
            PRCTL_V7.at("return from the handler"),
            PRCTL_DISPATCH.at("return from the handler"),
        ],
        terms: "immediately signal sigreturn",
        since: "5.11",
    }
    DISPATCH_RESULT_NEVER_EXECUTED = {
        id: "dispatch/result/never-executed",
        promise: "When the handler returns, the call still has not been executed",
        sources: &[
            PRCTL_V7.at("return from the handler"),
            PRCTL_DISPATCH.at("return from the handler"),
        ],
        terms: "actually completes without",
        since: "5.11",
    }
    DISPATCH_RESULT_SET_BY_HANDLER = {
        id: "dispatch/result/set-by-handler",
        promise: "The handler sets the call's result in the register context it was given",
        sources: &[
            PRCTL_V7.at("return from the handler"),
            PRCTL_DISPATCH.at("return from the handler"),
        ],
        terms: "emulating modifying rax REG_RAX sane uc_mcontext ucontext",
        since: "5.11",
    }
    DISPATCH_RESULT_DEFAULT = {
        id: "dispatch/result/default",
        promise: "A result that the handler does not set is not meaningful: on x86 it is the \
            number",
        sources: &[
            PRCTL_V7.at("return from the handler"),
            PRCTL_DISPATCH.at("return from the handler"),
            X86_SYSCALL_H.at("syscall_rollback()"),
        ],
        terms: "ENOSYS orig_rax rax register",
        since: "5.11",
    }
    DISPATCH_RESULT_REGISTERS_PRESERVED = {
        id: "dispatch/result/registers-preserved",
        promise: "Every general register of the interrupted code reaches the handler unchanged",
        sources: &[X86_SYSCALL_H.at("syscall_rollback()")],
        terms: "gregs r11 rcx uc_mcontext ucontext",
    }
    DISPATCH_RESULT_REGISTER_WRITES = {
        id: "dispatch/result/register-writes",
        promise: "Every register the handler stores in its context is in force afterwards",
        sources: &[X86_SIGNAL_64_C.at("restore_sigcontext()")],
        terms: "gregs sigreturn uc_mcontext",
    }
    DISPATCH_RESULT_RETRIED = {
        id: "dispatch/result/retried",
        promise: "If the handler allows calls and moves the program counter back to the \
            instruction, the call is executed",
        sources: &[X86_SIGNAL_64_C.at("restore_sigcontext()")],
        terms: "REG_RIP restart rip",
    }
}
