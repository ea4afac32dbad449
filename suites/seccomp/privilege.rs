//! The right to load a filter: CAP_SYS_ADMIN in the thread's own user namespace, or the thread's own no_new_privs.

use crate::clauses::*;
use fixtures::Errno::{self, EACCES};
use fixtures::WaitStatus;
use fixtures::child::{self, Flavour};
use fixtures::environment;
use fixtures::filter::{self, Action, Filter, has_no_new_privileges, number};
use fixtures::needs::{MAY_GAIN, NAMESPACES, ROOT, SECCOMP_FILTER};
use fixtures::thread::{Steps, spawn};
use sys::uapi::CAP_SYS_ADMIN;

/// Asks for a filter, without the bit.
fn try_load() -> (bool, Result<usize, Errno>) {
    (has_no_new_privileges(), Filter::only(number(500), Action::Errno(7)).try_load(0))
}

#[harness::test(
    clause = SECCOMP_INSTALL_NO_NEW_PRIVS_OR_CAPABILITY,
    catches = "an install that takes any capability, or the user id of root, for CAP_SYS_ADMIN",
    needs = [MAY_GAIN, SECCOMP_FILTER, ROOT],
)]
fn no_other_capability_gives_the_right() {
    let admin = child::told(|| {
        environment::keep_capabilities(&[CAP_SYS_ADMIN]);
        try_load() == (false, Ok(0))
    });
    environment::give_up_capability(CAP_SYS_ADMIN);
    assert_eq!((admin, try_load()), (true, (false, Err(EACCES))));
}

/// The first thread has the bit; the second has neither the bit nor a capability.
#[harness::test(
    clause = [SECCOMP_INSTALL_NO_NEW_PRIVS_OR_CAPABILITY, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "an install that asks for the bit of the thread group leader",
    needs = [MAY_GAIN, SECCOMP_FILTER],
)]
fn another_threads_bit_gives_no_right() {
    let steps = Steps::new();
    let (without, with) = std::thread::scope(|scope| {
        let thread = spawn(scope, || {
            steps.wait_for(1);
            environment::drop_capabilities();
            let without = try_load();
            filter::no_new_privileges();
            (without, try_load())
        });
        filter::no_new_privileges();
        steps.reach(1);
        thread.join().expect("the thread returns")
    });
    assert_eq!((without, with), ((false, Err(EACCES)), (true, Ok(0))));
}

/// In a user namespace of its own, the task has every capability there, and none outside.
#[harness::test(
    clause = SECCOMP_INSTALL_NO_NEW_PRIVS_OR_CAPABILITY,
    catches = "an install that demands CAP_SYS_ADMIN in the first user namespace",
    needs = [MAY_GAIN, SECCOMP_FILTER, NAMESPACES],
)]
fn the_capability_counts_in_the_threads_own_namespace() {
    let task = child::start(Flavour::NewUser, || {
        let with = try_load();
        environment::drop_capabilities();
        i32::from((with, try_load()) == ((false, Ok(0)), (false, Err(EACCES))))
    });
    assert_eq!(task.end(), WaitStatus::Exited(1));
}
