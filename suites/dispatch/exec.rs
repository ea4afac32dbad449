//! A new program begins without dispatch; an execve that fails changes nothing.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget, UNASSIGNED};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, ALLOW, BLOCK, Region};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, INTERCEPTED, NATIVE, Program};
use fixtures::needs::{DISPATCH, INCLUSIVE, PROGRAM32, SECCOMP_FILTER};
use fixtures::program32::{self, FINE, Way as Program32Way};
use fixtures::selector::{Access, Selector};
use fixtures::thread::spawn;
use fixtures::{Entry, Errno, WaitStatus, filter, sigsys};
use rstest::rstest;

/// How the helper program is executed.
#[derive(Clone, Copy, Debug)]
enum Way {
    Path,
    Descriptor,
    Script,
}

impl Way {
    fn take(self, program: &Program) -> Errno {
        match self {
            Self::Path => program.execute(),
            Self::Descriptor => program.execute_fd(),
            Self::Script => program.execute_script(),
        }
    }
}

/// The state of the selector at the execve.
#[derive(Clone, Copy, Debug)]
enum SelectorState {
    Blocks,
    Garbage,
    Unreadable,
    Absent,
}

use SelectorState::{Absent, Blocks, Garbage, Unreadable};

/// Arms with that selector; the calling code stays exempt.
fn arm(state: SelectorState) {
    arm_exempting(Gadget::syscall().everything_else(), state);
}

fn arm_exempting(region: Region, state: SelectorState) {
    let selector = if let Absent = state { Selector::NONE } else { Selector::ordinary() };
    dispatch::arm_with(region, selector).keep();
    match state {
        Blocks | Absent => selector.store(BLOCK),
        Garbage => selector.store(0x7f),
        Unreadable => selector.protect(Access::None),
    }
}

/// The helper makes calls from gadgets below the region. The selector's page is gone by then, so
/// that inherited dispatch would end the helper.
#[rstest]
#[harness::test(
    clause = [DISPATCH_INHERIT_EXECVE, DISPATCH_INHERIT_RESETS_TO_OFF],
    catches = "an execve that leaves dispatch on, with the region and the selector of the old \
        memory",
    needs = [DISPATCH],
)]
fn a_new_program_is_free(
    #[values(Way::Path, Way::Descriptor, Way::Script)] way: Way,
    #[values(Blocks, Garbage, Unreadable, Absent)] state: SelectorState,
) {
    let program = Program::new();
    let child = child::start(Flavour::Fork, || {
        arm(state);
        way.take(&program);
        1
    });
    assert_eq!(child.end(), WaitStatus::Exited(NATIVE));
}

/// Of the armed child, one gadget alone is exempt, and it makes the execve. Nothing of the new program is: it would die
/// of its first call.
#[rstest]
#[harness::test(
    clause = [DISPATCH_INHERIT_EXECVE, DISPATCH_INHERIT_RESETS_TO_OFF],
    catches = "an execve of a 32-bit program that leaves dispatch on",
    needs = [DISPATCH, PROGRAM32],
)]
fn a_new_32_bit_program_is_free(
    #[values(Blocks, Garbage, Unreadable, Absent)] state: SelectorState,
) {
    let end = program32::run_through(Program32Way::Probe, || {
        let gadget = Gadget::syscall();
        arm_exempting(gadget.own_pages(), state);
        gadget
    });
    assert_eq!(end, WaitStatus::Exited(FINE));
}

/// In the new program the selector's address holds a value that blocks: it would die of its first call.
#[harness::test(
    clause = [DISPATCH_INHERIT_EXECVE, DISPATCH_INHERIT_RESETS_TO_OFF],
    catches = "dispatch that is left on where the program that executes another is a 32-bit one",
    needs = [DISPATCH, PROGRAM32],
)]
fn what_a_32_bit_program_executes_is_free() {
    assert_eq!(program32::run_anew(), WaitStatus::Exited(FINE));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_INHERIT_EXECVE,
    catches = "an execve that ends exclusive mode alone",
    needs = [DISPATCH, INCLUSIVE],
)]
fn inclusive_mode_does_not_survive_either(
    #[values(Way::Path, Way::Descriptor, Way::Script)] way: Way,
) {
    let program = Program::new();
    let child = child::start(Flavour::Fork, || {
        // The region holds all addresses at which gadgets lie, those of the helper too.
        let region = Region::new(0x1000, 0x3f_0000);
        dispatch::arm_inclusive(region, Selector::NONE).keep();
        way.take(&program);
        1
    });
    assert_eq!(child.end(), WaitStatus::Exited(NATIVE));
}

/// By its execve, the thread becomes the leader.
#[rstest]
#[harness::test(
    clause = DISPATCH_INHERIT_EXECVE,
    catches = "an execve by another thread than the leader that keeps the dispatch of either",
    needs = [DISPATCH],
)]
fn a_program_executed_by_a_second_thread_is_free(
    #[values(Way::Path, Way::Descriptor, Way::Script)] way: Way,
    #[values(false, true)] leader_armed: bool,
) {
    let program = Program::new();
    let child = child::start(Flavour::Fork, || {
        if leader_armed {
            arm(Blocks);
        }
        std::thread::scope(|scope| {
            let thread = spawn(scope, || {
                arm(Absent);
                way.take(&program);
            });
            let _ = thread.join();
        });
        1
    });
    assert_eq!(child.end(), WaitStatus::Exited(NATIVE));
}

/// An unarmed thread calls execve while the leader is armed: it takes over the leader's TID, not
/// its dispatch.
#[rstest]
#[harness::test(
    clause = DISPATCH_INHERIT_EXECVE,
    catches = "an execve that takes over the leader's dispatch with its TID",
    needs = [DISPATCH],
)]
fn a_program_executed_beside_an_armed_thread_is_free() {
    let program = Program::new();
    let child = child::start(Flavour::Fork, || {
        arm(Absent);
        std::thread::scope(|scope| {
            let _ = spawn(scope, || program.execute()).join();
        });
        1
    });
    assert_eq!(child.end(), WaitStatus::Exited(NATIVE));
}

#[derive(Clone, Copy, Debug)]
enum Spawn {
    Library,
    Vfork,
    MemoryShared,
    Fork,
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_INHERIT_EXECVE, DISPATCH_INHERIT_CLONE, DISPATCH_INHERIT_VFORK],
    catches = "dispatch that reaches a program through vfork or clone, or that the parent loses by \
        starting it",
    needs = [DISPATCH],
)]
fn a_program_that_an_armed_process_starts_is_free(
    #[values(Spawn::Library, Spawn::Vfork, Spawn::MemoryShared, Spawn::Fork)] how: Spawn,
    #[values(BLOCK, 0x7f)] byte: u8,
) {
    let program = Program::new();
    let scene = DispatchedGadget::new(Entry::Syscall);
    let execute = |flavour| {
        let body = || {
            program.execute();
            1
        };
        child::start(flavour, body).end()
    };
    scene.armed.select(byte);
    let end = match how {
        Spawn::Library => child::end_of(program.spawn()),
        Spawn::Vfork => execute(Flavour::Vfork),
        Spawn::MemoryShared => execute(Flavour::CloneVm),
        Spawn::Fork => execute(Flavour::Fork),
    };
    scene.armed.select(ALLOW);
    assert_eq!(end, WaitStatus::Exited(NATIVE));
    assert_eq!(
        [scene.outcome(), scene.outcome_with(ALLOW)],
        [CallOutcome::Dispatched, CallOutcome::Native]
    );
}

/// The filter answers the helper's unassigned call. A task that was never armed is the control.
#[rstest]
#[harness::test(
    clause = [DISPATCH_INHERIT_EXECVE, DISPATCH_ORDER_SECCOMP_STILL_APPLIES],
    catches = "an execve that drops the seccomp filter along with dispatch",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_filter_outlives_an_execve_that_ends_dispatch(#[values(false, true)] armed: bool) {
    let program = Program::new();
    let child = child::start(Flavour::Fork, || {
        filter::load(UNASSIGNED as u32, filter::Action::Errno(77));
        if armed {
            arm(Absent);
        }
        program.execute();
        1
    });
    assert_eq!(child.end(), WaitStatus::Exited(INTERCEPTED));
}

/// An ELF header with a machine number that no kernel executes.
const STRANGE: [u8; 64] = {
    let mut header = [0u8; 64];
    [header[0], header[1], header[2], header[3]] = [0x7f, b'E', b'L', b'F'];
    [header[4], header[5], header[6]] = [2, 1, 1];
    header[16] = 2;
    header[18] = 0xff;
    header
};

/// Each row fails later than the row before: at the name, at the permission, at the format.
#[rstest]
#[case::no_such_file(|| helper::execute_nothing(), Errno::ENOENT)]
#[case::not_a_directory(|| helper::execute_below_a_file(), Errno::ENOTDIR)]
#[case::not_executable(|| helper::execute_path(c"/"), Errno::EACCES)]
#[case::empty(|| helper::execute_bytes(b""), Errno::ENOEXEC)]
#[case::no_format(|| helper::execute_bytes(b"none of the formats"), Errno::ENOEXEC)]
#[case::strange_machine(|| helper::execute_bytes(&STRANGE), Errno::ENOEXEC)]
#[case::no_interpreter(|| helper::execute_bytes(b"#!/nonexistent/sigsys\n"), Errno::ENOENT)]
#[harness::test(
    clause = DISPATCH_INHERIT_FAILED_EXECVE,
    catches = "an execve that resets dispatch before the point of no return",
    needs = [DISPATCH],
)]
fn a_failed_execve_leaves_dispatch_as_it_was(
    #[case] execute: fn() -> Errno,
    #[case] expected: Errno,
) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let exempt = Gadget::syscall();
    let errno = scene.armed.blocked(execute);
    assert_eq!(errno, expected);
    assert_eq!(
        [scene.outcome(), scene.outcome_with(ALLOW)],
        [CallOutcome::Dispatched, CallOutcome::Native]
    );
    let outcome = scene.armed.blocked(|| fixtures::call_outcome::of_call(&exempt, *scene.log));
    assert_eq!(outcome, CallOutcome::Native);
}

#[rstest]
#[harness::test(
    clause = DISPATCH_INHERIT_FAILED_EXECVE,
    catches = "a failed execve that brings back a configuration turned off before",
    needs = [DISPATCH],
)]
fn a_failed_execve_arms_nothing() {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::ordinary());
    dispatch::turn_off();
    helper::execute_bytes(b"none of the formats");
    let outcome = armed.blocked(|| fixtures::call_outcome::of_call(&gadget, log));
    assert_eq!(outcome, CallOutcome::Native);
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_INHERIT_FAILED_EXECVE, DISPATCH_SCOPE_THREADS_INDEPENDENT],
    catches = "a failed execve that resets the dispatch of other threads",
    needs = [DISPATCH],
)]
fn a_failed_execve_of_another_thread_leaves_dispatch_as_it_was() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    std::thread::scope(|scope| {
        let thread = spawn(scope, helper::execute_nothing);
        assert_eq!(thread.join().expect("the thread returns"), Errno::ENOENT);
    });
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}
