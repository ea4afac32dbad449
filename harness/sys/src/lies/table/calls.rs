//! System calls other than those that have a table of their own.

use super::super::answer::{Is, On, What};
use super::super::{Change, Lie, Nth, Task, Tell};
use super::{call, place};

const ERRORS: [(i64, &str); 7] = [
    (-1, "eperm"),
    (-13, "eacces"),
    (-14, "efault"),
    (-22, "einval"),
    (-12, "enomem"),
    (-3, "esrch"),
    (-38, "enosys"),
];

pub(super) fn add(lies: &mut Vec<Lie>) {
    seccomp(lies);
    signals(lies);
    bits(lies);
    memory(lies);
    clocks(lies);
    errors(lies);
    texts(lies);
}

fn seccomp(lies: &mut Vec<Lie>) {
    const SET_FILTER: usize = libc::SECCOMP_SET_MODE_FILTER as usize;
    const GET_ACTION_AVAIL: usize = 2;
    let load = call(libc::SYS_seccomp).arg(0, Is::Eq(SET_FILTER));
    for nth in [Nth::Every, Nth::First, Nth::Second, Nth::Later] {
        let bug = "a filter is not put in force though the call succeeds";
        lies.push(load.lie("seccomp/load/nothing-done", bug, What::Unmade(0)).nth(nth));
        let by_prctl = call(libc::SYS_prctl)
            .arg(0, Is::Eq(libc::PR_SET_SECCOMP as usize))
            .arg(1, Is::Eq(libc::SECCOMP_MODE_FILTER as usize));
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
        let has = has.on(On::Value(-22));
        let tell = What::Result(Change::Set(0));
        let bug = format!("flags with {name} among them are accepted that have to be refused");
        lies.push(has.lie(format!("seccomp/flag/{name}/accepted"), bug, tell));
        let lacks = load.clone().arg(1, Is::Lacks(1 << bit));
        let tell = What::Argument(1, Change::With(1 << bit));
        let bug = format!("a filter is loaded as if the flag {name} were given");
        lies.push(lacks.lie(format!("seccomp/flag/{name}/given"), bug, tell));
    }
    let unknown = load.clone().arg(1, Is::Has(!0x3f));
    let tell = What::Argument(1, Change::Keep(0x3f));
    lies.push(unknown.lie(
        "seccomp/flag/unknown/ignored",
        "flags nobody defined are ignored",
        tell,
    ));
    for (operation, name) in [(0, "strict"), (2, "get-action-avail"), (3, "get-notif-sizes")] {
        let made = call(libc::SYS_seccomp).arg(0, Is::Eq(operation));
        let bug = format!("seccomp's operation {name} refuses what it has to do");
        let tell = What::Result(Change::Set(-22i64 as u64));
        let success = made.clone().on(On::Success);
        lies.push(success.lie(format!("seccomp/{name}/refused"), bug, tell));
        let bug = format!("seccomp's operation {name} accepts what it has to refuse");
        let refused = made.clone().on(On::Value(-22));
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
    let avail = call(libc::SYS_seccomp).arg(0, Is::Eq(GET_ACTION_AVAIL));
    for (action, name) in [
        (0x8000_0000u64, "kill-process"),
        (0, "kill-thread"),
        (0x3_0000, "trap"),
        (0x5_0000, "errno"),
        (0x7fc0_0000, "user-notif"),
        (0x7ff0_0000, "trace"),
        (0x7ffc_0000, "log"),
        (0x7fff_0000, "allow"),
    ] {
        let asked = avail.clone().when(place(2, 0, 4), 0xffff_ffff, action).on(On::Success);
        let bug = format!("the kernel says that it does not know the action {name}");
        let tell = What::Result(Change::Set(-95i64 as u64));
        lies.push(asked.lie(format!("seccomp/available/{name}"), bug, tell));
    }
    for (answer, id) in [(0i64, "success"), (-22, "einval")] {
        let bug = format!("an unknown action is answered with {id}");
        let tell = What::Result(Change::Set(answer as u64));
        lies.push(avail.clone().on(On::Value(-95)).lie(
            format!("seccomp/available/unknown-is-{id}"),
            bug,
            tell,
        ));
    }
    for (offset, name) in [(0, "notification"), (2, "response"), (4, "data")] {
        let sizes = call(libc::SYS_seccomp).arg(0, Is::Eq(3)).on(On::Success);
        let bug = format!("the size of the {name} is told wrong");
        let tell = What::Written(place(2, offset, 2), Change::Add(8));
        lies.push(sizes.lie(format!("seccomp/sizes/{name}"), bug, tell));
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
    let unknown = call(libc::SYS_seccomp).arg(0, Is::Has(!3)).on(On::Value(-22));
    let bug = "an operation nobody defined succeeds";
    lies.push(unknown.lie("seccomp/unknown-operation", bug, What::Result(Change::Set(0))));
    let strict = call(libc::SYS_prctl)
        .arg(0, Is::Eq(libc::PR_SET_SECCOMP as usize))
        .arg(1, Is::Eq(libc::SECCOMP_MODE_STRICT as usize));
    lies.push(strict.lie(
        "seccomp/strict-by-prctl/nothing-done",
        "strict mode is not entered though the call succeeds",
        What::Unmade(0),
    ));
    let refused = strict.on(On::Value(-22));
    lies.push(refused.lie(
        "seccomp/strict-by-prctl/accepted",
        "strict mode is entered where a filter is in force",
        What::Result(Change::Set(0)),
    ));
}

fn bits(lies: &mut Vec<Lie>) {
    let prctl = |operation: i32| call(libc::SYS_prctl).arg(0, Is::Eq(operation as usize));
    for (operation, name) in [
        (libc::PR_GET_NO_NEW_PRIVS, "no-new-privs"),
        (libc::PR_GET_SECCOMP, "mode"),
        (libc::PR_GET_DUMPABLE, "dumpable"),
    ] {
        for (id, change) in [("zero", Change::Set(0)), ("one-off", Change::Add(1))] {
            let lie = || {
                let bug = format!("the kernel tells another {name}: {id}");
                let success = prctl(operation).on(On::Success);
                success.lie(format!("prctl/{name}/{id}"), bug, What::Result(change))
            };
            lies.push(lie());
            lies.push(lie().nth(Nth::Second));
            lies.push(lie().task(Task::Child));
            lies.push(lie().task(Task::Thread));
        }
    }
    let bug = "the no-new-privileges bit is not set though the call succeeds";
    lies.push(prctl(libc::PR_SET_NO_NEW_PRIVS).lie(
        "prctl/no-new-privs/nothing-done",
        bug,
        What::Unmade(0),
    ));
    for (id, change) in [("success", Change::Set(0)), ("einval", Change::Set(-22i64 as u64))] {
        let bug = format!("strict mode is answered with {id} where it is entered or refused");
        let strict = prctl(libc::PR_SET_SECCOMP).arg(1, Is::Eq(1));
        lies.push(strict.lie(format!("prctl/strict/{id}"), bug, What::Result(change)));
    }
}

fn signals(lies: &mut Vec<Lie>) {
    let set = call(libc::SYS_rt_sigaction).arg(1, Is::Not(0));
    for (flag, name) in [
        (libc::SA_NODEFER, "nodefer"),
        (libc::SA_ONSTACK, "onstack"),
        (libc::SA_RESTART, "restart"),
        (libc::SA_RESETHAND, "resethand"),
    ] {
        let bits = flag as u32 as u64;
        for signal in [libc::SIGSYS, libc::SIGUSR1, libc::SIGSEGV] {
            let set = set.clone().arg(0, Is::Eq(signal as usize));
            let tell = What::Read(place(1, 8, 8), 32, Change::Keep(!bits));
            let bug = format!("the flag {name} of the handler of signal {signal} is ignored");
            lies.push(set.lie(format!("sigaction/{signal}/{name}/ignored"), bug, tell));
            let tell = What::Read(place(1, 8, 8), 32, Change::With(bits));
            let bug = format!("the handler of signal {signal} is taken to have the flag {name}");
            lies.push(set.lie(format!("sigaction/{signal}/{name}/given"), bug, tell));
        }
    }
    for signal in [libc::SIGSYS, libc::SIGUSR1, libc::SIGSEGV] {
        let set = set.clone().arg(0, Is::Eq(signal as usize));
        let tell = What::Read(place(1, 24, 8), 32, Change::Set(0));
        let bug = format!("the mask of the handler of signal {signal} is ignored");
        lies.push(set.lie(format!("sigaction/{signal}/mask/ignored"), bug, tell));
        let tell = What::Read(place(1, 24, 8), 32, Change::With(1 << (libc::SIGUSR1 - 1)));
        let bug = format!("the handler of signal {signal} runs with SIGUSR1 blocked");
        lies.push(set.lie(format!("sigaction/{signal}/mask/more"), bug, tell));
        for (from, to, id) in [(1, 0, "ignore-is-default"), (0, 1, "default-is-ignore")] {
            let tell = What::Read(place(1, 0, 8), 32, Change::Turn(from, to));
            let bug = format!("signal {signal}: {id}");
            lies.push(set.lie(format!("sigaction/{signal}/{id}"), bug, tell));
        }
        let get = call(libc::SYS_rt_sigaction)
            .arg(0, Is::Eq(signal as usize))
            .arg(2, Is::Not(0))
            .on(On::Success);
        for (offset, field) in [(0, "handler"), (8, "flags"), (16, "restorer"), (24, "mask")] {
            let bug = format!("the kernel tells another {field} of signal {signal}");
            let tell = What::Written(place(2, offset, 8), Change::Flip(1));
            lies.push(get.lie(format!("sigaction/{signal}/told-{field}"), bug, tell));
            let bug = format!("the kernel tells no {field} of signal {signal}");
            let tell = What::Written(place(2, offset, 8), Change::Set(0));
            lies.push(get.lie(format!("sigaction/{signal}/told-no-{field}"), bug, tell));
        }
    }
    let mask = call(libc::SYS_rt_sigprocmask).on(On::Success);
    for (bit, name) in
        [(libc::SIGSYS, "sigsys"), (libc::SIGUSR1, "sigusr1"), (libc::SIGSEGV, "sigsegv")]
    {
        let bug = format!("the kernel tells wrong whether {name} is blocked");
        let tell = What::Written(place(2, 0, 8), Change::Flip(1 << (bit - 1)));
        let lie = || mask.lie(format!("sigprocmask/told-{name}"), bug.clone(), tell);
        lies.push(lie());
        lies.push(lie().nth(Nth::Second));
        lies.push(lie().task(Task::Child));
    }
    let blocked = call(libc::SYS_rt_sigprocmask).arg(1, Is::Not(0));
    for (bit, name) in [(libc::SIGSYS, "sigsys"), (libc::SIGUSR1, "sigusr1")] {
        let tell = What::Read(place(1, 0, 8), 8, Change::Keep(!(1 << (bit - 1))));
        let bug = format!("{name} is not blocked though the mask says so");
        lies.push(blocked.lie(format!("sigprocmask/{name}/ignored"), bug, tell));
    }
    for (nr, name, at) in [(libc::SYS_kill, "kill", 1), (libc::SYS_tgkill, "tgkill", 2)] {
        for (signal, word) in [
            (libc::SIGSYS, "sigsys"),
            (libc::SIGUSR1, "sigusr1"),
            (libc::SIGUSR2, "sigusr2"),
            (libc::SIGSEGV, "sigsegv"),
            (libc::SIGALRM, "sigalrm"),
        ] {
            let sent = call(nr).arg(at, Is::Eq(signal as usize));
            let bug = format!("{word} that is sent by {name} is lost");
            lies.push(sent.lie(format!("signal/{name}/{word}/lost"), bug, What::Unmade(0)));
            let bug = format!("{word} that is sent by {name} comes twice");
            lies.push(sent.lie(format!("signal/{name}/{word}/twice"), bug, What::Twice));
            let bug = format!("another signal comes than {word} that is sent by {name}");
            let tell = What::Argument(at, Change::Set(libc::SIGWINCH as u64));
            lies.push(sent.lie(format!("signal/{name}/{word}/other"), bug, tell));
        }
    }
    let alternate = call(libc::SYS_sigaltstack).arg(0, Is::Not(0));
    for (id, bug, tell) in [
        (
            "nothing-done",
            "an alternate stack is not taken though the call succeeds",
            What::Unmade(0),
        ),
        ("enomem", "an alternate stack is refused", What::Result(Change::Set(-12i64 as u64))),
    ] {
        lies.push(alternate.lie(format!("sigaltstack/{id}"), bug, tell).nth(Nth::Second));
        lies.push(alternate.lie(format!("sigaltstack/{id}"), bug, tell));
    }
}

fn memory(lies: &mut Vec<Lie>) {
    for (nr, name) in [
        (libc::SYS_mprotect, "mprotect"),
        (libc::SYS_munmap, "munmap"),
        (libc::SYS_mmap, "mmap"),
        (libc::SYS_mremap, "mremap"),
        (libc::SYS_madvise, "madvise"),
        (libc::SYS_process_vm_readv, "process_vm_readv"),
        (libc::SYS_process_vm_writev, "process_vm_writev"),
        (libc::SYS_write, "write"),
        (libc::SYS_read, "read"),
        (libc::SYS_lseek, "lseek"),
        (libc::SYS_uname, "uname"),
    ] {
        for (error, word) in ERRORS.into_iter().chain([(-5, "eio"), (-17, "eexist")]) {
            let bug = format!("{name} succeeds where it has to fail with {word}");
            let failed = call(nr).on(On::Value(error));
            let tell = What::Result(Change::Set(0));
            lies.push(failed.lie(format!("call/{name}/{word}-is-success"), bug, tell));
        }
    }
}

fn errors(lies: &mut Vec<Lie>) {
    for (nr, name) in [
        (libc::SYS_execve, "execve"),
        (libc::SYS_execveat, "execveat"),
        (libc::SYS_prctl, "prctl"),
        (libc::SYS_seccomp, "seccomp"),
        (libc::SYS_ptrace, "ptrace"),
        (libc::SYS_ioctl, "ioctl"),
        (libc::SYS_mprotect, "mprotect"),
        (libc::SYS_mmap, "mmap"),
        (libc::SYS_munmap, "munmap"),
        (libc::SYS_clone, "clone"),
        (libc::SYS_clone3, "clone3"),
    ] {
        for (error, word) in ERRORS.into_iter().chain([
            (-2, "enoent"),
            (-16, "ebusy"),
            (-5, "eio"),
            (-34, "erange"),
            (-115, "einprogress"),
        ]) {
            let bug = format!("{name} says EDOM where it has to say {word}");
            let failed = call(nr).on(On::Value(error));
            let tell = What::Result(Change::Set(-33i64 as u64));
            let lie = || failed.lie(format!("call/{name}/{word}-is-edom"), bug.clone(), tell);
            lies.push(lie());
            lies.push(lie().nth(Nth::Second));
        }
    }
    for (nr, name) in [
        (libc::SYS_getpid, "getpid"),
        (libc::SYS_gettid, "gettid"),
        (libc::SYS_getppid, "getppid"),
        (libc::SYS_geteuid, "geteuid"),
    ] {
        for nth in [Nth::Every, Nth::Second, Nth::Later] {
            let bug = format!("{name} is one off");
            let lie =
                call(nr).lie(format!("call/{name}/one-off"), bug, What::Result(Change::Add(1)));
            lies.push(lie.nth(nth).blunt());
        }
    }
}

fn clocks(lies: &mut Vec<Lie>) {
    let told = |nr| call(nr).on(On::Success);
    for (nr, name, at) in [
        (libc::SYS_clock_gettime, "clock_gettime", 1),
        (libc::SYS_gettimeofday, "gettimeofday", 0),
        (libc::SYS_clock_getres, "clock_getres", 1),
        (libc::SYS_time, "time", 0),
        (libc::SYS_getcpu, "getcpu", 0),
    ] {
        for (id, more) in [("ahead", 1000u64), ("behind", 0u64.wrapping_sub(1000))] {
            let bug = format!("{name} tells a number that is {id}");
            let tell = What::Written(place(at, 0, 4), Change::Add(more));
            lies.push(told(nr).lie(format!("clock/{name}/{id}"), bug.clone(), tell));
            lies.push(told(nr).lie(format!("clock/{name}/{id}"), bug, tell).nth(Nth::Second));
        }
        let bug = format!("the result of {name} is another");
        let tell = What::Result(Change::Add(1000));
        lies.push(told(nr).lie(format!("clock/{name}/result"), bug, tell));
    }
    for (offset, word) in [(0, "minutes"), (4, "kind")] {
        let bug = format!("gettimeofday tells another time zone: its {word}");
        let tell = What::Written(place(1, offset, 4), Change::Add(60));
        lies.push(told(libc::SYS_gettimeofday).lie(format!("clock/zone-{word}"), bug, tell));
    }
    let node = What::Written(place(1, 0, 4), Change::Add(1));
    lies.push(told(libc::SYS_getcpu).lie("clock/getcpu/node", "getcpu tells another node", node));
}

fn texts(lies: &mut Vec<Lie>) {
    const MAPS: &str = "/proc/self/maps";
    const SYSCTL: &str = "/proc/sys/kernel/syscall_user_dispatch";
    for (id, file, from, to, bug) in [
        (
            "maps/no-vsyscall",
            MAPS,
            "[vsyscall]",
            "[other]",
            "the memory map does not name the vsyscall page",
        ),
        (
            "maps/readable",
            MAPS,
            "--xp 00000000 00:00 0                  [vsyscall]",
            "r-xp 00000000 00:00 0                  [vsyscall]",
            "the memory map shows the vsyscall page as readable",
        ),
        (
            "maps/not-readable",
            MAPS,
            "r-xp 00000000 00:00 0                  [vsyscall]",
            "--xp 00000000 00:00 0                  [vsyscall]",
            "the memory map shows the vsyscall page as not readable",
        ),
        (
            "maps/moved",
            MAPS,
            "ffffffffff600000",
            "ffffffffff500000",
            "the memory map shows the vsyscall page elsewhere",
        ),
        ("sysctl/zero", SYSCTL, "1", "0", "the sysctl reads 0 where it is 1"),
        ("sysctl/one", SYSCTL, "0", "1", "the sysctl reads 1 where it is 0"),
    ] {
        lies.push(Lie::new(format!("text/{id}"), bug, Tell::Text(file, from, to)));
        lies.push(Lie::new(format!("text/{id}"), bug, Tell::Text(file, from, to)).nth(Nth::Second));
    }
}
