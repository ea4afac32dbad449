//! What the kernel under test offers, asked of it: what the model is told.

use fixtures::dispatch::{self, Args};
use fixtures::fate::Scene;
use fixtures::gadget::Gadget;
use fixtures::{Entry, Errno, Reg, Registers, address, child, needs};
use model::{Kernel, Offer};

const GETPID: u64 = 39;
/// -ERESTARTNOHAND.
const RESTART_CODE: i64 = -514;
const EINTR: i64 = -4;
const HIGH: u64 = 1 << 62;

/// Asks.
pub(crate) fn kernel() -> Kernel {
    let dispatch = offer();
    let here = dispatch == Offer::Here;
    let gadget = Gadget::syscall();
    let after = gadget.call_with(Registers::pattern().with(Reg::Rax, GETPID));
    Kernel {
        dispatch,
        inclusive: here && (needs::INCLUSIVE.ask)().is_ok(),
        ptrace_dispatch: (needs::PTRACE_DISPATCH.ask)().is_ok(),
        selector_end: selector_end(),
        restart_codes: here && takes_restart_codes(),
        wide_numbers: gadget.call((1 << 32 | GETPID) as i64) != i64::from(fixtures::own_pid()),
        overwrites: after[Reg::Rcx] == gadget.after(),
    }
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
fn selector_end() -> u64 {
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

fn takes_restart_codes() -> bool {
    let end = child::fork(|| {
        let scene = Scene::new(Entry::Syscall);
        if scene.call(RESTART_CODE) == EINTR {
            child::leave(1);
        }
    });
    end == fixtures::End::Exited(1)
}
