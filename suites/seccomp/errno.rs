//! SECCOMP_RET_ERRNO: the call is not executed and returns the filter's data as its error.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{self, Action, Filter, Word, instruction_pointer, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{INT80, NO_FRED, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::{Entry, PROGRAM_FLAGS, Reg, Registers, STATUS_FLAGS, child, sigsys, x32};
use rstest::rstest;
use sys::uapi::{EINVAL, ENOSYS, SYS_exit, SYS_exit_group, SYS_fork, SYS_getpid, SYS_vfork};

/// getppid takes no argument, and its own result is never an error.
const NR: i64 = 110;
const NR_32: i64 = 64;

/// The last four values are restart codes, on which the kernel would act were they a call's own result.
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
#[harness::test(
    clause = SECCOMP_ACTIONS_ERRNO,
    catches = "an errno above 133 or 255 cut or replaced, or -ERESTART* data that restarts the call \
        instead of failing it",
    needs = [SECCOMP_FILTER],
)]
fn the_data_is_the_error(#[case] errno: u16) {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(errno));
    assert_eq!(gadget.call(NR), -i64::from(errno));
    assert_eq!(gadget.call(NR), -i64::from(errno), "again");
}

#[rstest]
#[case::zero(0)]
#[case::one(1)]
#[case::enosys(ENOSYS as u16)]
#[case::greatest(4095)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, DISPATCH_NUMBER_INT80],
    catches = "data negated in 32 bits at int 0x80, so that RAX holds a positive number",
    needs = [SECCOMP_FILTER, INT80],
)]
fn the_data_is_the_error_of_int80(#[case] errno: u16) {
    let gadget = Gadget::int80();
    filter::load(NR_32 as u32, Action::Errno(errno));
    assert_eq!(gadget.call(NR_32), -i64::from(errno));
}

#[harness::test(
    clause = SECCOMP_ACTIONS_ERRNO_ZERO,
    catches = "data 0 that lets the call through, or that leaves the -ENOSYS preset at entry as the result",
    needs = [SECCOMP_FILTER],
)]
fn no_data_is_success_without_the_call() {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(0));
    assert_eq!((gadget.call(NR), gadget.call(UNASSIGNED)), (0, -ENOSYS));
}

#[rstest]
#[case::one_more(4096)]
#[case::greatest_i16(0x7fff)]
#[case::least_i16(0x8000)]
#[case::all_ones(0xffff)]
#[harness::test(
    clause = SECCOMP_ACTIONS_ERRNO_ALL_BITS,
    catches = "SECCOMP_RET_DATA above MAX_ERRNO clamped to 4095, where the manual has all 16 bits returned",
    needs = [SECCOMP_FILTER],
)]
fn all_16_bits_are_the_error(#[case] errno: u16) {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(errno));
    assert_eq!(gadget.call(NR), -i64::from(errno));
}

#[rstest]
#[case::one_more(4096)]
#[case::one_and_one_more(4097)]
#[case::two_bits(0x1800)]
#[case::greatest_i16(0x7fff)]
#[case::least_i16(0x8000)]
#[case::all_ones(0xffff)]
#[harness::test(
    clause = SECCOMP_ACTIONS_ERRNO,
    catches = "data above 4095 returned unclamped, which the C library takes for success",
    needs = [SECCOMP_FILTER],
)]
fn more_than_the_greatest_error_is_an_error_still(#[case] errno: u16) {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(errno));
    let result = gadget.call(NR);
    assert!((-4095..0).contains(&result), "the result {result} is no error");
    assert_eq!(result, -4095);
}

/// The filter returns the low half of the first argument, so that a single filter yields every error.
#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, SECCOMP_DATA_ARGS],
    catches = "any single errno from 0 to 4095 that is translated or dropped on the way to RAX",
    needs = [SECCOMP_FILTER],
)]
fn every_error_arrives() {
    let gadget = Gadget::syscall();
    let first = Word::argument_low(0);
    Filter::new().reveal(number(NR), Action::Errno(0), first, 0).load();
    let wrong = (0..=4095)
        .find(|errno: &i64| gadget.call_args(NR, [*errno as usize, 0, 0, 0, 0, 0]) != -errno);
    assert_eq!(wrong, None, "the first error that returns as another");
}

/// The effect of each call is checked under error 5, under error 0, and without a filter.
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
#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, SECCOMP_ACTIONS_ERRNO_ZERO, SECCOMP_ACTIONS_ALLOW],
    catches = "a call executed in spite of RET_ERRNO, with only its result replaced",
    needs = [SECCOMP_FILTER],
)]
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

#[rstest]
#[case::fork(SYS_fork)]
#[case::vfork(SYS_vfork)]
#[case::exit(SYS_exit)]
#[case::exit_group(SYS_exit_group)]
#[harness::test(
    clause = SECCOMP_ACTIONS_ERRNO,
    catches = "fork, vfork or an exit executed before the filter's verdict is applied",
    needs = [SECCOMP_FILTER],
)]
fn a_refused_call_neither_makes_nor_ends_a_process(#[case] nr: i64) {
    let deed = ObservableCall::fork();
    let gadget = Gadget::syscall();
    Filter::only(instruction_pointer(gadget.after()), Action::Errno(11)).load();
    assert_eq!(gadget.call(nr), -11);
    assert!(!deed.took_effect(), "there is a child");
}

#[rstest]
#[case::handled(|| ())]
#[case::default(sigsys::default)]
#[case::blocked(sigsys::block)]
#[harness::test(
    clause = SECCOMP_ACTIONS_ERRNO,
    catches = "RET_ERRNO that also queues SIGSYS, or that kills where SIGSYS has its default action",
    needs = [SECCOMP_FILTER],
)]
fn a_refused_call_sends_no_signal(#[case] prepare: fn()) {
    let log = sigsys::handle();
    prepare();
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(5));
    assert_eq!((gadget.call(NR), log.count()), (-5, 0));
    assert_eq!(fixtures::observable_call::pending(), 0);
}

#[rstest]
#[case::error(5)]
#[case::none(0)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, SECCOMP_TRAP_REGISTERS],
    catches = "a register or a flag lost on the exit path of a skipped call",
    needs = [SECCOMP_FILTER],
)]
fn a_refused_call_changes_its_result_alone(#[case] errno: u16) {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(errno));
    let flags = 0x202 | STATUS_FLAGS;
    let before = Registers::pattern().with(Reg::Rax, NR as u64).with(Reg::Flags, flags);
    let after = gadget.call_with(before);
    for reg in Reg::VALUES {
        let own = [Reg::Rax, Reg::Rcx, Reg::R11].contains(&reg);
        assert!(own || after[reg] == before[reg], "{reg:?} changed");
    }
    assert_eq!(after[Reg::Flags] & PROGRAM_FLAGS, flags);
    assert_eq!(after[Reg::Rax] as i64, -i64::from(errno));
}

#[harness::test(
    clause = SECCOMP_ACTIONS_ERRNO,
    catches = "a skipped SYSCALL that returns with the RCX and R11 from before the instruction",
    needs = [SECCOMP_FILTER, NO_FRED],
)]
fn a_refused_call_leaves_rcx_and_r11_like_any_call() {
    let gadget = Gadget::syscall();
    filter::load(NR as u32, Action::Errno(5));
    let after = gadget.call_with(Registers::pattern().with(Reg::Rax, NR as u64));
    assert_eq!(gadget.place(after[Reg::Rcx]), Place::AFTER);
    assert_eq!(after[Reg::R11] & PROGRAM_FLAGS, 0x202);
}

#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, DISPATCH_NUMBER_INT80],
    catches = "a skipped int 0x80 that leaves other registers than an unassigned number does",
    needs = [SECCOMP_FILTER, INT80],
)]
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
#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, SECCOMP_TRAP_ANY_NUMBER, SECCOMP_DATA_NUMBER],
    catches = "numbers outside the table, negative or with the x32 bit, that return -ENOSYS before the \
        filter runs",
    needs = [SECCOMP_FILTER],
)]
fn a_number_of_any_shape_is_refused(#[case] nr: i64) {
    let nr = x32::unknown(nr);
    let gadget = Gadget::syscall();
    filter::load(nr as u32, Action::Errno(77));
    assert_eq!(gadget.call(nr), -77);
    assert_eq!((gadget.call(nr ^ 1), gadget.call(nr ^ 2)), (-ENOSYS, -ENOSYS));
}

#[rstest]
#[case::all_bits(-1)]
#[case::low_half(0xffff_ffff)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, DISPATCH_NUMBER_MINUS_ONE],
    catches = "nr -1 taken for an already skipped call, so that the filter's error is not applied",
    needs = [SECCOMP_FILTER],
)]
fn minus_one_is_refused(#[case] nr: i64) {
    let gadget = Gadget::syscall();
    filter::load(u32::MAX, Action::Errno(77));
    assert_eq!((gadget.call(nr), gadget.call(-2)), (-77, -ENOSYS));
}

#[harness::test(
    clause = [SECCOMP_ACTIONS_ERRNO, SECCOMP_ACTIONS_ALLOW],
    catches = "a verdict that persists from one call to the next of the same number",
    needs = [SECCOMP_FILTER],
)]
fn calls_are_refused_and_made_by_turns() {
    let gadget = Gadget::syscall();
    let refused = number(SYS_getpid).and(Word::argument_low(0).is(1));
    Filter::only(refused, Action::Errno(5)).load();
    let call = |argument: usize| gadget.call_args(39, [argument, 0, 0, 0, 0, 0]);
    for _ in 0..100 {
        assert_eq!((call(1), child::is_own_pid(call(0))), (-5, true));
    }
}

/// getppid is 64 in the 32-bit table; 64 is semget in the 64-bit table.
#[harness::test(
    clause = [SECCOMP_DATA_CHECK_ARCH, SECCOMP_DATA_ARCH, DISPATCH_NUMBER_INT80],
    catches = "an int 0x80 number translated to the 64-bit table before the filter reads it, or an arch \
        that is ignored",
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
