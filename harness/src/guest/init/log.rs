//! The kernel's log, /dev/kmsg, whose records say how grave they are.

use crate::guest::frame;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use sys::uapi::O_NONBLOCK;

/// Where the log is.
pub(super) const PATH: &str = "/dev/kmsg";
/// The longest record that a kernel makes, with room for more.
const RECORD: usize = 8192;
/// How many records are told: a kernel that repeats a message without end must not hold up the end of the run.
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
    /// Opens the log after its last record.
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
mod tests;
