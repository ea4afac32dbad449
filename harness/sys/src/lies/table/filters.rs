//! What filters do.

use crate::lies::change::Change;
use crate::lies::kinds::filter::Rewrite;
use crate::lies::lie::{Lie, Nth, Tell};
use crate::uapi::{
    SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
    SECCOMP_RET_LOG, SECCOMP_RET_TRACE, SECCOMP_RET_TRAP, SECCOMP_RET_USER_NOTIF,
};

const ACTIONS: [(u32, &str); 8] = [
    (SECCOMP_RET_KILL_PROCESS, "kill-process"),
    (SECCOMP_RET_KILL_THREAD, "kill-thread"),
    (SECCOMP_RET_TRAP, "trap"),
    (SECCOMP_RET_ERRNO, "errno"),
    (SECCOMP_RET_USER_NOTIF, "user-notif"),
    (SECCOMP_RET_TRACE, "trace"),
    (SECCOMP_RET_LOG, "log"),
    (SECCOMP_RET_ALLOW, "allow"),
];
const WORDS: [(u32, &str); 16] = [
    (0, "nr"),
    (4, "arch"),
    (8, "ip-low"),
    (12, "ip-high"),
    (16, "arg1-low"),
    (20, "arg1-high"),
    (24, "arg2-low"),
    (28, "arg2-high"),
    (32, "arg3-low"),
    (36, "arg3-high"),
    (40, "arg4-low"),
    (44, "arg4-high"),
    (48, "arg5-low"),
    (52, "arg5-high"),
    (56, "arg6-low"),
    (60, "arg6-high"),
];
/// Operations by name, and what they are taken for.
const OPERATIONS: [(u16, u16, &str); 42] = [
    (0x04, 0x14, "add-k-is-sub-k"),
    (0x0c, 0x1c, "add-x-is-sub-x"),
    (0x14, 0x04, "sub-k-is-add-k"),
    (0x1c, 0x0c, "sub-x-is-add-x"),
    (0x24, 0x34, "mul-k-is-div-k"),
    (0x2c, 0x0c, "mul-x-is-add-x"),
    (0x34, 0x24, "div-k-is-mul-k"),
    (0x3c, 0x2c, "div-x-is-mul-x"),
    (0x44, 0x54, "or-k-is-and-k"),
    (0x4c, 0x5c, "or-x-is-and-x"),
    (0x54, 0x44, "and-k-is-or-k"),
    (0x5c, 0x4c, "and-x-is-or-x"),
    (0x64, 0x74, "lsh-k-is-rsh-k"),
    (0x6c, 0x7c, "lsh-x-is-rsh-x"),
    (0x74, 0x64, "rsh-k-is-lsh-k"),
    (0x7c, 0x6c, "rsh-x-is-lsh-x"),
    (0x84, 0x04, "neg-is-add-k"),
    (0xa4, 0x44, "xor-k-is-or-k"),
    (0xac, 0x4c, "xor-x-is-or-x"),
    (0x15, 0x25, "jeq-k-is-jgt-k"),
    (0x1d, 0x2d, "jeq-x-is-jgt-x"),
    (0x25, 0x35, "jgt-k-is-jge-k"),
    (0x2d, 0x3d, "jgt-x-is-jge-x"),
    (0x35, 0x25, "jge-k-is-jgt-k"),
    (0x3d, 0x2d, "jge-x-is-jgt-x"),
    (0x45, 0x15, "jset-k-is-jeq-k"),
    (0x4d, 0x1d, "jset-x-is-jeq-x"),
    (0x00, 0x20, "imm-is-ld"),
    (0x01, 0x61, "ldx-imm-is-ldx-mem"),
    (0x60, 0x00, "mem-is-imm"),
    (0x61, 0x01, "ldx-mem-is-ldx-imm"),
    (0x80, 0x00, "len-is-imm"),
    (0x81, 0x01, "ldx-len-is-ldx-imm"),
    (0x02, 0x03, "st-is-stx"),
    (0x03, 0x02, "stx-is-st"),
    (0x07, 0x87, "tax-is-txa"),
    (0x87, 0x07, "txa-is-tax"),
    (0x16, 0x06, "ret-a-is-ret-k"),
    (0x06, 0x16, "ret-k-is-ret-a"),
    (0x94, 0x24, "mod-k-is-mul-k"),
    (0x28, 0x20, "half-word-is-word"),
    (0x30, 0x20, "byte-is-word"),
];

pub(super) fn add(lies: &mut Vec<Lie>) {
    let mut push = |id: String, bug: String, rewrite: Rewrite| {
        lies.push(Lie::new(format!("filter/{id}"), bug, Tell::Filter(rewrite)));
    };
    for (action, name) in ACTIONS {
        for (other, word) in ACTIONS {
            if other == action {
                continue;
            }
            let change = Change::Flip(u64::from(action ^ other));
            let mask = 0xffff_0000;
            let bug = format!("a filter's {name} is taken for {word}");
            push(format!("{name}-is-{word}"), bug, Rewrite::Return { mask, action, change });
        }
        for (id, words, change) in [
            ("data-lost", "is lost", Change::Keep(0xffff_0000)),
            ("data-byte", "is cut to a byte", Change::Keep(0xffff_00ff)),
            ("data-15-bits", "is cut to 15 bits", Change::Keep(0xffff_7fff)),
            ("data-flipped", "has another low bit", Change::Flip(1)),
        ] {
            // The other actions have no data.
            if !matches!(name, "trap" | "errno" | "trace") {
                continue;
            }
            let bug = format!("the data of a filter's {name} {words}");
            push(
                format!("{name}/{id}"),
                bug,
                Rewrite::Return { mask: 0xffff_0000, action, change },
            );
        }
    }
    for (id, bug, to) in [
        ("unknown-is-allow", "an action nobody defined allows", u64::from(SECCOMP_RET_ALLOW)),
        (
            "unknown-is-errno",
            "an action nobody defined is an error",
            u64::from(SECCOMP_RET_ERRNO) | 1,
        ),
        ("unknown-is-kill-thread", "an action nobody defined kills the thread alone", 0),
        ("unknown-is-trap", "an action nobody defined traps", 0x0003_0000),
    ] {
        for (mask, action) in [
            (0xffff_0000u32, 0x0001_0000u32),
            (0xffff_0000, 0x0002_0000),
            (0xffff_0000, 0x0004_0000),
            (0xffff_0000, 0x0006_0000),
            (0xffff_0000, 0x7ffe_0000),
            (0xffff_0000, 0x7ffb_0000),
            (0xffff_0000, 0x8001_0000),
            (0xffff_0000, 0xffff_0000),
        ] {
            let change = Change::Set(to);
            let bug = format!("{bug}: {action:#x}");
            push(format!("{id}/{action:#x}"), bug, Rewrite::Return { mask, action, change });
        }
    }
    for (at, word) in WORDS {
        for (id, words, other) in [
            ("nr", "the number", 0u32),
            ("next", "the word behind it", (at + 4) % 64),
            ("half", "the other half", at ^ 4),
        ] {
            if other != at {
                let bug = format!("a filter is shown {words} in place of {word}");
                push(
                    format!("data/{word}-is-{id}"),
                    bug,
                    Rewrite::Load(at, Change::Set(other.into())),
                );
            }
        }
    }
    for (from, to, name) in OPERATIONS {
        push(
            format!("operation/{name}"),
            format!("a filter computes something else: {name}"),
            Rewrite::Operation(from, to),
        );
    }
    for (code, name) in [
        (0x15, "jeq-k"),
        (0x25, "jgt-k"),
        (0x35, "jge-k"),
        (0x45, "jset-k"),
        (0x04, "add-k"),
        (0x14, "sub-k"),
        (0x24, "mul-k"),
        (0x34, "div-k"),
        (0x44, "or-k"),
        (0x54, "and-k"),
        (0x64, "lsh-k"),
        (0x74, "rsh-k"),
        (0xa4, "xor-k"),
        (0x05, "ja"),
        (0x00, "imm"),
        (0x01, "ldx-imm"),
        (0x02, "st"),
        (0x60, "mem"),
    ] {
        push(
            format!("operand/{name}"),
            format!("the operand of a filter's {name} is one off"),
            Rewrite::Operand(code, Change::Add(1)),
        );
        // These are never so large in a program that is accepted.
        if !matches!(name, "lsh-k" | "rsh-k" | "st" | "mem" | "ja") {
            push(
                format!("operand/{name}/high-bit"),
                format!("the operand of a filter's {name} loses its highest bit"),
                Rewrite::Operand(code, Change::Keep(0x7fff_ffff)),
            );
        }
    }
    for (code, name) in [
        (0x15, "jeq-k"),
        (0x25, "jgt-k"),
        (0x35, "jge-k"),
        (0x45, "jset-k"),
        (0x1d, "jeq-x"),
        (0x2d, "jgt-x"),
        (0x3d, "jge-x"),
        (0x4d, "jset-x"),
    ] {
        push(
            format!("jumps/{name}"),
            format!("a filter's {name} jumps where it is false"),
            Rewrite::Exchanged(code),
        );
    }
    for (index, other) in [(1usize, 7usize), (2, 7), (3, 7), (0, 7), (4, 7)] {
        let (action, name) = ACTIONS[index];
        let (to, word) = ACTIONS[other];
        // A second filter that kills or asks is never alone in what it does, and who asked a first one that
        // is not there waits for long.
        let often: &[Nth] = match name {
            "trap" | "errno" => &[Nth::First, Nth::Second],
            "user-notif" => &[],
            _ => &[Nth::First],
        };
        for nth in often.iter().copied() {
            let change = Change::Flip(u64::from(action ^ to));
            let rewrite = Rewrite::Return { mask: 0xffff_0000, action, change };
            let bug = format!("{name} of one filter among several is taken for {word}");
            let lie = Lie::new(format!("filter/{name}-is-{word}"), bug, Tell::Filter(rewrite));
            lies.push(lie.nth(nth));
        }
    }
}
