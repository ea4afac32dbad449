//! What becomes of the events of a run: a record, a text for people, lines for machines. A report knows
//! events and no runner, so the host tool can use what it needs of this as well.

pub mod failure;
mod in_order;
mod json;
mod ktap;
mod libtest;
mod record_file;

pub(crate) use json::Json;
pub(crate) use ktap::Ktap;
pub(crate) use libtest::{Closing, Planned, Reporting, Trials};
pub(crate) use record_file::RecordFile;
