//! What the prctl accepts and refuses, argument by argument.
