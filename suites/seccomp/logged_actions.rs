//! The sysctls of seccomp: which actions there are, and which of them may be logged.

use crate::clauses::*;
use fixtures::Errno::{self, EACCES, EINVAL, EPERM};
use fixtures::actions_logged::{self, ALL, AVAILABLE, LOGGED, while_logged};
use fixtures::audit::AuditLog;
use fixtures::child::{self, Flavour};
use fixtures::environment::{become_nobody, disable_core_dump, drop_capabilities};
use fixtures::filter::{self, Action, Filter, LOG, no_new_privileges, number, uapi::*};
use fixtures::gadget::Gadget;
use fixtures::needs::{
    ACTIONS_LOGGED, AUDIT_LOG, ROOT, SECCOMP_FILTER, SECCOMP_SYSCTLS, STRICT_MODE, UNFILTERED,
};
use fixtures::sigsys;
use rstest::rstest;
use sys::uapi::{SYS_getpid, SYS_getppid};

const NUMBER: i64 = 500;

#[harness::test(
    clause = SECCOMP_LOGGING_ACTIONS_AVAIL,
    catches = "an action that the list lacks or has in another place, and a list without a line's end",
    needs = [SECCOMP_FILTER, SECCOMP_SYSCTLS],
)]
fn the_actions_are_listed_from_the_least_permissive() {
    assert_eq!(actions_logged::read(AVAILABLE), Ok(format!("{ALL} allow\n")));
    assert_eq!(actions_logged::mode(AVAILABLE), Ok(0o444));
}

#[rstest]
#[case::same("kill_process kill_thread trap errno user_notif trace log allow")]
#[case::one("log")]
#[case::nothing("")]
#[harness::test(
    clause = SECCOMP_LOGGING_ACTIONS_AVAIL,
    catches = "a list of actions that root can change",
    needs = [SECCOMP_FILTER, SECCOMP_SYSCTLS, ROOT],
    serial,
)]
fn the_list_of_actions_cannot_be_written(#[case] text: &str) {
    assert_eq!(actions_logged::write_to(AVAILABLE, text), Err(EACCES));
    assert_eq!(actions_logged::read(AVAILABLE), Ok(format!("{ALL} allow\n")));
}

/// The suite's own cases restore it.
#[harness::test(
    clause = SECCOMP_LOGGING_ACTIONS_LOGGED,
    catches = "a kernel that starts with an action that may not be logged, or a file of another mode than 0644",
    needs = [SECCOMP_FILTER, SECCOMP_SYSCTLS],
    serial,
)]
fn every_action_may_be_logged_at_first() {
    assert_eq!(actions_logged::read(LOGGED), Ok(format!("{ALL}\n")));
    assert_eq!(actions_logged::mode(LOGGED), Ok(0o644));
}

#[rstest]
#[case::backwards("log trace user_notif errno trap kill_thread kill_process", ALL)]
#[case::in_order(ALL, ALL)]
#[case::two("log kill_thread", "kill_thread log")]
#[case::twice("errno trap errno", "trap errno")]
#[case::line("trace errno\n", "errno trace")]
#[case::one("user_notif", "user_notif")]
#[case::none("\n", "")]
#[harness::test(
    clause = SECCOMP_LOGGING_ACTIONS_LOGGED,
    catches = "names that are told in the order in which they were written, doubled, added to those of before, or lost",
    needs = [SECCOMP_FILTER, SECCOMP_SYSCTLS, ACTIONS_LOGGED],
    serial,
)]
fn names_are_told_in_their_own_order(#[case] written: &str, #[case] told: &str) {
    let (answer, now) = while_logged("kill_process trace", || {
        (actions_logged::write(written), actions_logged::read(LOGGED))
    });
    assert_eq!((answer, now), (Ok(()), Ok(format!("{told}\n"))));
}

/// The accepted twin is what was written before.
#[rstest]
#[case::allow("allow")]
#[case::allow_at_the_end("kill_process log allow")]
#[case::allow_at_the_start("allow log")]
#[case::comma("trap,errno")]
#[case::comma_and_space("trap, errno")]
#[case::junk("sigsys")]
#[case::junk_after_a_name("log sigsys")]
#[case::part_of_a_name("kill")]
#[case::longer_name("logs")]
#[case::capitals("LOG")]
#[case::number("0")]
#[harness::test(
    clause = [SECCOMP_LOGGING_NO_ALLOW, SECCOMP_LOGGING_UNKNOWN_NAME],
    catches = "`allow` among what may be logged, names compared by their beginning, or a list that is taken up to its \
        first fault",
    needs = [SECCOMP_FILTER, SECCOMP_SYSCTLS, ACTIONS_LOGGED],
    serial,
)]
fn what_is_no_list_of_actions_is_refused(#[case] written: &str) {
    let (answer, now) = while_logged("trap errno", || {
        (actions_logged::write(written), actions_logged::read(LOGGED))
    });
    assert_eq!((answer, now), (Err(EINVAL), Ok("trap errno\n".to_owned())));
}

/// Who may not write may read. The accepted twin is the same write by root.
#[rstest]
#[case::another_user(true, EACCES)]
#[case::root_without_capabilities(false, EPERM)]
#[harness::test(
    clause = SECCOMP_LOGGING_PRIVILEGE,
    catches = "a write that the mode of the file alone decides, or a list that is a secret",
    needs = [SECCOMP_FILTER, SECCOMP_SYSCTLS, ACTIONS_LOGGED, ROOT],
    serial,
)]
fn writing_takes_privilege(#[case] another: bool, #[case] promised: Errno) {
    let told = child::told(|| {
        if another {
            become_nobody();
        } else {
            drop_capabilities();
        }
        let answer = actions_logged::write("trap");
        (answer, actions_logged::read(LOGGED)) == (Err(promised), Ok(format!("{ALL}\n")))
    });
    let (answer, now) =
        while_logged(ALL, || (actions_logged::write("trap"), actions_logged::read(LOGGED)));
    assert!(told, "a write without privilege was not refused with {promised:?}");
    assert_eq!((answer, now), (Ok(()), Ok("trap\n".to_owned())));
}

/// How many records there are of a call that meets `action` while `actions` may be logged.
fn records_while(actions: &str, body: impl FnOnce()) -> usize {
    let log = AuditLog::open();
    let pid = while_logged(actions, || {
        let child = child::start(Flavour::Fork, || {
            disable_core_dump();
            sigsys::handle();
            no_new_privileges();
            body();
            0
        });
        let pid = child.pid();
        child.end();
        pid
    });
    log.records_of(pid).len()
}

/// Every action but one, and that one alone.
#[rstest]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, "kill_process")]
#[case::unknown(Unknown(0x1234_0000), "kill_process")]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD, "kill_thread")]
#[case::trap(SECCOMP_RET_TRAP(5), "trap")]
#[case::errno(SECCOMP_RET_ERRNO(5), "errno")]
#[case::user_notif(SECCOMP_RET_USER_NOTIF, "user_notif")]
#[case::trace(SECCOMP_RET_TRACE(5), "trace")]
#[case::log(SECCOMP_RET_LOG, "log")]
#[harness::test(
    clause = SECCOMP_LOGGING_ACTIONS_LOGGED,
    catches = "an action that is logged by another's name, or in spite of the administrator",
    needs = [SECCOMP_FILTER, SECCOMP_SYSCTLS, ACTIONS_LOGGED, AUDIT_LOG],
    serial,
)]
fn what_is_logged_is_the_administrators_choice(#[case] action: Action, #[case] name: &str) {
    let gadget = Gadget::syscall();
    let others = ALL.split(' ').filter(|other| *other != name).collect::<Vec<_>>().join(" ");
    let [without, alone, none] = [others.as_str(), name, "\n"].map(|actions| {
        records_while(actions, || {
            let filter = Filter::only(number(NUMBER), action);
            assert_eq!(filter.try_load(LOG), Ok(0));
            gadget.call(NUMBER);
        })
    });
    assert_eq!((without, alone, none), (0, 1, 0));
}

#[harness::test(
    clause = [SECCOMP_LOGGING_ACTIONS_LOGGED, SECCOMP_ACTIONS_LOG],
    catches = "a LOG that is not executed while it may not be logged",
    needs = [SECCOMP_FILTER, SECCOMP_SYSCTLS, ACTIONS_LOGGED],
    serial,
)]
fn a_call_that_may_not_be_logged_is_made() {
    let gadget = Gadget::syscall();
    let made = while_logged("errno", || {
        child::told(|| {
            filter::load(SYS_getppid as u32, Action::Log);
            gadget.call(SYS_getppid) == i64::from(sys::process::parent())
        })
    });
    assert!(made, "the call was not made");
}

#[rstest]
#[case::without("kill_process trap errno user_notif trace log", 0)]
#[case::alone("kill_thread", 1)]
#[harness::test(
    clause = [SECCOMP_LOGGING_STRICT, SECCOMP_LOGGING_ACTIONS_LOGGED],
    catches = "a death in strict mode that is logged by another action's name",
    needs = [UNFILTERED, STRICT_MODE, SECCOMP_FILTER, SECCOMP_SYSCTLS, ACTIONS_LOGGED, AUDIT_LOG],
    serial,
)]
fn a_death_in_strict_mode_is_logged_as_a_killed_thread(
    #[case] actions: &str,
    #[case] count: usize,
) {
    let gadget = Gadget::syscall();
    let found = records_while(actions, || {
        filter::strict();
        gadget.call(SYS_getpid);
    });
    assert_eq!(found, count);
}
