//! The host tool: builds the suite, runs it and reports.
#![forbid(unsafe_code)]

mod atomic;
mod boot;
mod children;
mod command_line;
mod diff;
mod explain;
mod fuzz;
mod gathered;
mod guard;
mod history;
mod kernels;
mod lies;
mod listing;
mod matrix;
mod out;
mod page;
mod printable;
mod private;
mod program;
mod progress;
mod refusal;
mod release;
mod report;
mod results;
mod run;
mod snapshot;
mod soak;
mod style;
mod suite_build;
mod trust;
mod wholeness;
mod workspace;

use clap::Parser;
use command_line::{Command, CommandLine};
use refusal::Refusal;
use std::process::ExitCode;

fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return ExitCode::from(command_line::refuse(&error)),
    };
    out::choose_colours(line.color);
    match act(line) {
        Ok(status) => ExitCode::from(status),
        Err(refusal) => {
            if !refusal.line.is_empty() {
                out::complain(&refusal.line);
            }
            ExitCode::from(refusal.status)
        }
    }
}

fn act(line: CommandLine) -> Result<u8, Refusal> {
    if let Some(Command::Guard(args)) = &line.command {
        return Ok(guard::guard(args));
    }
    children::watch_interrupts()?;
    match line.command.unwrap_or(Command::Run(line.run.into())) {
        Command::Run(args) => run::run(&args),
        Command::Boot(args) => boot::boot(&args),
        Command::Matrix(args) => matrix::matrix(&args),
        Command::Guard(args) => Ok(guard::guard(&args)),
        Command::Build(args) => suite_build::hand_over(&args),
        Command::Fuzz(args) => fuzz::fuzz(&args),
        Command::Lies(args) => lies::lies(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Clauses(args) => listing::clauses(&args),
        Command::Cases(args) => listing::cases(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::History(args) => history::history(&args),
    }
}

/// Holds a schema to the one that is committed as `name`; with UPDATE_SCHEMAS set, writes it there.
#[cfg(test)]
pub(crate) fn schema_is(schema: &serde_json::Value, committed: &str, name: &str) {
    let text = serde_json::to_string_pretty(schema).expect("JSON") + "\n";
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        let path = format!("{}/src/schemas/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, &text).expect("written");
    } else {
        assert_eq!(text, committed, "run the test with UPDATE_SCHEMAS=1");
    }
}
