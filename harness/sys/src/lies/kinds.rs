//! What a lie can be about, and what it says: data alone.

pub(super) mod answer;
pub(super) mod code;
pub(super) mod file;
pub(super) mod filter;
pub(super) mod handling;
pub(super) mod task;
