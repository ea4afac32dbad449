//! What becomes of a call, by seccomp(2), seccomp_unotify(2) and seccomp_filter.rst of today.

const SOURCE: &str = "seccomp(2)";
const DOCUMENT: &str = "seccomp_filter.rst";
const NOTIFY: &str = "seccomp_unotify(2)";
const CODE: &str = "kernel/seccomp.c";

harness::clauses! {
    NOW_ACT_KILL_PROCESS = {
        id: "sec3/act/kill-process",
        promise: "KILL_PROCESS ends the whole process, and the call is not made",
        source: SOURCE,
        place: "KILL_PROCESS",
        terms: "core dump SECCOMP_RET_KILL_PROCESS terminated termination",
    }
    NOW_ACT_KILL_PROCESS_HANDLER = {
        id: "sec3/act/kill-process-handler",
        promise: "No handler, mask or tracer of SIGSYS stands in the way of KILL_PROCESS",
        source: SOURCE,
        place: "KILL_PROCESS",
        terms: "blocked ignored registered SECCOMP_RET_KILL_PROCESS signal",
    }
    NOW_ACT_KILL_STATUS = {
        id: "sec3/act/kill-status",
        promise: "A killed process's wait status says SIGSYS, not SIGKILL",
        source: DOCUMENT,
        place: "return values, KILL",
        terms: "exit SECCOMP_RET_KILL SECCOMP_RET_KILL_PROCESS terminated waitpid wstatus WTERMSIG",
    }
    NOW_ACT_KILL_THREAD = {
        id: "sec3/act/kill-thread",
        promise: "KILL_THREAD ends the calling thread alone, and the call is not made",
        source: SOURCE,
        place: "KILL_THREAD",
        terms: "continue group SECCOMP_RET_KILL SECCOMP_RET_KILL_THREAD termination threads",
    }
    NOW_ACT_KILL_THREAD_LAST = {
        id: "sec3/act/kill-thread-last",
        promise: "KILL_THREAD of a process's last thread ends it as by SIGSYS",
        source: SOURCE,
        place: "KILL_THREAD",
        terms: "core dump SECCOMP_RET_KILL_THREAD single",
    }
    NOW_ACT_KILL_SYNONYM = {
        id: "sec3/act/kill-synonym",
        promise: "KILL is another name of KILL_THREAD: the value 0",
        source: SOURCE,
        place: "KILL_THREAD",
        terms: "SECCOMP_RET_KILL SECCOMP_RET_KILL_THREAD synonym",
    }
    NOW_ACT_TRAP_FIELDS = {
        id: "sec3/act/trap-fields",
        promise: "TRAP brings SIGSYS with SYS_SECCOMP, the data, the number, the ABI, and an address",
        source: SOURCE,
        place: "TRAP",
        terms: "fields SECCOMP_RET_TRAP si_arch si_call_addr si_code si_errno si_signo si_syscall \
            siginfo_t",
    }
    NOW_ACT_ERRNO = {
        id: "sec3/act/errno",
        promise: "ERRNO's data is the call's error number, and the call is not made",
        source: SOURCE,
        place: "ERRNO",
        terms: "executing passed SECCOMP_RET_DATA SECCOMP_RET_ERRNO value",
    }
    NOW_ACT_ERRNO_ZERO = {
        id: "sec3/act/errno-zero",
        promise: "ERRNO with no data makes the call return 0 without making it",
        source: CODE,
        terms: "SECCOMP_RET_ERRNO success",
    }
    NOW_ACT_ERRNO_CLAMP = {
        id: "sec3/act/errno-clamp",
        promise: "All 16 bits of ERRNO's data are the error number",
        source: DOCUMENT,
        place: "return values, ERRNO",
        terms: "lower MAX_ERRNO SECCOMP_RET_ERRNO",
    }
    NOW_ACT_NOTIF_NONE = {
        id: "sec3/act/notif-none",
        promise: "USER_NOTIF without a listener makes the call fail with ENOSYS",
        source: SOURCE,
        place: "USER_NOTIF",
        terms: "attached SECCOMP_RET_USER_NOTIF supervisor",
    }
    NOW_ACT_NOTIF_HIDDEN = {
        id: "sec3/act/notif-hidden",
        promise: "The listener is not told of a call that a stronger action decides",
        source: SOURCE,
        place: "USER_NOTIF",
        terms: "another greater notified precedence SECCOMP_RET_USER_NOTIF supervisor",
    }
    NOW_ACT_LOG = {
        id: "sec3/act/log",
        promise: "LOG makes the call after logging it",
        source: SOURCE,
        place: "LOG",
        terms: "actions_logged executed SECCOMP_RET_LOG",
    }
    NOW_ACT_ALLOW = {
        id: "sec3/act/allow",
        promise: "ALLOW makes the call",
        source: SOURCE,
        place: "ALLOW",
        terms: "executed SECCOMP_RET_ALLOW",
    }
    NOW_ACT_UNKNOWN = {
        id: "sec3/act/unknown",
        promise: "An unknown action is KILL_PROCESS",
        source: SOURCE,
        place: "return values",
        terms: "SECCOMP_RET_KILL_PROCESS specified treated unrecognized",
        since: "4.14",
    }
    NOW_ACT_UPROBE_EXEMPT = {
        id: "sec3/act/uprobe-exempt",
        promise: "A filter sees every call",
        source: SOURCE,
        place: "description",
        terms: "uprobe uretprobe",
    }
    NOW_AVAIL_OK = {
        id: "sec3/avail/ok",
        promise: "GET_ACTION_AVAIL is 0 for an action that the kernel knows",
        source: SOURCE,
        place: "GET_ACTION_AVAIL",
        terms: "SECCOMP_GET_ACTION_AVAIL supported",
        since: "4.14",
    }
    NOW_AVAIL_UNSUPPORTED = {
        id: "sec3/avail/unsupported",
        promise: "GET_ACTION_AVAIL is EOPNOTSUPP for any other value",
        source: SOURCE,
        place: "GET_ACTION_AVAIL",
        terms: "action SECCOMP_GET_ACTION_AVAIL support",
        since: "4.14",
    }
    NOW_AVAIL_ARGS = {
        id: "sec3/avail/args",
        promise: "GET_ACTION_AVAIL with flags is EINVAL, with an address that is none EFAULT",
        source: SOURCE,
        place: "GET_ACTION_AVAIL",
        terms: "SECCOMP_GET_ACTION_AVAIL",
        since: "4.14",
    }
    NOW_PREC_HIGHEST_WINS = {
        id: "sec3/prec/highest-wins",
        promise: "Of several filters' actions the one of highest precedence is taken",
        source: SOURCE,
        place: "return values",
        terms: "evaluation multiple SECCOMP_RET_ACTION_FULL",
    }
    NOW_PREC_ORDER = {
        id: "sec3/prec/order",
        promise: "The order is KILL_PROCESS, KILL_THREAD, TRAP, ERRNO, USER_NOTIF, TRACE, LOG, ALLOW",
        source: SOURCE,
        place: "return values",
        terms: "decreasing precedence SECCOMP_RET_ALLOW SECCOMP_RET_ERRNO \
            SECCOMP_RET_KILL_PROCESS SECCOMP_RET_KILL_THREAD SECCOMP_RET_LOG SECCOMP_RET_TRACE \
            SECCOMP_RET_TRAP SECCOMP_RET_USER_NOTIF",
    }
    NOW_PREC_MASK = {
        id: "sec3/prec/mask",
        promise: "Precedence is decided by the bits of SECCOMP_RET_ACTION alone",
        source: DOCUMENT,
        place: "return values",
        terms: "mask SECCOMP_RET_ACTION_FULL",
        unobservable: Some("old wording: with that mask KILL_PROCESS would be KILL_THREAD, which the \
            order of precedence contradicts; that order is what cases hold kernels to"),
    }
    NOW_PREC_DATA_LATEST = {
        id: "sec3/prec/data-latest",
        promise: "Of equal actions the data of the filter installed last is taken",
        source: DOCUMENT,
        place: "return values",
        terms: "precedence recently SECCOMP_RET_DATA",
    }
    NOW_PREC_FIRST_SEEN = {
        id: "sec3/prec/first-seen",
        promise: "Filters run from the newest to the oldest, and the first of equal actions stands",
        source: SOURCE,
        place: "return values",
        terms: "executed installed recently reverse",
    }
    NOW_PREC_ALL_RUN = {
        id: "sec3/prec/all-run",
        promise: "Every filter is run, whatever the first ones say",
        source: SOURCE,
        place: "return values",
        terms: "called earlier even executed",
        unobservable: Some("a filter has no effect but its result"),
    }
    NOW_NOTIF_FD = {
        id: "sec3/notif/fd",
        promise: "The result of NEW_LISTENER is a descriptor with the close-on-exec flag",
        source: SOURCE,
        place: "NEW_LISTENER",
        terms: "FD_CLOEXEC file O_CLOEXEC SECCOMP_FILTER_FLAG_NEW_LISTENER",
    }
    NOW_NOTIF_ONE_ONLY = {
        id: "sec3/notif/one-only",
        promise: "A thread's filters have one listener at most: a second one is EBUSY",
        source: SOURCE,
        place: "EBUSY",
        terms: "already installed previous SECCOMP_FILTER_FLAG_NEW_LISTENER",
    }
    NOW_NOTIF_FORK_SAME_FD = {
        id: "sec3/notif/fork-same-fd",
        promise: "The listener belongs to the filter: calls of children appear on it too",
        source: DOCUMENT,
        place: "userspace notification",
        terms: "descriptor fork SECCOMP_RET_USER_NOTIF",
    }
    NOW_NOTIF_BLOCKS = {
        id: "sec3/notif/blocks",
        promise: "A notified call is not made, and waits for the answer",
        source: NOTIFY,
        place: "overview",
        terms: "blocked execution SECCOMP_RET_USER_NOTIF sleep supervisor target",
    }
    NOW_NOTIF_RECV_FIELDS = {
        id: "sec3/notif/recv-fields",
        promise: "A notification holds an id, the calling thread, no flags, and the call's data",
        source: NOTIFY,
        place: "RECV",
        terms: "cookie pid seccomp_data SECCOMP_IOCTL_NOTIF_RECV seccomp_notif",
    }
    NOW_NOTIF_ZEROED = {
        id: "sec3/notif/zeroed",
        promise: "The buffer of a notification has to be zero, or receiving is EINVAL",
        source: NOTIFY,
        place: "RECV",
        terms: "nonzero SECCOMP_IOCTL_NOTIF_RECV seccomp_notif structure zeroed",
        since: "5.5",
    }
    NOW_NOTIF_ID_UNIQUE = {
        id: "sec3/notif/id-unique",
        promise: "Every notification of a filter has an id of its own",
        source: NOTIFY,
        place: "RECV",
        terms: "cookie SECCOMP_IOCTL_NOTIF_RECV unique",
    }
    NOW_NOTIF_REPLY_VAL = {
        id: "sec3/notif/reply-val",
        promise: "An answer without error is the call's result",
        source: NOTIFY,
        place: "SEND",
        terms: "response return SECCOMP_IOCTL_NOTIF_SEND seccomp_notif_resp spoofed success val",
    }
    NOW_NOTIF_REPLY_ERROR = {
        id: "sec3/notif/reply-error",
        promise: "An answer's error is the call's error, whatever the value",
        source: NOTIFY,
        place: "SEND",
        terms: "errno field ignored nonzero response SECCOMP_IOCTL_NOTIF_SEND seccomp_notif_resp \
            spoofed",
    }
    NOW_NOTIF_CONTINUE = {
        id: "sec3/notif/continue",
        promise: "CONTINUE has the call made; an answer with it has no value and no error",
        source: NOTIFY,
        place: "SEND",
        terms: "execute response SECCOMP_IOCTL_NOTIF_SEND SECCOMP_USER_NOTIF_FLAG_CONTINUE target \
            tell",
        since: "5.5",
    }
    NOW_NOTIF_SEND_ERRORS = {
        id: "sec3/notif/send-errors",
        promise: "Answering is EINPROGRESS before receiving and after answering, EINVAL with unknown \
            flags, ENOENT for an id nobody has",
        source: NOTIFY,
        place: "SEND",
        terms: "already notification response SECCOMP_IOCTL_NOTIF_SEND sent",
    }
    NOW_NOTIF_ID_VALID = {
        id: "sec3/notif/id-valid",
        promise: "An id is valid while its call waits, and ENOENT before and after",
        source: NOTIFY,
        place: "ID_VALID",
        terms: "blocked cookie notification SECCOMP_IOCTL_NOTIF_ID_VALID still target",
    }
    NOW_NOTIF_CLOSED = {
        id: "sec3/notif/closed",
        promise: "When the listener is closed, waiting and later calls fail with ENOSYS",
        source: SOURCE,
        place: "USER_NOTIF",
        terms: "descriptor SECCOMP_RET_USER_NOTIF supervisor",
    }
    NOW_NOTIF_POLL = {
        id: "sec3/notif/poll",
        promise: "A listener is readable while a call waits to be received, and writable while one \
            waits for its answer",
        source: NOTIFY,
        place: "poll",
        terms: "descriptor epoll file indicate interfaces notification pending POLLHUP POLLIN \
            POLLOUT select",
    }
    NOW_NOTIF_SIGNAL_ABORTS = {
        id: "sec3/notif/signal-aborts",
        promise: "A signal ends the wait of a notified call; its id is ENOENT then",
        source: NOTIFY,
        place: "signals",
        terms: "blocked EINTR handler interrupted SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV target",
    }
}

harness::clauses! {
    NOW_STRICT_ALLOWED = {
        id: "sec3/strict/allowed",
        promise: "Strict mode lets read, write, exit and sigreturn run",
        source: SOURCE,
        place: "SET_MODE_STRICT",
        terms: "_exit permitted SECCOMP_MODE_STRICT SECCOMP_SET_MODE_STRICT",
    }
    NOW_STRICT_KILL = {
        id: "sec3/strict/kill",
        promise: "In strict mode any other call ends the calling thread, as by SIGKILL",
        source: SOURCE,
        place: "SET_MODE_STRICT",
        terms: "SECCOMP_MODE_STRICT SECCOMP_SET_MODE_STRICT termination",
    }
    NOW_STRICT_EXIT_GROUP = {
        id: "sec3/strict/exit-group",
        promise: "exit_group is one of the other calls",
        source: SOURCE,
        place: "SET_MODE_STRICT",
        terms: "_exit SECCOMP_MODE_STRICT SECCOMP_SET_MODE_STRICT",
    }
    NOW_STRICT_COMPAT_SET = {
        id: "sec3/strict/compat-set",
        promise: "int 0x80 has the same four calls by their 32-bit numbers",
        source: CODE,
        terms: "i386 ia32 SECCOMP_MODE_STRICT",
    }
    NOW_STRICT_FLAGS_ARGS = {
        id: "sec3/strict/flags-args",
        promise: "Strict mode takes no flags and no address, or is EINVAL",
        source: SOURCE,
        place: "SET_MODE_STRICT",
        terms: "args NULL SECCOMP_SET_MODE_STRICT",
    }
    NOW_GET_STRICT_KILL = {
        id: "sec3/get/strict-kill",
        promise: "Asking for the mode in strict mode is the end",
        source: SOURCE,
        place: "PR_GET_SECCOMP",
        terms: "prctl SIGKILL",
    }
}
