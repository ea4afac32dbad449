//! The surroundings of a process: its variables, limits and identity.

use crate::uapi::{_LINUX_CAPABILITY_VERSION_3, SI_QUEUE};
use crate::{Errno, call, process, signal, uapi};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

/// Sets an environment variable. Call it before the first thread is made.
pub fn set_variable(name: &str, value: &str) {
    // SAFETY: called at the start of main, while there is one thread.
    unsafe { std::env::set_var(name, value) };
}

/// Removes an environment variable. Call it before the first thread is made.
pub fn remove_variable(name: &str) {
    // SAFETY: called at the start of main, while there is one thread.
    unsafe { std::env::remove_var(name) };
}

/// Sets both the soft and the hard limit of `resource` (`RLIMIT_*`).
///
/// <https://man7.org/linux/man-pages/man2/prlimit.2.html>
///
/// # Errors
/// setrlimit(2)'s: EPERM when raising a hard limit without privilege.
#[doc(alias = "SYS_prlimit64")]
#[doc(alias = "setrlimit")]
pub fn limit(resource: u32, value: u64) -> Result<(), Errno> {
    let limits = [value, value];
    let args = [0, resource as usize, limits.as_ptr() as usize, 0, 0, 0];
    call::checked(uapi::SYS_prlimit64, args).map(drop)
}

/// Sets the soft limit of `resource` (`RLIMIT_*`), up to its hard limit, and leaves that alone.
///
/// <https://man7.org/linux/man-pages/man2/prlimit.2.html>
///
/// # Errors
/// setrlimit(2)'s: EINVAL above the hard limit.
#[doc(alias = "SYS_prlimit64")]
#[doc(alias = "setrlimit")]
pub fn limit_softly(resource: u32, value: u64) -> Result<(), Errno> {
    let mut now = [0u64; 2];
    let resource = resource as usize;
    call::checked(uapi::SYS_prlimit64, [0, resource, 0, now.as_mut_ptr() as usize, 0, 0])?;
    let wanted = [value, now[1]];
    let args = [0, resource, wanted.as_ptr() as usize, 0, 0, 0];
    call::checked(uapi::SYS_prlimit64, args).map(drop)
}

/// Effective user id.
///
/// <https://man7.org/linux/man-pages/man2/geteuid.2.html>
#[doc(alias = "SYS_geteuid")]
pub fn effective_user() -> u32 {
    call::raw(uapi::SYS_geteuid, [0; 6]) as u32
}

/// Becomes `id`, user and group, with no supplementary group and so no capability.
///
/// <https://man7.org/linux/man-pages/man2/setresuid.2.html>
///
/// # Errors
/// EPERM without the privilege to change.
#[doc(alias("SYS_setresuid", "SYS_setresgid", "SYS_setgroups"))]
pub fn become_user(id: u32) -> Result<(), Errno> {
    let id = id as usize;
    call::checked(uapi::SYS_setgroups, [0; 6])?;
    call::checked(uapi::SYS_setresgid, [id, id, id, 0, 0, 0])?;
    call::checked(uapi::SYS_setresuid, [id, id, id, 0, 0, 0]).map(drop)
}

/// The text of a file in which the kernel tells something.
///
/// # Errors
/// open(2)'s and read(2)'s.
pub fn read_text(path: &str) -> std::io::Result<String> {
    let text = std::fs::read_to_string(path);
    #[cfg(feature = "lies")]
    let text = crate::lies::text_read(path, text);
    text
}

/// The text of a file in which the kernel tells something of a task: `file` is its name, without the task's.
///
/// # Errors
/// open(2)'s and read(2)'s.
pub fn read_task_text(file: &'static str, path: &str) -> std::io::Result<String> {
    let text = std::fs::read_to_string(path);
    #[cfg(feature = "lies")]
    let text = crate::lies::text_read(file, text);
    #[cfg(not(feature = "lies"))]
    let _ = file;
    text
}

/// The permission bits of a file of the kernel's.
///
/// # Errors
/// stat(2)'s.
pub fn mode_of(path: &str) -> std::io::Result<u32> {
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o7777;
    #[cfg(feature = "lies")]
    let mode = crate::lies::mode_read(path, mode);
    Ok(mode)
}

/// Writes to a sysctl: one write, from the beginning of the file.
///
/// # Errors
/// open(2)'s and write(2)'s.
pub fn write_text(path: &str, text: &str) -> std::io::Result<()> {
    let write = |text: &str| {
        let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
        file.write_all(text.as_bytes())
    };
    #[cfg(feature = "lies")]
    return crate::lies::text_written(path, text, write);
    #[cfg(not(feature = "lies"))]
    write(text)
}

/// The path this program was started with, as the kernel recorded it: a way to its own image that
/// needs no /proc.
pub fn started_as() -> Option<std::path::PathBuf> {
    // SAFETY: getauxval reads the vector the kernel handed over at start.
    let at = unsafe { libc::getauxval(uapi::AT_EXECFN) };
    if at == 0 {
        return None;
    }
    let pointer = std::ptr::with_exposed_provenance::<libc::c_char>(at as usize);
    // SAFETY: the kernel put a terminated string there that lives as long as the process.
    let text = unsafe { std::ffi::CStr::from_ptr(pointer) };
    Some(OsStr::from_bytes(text.to_bytes()).into())
}

/// Replaces the process's image: `path` with `args` and no environment.
///
/// Gives the error if it fails; does not return otherwise.
///
/// <https://man7.org/linux/man-pages/man2/execve.2.html>
#[doc(alias = "SYS_execve")]
pub fn execve(path: &std::ffi::CStr, args: &[&std::ffi::CStr]) -> Errno {
    let mut list: Vec<usize> = args.iter().map(|arg| arg.as_ptr() as usize).collect();
    list.push(0);
    let empty = 0usize;
    let environment = &raw const empty as usize;
    #[cfg(feature = "lies")]
    let environment = crate::lies::environment().unwrap_or(environment);
    let call_args = [path.as_ptr() as usize, list.as_ptr() as usize, environment, 0, 0, 0];
    match call::checked(uapi::SYS_execve, call_args) {
        Err(errno) => errno,
        Ok(_) => Errno::UnknownErrno,
    }
}

/// As [`execve`], of the file of a descriptor.
///
/// <https://man7.org/linux/man-pages/man2/execveat.2.html>
#[doc(alias = "SYS_execveat")]
#[doc(alias = "AT_EMPTY_PATH")]
pub fn execute_fd(fd: i32, args: &[&std::ffi::CStr]) -> Errno {
    let mut list: Vec<usize> = args.iter().map(|arg| arg.as_ptr() as usize).collect();
    list.push(0);
    let empty = 0usize;
    let environment = &raw const empty as usize;
    #[cfg(feature = "lies")]
    let environment = crate::lies::environment().unwrap_or(environment);
    let call_args = [
        fd as usize,
        c"".as_ptr() as usize,
        list.as_ptr() as usize,
        environment,
        uapi::AT_EMPTY_PATH,
        0,
    ];
    match call::checked(uapi::SYS_execveat, call_args) {
        Err(errno) => errno,
        Ok(_) => Errno::UnknownErrno,
    }
}

/// Starts `path` with `args` and no environment through posix_spawn(3), and gives its process id.
///
/// <https://man7.org/linux/man-pages/man3/posix_spawn.3.html>
///
/// # Errors
/// posix_spawn(3)'s.
pub fn posix_spawn(path: &std::ffi::CStr, args: &[&std::ffi::CStr]) -> Result<i32, Errno> {
    let mut list: Vec<*mut libc::c_char> = args.iter().map(|arg| arg.as_ptr().cast_mut()).collect();
    list.push(std::ptr::null_mut());
    let empty: [*mut libc::c_char; 1] = [std::ptr::null_mut()];
    let environment = empty.as_ptr() as usize;
    #[cfg(feature = "lies")]
    let environment = crate::lies::environment().unwrap_or(environment);
    let mut pid = 0;
    // SAFETY: every pointer is to terminated strings and lists that live through the call.
    let error = unsafe {
        libc::posix_spawn(
            &raw mut pid,
            path.as_ptr(),
            std::ptr::null(),
            std::ptr::null(),
            list.as_ptr(),
            std::ptr::with_exposed_provenance(environment),
        )
    };
    if error == 0 { Ok(pid) } else { Err(Errno::from_raw(error)) }
}

/// An entry of the vector the kernel handed over at start (`linux/auxvec.h`); 0 where there is none.
///
/// <https://man7.org/linux/man-pages/man3/getauxval.3.html>
#[doc(alias = "getauxval")]
pub fn auxiliary(kind: u64) -> usize {
    // SAFETY: getauxval reads the vector the kernel handed over at start.
    unsafe { libc::getauxval(kind) as usize }
}

/// The processor's own name for itself (CPUID leaves 0x80000002 to 0x80000004): an emulator's differs
/// from the machine's.
pub fn processor() -> String {
    let mut name = Vec::with_capacity(48);
    for leaf in 0x8000_0002..=0x8000_0004u32 {
        let part = std::arch::x86_64::__cpuid(leaf);
        for word in [part.eax, part.ebx, part.ecx, part.edx] {
            name.extend(word.to_le_bytes());
        }
    }
    String::from_utf8_lossy(&name).trim_matches(['\0', ' ']).to_owned()
}

/// What CPUID answers to a leaf and subleaf: EAX, EBX, ECX, EDX.
pub fn cpuid(leaf: u32, subleaf: u32) -> [u32; 4] {
    let found = std::arch::x86_64::__cpuid_count(leaf, subleaf);
    [found.eax, found.ebx, found.ecx, found.edx]
}

/// The calling process's personality (personality(2)).
///
/// <https://man7.org/linux/man-pages/man2/personality.2.html>
#[doc(alias = "SYS_personality")]
pub fn personality() -> usize {
    const ASK: usize = 0xffff_ffff;
    call::raw(uapi::SYS_personality, [ASK, 0, 0, 0, 0, 0]) as usize
}

/// Sets the calling process's personality; the programs it starts inherit it.
///
/// <https://man7.org/linux/man-pages/man2/personality.2.html>
///
/// # Errors
/// personality(2)'s.
#[doc(alias = "SYS_personality")]
pub fn set_personality(personality: usize) -> Result<(), Errno> {
    call::checked(uapi::SYS_personality, [personality, 0, 0, 0, 0, 0]).map(drop)
}

/// The calling thread's effective capabilities, a bit for each (capget(2)).
///
/// <https://man7.org/linux/man-pages/man2/capget.2.html>
///
/// # Errors
/// capget(2)'s.
#[doc(alias = "SYS_capget")]
pub fn capabilities() -> Result<u64, Errno> {
    let header = [_LINUX_CAPABILITY_VERSION_3, 0];
    // Effective, permitted and inheritable: the lower words, then the upper ones.
    let mut sets = [0u32; 6];
    let args = [header.as_ptr() as usize, sets.as_mut_ptr() as usize, 0, 0, 0, 0];
    call::checked(uapi::SYS_capget, args)?;
    Ok(u64::from(sets[3]) << 32 | u64::from(sets[0]))
}

/// Gives up every capability of the calling thread (capset(2)).
///
/// <https://man7.org/linux/man-pages/man2/capget.2.html>
///
/// # Errors
/// capset(2)'s.
#[doc(alias = "SYS_capset")]
pub fn drop_capabilities() -> Result<(), Errno> {
    let header = [_LINUX_CAPABILITY_VERSION_3, 0];
    let sets = [0u32; 6];
    let args = [header.as_ptr() as usize, sets.as_ptr() as usize, 0, 0, 0, 0];
    call::checked(uapi::SYS_capset, args).map(drop)
}

/// Keeps these capabilities of the calling thread, a bit for each, and gives up the others (capset(2)).
///
/// <https://man7.org/linux/man-pages/man2/capget.2.html>
///
/// # Errors
/// capset(2)'s: EPERM for one that it does not have.
#[doc(alias = "SYS_capset")]
pub fn keep_capabilities(set: u64) -> Result<(), Errno> {
    let header = [_LINUX_CAPABILITY_VERSION_3, 0];
    let (low, high) = (set as u32, (set >> 32) as u32);
    let sets = [low, low, 0, high, high, 0u32];
    let args = [header.as_ptr() as usize, sets.as_ptr() as usize, 0, 0, 0, 0];
    call::checked(uapi::SYS_capset, args).map(drop)
}

/// The processor's time stamp counter.
pub fn time_stamp() -> u64 {
    // SAFETY: reads a counter that every x86-64 processor has.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// Whether this process may have so many signals waiting, by trying it in a child.
pub fn can_queue_signals(count: usize) -> bool {
    // The first real-time signal that no C library keeps for itself: every one of them is kept.
    const SIGNAL: usize = 40;
    let tried = process::fork(|| {
        if signal::set_mask(u64::MAX).is_err() {
            return 1;
        }
        let mut info = [0_i32; 32];
        (info[0], info[2]) = (SIGNAL as i32, SI_QUEUE);
        let own = call::getpid() as usize;
        let arguments = [own, SIGNAL, info.as_ptr() as usize, 0, 0, 0];
        let kept = (0..count).all(|_| call::checked(uapi::SYS_rt_sigqueueinfo, arguments).is_ok());
        i32::from(!kept)
    });
    let end = tried.and_then(|child| process::wait(child, 0));
    matches!(end, Ok(Some((_, process::WaitStatus::Exited(0)))))
}
