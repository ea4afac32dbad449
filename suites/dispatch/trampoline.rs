//! The way back from a handler while calls are blocked.
