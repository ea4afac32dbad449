//! SECCOMP_RET_USER_NOTIF: the listener, notifications and responses.

use crate::clauses::documents::{
    SECCOMP_2, SECCOMP_C, SECCOMP_FILTER, SECCOMP_UNOTIFY_2, SIGNAL_7,
};

harness::clauses! {
    SECCOMP_NOTIFY_NO_LISTENER = {
        id: "seccomp/notify/no-listener",
        promise: "USER_NOTIF without a listener makes the call fail with ENOSYS",
        sources: &[SECCOMP_2.at("SECCOMP_RET_USER_NOTIF")],
        terms: "attached sec3/act/notif-none supervisor",
    }
    SECCOMP_NOTIFY_HIDDEN_BY_PRECEDENCE = {
        id: "seccomp/notify/hidden-by-precedence",
        promise: "The listener gets no notification of a call for which another filter's action \
            takes precedence",
        sources: &[SECCOMP_2.at("SECCOMP_RET_USER_NOTIF")],
        terms: "greater notified sec3/act/notif-hidden supervisor",
    }
    SECCOMP_NOTIFY_LISTENER_FD = {
        id: "seccomp/notify/listener-fd",
        promise: "The result of NEW_LISTENER is a descriptor with the close-on-exec flag",
        sources: &[
            SECCOMP_2.at("SECCOMP_FILTER_FLAG_NEW_LISTENER"),
            SECCOMP_UNOTIFY_2.at("Overview"),
        ],
        terms: "FD_CLOEXEC file O_CLOEXEC sec3/notif/fd",
    }
    SECCOMP_NOTIFY_ONE_LISTENER = {
        id: "seccomp/notify/one-listener",
        promise: "A thread's filters have at most one listener: another is EBUSY",
        sources: &[SECCOMP_2.at("SECCOMP_FILTER_FLAG_NEW_LISTENER"), SECCOMP_2.at("ERRORS, EBUSY")],
        terms: "already installed previous sec3/notif/one-only",
    }
    SECCOMP_NOTIFY_LISTENER_AGAIN = {
        id: "seccomp/notify/listener-again",
        promise: "Once every descriptor of a listener is closed, a later filter may have a listener",
        sources: &[SECCOMP_C.at("has_duplicate_listener()")],
        terms: "EBUSY released SECCOMP_FILTER_FLAG_NEW_LISTENER second",
    }
    SECCOMP_NOTIFY_CHILDREN_TOO = {
        id: "seccomp/notify/children-too",
        promise: "The listener belongs to the filter: calls of children appear on it too",
        sources: &[SECCOMP_FILTER.at("Userspace Notification")],
        terms: "descriptor fork sec3/notif/fork-same-fd SECCOMP_RET_USER_NOTIF",
    }
    SECCOMP_NOTIFY_CALL_WAITS = {
        id: "seccomp/notify/call-waits",
        promise: "A notified call is not executed, and waits for the response",
        sources: &[SECCOMP_UNOTIFY_2.at("Overview")],
        terms: "blocked execution sec3/notif/blocks SECCOMP_RET_USER_NOTIF sleep supervisor target",
    }
    SECCOMP_NOTIFY_FIELDS = {
        id: "seccomp/notify/fields",
        promise: "A notification holds an id, the calling thread, no flags, and the call's data",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV")],
        terms: "cookie pid sec3/notif/recv-fields seccomp_data seccomp_notif",
    }
    SECCOMP_NOTIFY_ZEROED_BUFFER = {
        id: "seccomp/notify/zeroed-buffer",
        promise: "The buffer of a notification has to be zero, or receiving is EINVAL",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV")],
        terms: "nonzero sec3/notif/zeroed seccomp_notif structure zeroed",
        since: "5.5",
    }
    SECCOMP_NOTIFY_UNIQUE_ID = {
        id: "seccomp/notify/unique-id",
        promise: "Every notification of a filter has an id of its own",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV")],
        terms: "cookie sec3/notif/id-unique unique",
    }
    SECCOMP_NOTIFY_FIRST_ID = {
        id: "seccomp/notify/first-id",
        promise: "The first id of a listener is random, and the ids of two listeners are not counted alike",
        sources: &[SECCOMP_C.at("init_listener()")],
        terms: "cookie get_random_u64 next_id",
    }
    SECCOMP_NOTIFY_RESPONSE_VALUE = {
        id: "seccomp/notify/response-value",
        promise: "The value of a response without an error is the call's result",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_SEND")],
        terms: "return sec3/notif/reply-val seccomp_notif_resp spoofed success val",
    }
    SECCOMP_NOTIFY_RESPONSE_ERROR = {
        id: "seccomp/notify/response-error",
        promise: "The error of a response is the call's error, whatever the value",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_SEND")],
        terms: "errno field ignored nonzero sec3/notif/reply-error seccomp_notif_resp spoofed",
    }
    SECCOMP_NOTIFY_CONTINUE = {
        id: "seccomp/notify/continue",
        promise: "CONTINUE executes the call; a response with it has no value and no error",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_SEND")],
        terms: "execute sec3/notif/continue SECCOMP_USER_NOTIF_FLAG_CONTINUE target tell",
        since: "5.5",
    }
    SECCOMP_NOTIFY_SEND_ERRORS = {
        id: "seccomp/notify/send-errors",
        promise: "A response is EINPROGRESS before the notification is received and after it was \
            answered, EINVAL with unknown flags, ENOENT for an unknown id",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_SEND")],
        terms: "already sec3/notif/send-errors sent",
    }
    SECCOMP_NOTIFY_ID_VALID = {
        id: "seccomp/notify/id-valid",
        promise: "An id is valid while its call waits, and ENOENT before and after",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_ID_VALID")],
        terms: "blocked cookie notification sec3/notif/id-valid still target",
    }
    SECCOMP_NOTIFY_CLOSED_LISTENER = {
        id: "seccomp/notify/closed-listener",
        promise: "When the listener is closed, waiting and later calls fail with ENOSYS",
        sources: &[SECCOMP_2.at("SECCOMP_RET_USER_NOTIF")],
        terms: "descriptor sec3/notif/closed supervisor",
    }
    SECCOMP_NOTIFY_POLL = {
        id: "seccomp/notify/poll",
        promise: "A listener is readable while a call waits to be received, and writable while a \
            call waits for its response",
        sources: &[SECCOMP_UNOTIFY_2.at("NOTES, select, poll and epoll")],
        terms: "descriptor file indicate interfaces notification pending POLLHUP POLLIN POLLOUT \
            sec3/notif/poll",
    }
    SECCOMP_NOTIFY_SIGNAL_ABORTS = {
        id: "seccomp/notify/signal-aborts",
        promise: "A signal ends the wait of a notified call; its id is ENOENT then",
        sources: &[
            SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV"),
            SECCOMP_UNOTIFY_2.at("NOTES, SA_RESTART signal handlers"),
        ],
        terms: "blocked EINTR handler interrupted sec3/notif/signal-aborts \
            SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV target",
    }
    SECCOMP_NOTIFY_RESTARTED = {
        id: "seccomp/notify/restarted",
        promise: "A call that restarts after a signal is notified again, under a new id",
        sources: &[SECCOMP_UNOTIFY_2.at("NOTES, SA_RESTART signal handlers")],
        terms: "handler interrupted notification same second supervisor system",
    }
    SECCOMP_NOTIFY_RECV_GONE = {
        id: "seccomp/notify/recv-gone",
        promise: "Receiving is ENOENT where the notification's caller was killed or interrupted meanwhile",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV")],
        terms: "generated handler signal target terminated thread",
    }
    SECCOMP_NOTIFY_RECV_INTERRUPTED = {
        id: "seccomp/notify/recv-interrupted",
        promise: "A signal that the supervisor handles ends its wait to receive with EINTR, or with SA_RESTART has \
            it wait on",
        sources: &[
            SIGNAL_7.at("Interruption of system calls and library functions by signal handlers"),
            SECCOMP_C.at("recv_wait_event()"),
        ],
        terms: "blocked device ioctl restarted SECCOMP_IOCTL_NOTIF_RECV slow",
    }
    SECCOMP_NOTIFY_KILLABLE = {
        id: "seccomp/notify/killable",
        promise: "With WAIT_KILLABLE_RECV only deadly signals end a wait once the notification is received; \
            others are delivered after the response",
        sources: &[
            SECCOMP_2.at("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
            SECCOMP_FILTER.at("Userspace Notification"),
        ],
        terms: "fatal handled sec3/notif/killable sleep state TASK_KILLABLE uninterruptible",
        since: "5.19",
    }
    SECCOMP_NOTIFY_HANG_UP = {
        id: "seccomp/notify/hang-up",
        promise: "A listener has POLLHUP once no task uses its filter any more, and not before",
        sources: &[
            SECCOMP_UNOTIFY_2.at("NOTES, select, poll and epoll"),
            SECCOMP_C.at("seccomp_notify_poll()"),
        ],
        terms: "end-of-file exited terminated users zombie",
        since: "5.9",
    }
    SECCOMP_NOTIFY_RECV_WITHOUT_USERS = {
        id: "seccomp/notify/recv-without-users",
        promise: "Receiving is ENOENT once no task uses the filter any more, also where it waits already",
        sources: &[SECCOMP_UNOTIFY_2.at("BUGS"), SECCOMP_C.at("recv_wait_event()")],
        terms: "blocks exited indefinitely sec3/notif/recv-after-exit SECCOMP_IOCTL_NOTIF_RECV \
            targets terminated",
        since: "6.11",
    }
    SECCOMP_NOTIFY_ADDFD = {
        id: "seccomp/notify/addfd",
        promise: "ADDFD gives the caller a descriptor of the supervisor's file, with close-on-exec or \
            without as asked, and the call waits on",
        sources: &[
            SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_ADDFD"),
            SECCOMP_FILTER.at("Userspace Notification"),
        ],
        terms: "install newfd_flags O_CLOEXEC sec3/notif/addfd seccomp_notif_addfd srcfd target",
        since: "5.9",
    }
    SECCOMP_NOTIFY_ADDFD_SETFD = {
        id: "seccomp/notify/addfd-setfd",
        promise: "With SETFD the descriptor gets the number newfd, and replaces one that is open there",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_ADDFD, SECCOMP_ADDFD_FLAG_SETFD")],
        terms: "closed dup2 file sec3/notif/addfd target",
        since: "5.9",
    }
    SECCOMP_NOTIFY_ADDFD_SEND = {
        id: "seccomp/notify/addfd-send",
        promise: "With SEND the descriptor's number is the call's result, and no response is needed",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_ADDFD, SECCOMP_ADDFD_FLAG_SEND")],
        terms: "atomically return sec3/notif/addfd-send SECCOMP_IOCTL_NOTIF_SEND success val",
        since: "5.14",
    }
    SECCOMP_NOTIFY_ADDFD_ERRORS = {
        id: "seccomp/notify/addfd-errors",
        promise: "ADDFD is EBADF for a bad source or a number beyond the limit, EMFILE where none is free, \
            EINVAL for unknown flags, newfd without SETFD or a wrong size, ENOENT for an unknown id, \
            EINPROGRESS before the notification is received; the call waits on and gets nothing",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_ADDFD, ERRORS")],
        terms: "descriptor E2BIG EBUSY refused RLIMIT_NOFILE sec3/notif/addfd-errors",
        since: "5.9",
    }
    SECCOMP_NOTIFY_ADDFD_BUSY = {
        id: "seccomp/notify/addfd-busy",
        promise: "ADDFD with SEND is EBUSY while the caller has not taken an earlier descriptor yet",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_ADDFD, ERRORS, EBUSY")],
        terms: "pending sec3/notif/addfd-errors SECCOMP_ADDFD_FLAG_SEND",
        since: "5.14",
        unobservable: Some(
            "ADDFD waits until the caller has taken its descriptor, which it does at once: between the two no \
             second request is sure to arrive",
        ),
    }
    SECCOMP_NOTIFY_FIFO = {
        id: "seccomp/notify/fifo",
        promise: "Calls are received in the order in which they were made",
        sources: &[SECCOMP_C.at("seccomp_do_user_notification()")],
        terms: "first list notification out queue sec3/notif/fifo",
        since: "5.19",
    }
    SECCOMP_NOTIFY_PID = {
        id: "seccomp/notify/pid",
        promise: "A notification's pid is the calling thread's as the receiver's process id namespace knows \
            it, and 0 where it does not",
        sources: &[
            SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV"),
            SECCOMP_FILTER.at("Userspace Notification"),
        ],
        terms: "listener sec3/notif/recv-fields visible",
    }
    SECCOMP_NOTIFY_RECV_FAULT = {
        id: "seccomp/notify/recv-fault",
        promise: "A notification that cannot be written to the buffer is EFAULT, and can be received still",
        sources: &[SECCOMP_C.at("seccomp_notify_recv()")],
        terms: "address read-only SECCOMP_IOCTL_NOTIF_RECV",
    }
    SECCOMP_NOTIFY_REQUESTS = {
        id: "seccomp/notify/requests",
        promise: "A listener takes its own requests, and every other is EINVAL",
        sources: &[SECCOMP_C.at("seccomp_notify_ioctl()")],
        terms: "command direction ioctl lseek mmap read SECCOMP_IOCTL size write wrong",
    }
    SECCOMP_NOTIFY_32_BIT = {
        id: "seccomp/notify/32-bit",
        promise: "A supervisor of the 32-bit ABI makes the same requests with the same structures",
        sources: &[SECCOMP_C.at("seccomp_notify_ops, compat_ioctl")],
        terms: "compat int80 ioctl SECCOMP_IOCTL_NOTIF_RECV SECCOMP_IOCTL_NOTIF_SEND",
    }
    SECCOMP_NOTIFY_SIZES = {
        id: "seccomp/notify/sizes",
        promise: "GET_NOTIF_SIZES gives the sizes of notification, response and call data, 80, 24 and 64, and takes no flags",
        sources: &[
            SECCOMP_2.at("SECCOMP_GET_NOTIF_SIZES"),
            SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV"),
        ],
        terms: "sec3/notif/five-members sec3/sizes/values seccomp_data seccomp_notif_resp \
            seccomp_notif_sizes",
    }
    SECCOMP_NOTIFY_SET_FLAGS = {
        id: "seccomp/notify/set-flags",
        promise: "SET_FLAGS takes SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP or nothing, and any other bit is EINVAL",
        sources: &[SECCOMP_C.at("seccomp_notify_set_flags()")],
        terms: "sec3/notif/sync-wakeup SECCOMP_IOCTL_NOTIF_SET_FLAGS sync-wakeup",
        since: "6.6",
    }
}
