//! The fields of a trapped call's siginfo_t.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, Word, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::sigsys::{self, Stack};
use fixtures::trapped::TrappedGadget;
use fixtures::{Entry, Reg, Registers, SigAction, child};
use rstest::rstest;
use sys::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, ENOSYS, SIGSYS, SYS_SECCOMP};

const DATA: u16 = 0x1234;

/// A scene whose handler runs on a stack where an unwritten byte is not zero.
fn scene(entry: Entry) -> TrappedGadget {
    Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    let scene = TrappedGadget::with(Gadget::new(entry), log);
    Filter::only(number(UNASSIGNED), Action::Trap(DATA)).load();
    scene
}

/// One filter, one thread, and the two instructions alternating.
#[harness::test(
    clause = [SECCOMP_TRAP_ARCH, SECCOMP_TRAP_SYSCALL],
    catches = "a kernel that keeps si_arch, si_syscall or si_errno of the trap before",
    needs = [SECCOMP_FILTER, INT80],
)]
fn alternating_abis_are_told_apart() {
    let log = sigsys::handle();
    let [plain, int80] =
        [Entry::Syscall, Entry::Int80].map(|entry| TrappedGadget::with(Gadget::new(entry), log));
    Filter::new()
        .when(number(UNASSIGNED), Action::Trap(1))
        .when(number(20), Action::Trap(2))
        .load();
    for _ in 0..4 {
        let caught = plain.delivery(UNASSIGNED as u64);
        let fields = (caught.arch(), caught.syscall(), caught.errno());
        assert_eq!(fields, (AUDIT_ARCH_X86_64, UNASSIGNED as i32, 1));
        let caught = int80.delivery(20);
        assert_eq!((caught.arch(), caught.syscall(), caught.errno()), (AUDIT_ARCH_I386, 20, 2));
    }
}

/// Bounds of types and of error numbers, and values that a kernel might take for others.
#[rstest]
#[case::zero(0)]
#[case::one(1)]
#[case::enosys(ENOSYS as u16)]
#[case::greatest_i8(0x7f)]
#[case::least_i8(0x80)]
#[case::one_byte(0xff)]
#[case::two_bytes(0x100)]
#[case::restart_code(512)]
#[case::greatest_error(4095)]
#[case::above_the_errors(4096)]
#[case::greatest_i16(0x7fff)]
#[case::least_i16(0x8000)]
#[case::sign_and_one(0x8001)]
#[case::spread(0xbeef)]
#[case::all_ones(0xffff)]
#[harness::test(
    clause = SECCOMP_TRAP_DATA,
    catches = "a kernel that limits the data to error numbers, sign-extends it, or returns it",
    needs = [SECCOMP_FILTER],
)]
fn errno_is_the_data(#[case] data: u16) {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, data);
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!((caught.errno(), caught.code()), (i32::from(data), SYS_SECCOMP));
    assert_eq!(caught.reg(Reg::Rax) as i64, UNASSIGNED, "the data is no result");
}

#[rstest]
#[case::zero(0)]
#[case::above_the_errors(4096)]
#[case::greatest_i16(0x7fff)]
#[case::least_i16(0x8000)]
#[case::all_ones(0xffff)]
#[harness::test(
    clause = [SECCOMP_TRAP_DATA, DISPATCH_NUMBER_INT80],
    catches = "a kernel that limits or sign-extends the data on the 32-bit path",
    needs = [SECCOMP_FILTER, INT80],
)]
fn errno_of_int80_is_the_data(#[case] data: u16) {
    let scene = TrappedGadget::number(Entry::Int80, UNASSIGNED, data);
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!((caught.errno(), caught.code()), (i32::from(data), SYS_SECCOMP));
}

/// The filter returns the low half of the first argument: one filter gives every value.
#[harness::test(
    clause = [SECCOMP_TRAP_DATA, SECCOMP_DATA_ARGS],
    catches = "a kernel that loses a bit of SECCOMP_RET_DATA",
    needs = [SECCOMP_FILTER],
)]
fn every_bit_of_the_data_counts() {
    let scene = TrappedGadget::revealing(Entry::Syscall, Word::argument_low(0), 0);
    let spread = (0..=u16::MAX).step_by(0x101);
    let edges = (0..16).flat_map(|bit| [1 << bit, (1_u16 << bit) - 1, !(1 << bit)]);
    for data in spread.chain(edges) {
        scene.log.clear();
        let registers = Registers::pattern().with(Reg::Rax, UNASSIGNED as u64);
        scene.gadget.call_with(registers.with(Reg::Rdi, 0xffff_0000 | u64::from(data)));
        let errno = scene.log.delivery(0).map(|caught| caught.errno());
        assert_eq!((scene.log.count(), errno), (1, Some(i32::from(data))));
    }
}

#[harness::test(
    clause = [SECCOMP_TRAP_DATA, SECCOMP_TRAP_SYSCALL],
    catches = "a kernel that keeps si_errno or si_syscall of the trap before",
    needs = [SECCOMP_FILTER],
)]
fn nothing_is_kept_from_the_trap_before() {
    let scene = TrappedGadget::with(Gadget::syscall(), sigsys::handle());
    let rows = [(500, 0xffff), (501, 0), (502, 0x8000), (UNASSIGNED, 7)];
    let filter = rows
        .into_iter()
        .fold(Filter::new(), |filter, (nr, data)| filter.when(number(nr), Action::Trap(data)));
    filter.load();
    for (nr, data) in rows.into_iter().chain(rows.into_iter().rev()) {
        let caught = scene.delivery(nr as u64);
        assert_eq!((caught.syscall(), caught.errno()), (nr as i32, i32::from(data)));
    }
}

#[harness::test(
    clause = [SECCOMP_TRAP_SIGINFO, DISPATCH_SIGNAL_SENT_BY_PROCESS],
    catches = "a kernel that leaves si_pid and si_uid of a sent SIGSYS in a trap's siginfo, or the other way",
    needs = [SECCOMP_FILTER],
)]
fn a_sent_sigsys_is_told_apart_and_leaves_nothing_behind() {
    let scene = scene(Entry::Syscall);
    for _ in 0..3 {
        scene.log.clear();
        child::raise(SIGSYS);
        let sent = scene.log.delivery(0).expect("the signal arrives");
        assert_eq!((sent.signo(), sent.errno(), sent.code()), (SIGSYS, 0, 0));
        assert!(child::is_own_pid(i64::from(sent.sender())), "si_pid is another");
        let caught = scene.delivery(UNASSIGNED as u64);
        assert_eq!((caught.code(), caught.errno()), (SYS_SECCOMP, i32::from(DATA)));
        assert_eq!((caught.syscall(), caught.arch()), (UNASSIGNED as i32, AUDIT_ARCH_X86_64));
        assert_eq!(scene.gadget.place(caught.call_addr()), Place::AFTER);
        assert_eq!((caught.padding(), caught.rest()), (0, &[0; 12][..]));
    }
}

#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_SIGINFO],
    catches = "a kernel that fills siginfo for the first trap only, or for some numbers",
    needs = [SECCOMP_FILTER],
)]
fn every_trapped_call_brings_its_own_signal() {
    let scene = TrappedGadget::every_number(Entry::Syscall, 7);
    // 335 and 336 are the kernel's own.
    for nr in (0..500).filter(|nr| ![335, 336].contains(nr)) {
        let caught = scene.delivery(nr);
        let fields = (caught.signo(), caught.code(), caught.errno(), caught.syscall());
        assert_eq!(fields, (SIGSYS, SYS_SECCOMP, 7, nr as i32));
    }
}

/// The filter shows its view of the number in two halves.
#[rstest]
#[case::low_bits(0)]
#[case::high_bits(16)]
#[harness::test(
    clause = [SECCOMP_DATA_NUMBER, SECCOMP_TRAP_SYSCALL],
    catches = "a kernel that reports another number in si_syscall than the filter decided on",
    needs = [SECCOMP_FILTER],
)]
fn the_filter_and_the_handler_see_the_same_number(#[case] shift: u32) {
    let scene = TrappedGadget::revealing(Entry::Syscall, Word::NUMBER, shift);
    for rax in [0, 39, 0x1234_5678, 0x4000_0027, 0x7fff_ffff, 0x8000_0000, u64::MAX, 1 << 32 | 60] {
        let caught = scene.delivery(rax);
        let shown = rax as u32 >> shift & 0xffff;
        assert_eq!((caught.syscall(), caught.errno()), (rax as i32, shown as i32));
    }
}
