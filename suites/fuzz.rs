//! Properties: inputs generated at random, each compared with what the model predicts of it.

mod arguments;
mod engine;
mod filtered;
mod observed;
mod options;
mod probe;
mod programs;
mod property;
mod reproducer;
mod seccomp;
mod sequences;
mod shrink;
mod siginfo;
mod strategies;
mod supervisor;
mod tracer;
