//! The page as memory: who can read it, and that nobody can change it.

use super::clauses::*;
use super::outcome::{self, Outcome};
use fixtures::Errno;
use fixtures::needs::{PTRACE, VSYSCALL, VSYSCALL_EMULATE, VSYSCALL_NONE, VSYSCALL_XONLY};
use fixtures::tracee::Tracee;
use fixtures::vsyscall::page::{self, Change};
use fixtures::vsyscall::{self, Caller, Fault, PAGE, Place, Vsyscall};
use harness::{Hex, observe};
use rstest::rstest;
use sys::uapi::PTRACE_PEEKDATA;

/// `mov $nr, %rax; syscall`: what old programs jumped to.
fn entry_code(entry: Vsyscall) -> u64 {
    let nr = (entry.number() as u32).to_le_bytes();
    u64::from_le_bytes([0x48, 0xc7, 0xc0, nr[0], nr[1], nr[2], nr[3], 0x0f])
}

/// The whole line: addresses, access, offset, device and inode.
#[harness::test(clause = VSYS_MODE_EMULATE, needs = [VSYSCALL_EMULATE])]
fn emulate_maps_a_page_to_read_and_execute() {
    let line = vsyscall::mapping("[vsyscall]");
    observe!("[vsyscall]", line);
    let expected = "ffffffffff600000-ffffffffff601000 r-xp 00000000 00:00 0";
    assert_eq!(line.as_deref(), Some(expected));
}

/// A kernel that hides the page from the map in this mode, or shows it as one that can be read.
#[harness::test(clause = VSYS_MODE_XONLY, needs = [VSYSCALL_XONLY])]
fn xonly_maps_a_page_to_execute() {
    let line = vsyscall::mapping("[vsyscall]");
    observe!("[vsyscall]", line);
    let expected = "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0";
    assert_eq!(line.as_deref(), Some(expected));
}

/// A kernel that lists the page in the map whatever the mode.
#[harness::test(clause = VSYS_MODE_NONE, needs = [VSYSCALL_NONE])]
fn none_maps_no_page() {
    assert_eq!(vsyscall::mapping("[vsyscall]"), None);
}

/// The number in the code, and no system call instruction at the entry.
#[rstest]
#[harness::test(
    clause = [VSYS_MODE_EMULATE, VSYS_ENTRIES_NOT_SYSCALL_INSN],
    needs = [VSYSCALL_EMULATE],
)]
fn emulate_lets_the_code_of_an_entry_be_read(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let word = caller.load(entry.address() as u64).result() as u64;
    observe!("code", Hex(word));
    assert_eq!((word, caller.faults()), (entry_code(entry), 0));
}

/// No entry lies there, and no system call instruction: `int3` throughout.
#[rstest]
#[case::fourth_slot(0xc00)]
#[case::end(0xff8)]
#[case::after_the_first(0x10)]
#[harness::test(
    clause = [VSYS_MODE_EMULATE, VSYS_ENTRIES_NOT_SYSCALL_INSN],
    needs = [VSYSCALL_EMULATE],
)]
fn emulate_fills_the_rest_with_breakpoints(#[case] offset: usize) {
    let caller = Caller::new();
    let word = caller.load((PAGE + offset) as u64).result() as u64;
    assert_eq!((word, caller.faults()), (0xcccc_cccc_cccc_cccc, 0));
}

/// What a plain access to a place of the page ends in.
fn access(offset: usize, access: impl FnOnce(&Caller, u64)) -> (u64, Option<(i32, i32, Place)>) {
    let caller = Caller::new();
    let address = (PAGE + offset) as u64;
    access(&caller, address);
    let fault = caller.fault(address).map(|fault| (fault.signal, fault.code, fault.about));
    (caller.faults(), fault)
}

/// The fault of an access to an address where nothing is.
fn nothing_at(offset: usize) -> (u64, Option<(i32, i32, Place)>) {
    let Fault { signal, code, about, .. } =
        Fault::nothing_at(Place::Page(offset as u64), Place::Elsewhere);
    (1, Some((signal, code, about)))
}

/// A kernel that lets loads reach the code of a page that is there to execute only.
#[rstest]
#[harness::test(
    clause = [VSYS_MODE_XONLY, VSYS_ENTRIES_NOT_SYSCALL_INSN],
    needs = [VSYSCALL_XONLY],
)]
fn xonly_lets_nobody_read(#[values(0, 0x400, 0x800, 0xc00, 0x200, 0xff8)] offset: usize) {
    let seen = access(offset, |caller, address| {
        caller.load(address);
    });
    assert_eq!(seen, nothing_at(offset));
}

/// A kernel that stops to emulate and leaves the page itself mapped.
#[rstest]
#[harness::test(clause = VSYS_MODE_NONE, needs = [VSYSCALL_NONE])]
fn none_lets_nobody_read(#[values(0, 0x400, 0x800, 0xc00, 0x200, 0xff8)] offset: usize) {
    let seen = access(offset, |caller, address| {
        caller.load(address);
    });
    assert_eq!(seen, nothing_at(offset));
}

/// A kernel that maps the page to write, or takes the fault of a store for a call of the entry.
#[rstest]
#[harness::test(clause = INT_VSYS_PAGE_FIXED)]
fn nobody_writes(#[values(0, 0x400, 0x800, 0xc00, 0xff8)] offset: usize) {
    let seen = access(offset, |caller, address| {
        caller.store(address);
    });
    assert_eq!(seen, nothing_at(offset));
}

/// The reading of an address changes nothing for calls there.
#[harness::test(clause = INT_VSYS_SAME_RESULT, needs = [VSYSCALL])]
fn an_entry_that_was_accessed_is_called_as_ever() {
    let caller = Caller::new();
    for entry in Vsyscall::ALL {
        caller.load(entry.address() as u64);
        caller.store(entry.address() as u64);
        assert_eq!(outcome::of_call(&caller, entry), Outcome::Ran, "{entry:?}");
    }
}

/// To a system call the page is no memory of the process's, whether it can be read or not.
#[rstest]
#[harness::test(clause = INT_VSYS_PAGE_FIXED)]
fn a_system_call_can_use_the_page_for_nothing(#[values(0, 0x400, 0xc00)] offset: usize) {
    let address = PAGE + offset;
    let seen = (page::read_by_call(address), page::write_by_call(address));
    assert_eq!(seen, (Err(Errno::EFAULT), Err(Errno::EFAULT)));
}

/// A kernel whose process_vm_readv looks among the ordinary mappings alone and finds no page there.
#[rstest]
#[harness::test(clause = VSYS_MODE_EMULATE, needs = [VSYSCALL_EMULATE])]
fn emulate_lets_others_copy(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    assert_eq!(page::read_by_process_vm(entry.address()), Ok(entry_code(entry)));
}

/// A kernel whose process_vm_readv hands out code that the process itself must not load.
#[harness::test(clause = VSYS_MODE_XONLY, needs = [VSYSCALL_XONLY])]
fn xonly_lets_no_others_copy() {
    assert_eq!(page::read_by_process_vm(Vsyscall::Time.address()), Err(Errno::EFAULT));
}

/// A kernel whose process_vm_readv knows the page by its address and does not ask whether it exists.
#[harness::test(clause = VSYS_MODE_NONE, needs = [VSYSCALL_NONE])]
fn none_lets_no_others_copy() {
    assert_eq!(page::read_by_process_vm(Vsyscall::Time.address()), Err(Errno::EFAULT));
}

/// The kernel keeps a mapping of its own for the page so that debuggers can read it.
#[harness::test(clause = INT_VSYS_DEBUGGER, needs = [VSYSCALL_EMULATE])]
fn emulate_lets_the_memory_file_be_read() {
    assert_eq!(page::read_by_file(Vsyscall::Time.address()), Ok(entry_code(Vsyscall::Time)));
}

/// A kernel whose PTRACE_PEEKDATA finds no mapping for the page and refuses.
#[harness::test(clause = INT_VSYS_DEBUGGER, needs = [VSYSCALL_EMULATE, PTRACE])]
fn emulate_lets_a_tracer_read() {
    assert_eq!(peeked(), Ok(entry_code(Vsyscall::Time)));
}

/// A kernel whose forced reads ignore that this page cannot be read, by a tracer or through the memory
/// file.
#[harness::test(clause = [VSYS_MODE_XONLY, INT_VSYS_DEBUGGER], needs = [VSYSCALL_XONLY, PTRACE])]
fn xonly_lets_no_debugger_read() {
    let seen = [page::read_by_file(Vsyscall::Time.address()), peeked()];
    assert_eq!(seen, [Err(Errno::EIO); 2]);
}

/// A kernel that keeps its own mapping for debuggers in a mode that has no page.
#[harness::test(clause = [VSYS_MODE_NONE, INT_VSYS_DEBUGGER], needs = [VSYSCALL_NONE, PTRACE])]
fn none_lets_no_debugger_read() {
    let seen = [page::read_by_file(Vsyscall::Time.address()), peeked()];
    assert_eq!(seen, [Err(Errno::EIO); 2]);
}

fn peeked() -> Result<u64, Errno> {
    let tracee = Tracee::start(|| 0);
    let mut word = 0u64;
    tracee.request(PTRACE_PEEKDATA, Vsyscall::Time.address(), &raw mut word as usize).map(|_| word)
}

/// A kernel that lets process_vm_writev or the memory file change the page, which every process shares.
#[rstest]
#[harness::test(clause = INT_VSYS_PAGE_FIXED)]
fn nobody_writes_from_outside(#[values(0, 0x400, 0xc00)] offset: usize) {
    let address = PAGE + offset;
    let seen = [page::write_by_process_vm(address), page::write_by_file(address)];
    assert_eq!(seen, [Err(Errno::EFAULT), Err(Errno::EIO)]);
}

/// Each is refused, and works on a page of the process's own: see its twin.
#[rstest]
#[case::protect(Change::Protect, Errno::ENOMEM)]
#[case::unmap(Change::Unmap, Errno::EINVAL)]
#[case::map_over(Change::MapOver, Errno::ENOMEM)]
#[case::map_beside(Change::MapBeside, Errno::ENOMEM)]
#[case::grow(Change::Grow, Errno::EFAULT)]
#[case::drop(Change::Drop, Errno::ENOMEM)]
#[harness::test(clause = INT_VSYS_PAGE_FIXED)]
fn nobody_changes_the_mapping(#[case] change: Change, #[case] errno: Errno) {
    // Where it would lie is the kernel's choice.
    assert_eq!(change.make(PAGE).map(drop), Err(errno));
}

/// After every attempt the map says what it said, and the calls run.
#[harness::test(clause = [INT_VSYS_PAGE_FIXED, INT_VSYS_SAME_RESULT], needs = [VSYSCALL])]
fn the_page_outlives_every_attempt() {
    let before = vsyscall::mapping("[vsyscall]");
    for change in Change::ALL {
        assert!(change.make(PAGE).is_err(), "{change:?} succeeds");
    }
    assert_eq!(vsyscall::mapping("[vsyscall]"), before);
    for entry in Vsyscall::ALL {
        assert_eq!(outcome::of_call(&Caller::new(), entry), Outcome::Ran, "{entry:?}");
    }
}

/// The twins: the same calls on a page of the process's own.
#[rstest]
#[harness::test(clause = INT_VSYS_PAGE_FIXED)]
fn an_ordinary_page_can_be_changed(
    #[values(Change::Protect, Change::Unmap, Change::MapOver, Change::Grow, Change::Drop)]
    change: Change,
) {
    assert!(change.make(page::ordinary()).is_ok(), "{change:?} fails");
}
