//! SECCOMP_RET_ALLOW and SECCOMP_RET_LOG: the call is executed as without a filter.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{
    Action, Filter, LOG, SPEC_ALLOW, instruction_pointer, no_new_privileges, number,
};
use fixtures::gadget::Gadget;
use fixtures::needs::{INT80, KILL_PROCESS_LOG};
use fixtures::observable_call::ObservableCall;
use fixtures::{PROGRAM_FLAGS, Reg, Registers, STATUS_FLAGS, child, sigsys};
use rstest::rstest;
use sys::uapi::{ENOSYS, SYS_getpid};

#[rstest]
#[case::allow(Action::Allow)]
#[case::allow_with_data(Action::Raw(0x7fff_ffff))]
#[case::log(Action::Log)]
#[case::log_with_data(Action::Raw(0x7ffc_ffff))]
#[case::log_with_an_error(Action::Raw(0x7ffc_0005))]
#[harness::test(
    clause = [SECCOMP_ACTIONS_ALLOW, SECCOMP_ACTIONS_LOG],
    catches = "SECCOMP_RET_DATA of ALLOW or LOG returned as the call's result or as an error",
    needs = [KILL_PROCESS_LOG],
)]
fn the_call_is_made_and_its_result_is_its_own(#[case] action: Action) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    Filter::only(instruction_pointer(gadget.after()), action).load();
    for _ in 0..3 {
        assert!(child::is_own_pid(gadget.call(SYS_getpid)), "getpid returned another result");
        assert_eq!(
            (gadget.call(UNASSIGNED), gadget.call(-1), gadget.call(-2)),
            (-ENOSYS, -ENOSYS, -ENOSYS)
        );
    }
    assert_eq!(log.count(), 0);
}

#[rstest]
#[case::allow(Action::Allow)]
#[case::log(Action::Log)]
#[case::log_with_data(Action::Raw(0x7ffc_0001))]
#[harness::test(
    clause = [SECCOMP_ACTIONS_ALLOW, SECCOMP_ACTIONS_LOG, DISPATCH_NUMBER_INT80],
    catches = "RET_LOG implemented for SYSCALL alone, so that an int 0x80 is skipped or returns LOG's data",
    needs = [KILL_PROCESS_LOG, INT80],
)]
fn an_int80_is_made_and_its_result_is_its_own(#[case] action: Action) {
    let gadget = Gadget::int80();
    Filter::only(instruction_pointer(gadget.after()), action).load();
    assert!(child::is_own_pid(gadget.call(20)), "getpid returned another result");
    assert_eq!(gadget.call(UNASSIGNED), -ENOSYS);
}

#[rstest]
#[case::close(ObservableCall::close())]
#[case::dup2(ObservableCall::dup2())]
#[case::write(ObservableCall::write())]
#[case::read(ObservableCall::read())]
#[case::uname(ObservableCall::uname())]
#[case::pipe(ObservableCall::pipe())]
#[case::mmap(ObservableCall::mmap())]
#[case::umask(ObservableCall::umask())]
#[case::sigprocmask(ObservableCall::sigprocmask())]
#[case::prctl(ObservableCall::prctl())]
#[case::arch_prctl(ObservableCall::arch_prctl())]
#[harness::test(
    clause = SECCOMP_ACTIONS_LOG,
    catches = "RET_LOG that logs the call without executing it and returns a made-up success",
    needs = [KILL_PROCESS_LOG],
)]
fn a_logged_call_has_its_effect(#[case] deed: ObservableCall) {
    let gadget = Gadget::syscall();
    Filter::only(instruction_pointer(gadget.after()), Action::Log).load();
    assert!(!deed.took_effect(), "the effect is there before the call");
    assert!(gadget.call_args(deed.nr, deed.args) >= 0, "the logged call fails");
    assert!(deed.took_effect(), "the logged call was not made");
}

#[rstest]
#[case::allow(Action::Allow)]
#[case::log(Action::Log)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_ALLOW, SECCOMP_ACTIONS_LOG],
    catches = "a register or flag changed by the filtered entry path when the call is allowed",
    needs = [KILL_PROCESS_LOG],
)]
fn every_register_is_what_the_call_leaves(#[case] action: Action) {
    let gadget = Gadget::syscall();
    let before = Registers::pattern().with(Reg::Rax, 39).with(Reg::Flags, 0x202 | STATUS_FLAGS);
    let native = gadget.call_with(before);
    Filter::only(instruction_pointer(gadget.after()), action).load();
    let filtered = gadget.call_with(before);
    for reg in Reg::VALUES {
        assert!(filtered[reg] == native[reg], "{reg:?} is not what a native call leaves");
    }
    let [filtered, native] = [filtered, native].map(|image| image[Reg::Flags] & PROGRAM_FLAGS);
    assert_eq!(filtered, native);
}

#[rstest]
#[case::log(LOG)]
#[case::spec_allow(SPEC_ALLOW)]
#[case::both(LOG | SPEC_ALLOW)]
#[harness::test(
    clause = [SECCOMP_FLAGS_LOG, SECCOMP_FLAGS_SPEC_ALLOW],
    catches = "FILTER_FLAG_LOG or SPEC_ALLOW that changes an action or its data",
    needs = [KILL_PROCESS_LOG],
)]
fn a_flag_changes_no_calls_fate(#[case] flags: usize) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    no_new_privileges();
    let filter = Filter::new()
        .when(number(500), Action::Trap(7))
        .when(number(501), Action::Errno(0))
        .when(number(502), Action::Errno(5))
        .when(number(503), Action::Trace(1))
        .when(number(504), Action::UserNotif)
        .when(number(505), Action::Log)
        .when(number(SYS_getpid), Action::Log);
    assert_eq!(filter.try_load(flags), Ok(0));
    let results = [500, 501, 502, 503, 504, 505].map(|nr| gadget.call(nr));
    assert_eq!(results, [500, 0, -5, -ENOSYS, -ENOSYS, -ENOSYS]);
    assert_eq!((log.count(), log.delivery(0).map(|caught| caught.errno())), (1, Some(7)));
    assert!(child::is_own_pid(gadget.call(SYS_getpid)), "the logged call was not made");
}

#[harness::test(
    clause = [SECCOMP_ACTIONS_ALLOW, SECCOMP_DATA_NUMBER],
    catches = "a filter on a single number that also refuses others, or a default other than the \
        program's ALLOW",
    needs = [KILL_PROCESS_LOG],
)]
fn one_number_is_refused_and_no_other() {
    let gadget = Gadget::syscall();
    fixtures::filter::load(500, Action::Errno(5));
    for nr in (480..1100).filter(|nr| *nr != 500) {
        assert_eq!(gadget.call(nr), -ENOSYS, "{nr}");
    }
    assert_eq!(gadget.call(500), -5);
}
