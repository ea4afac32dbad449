//! What a filter sees of a call.

use crate::clauses::documents::{
    SECCOMP_2, SECCOMP_C, SECCOMP_FILTER, VDSO_7, X86_ENTRY_COMMON_C, X86_SIGNAL_C,
};

harness::clauses! {
    SECCOMP_DATA_NUMBER = {
        id: "seccomp/data/number",
        promise: "A filter sees the number of the call",
        sources: &[SECCOMP_2.at("Filters")],
        terms: "seccomp_data",
    }
    SECCOMP_DATA_UPPER_HALF = {
        id: "seccomp/data/upper-half",
        promise: "Bits above 31 of rax are not part of the number that a filter sees",
        sources: &[SECCOMP_C.at("populate_seccomp_data()")],
        terms: "nr seccomp_data upper",
    }
    SECCOMP_DATA_ARCH = {
        id: "seccomp/data/arch",
        promise: "A filter sees the ABI of the call",
        sources: &[SECCOMP_2.at("Filters")],
        terms: "arch architecture AUDIT_ARCH_I386 AUDIT_ARCH_X86_64 seccomp_data",
    }
    SECCOMP_DATA_INSTRUCTION_POINTER = {
        id: "seccomp/data/instruction-pointer",
        promise: "A filter sees the address of the instruction that makes the call",
        sources: &[SECCOMP_2.at("Filters")],
        terms: "instruction_pointer machine-language performed rip seccomp_data",
    }
    SECCOMP_DATA_ARGS = {
        id: "seccomp/data/args",
        promise: "A filter sees six arguments of 64 bits each",
        sources: &[SECCOMP_2.at("Filters")],
        terms: "seccomp_data",
    }
    SECCOMP_DATA_ARGS_NOT_TRUNCATED = {
        id: "seccomp/data/args-not-truncated",
        promise: "A filter sees the bits of a register that the call itself does not use",
        sources: &[SECCOMP_2.at("Filters")],
        terms: "argument half ignored seccomp_data significant truncated visible",
    }
    SECCOMP_DATA_X32 = {
        id: "seccomp/data/x32",
        promise: "A call with the x32 bit has the ABI of x86-64 and the bit in its number",
        sources: &[SECCOMP_2.at("Filters")],
        terms: "__X32_SYSCALL_BIT arch AUDIT_ARCH_X86_64",
    }
    SECCOMP_DATA_CHECK_ARCH = {
        id: "seccomp/data/check-arch",
        promise: "A number means another call in another ABI, so a filter has to check both",
        sources: &[SECCOMP_FILTER.at("Pitfalls"), SECCOMP_2.at("Filters")],
        terms: "always arch architecture conventions invocation overlap",
    }
    SECCOMP_DATA_EVERY_CALL = {
        id: "seccomp/data/every-call",
        promise: "A filter sees every call",
        sources: &[SECCOMP_2.at("DESCRIPTION")],
        terms: "uprobe uretprobe",
    }
    SECCOMP_DATA_RESTART_SYSCALL = {
        id: "seccomp/data/restart-syscall",
        promise: "A call that resumes after a stop enters as restart_syscall, and filters see that \
            number",
        sources: &[X86_SIGNAL_C.at("arch_do_signal_or_restart()")],
        terms: "ERESTART_RESTARTBLOCK nanosleep SIGCONT SIGSTOP",
    }
    SECCOMP_DATA_NO_DEREFERENCE = {
        id: "seccomp/data/no-dereference",
        promise: "A filter sees the values of arguments, and cannot follow one that is an address",
        sources: &[SECCOMP_FILTER.at("Introduction"), SECCOMP_2.at("SECCOMP_SET_MODE_FILTER")],
        terms: "data/no-deref pointer time-of-check-time-of-use TOCTOU",
    }
    SECCOMP_DATA_X32_512_547 = {
        id: "seccomp/data/x32-512-547",
        promise: "The numbers 512 to 547 without the x32 bit are ENOSYS",
        sources: &[SECCOMP_2.at("NOTES, Architecture-specific details")],
        terms: "5.4 __X32_SYSCALL_BIT before kernels x86-64",
        since: "5.4",
    }
    SECCOMP_DATA_FAST_ENTRY = {
        id: "seccomp/data/fast-entry",
        promise: "A call by the entry point of the 32-bit vDSO is one of the i386: its number is in EAX, its six \
            arguments are those of int 0x80, and its address lies in the vDSO",
        sources: &[VDSO_7.at("x86-32 functions"), X86_ENTRY_COMMON_C.at("do_fast_syscall_32()")],
        terms: "__kernel_vsyscall AT_SYSINFO compat landing pad SYSCALL32 SYSENTER",
    }
    SECCOMP_DATA_IO_URING = {
        id: "seccomp/data/io-uring",
        promise: "What io_uring performs passes no filter: only the calls that set it up and enter it do",
        sources: &[SECCOMP_C.at("__secure_computing()")],
        terms: "bypass io_uring_enter IORING_OP_WRITE queue submission",
    }
}
