//! SECCOMP_RET_TRACE without a tracer, or with a tracer that did not set PTRACE_O_TRACESECCOMP.

use super::traced::*;
use crate::assertions::{Play, play};
use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::needs::{INT80, PTRACE, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::script::{Returned, SharedResults, Step, Traced, call, call_args};
use fixtures::tracee::{self, Resume, Stop, Tracee};
use fixtures::{Entry, Reg};
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PTRACE_O_EXITKILL, PTRACE_O_TRACECLONE, PTRACE_O_TRACEEXEC, PTRACE_O_TRACEFORK,
    PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESYSGOOD, PTRACE_O_TRACEVFORKDONE, SIGCHLD, SIGSTOP,
    SYS_getppid, unistd_32,
};

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NO_TRACER,
    catches = "RET_TRACE without a tracer that executes the call, or returns its data as the error",
    needs = [SECCOMP_FILTER],
)]
fn without_a_tracer_the_call_is_not_made(#[values(0, 1, 38, 0x7fff, 0xffff)] data: u16) {
    let deed = ObservableCall::dup2();
    let gadget = Gadget::syscall();
    filter::load(deed.nr as u32, Action::Trace(data));
    let result = gadget.call_args(deed.nr, deed.args);
    assert_eq!((result, deed.took_effect()), (-ENOSYS, false));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NO_TRACER,
    catches = "a call that fails whatever the filter returns, which would make the refusal under \
        RET_TRACE no evidence",
    needs = [SECCOMP_FILTER],
)]
fn the_same_call_allowed_is_made() {
    let deed = ObservableCall::dup2();
    let gadget = Gadget::syscall();
    filter::load(deed.nr as u32, Action::Allow);
    let result = gadget.call_args(deed.nr, deed.args);
    assert_eq!((result, deed.took_effect()), (200, true));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NO_TRACER,
    catches = "RET_TRACE without a tracer that executes an int 0x80 call",
    needs = [SECCOMP_FILTER, INT80],
)]
fn without_a_tracer_a_32_bit_call_is_enosys() {
    let gadget = Gadget::int80();
    let before = gadget.call(unistd_32::SYS_getpid);
    filter::load(unistd_32::SYS_getpid as u32, Action::Trace(5));
    let after = gadget.call(unistd_32::SYS_getpid);
    assert_eq!((child::is_own_pid(before), after), (true, -ENOSYS));
}

#[rstest]
#[case::no_option(0)]
#[case::exec(PTRACE_O_TRACEEXEC)]
#[case::fork_and_clone(PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE)]
#[case::vfork_done(PTRACE_O_TRACEVFORKDONE)]
#[harness::test(
    clause = [SECCOMP_TRACE_OPTION, SECCOMP_TRACE_NO_TRACER],
    catches = "an event for a tracer that set other options than PTRACE_O_TRACESECCOMP",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_tracer_without_the_option_gets_no_event(#[case] options: i32) {
    let deed = ObservableCall::dup2();
    let filter = filter::Filter::only(filter::number(deed.nr), Action::Trace(7));
    let calls = [call_args(deed.nr, deed.args)];
    let traced = Traced::start(options, Gadget::syscall(), &filter, &calls);
    let (_, end) = traced.play(Resume::Continue, &[]);
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::ENOSYS));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NO_TRACER,
    catches = "a result written at the entry stop that is kept instead of the -ENOSYS of RET_TRACE",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_result_written_before_does_not_outlive_the_refusal() {
    let traced = Traced::start(0, Gadget::syscall(), &traces(), &[call(SYS_getppid)]);
    let script = [Step::call().rax(42).then(Resume::Syscall), Step::call()];
    let (sights, end) = traced.play(Resume::Syscall, &script);
    assert_eq!(sights[1].summary(), (Stop::Syscall, SYS_getppid, Returned::ENOSYS));
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::ENOSYS));
}

#[rstest]
#[case::set(0, PTRACE_O_TRACESECCOMP)]
#[case::taken_back(PTRACE_O_TRACESECCOMP, 0)]
#[harness::test(
    clause = SECCOMP_TRACE_OPTION,
    catches = "PTRACE_O_TRACESECCOMP fixed when the filter is installed, so that setting or clearing it \
        later has no effect",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_option_counts_when_the_call_is_made(#[case] first: i32, #[case] second: i32) {
    let good = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
    let traced = Traced::start(0, Gadget::syscall(), &traces(), &[call(SYS_getppid); 2]);
    let tracee = &traced.tracee;
    for options in [first, second] {
        tracee.set_options(good | options);
        let mut script = vec![Step::call().then(Resume::Syscall)];
        if options != 0 {
            script.push(Step::event().then(Resume::Syscall));
        }
        let (_, exit) = play(tracee, Resume::Syscall, &script);
        assert_eq!(exit, Stop::Syscall);
    }
    let end = tracee.next(Resume::Continue, 0);
    let answer = |options| if options == 0 { Returned::ENOSYS } else { Returned::TracerPid };
    let answers = [traced.returned(0), traced.returned(1)];
    assert_eq!((end, answers), (EXITED_0, [first, second].map(answer)));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_NO_TRACER,
    catches = "an untraced child that makes events for its parent's tracer, or waits for that tracer",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_forked_child_without_a_tracer_gets_no_event() {
    let gadget = Gadget::syscall();
    let (own, childs) = (SharedResults::new(), SharedResults::new());
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        traces().load();
        let forked = child::start(Flavour::Fork, || {
            childs.add(gadget.call_with(call(SYS_getppid)));
            0
        });
        // SIGCHLD is ignored by default, but a tracer sees it.
        forked.end();
        own.add(gadget.call_with(call(SYS_getppid)));
        0
    });
    let script = [Step::at(Stop::Signal(SIGCHLD)), Step::event().nr(-1).rax(42)];
    let (_, end) = play(&tracee, Resume::Continue, &script);
    let answers = [childs.returned(0, tracee.pid), own.returned(0, tracee.pid)];
    assert_eq!((end, answers), (EXITED_0, [Returned::ENOSYS, Returned::Value(42)]));
}

#[rstest]
#[case::first_thread_traced(true)]
#[case::second_thread_traced(false)]
#[harness::test(
    clause = [SECCOMP_TRACE_OPTION, SECCOMP_TRACE_NO_TRACER],
    catches = "PTRACE_O_TRACESECCOMP looked up for the process instead of the calling thread",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_thread_beside_a_traced_one_gets_no_event(#[case] first: bool) {
    let gadget = Gadget::syscall();
    let (traced, untraced) = (SharedResults::new(), SharedResults::new());
    let start = |body: &dyn Fn()| {
        child::start(Flavour::CloneThread, || {
            body();
            0
        })
        .end()
    };
    let plain = || untraced.add(gadget.call_with(call(SYS_getppid)));
    if first {
        let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
            traces().load();
            start(&plain);
            traced.add(gadget.call_with(call(SYS_getppid)));
            0
        });
        let (_, end) = play(&tracee, Resume::Continue, &[Step::event().nr(-1).rax(42)]);
        assert_eq!(end, EXITED_0);
    } else {
        let tid = fixtures::thread::Steps::new();
        let process = child::start(Flavour::Fork, || {
            traces().load();
            let thread = child::start(Flavour::CloneThread, || {
                tracee::ask_for_tracer();
                tid.reach(child::own_tid() as u32);
                child::send_thread(SIGSTOP);
                traced.add(gadget.call_with(call(SYS_getppid)));
                0
            });
            thread.end();
            plain();
            0
        });
        tid.wait_for(1);
        let tracee = Tracee::adopt(tid.now() as i32);
        assert_eq!(tracee.wait(), Stop::Signal(SIGSTOP));
        tracee.set_options(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP);
        let (_, end) = play(&tracee, Resume::Continue, &[Step::event().nr(-1).rax(42)]);
        assert_eq!((end, process.end()), (EXITED_0, fixtures::WaitStatus::Exited(0)));
    }
    let results =
        [traced, untraced].map(|notes| notes.registers(0).map(|after| after[Reg::Rax] as i64));
    assert_eq!(results, [Some(42), Some(-ENOSYS)]);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_OPTION,
    catches = "an int 0x80 call that makes an event without PTRACE_O_TRACESECCOMP, or none with the option",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn a_32_bit_call_needs_the_option_too(#[values(0, PTRACE_O_TRACESECCOMP)] option: i32) {
    let filter = filter::Filter::only(filter::number(unistd_32::SYS_getppid), Action::Trace(7));
    let gadget = Gadget::new(Entry::Int80);
    let traced = Traced::start(option, gadget, &filter, &[call(unistd_32::SYS_getppid)]);
    let script = [Step::event().nr(-1).rax(42)];
    let (_, end) = traced.play(Resume::Continue, if option == 0 { &[] } else { &script });
    let expected = if option == 0 { -ENOSYS } else { 42 };
    assert_eq!((end, traced.returned(0)), (EXITED_0, Returned::Value(expected)));
}
