//! The runner kills every process that becomes its child, because these are orphans of its workers. Where other
//! processes' orphans are reparented to this process as well (it is the init of its PID namespace, or had
//! children before execve), the runner is forked from it: orphans are reparented to the nearest subreaper, so
//! the runner gets those of its workers alone.

use crate::signals;
use crate::stdio::warn;
use sys::process::{self, WaitStatus};
use sys::uapi::SIGKILL;
use sys::{Errno, signal};

/// Milliseconds.
const LOOK: u64 = 200;

/// Continues in a child where other processes' orphans may be reparented to this one, which then exits with
/// the child's status.
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
                process::exit(i32::from(crate::status::NO_ANSWER));
            }
        }
        Ok(runner) => process::exit(watch(runner)),
        // Then it is the runner itself, which cannot make a worker either.
        Err(_) => signal::forget_interrupts(),
    }
}

/// Whether this process has, or gets, children that no worker made.
fn strangers_come() -> bool {
    sys::call::getpid() == 1 || process::has_children()
}

/// Reaps every child and passes interrupting signals on to the runner; gives the runner's exit status.
fn watch(runner: i32) -> i32 {
    let mut told = false;
    // Without a timer, a signal just before the wait would go unnoticed.
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
