//! Filters themselves, by seccomp(2) and seccomp_filter.rst of today: what they see, how they are
//! loaded, and whom they bind.

const SOURCE: &str = "seccomp(2)";
const DOCUMENT: &str = "seccomp_filter.rst";
const PRIVILEGES: &str = "no_new_privs.rst";
const CODE: &str = "kernel/seccomp.c";

harness::clauses! {
    NOW_DATA_NR = {
        id: "sec3/data/nr",
        promise: "A filter sees the number of the call",
        source: SOURCE,
        place: "filters",
        terms: "seccomp_data",
    }
    NOW_DATA_NR_HI_BITS = {
        id: "sec3/data/nr-hi-bits",
        promise: "Bits above 31 of RAX are no part of the number that a filter sees",
        source: CODE,
        terms: "nr seccomp_data upper",
    }
    NOW_DATA_ARCH = {
        id: "sec3/data/arch",
        promise: "A filter sees the ABI of the call",
        source: SOURCE,
        place: "filters",
        terms: "arch architecture AUDIT_ARCH_I386 AUDIT_ARCH_X86_64 seccomp_data",
    }
    NOW_DATA_IP = {
        id: "sec3/data/ip",
        promise: "A filter sees the address of the instruction that makes the call",
        source: SOURCE,
        place: "filters",
        terms: "instruction_pointer machine-language performed rip seccomp_data",
    }
    NOW_DATA_ARGS = {
        id: "sec3/data/args",
        promise: "A filter sees six arguments of 64 bits each",
        source: SOURCE,
        place: "filters",
        terms: "seccomp_data",
    }
    NOW_DATA_ARGS_TRUNCATION = {
        id: "sec3/data/args-truncation",
        promise: "A filter sees the bits of a register that the call itself does not use",
        source: SOURCE,
        place: "notes",
        terms: "argument half ignored seccomp_data significant truncated visible",
    }
    NOW_DATA_X32_SAME_ARCH = {
        id: "sec3/data/x32-same-arch",
        promise: "A call with the x32 bit has the ABI of x86-64 and the bit in its number",
        source: SOURCE,
        place: "filters",
        terms: "__X32_SYSCALL_BIT arch AUDIT_ARCH_X86_64",
    }
    NOW_PITFALL_CHECK_ARCH = {
        id: "sec3/pitfall/check-arch",
        promise: "A number means another call in another ABI, so a filter has to look at both",
        source: DOCUMENT,
        place: "pitfalls",
        terms: "always arch architecture conventions invocation overlap",
    }
    NOW_INSTALL_PRCTL_OK = {
        id: "sec3/install/prctl-ok",
        promise: "The prctl that loads a filter returns 0",
        source: DOCUMENT,
        place: "usage",
        terms: "PR_SET_SECCOMP SECCOMP_MODE_FILTER success",
    }
    NOW_INSTALL_INVALID_EINVAL = {
        id: "sec3/install/invalid-einval",
        promise: "An invalid program is EINVAL",
        source: SOURCE,
        place: "EINVAL",
        terms: "BPF filter sock_fprog",
    }
    NOW_INSTALL_LEN_LIMITS = {
        id: "sec3/install/len-limits",
        promise: "A program has 1 to 4096 instructions, or is EINVAL",
        source: SOURCE,
        place: "EINVAL",
        terms: "BPF_MAXINSNS exceeded filter length zero",
    }
    NOW_INSTALL_EFAULT = {
        id: "sec3/install/efault",
        promise: "An address that is none is EFAULT",
        source: SOURCE,
        place: "EFAULT",
        terms: "args sock_fprog valid",
    }
    NOW_INSTALL_ABS_BOUNDS = {
        id: "sec3/install/abs-bounds",
        promise: "A load is of an aligned word within the data, or EINVAL",
        source: SOURCE,
        place: "EINVAL",
        terms: "boundary BPF_ABS BPF_LD offset",
    }
    NOW_INSTALL_WORD_ONLY = {
        id: "sec3/install/word-only",
        promise: "A load is of 4 bytes, or EINVAL",
        source: SOURCE,
        place: "filters",
        terms: "BPF_B BPF_H BPF_W modifiers size",
    }
    NOW_INSTALL_BPF_LEN = {
        id: "sec3/install/bpf-len",
        promise: "The length a filter loads is that of its data, 64",
        source: SOURCE,
        place: "filters",
        terms: "BPF_LEN buffer operand seccomp_data size",
    }
    NOW_INSTALL_IND_MSH_REJECTED = {
        id: "sec3/install/ind-msh-rejected",
        promise: "Loads relative to a register, header lengths, remainders and extensions are EINVAL",
        source: CODE,
        terms: "BPF_IND BPF_MOD BPF_MSH SKF_AD_OFF",
    }
    NOW_INSTALL_EACCES = {
        id: "sec3/install/eacces",
        promise: "Loading a filter without no-new-privileges and without privilege is EACCES",
        source: SOURCE,
        place: "EACCES",
        terms: "CAP_SYS_ADMIN capability namespace no_new_privs PR_SET_NO_NEW_PRIVS",
    }
    NOW_INSTALL_NNP_OR_CAP = {
        id: "sec3/install/nnp-or-cap",
        promise: "The no-new-privileges bit suffices, and so does the privilege",
        source: SOURCE,
        place: "SET_MODE_FILTER",
        terms: "CAP_SYS_ADMIN capability no_new_privs PR_SET_NO_NEW_PRIVS SECCOMP_SET_MODE_FILTER",
    }
    NOW_INSTALL_LAYERING = {
        id: "sec3/install/layering",
        promise: "More filters can be loaded while the calls that load them are allowed",
        source: SOURCE,
        place: "SET_MODE_FILTER",
        terms: "added additional attached further layered SECCOMP_SET_MODE_FILTER",
    }
    NOW_INSTALL_CANNOT_REMOVE = {
        id: "sec3/install/cannot-remove",
        promise: "No call takes a filter away",
        source: SOURCE,
        place: "SET_MODE_FILTER",
        terms: "removing",
    }
    NOW_INSTALL_MODE_LOCK = {
        id: "sec3/install/mode-lock",
        promise: "Strict mode after a filter is EINVAL",
        source: SOURCE,
        place: "EINVAL",
        terms: "already computing differs existing SECCOMP_SET_MODE_STRICT secure",
    }
    NOW_INSTALL_OP_UNKNOWN = {
        id: "sec3/install/op-unknown",
        promise: "An unknown operation is EINVAL",
        source: SOURCE,
        place: "EINVAL",
        terms: "supported",
    }
    NOW_INSTALL_FLAGS_UNKNOWN = {
        id: "sec3/install/flags-unknown",
        promise: "An unknown flag is EINVAL",
        source: SOURCE,
        place: "EINVAL",
        terms: "invalid specified",
    }
    NOW_INSTALL_PRCTL_EQUALS_SYSCALL = {
        id: "sec3/install/prctl-equals-syscall",
        promise: "A filter loaded by prctl(2) is one loaded by seccomp(2) without flags",
        source: SOURCE,
        place: "SET_MODE_FILTER",
        terms: "functionally identical PR_SET_SECCOMP SECCOMP_MODE_FILTER SECCOMP_SET_MODE_FILTER",
    }
    NOW_INHERIT_FORK = {
        id: "sec3/inherit/fork",
        promise: "Children keep the filters",
        source: SOURCE,
        place: "SET_MODE_FILTER",
        terms: "child clone constrained parent processes",
    }
    NOW_INHERIT_THREAD = {
        id: "sec3/inherit/thread",
        promise: "New threads keep the filters",
        source: SOURCE,
        place: "SET_MODE_FILTER",
        terms: "clone CLONE_THREAD",
    }
    NOW_INHERIT_EXEC = {
        id: "sec3/inherit/exec",
        promise: "Filters survive execve",
        source: SOURCE,
        place: "SET_MODE_FILTER",
        terms: "across existing preserved",
    }
    NOW_GET_MODE = {
        id: "sec3/get/mode",
        promise: "PR_GET_SECCOMP is 0 without a filter and 2 with one",
        source: SOURCE,
        place: "PR_GET_SECCOMP",
        terms: "prctl SECCOMP_MODE_FILTER",
    }
    NOW_TSYNC_ALL = {
        id: "sec3/tsync/all",
        promise: "TSYNC puts the filter in force for every thread of the process, and nothing else \
            does",
        source: SOURCE,
        place: "TSYNC",
        terms: "SECCOMP_FILTER_FLAG_TSYNC synchronize threads tree",
    }
    NOW_TSYNC_FAIL_TID = {
        id: "sec3/tsync/fail-tid",
        promise: "TSYNC over threads that differ is the id of one, and loads nothing",
        source: SOURCE,
        place: "TSYNC",
        terms: "fail returning SECCOMP_FILTER_FLAG_TSYNC synchronize thread",
    }
    NOW_TSYNC_ESRCH = {
        id: "sec3/tsync/esrch",
        promise: "With TSYNC_ESRCH that is ESRCH",
        source: SOURCE,
        place: "TSYNC_ESRCH",
        terms: "SECCOMP_FILTER_FLAG_TSYNC_ESRCH",
        since: "5.7",
    }
    NOW_TSYNC_LISTENER_COMBO = {
        id: "sec3/tsync/listener-combo",
        promise: "TSYNC with a listener takes TSYNC_ESRCH too, or is EINVAL",
        source: SOURCE,
        place: "EINVAL",
        terms: "SECCOMP_FILTER_FLAG_NEW_LISTENER SECCOMP_FILTER_FLAG_TSYNC \
            SECCOMP_FILTER_FLAG_TSYNC_ESRCH",
    }
    NOW_TSYNC_NNP = {
        id: "sec3/tsync/nnp",
        promise: "TSYNC gives every thread the no-new-privileges bit of the caller",
        source: CODE,
        terms: "no_new_privs PR_SET_NO_NEW_PRIVS SECCOMP_FILTER_FLAG_TSYNC",
    }
    NOW_TSYNC_ANCESTOR_OK = {
        id: "sec3/tsync/ancestor-ok",
        promise: "TSYNC takes along threads with an older state of the caller's filters",
        source: SOURCE,
        place: "TSYNC",
        terms: "ancestor SECCOMP_FILTER_FLAG_TSYNC tree",
    }
    NOW_FLAG_LOG = {
        id: "sec3/flag/log",
        promise: "FLAG_LOG changes what is logged and nothing else",
        source: SOURCE,
        place: "FLAG_LOG",
        terms: "actions_logged SECCOMP_FILTER_FLAG_LOG",
        since: "4.14",
    }
    NOW_FLAG_SPEC_ALLOW = {
        id: "sec3/flag/spec-allow",
        promise: "SPEC_ALLOW changes speculation and nothing else",
        source: SOURCE,
        place: "SPEC_ALLOW",
        terms: "bypass mitigation SECCOMP_FILTER_FLAG_SPEC_ALLOW speculative store",
        since: "4.17",
    }
    NOW_FLAG_KILLABLE_NEEDS_LISTENER = {
        id: "sec3/flag/killable-needs-listener",
        promise: "WAIT_KILLABLE_RECV without a listener is EINVAL",
        source: SOURCE,
        place: "WAIT_KILLABLE_RECV",
        terms: "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    }
    NOW_NNP_STICKY = {
        id: "sec3/nnp/sticky",
        promise: "The no-new-privileges bit is inherited",
        source: PRIVILEGES,
        terms: "execve fork no_new_privs PR_SET_NO_NEW_PRIVS",
    }
}
