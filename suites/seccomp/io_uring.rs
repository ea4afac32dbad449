//! io_uring: what it performs passes no filter, and no dispatch.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::call_outcome::DispatchedGadget;
use fixtures::child;
use fixtures::dispatch::BLOCK;
use fixtures::environment::disable_core_dump;
use fixtures::filter::{self, Action, uapi::*};
use fixtures::gadget::Gadget;
use fixtures::io_uring::{IORING_SETUP_SQPOLL, IoUring};
use fixtures::needs::{DISPATCH, IO_URING, SECCOMP_FILTER};
use fixtures::observable_call::Pipe;
use fixtures::{Entry, sigsys};
use rstest::rstest;
use sys::uapi::{SYS_read, SYS_write};

const TEXT: &[u8] = b"fives";

/// Five bytes are in the pipe. Looks by reading them.
fn is_filled(pipe: Pipe) -> bool {
    Gadget::syscall().call_args(SYS_read, pipe.read_args()) == TEXT.len() as i64
}

fn try_write(gadget: &Gadget, pipe: Pipe) -> i64 {
    let args = [pipe.write_end(), TEXT.as_ptr() as usize, TEXT.len(), 0, 0, 0];
    gadget.call_args(SYS_write, args)
}

/// write(2) meets the action; the same write by the ring is made.
#[rstest]
#[case::errno(SECCOMP_RET_ERRNO(7), -7)]
#[case::trap(SECCOMP_RET_TRAP(7), SYS_write)]
#[case::trace(SECCOMP_RET_TRACE(7), -sys::uapi::ENOSYS)]
#[harness::test(
    clause = SECCOMP_DATA_IO_URING,
    catches = "an operation of io_uring that the filters are asked about as if it were a call",
    needs = [SECCOMP_FILTER, IO_URING],
)]
fn the_ring_writes_in_spite_of_a_filter(
    #[case] action: Action,
    #[case] result: i64,
    #[values(false, true)] polled: bool,
) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let pipe = Pipe::new();
    let ring = IoUring::new(if polled { IORING_SETUP_SQPOLL } else { 0 });
    filter::load(SYS_write as u32, action);
    assert_eq!(try_write(&gadget, pipe), result);
    let refused = log.count();
    ring.prepare_write(pipe.write_end(), TEXT);
    if polled {
        ring.wait();
    } else {
        assert_eq!(ring.enter(), Ok(1));
    }
    assert_eq!((ring.result(), log.count()), (Some(TEXT.len() as i32), refused));
    assert!(is_filled(pipe), "the pipe is empty");
}

/// The kill's twin: the write by the ring first, and then the call, which is the end.
#[rstest]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD)]
#[harness::test(
    clause = SECCOMP_DATA_IO_URING,
    catches = "an operation of io_uring that kills who asked for it",
    needs = [SECCOMP_FILTER, IO_URING],
)]
fn the_ring_writes_in_spite_of_a_kill(#[case] action: Action) {
    let gadget = Gadget::syscall();
    let pipe = Pipe::new();
    let end = child::fork(|| {
        disable_core_dump();
        let ring = IoUring::new(0);
        filter::load(SYS_write as u32, action);
        ring.prepare_write(pipe.write_end(), TEXT);
        if (ring.enter(), ring.result()) != (Ok(1), Some(TEXT.len() as i32)) {
            child::exit(1);
        }
        try_write(&gadget, pipe);
        child::exit(2);
    });
    assert_eq!(end, WaitStatus::KilledBy(sys::uapi::SIGSYS));
    assert!(is_filled(pipe), "the pipe is empty");
}

/// The selector blocks all the while; the call that enters the ring comes from the region, and the write from nowhere.
#[rstest]
#[case::entered(false)]
#[case::polled(true)]
#[harness::test(
    clause = DISPATCH_SCOPE_IO_URING,
    catches = "an operation of io_uring that is dispatched, or a kernel thread that inherits the dispatch of its maker",
    needs = [DISPATCH, IO_URING],
)]
fn the_ring_writes_in_spite_of_dispatch(#[case] polled: bool) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let pipe = Pipe::new();
    scene.armed.selector().store(BLOCK);
    let ring = IoUring::new(if polled { IORING_SETUP_SQPOLL } else { 0 });
    ring.prepare_write(pipe.write_end(), TEXT);
    let entered = if polled {
        ring.wait();
        Ok(1)
    } else {
        ring.enter()
    };
    let seen = (entered, ring.result(), scene.log.count());
    let dispatched = try_write(&scene.gadget, pipe);
    scene.armed.selector().store(0);
    assert_eq!(seen, (Ok(1), Some(TEXT.len() as i32), 0));
    assert_eq!((dispatched, scene.log.count()), (SYS_write, 1));
    assert!(is_filled(pipe), "the pipe is empty");
}
