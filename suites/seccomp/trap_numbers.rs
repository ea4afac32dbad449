//! Numbers of every shape are trapped alike, and reach the handler as they were made.

use crate::clauses::*;
use fixtures::filter::Word as Shown;
use fixtures::gadget::Place;
use fixtures::intercepted::Word;
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::trapped::TrappedGadget;
use fixtures::{Delivery, Entry, Reg, Registers};
use rstest::rstest;
use sys::uapi::{
    EINTR, ENOSYS, SYS_SECCOMP, SYS_execve, SYS_exit, SYS_exit_group, SYS_fork, SYS_getpid,
    SYS_prctl, SYS_read, SYS_restart_syscall, SYS_rt_sigreturn, SYS_seccomp, SYS_write,
};

/// Any but 0, so that a lost one is seen.
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

fn seen(scene: &TrappedGadget, rax: u64) -> Seen {
    let word = |found| Word::of(found, rax, scene.gadget.entry());
    scene.log.clear();
    let after = scene.gadget.call_with(Registers::pattern().with(Reg::Rax, rax));
    let caught = scene.log.delivery(0);
    let of = |field: fn(&Delivery) -> u64| caught.as_ref().map_or(0, field);
    Seen {
        signals: scene.log.count(),
        code: of(|caught| caught.code() as u64) as i32,
        errno: of(|caught| caught.errno() as u64) as i32,
        syscall: of(|caught| caught.syscall() as u64) as i32,
        arch: of(|caught| u64::from(caught.arch())) as u32,
        saved_rax: word(of(|caught| caught.reg(Reg::Rax))),
        saved_rip: scene.gadget.place(of(|caught| caught.reg(Reg::Rip))),
        result: word(after[Reg::Rax]),
    }
}

/// `rax` is what the ABI keeps of the number.
fn expected(entry: Entry, rax: u64) -> Seen {
    Seen {
        signals: 1,
        code: SYS_SECCOMP,
        errno: i32::from(DATA),
        syscall: rax as u32 as i32,
        arch: entry.audit_arch(),
        saved_rax: Word::Number,
        saved_rip: Place::AFTER,
        result: Word::Number,
    }
}

/// 335 and 336 are cases of their own (`data.rs`).
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
#[case::in_the_gap(400)]
#[case::unassigned(500)]
#[case::x32_range(512)]
#[case::end_of_x32_range(547)]
#[case::past_every_table(0x3fff)]
#[case::low_byte_only(0x3f00)]
#[case::sixteen_bits(0xffff)]
#[case::negative_in_16_bits(0x8027)]
#[case::seventeen_bits(0x1_0027)]
#[case::big(0x1234_5678)]
#[case::greatest_int(0x7fff_ffff)]
#[harness::test(clause = [SECCOMP_TRAP_ANY_NUMBER, SECCOMP_TRAP_SYSCALL], needs = [SECCOMP_FILTER])]
fn a_number_is_trapped_as_it_is(#[case] rax: u64) {
    let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
    assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
}

/// A kernel that takes the x32 bit out of si_syscall or RAX, or gives such calls an ABI of their own.
#[rstest]
#[case::getpid(0x4000_0000 | 39)]
#[case::read(0x4000_0000)]
#[case::x32_only(0x4000_0000 | 520)]
#[case::rt_sigreturn(0x4000_0000 | 513)]
#[case::every_bit_but_it(0xbfff_ffff)]
#[harness::test(
    clause = [
        SECCOMP_TRAP_ANY_NUMBER,
        DISPATCH_NUMBER_X32_BIT,
        SECCOMP_TRAP_SYSCALL,
        SECCOMP_TRAP_ARCH,
        SECCOMP_DATA_X32,
    ],
    needs = [SECCOMP_FILTER],
)]
fn the_x32_bit_is_visible(#[case] rax: u64) {
    let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
    assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
}

/// The numbers -512, -513, -514 and -516 are cases of their own (`trap_restart.rs`).
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
#[harness::test(clause = [SECCOMP_TRAP_ANY_NUMBER, SECCOMP_TRAP_SYSCALL], needs = [SECCOMP_FILTER])]
fn a_negative_number_is_trapped_as_it_is(#[case] nr: i64) {
    let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
    assert_eq!(seen(&scene, nr as u64), expected(Entry::Syscall, nr as u64));
}

/// -1 is also how the kernel says "no call": with all bits, and with the low half alone.
#[rstest]
#[case::sixty_four_bits(u64::MAX)]
#[case::low_half(0xffff_ffff)]
#[case::positive_with_a_low_half_of_it(0x7fff_ffff_ffff_ffff)]
#[harness::test(
    clause = [SECCOMP_TRAP_ANY_NUMBER, DISPATCH_NUMBER_MINUS_ONE, SECCOMP_TRAP_RESULT_REGISTER],
    needs = [SECCOMP_FILTER],
)]
fn minus_one_is_trapped(#[case] rax: u64) {
    let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
    assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
}

/// The low half alone is a call the kernel knows, or one it does not, or none.
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
    clause = [
        SECCOMP_TRAP_ANY_NUMBER,
        DISPATCH_NUMBER_UPPER_HALF,
        SECCOMP_TRAP_RESULT_REGISTER,
        SECCOMP_DATA_UPPER_HALF,
    ],
    needs = [SECCOMP_FILTER],
)]
fn the_upper_half_is_kept_in_the_register_alone(#[case] rax: u64) {
    let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
    assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
}

/// The number is EAX: what is above is gone from the saved register and from the result.
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
#[case::minus_one(u64::MAX, 0xffff_ffff)]
#[case::minus_two(0xffff_fffe, 0xffff_fffe)]
#[case::sign_extended_minus_38(-38_i64 as u64, 0xffff_ffda)]
#[case::upper_half(0x7700_0000_0000_0014, 0x14)]
#[case::sign_over_getpid(1 << 63 | 20, 20)]
#[case::bit_32_alone(1 << 32, 0)]
#[case::before_the_restart_codes(0xffff_fe01, 0xffff_fe01)]
#[case::between_the_restart_codes(0xffff_fdfd, 0xffff_fdfd)]
#[case::after_the_restart_codes(0xffff_fdfb, 0xffff_fdfb)]
#[harness::test(
    clause = [SECCOMP_TRAP_ANY_NUMBER, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn int80_keeps_the_low_half_of_the_number(#[case] rax: u64, #[case] kept: u64) {
    let scene = TrappedGadget::every_number(Entry::Int80, DATA);
    assert_eq!(seen(&scene, rax), expected(Entry::Int80, kept));
}

/// All of both tables and their gaps, with arguments that are valid nowhere.
#[harness::test(
    clause = [SECCOMP_TRAP_ANY_NUMBER, SECCOMP_TRAP_NOT_EXECUTED],
    needs = [SECCOMP_FILTER],
)]
fn every_number_up_to_1100_is_trapped() {
    let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
    for rax in (0..1100).filter(|rax| ![335, 336].contains(rax)) {
        assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
    }
}

/// A kernel that fails 32-bit numbers its table lacks, or past its end, before it asks the filter.
#[harness::test(
    clause = [SECCOMP_TRAP_ANY_NUMBER, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn every_32_bit_number_up_to_1100_is_trapped() {
    let scene = TrappedGadget::every_number(Entry::Int80, DATA);
    for rax in 0..1100 {
        assert_eq!(seen(&scene, rax), expected(Entry::Int80, rax));
    }
}

/// Single bits and their complements; the same thousand on every run.
#[harness::test(clause = SECCOMP_TRAP_ANY_NUMBER, needs = [SECCOMP_FILTER])]
fn a_thousand_numbers_are_trapped() {
    let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
    let bits = (0..64).flat_map(|bit| [1_u64 << bit, !(1 << bit)]);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let spread = std::iter::from_fn(|| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        Some(state)
    });
    let numbers = bits.chain(spread.take(1000));
    for rax in numbers.filter(|rax| ![-512, -513, -514, -516].contains(&(*rax as i64))) {
        assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
    }
}

/// The filter's own view of the number, in two halves: what the handler is told is what was decided on.
#[rstest]
#[case::low_bits(0)]
#[case::high_bits(16)]
#[harness::test(clause = [SECCOMP_DATA_NUMBER, SECCOMP_TRAP_SYSCALL], needs = [SECCOMP_FILTER])]
fn the_filter_and_the_handler_see_the_same_number(#[case] shift: u32) {
    let scene = TrappedGadget::revealing(Entry::Syscall, Shown::NUMBER, shift);
    for rax in [0, 39, 0x1234_5678, 0x4000_0027, 0x7fff_ffff, 0x8000_0000, u64::MAX, 1 << 32 | 60] {
        let caught = scene.delivery(rax);
        let shown = rax as u32 >> shift & 0xffff;
        assert_eq!((caught.syscall(), caught.errno()), (rax as i32, shown as i32));
    }
}
