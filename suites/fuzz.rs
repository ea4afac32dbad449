//! Inputs that nobody thought of: drawn at random, and held to what the model says of them.

mod arguments;
mod asked;
mod draw;
mod engine;
mod filtered;
mod knobs;
mod programs;
mod property;
mod reproducer;
mod seccomp;
mod sequences;
mod shrink;
mod siginfo;
mod tracer;
