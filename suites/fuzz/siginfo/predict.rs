//! What the model says of an intercepted call.

use super::{Input, Intercepted, image};
use crate::fuzz::programs::Program;
use crate::fuzz::strategies::UNASSIGNED;
use fixtures::Reg;
use fixtures::dispatch::BLOCK;
use fixtures::fuzz::Last;
use fixtures::selector::Selector;
use model::call::Return;
use model::dispatch::{Args, Config};
use model::seccomp::{FilterDecision, SyscallEntry};
use model::signal::{Action, Info, Signals};
use model::thread::{MAX_DELIVERIES, Memory, Page, Thread};
use model::{Abi, Model, Outcome};
use sys::uapi::{ENOSYS, SIGSYS};

/// Stands for the program's own code.
const PROGRAM: u64 = 0x5000_0000_0000;
/// The mask and disposition of an input, with which SIGSYS is caught.
fn signals(input: &Input) -> Signals {
    Signals { blocked: false, action: Action::Handle { restart: input.restart } }
}

impl Intercepted {
    fn args(&self, input: &Input) -> [u64; 6] {
        use Reg::{R8, R9, R10, Rbp, Rbx, Rcx, Rdi, Rdx, Rsi};
        let places = match self.abi() {
            Abi::X86_64 => [Rdi, Rsi, Rdx, R10, R8, R9],
            Abi::I386 => [Rbx, Rcx, Rdx, Rsi, Rdi, Rbp],
        };
        places.map(|place| image(input)[place as usize])
    }

    pub(super) fn configuration(&self, selector: Selector) -> Args {
        let region = self.gadget.everything_else();
        let selector = selector.address();
        Args { mode: 1, offset: region.offset, length: region.length, selector }
    }

    /// What is seen of a dispatched call: how often, what the handler is shown, what is in RAX in the end.
    pub(super) fn dispatches(
        &self,
        model: &Model,
        input: &Input,
        selector: Selector,
    ) -> Result<(u64, Info, u64), Option<Last>> {
        let config = model.prctl(Config::default(), self.configuration(selector)).1;
        let mut thread = Thread {
            config,
            signals: signals(input),
            memory: Memory {
                address: selector.address(),
                byte: BLOCK,
                neighbours: 0xff,
                page: Page::Readable,
            },
            handler_allows: true,
            trampoline: PROGRAM,
        };
        match model.thread_call(&mut thread, self.call(input)) {
            Outcome::Returned { signals, frame: Some(frame), result: Return::Value(value) } => {
                Ok((signals, frame.info, value as u64))
            }
            Outcome::Killed { signal, .. } => Err(Some(killed_by(signal))),
            _ => Err(None),
        }
    }

    /// The same of a trapped one.
    pub(super) fn traps(
        &self,
        model: &Model,
        input: &Input,
        program: &Program,
    ) -> Result<(u64, Info, u64), Option<Last>> {
        let filters = [program.clone()];
        let mut call = self.call(input);
        let mut first = None;
        for count in 1..=MAX_DELIVERIES {
            let mut entry = SyscallEntry {
                abi: call.abi,
                number: if call.abi == Abi::I386 { call.rax & 0xffff_ffff } else { call.rax },
                result: -ENOSYS,
                address: call.after,
                args: self.args(input),
            };
            let FilterDecision::Trapped(info) = model.filter_decision(&filters, &mut entry, None)
            else {
                return Err(None);
            };
            let Some(restart) = model.caught(signals(input)) else {
                return Err(Some(killed_by(SIGSYS)));
            };
            let info = *first.get_or_insert(info);
            let saved = model.saved(call, restart);
            call.rax = if count == 1 && input.again { UNASSIGNED } else { saved.rax };
            if saved.rip == call.after {
                return Ok((count, info, call.rax));
            }
        }
        Err(Some(Last::Hung))
    }
}

fn killed_by(signal: i32) -> Last {
    Last::Ended(fixtures::WaitStatus::KilledBy(signal))
}
