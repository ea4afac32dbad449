//! The audit log: which actions are recorded, and what a record says. Every case starts a child and reads the
//! records about it, up to a marker that is logged after the child's end.

use crate::clauses::*;
use fixtures::audit::{AuditLog, Logged, Record};
use fixtures::child::{self, Flavour};
use fixtures::environment::disable_core_dump;
use fixtures::filter::{self, Action, Filter, LOG, any, no_new_privileges, number, uapi::*};
use fixtures::gadget::Gadget;
use fixtures::listener::Listener;
use fixtures::needs::{
    AUDIT_LOG, INT80, PTRACE, SECCOMP_FILTER, STRICT_MODE, UNFILTERED, USER_NOTIF,
};
use fixtures::tracee::{Stop, Tracee};
use fixtures::{Entry, WaitStatus, sigsys, x32};
use rstest::rstest;
use sys::uapi::{
    AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP,
    SECCOMP_RET_ACTION_FULL, SIGKILL, SIGSYS, SYS_getpid, SYS_getppid, unistd_32,
};

const NUMBER: i64 = 500;

/// What is recorded of a call of number [`NUMBER`] by SYSCALL.
fn record_of(signal: i32, action: Action) -> Logged {
    Logged {
        signal: signal.into(),
        arch: AUDIT_ARCH_X86_64.into(),
        syscall: NUMBER,
        compat: 0,
        after: true,
        code: (action.value() & SECCOMP_RET_ACTION_FULL).into(),
    }
}

/// What is recorded of a child that runs `body`.
fn recorded(body: impl FnOnce()) -> Vec<Record> {
    let log = AuditLog::open();
    let child = child::start(Flavour::Fork, || {
        disable_core_dump();
        sigsys::handle();
        no_new_privileges();
        body();
        0
    });
    let pid = child.pid();
    child.end();
    log.records_of(pid)
}

/// What the records say of the call of a gadget.
fn logged(gadget: &Gadget, body: impl FnOnce()) -> Vec<Logged> {
    recorded(body).iter().map(|record| record.logged(gadget)).collect()
}

/// The signal that an action brings, as its record has it: TRAP's is none.
fn signal_of(action: Action) -> i32 {
    let is_harmless = matches!(
        action,
        SECCOMP_RET_TRAP(_)
            | SECCOMP_RET_ERRNO(_)
            | SECCOMP_RET_TRACE(_)
            | SECCOMP_RET_USER_NOTIF
            | SECCOMP_RET_LOG
            | SECCOMP_RET_ALLOW
    );
    if is_harmless { 0 } else { SIGSYS }
}

/// Three calls: the second is the filter's, the others are allowed.
#[rstest]
#[case::allow(SECCOMP_RET_ALLOW, 0)]
#[case::log(SECCOMP_RET_LOG, 1)]
#[case::errno(SECCOMP_RET_ERRNO(5), 0)]
#[case::trap(SECCOMP_RET_TRAP(5), 0)]
#[case::trace_without_tracer(SECCOMP_RET_TRACE(5), 0)]
#[case::user_notif_without_listener(SECCOMP_RET_USER_NOTIF, 0)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD, 1)]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, 1)]
#[case::unknown(Unknown(0x1234_0005), 1)]
#[harness::test(
    clause = [
        SECCOMP_LOGGING_ALLOW,
        SECCOMP_LOGGING_KILLS,
        SECCOMP_LOGGING_LOG,
        SECCOMP_LOGGING_NOT_REQUESTED,
        SECCOMP_LOGGING_RECORD,
    ],
    catches = "an action that is logged although nobody asked, twice, or not at all; a record with another \
        call's number or address, with the action's data, or with the wrong signal",
    needs = [SECCOMP_FILTER, AUDIT_LOG],
    serial,
)]
fn an_action_is_logged_by_its_kind(#[case] action: Action, #[case] count: usize) {
    let gadget = Gadget::syscall();
    let found = logged(&gadget, || {
        filter::load(NUMBER as u32, action);
        gadget.call(NUMBER - 1);
        gadget.call(NUMBER);
        gadget.call(NUMBER + 1);
    });
    assert_eq!(found, vec![record_of(signal_of(action), action); count]);
}

#[rstest]
#[case::allow(SECCOMP_RET_ALLOW, 0)]
#[case::log(SECCOMP_RET_LOG, 1)]
#[case::errno(SECCOMP_RET_ERRNO(5), 1)]
#[case::errno_none(SECCOMP_RET_ERRNO(0), 1)]
#[case::trap(SECCOMP_RET_TRAP(5), 1)]
#[case::trace_without_tracer(SECCOMP_RET_TRACE(5), 1)]
#[case::user_notif_without_listener(SECCOMP_RET_USER_NOTIF, 1)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD, 1)]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, 1)]
#[case::unknown(Unknown(0x1234_0005), 1)]
#[harness::test(
    clause = [SECCOMP_LOGGING_ALLOW, SECCOMP_LOGGING_REQUESTED, SECCOMP_LOGGING_RECORD, SECCOMP_FLAGS_LOG],
    catches = "FILTER_FLAG_LOG that one of the actions ignores, that logs ALLOW, or that logs a kill twice",
    needs = [SECCOMP_FILTER, AUDIT_LOG],
    serial,
)]
fn a_filter_asks_for_logging(#[case] action: Action, #[case] count: usize) {
    let gadget = Gadget::syscall();
    let found = logged(&gadget, || {
        let filter = Filter::only(number(NUMBER), action);
        assert_eq!(filter.try_load(LOG), Ok(0));
        gadget.call(NUMBER - 1);
        gadget.call(NUMBER);
        gadget.call(NUMBER + 1);
    });
    assert_eq!(found, vec![record_of(signal_of(action), action); count]);
}

/// The records of an int 0x80 and of a SYSCALL, by the same filter.
#[rstest]
#[case::log(SECCOMP_RET_LOG)]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD)]
#[harness::test(
    clause = SECCOMP_LOGGING_RECORD,
    catches = "a record that has the 64-bit architecture, or compat=0, for int 0x80",
    needs = [SECCOMP_FILTER, AUDIT_LOG, INT80],
    serial,
)]
fn an_int80_is_logged_as_one(#[case] action: Action) {
    let gadget = Gadget::new(Entry::Int80);
    let found = logged(&gadget, || {
        filter::load(NUMBER as u32, action);
        gadget.call(NUMBER);
    });
    let record = record_of(signal_of(action), action);
    assert_eq!(found, [Logged { arch: AUDIT_ARCH_I386.into(), compat: 1, ..record }]);
}

/// The field `compat` that a record of `nr` has to have. A kernel that is built with the x32 ABI says 1 of every number
/// with its bit, whether or not it lets programs use it; others say 0.
fn compat_of(nr: i64, found: &[Logged]) -> i64 {
    let says_so = found.iter().any(|record| record.compat == 1);
    i64::from(says_so && x32::has_bit(nr))
}

/// The numbers are read as an `int` is printed.
#[rstest]
#[case::minus_one(-1, -1)]
#[case::upper_half(0x7700_0000_0000_01f4, 500)]
#[case::x32(0x4000_01f4, 0x4000_01f4)]
#[case::largest_int(0x7fff_ffff, 0x7fff_ffff)]
#[case::least_int(0x8000_0000, -0x8000_0000)]
#[harness::test(
    clause = SECCOMP_LOGGING_RECORD,
    catches = "a record whose number is cut to fewer bits, has no sign, or lacks the x32 bit",
    needs = [SECCOMP_FILTER, AUDIT_LOG],
    serial,
)]
fn a_number_is_logged_as_the_filter_saw_it(#[case] nr: i64, #[case] recorded: i64) {
    let gadget = Gadget::syscall();
    let at = filter::instruction_pointer(gadget.after());
    let found = logged(&gadget, || {
        Filter::only(at, Action::Log).load();
        gadget.call(nr);
    });
    let compat = compat_of(nr, &found);
    assert_eq!(found, [Logged { syscall: recorded, compat, ..record_of(0, Action::Log) }]);
}

#[harness::test(
    clause = SECCOMP_LOGGING_RECORD,
    catches = "a record that lacks a field, has the fields in another order, or tells of another process",
    needs = [SECCOMP_FILTER, AUDIT_LOG],
    serial,
)]
fn a_record_names_the_process() {
    let gadget = Gadget::syscall();
    let found = recorded(|| {
        filter::load(NUMBER as u32, Action::Log);
        gadget.call(NUMBER);
    });
    assert_eq!(found.len(), 1, "records");
    let names = [
        "auid", "uid", "gid", "ses", "pid", "comm", "exe", "sig", "arch", "syscall", "compat",
        "ip", "code",
    ];
    let record = &found[0];
    assert_eq!(record.names(), names);
    assert_eq!((record.number("uid"), record.number("gid")), (Some(0), Some(0)));
}

/// The caller's identity is another than its parent's.
#[harness::test(
    clause = SECCOMP_LOGGING_RECORD,
    catches = "a record with the identity of the reader, or of who loaded the filter",
    needs = [SECCOMP_FILTER, AUDIT_LOG, fixtures::needs::ROOT],
    serial,
)]
fn a_record_has_the_identity_of_the_caller() {
    let gadget = Gadget::syscall();
    let found = recorded(|| {
        filter::load(NUMBER as u32, Action::Log);
        fixtures::environment::become_nobody();
        gadget.call(NUMBER);
    });
    let users: Vec<_> = found.iter().map(|r| (r.number("uid"), r.number("gid"))).collect();
    assert_eq!(users, [(Some(65_534), Some(65_534))]);
}

/// The thread that is killed is not the leader: the record names the process, and the leader's later call is logged
/// too.
#[harness::test(
    clause = [SECCOMP_LOGGING_KILLS, SECCOMP_LOGGING_RECORD],
    catches = "a record with the thread's id in place of the process's, or a death of one thread that ends logging",
    needs = [SECCOMP_FILTER, AUDIT_LOG],
    serial,
)]
fn a_killed_thread_is_logged_under_its_process() {
    let gadget = Gadget::syscall();
    let found = logged(&gadget, || {
        Filter::new()
            .when(number(NUMBER), Action::KillThread)
            .when(number(NUMBER + 1), Action::Log)
            .load();
        child::start(Flavour::CloneThread, || gadget.call(NUMBER) as i32).end();
        gadget.call(NUMBER + 1);
    });
    let after = Logged { syscall: NUMBER + 1, ..record_of(0, Action::Log) };
    assert_eq!(found, [record_of(SIGSYS, Action::KillThread), after]);
}

/// Two filters, the older first, each with its flags; both look at the same call.
#[rstest]
#[case::winner_asks((SECCOMP_RET_ERRNO(5), LOG), (SECCOMP_RET_TRACE(0), 0), Some(SECCOMP_RET_ERRNO(5)))]
#[case::newer_winner_asks((SECCOMP_RET_TRACE(0), 0), (SECCOMP_RET_ERRNO(5), LOG), Some(SECCOMP_RET_ERRNO(5)))]
#[case::loser_asks((SECCOMP_RET_ERRNO(5), 0), (SECCOMP_RET_TRACE(0), LOG), None)]
#[case::newer_loser_asks((SECCOMP_RET_TRACE(0), LOG), (SECCOMP_RET_ERRNO(5), 0), None)]
#[case::who_allows_asks((SECCOMP_RET_ERRNO(5), 0), (SECCOMP_RET_ALLOW, LOG), None)]
#[case::newest_of_equals_asks((SECCOMP_RET_ERRNO(5), 0), (SECCOMP_RET_ERRNO(6), LOG), Some(SECCOMP_RET_ERRNO(6)))]
#[case::oldest_of_equals_asks((SECCOMP_RET_ERRNO(5), LOG), (SECCOMP_RET_ERRNO(6), 0), None)]
#[case::kill_beside_log((SECCOMP_RET_LOG, 0), (SECCOMP_RET_KILL_PROCESS, 0), Some(SECCOMP_RET_KILL_PROCESS))]
#[case::log_beside_errno((SECCOMP_RET_LOG, 0), (SECCOMP_RET_ERRNO(5), 0), None)]
#[harness::test(
    clause = SECCOMP_LOGGING_FILTER,
    catches = "logging that any filter of the chain asks for, that the newest alone decides, or that every filter \
        with the action records once",
    needs = [SECCOMP_FILTER, AUDIT_LOG],
    serial,
)]
fn the_filter_whose_action_is_taken_decides(
    #[case] older: (Action, usize),
    #[case] newer: (Action, usize),
    #[case] promised: Option<Action>,
) {
    let gadget = Gadget::syscall();
    let found = logged(&gadget, || {
        for (action, flags) in [older, newer] {
            assert_eq!(Filter::only(number(NUMBER), action).try_load(flags), Ok(0));
        }
        gadget.call(NUMBER);
    });
    let record = |action| record_of(signal_of(action), action);
    assert_eq!(found, promised.into_iter().map(record).collect::<Vec<_>>());
}

/// The filter asks for logging of any call.
#[harness::test(
    clause = [SECCOMP_LOGGING_REQUESTED, SECCOMP_LOGGING_RECORD],
    catches = "a log that stops after the first record of a thread or of a filter, or that is not in the order of the \
        calls",
    needs = [SECCOMP_FILTER, AUDIT_LOG],
    serial,
)]
fn every_call_is_logged_in_order() {
    let gadget = Gadget::syscall();
    let found = logged(&gadget, || {
        let at = filter::instruction_pointer(gadget.after());
        assert_eq!(Filter::only(at, Action::Errno(5)).try_load(LOG), Ok(0));
        for nr in NUMBER..NUMBER + 20 {
            gadget.call(nr);
        }
    });
    let numbers: Vec<_> = found.iter().map(|record| record.syscall).collect();
    assert_eq!(numbers, (NUMBER..NUMBER + 20).collect::<Vec<_>>());
}

/// A listener answers; the record is that of a call without one.
#[rstest]
#[case::returns(false)]
#[case::continues(true)]
#[harness::test(
    clause = SECCOMP_LOGGING_REQUESTED,
    catches = "USER_NOTIF that FILTER_FLAG_LOG does not reach where there is a listener",
    needs = [SECCOMP_FILTER, AUDIT_LOG, USER_NOTIF, UNFILTERED],
    serial,
)]
fn a_notified_call_is_logged(#[case] continues: bool) {
    let log = AuditLog::open();
    let gadget = Gadget::syscall();
    no_new_privileges();
    let filter = Filter::only(filter::argument(5, 77).and(number(SYS_getppid)), Action::UserNotif);
    let Ok(listener) = Listener::try_of(&filter, LOG) else { panic!("the filter is refused") };
    let child = child::start(Flavour::Fork, || {
        gadget.call_args(SYS_getppid, [0, 0, 0, 0, 0, 77]);
        0
    });
    let pid = child.pid();
    let call = listener.receive().expect("the call is notified");
    let answer = if continues { call.continues() } else { call.returns(7) };
    assert_eq!(listener.answer(answer), Ok(()));
    assert_eq!(child.end(), WaitStatus::Exited(0));
    let found: Vec<_> = log.records_of(pid).iter().map(|record| record.logged(&gadget)).collect();
    assert_eq!(found, [Logged { syscall: SYS_getppid, ..record_of(0, Action::UserNotif) }]);
}

/// A tracer looks at the call, and lets it run or skips it: then the number is that of no call.
#[rstest]
#[case::runs(None)]
#[case::skipped(Some(-1))]
#[harness::test(
    clause = SECCOMP_LOGGING_REQUESTED,
    catches = "TRACE that FILTER_FLAG_LOG does not reach where there is a tracer",
    needs = [SECCOMP_FILTER, AUDIT_LOG, PTRACE],
    serial,
)]
fn a_traced_call_is_logged(#[case] changed: Option<i64>) {
    let log = AuditLog::open();
    let gadget = Gadget::syscall();
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        no_new_privileges();
        let filter = Filter::only(number(NUMBER), Action::Trace(3));
        if filter.try_load(LOG) != Ok(0) {
            return 1;
        }
        gadget.call(NUMBER);
        0
    });
    let stop = tracee.next(fixtures::tracee::Resume::Continue, 0);
    assert_eq!(stop, Stop::Event(PTRACE_EVENT_SECCOMP));
    if let Some(nr) = changed {
        let mut image = tracee.registers();
        image.set_orig_rax(nr);
        tracee.set_registers(&image);
    }
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
    let found: Vec<_> =
        log.records_of(tracee.pid).iter().map(|record| record.logged(&gadget)).collect();
    let syscall = changed.unwrap_or(NUMBER);
    let record = Logged { compat: compat_of(syscall, &found), ..record_of(0, Action::Trace(3)) };
    assert_eq!(found, [Logged { syscall, ..record }]);
}

#[rstest]
#[case::forbidden(SYS_getpid, 1)]
#[case::allowed(1, 0)]
#[harness::test(
    clause = SECCOMP_LOGGING_STRICT,
    catches = "a death in strict mode that is not logged, or with SIGSYS; a permitted call that is logged",
    needs = [UNFILTERED, STRICT_MODE, AUDIT_LOG],
    serial,
)]
fn a_death_in_strict_mode_is_logged(#[case] nr: i64, #[case] count: usize) {
    let gadget = Gadget::syscall();
    let found = logged(&gadget, || {
        filter::strict();
        gadget.call_args(nr, [usize::MAX, 0, 0, 0, 0, 0]);
        child::exit_thread(0);
    });
    let record = Logged { syscall: nr, ..record_of(SIGKILL, Action::KillThread) };
    assert_eq!(found, vec![record; count]);
}

#[harness::test(
    clause = SECCOMP_LOGGING_STRICT,
    catches = "a death in strict mode by int 0x80 that is logged as a 64-bit call",
    needs = [UNFILTERED, STRICT_MODE, AUDIT_LOG, INT80],
    serial,
)]
fn a_death_in_strict_mode_by_int80_is_logged() {
    let gadget = Gadget::int80();
    let found = logged(&gadget, || {
        filter::strict();
        gadget.call(unistd_32::SYS_getpid);
    });
    let record = Logged {
        syscall: unistd_32::SYS_getpid,
        arch: AUDIT_ARCH_I386.into(),
        compat: 1,
        ..record_of(SIGKILL, Action::KillThread)
    };
    assert_eq!(found, [record]);
}

/// A filter that returns LOG for any call is loaded, and then another that returns ALLOW for any.
#[harness::test(
    clause = [SECCOMP_LOGGING_LOG, SECCOMP_LOGGING_ALLOW],
    catches = "the cache of calls that are always allowed, which forgets that an older filter logs",
    needs = [SECCOMP_FILTER, AUDIT_LOG],
    serial,
)]
fn a_newer_filter_that_allows_hides_nothing() {
    let gadget = Gadget::syscall();
    let found = logged(&gadget, || {
        let at = filter::instruction_pointer(gadget.after());
        Filter::only(at, Action::Log).load();
        Filter::only(any(), Action::Allow).load();
        for _ in 0..3 {
            gadget.call(SYS_getppid);
        }
    });
    let record = Logged { syscall: SYS_getppid, ..record_of(0, Action::Log) };
    assert_eq!(found, [record; 3]);
}
