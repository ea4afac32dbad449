//! What new tasks and new programs begin with.

use super::rows::call;
use crate::lies::change::Change;
use crate::lies::kinds::answer::{On, What};
use crate::lies::kinds::task::{Birth, Born, With};
use crate::lies::lie::{Lie, Nth, Tell};
use crate::uapi;
use crate::uapi::{EACCES, ENOENT, EPERM};

const BIRTHS: [(Birth, &str, &str); 4] = [
    (Birth::Fork, "fork", "a forked child"),
    (Birth::Vfork, "vfork", "a child that its maker waits for"),
    (Birth::Shared, "shared", "a process on its maker's memory"),
    (Birth::Thread, "thread", "a thread"),
];

pub(super) fn add(lies: &mut Vec<Lie>) {
    for (birth, name, words) in BIRTHS {
        for (id, bug, with) in [
            ("dispatch", "begins with its maker's dispatch", With::Dispatch),
            (
                "sigsys-blocked",
                "begins with SIGSYS blocked",
                With::Blocked(1 << (uapi::SIGSYS - 1)),
            ),
            (
                "sigusr1-blocked",
                "begins with SIGUSR1 blocked",
                With::Blocked(1 << (uapi::SIGUSR1 - 1)),
            ),
            (
                "sigsys-default",
                "begins without its maker's handler of SIGSYS",
                With::Default(uapi::SIGSYS),
            ),
        ] {
            let fork_alone = matches!(with, With::Default(_)) || id == "sigusr1-blocked";
            if birth != Birth::Fork && fork_alone {
                continue;
            }
            let lie = || {
                let tell = Tell::Born(Born { birth, with });
                Lie::new(format!("born/{name}/{id}"), format!("{words} {bug}"), tell)
            };
            lies.push(lie());
            if birth == Birth::Fork && id != "sigusr1-blocked" {
                lies.push(lie().nth(Nth::Second));
            }
        }
    }
    lies.push(Lie::new(
        "executed/dispatch",
        "a new program begins with dispatch on",
        Tell::Executed,
    ));
    for (nr, name) in [(uapi::SYS_execve, "execve"), (uapi::SYS_execveat, "execveat")] {
        for (error, word) in
            [(-EPERM, "eperm"), (-ENOENT, "enoent"), (-EACCES, "eacces"), (-8, "enoexec")]
        {
            let bug = format!("{name} fails with {word} where it has to succeed");
            let lie = call(nr).lie(format!("{name}/{word}"), bug, What::Unmade(error));
            lies.push(lie);
        }
        let bug = format!("{name} says another error");
        let failed = call(nr).on(On::Any);
        lies.push(failed.lie(format!("{name}/other-error"), bug, What::Result(Change::Add(1))));
    }
    let bug = "setresuid succeeds and changes nothing";
    lies.push(call(uapi::SYS_setresuid).lie("setresuid/nothing-done", bug, What::Unmade(0)));
}
