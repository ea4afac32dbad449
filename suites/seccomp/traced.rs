//! What the cases with a tracer share: a filter that traces getppid, and the results of the tracee's
//! calls.

use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::script::{Traced, call};
use fixtures::tracee::Stop;
use fixtures::{Registers, WaitStatus};
use sys::uapi::{PTRACE_O_TRACESECCOMP, SYS_getppid};

/// The end of a child that has made all its calls.
pub(crate) const EXITED_0: Stop = Stop::Ended(WaitStatus::Exited(0));

/// getppid is traced; every other call is allowed.
pub(crate) fn traces() -> Filter {
    Filter::only(number(SYS_getppid), Action::Trace(7))
}

/// getppid is traced, and `nr` gets `action`.
pub(crate) fn traces_and(nr: i64, action: Action) -> Filter {
    traces().when(number(nr), action)
}

/// A child, traced with PTRACE_O_TRACESECCOMP, that calls getppid once.
pub(crate) fn caller(filter: &Filter) -> Traced {
    calls(filter, &[call(SYS_getppid)])
}

/// A child, traced with PTRACE_O_TRACESECCOMP, that makes these calls.
pub(crate) fn calls(filter: &Filter, calls: &[Registers]) -> Traced {
    Traced::start(PTRACE_O_TRACESECCOMP, Gadget::syscall(), filter, calls)
}
