//! Right cases that leave all kinds of processes behind: `tests/death.rs` kills what it likes of a run.
#![forbid(unsafe_code)]

use harness::{SetUp, Suite, observe};
use nix::poll::{PollFd, PollFlags, poll};
use std::os::fd::AsFd;
use std::process::ExitCode;
use sys::process;
use sys::uapi::{SIGSTOP, SYS_pause};

fn main() -> ExitCode {
    harness::main(Suite {
        name: "lively",
        version: "0",
        built_from: None,
        features: "feature = []",
        deviations: "",
    })
}

const DOCUMENT: harness::Document = harness::Document { title: "this file", edition: "", url: "" };

harness::clauses! {
    PROMISE = { id: "lively/promise", promise: "Processes live", sources: &[DOCUMENT.at("")] }
}

/// What a case leaves behind.
#[derive(Clone, Copy, Debug)]
enum Kin {
    /// A child that ignores SIGTERM.
    Child,
    /// One in another session, whose parent is gone.
    Daemon,
    /// One of many, each a child of the one before.
    Line,
    /// A stopped one.
    Stopped,
    /// One that is traced.
    Traced,
    /// One that is no longer told when its parent dies: it became another user.
    Changed,
}

macro_rules! cases {
    ($($name:ident: $kin:ident),*) => {$(
        #[harness::test(clause = PROMISE)]
        fn $name() {
            leave(Kin::$kin);
            observe!("left", format_args!("{:?}", Kin::$kin));
            // Long enough to be killed in.
            let _ = poll(&mut [], 20u16);
        }
    )*};
}

cases! {
    a_child: Child, a_daemon: Daemon, a_line: Line, a_stopped_one: Stopped, a_traced_one: Traced,
    another_user: Changed, b_child: Child, b_daemon: Daemon, b_line: Line, b_stopped_one: Stopped,
    b_traced_one: Traced, c_another_user: Changed
}

fn leave(kin: Kin) {
    let (ready, when_ready) = nix::unistd::pipe().set_up("a pipe can be made");
    let stay = || {
        let _ = sys::signal::set(15, sys::signal::Disposition::Ignore);
        let _ = nix::unistd::write(&when_ready, b".");
        hang();
        0
    };
    let child = process::fork(|| {
        match kin {
            Kin::Child => {}
            Kin::Daemon => {
                let _ = nix::unistd::setsid();
                let _ = process::fork(stay);
                return 0;
            }
            Kin::Line => {
                for _ in 0..5 {
                    // Each goes on in its child and stays.
                    match fork_one() {
                        true => continue,
                        false => break,
                    }
                }
            }
            Kin::Stopped => {
                let _ = process::fork(|| {
                    die_of(SIGSTOP);
                    0
                });
            }
            Kin::Traced => {
                let child = process::fork(|| {
                    let _ = sys::tracing::trace_me();
                    die_of(SIGSTOP);
                    0
                });
                let _ = process::wait(child.unwrap_or(-1), 0);
            }
            Kin::Changed => {
                let _ = nix::unistd::setsid();
                let _ = sys::environment::become_user(65_534);
            }
        }
        stay()
    });
    child.set_up("a child can be made");
    // It may have been killed before it was ready.
    let fd = PollFd::new(ready.as_fd(), PollFlags::POLLIN);
    let _ = poll(&mut [fd], 500u16);
}

/// Makes a child that stays; says whether to make more.
fn fork_one() -> bool {
    process::fork(|| {
        let _ = process::fork(|| {
            hang();
            0
        });
        hang();
        0
    })
    .is_ok()
}

fn die_of(signal: i32) {
    let _ = process::kill(sys::call::getpid(), signal);
}

fn hang() {
    loop {
        sys::call::raw(SYS_pause, [0; 6]);
    }
}
