//! What the kernel showed, in the types of the model.

use fixtures::{Delivery, Reg, call};
use model::Abi;
use model::call::IdentityCall;
use model::signal::{Info, Saved, SignalFrame};

/// The fields of siginfo.
pub(crate) fn info(delivery: &Delivery) -> Info {
    Info {
        errno: delivery.errno(),
        code: delivery.code(),
        call_addr: delivery.call_addr(),
        syscall: delivery.syscall(),
        arch: delivery.arch(),
    }
}

/// The fields of siginfo, and RIP and RAX of the interrupted code.
pub(crate) fn signal_frame(delivery: &Delivery) -> SignalFrame {
    let saved = Saved { rip: delivery.reg(Reg::Rip), rax: delivery.reg(Reg::Rax) };
    SignalFrame { info: info(delivery), saved }
}

/// What the identity calls return in the calling thread, in the order of [`IdentityCall::ALL`].
pub(crate) fn identities() -> [i64; 4] {
    IdentityCall::ALL.map(|identity| call::raw(i64::from(identity.number(Abi::X86_64)), [0; 6]))
}
