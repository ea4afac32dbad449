//! `prctl(PR_SET_SYSCALL_USER_DISPATCH)`.

use crate::{Errno, call};

use crate::uapi::{PR_SET_SYSCALL_USER_DISPATCH, SYS_prctl};
/// Modes: dispatch is off; every call is dispatched but those from the region; the calls from the
/// region are dispatched, and no others (since 6.17).
pub use crate::uapi::{
    PR_SYS_DISPATCH_EXCLUSIVE_ON as ON, PR_SYS_DISPATCH_INCLUSIVE_ON as INCLUSIVE_ON,
    PR_SYS_DISPATCH_OFF as OFF,
};
/// Values of the selector: let the call run, dispatch it.
pub use crate::uapi::{
    SYSCALL_DISPATCH_FILTER_ALLOW as ALLOW, SYSCALL_DISPATCH_FILTER_BLOCK as BLOCK,
};

/// The four arguments of the operation, by name.
///
/// <https://docs.kernel.org/admin-guide/syscall-user-dispatch.html>
#[doc(alias = "PR_SET_SYSCALL_USER_DISPATCH")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Args {
    /// `arg2`: [`OFF`], [`ON`] or [`INCLUSIVE_ON`].
    pub mode: u64,
    /// `arg3`: first address of the region.
    pub offset: u64,
    /// `arg4`: bytes in the region.
    pub length: u64,
    /// `arg5`: address of the selector byte; 0 for none.
    pub selector: u64,
}

impl Args {
    /// The one valid way to turn dispatch off.
    pub const OFF: Self = Self { mode: OFF, offset: 0, length: 0, selector: 0 };
    /// Turned on with no region and no selector.
    pub const ON: Self = Self { mode: ON, offset: 0, length: 0, selector: 0 };
    /// Inclusive mode without a region: not valid until a region is filled in.
    pub const INCLUSIVE: Self = Self { mode: INCLUSIVE_ON, offset: 0, length: 0, selector: 0 };
}

/// Makes the call from this crate's text.
///
/// <https://man7.org/linux/man-pages/man2/PR_SET_SYSCALL_USER_DISPATCH.2const.html>
///
/// # Errors
/// What the kernel answers: EINVAL, EFAULT, EPERM (prctl.2; kernel.syscall_user_dispatch).
#[doc(alias(
    "PR_SET_SYSCALL_USER_DISPATCH",
    "PR_SYS_DISPATCH_EXCLUSIVE_ON",
    "PR_SYS_DISPATCH_INCLUSIVE_ON",
    "PR_SYS_DISPATCH_OFF"
))]
pub fn prctl(args: Args) -> Result<(), Errno> {
    let a = [
        PR_SET_SYSCALL_USER_DISPATCH,
        args.mode as usize,
        args.offset as usize,
        args.length as usize,
        args.selector as usize,
        0,
    ];
    match call::checked(SYS_prctl, a)? {
        0 => Ok(()),
        other => panic!("prctl gave {other}, which is neither 0 nor an error"),
    }
}
