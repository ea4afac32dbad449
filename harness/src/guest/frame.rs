//! Lines on a wire that others write to as well. Each has a number, a length and a checksum, so that a damaged or
//! lost line is noticed.

use flate2::Crc;
use std::collections::BTreeMap;
use std::time::Duration;

/// What every frame begins with, wherever in a line that is.
const MARK: &str = "~sigsys ";

/// What the suite says: the lines of its record, and [`HEARTBEAT`].
pub const SUITE: char = 's';
/// Heartbeat, so that a long case is not mistaken for a dead VM.
pub const HEARTBEAT: &str = "alive";
/// How often it is sent.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);
/// What the first process of the machine says: [`STARTED`], [`TAINT_BEFORE`], [`LOG`] and [`LOG_LOST`]
/// as they come, [`TAINT_AFTER`] and [`ENDED`].
pub const INIT: char = 'i';

/// The first process has begun; the release of the kernel follows.
pub const STARTED: &str = "started ";
/// /proc/sys/kernel/tainted before the suite, as a decimal number, or `unknown: WHY`.
pub const TAINT_BEFORE: &str = "taint-before ";
/// The same after the suite.
pub const TAINT_AFTER: &str = "taint-after ";
/// A record of the kernel's log whose level is [`LOG_LEVEL`] or worse: the level and the text.
pub const LOG: &str = "log ";
/// So many records of the log were not seen or not told, or `all: WHY`.
pub const LOG_LOST: &str = "log-lost ";
/// The mildest level of the log that is told: KERN_WARNING.
pub const LOG_LEVEL: u8 = 4;
/// The suite has ended; how follows: `status N`, `signal N` or `without: WHY`.
pub const ENDED: &str = "ended ";

/// What the first process writes into the kernel's log before the suite starts. The console comes
/// another way than frames do: only this says what was said before.
pub const START_MARK: &str = "sigsys: the suite starts";
/// The same once it has ended.
pub const END_MARK: &str = "sigsys: the suite has ended";

/// Puts lines into frames.
#[derive(Debug)]
pub struct Writer {
    stream: char,
    next: u32,
}

impl Writer {
    /// A writer whose first frame has number 0.
    pub fn new(stream: char) -> Self {
        Self { stream, next: 0 }
    }

    /// `text`, a line without its end, in a frame.
    pub fn frame(&mut self, text: &str) -> String {
        let number = self.next;
        self.next += 1;
        let sum = checksum(self.stream, number, text);
        format!("{MARK}{} {number} {} {sum:08x} {text}", self.stream, text.len())
    }
}

fn checksum(stream: char, number: u32, text: &str) -> u32 {
    let mut crc = Crc::new();
    crc.update(format!("{stream} {number} ").as_bytes());
    crc.update(text.as_bytes());
    crc.sum()
}

/// A frame that arrived whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Who sent it.
    pub stream: char,
    /// What it holds.
    pub text: String,
    /// How many frames of this stream are missing before it.
    pub lost: u32,
    /// Whether the number was seen before: a copy, or somebody began to count anew.
    pub again: bool,
}

/// Finds frames among other lines.
#[derive(Debug, Default)]
pub struct Reader {
    expected: BTreeMap<char, u32>,
}

impl Reader {
    /// The frame in `line`, if there is a whole one.
    pub fn take(&mut self, line: &str) -> Option<Frame> {
        line.match_indices(MARK).find_map(|(at, _)| {
            let (stream, number, text) = parse(&line[at + MARK.len()..])?;
            let expected = self.expected.entry(stream).or_default();
            let again = number < *expected;
            let lost = number.saturating_sub(*expected);
            *expected = (*expected).max(number + 1);
            Some(Frame { stream, text: text.to_owned(), lost, again })
        })
    }
}

fn parse(line: &str) -> Option<(char, u32, &str)> {
    let mut parts = line.splitn(5, ' ');
    let mut stream = parts.next()?.chars();
    let (stream, None) = (stream.next()?, stream.next()) else { return None };
    let number: u32 = parts.next()?.parse().ok()?;
    let length: usize = parts.next()?.parse().ok()?;
    let sum = u32::from_str_radix(parts.next()?, 16).ok()?;
    let text = parts.next()?.get(..length)?;
    (number < u32::MAX && checksum(stream, number, text) == sum).then_some((stream, number, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(reader: &mut Reader, wire: &str) -> Vec<Frame> {
        wire.lines().filter_map(|line| reader.take(line.trim_end_matches('\r'))).collect()
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in(
            texts in prop::collection::vec("[^\r\n]{0,60}", 0..8),
            noise in prop::collection::vec("[^~\r\n]{0,40}", 8),
        ) {
            let mut writer = Writer::new(SUITE);
            let mut wire = String::new();
            for (text, noise) in texts.iter().zip(&noise) {
                // A kernel message before the frame in its line, and lines of their own.
                wire += &format!("{noise}\n{noise}{}\r\n", writer.frame(text));
            }
            let frames = read(&mut Reader::default(), &wire);
            prop_assert!(frames.iter().all(|frame| frame.stream == SUITE && frame.lost == 0));
            let got: Vec<_> = frames.into_iter().map(|frame| frame.text).collect();
            prop_assert_eq!(got, texts);
        }

        #[test]
        fn what_is_inserted_is_noticed(
            text in "[ -~]{1,60}",
            noise in "[ -~]{1,20}\n?",
            at in 0usize..90,
        ) {
            let mut writer = Writer::new(SUITE);
            let (first, second) = (writer.frame(&text), writer.frame("next"));
            let at = at % first.len();
            let wire = format!("{}{noise}{}\n{second}\n", &first[..at], &first[at..]);
            let frames = read(&mut Reader::default(), &wire);
            // Either it is whole, or the gap before the next one tells.
            match &frames[..] {
                [one, two] => {
                    prop_assert_eq!(&one.text, &text);
                    prop_assert_eq!(two.lost, 0);
                }
                [two] => prop_assert_eq!((two.text.as_str(), two.lost), ("next", 1)),
                _ => prop_assert!(false, "{:?}", frames),
            }
        }

        #[test]
        fn half_a_frame_is_none(text in "[ -~]{1,60}", cut in 1usize..60) {
            let frame = Writer::new(SUITE).frame(&text);
            let cut = &frame[..frame.len().saturating_sub(cut)];
            prop_assert_eq!(Reader::default().take(cut), None);
        }
    }

    #[test]
    fn streams_count_for_themselves_and_what_comes_twice_is_told() {
        let mut reader = Reader::default();
        let mut suite = Writer::new(SUITE);
        let (init, first, second) =
            (Writer::new(INIT).frame("a"), suite.frame("b"), suite.frame("c"));
        let mut read = |line: &str| {
            let frame = reader.take(line).expect("whole");
            (frame.stream, frame.text, frame.lost, frame.again)
        };
        assert_eq!(read(&init), (INIT, "a".into(), 0, false));
        assert_eq!(read(&first), (SUITE, "b".into(), 0, false));
        assert_eq!(read(&first), (SUITE, "b".into(), 0, true));
        assert_eq!(read(&second), (SUITE, "c".into(), 0, false));
        assert_eq!(read(&first), (SUITE, "b".into(), 0, true));
        let third = suite.frame("d");
        let fourth = suite.frame("e");
        assert_eq!(read(&fourth), (SUITE, "e".into(), 1, false));
        assert_eq!(read(&third), (SUITE, "d".into(), 0, true));
    }

    /// Every part of a frame is under its checksum: another number or stream makes it none.
    #[test]
    fn another_number_or_stream_is_no_frame() {
        let frame = Writer::new(SUITE).frame("text");
        assert!(Reader::default().take(&frame).is_some());
        for (from, to) in [(" s 0 ", " s 1 "), (" s 0 ", " i 0 "), (" 4 ", " 3 "), ("text", "tex7")]
        {
            let changed = frame.replacen(from, to, 1);
            assert!(changed != frame && Reader::default().take(&changed).is_none(), "{changed}");
        }
    }

    /// There is none after it, so it cannot be told from a number that begins anew.
    #[test]
    fn the_last_number_of_all_is_no_frame() {
        for (number, whole) in [(u32::MAX - 1, true), (u32::MAX, false)] {
            let sum = checksum(SUITE, number, "text");
            let line = format!("{MARK}{SUITE} {number} 4 {sum:08x} text");
            assert_eq!(Reader::default().take(&line).is_some(), whole, "{number}");
        }
    }
}
