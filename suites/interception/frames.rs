//! The memory that the signal of an intercepted call needs: what lies below the stack pointer is kept, and frames
//! lie where the stacks say.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::gadget::Gadget;
use fixtures::intercepted::{self, Dispatch, Intercepts, Mechanism, Trap};
use fixtures::needs::{DISPATCH, INT80, SECCOMP_FILTER};
use fixtures::sigsys::{self, Stack};
use fixtures::{Delivery, Entry, Reg, Registers, SigAction, child};
use rstest::rstest;
use sys::memory::byte;
use sys::uapi::{
    SI_ASYNCIO, SI_KERNEL, SI_MESGQ, SI_QUEUE, SI_SIGIO, SI_TIMER, SI_TKILL, SI_USER, SIGSYS,
    SYS_SECCOMP, SYS_USER_DISPATCH, SYS_rt_sigqueueinfo, X86_TRAP_GP,
};

/// What the gadget fills the red zone with; the differences of what it finds afterwards are in R14.
const FILLED: u64 = 0x5ec0_4d1e_a5c3_3b7f;

/// Four calls from one place; in the last, the handler stores a byte into the red zone, which the gadget finds.
fn keeps_the_red_zone<M: Mechanism>(by: M, entry: Entry, on_stack: bool) {
    if on_stack {
        Stack::alternate();
    }
    let log = sigsys::handle_with(SigAction { on_stack, ..SigAction::PLAIN });
    let scene = by.numbers(Gadget::red_zone(entry), log, &[(UNASSIGNED, 1)]);
    let image = Registers::pattern().with(Reg::Rax, UNASSIGNED as u64).with(Reg::R15, FILLED);
    let mut differences = [u64::MAX; 4];
    for (call, differing) in differences.iter_mut().enumerate() {
        if call == 3 {
            let below = scene.first().reg(Reg::Rsp) as usize - 61;
            scene.log().on_exit(byte(below), 0x77);
        }
        log.clear();
        *differing = intercepted::call_with(&scene, image)[Reg::R14];
        assert_eq!(log.count(), 1, "the handler runs once");
    }
    let changed = differences[3] != 0;
    assert_eq!((&differences[..3], changed), (&[0; 3][..], true));
}

#[rstest]
#[harness::test(
    catches = "a signal frame that reaches into the 128 bytes below the stack pointer of the caller",
    dispatch(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn the_red_zone_is_kept(
    #[values(Dispatch, Trap)] by: impl Mechanism,
    #[values(false, true)] on_stack: bool,
) {
    keeps_the_red_zone(by, Entry::Syscall, on_stack);
}

#[rstest]
#[harness::test(
    catches = "a signal frame of an int 0x80 that reaches into the 128 bytes below the stack pointer of the caller",
    dispatch(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH, INT80]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER, INT80]),
)]
fn the_red_zone_is_kept_by_int80(#[values(Dispatch, Trap)] by: impl Mechanism) {
    keeps_the_red_zone(by, Entry::Int80, false);
}

/// The call in the handler is intercepted too: its frame lies on the same stack, below the first.
#[rstest]
#[harness::test(
    catches = "a nested frame at the top of the alternate stack, over the first one, or on the usual stack; a context \
        that tells another stack than was set",
    dispatch(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_NESTED, SECCOMP_TRAP_REGISTERS], needs = [SECCOMP_FILTER]),
)]
fn a_nested_frame_lies_below_the_first(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let stack = Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, nodefer: true, ..SigAction::PLAIN });
    let gadget = Gadget::syscall();
    let scene = by.every_number(gadget, log, 1);
    log.nest(gadget.start(), UNASSIGNED, 1);
    intercepted::call(&scene, UNASSIGNED);
    let deliveries = [0, 1].map(|index| log.delivery(index).expect("the handler ran twice"));
    let [first, second] = deliveries.map(|delivery| delivery.handler_stack());
    assert_eq!([first, second].map(|address| stack.holds(address)), [true; 2]);
    assert!(second + 128 < first, "the second frame lies over the first");
    let [outer, inner] = deliveries.map(|delivery| stack.holds(delivery.reg(Reg::Rsp)));
    assert_eq!((outer, inner), (false, true), "where the calls were made");
    let told = deliveries.map(|delivery| delivery.context_stack());
    assert!(told == [(stack.start as u64, 0, stack.size as u64); 2], "uc_stack is another");
    assert_eq!(log.nested_result(), UNASSIGNED);
}

/// Somebody queues a SIGSYS to the caller's own process with any code and fields: it is told as it was queued, and the
/// signal of the next intercepted call has its own.
#[rstest]
#[case::user(SI_USER)]
#[case::kernel(SI_KERNEL)]
#[case::queue(SI_QUEUE)]
#[case::timer(SI_TIMER)]
#[case::message_queue(SI_MESGQ)]
#[case::asynchronous_io(SI_ASYNCIO)]
#[case::sigio(SI_SIGIO)]
#[case::tkill(SI_TKILL)]
#[case::seccomp(SYS_SECCOMP)]
#[case::user_dispatch(SYS_USER_DISPATCH)]
#[case::above(3)]
#[case::least(i32::MIN)]
#[case::greatest(i32::MAX)]
#[harness::test(
    catches = "a queued SIGSYS that is taken for an intercepted call or told in another layout, or whose fields reach \
        the next intercepted call's signal",
    dispatch(clause = [DISPATCH_SIGNAL_SENT_BY_PROCESS, DISPATCH_SIGINFO_CODE], needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_SIGINFO, needs = [SECCOMP_FILTER]),
)]
fn a_queued_sigsys_is_told_as_queued<M: Mechanism>(
    #[case] code: i32,
    #[values(Dispatch, Trap)] by: M,
) {
    const FIELDS: [u64; 4] =
        [0x1111_2222_3333_4444, 0x5555_6666_7777_8888, 0x9999_aaaa_bbbb_cccc, 0xdddd];
    let scene = by.unassigned(Entry::Syscall, 9);
    let log = *scene.log();
    let mut info = [0_u64; 16];
    info[0] = SIGSYS as u64 | 77 << 32;
    info[1] = u64::from(code as u32);
    info[2..6].copy_from_slice(&FIELDS);
    let own = child::own_pid() as usize;
    let args = [own, SIGSYS as usize, info.as_ptr() as usize, 0, 0, 0];
    assert_eq!(sys::call::raw(SYS_rt_sigqueueinfo, args), 0);
    let queued = scene.first();
    assert_eq!((log.count(), queued.signo(), queued.errno(), queued.code()), (1, SIGSYS, 77, code));
    let second = u64::from(queued.arch()) << 32 | u64::from(queued.syscall() as u32);
    let words = [queued.call_addr(), second, queued.rest()[0], queued.rest()[1]];
    assert!(words == FIELDS, "the fields are not those that were queued");
    log.clear();
    intercepted::call(&scene, UNASSIGNED);
    let own = scene.first();
    assert!(
        intercepted::is_that_call(&own, scene.gadget(), UNASSIGNED, M::CODE, by.si_errno(9)),
        "the intercepted call's signal has fields of the queued one"
    );
}

/// The thread has met a fault before, so that what the frame tells of it is not zero.
#[rstest]
#[harness::test(
    catches = "a signal of an intercepted call whose frame tells of a fault that was none, or has lost the last one",
    dispatch(clause = DISPATCH_RESULT_REGISTERS_PRESERVED, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn the_frame_tells_of_the_threads_last_fault(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let fault = sigsys::after_a_fault();
    let (_, ordinary, log) = sigsys::beside_an_ordinary_signal();
    let scene = by.every_number(Gadget::syscall(), log, 1);
    let caught = scene.delivery(UNASSIGNED as u64);
    let trap_number = |delivery: &Delivery| delivery.fault().0;
    assert_eq!((trap_number(&fault), ordinary.fault() == fault.fault()), (X86_TRAP_GP, true));
    assert!(caught.fault() == fault.fault(), "trapno, err or cr2 is another");
}
