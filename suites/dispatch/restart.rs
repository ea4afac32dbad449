//! Numbers and calls that meet the restart logic of signals.
