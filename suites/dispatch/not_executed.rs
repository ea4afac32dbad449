//! An intercepted call has no effect.
