//! The fields of the siginfo_t that an intercepted call brings.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{self, Dispatch, Intercepts, Mechanism, Trap, is_that_call};
use fixtures::needs::{DISPATCH, INT80, SECCOMP_FILTER};
use fixtures::sigsys::{self, Stack};
use fixtures::{Delivery, Entry, Reg, SigAction, child};
use harness::observe;
use rstest::rstest;
use sys::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, SIGSYS, SYS_SECCOMP, unistd_32};

const DATA: u16 = 0x1234;

/// What the handler saw of one call, on a stack where an unwritten byte is not zero.
fn caught(by: impl Mechanism, entry: Entry) -> (Gadget, Delivery) {
    Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    let scene = by.numbers(Gadget::new(entry), log, &[(UNASSIGNED, DATA)]);
    let caught = scene.delivery(UNASSIGNED as u64);
    (*scene.gadget(), caught)
}

#[rstest]
#[harness::test(
    catches = "a kernel that reports the address after the instruction, where the text says the instruction's",
    dispatch(clause = DISPATCH_SIGINFO_CALL_ADDR, needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_CALL_ADDR, SECCOMP_TRAP_SIGINFO], needs = [SECCOMP_FILTER]),
)]
fn call_addr_is_the_instruction(#[values(Dispatch, Trap)] by: impl Mechanism) {
    names_the_instruction(by, Entry::Syscall);
}

#[rstest]
#[harness::test(
    catches = "a kernel that reports the address after int 0x80, which the processor saves",
    dispatch(clause = DISPATCH_SIGINFO_CALL_ADDR, needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_CALL_ADDR, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn call_addr_is_the_32_bit_instruction(#[values(Dispatch, Trap)] by: impl Mechanism) {
    names_the_instruction(by, Entry::Int80);
}

fn names_the_instruction(by: impl Mechanism, entry: Entry) {
    let (gadget, caught) = caught(by, entry);
    observe!("si_call_addr", gadget.place(caught.call_addr()));
    assert_eq!(gadget.place(caught.call_addr()), Place::INSTRUCTION);
}

/// What kernels do: the address is the one that the thread resumes from.
#[rstest]
#[harness::test(
    catches = "a kernel that corrects si_call_addr or the saved RIP, and not both",
    dispatch(
        clause = [DISPATCH_RESULT_PC_AFTER_INSTRUCTION, DISPATCH_SIGNAL_AT_THE_CALL],
        needs = [DISPATCH],
    ),
    trap(
        clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, SECCOMP_TRAP_SIGSYS],
        needs = [SECCOMP_FILTER],
    ),
)]
fn call_addr_is_the_saved_program_counter(#[values(Dispatch, Trap)] by: impl Mechanism) {
    names_the_saved_program_counter(by, Entry::Syscall);
}

#[rstest]
#[harness::test(
    catches = "a kernel that corrects si_call_addr or the saved RIP for an int 0x80, and not both",
    dispatch(
        clause = [DISPATCH_RESULT_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
        needs = [DISPATCH],
    ),
    trap(
        clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
        needs = [SECCOMP_FILTER],
    ),
    needs = [INT80],
)]
fn call_addr_of_int80_is_the_saved_program_counter(#[values(Dispatch, Trap)] by: impl Mechanism) {
    names_the_saved_program_counter(by, Entry::Int80);
}

fn names_the_saved_program_counter(by: impl Mechanism, entry: Entry) {
    let (gadget, caught) = caught(by, entry);
    assert!(caught.call_addr() == caught.reg(Reg::Rip), "si_call_addr is not the saved RIP");
    assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
}

/// Gadgets usually lie below 4 GiB; each half of this address has bits of its own.
#[rstest]
#[case::near_the_top(0x6a5b_3c2d_1000)]
#[case::far(0x2468_1357_9000)]
#[case::just_above_4_gib(0x1_0000_0000)]
#[case::just_below_4_gib(0xffff_e000)]
#[case::above_2_gib(0x8000_0000)]
#[harness::test(
    catches = "a kernel that truncates si_call_addr or the saved RIP",
    dispatch(
        clause = [DISPATCH_RESULT_PC_AFTER_INSTRUCTION, DISPATCH_SIGNAL_AT_THE_CALL],
        needs = [DISPATCH],
    ),
    trap(
        clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, SECCOMP_TRAP_SIGSYS],
        needs = [SECCOMP_FILTER],
    ),
)]
fn call_addr_has_all_its_bits(#[case] page: usize, #[values(Dispatch, Trap)] by: impl Mechanism) {
    names_the_whole_address(by, Gadget::at_address(Entry::Syscall, page + 0x7fe), &[UNASSIGNED]);
}

#[rstest]
#[harness::test(
    catches = "a kernel that truncates si_call_addr or the saved RIP to 32 bits for an int 0x80",
    dispatch(
        clause = [DISPATCH_RESULT_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
        needs = [DISPATCH],
    ),
    trap(
        clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
        needs = [SECCOMP_FILTER],
    ),
    needs = [INT80],
)]
fn call_addr_of_int80_has_all_its_bits(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let gadget = Gadget::at_address(Entry::Int80, 0x2468_1357_97fe);
    names_the_whole_address(by, gadget, &[UNASSIGNED, unistd_32::SYS_getpid]);
}

fn names_the_whole_address<M: Mechanism>(by: M, gadget: Gadget, numbers: &[i64]) {
    let trapped: Vec<_> = numbers.iter().map(|nr| (*nr, 0)).collect();
    let scene = by.at_any_address(gadget, sigsys::handle(), &trapped);
    for nr in numbers {
        scene.log().clear();
        // A record tells the trap's signal alone.
        let result = if M::CODE == SYS_SECCOMP {
            intercepted::call(&scene, *nr)
        } else {
            scene.args_intercepted(*nr, [0; 6])
        };
        assert_eq!((scene.log().count(), result), (1, *nr));
        let caught = scene.first();
        assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
        assert_eq!(gadget.place(caught.reg(Reg::Rip)), Place::AFTER);
    }
}

#[rstest]
#[harness::test(
    catches = "a kernel that sends another signal, or calls the handler with another number than si_signo",
    dispatch(clause = DISPATCH_SIGINFO_SIGNO, needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_SIGINFO], needs = [SECCOMP_FILTER]),
)]
fn signo_is_sigsys(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let (_, caught) = caught(by, Entry::Syscall);
    assert_eq!((caught.signo(), caught.signal()), (SIGSYS, SIGSYS));
}

#[rstest]
#[harness::test(
    catches = "a kernel that reports the si_code of a sent signal, or of the other mechanism",
    dispatch(clause = DISPATCH_SIGINFO_CODE, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_SIGINFO, needs = [SECCOMP_FILTER]),
)]
fn code_is_the_mechanisms<M: Mechanism>(#[values(Dispatch, Trap)] by: M) {
    let (_, caught) = caught(by, Entry::Syscall);
    assert_eq!(caught.code(), M::CODE);
}

#[rstest]
#[harness::test(
    catches = "a kernel that reports -1 or the entry's -ENOSYS in si_syscall, or no number",
    dispatch(clause = DISPATCH_SIGINFO_SYSCALL, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_SYSCALL, needs = [SECCOMP_FILTER]),
)]
fn syscall_is_the_number(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let (_, caught) = caught(by, Entry::Syscall);
    assert_eq!(caught.syscall(), UNASSIGNED as i32);
}

#[rstest]
#[harness::test(
    catches = "a kernel that leaves si_arch empty, or without the bits for 64 bits and byte order",
    dispatch(clause = DISPATCH_SIGINFO_ARCH, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_ARCH, needs = [SECCOMP_FILTER]),
)]
fn arch_of_syscall_is_x86_64(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let (_, caught) = caught(by, Entry::Syscall);
    assert_eq!(caught.arch(), AUDIT_ARCH_X86_64);
}

/// The int 0x80 is made from 64-bit code.
#[rstest]
#[harness::test(
    catches = "a kernel that reports the program's ABI instead of the instruction's",
    dispatch(clause = [DISPATCH_SIGINFO_ARCH, DISPATCH_NUMBER_INT80], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_ARCH, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn arch_of_int80_is_i386(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let (_, caught) = caught(by, Entry::Int80);
    assert_eq!(caught.arch(), AUDIT_ARCH_I386);
}

#[rstest]
#[harness::test(
    catches = "a kernel that fills in the members of another signal's layout",
    dispatch(clause = [DISPATCH_SIGINFO_ERRNO_ZERO, DISPATCH_SIGINFO_CODE], needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_SIGINFO, needs = [SECCOMP_FILTER]),
)]
fn the_bytes_between_and_after_the_fields_are_zero(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let (_, caught) = caught(by, Entry::Syscall);
    assert_eq!(caught.padding(), 0);
    assert_eq!(caught.rest(), [0; 12]);
}

#[rstest]
#[harness::test(
    catches = "a kernel that lays the fields out as for 32-bit programs, or leaves some unset, at int 0x80",
    dispatch(
        clause = [
            DISPATCH_SIGINFO_SIGNO, DISPATCH_SIGINFO_CODE, DISPATCH_SIGINFO_ERRNO_ZERO,
            DISPATCH_NUMBER_INT80,
        ],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_SIGINFO, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn every_field_of_int80_is_as_promised<M: Mechanism>(#[values(Dispatch, Trap)] by: M) {
    let (_, caught) = caught(by, Entry::Int80);
    assert_eq!((caught.signo(), caught.signal()), (SIGSYS, SIGSYS));
    assert_eq!((caught.code(), caught.errno()), (M::CODE, by.si_errno(DATA)));
    assert_eq!((caught.syscall(), caught.padding()), (UNASSIGNED as i32, 0));
    assert_eq!(caught.rest(), [0; 12]);
}

/// Every field, call after call.
#[rstest]
#[case::syscall(Entry::Syscall)]
#[case::int80(Entry::Int80)]
#[harness::test(
    catches = "a kernel that leaves a field of an earlier call in the signal, or loses one in a child",
    dispatch(
        clause = [
            DISPATCH_SIGINFO_CODE, DISPATCH_SIGINFO_ERRNO_ZERO, DISPATCH_SIGINFO_SYSCALL,
            DISPATCH_SIGINFO_ARCH, DISPATCH_RESULT_PC_AFTER_INSTRUCTION,
        ],
        needs = [DISPATCH],
    ),
    trap(
        clause = [
            SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_DATA, SECCOMP_TRAP_SYSCALL, SECCOMP_TRAP_ARCH,
            SECCOMP_TRAP_PC_AFTER_INSTRUCTION,
        ],
        needs = [SECCOMP_FILTER],
    ),
    needs = [INT80],
)]
fn every_signal_of_a_child_tells_its_own_call<M: Mechanism>(
    #[case] entry: Entry,
    #[values(Dispatch, Trap)] by: M,
) {
    let good = child::told(|| {
        Stack::alternate();
        let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
        let scene = by.every_number(Gadget::new(entry), log, DATA);
        (UNASSIGNED..UNASSIGNED + 3).all(|nr| {
            let caught = scene.delivery(nr as u64);
            is_that_call(&caught, scene.gadget(), nr, M::CODE, by.si_errno(DATA))
        })
    });
    assert!(good, "a field is another");
}
