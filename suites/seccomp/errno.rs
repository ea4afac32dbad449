//! RET_ERRNO: the call fails as the filter says, and is not made.

use super::clauses::*;
use crate::dispatch::clauses::{INT_ABI_INT80, INT_ABI_NEGATIVE_ONE};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{self, Action, Filter, Word, instruction_pointer, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{INT80, NO_FRED, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::{Entry, PROGRAM_FLAGS, Reg, Registers, STATUS_FLAGS, child, sigsys};
use rstest::rstest;
use sys::uapi::{EINVAL, ENOSYS, SYS_exit, SYS_exit_group, SYS_fork, SYS_getpid, SYS_vfork};

/// getppid: takes no argument, and its result is no error.
const NR: i64 = 110;
const NR_32: i64 = 64;

/// The last four would be acted upon, were they a call's own result.
#[rstest]
#[case::one(1)]
#[case::einval(EINVAL as u16)]
#[case::enosys(ENOSYS as u16)]
#[case::ehwpoison(133)]
#[case::greatest_of_a_byte(255)]
#[case::above_a_byte(256)]
#[case::private(524)]
#[case::before_the_greatest(4094)]
#[case::greatest(4095)]
#[case::restartsys(512)]
#[case::restartnointr(513)]
#[case::restartnohand(514)]
#[case::restart_restartblock(516)]
#[harness::test(clause = NOW_ACT_ERRNO, needs = [SECCOMP_FILTER])]
fn the_data_is_the_error(#[case] errno: u16) {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(errno));
    assert_eq!(gadget.call(NR), -i64::from(errno));
    assert_eq!(gadget.call(NR), -i64::from(errno), "again");
}

/// A kernel that negates the data in 32 bits on the 32-bit path: the result is not below 0 then.
#[rstest]
#[case::zero(0)]
#[case::one(1)]
#[case::enosys(ENOSYS as u16)]
#[case::greatest(4095)]
#[harness::test(clause = [NOW_ACT_ERRNO, INT_ABI_INT80], needs = [SECCOMP_FILTER, INT80])]
fn the_data_is_the_error_of_int80(#[case] errno: u16) {
    let gadget = Gadget::int80();
    filter::load(NR_32 as u32, Action::Errno(errno));
    assert_eq!(gadget.call(NR_32), -i64::from(errno));
}

/// A kernel that takes data 0 for no refusal and makes the call, or leaves the entry's ENOSYS.
#[harness::test(clause = NOW_ACT_ERRNO_ZERO, needs = [SECCOMP_FILTER])]
fn no_data_is_success_without_the_call() {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(0));
    assert_eq!((gadget.call(NR), gadget.call(UNASSIGNED)), (0, -ENOSYS));
}

/// Any number of 16 bits, as the text says.
#[rstest]
#[case::one_more(4096)]
#[case::greatest_i16(0x7fff)]
#[case::least_i16(0x8000)]
#[case::all_ones(0xffff)]
#[harness::test(clause = NOW_ACT_ERRNO_CLAMP, needs = [SECCOMP_FILTER])]
fn all_16_bits_are_the_error(#[case] errno: u16) {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(errno));
    assert_eq!(gadget.call(NR), -i64::from(errno));
}

/// What kernels do: above 4095 a result would be no error, so that is the greatest.
#[rstest]
#[case::one_more(4096)]
#[case::one_and_one_more(4097)]
#[case::two_bits(0x1800)]
#[case::greatest_i16(0x7fff)]
#[case::least_i16(0x8000)]
#[case::all_ones(0xffff)]
#[harness::test(clause = NOW_ACT_ERRNO, needs = [SECCOMP_FILTER])]
fn more_than_the_greatest_error_is_an_error_still(#[case] errno: u16) {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(errno));
    let result = gadget.call(NR);
    assert!((-4095..0).contains(&result), "the result {result} is no error");
    assert_eq!(result, -4095);
}

/// The filter returns the low half of the first argument, so that one filter gives every error.
#[harness::test(clause = [NOW_ACT_ERRNO, NOW_DATA_ARGS], needs = [SECCOMP_FILTER])]
fn every_error_arrives() {
    let gadget = Gadget::syscall();
    let first = Word::argument_low(0);
    Filter::new().reveal(number(NR), Action::Errno(0), first, 0).load();
    let wrong = (0..=4095)
        .find(|errno: &i64| gadget.call_args(NR, [*errno as usize, 0, 0, 0, 0, 0]) != -errno);
    assert_eq!(wrong, None, "the first error that arrives as another");
}

/// What the call would change is looked at, for an error and for a success that is none.
#[rstest]
#[case::close(ObservableCall::close)]
#[case::dup2(ObservableCall::dup2)]
#[case::write(ObservableCall::write)]
#[case::read(ObservableCall::read)]
#[case::uname(ObservableCall::uname)]
#[case::pipe(ObservableCall::pipe)]
#[case::mmap(ObservableCall::mmap)]
#[case::munmap(ObservableCall::munmap)]
#[case::umask(ObservableCall::umask)]
#[case::sigaction(ObservableCall::sigaction)]
#[case::sigprocmask(ObservableCall::sigprocmask)]
#[case::prctl(ObservableCall::prctl)]
#[case::arch_prctl(ObservableCall::arch_prctl)]
#[case::kill(ObservableCall::kill)]
#[harness::test(clause = [NOW_ACT_ERRNO, NOW_ACT_ERRNO_ZERO, ALLOW_EXECUTES], needs = [SECCOMP_FILTER])]
fn a_refused_call_has_no_effect(#[case] deed: fn() -> ObservableCall) {
    let deed = deed();
    let [refused, silent, allowed] = [(); 3].map(|()| Gadget::syscall());
    Filter::new()
        .when(instruction_pointer(refused.after()), Action::Errno(5))
        .when(instruction_pointer(silent.after()), Action::Errno(0))
        .load();
    assert_eq!(refused.call_args(deed.nr, deed.args), -5);
    assert!(!deed.took_effect(), "the refused call was made");
    assert_eq!(silent.call_args(deed.nr, deed.args), 0);
    assert!(!deed.took_effect(), "the call that seems to succeed was made");
    assert!(allowed.call_args(deed.nr, deed.args) >= 0, "the allowed call fails");
    assert!(deed.took_effect(), "the allowed call was not made");
}

/// Process and descriptors stay; nobody is made.
#[rstest]
#[case::fork(SYS_fork)]
#[case::vfork(SYS_vfork)]
#[case::exit(SYS_exit)]
#[case::exit_group(SYS_exit_group)]
#[harness::test(clause = NOW_ACT_ERRNO, needs = [SECCOMP_FILTER])]
fn a_refused_call_neither_makes_nor_ends_a_process(#[case] nr: i64) {
    let deed = ObservableCall::fork();
    let gadget = Gadget::syscall();
    Filter::only(instruction_pointer(gadget.after()), Action::Errno(11)).load();
    assert_eq!(gadget.call(nr), -11);
    assert!(!deed.took_effect(), "there is a child");
}

/// SIGSYS is not sent: its handler does not run, and its default does not kill.
#[rstest]
#[case::handled(|| ())]
#[case::default(sigsys::default)]
#[case::blocked(sigsys::block)]
#[harness::test(clause = NOW_ACT_ERRNO, needs = [SECCOMP_FILTER])]
fn a_refused_call_sends_no_signal(#[case] prepare: fn()) {
    let log = sigsys::handle();
    prepare();
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(5));
    assert_eq!((gadget.call(NR), log.count()), (-5, 0));
    assert_eq!(fixtures::observable_call::pending(), 0);
}

/// A kernel that loses a register or a flag on the way that skips the call.
#[rstest]
#[case::error(5)]
#[case::none(0)]
#[harness::test(clause = [NOW_ACT_ERRNO, INT_TRAP_REGISTERS], needs = [SECCOMP_FILTER])]
fn a_refused_call_changes_its_result_alone(#[case] errno: u16) {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(errno));
    let flags = 0x202 | STATUS_FLAGS;
    let before = Registers::pattern().with(Reg::Rax, NR as u64).with(Reg::Flags, flags);
    let after = gadget.call_with(before);
    for reg in Reg::VALUES {
        let own = [Reg::Rax, Reg::Rcx, Reg::R11].contains(&reg);
        assert!(own || after[reg] == before[reg], "{reg:?} is not as it was");
    }
    assert_eq!(after[Reg::Flags] & PROGRAM_FLAGS, flags);
    assert_eq!(after[Reg::Rax] as i64, -i64::from(errno));
}

/// A kernel that comes back from a refused call with the RCX and R11 of before the instruction.
#[harness::test(clause = NOW_ACT_ERRNO, needs = [SECCOMP_FILTER, NO_FRED])]
fn a_refused_call_leaves_rcx_and_r11_like_any_call() {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(5));
    let after = gadget.call_with(Registers::pattern().with(Reg::Rax, NR as u64));
    assert_eq!(gadget.place(after[Reg::Rcx]), Place::AFTER);
    assert_eq!(after[Reg::R11] & PROGRAM_FLAGS, 0x202);
}

/// A kernel whose way out of a refused int 0x80 leaves other registers than an unknown call's.
#[harness::test(clause = [NOW_ACT_ERRNO, INT_ABI_INT80], needs = [SECCOMP_FILTER, INT80])]
fn a_refused_int80_changes_its_result_alone() {
    let gadget = Gadget::int80();
    filter::load(NR_32 as u32, Action::Errno(5));
    let before = Registers::pattern().with(Reg::Rax, NR_32 as u64);
    let native = Registers::pattern().with(Reg::Rax, UNASSIGNED as u64);
    let (after, native) = (gadget.call_with(before), gadget.call_with(native));
    for reg in Reg::VALUES.into_iter().filter(|reg| *reg != Reg::Rax) {
        assert!(after[reg] == native[reg], "{reg:?} is not what another int 0x80 leaves there");
    }
    assert_eq!((after[Reg::Rax] as i64, native[Reg::Rax] as i64), (-5, -ENOSYS));
}

/// Numbers that no table holds are refused all the same; their neighbours are not.
#[rstest]
#[case::in_the_gap(400)]
#[case::x32_range(512)]
#[case::past_every_table(UNASSIGNED)]
#[case::greatest_int(0x7fff_ffff)]
#[case::x32_getpid(0x4000_0027)]
#[case::minus_two(-2)]
#[case::restartsys(-512)]
#[case::restartnointr(-513)]
#[case::least_int(-0x8000_0000)]
#[harness::test(clause = [NOW_ACT_ERRNO, INT_TRAP_NUMBERS, NOW_DATA_NR], needs = [SECCOMP_FILTER])]
fn a_number_of_any_shape_is_refused(#[case] nr: i64) {
    let gadget = Gadget::syscall();
    filter::load(nr as u32, Action::Errno(77));
    assert_eq!(gadget.call(nr), -77);
    assert_eq!((gadget.call(nr ^ 1), gadget.call(nr ^ 2)), (-ENOSYS, -ENOSYS));
}

/// -1 is also how the kernel says "no call".
#[rstest]
#[case::all_bits(-1)]
#[case::low_half(0xffff_ffff)]
#[harness::test(clause = [NOW_ACT_ERRNO, INT_ABI_NEGATIVE_ONE], needs = [SECCOMP_FILTER])]
fn minus_one_is_refused(#[case] nr: i64) {
    let gadget = Gadget::syscall();
    filter::load(u32::MAX, Action::Errno(77));
    assert_eq!((gadget.call(nr), gadget.call(-2)), (-77, -ENOSYS));
}

/// Each call is decided anew: neither the refusal nor the permission stays.
#[harness::test(clause = [NOW_ACT_ERRNO, ALLOW_EXECUTES], needs = [SECCOMP_FILTER])]
fn calls_are_refused_and_made_by_turns() {
    let gadget = Gadget::syscall();
    let refused = number(SYS_getpid).and(Word::argument_low(0).is(1));
    Filter::only(refused, Action::Errno(5)).load();
    let call = |argument: usize| gadget.call_args(39, [argument, 0, 0, 0, 0, 0]);
    for _ in 0..100 {
        assert_eq!((call(1), child::is_own_pid(call(0))), (-5, true));
    }
}

/// The other ABI's number is another call: getppid is 64 there, which is semget here.
#[harness::test(
    clause = [NOW_PITFALL_CHECK_ARCH, NOW_DATA_ARCH, INT_ABI_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_number_alone_misses_the_other_abi() {
    let [plain, int80] = [Gadget::syscall(), Gadget::int80()];
    let parent = plain.call(NR);
    let semget = |entry: &Gadget| entry.call_args(NR_32, [0, 0, 0, 0, 0, 0]);
    let before = semget(&plain);
    Filter::only(number(NR), Action::Errno(5)).load();
    assert_eq!((plain.call(NR), int80.call(NR_32) == parent), (-5, true));
    Filter::only(number(NR_32).and(filter::made_by(Entry::Int80)), Action::Errno(6)).load();
    assert_eq!((int80.call(NR_32), semget(&plain), plain.call(NR)), (-6, before, -5));
}
