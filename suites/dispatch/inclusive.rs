//! Inclusive mode: only the calls from the region are dispatched.
