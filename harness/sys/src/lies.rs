//! A door that lies, one lie at a time: proof that the cases notice what a broken kernel does.
//!
//! Only a suite built with the feature `lies` has this, and no such suite is ever handed out. A lie is a
//! row of a table: where it is told ([`lie::Tell`]), what for (the sentence that names the kernel bug it
//! stands for), in which task ([`lie::Task`]) and how often ([`lie::Nth`]). Only a case's own process is
//! lied to, and its children: never the runner, a worker, or a question to the kernel that a need asks.
//!
//! To add a lie, add a row to the fitting table below `table`: name the bug as one sentence about the
//! kernel, and make it as narrow as a real bug is (one ABI, one field, the second call only). A lie that
//! every case would notice says little: mark it with [`Lie::blunt`]. Where no table fits, [`lie::Tell`]
//! gets another kind of row, and the door function another question to this module. `sigsys lies` then
//! says whether a case notices.
//!
//! Nothing here imports a module of the door that asks it: images of registers, views of memory and the
//! instruction SYSCALL lie in modules that know no lie.
//!
//! `census` is no lie: it writes down which lies would have been told in a case, so that each lie is
//! tried on those cases alone.

mod answer;
mod change;
mod choice;
mod code;
mod execution;
mod file;
mod filter;
mod handling;
mod kinds;
mod lie;
mod state;
mod table;
mod task;
mod whose;

pub use answer::add_selector;
pub(crate) use answer::ask;
pub use choice::{CENSUS, VARIABLE, all, arm, choose, forget, told};
pub(crate) use code::{enter, leave, leave_floating, placed};
pub use execution::after_execution;
pub(crate) use execution::environment;
pub(crate) use file::{mode_read, text_read, text_written};
pub(crate) use filter::rewritten;
pub(crate) use handling::{Frame, before_return, delivery, noted, snapshot};
pub(crate) use kinds::code::Made;
pub(crate) use kinds::task::Birth;
pub use lie::Lie;
pub(crate) use state::is_armed;
pub(crate) use task::born;
pub(crate) use whose::started;
