//! A lie that outlives the image of a process: handed over in the environment of a new program.

use super::choice::{VARIABLE, all, arm, choose};
use super::lie::{Door, Tell};
use super::state::{ACTIVE, FIRST, chosen, is_armed};
use crate::syscall::native;
use crate::uapi;
use crate::uapi::{PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_EXCLUSIVE_ON};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;

/// The environment of a program that a lied-to process executes: the address of a list of variables.
pub(crate) fn environment() -> Option<usize> {
    static LIST: OnceLock<(std::ffi::CString, [usize; 2])> = OnceLock::new();
    if !is_armed() {
        return None;
    }
    // The occasion is here; the new program cannot write it down.
    let _ = chosen(Door::Executed, |_| true);
    let active = ACTIVE.load(Relaxed).checked_sub(FIRST)?;
    let (_, list) = LIST.get_or_init(|| {
        let text = format!("{VARIABLE}={}", all()[active].id());
        let text = std::ffi::CString::new(text).unwrap_or_default();
        let at = text.as_ptr() as usize;
        (text, [at, 0])
    });
    Some(list.as_ptr() as usize)
}

/// A program that a case executed goes on being lied to.
pub fn after_execution() {
    let Ok(name) = std::env::var(VARIABLE) else { return };
    if choose(&name).is_ok() {
        arm();
    }
    if let Some(Tell::Executed) = chosen(Door::Executed, |_| true) {
        let args =
            [PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_EXCLUSIVE_ON as usize, 0, 0, 0, 0];
        native(uapi::SYS_prctl, args);
    }
}
