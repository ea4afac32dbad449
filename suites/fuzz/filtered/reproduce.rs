//! Calls under filters as statements of a C program.

use super::{Callers, Came, From, Made, OWN, PARENTS, Shown, TOLD};
use crate::fuzz::reproducer::{Calling, Expected, Gives, Reproducer};
use model::Abi;
use model::call::Asking;

impl Callers {
    /// The gadgets that these calls come from.
    pub(in crate::fuzz) fn reproduce_gadgets<'a>(
        &self,
        c: &mut Reproducer,
        calls: impl Iterator<Item = &'a Made> + Clone,
    ) {
        for (i, gadget) in self.gadgets.iter().enumerate() {
            if calls.clone().any(|made| made.from == From::Gadget(i)) {
                c.gadget(gadget.instruction(), i == 1);
            }
        }
    }

    /// A call for a C program.
    pub(in crate::fuzz) fn calling(&self, made: &Made) -> Calling {
        let (address, compat) = match made.from {
            From::Gadget(gadget) => (self.gadgets[gadget].instruction(), gadget == 1),
            From::Page(address) => (address, false),
        };
        Calling { address, compat, rax: made.rax, args: made.args }
    }

    /// What is expected of it, where these are the numbers it is made with.
    pub(in crate::fuzz) fn expected(&self, came: &Came, numbers: &[u64]) -> Option<Expected> {
        let Came::Back { signals, shown, result } = *came else { return None };
        let asks = [Abi::X86_64, Abi::I386].map(|abi| Asking::Getuid.number(abi));
        let result = match result {
            OWN => {
                Gives::Is("the caller's own id", "result == who.process || result == who.thread")
            }
            PARENTS => Gives::Who("who.parent"),
            TOLD => Gives::Is("a time", "result > 10000 && result < 0xffffffff"),
            // Whoever compiles the program is another user.
            user if user == self.user
                && signals == 0
                && numbers.iter().any(|number| asks.contains(&(*number as i32))) =>
            {
                Gives::Is("0 or the user's id", "result == 0 || result == who.user")
            }
            value => Gives::Value(value),
        };
        let saved = shown
            .map_or([None; 2], |Shown { rip, rax, .. }| [(rip != 0).then_some(rip), Some(rax)]);
        Some(Expected { signals, result, shown: shown.map(|shown| shown.info), saved })
    }
}
