//! Which records of the kernel's log are told, and that none goes missing without a word.

use super::*;
use rstest::rstest;
use std::collections::VecDeque;

/// A log of which each read gives one record, or an error.
struct Records(VecDeque<Result<String, ErrorKind>>);

impl Read for Records {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let record = self.0.pop_front().unwrap_or(Err(ErrorKind::WouldBlock))?;
        buffer[..record.len()].copy_from_slice(record.as_bytes());
        Ok(record.len())
    }
}

fn log(records: impl IntoIterator<Item = Result<String, ErrorKind>>) -> Log<Records> {
    Log { file: Records(records.into_iter().collect()), told: Told::default() }
}

fn record(priority: u32, number: u64) -> Result<String, ErrorKind> {
    Ok(format!("{priority},{number},5000,-;text {number}\n SUBSYSTEM=x\n"))
}

/// Everything that was told of `records`, the end included.
fn told(records: impl IntoIterator<Item = Result<String, ErrorKind>>) -> Vec<String> {
    let (mut log, mut told) = (log(records), Vec::new());
    log.drain(|text| told.push(text)).expect("it can be read");
    log.told.close(|text| told.push(text));
    told
}

#[rstest]
#[case::emergency(0, Some("log 0 text 7"))]
#[case::error(3, Some("log 3 text 7"))]
#[case::warning(4, Some("log 4 text 7"))]
#[case::notice(5, None)]
#[case::debug(7, None)]
#[case::a_program_cannot_speak_for_the_kernel(8, None)]
#[case::not_even_gravely(8 * 3 + 2, None)]
#[case::nor_with_a_number_that_does_not_fit(256, None)]
fn grave_words_of_the_kernel_are_told(#[case] priority: u32, #[case] said: Option<&str>) {
    assert_eq!(told([record(priority, 7)]), Vec::from_iter(said.map(str::to_owned)));
}

#[test]
fn only_the_text_is_told_and_only_its_first_line() {
    let line = "4,1,5000,-,caller=T1;a; b, c\\x0a\n KEY=value\n";
    assert_eq!(told([Ok(line.into())]), ["log 4 a; b, c\\x0a"]);
}

#[test]
fn a_gap_in_the_numbers_is_counted() {
    // The first number is not known beforehand.
    assert_eq!(told([record(6, 9), record(6, 10)]), [""; 0]);
    assert_eq!(told([record(6, 9), record(6, 12), record(6, 15)]), ["log-lost 4"]);
}

/// EPIPE says that something was overwritten, and the next number how much.
#[test]
fn what_was_overwritten_is_counted_once() {
    let overwritten = || Err(ErrorKind::BrokenPipe);
    assert_eq!(told([overwritten()]), ["log-lost 1"]);
    assert_eq!(told([record(6, 1), overwritten(), record(6, 4)]), ["log-lost 2"]);
}

#[test]
fn what_is_no_record_is_counted() {
    for line in ["no semicolon", "x,1,2,-;t", "4,y,2,-;t", "4;t", ";t"] {
        assert_eq!(told([Ok(line.into())]), ["log-lost 1"], "{line}");
    }
}

#[test]
fn a_kernel_that_never_ends_is_cut_short_and_its_silence_is_none() {
    let many = |level| told((0..MOST as u64 + 5).map(|number| record(level, number)));
    assert_eq!(many(3).len(), MOST + 1);
    assert_eq!(many(3).last().map(String::as_str), Some("log-lost 5"));
    // Records that nobody wants to know do not count.
    assert_eq!(many(6), [""; 0]);
}

#[test]
fn an_interrupted_read_is_repeated_and_a_failed_one_is_an_error() {
    assert_eq!(told([Err(ErrorKind::Interrupted), record(3, 1)]), ["log 3 text 1"]);
    let mut failing = log([record(3, 1), Err(ErrorKind::PermissionDenied), record(3, 2)]);
    let mut told = Vec::new();
    let error = failing.drain(|text| told.push(text)).expect_err("it cannot be read");
    assert_eq!((error.kind(), told), (ErrorKind::PermissionDenied, vec!["log 3 text 1".into()]));
}

#[test]
fn the_end_of_a_file_is_the_end_for_now() {
    assert_eq!(told([Ok(String::new()), record(3, 1)]), [""; 0]);
}
