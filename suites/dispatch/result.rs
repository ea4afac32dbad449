//! The result of a dispatched call, and what the handler may change.
