//! The page through which a case reports: plain stores into memory that it shares with its worker, because
//! every system call of the case may be intercepted.

use crate::fact::{Fact, Teller};
use crate::record::Facts;
use std::fmt::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::SeqCst};
use sys::Errno;

const REACHED_END: usize = 0;
const EXPECTS_DEATH: usize = 1;
const TEXT_KIND: usize = 2;
const TEXT_TAKEN: usize = 3;
const TEXT_LENGTH: usize = 4;
const PLACE_LENGTH: usize = 5;
const FACTS_LENGTH: usize = 6;
const WORDS: usize = 8;

const TEXT: usize = 8 << 10;
const PLACE: usize = 256;
/// More than any case tells; it is memory only where it was written to.
const FACTS: usize = 512 << 10;

/// Ends a fact's name, and a fact.
const AFTER_NAME: u8 = 0x1f;
const AFTER_FACT: u8 = 0x1e;

static PAGE: OnceLock<Page> = OnceLock::new();

/// What a failure text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// A claim failed.
    Claim,
    /// A set-up step failed.
    SetUp,
    /// The kernel's answer to a need: it lacks it.
    Refusal,
    /// The process ended while it wrote the text.
    Unfinished,
}

/// The shared page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    words: &'static [AtomicU64],
    text: &'static [AtomicU8],
    place: &'static [AtomicU8],
    facts: &'static [AtomicU8],
}

impl Page {
    /// The page of this worker and the cases it forks; made by the first call.
    pub(crate) fn establish() -> Result<Self, Errno> {
        if let Some(page) = PAGE.get() {
            return Ok(*page);
        }
        let page = Self {
            words: sys::memory::shared_words(WORDS)?,
            text: sys::memory::shared_bytes(TEXT)?,
            place: sys::memory::shared_bytes(PLACE)?,
            facts: sys::memory::shared_bytes(FACTS)?,
        };
        Ok(*PAGE.get_or_init(|| page))
    }

    /// The page, where this process has one.
    pub(crate) fn get() -> Option<Self> {
        PAGE.get().copied()
    }

    pub(crate) fn clear(self) {
        for word in self.words {
            word.store(0, SeqCst);
        }
    }

    pub(crate) fn reach_end(self) {
        self.words[REACHED_END].store(1, SeqCst);
    }

    pub(crate) fn reached_end(self) -> bool {
        self.words[REACHED_END].load(SeqCst) == 1
    }

    pub(crate) fn expect_death(self) {
        self.words[EXPECTS_DEATH].store(1, SeqCst);
    }

    pub(crate) fn expects_death(self) -> bool {
        self.words[EXPECTS_DEATH].load(SeqCst) == 1
    }

    /// Writes the complaint down unless an earlier one stands.
    pub(crate) fn complain(
        self,
        kind: FailureKind,
        place: fmt::Arguments<'_>,
        text: fmt::Arguments<'_>,
    ) {
        if self.words[TEXT_TAKEN].swap(1, SeqCst) == 1 {
            return;
        }
        self.words[PLACE_LENGTH].store(write_to(self.place, 0, place), SeqCst);
        self.words[TEXT_LENGTH].store(write_to(self.text, 0, text), SeqCst);
        self.words[TEXT_KIND].store(1 + kind as u64, SeqCst);
    }

    /// Kind, place and text of the complaint.
    pub(crate) fn complaint(self) -> Option<(FailureKind, String, String)> {
        let kind = match self.words[TEXT_KIND].load(SeqCst) {
            1 => FailureKind::Claim,
            2 => FailureKind::SetUp,
            3 => FailureKind::Refusal,
            // Taken and never finished.
            _ if self.words[TEXT_TAKEN].load(SeqCst) == 1 => {
                return Some((
                    FailureKind::Unfinished,
                    String::new(),
                    "panicked, and was ended before it could say why".into(),
                ));
            }
            _ => return None,
        };
        let place = read(self.place, self.words[PLACE_LENGTH].load(SeqCst));
        Some((kind, place, read(self.text, self.words[TEXT_LENGTH].load(SeqCst))))
    }

    /// Adds a fact; one for which there is no room is left out.
    pub(crate) fn observe(self, name: &str, fact: &dyn Fact) {
        let mut cursor = Cursor(self.facts, self.words[FACTS_LENGTH].load(SeqCst) as usize);
        let told = write!(cursor, "{name}{}", AFTER_NAME as char)
            .and_then(|()| fact.tell(&mut Teller::json(&mut cursor)))
            .and_then(|()| write!(cursor, "{}", AFTER_FACT as char));
        if told.is_ok() {
            self.words[FACTS_LENGTH].store(cursor.1 as u64, SeqCst);
        }
    }

    pub(crate) fn facts(self) -> Facts {
        read(self.facts, self.words[FACTS_LENGTH].load(SeqCst))
            .split_terminator(AFTER_FACT as char)
            .filter_map(|fact| fact.split_once(AFTER_NAME as char))
            .filter_map(|(name, fact)| Some((name, serde_json::from_str(fact).ok()?)))
            .collect()
    }
}

/// Where the next byte goes.
struct Cursor(&'static [AtomicU8], usize);

impl Write for Cursor {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            let place = self.0.get(self.1).ok_or(fmt::Error)?;
            place.store(byte, SeqCst);
            self.1 += 1;
        }
        Ok(())
    }
}

/// Formats into shared bytes from `start`, cutting what does not fit; gives the end.
fn write_to(bytes: &'static [AtomicU8], start: u64, text: fmt::Arguments<'_>) -> u64 {
    let mut cursor = Cursor(bytes, start as usize);
    let _ = cursor.write_fmt(text);
    cursor.1 as u64
}

fn read(bytes: &[AtomicU8], length: u64) -> String {
    let bytes: Vec<u8> = bytes.iter().take(length as usize).map(|b| b.load(SeqCst)).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
