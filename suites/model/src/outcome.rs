//! What becomes of one call.

use crate::call::Return;
use crate::signal::SignalFrame;
use std::fmt;
use sys::process::WaitStatus;

/// What becomes of one call, to the return of its last signal handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The caller goes on after the call.
    Returned {
        /// How often SIGSYS was delivered.
        signals: u64,
        /// What the first delivery showed the handler.
        frame: Option<SignalFrame>,
        /// What RAX holds.
        result: Return,
    },
    /// A signal killed the caller.
    Killed {
        /// The signal.
        signal: i32,
        /// Its thread alone; else the whole process.
        thread_alone: bool,
    },
    /// The call is intercepted and restarted for ever.
    Endless,
    /// The call runs, and the model does not know what that does.
    Unknown,
}

impl Outcome {
    /// Whether a caller can make the call and wait for its end, and the model says what comes of it.
    pub fn is_testable(&self) -> bool {
        !matches!(self, Self::Endless | Self::Unknown)
    }

    /// A call that no signal interrupted.
    pub fn plain(result: Return) -> Self {
        Self::Returned { signals: 0, frame: None, result }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned { signals: 0, frame: _, result } => write!(f, "returned {result}"),
            Self::Returned { signals, frame, result } => {
                write!(f, "returned {result} after {signals} SIGSYS")?;
                frame.map_or(Ok(()), |frame| write!(f, " ({frame})"))
            }
            Self::Killed { signal, thread_alone } => {
                let who = if *thread_alone { "thread" } else { "process" };
                write!(f, "{who} {:?}", WaitStatus::KilledBy(*signal))
            }
            Self::Endless => f.write_str("restarted for ever"),
            Self::Unknown => f.write_str("not known to the model"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::IdentityCall;
    use crate::signal::{Info, Saved};
    use rstest::rstest;
    use sys::uapi::{AUDIT_ARCH_X86_64, ENOSYS, SIGSYS, SYS_SECCOMP};

    const FRAME: SignalFrame = SignalFrame {
        info: Info {
            errno: 7,
            code: SYS_SECCOMP,
            call_addr: 0x20802,
            syscall: 39,
            arch: AUDIT_ARCH_X86_64,
        },
        saved: Saved { rip: 0x20802, rax: -38i64 as u64 },
    };

    #[rstest]
    #[case::ran(
        Outcome::plain(Return::Identity(IdentityCall::Getppid)),
        "returned getppid's result"
    )]
    #[case::skipped(Outcome::plain(Return::Value(-ENOSYS)), "returned -ENOSYS")]
    #[case::trapped(
        Outcome::Returned { signals: 1, frame: Some(FRAME), result: Return::Value(41) },
        "returned 41 after 1 SIGSYS (si_errno 7, si_code SYS_SECCOMP, si_call_addr 0x20802, \
         si_syscall 39, si_arch AUDIT_ARCH_X86_64, rip 0x20802, rax -ENOSYS)"
    )]
    #[case::killed(
        Outcome::Killed { signal: SIGSYS, thread_alone: true },
        "thread killed by SIGSYS"
    )]
    fn outcomes_in_the_kernels_words(#[case] outcome: Outcome, #[case] words: &str) {
        assert_eq!(outcome.to_string(), words);
    }
}
