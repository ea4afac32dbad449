//! seccomp(2) by the 32-bit ABI: flags, listeners, and what can be asked.

use super::tsync::{OTHERS, beside_threads};
use crate::clauses::*;
use fixtures::abi32::{Abi32, place_before_hole, place_program};
use fixtures::child::{self, Flavour};
use fixtures::filter::{
    self, Action, Filter, LOG, NEW_LISTENER, SPEC_ALLOW, TSYNC, WAIT_KILLABLE_RECV, number,
};
use fixtures::gadget::Gadget;
use fixtures::listener::Listener;
use fixtures::needs::{
    FILTER_COUNT, INT80, KILL_PROCESS_LOG, SECCOMP_FILTER, UNFILTERED, USER_NOTIF,
};
use fixtures::proc::Task;
use fixtures::{WaitStatus, memory};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    EBUSY, EFAULT, EINVAL, ENOSYS, EOPNOTSUPP, SECCOMP_GET_ACTION_AVAIL, SECCOMP_GET_NOTIF_SIZES,
    SECCOMP_SET_MODE_FILTER,
};

const NR: i64 = 500;

/// A program that refuses one number, where a 32-bit call can name it.
fn refuses(nr: i64, errno: u16) -> usize {
    place_program(&Filter::only(number(nr), Action::Errno(errno)).program())
}

#[rstest]
#[case::log(LOG)]
#[case::spec_allow(SPEC_ALLOW)]
#[case::tsync(TSYNC)]
#[case::three(LOG | SPEC_ALLOW | TSYNC)]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_FLAGS_LOG, SECCOMP_FLAGS_SPEC_ALLOW],
    catches = "a flag that a 32-bit call cannot give, or that loads another filter there",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_32_bit_call_takes_the_known_flags(#[case] flags: usize) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::no_new_privileges();
    let before = Task::OwnThread.status().filters;
    assert_eq!(abi.seccomp(SECCOMP_SET_MODE_FILTER, flags, refuses(NR, 7)), 0);
    let answers = [NR, NR + 1].map(|nr| (gadget.call(nr), abi.gadget.call(nr)));
    assert_eq!(answers, [(-7, -7), (-ENOSYS, -ENOSYS)]);
    assert_eq!(Task::OwnThread.status().filters, before.map(|count| count + 1));
}

/// The same filter without the flag is accepted afterwards.
#[rstest]
#[case::bit_6(1 << 6)]
#[case::bit_31(1 << 31)]
#[case::with_a_known_one(1 << 6 | LOG)]
#[case::killable_wait_without_a_listener(WAIT_KILLABLE_RECV)]
#[case::tsync_with_a_listener(TSYNC | NEW_LISTENER)]
#[harness::test(
    clause = [
        SECCOMP_INSTALL_32_BIT,
        SECCOMP_INSTALL_UNKNOWN_FLAG,
        SECCOMP_FLAGS_WAIT_KILLABLE_NEEDS_LISTENER,
    ],
    catches = "flags of a 32-bit call that are not checked",
    needs = [UNFILTERED, SECCOMP_FILTER, INT80],
)]
fn a_32_bit_call_with_wrong_flags_is_refused(#[case] flags: usize) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::no_new_privileges();
    let program = refuses(NR, 7);
    let before = Task::OwnThread.status();
    let answer = abi.seccomp(SECCOMP_SET_MODE_FILTER, flags, program);
    assert_eq!((answer, filter::mode(), gadget.call(NR)), (-EINVAL, 0, -ENOSYS));
    assert_eq!(Task::OwnThread.status(), before);
    let answer = abi.seccomp(SECCOMP_SET_MODE_FILTER, 0, program);
    assert_eq!((answer, filter::mode(), gadget.call(NR)), (0, 2, -7));
}

#[rstest]
#[case::four(4)]
#[case::nine(9)]
#[case::bit_31(1 << 31)]
#[case::all_ones(0xffff_ffff)]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_INSTALL_UNKNOWN_OPERATION],
    catches = "an operation of a 32-bit call that is compared in its low bits",
    needs = [UNFILTERED, SECCOMP_FILTER, INT80],
)]
fn a_32_bit_call_with_an_unknown_operation_is_refused(#[case] operation: usize) {
    let abi = Abi32::new();
    filter::no_new_privileges();
    assert_eq!((abi.seccomp(operation, 0, refuses(NR, 7)), filter::mode()), (-EINVAL, 0));
}

#[rstest]
#[case::first_thread_loads(true)]
#[case::another_thread_loads(false)]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_TSYNC_ALL_THREADS],
    catches = "TSYNC of a 32-bit call that binds its own thread alone",
    needs = [SECCOMP_FILTER, INT80],
)]
fn tsync_of_a_32_bit_call_binds_every_thread(#[case] first: bool) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::no_new_privileges();
    let program = refuses(NR, 7);
    let ask = || [NR, NR + 1].map(|nr| (gadget.call(nr), abi.gadget.call(nr)));
    let loads = || abi.seccomp(SECCOMP_SET_MODE_FILTER, TSYNC, program);
    let (answer, told) = beside_threads(first, |_| (), loads, ask);
    assert_eq!((answer, told), (0, vec![[(-7, -7), (-ENOSYS, -ENOSYS)]; OTHERS + 1]));
}

/// One of the other threads has a filter of its own.
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_TSYNC_FAILING_THREAD_ID],
    catches = "TSYNC of a 32-bit call that fails with an error, or that binds some threads all the same",
    needs = [UNFILTERED, SECCOMP_FILTER, INT80],
)]
fn a_refused_tsync_of_a_32_bit_call_binds_nobody() {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::no_new_privileges();
    let program = refuses(NR, 7);
    let words = memory::shared(1);
    let prepare = |index| {
        if index == 1 {
            words[0].store(child::own_tid() as u64, SeqCst);
            filter::load(NR as u32 + 1, Action::Errno(6));
        }
    };
    let ask = || [NR, NR + 1].map(|nr| gadget.call(nr));
    let loads =
        || (abi.seccomp(SECCOMP_SET_MODE_FILTER, TSYNC, program), Task::OwnThread.status().mode);
    let ((answer, mode), mut told) = beside_threads(true, prepare, loads, ask);
    assert!(answer == words[0].load(SeqCst) as i64, "the result is not the thread's id");
    told.sort_unstable();
    let mut expected = vec![[-ENOSYS; 2]; OTHERS + 1];
    expected[OTHERS] = [-ENOSYS, -6];
    assert_eq!((mode, told), (Some(0), expected));
}

/// The calls of both ABIs are answered.
#[rstest]
#[case::alone(0)]
#[case::with_log(LOG)]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_NOTIFY_LISTENER_FD, SECCOMP_NOTIFY_RESPONSE_VALUE],
    catches = "a 32-bit call that gives no listener, or one that is not notified",
    needs = [USER_NOTIF, INT80],
)]
fn a_32_bit_call_makes_a_listener(#[case] flags: usize) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::no_new_privileges();
    let program = place_program(&Filter::only(number(NR), Action::UserNotif).program());
    let fd = abi.seccomp(SECCOMP_SET_MODE_FILTER, NEW_LISTENER | flags, program);
    assert!(fd >= 0, "no listener is made: {fd}");
    assert_eq!(child::descriptor_flags(fd as i32), 1, "close-on-exec");
    let listener = Listener::adopt(fd as i32);
    for from in [gadget, abi.gadget] {
        let caller = child::start(Flavour::Fork, || i32::from(from.call(NR) == 4242));
        let asked = listener.receive().expect("a notification arrives");
        assert_eq!((i64::from(asked.nr), asked.arch), (NR, from.entry().audit_arch()));
        assert_eq!(listener.answer(asked.returns(4242)), Ok(()));
        assert_eq!(caller.end(), WaitStatus::Exited(1));
    }
    let second = abi.seccomp(SECCOMP_SET_MODE_FILTER, NEW_LISTENER | flags, program);
    assert_eq!(second, -EBUSY, "a second listener");
}

/// A listener that is refused leaves no descriptor open.
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_NOTIFY_LISTENER_FD, SECCOMP_INSTALL_BAD_ADDRESS],
    catches = "a descriptor that a refused 32-bit call leaves open",
    needs = [USER_NOTIF, INT80],
)]
fn a_refused_listener_leaves_no_descriptor() {
    let abi = Abi32::new();
    filter::no_new_privileges();
    let before = child::lowest_free_descriptor();
    let answer = abi.seccomp(SECCOMP_SET_MODE_FILTER, NEW_LISTENER, refuses(NR, 7) + 1);
    assert_eq!((answer, child::lowest_free_descriptor()), (-EFAULT, before));
}

fn ask(abi: &Abi32, value: u32) -> i64 {
    abi.seccomp(SECCOMP_GET_ACTION_AVAIL, 0, place_before_hole(&value.to_le_bytes()))
}

#[rstest]
#[case::kill_process(Action::KillProcess)]
#[case::kill_thread(Action::KillThread)]
#[case::trap(Action::Trap(0))]
#[case::errno(Action::Errno(0))]
#[case::trace(Action::Trace(0))]
#[case::log(Action::Log)]
#[case::allow(Action::Allow)]
#[harness::test(
    clause = SECCOMP_AVAILABLE_SUPPORTED,
    catches = "an action that GET_ACTION_AVAIL does not know when a 32-bit call asks",
    needs = [KILL_PROCESS_LOG, INT80],
)]
fn a_32_bit_call_knows_the_actions(#[case] action: Action) {
    assert_eq!(ask(&Abi32::new(), action.value()), 0);
}

#[rstest]
#[case::above_kill_thread(0x0001_0000)]
#[case::below_allow(0x7ffe_0000)]
#[case::above_kill_process(0x8001_0000)]
#[case::all_ones(0xffff_ffff)]
#[case::trap_with_data(0x0003_0001)]
#[harness::test(
    clause = SECCOMP_AVAILABLE_UNSUPPORTED,
    catches = "any value that a 32-bit GET_ACTION_AVAIL takes for an action",
    needs = [KILL_PROCESS_LOG, INT80],
)]
fn a_32_bit_call_knows_no_other_action(#[case] value: u32) {
    assert_eq!(ask(&Abi32::new(), value), -EOPNOTSUPP);
}

/// The value 0 is SECCOMP_RET_KILL_THREAD, which is available.
#[harness::test(
    clause = SECCOMP_AVAILABLE_ARGS,
    catches = "flags or a bad address that a 32-bit GET_ACTION_AVAIL takes",
    needs = [UNFILTERED, KILL_PROCESS_LOG, INT80],
)]
fn a_32_bit_question_has_no_flags_and_an_address() {
    let abi = Abi32::new();
    let hole = place_before_hole(&[0; 4]) + 4;
    let ask = |flags, at| abi.seccomp(SECCOMP_GET_ACTION_AVAIL, flags, at);
    for flags in [1, 2, 1 << 31] {
        assert_eq!(ask(flags, hole - 4), -EINVAL, "{flags:#x}");
    }
    let answers = [0, hole - 3, hole, 0xffff_fffc, hole - 4].map(|at| ask(0, at));
    assert_eq!(answers, [-EFAULT, -EFAULT, -EFAULT, -EFAULT, 0]);
    assert_eq!(filter::mode(), 0);
}

/// Six bytes, just before a page that cannot be touched.
#[harness::test(
    clause = SECCOMP_NOTIFY_SIZES,
    catches = "sizes that a 32-bit call is told otherwise, more or less than six bytes written, or a bad argument taken",
    needs = [USER_NOTIF, INT80],
)]
fn a_32_bit_call_is_told_the_sizes_of_notifications() {
    let abi = Abi32::new();
    let at = place_before_hole(&[0xa5; 8]);
    let ask = |flags, at| abi.seccomp(SECCOMP_GET_NOTIF_SIZES, flags, at);
    assert_eq!([ask(1, at + 2), ask(1 << 31, at + 2)], [-EINVAL; 2]);
    assert_eq!([ask(0, 0), ask(0, at + 8), ask(0, 0xffff_fffa)], [-EFAULT; 3]);
    assert_eq!(memory::load_bytes(at, 8), [0xa5; 8], "of refused ones");
    assert_eq!(ask(0, at + 2), 0);
    assert_eq!(memory::load_bytes(at, 8), [0xa5, 0xa5, 80, 0, 24, 0, 64, 0]);
}

/// The numbers that /proc tells, after filters of both ABIs' calls.
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_PROC_FILTERS, SECCOMP_PROC_MODE],
    catches = "a filter of a 32-bit call that /proc does not count",
    needs = [UNFILTERED, SECCOMP_FILTER, FILTER_COUNT, INT80],
)]
fn filters_of_32_bit_calls_are_counted() {
    let abi = Abi32::new();
    filter::no_new_privileges();
    let mut counted = Vec::new();
    for flags in [0, LOG, SPEC_ALLOW] {
        assert_eq!(abi.seccomp(SECCOMP_SET_MODE_FILTER, flags, refuses(NR, 7)), 0);
        let status = Task::OwnThread.status();
        counted.push((status.mode, status.filters));
    }
    assert_eq!(counted, [1, 2, 3].map(|count| (Some(2), Some(count))));
}
