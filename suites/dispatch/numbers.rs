//! Numbers of every shape are dispatched alike, and reach the handler as they were made.

use crate::clauses::*;
use fixtures::call_outcome::{DispatchedGadget, UNASSIGNED};
use fixtures::filter::{self, Action};
use fixtures::gadget::Place;
use fixtures::intercepted::Word;
use fixtures::needs::{DISPATCH, INT80, INT80_OFF, SECCOMP_FILTER};
use fixtures::sigsys::{self};
use fixtures::{Delivery, Entry, Reg, Registers, WaitStatus, child};
use rstest::rstest;
use sys::uapi::{
    EINTR, ENOSYS, SIGSEGV, SIGSYS, SYS_USER_DISPATCH, SYS_execve, SYS_exit, SYS_exit_group,
    SYS_fork, SYS_getpid, SYS_prctl, SYS_read, SYS_restart_syscall, SYS_rt_sigreturn, SYS_seccomp,
    SYS_write,
};

/// What became of one call, but for registers that hold no number.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    signals: u64,
    code: i32,
    syscall: i32,
    arch: u32,
    saved_rax: Word,
    saved_rip: Place,
    result: Word,
}

fn seen(scene: &DispatchedGadget, rax: u64) -> Seen {
    let word = |found| Word::of(found, rax, scene.gadget.entry());
    scene.log.clear();
    let after = scene.call_with(Registers::pattern().with(Reg::Rax, rax));
    let caught = scene.log.delivery(0);
    let of = |field: fn(&Delivery) -> u64| caught.as_ref().map_or(0, field);
    Seen {
        signals: scene.log.count(),
        code: of(|caught| caught.code() as u64) as i32,
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
        code: SYS_USER_DISPATCH,
        syscall: rax as u32 as i32,
        arch: entry.audit_arch(),
        saved_rax: Word::Number,
        saved_rip: Place::AFTER,
        result: Word::Number,
    }
}

/// A kernel that keeps some numbers from dispatch, such as sigreturn's or unknown ones, or cuts them
/// short.
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
#[case::uprobe(336)]
#[case::unassigned(500)]
#[case::x32_range(512)]
#[case::past_every_table(0x3fff)]
#[case::low_byte_only(0x3f00)]
#[case::sixteen_bits(0xffff)]
#[case::negative_in_16_bits(0x8027)]
#[case::seventeen_bits(0x1_0027)]
#[case::big(0x1234_5678)]
#[case::greatest_int(0x7fff_ffff)]
#[harness::test(clause = [DISPATCH_SCOPE_ANY_ABI, DISPATCH_SIGINFO_SYSCALL], needs = [DISPATCH])]
fn a_number_is_dispatched_as_it_is(#[case] rax: u64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
}

/// A kernel that strips bit 30 from the number, or reports such a call under an ABI of its own.
#[rstest]
#[case::getpid(0x4000_0000 | 39)]
#[case::read(0x4000_0000)]
#[case::x32_only(0x4000_0000 | 520)]
#[case::rt_sigreturn(0x4000_0000 | 513)]
#[case::every_bit_but_it(0xbfff_ffff)]
#[harness::test(
    clause = [DISPATCH_NUMBER_X32_BIT, DISPATCH_SIGINFO_SYSCALL, DISPATCH_SIGINFO_ARCH],
    needs = [DISPATCH],
)]
fn the_x32_bit_is_visible(#[case] rax: u64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
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
#[harness::test(clause = [DISPATCH_SCOPE_ANY_ABI, DISPATCH_SIGINFO_SYSCALL], needs = [DISPATCH])]
fn a_negative_number_is_dispatched_as_it_is(#[case] nr: i64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!(seen(&scene, nr as u64), expected(Entry::Syscall, nr as u64));
}

/// -1 is also how the kernel says "no call": with all bits, and with the low half alone.
#[rstest]
#[case::sixty_four_bits(u64::MAX)]
#[case::low_half(0xffff_ffff)]
#[case::positive_with_a_low_half_of_it(0x7fff_ffff_ffff_ffff)]
#[harness::test(clause = [DISPATCH_NUMBER_MINUS_ONE, DISPATCH_RESULT_DEFAULT], needs = [DISPATCH])]
fn minus_one_is_dispatched(#[case] rax: u64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
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
#[harness::test(clause = [DISPATCH_NUMBER_UPPER_HALF, DISPATCH_RESULT_DEFAULT], needs = [DISPATCH])]
fn the_upper_half_is_kept_in_the_register_alone(#[case] rax: u64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
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
#[case::minus_two(0xffff_fffe, 0xffff_fffe)]
#[case::sign_extended_minus_38(-38_i64 as u64, 0xffff_ffda)]
#[case::upper_half(0x7700_0000_0000_0014, 0x14)]
#[case::sign_over_getpid(1 << 63 | 20, 20)]
#[case::bit_32_alone(1 << 32, 0)]
#[case::before_the_restart_codes(0xffff_fe01, 0xffff_fe01)]
#[case::between_the_restart_codes(0xffff_fdfd, 0xffff_fdfd)]
#[case::after_the_restart_codes(0xffff_fdfb, 0xffff_fdfb)]
#[harness::test(
    clause = [DISPATCH_NUMBER_INT80, DISPATCH_SCOPE_ANY_ABI],
    needs = [DISPATCH, INT80],
)]
fn int80_keeps_the_low_half_of_the_number(#[case] rax: u64, #[case] kept: u64) {
    let scene = DispatchedGadget::new(Entry::Int80);
    assert_eq!(seen(&scene, rax), expected(Entry::Int80, kept));
}

/// A kernel whose int 0x80 path takes -1 for no call and answers it at once.
#[rstest]
#[case::all_ones(u64::MAX)]
#[case::low_half(0xffff_ffff)]
#[harness::test(
    clause = [DISPATCH_NUMBER_MINUS_ONE, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn minus_one_through_int80_is_dispatched(#[case] rax: u64) {
    let scene = DispatchedGadget::new(Entry::Int80);
    assert_eq!(seen(&scene, rax), expected(Entry::Int80, 0xffff_ffff));
}

/// A filter cannot refuse this number on newer kernels; dispatch does not ask one.
#[harness::test(clause = DISPATCH_NUMBER_URETPROBE, needs = [DISPATCH, SECCOMP_FILTER])]
fn uretprobe_is_dispatched_under_a_filter() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!(seen(&scene, 335), expected(Entry::Syscall, 335));
    filter::load(335, Action::Errno(7));
    assert_eq!(seen(&scene, 335), expected(Entry::Syscall, 335));
}

/// All of both tables and their gaps, with arguments that are valid nowhere.
#[harness::test(
    clause = [DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY, DISPATCH_RESULT_NOT_EXECUTED],
    needs = [DISPATCH],
)]
fn every_number_up_to_1100_is_dispatched() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    for rax in 0..1100 {
        assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
    }
}

/// A kernel that answers some 32-bit calls before dispatch, or those in the gaps of that table.
#[harness::test(
    clause = [DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn every_32_bit_number_up_to_1100_is_dispatched() {
    let scene = DispatchedGadget::new(Entry::Int80);
    for rax in 0..1100 {
        assert_eq!(seen(&scene, rax), expected(Entry::Int80, rax));
    }
}

/// Single bits and their complements; the same thousand on every run.
#[harness::test(
    clause = [DISPATCH_SCOPE_ANY_ABI, DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY],
    needs = [DISPATCH],
)]
fn a_thousand_numbers_are_dispatched() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    for bit in 0..64 {
        for rax in [1 << bit, !(1 << bit)] {
            if !is_restart_code(rax) {
                assert_eq!(seen(&scene, rax), expected(Entry::Syscall, rax));
            }
        }
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..1000 {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        assert_eq!(seen(&scene, state), expected(Entry::Syscall, state));
    }
}

fn is_restart_code(rax: u64) -> bool {
    [-512, -513, -514, -516].contains(&(rax as i64))
}

/// The same address and byte decide the same, whatever number and arguments go with them.
#[harness::test(clause = DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY, needs = [DISPATCH])]
fn arguments_do_not_decide() {
    use Reg::{R8, R9, R10, Rdi, Rdx, Rsi};
    let scene = DispatchedGadget::new(Entry::Syscall);
    let arguments = [Rdi, Rsi, Rdx, R10, R8, R9];
    for value in [0, 1, 59, 0xffff_ffff, 0x8000_0000_0000_0000, u64::MAX] {
        for reg in arguments {
            // getpid takes none, so that the call that is let through is the same call.
            let registers = Registers::pattern().with(Reg::Rax, 39).with(reg, value);
            scene.log.clear();
            assert!(scene.call_with(registers)[Reg::Rax] == 39, "the result is not the number");
            let caught = scene.log.delivery(0).expect("the handler runs");
            assert_eq!((scene.log.count(), caught.reg(reg)), (1, value));
            let native = scene.gadget.call_with(registers)[Reg::Rax] as i64;
            assert_eq!((scene.log.count(), child::is_own_pid(native)), (1, true));
        }
    }
}

/// Native calls of the same numbers, with the byte at ALLOW, meet no handler.
#[rstest]
#[case::unassigned(UNASSIGNED, -ENOSYS)]
#[case::negative(-2, -ENOSYS)]
#[case::big(0x1234_5678, -ENOSYS)]
#[harness::test(clause = DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY, needs = [DISPATCH])]
fn an_allowed_number_is_made_natively(#[case] nr: i64, #[case] result: i64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!((scene.gadget.call(nr), scene.log.count()), (result, 0));
    assert_eq!((scene.call(nr), scene.log.count()), (nr, 1));
    assert_eq!((scene.gadget.call(nr), scene.log.count()), (result, 1));
}

/// A kernel that dispatches an int 0x80 whatever the byte says, or looks its number up in the other
/// table.
#[harness::test(
    clause = [DISPATCH_NUMBER_INT80, DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY],
    needs = [DISPATCH, INT80],
)]
fn an_allowed_int80_is_made_natively() {
    let scene = DispatchedGadget::new(Entry::Int80);
    let made = || (child::is_own_pid(scene.gadget.call(20)), scene.log.count());
    assert_eq!(made(), (true, 0));
    assert!(!child::is_own_pid(scene.call(20)), "the dispatched call was made");
    assert_eq!(made(), (true, 1));
    assert_eq!((scene.gadget.call(UNASSIGNED), scene.log.count()), (-ENOSYS, 1));
}

/// The handler could be run for the fault too, so it counts.
#[harness::test(clause = DISPATCH_NUMBER_INT80_DISABLED, needs = [DISPATCH, INT80_OFF])]
fn int80_is_a_fault_where_it_is_switched_off() {
    let log = sigsys::handle();
    let end = child::fork(|| {
        let scene = DispatchedGadget::with(fixtures::gadget::Gadget::int80(), log);
        scene.call(20);
    });
    assert_eq!((end, log.count()), (WaitStatus::KilledBy(SIGSEGV), 0));
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!(scene.delivery(39).signo(), SIGSYS);
}
