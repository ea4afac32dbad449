//! The kernel's log, /dev/kmsg, whose records say how grave they are.

use crate::frame;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;

/// Where the log is.
pub(super) const PATH: &str = "/dev/kmsg";
const O_NONBLOCK: i32 = 0o4000;
/// The longest record that a kernel makes, with room for more.
const RECORD: usize = 8192;
/// How many records are told: a kernel that says the same for ever is to be heard, not to be waited for.
const MOST: usize = 300;

/// The log from where it was opened on.
pub(super) struct Log<F = File> {
    file: F,
    told: Told,
}

/// What was told of it.
#[derive(Default)]
struct Told {
    /// The number the next record has.
    next: Option<u64>,
    records: usize,
    /// Records that were overwritten before they were read, or are too many to tell.
    lost: u64,
}

impl Log {
    /// Opens the log behind its last record.
    ///
    /// # Errors
    /// Says why it cannot be read.
    pub(super) fn open() -> Result<Self, String> {
        let why = |error: io::Error| format!("{PATH}: {error}");
        let mut file = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(PATH);
        let opened = file.as_mut().map_err(|error| error.to_string());
        opened.map_err(|error| format!("{PATH}: {error}"))?.seek(SeekFrom::End(0)).map_err(why)?;
        Ok(Self { file: file.map_err(why)?, told: Told::default() })
    }

    /// Tells what is grave as it comes, until nobody holds the other end of `over` and all is read.
    pub(super) fn follow(&mut self, over: &impl AsFd, mut tell: impl FnMut(String)) {
        loop {
            let (log, end) = (self.file.as_fd(), over.as_fd());
            let mut ready =
                [PollFd::new(log, PollFlags::POLLIN), PollFd::new(end, PollFlags::POLLIN)];
            let _ = poll(&mut ready, PollTimeout::NONE);
            let is_over = ready[1].any().unwrap_or(true);
            if let Err(error) = self.drain(&mut tell) {
                return tell(format!("{}all: {PATH}: {error}", frame::LOG_LOST));
            }
            if is_over {
                return self.told.close(tell);
            }
        }
    }
}

impl<F: Read> Log<F> {
    /// Reads what there is; a read gives one record.
    fn drain(&mut self, mut tell: impl FnMut(String)) -> io::Result<()> {
        let mut buffer = [0; RECORD];
        loop {
            match self.file.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(length) => {
                    self.told.take(&String::from_utf8_lossy(&buffer[..length]), &mut tell);
                }
                // Overwritten meanwhile: the next number says how many, if there is one to compare.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    self.told.lost += u64::from(self.told.next.is_none());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Told {
    /// Takes a record, `PRIORITY,NUMBER,TIME,FLAGS;TEXT` and lines of its dictionary.
    fn take(&mut self, record: &str, tell: &mut impl FnMut(String)) {
        let Some((level, number, text)) = parse(record) else {
            self.lost += 1;
            return;
        };
        self.lost += self.next.map_or(0, |next| number.saturating_sub(next));
        self.next = Some(number + 1);
        if level.is_none_or(|level| level > frame::LOG_LEVEL) {
            return;
        }
        self.records += 1;
        match (level, self.records <= MOST) {
            (Some(level), true) => tell(format!("{}{level} {text}", frame::LOG)),
            _ => self.lost += 1,
        }
    }

    fn close(&self, mut tell: impl FnMut(String)) {
        if self.lost > 0 {
            tell(format!("{}{}", frame::LOG_LOST, self.lost));
        }
    }
}

/// The level, where the kernel itself speaks, the number and the text of a record.
fn parse(record: &str) -> Option<(Option<u8>, u64, &str)> {
    let (head, text) = record.split_once(';')?;
    let mut fields = head.split(',');
    let priority: u32 = fields.next()?.parse().ok()?;
    let number = fields.next()?.parse().ok()?;
    // The bits above the level are the facility: 0 is the kernel, programs cannot claim it.
    let level = u8::try_from(priority).ok().filter(|priority| *priority < 8);
    Some((level, number, text.lines().next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log that gives one record, or one failure, to each read.
    struct Played(std::collections::VecDeque<Result<&'static str, i32>>);

    impl Read for Played {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.pop_front() {
                Some(Ok(record)) => {
                    buffer[..record.len()].copy_from_slice(record.as_bytes());
                    Ok(record.len())
                }
                Some(Err(errno)) => Err(io::Error::from_raw_os_error(errno)),
                None => Err(ErrorKind::WouldBlock.into()),
            }
        }
    }

    const EPIPE: i32 = 32;
    const EINTR: i32 = 4;
    const EIO: i32 = 5;

    fn told(records: &[Result<&'static str, i32>]) -> (io::Result<()>, Vec<String>) {
        let played = Played(records.iter().copied().collect());
        let mut log = Log { file: played, told: Told::default() };
        let mut lines = Vec::new();
        let read = log.drain(|line| lines.push(line));
        log.told.close(|line| lines.push(line));
        (read, lines)
    }

    #[test]
    fn what_is_grave_and_the_kernels_own_is_told() {
        let (read, lines) = told(&[
            Ok("6,10,1,-;a note\n"),
            Ok("4,11,2,-;a warning\n SUBSYSTEM=x\n DEVICE=y\n"),
            Err(EINTR),
            Ok("0,12,3,-,caller=T1;an emergency; or worse\n"),
            Ok("5,13,3,-;a notice\n"),
            Ok("8,14,3,-;of a program\n"),
            Ok("12,15,3,-;of a program\n"),
            Ok("264,16,3,-;of a program\n"),
        ]);
        assert!(read.is_ok());
        assert_eq!(lines, ["log 4 a warning", "log 0 an emergency; or worse"]);
    }

    #[test]
    fn what_was_overwritten_is_counted() {
        let first = [Ok("6,10,1,-;a\n"), Err(EPIPE), Ok("6,15,1,-;b\n"), Ok("6,17,1,-;b\n")];
        assert_eq!(told(&first).1, ["log-lost 5"]);
        // Nobody knows how many, if nothing was read before.
        assert_eq!(told(&[Err(EPIPE), Ok("6,10,1,-;a\n")]).1, ["log-lost 1"]);
        assert_eq!(told(&[Ok("6,10,1,-;a\n"), Ok("6,11,1,-;b\n")]).1, [""; 0]);
    }

    #[test]
    fn what_is_no_record_is_not_passed_over() {
        for odd in ["", "x", "3;x", "x,1,1,-;y", "3,x,1,-;y"] {
            assert_eq!(Told::default().lost, 0);
            let mut told = Told::default();
            told.take(odd, &mut |_| ());
            assert_eq!(told.lost, 1, "{odd}");
        }
    }

    #[test]
    fn a_log_that_says_the_same_for_ever_is_told_in_part() {
        let mut told = Told::default();
        let mut lines = 0;
        for number in 0..MOST + 7 {
            told.take(&format!("3,{number},1,-;again\n"), &mut |_| lines += 1);
        }
        assert_eq!((lines, told.lost), (MOST, 7));
    }

    #[test]
    fn a_failure_is_told() {
        assert!(told(&[Err(EIO)]).0.is_err());
    }
}
