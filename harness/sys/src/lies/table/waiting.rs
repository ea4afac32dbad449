//! What a wait tells of a child.

use super::rows::{Call, call, place};
use crate::lies::change::Change;
use crate::lies::kinds::answer::{On, What};
use crate::lies::lie::{Lie, Nth};
use crate::uapi;

/// Signals that kill children in cases; with `true` more than one in a case.
const SIGNALS: [(i32, &str, bool); 4] = [
    (uapi::SIGSYS, "sigsys", true),
    (uapi::SIGKILL, "sigkill", false),
    (uapi::SIGSEGV, "sigsegv", true),
    (uapi::SIGILL, "sigill", false),
];
/// Signals that stop tracees in cases; with `true` more than once in a case.
const STOPS: [(i32, &str, bool); 7] = [
    (uapi::SIGSYS, "sigsys", true),
    (uapi::SIGSTOP, "sigstop", true),
    (uapi::SIGTRAP, "sigtrap", false),
    (uapi::SIGSEGV, "sigsegv", false),
    (uapi::SIGUSR1, "sigusr1", false),
    (uapi::SIGCHLD, "sigchld", false),
    (uapi::SIGTRAP | 0x80, "syscall", true),
];
const EVENTS: [(i32, &str, bool); 4] =
    [(1, "fork", false), (3, "clone", false), (4, "exec", false), (7, "seccomp", true)];

fn wait() -> Call {
    call(uapi::SYS_wait4).on(On::Positive)
}

pub(super) fn add(lies: &mut Vec<Lie>) {
    let status = |change| What::Written(place(1, 0, 4), change);
    for (signal, name, twice) in SIGNALS {
        let killed = wait().when(place(1, 0, 4), 0x7f, signal as u64);
        let other = if signal == uapi::SIGSYS { uapi::SIGSEGV } else { uapi::SIGSYS };
        for (id, words, to) in [
            ("other", "of another signal", other as u64),
            ("kill", "of SIGKILL", uapi::SIGKILL as u64),
            ("left", "of its own accord", 0),
        ] {
            let bug = format!("a child that {name} killed is told to have ended {words}");
            let lie =
                || killed.lie(format!("wait/{name}/{id}"), bug.clone(), status(Change::Set(to)));
            if to as i32 != signal {
                lies.push(lie());
            }
            if twice {
                lies.push(lie().nth(Nth::Second));
            }
        }
    }
    let left = wait().when(place(1, 0, 4), 0x7f, 0);
    for (id, bug, change) in [
        ("status", "a child's exit status is one off", Change::Add(0x100)),
        ("killed", "a child that left is told to have been killed by SIGSYS", Change::Set(31)),
        ("zero", "a child's exit status is lost", Change::Set(0)),
    ] {
        for nth in [Nth::Every, Nth::Second] {
            lies.push(left.lie(format!("wait/left/{id}"), bug, status(change)).nth(nth));
        }
    }
    for (exit, name) in
        [(0, "0"), (7, "7"), (42, "42"), (43, "43"), (44, "44"), (50, "50"), (51, "51")]
    {
        let left = wait().when(place(1, 0, 4), 0xffff, exit << 8);
        let bug = format!("a child that left with {name} is told to have left with 99");
        lies.push(left.lie(format!("wait/left-{name}"), bug, status(Change::Set(99 << 8))));
    }
    for (signal, name, twice) in STOPS {
        let stopped = wait().when(place(1, 0, 4), 0xff_ffff, (signal as u64) << 8 | 0x7f);
        stop(lies, &stopped, &format!("stop-{name}"), &format!("a stop for {name}"), twice);
    }
    for (event, name, twice) in EVENTS {
        let stopped = wait().when(place(1, 0, 4), 0xff_00ff, (event as u64) << 16 | 0x7f);
        let words = format!("a stop for the event {name}");
        stop(lies, &stopped, &format!("event-{name}"), &words, twice);
        let bug = format!("{words} is told as a plain trap");
        let tell = status(Change::Keep(0xffff));
        let lie = || stopped.lie(format!("wait/event-{name}/plain"), bug.clone(), tell);
        lies.push(lie());
        if twice {
            lies.push(lie().nth(Nth::Second));
        }
        let bug = format!("{words} is told as another event's");
        let tell = status(Change::Flip(0x8_0000));
        lies.push(stopped.lie(format!("wait/event-{name}/other"), bug, tell));
    }
    let nothing = call(uapi::SYS_wait4).on(On::Value(0));
    let bug = "a wait that does not wait tells of a child that goes on";
    lies.push(nothing.lie("wait/running-is-ended", bug, What::Result(Change::Set(1))));
}

fn stop(lies: &mut Vec<Lie>, stopped: &Call, prefix: &str, words: &str, twice: bool) {
    let often = if twice { &[Nth::Every, Nth::Second][..] } else { &[Nth::Every] };
    for nth in often.iter().copied() {
        let bug = format!("{words} does not take place");
        lies.push(stopped.lie(format!("wait/{prefix}/lost"), bug, What::StopSkipped).nth(nth));
        let bug = format!("{words} is told as one for SIGWINCH");
        let to = (uapi::SIGWINCH as u64) << 8 | 0x7f;
        let tell = What::Written(place(1, 0, 4), Change::Set(to));
        lies.push(stopped.lie(format!("wait/{prefix}/other-signal"), bug, tell).nth(nth));
    }
}
