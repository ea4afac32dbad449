//! Installing a filter by the 32-bit ABI: int 0x80 from 64-bit code, with a `struct sock_fprog` of 8 bytes.

use crate::clauses::*;
use fixtures::abi32::{self, Abi32, place_before_hole, place_instructions, place_program};
use fixtures::child;
use fixtures::filter::{
    self, Action, Filter, Instruction, JUMP_IF_EQUAL, LOAD, RETURN, argument, instruction,
    instruction_pointer, jump, made_by, number,
};
use fixtures::gadget::Gadget;
use fixtures::needs::{INT80, MAY_GAIN, SECCOMP_FILTER, UNFILTERED};
use fixtures::proc::Task;
use fixtures::{Entry, Reg, Registers, environment, sigsys};
use rstest::rstest;
use sys::uapi::{
    EACCES, EFAULT, EINVAL, ENOSYS, PR_GET_SECCOMP, PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
    SECCOMP_SET_MODE_FILTER,
};

const ALLOWS: Instruction = instruction(RETURN, Action::Allow.value());
/// Unassigned in both tables, as those after it.
const NR: i64 = 500;

/// The calls that load a filter.
#[derive(Clone, Copy, Debug)]
enum By {
    Seccomp,
    Prctl,
}

impl By {
    /// Hands the address of a `struct sock_fprog` to the kernel.
    fn load(self, abi: &Abi32, program: usize) -> i64 {
        match self {
            Self::Seccomp => abi.seccomp(SECCOMP_SET_MODE_FILTER, 0, program),
            Self::Prctl => abi.prctl([PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0]),
        }
    }
}

/// A filter that looks at every part of what it is shown.
fn every_part(abi: &Abi32, gadget: &Gadget) -> Filter {
    let sixth = Registers::pattern()[Reg::Rbp];
    Filter::only(number(NR), Action::Errno(1))
        .when(number(NR + 1).and(made_by(Entry::Int80)), Action::Errno(2))
        .when(number(NR + 2).and(argument(5, sixth)), Action::Errno(3))
        .when(number(NR + 3).and(instruction_pointer(gadget.after())), Action::Errno(4))
        .when(number(NR + 3).and(instruction_pointer(abi.gadget.after())), Action::Trap(5))
        .when(number(NR + 4), Action::Trace(6))
}

/// What the filter decides of calls by SYSCALL and by int 0x80.
fn decisions(abi: &Abi32, gadget: &Gadget) -> [[i64; 6]; 2] {
    [gadget, &abi.gadget].map(|from| [0, 1, 2, 3, 4, 5].map(|more| from.call(NR + more)))
}

/// A trapped call keeps its number for a result.
const DECIDED: [[i64; 6]; 2] =
    [[-1, -ENOSYS, -ENOSYS, -4, -ENOSYS, -ENOSYS], [-1, -2, -3, NR + 3, -ENOSYS, -ENOSYS]];

#[rstest]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_INSTALL_MODE_IS_REPORTED],
    catches = "a sock_fprog of int 0x80 that is read as one of 16 bytes, or a filter that decides otherwise because a \
        32-bit call loaded it",
    needs = [UNFILTERED, SECCOMP_FILTER, INT80],
)]
fn a_filter_of_a_32_bit_call_decides_like_any(#[values(By::Seccomp, By::Prctl)] by: By) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    let log = sigsys::handle();
    let filter = every_part(&abi, &gadget);
    filter::no_new_privileges();
    let of_64_bits =
        child::told(|| filter.try_load(0) == Ok(0) && decisions(&abi, &gadget) == DECIDED);
    log.clear();
    let program = place_program(&filter.program());
    assert_eq!((abi.prctl([PR_GET_SECCOMP, 0, 0, 0, 0]), filter::mode()), (0, 0));
    assert_eq!(by.load(&abi, program), 0);
    assert_eq!((abi.prctl([PR_GET_SECCOMP, 0, 0, 0, 0]), filter::mode()), (2, 2));
    assert_eq!((decisions(&abi, &gadget), log.count(), of_64_bits), (DECIDED, 1, true));
}

/// `length` instructions; the last but one refuses [`NR`] where there are four or more.
fn long(length: usize) -> Vec<Instruction> {
    let mut program = vec![instruction(LOAD, 0); length];
    match &mut program[..] {
        [_, .., condition, refuses, allows] => {
            *condition = jump(JUMP_IF_EQUAL, NR as u32, 0, 1);
            *refuses = instruction(RETURN, Action::Errno(7).value());
            *allows = ALLOWS;
        }
        [.., last] => *last = ALLOWS,
        [] => {}
    }
    program
}

#[rstest]
#[case::nothing(0, -EINVAL)]
#[case::one(1, 0)]
#[case::two(2, 0)]
#[case::three(3, 0)]
#[case::four(4, 0)]
#[case::greatest(4096, 0)]
#[case::one_more(4097, -EINVAL)]
#[case::all_a_length_can_say(65535, -EINVAL)]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_PROGRAM_LENGTH],
    catches = "a length of the 32-bit sock_fprog that is taken with the two bytes after it, or a copy of too few of its \
        instructions",
    needs = [UNFILTERED, SECCOMP_FILTER, INT80],
)]
fn a_program_of_a_32_bit_call_has_its_limits(
    #[case] length: usize,
    #[case] answer: i64,
    #[values(By::Seccomp, By::Prctl)] by: By,
) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::no_new_privileges();
    let program = place_program(&long(length));
    assert_eq!(by.load(&abi, program), answer);
    let refused = if answer == 0 && length > 3 { -7 } else { -ENOSYS };
    let mode = if answer == 0 { 2 } else { 0 };
    assert_eq!([gadget.call(NR), abi.gadget.call(NR)], [refused; 2]);
    assert_eq!((gadget.call(NR + 1), filter::mode()), (-ENOSYS, mode));
}

/// No call can be made any more: not the one that would end the process either.
#[rstest]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_ACTIONS_KILL_PROCESS],
    catches = "a program of one instruction that a 32-bit call loads and that decides nothing",
    needs = [fixtures::needs::KILL_PROCESS_LOG, INT80],
    ends = KilledBy(SIGSYS),
)]
fn a_single_instruction_of_a_32_bit_call_kills(
    #[values(By::Seccomp, By::Prctl)] by: By,
    #[values(Entry::Syscall, Entry::Int80)] entry: Entry,
) {
    let (abi, gadget) = (Abi32::new(), Gadget::new(entry));
    filter::no_new_privileges();
    let program = place_program(&[instruction(RETURN, Action::KillProcess.value())]);
    harness::expect_death();
    by.load(&abi, program);
    gadget.call(NR);
}

/// A structure and a list of instructions that a 32-bit call can name.
#[derive(Clone, Copy)]
enum Where {
    /// Address 0 of the structure.
    NoStructure,
    /// Nothing is mapped at the structure.
    Unmapped,
    /// The last bytes that 32 bits can name.
    LastBytes,
    /// The last byte of the structure lies in a page that cannot be touched.
    StructureInHole,
    /// Address 0 of the instructions.
    NoInstructions,
    /// Nothing is mapped at the instructions.
    InstructionsUnmapped,
    /// The last byte of the last instruction lies in a page that cannot be touched.
    InstructionsInHole,
}

impl Where {
    fn place(self) -> usize {
        let filter = Filter::only(number(NR), Action::Errno(7)).program();
        let length = filter.len() as u16;
        let of = |instructions: usize| {
            place_before_hole(&abi32::sock_fprog(length, instructions as u32))
        };
        match self {
            Self::NoStructure => 0,
            Self::Unmapped => 0x6fff_0000,
            Self::LastBytes => 0xffff_fff8,
            Self::StructureInHole => place_program(&filter) + 1,
            Self::NoInstructions => of(0),
            Self::InstructionsUnmapped => of(0x6fff_0000),
            Self::InstructionsInHole => {
                let bytes = place_instructions(&filter, 0);
                let copy = fixtures::memory::load_bytes(bytes, filter.len() * 8);
                of(place_before_hole(&copy) + 1)
            }
        }
    }
}

/// A filter is in force already, and stays the only one. The accepted twin is the same program, whole, at the end.
#[rstest]
#[case::no_structure(Where::NoStructure, EFAULT)]
#[case::structure_unmapped(Where::Unmapped, EFAULT)]
#[case::last_bytes(Where::LastBytes, EFAULT)]
#[case::structure_in_a_hole(Where::StructureInHole, EFAULT)]
#[case::no_instructions(Where::NoInstructions, EINVAL)]
#[case::instructions_unmapped(Where::InstructionsUnmapped, EFAULT)]
#[case::instructions_in_a_hole(Where::InstructionsInHole, EFAULT)]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_INSTALL_BAD_ADDRESS],
    catches = "a bad address of a 32-bit sock_fprog that is taken, answered with another error, or that changes the \
        filters there are",
    needs = [UNFILTERED, SECCOMP_FILTER, INT80],
)]
fn a_bad_address_of_a_32_bit_call_is_refused(
    #[case] place: Where,
    #[case] errno: i64,
    #[values(By::Seccomp, By::Prctl)] by: By,
) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::load(NR as u32 + 1, Action::Errno(8));
    let bad = place.place();
    let before = Task::OwnThread.status();
    assert_eq!(by.load(&abi, bad), -errno);
    let answers = || [NR, NR + 1].map(|nr| (gadget.call(nr), abi.gadget.call(nr)));
    assert_eq!(answers(), [(-ENOSYS, -ENOSYS), (-8, -8)]);
    assert_eq!(Task::OwnThread.status(), before);
    let good = place_program(&Filter::only(number(NR), Action::Errno(7)).program());
    assert_eq!(by.load(&abi, good), 0);
    assert_eq!(answers(), [(-7, -7), (-8, -8)]);
}

/// The structure ends where its page does.
#[rstest]
#[harness::test(
    clause = SECCOMP_INSTALL_32_BIT,
    catches = "a 32-bit sock_fprog or instructions that have to be aligned, or of which more than their bytes are read",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_32_bit_program_may_lie_anywhere(
    #[values(0, 1, 2, 3)] before_end: usize,
    #[values(0, 1, 4, 7)] instructions: usize,
    #[values(By::Seccomp, By::Prctl)] by: By,
) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::no_new_privileges();
    let filter = Filter::only(number(NR), Action::Errno(7)).program();
    let at = place_instructions(&filter, instructions);
    let mut bytes = abi32::sock_fprog(filter.len() as u16, at as u32).to_vec();
    bytes.resize(bytes.len() + before_end, 0xff);
    assert_eq!(by.load(&abi, place_before_hole(&bytes)), 0);
    let answers = [NR, NR + 1].map(|nr| (gadget.call(nr), abi.gadget.call(nr)));
    assert_eq!(answers, [(-7, -7), (-ENOSYS, -ENOSYS)]);
}

/// What a 64-bit call takes is no structure of the 32-bit ABI: its address lies in the upper of its two words, which
/// holds 0 where a 32-bit one has the address.
#[rstest]
#[harness::test(
    clause = SECCOMP_INSTALL_32_BIT,
    catches = "a sock_fprog whose layout is that of the program and not that of the call",
    needs = [UNFILTERED, SECCOMP_FILTER, INT80],
)]
fn the_call_decides_the_layout(#[values(By::Seccomp, By::Prctl)] by: By) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::no_new_privileges();
    let filter = Filter::only(number(NR), Action::Errno(7)).program();
    let at = place_instructions(&filter, 0);
    let mut wide = vec![filter.len() as u8, 0, 0, 0, 0, 0, 0, 0];
    wide.extend((at as u64).to_le_bytes());
    let wide = place_before_hole(&wide);
    assert_eq!((by.load(&abi, wide), filter::mode(), gadget.call(NR)), (-EINVAL, 0, -ENOSYS));
    let answer = filter::seccomp(SECCOMP_SET_MODE_FILTER, 0, wide);
    assert_eq!((answer, filter::mode(), gadget.call(NR)), (Ok(0), 2, -7));
}

/// The upper halves of the registers hold a pattern.
#[rstest]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, DISPATCH_NUMBER_INT80],
    catches = "an argument of a 32-bit call that is taken with the upper half of its register",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_32_bit_call_loads_whatever_the_upper_halves_hold(#[values(By::Seccomp, By::Prctl)] by: By) {
    const UPPER: usize = 0x5a5a_a5a5 << 32;
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    filter::no_new_privileges();
    let program = place_program(&Filter::only(number(NR), Action::Errno(7)).program());
    let answer = match by {
        By::Seccomp => abi.seccomp(SECCOMP_SET_MODE_FILTER | UPPER, UPPER, program | UPPER),
        By::Prctl => {
            let mode = SECCOMP_MODE_FILTER | UPPER;
            abi.prctl([PR_SET_SECCOMP | UPPER, mode, program | UPPER, UPPER, UPPER])
        }
    };
    assert_eq!((answer, gadget.call(NR), gadget.call(NR + 1)), (0, -7, -ENOSYS));
}

/// The filters of both ABIs' calls are one list: the newest of equal actions decides.
#[rstest]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_INSTALL_LAYERING, SECCOMP_PRECEDENCE_NEWEST_DATA],
    catches = "a filter of a 32-bit call that takes the place of those of 64-bit calls, or that is put below them",
    needs = [SECCOMP_FILTER, INT80],
)]
fn filters_of_both_calls_are_one_list(#[values(By::Seccomp, By::Prctl)] by: By) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    let refuses = |errno, nr| {
        Filter::only(number(NR), Action::Errno(errno)).when(number(nr), Action::Errno(errno))
    };
    refuses(1, NR + 1).load();
    let before = Task::OwnThread.status().filters;
    assert_eq!(by.load(&abi, place_program(&refuses(2, NR + 2).program())), 0);
    let first = [0, 1, 2, 3].map(|more| gadget.call(NR + more));
    assert_eq!(refuses(3, NR + 3).try_load(0), Ok(0));
    let second = [0, 1, 2, 3].map(|more| gadget.call(NR + more));
    assert_eq!((first, second), ([-2, -1, -2, -ENOSYS], [-3, -1, -2, -3]));
    let counted = before.map(|count| count + 2);
    assert_eq!(Task::OwnThread.status().filters, counted);
}

/// The program is invalid in one way; the accepted one differs in that alone.
#[rstest]
#[case::no_return(instruction(LOAD, 0))]
#[case::load_past_the_end(instruction(LOAD, 64))]
#[case::load_unaligned(instruction(LOAD, 2))]
#[case::unknown_operation(instruction(0xffff, 0))]
#[case::jump_past_the_end(jump(JUMP_IF_EQUAL, 0, 200, 0))]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_PROGRAM_INVALID],
    catches = "a program of a 32-bit call that is not checked",
    needs = [UNFILTERED, SECCOMP_FILTER, INT80],
)]
fn an_invalid_program_of_a_32_bit_call_is_refused(
    #[case] wrong: Instruction,
    #[values(By::Seccomp, By::Prctl)] by: By,
) {
    let abi = Abi32::new();
    filter::no_new_privileges();
    let mut program = vec![instruction(LOAD, 0), wrong];
    if wrong != instruction(LOAD, 0) {
        program.push(ALLOWS);
    }
    assert_eq!((by.load(&abi, place_program(&program)), filter::mode()), (-EINVAL, 0));
    program[1] = ALLOWS;
    assert_eq!((by.load(&abi, place_program(&program)), filter::mode()), (0, 2));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_INSTALL_32_BIT, SECCOMP_INSTALL_NEEDS_NO_NEW_PRIVS],
    catches = "a 32-bit call that loads a filter without privilege, or that takes the no_new_privs bit for none",
    needs = [MAY_GAIN, SECCOMP_FILTER, INT80],
)]
fn a_32_bit_call_needs_no_new_privileges(#[values(By::Seccomp, By::Prctl)] by: By) {
    let (abi, gadget) = (Abi32::new(), Gadget::syscall());
    let program = place_program(&Filter::only(number(NR), Action::Errno(7)).program());
    environment::drop_capabilities();
    let before = Task::OwnThread.status();
    assert_eq!((by.load(&abi, program), gadget.call(NR)), (-EACCES, -ENOSYS));
    assert_eq!(Task::OwnThread.status(), before);
    filter::no_new_privileges();
    assert_eq!((by.load(&abi, program), gadget.call(NR)), (0, -7));
}
