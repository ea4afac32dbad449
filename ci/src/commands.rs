//! The commands, each in a module that owns its arguments and its help.

mod answers;
mod bisect;
mod boot;
mod build;
mod diff;
mod explain;
mod filters;
mod fuzz;
mod guard;
mod history;
mod kernels;
mod lies;
mod list;
mod matrix;
mod pages;
mod records;
mod run;
mod soak;
mod suite;

use crate::error::{NO_ANSWER, Refusal, STOPS_BISECTION, USAGE};
use crate::machine::subprocess;
use crate::results::page::WIDTH;
use crate::terminal;
use clap::{ColorChoice, CommandFactory, Parser, Subcommand};
use std::io::{ErrorKind, Write};

/// With the commit that this tool was built from, where that is known (`build.rs`).
const VERSION: &str = env!("SIGSYS_VERSION");

/// Does this kernel keep its promises about intercepted system calls?
#[derive(Debug, Parser)]
#[command(name = "sigsys", version = VERSION, max_term_width = WIDTH)]
#[command(args_conflicts_with_subcommands = true, after_help = suite::STATUSES)]
#[command(about = "Does this kernel keep its promises about intercepted system calls?\n\n\
    Without a command: builds the suite and runs all of it, as `sigsys run` does.")]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::RunOptions,
    /// When to use colours (auto: on a terminal, unless NO_COLOR is set)
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the suite on the kernel of this machine and report
    #[command(after_help = suite::STATUSES)]
    Run(run::RunArgs),
    /// Boot a kernel in QEMU, run the suite in it and report
    #[command(after_help = boot::STATUSES)]
    Boot(boot::BootArgs),
    /// Run the suite in every kernel of a list, in every variant, and on other systems
    #[command(after_help = matrix::STATUSES)]
    Matrix(matrix::MatrixArgs),
    /// Find the release that changed what a case comes to
    #[command(after_help = bisect::STATUSES)]
    Bisect(bisect::BisectArgs),
    /// List the kernels that Debian's mirrors carry, and fetch them
    #[command(after_help = kernels::STATUSES)]
    Kernels(kernels::KernelsArgs),
    /// Build the suite as one static program to copy to another machine, or all there is to hand out
    #[command(after_help = suite::ANSWERS)]
    Build(build::BuildArgs),
    /// Show a promise: its source, the cases that test it, what kernels do instead
    #[command(after_help = suite::ANSWERS)]
    Explain(explain::ExplainArgs),
    /// List every promise with the number of its cases, or why none can observe it
    #[command(after_help = suite::ANSWERS)]
    Clauses(list::ClausesArgs),
    /// List the cases by area, with what they need and how they end
    #[command(after_help = suite::ANSWERS)]
    Cases(list::CasesArgs),
    /// Show what changed between two kernels, promise by promise
    #[command(after_help = diff::STATUSES)]
    Diff(diff::DiffArgs),
    /// Show a promise or a case on several kernels, the oldest first
    #[command(after_help = suite::ANSWERS)]
    History(history::HistoryArgs),
    /// Draw inputs at random and hold the kernel of this machine to the model
    #[command(after_help = suite::STATUSES)]
    Fuzz(fuzz::FuzzArgs),
    /// Have the kernel lie, one lie at a time, and show which cases and which lies go unnoticed
    #[command(after_help = lies::STATUSES)]
    Lies(lies::LiesArgs),
    /// Print what a shell completes command lines of this tool with
    #[command(after_help = suite::ANSWERS)]
    Completions(pages::CompletionsArgs),
    /// Write a page for man(1) on each command
    #[command(after_help = suite::ANSWERS)]
    Man(pages::ManArgs),
    /// Start a program that dies with the process that started this one
    #[command(hide = true)]
    Guard(guard::GuardArgs),
}

/// Does what the command line says; gives the exit status.
pub(crate) fn main() -> u8 {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => return refuse(&error),
    };
    terminal::choose_colours(match line.color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    });
    match act(line) {
        Ok(status) => status,
        Err(refusal) => {
            if !refusal.line.is_empty() {
                terminal::complain(&refusal.line);
            }
            refusal.status
        }
    }
}

fn act(line: CommandLine) -> Result<u8, Refusal> {
    if let Some(Command::Guard(args)) = &line.command {
        return Ok(guard::guard(args));
    }
    subprocess::watch_interrupts()?;
    match line.command.unwrap_or(Command::Run(line.run.into())) {
        Command::Run(args) => run::run(&args),
        Command::Boot(args) => boot::boot(&args),
        Command::Matrix(args) => matrix::matrix(&args),
        Command::Bisect(args) => bisect::bisect(&args),
        Command::Kernels(args) => kernels::kernels(&args),
        Command::Guard(args) => Ok(guard::guard(&args)),
        Command::Build(args) => build::build(&args),
        Command::Fuzz(args) => fuzz::fuzz(&args),
        Command::Lies(args) => lies::lies(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Clauses(args) => list::clauses(&args),
        Command::Cases(args) => list::cases(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::History(args) => history::history(&args),
        Command::Completions(args) => pages::completions(CommandLine::command(), &args),
        Command::Man(args) => pages::man(CommandLine::command(), &args),
    }
}

/// Prints what clap has to say, and gives the status: for `boot` a wrong command line ends a bisection, which
/// would skip or blame every commit otherwise.
fn refuse(error: &clap::Error) -> u8 {
    let printed = error.print().and_then(|()| std::io::stdout().flush());
    match error.use_stderr() {
        false => match printed {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                terminal::complain(&format!("cannot write to standard output: {error}"));
                NO_ANSWER
            }
            _ => 0,
        },
        true if std::env::args_os().any(|word| word == "boot") => STOPS_BISECTION,
        true => USAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_definition_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[rstest]
    #[case::no_command(&["sigsys"], true)]
    #[case::options_alone(&["sigsys", "--format", "ktap", "--jobs", "2"], true)]
    #[case::filter(&["sigsys", "run", "--exact", "a::b"], true)]
    #[case::global_color(&["sigsys", "cases", "--color", "never"], true)]
    #[case::unknown_command(&["sigsys", "rum"], false)]
    #[case::options_before_a_command(&["sigsys", "--jobs", "2", "run"], false)]
    #[case::filters(&["sigsys", "run", "a", "b", "--skip", "c", "--skip=d", "--shard", "1/2"], true)]
    #[case::exact_skip(&["sigsys", "run", "--exact", "--skip", "a"], true)]
    #[case::repeat_without_a_command(&["sigsys", "--repeat", "3", "--shard", "2/2"], true)]
    #[case::no_shard(&["sigsys", "run", "--shard", "3/2"], false)]
    #[case::no_times(&["sigsys", "run", "--repeat", "0"], false)]
    #[case::boot_filters(&["sigsys", "boot", "--kernel", "k", "--case", "a", "--case", "b"], true)]
    #[case::boot_exact_without_a_name(&["sigsys", "boot", "--kernel", "k", "--exact"], false)]
    #[case::part_of_a_list(&["sigsys", "boot", "--kernel", "k", "--cases", "f", "--shard", "1/2"], false)]
    #[case::exact_without_a_name(&["sigsys", "run", "--exact"], false)]
    #[case::no_jobs(&["sigsys", "run", "--jobs", "0"], false)]
    #[case::no_time(&["sigsys", "run", "--limit", "0"], false)]
    #[case::no_words(&["sigsys", "explain"], false)]
    #[case::two_records(&["sigsys", "diff", "a", "b", "--format", "markdown"], true)]
    #[case::one_record(&["sigsys", "diff", "a"], false)]
    #[case::three_records(&["sigsys", "diff", "a", "b", "c"], false)]
    #[case::a_sample_of_lies(&["sigsys", "lies", "--sample", "10", "--only", "siginfo/"], true)]
    #[case::no_sample(&["sigsys", "lies", "--sample", "0"], false)]
    #[case::kernels(&["sigsys", "kernels", "6.12", "--format", "json"], true)]
    #[case::fetch_nothing(&["sigsys", "kernels", "--fetch"], false)]
    #[case::fetch_as_json(&["sigsys", "kernels", "6.12", "--fetch", "--format", "json"], false)]
    #[case::no_records(&["sigsys", "history", "sud/off/zero"], true)]
    fn takes_and_refuses(#[case] args: &[&str], #[case] taken: bool) {
        assert_eq!(CommandLine::try_parse_from(args).is_ok(), taken);
    }
}
