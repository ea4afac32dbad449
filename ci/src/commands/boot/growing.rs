//! The record of a boot while it grows, a line at a time: this tool may be killed at any moment, and a
//! machine may take long.

use super::args::BootArgs;
use super::inputs;
use crate::atomic;
use crate::error::Refusal;
use crate::results::run_record::RunRecord;
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
    /// None where the user named what is no regular file, such as a pipe: that gets the whole record at the end.
    file: Option<File>,
}

impl Growing {
    /// Begins the record that `args` ask for, in place of an older one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn begin(args: &BootArgs, header: &Header) -> Result<Self, Refusal> {
        let path = inputs::record_path(args, &header.kernel.release)?;
        Self::at(&path, args.record.is_some(), header)
            .map_err(|error| inputs::refuse_record(&path, &error))
    }

    fn at(path: &Path, named: bool, header: &Header) -> io::Result<Self> {
        let file = if named { open_named(path)? } else { Some(replace(path)?) };
        let mut growing = Self { path: path.to_owned(), named, file };
        growing.add(&Line::Run(header.clone()))?;
        Ok(growing)
    }

    /// Adds a case.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn case(&mut self, case: &CaseLine) -> Result<(), Refusal> {
        let added = self.add(&Line::Case(case.clone()));
        added.map_err(|error| inputs::refuse_record(&self.path, &error))
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
    pub(super) fn finish(&self, run_record: &RunRecord) -> Result<&Path, Refusal> {
        let lines: Vec<Line> = run_record.lines().collect();
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
        written.map_err(|error| inputs::refuse_record(&self.path, &error))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use harness::record::{Footer, Record, Verdict};
    use std::os::unix::fs::symlink;

    const RUN: &str = r#"{"kind":"run","schema":2,"suite":{"name":"s","version":"1"},"time":0,"cases":2,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}"#;

    fn header() -> Header {
        match serde_json::from_str(RUN).expect("a header") {
            Line::Run(header) => header,
            other => panic!("{other:?}"),
        }
    }

    fn case(name: &str) -> CaseLine {
        let text = format!(r#"{{"name":"{name}","clauses":[],"verdict":"holds"}}"#);
        serde_json::from_str(&text).expect("a case")
    }

    /// Two cases come against the order of their names; what the file holds before the end, and then.
    fn grown(path: &Path, named: bool) -> (String, String) {
        let mut growing = Growing::at(path, named, &header()).expect("begun");
        for name in ["b", "a"] {
            growing.case(&case(name)).expect("added");
        }
        let before = fs::read_to_string(path).expect("there");
        let mut run_record = RunRecord::default();
        run_record.header = Some(header());
        run_record.cases = vec![case("a"), case("b")];
        run_record.footer = Some(Footer::count([Verdict::Holds; 2]));
        assert_eq!(growing.finish(&run_record).expect("written"), path);
        (before, fs::read_to_string(path).expect("there"))
    }

    fn check((before, after): &(String, String)) {
        let names = |text: &str| {
            let record = Record::parse(text).expect("whole lines");
            let names = record.cases.iter().map(|case| case.name.clone());
            (names.collect::<String>(), record.footer.is_some())
        };
        assert_eq!((names(before), names(after)), (("ba".into(), false), ("ab".into(), true)));
        assert!(before.ends_with('\n') && after.ends_with('\n'));
    }

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).expect("a folder").count()
    }

    #[test]
    fn a_record_grows_in_its_place_and_is_put_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("r");
        check(&grown(&path, false));
        fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("set");
        for named in [false, true] {
            check(&grown(&path, named));
            let mode = fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!((mode & 0o777, entries(folder.path())), (0o640, 1));
        }
    }

    #[test]
    fn a_link_is_followed_where_a_user_named_it_and_nowhere_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "mine").expect("written");
        symlink(at("file"), at("link")).expect("linked");
        check(&grown(&at("link"), true));
        assert!(fs::symlink_metadata(at("link")).expect("there").is_symlink());
        fs::write(at("file"), "mine").expect("written");
        check(&grown(&at("link"), false));
        assert!(fs::symlink_metadata(at("link")).expect("there").is_file());
        assert_eq!(fs::read_to_string(at("file")).expect("there"), "mine");
    }

    #[test]
    fn what_is_no_file_gets_the_whole_at_the_end() {
        let mut growing = Growing::at(Path::new("/dev/full"), true, &header()).expect("begun");
        growing.case(&case("a")).expect("nothing is written yet");
        let error = growing.finish(&RunRecord::default());
        assert!(error.is_ok(), "nothing is nothing: {error:?}");
        let mut run_record = RunRecord::default();
        run_record.header = Some(header());
        let refusal = growing.finish(&run_record).expect_err("it is full");
        assert!(refusal.line.contains("/dev/full: cannot write"), "{}", refusal.line);
    }

    #[test]
    fn what_cannot_be_written_is_said_at_once() {
        let nowhere = Path::new("/nonexistent/r");
        assert!(Growing::at(nowhere, false, &header()).is_err());
        assert!(Growing::at(nowhere, true, &header()).is_err());
    }
}
