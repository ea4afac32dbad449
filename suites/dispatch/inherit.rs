//! A new task begins without dispatch, however it is made, and its maker keeps its own.

use crate::clauses::*;
use fixtures::call_outcome::{self, CallOutcome, LogBox, from_exit_status};
use fixtures::child::{self, Child, Flavour};
use fixtures::dispatch::{self, ALLOW, Armed, BLOCK};
use fixtures::gadget::Gadget;
use fixtures::needs::{CLONE3, DISPATCH, INCLUSIVE, NAMESPACES, SECCOMP_FILTER};
use fixtures::selector::{Access, Selector};
use fixtures::thread::spawn;
use fixtures::{Entry, WaitStatus, filter, sigsys};
use rstest::rstest;

const GARBAGE: u8 = 0x7f;

/// Selector state while the child is made and calls; each would visibly affect a child that
/// inherited dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SelectorState {
    /// Calls are dispatched.
    Blocks,
    /// Calls kill with SIGSYS.
    Garbage,
    /// Calls kill with SIGSEGV.
    Unreadable,
    /// Calls are dispatched without a selector.
    Absent,
}

use SelectorState::{Absent, Blocks, Garbage, Unreadable};

/// Two gadgets; of the armed maker's calls, those from the first gadget alone are dispatched.
pub(super) struct Maker {
    gadget: Gadget,
    exempt: Gadget,
    log: LogBox,
    selector: Selector,
    armed: Armed,
    state: SelectorState,
}

impl Maker {
    fn new(state: SelectorState) -> Self {
        Self::of(Entry::Syscall, state)
    }

    /// One whose gadgets make calls of this ABI.
    pub(super) fn of(entry: Entry, state: SelectorState) -> Self {
        Self::with(entry, state, |gadget, selector| {
            dispatch::arm_with(gadget.everything_else(), selector)
        })
    }

    fn inclusive(state: SelectorState) -> Self {
        Self::with(Entry::Syscall, state, |gadget, selector| {
            dispatch::arm_inclusive(gadget.own_pages(), selector)
        })
    }

    fn with(
        entry: Entry,
        state: SelectorState,
        arm: impl FnOnce(&Gadget, Selector) -> Armed,
    ) -> Self {
        let log = LogBox(sigsys::handle());
        let (gadget, exempt) = (Gadget::new(entry), Gadget::new(entry));
        let selector = if state == Absent { Selector::NONE } else { Selector::ordinary() };
        let armed = arm(&gadget, selector);
        Self { gadget, exempt, log, selector, armed, state }
    }

    /// Makes a child and gives the outcome of the child's calls from both gadgets.
    pub(super) fn child(&self, flavour: Flavour) -> Result<CallOutcome, WaitStatus> {
        self.during(|| child::start(flavour, || self.status()))
    }

    /// As [`Self::child`], for a child that is made in any way.
    fn during(&self, make: impl FnOnce() -> Child) -> Result<CallOutcome, WaitStatus> {
        self.armed.select(if self.state == Garbage { GARBAGE } else { BLOCK });
        if self.state == Unreadable {
            self.selector.protect(Access::None);
        }
        let end = make().end();
        if self.state == Unreadable {
            self.selector.protect(Access::ReadWrite);
        }
        self.armed.select(ALLOW);
        from_exit_status(end)
    }

    /// The outcome of a call from the gadget, unless that of a call from the exempt one differs.
    fn status(&self) -> i32 {
        let outcome = call_outcome::of_call(&self.gadget, *self.log);
        match call_outcome::of_call(&self.exempt, *self.log) {
            CallOutcome::Native => outcome.exit_status(),
            odd => odd.exit_status(),
        }
    }

    /// Mode, region and selector of the maker are what they were.
    #[track_caller]
    pub(super) fn assert_armed_as_before(&self) {
        let gadget = self.armed.blocked(|| call_outcome::of_call(&self.gadget, *self.log));
        let exempt = self.armed.blocked(|| call_outcome::of_call(&self.exempt, *self.log));
        let allowed = self.armed.selected(ALLOW, || call_outcome::of_call(&self.gadget, *self.log));
        let expected =
            if self.state == Absent { CallOutcome::Dispatched } else { CallOutcome::Native };
        let states = [gadget, exempt, allowed];
        assert_eq!(
            states,
            [CallOutcome::Dispatched, CallOutcome::Native, expected],
            "the maker afterwards"
        );
    }
}

#[rstest]
#[case::fork(Flavour::Fork)]
#[case::clone_of_the_c_library(Flavour::CloneTid)]
#[harness::test(
    clause = [DISPATCH_INHERIT_FORK, DISPATCH_INHERIT_RESETS_TO_OFF],
    catches = "a fork that copies the parent's dispatch, or clears the parent's instead of the \
        child's",
    needs = [DISPATCH],
)]
fn a_forked_child_is_free_and_its_parent_is_not(
    #[case] flavour: Flavour,
    #[values(Blocks, Garbage, Unreadable, Absent)] state: SelectorState,
) {
    let maker = Maker::new(state);
    assert_eq!(maker.child(flavour), Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

#[rstest]
#[case::nothing_shared(Flavour::Clone)]
#[case::thread(Flavour::CloneThread)]
#[case::handlers_shared(Flavour::CloneSighand)]
#[case::vfork_flag(Flavour::CloneVfork)]
#[case::vm_and_vfork_flags(Flavour::CloneVmVfork)]
#[harness::test(
    clause = DISPATCH_INHERIT_CLONE,
    catches = "dispatch copied into the new task by CLONE_THREAD, CLONE_SIGHAND or CLONE_VFORK",
    needs = [DISPATCH],
)]
fn a_cloned_task_is_free_and_its_maker_is_not(
    #[case] flavour: Flavour,
    #[values(Blocks, Garbage, Unreadable, Absent)] state: SelectorState,
) {
    let maker = Maker::new(state);
    assert_eq!(maker.child(flavour), Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

#[rstest]
#[case::nothing_shared(Flavour::Clone3)]
#[case::memory_shared(Flavour::Clone3Vm)]
#[harness::test(
    clause = DISPATCH_INHERIT_CLONE,
    catches = "a clone3 that lacks the reset of dispatch which fork and clone have",
    needs = [DISPATCH, CLONE3],
)]
fn a_clone3_task_is_free_and_its_maker_is_not(
    #[case] flavour: Flavour,
    #[values(Blocks, Garbage, Unreadable, Absent)] state: SelectorState,
) {
    let maker = Maker::new(state);
    assert_eq!(maker.child(flavour), Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_INHERIT_VFORK, DISPATCH_INHERIT_FORK],
    catches = "dispatch left on in a vfork child, or not on again in the parent that waited for it",
    needs = [DISPATCH],
)]
fn a_vfork_child_is_free_and_its_parent_is_not(
    #[values(Blocks, Garbage, Unreadable, Absent)] state: SelectorState,
) {
    let maker = Maker::new(state);
    assert_eq!(maker.child(Flavour::Vfork), Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

/// The child shares the selector that blocks its maker.
#[rstest]
#[harness::test(
    clause = [DISPATCH_INHERIT_SHARED_MEMORY, DISPATCH_INHERIT_CLONE],
    catches = "dispatch copied into the child by CLONE_VM without CLONE_THREAD",
    needs = [DISPATCH],
)]
fn a_process_in_the_makers_memory_is_free_and_its_maker_is_not(
    #[values(Blocks, Garbage, Unreadable, Absent)] state: SelectorState,
) {
    let maker = Maker::new(state);
    assert_eq!(maker.child(Flavour::CloneVm), Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

/// None of these flags has to do with what the task calls.
#[rstest]
#[case::working_folder_shared(Flavour::CloneFs)]
#[case::semaphores_shared(Flavour::CloneSysvsem)]
#[case::files_shared(Flavour::CloneFiles)]
#[case::untraced(Flavour::CloneUntraced)]
#[case::end_unsignalled(Flavour::CloneUnsignalled)]
#[case::traced_with_its_maker(Flavour::ClonePtrace)]
#[case::handlers_cleared(Flavour::Clone3ClearSighand)]
#[harness::test(
    clause = DISPATCH_INHERIT_CLONE,
    catches = "dispatch copied into the new task by a flag of clone or clone3 that shares no memory, or for want of a \
        signal",
    needs = [DISPATCH, CLONE3],
)]
fn no_flag_of_clone_passes_dispatch_on(
    #[case] flavour: Flavour,
    #[values(Blocks, Absent)] state: SelectorState,
) {
    let maker = Maker::new(state);
    assert_eq!(maker.child(flavour), Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

/// CLONE_PARENT: the task is a child of the armed thread's own parent.
#[rstest]
#[harness::test(
    clause = DISPATCH_INHERIT_CLONE,
    catches = "dispatch copied into a task that CLONE_PARENT makes its maker's sibling",
    needs = [DISPATCH],
)]
fn a_sibling_made_by_an_armed_task_is_free(#[values(Blocks, Absent)] state: SelectorState) {
    let end = child::sibling(|| {
        let maker = Maker::new(state);
        maker.armed.select(BLOCK);
        move || maker.status()
    });
    assert_eq!(from_exit_status(end), Ok(CallOutcome::Native));
}

#[rstest]
#[case::user(Flavour::NewUser)]
#[case::process_ids(Flavour::NewPid)]
#[harness::test(
    clause = DISPATCH_INHERIT_CLONE,
    catches = "dispatch copied into a task made with CLONE_NEWUSER or CLONE_NEWPID",
    needs = [DISPATCH, NAMESPACES],
)]
fn a_task_in_a_namespace_of_its_own_is_free(
    #[case] flavour: Flavour,
    #[values(Blocks, Garbage, Absent)] state: SelectorState,
) {
    let maker = Maker::new(state);
    assert_eq!(maker.child(flavour), Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone(Flavour::Clone)]
#[case::thread(Flavour::CloneThread)]
#[case::memory_shared(Flavour::CloneVm)]
#[harness::test(
    clause = [DISPATCH_INHERIT_FORK, DISPATCH_INHERIT_CLONE, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "a reset of new tasks that covers exclusive mode alone",
    needs = [DISPATCH, INCLUSIVE],
)]
fn inclusive_mode_is_not_inherited_either(
    #[case] flavour: Flavour,
    #[values(Blocks, Garbage, Absent)] state: SelectorState,
) {
    let maker = Maker::inclusive(state);
    assert_eq!(maker.child(flavour), Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

/// The thread is made by the standard library, while its maker's selector blocks.
#[rstest]
#[harness::test(
    clause = DISPATCH_INHERIT_CLONE,
    catches = "dispatch copied into a thread by the flags that pthread_create() uses",
    needs = [DISPATCH],
)]
fn a_library_thread_is_free_and_its_maker_is_not(
    #[values(Blocks, Garbage, Absent)] state: SelectorState,
) {
    let maker = Maker::new(state);
    maker.armed.select(if state == Garbage { GARBAGE } else { BLOCK });
    let outcome = std::thread::scope(|scope| {
        let thread = spawn(scope, || call_outcome::of_call(&maker.gadget, sigsys::attach_log()));
        thread.join().expect("the thread returns")
    });
    assert_eq!(outcome, CallOutcome::Native);
    maker.assert_armed_as_before();
}

#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::thread(Flavour::CloneThread)]
#[harness::test(
    clause = [DISPATCH_INHERIT_FORK, DISPATCH_INHERIT_CLONE],
    catches = "dispatch copied into a new task by a thread that is not the leader of its process",
    needs = [DISPATCH],
)]
fn a_second_thread_passes_nothing_on(#[case] flavour: Flavour) {
    std::thread::scope(|scope| {
        let thread = spawn(scope, || {
            let maker = Maker::new(Blocks);
            let outcome = maker.child(flavour);
            maker.assert_armed_as_before();
            outcome
        });
        assert_eq!(thread.join().expect("the thread returns"), Ok(CallOutcome::Native));
    });
}

/// The selector in the child's own copy of the memory holds BLOCK: dispatch would reach the child's
/// first call, and its exit too.
#[rstest]
#[harness::test(
    clause = DISPATCH_INHERIT_FORK,
    catches = "dispatch that a forked child inherits with its empty region, so that a call from \
        anywhere is dispatched",
    needs = [DISPATCH],
)]
fn a_forked_child_may_call_from_everywhere() {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    let selector = Selector::untouched();
    let armed = dispatch::arm_with(dispatch::Region::NONE, selector);
    let child = child::start(Flavour::Fork, || {
        selector.store(BLOCK);
        call_outcome::of_call(&gadget, log).exit_status()
    });
    let end = child.end();
    log.on_entry(selector.byte(), ALLOW);
    let parent = armed.blocked(|| call_outcome::of_call(&gadget, log));
    assert_eq!(from_exit_status(end), Ok(CallOutcome::Native));
    assert_eq!(parent, CallOutcome::Dispatched);
}

/// The child arms for another gadget, with another selector.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone(Flavour::Clone)]
#[case::thread(Flavour::CloneThread)]
#[case::memory_shared(Flavour::CloneVm)]
#[case::handlers_shared(Flavour::CloneSighand)]
#[harness::test(
    clause = [DISPATCH_INHERIT_FORK, DISPATCH_INHERIT_CLONE, DISPATCH_SCOPE_CALLING_THREAD],
    catches = "a child's ON or OFF that changes the configuration of its maker",
    needs = [DISPATCH],
)]
fn a_childs_own_dispatch_is_not_its_makers(
    #[case] flavour: Flavour,
    #[values(false, true)] turned_off: bool,
) {
    let maker = Maker::new(Blocks);
    let selector = Selector::ordinary();
    selector.store(BLOCK);
    let outcome = maker.during(|| {
        child::start(flavour, || {
            dispatch::arm_with(maker.exempt.everything_else(), selector).keep();
            selector.store(BLOCK);
            if turned_off {
                dispatch::turn_off();
            }
            call_outcome::of_call(&maker.exempt, *maker.log).exit_status()
        })
    });
    assert_eq!(outcome, Ok(if turned_off { CallOutcome::Native } else { CallOutcome::Dispatched }));
    maker.assert_armed_as_before();
}

#[rstest]
#[case::of_a_free_child(false)]
#[case::of_an_armed_child(true)]
#[harness::test(
    clause = [DISPATCH_INHERIT_FORK, DISPATCH_INHERIT_CLONE],
    catches = "dispatch copied into a grandchild, from an armed child or past an unarmed one",
    needs = [DISPATCH],
)]
fn a_grandchild_is_free(
    #[case] armed: bool,
    #[values(Flavour::Fork, Flavour::CloneThread, Flavour::Vfork)] flavour: Flavour,
) {
    let maker = Maker::new(Blocks);
    let outcome = maker.during(|| {
        child::start(Flavour::Fork, || {
            if armed {
                dispatch::arm_with(maker.gadget.everything_else(), maker.selector).keep();
            }
            maker.armed.select(BLOCK);
            match from_exit_status(child::start(flavour, || maker.status()).end()) {
                Ok(outcome) => outcome.exit_status(),
                Err(_) => 1,
            }
        })
    });
    assert_eq!(outcome, Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

/// The filter answers the child's call with its error.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::thread(Flavour::CloneThread)]
#[case::vfork(Flavour::Vfork)]
#[harness::test(
    clause = [DISPATCH_INHERIT_FORK, DISPATCH_INHERIT_CLONE, DISPATCH_ORDER_SECCOMP_STILL_APPLIES],
    catches = "a reset of dispatch in new tasks that drops their seccomp filter too",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn a_child_sheds_dispatch_and_keeps_the_filter(#[case] flavour: Flavour) {
    let maker = Maker::new(Blocks);
    filter::load(call_outcome::UNASSIGNED as u32, filter::Action::Errno(77));
    maker.armed.select(BLOCK);
    let child = child::start(flavour, || {
        i32::from(maker.gadget.call(call_outcome::UNASSIGNED) == -77 && maker.log.count() == 0)
    });
    let end = child.end();
    maker.armed.select(ALLOW);
    assert_eq!(end, WaitStatus::Exited(1));
}
