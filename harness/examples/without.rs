//! Runs a program for which some system calls fail: a stand-in for a kernel that lacks them.
//!
//! `without NUMBER=ERRNO.. -- PROGRAM ARGUMENTS..`; `NUMBER:FIRST=ERRNO` refuses a call only where
//! its first argument is `FIRST` (the lower 32 bits are compared).
#![forbid(unsafe_code)]

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use sys::seccomp::{self, Instruction};
use sys::uapi::{
    BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO,
};

const LOAD: u16 = BPF_LD | BPF_W | BPF_ABS;
const JUMP_EQUAL: u16 = BPF_JMP | BPF_JEQ | BPF_K;
const RETURN: u16 = BPF_RET | BPF_K;
/// Places in `struct seccomp_data`.
const NUMBER: u32 = 0;
const FIRST_ARGUMENT: u32 = 16;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(end) = args.iter().position(|arg| arg == "--") else { return usage() };
    let (rules, program) = (&args[..end], &args[end + 1..]);
    let filter: Option<Vec<_>> = rules.iter().map(|text| rule(text)).collect();
    let (Some(filter), [program, args @ ..]) = (filter, program) else { return usage() };
    let mut filter = filter.concat();
    filter.push(step(RETURN, SECCOMP_RET_ALLOW, 0));
    let loaded = seccomp::no_new_privileges().and_then(|()| seccomp::load_with(0, &filter));
    if let Err(errno) = loaded {
        eprintln!("without: the filter cannot be loaded: {errno}");
        return ExitCode::from(125);
    }
    let error = Command::new(program).args(args).exec();
    eprintln!("without: {program}: {error}");
    ExitCode::from(126)
}

fn usage() -> ExitCode {
    eprintln!("without: NUMBER[:FIRST]=ERRNO.. -- PROGRAM ARGUMENTS..");
    ExitCode::from(2)
}

fn rule(text: &str) -> Option<Vec<Instruction>> {
    let (call, errno) = text.split_once('=')?;
    let (number, first) = match call.split_once(':') {
        Some((number, first)) => (number, Some(first.parse().ok()?)),
        None => (call, None),
    };
    let refuse = step(RETURN, SECCOMP_RET_ERRNO | errno.parse::<u32>().ok()?, 0);
    let number = number.parse().ok()?;
    Some(match first {
        None => vec![step(LOAD, NUMBER, 0), step(JUMP_EQUAL, number, 1), refuse],
        Some(first) => vec![
            step(LOAD, NUMBER, 0),
            step(JUMP_EQUAL, number, 3),
            step(LOAD, FIRST_ARGUMENT, 0),
            step(JUMP_EQUAL, first, 1),
            refuse,
        ],
    })
}

/// One instruction; a comparison that fails skips `otherwise` more.
fn step(code: u16, k: u32, otherwise: u8) -> Instruction {
    Instruction { code, jt: 0, jf: otherwise, k }
}
