//! A record file has one order whatever comes first, whole lines, and says when it could not be written.

use super::*;
use crate::event::{Done, Ended};
use crate::record::{Durations, Record, sample_header, sample_line};
use crate::status::{NO_ANSWER, USAGE};
use std::path::PathBuf;

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("sigsys-{}-record-{name}", std::process::id()))
}

/// Writes cases in this order; gives what the end says and what is in the file.
fn written(name: &str, order: &[usize], end: Option<Footer>) -> (Result<(), OutputError>, String) {
    let path = scratch(name);
    let text = path.to_str().expect("UTF-8");
    let mut file = RecordFile::create(text, sample_header(3), vec![4, 7, 9]).expect("it is ours");
    for index in order {
        add(&mut file, *index, &sample_line(&format!("case {index}"), Verdict::Holds));
    }
    let outcome = finish(file, durations(), end);
    let text = std::fs::read_to_string(&path).expect("it is there");
    std::fs::remove_file(path).expect("it is ours");
    (outcome, text)
}

fn add(file: &mut RecordFile, place: usize, line: &CaseLine) {
    let done = Done { place, case: &crate::case::SAMPLE, line };
    assert_eq!(file.take(&Event::Case(done)), Ok(()), "an error waits for the end");
}

fn finish(
    mut file: RecordFile,
    durations: Durations,
    footer: Option<Footer>,
) -> Result<(), OutputError> {
    file.take(&Event::Ended(&Ended { durations, footer, unexplained: None }))
}

fn durations() -> Durations {
    Durations { microseconds: [("case 7".to_owned(), 5)].into() }
}

fn names(record: &Record) -> Vec<&str> {
    record.cases.iter().map(|case| case.name.as_str()).collect()
}

#[test]
fn cases_are_in_order_whichever_ends_first() {
    for (name, order) in [("in", [4, 7, 9]), ("out", [9, 7, 4]), ("mixed", [7, 4, 9])] {
        let (outcome, text) = written(name, &order, Some(Footer::default()));
        let record = Record::parse(&text).expect("a record");
        assert_eq!((outcome, names(&record)), (Ok(()), vec!["case 4", "case 7", "case 9"]));
        assert_eq!(record.durations, durations());
        let footer = record.whole().expect("it is whole");
        assert_eq!((footer.counts[&Verdict::Holds], footer.taint), (3, None));
    }
}

/// A line waits for those before it and no longer: what is cut off has lost one case at most.
#[test]
fn a_line_is_written_as_soon_as_it_can_be() {
    let path = scratch("soon");
    let lines = || std::fs::read_to_string(&path).expect("it is there").lines().count();
    let text = path.to_str().expect("UTF-8");
    let mut file = RecordFile::create(text, sample_header(3), vec![4, 7, 9]).expect("it is ours");
    assert_eq!(lines(), 1);
    add(&mut file, 7, &sample_line("second", Verdict::Holds));
    assert_eq!(lines(), 1, "the first is not there yet");
    add(&mut file, 4, &sample_line("first", Verdict::Holds));
    assert_eq!(lines(), 3);
    add(&mut file, 9, &sample_line("third", Verdict::Violated));
    assert_eq!(lines(), 4);
    let end = Some(Footer { taint: Some(512), ..Footer::default() });
    assert_eq!(finish(file, Durations::default(), end), Ok(()));
    let record = Record::parse(&std::fs::read_to_string(&path).expect("it is there"));
    std::fs::remove_file(&path).expect("it is ours");
    let footer = record.expect("a record").footer.expect("it is whole");
    assert_eq!((footer.counts[&Verdict::Holds], footer.counts[&Verdict::Violated]), (2, 1));
    assert_eq!(footer.taint, Some(512));
}

#[test]
fn what_was_cut_off_has_no_end_and_keeps_what_came_out_of_order() {
    let (outcome, text) = written("cut", &[9, 4], None);
    let record = Record::parse(&text).expect("a record");
    assert_eq!((outcome, names(&record)), (Ok(()), vec!["case 4", "case 9"]));
    assert_eq!(record.footer, None);
}

/// What was interrupted says so, and counts what there is.
#[test]
fn what_was_interrupted_is_not_whole() {
    let interrupted = Some("SIGINT".to_owned());
    let end = Footer { interrupted: interrupted.clone(), ..Footer::default() };
    let (outcome, text) = written("interrupted", &[4], Some(end));
    let record = Record::parse(&text).expect("a record");
    assert_eq!((outcome, record.whole()), (Ok(()), None));
    let footer = record.footer.expect("there is an end");
    assert_eq!((footer.counts[&Verdict::Holds], footer.interrupted), (1, interrupted));
}

#[test]
fn why_there_is_no_record_is_said() {
    let create =
        |path: &str| RecordFile::create(path, sample_header(0), Vec::new()).expect_err("none");
    for path in ["-", "/nonexistent/record"] {
        let why = create(path);
        assert!(why.0 == USAGE && why.1.starts_with(&format!("--record {path}: ")), "{why:?}");
    }
    let why = create("/dev/full");
    let says = "--record /dev/full: cannot write: ";
    assert!(why.0 == NO_ANSWER && why.1.starts_with(says), "{why:?}");
}

/// A pipe of one page that nobody reads takes the front of a line and no more.
fn full_soon() -> (std::os::fd::OwnedFd, RecordFile) {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let (reader, writer) = nix::unistd::pipe2(OFlag::O_NONBLOCK).expect("a pipe");
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).expect("it is small");
    let file = RecordFile {
        path: "FILE".into(),
        file: writer.into(),
        lines: InOrder::new(vec![0, 1, 2]),
        verdicts: Vec::new(),
        error: None,
    };
    (reader, file)
}

#[test]
fn a_line_that_is_not_taken_whole_is_an_error_and_nothing_follows_it() {
    let (reader, mut file) = full_soon();
    add(&mut file, 0, &sample_line("small", Verdict::Holds));
    add(&mut file, 1, &sample_line(&"x".repeat(5000), Verdict::Holds));
    let mut taken = vec![0; 8192];
    let length = nix::unistd::read(&reader, &mut taken).expect("there is something");
    assert!(length < 5000);
    // There is room again, and a line in it would follow half a line.
    add(&mut file, 2, &sample_line("later", Verdict::Holds));
    let outcome = finish(file, Durations::default(), Some(Footer::default()));
    let says = "--record FILE: cannot write: ";
    assert!(matches!(outcome, Err(OutputError::Failed(why)) if why.starts_with(says)));
    assert_eq!(nix::unistd::read(&reader, &mut taken), Ok(0), "nothing came after it");
}

/// Nothing can be written to it any more, and it can be cut.
#[test]
fn half_a_line_is_taken_back() {
    use nix::fcntl::{FcntlArg, SealFlag, fcntl};
    use nix::sys::memfd::{MFdFlags, memfd_create};
    use std::io::{Read, Seek, SeekFrom};
    let file = memfd_create("record", MFdFlags::MFD_ALLOW_SEALING).expect("a file in memory");
    let mut memory = File::from(file);
    memory.write_all(b"whole\nhalf").expect("there is room");
    fcntl(&memory, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_WRITE)).expect("it is not mapped");
    let (_reader, full) = full_soon();
    let mut record = RecordFile { file: memory, ..full };
    record.write_rest(4, b"half a line\n").expect_err("nothing can be written");
    let mut text = String::new();
    record.file.seek(SeekFrom::Start(0)).expect("a file");
    record.file.read_to_string(&mut text).expect("it can be read");
    assert_eq!(text, "whole\n");
}
