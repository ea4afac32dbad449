//! Lies about what a new task is given.

use super::answer;
use super::kinds::task::{Birth, With};
use super::lie::{Door, Tell};
use super::state::{chosen, is_armed};
use super::whose;
use crate::syscall::native;
use crate::uapi;

/// The first thing a new task does.
pub(crate) fn born(birth: Birth) {
    if !is_armed() {
        return;
    }
    if birth == Birth::Fork {
        whose::begin_child();
    }
    let fits = |tell: &Tell| match tell {
        Tell::Born(born) if born.birth == birth => {
            born.with != With::Dispatch || answer::config()[0] != 0
        }
        _ => false,
    };
    let Some(Tell::Born(born)) = chosen(Door::Born, fits) else { return };
    match born.with {
        With::Dispatch => {
            let [mode, offset, length, selector] = answer::config();
            let args = [uapi::PR_SET_SYSCALL_USER_DISPATCH, mode, offset, length, selector, 0];
            native(uapi::SYS_prctl, args);
        }
        With::Blocked(mask) => {
            let args = [uapi::SIG_BLOCK, &raw const mask as usize, 0, 8, 0, 0];
            native(uapi::SYS_rt_sigprocmask, args);
        }
        With::Default(signal) => {
            let action = [0u64; 4];
            let args = [signal as usize, action.as_ptr() as usize, 0, 8, 0, 0];
            native(uapi::SYS_rt_sigaction, args);
        }
    }
}
