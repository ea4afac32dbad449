//! A runner ends whatever becomes its child: orphans of its workers. Where other processes' orphans come to
//! this one as well, because it is the first of its process id namespace, or had children before its image
//! was started, the runner is a child: orphans come to the nearest that adopts them, so those of strangers
//! pass it by.

use crate::signals;
use crate::stdio::warn;
use sys::process::{self, WaitStatus};
use sys::uapi::SIGKILL;
use sys::{Errno, signal};

/// Milliseconds.
const LOOK: u64 = 200;

/// Goes on in a child where strangers may come to this process, and leaves with its status.
pub(crate) fn stand_before() {
    if !strangers_come() {
        return;
    }
    let own = sys::call::getpid();
    signal::note_interrupts();
    match process::fork_to_stay() {
        Ok(0) => {
            signal::forget_interrupts();
            let _ = process::signal_with_parent(SIGKILL);
            if process::parent() != own {
                process::leave(i32::from(crate::status::NO_ANSWER));
            }
        }
        Ok(runner) => process::leave(watch(runner)),
        // Then it is the runner itself, which cannot make a worker either.
        Err(_) => signal::forget_interrupts(),
    }
}

/// Whether this process has, or gets, children that no worker made.
fn strangers_come() -> bool {
    sys::call::getpid() == 1 || process::has_children()
}

/// Reaps whatever ends, and hands on what interrupts; gives the runner's status.
fn watch(runner: i32) -> i32 {
    let mut told = false;
    // A signal just before a wait would go unnoticed.
    process::interrupt_every(LOOK);
    loop {
        match process::wait(-1, 0) {
            Ok(Some((pid, WaitStatus::Exited(status)))) if pid == runner => return status,
            Ok(Some((pid, WaitStatus::KilledBy(signal)))) if pid == runner => {
                let name = signals::name(signal);
                warn(&format!("the run was ended by {name}: nothing is known of what is missing"));
                return 128 + signal;
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return i32::from(crate::status::NO_ANSWER),
        }
        if let Some(signal) = signal::interrupted()
            && !std::mem::replace(&mut told, true)
        {
            let _ = process::kill(runner, signal);
        }
    }
}
