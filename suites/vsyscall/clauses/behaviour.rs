//! The boot parameter's text, and what no document states and every kernel does.

use harness::Strength::Caveat;

const PARAMETERS: &str = "kernel-parameters.txt (7.3)";
const SOURCE: &str = "kernel behaviour (5.10 to 7.3)";

harness::clauses! {
    VSYS_MODE_EMULATE = {
        id: "vsys/mode/emulate",
        promise: "With vsyscall=emulate the calls are emulated and the page can be read",
        source: PARAMETERS,
        place: "vsyscall=",
        terms: "CONFIG_LEGACY_VSYSCALL_EMULATE readable traps",
    }
    VSYS_MODE_XONLY = {
        id: "vsys/mode/xonly",
        promise: "With vsyscall=xonly the calls are emulated and the page cannot be read",
        source: PARAMETERS,
        place: "vsyscall=",
        terms: "CONFIG_LEGACY_VSYSCALL_XONLY executable readable",
    }
    VSYS_MODE_NONE = {
        id: "vsys/mode/none",
        promise: "With vsyscall=none vsyscalls do not work at all",
        source: PARAMETERS,
        place: "vsyscall=",
        terms: "CONFIG_LEGACY_VSYSCALL_NONE SIGSEGV",
        strength: Caveat,
    }
    INT_VSYS_SAME_RESULT = {
        id: "int/vsys/same-result",
        promise: "A vsyscall does what the call it stands for does, and gives what that gives",
        source: SOURCE,
        terms: "getcpu gettimeofday time",
    }
    INT_VSYS_REGISTERS = {
        id: "int/vsys/registers",
        promise: "A vsyscall changes rax and takes its return address off the stack; every other \
            register stays",
        source: SOURCE,
        terms: "r11 rcx rsp",
    }
    INT_VSYS_ANY_TASK = {
        id: "int/vsys/any-task",
        promise: "Every thread and process may call the page",
        source: SOURCE,
        terms: "clone fork",
    }
    INT_VSYS_BAD_POINTER = {
        id: "int/vsys/bad-pointer",
        promise: "A pointer the call cannot write through is SIGSEGV at the entry, not EFAULT",
        source: SOURCE,
        terms: "gettimeofday",
    }
    INT_VSYS_POINTER_BEFORE_FILTER = {
        id: "int/vsys/pointer-before-filter",
        promise: "A pointer into the kernel's half is SIGSEGV before any filter is asked; other \
            pointers are used after it only",
        source: SOURCE,
        terms: "access_ok seccomp",
    }
    INT_VSYS_BAD_ENTRY = {
        id: "int/vsys/bad-entry",
        promise: "A jump to any other place of the page is SIGSEGV there",
        source: SOURCE,
        terms: "0xffffffffff600000",
    }
    INT_VSYS_STACK = {
        id: "int/vsys/stack",
        promise: "The return address is read wherever the stack pointer is; where it cannot be \
            read, the call is SIGSEGV at the entry",
        source: SOURCE,
        terms: "ret rsp",
    }
    INT_VSYS_PAGE_FIXED = {
        id: "int/vsys/page-fixed",
        promise: "No process can write to the page, change it, remove it or put something in its \
            place",
        source: SOURCE,
        terms: "mmap mprotect mremap munmap",
    }
    INT_VSYS_DEBUGGER = {
        id: "int/vsys/debugger",
        promise: "A page that can be read can be read by a debugger too",
        source: "arch/x86/entry/vsyscall/vsyscall_64.c (5.10 to 7.3)",
        place: "comment on the pseudo VMA",
        terms: "/proc/pid/mem process_vm_readv PTRACE_PEEKTEXT",
    }
    INT_VSYS_DATA = {
        id: "int/vsys/data",
        promise: "A filter sees a vsyscall with the number and ABI of its call, the entry as \
            instruction pointer and the caller's registers as arguments",
        source: SOURCE,
        terms: "instruction_pointer seccomp_data",
    }
    INT_VSYS_PTRACE_BLIND = {
        id: "int/vsys/ptrace-blind",
        promise: "Neither PTRACE_SYSCALL nor PTRACE_SYSEMU stops at a vsyscall",
        source: SOURCE,
        terms: "tracer",
    }
    INT_VSYS_SINGLESTEP = {
        id: "int/vsys/singlestep",
        promise: "Stepping onto an entry and on stops at the entry, then behind the instruction \
            that the call returns to",
        source: SOURCE,
        terms: "after PTRACE_SINGLESTEP SIGTRAP",
    }
    INT_VSYS_TRACE_TO_DENIED = {
        id: "int/vsys/trace-to-denied",
        promise: "A number that a tracer writes and the filter's second look denies is what the \
            filter makes of it, not the end",
        source: SOURCE,
        terms: "orig_rax SECCOMP_RET_TRACE",
    }
    INT_VDSO_SUD = {
        id: "int/vdso/sud",
        promise: "While calls are blocked, the vDSO's answers come without a signal and its real \
            calls are dispatched from within it",
        source: SOURCE,
        terms: "clock_gettime gettimeofday selector",
    }
}
