//! Lies about system calls: what is asked, what is answered, and what is written to memory.

use super::change::Field;
use super::kinds::answer::{Answer, If, What};
use super::lie::{Door, Tell};
use super::state::chosen;
use crate::memory::atomic::bytes;
use crate::syscall::native;
use crate::uapi;
use crate::uapi::PR_SET_SYSCALL_USER_DISPATCH;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The dispatch that was last armed in this process: mode, offset, length, selector.
static CONFIG: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

pub(super) fn config() -> [usize; 4] {
    [0, 1, 2, 3].map(|i| CONFIG[i].load(Relaxed))
}

impl Answer {
    fn asks(&self, nr: i64, args: &[usize; 6]) -> bool {
        self.nr == nr && self.args.iter().all(|(index, is)| is.holds(args[*index]))
    }

    /// Whether the lie is told before the call is made.
    fn is_before(&self, nr: i64, args: &[usize; 6]) -> bool {
        match self.what {
            What::Argument(index, change) => {
                self.asks(nr, args) && change.of(args[index] as u64) != args[index] as u64
            }
            What::Unmade(_) => self.asks(nr, args),
            What::Read(place, length, change) => {
                self.asks(nr, args)
                    && copy(nr, args[place.argument], length).is_some_and(|words| {
                        let at = words.as_ptr() as usize;
                        let holds = |condition: &If| {
                            condition.place.field.read(at) & condition.mask == condition.value
                        };
                        self.when.iter().all(holds)
                            && place.field.changed(place.field.read(at), change).is_some()
                    })
            }
            _ => false,
        }
    }

    /// Whether it is told once the answer is known.
    fn is_after(&self, nr: i64, args: &[usize; 6], result: i64) -> bool {
        if matches!(self.what, What::Argument(..) | What::Unmade(_) | What::Read(..)) {
            return false;
        }
        let failed = matches!(result, -4095..=-1);
        let holds = |condition: &If| {
            let at = args[condition.place.argument];
            // What it asks about is there all the same where the answer is that it is unknown.
            (!failed || nr == uapi::SYS_seccomp)
                && is_plausible(at)
                && condition.place.field.read(at) & condition.mask == condition.value
        };
        self.asks(nr, args)
            && self.on.holds(result)
            && self.when.iter().all(holds)
            && match self.what {
                What::Result(change) => change.of(result as u64) != result as u64,
                What::Written(place, change) => {
                    let at = args[place.argument];
                    !failed
                        && is_plausible(at)
                        && place.field.changed(place.field.read(at), change).is_some()
                }
                _ => true,
            }
    }
}

const WORDS: usize = 48;

/// Whether the word around an address can be read. The call copies the mask before it finds its first
/// argument wrong.
fn is_readable(at: usize) -> bool {
    let args = [usize::MAX, at & !7, 0, 8, 0, 0];
    native(uapi::SYS_rt_sigprocmask, args) == -uapi::EINVAL
}

/// The bytes at an address that a case hands to system call `nr`.
fn copy(nr: i64, at: usize, length: usize) -> Option<[u64; WORDS]> {
    let length = length.min(WORDS * 8);
    // Cases hand bad addresses to these two alone; more calls than needed would be seen by a tracer.
    let may_be_bad = matches!(nr, uapi::SYS_ptrace | uapi::SYS_ioctl);
    if may_be_bad && !(is_readable(at) && is_readable(at + length - 1)) {
        return None;
    }
    let mut words = [0u64; WORDS];
    for (i, byte) in bytes(at, length).iter().enumerate() {
        words[i / 8] |= u64::from(byte.load(Relaxed)) << (i % 8 * 8);
    }
    Some(words)
}

/// Whether the kernel can have written to an address: a call that it refused may have named any.
pub(super) fn is_plausible(at: usize) -> bool {
    (0x1_0000..0x7fff_ffff_f000).contains(&at)
}

const SELECTORS: usize = 64;
/// Selectors that can be looked at and stored to where the kernel sees them.
static SELECTORS_AT: [AtomicUsize; SELECTORS] = [const { AtomicUsize::new(0) }; SELECTORS];
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// A byte that may become a selector lies here, and can be stored to.
pub fn add_selector(at: usize) {
    SELECTORS_AT[NEXT.fetch_add(1, Relaxed) % SELECTORS].store(at, Relaxed);
}

/// The armed selector, where it can be looked at and stored to.
pub(super) fn selector() -> Option<usize> {
    let [mode, _, _, at] = config();
    let known = at != 0 && SELECTORS_AT.iter().any(|known| known.load(Relaxed) == at);
    (mode != 0 && known).then_some(at)
}

/// Before a call that changes what may be done with memory.
fn watch_memory(nr: i64, args: &[usize; 6]) {
    const CHANGES: [i64; 6] = [
        uapi::SYS_mmap,
        uapi::SYS_mprotect,
        uapi::SYS_munmap,
        uapi::SYS_mremap,
        uapi::SYS_madvise,
        uapi::SYS_pkey_mprotect,
    ];
    if !CHANGES.contains(&nr) {
        return;
    }
    let changed = args[0]..args[0].saturating_add(args[1]);
    for known in &SELECTORS_AT {
        if changed.contains(&known.load(Relaxed)) {
            known.store(0, Relaxed);
        }
    }
}

/// Makes a system call for the door, and lies about it where that is due.
pub(crate) fn ask(nr: i64, mut args: [usize; 6]) -> i64 {
    let fits = |tell: &Tell| matches!(tell, Tell::Answer(lie) if lie.is_before(nr, &args));
    let asked = args;
    let mut words = [0u64; WORDS];
    if let Some(Tell::Answer(lie)) = chosen(Door::Answer, fits) {
        match lie.what {
            What::Unmade(result) => return result,
            What::Argument(index, change) => args[index] = change.of(args[index] as u64) as usize,
            What::Read(place, length, change) => {
                if let Some(copied) = copy(nr, args[place.argument], length) {
                    words = copied;
                    let at = words.as_mut_ptr() as usize;
                    place.field.write(at, change.of(place.field.read(at)));
                    args[place.argument] = at;
                }
            }
            _ => {}
        }
    }
    watch_memory(nr, &args);
    let result = native(nr, args);
    std::hint::black_box(&words);
    note_answer(nr, asked, result)
}

/// A system call was answered, however it was made; gives the answer that is told.
pub(crate) fn note_answer(nr: i64, args: [usize; 6], result: i64) -> i64 {
    if nr == uapi::SYS_prctl && args[0] == PR_SET_SYSCALL_USER_DISPATCH && result == 0 {
        for (to, value) in CONFIG.iter().zip(&args[1..]) {
            to.store(*value, Relaxed);
        }
    }
    let fits = |tell: &Tell| matches!(tell, Tell::Answer(lie) if lie.is_after(nr, &args, result));
    let Some(Tell::Answer(lie)) = chosen(Door::Answer, fits) else { return result };
    match lie.what {
        What::Result(change) => change.of(result as u64) as i64,
        What::Written(place, change) => {
            let at = args[place.argument];
            place.field.write(at, change.of(place.field.read(at)));
            result
        }
        What::Twice => native(nr, args),
        What::StopSkipped => {
            // With the signal that the stop is for, where it is for one.
            let status = Field::new(0, 4).read(args[1]);
            let (signal, event) = (status >> 8 & 0xff, status >> 16);
            let trap = uapi::SIGTRAP as u64;
            let is_none = event != 0 || signal & 0x7f == trap || signal == uapi::SIGSTOP as u64;
            let signal = if is_none { 0 } else { signal };
            let resume = [uapi::PTRACE_CONT, result as usize, 0, signal as usize, 0, 0];
            native(uapi::SYS_ptrace, resume);
            native(nr, args)
        }
        What::Argument(..) | What::Read(..) | What::Unmade(_) => result,
    }
}
