//! Which task is calling.

use crate::memory::atomic::words;
use crate::uapi;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

const STACKS: usize = 64;
const ROOM: usize = 256 << 10;
/// Tops of the stacks that tasks were given.
static TOPS: [AtomicUsize; STACKS] = [const { AtomicUsize::new(0) }; STACKS];
static NEXT: AtomicUsize = AtomicUsize::new(0);
static CHILD: AtomicBool = AtomicBool::new(false);

/// A task is about to be made with these arguments.
pub(crate) fn started(nr: i64, args: [usize; 6]) {
    let top = match nr {
        uapi::SYS_clone => args[1],
        uapi::SYS_clone3 => {
            let words = words(args[0], 7);
            (words[5].load(Relaxed) + words[6].load(Relaxed)) as usize
        }
        _ => 0,
    };
    if top != 0 {
        TOPS[NEXT.fetch_add(1, Relaxed) % STACKS].store(top, Relaxed);
    }
}

thread_local! {
    // A plain word in the thread's static block: reading it takes no system call.
    static FIRST: Cell<bool> = const { Cell::new(false) };
}

/// The calling thread is the first of the case.
pub(super) fn begin() {
    FIRST.set(true);
}

/// Whether an address lies on a stack that a task was given.
fn is_elsewhere(address: usize) -> bool {
    TOPS.iter().any(|top| {
        let top = top.load(Relaxed);
        top != 0 && (top - ROOM..top).contains(&address)
    })
}

/// Whether the calling task is another than the first of its process.
pub(super) fn is_thread() -> bool {
    let here = 0u8;
    // A thread of the standard library has storage of its own, one of a case's has a known stack.
    !FIRST.get() || is_elsewhere(&raw const here as usize)
}

/// The calling process was made by the case.
pub(super) fn begin_child() {
    CHILD.store(true, Relaxed);
}

/// Whether the case made the calling process.
pub(super) fn is_child() -> bool {
    CHILD.load(Relaxed)
}
