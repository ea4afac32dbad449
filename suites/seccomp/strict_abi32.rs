//! Strict mode that a call of the 32-bit ABI sets, and the modes it tells.

use crate::clauses::*;
use fixtures::abi32::Abi32;
use fixtures::environment::disable_core_dump;
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::needs::{INT80, SECCOMP_FILTER, STRICT_MODE, UNFILTERED};
use fixtures::{Entry, Reg, Registers, WaitStatus, child, memory};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    EBADF, EINVAL, PR_GET_SECCOMP, PR_SET_SECCOMP, SECCOMP_MODE_STRICT, SECCOMP_SET_MODE_STRICT,
    SIGKILL, SYS_exit, SYS_getpid, SYS_prctl, SYS_read, SYS_write, unistd_32,
};

const KILLED: WaitStatus = WaitStatus::KilledBy(SIGKILL);
const FINE: i32 = 42;
/// A call that does not return as promised; it is never killed for it.
const ODD: i32 = 1;

/// The calls that set strict mode.
#[derive(Clone, Copy, Debug)]
enum By {
    Seccomp,
    Prctl,
}

impl By {
    fn set(self, abi: &Abi32) -> i64 {
        match self {
            Self::Seccomp => abi.seccomp(SECCOMP_SET_MODE_STRICT, 0, 0),
            // The other arguments are not looked at.
            Self::Prctl => abi.prctl([PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 77, 77, 77]),
        }
    }
}

/// A child that sets strict mode by a 32-bit call, and makes one call: how it ends, and what the mode was set with.
fn strictly(by: By, entry: Entry, nr: i64) -> (WaitStatus, i64) {
    let (abi, gadget) = (Abi32::new(), Gadget::new(entry));
    let words = memory::shared(1);
    words[0].store(u64::MAX, SeqCst);
    // The descriptor is none, in either ABI, so that a read or a write fails; the status of an exit is 42.
    let exit = if entry == Entry::Int80 { unistd_32::SYS_exit } else { SYS_exit };
    let first = if nr == exit { FINE as u64 } else { 0xffff_ffff };
    let image =
        Registers::pattern().with(Reg::Rax, nr as u64).with(Reg::Rbx, first).with(Reg::Rdi, first);
    let end = child::fork(|| {
        disable_core_dump();
        let answer = by.set(&abi);
        words[0].store(answer as u64, SeqCst);
        let result = gadget.call_with(image)[Reg::Rax] as i64;
        child::exit_thread(if result == -EBADF { FINE } else { ODD })
    });
    (end, words[0].load(SeqCst) as i64)
}

#[rstest]
#[case::read(Entry::Syscall, SYS_read, WaitStatus::Exited(FINE))]
#[case::write(Entry::Syscall, SYS_write, WaitStatus::Exited(FINE))]
#[case::exit(Entry::Syscall, SYS_exit, WaitStatus::Exited(FINE))]
#[case::getpid(Entry::Syscall, SYS_getpid, KILLED)]
#[case::prctl(Entry::Syscall, SYS_prctl, KILLED)]
#[case::close(Entry::Syscall, unistd_32::SYS_read, KILLED)]
#[case::read_32(Entry::Int80, unistd_32::SYS_read, WaitStatus::Exited(FINE))]
#[case::write_32(Entry::Int80, unistd_32::SYS_write, WaitStatus::Exited(FINE))]
#[case::exit_32(Entry::Int80, unistd_32::SYS_exit, WaitStatus::Exited(FINE))]
#[case::getpid_32(Entry::Int80, unistd_32::SYS_getpid, KILLED)]
#[case::prctl_32(Entry::Int80, unistd_32::SYS_prctl, KILLED)]
#[case::seccomp_32(Entry::Int80, unistd_32::SYS_seccomp, KILLED)]
#[case::restart_syscall_32(Entry::Int80, unistd_32::SYS_restart_syscall, KILLED)]
#[case::rt_sigreturn_32(Entry::Int80, unistd_32::SYS_rt_sigreturn, KILLED)]
#[case::exit_group_32(Entry::Int80, unistd_32::SYS_exit_group, KILLED)]
#[case::minus_one_32(Entry::Int80, -1, KILLED)]
#[harness::test(
    clause = [
        SECCOMP_STRICT_INT80,
        SECCOMP_STRICT_PERMITTED_CALLS,
        SECCOMP_STRICT_OTHER_CALLS_KILL,
        SECCOMP_INSTALL_PRCTL_EQUALS_SECCOMP,
    ],
    catches = "strict mode that a 32-bit call does not set, or that binds the ABI alone by which it was set",
    needs = [UNFILTERED, STRICT_MODE, INT80],
)]
fn strict_mode_of_a_32_bit_call_binds_both_abis(
    #[case] entry: Entry,
    #[case] nr: i64,
    #[case] end: WaitStatus,
    #[values(By::Seccomp, By::Prctl)] by: By,
) {
    assert_eq!(strictly(by, entry, nr), (end, 0));
}

/// The control sets it with both arguments 0.
#[rstest]
#[case::flags(1, 0)]
#[case::highest_flag(1 << 31, 0)]
#[case::address(0, 1)]
#[case::last_address(0, 0xffff_ffff)]
#[case::both(1, 1)]
#[harness::test(
    clause = SECCOMP_STRICT_ARGS,
    catches = "flags or an address that a 32-bit SECCOMP_SET_MODE_STRICT takes",
    needs = [UNFILTERED, STRICT_MODE, INT80],
)]
fn strict_mode_of_a_32_bit_call_takes_no_arguments(#[case] flags: usize, #[case] address: usize) {
    let abi = Abi32::new();
    assert_eq!(abi.seccomp(SECCOMP_SET_MODE_STRICT, flags, address), -EINVAL);
    assert_eq!((filter::mode(), abi.prctl([PR_GET_SECCOMP, 0, 0, 0, 0])), (0, 0));
    let end = child::fork(|| {
        let entered = abi.seccomp(SECCOMP_SET_MODE_STRICT, 0, 0) == 0;
        child::exit_thread(if entered { FINE } else { ODD })
    });
    assert_eq!(end, WaitStatus::Exited(FINE));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_INSTALL_STRICT_AFTER_FILTER, SECCOMP_INSTALL_PERMANENT],
    catches = "strict mode that a 32-bit call sets in the place of a filter",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_32_bit_call_sets_no_strict_mode_after_a_filter(#[values(By::Seccomp, By::Prctl)] by: By) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::load(500, Action::Errno(7));
    assert_eq!((by.set(&abi), filter::mode()), (-EINVAL, 2));
    assert_eq!([gadget.call(500), abi.gadget.call(500)], [-7; 2]);
    assert!(child::is_own_pid(gadget.call(SYS_getpid)), "getpid");
}

/// Modes that prctl(2) does not know; 1 and 2 are told apart by the cases above and by those that load filters.
#[rstest]
#[case::none(0)]
#[case::three(3)]
#[case::bit_31(1 << 31)]
#[case::minus_one(0xffff_ffff)]
#[harness::test(
    clause = SECCOMP_INSTALL_UNKNOWN_OPERATION,
    catches = "a mode of a 32-bit prctl that is compared in its low bits",
    needs = [UNFILTERED, SECCOMP_FILTER, INT80],
)]
fn a_32_bit_prctl_refuses_an_unknown_mode(#[case] mode: usize) {
    let abi = Abi32::new();
    assert_eq!(abi.prctl([PR_SET_SECCOMP, mode, 0, 0, 0]), -EINVAL);
    assert_eq!(filter::mode(), 0);
}

#[harness::test(
    clause = [SECCOMP_STRICT_GET_MODE_KILLS, SECCOMP_STRICT_INT80],
    catches = "PR_GET_SECCOMP of a 32-bit call that strict mode lets run",
    needs = [UNFILTERED, STRICT_MODE, INT80],
)]
fn asking_a_32_bit_call_for_strict_mode_kills() {
    let abi = Abi32::new();
    let mode = || abi.prctl([PR_GET_SECCOMP, 0, 0, 0, 0]);
    assert_eq!(mode(), 0);
    let end = child::fork(|| {
        disable_core_dump();
        filter::strict();
        mode();
        child::exit_thread(ODD)
    });
    assert_eq!(end, KILLED);
}
