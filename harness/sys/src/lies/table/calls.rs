//! System calls other than those that have a table of their own.

use super::rows::{call, place};
use crate::lies::change::Change;
use crate::lies::kinds::answer::{Is, On, What};
use crate::lies::lie::{Lie, Nth, Task};
use crate::uapi;
use crate::uapi::{
    EINVAL, SECCOMP_GET_ACTION_AVAIL, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO,
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_LOG, SECCOMP_RET_TRACE,
    SECCOMP_RET_TRAP, SECCOMP_RET_USER_NOTIF,
};

pub(super) fn add(lies: &mut Vec<Lie>) {
    seccomp(lies);
    handlers(lies);
    signals(lies);
    bits(lies);
    clocks(lies);
    errors(lies);
    memory(lies);
}

fn seccomp(lies: &mut Vec<Lie>) {
    const SET_FILTER: usize = uapi::SECCOMP_SET_MODE_FILTER;
    let load = call(uapi::SYS_seccomp).arg(0, Is::Eq(SET_FILTER));
    for nth in [Nth::Every, Nth::First, Nth::Second] {
        let bug = "a filter is not put in force though the call succeeds";
        lies.push(load.lie("seccomp/load/nothing-done", bug, What::Unmade(0)).nth(nth));
        let by_prctl = call(uapi::SYS_prctl)
            .arg(0, Is::Eq(uapi::PR_SET_SECCOMP))
            .arg(1, Is::Eq(uapi::SECCOMP_MODE_FILTER));
        let bug = "a filter is not put in force by prctl though the call succeeds";
        lies.push(
            by_prctl.lie("seccomp/load-by-prctl/nothing-done", bug, What::Unmade(0)).nth(nth),
        );
        let bug = "a filter is put in force though the call fails";
        let tell = What::Result(Change::Set(-22i64 as u64));
        let failing = load.clone().on(On::Success);
        lies.push(failing.lie("seccomp/load/done-but-einval", bug, tell).nth(nth));
    }
    for (bit, name) in [
        (0, "tsync"),
        (1, "log"),
        (2, "spec-allow"),
        (3, "new-listener"),
        (4, "tsync-esrch"),
        (5, "wait-killable"),
    ] {
        let has = load.clone().arg(1, Is::Has(1 << bit));
        let tell = What::Argument(1, Change::Keep(!(1 << bit)));
        let bug = format!("the flag {name} is ignored when a filter is loaded");
        lies.push(has.lie(format!("seccomp/flag/{name}/ignored"), bug, tell));
        let lacks = load.clone().arg(1, Is::Lacks(1 << bit));
        let tell = What::Argument(1, Change::With(1 << bit));
        let bug = format!("a filter is loaded as if the flag {name} were given");
        lies.push(lacks.lie(format!("seccomp/flag/{name}/given"), bug, tell));
        // Nothing is wrong with that one, whatever it stands beside.
        if name == "spec-allow" {
            continue;
        }
        let has = has.on(On::Value(-EINVAL));
        let tell = What::Result(Change::Set(0));
        let bug = format!("flags with {name} among them are accepted that have to be refused");
        lies.push(has.lie(format!("seccomp/flag/{name}/accepted"), bug, tell));
    }
    let unknown = load.clone().arg(1, Is::Has(!0x3f));
    let tell = What::Argument(1, Change::Keep(0x3f));
    lies.push(unknown.lie(
        "seccomp/flag/unknown/ignored",
        "flags nobody defined are ignored",
        tell,
    ));
    for (operation, name) in [(0, "strict"), (2, "get-action-avail")] {
        let made = call(uapi::SYS_seccomp).arg(0, Is::Eq(operation));
        let bug = format!("seccomp's operation {name} refuses what it has to do");
        let tell = What::Result(Change::Set(-22i64 as u64));
        let success = made.clone().on(On::Success);
        lies.push(success.lie(format!("seccomp/{name}/refused"), bug, tell));
        let bug = format!("seccomp's operation {name} accepts what it has to refuse");
        let refused = made.clone().on(On::Value(-EINVAL));
        lies.push(refused.lie(
            format!("seccomp/{name}/accepted"),
            bug,
            What::Result(Change::Set(0)),
        ));
        let bug = format!("the flags of seccomp's operation {name} are ignored");
        let flags = made.clone().arg(1, Is::Not(0));
        lies.push(flags.lie(
            format!("seccomp/{name}/flags-ignored"),
            bug,
            What::Argument(1, Change::Set(0)),
        ));
        let bug = format!("the address of seccomp's operation {name} is ignored");
        let address = made.arg(2, Is::Not(0)).on(On::Any);
        lies.push(address.lie(
            format!("seccomp/{name}/address-ignored"),
            bug,
            What::Argument(2, Change::Set(0)),
        ));
    }
    let avail = call(uapi::SYS_seccomp).arg(0, Is::Eq(SECCOMP_GET_ACTION_AVAIL));
    for (action, name) in [
        (SECCOMP_RET_KILL_PROCESS, "kill-process"),
        (SECCOMP_RET_KILL_THREAD, "kill-thread"),
        (SECCOMP_RET_TRAP, "trap"),
        (SECCOMP_RET_ERRNO, "errno"),
        (SECCOMP_RET_USER_NOTIF, "user-notif"),
        (SECCOMP_RET_TRACE, "trace"),
        (SECCOMP_RET_LOG, "log"),
        (SECCOMP_RET_ALLOW, "allow"),
    ] {
        let asked = avail.clone().when(place(2, 0, 4), 0xffff_ffff, action.into()).on(On::Success);
        let bug = format!("the kernel says that it does not know the action {name}");
        let tell = What::Result(Change::Set(-95i64 as u64));
        lies.push(asked.lie(format!("seccomp/available/{name}"), bug, tell));
    }
    for (answer, id) in [(0i64, "success"), (-EINVAL, "einval")] {
        let bug = format!("an unknown action is answered with {id}");
        let tell = What::Result(Change::Set(answer as u64));
        lies.push(avail.clone().on(On::Value(-95)).lie(
            format!("seccomp/available/unknown-is-{id}"),
            bug,
            tell,
        ));
    }
    // TSYNC: the id of the thread that cannot follow.
    for (id, bug, change) in [
        ("other", "a failed TSYNC tells another thread's id", Change::Add(1)),
        ("zero", "a failed TSYNC succeeds", Change::Set(0)),
        ("esrch", "a failed TSYNC is ESRCH without being asked for it", Change::Set(-3i64 as u64)),
    ] {
        let failed = load.clone().arg(1, Is::Has(1)).arg(1, Is::Lacks(8)).on(On::Positive);
        lies.push(failed.lie(format!("seccomp/tsync/{id}"), bug, What::Result(change)));
    }
    let unknown = call(uapi::SYS_seccomp).arg(0, Is::Has(!3)).on(On::Value(-EINVAL));
    let bug = "an operation nobody defined succeeds";
    lies.push(unknown.lie("seccomp/unknown-operation", bug, What::Result(Change::Set(0))));
    let strict = call(uapi::SYS_prctl)
        .arg(0, Is::Eq(uapi::PR_SET_SECCOMP))
        .arg(1, Is::Eq(uapi::SECCOMP_MODE_STRICT));
    lies.push(strict.lie(
        "seccomp/strict-by-prctl/nothing-done",
        "strict mode is not entered though the call succeeds",
        What::Unmade(0),
    ));
    let refused = strict.on(On::Value(-EINVAL));
    lies.push(refused.lie(
        "seccomp/strict-by-prctl/accepted",
        "strict mode is entered where a filter is in force",
        What::Result(Change::Set(0)),
    ));
}

fn bits(lies: &mut Vec<Lie>) {
    let prctl = |operation: usize| call(uapi::SYS_prctl).arg(0, Is::Eq(operation));
    for (operation, name) in
        [(uapi::PR_GET_NO_NEW_PRIVS, "no-new-privs"), (uapi::PR_GET_SECCOMP, "mode")]
    {
        for (id, change) in [("zero", Change::Set(0)), ("one-off", Change::Add(1))] {
            let lie = || {
                let bug = format!("the kernel tells another {name}: {id}");
                let success = prctl(operation).on(On::Success);
                success.lie(format!("prctl/{name}/{id}"), bug, What::Result(change))
            };
            lies.push(lie());
            lies.push(lie().nth(Nth::Second));
            lies.push(lie().task(Task::Child));
        }
    }
    let bug = "the no-new-privileges bit is not set though the call succeeds";
    lies.push(prctl(uapi::PR_SET_NO_NEW_PRIVS).lie(
        "prctl/no-new-privs/nothing-done",
        bug,
        What::Unmade(0),
    ));
}

/// Signals whose handlers cases install, and the flags that cases ask for.
const HANDLED: [(i32, &str, &[&str]); 2] = [
    (uapi::SIGSYS, "sigsys", &["nodefer", "onstack", "restart", "resethand"]),
    (uapi::SIGUSR1, "sigusr1", &["restart"]),
];
const FLAGS: [(u64, &str); 4] = [
    (uapi::SA_NODEFER, "nodefer"),
    (uapi::SA_ONSTACK, "onstack"),
    (uapi::SA_RESTART, "restart"),
    (uapi::SA_RESETHAND, "resethand"),
];

fn handlers(lies: &mut Vec<Lie>) {
    let set = call(uapi::SYS_rt_sigaction).arg(1, Is::Not(0));
    for (signal, name, asked) in HANDLED {
        let set = set.clone().arg(0, Is::Eq(signal as usize));
        for (bits, word) in FLAGS {
            if signal == uapi::SIGSYS {
                let tell = What::Read(place(1, 8, 8), 32, Change::With(bits));
                let bug = format!("the handler of {name} is taken to have the flag {word}");
                lies.push(set.lie(format!("sigaction/{name}/{word}/given"), bug, tell));
            }
            if asked.contains(&word) {
                let tell = What::Read(place(1, 8, 8), 32, Change::Keep(!bits));
                let bug = format!("the flag {word} of the handler of {name} is ignored");
                lies.push(set.lie(format!("sigaction/{name}/{word}/ignored"), bug, tell));
            }
        }
        let tell = What::Read(place(1, 24, 8), 32, Change::Set(0));
        let bug = format!("the mask of the handler of {name} is ignored");
        lies.push(set.lie(format!("sigaction/{name}/mask/ignored"), bug, tell));
        let get = call(uapi::SYS_rt_sigaction)
            .arg(0, Is::Eq(signal as usize))
            .arg(2, Is::Not(0))
            .on(On::Success);
        for (offset, field) in [(0, "handler"), (8, "flags"), (16, "restorer"), (24, "mask")] {
            let bug = format!("the kernel tells another {field} of {name}");
            let tell = What::Written(place(2, offset, 8), Change::Flip(1));
            let lie = get.lie(format!("sigaction/{name}/told-{field}"), bug, tell);
            // What was there before is asked first.
            lies.push(lie.nth(Nth::Second));
        }
    }
    let tell = What::Read(place(1, 24, 8), 32, Change::With(1 << (uapi::SIGUSR2 - 1)));
    let handled = set.clone().arg(0, Is::Eq(uapi::SIGSYS as usize));
    let bug = "the handler of SIGSYS runs with SIGUSR2 blocked";
    lies.push(handled.lie("sigaction/sigsys/mask/more", bug, tell));
    let ignored = set.arg(0, Is::Eq(uapi::SIGSYS as usize));
    let tell = What::Read(place(1, 0, 8), 32, Change::Turn(1, 0));
    let bug = "SIGSYS has its default where it is ignored";
    lies.push(ignored.lie("sigaction/sigsys/ignore-is-default", bug, tell));
}

fn signals(lies: &mut Vec<Lie>) {
    let mask = call(uapi::SYS_rt_sigprocmask).on(On::Success);
    for (bit, name) in
        [(uapi::SIGSYS, "sigsys"), (uapi::SIGUSR1, "sigusr1"), (uapi::SIGSEGV, "sigsegv")]
    {
        let bug = format!("the kernel tells wrong whether {name} is blocked");
        let tell = What::Written(place(2, 0, 8), Change::Flip(1 << (bit - 1)));
        let lie = || mask.lie(format!("sigprocmask/told-{name}"), bug.clone(), tell);
        lies.push(lie());
        lies.push(lie().nth(Nth::Second));
        lies.push(lie().task(Task::Child));
    }
    let blocked = call(uapi::SYS_rt_sigprocmask).arg(1, Is::Not(0));
    for (bit, name) in [(uapi::SIGSYS, "sigsys"), (uapi::SIGUSR1, "sigusr1")] {
        let tell = What::Read(place(1, 0, 8), 8, Change::Keep(!(1 << (bit - 1))));
        let bug = format!("{name} is not blocked though the mask says so");
        lies.push(blocked.lie(format!("sigprocmask/{name}/ignored"), bug, tell));
    }
    for (nr, name, at) in [(uapi::SYS_kill, "kill", 1), (uapi::SYS_tgkill, "tgkill", 2)] {
        for (signal, word) in [(uapi::SIGSYS, "sigsys"), (uapi::SIGUSR1, "sigusr1")] {
            if nr == uapi::SYS_tgkill && signal != uapi::SIGSYS {
                continue;
            }
            let sent = call(nr).arg(at, Is::Eq(signal as usize));
            let bug = format!("{word} that is sent by {name} is lost");
            lies.push(sent.lie(format!("signal/{name}/{word}/lost"), bug, What::Unmade(0)));
            let bug = format!("{word} that is sent by {name} comes twice");
            lies.push(sent.lie(format!("signal/{name}/{word}/twice"), bug, What::Twice));
            let bug = format!("another signal comes than {word} that is sent by {name}");
            let tell = What::Argument(at, Change::Set(uapi::SIGWINCH as u64));
            lies.push(sent.lie(format!("signal/{name}/{word}/other"), bug, tell));
        }
    }
    let alternate = call(uapi::SYS_sigaltstack).arg(0, Is::Not(0));
    for (id, bug, tell) in [
        (
            "nothing-done",
            "an alternate stack is not taken though the call succeeds",
            What::Unmade(0),
        ),
        ("enomem", "an alternate stack is refused", What::Result(Change::Set(-12i64 as u64))),
    ] {
        lies.push(alternate.lie(format!("sigaltstack/{id}"), bug, tell));
    }
    let bit = u64::from(uapi::SS_AUTODISARM as u32);
    let bug = "SS_AUTODISARM is ignored where an alternate stack is set";
    let tell = What::Read(place(0, 8, 4), 24, Change::Keep(!bit & 0xffff_ffff));
    lies.push(alternate.lie("sigaltstack/autodisarm-ignored", bug, tell));
    let bug = "an alternate stack is told with SS_AUTODISARM where it has not the flag, or without";
    let told = call(uapi::SYS_sigaltstack).arg(1, Is::Not(0)).on(On::Value(0));
    let tell = What::Written(place(1, 8, 4), Change::Flip(bit));
    lies.push(told.lie("sigaltstack/autodisarm-told", bug, tell));
}

/// Calls that fail in cases, with their errors; those without tell who is asking.
const FAILING: [(i64, &str, &[i64]); 19] = [
    (uapi::SYS_mprotect, "mprotect", &[-12]),
    (uapi::SYS_munmap, "munmap", &[-22]),
    (uapi::SYS_mmap, "mmap", &[-1, -22, -12]),
    (uapi::SYS_mremap, "mremap", &[-14]),
    (uapi::SYS_madvise, "madvise", &[-12]),
    (uapi::SYS_process_vm_readv, "process_vm_readv", &[-14]),
    (uapi::SYS_process_vm_writev, "process_vm_writev", &[-14]),
    (uapi::SYS_write, "write", &[-14, -5]),
    (uapi::SYS_read, "read", &[-5]),
    (uapi::SYS_uname, "uname", &[-14]),
    (uapi::SYS_execve, "execve", &[-13, -2]),
    (uapi::SYS_execveat, "execveat", &[-2]),
    (uapi::SYS_prctl, "prctl", &[-13, -14, -22]),
    (uapi::SYS_seccomp, "seccomp", &[-13, -14, -22, -3, -16]),
    (uapi::SYS_ptrace, "ptrace", &[-14, -22, -3, -5, -34]),
    (uapi::SYS_ioctl, "ioctl", &[-22, -2, -115]),
    (uapi::SYS_getpid, "getpid", &[]),
    (uapi::SYS_gettid, "gettid", &[]),
    (uapi::SYS_getppid, "getppid", &[]),
];

fn errors(lies: &mut Vec<Lie>) {
    for (nr, name, errors) in FAILING {
        for error in errors {
            let failed = call(nr).on(On::Value(*error));
            let word = format!("{:?}", crate::Errno::from_raw(-*error as i32)).to_lowercase();
            let bug = format!("{name} says EDOM where it has to say {word}");
            let tell = What::Result(Change::Set(-33i64 as u64));
            lies.push(failed.lie(format!("call/{name}/{word}-is-edom"), bug, tell));
            let bug = format!("{name} says that it has succeeded where it has to say {word}");
            let tell = What::Result(Change::Set(0));
            lies.push(failed.lie(format!("call/{name}/{word}-is-success"), bug, tell));
        }
        if errors.is_empty() {
            let bug = format!("{name} is one off");
            let tell = What::Result(Change::Add(1));
            lies.push(call(nr).lie(format!("call/{name}/one-off"), bug, tell).blunt());
        }
    }
}

/// Calls on memory that are in their right.
fn memory(lies: &mut Vec<Lie>) {
    for (nr, name) in [
        (uapi::SYS_mprotect, "mprotect"),
        (uapi::SYS_munmap, "munmap"),
        (uapi::SYS_mmap, "mmap"),
        (uapi::SYS_mremap, "mremap"),
        (uapi::SYS_madvise, "madvise"),
    ] {
        let bug = format!("{name} says EPERM where it does as it is told");
        let tell = What::Result(Change::Set(-1i64 as u64));
        // Others than at a fixed place are everybody's.
        let mut done = call(nr).on(On::Success);
        if nr == uapi::SYS_mmap {
            done = done.arg(3, Is::Has(uapi::MAP_FIXED));
        }
        lies.push(done.lie(format!("call/{name}/success-is-eperm"), bug, tell));
    }
    let bug = "process_vm_readv says EFAULT where it does as it is told";
    let done = call(uapi::SYS_process_vm_readv).on(On::Success);
    let tell = What::Result(Change::Set(-14i64 as u64));
    lies.push(done.lie("call/process_vm_readv/success-is-efault", bug, tell));
}

fn clocks(lies: &mut Vec<Lie>) {
    let told = |nr| call(nr).on(On::Success);
    for (nr, name, at) in [
        (uapi::SYS_clock_gettime, "clock_gettime", 1),
        (uapi::SYS_gettimeofday, "gettimeofday", 0),
        (uapi::SYS_getcpu, "getcpu", 0),
    ] {
        for (id, more) in [("ahead", 1000u64), ("behind", 0u64.wrapping_sub(1000))] {
            let bug = format!("{name} tells a number that is {id}");
            let tell = What::Written(place(at, 0, 4), Change::Add(more));
            lies.push(told(nr).lie(format!("clock/{name}/{id}"), bug, tell));
        }
    }
    for (offset, word) in [(0, "minutes"), (4, "kind")] {
        let bug = format!("gettimeofday tells another time zone: its {word}");
        let tell = What::Written(place(1, offset, 4), Change::Add(60));
        lies.push(told(uapi::SYS_gettimeofday).lie(format!("clock/zone-{word}"), bug, tell));
    }
    let node = What::Written(place(1, 0, 4), Change::Add(1));
    lies.push(told(uapi::SYS_getcpu).lie("clock/getcpu/node", "getcpu tells another node", node));
}
