//! SECCOMP_IOCTL_NOTIF_ADDFD: the supervisor puts a descriptor into the caller's table.

use super::notify_signals::{EXITED_0, HANDLED};
use super::supervised::plays;
use crate::clauses::*;
use fixtures::Errno::ENOENT;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::WAIT_KILLABLE_RECV;
use fixtures::listener::AddFd;
use fixtures::needs::{ADDFD, ADDFD_SEND, INT80, TASK_STATE, WAIT_KILLABLE_RECV as KILLABLE};
use fixtures::observable_call::Pipe;
use fixtures::supervisor::Reply::{Error, Value};
use fixtures::supervisor::Seen::{Descriptor, Done, Events, Received, Refused, State};
use fixtures::supervisor::TaskState::{Interruptible, Uninterruptible};
use fixtures::supervisor::{Caller, Seen, Setup, Step, Target};
use fixtures::{Entry, memory};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    EBADF, O_CLOEXEC, POLLHUP, POLLOUT, SECCOMP_ADDFD_FLAG_SEND, SECCOMP_ADDFD_FLAG_SETFD, SIGUSR1,
};

/// A number that no process of a case has open.
pub(super) const FREE: u32 = 177;

/// The write end of a pipe of the supervisor's, which it puts into the target.
pub(super) struct Source {
    pub pipe: Pipe,
}

impl Source {
    pub(super) fn new() -> Self {
        Self { pipe: Pipe::new() }
    }

    /// ADDFD of it without flags.
    pub(super) fn plain(&self) -> AddFd {
        AddFd { srcfd: self.pipe.write_end() as u32, ..AddFd::default() }
    }

    /// ADDFD of it with SETFD and this number.
    pub(super) fn at(&self, newfd: u32) -> AddFd {
        AddFd { newfd, flags: SECCOMP_ADDFD_FLAG_SETFD, ..self.plain() }
    }
}

/// A target that calls once, and then notes the flags of the descriptor with this number and writes a byte
/// to it.
pub(super) fn uses(setup: &Setup<'_>, number: u32) -> Target {
    Target::start(setup, move |caller| {
        caller.call(UNASSIGNED);
        use_descriptor(caller, number as i32);
        0
    })
}

fn use_descriptor(caller: Caller, number: i32) {
    caller.note(child::raw_descriptor_flags(number));
    caller.note(child::write_byte(number));
}

/// Rows: the flag for the new descriptor; the source's own is the opposite.
#[rstest]
#[case::inherited(0, 0)]
#[case::close_on_exec(O_CLOEXEC as u32, 1)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD, SECCOMP_NOTIFY_ADDFD_SETFD],
    catches = "ADDFD that installs nothing or another file, at another number, with another close-on-exec \
        flag than was asked for, or that ends the wait",
    needs = [ADDFD, TASK_STATE],
)]
fn a_descriptor_is_installed_while_the_call_waits(#[case] newfd_flags: u32, #[case] flag: i64) {
    let source = Source::new();
    child::set_close_on_exec(source.pipe.write_end() as i32, flag == 0);
    let mut target = uses(&Setup::PLAIN, FREE);
    let what = AddFd { newfd_flags, ..source.at(FREE) };
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, what, &[]), Descriptor(FREE as i32)),
            (Step::Settle, State(Interruptible)),
            (Step::Look(0), Done),
            (Step::Poll, Events(POLLOUT)),
            (Step::Progress, Seen::progress(0, &[])),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5, flag, 1])),
        ],
    );
    assert_eq!(source.pipe.waiting(), 1, "bytes that came through the pipe");
}

/// The target finds out the lowest free number before its call.
#[rstest]
#[case::answered(0)]
#[case::by_send(SECCOMP_ADDFD_FLAG_SEND)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD, SECCOMP_NOTIFY_ADDFD_SEND],
    catches = "ADDFD without SETFD that takes another number than the caller's lowest, or the supervisor's",
    needs = [ADDFD_SEND],
)]
fn without_setfd_the_number_is_the_callers_lowest(#[case] flags: u32) {
    let source = Source::new();
    let lowest = memory::shared(1);
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        // Free in the target alone.
        child::close(source.pipe.write_end() as i32);
        let free = child::lowest_free_descriptor();
        lowest[0].store(free as u64, SeqCst);
        caller.call(UNASSIGNED);
        use_descriptor(caller, free);
        0
    });
    plays(&mut target, &[(Step::Receive, Received)]);
    let free = lowest[0].load(SeqCst) as i32;
    let what = AddFd { flags, ..source.plain() };
    let number = target.listener().add_fd(AddFd { id: target.id(0), ..what }, &[]);
    assert!(number == Ok(free), "the number is not the caller's lowest free one");
    let result = if flags == 0 {
        plays(&mut target, &[(Step::Answer(0, Value(5)), Done)]);
        5
    } else {
        i64::from(free)
    };
    plays(&mut target, &[(Step::End, EXITED_0)]);
    assert!(target.results() == [result, 0, 1], "the call's result, or the descriptor");
    assert_eq!(source.pipe.waiting(), 1, "bytes that came through the pipe");
}

/// Number 0 is free in the target, or not.
#[rstest]
#[case::zero(0)]
#[case::free(FREE)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD_SEND, SECCOMP_NOTIFY_ADDFD_SETFD],
    catches = "ADDFD with SEND whose call returns another value than the number, or waits on, or 0 taken for \
        no number",
    needs = [ADDFD_SEND],
)]
fn with_send_the_number_is_the_result(#[case] number: u32) {
    let source = Source::new();
    let mut target = uses(&Setup::PLAIN, number);
    let what = source.at(number);
    let what = AddFd { flags: what.flags | SECCOMP_ADDFD_FLAG_SEND, ..what };
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, what, &[]), Descriptor(number as i32)),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[i64::from(number), 0, 1])),
            (Step::Look(0), Refused(ENOENT)),
            (Step::Answer(0, Value(5)), Refused(ENOENT)),
            (Step::Poll, Events(POLLHUP)),
        ],
    );
    assert_eq!(source.pipe.waiting(), 1, "bytes that came through the pipe");
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD_SEND, SECCOMP_NOTIFY_ADDFD],
    catches = "close-on-exec lost where ADDFD responds at once",
    needs = [ADDFD_SEND],
)]
fn with_send_the_descriptor_keeps_its_flag() {
    let source = Source::new();
    let mut target = uses(&Setup::PLAIN, FREE);
    let what = source.at(FREE);
    let flags = what.flags | SECCOMP_ADDFD_FLAG_SEND;
    let what = AddFd { flags, newfd_flags: O_CLOEXEC as u32, ..what };
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, what, &[]), Descriptor(FREE as i32)),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[i64::from(FREE), 1, 1])),
        ],
    );
}

/// The target alone holds the replaced pipe's write end: its reader hangs up when it is closed.
#[harness::test(
    clause = SECCOMP_NOTIFY_ADDFD_SETFD,
    catches = "SETFD that leaves an open descriptor in place, or leaks the file that it replaces",
    needs = [ADDFD],
)]
fn setfd_replaces_an_open_descriptor() {
    let source = Source::new();
    let replaced = Pipe::new();
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        child::duplicate_to(replaced.write_end() as i32, FREE as i32);
        child::close(replaced.write_end() as i32);
        caller.steps.reach(1);
        caller.call(UNASSIGNED);
        caller.steps.reach(2);
        caller.steps.wait_for(3);
        use_descriptor(caller, FREE as i32);
        0
    });
    child::close(replaced.write_end() as i32);
    plays(&mut target, &[(Step::WaitFor(1), Done), (Step::Receive, Received)]);
    assert_eq!(replaced.events(), 0, "the target has the write end");
    plays(&mut target, &[(Step::AddFd(0, source.at(FREE), &[]), Descriptor(FREE as i32))]);
    // The kernel closes the replaced file when the caller leaves the call.
    plays(&mut target, &[(Step::Answer(0, Value(5)), Done), (Step::WaitFor(2), Done)]);
    assert_eq!(replaced.events(), POLLHUP, "nobody has the write end");
    plays(
        &mut target,
        &[
            (Step::Reach(3), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5, 0, 1])),
        ],
    );
    assert_eq!((source.pipe.waiting(), replaced.waiting()), (1, 0));
}

/// The response after several descriptors is an error: they stay.
#[harness::test(
    clause = SECCOMP_NOTIFY_ADDFD,
    catches = "a second descriptor refused, or descriptors taken back when the call fails",
    needs = [ADDFD],
)]
fn several_descriptors_stay_whatever_the_response() {
    let source = Source::new();
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        caller.call(UNASSIGNED);
        for number in [FREE, FREE + 1, FREE + 2] {
            use_descriptor(caller, number as i32);
        }
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, source.at(FREE), &[]), Descriptor(FREE as i32)),
            (Step::AddFd(0, source.at(FREE + 2), &[]), Descriptor(FREE as i32 + 2)),
            (Step::Answer(0, Error(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[-5, 0, 1, -EBADF, -EBADF, 0, 1])),
        ],
    );
    assert_eq!(source.pipe.waiting(), 2, "bytes that came through the pipe");
}

/// A thread of the target calls, and its first thread uses the descriptor.
#[harness::test(
    clause = SECCOMP_NOTIFY_ADDFD,
    catches = "a descriptor installed for the calling thread alone",
    needs = [ADDFD],
)]
fn all_threads_of_the_caller_have_the_descriptor() {
    let source = Source::new();
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        child::start(Flavour::CloneThread, || {
            caller.call(UNASSIGNED);
            0
        })
        .end();
        use_descriptor(caller, FREE as i32);
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, source.at(FREE), &[]), Descriptor(FREE as i32)),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5, 0, 1])),
        ],
    );
    assert_eq!(source.pipe.waiting(), 1, "bytes that came through the pipe");
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD_SEND, SECCOMP_NOTIFY_ADDFD],
    catches = "a descriptor that an int 0x80 call does not get, or whose number it does not return",
    needs = [ADDFD_SEND, INT80],
)]
fn a_32_bit_call_gets_a_descriptor() {
    let source = Source::new();
    let mut target = uses(&Setup { entry: Entry::Int80, ..Setup::PLAIN }, FREE);
    let what = source.at(FREE);
    let what = AddFd { flags: what.flags | SECCOMP_ADDFD_FLAG_SEND, ..what };
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, what, &[]), Descriptor(FREE as i32)),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[i64::from(FREE), 0, 1])),
        ],
    );
}

/// A signal waits meanwhile: ADDFD wakes the caller, and the signal must not get through.
#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD, SECCOMP_NOTIFY_KILLABLE],
    catches = "a killable wait that ADDFD makes interruptible, or in which nothing can be installed",
    needs = [ADDFD_SEND, KILLABLE, TASK_STATE],
)]
fn a_killable_wait_goes_on_after_addfd() {
    let source = Source::new();
    let setup = Setup { flags: WAIT_KILLABLE_RECV, signals: &[HANDLED], ..Setup::PLAIN };
    let mut target = uses(&setup, FREE);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Signal(SIGUSR1), Done),
            (Step::AddFd(0, source.at(FREE), &[]), Descriptor(FREE as i32)),
            (Step::Settle, State(Uninterruptible)),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[5, 0, 1])),
        ],
    );
}

/// A restarted call waits for a response although a descriptor was installed before the signal.
#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD, SECCOMP_NOTIFY_SIGNAL_ABORTS],
    catches = "a wait that no signal ends once a descriptor was installed",
    needs = [ADDFD, TASK_STATE],
)]
fn a_signal_ends_the_wait_after_addfd() {
    let source = Source::new();
    let mut target = uses(&Setup { signals: &[HANDLED], ..Setup::PLAIN }, FREE);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, source.at(FREE), &[]), Descriptor(FREE as i32)),
            (Step::Settle, State(Interruptible)),
            (Step::Signal(SIGUSR1), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[-sys::uapi::EINTR, 0, 1])),
            (Step::AddFd(0, source.at(FREE), &[]), Refused(ENOENT)),
        ],
    );
}
