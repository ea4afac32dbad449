//! The prctl itself: its modes, its result, the order of its errors, and the privileges it needs.

use crate::clauses::*;
use fixtures::Errno::{self, EFAULT, EINVAL, EPERM};
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, SelfAllowingHandler};
use fixtures::dispatch::{self, ALLOW, Args, BLOCK, INCLUSIVE_ON, OFF, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, INT80, ROOT};
use fixtures::selector::Selector;
use fixtures::{Entry, Reg, Registers, environment, sysctl};
use harness::observe;
use rstest::rstest;
use sys::uapi::{PR_SET_SYSCALL_USER_DISPATCH, SYS_prctl, unistd_32};

/// An address in the kernel half, which no process can map.
const KERNEL: u64 = 0xffff_8880_0000_0000;

#[harness::test(
    clause = DISPATCH_PRCTL_EXISTS,
    catches = "a kernel with dispatch whose prctl refuses the plainest OFF or the plainest ON",
    needs = [DISPATCH],
)]
fn the_operation_is_there() {
    assert_eq!(dispatch::prctl(Args::OFF), Ok(()));
    assert_eq!(
        dispatch::prctl(Args { selector: Selector::ordinary().address(), ..Args::ON }),
        Ok(())
    );
}

/// This case also runs on kernels without dispatch, and on those with the sysctl at 0.
#[harness::test(
    clause = DISPATCH_PRCTL_EXISTS,
    catches = "a kernel that knows one of the modes OFF and ON and answers EINVAL to the other",
)]
fn the_operation_is_known_as_a_whole_or_not_at_all() {
    let off = dispatch::prctl(Args::OFF);
    let on = dispatch::prctl(Args { selector: Selector::ordinary().address(), ..Args::ON });
    observe!("off", off);
    observe!("on", on);
    let switched_off = sysctl::read().is_ok_and(|text| text == "0\n");
    let known = (Ok(()), if switched_off { Err(EPERM) } else { Ok(()) });
    let whole = [known, (Err(EINVAL), Err(EINVAL))].contains(&(off, on));
    assert!(whole, "OFF answers {off:?}, ON answers {on:?}");
}

/// The accepted call differs from the second refused call in the mode alone.
#[rstest]
#[case::three(3)]
#[case::four(4)]
#[case::all_ones(u64::MAX)]
#[case::all_ones_of_32_bits(0xffff_ffff)]
#[case::byte_and_off(0x100)]
#[case::byte_and_on(0x101)]
#[case::half_word_and_on(0x1_0001)]
#[case::sign_of_32_bits_and_on(0x8000_0001)]
#[case::high_word_and_off(1 << 32)]
#[case::high_word_and_on(1 << 32 | ON)]
#[case::high_word_and_inclusive(1 << 32 | INCLUSIVE_ON)]
#[case::all_high_ones_and_on(0xffff_ffff_0000_0001)]
#[case::sign_and_off(1 << 63)]
#[case::sign_and_on(1 << 63 | ON)]
#[case::sign_and_inclusive(1 << 63 | INCLUSIVE_ON)]
#[harness::test(
    clause = DISPATCH_PRCTL_UNKNOWN_MODE,
    catches = "a mode truncated to 32, 16 or 8 bits or tested as a bit mask, so that an unknown \
        one arms or disarms",
    needs = [DISPATCH],
)]
fn an_unknown_mode_is_refused(#[case] mode: u64) {
    let selector = Selector::ordinary().address();
    assert_eq!(dispatch::answer(mode, 0, 0, 0), Err(EINVAL), "with no other argument");
    assert_eq!(dispatch::answer(mode, 1, 1, selector), Err(EINVAL), "with a region and a selector");
    assert_eq!(dispatch::answer(ON, 1, 1, selector), Ok(()));
    dispatch::turn_off();
}

/// OFF takes no other argument, so that the mode is all that is wrong with its calls too.
#[harness::test(
    clause = DISPATCH_PRCTL_UNKNOWN_MODE,
    catches = "a kernel that ignores any single bit above the two lowest of the mode",
    needs = [DISPATCH],
)]
fn every_bit_of_the_mode_counts() {
    let selector = Selector::ordinary().address();
    for bit in 2..64 {
        for mode in [OFF, ON, INCLUSIVE_ON] {
            let (offset, length, selector) = if mode == OFF { (0, 0, 0) } else { (1, 1, selector) };
            let answer = dispatch::answer(1 << bit | mode, offset, length, selector);
            assert_eq!(answer, Err(EINVAL), "mode {mode} with bit {bit}");
        }
    }
    assert_eq!(dispatch::answer(ON, 1, 1, selector), Ok(()));
}

#[harness::test(
    clause = [DISPATCH_PRCTL_UNKNOWN_MODE, DISPATCH_INCLUSIVE_ZERO_LENGTH],
    catches = "mode 2 taken for ON where it is unknown, or an empty inclusive region accepted \
        where it is known",
    needs = [DISPATCH],
)]
fn mode_two_without_a_region_is_refused_on_every_kernel() {
    assert_eq!(dispatch::prctl(Args::INCLUSIVE), Err(EINVAL));
    assert_eq!(arm_allowing(), Ok(()), "mode 1 needs no region");
}

/// Arms with a selector that holds ALLOW, because the case goes on making calls.
fn arm_allowing() -> Result<(), Errno> {
    dispatch::prctl(Args { selector: Selector::ordinary().address(), ..Args::ON })
}

/// The case makes the call from a gadget, to compare the whole of rax.
#[rstest]
#[case::on(ON)]
#[case::off(OFF)]
#[harness::test(
    clause = DISPATCH_PRCTL_SUCCESS_IS_ZERO,
    catches = "a successful prctl that leaves anything but 0 in rax, or a refusal of the mode \
        already set",
    needs = [DISPATCH],
)]
fn success_is_zero(#[case] mode: u64) {
    let gadget = Gadget::syscall();
    let selector = if mode == ON { Selector::ordinary().address() as usize } else { 0 };
    let call = || {
        gadget
            .call_args(SYS_prctl, [PR_SET_SYSCALL_USER_DISPATCH, mode as usize, 0, 0, selector, 0])
    };
    assert_eq!((call(), call()), (0, 0), "twice in a row");
    dispatch::prctl(Args { selector: Selector::ordinary().address(), ..Args::ON })
        .expect("dispatch can be turned on");
    assert_eq!(call(), 0, "after another success");
}

#[harness::test(
    clause = DISPATCH_PRCTL_SUCCESS_IS_ZERO,
    catches = "an inclusive branch that returns its mode, or refuses to be set a second time",
    needs = [INCLUSIVE],
)]
fn success_is_zero_in_inclusive_mode() {
    let gadget = Gadget::syscall();
    let args = [PR_SET_SYSCALL_USER_DISPATCH, INCLUSIVE_ON as usize, 1, 1, 0, 0];
    assert_eq!(gadget.call_args(SYS_prctl, args), 0);
    assert_eq!(gadget.call_args(SYS_prctl, args), 0, "again");
}

#[rstest]
#[case::on(ON)]
#[case::off(OFF)]
#[harness::test(
    clause = [DISPATCH_PRCTL_ON, DISPATCH_PRCTL_OFF],
    catches = "a prctl that checks r9, which holds none of its arguments",
    needs = [DISPATCH],
)]
fn the_sixth_register_does_not_matter(#[case] mode: u64) {
    let gadget = Gadget::syscall();
    let selector = if mode == ON { Selector::ordinary().address() as usize } else { 0 };
    for sixth in [0, 1, usize::MAX] {
        let args = [PR_SET_SYSCALL_USER_DISPATCH, mode as usize, 0, 0, selector, sixth];
        assert_eq!(gadget.call_args(SYS_prctl, args), 0);
    }
}

/// Each call has two faults, and the selector's must be found last; the last row has that fault
/// alone.
#[rstest]
#[case::mode(3, 0, 0, EINVAL)]
#[case::mode_with_a_high_word(1 << 32 | ON, 0, 0, EINVAL)]
#[case::off(OFF, 0, 0, EINVAL)]
#[case::region_of_no_length(ON, 1, 0, EINVAL)]
#[case::region_that_wraps(ON, 1, u64::MAX, EINVAL)]
#[case::inclusive_of_no_length(INCLUSIVE_ON, 1, 0, EINVAL)]
#[case::inclusive_that_wraps(INCLUSIVE_ON, 1, u64::MAX, EINVAL)]
#[case::selector_alone(ON, 1, 1, EFAULT)]
#[harness::test(
    clause = [
        DISPATCH_PRCTL_UNKNOWN_MODE,
        DISPATCH_REGION_OUTSIDE_IS_EINVAL,
        DISPATCH_SELECTOR_INVALID_ADDRESS,
    ],
    catches = "a selector address checked before mode and region: EFAULT where EINVAL is promised",
    needs = [DISPATCH],
)]
fn mode_and_region_are_judged_before_the_selector(
    #[case] mode: u64,
    #[case] offset: u64,
    #[case] length: u64,
    #[case] expected: Errno,
) {
    assert_eq!(dispatch::answer(mode, offset, length, KERNEL), Err(expected), "while off");
    arm_allowing().expect("dispatch can be turned on");
    assert_eq!(dispatch::answer(mode, offset, length, KERNEL), Err(expected), "while on");
}

#[harness::test(
    clause = [DISPATCH_SELECTOR_INVALID_ADDRESS, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "an inclusive mode without access_ok() for the selector, or one that refuses a null \
        selector",
    needs = [INCLUSIVE],
)]
fn inclusive_mode_judges_the_selector_too() {
    assert_eq!(dispatch::answer(INCLUSIVE_ON, 1, 1, KERNEL), Err(EFAULT));
    assert_eq!(dispatch::answer(INCLUSIVE_ON, 1, 1, 0), Ok(()));
}

/// Root becomes user 65534, who has no capability; where it cannot, it drops its capabilities. The
/// no_new_privs bit is unset unless whoever started the suite set it.
#[harness::test(
    clause = DISPATCH_PRCTL_UNPRIVILEGED,
    catches = "a capability or no_new_privs demanded to arm or to disarm",
    needs = [DISPATCH],
)]
fn a_user_without_privilege_may_arm_and_disarm() {
    environment::give_up_privilege();
    let scene = DispatchedGadget::new(Entry::Syscall);
    let outcomes = (scene.outcome_with(ALLOW), scene.outcome_with(BLOCK));
    assert_eq!(outcomes, (CallOutcome::Native, CallOutcome::Dispatched));
    dispatch::turn_off();
    assert_eq!(scene.outcome_with(BLOCK), CallOutcome::Native);
}

#[harness::test(
    clause = DISPATCH_PRCTL_UNPRIVILEGED,
    catches = "a capability demanded for inclusive mode alone",
    needs = [INCLUSIVE],
)]
fn a_user_without_privilege_may_use_inclusive_mode() {
    environment::give_up_privilege();
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    assert_eq!(
        toggle.outcome_in(INCLUSIVE_ON, gadget.own_pages(), &gadget),
        CallOutcome::Dispatched
    );
}

#[harness::test(
    clause = [DISPATCH_PRCTL_ON, DISPATCH_PRCTL_OFF],
    catches = "dispatch that a change of credentials clears, or makes impossible to turn off",
    needs = [DISPATCH, ROOT],
)]
fn dispatch_stays_on_for_another_user() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    environment::become_nobody();
    let outcomes = (scene.outcome_with(ALLOW), scene.outcome_with(BLOCK));
    assert_eq!(outcomes, (CallOutcome::Native, CallOutcome::Dispatched));
    dispatch::turn_off();
    assert_eq!(scene.outcome_with(BLOCK), CallOutcome::Native);
}

/// The arguments of the 32-bit ABI are 32 bits wide, so the selector lies below 4 GiB.
#[harness::test(
    clause = [DISPATCH_PRCTL_ON, DISPATCH_PRCTL_OFF],
    catches = "a 32-bit prctl that reads the 64-bit call's registers, or does not reach the same \
        thread state",
    needs = [DISPATCH, INT80],
)]
fn the_32_bit_call_turns_dispatch_on_and_off() {
    let (gadget, int80) = (Gadget::syscall(), Gadget::int80());
    let toggle = SelfAllowingHandler::with(Selector::below_4_gib());
    let prctl = |mode: u64, region: Region, selector: u64| {
        let image = Registers::pattern()
            .with(Reg::Rax, unistd_32::SYS_prctl as u64)
            .with(Reg::Rbx, PR_SET_SYSCALL_USER_DISPATCH as u64)
            .with(Reg::Rcx, mode)
            .with(Reg::Rdx, region.offset)
            .with(Reg::Rsi, region.length)
            .with(Reg::Rdi, selector);
        int80.call_with(image)[Reg::Rax] as i64
    };
    assert_eq!(prctl(ON, int80.own_pages(), toggle.selector.address()), 0);
    assert_eq!(toggle.outcome(&gadget), CallOutcome::Dispatched);
    assert_eq!(toggle.outcome(&int80), CallOutcome::Native, "the region");
    assert_eq!(prctl(0xffff_ffff, Region::NONE, 0), -22, "-1 is no mode");
    assert_eq!(toggle.outcome(&gadget), CallOutcome::Dispatched, "after the refusal");
    assert_eq!(prctl(OFF, Region::NONE, 0), 0);
    assert_eq!(toggle.outcome(&gadget), CallOutcome::Native, "turned off");
}

#[rstest]
#[case::off([OFF as usize, 0, 0, 0])]
#[case::all_exempt([ON as usize, 0, usize::MAX, 0])]
#[harness::test(
    clause = [DISPATCH_PRCTL_OFF, DISPATCH_RESULT_NOT_EXECUTED],
    catches = "a prctl exempt from dispatch, by which blocked code turns dispatch off or widens \
        the region",
    needs = [DISPATCH],
)]
fn a_dispatched_prctl_changes_nothing(#[case] args: [usize; 4]) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let [mode, offset, length, selector] = args;
    let args = [PR_SET_SYSCALL_USER_DISPATCH, mode, offset, length, selector, 0];
    let result = scene.armed.blocked(|| scene.gadget.call_args(SYS_prctl, args));
    assert_eq!((result, scene.log.count()), (SYS_prctl, 1));
    assert_eq!(call_outcome::of_call(&scene.gadget, *scene.log), CallOutcome::Native, "allowed");
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}
