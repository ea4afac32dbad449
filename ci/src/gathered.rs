//! What came of a run so far, and how much of it an exit status may be made of.

use crate::refusal::{NO_ANSWER, USAGE, interrupted_status};
use crate::{atomic, children};
use harness::describe::{CaseText, Description};
use harness::record::{self, CaseLine, Footer, Header, Line, SCHEMA, Verdict};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

/// How the suite begins the line in which it says that it was interrupted.
const INTERRUPTED: &str = "sigsys: interrupted by ";

/// The lines of a run, sorted into what they are.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// The first line.
    pub header: Option<Header>,
    /// The cases that ran.
    pub cases: Vec<CaseLine>,
    /// The last line.
    pub footer: Option<Footer>,
    /// The first line that is none of a record.
    foreign: Option<String>,
    /// Whether the suite has complained.
    complained: bool,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Exit status of the tool.
    pub status: u8,
    /// Why the run is not whole, where it is not.
    pub cut_off: Option<String>,
}

impl Gathered {
    /// What is wrong with the suite's registry.
    pub(crate) fn faults(&self) -> &[String] {
        self.header.as_ref().map_or(&[], |header| &header.faults)
    }

    /// Takes a line of the suite's standard output; gives the case, if it is one.
    pub(crate) fn take(&mut self, line: &str) -> Option<&CaseLine> {
        match serde_json::from_str(line) {
            Ok(Line::Run(header)) if header.schema == SCHEMA && self.header.is_none() => {
                self.header = Some(header);
            }
            Ok(Line::Case(case)) => {
                self.cases.push(case);
                return self.cases.last();
            }
            Ok(Line::End(footer)) => self.footer = Some(footer),
            Ok(Line::Run(_)) | Err(_) => {
                self.foreign.get_or_insert_with(|| line.to_owned());
            }
        }
        None
    }

    /// Takes a line of the suite's standard error; gives it back if it is to be shown at once.
    pub(crate) fn take_complaint<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        self.complained = true;
        // The end of this run says the same, in its place.
        (!line.starts_with(INTERRUPTED)).then_some(line)
    }

    /// The cases in the order of their names.
    pub(crate) fn sort(&mut self) {
        self.cases.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// How many cases came to `verdict`.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.cases.iter().filter(|case| case.verdict == verdict).count()
    }

    /// What the run amounts to once the suite has ended with `status`, of `expected` cases, after
    /// `interrupt` came.
    pub(crate) fn end(
        &self,
        status: Option<ExitStatus>,
        expected: usize,
        interrupt: Option<i32>,
    ) -> Ending {
        let code = status.and_then(|status| status.code());
        let seen = record::status(self.cases.iter().map(|case| case.verdict));
        let so_far = format!("after {} of {expected} cases", self.cases.len());
        // One that came when everything was done has interrupted nothing.
        let interrupt = interrupt.filter(|_| self.footer.is_none());
        if let Some(signal) = interrupt_of(code).or(interrupt) {
            let name = harness::signals::name(signal);
            let cut_off = Some(format!("interrupted by {name} {so_far}"));
            return Ending { status: interrupted_status(signal), cut_off };
        }
        let cut_off = |why: String| {
            let status = if seen == 101 { 101 } else { NO_ANSWER };
            Ending { status, cut_off: Some(why) }
        };
        let how = children::ending(status);
        if let Some(line) = &self.foreign {
            let line: String = line.chars().take(60).collect();
            return cut_off(format!(
                "the suite {how} {so_far} and printed what is no record: {line:?}"
            ));
        }
        match (&self.header, &self.footer, code) {
            (Some(_), Some(footer), Some(code @ (0 | 69 | 101))) => {
                let counted = Footer::count(self.cases.iter().map(|case| case.verdict));
                if *footer != counted {
                    return cut_off(format!(
                        "the suite {how}, and its record lacks cases it counts"
                    ));
                }
                let code = u8::try_from(code).unwrap_or(NO_ANSWER);
                Ending { status: code.max(seen), cut_off: None }
            }
            (None, None, Some(code @ (2 | 69))) if self.complained => {
                let status = u8::try_from(code).unwrap_or(USAGE);
                Ending { status, cut_off: None }
            }
            _ => cut_off(format!("the suite {how} {so_far}, without the end of its record")),
        }
    }
}

/// Writes a record in place of an older one.
pub(crate) fn write(gathered: &Gathered, path: &Path) -> io::Result<()> {
    let run = gathered.header.clone().map(Line::Run);
    let cases = gathered.cases.iter().cloned().map(Line::Case);
    let end = gathered.footer.clone().map(Line::End);
    let mut text = Vec::new();
    for line in run.into_iter().chain(cases).chain(end) {
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
    }
    atomic::write_named(path, &text)
}

/// The signal a suite names that left because of it.
fn interrupt_of(code: Option<i32>) -> Option<i32> {
    code.map(|code| code - 128).filter(|signal| [1, 2, 15].contains(signal))
}

/// The status of a suite that spoke for itself.
pub(crate) fn own_status(status: Option<ExitStatus>) -> Ending {
    let code = status.and_then(|status| status.code());
    let known = code.filter(|code| [0, USAGE.into(), NO_ANSWER.into(), 101].contains(code));
    if let Some(code) = known {
        return Ending { status: u8::try_from(code).unwrap_or(NO_ANSWER), cut_off: None };
    }
    let signal = children::interrupted()
        .or_else(|| interrupt_of(code))
        .or_else(|| status.and_then(|status| status.signal()).filter(|signal| *signal == 2));
    match signal {
        Some(signal) => Ending { status: interrupted_status(signal), cut_off: None },
        None => {
            let cut_off = Some(format!("the suite {}", children::ending(status)));
            Ending { status: NO_ANSWER, cut_off }
        }
    }
}

/// How many cases of `description` a filter leaves.
pub(crate) fn selected(description: &Description, filter: Option<&str>, exact: bool) -> usize {
    description.cases.iter().filter(|case| is_selected(case, filter, exact)).count()
}

/// Whether a filter leaves `case`.
pub(crate) fn is_selected(case: &CaseText, filter: Option<&str>, exact: bool) -> bool {
    match filter {
        None => true,
        Some(filter) if exact => case.name == filter,
        Some(filter) => case.name.contains(filter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const RUN: &str = r#"{"kind":"run","schema":1,"suite":"s 1","time":0,"cases":9,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}"#;
    const HOLDS: &str = r#"{"kind":"case","name":"a::b","clauses":[],"verdict":"holds"}"#;
    const BREAKS: &str = r#"{"kind":"case","name":"a::c","clauses":[],"verdict":"violated"}"#;
    const END: &str = r#"{"kind":"end","counts":{"holds":1}}"#;
    const SEGV: i32 = 11;

    fn exit(code: i32) -> i32 {
        code << 8
    }

    #[rstest]
    #[case::whole(&[RUN, HOLDS, END], exit(0), 0, "")]
    #[case::status_stands(&[RUN, HOLDS, END], exit(101), 101, "")]
    #[case::no_write(&[RUN, HOLDS, END], exit(69), 69, "")]
    #[case::no_end(&[RUN, HOLDS], exit(0), 69, "left with status 0 after 1 of 9 cases")]
    #[case::no_beginning(&[HOLDS, END], exit(0), 69, "after 1 of 9 cases")]
    #[case::nothing(&[], exit(0), 69, "after 0 of 9 cases")]
    #[case::silent_refusal(&[], exit(2), 69, "left with status 2")]
    #[case::killed(&[RUN, HOLDS], SEGV, 69, "killed by SIGSEGV after 1 of 9")]
    #[case::killed_late(&[RUN, BREAKS], SEGV, 101, "killed by SIGSEGV after 1 of 9")]
    #[case::killed_at_the_end(&[RUN, HOLDS, END], SEGV, 69, "killed by SIGSEGV")]
    #[case::garbage(&[RUN, "what", HOLDS, END], exit(0), 69, "no record: \"what\"")]
    #[case::half_a_line(&[RUN, HOLDS, &BREAKS[..40]], exit(0), 69, "no record: ")]
    #[case::lost_case(&[RUN, END], exit(0), 69, "lacks cases it counts")]
    #[case::lies(&[RUN, BREAKS, r#"{"kind":"end","counts":{"violated":1}}"#], exit(0), 101, "")]
    #[case::unknown_status(&[RUN, HOLDS, END], exit(7), 69, "left with status 7")]
    #[case::interrupted(&[RUN, BREAKS], exit(130), 130, "interrupted by SIGINT after 1 of 9")]
    #[case::terminated(&[RUN, HOLDS], exit(143), 143, "interrupted by SIGTERM")]
    fn says_whether_a_run_is_whole(
        #[case] lines: &[&str],
        #[case] status: i32,
        #[case] expected: u8,
        #[case] says: &str,
    ) {
        let mut gathered = Gathered::default();
        for line in lines {
            gathered.take(line);
        }
        let ending = gathered.end(Some(ExitStatus::from_raw(status)), 9, None);
        assert_eq!(ending.status, expected, "{ending:?}");
        match ending.cut_off {
            Some(why) => assert!(!says.is_empty() && why.contains(says), "{why}"),
            None => assert_eq!(says, ""),
        }
    }

    #[test]
    fn a_refusal_the_suite_explained_needs_no_more_words() {
        let mut gathered = Gathered::default();
        assert_eq!(
            gathered.take_complaint("sigsys: no case matches"),
            Some("sigsys: no case matches")
        );
        let ending = gathered.end(Some(ExitStatus::from_raw(exit(2))), 0, None);
        assert_eq!(ending, Ending { status: 2, cut_off: None });
    }

    #[rstest]
    #[case::in_the_middle(&[RUN, HOLDS], 130)]
    #[case::at_the_end(&[RUN, HOLDS, END], 0)]
    fn an_interrupt_counts_while_there_is_something_to_do(
        #[case] lines: &[&str],
        #[case] expected: u8,
    ) {
        let mut gathered = Gathered::default();
        for line in lines {
            gathered.take(line);
        }
        assert_eq!(gathered.end(Some(ExitStatus::from_raw(0)), 1, Some(2)).status, expected);
    }

    #[test]
    fn a_record_of_another_schema_is_none() {
        let mut gathered = Gathered::default();
        gathered.take(&RUN.replace("\"schema\":1", "\"schema\":2"));
        assert!(gathered.header.is_none() && gathered.foreign.is_some());
    }
}
