//! Numbers of every shape are intercepted alike, and reach the handler as they were made.

use crate::clauses::*;
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{Dispatch, Intercepts, Mechanism, Trap, Word};
use fixtures::needs::{DISPATCH, INT80, SECCOMP_FILTER};
use fixtures::{Delivery, Entry, Reg, Registers, sigsys};
use rstest::rstest;
use sys::uapi::{
    EINTR, ENOSYS, SYS_execve, SYS_exit, SYS_exit_group, SYS_fork, SYS_getpid, SYS_prctl, SYS_read,
    SYS_restart_syscall, SYS_rt_sigreturn, SYS_seccomp, SYS_write,
};

/// Not 0, so that a lost value is seen.
const DATA: u16 = 0x1234;

/// What became of one call, but for registers that hold no number.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    signals: u64,
    code: i32,
    errno: i32,
    syscall: i32,
    arch: u32,
    saved_rax: Word,
    saved_rip: Place,
    result: Word,
}

fn seen(scene: &impl Intercepts, rax: u64) -> Seen {
    let gadget = scene.gadget();
    let word = |found| Word::of(found, rax, gadget.entry());
    scene.log().clear();
    let after = scene.number_intercepted(Registers::pattern().with(Reg::Rax, rax));
    let caught = scene.log().delivery(0);
    let of = |field: fn(&Delivery) -> u64| caught.as_ref().map_or(0, field);
    Seen {
        signals: scene.log().count(),
        code: of(|caught| caught.code() as u64) as i32,
        errno: of(|caught| caught.errno() as u64) as i32,
        syscall: of(|caught| caught.syscall() as u64) as i32,
        arch: of(|caught| u64::from(caught.arch())) as u32,
        saved_rax: word(of(|caught| caught.reg(Reg::Rax))),
        saved_rip: gadget.place(of(|caught| caught.reg(Reg::Rip))),
        result: word(after[Reg::Rax]),
    }
}

/// `rax` is what the ABI keeps of the number.
fn expected<M: Mechanism>(by: M, entry: Entry, rax: u64) -> Seen {
    Seen {
        signals: 1,
        code: M::CODE,
        errno: by.si_errno(DATA),
        syscall: rax as u32 as i32,
        arch: entry.audit_arch(),
        saved_rax: Word::Number,
        saved_rip: Place::AFTER,
        result: Word::Number,
    }
}

/// Each number is intercepted, and reaches the handler as the ABI keeps it: (number, what is kept).
fn each_reaches_the_handler(
    by: impl Mechanism,
    entry: Entry,
    numbers: impl IntoIterator<Item = (u64, u64)>,
) {
    let scene = by.every_number(Gadget::new(entry), sigsys::handle(), DATA);
    for (rax, kept) in numbers {
        assert_eq!(seen(&scene, rax), expected(by, entry, kept));
    }
}

fn reaches_the_handler(by: impl Mechanism, rax: u64) {
    each_reaches_the_handler(by, Entry::Syscall, [(rax, rax)]);
}

/// 335 and 336 are cases of their own: newer kernels let no filter refuse them.
#[rstest]
#[case::read(SYS_read as u64)]
#[case::write(SYS_write as u64)]
#[case::rt_sigreturn(SYS_rt_sigreturn as u64)]
#[case::getpid(SYS_getpid as u64)]
#[case::fork(SYS_fork as u64)]
#[case::execve(SYS_execve as u64)]
#[case::exit(SYS_exit as u64)]
#[case::prctl(SYS_prctl as u64)]
#[case::restart_syscall(SYS_restart_syscall as u64)]
#[case::exit_group(SYS_exit_group as u64)]
#[case::seccomp(SYS_seccomp as u64)]
#[case::below_uretprobe(334)]
#[case::unassigned(500)]
#[case::x32_range(512)]
#[case::past_every_table(0x3fff)]
#[case::low_byte_only(0x3f00)]
#[case::sixteen_bits(0xffff)]
#[case::negative_in_16_bits(0x8027)]
#[case::seventeen_bits(0x1_0027)]
#[case::big(0x1234_5678)]
#[case::greatest_int(0x7fff_ffff)]
#[harness::test(
    catches = "a kernel that exempts some numbers, such as sigreturn's or unknown ones, or truncates them",
    dispatch(clause = [DISPATCH_SCOPE_ANY_ABI, DISPATCH_SIGINFO_SYSCALL], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_ANY_NUMBER, SECCOMP_TRAP_SYSCALL], needs = [SECCOMP_FILTER]),
)]
fn a_number_is_intercepted_as_it_is(
    #[case] rax: u64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    reaches_the_handler(by, rax);
}

/// Rows of the table above for dispatch alone.
#[rstest]
#[case::uprobe(336)]
#[harness::test(
    catches = "a kernel that exempts uprobe(2) from dispatch, as it exempts it from filters",
    clause = [DISPATCH_SCOPE_ANY_ABI, DISPATCH_SIGINFO_SYSCALL],
    needs = [DISPATCH],
)]
fn a_number_is_dispatched_as_it_is(#[case] rax: u64) {
    reaches_the_handler(Dispatch, rax);
}

/// Rows of the table above for filters alone.
#[rstest]
#[case::in_the_gap(400)]
#[case::end_of_x32_range(547)]
#[harness::test(
    catches = "a kernel that fails unassigned numbers below the end of its table before it runs filters",
    clause = [SECCOMP_TRAP_ANY_NUMBER, SECCOMP_TRAP_SYSCALL],
    needs = [SECCOMP_FILTER],
)]
fn a_number_is_trapped_as_it_is(#[case] rax: u64) {
    reaches_the_handler(Trap, rax);
}

#[rstest]
#[case::getpid(0x4000_0000 | 39)]
#[case::read(0x4000_0000)]
#[case::x32_only(0x4000_0000 | 520)]
#[case::rt_sigreturn(0x4000_0000 | 513)]
#[case::every_bit_but_it(0xbfff_ffff)]
#[harness::test(
    catches = "a kernel that strips bit 30 from the number, or reports such a call under another ABI",
    dispatch(
        clause = [DISPATCH_NUMBER_X32_BIT, DISPATCH_SIGINFO_SYSCALL, DISPATCH_SIGINFO_ARCH],
        needs = [DISPATCH],
    ),
    trap(
        clause = [
            SECCOMP_TRAP_ANY_NUMBER, DISPATCH_NUMBER_X32_BIT, SECCOMP_TRAP_SYSCALL,
            SECCOMP_TRAP_ARCH, SECCOMP_DATA_X32,
        ],
        needs = [SECCOMP_FILTER],
    ),
)]
fn the_x32_bit_is_visible(#[case] rax: u64, #[values(Dispatch, Trap)] by: impl Mechanism) {
    reaches_the_handler(by, rax);
}

/// The numbers -512, -513, -514 and -516 are cases of their own (`restart.rs`).
#[rstest]
#[case::minus_two(-2)]
#[case::eintr(-EINTR)]
#[case::enosys(-ENOSYS)]
#[case::before_the_restart_codes(-511)]
#[case::between_the_restart_codes(-515)]
#[case::after_the_restart_codes(-517)]
#[case::greatest_error(-4095)]
#[case::no_error(-4096)]
#[case::least_int(i64::from(i32::MIN))]
#[case::least(i64::MIN)]
#[harness::test(
    catches = "a kernel that takes a negative number for an error, or for no call at all",
    dispatch(clause = [DISPATCH_SCOPE_ANY_ABI, DISPATCH_SIGINFO_SYSCALL], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_ANY_NUMBER, SECCOMP_TRAP_SYSCALL], needs = [SECCOMP_FILTER]),
)]
fn a_negative_number_is_intercepted_as_it_is(
    #[case] nr: i64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    reaches_the_handler(by, nr as u64);
}

/// With all bits, and with the low half alone.
#[rstest]
#[case::sixty_four_bits(u64::MAX)]
#[case::low_half(0xffff_ffff)]
#[case::positive_with_a_low_half_of_it(0x7fff_ffff_ffff_ffff)]
#[harness::test(
    catches = "a kernel that takes the number -1, its own mark of a skipped call, for no call",
    dispatch(clause = [DISPATCH_NUMBER_MINUS_ONE, DISPATCH_RESULT_DEFAULT], needs = [DISPATCH]),
    trap(
        clause = [SECCOMP_TRAP_ANY_NUMBER, DISPATCH_NUMBER_MINUS_ONE, SECCOMP_TRAP_RESULT_REGISTER],
        needs = [SECCOMP_FILTER],
    ),
)]
fn minus_one_is_intercepted(#[case] rax: u64, #[values(Dispatch, Trap)] by: impl Mechanism) {
    reaches_the_handler(by, rax);
}

/// The low half alone is an assigned number, an unassigned number, or -38 or a restart code.
#[rstest]
#[case::over_getpid(0x7700_0000_0000_0027)]
#[case::sign_over_getpid(1 << 63 | 39)]
#[case::bit_32_over_read(1 << 32)]
#[case::bit_32_over_exit(1 << 32 | 60)]
#[case::ones_over_getpid(0xffff_ffff_0000_0027)]
#[case::zeros_over_a_negative(0xffff_ffda)]
#[case::zeros_over_a_restart_code(0xffff_fe00)]
#[case::bits_over_a_restart_code(0x7fff_ffff_ffff_fe00)]
#[harness::test(
    catches = "a kernel that truncates RAX to 32 bits, or sign-extends it, in the frame or in the result",
    dispatch(clause = [DISPATCH_NUMBER_UPPER_HALF, DISPATCH_RESULT_DEFAULT], needs = [DISPATCH]),
    trap(
        clause = [
            SECCOMP_TRAP_ANY_NUMBER, DISPATCH_NUMBER_UPPER_HALF, SECCOMP_TRAP_RESULT_REGISTER,
            SECCOMP_DATA_UPPER_HALF,
        ],
        needs = [SECCOMP_FILTER],
    ),
)]
fn the_upper_half_is_kept_in_the_register_alone(
    #[case] rax: u64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    reaches_the_handler(by, rax);
}

/// The number is EAX.
#[rstest]
#[case::restart_syscall(0, 0)]
#[case::exit(1, 1)]
#[case::getpid(20, 20)]
#[case::sigreturn(119, 119)]
#[case::rt_sigreturn(173, 173)]
#[case::past_every_table(0x3fff, 0x3fff)]
#[case::x32_bit(0x4000_0014, 0x4000_0014)]
#[case::greatest_int(0x7fff_ffff, 0x7fff_ffff)]
#[case::least_int(0x8000_0000, 0x8000_0000)]
#[case::minus_two(0xffff_fffe, 0xffff_fffe)]
#[case::sign_extended_minus_38(-38_i64 as u64, 0xffff_ffda)]
#[case::upper_half(0x7700_0000_0000_0014, 0x14)]
#[case::sign_over_getpid(1 << 63 | 20, 20)]
#[case::bit_32_alone(1 << 32, 0)]
#[case::before_the_restart_codes(0xffff_fe01, 0xffff_fe01)]
#[case::between_the_restart_codes(0xffff_fdfd, 0xffff_fdfd)]
#[case::after_the_restart_codes(0xffff_fdfb, 0xffff_fdfb)]
#[harness::test(
    catches = "a kernel that keeps more of RAX than EAX, or sign-extends EAX, for an int 0x80",
    dispatch(clause = [DISPATCH_NUMBER_INT80, DISPATCH_SCOPE_ANY_ABI], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_ANY_NUMBER, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn int80_keeps_the_low_half_of_the_number(
    #[case] rax: u64,
    #[case] kept: u64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    each_reaches_the_handler(by, Entry::Int80, [(rax, kept)]);
}

#[rstest]
#[case::all_ones(u64::MAX, Dispatch)]
#[case::low_half(0xffff_ffff, Dispatch)]
#[case::all_ones_trapped(u64::MAX, Trap)]
#[harness::test(
    catches = "a kernel whose int 0x80 path takes -1 for no call, and fails it at once",
    dispatch(clause = [DISPATCH_NUMBER_MINUS_ONE, DISPATCH_NUMBER_INT80], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_ANY_NUMBER, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn minus_one_through_int80_is_intercepted(#[case] rax: u64, #[case] by: impl Mechanism) {
    each_reaches_the_handler(by, Entry::Int80, [(rax, 0xffff_ffff)]);
}

/// The 64-bit table and its gaps, with arguments that are valid nowhere.
#[rstest]
#[case::dispatch(0..1100, Dispatch)]
#[case::trap((0..1100).filter(|nr| ![335, 336].contains(nr)), Trap)]
#[harness::test(
    catches = "a kernel that makes or fails some numbers of its table before it intercepts",
    dispatch(
        clause = [DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY, DISPATCH_RESULT_NOT_EXECUTED],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_ANY_NUMBER, SECCOMP_TRAP_NOT_EXECUTED], needs = [SECCOMP_FILTER]),
)]
fn every_number_up_to_1100_is_intercepted(
    #[case] numbers: impl Iterator<Item = u64>,
    #[case] by: impl Mechanism,
) {
    each_reaches_the_handler(by, Entry::Syscall, numbers.map(|rax| (rax, rax)));
}

#[rstest]
#[harness::test(
    catches = "a kernel that fails 32-bit numbers that its table lacks before it intercepts",
    dispatch(
        clause = [DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY, DISPATCH_NUMBER_INT80],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_ANY_NUMBER, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn every_32_bit_number_up_to_1100_is_intercepted(#[values(Dispatch, Trap)] by: impl Mechanism) {
    each_reaches_the_handler(by, Entry::Int80, (0..1100).map(|rax| (rax, rax)));
}

/// Single bits and their complements, and numbers that are the same on every run.
#[rstest]
#[harness::test(
    catches = "a kernel that decides by single bits of the number",
    dispatch(
        clause = [DISPATCH_SCOPE_ANY_ABI, DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY],
        needs = [DISPATCH],
    ),
    trap(clause = SECCOMP_TRAP_ANY_NUMBER, needs = [SECCOMP_FILTER]),
)]
fn a_thousand_numbers_are_intercepted(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let bits = (0..64).flat_map(|bit| [1_u64 << bit, !(1 << bit)]);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let spread = std::iter::from_fn(|| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        Some(state)
    });
    let numbers = bits.chain(spread.take(1000));
    let is_restart_code = |rax: &u64| [-512, -513, -514, -516].contains(&(*rax as i64));
    let numbers = numbers.filter(|rax| !is_restart_code(rax));
    each_reaches_the_handler(by, Entry::Syscall, numbers.map(|rax| (rax, rax)));
}
