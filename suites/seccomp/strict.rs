//! Strict mode: read, write, exit and rt_sigreturn are allowed, and any other call kills.

use crate::clauses::*;
use fixtures::Errno::EINVAL;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Child, Flavour};
use fixtures::filter;
use fixtures::gadget::Gadget;
use fixtures::needs::{INT80, STRICT_MODE, UNFILTERED};
use fixtures::observable_call::Pipe;
use fixtures::{Errno, SigAction, WaitStatus, environment, sigsys};
use rstest::rstest;
use sys::uapi::{
    SECCOMP_SET_MODE_STRICT, SIGKILL, SIGPIPE, SYS_close, SYS_exit_group, SYS_fork, SYS_getpid,
    SYS_mmap, SYS_prctl, SYS_restart_syscall, SYS_seccomp,
};

const KILLED: WaitStatus = WaitStatus::KilledBy(SIGKILL);
const FINE: i32 = 42;

/// How a child ends that runs `body` in strict mode and then exits.
fn strictly(body: impl FnOnce(&Gadget) -> bool) -> WaitStatus {
    let gadget = Gadget::syscall();
    child::fork(|| {
        environment::disable_core_dump();
        filter::strict();
        let fine = body(&gadget);
        child::exit_thread(if fine { FINE } else { 1 })
    })
}

#[harness::test(
    clause = SECCOMP_STRICT_PERMITTED_CALLS,
    catches = "a strict list that lacks read, write or exit, or that has exit_group in place of exit",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn read_write_and_exit_are_made() {
    let pipe = Pipe::new();
    let end = strictly(|gadget| {
        let byte = c"s".as_ptr() as usize;
        let written = gadget.call_args(1, [pipe.write_end(), byte, 1, 0, 0, 0]);
        let mut args = pipe.read_args();
        args[2] = 1;
        (written, gadget.call_args(0, args)) == (1, 1)
    });
    assert_eq!(end, WaitStatus::Exited(FINE));
}

#[harness::test(
    clause = SECCOMP_STRICT_PERMITTED_CALLS,
    catches = "an allowed call that kills because it fails",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn a_read_that_fails_is_no_forbidden_call() {
    let end = strictly(|gadget| gadget.call_args(0, [usize::MAX, 0, 0, 0, 0, 0]) == -9);
    assert_eq!(end, WaitStatus::Exited(FINE));
}

/// The write raises SIGPIPE, whose handler returns by rt_sigreturn.
#[harness::test(
    clause = SECCOMP_STRICT_PERMITTED_CALLS,
    catches = "a strict list that lacks rt_sigreturn, so that the return from a handler kills",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn a_handler_returns() {
    let log = sigsys::handle_signal(SIGPIPE, SigAction::PLAIN);
    let pipe = Pipe::new();
    child::close(pipe.read_args()[0] as i32);
    let end = strictly(|gadget| {
        gadget.call_args(1, [pipe.write_end(), c"s".as_ptr() as usize, 1, 0, 0, 0]) == -32
    });
    assert_eq!((end, log.count()), (WaitStatus::Exited(FINE), 1));
}

#[rstest]
#[case::getpid(SYS_getpid)]
#[case::close(SYS_close)]
#[case::mmap(SYS_mmap)]
#[case::exit_group(SYS_exit_group)]
#[case::prctl(SYS_prctl)]
#[case::seccomp(SYS_seccomp)]
#[case::restart_syscall(SYS_restart_syscall)]
#[case::unassigned(UNASSIGNED)]
#[case::minus_one(-1)]
#[case::x32_read(0x4000_0000)]
#[case::x32_write(0x4000_0001)]
#[case::least_int(-0x8000_0000)]
#[harness::test(
    clause = [
        SECCOMP_STRICT_OTHER_CALLS_KILL,
        SECCOMP_STRICT_EXIT_GROUP_KILLS,
        SECCOMP_STRICT_GET_MODE_KILLS,
    ],
    catches = "a forbidden call that fails or raises SIGSYS instead of SIGKILL, or nr matched without \
        its x32 bit",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn any_other_call_is_the_end(#[case] nr: i64) {
    let log = sigsys::handle();
    // PR_GET_SECCOMP is 21.
    let end = strictly(|gadget| gadget.call_args(nr, [21, 0, 0, 0, 0, 0]) != 0);
    assert_eq!((end, log.count()), (KILLED, 0));
}

/// In the 32-bit ABI 3 is read, 4 is write and 1 is exit; 0 is read in the 64-bit ABI alone.
#[rstest]
#[case::read(3, WaitStatus::Exited(FINE))]
#[case::write(4, WaitStatus::Exited(FINE))]
#[case::exit(1, WaitStatus::Exited(0))]
#[case::read_of_the_other_abi(0, KILLED)]
#[case::getpid(20, KILLED)]
#[case::exit_of_the_other_abi(60, KILLED)]
#[harness::test(
    clause = [SECCOMP_STRICT_INT80, DISPATCH_NUMBER_INT80],
    catches = "the 64-bit list of numbers applied to int 0x80, or int 0x80 not checked in strict mode",
    needs = [UNFILTERED, STRICT_MODE, INT80],
)]
fn int80_has_numbers_of_its_own(#[case] nr: i64, #[case] end: WaitStatus) {
    use fixtures::{Reg, Registers};
    let int80 = Gadget::int80();
    // The descriptor is invalid, so that an executed call returns EBADF.
    let image = Registers::pattern().with(Reg::Rax, nr as u64);
    let image = if nr == 1 { image.with(Reg::Rbx, 0) } else { image.with(Reg::Rbx, 0xffff_ffff) };
    let seen = strictly(|_| int80.call_with(image)[Reg::Rax] as i64 == -9);
    assert_eq!(seen, end);
}

#[rstest]
#[case::forbidden(true, -1)]
#[case::allowed(false, 5)]
#[harness::test(
    clause = SECCOMP_STRICT_OTHER_CALLS_KILL,
    catches = "strict mode that binds the whole process, or its SIGKILL sent to every thread",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn one_thread_is_bound_and_killed(#[case] forbidden: bool, #[case] result: i32) {
    let gadget = Gadget::syscall();
    let end = child::fork(|| {
        let thread: Child = child::start(Flavour::CloneThread, || {
            filter::strict();
            if forbidden {
                gadget.call(SYS_getpid);
            }
            5
        });
        let ended = thread.end() == WaitStatus::Exited(result);
        let free = child::is_own_pid(gadget.call(SYS_getpid));
        child::exit(if ended && free { FINE } else { 1 })
    });
    assert_eq!(end, WaitStatus::Exited(FINE));
}

/// The control passes the same operation with both arguments 0.
#[rstest]
#[case::flags(1, 0, Err(EINVAL))]
#[case::address(0, 1, Err(EINVAL))]
#[case::both(1, 1, Err(EINVAL))]
#[harness::test(
    clause = SECCOMP_STRICT_ARGS,
    catches = "flags or an address ignored by SECCOMP_SET_MODE_STRICT",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn strict_mode_takes_no_arguments(
    #[case] flags: usize,
    #[case] address: usize,
    #[case] answer: Result<usize, Errno>,
) {
    assert_eq!(filter::seccomp(SECCOMP_SET_MODE_STRICT, flags, address), answer);
    assert_eq!(filter::mode(), 0);
    let end = child::fork(|| {
        let entered = filter::seccomp(SECCOMP_SET_MODE_STRICT, 0, 0) == Ok(0);
        child::exit_thread(if entered { FINE } else { 1 })
    });
    assert_eq!(end, WaitStatus::Exited(FINE));
}

#[rstest]
#[case::allowed(0, WaitStatus::Exited(FINE))]
#[case::forbidden(39, KILLED)]
#[harness::test(
    clause = [SECCOMP_STRICT_OTHER_CALLS_KILL, SECCOMP_INSTALL_PRCTL_EQUALS_SECCOMP],
    catches = "SECCOMP_SET_MODE_STRICT by seccomp(2) with other consequences than by prctl(2)",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn strict_mode_is_entered_by_either_call(#[case] nr: i64, #[case] end: WaitStatus) {
    let gadget = Gadget::syscall();
    let by_seccomp = child::fork(|| {
        environment::disable_core_dump();
        let entered = filter::seccomp(SECCOMP_SET_MODE_STRICT, 0, 0) == Ok(0);
        gadget.call_args(nr, [usize::MAX, 0, 0, 0, 0, 0]);
        child::exit_thread(if entered { FINE } else { 1 })
    });
    let by_prctl = strictly(|gadget| gadget.call_args(nr, [usize::MAX, 0, 0, 0, 0, 0]) == -9);
    assert_eq!((by_seccomp, by_prctl), (end, end));
}

#[harness::test(
    clause = SECCOMP_STRICT_OTHER_CALLS_KILL,
    catches = "fork allowed in strict mode, so that a strict task can have children",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn a_fork_in_strict_mode_is_the_end() {
    let end = strictly(|gadget| gadget.call(SYS_fork) > 0);
    assert_eq!(end, KILLED);
}
