use super::*;
use harness::frame::{Reader, SUITE, Writer};
use rstest::rstest;

/// What a boot makes of frames: of the first process (`i`) or of the suite (`s`).
fn heard(frames: &[(char, &str)]) -> (Boot, Vec<BootEvent>) {
    let mut writers = std::collections::BTreeMap::new();
    let (mut boot, mut reader) = (Boot::new(), Reader::default());
    let mut events = Vec::new();
    for (stream, text) in frames {
        let writer = writers.entry(*stream).or_insert_with(|| Writer::new(*stream));
        let line = writer.frame(text);
        // A frame that does not arrive.
        if *text != "lost" {
            events.extend(boot.take(reader.take(&line).expect("whole")));
        }
    }
    (boot, events)
}

#[test]
fn a_whole_account() {
    let (boot, events) = heard(&[
        ('i', "started 6.1"),
        ('i', "taint-before 4096"),
        ('s', "one"),
        ('s', frame::HEARTBEAT),
        ('i', "log 3 it hurts"),
        ('i', "log 4 show_signal_msg: 1 callbacks suppressed"),
        ('i', "log-lost 7"),
        ('i', "log-lost all: ENOENT"),
        ('i', "taint-after 4608"),
        ('i', "what nobody knows"),
        ('x', "another's"),
        ('i', "ended status 101"),
    ]);
    let expected = [
        BootEvent::Started,
        BootEvent::Early("its taint is 4096: O, a module built out of tree was loaded".into()),
        BootEvent::Line("one".into()),
        BootEvent::Complaint("it hurts".into()),
    ];
    assert_eq!(events, expected);
    assert_eq!(boot.started.as_deref(), Some("6.1"));
    assert_eq!(boot.suite_end, Some(SuiteEnd::Exited(101)));
    assert_eq!((boot.taint, boot.lost), ([Some(4096), Some(4608)], Lost::default()));
    assert_eq!(boot.contradiction, None);
    let unheard =
        ["7 lines of the kernel's log were lost", "the kernel's log could not be read (ENOENT)"];
    assert_eq!(boot.unheard, unheard);
}

#[test]
fn what_is_lost_is_counted_by_who_said_it() {
    let frames = [('i', "lost"), ('i', "lost"), ('i', "started 6.1"), ('s', "lost"), ('s', "x")];
    let (boot, _) = heard(&frames);
    assert_eq!(boot.lost, Lost { suite: 1, init: 2 });
}

#[rstest]
#[case::started(&[('i', "started 6.1"), ('i', "started 6.1")], "started twice")]
#[case::ended(&[('i', "ended status 0"), ('i', "ended status 0")], "ended twice")]
#[case::after_the_end(&[('i', "ended status 0"), ('s', "x")], "after its end")]
#[case::alive_after_the_end(&[('i', "ended status 0"), ('s', frame::HEARTBEAT)], "after its end")]
fn what_cannot_be_is_noticed(#[case] frames: &[(char, &str)], #[case] says: &str) {
    let (boot, _) = heard(frames);
    assert!(boot.contradiction.is_some_and(|why| why.contains(says)));
}

#[test]
fn a_line_that_comes_again_is_not_taken() {
    let line = Writer::new(SUITE).frame("one");
    let (mut boot, mut reader) = (Boot::new(), Reader::default());
    let mut take = |line: &str| boot.take(reader.take(line).expect("whole"));
    assert_eq!(take(&line), Some(BootEvent::Line("one".into())));
    assert_eq!(take(&line), None);
    assert!(boot.contradiction.is_some_and(|why| why.contains("came twice")));
}

#[test]
fn a_taint_that_is_no_number_is_unknown() {
    let (boot, _) = heard(&[('i', "taint-before unknown: ENOENT"), ('i', "taint-after 0")]);
    assert_eq!(boot.taint, [None, Some(0)]);
    assert_eq!(boot.unheard, ["the kernel's taint could not be read (unknown: ENOENT)"]);
}

const START: &str = "[    1.0][    T1] sigsys: the suite starts";
const OVER: &str = "[    2.0] sigsys: the suite has ended";
const BUG: &str = "[    1.5] BUG: bad";

fn complaint() -> BootEvent {
    BootEvent::Complaint("BUG: bad".into())
}

fn early() -> BootEvent {
    BootEvent::Early("BUG: bad".into())
}

/// `started` is when the record says that the suite was reached: before the line of that number.
#[rstest]
#[case::before(&[BUG, START], 1, &[early()])]
#[case::before_and_late(&[BUG, START], 0, &[early()])]
#[case::during(&[START, BUG], 0, &[complaint()])]
#[case::unmarked(&[BUG, BUG], 1, &[complaint(), complaint()])]
#[case::unreached(&[BUG], 9, &[early()])]
#[case::after(&[START, OVER, BUG], 0, &[complaint()])]
#[case::anything_after(&[START, OVER, "[ 3] ouch"], 0, &[BootEvent::Complaint("ouch".into())])]
#[case::anything_during(&[START, "[ 3] ouch"], 0, &[])]
#[case::farewell(&[START, OVER, "[ 3] reboot: x", "", "\u{1b}c"], 0, &[])]
#[case::note(&["sigsys: hello"], 0, &[BootEvent::Note("sigsys: hello".into())])]
#[case::late_note(&[START, OVER, "sigsys: hello"], 0, &[BootEvent::Note("sigsys: hello".into())])]
fn the_marks_on_the_console_say_what_counts(
    #[case] lines: &[&str],
    #[case] started: usize,
    #[case] expected: &[BootEvent],
) {
    let mut boot = Boot::new();
    let mut listener = Listener { part: Part::Before, waiting: Vec::new() };
    let mut events = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if number >= started {
            boot.started = Some("6.1".into());
        }
        events.extend(listener.take(&mut boot, line));
    }
    events.extend(listener.close(&boot));
    assert_eq!(events, expected);
    assert_eq!(boot.contradiction, None);
}

#[test]
fn a_second_start_on_the_console_is_noticed() {
    let mut boot = Boot::new();
    let mut listener = Listener { part: Part::Before, waiting: Vec::new() };
    assert!([START, START].iter().all(|line| listener.take(&mut boot, line).is_empty()));
    assert!(boot.contradiction.is_some_and(|why| why.contains("started twice")));
}
