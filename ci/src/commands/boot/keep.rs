//! `--keep`: what a machine was started with stays, with a script that starts it again by hand.

use crate::error::Refusal;
use crate::machine::initramfs::Contents;
use crate::machine::vm::Machine;
use crate::shell::quoted;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// So many machines are kept of one run.
const MAX_KEPT: usize = 3;
/// So much of what a console says is kept, in bytes.
const MAX_CONSOLE: usize = 4 << 20;
/// The script that boots a kept machine.
const SCRIPT: &str = "boot.sh";

/// What is kept of the machines of a run.
#[derive(Debug)]
pub(super) struct Keeper {
    folder: PathBuf,
    /// What the console of the running machine has said.
    console: String,
    /// The last machine, until it is known whether it is to be kept.
    last: Option<(Contents, String)>,
    kept: Vec<PathBuf>,
}

impl Keeper {
    /// Keeps in `folder`, which is made.
    ///
    /// # Errors
    /// When it cannot be made, or has something in it.
    pub(super) fn new(folder: &Path) -> Result<Self, Refusal> {
        let refuse = |why: String| Refusal::usage(format!("--keep {}: {why}", folder.display()));
        fs::create_dir_all(folder).map_err(|error| refuse(error.to_string()))?;
        let folder = folder.canonicalize().map_err(|error| refuse(error.to_string()))?;
        let mut entries = fs::read_dir(&folder).map_err(|error| refuse(error.to_string()))?;
        match entries.next() {
            None => Ok(Self { folder, console: String::new(), last: None, kept: Vec::new() }),
            Some(_) => Err(refuse("the folder is not empty: name a new one".into())),
        }
    }

    /// The console of the running machine said `line`.
    pub(super) fn hear(&mut self, line: &str) {
        if self.console.len() + line.len() < MAX_CONSOLE {
            self.console.push_str(line);
            self.console.push('\n');
        }
    }

    /// A boot of `contents` is over; whether the machine `failed`.
    pub(super) fn after(
        &mut self,
        machine: &Machine,
        contents: Contents,
        failed: bool,
    ) -> io::Result<()> {
        let console = std::mem::take(&mut self.console);
        if failed && self.kept.len() < MAX_KEPT {
            return self.write(machine, &contents, &console);
        }
        self.last = Some((contents, console));
        Ok(())
    }

    /// The run is over with `status`. Gives the line that says what is kept, where something is.
    pub(super) fn finish(mut self, machine: &Machine, status: u8) -> io::Result<Option<String>> {
        if status == 0 {
            self.kept.iter().try_for_each(fs::remove_dir_all)?;
            fs::remove_dir(&self.folder)?;
            return Ok(None);
        }
        if let (Some((contents, console)), true) = (self.last.take(), self.kept.is_empty()) {
            self.write(machine, &contents, &console)?;
        }
        let Some(last) = self.kept.last() else { return Ok(None) };
        let script = quoted(&last.join(SCRIPT).display().to_string());
        Ok(Some(format!("kept in {}; it boots again with\n  sh {script}", self.folder.display())))
    }

    fn write(&mut self, machine: &Machine, contents: &Contents, console: &str) -> io::Result<()> {
        let folder = self.folder.join(format!("boot-{}", self.kept.len() + 1));
        fs::create_dir(&folder)?;
        self.kept.push(folder.clone());
        let (kernel, initramfs) = (folder.join("kernel"), folder.join("initramfs"));
        fs::copy(machine.hardware.kernel, &kernel)?;
        fs::write(&initramfs, machine.archive(contents))?;
        fs::write(folder.join("console.log"), console)?;
        let words = machine.by_hand(&kernel, &initramfs, &folder.join("record.framed"));
        let words: Vec<String> = words.iter().map(|word| quoted(&word.to_string_lossy())).collect();
        let image = machine.hardware.kernel.display();
        let script = format!(
            "#!/bin/sh\n\
             # Boots {image} as `sigsys boot` did; Ctrl-A X ends it. More words of QEMU may follow:\n\
             # sh {SCRIPT} -s -S waits for gdb on port 1234. The suite speaks to record.framed.\n\
             exec {} \"$@\"\n",
            words.join(" \\\n    ")
        );
        fs::write(folder.join(SCRIPT), script)
    }
}
