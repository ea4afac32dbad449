//! Random filter programs.

use fixtures::filter as kernel;
use model::bpf::{self, Instruction};
use model::seccomp::action;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;

pub(super) type Program = Vec<Instruction>;

const fn op(code: u16, k: u32) -> Instruction {
    Instruction { code, jt: 0, jf: 0, k }
}

/// As the kernel is handed it.
pub(super) fn handed(program: &[Instruction]) -> Vec<kernel::Instruction> {
    let one = |i: &Instruction| kernel::Instruction { code: i.code, jt: i.jt, jf: i.jf, k: i.k };
    program.iter().map(one).collect()
}

/// What a filter may return: an action with data, or anything.
pub(super) fn verdicts() -> BoxedStrategy<u32> {
    const DATA: [u32; 8] = [0, 1, 7, 0xfff, 0x1000, 0x7fff, 0x8000, 0xffff];
    let action = select(vec![
        action::ALLOW,
        action::ERRNO,
        action::TRAP,
        action::TRACE,
        action::LOG,
        action::USER_NOTIF,
        action::KILL_THREAD,
        action::KILL_PROCESS,
    ]);
    let survived = select(vec![action::ALLOW, action::ERRNO, action::TRAP, action::TRACE]);
    prop_oneof![
        8 => (survived, select(DATA.to_vec())).prop_map(|(action, data)| action | data),
        3 => (action, any::<u16>()).prop_map(|(action, data)| action | u32::from(data)),
        1 => any::<u32>(),
    ]
    .boxed()
}

/// Operands: numbers that calls show, and any.
fn operands(shown: &[u32]) -> BoxedStrategy<u32> {
    prop_oneof![
        6 => select(shown.to_vec()),
        2 => 0u32..64,
        2 => any::<u32>(),
    ]
    .boxed()
}

fn codes() -> BoxedStrategy<u16> {
    let with_x = |codes: &[u16]| -> Vec<u16> {
        codes.iter().flat_map(|code| [*code, code | bpf::WITH_X]).collect()
    };
    prop_oneof![
        6 => Just(bpf::LOAD),
        6 => select(with_x(&bpf::CONDITIONS)),
        5 => select(with_x(&bpf::SUMS)),
        2 => select([bpf::RECALLS, bpf::STORES, bpf::MOVES, bpf::NUMBERS].concat()),
        1 => select(vec![bpf::LENGTHS[0], bpf::LENGTHS[1], bpf::NEGATE, bpf::JUMP]),
        1 => Just(bpf::RETURNS[0]),
    ]
    .boxed()
}

/// How a program ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Number(u32),
    /// By what it has computed.
    Sum,
    /// By a trap that shows 16 bits of what it has computed.
    Shows,
}

impl End {
    fn instructions(self) -> Program {
        match self {
            Self::Number(k) => vec![op(bpf::RETURNS[0], k)],
            Self::Sum => vec![op(bpf::RETURNS[1], 0)],
            Self::Shows => vec![
                op(bpf::SUMS[5], 0xffff),
                op(bpf::SUMS[4], action::TRAP),
                op(bpf::RETURNS[1], 0),
            ],
        }
    }
}

fn ends() -> BoxedStrategy<End> {
    prop_oneof![4 => verdicts().prop_map(End::Number), 1 => Just(End::Sum), 3 => Just(End::Shows)]
        .boxed()
}

/// Programs that are accepted.
pub(super) fn accepted(shown: &[u32]) -> BoxedStrategy<Program> {
    prop_oneof![3 => computing(shown), 1 => choosing()].boxed()
}

/// A verdict for each of some numbers, and one for the rest.
fn choosing() -> BoxedStrategy<Program> {
    const NUMBERS: [u32; 8] = [39, 110, 102, 0x3fff, 96, 201, 309, u32::MAX];
    let last = prop_oneof![3 => Just(action::TRACE | 5), 1 => verdicts()];
    (vec((select(NUMBERS.to_vec()), verdicts()), 1..4), last)
        .prop_map(|(choices, last)| {
            let mut program = vec![op(bpf::LOAD, 0)];
            for (number, verdict) in choices {
                program.push(Instruction { code: bpf::CONDITIONS[0], jt: 0, jf: 1, k: number });
                program.push(op(bpf::RETURNS[0], verdict));
            }
            program.push(op(bpf::RETURNS[0], last));
            program
        })
        .boxed()
}

/// Programs of any kind. Their first words of memory are stored in before all else.
fn computing(shown: &[u32]) -> BoxedStrategy<Program> {
    let one = (codes(), operands(shown), any::<u8>(), any::<u8>(), verdicts());
    (vec(one, 0..14), ends())
        .prop_map(|(drawn, end)| {
            let mut program: Program = (0..4).map(|word| op(bpf::STORES[0], word)).collect();
            let many = drawn.len();
            for (i, (code, k, jt, jf, verdict)) in drawn.into_iter().enumerate() {
                let behind = (many - i) as u32;
                let plain = code & !bpf::WITH_X;
                program.push(match code {
                    bpf::LOAD => op(code, k % 16 * 4),
                    bpf::JUMP => op(code, k % behind),
                    0x06 => op(code, verdict),
                    0x34 => op(code, k.max(1)),
                    0x64 | 0x74 => op(code, k % 32),
                    _ if bpf::RECALLS.contains(&code) || bpf::STORES.contains(&code) => {
                        op(code, k % 4)
                    }
                    _ if bpf::CONDITIONS.contains(&plain) => Instruction {
                        code,
                        jt: (u32::from(jt) % behind) as u8,
                        jf: (u32::from(jf) % behind) as u8,
                        k,
                    },
                    _ => op(code, k),
                });
            }
            program.extend(end.instructions());
            program
        })
        .boxed()
}

/// The program for calls from these addresses (low halves); all others are allowed.
pub(super) fn confined(body: &[Instruction], addresses: &[u32]) -> Program {
    let mut program = vec![op(bpf::LOAD, 8)];
    let many = addresses.len();
    for (i, address) in addresses.iter().enumerate() {
        let jt = (many - i) as u8;
        program.push(Instruction { code: bpf::CONDITIONS[0], jt, jf: 0, k: *address });
    }
    program.push(op(bpf::RETURNS[0], action::ALLOW));
    // The body begins with a clean accumulator.
    program.push(op(bpf::NUMBERS[0], 0));
    program.extend_from_slice(body);
    program
}

/// Traps, with data that every bit of the call has a part in.
pub(super) fn folding() -> Program {
    let mut program = vec![op(bpf::LOAD, 0)];
    for word in 1..bpf::DATA / 4 {
        program.extend([
            op(bpf::MOVES[0], 0),
            op(bpf::LOAD, word * 4),
            op(bpf::SUMS[8] | bpf::WITH_X, 0),
        ]);
    }
    program.extend([op(bpf::MOVES[0], 0), op(bpf::SUMS[7], 16), op(bpf::SUMS[8] | bpf::WITH_X, 0)]);
    program.extend(End::Shows.instructions());
    program
}

/// Programs of which most are refused: accepted ones with a change, and noise.
pub(super) fn doubtful(shown: &[u32]) -> BoxedStrategy<Program> {
    let edges = select(vec![0u32, 1, 15, 16, 31, 32, 60, 61, 62, 63, 64, 68, 4095, 4096, u32::MAX]);
    let ks = prop_oneof![3 => edges, 1 => 0u32..20, 1 => any::<u32>()];
    let any_code = prop_oneof![3 => codes(), 2 => 0u16..256, 1 => any::<u16>()];
    let small = prop_oneof![4 => 0u8..6, 1 => any::<u8>()];
    let noise = (any_code, small.clone(), small, ks).prop_map(|(code, jt, jf, k)| Instruction {
        code,
        jt,
        jf,
        k,
    });
    let returned = vec(noise.clone(), 0..6).prop_map(|mut program| {
        program.push(op(bpf::RETURNS[0], action::ALLOW));
        program
    });
    let changed = (accepted(shown), any::<prop::sample::Index>(), noise.clone()).prop_map(
        |(mut program, at, other)| {
            let at = at.index(program.len());
            program[at] = other;
            program
        },
    );
    let cut = (accepted(shown), any::<prop::sample::Index>()).prop_map(|(mut program, at)| {
        program.truncate(at.index(program.len() + 1));
        program
    });
    let long = (4090usize..4100).prop_map(|many| vec![op(bpf::RETURNS[0], action::ALLOW); many]);
    prop_oneof![
        8 => changed,
        5 => returned,
        1 => vec(noise, 0..4),
        1 => cut,
        1 => long,
    ]
    .boxed()
}

/// A program as a reader of filters writes it.
pub(super) fn words(program: &[Instruction]) -> String {
    if program.len() > 40 {
        return format!("{} instructions {:?}", program.len(), program[0]);
    }
    let one = |i: &Instruction| format!("{{{:#x},{},{},{:#x}}}", i.code, i.jt, i.jf, i.k);
    program.iter().map(one).collect::<Vec<_>>().join(" ")
}
