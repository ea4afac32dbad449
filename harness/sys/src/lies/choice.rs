//! The list of lies, and the choice of the lie that is told.

use super::lie::Lie;
use super::state::{ACTIVE, ALL, ARMED, DOORS, FIRST, MOST, TAKING_CENSUS, TIMES, TOLD};
use super::{table, whose};
use crate::memory::atomic::bytes;
use crate::syscall::{native, split};
use crate::{Errno, uapi};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// The word that asks for the census instead of a lie.
pub const CENSUS: &str = "census";
/// The variable that tells a worker, and a program that a case executes, which lie is told.
pub const VARIABLE: &str = "SIGSYS_LIE";

/// Every lie, those of one door together.
pub fn all() -> &'static [Lie] {
    ALL.get_or_init(|| {
        let mut lies = table::build();
        lies.sort_by_key(|lie| lie.tell.door() as usize);
        lies
    })
}

/// From now on the armed processes are told the lie called `name`, or take the census.
///
/// # Errors
/// One line, where no lie is called so or there is no memory.
pub fn choose(name: &str) -> Result<(), String> {
    let lies = all();
    assert!(lies.len() < MOST, "there is room for every lie");
    let active = match lies.iter().position(|lie| lie.id() == name) {
        Some(index) => FIRST + index,
        None if name == CENSUS => TAKING_CENSUS,
        None => return Err(format!("no lie is called `{name}`")),
    };
    let _ = DOORS.set(std::array::from_fn(|door| {
        let first = lies.partition_point(|lie| (lie.tell.door() as usize) < door);
        (first, lies.partition_point(|lie| lie.tell.door() as usize <= door))
    }));
    if TOLD.get().is_none() {
        let told = shared_bytes(MOST).map_err(|errno| format!("no memory: {errno}"))?;
        let _ = TOLD.set(told);
    }
    ACTIVE.store(active, Relaxed);
    Ok(())
}

/// The calling process and its children are lied to from now on.
pub fn arm() {
    for times in &TIMES {
        times.store(0, Relaxed);
    }
    whose::begin();
    ARMED.store(true, Relaxed);
}

/// Forgets which lies were told.
pub fn forget() {
    for told in TOLD.get().into_iter().copied().flatten() {
        told.store(0, Relaxed);
    }
}

/// The numbers of the lies that were told, or in a census would have been, since [`forget`].
pub fn told() -> Vec<usize> {
    let told = TOLD.get().copied().unwrap_or_default();
    (0..told.len()).filter(|index| told[*index].load(Relaxed) == 1).collect()
}

/// Zeroed bytes shared with every child forked later; never given back.
fn shared_bytes(count: usize) -> Result<&'static [AtomicU8], Errno> {
    let access = uapi::PROT_READ | uapi::PROT_WRITE;
    let flags = uapi::MAP_SHARED | uapi::MAP_ANONYMOUS;
    let args = [0, count, access, flags, usize::MAX, 0];
    Ok(bytes(split(native(uapi::SYS_mmap, args))?, count))
}
