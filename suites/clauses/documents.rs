//! The documents that make the promises, and the kernel code where no document does.

use harness::Document;

/// The patch that documented dispatch first. Its address searches the list for the subject.
pub(crate) const PRCTL_V7: Document = Document {
    title: "prctl(2) patch",
    edition: "v7, 30 December 2020",
    url: "https://lore.kernel.org/linux-man/?q=s%3A%22Document+Syscall+User+Dispatch%22+AND+s%3Av7",
};

/// The commit that made skipping and changing a call consistent, and the document as it left it.
pub(crate) const SECCOMP_FILTER_2012: Document = Document {
    title: "seccomp_filter.txt",
    edition: "commit 87b526d349b0, October 2012",
    url: "https://git.kernel.org/linus/87b526d349b04c31d7b3a40b434eb3f825d22305",
};

/// A page of the Linux man-pages project.
macro_rules! manual_page {
    ($title:literal, $page:literal) => {
        Document {
            title: $title,
            edition: "man-pages 6.20",
            url: concat!("https://man7.org/linux/man-pages/", $page, ".html"),
        }
    };
}

pub(crate) const PRCTL_GET_SECCOMP: Document =
    manual_page!("PR_GET_SECCOMP(2const)", "man2/PR_GET_SECCOMP.2const");
pub(crate) const PRCTL_NO_NEW_PRIVS: Document =
    manual_page!("PR_SET_NO_NEW_PRIVS(2const)", "man2/PR_SET_NO_NEW_PRIVS.2const");
pub(crate) const PRCTL_SET_SECCOMP: Document =
    manual_page!("PR_SET_SECCOMP(2const)", "man2/PR_SET_SECCOMP.2const");
pub(crate) const PRCTL_DISPATCH: Document = manual_page!(
    "PR_SET_SYSCALL_USER_DISPATCH(2const)",
    "man2/PR_SET_SYSCALL_USER_DISPATCH.2const"
);
pub(crate) const PROC_PID_STATUS: Document =
    manual_page!("proc_pid_status(5)", "man5/proc_pid_status.5");
pub(crate) const PROC_PID_SYSCALL: Document =
    manual_page!("proc_pid_syscall(5)", "man5/proc_pid_syscall.5");
pub(crate) const PTRACE_2: Document = manual_page!("ptrace(2)", "man2/ptrace.2");
pub(crate) const SECCOMP_2: Document = manual_page!("seccomp(2)", "man2/seccomp.2");
pub(crate) const SECCOMP_UNOTIFY_2: Document =
    manual_page!("seccomp_unotify(2)", "man2/seccomp_unotify.2");
pub(crate) const SIGACTION_2: Document = manual_page!("sigaction(2)", "man2/sigaction.2");
pub(crate) const PID_NAMESPACES_7: Document =
    manual_page!("pid_namespaces(7)", "man7/pid_namespaces.7");
pub(crate) const SIGALTSTACK_2: Document = manual_page!("sigaltstack(2)", "man2/sigaltstack.2");
pub(crate) const SIGNAL_7: Document = manual_page!("signal(7)", "man7/signal.7");
pub(crate) const VDSO_7: Document = manual_page!("vdso(7)", "man7/vdso.7");
pub(crate) const WAIT_2: Document = manual_page!("wait(2)", "man2/wait.2");

/// A document of the kernel.
macro_rules! kernel_document {
    ($title:literal, $page:literal) => {
        Document {
            title: $title,
            edition: "7.3",
            url: concat!("https://docs.kernel.org/", $page, ".html"),
        }
    };
}

pub(crate) const KERNEL_PARAMETERS: Document =
    kernel_document!("kernel-parameters.txt", "admin-guide/kernel-parameters");
pub(crate) const NO_NEW_PRIVS: Document =
    kernel_document!("no_new_privs.rst", "userspace-api/no_new_privs");
pub(crate) const SECCOMP_FILTER: Document =
    kernel_document!("seccomp_filter.rst", "userspace-api/seccomp_filter");
pub(crate) const SYSCTL_KERNEL: Document =
    kernel_document!("sysctl/kernel.rst", "admin-guide/sysctl/kernel");
pub(crate) const USER_DISPATCH: Document =
    kernel_document!("syscall-user-dispatch.rst", "admin-guide/syscall-user-dispatch");

/// A file of the kernel: as it is today, or at a release where later ones moved its code.
macro_rules! kernel_code {
    ($path:literal $(, $release:literal)?) => {
        Document {
            title: $path,
            edition: kernel_code!(@edition $($release)?),
            url: concat!(
                "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/",
                $path
                $(, "?h=v", $release)?
            ),
        }
    };
    (@edition) => {
        "7.3"
    };
    (@edition $release:literal) => {
        $release
    };
}

pub(crate) const ARCH_KCONFIG: Document = kernel_code!("arch/Kconfig");
pub(crate) const AUDITSC_C: Document = kernel_code!("kernel/auditsc.c");
pub(crate) const ENTRY_COMMON_C: Document = kernel_code!("kernel/entry/common.c", "6.12");
pub(crate) const EXIT_C: Document = kernel_code!("kernel/exit.c");
pub(crate) const EXEC_C: Document = kernel_code!("fs/exec.c");
pub(crate) const FORK_C: Document = kernel_code!("kernel/fork.c");
pub(crate) const PRCTL_H: Document = kernel_code!("include/uapi/linux/prctl.h");
pub(crate) const PTRACE_C: Document = kernel_code!("kernel/ptrace.c");
pub(crate) const PTRACE_H: Document = kernel_code!("include/uapi/linux/ptrace.h");
pub(crate) const SECCOMP_C: Document = kernel_code!("kernel/seccomp.c");
pub(crate) const SIGNAL_C: Document = kernel_code!("kernel/signal.c");
pub(crate) const SUD_TEST_C: Document =
    kernel_code!("tools/testing/selftests/syscall_user_dispatch/sud_test.c");
pub(crate) const SYSCTL_C: Document = kernel_code!("kernel/sysctl.c");
pub(crate) const USER_DISPATCH_C: Document = kernel_code!("kernel/entry/syscall_user_dispatch.c");
pub(crate) const USER_DISPATCH_H: Document = kernel_code!("include/linux/syscall_user_dispatch.h");
pub(crate) const VSYSCALL_64_C: Document =
    kernel_code!("arch/x86/entry/vsyscall/vsyscall_64.c", "6.12");
pub(crate) const X86_ENTRY_COMMON_C: Document = kernel_code!("arch/x86/entry/common.c", "6.12");
pub(crate) const X86_IDT_C: Document = kernel_code!("arch/x86/kernel/idt.c");
pub(crate) const X86_SIGNAL_64_C: Document = kernel_code!("arch/x86/kernel/signal_64.c");
pub(crate) const X86_SIGNAL_C: Document = kernel_code!("arch/x86/kernel/signal.c");
pub(crate) const X86_SYSCALL_H: Document = kernel_code!("arch/x86/include/asm/syscall.h");
