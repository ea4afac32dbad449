//! The programs filters are made of: which are accepted, and what they return.

use crate::{Branch, Model};
use sys::uapi::{
    BPF_A, BPF_ABS, BPF_ADD, BPF_ALU, BPF_AND, BPF_DIV, BPF_IMM, BPF_JA, BPF_JEQ, BPF_JGE, BPF_JGT,
    BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_LDX, BPF_LEN, BPF_LSH, BPF_MEM, BPF_MISC, BPF_MUL,
    BPF_NEG, BPF_OR, BPF_RET, BPF_RSH, BPF_ST, BPF_STX, BPF_SUB, BPF_TAX, BPF_TXA, BPF_W, BPF_X,
    BPF_XOR,
};

/// One instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the structure's")]
pub struct Instruction {
    pub code: u16,
    pub jt: u8,
    pub jf: u8,
    pub k: u32,
}

/// What a program is shown of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the structure's")]
pub struct Data {
    pub nr: i32,
    pub arch: u32,
    pub instruction_pointer: u64,
    pub args: [u64; 6],
}

/// Bytes of [`Data`].
pub const DATA: u32 = 64;
/// Words of memory a program has.
pub const MEMORY: u32 = 16;
/// Instructions a program may have.
pub const LONGEST: usize = 4096;

impl Data {
    /// The word at an offset that is a multiple of 4.
    pub fn word(&self, offset: u32) -> u32 {
        let half = |value: u64| if offset & 4 == 0 { value as u32 } else { (value >> 32) as u32 };
        match offset {
            0 => self.nr as u32,
            4 => self.arch,
            8 | 12 => half(self.instruction_pointer),
            _ => half(self.args[(offset as usize - 16) / 8]),
        }
    }
}

/// `ld [k]`.
pub const LOAD: u16 = BPF_LD | BPF_W | BPF_ABS;
/// `ld #len`, `ldx #len`.
pub const LENGTHS: [u16; 2] = [BPF_LD | BPF_LEN, BPF_LDX | BPF_LEN];
/// `ld #k`, `ldx #k`.
pub const NUMBERS: [u16; 2] = [BPF_LD | BPF_IMM, BPF_LDX | BPF_IMM];
/// `ld M[k]`, `ldx M[k]`.
pub const RECALLS: [u16; 2] = [BPF_LD | BPF_MEM, BPF_LDX | BPF_MEM];
/// `st M[k]`, `stx M[k]`.
pub const STORES: [u16; 2] = [BPF_ST, BPF_STX];
/// `tax`, `txa`.
pub const MOVES: [u16; 2] = [BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA];
/// `ret #k`, `ret a`.
pub const RETURNS: [u16; 2] = [BPF_RET | BPF_K, BPF_RET | BPF_A];
/// `ja`.
pub const JUMP: u16 = BPF_JMP | BPF_JA;
/// `jeq`, `jgt`, `jge`, `jset` with `#k`; with x: 8 more.
pub const CONDITIONS: [u16; 4] =
    [BPF_JMP | BPF_JEQ, BPF_JMP | BPF_JGT, BPF_JMP | BPF_JGE, BPF_JMP | BPF_JSET];
/// `add`, `sub`, `mul`, `div`, `or`, `and`, `lsh`, `rsh`, `xor` with `#k`; with x: 8 more.
pub const SUMS: [u16; 9] = [
    BPF_ALU | BPF_ADD,
    BPF_ALU | BPF_SUB,
    BPF_ALU | BPF_MUL,
    BPF_ALU | BPF_DIV,
    BPF_ALU | BPF_OR,
    BPF_ALU | BPF_AND,
    BPF_ALU | BPF_LSH,
    BPF_ALU | BPF_RSH,
    BPF_ALU | BPF_XOR,
];
/// `neg`.
pub const NEGATE: u16 = BPF_ALU | BPF_NEG;
/// The operand is x.
pub const WITH_X: u16 = BPF_X;
const DIVIDE: u16 = BPF_ALU | BPF_DIV;
const SHIFTS: [u16; 2] = [BPF_ALU | BPF_LSH, BPF_ALU | BPF_RSH];

fn is_known(code: u16) -> bool {
    let plain = code & !WITH_X;
    [LOAD, JUMP, NEGATE].contains(&code)
        || [LENGTHS, NUMBERS, RECALLS, STORES, MOVES, RETURNS].iter().flatten().any(|c| *c == code)
        || CONDITIONS.contains(&plain)
        || SUMS.contains(&plain)
}

impl Model {
    /// Whether a program is accepted.
    pub fn accepts(&self, program: &[Instruction]) -> bool {
        if self.is(Branch::ProgramLength, program.is_empty() || program.len() > LONGEST) {
            return false;
        }
        let fine = program
            .iter()
            .enumerate()
            .all(|(at, instruction)| self.accepts_one(*instruction, program.len() - at - 1));
        let returns = program.last().is_some_and(|last| RETURNS.contains(&last.code));
        fine && self.is(Branch::ReturnsLast, returns) && self.recalls_what_was_stored(program)
    }

    /// `behind`: how many instructions there are behind this one.
    fn accepts_one(&self, instruction: Instruction, behind: usize) -> bool {
        let Instruction { code, jt, jf, k } = instruction;
        if !self.is(Branch::CodeKnown, is_known(code)) {
            return false;
        }
        let refused = match code {
            LOAD => self.is(Branch::LoadOutside, k >= DATA || k % 4 != 0),
            JUMP => self.is(Branch::JumpOutside, k as usize >= behind),
            DIVIDE => self.is(Branch::DivisorZero, k == 0),
            _ if SHIFTS.contains(&code) => self.is(Branch::ShiftTooFar, k >= 32),
            _ if RECALLS.contains(&code) || STORES.contains(&code) => {
                self.is(Branch::MemoryOutside, k >= MEMORY)
            }
            _ if CONDITIONS.contains(&(code & !WITH_X)) => {
                self.is(Branch::ConditionOutside, usize::from(jt.max(jf)) >= behind)
            }
            _ => false,
        };
        !refused
    }

    /// A word of memory is read only where it was stored on every way there.
    fn recalls_what_was_stored(&self, program: &[Instruction]) -> bool {
        let mut stored_at = vec![u16::MAX; program.len()];
        let mut stored = 0u16;
        // A decision that is taken the wrong way may lead out of the program, or of the memory.
        let join = |stored_at: &mut Vec<u16>, at: usize, stored: u16| {
            if let Some(there) = stored_at.get_mut(at) {
                *there &= stored;
            }
        };
        for (at, Instruction { code, jt, jf, k }) in program.iter().enumerate() {
            stored &= stored_at[at];
            let word = 1u16 << (k % MEMORY);
            if STORES.contains(code) {
                stored |= word;
            } else if RECALLS.contains(code) {
                if self.is(Branch::NeverStored, stored & word == 0) {
                    return false;
                }
            } else if *code == JUMP {
                join(&mut stored_at, (at + 1).saturating_add(*k as usize), stored);
                stored = u16::MAX;
            } else if CONDITIONS.contains(&(code & !WITH_X)) {
                join(&mut stored_at, at + 1 + usize::from(*jt), stored);
                join(&mut stored_at, at + 1 + usize::from(*jf), stored);
                stored = u16::MAX;
            }
        }
        true
    }

    /// What an accepted program returns.
    pub fn result(&self, program: &[Instruction], data: &Data) -> u32 {
        let (mut a, mut x, mut memory) = (0u32, 0u32, [0u32; MEMORY as usize]);
        let mut at = 0;
        // A decision that is taken the wrong way may lead out of the program.
        while let Some(Instruction { code, jt, jf, k }) = program.get(at).copied() {
            at += 1;
            let slot = (k % MEMORY) as usize;
            let operand = if self.is(Branch::OperandX, code & WITH_X != 0) { x } else { k };
            match code {
                0x06 => return k,
                0x16 => return self.gives(Branch::ReturnA, u64::from(a)) as u32,
                LOAD => a = self.gives(Branch::LoadWord, u64::from(data.word(k % DATA))) as u32,
                0x80 => a = self.gives(Branch::LoadLength, u64::from(DATA)) as u32,
                0x81 => x = self.gives(Branch::LoadLength, u64::from(DATA)) as u32,
                0x00 => a = k,
                0x01 => x = k,
                0x60 => a = memory[slot],
                0x61 => x = memory[slot],
                0x02 => memory[slot] = a,
                0x03 => memory[slot] = x,
                0x07 => x = a,
                0x87 => a = x,
                JUMP => at += k as usize,
                NEGATE => a = self.gives(Branch::Negated, u64::from(a.wrapping_neg())) as u32,
                _ if code & 7 == 5 => {
                    let jumps = match code & 0xf0 {
                        0x10 => self.is(Branch::JumpIfEqual, a == operand),
                        0x20 => self.is(Branch::JumpIfGreater, a > operand),
                        0x30 => self.is(Branch::JumpIfNotLess, a >= operand),
                        _ => self.is(Branch::JumpIfSet, a & operand != 0),
                    };
                    at += usize::from(if jumps { jt } else { jf });
                }
                _ => match self.sum(code & 0xf0, a, operand) {
                    Some(value) => a = value,
                    None => return 0,
                },
            }
        }
        0
    }

    /// `None`: divided by zero, which returns 0.
    fn sum(&self, operation: u16, a: u32, operand: u32) -> Option<u32> {
        let (branch, value) = match operation {
            0x00 => (Branch::Added, a.wrapping_add(operand)),
            0x10 => (Branch::Subtracted, a.wrapping_sub(operand)),
            0x20 => (Branch::Multiplied, a.wrapping_mul(operand)),
            0x30 if self.is(Branch::DividedByZero, operand == 0) => return None,
            0x30 => (Branch::Divided, a / operand.max(1)),
            0x40 => (Branch::Ored, a | operand),
            0x50 => (Branch::Anded, a & operand),
            // Only the low five bits of x count.
            0x60 => (Branch::ShiftedLeft, a.wrapping_shl(operand)),
            0x70 => (Branch::ShiftedRight, a.wrapping_shr(operand)),
            _ => (Branch::Xored, a ^ operand),
        };
        Some(self.gives(branch, u64::from(value)) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sys::uapi::AUDIT_ARCH_X86_64;

    const fn op(code: u16, k: u32) -> Instruction {
        Instruction { code, jt: 0, jf: 0, k }
    }

    const fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Instruction {
        Instruction { code, jt, jf, k }
    }

    const SHOWN: Data = Data {
        nr: -2,
        arch: AUDIT_ARCH_X86_64,
        instruction_pointer: 0x1_0000_0002,
        args: [0x1111_2222_3333_4444, 1, 2, 3, 4, 5],
    };
    const RET: Instruction = op(0x06, 7);
    const RET_A: Instruction = op(0x16, 0);

    #[rstest]
    #[case::return_alone(&[RET], true)]
    #[case::nothing(&[], false)]
    #[case::no_return(&[op(0, 0)], false)]
    #[case::half_words(&[op(0x28, 0), RET], false)]
    #[case::modulo(&[op(0x94, 2), RET], false)]
    #[case::negate_x(&[op(0x8c, 0), RET], false)]
    #[case::last_word(&[op(LOAD, 60), RET], true)]
    #[case::behind_the_last_word(&[op(LOAD, 64), RET], false)]
    #[case::unaligned(&[op(LOAD, 2), RET], false)]
    #[case::shift(&[op(0x64, 31), RET], true)]
    #[case::shift_too_far(&[op(0x64, 32), RET], false)]
    #[case::shift_by_x(&[op(0x6c, 99), RET], true)]
    #[case::division(&[op(0x34, 1), RET], true)]
    #[case::division_by_zero(&[op(0x34, 0), RET], false)]
    #[case::jump(&[op(JUMP, 1), RET, RET], true)]
    #[case::jump_out(&[op(JUMP, 2), RET, RET], false)]
    #[case::condition(&[jump(0x15, 0, 1, 0), RET, RET], true)]
    #[case::condition_out(&[jump(0x15, 0, 0, 2), RET, RET], false)]
    #[case::stored(&[op(0x02, 15), op(0x60, 15), RET], true)]
    #[case::never_stored(&[op(0x02, 14), op(0x60, 15), RET], false)]
    #[case::stored_on_one_way(&[jump(0x15, 0, 1, 0), op(0x02, 0), op(0x60, 0), RET], false)]
    #[case::no_such_memory(&[op(0x02, 16), RET], false)]
    fn programs(#[case] program: &[Instruction], #[case] accepted: bool) {
        assert_eq!(Model::default().accepts(program), accepted);
    }

    #[rstest]
    #[case::number(&[op(LOAD, 0), RET_A], -2i32 as u32)]
    #[case::arch(&[op(LOAD, 4), RET_A], AUDIT_ARCH_X86_64)]
    #[case::address_low(&[op(LOAD, 8), RET_A], 2)]
    #[case::address_high(&[op(LOAD, 12), RET_A], 1)]
    #[case::argument_low(&[op(LOAD, 16), RET_A], 0x3333_4444)]
    #[case::argument_high(&[op(LOAD, 20), RET_A], 0x1111_2222)]
    #[case::last_argument(&[op(LOAD, 56), RET_A], 5)]
    #[case::length(&[op(0x80, 0), RET_A], 64)]
    #[case::wraps(&[op(0, 1), op(0x14, 2), RET_A], u32::MAX)]
    #[case::negated(&[op(0, 1), op(NEGATE, 0), RET_A], u32::MAX)]
    #[case::shift_by_33(&[op(0, 1), op(1, 33), op(0x6c, 0), RET_A], 2)]
    #[case::division_by_x(&[op(0, 9), op(1, 2), op(0x3c, 0), RET_A], 4)]
    #[case::division_by_no_x(&[op(0, 9), op(0x3c, 0), RET_A], 0)]
    #[case::memory(&[op(0, 9), op(2, 3), op(0, 1), op(0x61, 3), op(0x87, 0), RET_A], 9)]
    #[case::jumps(&[jump(0x25, 0, 0, 1), op(0x06, 1), op(0x06, 2)], 2)]
    #[case::jumps_if_set(&[op(0, 6), jump(0x45, 2, 0, 1), op(0x06, 1), op(0x06, 2)], 1)]
    #[case::not_less(&[op(0, 6), jump(0x35, 6, 0, 1), op(0x06, 1), op(0x06, 2)], 1)]
    fn results(#[case] program: &[Instruction], #[case] result: u32) {
        let model = Model::default();
        assert!(model.accepts(program));
        assert_eq!(model.result(program, &SHOWN), result);
    }
}
