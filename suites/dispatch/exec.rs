//! Nothing of dispatch survives a new program, and all of it a failed one.
