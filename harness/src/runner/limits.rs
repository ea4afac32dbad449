//! Resource limits that cases would exceed: each is raised, or the run ends with a line that names it.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What cases need, with the unit the shell's `ulimit` counts in.
struct Least {
    resource: Resource,
    name: &'static str,
    least: u64,
    option: &'static str,
    unit: u64,
}

const KIB: u64 = 1 << 10;
const LEAST: [Least; 5] = [
    // The properties of the fuzzers recurse, and a signal's frame alone takes kilobytes.
    Least {
        resource: Resource::RLIMIT_STACK,
        name: "stack",
        least: 1 << 20,
        option: "-s",
        unit: KIB,
    },
    // Cases put descriptors where no other is.
    Least {
        resource: Resource::RLIMIT_NOFILE,
        name: "open files",
        least: 256,
        option: "-n",
        unit: 1,
    },
    // Programs and what cases print are kept in memory files. POSIX counts in half kilobytes; a shell that
    // counts whole ones raises it further.
    Least {
        resource: Resource::RLIMIT_FSIZE,
        name: "file size",
        least: 1 << 20,
        option: "-f",
        unit: KIB / 2,
    },
    // Threads of the run and processes of the cases, in addition to those that the user has already.
    Least { resource: Resource::RLIMIT_NPROC, name: "processes", least: 64, option: "-u", unit: 1 },
    Least {
        resource: Resource::RLIMIT_SIGPENDING,
        name: "pending signals",
        least: 128,
        option: "-i",
        unit: 1,
    },
];

/// How many signals wait for one user's cases at a time, at most, with room for more.
const A_FEW: usize = 16;

/// Raises what is too small, for this process and those it makes.
///
/// # Errors
/// One line that says which limit cannot be raised, and what to do.
pub(crate) fn raise() -> Result<(), String> {
    for Least { resource, name, least, option, unit } in LEAST {
        // Root's processes are not counted.
        if resource == Resource::RLIMIT_NPROC && sys::environment::effective_user() == 0 {
            continue;
        }
        let Ok((soft, hard)) = getrlimit(resource) else { continue };
        if soft >= least || setrlimit(resource, least, hard.max(least)).is_ok() {
            continue;
        }
        // gVisor names a limit of none, and keeps another.
        if resource == Resource::RLIMIT_SIGPENDING && sys::environment::can_queue_signals(A_FEW) {
            continue;
        }
        return Err(format!(
            "the limit of this process for {name} is {}, and cases need {}: raise it (`ulimit {option} {}`)",
            soft / unit,
            least / unit,
            least / unit,
        ));
    }
    Ok(())
}
