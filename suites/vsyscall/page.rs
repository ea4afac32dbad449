//! The vsyscall page as memory: who can read it, and that no process can change it.

use super::outcome::{self, Outcome};
use crate::clauses::*;
use fixtures::Errno;
use fixtures::helper::Program;
use fixtures::needs::{
    PROGRAM32, PTRACE, VSYSCALL, VSYSCALL_EMULATE, VSYSCALL_NONE, VSYSCALL_XONLY,
};
use fixtures::proc::Task;
use fixtures::program32::OneCall;
use fixtures::tracee::{self, Resume, Stop, Tracee};
use fixtures::vsyscall::page::{self, Change};
use fixtures::vsyscall::{self, Caller, Fault, PAGE, Place, Vsyscall};
use harness::{Hex, observe};
use rstest::rstest;
use sys::uapi::{PTRACE_PEEKDATA, SIGTRAP};

/// `mov $nr, %rax; syscall`: the code at an entry that can be read.
fn entry_code(entry: Vsyscall) -> u64 {
    let nr = (entry.number() as u32).to_le_bytes();
    u64::from_le_bytes([0x48, 0xc7, 0xc0, nr[0], nr[1], nr[2], nr[3], 0x0f])
}

#[harness::test(
    clause = VSYSCALL_MODE_EMULATE,
    catches = "a [vsyscall] line of /proc/self/maps with another address or access under vsyscall=emulate",
    needs = [VSYSCALL_EMULATE],
)]
fn emulate_maps_a_page_to_read_and_execute() {
    let line = vsyscall::mapping("[vsyscall]");
    observe!("[vsyscall]", line);
    let expected = "ffffffffff600000-ffffffffff601000 r-xp 00000000 00:00 0";
    assert_eq!(line.as_deref(), Some(expected));
}

#[harness::test(
    clause = VSYSCALL_MODE_XONLY,
    catches = "a page hidden from /proc/self/maps, or shown as readable, under vsyscall=xonly",
    needs = [VSYSCALL_XONLY],
)]
fn xonly_maps_a_page_to_execute() {
    let line = vsyscall::mapping("[vsyscall]");
    observe!("[vsyscall]", line);
    let expected = "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0";
    assert_eq!(line.as_deref(), Some(expected));
}

#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "a [vsyscall] line of /proc/self/maps under vsyscall=none",
    needs = [VSYSCALL_NONE],
)]
fn none_maps_no_page() {
    assert_eq!(vsyscall::mapping("[vsyscall]"), None);
}

/// Both programs are stopped before their first instruction; their tracer, a 64-bit program, has the page.
#[rstest]
#[case::program_of_64_bits(false)]
#[case::program_of_32_bits(true)]
#[harness::test(
    clause = VSYSCALL_PAGE_64_BIT_PROGRAMS,
    catches = "a [vsyscall] line in the map of a 32-bit program, or one that is decided by who reads the map",
    needs = [VSYSCALL, PTRACE, PROGRAM32],
)]
fn a_32_bit_program_has_no_page(#[case] is_32_bit: bool) {
    let tracee = if is_32_bit {
        OneCall::Int80.trace(0, || ())
    } else {
        let program = Program::new();
        let tracee = Tracee::start(|| program.execute() as i32);
        assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGTRAP));
        tracee
    };
    let [own, its] = [Task::Own, Task::Process(tracee.pid)].map(|task| task.mapping("[vsyscall]"));
    tracee::kill(tracee.pid);
    assert!(own.is_some(), "the reader has no page");
    assert_eq!(its, own.filter(|_| !is_32_bit));
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_MODE_EMULATE, VSYSCALL_PAGE_NOT_SYSCALL_INSTRUCTIONS],
    catches = "an entry that cannot be read under vsyscall=emulate, or whose code has another number",
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

#[rstest]
#[case::fourth_slot(0xc00)]
#[case::end(0xff8)]
#[case::after_the_first(0x10)]
#[harness::test(
    clause = [VSYSCALL_MODE_EMULATE, VSYSCALL_PAGE_NOT_SYSCALL_INSTRUCTIONS],
    catches = "bytes between the entries that are no int3, so that a stray jump executes something",
    needs = [VSYSCALL_EMULATE],
)]
fn emulate_fills_the_rest_with_breakpoints(#[case] offset: usize) {
    let caller = Caller::new();
    let word = caller.load((PAGE + offset) as u64).result() as u64;
    assert_eq!((word, caller.faults()), (0xcccc_cccc_cccc_cccc, 0));
}

/// What a plain access to an address of the page ends in.
fn access(offset: usize, access: impl FnOnce(&Caller, u64)) -> (u64, Option<(i32, i32, Place)>) {
    let caller = Caller::new();
    let address = (PAGE + offset) as u64;
    access(&caller, address);
    let fault = caller.fault(address).map(|fault| (fault.signal, fault.code, fault.about));
    (caller.faults(), fault)
}

/// The fault of an access to an unmapped address.
fn nothing_at(offset: usize) -> (u64, Option<(i32, i32, Place)>) {
    let Fault { signal, code, about, .. } =
        Fault::nothing_at(Place::Page(offset as u64), Place::Elsewhere);
    (1, Some((signal, code, about)))
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_MODE_XONLY, VSYSCALL_PAGE_NOT_SYSCALL_INSTRUCTIONS],
    catches = "a page readable under vsyscall=xonly",
    needs = [VSYSCALL_XONLY],
)]
fn xonly_lets_nobody_read(#[values(0, 0x400, 0x800, 0xc00, 0x200, 0xff8)] offset: usize) {
    let seen = access(offset, |caller, address| {
        caller.load(address);
    });
    assert_eq!(seen, nothing_at(offset));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "a page that is still mapped and readable when vsyscall=none stops the emulation",
    needs = [VSYSCALL_NONE],
)]
fn none_lets_nobody_read(#[values(0, 0x400, 0x800, 0xc00, 0x200, 0xff8)] offset: usize) {
    let seen = access(offset, |caller, address| {
        caller.load(address);
    });
    assert_eq!(seen, nothing_at(offset));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_PAGE_FIXED,
    catches = "a page mapped writable, or the fault of a store taken for a call of the entry",
)]
fn nobody_writes(#[values(0, 0x400, 0x800, 0xc00, 0xff8)] offset: usize) {
    let seen = access(offset, |caller, address| {
        caller.store(address);
    });
    assert_eq!(seen, nothing_at(offset));
}

#[harness::test(
    clause = VSYSCALL_CALL_SAME_RESULT,
    catches = "a load or store at an entry that breaks later calls there",
    needs = [VSYSCALL],
)]
fn an_entry_that_was_accessed_is_called_as_ever() {
    let caller = Caller::new();
    for entry in Vsyscall::ALL {
        caller.load(entry.address() as u64);
        caller.store(entry.address() as u64);
        assert_eq!(outcome::of_call(&caller, entry), Outcome::Ran, "{entry:?}");
    }
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_PAGE_FIXED,
    catches = "a page accepted as user memory by a system call's access check",
)]
fn a_system_call_can_use_the_page_for_nothing(#[values(0, 0x400, 0xc00)] offset: usize) {
    let address = PAGE + offset;
    let seen = (page::read_by_call(address), page::write_by_call(address));
    assert_eq!(seen, (Err(Errno::EFAULT), Err(Errno::EFAULT)));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_MODE_EMULATE,
    catches = "process_vm_readv that does not find the page under vsyscall=emulate, because it is no \
        ordinary mapping",
    needs = [VSYSCALL_EMULATE],
)]
fn emulate_lets_others_copy(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    assert_eq!(page::read_by_process_vm(entry.address()), Ok(entry_code(entry)));
}

#[harness::test(
    clause = VSYSCALL_MODE_XONLY,
    catches = "process_vm_readv that copies code which the process itself cannot load",
    needs = [VSYSCALL_XONLY],
)]
fn xonly_lets_no_others_copy() {
    assert_eq!(page::read_by_process_vm(Vsyscall::Time.address()), Err(Errno::EFAULT));
}

#[harness::test(
    clause = VSYSCALL_MODE_NONE,
    catches = "process_vm_readv that knows the page by its address under vsyscall=none",
    needs = [VSYSCALL_NONE],
)]
fn none_lets_no_others_copy() {
    assert_eq!(page::read_by_process_vm(Vsyscall::Time.address()), Err(Errno::EFAULT));
}

#[harness::test(
    clause = VSYSCALL_PAGE_DEBUGGER,
    catches = "/proc/self/mem that does not find the gate mapping under vsyscall=emulate",
    needs = [VSYSCALL_EMULATE],
)]
fn emulate_lets_the_memory_file_be_read() {
    assert_eq!(page::read_by_file(Vsyscall::Time.address()), Ok(entry_code(Vsyscall::Time)));
}

#[harness::test(
    clause = VSYSCALL_PAGE_DEBUGGER,
    catches = "PTRACE_PEEKDATA that does not find the gate mapping under vsyscall=emulate",
    needs = [VSYSCALL_EMULATE, PTRACE],
)]
fn emulate_lets_a_tracer_read() {
    assert_eq!(peeked(), Ok(entry_code(Vsyscall::Time)));
}

#[harness::test(
    clause = [VSYSCALL_MODE_XONLY, VSYSCALL_PAGE_DEBUGGER],
    catches = "/proc/self/mem or PTRACE_PEEKDATA that reads the page in spite of vsyscall=xonly",
    needs = [VSYSCALL_XONLY, PTRACE],
)]
fn xonly_lets_no_debugger_read() {
    let seen = [page::read_by_file(Vsyscall::Time.address()), peeked()];
    assert_eq!(seen, [Err(Errno::EIO); 2]);
}

#[harness::test(
    clause = [VSYSCALL_MODE_NONE, VSYSCALL_PAGE_DEBUGGER],
    catches = "a gate mapping kept for /proc/self/mem or PTRACE_PEEKDATA under vsyscall=none",
    needs = [VSYSCALL_NONE, PTRACE],
)]
fn none_lets_no_debugger_read() {
    let seen = [page::read_by_file(Vsyscall::Time.address()), peeked()];
    assert_eq!(seen, [Err(Errno::EIO); 2]);
}

fn peeked() -> Result<u64, Errno> {
    let tracee = Tracee::start(|| 0);
    let mut word = 0u64;
    tracee.request(PTRACE_PEEKDATA, Vsyscall::Time.address(), &raw mut word as usize).map(|_| word)
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_PAGE_FIXED,
    catches = "process_vm_writev or /proc/self/mem that changes the page, which all processes share",
)]
fn nobody_writes_from_outside(#[values(0, 0x400, 0xc00)] offset: usize) {
    let address = PAGE + offset;
    let seen = [page::write_by_process_vm(address), page::write_by_file(address)];
    assert_eq!(seen, [Err(Errno::EFAULT), Err(Errno::EIO)]);
}

/// The same calls succeed on an ordinary page, in `an_ordinary_page_can_be_changed`.
#[rstest]
#[case::protect(Change::Protect, Errno::ENOMEM)]
#[case::unmap(Change::Unmap, Errno::EINVAL)]
#[case::map_over(Change::MapOver, Errno::ENOMEM)]
#[case::map_beside(Change::MapBeside, Errno::ENOMEM)]
#[case::grow(Change::Grow, Errno::EFAULT)]
#[case::drop(Change::Drop, Errno::ENOMEM)]
#[harness::test(
    clause = VSYSCALL_PAGE_FIXED,
    catches = "mprotect, munmap, mmap, mremap or madvise that changes the page, or fails with another \
        error",
)]
fn nobody_changes_the_mapping(#[case] change: Change, #[case] errno: Errno) {
    // The address of a new mapping is the kernel's choice.
    assert_eq!(change.make(PAGE).map(drop), Err(errno));
}

#[harness::test(
    clause = [VSYSCALL_PAGE_FIXED, VSYSCALL_CALL_SAME_RESULT],
    catches = "a refused change of the mapping that alters /proc/self/maps or stops the emulation",
    needs = [VSYSCALL],
)]
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

#[rstest]
#[harness::test(
    clause = VSYSCALL_PAGE_FIXED,
    catches = "a change that fails on every page, so that its refusal on the vsyscall page proves nothing",
)]
fn an_ordinary_page_can_be_changed(
    #[values(Change::Protect, Change::Unmap, Change::MapOver, Change::Grow, Change::Drop)]
    change: Change,
) {
    assert!(change.make(page::ordinary()).is_ok(), "{change:?} fails");
}
