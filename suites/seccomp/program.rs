//! Loading a filter: which programs are accepted, how they compute, and by whom they are loaded.

use super::clauses::*;
use fixtures::Errno::{self, EACCES, EFAULT, EINVAL};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{
    self, Action, Filter, Instruction, JUMP_IF_EQUAL, LOAD, LOG, NEW_LISTENER, Program, RETURN,
    SHIFT_RIGHT, SPEC_ALLOW, TSYNC, TSYNC_ESRCH, WAIT_KILLABLE_RECV, instruction, jump, load,
    number,
};
use fixtures::gadget::Gadget;
use fixtures::needs::{MAY_GAIN, ROOT, SECCOMP_FILTER, UNFILTERED, USER_NOTIF};
use fixtures::{child, environment, memory};
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PR_SET_SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_SET_MODE_STRICT, SYS_prctl,
};

const ALLOW: u32 = Action::Allow.value();
const ALLOWS: Instruction = instruction(RETURN, ALLOW);

/// What loading answers, and what becomes of a call that the program decides afterwards.
fn load_raw(program: Vec<Instruction>) -> Result<usize, Errno> {
    filter::no_new_privileges();
    Filter::raw(program).try_load(0)
}

/// Both ways, with and without the flags that ask for nothing else.
#[harness::test(
    clause = [NOW_INSTALL_PRCTL_OK, NOW_INSTALL_PRCTL_EQUALS_SYSCALL, NOW_GET_MODE],
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn a_filter_is_loaded_by_either_call() {
    let gadget = Gadget::syscall();
    let filter = |nr| Filter::only(number(nr), Action::Errno(7));
    assert_eq!((filter::mode(), gadget.call(500)), (0, -ENOSYS));
    filter::no_new_privileges();
    assert_eq!(filter(500).try_load_by_prctl(), Ok(0));
    assert_eq!((filter::mode(), gadget.call(500), gadget.call(501)), (2, -7, -ENOSYS));
    assert_eq!(filter(501).try_load(0), Ok(0));
    assert_eq!((filter::mode(), gadget.call(500), gadget.call(501)), (2, -7, -7));
    let in_child = child::told(|| filter::mode() == 2);
    assert!(in_child, "a child's mode is another");
}

/// A kernel whose mode 0 switches filters off again, or whose strict mode takes a filter's place.
#[rstest]
#[case::prctl_with_seccomp_filter(true)]
#[case::seccomp(false)]
#[harness::test(
    clause = [NOW_INSTALL_CANNOT_REMOVE, NOW_INSTALL_MODE_LOCK],
    needs = [SECCOMP_FILTER],
)]
fn nothing_takes_a_filter_away(#[case] by_prctl: bool) {
    let gadget = Gadget::syscall();
    load(500, Action::Errno(7));
    for mode in [0, 1] {
        let answer = if by_prctl {
            gadget.call_args(SYS_prctl, [PR_SET_SECCOMP, mode, 0, 0, 0, 0])
        } else {
            // 0 is strict mode for this call; 3 is nothing it knows but a question.
            filter::seccomp(if mode == 0 { SECCOMP_SET_MODE_STRICT } else { 4 }, 0, 0)
                .map_or_else(|errno| -(errno as i64), |value| value as i64)
        };
        assert_eq!((answer, filter::mode(), gadget.call(500)), (-22, 2, -7), "mode {mode}");
    }
    assert_eq!(gadget.call(UNASSIGNED), -ENOSYS);
}

/// A kernel that looks at the operation's low bits alone (9 is 1 then), and loads the filter.
#[rstest]
#[case::four(4)]
#[case::nine(9)]
#[case::bit_31(1 << 31)]
#[case::all_ones(0xffff_ffff)]
#[harness::test(clause = NOW_INSTALL_OP_UNKNOWN, needs = [UNFILTERED, SECCOMP_FILTER])]
fn an_unknown_operation_is_refused(#[case] operation: usize) {
    filter::no_new_privileges();
    let program = [ALLOWS];
    let address = Program::new(&program).expect("it is short").address();
    assert_eq!(filter::seccomp(operation, 0, address), Err(EINVAL));
    assert_eq!(filter::mode(), 0);
}

/// Each flag alone is refused while the same filter without it is accepted; nothing is in force between.
#[rstest]
#[case::bit_6(1 << 6)]
#[case::bit_7(1 << 7)]
#[case::bit_15(1 << 15)]
#[case::bit_31(1 << 31)]
#[case::with_a_known_one(1 << 6 | LOG)]
#[case::all_unknown_ones(0xffff_ffc0)]
#[harness::test(clause = NOW_INSTALL_FLAGS_UNKNOWN, needs = [UNFILTERED, SECCOMP_FILTER])]
fn an_unknown_flag_is_refused(#[case] flags: usize) {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    let filter = Filter::only(number(500), Action::Errno(7));
    assert_eq!(filter.try_load(flags), Err(EINVAL));
    assert_eq!((filter::mode(), gadget.call(500)), (0, -ENOSYS));
    assert_eq!(filter.try_load(0), Ok(0));
    assert_eq!((filter::mode(), gadget.call(500)), (2, -7));
}

/// 0 where the flag asks for nothing back.
#[rstest]
#[case::log(LOG)]
#[case::spec_allow(SPEC_ALLOW)]
#[case::tsync(TSYNC)]
#[case::three(LOG | SPEC_ALLOW | TSYNC)]
#[harness::test(
    clause = [NOW_INSTALL_FLAGS_UNKNOWN, NOW_FLAG_LOG, NOW_FLAG_SPEC_ALLOW],
    needs = [SECCOMP_FILTER],
)]
fn a_known_flag_is_accepted(#[case] flags: usize) {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    assert_eq!(Filter::only(number(500), Action::Errno(7)).try_load(flags), Ok(0));
    assert_eq!((gadget.call(500), gadget.call(501)), (-7, -ENOSYS));
}

/// Also where a kernel does not know the flag.
#[rstest]
#[case::alone(0)]
#[case::with_log(LOG)]
#[case::with_tsync(TSYNC)]
#[case::with_esrch(TSYNC_ESRCH)]
#[harness::test(clause = NOW_FLAG_KILLABLE_NEEDS_LISTENER, needs = [UNFILTERED, SECCOMP_FILTER])]
fn a_killable_wait_without_a_listener_is_refused(#[case] flags: usize) {
    filter::no_new_privileges();
    let filter = Filter::only(number(500), Action::UserNotif);
    assert_eq!(filter.try_load(WAIT_KILLABLE_RECV | flags), Err(EINVAL));
    assert_eq!(filter::mode(), 0);
}

/// A listener is a descriptor that did not exist before, also beside flags that ask for nothing back.
#[rstest]
#[case::alone(0)]
#[case::with_log(LOG)]
#[harness::test(clause = NOW_NOTIF_FD, needs = [USER_NOTIF])]
fn a_listener_is_a_new_descriptor(#[case] flags: usize) {
    filter::no_new_privileges();
    let filter = Filter::only(number(500), Action::UserNotif);
    let fd = filter.try_load(NEW_LISTENER | flags).expect("a listener is made");
    assert_eq!(child::descriptor_flags(fd as i32), 1);
}

/// A kernel whose limit is one off, at either end, or that keeps only some bits of the length.
#[rstest]
#[case::nothing(0, Err(EINVAL))]
#[case::one(1, Ok(0))]
#[case::greatest(4096, Ok(0))]
#[case::one_more(4097, Err(EINVAL))]
#[case::all_a_length_can_say(65535, Err(EINVAL))]
#[harness::test(clause = NOW_INSTALL_LEN_LIMITS, needs = [UNFILTERED, SECCOMP_FILTER])]
fn a_program_has_its_limits(#[case] length: usize, #[case] answer: Result<usize, Errno>) {
    let last = if length == 1 { ALLOWS } else { instruction(RETURN, Action::Errno(7).value()) };
    let mut program = vec![instruction(LOAD, 0); length];
    if let [.., condition, end] = &mut program[..] {
        // The last instruction but one lets every call but 500 go.
        *condition = ALLOWS;
        *end = last;
        program[0] = instruction(LOAD, 0);
    } else if let [end] = &mut program[..] {
        *end = last;
    }
    assert_eq!(load_raw(program), answer);
    assert_eq!(filter::mode(), if answer.is_ok() { 2 } else { 0 });
}

/// A kernel that reads through an address of its own half or past a mapping's end, or that gives a
/// missing list and an unreadable one the same error.
#[rstest]
#[case::no_program(0)]
#[case::kernel_half(0xffff_8000_0000_0000)]
#[case::the_last_bytes(usize::MAX - 7)]
#[harness::test(clause = NOW_INSTALL_EFAULT, needs = [UNFILTERED, SECCOMP_FILTER])]
fn an_address_that_is_none_is_refused(#[case] address: usize) {
    filter::no_new_privileges();
    assert_eq!(filter::seccomp(SECCOMP_SET_MODE_FILTER, 0, address), Err(EFAULT), "of the program");
    let program = Program { len: 1, instructions: address };
    let answer = filter::seccomp(SECCOMP_SET_MODE_FILTER, 0, program.address());
    // The kernel refuses a null list by its value.
    let expected = if address == 0 { EINVAL } else { EFAULT };
    assert_eq!((answer, filter::mode()), (Err(expected), 0), "of its instructions");
    // A hole instead of an address.
    let hole = Program { len: 1, instructions: memory::zeros_before_hole() };
    assert_eq!(filter::seccomp(SECCOMP_SET_MODE_FILTER, 0, hole.address()), Err(EFAULT));
}

/// Every word of the 64 bytes can be loaded, and nothing beside or behind them.
#[harness::test(clause = NOW_INSTALL_ABS_BOUNDS, needs = [SECCOMP_FILTER])]
fn a_load_is_of_an_aligned_word_of_the_data() {
    for offset in (0..80).chain([1 << 16, 1 << 31, 0xffff_fffc, 0xffff_f000]) {
        let inside = offset < 64 && offset % 4 == 0;
        let expected = if inside { Ok(0) } else { Err(EINVAL) };
        let answer = load_raw(vec![instruction(LOAD, offset), ALLOWS]);
        assert_eq!(answer, expected, "a load at {offset:#x}");
    }
}

/// Operations that socket filters have and these have not, and some that nobody has. The operand of
/// each is one that a word load accepts.
#[rstest]
#[case::load_half_word(0x28)]
#[case::load_byte(0x30)]
#[case::load_double_word(0x38)]
#[case::load_word_indirect(0x40)]
#[case::load_half_word_indirect(0x48)]
#[case::load_byte_indirect(0x50)]
#[case::load_header_length(0xb1)]
#[case::load_x_absolute(0x21)]
#[case::remainder(0x94)]
#[case::remainder_of_x(0x9c)]
#[case::return_x(0x0e)]
#[case::exchange(0xd4)]
#[case::call(0x85)]
#[case::exit(0x95)]
#[case::long_add(0x0f)]
#[case::jump_not_equal(0x55)]
#[case::above_a_byte(0x120)]
#[case::all_ones(0xffff)]
#[harness::test(
    clause = [NOW_INSTALL_INVALID_EINVAL, NOW_INSTALL_WORD_ONLY, NOW_INSTALL_IND_MSH_REJECTED],
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn an_operation_of_another_kind_is_refused(#[case] code: u16) {
    let program = |code| vec![instruction(LOAD, 0), instruction(code, 4), ALLOWS];
    assert_eq!((load_raw(program(code)), filter::mode()), (Err(EINVAL), 0));
    assert_eq!(load_raw(program(LOAD)), Ok(0));
}

/// Extensions of socket filters are loads at offsets far behind the data.
#[rstest]
#[case::protocol(0xffff_f000)]
#[case::interface(0xffff_f008)]
#[case::processor(0xffff_f024)]
#[harness::test(clause = NOW_INSTALL_IND_MSH_REJECTED, needs = [SECCOMP_FILTER])]
fn an_extension_is_refused(#[case] offset: u32) {
    assert_eq!(load_raw(vec![instruction(LOAD, offset), ALLOWS]), Err(EINVAL));
}

/// A jump of one instruction more, an end that is no return, a division by zero, a shift too far.
#[rstest]
#[case::jump_past_the_end(vec![jump(0x05, 1, 0, 0), ALLOWS], vec![jump(0x05, 0, 0, 0), ALLOWS])]
#[case::jump_if_true_past_the_end(
    vec![jump(JUMP_IF_EQUAL, 0, 1, 0), ALLOWS],
    vec![jump(JUMP_IF_EQUAL, 0, 0, 0), ALLOWS]
)]
#[case::jump_if_false_past_the_end(
    vec![jump(JUMP_IF_EQUAL, 0, 0, 1), ALLOWS],
    vec![jump(JUMP_IF_EQUAL, 0, 0, 0), ALLOWS]
)]
#[case::jump_backwards(
    vec![instruction(LOAD, 0), jump(0x05, u32::MAX, 0, 0), ALLOWS],
    vec![instruction(LOAD, 0), jump(0x05, 0, 0, 0), ALLOWS]
)]
#[case::no_return_at_the_end(vec![ALLOWS, instruction(LOAD, 0)], vec![instruction(LOAD, 0), ALLOWS])]
#[case::division_by_zero(
    vec![instruction(LOAD, 0), instruction(0x34, 0), ALLOWS],
    vec![instruction(LOAD, 0), instruction(0x34, 1), ALLOWS]
)]
#[case::shift_by_32(
    vec![instruction(LOAD, 0), instruction(SHIFT_RIGHT, 32), ALLOWS],
    vec![instruction(LOAD, 0), instruction(SHIFT_RIGHT, 31), ALLOWS]
)]
#[case::memory_word_16(
    vec![instruction(LOAD, 0), instruction(0x02, 16), ALLOWS],
    vec![instruction(LOAD, 0), instruction(0x02, 15), ALLOWS]
)]
#[case::memory_never_stored(
    vec![instruction(0x60, 3), ALLOWS],
    vec![instruction(0x02, 3), instruction(0x60, 3), ALLOWS]
)]
#[harness::test(clause = NOW_INSTALL_INVALID_EINVAL, needs = [UNFILTERED, SECCOMP_FILTER])]
fn a_program_that_could_go_wrong_is_refused(
    #[case] wrong: Vec<Instruction>,
    #[case] right: Vec<Instruction>,
) {
    assert_eq!((load_raw(wrong), filter::mode()), (Err(EINVAL), 0));
    assert_eq!((load_raw(right), filter::mode()), (Ok(0), 2));
}

/// A refused program leaves the ones before it, and nothing of itself.
#[harness::test(
    clause = [NOW_INSTALL_INVALID_EINVAL, NOW_INSTALL_LAYERING],
    needs = [SECCOMP_FILTER],
)]
fn a_refused_program_changes_nothing() {
    let gadget = Gadget::syscall();
    load(500, Action::Errno(7));
    let mut wrong = Filter::only(number(501), Action::Errno(8)).program();
    wrong.push(instruction(LOAD, 0));
    assert_eq!(load_raw(wrong), Err(EINVAL));
    assert_eq!([500, 501].map(|nr| gadget.call(nr)), [-7, -ENOSYS]);
}

/// Nobody may bind a program that has more rights than its starter. Root may, and who gives up the
/// gain may.
#[rstest]
#[case::by_seccomp(false)]
#[case::by_prctl(true)]
#[harness::test(
    clause = [NOW_INSTALL_EACCES, NOW_INSTALL_NNP_OR_CAP],
    needs = [MAY_GAIN, SECCOMP_FILTER, ROOT],
)]
fn a_filter_takes_a_right_or_its_surrender(#[case] by_prctl: bool) {
    let gadget = Gadget::syscall();
    let filter = |nr| Filter::only(number(nr), Action::Errno(7));
    let try_load = |nr| match by_prctl {
        true => filter(nr).try_load_by_prctl(),
        false => filter(nr).try_load(0),
    };
    assert_eq!((filter::has_no_new_privileges(), try_load(500)), (false, Ok(0)), "as root");
    environment::become_nobody();
    assert_eq!((filter::has_no_new_privileges(), try_load(501)), (false, Err(EACCES)));
    filter::no_new_privileges();
    assert_eq!(try_load(502), Ok(0), "with the bit");
    assert_eq!([500, 501, 502].map(|nr| gadget.call(nr)), [-7, -ENOSYS, -7]);
}
