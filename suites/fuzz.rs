//! Inputs that nobody thought of: drawn at random, and held to what the model says of them.

mod arguments;
mod asked;
mod draw;
mod engine;
mod knobs;
mod sequences;
mod shrink;
mod siginfo;
