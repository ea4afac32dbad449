//! SECCOMP_RET_USER_NOTIF: the listener, notifications and responses.

use crate::clauses::documents::{SECCOMP_2, SECCOMP_FILTER, SECCOMP_UNOTIFY_2};

harness::clauses! {
    SECCOMP_NOTIFY_NO_LISTENER = {
        id: "seccomp/notify/no-listener",
        promise: "USER_NOTIF without a listener makes the call fail with ENOSYS",
        sources: &[SECCOMP_2.at("SECCOMP_RET_USER_NOTIF")],
        terms: "attached supervisor",
    }
    SECCOMP_NOTIFY_HIDDEN_BY_PRECEDENCE = {
        id: "seccomp/notify/hidden-by-precedence",
        promise: "The listener gets no notification of a call for which another filter's action \
            takes precedence",
        sources: &[SECCOMP_2.at("SECCOMP_RET_USER_NOTIF")],
        terms: "greater notified supervisor",
    }
    SECCOMP_NOTIFY_LISTENER_FD = {
        id: "seccomp/notify/listener-fd",
        promise: "The result of NEW_LISTENER is a descriptor with the close-on-exec flag",
        sources: &[
            SECCOMP_2.at("SECCOMP_FILTER_FLAG_NEW_LISTENER"),
            SECCOMP_UNOTIFY_2.at("Overview"),
        ],
        terms: "FD_CLOEXEC file O_CLOEXEC",
    }
    SECCOMP_NOTIFY_ONE_LISTENER = {
        id: "seccomp/notify/one-listener",
        promise: "A thread's filters have at most one listener: another is EBUSY",
        sources: &[SECCOMP_2.at("SECCOMP_FILTER_FLAG_NEW_LISTENER"), SECCOMP_2.at("ERRORS, EBUSY")],
        terms: "already installed previous",
    }
    SECCOMP_NOTIFY_CHILDREN_TOO = {
        id: "seccomp/notify/children-too",
        promise: "The listener belongs to the filter: calls of children appear on it too",
        sources: &[SECCOMP_FILTER.at("Userspace Notification")],
        terms: "descriptor fork SECCOMP_RET_USER_NOTIF",
    }
    SECCOMP_NOTIFY_CALL_WAITS = {
        id: "seccomp/notify/call-waits",
        promise: "A notified call is not executed, and waits for the response",
        sources: &[SECCOMP_UNOTIFY_2.at("Overview")],
        terms: "blocked execution SECCOMP_RET_USER_NOTIF sleep supervisor target",
    }
    SECCOMP_NOTIFY_FIELDS = {
        id: "seccomp/notify/fields",
        promise: "A notification holds an id, the calling thread, no flags, and the call's data",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV")],
        terms: "cookie pid seccomp_data seccomp_notif",
    }
    SECCOMP_NOTIFY_ZEROED_BUFFER = {
        id: "seccomp/notify/zeroed-buffer",
        promise: "The buffer of a notification has to be zero, or receiving is EINVAL",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV")],
        terms: "nonzero seccomp_notif structure zeroed",
        since: "5.5",
    }
    SECCOMP_NOTIFY_UNIQUE_ID = {
        id: "seccomp/notify/unique-id",
        promise: "Every notification of a filter has an id of its own",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV")],
        terms: "cookie unique",
    }
    SECCOMP_NOTIFY_RESPONSE_VALUE = {
        id: "seccomp/notify/response-value",
        promise: "The value of a response without an error is the call's result",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_SEND")],
        terms: "return seccomp_notif_resp spoofed success val",
    }
    SECCOMP_NOTIFY_RESPONSE_ERROR = {
        id: "seccomp/notify/response-error",
        promise: "The error of a response is the call's error, whatever the value",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_SEND")],
        terms: "errno field ignored nonzero seccomp_notif_resp spoofed",
    }
    SECCOMP_NOTIFY_CONTINUE = {
        id: "seccomp/notify/continue",
        promise: "CONTINUE executes the call; a response with it has no value and no error",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_SEND")],
        terms: "execute SECCOMP_USER_NOTIF_FLAG_CONTINUE target tell",
        since: "5.5",
    }
    SECCOMP_NOTIFY_SEND_ERRORS = {
        id: "seccomp/notify/send-errors",
        promise: "A response is EINPROGRESS before the notification is received and after it was \
            answered, EINVAL with unknown flags, ENOENT for an unknown id",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_SEND")],
        terms: "already sent",
    }
    SECCOMP_NOTIFY_ID_VALID = {
        id: "seccomp/notify/id-valid",
        promise: "An id is valid while its call waits, and ENOENT before and after",
        sources: &[SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_ID_VALID")],
        terms: "blocked cookie notification still target",
    }
    SECCOMP_NOTIFY_CLOSED_LISTENER = {
        id: "seccomp/notify/closed-listener",
        promise: "When the listener is closed, waiting and later calls fail with ENOSYS",
        sources: &[SECCOMP_2.at("SECCOMP_RET_USER_NOTIF")],
        terms: "descriptor supervisor",
    }
    SECCOMP_NOTIFY_POLL = {
        id: "seccomp/notify/poll",
        promise: "A listener is readable while a call waits to be received, and writable while a \
            call waits for its response",
        sources: &[SECCOMP_UNOTIFY_2.at("NOTES, select, poll and epoll")],
        terms: "descriptor file indicate interfaces notification pending POLLHUP POLLIN POLLOUT",
    }
    SECCOMP_NOTIFY_SIGNAL_ABORTS = {
        id: "seccomp/notify/signal-aborts",
        promise: "A signal ends the wait of a notified call; its id is ENOENT then",
        sources: &[
            SECCOMP_UNOTIFY_2.at("SECCOMP_IOCTL_NOTIF_RECV"),
            SECCOMP_UNOTIFY_2.at("NOTES, SA_RESTART signal handlers"),
        ],
        terms: "blocked EINTR handler interrupted SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV target",
    }
    SECCOMP_NOTIFY_SIZES = {
        id: "seccomp/notify/sizes",
        promise: "SECCOMP_GET_NOTIF_SIZES tells the sizes of the notification, the response and seccomp_data: 80, 24 and \
            64 bytes; it takes no flags",
        sources: &[SECCOMP_2.at("SECCOMP_GET_NOTIF_SIZES"), SECCOMP_UNOTIFY_2.at("")],
        terms: "seccomp_notif_sizes sizes/values",
        since: "5.0",
    }
}
