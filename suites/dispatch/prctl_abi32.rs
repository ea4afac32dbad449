//! Dispatch that the 32-bit prctl turns on: int 0x80 from 64-bit code, region and selector below 4 GiB.

use crate::clauses::*;
use fixtures::abi32::Abi32;
use fixtures::call_outcome::{CallOutcome, SelfAllowingHandler};
use fixtures::dispatch::{ALLOW, Args, BLOCK, INCLUSIVE_ON, OFF, ON, Region};
use fixtures::fatal::{FatalCall, FatalOutcome, Signals};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, INT80, PROGRAM32, PTRACE, PTRACE_DISPATCH};
use fixtures::program32::{self, Way};
use fixtures::script::Traced;
use fixtures::selector::{Access, Selector};
use fixtures::thread::spawn;
use fixtures::tracee::DispatchConfig;
use fixtures::{Entry, WaitStatus, dispatch};
use rstest::rstest;
use sys::uapi::{EINVAL, PR_SET_SYSCALL_USER_DISPATCH, SIGSEGV, SIGSYS, unistd_32};

/// What the upper half of a register holds that is no part of a 32-bit argument.
const UPPER: u64 = 0x5a5a_a5a5 << 32;

/// Makes the prctl.
fn prctl(abi: &Abi32, args: Args) -> i64 {
    let Args { mode, offset, length, selector } = args;
    let args = [mode, offset, length, selector].map(|value| value as usize);
    abi.prctl([PR_SET_SYSCALL_USER_DISPATCH, args[0], args[1], args[2], args[3]])
}

fn args(mode: u64, region: Region, selector: u64) -> Args {
    Args { mode, offset: region.offset, length: region.length, selector }
}

/// Only the code that makes the prctl is exempt. Everything else runs while the selector allows.
#[rstest]
#[case::syscall(Entry::Syscall)]
#[case::int80(Entry::Int80)]
#[harness::test(
    clause = [DISPATCH_PRCTL_ON, DISPATCH_PRCTL_OFF, DISPATCH_NUMBER_INT80, DISPATCH_SCOPE_ANY_ABI],
    catches = "dispatch that a 32-bit prctl turns on for the calls of one ABI alone",
    needs = [DISPATCH, INT80],
)]
fn dispatch_of_a_32_bit_prctl_intercepts_both_abis(#[case] entry: Entry) {
    let (abi, gadget) = (Abi32::new(), Gadget::new(entry));
    let toggle = SelfAllowingHandler::with(Selector::below_4_gib());
    let selector = toggle.selector.address();
    assert_eq!(toggle.outcome(&gadget), CallOutcome::Native, "before");
    assert_eq!(prctl(&abi, args(ON, abi.gadget.own_pages(), selector)), 0);
    let outcomes = [ALLOW, BLOCK, ALLOW, BLOCK].map(|value| toggle.outcome_with(value, &gadget));
    let (native, dispatched) = (CallOutcome::Native, CallOutcome::Dispatched);
    assert_eq!(outcomes, [native, dispatched, native, dispatched]);
    assert_eq!(toggle.outcome(&abi.gadget), CallOutcome::Native, "the region");
    assert_eq!(prctl(&abi, Args::OFF), 0);
    assert_eq!(toggle.outcome(&gadget), CallOutcome::Native, "turned off");
}

#[rstest]
#[case::syscall(Entry::Syscall)]
#[case::int80(Entry::Int80)]
#[harness::test(
    clause = [DISPATCH_INCLUSIVE_DISPATCHES_REGION, DISPATCH_NUMBER_INT80],
    catches = "an inclusive mode that a 32-bit prctl turns on for the calls of one ABI alone, or as exclusive mode",
    needs = [INCLUSIVE, INT80],
)]
fn inclusive_mode_of_a_32_bit_prctl_intercepts_its_region(#[case] entry: Entry) {
    let (abi, gadget, outside) = (Abi32::new(), Gadget::new(entry), Gadget::new(entry));
    let toggle = SelfAllowingHandler::with(Selector::below_4_gib());
    let region = gadget.own_pages();
    assert_eq!(prctl(&abi, args(INCLUSIVE_ON, region, toggle.selector.address())), 0);
    let outcomes =
        (toggle.outcome_with(ALLOW, &gadget), toggle.outcome(&gadget), toggle.outcome(&outside));
    assert_eq!(outcomes, (CallOutcome::Native, CallOutcome::Dispatched, CallOutcome::Native));
}

/// Dispatch is on with another region. The accepted twin differs in what was wrong.
#[rstest]
#[case::mode_three(Args { mode: 3, ..Args::OFF }, Args::OFF)]
#[case::mode_bit_31(Args { mode: 1 << 31, ..Args::OFF }, Args::OFF)]
#[case::mode_minus_one(Args { mode: 0xffff_ffff, ..Args::OFF }, Args::OFF)]
#[case::off_offset(Args { offset: 1, ..Args::OFF }, Args::OFF)]
#[case::off_offset_bit_31(Args { offset: 1 << 31, ..Args::OFF }, Args::OFF)]
#[case::off_length(Args { length: 1, ..Args::OFF }, Args::OFF)]
#[case::off_length_bit_31(Args { length: 1 << 31, ..Args::OFF }, Args::OFF)]
#[case::off_selector(Args { selector: 1, ..Args::OFF }, Args::OFF)]
#[case::off_last_selector(Args { selector: 0xffff_ffff, ..Args::OFF }, Args::OFF)]
#[case::offset_without_length(Args { offset: 1, ..Args::ON }, Args::OFF)]
#[case::last_offset_without_length(Args { offset: 0xffff_ffff, ..Args::ON }, Args::OFF)]
#[harness::test(
    clause = [
        DISPATCH_PRCTL_UNKNOWN_MODE,
        DISPATCH_PRCTL_OFF_ARGS_ZERO,
        DISPATCH_REGION_OUTSIDE_IS_EINVAL,
        DISPATCH_NUMBER_INT80,
    ],
    catches = "an argument of the 32-bit prctl that is not checked, or a refused one that changes what was set",
    needs = [DISPATCH, INT80],
)]
fn a_32_bit_prctl_with_a_wrong_argument_changes_nothing(#[case] wrong: Args, #[case] right: Args) {
    let (abi, gadget, exempt) = (Abi32::new(), Gadget::syscall(), Gadget::syscall());
    let toggle = SelfAllowingHandler::with(Selector::below_4_gib());
    let selector = toggle.selector.address();
    assert_eq!(prctl(&abi, args(ON, exempt.own_pages(), selector)), 0);
    let outcomes = || [gadget, abi.gadget, exempt].map(|gadget| toggle.outcome(&gadget));
    let before = outcomes();
    assert_eq!(prctl(&abi, wrong), -EINVAL);
    let [dispatched, native] = [CallOutcome::Dispatched, CallOutcome::Native];
    assert_eq!((before, outcomes()), ([dispatched, dispatched, native], before));
    assert_eq!((prctl(&abi, right), outcomes()), (0, [native; 3]));
}

/// The kernel compares the address after the instruction.
#[rstest]
#[case::begins_there(0, 1, CallOutcome::Native)]
#[case::begins_after_it(1, 100, CallOutcome::Dispatched)]
#[case::ends_after_it(-1, 2, CallOutcome::Native)]
#[case::ends_before_it(-1, 1, CallOutcome::Dispatched)]
#[harness::test(
    clause = [DISPATCH_REGION_ARGS, DISPATCH_REGION_ALWAYS_ALLOWED, DISPATCH_NUMBER_INT80],
    catches = "a region of the 32-bit prctl with other ends than it was given",
    needs = [DISPATCH, INT80],
)]
fn the_region_of_a_32_bit_prctl_is_half_open(
    #[case] begin: i64,
    #[case] length: u64,
    #[case] expected: CallOutcome,
    #[values(Entry::Syscall, Entry::Int80)] entry: Entry,
) {
    let (abi, gadget) = (Abi32::new(), Gadget::new(entry));
    let toggle = SelfAllowingHandler::with(Selector::below_4_gib());
    let region = Region::new(gadget.after().wrapping_add_signed(begin), length);
    assert_eq!(prctl(&abi, args(ON, region, toggle.selector.address())), 0);
    assert_eq!(toggle.outcome(&gadget), expected);
}

/// A 64-bit prctl would refuse the mode and the selector, and exempt another region.
#[rstest]
#[harness::test(
    clause = [DISPATCH_PRCTL_ON, DISPATCH_REGION_ARGS, DISPATCH_NUMBER_INT80],
    catches = "an argument of the 32-bit prctl that is taken with the upper half of its register",
    needs = [DISPATCH, INT80],
)]
fn the_upper_halves_are_no_part_of_the_arguments(
    #[values(Entry::Syscall, Entry::Int80)] entry: Entry,
) {
    let (abi, gadget, exempt) = (Abi32::new(), Gadget::new(entry), Gadget::new(entry));
    let toggle = SelfAllowingHandler::with(Selector::below_4_gib());
    let Region { offset, length } = exempt.own_pages();
    let answer = prctl(
        &abi,
        Args {
            mode: ON | UPPER,
            offset: offset | UPPER,
            length: length | UPPER,
            selector: toggle.selector.address() | UPPER,
        },
    );
    let outcomes = [gadget, exempt].map(|gadget| toggle.outcome(&gadget));
    assert_eq!((answer, outcomes), (0, [CallOutcome::Dispatched, CallOutcome::Native]));
    let off = Args { mode: OFF | UPPER, offset: UPPER, length: UPPER, selector: UPPER };
    assert_eq!(prctl(&abi, off), 0);
    assert_eq!(toggle.outcome(&gadget), CallOutcome::Native, "turned off");
}

/// An address below the program, which every run has.
const LOW: u64 = 0x3f_0123;

/// The selector allows. Bit 31 of an address is no sign.
#[rstest]
#[case::no_region(0, 0, LOW, 0)]
#[case::a_page(0x7000, 0x1000, LOW, 0)]
#[case::everything(0, 0xffff_ffff, LOW, 0)]
#[case::upper_halves(0x7000, 0x1000, LOW, UPPER)]
#[case::every_byte_differs(0x0506_0708, 0x1516_1718, LOW, 0)]
#[case::region_above_2_gib(0x8000_0000, 0xffff_fffe, LOW, 0)]
#[case::selector_above_2_gib(0, 0, 0x9000_0123, 0)]
#[harness::test(
    clause = [DISPATCH_PRCTL_ON, DISPATCH_PTRACE_GET, DISPATCH_NUMBER_INT80],
    catches = "a configuration that the 32-bit prctl stores sign-extended, or in the place of another field",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH, INT80],
)]
fn a_tracer_reads_what_a_32_bit_prctl_set(
    #[case] offset: u64,
    #[case] length: u64,
    #[case] selector: u64,
    #[case] upper: u64,
) {
    let abi = Abi32::new();
    let mode = ON;
    let selector = Selector::at(selector).map().address();
    let traced = Traced::start_after(
        0,
        Gadget::syscall(),
        || {
            let [mode, offset, length, selector] =
                [mode, offset, length, selector].map(|value| value | upper);
            prctl(&abi, Args { mode, offset, length, selector });
        },
        &[],
    );
    let config = DispatchConfig { mode, selector, offset, length };
    assert_eq!(traced.tracee.dispatch(), Ok(config));
}

/// Another thread has the selector of its own, and no dispatch.
#[rstest]
#[harness::test(
    clause = [DISPATCH_SCOPE_CALLING_THREAD, DISPATCH_NUMBER_INT80],
    catches = "dispatch that a 32-bit prctl turns on or off for the whole process",
    needs = [DISPATCH, INT80],
)]
fn a_32_bit_prctl_is_the_calling_threads(#[values(Entry::Syscall, Entry::Int80)] entry: Entry) {
    let (abi, gadget) = (Abi32::new(), Gadget::new(entry));
    let toggle = SelfAllowingHandler::with(Selector::below_4_gib());
    let of_thread = |body: &(dyn Fn() -> i64 + Sync)| {
        std::thread::scope(|scope| spawn(scope, body).join().expect("the thread returns"))
    };
    let turn_on = || {
        let selector = Selector::fixed();
        prctl(&abi, args(ON, abi.gadget.own_pages(), selector.address()))
    };
    let answer = of_thread(&turn_on);
    assert_eq!((answer, toggle.outcome(&gadget)), (0, CallOutcome::Native), "turned on there");
    let region = abi.gadget.own_pages();
    assert_eq!(prctl(&abi, args(ON, region, toggle.selector.address())), 0);
    let answer = of_thread(&|| prctl(&abi, Args::OFF));
    assert_eq!((answer, toggle.outcome(&gadget)), (0, CallOutcome::Dispatched), "turned off there");
}

/// The call would end the child with a status of its own.
const MADE: usize = 9;

/// What an int 0x80 with this selector comes to in a child that armed by either prctl.
fn int80(by_32_bits: bool, signals: Signals, selector: Selector, value: u8) -> FatalOutcome {
    let (abi, gadget) = (Abi32::new(), Abi32::new());
    FatalCall::new().attempt_by(signals, || {
        if by_32_bits {
            prctl(&abi, args(ON, abi.gadget.own_pages(), selector.address()));
        } else {
            dispatch::arm_with(gadget.gadget.everything_else(), selector).keep();
        }
        selector.store(value);
        gadget.call(unistd_32::SYS_exit_group, [MADE, 0, 0, 0, 0, 0]);
    })
}

/// An alias that can be stored to is kept where the kernel cannot read.
fn unreadable() -> Selector {
    let selector = Selector::below_4_gib();
    selector.protect(Access::None);
    selector.without_byte()
}

#[rstest]
#[case::default(Signals::Default)]
#[case::handled(Signals::Handled)]
#[case::handled_without_deferring(Signals::HandledNodefer)]
#[case::blocked(Signals::Blocked)]
#[case::ignored(Signals::Ignored)]
#[harness::test(
    clause = [
        DISPATCH_SELECTOR_BAD_VALUE_SIGSYS,
        DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE,
        DISPATCH_NUMBER_INT80,
    ],
    catches = "a bad selector at an int 0x80 whose SIGSYS a handler, a mask or SIG_IGN survives",
    needs = [DISPATCH, INT80],
)]
fn a_bad_selector_at_an_int80_is_not_survived(
    #[case] signals: Signals,
    #[values(2, 0x80, 0xff)] value: u8,
    #[values(false, true)] by_32_bits: bool,
) {
    let outcome = int80(by_32_bits, signals, Selector::below_4_gib(), value);
    assert_eq!(outcome, FatalOutcome::killed_by(SIGSYS));
}

#[rstest]
#[case::default(Signals::Default)]
#[case::handled(Signals::Handled)]
#[case::handled_without_deferring(Signals::HandledNodefer)]
#[case::blocked(Signals::Blocked)]
#[case::ignored(Signals::Ignored)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_UNREADABLE, DISPATCH_NUMBER_INT80],
    catches = "an unreadable selector at an int 0x80 that lets the call run, or whose SIGSEGV is survived",
    needs = [DISPATCH, INT80],
)]
fn an_unreadable_selector_at_an_int80_kills(
    #[case] signals: Signals,
    #[values(false, true)] by_32_bits: bool,
) {
    let (abi, gadget) = (Abi32::new(), Abi32::new());
    let selector = unreadable();
    let outcome = FatalCall::new().attempt_by(signals, || {
        if by_32_bits {
            prctl(&abi, args(ON, Region::NONE, selector.address()));
        } else {
            dispatch::arm_with(gadget.gadget.everything_else(), selector).keep();
        }
        gadget.call(unistd_32::SYS_exit_group, [MADE, 0, 0, 0, 0, 0]);
    });
    assert_eq!(outcome, FatalOutcome::killed_by(SIGSEGV));
}

/// The control: the same call is made where the selector allows, and dispatched where it blocks.
#[rstest]
#[harness::test(
    clause = [DISPATCH_SELECTOR_ALLOW, DISPATCH_SELECTOR_BLOCK, DISPATCH_NUMBER_INT80],
    catches = "an int 0x80 of an armed child that is always made, or never",
    needs = [DISPATCH, INT80],
)]
fn an_int80_of_a_child_follows_the_selector(#[values(false, true)] by_32_bits: bool) {
    let selector = Selector::below_4_gib();
    let allowed = int80(by_32_bits, Signals::Default, selector, ALLOW);
    let end = WaitStatus::Exited(MADE as i32);
    assert_eq!(allowed, FatalOutcome { end, handled: 0, executed: false });
    let blocked = int80(by_32_bits, Signals::Default, selector, BLOCK);
    assert_eq!(blocked, FatalOutcome::killed_by(SIGSYS));
}

/// The program handles SIGSYS.
#[rstest]
#[case::bad_value(Way::BadValue, SIGSYS)]
#[case::unreadable(Way::Unreadable, SIGSEGV)]
#[harness::test(
    clause = [
        DISPATCH_SELECTOR_BAD_VALUE_SIGSYS,
        DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE,
        DISPATCH_SELECTOR_UNREADABLE,
    ],
    catches = "a 32-bit program that survives a bad value of its selector, or a selector that cannot be read",
    needs = [DISPATCH, PROGRAM32],
)]
fn a_bad_selector_kills_a_32_bit_program(#[case] way: Way, #[case] signal: i32) {
    assert_eq!(program32::run(way), WaitStatus::KilledBy(signal));
}
