//! Calls under filters as statements of a C program.

use super::{ANY_TIME, Call, Callers, Origin};
use crate::fuzz::reproducer::{Calling, Expected, Gives, Reproducer};
use model::call::{IdentityCall, Return};
use model::signal::SignalFrame;
use model::{Abi, Outcome};

impl Callers {
    /// The gadgets that these calls come from.
    pub(in crate::fuzz) fn reproduce_gadgets<'a>(
        &self,
        c: &mut Reproducer,
        calls: impl Iterator<Item = &'a Call> + Clone,
    ) {
        for (i, gadget) in self.gadgets.iter().enumerate() {
            if calls.clone().any(|call| call.from == Origin::Gadget(i)) {
                c.gadget(gadget.instruction(), i == 1);
            }
        }
    }

    /// A call for a C program.
    pub(in crate::fuzz) fn calling(&self, call: &Call) -> Calling {
        let (address, compat) = match call.from {
            Origin::Gadget(gadget) => (self.gadgets[gadget].instruction(), gadget == 1),
            Origin::Page(address) => (address, false),
        };
        Calling { address, compat, rax: call.rax, args: call.args }
    }

    /// What is expected of it, where these are the numbers it is made with.
    pub(in crate::fuzz) fn expected(&self, outcome: &Outcome, numbers: &[u64]) -> Option<Expected> {
        let Outcome::Returned { signals, frame, result } = *outcome else { return None };
        let asks = [Abi::X86_64, Abi::I386].map(|abi| IdentityCall::Getuid.number(abi));
        let result = match result {
            Return::Identity(IdentityCall::Getppid) => Gives::Who("who.parent"),
            Return::Identity(_) => {
                Gives::Is("the caller's own id", "result == who.process || result == who.thread")
            }
            Return::Value(ANY_TIME) => Gives::Is("a time", "result > 10000 && result < 0xffffffff"),
            // Whoever compiles the program is another user.
            Return::Value(user)
                if user == self.user
                    && signals == 0
                    && numbers.iter().any(|number| asks.contains(&(*number as i32))) =>
            {
                Gives::Is("0 or the user's id", "result == 0 || result == who.user")
            }
            Return::Value(value) => Gives::Value(value),
        };
        let saved = frame.map_or([None; 2], |SignalFrame { saved, .. }| {
            [(saved.rip != 0).then_some(saved.rip), Some(saved.rax)]
        });
        Some(Expected { signals, result, info: frame.map(|frame| frame.info), saved })
    }
}
