//! Files in which the kernel tells something, and is told something.

use crate::lies::kinds::file::{File, Filed};
use crate::lies::lie::{Lie, Tell};
use crate::uapi;

const MAPS: &str = "/proc/self/maps";
const SWITCH: &str = "/proc/sys/kernel/syscall_user_dispatch";
const AVAILABLE: &str = "/proc/sys/kernel/seccomp/actions_avail";
const LOGGED: &str = "/proc/sys/kernel/seccomp/actions_logged";
const PLACE: &str = "ffffffffff600000-ffffffffff601000";

pub(super) fn add(lies: &mut Vec<Lie>) {
    maps(lies);
    switch(lies);
    tasks(lies);
    records(lies);
    actions(lies);
}

fn tasks(lies: &mut Vec<Lie>) {
    for (file, id, from, to, bug) in [
        ("status", "mode-2-is-1", "Seccomp:\t2", "Seccomp:\t1", "a filter reads as strict mode"),
        ("status", "mode-1-is-2", "Seccomp:\t1", "Seccomp:\t2", "strict mode reads as a filter"),
        ("status", "mode-0-is-2", "Seccomp:\t0", "Seccomp:\t2", "no filter reads as one"),
        ("status", "count", "_filters:\t5\n", "_filters:\t1\n", "five filters read as one"),
        ("status", "no-bit", "NoNewPrivs:\t1", "NoNewPrivs:\t0", "no_new_privs reads as 0"),
        ("status", "bit", "NoNewPrivs:\t0", "NoNewPrivs:\t1", "no_new_privs reads as 1"),
        ("syscall", "running", "running\n", "-1 0x0 0x0\n", "a task that runs is told as waiting"),
        ("syscall", "number", "500 0x", "501 0x", "the syscall file tells another number"),
        (
            "syscall",
            "none",
            "-1 0x",
            "0 0x0 0x0 0x0 0x0 0x0 0x0 0x",
            "a stop outside of a call reads as one",
        ),
        ("maps", "32-bit", "[vdso]\n", "[other]\n", "the memory map does not name the vDSO"),
    ] {
        push(lies, file, format!("text/{file}/{id}"), bug.into(), Filed::Reads(from, to));
    }
}

fn records(lies: &mut Vec<Lie>) {
    for (id, from, to, bug) in [
        ("sig-31", "sig=31 ", "sig=0 ", "a record of a kill has no signal"),
        ("sig-0", "sig=0 ", "sig=31 ", "a record of a harmless action has a signal"),
        ("sig-9", "sig=9 ", "sig=31 ", "a record of a death in strict mode says SIGSYS"),
        ("arch", "arch=40000003", "arch=c000003e", "a record says x86-64 of int 0x80"),
        ("compat", "compat=1", "compat=0", "a record says compat=0 of int 0x80"),
        ("code", "code=0x7ffc0000", "code=0x7fff0000", "a record of LOG says ALLOW"),
        ("data", "code=0x50000", "code=0x50005", "a record has the action's data"),
        ("number", "syscall=500 ", "syscall=501 ", "a record has another number"),
        ("address", "ip=0x", "ip=0x1", "a record has another address"),
        ("field", " ses=", " session=", "a record has a field of another name"),
        ("user", "uid=65534", "uid=0", "a record has the reader's user"),
    ] {
        let bug = format!("the audit log is wrong: {bug}");
        push(lies, crate::audit::LOG, format!("text/audit/{id}"), bug, Filed::Reads(from, to));
    }
}

fn actions(lies: &mut Vec<Lie>) {
    let mut add = |path, id: &str, bug: &str, what| {
        push(lies, path, format!("text/actions/{id}"), bug.into(), what);
    };
    let order = Filed::Reads("kill_process kill_thread trap", "kill_thread kill_process trap");
    add(AVAILABLE, "order", "actions_avail begins with another action", order);
    add(AVAILABLE, "writable", "actions_avail can be written by its mode", Filed::Mode(0o200));
    add(AVAILABLE, "write", "a write to actions_avail succeeds", Filed::Accepted);
    add(LOGGED, "mode", "actions_logged is a secret by its mode", Filed::Mode(0o4));
    add(LOGGED, "accepted", "a write to actions_logged that has to fail succeeds", Filed::Accepted);
    let other = Filed::Other(uapi::EPERM as i32);
    add(LOGGED, "eperm", "a write to actions_logged fails with another error", other);
    let ignored = Filed::Ignored("log kill_thread");
    add(LOGGED, "ignored", "names that are written to actions_logged are ignored", ignored);
    let first = Filed::Taken("allow log", "log");
    add(LOGGED, "allow", "`allow` is taken by actions_logged, and forgotten", first);
    let all = "kill_process kill_thread trap errno user_notif trace log";
    let backwards = "log trace user_notif errno trap kill_thread kill_process";
    for (id, bug, what) in [
        ("last-lost", "the last name is lost", Filed::Taken(backwards, &backwards[..44])),
        ("first-lost", "the first name is lost", Filed::Taken(all, &all[13..])),
        (
            "twice",
            "a name that is there twice is refused",
            Filed::Refused("errno trap errno", uapi::EINVAL as i32),
        ),
        (
            "line",
            "the end of a line is refused",
            Filed::Refused("trace errno\n", uapi::EINVAL as i32),
        ),
        (
            "added",
            "a name is added to those of before",
            Filed::Taken("user_notif", "kill_process trace user_notif"),
        ),
        ("none", "an empty list changes nothing", Filed::Ignored("\n")),
        (
            "kill-thread",
            "kill_thread stays among those that are logged",
            Filed::Taken("kill_process trap errno user_notif trace log", all),
        ),
    ] {
        add(LOGGED, id, &format!("{bug} where actions_logged is written"), what);
    }
    add(
        LOGGED,
        "comma",
        "a comma is taken by actions_logged",
        Filed::Taken("trap,errno", "trap errno"),
    );
}

fn maps(lies: &mut Vec<Lie>) {
    for (id, from, to, bug) in [
        ("no-vsyscall", "[vsyscall]", "[other]", "the memory map does not name the vsyscall page"),
        (
            "moved",
            PLACE,
            "ffffffffff500000-ffffffffff501000",
            "the memory map shows the vsyscall page elsewhere",
        ),
        (
            "larger",
            PLACE,
            "ffffffffff600000-ffffffffff602000",
            "the memory map shows a vsyscall page too many",
        ),
        (
            "readable",
            "601000 --xp",
            "601000 r-xp",
            "the memory map shows the vsyscall page as readable",
        ),
        (
            "writable",
            "601000 --xp",
            "601000 -wxp",
            "the memory map shows the vsyscall page as writable",
        ),
        (
            "no-code",
            "601000 --xp",
            "601000 ---p",
            "the memory map shows the vsyscall page without code",
        ),
        (
            "not-readable",
            "601000 r-xp",
            "601000 --xp",
            "the memory map shows the emulated vsyscall page as not readable",
        ),
        (
            "emulated-writable",
            "601000 r-xp",
            "601000 rwxp",
            "the memory map shows the emulated vsyscall page as writable",
        ),
        (
            "made-up",
            "[stack]\n",
            "[stack]\nffffffffff600000-ffffffffff601000 r-xp 00000000 00:00 0 [vsyscall]\n",
            "the memory map shows a vsyscall page that is not there",
        ),
    ] {
        push(lies, MAPS, format!("text/maps/{id}"), bug.into(), Filed::Reads(from, to));
    }
}

fn switch(lies: &mut Vec<Lie>) {
    let mut add = |id: &str, bug: String, what| {
        push(lies, SWITCH, format!("text/switch/{id}"), bug, what);
    };
    add("1-is-0", "the switch reads as off while it is on".into(), Filed::Reads("1\n", "0\n"));
    add("0-is-1", "the switch reads as on while it is off".into(), Filed::Reads("0\n", "1\n"));
    add("no-newline", "the switch reads as a line without an end".into(), Filed::Reads("\n", ""));
    add(
        "made-up",
        "a kernel without the switch has its file, which says that it is off".into(),
        Filed::MadeUp("0\n"),
    );
    add("missing", "a kernel with dispatch lacks the switch's file".into(), Filed::Missing);
    for (bits, word) in [(0o4, "not readable by others"), (0o2, "writable by others")] {
        let id = word.replace(' ', "-");
        add(&id, format!("the switch's file is {word}"), Filed::Mode(bits));
    }
    add("not-writable", "the switch's file is not its owner's to write".into(), Filed::Mode(0o200));
    for (text, id) in [("0", "0"), ("1", "1"), ("2", "2"), ("-1", "minus-1")] {
        let bug = format!("{text} that is written to the switch is ignored");
        add(&format!("{id}-ignored"), bug, Filed::Ignored(text));
        let bug = format!("{text} that is written to the switch is taken, and said to be invalid");
        add(&format!("{id}-refused"), bug, Filed::Refused(text, uapi::EINVAL as i32));
    }
    for (from, to, id) in [
        ("0", "1", "0-taken-for-1"),
        ("1", "0", "1-taken-for-0"),
        ("2", "0", "2-taken-for-0"),
        ("-1", "0", "minus-1-taken-for-0"),
        ("1\n", "0", "line-1-taken-for-0"),
        ("0\n", "1", "line-0-taken-for-1"),
        (" 1", "0", "space-1-taken-for-0"),
        ("000", "1", "000-taken-for-1"),
        ("x", "1", "x-taken-for-1"),
        ("x", "0", "x-taken-for-0"),
        ("y", "1", "y-taken-for-1"),
        ("99999999999999999999999", "1", "too-large-taken-for-1"),
    ] {
        let bug = format!("{from:?} that is written to the switch is taken for {to:?}");
        add(&format!("written/{id}"), bug, Filed::Taken(from, to));
    }
    add("accepted", "a write to the switch that has to fail succeeds".into(), Filed::Accepted);
    for (errno, id) in [(uapi::EPERM, "eperm"), (uapi::ERANGE, "erange")] {
        let bug = format!("a write to the switch fails with another error: {id}");
        add(&format!("fails-with-{id}"), bug, Filed::Other(errno as i32));
    }
}

fn push(lies: &mut Vec<Lie>, path: &'static str, id: String, bug: String, what: Filed) {
    lies.push(Lie::new(id, bug, Tell::File(File { path, what })));
}
