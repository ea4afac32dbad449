//! Filters that ask a listener.

use super::rows::{call, place};
use crate::lies::change::Change;
use crate::lies::kinds::answer::{Is, On, What};
use crate::lies::lie::{Lie, Nth};
use crate::uapi;
use crate::uapi::{
    EBADF, EBUSY, EINPROGRESS, EINVAL, ENOENT, EPERM, SECCOMP_IOCTL_NOTIF_ADDFD,
    SECCOMP_IOCTL_NOTIF_ID_VALID, SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND,
    SECCOMP_IOCTL_NOTIF_SET_FLAGS,
};

/// Fields of `struct seccomp_notif`: offset, bytes, name.
const TOLD: [(usize, usize, &str); 13] = [
    (0, 8, "id"),
    (8, 4, "pid"),
    (12, 4, "flags"),
    (16, 4, "nr"),
    (20, 4, "arch"),
    (24, 8, "instruction-pointer"),
    (32, 8, "arg1"),
    (40, 8, "arg2"),
    (48, 8, "arg3"),
    (56, 8, "arg4"),
    (64, 8, "arg5"),
    (72, 8, "arg6"),
    (36, 4, "arg1-high"),
];

/// Fields that a case leaves something in before it receives.
const DIRTY: [&str; 6] = ["id", "pid", "flags", "nr", "instruction-pointer", "arg6"];
/// A request, and the errors it has in cases.
type Failing = (usize, &'static str, &'static [(i64, &'static str)]);

/// A listener's requests.
const FAILING: [Failing; 3] = [
    (SECCOMP_IOCTL_NOTIF_RECV, "receive", &[(-EINVAL, "einval")]),
    (
        SECCOMP_IOCTL_NOTIF_SEND,
        "send",
        &[(-ENOENT, "enoent"), (-EINVAL, "einval"), (-EINPROGRESS, "einprogress")],
    ),
    (SECCOMP_IOCTL_NOTIF_ID_VALID, "id-valid", &[(-ENOENT, "enoent")]),
];

pub(super) fn add(lies: &mut Vec<Lie>) {
    let ioctl = |request| call(uapi::SYS_ioctl).arg(1, Is::Eq(request));
    let received = ioctl(SECCOMP_IOCTL_NOTIF_RECV).on(On::Success);
    for (offset, size, name) in TOLD {
        for (id, change) in [("one-off", Change::Add(1)), ("zero", Change::Set(0))] {
            if (name, id) == ("flags", "zero") {
                continue;
            }
            let bug = format!("a listener is told another {name}");
            let tell = What::Written(place(2, offset, size), change);
            let lie = || received.lie(format!("listener/told/{name}/{id}"), bug.clone(), tell);
            lies.push(lie());
            lies.push(lie().nth(Nth::Second));
        }
    }
    for (id, offset, size, change, bug) in [
        ("id", 0, 8, Change::Add(1), "an answer goes to another call"),
        ("val", 8, 8, Change::Add(1), "a listener's value is one off"),
        ("val-high", 8, 8, Change::Sign, "a listener's value is cut to an int"),
        ("error", 16, 4, Change::Add(1), "a listener's error is another"),
        ("error-lost", 16, 4, Change::Set(0), "a listener's error is lost"),
        ("continue-lost", 20, 4, Change::Set(0), "the flag to go on is ignored"),
        ("continue", 20, 4, Change::Set(1), "the call goes on without the flag"),
    ] {
        let tell = What::Read(place(2, offset, size), 24, change);
        let lie =
            || ioctl(SECCOMP_IOCTL_NOTIF_SEND).lie(format!("listener/answer/{id}"), bug, tell);
        lies.push(lie());
        if id != "val-high" {
            lies.push(lie().nth(Nth::Second));
        }
    }
    for (request, name, errors) in FAILING {
        for (error, word) in errors {
            for (answer, other) in
                [(0i64, "success"), (-EINVAL, "einval"), (-ENOENT, "enoent"), (-EPERM, "eperm")]
            {
                if answer != *error {
                    let bug =
                        format!("the listener's {name} says {other} where it has to say {word}");
                    let tell = What::Result(Change::Set(answer as u64));
                    let failed = ioctl(request).on(On::Value(*error));
                    lies.push(failed.lie(format!("listener/{name}/{word}-is-{other}"), bug, tell));
                }
            }
        }
        for (answer, other) in [(-ENOENT, "enoent"), (-EINVAL, "einval"), (1, "1")] {
            let bug = format!("the listener's {name} says {other} where it succeeds");
            let tell = What::Result(Change::Set(answer as u64));
            let lie = || {
                let done = ioctl(request).on(On::Value(0));
                done.lie(format!("listener/{name}/success-is-{other}"), bug.clone(), tell)
            };
            lies.push(lie());
            if request != SECCOMP_IOCTL_NOTIF_ID_VALID {
                lies.push(lie().nth(Nth::Second));
            }
        }
    }
    sizes(lies);
    let zeroed = ioctl(SECCOMP_IOCTL_NOTIF_RECV);
    for (offset, size, name) in TOLD.into_iter().filter(|told| DIRTY.contains(&told.2)) {
        let bug = format!("a listener's buffer with a {name} in it is taken all the same");
        let tell = What::Read(place(2, offset, size), 80, Change::Set(0));
        lies.push(zeroed.lie(format!("listener/buffer/{name}"), bug, tell));
    }
    let polled = call(uapi::SYS_poll).on(On::Any);
    for (bit, name) in [(1u64, "in"), (4, "out"), (8, "err"), (16, "hup")] {
        for (id, change) in [("lost", Change::Keep(!bit)), ("made-up", Change::With(bit))] {
            let bug = format!("poll tells wrong whether a listener has the event {name}: {id}");
            let tell = What::Written(place(0, 6, 2), change);
            // No listener of a case has an error.
            if (name, id) == ("err", "lost") {
                continue;
            }
            let lie = || polled.lie(format!("listener/poll/{name}-{id}"), bug.clone(), tell);
            lies.push(lie());
            if !matches!((name, id), ("out" | "hup", "lost")) {
                lies.push(lie().nth(Nth::Second));
            }
        }
    }
    let loaded = call(uapi::SYS_seccomp).arg(0, Is::Eq(1)).arg(1, Is::Has(8)).on(On::Success);
    for (id, change, bug) in [
        ("other", Change::Add(1), "another number comes back for a listener's descriptor"),
        ("zero", Change::Set(0), "0 comes back for a listener's descriptor"),
    ] {
        lies.push(loaded.lie(format!("listener/descriptor/{id}"), bug, What::Result(change)));
    }
    add_descriptors(lies);
    let busy = call(uapi::SYS_seccomp).arg(1, Is::Has(8)).on(On::Value(-EBUSY));
    let bug = "a second listener is accepted";
    lies.push(busy.lie("listener/second-accepted", bug, What::Result(Change::Set(0))));
    let flags = call(uapi::SYS_fcntl).arg(1, Is::Eq(uapi::F_GETFD)).on(On::Success);
    let bug = "the descriptor of a listener is not closed on exec";
    lies.push(flags.lie("listener/close-on-exec", bug, What::Result(Change::Flip(1))));
}

/// Descriptors that a listener installs, and its flags.
/// The operation that tells how large a listener's structures are.
fn sizes(lies: &mut Vec<Lie>) {
    let asked = || call(uapi::SYS_seccomp).arg(0, Is::Eq(uapi::SECCOMP_GET_NOTIF_SIZES));
    for (offset, name) in [(0, "notification"), (2, "response"), (4, "data")] {
        let bug = format!("GET_NOTIF_SIZES tells another size of the {name}");
        let tell = What::Written(place(2, offset, 2), Change::Add(8));
        let told = asked().on(On::Success);
        lies.push(told.lie(format!("listener/sizes/{name}"), bug, tell));
    }
    let bug = "GET_NOTIF_SIZES takes flags";
    let flags = asked().arg(1, Is::Not(0));
    lies.push(flags.lie("listener/sizes/flags-ignored", bug, What::Argument(1, Change::Set(0))));
    let bug = "GET_NOTIF_SIZES succeeds where it has to fail with EFAULT";
    let fault = asked().on(On::Value(-uapi::EFAULT));
    lies.push(fault.lie("listener/sizes/efault-is-success", bug, What::Result(Change::Set(0))));
}

fn add_descriptors(lies: &mut Vec<Lie>) {
    let ioctl = |request| call(uapi::SYS_ioctl).arg(1, Is::Eq(request));
    let installs = ioctl(SECCOMP_IOCTL_NOTIF_ADDFD);
    for (id, offset, change, bug) in [
        ("id", 0, Change::Add(1), "a descriptor goes to another call"),
        ("setfd-ignored", 8, Change::Keep(!1), "SETFD is ignored"),
        ("send-ignored", 8, Change::Keep(!2), "a descriptor that is to be the response is none"),
        ("send-given", 8, Change::With(2), "every descriptor is the response"),
        ("source", 12, Change::Add(1), "another file is installed"),
        ("number", 16, Change::Add(1), "a descriptor gets the number after the one asked for"),
        ("not-close-on-exec", 20, Change::Set(0), "close-on-exec is not set where asked for"),
        ("close-on-exec", 20, Change::With(uapi::O_CLOEXEC as u64), "close-on-exec is always set"),
    ] {
        let tell = What::Read(place(2, offset, 4), 24, change);
        lies.push(installs.lie(format!("listener/addfd/{id}"), bug, tell));
    }
    let bug = "a descriptor is installed, and its number is another";
    let installed = ioctl(SECCOMP_IOCTL_NOTIF_ADDFD).on(On::Success);
    lies.push(installed.lie("listener/addfd/result", bug, What::Result(Change::Add(1))));
    for (error, word) in
        [(-EINVAL, "einval"), (-ENOENT, "enoent"), (-EBADF, "ebadf"), (-EINPROGRESS, "einprogress")]
    {
        let bug = format!("a descriptor that cannot be installed is EPERM instead of {word}");
        let failed = ioctl(SECCOMP_IOCTL_NOTIF_ADDFD).on(On::Value(error));
        let tell = What::Result(Change::Set(-EPERM as u64));
        lies.push(failed.lie(format!("listener/addfd/{word}-is-eperm"), bug, tell));
    }
    let flags = ioctl(SECCOMP_IOCTL_NOTIF_SET_FLAGS);
    for (value, other, id) in [(0, -EINVAL, "refused"), (-EINVAL, 0, "accepted")] {
        let bug = format!("flags of a listener are wrongly {id}");
        let tell = What::Result(Change::Set(other as u64));
        let answered = flags.clone().on(On::Value(value));
        lies.push(answered.lie(format!("listener/flags/{id}"), bug, tell));
    }
}
