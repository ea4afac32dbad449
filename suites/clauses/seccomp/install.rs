//! Loading a filter: who may, with which arguments, and for how long.

use crate::clauses::documents::{
    NO_NEW_PRIVS, PRCTL_GET_SECCOMP, PRCTL_NO_NEW_PRIVS, PRCTL_SET_SECCOMP, SECCOMP_2, SECCOMP_C,
    SECCOMP_FILTER, SECCOMP_FILTER_2012,
};

harness::clauses! {
    SECCOMP_INSTALL_PRCTL_SUCCEEDS = {
        id: "seccomp/install/prctl-succeeds",
        promise: "The prctl that loads a filter returns 0",
        sources: &[SECCOMP_FILTER.at("Usage")],
        terms: "PR_SET_SECCOMP SECCOMP_MODE_FILTER success",
    }
    SECCOMP_INSTALL_PRCTL_EQUALS_SECCOMP = {
        id: "seccomp/install/prctl-equals-seccomp",
        promise: "A filter that prctl(2) loads is what seccomp(2) loads without flags",
        sources: &[
            SECCOMP_2.at("SECCOMP_SET_MODE_FILTER"),
            PRCTL_SET_SECCOMP.at("SECCOMP_MODE_FILTER"),
        ],
        terms: "functionally identical PR_SET_SECCOMP",
    }
    SECCOMP_INSTALL_BAD_ADDRESS = {
        id: "seccomp/install/bad-address",
        promise: "An invalid address of the program is EFAULT",
        sources: &[SECCOMP_2.at("ERRORS, EFAULT"), PRCTL_SET_SECCOMP.at("ERRORS, EFAULT")],
        terms: "args sock_fprog valid",
    }
    SECCOMP_INSTALL_NEEDS_NO_NEW_PRIVS = {
        id: "seccomp/install/needs-no-new-privs",
        promise: "Loading a filter without no_new_privs and without CAP_SYS_ADMIN is EACCES",
        sources: &[
            SECCOMP_2.at("ERRORS, EACCES"),
            SECCOMP_FILTER.at("Usage"),
            PRCTL_SET_SECCOMP.at("ERRORS, EACCES"),
        ],
        terms: "capability namespace PR_SET_NO_NEW_PRIVS",
    }
    SECCOMP_INSTALL_NO_NEW_PRIVS_OR_CAPABILITY = {
        id: "seccomp/install/no-new-privs-or-capability",
        promise: "To load a filter, a thread needs the no_new_privs bit or CAP_SYS_ADMIN: either \
            suffices",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_FILTER"), SECCOMP_FILTER.at("Usage")],
        terms: "already capability PR_SET_NO_NEW_PRIVS",
    }
    SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED = {
        id: "seccomp/install/no-new-privs-inherited",
        promise: "The no_new_privs bit is inherited across fork, clone and execve",
        sources: &[NO_NEW_PRIVS.at("no_new_privs"), PRCTL_NO_NEW_PRIVS.at("DESCRIPTION")],
        terms: "PR_SET_NO_NEW_PRIVS",
    }
    SECCOMP_INSTALL_LAYERING = {
        id: "seccomp/install/layering",
        promise: "More filters can be loaded while the calls that load them are allowed",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_FILTER"), SECCOMP_FILTER.at("Usage")],
        terms: "added additional attached further layered",
    }
    SECCOMP_INSTALL_PERMANENT = {
        id: "seccomp/install/permanent",
        promise: "No call removes a filter",
        sources: &[SECCOMP_2.at("SECCOMP_SET_MODE_FILTER")],
        terms: "removing",
    }
    SECCOMP_INSTALL_STRICT_AFTER_FILTER = {
        id: "seccomp/install/strict-after-filter",
        promise: "Strict mode after a filter is EINVAL",
        sources: &[SECCOMP_2.at("ERRORS, EINVAL")],
        terms: "already computing differs existing SECCOMP_SET_MODE_STRICT secure",
    }
    SECCOMP_INSTALL_UNKNOWN_OPERATION = {
        id: "seccomp/install/unknown-operation",
        promise: "An unknown operation is EINVAL",
        sources: &[SECCOMP_2.at("ERRORS, EINVAL")],
        terms: "supported",
    }
    SECCOMP_INSTALL_UNKNOWN_FLAG = {
        id: "seccomp/install/unknown-flag",
        promise: "An unknown flag is EINVAL",
        sources: &[SECCOMP_2.at("ERRORS, EINVAL")],
        terms: "invalid specified",
    }
    SECCOMP_INSTALL_MODE_IS_REPORTED = {
        id: "seccomp/install/mode-is-reported",
        promise: "PR_GET_SECCOMP is 0 without a filter and 2 with one",
        sources: &[PRCTL_GET_SECCOMP.at("DESCRIPTION")],
        terms: "prctl SECCOMP_MODE_FILTER",
    }
    SECCOMP_INSTALL_ARCHITECTURE_SUPPORT = {
        id: "seccomp/install/architecture-support",
        promise: "An architecture needs signals and return value checks to support filters",
        sources: &[
            SECCOMP_FILTER_2012.at("adding architecture support"),
            SECCOMP_FILTER.at("Adding architecture support"),
        ],
        terms: "CONFIG_HAVE_ARCH_SECCOMP_FILTER ptrace_event",
        unobservable: Some("what an architecture's code has to have, decided when it is built"),
    }
    SECCOMP_INSTALL_DOCUMENT_UPDATED = {
        id: "seccomp/install/document-updated",
        promise: "The document says what the change did",
        sources: &[SECCOMP_FILTER_2012.at("commit message")],
        unobservable: Some("a statement about a document"),
    }
    SECCOMP_INSTALL_TOTAL_SIZE = {
        id: "seccomp/install/total-size",
        promise: "A filter that would make all of the thread's together exceed 32768 instructions is ENOMEM; each \
            counts four more than it has",
        sources: &[SECCOMP_2.at("ERRORS, ENOMEM"), SECCOMP_2.at("NOTES")],
        terms: "install/enomem-path MAX_INSNS_PER_PATH overhead penalty",
    }
    SECCOMP_INSTALL_32_BIT = {
        id: "seccomp/install/32-bit",
        promise: "A filter that a call of the 32-bit ABI loads, from a sock_fprog of 8 bytes (length, padding, 32-bit \
            address), is what the 64-bit call loads",
        sources: &[SECCOMP_C.at("seccomp_prepare_user_filter()"), SECCOMP_2.at("SECCOMP_SET_MODE_FILTER")],
        terms: "0x80 compat_sock_fprog compat_uptr_t i386 ia32 in_compat_syscall int",
    }
    SECCOMP_INSTALL_LEFT_OUT = {
        id: "seccomp/install/left-out",
        promise: "A kernel without CONFIG_SECCOMP_FILTER answers a filter with EINVAL",
        sources: &[SECCOMP_2.at("ERRORS, EINVAL"), PRCTL_SET_SECCOMP.at("ERRORS, EINVAL")],
        terms: "compiled configured install/no-config",
        unobservable: Some("no kernel at hand is built without it; the probe of every case that has a filter asks it"),
    }
}
