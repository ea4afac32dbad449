//! `sigsys build`: the suite as one static program, or all there is to hand out as one archive.

mod contents;
mod licences;
mod links;
mod pack;

use crate::bundle;
use crate::error::Refusal;
use crate::machine::suite_build;
use crate::{atomic, terminal, workspace};
use clap::Args;
use std::path::{Path, PathBuf};

/// `sigsys build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// Copy the program here [default: print where it lies]; with --bundle: write the archive here, a
    /// .tar.gz or .tar.zst [default: sigsys-VERSION-x86_64-linux.tar.gz]
    pub output: Option<PathBuf>,
    /// Pack suite, tool, snapshots, list of kernels, manual and all that belongs to them into one archive, which
    /// needs neither cargo nor a checkout where it is unpacked
    #[arg(long)]
    pub bundle: bool,
}

/// Builds the suite, and copies it or prints where it lies; or builds what is handed out. Gives the exit status.
///
/// # Errors
/// When it cannot be built or copied.
pub(crate) fn build(args: &BuildArgs) -> Result<u8, Refusal> {
    if args.bundle {
        return pack_all(args.output.as_deref());
    }
    let program = match workspace::bundle()? {
        Some(bundle) => bundle.file(bundle::SUITE).map_err(Refusal::usage)?,
        None => suite_build::build()?,
    };
    let Some(output) = &args.output else {
        terminal::say(&format!("{}\n", program.display()))?;
        return Ok(0);
    };
    match atomic::copy_named(&program, output) {
        Ok(()) => Ok(0),
        Err(error) => {
            Err(Refusal::usage(format!("cannot write the suite to {}: {error}", output.display())))
        }
    }
}

/// Space that the archive is sure to find room in, in bytes.
const ROOM: u64 = 32 << 20;

fn pack_all(output: Option<&Path>) -> Result<u8, Refusal> {
    let name = format!("sigsys-{}-x86_64-linux", env!("CARGO_PKG_VERSION"));
    let usual = PathBuf::from(format!("{name}.tar.gz"));
    let output = output.unwrap_or(&usual);
    let refuse = |why: &str| Refusal::usage(format!("{}: {why}", output.display()));
    let packing = pack::Packing::of(output)
        .ok_or_else(|| refuse("the archive is a .tar.gz or a .tar.zst: name it so"))?;
    if output.symlink_metadata().is_ok() {
        return Err(refuse("is there already: remove it, or name another file"));
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
    let room = atomic::room(folder.unwrap_or(Path::new(".")), ROOM);
    room.map_err(|why| match why.starts_with(atomic::FULL) {
        true => Refusal::no_answer(why),
        false => Refusal::usage(why),
    })?;
    let workspace = workspace::look().map_err(Refusal::usage)?.ok_or_else(|| {
        Refusal::usage("the archive is built in a checkout of sigsys, with cargo: go into one")
    })?;
    let time = suite_build::time_of_commit(&workspace);
    let (suite, tool) = suite_build::build_both(&workspace)?;
    let files = contents::gather(&workspace, &suite, &tool)?;
    let bytes = pack::archive(&name, &files, time, packing)
        .map_err(|error| Refusal::no_answer(format!("the archive cannot be made: {error}")))?;
    atomic::write_named(output, &bytes).map_err(|error| refuse(&error.to_string()))?;
    let (size, count) = (bytes.len().div_ceil(1 << 20), files.len());
    terminal::say(&format!("{}: {count} files, {size} MiB\n", output.display()))?;
    Ok(0)
}
