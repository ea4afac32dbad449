//! Strict mode beside the list of calls: the signal mask, the time stamp counter, the leader of a process, and a
//! 32-bit program.

use crate::clauses::*;
use fixtures::child;
use fixtures::environment::disable_core_dump;
use fixtures::filter;
use fixtures::gadget::Gadget;
use fixtures::needs::{PROGRAM32, STRICT_MODE, UNFILTERED, VDSO, VDSO_CLOCKSOURCE};
use fixtures::observable_call::Pipe;
use fixtures::program32::{FINE, OneCall};
use fixtures::vdso::Vdso;
use fixtures::vsyscall::call_address;
use fixtures::{Reg, Registers, SigAction, WaitStatus, memory, sigsys};
use rstest::rstest;
use sys::environment::time_stamp;
use sys::uapi::{
    CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, EPIPE, SIGKILL, SIGPIPE, SIGSEGV, SYS_clone,
    SYS_clone3, SYS_execve, SYS_getpid, SYS_pread64, SYS_readv, SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_sigaltstack, SYS_tgkill, SYS_vfork, SYS_write, SYS_writev,
};

/// How a child ends that is in strict mode and runs `body`.
fn strictly(body: impl FnOnce()) -> WaitStatus {
    child::fork(|| {
        disable_core_dump();
        filter::strict();
        body();
        child::exit_thread(FINE)
    })
}

/// Relatives of the permitted calls, and those that make tasks or change signals.
#[rstest]
#[case::readv(SYS_readv)]
#[case::writev(SYS_writev)]
#[case::pread64(SYS_pread64)]
#[case::rt_sigaction(SYS_rt_sigaction)]
#[case::rt_sigprocmask(SYS_rt_sigprocmask)]
#[case::sigaltstack(SYS_sigaltstack)]
#[case::tgkill(SYS_tgkill)]
#[case::clone(SYS_clone)]
#[case::vfork(SYS_vfork)]
#[case::clone3(SYS_clone3)]
#[case::execve(SYS_execve)]
#[case::uretprobe(335)]
#[case::uprobe(336)]
#[harness::test(
    clause = SECCOMP_STRICT_OTHER_CALLS_KILL,
    catches = "a relative of a permitted call that is permitted too, or a number that strict mode lets pass unseen",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn a_relative_of_a_permitted_call_kills(#[case] nr: i64) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let end = strictly(|| {
        gadget.call(nr);
    });
    assert_eq!((end, log.count()), (WaitStatus::KilledBy(SIGKILL), 0));
}

/// Two writes, each of which raises SIGPIPE. The handler leaves the saved mask alone, or blocks SIGPIPE in it.
#[rstest]
#[case::restored(false, 2)]
#[case::changed_by_the_handler(true, 1)]
#[harness::test(
    clause = SECCOMP_STRICT_SIGRETURN_MASK,
    catches = "a return from a handler that leaves the signal blocked, or that does not take the mask that the handler \
        stored",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn a_return_restores_the_mask(#[case] blocks: bool, #[case] deliveries: u64) {
    let log = sigsys::handle_signal(SIGPIPE, SigAction::PLAIN);
    if blocks {
        log.block_after(fixtures::bit(SIGPIPE));
    }
    let pipe = Pipe::new();
    child::close(pipe.read_args()[0] as i32);
    let gadget = Gadget::syscall();
    let end = strictly(|| {
        let write = [pipe.write_end(), c"s".as_ptr() as usize, 1, 0, 0, 0];
        let results = [(); 2].map(|()| gadget.call_args(SYS_write, write));
        if results != [-EPIPE; 2] {
            child::exit_thread(1);
        }
    });
    assert_eq!((end, log.count()), (WaitStatus::Exited(FINE), deliveries));
}

/// The counter is read before strict mode, too. The handler steps over the two bytes of the instruction.
#[rstest]
#[case::not_handled(false, WaitStatus::KilledBy(SIGSEGV), 0)]
#[case::handled(true, WaitStatus::Exited(FINE), 1)]
#[harness::test(
    clause = SECCOMP_STRICT_NO_TIME_STAMP,
    catches = "a time stamp counter that strict mode leaves readable, or a death by another signal",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn the_time_stamp_counter_cannot_be_read(
    #[case] handled: bool,
    #[case] end: WaitStatus,
    #[case] count: u64,
) {
    let log = sigsys::handle_signal(SIGSEGV, SigAction::PLAIN);
    log.move_rip(2);
    if !handled {
        sigsys::default_signal(SIGSEGV);
    }
    let before = time_stamp();
    let seen = strictly(|| {
        std::hint::black_box(time_stamp());
    });
    assert_eq!((seen, log.count(), before > 0), (end, count, true));
}

/// The thread in strict mode has ended. The accepted read is by another thread of the process, and by a task with a
/// filter.
#[harness::test(
    clause = SECCOMP_STRICT_NO_TIME_STAMP,
    catches = "a time stamp counter that is taken from the whole process, or from tasks with a filter",
    needs = [UNFILTERED, STRICT_MODE, fixtures::needs::SECCOMP_FILTER],
)]
fn others_read_the_time_stamp_counter() {
    let thread = child::start(child::Flavour::CloneThread, || {
        filter::strict();
        FINE
    });
    assert_eq!(thread.end(), WaitStatus::Exited(FINE));
    assert!(time_stamp() > 0, "another thread");
    filter::load(500, filter::Action::Errno(7));
    assert!(time_stamp() > 0, "with a filter");
}

fn read_clock(clock: u64) -> WaitStatus {
    let entry = Vdso::find().and_then(|vdso| vdso.symbol("__vdso_clock_gettime"));
    let entry = entry.expect("the vDSO has a clock");
    let time = memory::shared(2).as_ptr() as u64;
    let image = Registers::pattern().with(Reg::Rdi, clock).with(Reg::Rsi, time);
    let before = call_address(entry as u64, image)[Reg::Rax];
    assert_eq!(before as i32, 0, "before strict mode");
    strictly(|| {
        call_address(entry as u64, image);
    })
}

/// A clock that the vDSO computes from the time stamp counter, and one that it only copies.
#[rstest]
#[case::monotonic(CLOCK_MONOTONIC, WaitStatus::KilledBy(SIGSEGV))]
#[case::monotonic_coarse(CLOCK_MONOTONIC_COARSE, WaitStatus::Exited(FINE))]
#[harness::test(
    clause = SECCOMP_STRICT_NO_TIME_STAMP,
    catches = "a vDSO that tells the time in strict mode, or that enters the kernel there and so dies of SIGKILL",
    needs = [UNFILTERED, STRICT_MODE, VDSO, VDSO_CLOCKSOURCE],
)]
fn the_vdso_reads_no_clock(#[case] clock: u64, #[case] end: WaitStatus) {
    assert_eq!(read_clock(clock), end);
}

/// The leader is in strict mode and makes a forbidden call; its other thread exits the process afterwards.
#[harness::test(
    clause = SECCOMP_STRICT_OTHER_CALLS_KILL,
    catches = "a leader whose death in strict mode ends the process",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn a_leader_dies_alone() {
    let gadget = Gadget::syscall();
    let end = child::fork(|| {
        disable_core_dump();
        child::exit_after_this_thread(FINE);
        filter::strict();
        gadget.call(SYS_getpid);
    });
    assert_eq!(end, WaitStatus::Exited(FINE));
}

/// Two breakpoints with a handler. A 32-bit handler that takes siginfo returns by rt_sigreturn, which is none of the
/// four calls.
#[rstest]
#[case::sigreturn(OneCall::StrictSigreturn, WaitStatus::Exited(FINE))]
#[case::rt_sigreturn(OneCall::StrictRtSigreturn, WaitStatus::KilledBy(SIGKILL))]
#[harness::test(
    clause = [SECCOMP_STRICT_INT80, SECCOMP_STRICT_PERMITTED_CALLS],
    catches = "a 32-bit list that lacks sigreturn, or that has rt_sigreturn for it",
    needs = [UNFILTERED, STRICT_MODE, PROGRAM32],
)]
fn a_32_bit_handler_returns(#[case] way: OneCall, #[case] end: WaitStatus) {
    assert_eq!(way.start(disable_core_dump).end(), end);
}
