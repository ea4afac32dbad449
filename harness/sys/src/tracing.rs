//! ptrace(2): one function per request a case makes.

mod filters;
mod request;
mod stop;

pub use filters::{METADATA_SIZE, filter, filter_metadata};
pub use request::request;
pub use stop::{
    PtraceSyscallInfo, SYSCALL_INFO_SIZE, SyscallInfo, UNTOLD, ptrace_syscall_info,
    set_syscall_info, syscall_info,
};

use crate::registers::{COUNT, Reg, Registers};
use crate::siginfo::{Delivery, INFO_WORDS};
use crate::uapi::{
    ORIG_RAX, PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG,
};
use crate::{Errno, uapi};

/// Bytes of `struct ptrace_sud_config`.
pub const DISPATCH_SIZE: usize = 32;

/// `struct ptrace_sud_config`.
///
/// <https://docs.kernel.org/admin-guide/syscall-user-dispatch.html>
#[doc(alias = "ptrace_sud_config")]
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct DispatchConfig {
    /// The mode, as in the prctl's `arg2`.
    pub mode: u64,
    /// Address of the selector byte.
    pub selector: u64,
    /// First address of the region.
    pub offset: u64,
    /// Bytes in the region.
    pub length: u64,
}

impl std::fmt::Debug for DispatchConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mode, selector, offset, length } = self;
        write!(f, "(mode {mode:#x}, selector {selector:#x}, region {offset:#x} + {length:#x})")
    }
}

/// Makes the parent of the calling process its tracer.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// EPERM where tracing is forbidden or the process is traced already.
#[doc(alias = "PTRACE_TRACEME")]
pub fn trace_me() -> Result<(), Errno> {
    request(uapi::PTRACE_TRACEME, 0, 0, 0).map(drop)
}

/// How a stopped tracee is resumed.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
#[doc(alias(
    "PTRACE_CONT",
    "PTRACE_SYSCALL",
    "PTRACE_SINGLESTEP",
    "PTRACE_SYSEMU",
    "PTRACE_SYSEMU_SINGLESTEP",
    "PTRACE_DETACH"
))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Resume {
    /// Until a signal.
    Continue = uapi::PTRACE_CONT,
    /// Until the next entry to or exit from a system call.
    Syscall = uapi::PTRACE_SYSCALL,
    /// For one instruction.
    SingleStep = uapi::PTRACE_SINGLESTEP,
    /// As `Syscall`, and the call is not executed.
    Sysemu = 31,
    /// As `Sysemu`, one instruction at a time.
    SysemuSinglestep = 32,
    /// Without its tracer.
    Detach = uapi::PTRACE_DETACH,
}

/// Resumes the tracee, with `signal` delivered (0 for none).
///
/// # Errors
/// ESRCH where it is not a stopped tracee; EIO for a bad signal.
pub fn resume(pid: i32, how: Resume, signal: i32) -> Result<(), Errno> {
    request(how as usize, pid, 0, signal as usize).map(drop)
}

/// Sets `PTRACE_O_*` options.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// ptrace(2)'s.
#[doc(alias = "PTRACE_SETOPTIONS")]
pub fn set_options(pid: i32, options: i32) -> Result<(), Errno> {
    request(uapi::PTRACE_SETOPTIONS, pid, 0, options as usize).map(drop)
}

/// Traces a process that runs already, with these options, and does not stop it.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// EPERM where tracing is forbidden or it is traced already; ESRCH.
#[doc(alias = "PTRACE_SEIZE")]
pub fn seize(pid: i32, options: i32) -> Result<(), Errno> {
    request(uapi::PTRACE_SEIZE, pid, 0, options as usize).map(drop)
}

// Where each of `Reg`'s registers lies in `struct user_regs_struct`.
const PLACES: [usize; COUNT] = [9, 8, 7, 6, 3, 2, 1, 0, 14, 13, 4, 5, 12, 10, 11, 19, 16, 18];
const USER_WORDS: usize = 27;

/// The tracee's registers.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
#[doc(alias = "user_regs_struct")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UserRegs([u64; USER_WORDS]);

impl UserRegs {
    /// Bytes of it in memory, and in the notes of a core file.
    pub const SIZE: usize = USER_WORDS * 8;

    /// Reads it from these bytes, where there are enough.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut words = [0; USER_WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.get(..Self::SIZE)?.chunks_exact(8)) {
            *word = u64::from_le_bytes(bytes.try_into().ok()?);
        }
        Some(Self(words))
    }

    /// One register.
    pub fn reg(&self, reg: Reg) -> u64 {
        self.0[PLACES[reg as usize]]
    }

    /// Changes one register.
    pub fn set(&mut self, reg: Reg, value: u64) {
        self.0[PLACES[reg as usize]] = value;
    }

    /// The number of the call being made; -1 outside one.
    #[doc(alias = "orig_rax")]
    pub fn call(&self) -> i64 {
        self.0[ORIG_RAX] as i64
    }

    /// Changes the number of the call being made.
    #[doc(alias = "orig_rax")]
    pub fn set_orig_rax(&mut self, nr: i64) {
        self.0[ORIG_RAX] = nr as u64;
    }

    /// Code and stack segment, the other segments, and the base of GS: the same in every program of the
    /// 64-bit ABI that asks for nothing else.
    pub fn segments(&self) -> [u64; 7] {
        [17, 20, 23, 24, 25, 26, 22].map(|place| self.0[place])
    }

    /// The registers in the order of a handler's.
    pub fn registers(&self) -> Registers {
        Registers(std::array::from_fn(|i| self.0[PLACES[i]]))
    }
}

/// Reads the tracee's registers.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// ESRCH where it is not a stopped tracee.
#[doc(alias = "PTRACE_GETREGS")]
pub fn get_registers(pid: i32) -> Result<UserRegs, Errno> {
    let mut image = [0u64; USER_WORDS];
    request(uapi::PTRACE_GETREGS, pid, 0, image.as_mut_ptr() as usize)?;
    Ok(UserRegs(image))
}

/// Writes the tracee's registers.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// ESRCH where it is not a stopped tracee; EIO for a value the processor forbids.
#[doc(alias = "PTRACE_SETREGS")]
pub fn set_registers(pid: i32, image: &UserRegs) -> Result<(), Errno> {
    request(uapi::PTRACE_SETREGS, pid, 0, image.0.as_ptr() as usize).map(drop)
}

/// The signal information of the stop.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// ESRCH where it is not a stopped tracee; EINVAL at a stop without a signal.
#[doc(alias = "PTRACE_GETSIGINFO")]
pub fn signal_info(pid: i32) -> Result<Delivery, Errno> {
    let mut info = [0u64; INFO_WORDS];
    request(uapi::PTRACE_GETSIGINFO, pid, 0, info.as_mut_ptr() as usize)?;
    Ok(Delivery::from_info(info))
}

/// The message of the latest event.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// ESRCH where it is not a stopped tracee.
#[doc(alias = "PTRACE_GETEVENTMSG")]
pub fn event_message(pid: i32) -> Result<u64, Errno> {
    let mut message = 0u64;
    request(uapi::PTRACE_GETEVENTMSG, pid, 0, &raw mut message as usize)?;
    Ok(message)
}

/// Reads the tracee's dispatch configuration.
///
/// <https://docs.kernel.org/admin-guide/syscall-user-dispatch.html>
///
/// # Errors
/// EIO before 6.4; EINVAL where it is compiled out; ESRCH.
#[doc(alias = "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG")]
pub fn get_dispatch(pid: i32) -> Result<DispatchConfig, Errno> {
    let mut config = DispatchConfig { mode: !0, selector: !0, offset: !0, length: !0 };
    request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, pid, DISPATCH_SIZE, &raw mut config as usize)?;
    Ok(config)
}

/// Writes the tracee's dispatch configuration.
///
/// <https://docs.kernel.org/admin-guide/syscall-user-dispatch.html>
///
/// # Errors
/// Those of the prctl; EIO before 6.4; ESRCH.
#[doc(alias = "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG")]
pub fn set_dispatch(pid: i32, config: DispatchConfig) -> Result<(), Errno> {
    request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, pid, DISPATCH_SIZE, &raw const config as usize)
        .map(drop)
}

/// The pending signals of a stopped thread, or of its process where `shared`.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// ptrace(2)'s.
#[doc(alias = "PTRACE_PEEKSIGINFO")]
pub fn waiting_signals(pid: i32, shared: bool) -> Result<Vec<Delivery>, Errno> {
    const MOST: usize = 8;
    // struct ptrace_peeksiginfo_args: offset, flags, count.
    let args = [0u64, (MOST as u64) << 32 | u64::from(shared)];
    let mut infos = [[0u64; INFO_WORDS]; MOST];
    let (from, to) = (args.as_ptr() as usize, infos.as_mut_ptr() as usize);
    let found = request(uapi::PTRACE_PEEKSIGINFO, pid, from, to)?;
    Ok(infos.into_iter().take(found).map(Delivery::from_info).collect())
}
