//! Lies about the delivery of signals: what a handler is shown, and what becomes of what it leaves.

use super::change::Change;
use super::kinds::handling::{Leaves, Noted, Shown, Which};
use super::lie::{Door, Tell};
use super::state::{chosen, is_armed};
use crate::registers::image::{COUNT, Reg};
use crate::siginfo::{AT_GREGS, AT_MASK, ENTRY_WORDS, INFO_WORDS};
use crate::uapi;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};

impl Which {
    fn is(self, signal: i32, code: i32, arch: u32) -> bool {
        self.signal == signal
            && self.code.is_none_or(|wanted| wanted == code)
            && self.arch.is_none_or(|wanted| wanted == arch)
    }
}

impl Shown {
    const fn mask(self) -> u64 {
        if self.bits == 64 { u64::MAX } else { (1 << self.bits) - 1 }
    }

    fn changed(self, word: u64, change: Change) -> u64 {
        let value = word >> self.shift & self.mask();
        let new = change.of(value) & self.mask();
        word & !(self.mask() << self.shift) | new << self.shift
    }
}

static COUNTS: [AtomicU64; 65] = [const { AtomicU64::new(0) }; 65];
static LATEST_CODE: AtomicI32 = AtomicI32::new(0);

/// How often this process's handler ran for a signal.
pub(super) fn deliveries(signal: i32) -> u64 {
    COUNTS[signal as usize].load(Relaxed)
}

/// `si_code` of the latest SIGSYS.
pub(super) fn latest_code() -> i32 {
    LATEST_CODE.load(Relaxed)
}

/// The signal information and context that the kernel laid down, word by word.
pub(crate) struct Frame<'a> {
    pub(crate) info: &'a [AtomicU64],
    pub(crate) context: &'a [AtomicU64],
}

impl Frame<'_> {
    fn code(&self) -> i32 {
        self.info[1].load(Relaxed) as u32 as i32
    }

    fn arch(&self) -> u32 {
        (self.info[3].load(Relaxed) >> 32) as u32
    }

    fn is(&self, which: Which, signal: i32) -> bool {
        which.is(signal, self.code(), self.arch())
    }
}

/// A signal has reached the handler: how often it is to be taken for delivered.
pub(crate) fn delivery(signal: i32, frame: &Frame<'_>) -> u64 {
    if !is_armed() {
        return 1;
    }
    COUNTS[signal as usize].fetch_add(1, Relaxed);
    if signal == uapi::SIGSYS {
        LATEST_CODE.store(frame.code(), Relaxed);
    }
    let fits = |tell: &Tell| matches!(tell, Tell::Delivery(lie) if frame.is(lie.which, signal));
    match chosen(Door::Delivery, fits) {
        Some(Tell::Delivery(lie)) if lie.twice => 2,
        Some(_) => 0,
        None => 1,
    }
}

/// The handler has written down what it was shown.
pub(crate) fn noted(signal: i32, frame: &Frame<'_>, entry: &[AtomicU64]) {
    debug_assert_eq!(entry.len(), ENTRY_WORDS);
    let changed = |lie: &Noted| {
        let word = entry[lie.shown.word].load(Relaxed);
        Some(lie.shown.changed(word, lie.change)).filter(|new| *new != word)
    };
    let fits = |tell: &Tell| matches!(tell, Tell::Noted(lie) if frame.is(lie.which, signal) && changed(lie).is_some());
    if let Some(Tell::Noted(lie)) = chosen(Door::Noted, fits)
        && let Some(new) = changed(lie)
    {
        entry[lie.shown.word].store(new, Relaxed);
    }
}

/// The handler is about to return; `before` is the context as it was delivered.
pub(crate) fn before_return(signal: i32, frame: &Frame<'_>, before: &[u64; COUNT + 1]) {
    let gregs = &frame.context[AT_GREGS - INFO_WORDS..];
    let mask = &frame.context[AT_MASK - INFO_WORDS];
    let is_stored = |reg: Reg| gregs[reg as usize].load(Relaxed) != before[reg as usize];
    let fits = |tell: &Tell| {
        let Tell::Left(lie) = tell else { return false };
        frame.is(lie.which, signal)
            && match lie.what {
                Leaves::Ignored(reg) | Leaves::Altered(reg, _) => is_stored(reg),
                Leaves::Lost(reg, _) => !is_stored(reg),
                Leaves::MaskIgnored => mask.load(Relaxed) != before[COUNT],
                Leaves::Blocked(bits) => mask.load(Relaxed) | bits != mask.load(Relaxed),
            }
    };
    let Some(Tell::Left(lie)) = chosen(Door::Left, fits) else { return };
    match lie.what {
        Leaves::Ignored(reg) => gregs[reg as usize].store(before[reg as usize], Relaxed),
        Leaves::Lost(reg, change) | Leaves::Altered(reg, change) => {
            let register = &gregs[reg as usize];
            register.store(change.of(register.load(Relaxed)), Relaxed);
        }
        Leaves::MaskIgnored => mask.store(before[COUNT], Relaxed),
        Leaves::Blocked(bits) => {
            mask.fetch_or(bits, Relaxed);
        }
    }
}

/// What a context holds: the registers, and the mask behind them.
pub(crate) fn snapshot(frame: &Frame<'_>) -> [u64; COUNT + 1] {
    std::array::from_fn(|i| {
        let word = if i == COUNT { frame.context.len() - 1 } else { 5 + i };
        frame.context[word].load(Relaxed)
    })
}
