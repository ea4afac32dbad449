//! The end of a child in every field that a wait or SIGCHLD tells.

use crate::siginfo::Delivery;
use crate::{Errno, call, uapi};

/// What a `siginfo_t` says of a child.
///
/// <https://man7.org/linux/man-pages/man2/waitid.2.html>
#[doc(alias("si_code", "si_status", "CLD_KILLED", "CLD_DUMPED", "CLD_EXITED"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildInfo {
    /// SIGCHLD.
    pub signo: i32,
    /// 0.
    pub errno: i32,
    /// `CLD_*`.
    pub code: i32,
    /// The child's process id.
    pub pid: i32,
    /// Its real user.
    pub uid: u32,
    /// Its exit status, or the signal that killed it.
    pub status: i32,
}

impl ChildInfo {
    fn of(words: &[u64]) -> Self {
        let (low, high) = (|word: u64| word as u32 as i32, |word: u64| (word >> 32) as u32);
        Self {
            signo: low(words[0]),
            errno: high(words[0]) as i32,
            code: low(words[1]),
            pid: low(words[2]),
            uid: high(words[2]),
            status: low(words[3]),
        }
    }

    /// What a SIGCHLD told its handler.
    pub fn of_signal(delivery: &Delivery) -> Self {
        Self::of(&delivery.0)
    }
}

/// Words of a `siginfo_t`.
const WORDS: usize = crate::siginfo::INFO_WORDS;
/// No field has this value: what the kernel does not write differs from what it promises.
const UNTOLD: u64 = 0xa5a5_a5a5_a5a5_a5a5;

/// What waitid(2) with these options tells of the end of child `id` (`P_PID`, `P_PIDFD`). It is reaped,
/// unless the options have `WNOWAIT`.
///
/// <https://man7.org/linux/man-pages/man2/waitid.2.html>
///
/// # Errors
/// waitid(2)'s: ECHILD, EINTR.
#[doc(alias = "SYS_waitid")]
pub fn ending(kind: usize, id: usize, options: i32) -> Result<ChildInfo, Errno> {
    let mut words = [UNTOLD; WORDS];
    let options = (options | uapi::WEXITED | uapi::__WALL) as usize;
    let args = [kind, id, words.as_mut_ptr() as usize, options, 0, 0];
    call::checked(uapi::SYS_waitid, args)?;
    Ok(ChildInfo::of(&words))
}

/// The status word of wait4(2) for a child that has ended, and the sixteen words of its resource usage.
///
/// <https://man7.org/linux/man-pages/man2/wait4.2.html>
///
/// # Errors
/// wait4(2)'s: ECHILD, EINTR.
#[doc(alias = "SYS_wait4")]
#[doc(alias = "WCOREDUMP")]
pub fn status_word(pid: i32, options: i32) -> Result<(i32, [u64; 18]), Errno> {
    let mut status = -1i32;
    let mut usage = [UNTOLD; 18];
    let at = [&raw mut status as usize, usage.as_mut_ptr() as usize];
    let options = (options | uapi::__WALL) as usize;
    call::checked(uapi::SYS_wait4, [pid as usize, at[0], options, at[1], 0, 0])?;
    Ok((status, usage))
}
