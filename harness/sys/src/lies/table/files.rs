//! Files in which the kernel tells something, and is told something.

use crate::lies::kinds::file::{File, Filed};
use crate::lies::lie::{Lie, Tell};
use crate::uapi;

const MAPS: &str = "/proc/self/maps";
const SWITCH: &str = "/proc/sys/kernel/syscall_user_dispatch";
const PLACE: &str = "ffffffffff600000-ffffffffff601000";

pub(super) fn add(lies: &mut Vec<Lie>) {
    maps(lies);
    switch(lies);
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
