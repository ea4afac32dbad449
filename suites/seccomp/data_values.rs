//! What a filter is shown are values: numbers that no table of the 64-bit ABI has, and addresses that it does not
//! follow.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::child;
use fixtures::environment::disable_core_dump;
use fixtures::filter::{Action, Filter, Word, argument, instruction_pointer, number};
use fixtures::gadget::Gadget;
use fixtures::listener::Listener;
use fixtures::memory;
use fixtures::needs::{PTRACE, SECCOMP_FILTER, UNFILTERED, USER_NOTIF};
use fixtures::script::{SharedResults, Traced, call};
use fixtures::sigsys;
use fixtures::tracee::{Resume, Stop};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    EFAULT, ENOSYS, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSYS, SYS_uname, VSYSCALL_ADDR,
};

/// The numbers that are x32's own, without its bit.
const X32: std::ops::RangeInclusive<i64> = 512..=547;

#[harness::test(
    clause = SECCOMP_DATA_X32_512_547,
    catches = "a table of 64-bit calls that still has x32's own at 512 to 547",
)]
fn numbers_512_to_547_are_no_calls() {
    let gadget = Gadget::syscall();
    let results: Vec<_> = X32.map(|nr| gadget.call(nr)).collect();
    assert_eq!(results, vec![-ENOSYS; 36]);
}

/// The error is the number, as the filter read it.
#[harness::test(
    clause = [SECCOMP_DATA_X32_512_547, SECCOMP_DATA_EVERY_CALL],
    catches = "a number of x32's own that is refused before the filter is asked, or shown with its bit",
    needs = [SECCOMP_FILTER],
)]
fn a_filter_sees_512_to_547() {
    let gadget = Gadget::syscall();
    let here = instruction_pointer(gadget.after());
    Filter::new().reveal(here, Action::Errno(0), Word::NUMBER, 0).load();
    let results: Vec<_> = X32.map(|nr| -gadget.call(nr)).collect();
    assert_eq!(results, X32.collect::<Vec<_>>());
}

#[rstest]
#[case::allow(Action::Allow)]
#[case::log(Action::Log)]
#[case::trace_without_tracer(Action::Trace(1))]
#[case::user_notif_without_listener(Action::UserNotif)]
#[harness::test(
    clause = [SECCOMP_DATA_X32_512_547, SECCOMP_ACTIONS_ALLOW],
    catches = "a number of x32's own that is executed once a filter has looked at it",
    needs = [SECCOMP_FILTER],
)]
fn numbers_512_to_547_stay_no_calls(#[case] action: Action) {
    let gadget = Gadget::syscall();
    Filter::only(instruction_pointer(gadget.after()), action).load();
    let results: Vec<_> = X32.map(|nr| gadget.call(nr)).collect();
    assert_eq!(results, vec![-ENOSYS; 36]);
}

#[harness::test(
    clause = [SECCOMP_DATA_X32_512_547, SECCOMP_TRAP_SIGINFO],
    catches = "a trapped number of x32's own with another si_syscall or result",
    needs = [SECCOMP_FILTER],
)]
fn numbers_512_to_547_are_trapped() {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    Filter::only(instruction_pointer(gadget.after()), Action::Trap(1)).load();
    for nr in X32 {
        log.clear();
        let result = gadget.call(nr);
        let seen = log.delivery(0).map(|delivery| i64::from(delivery.syscall()));
        assert_eq!((result, log.count(), seen), (nr, 1, Some(nr)));
    }
}

#[rstest]
#[case::kill_process(Action::KillProcess)]
#[case::kill_thread(Action::KillThread)]
#[harness::test(
    clause = [SECCOMP_DATA_X32_512_547, SECCOMP_ACTIONS_KILL_STATUS],
    catches = "a number of x32's own that no kill reaches",
    needs = [SECCOMP_FILTER],
)]
fn numbers_512_to_547_kill(#[case] action: Action) {
    let gadget = Gadget::syscall();
    for nr in X32 {
        let end = child::fork(|| {
            disable_core_dump();
            Filter::only(number(nr), action).load();
            gadget.call(nr);
        });
        assert_eq!(end, WaitStatus::KilledBy(SIGSYS), "{nr}");
    }
}

#[harness::test(
    clause = [SECCOMP_DATA_X32_512_547, SECCOMP_TRACE_EVENT_MESSAGE],
    catches = "a number of x32's own that does not stop for a tracer, or is executed after its stop",
    needs = [UNFILTERED, SECCOMP_FILTER, PTRACE],
)]
fn numbers_512_to_547_are_traced() {
    let gadget = Gadget::syscall();
    let filter = Filter::only(instruction_pointer(gadget.after()), Action::Trace(1));
    for nr in [512, 513, 520, 521, 546, 547] {
        let traced = Traced::start(PTRACE_O_TRACESECCOMP, gadget, &filter, &[call(nr)]);
        let stop = traced.tracee.next(Resume::Continue, 0);
        assert_eq!(
            (stop, traced.tracee.registers().call()),
            (Stop::Event(PTRACE_EVENT_SECCOMP), nr)
        );
        assert_eq!(traced.tracee.finish(), WaitStatus::Exited(0));
        assert_eq!(traced.returned(0), fixtures::script::Returned::ENOSYS, "{nr}");
    }
}

#[rstest]
#[case::answered(false)]
#[case::continued(true)]
#[harness::test(
    clause = [SECCOMP_DATA_X32_512_547, SECCOMP_NOTIFY_FIELDS],
    catches = "a number of x32's own that a listener is not asked about, or that runs as x32's where it continues",
    needs = [UNFILTERED, SECCOMP_FILTER, USER_NOTIF],
)]
fn numbers_512_to_547_are_notified(#[case] continued: bool) {
    let gadget = Gadget::syscall();
    let listener =
        Listener::of(&Filter::only(instruction_pointer(gadget.after()), Action::UserNotif));
    let results = SharedResults::new();
    let child = child::start(child::Flavour::Fork, || {
        for nr in [512, 520, 547] {
            results.add_value(gadget.call(nr));
        }
        0
    });
    let mut seen = Vec::new();
    for _ in 0..3 {
        let call = listener.receive().expect("the call is notified");
        seen.push(call.nr);
        let answer = if continued { call.continues() } else { call.returns(33) };
        assert_eq!(listener.answer(answer), Ok(()));
    }
    let pid = child.pid();
    assert_eq!(child.end(), WaitStatus::Exited(0));
    let promised = if continued { -ENOSYS } else { 33 };
    let results = [0, 1, 2].map(|index| results.returned(index, pid));
    assert_eq!(seen, [512, 520, 547]);
    assert_eq!(results, [fixtures::script::Returned::Value(promised); 3]);
}

/// An address in an argument: the filter refuses that value, and lets its neighbour fail by itself. What the memory
/// holds is changed between two calls, or is not there at all.
#[rstest]
#[case::null(0)]
#[case::first_page(1)]
#[case::not_canonical(0x9000_0000_0000)]
#[case::kernels(0xffff_8000_0000_0000)]
#[case::vsyscall(VSYSCALL_ADDR)]
#[case::last(u64::MAX)]
#[harness::test(
    clause = SECCOMP_DATA_NO_DEREFERENCE,
    catches = "a filter that faults, or whose caller fails, because an argument is no address",
    needs = [SECCOMP_FILTER],
)]
fn an_address_without_memory_is_a_value(#[case] address: u64) {
    let gadget = Gadget::syscall();
    let refused = argument(0, address).and(number(SYS_uname));
    Filter::only(refused, Action::Errno(7)).load();
    let uname = |address: u64| gadget.call_args(SYS_uname, [address as usize, 0, 0, 0, 0, 0]);
    assert_eq!((uname(address), uname(address ^ 0x100)), (-7, -EFAULT));
}

#[harness::test(
    clause = SECCOMP_DATA_NO_DEREFERENCE,
    catches = "a filter that looks at the memory that an argument points to, or remembers what it held",
    needs = [SECCOMP_FILTER],
)]
fn what_memory_holds_does_not_matter() {
    let gadget = Gadget::syscall();
    let words = memory::shared(128);
    let address = words.as_ptr() as usize;
    // Where the memory holds its own address, following it once or twice makes no difference to who looks.
    let refused = argument(0, address as u64).and(number(SYS_uname));
    Filter::only(refused, Action::Errno(7)).load();
    let uname = |address: usize| gadget.call_args(SYS_uname, [address, 0, 0, 0, 0, 0]);
    for value in [0, address as u64, u64::MAX, 7] {
        words[0].store(value, SeqCst);
        assert_eq!((uname(address), words[0].load(SeqCst)), (-7, value));
        words[1].store(address as u64, SeqCst);
        assert_eq!(uname(address + 8), 0, "the neighbour");
    }
}
