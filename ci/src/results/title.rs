//! The kernel of a record in one line.

use harness::record::Header;

/// The kernel in one line, with what changes results.
pub(crate) fn kernel(header: &Header) -> String {
    let kernel = &header.kernel;
    let vsyscall = kernel.vsyscall_word();
    let mut text =
        format!("{} {} {}, vsyscall={vsyscall}", kernel.system, kernel.release, kernel.machine);
    if let Some(clocksource) = &kernel.clocksource {
        text += &format!(", clocksource={clocksource}");
    }
    if kernel.outer_seccomp.is_some_and(|mode| mode != 0) {
        text += ", inside a seccomp filter";
    }
    if kernel.user != 0 {
        text += &format!(", as user {}", kernel.user);
    }
    if let Some(via) = &kernel.via {
        text += &format!(", via {via}");
    }
    text
}
