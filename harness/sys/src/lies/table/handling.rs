//! What handlers are shown, and what they leave.

use crate::lies::change::Change;
use crate::lies::kinds::handling::{DeliveryLie, Leaves, Left, Noted, Shown, Which};
use crate::lies::lie::{Lie, Nth, Task, Tell};
use crate::registers::image::Reg;
use crate::siginfo::{AT_BYTE, AT_GREGS, AT_MASK, AT_SIGNAL, AT_STACK, INFO_WORDS};
use crate::uapi;
use crate::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64};

const SIGSYS: i32 = uapi::SIGSYS;
/// Kinds of SIGSYS: code, architecture, name, words.
const KINDS: [(i32, u32, &str, &str); 4] = [
    (2, AUDIT_ARCH_X86_64, "dispatched/syscall", "the SIGSYS of a dispatched call by syscall"),
    (2, AUDIT_ARCH_I386, "dispatched/int80", "the SIGSYS of a dispatched call by int 0x80"),
    (1, AUDIT_ARCH_X86_64, "trapped/syscall", "the SIGSYS of a trapped call by syscall"),
    (1, AUDIT_ARCH_I386, "trapped/int80", "the SIGSYS of a trapped call by int 0x80"),
];
/// Other signals a handler may get.
const OTHERS: [(i32, &str); 2] = [(uapi::SIGSEGV, "SIGSEGV"), (uapi::SIGUSR1, "SIGUSR1")];

const fn half(word: usize, high: bool) -> Shown {
    Shown { word, shift: if high { 32 } else { 0 }, bits: 32 }
}

const fn whole(word: usize) -> Shown {
    Shown { word, shift: 0, bits: 64 }
}

/// A field, where it is shown, and what may become of it.
type Told = (&'static str, Shown, &'static [(&'static str, Change)]);

/// The fields of siginfo.
const FIELDS: [Told; 8] = [
    ("si_signo", half(0, false), &[("zero", Change::Set(0)), ("one-off", Change::Add(1))]),
    ("si_errno", half(0, true), &[("one-off", Change::Add(1)), ("lost", Change::Set(0))]),
    (
        "si_code",
        half(1, false),
        &[("zero", Change::Set(0)), ("other", Change::Flip(3)), ("kernel", Change::Set(0x80))],
    ),
    ("padding", half(1, true), &[("leaks", Change::Set(0xdead_beef))]),
    (
        "si_call_addr",
        whole(2),
        &[
            ("zero", Change::Set(0)),
            ("insn", Change::Add(0u64.wrapping_sub(2))),
            ("one-off", Change::Add(1)),
            ("low-half", Change::Keep(0xffff_ffff)),
            ("high-bit", Change::Flip(1 << 46)),
        ],
    ),
    (
        "si_syscall",
        half(3, false),
        &[
            ("zero", Change::Set(0)),
            ("one-off", Change::Add(1)),
            ("minus-1", Change::Set(0xffff_ffff)),
            ("low-16", Change::Keep(0xffff)),
            ("no-x32-bit", Change::Keep(0xbfff_ffff)),
        ],
    ),
    (
        "si_arch",
        half(3, true),
        &[
            ("zero", Change::Set(0)),
            ("other", Change::Flip(AUDIT_ARCH_X86_64 as u64 ^ AUDIT_ARCH_I386 as u64)),
        ],
    ),
    ("rest", whole(4), &[("leaks", Change::Set(0xffff_8880_1234_5678))]),
];

pub(super) fn add(lies: &mut Vec<Lie>) {
    for (code, arch, name, words) in KINDS {
        let which = Which { signal: SIGSYS, code: Some(code), arch: Some(arch) };
        shown(lies, which, &format!("siginfo/{name}"), words);
        context(lies, which, &format!("context/{name}"), words);
        left(lies, which, &format!("sigreturn/{name}"), words);
        deliveries(lies, which, &format!("delivery/{name}"), words);
    }
    for (signal, name) in OTHERS {
        let which = Which { signal, code: None, arch: None };
        let words = format!("a {name}");
        let lie = |id: &str, bug: String, shown, change| {
            let noted = Noted { which, shown, change };
            Lie::new(format!("siginfo/{name}/{id}").to_lowercase(), bug, Tell::Noted(noted))
        };
        for (field, shown, change) in [
            ("si_signo", half(0, false), Change::Add(1)),
            ("si_errno", half(0, true), Change::Add(1)),
            ("si_code", half(1, false), Change::Add(1)),
            ("si_addr", whole(2), Change::Add(1)),
        ] {
            lies.push(lie(field, format!("{field} of {words} is one off"), shown, change));
        }
        if signal != uapi::SIGSEGV {
            deliveries(lies, which, &format!("delivery/{name}").to_lowercase(), &words);
            continue;
        }
        for reg in [Reg::Rip, Reg::Rsp] {
            let shown = whole(AT_GREGS + reg as usize);
            let id = format!("context-{reg:?}");
            lies.push(lie(
                &id,
                format!("{reg:?} in the context of {words} is one off"),
                shown,
                Change::Add(1),
            ));
        }
        deliveries(lies, which, &format!("delivery/{name}").to_lowercase(), &words);
    }
}

fn shown(lies: &mut Vec<Lie>, which: Which, prefix: &str, words: &str) {
    for (field, shown, changes) in FIELDS {
        for (id, change) in changes {
            let lie = |which| {
                let tell = Tell::Noted(Noted { which, shown, change: *change });
                let bug = format!("{field} of {words} is wrong: {id}");
                Lie::new(format!("{prefix}/{field}/{id}"), bug, tell)
            };
            // What a dispatched call leaves at 0 cannot get lost; gadgets of the 32-bit ABI lie low.
            let dispatched = which.code == Some(2);
            let low = which.arch == Some(AUDIT_ARCH_I386);
            if dispatched && (field, *id) == ("si_errno", "lost")
                || low && (field, *id) == ("si_call_addr", "low-half")
            {
                continue;
            }
            lies.push(lie(which));
            // Few calls have a number or an address that can be cut off.
            if matches!(*id, "low-half" | "low-16" | "no-x32-bit") {
                continue;
            }
            lies.push(lie(which).nth(Nth::Second));
            if !low {
                lies.push(lie(which).task(Task::Thread));
                lies.push(lie(which).task(Task::Child));
            }
        }
    }
    for word in 5..INFO_WORDS {
        let tell = Tell::Noted(Noted { which, shown: whole(word), change: Change::Set(1 << 63) });
        let bug =
            format!("byte {} of siginfo with {words} is what the kernel's stack held", 8 * word);
        lies.push(Lie::new(format!("{prefix}/rest-{word}"), bug, tell));
    }
}

fn context(lies: &mut Vec<Lie>, which: Which, prefix: &str, words: &str) {
    let mut add = |id: String, bug: String, shown, change| {
        let tell = Tell::Noted(Noted { which, shown, change });
        lies.push(Lie::new(format!("{prefix}/{id}").to_lowercase(), bug, tell));
    };
    for reg in Reg::VALUES.into_iter().chain([Reg::Rsp, Reg::Rip]) {
        let shown = whole(AT_GREGS + reg as usize);
        let bug = format!("the context of {words} tells another {reg:?}");
        add(format!("{reg:?}"), bug.clone(), shown, Change::Add(1));
        // The instruction puts its own address and flags there.
        if which.arch == Some(AUDIT_ARCH_I386) || !matches!(reg, Reg::Rcx | Reg::R11) {
            add(format!("{reg:?}/high-half"), bug, shown, Change::Keep(0xffff_ffff));
        }
    }
    let at_flags = whole(AT_GREGS + Reg::Flags as usize);
    for (bit, flag) in
        [(1, "carry"), (0x40, "zero"), (0x100, "trap"), (0x400, "direction"), (0x800, "overflow")]
    {
        let bug = format!("the context of {words} tells another {flag} flag");
        add(format!("flags/{flag}"), bug, at_flags, Change::Flip(bit));
    }
    for (id, shown, change, what) in [
        ("mask/itself", whole(AT_MASK), Change::Flip(1 << (SIGSYS - 1)), "SIGSYS in the mask"),
        (
            "mask/usr1",
            whole(AT_MASK),
            Change::Flip(1 << (uapi::SIGUSR1 - 1)),
            "SIGUSR1 in the mask",
        ),
        ("mask/real-time", whole(AT_MASK), Change::Flip(1 << 40), "a real-time signal in the mask"),
        ("uc_flags", whole(INFO_WORDS), Change::Flip(1), "uc_flags"),
        (
            "uc_stack/start",
            whole(INFO_WORDS + 2),
            Change::Add(16),
            "the start of the alternate stack",
        ),
        ("uc_stack/flags", half(INFO_WORDS + 3, false), Change::Flip(2), "SS_DISABLE"),
        ("uc_stack/onstack", half(INFO_WORDS + 3, false), Change::Flip(1), "SS_ONSTACK"),
        (
            "uc_stack/size",
            whole(INFO_WORDS + 4),
            Change::Add(16),
            "the size of the alternate stack",
        ),
        ("stack", whole(AT_STACK), Change::Add(1 << 30), "the stack the handler runs on"),
        ("signal", whole(AT_SIGNAL), Change::Add(1), "the handler's first argument"),
        ("selector", whole(AT_BYTE), Change::Flip(1), "the selector as the handler finds it"),
    ] {
        // A filter's caller has no selector.
        if id != "selector" || which.code == Some(2) {
            add(id.into(), format!("with {words}, {what} is another"), shown, change);
        }
    }
}

fn left(lies: &mut Vec<Lie>, which: Which, prefix: &str, words: &str) {
    let mut add = |id: String, bug: String, what| {
        let tell = Tell::Left(Left { which, what });
        lies.push(Lie::new(format!("{prefix}/{id}").to_lowercase(), bug, tell));
    };
    for reg in Reg::VALUES.into_iter().chain([Reg::Rsp, Reg::Rip, Reg::Flags]) {
        let bug = format!("{reg:?} that the handler of {words} stores is not taken over");
        add(format!("ignored/{reg:?}"), bug, Leaves::Ignored(reg));
        if reg == Reg::Rip || reg == Reg::Rsp {
            continue;
        }
        let change = if reg == Reg::Flags { Change::Flip(0x40) } else { Change::Add(1) };
        let bug = format!("{reg:?} is lost on the way back from the handler of {words}");
        add(format!("lost/{reg:?}"), bug, Leaves::Lost(reg, change));
        let bug = format!("{reg:?} that the handler of {words} stores is altered");
        let change = if reg == Reg::Flags { Change::Flip(0x40) } else { Change::Keep(0xffff_ffff) };
        add(format!("altered/{reg:?}"), bug, Leaves::Altered(reg, change));
    }
    let bug = format!("the mask that the handler of {words} leaves is not taken over");
    add("mask-ignored".into(), bug, Leaves::MaskIgnored);
    for (signal, name) in
        [(SIGSYS, "sigsys"), (uapi::SIGUSR1, "sigusr1"), (uapi::SIGSEGV, "sigsegv")]
    {
        let bug = format!("{name} stays blocked after the handler of {words}");
        add(format!("blocked/{name}"), bug, Leaves::Blocked(1 << (signal - 1)));
    }
    let bug = format!("the thread goes back to the instruction after the handler of {words}");
    let again = Leaves::Lost(Reg::Rip, Change::Add(0u64.wrapping_sub(2)));
    let tell = Tell::Left(Left { which, what: again });
    lies.push(Lie::new(format!("{prefix}/again"), bug, tell).nth(Nth::First));
}

fn deliveries(lies: &mut Vec<Lie>, which: Which, prefix: &str, words: &str) {
    for (id, how, twice) in [("lost", "is lost", false), ("twice", "is delivered twice", true)] {
        let lie = || {
            let tell = Tell::Delivery(DeliveryLie { which, twice });
            Lie::new(format!("{prefix}/{id}"), format!("{words} {how}"), tell)
        };
        lies.push(lie());
        lies.push(lie().nth(Nth::Second));
        if which.signal == SIGSYS && which.arch == Some(AUDIT_ARCH_X86_64) {
            lies.push(lie().task(Task::Thread));
            lies.push(lie().task(Task::Child));
        }
    }
}
