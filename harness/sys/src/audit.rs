//! The audit log's multicast group (netlink(7), NETLINK_AUDIT): every record, in the order of their making,
//! whether or not an audit daemon runs and whatever the kernel log has room for.

use crate::{Errno, call, uapi};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// What the lies call the log.
#[cfg(feature = "lies")]
pub(crate) const LOG: &str = "audit log";

/// Bytes that records may wait in: those of some thousand calls.
const ROOM: i32 = 1 << 22;

/// Bytes of a message's header (`struct nlmsghdr`).
const HEADER: usize = 16;

/// A socket that hears every record from now on.
///
/// <https://man7.org/linux/man-pages/man7/netlink.7.html>
///
/// # Errors
/// socket(2)'s; EPERM without CAP_AUDIT_READ in the first user namespace.
#[doc(alias = "NETLINK_AUDIT")]
#[doc(alias = "AUDIT_NLGRP_READLOG")]
pub fn listen() -> Result<OwnedFd, Errno> {
    let args =
        [uapi::AF_NETLINK, uapi::SOCK_RAW | uapi::SOCK_CLOEXEC, uapi::NETLINK_AUDIT, 0, 0, 0];
    let fd = call::checked(uapi::SYS_socket, args)?;
    // SAFETY: the kernel just made this descriptor for us.
    let socket = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    let option = [uapi::SOL_SOCKET, uapi::SO_RCVBUFFORCE];
    let room = ROOM;
    let args = [fd, option[0], option[1], &raw const room as usize, size_of_val(&room), 0];
    call::checked(uapi::SYS_setsockopt, args)?;
    // `struct sockaddr_nl`: family, padding, port (the kernel's choice), groups.
    let address = [uapi::AF_NETLINK as u32, 0, uapi::AUDIT_NLGRP_READLOG];
    let args = [fd, address.as_ptr() as usize, size_of_val(&address), 0, 0, 0];
    call::checked(uapi::SYS_bind, args)?;
    Ok(socket)
}

/// The next record: its type (`AUDIT_*`) and its text. Blocks while there is none.
///
/// # Errors
/// recvfrom(2)'s: ENOBUFS where records were lost.
#[doc(alias = "SYS_recvfrom")]
pub fn receive(socket: &OwnedFd) -> Result<(u16, String), Errno> {
    let mut buffer = [0_u8; 9_000];
    let fd = socket.as_raw_fd() as usize;
    let args = [fd, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0];
    let length = call::checked(uapi::SYS_recvfrom, args)?;
    let kind = u16::from_ne_bytes([buffer[4], buffer[5]]);
    let text = String::from_utf8_lossy(buffer.get(HEADER..length).unwrap_or_default());
    let text = text.trim_end_matches('\0').to_owned();
    #[cfg(feature = "lies")]
    let text = crate::lies::text_read(LOG, Ok(text)).unwrap_or_default();
    Ok((kind, text))
}
