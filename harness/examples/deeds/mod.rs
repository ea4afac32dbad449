//! What cases of the examples do.

use harness::SetUp;
use sys::process;
pub(crate) use sys::uapi::SIGSTOP;
use sys::uapi::SYS_pause;

harness::options! {
    PIDS = {
        name: "deeds.pids",
        what: "a file for the numbers of processes that must be gone afterwards",
        check: |_| Ok(()),
        recorded: false,
    }
}

/// Sends itself a signal.
pub(crate) fn die_of(signal: i32) {
    let _ = process::kill(sys::call::getpid(), signal);
}

/// Never ends.
pub(crate) fn hang() {
    loop {
        sys::call::raw(SYS_pause, [0; 6]);
    }
}

/// Starts a process that nothing but SIGKILL ends, and notes its number.
pub(crate) fn daemon() {
    let (noted, when_noted) = nix::unistd::pipe().set_up("a pipe can be made");
    let child = process::fork(|| {
        let _ = nix::unistd::setsid();
        let _ = sys::signal::set(15, sys::signal::Disposition::Ignore);
        let grandchild = process::fork(|| {
            hang();
            0
        });
        note(grandchild.set_up("a grandchild can be made"));
        let _ = nix::unistd::write(&when_noted, b".");
        hang();
        0
    });
    note(child.set_up("a child can be made"));
    let _ = nix::unistd::read(&noted, &mut [0]);
}

/// Tells the test which processes must be gone afterwards.
pub(crate) fn note(pid: i32) {
    use std::io::Write;
    let Some(path) = harness::option("deeds.pids") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    // In one write: others note theirs at the same time, and who notes may be killed.
    let _ = file.and_then(|mut file| file.write_all(format!("{pid}\n").as_bytes()));
}
