//! What a tracer is told, and what becomes of what it does.

use super::rows::{Call, call, place};
use crate::lies::change::Change;
use crate::lies::kinds::answer::{Is, On, What};
use crate::lies::lie::{Lie, Nth};
use crate::uapi;
use crate::uapi::{
    EDOM, EFAULT, EINVAL, ERANGE, ESRCH, PTRACE_GET_SYSCALL_INFO,
    PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, PTRACE_GETEVENTMSG, PTRACE_GETSIGINFO,
    PTRACE_PEEKSIGINFO, PTRACE_SEIZE, PTRACE_SET_SYSCALL_INFO,
    PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, PTRACE_SETOPTIONS,
};

/// Words of `struct user_regs_struct`, in its order.
const REGISTERS: [&str; 24] = [
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi",
    "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds",
];
const IMAGE: usize = 27 * 8;

fn request(request: usize) -> Call {
    call(uapi::SYS_ptrace).arg(0, Is::Eq(request))
}

pub(super) fn add(lies: &mut Vec<Lie>) {
    registers(lies);
    resuming(lies);
    dispatch(lies);
    call_info(lies);
    signals(lies);
    for (bit, name) in [
        (0, "sysgood"),
        (1, "fork"),
        (3, "clone"),
        (4, "exec"),
        (6, "exit"),
        (7, "seccomp"),
        (20, "exitkill"),
        (21, "suspend"),
    ] {
        for (asked, word) in [(PTRACE_SETOPTIONS, "setoptions"), (PTRACE_SEIZE, "seize")] {
            if asked == PTRACE_SEIZE && !matches!(name, "seccomp" | "suspend") {
                continue;
            }
            let change = Change::Keep(!(1 << bit));
            let bug = format!("the option {name} is ignored by {word}");
            let given = request(asked).arg(3, Is::Has(1 << bit));
            let tell = What::Argument(3, change);
            lies.push(given.lie(format!("ptrace/{word}/{name}/ignored"), bug, tell));
        }
    }
    let message = request(PTRACE_GETEVENTMSG).on(On::Success);
    for (id, change) in [
        ("zero", Change::Set(0)),
        ("one-off", Change::Add(1)),
        ("sign", Change::With(0xffff_ffff_ffff_0000)),
        ("byte", Change::Keep(0xff)),
        ("15-bits", Change::Keep(0x7fff)),
    ] {
        let bug = format!("an event's message is another: {id}");
        let tell = What::Written(place(3, 0, 8), change);
        let lie = || message.lie(format!("ptrace/message/{id}"), bug.clone(), tell);
        lies.push(lie());
        lies.push(lie().nth(Nth::Second));
    }
}

fn registers(lies: &mut Vec<Lie>) {
    let get = request(uapi::PTRACE_GETREGS).on(On::Success);
    let set = request(uapi::PTRACE_SETREGS);
    for (index, name) in REGISTERS.into_iter().enumerate() {
        let at = place(3, 8 * index, 8);
        let bug = format!("a tracer is shown another {name}");
        let tell = What::Written(at, Change::Add(1));
        let lie = || get.lie(format!("ptrace/getregs/{name}"), bug.clone(), tell);
        lies.push(lie());
        lies.push(lie().nth(Nth::Second));
        if matches!(name, "cs" | "eflags" | "ss" | "gs_base" | "ds") {
            continue;
        }
        let bug = format!("a tracer is shown 0 for {name}");
        lies.push(get.lie(
            format!("ptrace/getregs/{name}/zero"),
            bug,
            What::Written(at, Change::Set(0)),
        ));
        let bug = format!("a tracer is shown the low half of {name}");
        let tell = What::Written(at, Change::Keep(0xffff_ffff));
        lies.push(get.lie(format!("ptrace/getregs/{name}/low-half"), bug, tell));
        if index > 19 || matches!(name, "cs" | "rip" | "rsp") {
            continue;
        }
        let change = if name == "eflags" { Change::Flip(1) } else { Change::Add(1) };
        let bug = format!("{name} that a tracer writes is altered");
        let tell = What::Read(at, IMAGE, change);
        let lie = || set.lie(format!("ptrace/setregs/{name}"), bug.clone(), tell);
        lies.push(lie());
        lies.push(lie().nth(Nth::Second));
        let bug = format!("{name} that a tracer writes is cut to its low half");
        let tell = What::Read(at, IMAGE, Change::Keep(0xffff_ffff));
        lies.push(set.lie(format!("ptrace/setregs/{name}/low-half"), bug, tell));
    }
    for nth in [Nth::Every, Nth::First, Nth::Second] {
        let bug = "the registers that a tracer writes are ignored";
        lies.push(set.lie("ptrace/setregs/ignored", bug, What::Unmade(0)).nth(nth));
    }
}

fn resuming(lies: &mut Vec<Lie>) {
    const HOW: [(usize, &str); 5] =
        [(7, "cont"), (24, "syscall"), (9, "step"), (31, "sysemu"), (32, "sysemu-step")];
    for (how, name) in HOW {
        for (other, word) in HOW {
            if other != how {
                let bug = format!("a tracee that is to go on with {name} goes on with {word}");
                let tell = What::Argument(0, Change::Set(other as u64));
                let lie =
                    || request(how).lie(format!("ptrace/{name}-is-{word}"), bug.clone(), tell);
                lies.push(lie());
                if !matches!(name, "step" | "sysemu-step") {
                    lies.push(lie().nth(Nth::Second));
                }
            }
        }
        for (signal, word) in
            [(uapi::SIGSYS, "sigsys"), (uapi::SIGUSR1, "sigusr1"), (uapi::SIGSEGV, "sigsegv")]
        {
            // What cases deliver: SIGSYS by three ways, the others by one.
            let by =
                if signal == uapi::SIGSYS { &["cont", "syscall", "step"][..] } else { &["cont"] };
            if !by.contains(&name) {
                continue;
            }
            let with = request(how).arg(3, Is::Eq(signal as usize));
            for (id, to) in [("lost", 0), ("other", uapi::SIGWINCH)] {
                let bug = format!("{word} that a tracer delivers with {name} is {id}");
                let tell = What::Argument(3, Change::Set(to as u64));
                lies.push(with.lie(format!("ptrace/{name}/{word}/{id}"), bug, tell));
            }
        }
    }
}

fn dispatch(lies: &mut Vec<Lie>) {
    let get = request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG).on(On::Success);
    let set = request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG);
    for (offset, field) in [(0, "mode"), (8, "selector"), (16, "offset"), (24, "length")] {
        for (id, change) in [
            ("one-off", Change::Add(1)),
            ("zero", Change::Set(0)),
            ("low-half", Change::Keep(0xffff_ffff)),
        ] {
            let bug = format!("a tracer is told another {field} of the dispatch: {id}");
            let tell = What::Written(place(3, offset, 8), change);
            let lie = || get.lie(format!("ptrace/get-dispatch/{field}/{id}"), bug.clone(), tell);
            // A mode is small, whoever tells it.
            if (field, id) != ("mode", "low-half") {
                lies.push(lie());
                lies.push(lie().nth(Nth::Second));
            }
            let bug = format!("the {field} that a tracer sets is another: {id}");
            let tell = What::Read(place(3, offset, 8), 32, change);
            let lie = || set.lie(format!("ptrace/set-dispatch/{field}/{id}"), bug.clone(), tell);
            lies.push(lie());
            if (field, id) != ("mode", "low-half") {
                lies.push(lie().nth(Nth::Second));
            }
        }
    }
    lies.push(set.lie(
        "ptrace/set-dispatch/ignored",
        "the dispatch that a tracer sets is ignored",
        What::Unmade(0),
    ));
    for (asked, name) in [
        (PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, "get-dispatch"),
        (PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, "set-dispatch"),
    ] {
        for (error, word) in [(-EINVAL, "einval"), (-EFAULT, "efault"), (-ESRCH, "esrch")] {
            for (answer, other) in
                [(0i64, "success"), (-EINVAL, "einval"), (-EFAULT, "efault"), (-EDOM, "edom")]
            {
                if answer != error {
                    let bug = format!("ptrace's {name} says {other} where it has to say {word}");
                    let tell = What::Result(Change::Set(answer as u64));
                    let failed = request(asked).on(On::Value(error));
                    lies.push(failed.lie(format!("ptrace/{name}/{word}-is-{other}"), bug, tell));
                }
            }
        }
        let bug = format!("ptrace's {name} does as it is told and says EINVAL");
        let done = request(asked).on(On::Value(0));
        let tell = What::Result(Change::Set(-22i64 as u64));
        lies.push(done.lie(format!("ptrace/{name}/success-is-einval"), bug.clone(), tell));
        lies.push(done.lie(format!("ptrace/{name}/success-is-einval"), bug, tell).nth(Nth::Second));
        let sized = request(asked).arg(2, Is::Not(32)).on(On::Any);
        let bug = format!("ptrace's {name} does not look at the size");
        lies.push(sized.lie(
            format!("ptrace/{name}/size-ignored"),
            bug,
            What::Argument(2, Change::Set(32)),
        ));
    }
}

fn call_info(lies: &mut Vec<Lie>) {
    let get = request(PTRACE_GET_SYSCALL_INFO).on(On::Positive);
    let fields: [(usize, usize, &str); 12] = [
        (0, 1, "op"),
        (1, 3, "padding"),
        (4, 4, "arch"),
        (8, 8, "instruction-pointer"),
        (16, 8, "stack-pointer"),
        (24, 8, "value"),
        (32, 8, "arg1"),
        (40, 8, "arg2"),
        (48, 8, "arg3"),
        (56, 8, "arg4"),
        (64, 8, "arg5"),
        (72, 8, "arg6"),
    ];
    // With how many fields the kernel fills in, and how many bytes it tells.
    let stops =
        [(0, "none", 5, 24), (1, "entry", 12, 80), (2, "exit", 6, 33), (3, "seccomp", 12, 84)];
    for (op, word, told, size) in stops {
        let at = get.clone().when(place(3, 0, 1), 0xff, op);
        for (offset, size, name) in fields.into_iter().take(told) {
            let bug = format!("a tracer is told another {name} of a stop: {word}");
            let tell = What::Written(place(3, offset, size), Change::Add(1));
            let lie = || at.lie(format!("ptrace/call-info/{word}/{name}"), bug.clone(), tell);
            lies.push(lie());
            if matches!(op, 1 | 2) {
                lies.push(lie().nth(Nth::Second));
            }
        }
        let (name, offset) = if op == 2 { ("is-error", 32) } else { ("data", 80) };
        if matches!(op, 2 | 3) {
            let bug = format!("a tracer is told another {name} of a stop: {word}");
            let tell = What::Written(place(3, offset, 1), Change::Flip(1));
            lies.push(at.lie(format!("ptrace/call-info/{word}/{name}"), bug, tell));
        }
        let bug = format!("the kernel writes behind what it tells of a stop: {word}");
        let tell = What::Written(place(3, size, 1), Change::Set(0));
        lies.push(at.lie(format!("ptrace/call-info/{word}/behind"), bug, tell));
        let bug = format!("a tracer is told another size of a stop: {word}");
        let tell = What::Result(Change::Add(8));
        lies.push(at.lie(format!("ptrace/call-info/{word}/size"), bug, tell));
    }
    let set = request(PTRACE_SET_SYSCALL_INFO);
    // Where the call is made from is not the tracer's to say.
    let settable = |name: &str| !matches!(name, "instruction-pointer" | "stack-pointer" | "arch");
    for (offset, size, name) in fields.into_iter().filter(|field| settable(field.2)) {
        let bug = format!("the {name} that a tracer sets in a stop is another");
        let tell = What::Read(place(3, offset, size), 88, Change::Add(1));
        lies.push(set.lie(format!("ptrace/set-call-info/{name}"), bug, tell));
    }
    lies.push(set.lie(
        "ptrace/set-call-info/ignored",
        "what a tracer sets in a stop is ignored",
        What::Unmade(0),
    ));
    for (error, word) in [(-EINVAL, "einval"), (-ERANGE, "erange")] {
        let bug = format!("a tracer may set what has to be refused with {word}");
        let failed = set.clone().on(On::Value(error));
        lies.push(failed.lie(
            format!("ptrace/set-call-info/{word}-is-success"),
            bug,
            What::Result(Change::Set(0)),
        ));
    }
}

fn signals(lies: &mut Vec<Lie>) {
    let fields: [(usize, usize, &str); 7] = [
        (0, 4, "si_signo"),
        (4, 4, "si_errno"),
        (8, 4, "si_code"),
        (16, 8, "si_call_addr"),
        (24, 4, "si_syscall"),
        (28, 4, "si_arch"),
        (12, 4, "padding"),
    ];
    let get = request(PTRACE_GETSIGINFO).on(On::Success);
    for signal in [uapi::SIGSYS, uapi::SIGTRAP] {
        let at = get.clone().when(place(3, 0, 4), 0xffff_ffff, signal as u64);
        for (offset, size, name) in fields {
            let bug = format!("a tracer is told another {name} of signal {signal}");
            let tell = What::Written(place(3, offset, size), Change::Add(1));
            lies.push(at.lie(format!("ptrace/siginfo/{signal}/{name}"), bug, tell));
        }
    }
    let peek = request(PTRACE_PEEKSIGINFO);
    for (id, bug, tell, on) in [
        (
            "none",
            "a tracer is told that no signal waits",
            What::Result(Change::Set(0)),
            On::Positive,
        ),
        (
            "fewer",
            "a tracer is told of one waiting signal too few",
            What::Result(Change::Add(u64::MAX)),
            On::Positive,
        ),
        (
            "more",
            "a tracer is told of one waiting signal too many",
            What::Result(Change::Add(1)),
            On::Success,
        ),
        (
            "signo",
            "a waiting signal is another",
            What::Written(place(3, 0, 4), Change::Add(1)),
            On::Positive,
        ),
        (
            "code",
            "the code of a waiting signal is another",
            What::Written(place(3, 8, 4), Change::Add(1)),
            On::Positive,
        ),
        (
            "addr",
            "the address of a waiting signal is another",
            What::Written(place(3, 16, 8), Change::Add(1)),
            On::Positive,
        ),
        (
            "syscall",
            "the number of a waiting signal is another",
            What::Written(place(3, 24, 4), Change::Add(1)),
            On::Positive,
        ),
    ] {
        lies.push(peek.clone().on(on).lie(format!("ptrace/waiting/{id}"), bug, tell));
    }
}
