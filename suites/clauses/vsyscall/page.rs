//! The page itself.

use crate::clauses::documents::{SECCOMP_FILTER, SECCOMP_FILTER_2012, VSYSCALL_64_C};

harness::clauses! {
    VSYSCALL_PAGE_NOT_SYSCALL_INSTRUCTIONS = {
        id: "vsyscall/page/not-syscall-instructions",
        promise: "The instructions at the four entry addresses are not system calls",
        sources: &[
            SECCOMP_FILTER_2012.at("caveats, vsyscalls, detection"),
            SECCOMP_FILTER.at("Caveats"),
        ],
        terms: "0xffffffffff600000",
    }
    VSYSCALL_PAGE_BAD_ENTRY = {
        id: "vsyscall/page/bad-entry",
        promise: "A jump to any other place of the page is SIGSEGV there",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "0xffffffffff600000",
    }
    VSYSCALL_PAGE_FIXED = {
        id: "vsyscall/page/fixed",
        promise: "No process can write to the page, change it, unmap it or map over it",
        sources: &[VSYSCALL_64_C.at("gate_vma")],
        terms: "mmap mprotect mremap munmap",
    }
    VSYSCALL_PAGE_DEBUGGER = {
        id: "vsyscall/page/debugger",
        promise: "A page that can be read can be read by a debugger too",
        sources: &[VSYSCALL_64_C.at("gate_vma, comment")],
        terms: "/proc/pid/mem process_vm_readv PTRACE_PEEKTEXT",
    }
    VSYSCALL_PAGE_64_BIT_PROGRAMS = {
        id: "vsyscall/page/64-bit-programs",
        promise: "The memory map of a 64-bit program alone shows the page",
        sources: &[VSYSCALL_64_C.at("get_gate_vma()")],
        terms: "/proc/pid/maps [vsyscall] compat ia32 MM_CONTEXT_HAS_VSYSCALL",
    }
    VSYSCALL_PAGE_LEGACY = {
        id: "vsyscall/page/legacy",
        promise: "vsyscalls are a legacy, and slower than system calls",
        sources: &[SECCOMP_FILTER_2012.at("caveats, last paragraph"), SECCOMP_FILTER.at("Caveats")],
        terms: "considerably modern performance standard",
        strength: harness::Strength::Caveat,
        unobservable: Some("it is about speed: see the benchmarks"),
    }
}
