//! Lies about filters: each instruction as the kernel takes it.

use super::kinds::filter::Rewrite;
use super::lie::{Door, Tell};
use super::state::{chosen, is_armed};
use crate::seccomp::instruction::Instruction;
use crate::uapi::{BPF_ABS, BPF_K, BPF_LD, BPF_RET, BPF_W};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const LOAD: u16 = BPF_LD | BPF_W | BPF_ABS;
const RETURN: u16 = BPF_RET | BPF_K;
/// Room for the longest program.
const LONGEST: usize = 4200;
static PROGRAM: [AtomicU64; LONGEST] = [const { AtomicU64::new(0) }; LONGEST];

impl Rewrite {
    fn of(self, instruction: Instruction) -> Instruction {
        let Instruction { code, jt, jf, k } = instruction;
        match self {
            Self::Return { mask, action, change } if code == RETURN && k & mask == action => {
                Instruction { k: change.of(k.into()) as u32, ..instruction }
            }
            Self::Load(at, change) if code == LOAD && k == at => {
                Instruction { k: change.of(k.into()) as u32, ..instruction }
            }
            Self::Operation(from, to) if code == from => Instruction { code: to, ..instruction },
            Self::Operand(of, change) if code == of => {
                Instruction { k: change.of(k.into()) as u32, ..instruction }
            }
            Self::Exchanged(of) if code == of => Instruction { jt: jf, jf: jt, ..instruction },
            _ => instruction,
        }
    }
}

/// The program that the kernel is handed for this one: its address.
pub(crate) fn rewritten(program: &[Instruction]) -> usize {
    let own = program.as_ptr() as usize;
    if !is_armed() || program.len() > LONGEST {
        return own;
    }
    let fits =
        |tell: &Tell| matches!(tell, Tell::Filter(lie) if program.iter().any(|i| lie.of(*i) != *i));
    let Some(Tell::Filter(lie)) = chosen(Door::Filter, fits) else { return own };
    for (to, from) in PROGRAM.iter().zip(program) {
        let Instruction { code, jt, jf, k } = lie.of(*from);
        let low = u64::from(code) | u64::from(jt) << 16 | u64::from(jf) << 24;
        to.store(low | u64::from(k) << 32, Relaxed);
    }
    PROGRAM.as_ptr() as usize
}
