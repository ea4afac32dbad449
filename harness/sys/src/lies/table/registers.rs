//! Registers and memory after code entered the kernel.

use crate::lies::change::{Change, Field};
use crate::lies::kinds::answer::On;
use crate::lies::kinds::code::{Enter, Entering, Fate, Leave, Leaving, Made};
use crate::lies::lie::{Lie, Nth, Task, Tell};
use crate::registers::image::Reg;

const MADE: [(Made, &str); 2] = [(Made::Syscall, "syscall"), (Made::Int80, "int80")];
const FATES: [(Fate, &str, &str); 3] = [
    (Fate::Quiet, "native", "a call that is made"),
    (Fate::Signal(2), "dispatched", "a dispatched call"),
    (Fate::Signal(1), "trapped", "a trapped call"),
];
const FLAGS: [(u64, &str); 10] = [
    (0x1, "carry"),
    (0x4, "parity"),
    (0x10, "adjust"),
    (0x40, "zero"),
    (0x80, "sign"),
    (0x100, "trap"),
    (0x400, "direction"),
    (0x800, "overflow"),
    (0x4_0000, "alignment"),
    (0x20_0000, "id"),
];
/// An entry of the vsyscall page, and what its calls write: by which argument, and where.
type Entry = (usize, &'static str, &'static [(Reg, &'static str, Field)]);

/// The three there are.
const PAGES: [Entry; 3] = [
    (
        0,
        "gettimeofday",
        &[
            (Reg::Rdi, "first", Field::new(0, 8)),
            (Reg::Rdi, "first", Field::new(8, 8)),
            (Reg::Rsi, "second", Field::new(0, 4)),
            (Reg::Rsi, "second", Field::new(4, 4)),
        ],
    ),
    (0x400, "time", &[(Reg::Rdi, "first", Field::new(0, 8))]),
    (
        0x800,
        "getcpu",
        &[(Reg::Rdi, "first", Field::new(0, 4)), (Reg::Rsi, "second", Field::new(0, 4))],
    ),
];

pub(super) fn add(lies: &mut Vec<Lie>) {
    for (made, abi) in MADE {
        for (fate, word, words) in FATES {
            results(lies, made, abi, fate, word, words);
            for reg in Reg::VALUES {
                if reg != Reg::Rax {
                    register(lies, made, abi, fate, word, words, reg);
                }
            }
            for (bit, flag) in FLAGS {
                let what = Leaving::Register(Reg::Flags, Change::Flip(bit));
                let bug = format!("{words} by {abi} turns the {flag} flag round");
                let id = format!("flags/{flag}/{abi}/{word}");
                lies.push(leave(id, bug, made, Some(fate), On::Any, what));
            }
        }
        entering(lies, made, abi);
    }
    floating(lies);
    pages(lies);
}

fn leave(
    id: impl Into<String>,
    bug: impl Into<String>,
    made: Made,
    fate: Option<Fate>,
    on: On,
    what: Leaving,
) -> Lie {
    Lie::new(id, bug, Tell::Leave(Leave { made, fate, on, what }))
}

fn register(
    lies: &mut Vec<Lie>,
    made: Made,
    abi: &str,
    fate: Fate,
    word: &str,
    words: &str,
    reg: Reg,
) {
    for (id, how, change) in [
        ("high-half", "loses its high half in", Change::Keep(0xffff_ffff)),
        ("one-off", "is one more after", Change::Add(1)),
    ] {
        let bug = format!("{reg:?} {how} {words} by {abi}");
        let id = format!("registers/{reg:?}/{id}/{abi}/{word}").to_lowercase();
        lies.push(leave(id, bug, made, Some(fate), On::Any, Leaving::Register(reg, change)));
    }
}

fn results(lies: &mut Vec<Lie>, made: Made, abi: &str, fate: Fate, word: &str, words: &str) {
    let rax = |change| Leaving::Register(Reg::Rax, change);
    let changes = [
        ("one-off", "one more", Change::Add(1)),
        ("zero", "0", Change::Set(0)),
        ("eperm", "EPERM", Change::Set(-1i64 as u64)),
        ("eintr", "EINTR", Change::Set(-4i64 as u64)),
        ("enosys", "ENOSYS", Change::Set(-38i64 as u64)),
        ("sign", "the sign-extended low half of what it should be", Change::Sign),
        ("low-half", "the low half of what it should be", Change::Keep(0xffff_ffff)),
    ];
    for (id, result, change) in changes {
        let bug = format!("{words} by {abi} gives {result}");
        let lie = || {
            let id = format!("result/{id}/{abi}/{word}");
            leave(id, bug.clone(), made, Some(fate), On::Any, rax(change))
        };
        // A whole result keeps nothing that could be cut off.
        if id == "sign" && (made, fate) != (Made::Syscall, Fate::Signal(2)) {
            continue;
        }
        lies.push(lie());
        // Few calls have a result that can be cut off.
        if matches!(id, "sign" | "low-half") {
            continue;
        }
        lies.push(lie().nth(Nth::Second));
        if made == Made::Syscall || fate == Fate::Quiet {
            lies.push(lie().task(Task::Thread));
            lies.push(lie().task(Task::Child));
        }
    }
    if fate != Fate::Quiet {
        return;
    }
    let errors: [(i64, i64, &str); 10] = [
        (-38, -1, "enosys-is-eperm"),
        (-38, 0, "enosys-is-success"),
        (-1, -38, "eperm-is-enosys"),
        (-14, 0, "efault-is-success"),
        (-14, -22, "efault-is-einval"),
        (-22, -14, "einval-is-efault"),
        (-22, 0, "einval-is-success"),
        (-9, -22, "ebadf-is-einval"),
        (-4, 0, "eintr-is-success"),
        (-4, -512, "eintr-is-restartsys"),
    ];
    for (from, to, id) in errors {
        if made == Made::Int80 && from == -4 {
            continue;
        }
        let bug = format!("a call by {abi} that fails says something else: {id}");
        let what = rax(Change::Set(to as u64));
        let id = format!("result/{id}/{abi}/native");
        lies.push(leave(id, bug, made, Some(fate), On::Value(from), what));
    }
}

fn entering(lies: &mut Vec<Lie>, made: Made, abi: &str) {
    let arguments: [(Reg, &str); 6] = match made {
        Made::Int80 => [
            (Reg::Rbx, "1"),
            (Reg::Rcx, "2"),
            (Reg::Rdx, "3"),
            (Reg::Rsi, "4"),
            (Reg::Rdi, "5"),
            (Reg::Rbp, "6"),
        ],
        _ => [
            (Reg::Rdi, "1"),
            (Reg::Rsi, "2"),
            (Reg::Rdx, "3"),
            (Reg::R10, "4"),
            (Reg::R8, "5"),
            (Reg::R9, "6"),
        ],
    };
    for (reg, place) in arguments {
        for (id, how, change) in [
            ("lost", "0", Change::Set(0)),
            ("high-half", "its low half", Change::Keep(0xffff_ffff)),
            ("one-off", "one more", Change::Add(1)),
        ] {
            let bug = format!("argument {place} of a call by {abi} is taken for {how}");
            let what = Entering::Register(reg, change);
            let id = format!("argument/{place}/{id}/{abi}");
            lies.push(Lie::new(id, bug, Tell::Enter(Enter { made, what })));
        }
    }
    for (id, how, change) in [
        ("one-off", "one more", Change::Add(1)),
        ("high-half", "its low half", Change::Keep(0xffff_ffff)),
        ("sign", "its sign-extended low half", Change::Sign),
        ("x32-bit", "the number without the bit of the x32 ABI", Change::Keep(!0x4000_0000)),
    ] {
        // An int 0x80 has no more than the low half.
        if made == Made::Int80 && matches!(id, "high-half" | "sign") {
            continue;
        }
        let bug = format!("the number of a call by {abi} is taken for {how}");
        let what = Entering::Register(Reg::Rax, change);
        let id = format!("number/{id}/{abi}");
        lies.push(Lie::new(id, bug, Tell::Enter(Enter { made, what })));
    }
}

fn floating(lies: &mut Vec<Lie>) {
    let mut fields: Vec<(String, Field)> = (0..16)
        .flat_map(|i| {
            [("low", 0), ("high", 8)]
                .map(|(half, at)| (format!("xmm{i}/{half}"), Field::new(16 * i + at, 8)))
        })
        .collect();
    fields.push(("mxcsr".into(), Field::new(256, 4)));
    fields.push(("x87-control".into(), Field::new(260, 2)));
    fields.push(("x87-depth".into(), Field::new(262, 2)));
    fields.extend((0..3).map(|i| (format!("x87-stack-{i}"), Field::new(264 + 8 * i, 8))));
    for (name, field) in fields {
        let bug = format!("the floating-point state loses {name} when a call is intercepted");
        let what = Leaving::Floating(field, Change::Add(1));
        lies.push(leave(format!("floating/{name}"), bug, Made::Syscall, None, On::Any, what));
    }
}

fn pages(lies: &mut Vec<Lie>) {
    for (offset, name, written) in PAGES {
        let made = Made::Page(offset);
        for (fate, word, words) in [
            (Fate::Quiet, "native", "a call of"),
            (Fate::Signal(1), "trapped", "a trapped call of"),
        ] {
            // R14 and R15 are the caller's own: without R14 it would not come back.
            for reg in Reg::VALUES.into_iter().filter(|reg| !matches!(reg, Reg::R14 | Reg::R15)) {
                let bug = format!("{reg:?} is one more after {words} the vsyscall page's {name}");
                let what = Leaving::Register(reg, Change::Add(1));
                let id = format!("page/{name}/{reg:?}/{word}").to_lowercase();
                lies.push(leave(id, bug, made, Some(fate), On::Any, what));
            }
            let changes = [
                ("zero", "0", Change::Set(0)),
                ("eperm", "EPERM", Change::Set(-1i64 as u64)),
                ("efault", "EFAULT", Change::Set(-14i64 as u64)),
                ("enosys", "ENOSYS", Change::Set(-38i64 as u64)),
            ];
            for (id, result, change) in changes {
                let bug = format!("{words} the vsyscall page's {name} gives {result}");
                let what = Leaving::Register(Reg::Rax, change);
                let id = format!("page/{name}/result-{id}/{word}");
                lies.push(leave(id, bug, made, Some(fate), On::Any, what));
            }
            for (bit, flag) in FLAGS {
                let bug = format!("{words} the vsyscall page's {name} turns the {flag} flag round");
                let what = Leaving::Register(Reg::Flags, Change::Flip(bit));
                let id = format!("page/{name}/flag-{flag}/{word}");
                lies.push(leave(id, bug, made, Some(fate), On::Any, what));
            }
            // R15 is the stack pointer as it came back.
            let bug = format!(
                "{words} the vsyscall page's {name} leaves the return address on the stack"
            );
            let what = Leaving::Register(Reg::R15, Change::Add(0u64.wrapping_sub(8)));
            lies.push(leave(
                format!("page/{name}/stack/{word}"),
                bug,
                made,
                Some(fate),
                On::Any,
                what,
            ));
            for (reg, argument, field) in written {
                let Field { offset: at, .. } = *field;
                let bug = format!(
                    "{words} the vsyscall page's {name} writes something else to its {argument} argument: byte {at}"
                );
                let what = Leaving::Memory(*reg, *field, Change::Add(3));
                let id = format!("page/{name}/memory-{argument}-{at}/{word}");
                lies.push(leave(id, bug, made, Some(fate), On::Success, what));
                let bug = format!(
                    "{words} the vsyscall page's {name} always writes the same to its {argument} argument: byte {at}"
                );
                let what = Leaving::Memory(*reg, *field, Change::Set(7));
                let id = format!("page/{name}/stuck-{argument}-{at}/{word}");
                lies.push(leave(id, bug, made, Some(fate), On::Success, what));
            }
        }
    }
    let changes = [
        ("one-off", Change::Add(1)),
        ("zero", Change::Set(0)),
        ("enosys", Change::Set(-38i64 as u64)),
    ];
    for (id, change) in changes {
        let bug = format!("a function of the vDSO gives another result: {id}");
        let what = Leaving::Register(Reg::Rax, change);
        lies.push(leave(format!("vdso/result-{id}"), bug, Made::Elsewhere, None, On::Any, what));
    }
    for (reg, argument) in [(Reg::Rdi, "first"), (Reg::Rsi, "second")] {
        for index in [0, 8] {
            let bug =
                format!("a function of the vDSO writes something else to its {argument} argument");
            let what = Leaving::Memory(reg, Field::new(index, 8), Change::Add(3_000_000_000));
            let id = format!("vdso/memory-{argument}-{index}");
            lies.push(leave(id, bug, Made::Elsewhere, Some(Fate::Quiet), On::Value(0), what));
        }
    }
    // What old programs jumped to: the number into RAX, and a syscall.
    let codes = [(0x60u64, "gettimeofday"), (0xc9, "time"), (0x135, "getcpu")];
    let codes = codes.map(|(nr, name)| (0x0f00_0000_00c0_c748 | nr << 24, name));
    for (code, name) in codes.into_iter().chain([(u64::from_ne_bytes([0xcc; 8]), "rest")]) {
        let bug = format!("the emulated vsyscall page holds other code: {name}");
        let what = Leaving::Register(Reg::Rax, Change::Add(1));
        let on = On::Value(code as i64);
        lies.push(leave(format!("page/code/{name}"), bug, Made::Access, None, on, what));
    }
}
