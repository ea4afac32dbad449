//! The record of a boot while it grows, a line at a time: this tool may be killed at any moment, and a
//! machine may take long.

use super::files;
use crate::atomic;
use crate::command_line::BootArgs;
use crate::gathered::Gathered;
use crate::refusal::Refusal;
use harness::record::{CaseLine, Header, Line};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A record that grows in its own place, in the order in which cases come; at the end the whole takes
/// its place, in the order of their names.
#[derive(Debug)]
pub(super) struct Growing {
    path: PathBuf,
    /// Whether the user chose the place.
    named: bool,
    /// Where the user named what is no file, such as a pipe, it gets the whole at the end and nothing before.
    file: Option<File>,
}

impl Growing {
    /// Begins the record that `args` ask for, in place of an older one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn begin(args: &BootArgs, header: &Header) -> Result<Self, Refusal> {
        let path = files::record_path(args, &header.kernel.release)?;
        let named = args.record.is_some();
        let begun = if named { open_named(&path) } else { replace(&path).map(Some) };
        let begun = begun.and_then(|file| {
            let mut growing = Self { path: path.clone(), named, file };
            growing.add(&Line::Run(header.clone()))?;
            Ok(growing)
        });
        begun.map_err(|error| files::refuse_record(&path, &error))
    }

    /// Adds a case.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn case(&mut self, case: &CaseLine) -> Result<(), Refusal> {
        let added = self.add(&Line::Case(case.clone()));
        added.map_err(|error| files::refuse_record(&self.path, &error))
    }

    /// In one write, so that there is no half a line.
    fn add(&mut self, line: &Line) -> io::Result<()> {
        match &mut self.file {
            Some(file) => file.write_all(text([line])?.as_bytes()),
            None => Ok(()),
        }
    }

    /// Puts the whole record in its place.
    ///
    /// # Errors
    /// When it cannot be written; what was added is there.
    pub(super) fn finish(&self, gathered: &Gathered) -> Result<&Path, Refusal> {
        let run = gathered.header.clone().map(Line::Run);
        let cases = gathered.cases.iter().cloned().map(Line::Case);
        let end = gathered.footer.clone().map(Line::End);
        let lines: Vec<Line> = run.into_iter().chain(cases).chain(end).collect();
        let written = text(&lines).and_then(|text| match self.named {
            true => match atomic::write_named(&self.path, text.as_bytes()) {
                // Its folder takes no other file.
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    fs::write(&self.path, text.as_bytes())
                }
                written => written,
            },
            false => atomic::write(&self.path, text.as_bytes()),
        });
        written.map_err(|error| files::refuse_record(&self.path, &error))?;
        Ok(&self.path)
    }
}

fn text<'a>(lines: impl IntoIterator<Item = &'a Line>) -> io::Result<String> {
    let mut text = String::new();
    for line in lines {
        text += &serde_json::to_string(line)?;
        text.push('\n');
    }
    Ok(text)
}

/// A file at the place that the user named.
fn open_named(path: &Path) -> io::Result<Option<File>> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Ok(None);
    }
    // It was made when the run began, if it was not there; where there is a link to it, that stays.
    let place = fs::canonicalize(path)?;
    // Where its folder takes no other file, this one is written to.
    match replace(&place) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => File::create(&place),
        file => file,
    }
    .map(Some)
}

/// A new file at `path`, whatever was there: a link is replaced, not followed.
fn replace(path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut draft = tempfile::Builder::new();
    draft.prefix(".sigsys-").permissions(Permissions::from_mode(0o666));
    let file = draft.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    if let Some(old) = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file) {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.persist(path).map_err(|error| error.error)
}
