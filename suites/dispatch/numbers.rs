//! Numbers of every kind: what is reported, and what comes back.
