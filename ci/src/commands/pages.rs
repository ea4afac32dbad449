//! `sigsys completions` and `sigsys man`: what shells and man(1) know of the command line.

use crate::error::Refusal;
use crate::{atomic, terminal};
use clap::Args;
use clap_complete::Shell;
use std::path::PathBuf;

/// `sigsys completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// `sigsys man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// An existing folder; files of these names in it are replaced
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// Prints what the shell is to read; gives the exit status.
///
/// # Errors
/// When standard output refuses it.
pub(crate) fn completions(mut line: clap::Command, args: &CompletionsArgs) -> Result<u8, Refusal> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut line, "sigsys", &mut text);
    terminal::say(&String::from_utf8_lossy(&text))?;
    Ok(0)
}

/// Writes a page for each command; gives the exit status.
///
/// # Errors
/// When the folder cannot be written to.
pub(crate) fn man(line: clap::Command, args: &ManArgs) -> Result<u8, Refusal> {
    let mut line = line.disable_help_subcommand(true);
    line.build();
    let refuse = |error: std::io::Error| {
        let folder = args.folder.display();
        Refusal::usage(format!("cannot write to {folder}: {error}; name an existing folder"))
    };
    page(&line, args).map_err(refuse)?;
    for command in line.get_subcommands().filter(|command| !command.is_hide_set()) {
        page(command, args).map_err(refuse)?;
    }
    Ok(0)
}

fn page(command: &clap::Command, args: &ManArgs) -> std::io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).manual("sigsys").render(&mut text)?;
    atomic::write(&args.folder.join(format!("{name}.1")), &text)
}
