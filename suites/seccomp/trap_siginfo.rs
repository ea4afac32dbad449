//! The fields of a trapped call's siginfo_t.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, Word, instruction_pointer, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::is_that_call;
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::sigsys::{self, Stack};
use fixtures::trapped::TrappedGadget;
use fixtures::{Delivery, Entry, Reg, Registers, SigAction, child};
use harness::observe;
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

fn caught(entry: Entry) -> (Gadget, Delivery) {
    let scene = scene(entry);
    let caught = scene.delivery(UNASSIGNED as u64);
    (scene.gadget, caught)
}

/// A kernel that tells the address behind the instruction, where the text says the instruction's.
#[harness::test(clause = [SECCOMP_TRAP_CALL_ADDR, SECCOMP_TRAP_SIGINFO], needs = [SECCOMP_FILTER])]
fn call_addr_is_the_instruction() {
    let (gadget, caught) = caught(Entry::Syscall);
    observe!("si_call_addr", gadget.place(caught.call_addr()));
    assert_eq!(gadget.place(caught.call_addr()), Place::INSTRUCTION);
}

/// A kernel that tells the address behind int 0x80, where the text says the instruction's.
#[harness::test(
    clause = [SECCOMP_TRAP_CALL_ADDR, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn call_addr_is_the_32_bit_instruction() {
    let (gadget, caught) = caught(Entry::Int80);
    observe!("si_call_addr", gadget.place(caught.call_addr()));
    assert_eq!(gadget.place(caught.call_addr()), Place::INSTRUCTION);
}

/// What kernels do, and what the caveat about vsyscalls calls usual: the address goes with the program
/// counter.
#[harness::test(
    clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, SECCOMP_TRAP_SIGSYS],
    needs = [SECCOMP_FILTER],
)]
fn call_addr_is_the_saved_program_counter() {
    let (gadget, caught) = caught(Entry::Syscall);
    assert!(caught.call_addr() == caught.reg(Reg::Rip), "si_call_addr is not the saved RIP");
    assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
}

/// A kernel that goes back by the instruction's two bytes for 32-bit calls, in one place or in both.
#[harness::test(
    clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn call_addr_of_int80_is_the_saved_program_counter() {
    let (gadget, caught) = caught(Entry::Int80);
    assert!(caught.call_addr() == caught.reg(Reg::Rip), "si_call_addr is not the saved RIP");
    assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
}

/// Gadgets usually lie below 4 GiB; each half of this address holds bits of its own.
#[rstest]
#[case::far(0x2468_1357_9000)]
#[case::just_above_4_gib(0x1_0000_0000)]
#[case::just_below_4_gib(0xffff_e000)]
#[case::above_2_gib(0x8000_0000)]
#[harness::test(
    clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, SECCOMP_TRAP_SIGSYS],
    needs = [SECCOMP_FILTER],
)]
fn call_addr_has_all_its_bits(#[case] page: usize) {
    let gadget = Gadget::at_address(Entry::Syscall, page + 0x7fe);
    let scene = TrappedGadget::with(gadget, sigsys::handle());
    Filter::only(number(UNASSIGNED), Action::Trap(0)).load();
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
    assert_eq!(gadget.place(caught.reg(Reg::Rip)), Place::AFTER);
}

/// As [`call_addr_has_all_its_bits`].
#[harness::test(
    clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn call_addr_of_int80_has_all_its_bits() {
    let gadget = Gadget::at_address(Entry::Int80, 0x2468_1357_97fe);
    let scene = TrappedGadget::with(gadget, sigsys::handle());
    Filter::only(instruction_pointer(gadget.after()), Action::Trap(0)).load();
    for nr in [UNASSIGNED, 20] {
        let caught = scene.delivery(nr as u64);
        assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
        assert_eq!(gadget.place(caught.reg(Reg::Rip)), Place::AFTER);
    }
}

/// In a child, and call after call: everything in every signal.
#[rstest]
#[case::syscall(Entry::Syscall)]
#[case::int80(Entry::Int80)]
#[harness::test(
    clause = [
        SECCOMP_TRAP_SIGSYS,
        SECCOMP_TRAP_DATA,
        SECCOMP_TRAP_SYSCALL,
        SECCOMP_TRAP_ARCH,
        SECCOMP_TRAP_PC_AFTER_INSTRUCTION,
    ],
    needs = [SECCOMP_FILTER, INT80],
)]
fn every_signal_of_a_child_tells_its_own_call(#[case] entry: Entry) {
    let good = child::told(|| {
        Stack::alternate();
        let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
        let scene = TrappedGadget::every_number_with(entry, DATA, log);
        (UNASSIGNED..UNASSIGNED + 3).all(|nr| {
            let caught = scene.delivery(nr as u64);
            is_that_call(&caught, &scene.gadget, nr, SYS_SECCOMP, DATA.into())
        })
    });
    assert!(good, "a field is another");
}

/// A kernel that delivers a trap as another signal, or leaves si_signo at something else.
#[harness::test(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_SIGINFO], needs = [SECCOMP_FILTER])]
fn signo_is_sigsys() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!((caught.signo(), caught.signal()), (SIGSYS, SIGSYS));
}

/// A kernel that gives si_code the value of a sent signal, or of one from syscall user dispatch.
#[harness::test(clause = SECCOMP_TRAP_SIGINFO, needs = [SECCOMP_FILTER])]
fn code_is_seccomp() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.code(), SYS_SECCOMP);
}

/// A kernel that fills si_syscall from RAX while the entry's -ENOSYS is there, or not at all.
#[harness::test(clause = SECCOMP_TRAP_SYSCALL, needs = [SECCOMP_FILTER])]
fn syscall_is_the_number() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.syscall(), UNASSIGNED as i32);
}

/// A kernel that leaves si_arch empty, or fills in the machine's number without its flag bits.
#[harness::test(clause = SECCOMP_TRAP_ARCH, needs = [SECCOMP_FILTER])]
fn arch_of_syscall_is_x86_64() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.arch(), AUDIT_ARCH_X86_64);
}

/// A kernel that names the program's ABI, not the call's: int 0x80 is made from 64-bit code here.
#[harness::test(
    clause = [SECCOMP_TRAP_ARCH, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn arch_of_int80_is_i386() {
    let (_, caught) = caught(Entry::Int80);
    assert_eq!(caught.arch(), AUDIT_ARCH_I386);
}

/// The members of another signal's layout would show here.
#[harness::test(clause = SECCOMP_TRAP_SIGINFO, needs = [SECCOMP_FILTER])]
fn the_bytes_between_and_behind_the_fields_are_zero() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.padding(), 0);
    assert_eq!(caught.rest(), [0; 12]);
}

/// A kernel that lays the fields out as for 32-bit programs because the call was a 32-bit one.
#[harness::test(
    clause = [SECCOMP_TRAP_SIGINFO, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn every_field_of_int80_is_as_promised() {
    let (_, caught) = caught(Entry::Int80);
    assert_eq!((caught.signo(), caught.signal()), (SIGSYS, SIGSYS));
    assert_eq!((caught.code(), caught.errno()), (SYS_SECCOMP, i32::from(DATA)));
    assert_eq!((caught.syscall(), caught.padding()), (UNASSIGNED as i32, 0));
    assert_eq!(caught.rest(), [0; 12]);
}

/// One filter, one thread, the two instructions by turns: nothing of one call shows in the next.
#[harness::test(
    clause = [SECCOMP_TRAP_ARCH, SECCOMP_TRAP_SYSCALL],
    needs = [SECCOMP_FILTER, INT80],
)]
fn the_two_abis_are_told_apart_by_turns() {
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

/// Each row a bound of some type or an error number's, or a value a kernel might take for one.
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
#[harness::test(clause = SECCOMP_TRAP_DATA, needs = [SECCOMP_FILTER])]
fn errno_is_the_data(#[case] data: u16) {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, data);
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!((caught.errno(), caught.code()), (i32::from(data), SYS_SECCOMP));
    assert_eq!(caught.reg(Reg::Rax) as i64, UNASSIGNED, "the data is no result");
}

/// A kernel that limits the data to error numbers on the 32-bit path, or extends it by its sign.
#[rstest]
#[case::zero(0)]
#[case::above_the_errors(4096)]
#[case::greatest_i16(0x7fff)]
#[case::least_i16(0x8000)]
#[case::all_ones(0xffff)]
#[harness::test(
    clause = [SECCOMP_TRAP_DATA, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn errno_of_int80_is_the_data(#[case] data: u16) {
    let scene = TrappedGadget::number(Entry::Int80, UNASSIGNED, data);
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!((caught.errno(), caught.code()), (i32::from(data), SYS_SECCOMP));
}

/// The filter returns the low half of the first argument, so that one filter gives every value.
#[harness::test(clause = [SECCOMP_TRAP_DATA, SECCOMP_DATA_ARGS], needs = [SECCOMP_FILTER])]
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

/// A value that the kernel kept from the call before would show in the zero.
#[harness::test(clause = [SECCOMP_TRAP_DATA, SECCOMP_TRAP_SYSCALL], needs = [SECCOMP_FILTER])]
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

/// A sent SIGSYS has other fields where a trap's lie: si_pid and si_uid in the address.
#[harness::test(
    clause = [SECCOMP_TRAP_SIGINFO, DISPATCH_SIGNAL_SENT_BY_PROCESS],
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

/// The first trap and the last of many bring the same fields.
#[harness::test(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_SIGINFO], needs = [SECCOMP_FILTER])]
fn every_trapped_call_brings_its_own_signal() {
    let scene = TrappedGadget::every_number(Entry::Syscall, 7);
    // 335 and 336 are the kernel's own.
    for nr in (0..500).filter(|nr| ![335, 336].contains(nr)) {
        let caught = scene.delivery(nr);
        let fields = (caught.signo(), caught.code(), caught.errno(), caught.syscall());
        assert_eq!(fields, (SIGSYS, SYS_SECCOMP, 7, nr as i32));
    }
}
