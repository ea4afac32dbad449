//! TSYNC beside a thread in each state that it can be in: asleep in a call, waiting for a
//! response, armed, stopped by a tracer. Whatever the state, it has the filter at its next call, or stands in the way.

use super::tsync::refuse;
use crate::clauses::*;
use fixtures::call_outcome::{self, CallOutcome, UNASSIGNED};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::filter::{self, Action, Filter, TSYNC, instruction_pointer};
use fixtures::gadget::Gadget;
use fixtures::listener::Listener;
use fixtures::needs::{
    CALL_INFO, DISPATCH, MAY_GAIN, PTRACE, SECCOMP_FILTER, UNFILTERED, USER_NOTIF,
};
use fixtures::selector::Selector;
use fixtures::supervisor::settled;
use fixtures::thread::Steps;
use fixtures::tracee::{Resume, Stop, SyscallStop, Tracee};
use fixtures::{SigAction, WaitStatus, memory, own_pid, sigsys};
use harness::SetUp;
use rstest::rstest;
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    EINTR, ENOSYS, PTRACE_EVENT_CLONE, PTRACE_O_TRACECLONE, SIGSTOP, SIGUSR1, SYS_read,
};

const NR: i64 = UNASSIGNED;
/// What the new filter makes of [`NR`], and of the call that a thread sleeps in.
const REFUSED: [u16; 2] = [7, 8];

/// What TSYNC answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// The filter is in force.
    Bound,
    /// It is not: the id of the other thread.
    TheThread,
    /// Another.
    Other,
}

/// What was found beside a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    answer: Answer,
    /// What the call returned that the thread was in.
    waited: i64,
    /// What its next call returned, and whether it had no_new_privs then.
    next: (i64, bool),
    /// What the loading thread's next call returned.
    own: i64,
}

impl Found {
    const fn bound(waited: i64) -> Self {
        Self { answer: Answer::Bound, waited, next: (-7, true), own: -7 }
    }

    const fn in_the_way(waited: i64) -> Self {
        Self { answer: Answer::TheThread, waited, next: (-ENOSYS, true), own: -ENOSYS }
    }
}

/// One thread runs `waits`, and once it has come to rest another loads a filter with TSYNC, runs `release`, and learns
/// what the first found. With `differs`, that one has a filter of its own. `place` makes the call that the thread waits
/// in.
fn beside(
    differs: bool,
    place: &Gadget,
    waits: impl FnOnce() -> i64,
    rests: impl FnOnce(),
    release: impl FnOnce(i32),
) -> Found {
    let gadget = Gadget::syscall();
    let own = refuse(501, 6).program();
    let filter =
        refuse(NR, REFUSED[0]).when(instruction_pointer(place.after()), Action::Errno(REFUSED[1]));
    let words = memory::shared(5);
    let thread = child::start(Flavour::CloneThread, || {
        if differs {
            filter::no_new_privileges();
            filter::try_load_program(0, &own).set_up("a filter can be loaded");
        }
        words[0].store(child::own_tid() as u64, SeqCst);
        words[1].store(waits() as u64, SeqCst);
        words[2].store(gadget.call(NR) as u64, SeqCst);
        words[3].store(u64::from(filter::has_no_new_privileges()), SeqCst);
        0
    });
    while words[0].load(SeqCst) == 0 {
        std::hint::spin_loop();
    }
    let tid = words[0].load(SeqCst) as i32;
    settled(tid);
    rests();
    filter::no_new_privileges();
    let answer = match filter.try_load(TSYNC) {
        Ok(0) => Answer::Bound,
        Ok(id) if id == tid as usize => Answer::TheThread,
        _ => Answer::Other,
    };
    release(tid);
    assert_eq!(thread.end(), WaitStatus::Exited(0), "the thread");
    let [waited, next, bit] = [1, 2, 3].map(|i| words[i].load(SeqCst) as i64);
    Found { answer, waited, next: (next, bit == 1), own: gadget.call(NR) }
}

/// How the call ends that the thread sleeps in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wakes {
    /// What it waits for comes.
    Served,
    /// A signal ends it.
    Interrupted,
    /// A signal interrupts it, and it begins again.
    Restarted,
}

/// A read that begins again comes to the kernel anew, and meets the filter.
#[rstest]
#[case::served(Wakes::Served, 1)]
#[case::interrupted(Wakes::Interrupted, -EINTR)]
#[case::restarted(Wakes::Restarted, -8)]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TSYNC_NO_NEW_PRIVS, SECCOMP_TSYNC_FAILING_THREAD_ID],
    catches = "TSYNC that passes over a thread asleep in a call, changes the call it sleeps in, or lets a restarted \
        call past the filter",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn a_sleeping_thread_has_the_filter_at_its_next_call(#[case] wakes: Wakes, #[case] waited: i64) {
    let alone = |differs| {
        let reader = Gadget::syscall();
        let [end, other] = child::pipe();
        let restart = wakes == Wakes::Restarted;
        sigsys::handle_signal(SIGUSR1, SigAction { restart, ..SigAction::PLAIN });
        let word = memory::shared(1)[0].as_ptr() as usize;
        beside(
            differs,
            &reader,
            || reader.call_args(SYS_read, [end.as_raw_fd() as usize, word, 1, 0, 0, 0]),
            || (),
            |tid| {
                if wakes != Wakes::Served {
                    sys::process::kill_thread(own_pid(), tid, SIGUSR1)
                        .set_up("a thread can be sent a signal");
                }
                // A call that begins again and meets no filter waits for a byte.
                if wakes == Wakes::Served || (restart && differs) {
                    child::write_byte(other.as_raw_fd());
                }
            },
        )
    };
    let of_the_refused = if wakes == Wakes::Restarted { 1 } else { waited };
    assert_eq!(alone(true), Found::in_the_way(of_the_refused), "it has a filter of its own");
    assert_eq!(alone(false), Found::bound(waited));
}

/// The new filter refuses the waiting call too; it has been asked about before.
#[rstest]
#[case::not_yet_received(false)]
#[case::received(true)]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TSYNC_FAILING_THREAD_ID, SECCOMP_NOTIFY_CALL_WAITS],
    catches = "TSYNC that passes over a thread whose call waits for a response, or that ends the wait",
    needs = [UNFILTERED, USER_NOTIF],
)]
fn a_thread_that_waits_for_a_response_has_the_filter_afterwards(#[case] received: bool) {
    const RESPONSE: i64 = 77;
    let caller = Gadget::syscall();
    let here = instruction_pointer(caller.after());
    let listener = Listener::of(&Filter::only(here, Action::UserNotif));
    let notified = std::cell::Cell::new(None);
    let receive = || notified.set(Some(listener.receive().set_up("the call is notified")));
    let answers = || {
        let asked = notified.take().set_up("the notification was received");
        listener.answer(asked.returns(RESPONSE)).set_up("a response is taken");
    };
    for (differs, expected) in
        [(true, Found::in_the_way(RESPONSE)), (false, Found::bound(RESPONSE))]
    {
        let found = beside(
            differs,
            &caller,
            || caller.call(500),
            || {
                if received {
                    receive();
                }
            },
            |_| {
                if !received {
                    receive();
                }
                answers();
            },
        );
        assert_eq!(found, expected);
    }
}

/// Dispatch decides first: a call that is not dispatched meets the filter.
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, DISPATCH_ORDER_BEFORE_SECCOMP],
    catches = "TSYNC that passes over a thread with dispatch on, or that turns dispatch off there",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn an_armed_thread_has_the_filter_and_stays_armed() {
    let (gadget, log, selector) = (Gadget::syscall(), sigsys::handle(), Selector::ordinary());
    let (steps, words) = (Steps::new(), memory::shared(2));
    let thread = child::start(Flavour::CloneThread, || {
        let armed = dispatch::arm_with(gadget.everything_else(), selector);
        steps.reach(1);
        steps.wait_for(2);
        armed.select(BLOCK);
        words[0].store(
            u64::from(call_outcome::of_call(&gadget, log) == CallOutcome::Dispatched),
            SeqCst,
        );
        armed.select(ALLOW);
        words[1].store(gadget.call(NR) as u64, SeqCst);
        armed.off();
        0
    });
    steps.wait_for(1);
    filter::no_new_privileges();
    let answer = refuse(NR, REFUSED[0]).try_load(TSYNC);
    steps.reach(2);
    assert_eq!(thread.end(), WaitStatus::Exited(0), "the thread");
    let found = [0, 1].map(|i| words[i].load(SeqCst) as i64);
    assert_eq!((answer, found), (Ok(0), [1, -7]));
}

/// Where the tracer holds the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeldAt {
    /// Before its first instruction.
    Start,
    /// At a signal that is about to be delivered.
    Signal,
    /// At the exit of a call.
    Exit,
}

/// The tracer lets the thread go on only after the load; the tracer itself has no filter.
#[rstest]
#[case::at_its_start(HeldAt::Start, false)]
#[case::at_a_signal(HeldAt::Signal, false)]
#[case::at_a_signal_with_a_filter_of_its_own(HeldAt::Signal, true)]
#[case::at_the_exit_of_a_call(HeldAt::Exit, false)]
#[case::at_the_exit_of_a_call_with_a_filter_of_its_own(HeldAt::Exit, true)]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TSYNC_NO_NEW_PRIVS, SECCOMP_TSYNC_FAILING_THREAD_ID],
    catches = "TSYNC that passes over a thread which a tracer holds, or waits until it goes on, or that binds the tracer",
    needs = [UNFILTERED, SECCOMP_FILTER, PTRACE, CALL_INFO],
)]
fn a_thread_that_a_tracer_holds_has_the_filter(#[case] held: HeldAt, #[case] differs: bool) {
    let (gadget, before) = (Gadget::syscall(), Gadget::syscall());
    let (loaded, words) = (Steps::new(), memory::shared(4));
    let own = refuse(501, 6).program();
    let filter = refuse(NR, REFUSED[0]).program();
    let first = Tracee::start_with(PTRACE_O_TRACECLONE, || {
        if differs {
            filter::no_new_privileges();
        }
        let second = child::start(Flavour::CloneThread, || {
            if differs {
                filter::try_load_program(0, &own).set_up("a filter can be loaded");
            }
            words[3].store(child::own_tid() as u64, SeqCst);
            match held {
                HeldAt::Start => (),
                HeldAt::Signal => child::send_thread(SIGSTOP),
                HeldAt::Exit => drop(before.call(500)),
            }
            words[0].store(gadget.call(NR) as u64, SeqCst);
            words[1].store(u64::from(filter::has_no_new_privileges()), SeqCst);
            0
        });
        loaded.wait_for(1);
        filter::no_new_privileges();
        let answer = filter::try_load_program(TSYNC, &filter);
        let tid = words[3].load(SeqCst) as usize;
        let told = match answer {
            Ok(0) => 1,
            Ok(id) if id == tid => 2,
            _ => 3,
        };
        words[2].store(told, SeqCst);
        loaded.reach(2);
        second.end();
        0
    });
    assert_eq!(first.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_CLONE));
    let second = Tracee::adopt(first.message() as i32);
    assert_eq!(second.wait(), Stop::Signal(SIGSTOP));
    first.resume(0);
    match held {
        HeldAt::Start => {}
        HeldAt::Signal => assert_eq!(second.next(Resume::Continue, 0), Stop::Signal(SIGSTOP)),
        HeldAt::Exit => {
            while second.next_stop(Resume::Syscall, 0) != SyscallStop::Entry(500) {}
            assert_eq!(second.next_stop(Resume::Syscall, 0), SyscallStop::Exit(-ENOSYS));
        }
    }
    loaded.reach(1);
    loaded.wait_for(2);
    assert_eq!(second.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
    assert_eq!(first.wait(), Stop::Ended(WaitStatus::Exited(0)));
    let found = [2, 0, 1].map(|i| words[i].load(SeqCst) as i64);
    assert_eq!(found, if differs { [2, -ENOSYS, 1] } else { [1, -7, 1] });
    assert_eq!(gadget.call(NR), -ENOSYS, "the tracer");
}

/// The other process shares all memory, open files and handlers.
#[rstest]
#[case::memory_shared(Flavour::CloneVm)]
#[case::handlers_shared(Flavour::CloneSighand)]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TSYNC_NO_NEW_PRIVS],
    catches = "TSYNC that gives no_new_privs to a process which shares memory or handlers, or that such a process with \
        a filter of its own stands in its way",
    needs = [UNFILTERED, MAY_GAIN, SECCOMP_FILTER],
)]
fn another_process_in_the_same_memory_keeps_its_state(
    #[case] flavour: Flavour,
    #[values(false, true)] differs: bool,
) {
    let (gadget, steps, words) = (Gadget::syscall(), Steps::new(), memory::shared(3));
    let own = refuse(501, 6).program();
    let other = child::start(flavour, || {
        if differs {
            filter::no_new_privileges();
            filter::try_load_program(0, &own).set_up("a filter can be loaded");
        }
        steps.reach(1);
        steps.wait_for(2);
        words[0].store(gadget.call(NR) as u64, SeqCst);
        words[1].store(gadget.call(501) as u64, SeqCst);
        words[2].store(u64::from(filter::has_no_new_privileges()), SeqCst);
        0
    });
    steps.wait_for(1);
    filter::no_new_privileges();
    let answer = refuse(NR, REFUSED[0]).try_load(TSYNC);
    steps.reach(2);
    assert_eq!(other.end(), WaitStatus::Exited(0));
    assert_eq!((answer, gadget.call(NR)), (Ok(0), -7));
    let found = [0, 1, 2].map(|i| words[i].load(SeqCst) as i64);
    assert_eq!(found, if differs { [-ENOSYS, -6, 1] } else { [-ENOSYS, -ENOSYS, 0] });
}
