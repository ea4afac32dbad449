//! Probes what the kernel under test offers: the parameters of the model.

use fixtures::call_outcome::DispatchedGadget;
use fixtures::dispatch::{self, Args};
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Entry, Errno, Reg, Registers, address, child, needs, sigsys};
use harness::SetUp;
use model::{Kernel, Offer};
use sys::uapi::{EINTR, ERESTARTNOHAND, SYS_getpid};

const HIGH: u64 = 1 << 62;

/// Probes it.
pub(crate) fn kernel() -> Kernel {
    let dispatch = offer();
    let here = dispatch == Offer::Here;
    let gadget = Gadget::syscall();
    let after = gadget.call_with(Registers::pattern().with(Reg::Rax, SYS_getpid as u64));
    Kernel {
        dispatch,
        inclusive: here && is_there(&needs::INCLUSIVE),
        ptrace_dispatch: is_there(&needs::PTRACE_DISPATCH),
        selector_end: selector_end(),
        restart_codes: takes_restart_codes(here),
        wide_numbers: gadget.call((1 << 32 | SYS_getpid as u64) as i64)
            != i64::from(fixtures::own_pid()),
        overwrites: after[Reg::Rcx] == gadget.after(),
        keeps_result: keeps_result(),
        vsyscalls: is_there(&needs::VSYSCALL),
        wait_killable: is_there(&needs::WAIT_KILLABLE_RECV),
        addfd_send: is_there(&needs::ADDFD_SEND),
    }
}

/// Whether the kernel offers something; a question without an answer is a failed set-up.
pub(crate) fn is_there(need: &harness::Need) -> bool {
    need.is_met().set_up("the kernel can be asked what it offers")
}

fn offer() -> Offer {
    match dispatch::prctl(Args { length: u64::MAX, ..Args::ON }) {
        Ok(()) => {
            dispatch::turn_off();
            Offer::Here
        }
        Err(Errno::EPERM) => Offer::SwitchedOff,
        Err(_) => Offer::Absent,
    }
}

/// One of the three rules there were: two questions tell which.
pub(crate) fn selector_end() -> u64 {
    let end = address::user_end();
    let accepts = |selector| {
        let answer = dispatch::answer(dispatch::ON, 0, u64::MAX, selector);
        let _ = dispatch::answer(dispatch::OFF, 0, 0, 0);
        answer == Ok(())
    };
    match (accepts(HIGH), accepts(end)) {
        (true, true) => 1 << 63,
        (_, true) => end + 1,
        _ => end,
    }
}

/// Dispatched where there is dispatch, else trapped.
fn takes_restart_codes(dispatch: bool) -> bool {
    let end = child::fork(|| {
        let result = if dispatch {
            DispatchedGadget::new(Entry::Syscall).call(-ERESTARTNOHAND)
        } else {
            let gadget = Gadget::syscall();
            sigsys::handle();
            filter::load(-ERESTARTNOHAND as u32, Action::Trap(0));
            gadget.call(-ERESTARTNOHAND)
        };
        if result == -EINTR {
            child::exit(1);
        }
    });
    end == fixtures::WaitStatus::Exited(1)
}

/// A tracer changes a call into one that is in no table, and its result.
fn keeps_result() -> bool {
    const RESULT: i64 = 42;
    if !is_there(&needs::PTRACE) {
        return false;
    }
    let gadget = Gadget::syscall();
    let tracee = Tracee::start(|| i32::from(gadget.call((SYS_getpid as u64) as i64) == RESULT));
    let stop = tracee.next(Resume::Syscall, 0);
    if stop == Stop::Syscall {
        let mut image = tracee.registers();
        image.set_orig_rax(fixtures::call_outcome::UNASSIGNED);
        image.set(Reg::Rax, RESULT as u64);
        tracee.set_registers(&image);
    }
    tracee.finish() == fixtures::WaitStatus::Exited(1)
}
