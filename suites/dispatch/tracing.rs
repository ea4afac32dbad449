//! What a tracer sees of a dispatched call: its SIGSYS and nothing else.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget, UNASSIGNED};
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{DISPATCH, INT80, PTRACE};
use fixtures::selector::Selector;
use fixtures::tracee::uapi::{PTRACE_CONT, PTRACE_SINGLESTEP, PTRACE_SYSCALL, PTRACE_SYSEMU};
use fixtures::tracee::{self, Resume, Stop, SyscallInfo, SyscallStop, Tracee};
use fixtures::{Entry, Reg, SigAction, WaitStatus, sigsys};
use harness::observe;
use rstest::rstest;
use sys::uapi::{
    ENOSYS, SIGSEGV, SIGSTOP, SIGSYS, SIGTRAP, SIGUSR1, SYS_exit, SYS_getpid, SYS_prctl,
    SYS_rt_sigreturn,
};

/// The stops of an ordinary call with an unassigned number.
const PLAIN: [SyscallStop; 2] = [SyscallStop::Entry(UNASSIGNED), SyscallStop::Exit(-ENOSYS)];
/// The stops of a dispatched call and of its handler's return, which puts the number back into rax.
const DISPATCHED: [SyscallStop; 3] = [
    SyscallStop::Signal(SIGSYS),
    SyscallStop::Entry(SYS_rt_sigreturn),
    SyscallStop::Exit(UNASSIGNED),
];
/// The stops of the prctl that arms or disarms.
const SWITCHING: [SyscallStop; 2] = [SyscallStop::Entry(SYS_prctl), SyscallStop::Exit(0)];
const LEAVING: [SyscallStop; 2] =
    [SyscallStop::Entry(SYS_exit), SyscallStop::Ended(WaitStatus::Exited(0))];

/// A tracee that has armed itself and stopped; when it goes on, it runs `body`.
fn in_scene(gadget: Gadget, body: impl FnOnce(&DispatchedGadget) -> i32) -> Tracee {
    let log = sigsys::handle();
    let tracee = Tracee::start(|| {
        let scene = DispatchedGadget::with(gadget, log);
        tracee::stop_oneself();
        body(&scene)
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    tracee
}

/// The tracee arms, makes a dispatched call and an allowed call, disarms, and makes a further call.
#[rstest]
#[harness::test(
    clause = [
        DISPATCH_TRACING_NO_SYSCALL_STOPS,
        DISPATCH_TRACING_EXIT_STOP,
        DISPATCH_TRACING_INVISIBLE,
    ],
    catches = "a syscall stop of a dispatched call, or none of the prctl that arms or disarms",
    needs = [DISPATCH, PTRACE],
)]
fn a_tracer_of_calls_sees_all_but_the_dispatched() {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let selector = Selector::ordinary();
    let tracee = Tracee::start(|| {
        let armed = dispatch::arm_with(gadget.everything_else(), selector);
        armed.blocked(|| gadget.call(UNASSIGNED));
        gadget.call(UNASSIGNED);
        dispatch::turn_off();
        armed.blocked(|| gadget.call(UNASSIGNED));
        0
    });
    let seen = tracee.trace(Resume::Syscall);
    let expected = [&SWITCHING[..], &DISPATCHED, &PLAIN, &SWITCHING, &PLAIN, &LEAVING].concat();
    assert_eq!(seen, expected);
    assert_eq!(log.count(), 1);
}

/// Exactly one pair of stops is missing for each dispatched call, wherever it stands.
#[rstest]
#[case::plain_alone("pp")]
#[case::then_plain("dppp")]
#[case::between("pdp")]
#[case::twice("ddp")]
#[case::alternating("dpdpd")]
#[case::then_exempt("dee")]
#[case::exempt_alone("eep")]
#[harness::test(
    clause = [DISPATCH_TRACING_EXIT_STOP, DISPATCH_TRACING_NO_SYSCALL_STOPS],
    catches = "a dispatched call after which another call loses or gains a stop",
    needs = [DISPATCH, PTRACE],
)]
fn a_dispatched_call_takes_its_own_stops_away(#[case] calls: &'static str) {
    let gadget = Gadget::syscall();
    let exempt = Gadget::syscall();
    let tracee = in_scene(gadget, |scene| {
        for call in calls.bytes() {
            match call {
                b'd' => scene.armed.blocked(|| gadget.call(UNASSIGNED)),
                b'e' => scene.armed.blocked(|| exempt.call(UNASSIGNED)),
                _ => gadget.call(UNASSIGNED),
            };
        }
        0
    });
    let stops = |call| if call == b'd' { &DISPATCHED[..] } else { &PLAIN[..] };
    let mut expected: Vec<SyscallStop> = calls.bytes().flat_map(stops).copied().collect();
    expected.extend(LEAVING);
    assert_eq!(tracee.trace(Resume::Syscall), expected);
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_TRACING_NO_SYSCALL_STOPS, DISPATCH_TRACING_EXIT_STOP, DISPATCH_NUMBER_INT80],
    catches = "an int 0x80 path that reports a dispatched call to the tracer, or takes a stop of \
        the next call away",
    needs = [DISPATCH, PTRACE, INT80],
)]
fn a_dispatched_32_bit_call_takes_its_own_stops_away() {
    let tracee = in_scene(Gadget::int80(), |scene| {
        scene.call(UNASSIGNED);
        scene.gadget.call(UNASSIGNED);
        0
    });
    let expected = [&DISPATCHED[..], &PLAIN, &LEAVING].concat();
    assert_eq!(tracee.trace(Resume::Syscall), expected);
}

#[rstest]
#[case::delivered(SIGSYS)]
#[case::suppressed(0)]
#[harness::test(
    clause = DISPATCH_TRACING_EXIT_STOP,
    catches = "a flag left by a call dispatched under PTRACE_CONT that takes away a stop under a \
        later PTRACE_SYSCALL",
    needs = [DISPATCH, PTRACE],
)]
fn an_earlier_dispatched_call_takes_no_stop_away(#[case] signal: i32) {
    let tracee = in_scene(Gadget::syscall(), |scene| {
        scene.call(UNASSIGNED);
        tracee::stop_oneself();
        scene.gadget.call(UNASSIGNED);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSYS));
    assert_eq!(tracee.next(Resume::Continue, signal), Stop::Signal(SIGSTOP));
    assert_eq!(tracee.trace(Resume::Syscall), [PLAIN, LEAVING].concat());
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_TRACING_EXIT_STOP, DISPATCH_TRACING_SUPPRESSED_SIGSYS],
    catches = "a dispatched call whose suppressed SIGSYS costs the next call a stop",
    needs = [DISPATCH, PTRACE],
)]
fn a_suppressed_signal_takes_no_stop_away() {
    let tracee = in_scene(Gadget::syscall(), |scene| {
        scene.call(UNASSIGNED);
        scene.gadget.call(UNASSIGNED);
        0
    });
    assert_eq!(tracee.next_stop(Resume::Syscall, 0), SyscallStop::Signal(SIGSYS));
    assert_eq!(tracee.trace(Resume::Syscall), [PLAIN, LEAVING].concat());
}

/// The allowed call, one byte apart, stops at its entry.
#[rstest]
#[case::blocked(BLOCK, SyscallStop::Signal(SIGSYS))]
#[case::allowed(ALLOW, SyscallStop::Entry(UNASSIGNED))]
#[harness::test(
    clause = [DISPATCH_TRACING_NO_SYSCALL_STOPS, DISPATCH_TRACING_INVISIBLE],
    catches = "a PTRACE_SYSEMU stop for a call that is dispatched",
    needs = [DISPATCH, PTRACE],
)]
fn an_emulating_tracer_sees_no_dispatched_call(#[case] byte: u8, #[case] expected: SyscallStop) {
    let tracee = in_scene(Gadget::syscall(), move |scene| scene.outcome_with(byte).exit_status());
    assert_eq!(tracee.next_stop(Resume::Sysemu, 0), expected);
    let outcome = if byte == BLOCK { CallOutcome::Dispatched } else { CallOutcome::Native };
    let signal = if byte == BLOCK { SIGSYS } else { 0 };
    assert_eq!(
        tracee.next(Resume::Continue, signal),
        Stop::Ended(WaitStatus::Exited(outcome.exit_status()))
    );
}

/// PTRACE_GET_SYSCALL_INFO names no call at this stop.
#[rstest]
#[case::call_stops(Resume::Syscall)]
#[case::signal_stops(Resume::Continue)]
#[case::emulation(Resume::Sysemu)]
#[harness::test(
    clause = DISPATCH_TRACING_NO_SYSCALL_STOPS,
    catches = "a SIGSYS stop at which rax or orig_rax is not the number, or which counts as a \
        syscall stop",
    needs = [DISPATCH, PTRACE],
)]
fn the_signal_stop_shows_the_number(#[case] how: Resume) {
    let gadget = Gadget::syscall();
    let tracee = in_scene(gadget, |scene| scene.outcome().exit_status());
    assert_eq!(tracee.next(how, 0), Stop::Signal(SIGSYS));
    let image = tracee.registers();
    observe!("orig_rax at the SIGSYS stop", image.call());
    assert_eq!((image.reg(Reg::Rax) as i64, image.call()), (UNASSIGNED, UNASSIGNED));
    assert_eq!(gadget.place(image.reg(Reg::Rip)), Place::AFTER);
    assert_eq!(tracee.syscall_info(), SyscallInfo::None);
    let end = tracee.next(Resume::Continue, SIGSYS);
    assert_eq!(end, Stop::Ended(WaitStatus::Exited(CallOutcome::Dispatched.exit_status())));
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_TRACING_NO_SYSCALL_STOPS, DISPATCH_SIGINFO_CODE, DISPATCH_SIGINFO_SYSCALL],
    catches = "a tracer's siginfo that differs from the handler's in a field, or holds stale bytes \
        after the fields",
    needs = [DISPATCH, PTRACE],
)]
fn a_tracer_reads_the_handlers_siginfo() {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let tracee = Tracee::start(|| {
        let scene = DispatchedGadget::with(gadget, log);
        scene.call(UNASSIGNED);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSYS));
    let read = tracee.info();
    assert_eq!(tracee.next(Resume::Continue, SIGSYS), Stop::Ended(WaitStatus::Exited(0)));
    assert_eq!(log.count(), 1);
    let handled = log.delivery(0).expect("the handler wrote it down");
    for info in [read, handled] {
        assert_eq!((info.signo(), info.errno(), info.code()), (SIGSYS, 0, 2));
        assert_eq!(i64::from(info.syscall()), UNASSIGNED);
        assert_eq!(info.arch(), Entry::Syscall.audit_arch());
        assert_eq!(info.padding(), 0);
        assert!(info.rest().iter().all(|word| *word == 0), "bytes after the fields are not 0");
    }
    assert_eq!(gadget.place(read.call_addr()), gadget.place(handled.call_addr()));
}

#[rstest]
#[case::nothing_stored(None, SYS_getpid)]
#[case::result_stored(Some(777), 777)]
#[harness::test(
    clause = DISPATCH_TRACING_SUPPRESSED_SIGSYS,
    catches = "a call that is made when the tracer suppresses its SIGSYS, or a result from the \
        tracer that is lost",
    needs = [DISPATCH, PTRACE],
)]
fn a_suppressed_signal_leaves_the_number_as_the_result(
    #[case] stored: Option<u64>,
    #[case] expected: i64,
) {
    let gadget = Gadget::syscall();
    let tracee = in_scene(gadget, |scene| {
        let result = scene.call(SYS_getpid);
        assert_eq!(result, expected, "the result");
        scene.log.count() as i32
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSYS));
    if let Some(value) = stored {
        let mut image = tracee.registers();
        image.set(Reg::Rax, value);
        tracee.set_registers(&image);
    }
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_TRACING_SUPPRESSED_SIGSYS,
    catches = "a SIGSYS that is delivered although the tracer replaces it by another signal",
    needs = [DISPATCH, PTRACE],
)]
fn a_replaced_signal_is_delivered_instead() {
    let other = sigsys::handle_signal(SIGUSR1, SigAction::PLAIN);
    let tracee = in_scene(Gadget::syscall(), |scene| {
        let result = scene.call(UNASSIGNED);
        assert_eq!(result, UNASSIGNED, "the result");
        scene.log.count() as i32
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSYS));
    assert_eq!(tracee.next(Resume::Continue, SIGUSR1), Stop::Ended(WaitStatus::Exited(0)));
    assert_eq!(other.count(), 1);
    assert_eq!(other.delivery(0).map(|caught| caught.signal()), Some(SIGUSR1));
}

/// Under PTRACE_SYSCALL, the tracer sees the exit stop of a call whose entry stop it never saw.
#[rstest]
#[harness::test(
    clause = [DISPATCH_TRACING_FORCED_DEATH, DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE],
    catches = "a signal-delivery-stop before the death by an invalid value, in one of four ways of \
        resuming",
    needs = [DISPATCH, PTRACE],
)]
fn an_unexpected_value_kills_past_the_tracer(
    #[values(PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SYSEMU, PTRACE_SINGLESTEP)] how: Resume,
    #[values(2, 0x7f, 0xff)] value: u8,
) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let tracee = Tracee::start(move || {
        let scene = DispatchedGadget::with(gadget, log);
        scene.armed.select(value);
        tracee::stop_oneself();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    place_at(&tracee, &gadget);
    assert_eq!(tracee.trace(how), killed_by(SIGSYS, how));
    assert_eq!(log.count(), 0);
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_TRACING_FORCED_DEATH, DISPATCH_SELECTOR_UNREADABLE],
    catches = "a signal-delivery-stop before the death by an unreadable selector",
    needs = [DISPATCH, PTRACE],
)]
fn an_unreadable_byte_kills_past_the_tracer(#[values(PTRACE_CONT, PTRACE_SYSCALL)] how: Resume) {
    let gadget = Gadget::syscall();
    let selector = Selector::unreadable();
    let handled = sigsys::handle_signal(SIGSEGV, SigAction::PLAIN);
    let tracee = Tracee::start(move || {
        dispatch::arm_with(gadget.everything_else(), selector).keep();
        tracee::stop_oneself();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    place_at(&tracee, &gadget);
    assert_eq!(tracee.trace(how), killed_by(SIGSEGV, how));
    assert_eq!(handled.count(), 0);
}

fn killed_by(signal: i32, how: Resume) -> Vec<SyscallStop> {
    let mut stops = vec![SyscallStop::Ended(WaitStatus::KilledBy(signal))];
    if how == Resume::Syscall {
        stops.insert(0, SyscallStop::Exit(-ENOSYS));
    }
    stops
}

/// Moves a stopped tracee to the gadget's instruction, with an unassigned number.
fn place_at(tracee: &Tracee, gadget: &Gadget) {
    let mut image = tracee.registers();
    image.set(Reg::Rip, gadget.instruction());
    image.set(Reg::Rax, UNASSIGNED as u64);
    image.set_orig_rax(-1);
    tracee.set_registers(&image);
}

/// Steps over the instruction: SIGSYS comes after it, then SIGTRAP at the handler's first
/// instruction.
fn step_into_handler(gadget: Gadget) {
    let tracee = in_scene(gadget, |scene| {
        scene.armed.select(BLOCK);
        tracee::stop_oneself();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    place_at(&tracee, &gadget);
    assert_eq!(tracee.next(Resume::SingleStep, 0), Stop::Signal(SIGSYS));
    let image = tracee.registers();
    assert_eq!(gadget.place(image.reg(Reg::Rip)), Place::AFTER);
    assert_eq!(image.reg(Reg::Rax) as i64, UNASSIGNED);
    assert_eq!(tracee.next(Resume::SingleStep, SIGSYS), Stop::Signal(SIGTRAP));
    let at_handler = tracee.registers().reg(Reg::Rip) == sigsys::handler();
    assert!(at_handler, "the trap is not at the handler's first instruction");
}

/// Steps over an allowed call: it is made, and SIGTRAP comes after the instruction.
fn step_over_call(gadget: Gadget) {
    let tracee = in_scene(gadget, |_| 0);
    place_at(&tracee, &gadget);
    assert_eq!(tracee.next(Resume::SingleStep, 0), Stop::Signal(SIGTRAP));
    let image = tracee.registers();
    assert_eq!(gadget.place(image.reg(Reg::Rip)), Place::AFTER);
    assert_eq!(image.reg(Reg::Rax) as i64, -ENOSYS);
}

#[rstest]
#[harness::test(
    clause = DISPATCH_TRACING_SINGLESTEP,
    catches = "a SIGTRAP for the step before the SIGSYS, or a step that is lost on the way into \
        the handler",
    needs = [DISPATCH, PTRACE],
)]
fn stepping_a_dispatched_call_stops_with_its_signal() {
    step_into_handler(Gadget::syscall());
}

#[rstest]
#[harness::test(
    clause = DISPATCH_TRACING_SINGLESTEP,
    catches = "an int 0x80 path that raises SIGTRAP for a dispatched call as it does after a call \
        that was made",
    needs = [DISPATCH, PTRACE, INT80],
)]
fn stepping_a_dispatched_32_bit_call_stops_with_its_signal() {
    step_into_handler(Gadget::int80());
}

#[rstest]
#[harness::test(
    clause = DISPATCH_TRACING_SINGLESTEP_NOT_DISPATCHED,
    catches = "a SIGTRAP that comes before the call of an armed thread is made, or an instruction \
        late",
    needs = [DISPATCH, PTRACE],
)]
fn stepping_a_plain_call_traps_after_it() {
    step_over_call(Gadget::syscall());
}

#[rstest]
#[harness::test(
    clause = DISPATCH_TRACING_SINGLESTEP_NOT_DISPATCHED,
    catches = "a step that is lost in an int 0x80 of an armed thread, so that SIGTRAP comes an \
        instruction late",
    needs = [DISPATCH, PTRACE, INT80],
)]
fn stepping_a_plain_32_bit_call_traps_after_it() {
    step_over_call(Gadget::int80());
}
