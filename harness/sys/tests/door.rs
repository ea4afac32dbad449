//! The assembler does what its callers rely on.

use sys::gadget::{self, Entry};
use sys::memory;
use sys::process::{self, WaitStatus};
use sys::registers::{Reg, Registers, STATUS_FLAGS};
use sys::uapi::{SIGSYS, SYS_getpid};

fn code(entry: Entry) -> gadget::Code {
    let page = memory::map_private(1).expect("a page can be mapped");
    let code = gadget::write_call(page + 0x100, entry);
    gadget::seal(page, memory::PAGE).expect("a page can be made executable");
    code
}

/// The kernel changes RAX, RCX and R11 of a native call, and nothing else.
#[test]
fn every_register_passes_through_a_call() {
    let code = code(Entry::Syscall);
    let before =
        Registers::pattern().with(Reg::Rax, SYS_getpid as u64).with(Reg::Flags, 0x202 | 0x8d5);
    let after = code.call_with(before);
    assert_eq!(after[Reg::Rax], u64::from(std::process::id()));
    assert_eq!(after[Reg::Rcx], code.after() as u64);
    assert_eq!(after[Reg::Flags] & STATUS_FLAGS, STATUS_FLAGS);
    for reg in Reg::VALUES {
        if ![Reg::Rax, Reg::Rcx, Reg::R11].contains(&reg) {
            assert_eq!(after[reg], before[reg], "{reg:?}");
        }
    }
}

#[test]
fn every_pattern_is_different() {
    let image = Registers::pattern();
    for (i, reg) in Reg::VALUES.into_iter().enumerate() {
        for other in &Reg::VALUES[..i] {
            assert_ne!(image[reg], image[*other], "{reg:?} and {other:?}");
        }
    }
}

#[test]
fn a_child_runs_its_body_and_leaves_with_its_result() {
    for start in [
        |body: fn() -> i32| process::fork(body),
        |body: fn() -> i32| process::vfork(body),
        |body: fn() -> i32| process::clone3(0, 17, 0, 0, body),
    ] {
        let child = start(|| 7).expect("a child can be made");
        assert_eq!(process::wait(child, 0), Ok(Some((child, WaitStatus::Exited(7)))));
    }
}

#[test]
fn a_status_word_is_read_as_the_manual_says() {
    for (status, end) in [
        (0x0700, WaitStatus::Exited(7)),
        (SIGSYS, WaitStatus::KilledBy(SIGSYS)),
        (SIGSYS | 0x80, WaitStatus::KilledBy(SIGSYS)),
        (0x137f, WaitStatus::Stopped(0x13)),
        (0x7_057f, WaitStatus::Stopped(0x705)),
    ] {
        assert_eq!(WaitStatus::from_status(status), end, "{status:#x}");
    }
}
