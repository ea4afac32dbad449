//! How a filter's program computes: the arithmetic, comparisons and memory of classic BPF on 32-bit
//! words, and the same verdict each time it runs.

use crate::clauses::*;
use fixtures::child;
use fixtures::filter::{
    self, AND, Action, Filter, Instruction, JUMP_IF_EQUAL, LOAD, OR, RETURN, RETURN_A, instruction,
    jump,
};
use fixtures::gadget::Gadget;
use fixtures::needs::SECCOMP_FILTER;
use rstest::rstest;
use sys::uapi::{
    AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, BPF_IMM, BPF_LD, BPF_LDX, BPF_LEN, BPF_MEM, BPF_MISC,
    BPF_ST, BPF_STX, BPF_TAX, BPF_TXA, BPF_X, ENOSYS,
};

/// `tax`.
const TAX: u16 = BPF_MISC | BPF_TAX;
/// `ld #k`.
const IMMEDIATE: u16 = BPF_LD | BPF_IMM;
/// `ldx #k`.
const IMMEDIATE_X: u16 = BPF_LDX | BPF_IMM;
/// The operand is X, not the constant.
const BY_X: u16 = BPF_X;
const ALLOWS: Instruction = instruction(RETURN, Action::Allow.value());

fn load_raw(program: Vec<Instruction>) {
    filter::no_new_privileges();
    assert_eq!(Filter::raw(program).try_load(0), Ok(0), "the program is accepted");
}

/// The result of a computation, returned as an error number. A starts as the low half of the first
/// argument and X as its high half.
fn computed(instructions: &[Instruction], a: u32, x: u32) -> i64 {
    let gadget = Gadget::syscall();
    let mut program = vec![
        instruction(LOAD, 0),
        jump(JUMP_IF_EQUAL, 500, 1, 0),
        ALLOWS,
        instruction(LOAD, 20),
        instruction(TAX, 0),
        instruction(LOAD, 16),
    ];
    program.extend(instructions);
    program.extend([
        instruction(AND, 0xfff),
        instruction(OR, Action::Errno(0).value()),
        instruction(RETURN_A, 0),
    ]);
    load_raw(program);
    -gadget.call_args(500, [(u64::from(x) << 32 | u64::from(a)) as usize, 0, 0, 0, 0, 0])
}

#[rstest]
#[case::load_length(0x80, 0, 64)]
#[case::load_immediate(0x00, 0x765, 0x765)]
#[case::add(0x04, 0x21, 0x344)]
#[case::add_x(0x0c, 0, 0x334)]
#[case::subtract(0x14, 0x21, 0x302)]
#[case::subtract_x(0x1c, 0, 0x312)]
#[case::multiply(0x24, 3, 0x969)]
#[case::multiply_by_x(0x2c, 0, 0x553)]
#[case::divide(0x34, 5, 0xa0)]
#[case::divide_by_x(0x3c, 0, 0x2f)]
#[case::or(0x44, 0x10c, 0x32f)]
#[case::or_x(0x4c, 0, 0x333)]
#[case::and(0x54, 0x121, 0x121)]
#[case::and_x(0x5c, 0, 0x001)]
#[case::shift_left(0x64, 1, 0x646)]
#[case::shift_right(0x74, 4, 0x32)]
#[case::negate(0x84, 0, 0xcdd)]
#[case::x_to_a(0x87, 0, 0x011)]
#[harness::test(
    clause = [SECCOMP_DATA_ARGS, SECCOMP_PROGRAM_DATA_LENGTH, SECCOMP_ACTIONS_ERRNO],
    catches = "an opcode translated wrongly: X taken for the constant, a shift in the other direction, a \
        wrong data length",
    needs = [SECCOMP_FILTER],
)]
fn an_operation_computes(#[case] code: u16, #[case] k: u32, #[case] result: i64) {
    assert_eq!(computed(&[instruction(code, k)], 0x323, 0x11), result);
}

/// Pairs of operands whose highest bits affect the result.
const WHOLE: [(u32, u32); 3] =
    [(0x8765_4321, 0x8000_0003), (0x7fff_ffff, 0xffff_fffe), (0xfedc_ba98, 0x8000_0001)];
/// Values, each with its shift count.
const SHIFTED: [(u32, u32); 3] = [(0x8765_4321, 31), (0x8000_0001, 1), (0xffff_fff0, 16)];

#[rstest]
#[case::add(0x04, WHOLE, u32::wrapping_add)]
#[case::subtract(0x14, WHOLE, u32::wrapping_sub)]
#[case::multiply(0x24, WHOLE, u32::wrapping_mul)]
#[case::divide(0x34, WHOLE, |a, k| a / k)]
#[case::or(0x44, WHOLE, |a, k| a | k)]
#[case::and(0x54, WHOLE, |a, k| a & k)]
#[case::exclusive_or(0xa4, WHOLE, |a, k| a ^ k)]
#[case::shift_left(0x64, SHIFTED, |a, k| a << k)]
#[case::shift_right(0x74, SHIFTED, |a, k| a >> k)]
#[harness::test(
    clause = [SECCOMP_DATA_ARGS, SECCOMP_ACTIONS_ERRNO],
    catches = "an operation computed with fewer than 32 bits, or with signed operands where they are \
        unsigned",
    needs = [SECCOMP_FILTER],
)]
fn an_operation_computes_whole_words(
    #[case] code: u16,
    #[case] values: [(u32, u32); 3],
    #[case] result: fn(u32, u32) -> u32,
) {
    for (a, k) in values {
        let (load, load_x) = (instruction(IMMEDIATE, a), instruction(IMMEDIATE_X, k));
        let by_constant = [load, instruction(code, k)];
        let by_x = [load_x, load, instruction(code | BY_X, 0)];
        let expected = result(a, k);
        assert!(comes_to(&by_constant, expected), "{a:#x} and the constant {k:#x}");
        assert!(comes_to(&by_x, expected), "{a:#x} and {k:#x} in X");
    }
}

#[harness::test(
    clause = [SECCOMP_DATA_ARGS, SECCOMP_ACTIONS_ERRNO],
    catches = "scratch memory with a single word for all indices, or stx that stores A",
    needs = [SECCOMP_FILTER],
)]
fn memory_keeps_whole_words() {
    const STORE: u16 = BPF_ST;
    const STORE_X: u16 = BPF_STX;
    const MEMORY: u16 = BPF_LD | BPF_MEM;
    const MEMORY_X: u16 = BPF_LDX | BPF_MEM;
    const X_TO_A: u16 = BPF_MISC | BPF_TXA;
    const VALUES: [u32; 2] = [0x8765_4321, 0xfedc_ba98];
    let stored = [
        instruction(IMMEDIATE, VALUES[0]),
        instruction(IMMEDIATE_X, VALUES[1]),
        instruction(STORE, 0),
        instruction(STORE_X, 15),
        instruction(IMMEDIATE, 0),
        instruction(IMMEDIATE_X, 0),
    ];
    for (place, value) in [0, 15].into_iter().zip(VALUES) {
        let to_a = [&stored[..], &[instruction(MEMORY, place)]].concat();
        let to_x = [&stored[..], &[instruction(MEMORY_X, place), instruction(X_TO_A, 0)]].concat();
        assert!(comes_to(&to_a, value) && comes_to(&to_x, value), "word {place}");
    }
}

#[harness::test(
    clause = [SECCOMP_PROGRAM_DATA_LENGTH, SECCOMP_ACTIONS_ERRNO],
    catches = "ldx with BPF_LEN that loads X with something other than the 64 bytes of seccomp_data",
    needs = [SECCOMP_FILTER],
)]
fn the_length_is_told_in_x_too() {
    const LENGTH_X: u16 = BPF_LDX | BPF_LEN;
    const X_TO_A: u16 = BPF_MISC | BPF_TXA;
    assert_eq!(computed(&[instruction(LENGTH_X, 3), instruction(X_TO_A, 0)], 1, 2), 64);
}

#[harness::test(
    clause = [SECCOMP_DATA_ARGS, SECCOMP_ACTIONS_ERRNO],
    catches = "BPF_RET | BPF_A that returns the constant k instead of A",
    needs = [SECCOMP_FILTER],
)]
fn a_value_is_returned_whatever_the_constant() {
    let gadget = Gadget::syscall();
    load_raw(vec![
        instruction(LOAD, 0),
        jump(JUMP_IF_EQUAL, 500, 1, 0),
        ALLOWS,
        instruction(IMMEDIATE, Action::Errno(7).value()),
        instruction(RETURN_A, Action::Errno(8).value()),
    ]);
    assert_eq!(gadget.call(500), -7);
}

/// Whether a computation leaves this value in A; computed in a child, by a filter of its own.
fn comes_to(instructions: &[Instruction], expected: u32) -> bool {
    child::told(|| {
        let mut program = vec![instruction(LOAD, 0), jump(JUMP_IF_EQUAL, 500, 1, 0), ALLOWS];
        program.extend(instructions);
        program.extend([
            jump(JUMP_IF_EQUAL, expected, 0, 1),
            instruction(RETURN, Action::Errno(7).value()),
            instruction(RETURN, Action::Errno(8).value()),
        ]);
        load_raw(program);
        Gadget::syscall().call(500) == -7
    })
}

/// Each value is compared with the first argument, once as the program's constant and once as X, the
/// argument's high half.
#[rstest]
#[case::equal(0x15, [false, true, false])]
#[case::greater(0x25, [false, false, true])]
#[case::greater_or_equal(0x35, [false, true, true])]
#[harness::test(
    clause = SECCOMP_DATA_ARGS,
    catches = "a comparison with signed operands, or one that is off by one where the operands are equal",
    needs = [SECCOMP_FILTER],
)]
fn a_comparison_knows_its_edges(#[case] code: u16, #[case] expected: [bool; 3]) {
    const VALUES: [u32; 5] = [1, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_fffe];
    let gadget = Gadget::syscall();
    let first = 400;
    for (nr, value) in (first..).zip(VALUES) {
        load_raw(compared(nr, code, value));
    }
    let by_x = first + VALUES.len() as u32;
    load_raw(compared(by_x, code | BY_X, 0));
    let holds = |nr: u32, a: u32, x: u32| {
        let argument = (u64::from(x) << 32 | u64::from(a)) as usize;
        gadget.call_args(i64::from(nr), [argument, 0, 0, 0, 0, 0]) == -7
    };
    for (nr, value) in (first..).zip(VALUES) {
        let with = |nr, x| [value - 1, value, value + 1].map(|a| holds(nr, a, x));
        assert_eq!(with(nr, 0), expected, "around {value:#x}");
        assert_eq!(with(by_x, value), expected, "around {value:#x} in X");
    }
}

/// A program that returns error 7 for number `nr` where the comparison holds.
fn compared(nr: u32, code: u16, k: u32) -> Vec<Instruction> {
    vec![
        instruction(LOAD, 0),
        jump(JUMP_IF_EQUAL, nr, 1, 0),
        ALLOWS,
        instruction(LOAD, 20),
        instruction(TAX, 0),
        instruction(LOAD, 16),
        jump(code, k, 0, 1),
        instruction(RETURN, Action::Errno(7).value()),
        ALLOWS,
    ]
}

#[rstest]
#[case::the_lowest(0x8000_0001, 1, true)]
#[case::the_highest(0x8000_0001, 0x8000_0000, true)]
#[case::none(6, 9, false)]
#[case::one_of_two(6, 10, true)]
#[harness::test(
    clause = SECCOMP_DATA_ARGS,
    catches = "BPF_JSET that needs all bits of its mask set, or that ignores bit 31",
    needs = [SECCOMP_FILTER],
)]
fn a_test_of_bits_finds_any(#[case] a: u32, #[case] k: u32, #[case] expected: bool) {
    let gadget = Gadget::syscall();
    load_raw(compared(400, 0x45, k));
    load_raw(compared(401, 0x45 | BY_X, 0));
    let argument = (u64::from(k) << 32 | u64::from(a)) as usize;
    let result = if expected { -7 } else { -ENOSYS };
    for nr in [400, 401] {
        assert_eq!(gadget.call_args(nr, [argument, 0, 0, 0, 0, 0]), result, "number {nr}");
    }
}

/// Numbers unassigned between two ranges of the 64-bit table. The kernel works out at install time
/// which numbers of its table are allowed whatever the arguments (the action cache), and its result
/// must equal the program's.
const GAP: std::ops::Range<u32> = 340..424;

/// Each row allows numbers of the gap by a comparison and refuses the rest, then the reverse. All
/// numbers outside the gap are allowed.
#[rstest]
#[case::equal(&[jump(JUMP_IF_EQUAL, 400, 0, 1)], |nr| nr == 400)]
#[case::greater(&[jump(0x25, 400, 0, 1)], |nr| nr > 400)]
#[case::greater_or_equal(&[jump(0x35, 400, 0, 1)], |nr| nr >= 400)]
#[case::any_bit(&[jump(0x45, 0x0c, 0, 1)], |nr| nr & 0x0c != 0)]
#[case::masked(&[instruction(AND, 0x3f), jump(JUMP_IF_EQUAL, 0x10, 0, 1)], |nr| nr & 0x3f == 0x10)]
#[case::jumped_over(
    &[jump(0x05, 1, 0, 0), ALLOWS, jump(JUMP_IF_EQUAL, 401, 0, 1)],
    |nr| nr == 401
)]
#[case::computed(&[instruction(0x04, 7), jump(JUMP_IF_EQUAL, 407, 0, 1)], |nr| nr == 400)]
#[case::loaded_again(
    &[instruction(LOAD, 4), instruction(LOAD, 0), jump(JUMP_IF_EQUAL, 402, 0, 1)],
    |nr| nr == 402
)]
#[case::by_argument(&[instruction(LOAD, 16), jump(JUMP_IF_EQUAL, 5, 0, 1)], |_| true)]
#[case::by_abi(&[instruction(LOAD, 4), jump(JUMP_IF_EQUAL, AUDIT_ARCH_X86_64, 0, 1)], |_| true)]
#[case::by_another_abi(&[instruction(LOAD, 4), jump(JUMP_IF_EQUAL, AUDIT_ARCH_I386, 0, 1)], |_| false)]
#[harness::test(
    clause = [SECCOMP_DATA_NUMBER, SECCOMP_ACTIONS_ALLOW],
    catches = "an action cache whose emulation of an opcode allows a number that the program refuses, or \
        refuses one allowed",
    needs = [SECCOMP_FILTER],
)]
fn numbers_are_allowed_as_the_program_says(
    #[case] condition: &[Instruction],
    #[case] holds: fn(u32) -> bool,
) {
    const REFUSED: i64 = -7;
    let gadget = Gadget::syscall();
    let refuses = instruction(RETURN, Action::Errno(7).value());
    for (then, otherwise, allowed_where) in [(ALLOWS, refuses, true), (refuses, ALLOWS, false)] {
        let mut program = vec![
            instruction(LOAD, 0),
            jump(0x35, GAP.end, 1, 0),
            jump(0x35, GAP.start, 1, 0),
            ALLOWS,
        ];
        program.extend(condition);
        program.extend([then, otherwise]);
        let right = child::told(|| {
            load_raw(program);
            // The first argument is 5, the value in the row `by_argument`.
            let call = |nr: u32| gadget.call_args(i64::from(nr), [5, 0, 0, 0, 0, 0]);
            GAP.into_iter()
                .all(|nr| call(nr) == if holds(nr) == allowed_where { -ENOSYS } else { REFUSED })
        });
        assert!(right, "with allowed numbers where it holds: {allowed_where}");
    }
}

/// The argument alternates between the refused value and others.
#[harness::test(
    clause = [SECCOMP_DATA_ARGS, SECCOMP_DATA_NUMBER],
    catches = "an action cache that remembers the verdict on a number although the program reads an \
        argument",
    needs = [SECCOMP_FILTER],
)]
fn an_argument_is_looked_at_each_time() {
    let gadget = Gadget::syscall();
    load_raw(vec![
        instruction(LOAD, 0),
        jump(JUMP_IF_EQUAL, 400, 1, 0),
        ALLOWS,
        instruction(LOAD, 16),
        jump(JUMP_IF_EQUAL, 5, 0, 1),
        instruction(RETURN, Action::Errno(7).value()),
        ALLOWS,
    ]);
    let call = |argument: usize| gadget.call_args(400, [argument, 0, 0, 0, 0, 0]);
    for _ in 0..50 {
        assert_eq!([call(0), call(5), call(4)], [-ENOSYS, -7, -ENOSYS]);
    }
}
