//! Numbers and instructions as C programs have them.

use model::bpf::{self, Instruction};

/// A number that has a sign.
pub(crate) fn number(value: i64) -> String {
    if value.unsigned_abs() < 1 << 16 { value.to_string() } else { hex(value as u64) }
}

/// A number that is an address or bits.
pub(crate) fn hex(value: u64) -> String {
    if value < 10 { value.to_string() } else { format!("{value:#x}") }
}

/// An instruction in the words of bpf(4).
pub(super) fn mnemonic(instruction: &Instruction) -> String {
    let Instruction { code, jt, jf, k } = *instruction;
    let operand = if code & bpf::WITH_X == 0 { format!("#{k:#x}") } else { "x".into() };
    let plain = code & !bpf::WITH_X;
    let place = |codes: &[u16]| codes.iter().position(|known| *known == plain);
    if let Some(i) = place(&bpf::SUMS) {
        let name = ["add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "xor"][i];
        return format!("{name} {operand}");
    }
    if let Some(i) = place(&bpf::CONDITIONS) {
        let name = ["jeq", "jgt", "jge", "jset"][i];
        return format!("{name} {operand}, +{jt}, +{jf}");
    }
    match code {
        bpf::LOAD => format!("ld [{k}]"),
        bpf::JUMP => format!("ja +{k}"),
        bpf::NEGATE => "neg".into(),
        code if code == bpf::LENGTHS[0] => "ld len".into(),
        code if code == bpf::LENGTHS[1] => "ldx len".into(),
        code if code == bpf::NUMBERS[0] => format!("ld #{k:#x}"),
        code if code == bpf::NUMBERS[1] => format!("ldx #{k:#x}"),
        code if code == bpf::RECALLS[0] => format!("ld M[{k}]"),
        code if code == bpf::RECALLS[1] => format!("ldx M[{k}]"),
        code if code == bpf::STORES[0] => format!("st M[{k}]"),
        code if code == bpf::STORES[1] => format!("stx M[{k}]"),
        code if code == bpf::MOVES[0] => "tax".into(),
        code if code == bpf::MOVES[1] => "txa".into(),
        code if code == bpf::RETURNS[0] => format!("ret #{k:#x}"),
        code if code == bpf::RETURNS[1] => "ret a".into(),
        _ => "?".into(),
    }
}
