//! Installing a filter: which programs the checker accepts, by which call, with which flags and by
//! whom.

use crate::clauses::*;
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

/// What installing returns; the program afterwards decides the calls of this thread.
fn load_raw(program: Vec<Instruction>) -> Result<usize, Errno> {
    filter::no_new_privileges();
    Filter::raw(program).try_load(0)
}

#[harness::test(
    clause = [
        SECCOMP_INSTALL_PRCTL_SUCCEEDS,
        SECCOMP_INSTALL_PRCTL_EQUALS_SECCOMP,
        SECCOMP_INSTALL_MODE_IS_REPORTED,
    ],
    catches = "an install by prctl or by seccomp that leaves mode 0 or replaces the filter installed by \
        the other",
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
    assert!(in_child, "the child's mode differs");
}

#[rstest]
#[case::prctl_with_seccomp_filter(true)]
#[case::seccomp(false)]
#[harness::test(
    clause = [SECCOMP_INSTALL_PERMANENT, SECCOMP_INSTALL_STRICT_AFTER_FILTER],
    catches = "a later mode 0, mode 1 or unknown operation that lifts the installed filter or enters \
        strict mode in its place",
    needs = [SECCOMP_FILTER],
)]
fn nothing_takes_a_filter_away(#[case] by_prctl: bool) {
    let gadget = Gadget::syscall();
    load(500, Action::Errno(7));
    for mode in [0, 1] {
        let answer = if by_prctl {
            gadget.call_args(SYS_prctl, [PR_SET_SECCOMP, mode, 0, 0, 0, 0])
        } else {
            // seccomp(2) has no mode 0: operation 0 is strict mode. Operation 4 is unassigned.
            filter::seccomp(if mode == 0 { SECCOMP_SET_MODE_STRICT } else { 4 }, 0, 0)
                .map_or_else(|errno| -(errno as i64), |value| value as i64)
        };
        assert_eq!((answer, filter::mode(), gadget.call(500)), (-22, 2, -7), "mode {mode}");
    }
    assert_eq!(gadget.call(UNASSIGNED), -ENOSYS);
}

#[rstest]
#[case::four(4)]
#[case::nine(9)]
#[case::bit_31(1 << 31)]
#[case::all_ones(0xffff_ffff)]
#[harness::test(
    clause = SECCOMP_INSTALL_UNKNOWN_OPERATION,
    catches = "an operation checked by its low bits only, so that 9 or bit 31 installs a filter",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn an_unknown_operation_is_refused(#[case] operation: usize) {
    filter::no_new_privileges();
    let program = [ALLOWS];
    let handed = Program::new(&program).expect("the program is short");
    assert_eq!(filter::seccomp(operation, 0, handed.address()), Err(EINVAL));
    assert_eq!(filter::mode(), 0);
}

/// The same filter without the flag is accepted afterwards, so that the flag alone explains the
/// refusal.
#[rstest]
#[case::bit_6(1 << 6)]
#[case::bit_7(1 << 7)]
#[case::bit_15(1 << 15)]
#[case::bit_31(1 << 31)]
#[case::with_a_known_one(1 << 6 | LOG)]
#[case::all_unknown_ones(0xffff_ffc0)]
#[harness::test(
    clause = SECCOMP_INSTALL_UNKNOWN_FLAG,
    catches = "an unknown flag bit ignored or masked away, so that the filter is installed without the \
        feature asked for",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn an_unknown_flag_is_refused(#[case] flags: usize) {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    let filter = Filter::only(number(500), Action::Errno(7));
    assert_eq!(filter.try_load(flags), Err(EINVAL));
    assert_eq!((filter::mode(), gadget.call(500)), (0, -ENOSYS));
    assert_eq!(filter.try_load(0), Ok(0));
    assert_eq!((filter::mode(), gadget.call(500)), (2, -7));
}

#[rstest]
#[case::log(LOG)]
#[case::spec_allow(SPEC_ALLOW)]
#[case::tsync(TSYNC)]
#[case::three(LOG | SPEC_ALLOW | TSYNC)]
#[harness::test(
    clause = [SECCOMP_INSTALL_UNKNOWN_FLAG, SECCOMP_FLAGS_LOG, SECCOMP_FLAGS_SPEC_ALLOW],
    catches = "LOG, SPEC_ALLOW or TSYNC refused, or a descriptor or thread id returned where none was \
        asked for",
    needs = [SECCOMP_FILTER],
)]
fn a_known_flag_is_accepted(#[case] flags: usize) {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    assert_eq!(Filter::only(number(500), Action::Errno(7)).try_load(flags), Ok(0));
    assert_eq!((gadget.call(500), gadget.call(501)), (-7, -ENOSYS));
}

/// A kernel that does not know the flag returns the same error.
#[rstest]
#[case::alone(0)]
#[case::with_log(LOG)]
#[case::with_tsync(TSYNC)]
#[case::with_esrch(TSYNC_ESRCH)]
#[harness::test(
    clause = SECCOMP_FLAGS_WAIT_KILLABLE_NEEDS_LISTENER,
    catches = "WAIT_KILLABLE_RECV accepted for a filter that has no listener",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn a_killable_wait_without_a_listener_is_refused(#[case] flags: usize) {
    filter::no_new_privileges();
    let filter = Filter::only(number(500), Action::UserNotif);
    assert_eq!(filter.try_load(WAIT_KILLABLE_RECV | flags), Err(EINVAL));
    assert_eq!(filter::mode(), 0);
}

#[rstest]
#[case::alone(0)]
#[case::with_log(LOG)]
#[harness::test(
    clause = SECCOMP_NOTIFY_LISTENER_FD,
    catches = "a listener returned as 0 or as a descriptor number without close-on-exec",
    needs = [USER_NOTIF],
)]
fn a_listener_is_a_new_descriptor(#[case] flags: usize) {
    filter::no_new_privileges();
    let filter = Filter::only(number(500), Action::UserNotif);
    let fd = filter.try_load(NEW_LISTENER | flags).expect("a listener is made");
    assert_eq!(child::descriptor_flags(fd as i32), 1);
}

#[rstest]
#[case::nothing(0, Err(EINVAL))]
#[case::one(1, Ok(0))]
#[case::greatest(4096, Ok(0))]
#[case::one_more(4097, Err(EINVAL))]
#[case::all_a_length_can_say(65535, Err(EINVAL))]
#[harness::test(
    clause = SECCOMP_PROGRAM_LENGTH,
    catches = "a limit of 4096 instructions that is off by one, no lower limit, or a length cut to fewer \
        than 16 bits",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn a_program_has_its_limits(#[case] length: usize, #[case] answer: Result<usize, Errno>) {
    let last = if length == 1 { ALLOWS } else { instruction(RETURN, Action::Errno(7).value()) };
    let mut program = vec![instruction(LOAD, 0); length];
    if let [.., condition, end] = &mut program[..] {
        // The last instruction but one allows every call.
        *condition = ALLOWS;
        *end = last;
        program[0] = instruction(LOAD, 0);
    } else if let [end] = &mut program[..] {
        *end = last;
    }
    assert_eq!(load_raw(program), answer);
    assert_eq!(filter::mode(), if answer.is_ok() { 2 } else { 0 });
}

#[rstest]
#[case::no_program(0)]
#[case::kernel_half(0xffff_8000_0000_0000)]
#[case::the_last_bytes(usize::MAX - 7)]
#[harness::test(
    clause = SECCOMP_INSTALL_BAD_ADDRESS,
    catches = "a program read through a null or kernel address or past a mapping's end, or a null list \
        that yields EFAULT",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn an_address_that_is_none_is_refused(#[case] address: usize) {
    filter::no_new_privileges();
    assert_eq!(filter::seccomp(SECCOMP_SET_MODE_FILTER, 0, address), Err(EFAULT), "of the program");
    let program = Program { len: 1, instructions: address };
    let answer = filter::seccomp(SECCOMP_SET_MODE_FILTER, 0, program.address());
    // The kernel refuses a null list by its value.
    let expected = if address == 0 { EINVAL } else { EFAULT };
    assert_eq!((answer, filter::mode()), (Err(expected), 0), "of its instructions");
    // The structure's last bytes, with the address in them, lie in an unmapped page.
    let hole = Program { len: 1, instructions: memory::zeros_before_hole() };
    assert_eq!(filter::seccomp(SECCOMP_SET_MODE_FILTER, 0, hole.address()), Err(EFAULT));
}

#[harness::test(
    clause = SECCOMP_PROGRAM_LOAD_BOUNDS,
    catches = "a load accepted at an unaligned offset or past the 64 bytes of seccomp_data, or an \
        aligned word refused",
    needs = [SECCOMP_FILTER],
)]
fn a_load_is_of_an_aligned_word_of_the_data() {
    for offset in (0..80).chain([1 << 16, 1 << 31, 0xffff_fffc, 0xffff_f000]) {
        let inside = offset < 64 && offset % 4 == 0;
        let expected = if inside { Ok(0) } else { Err(EINVAL) };
        let answer = load_raw(vec![instruction(LOAD, offset), ALLOWS]);
        assert_eq!(answer, expected, "a load at {offset:#x}");
    }
}

/// The operand 4 is valid for a word load, so that only the opcode can be refused.
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
    clause = [
        SECCOMP_PROGRAM_INVALID,
        SECCOMP_PROGRAM_LOAD_SIZE,
        SECCOMP_PROGRAM_REJECTED_INSTRUCTIONS,
    ],
    catches = "an opcode of socket filters or eBPF, or an undefined opcode, that passes the seccomp \
        checker",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn an_operation_of_another_kind_is_refused(#[case] code: u16) {
    let program = |code| vec![instruction(LOAD, 0), instruction(code, 4), ALLOWS];
    assert_eq!((load_raw(program(code)), filter::mode()), (Err(EINVAL), 0));
    assert_eq!(load_raw(program(LOAD)), Ok(0));
}

#[rstest]
#[case::protocol(0xffff_f000)]
#[case::interface(0xffff_f008)]
#[case::processor(0xffff_f024)]
#[harness::test(
    clause = SECCOMP_PROGRAM_REJECTED_INSTRUCTIONS,
    catches = "a socket-filter ancillary load (SKF_AD_OFF) that passes the seccomp checker",
    needs = [SECCOMP_FILTER],
)]
fn an_extension_is_refused(#[case] offset: u32) {
    assert_eq!(load_raw(vec![instruction(LOAD, offset), ALLOWS]), Err(EINVAL));
}

/// The right program of each row differs from the wrong one by one instruction or operand.
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
#[harness::test(
    clause = SECCOMP_PROGRAM_INVALID,
    catches = "a checker that misses a jump past the end, a missing return, a division by 0, a wide \
        shift or an unset word",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn a_program_that_could_go_wrong_is_refused(
    #[case] wrong: Vec<Instruction>,
    #[case] right: Vec<Instruction>,
) {
    assert_eq!((load_raw(wrong), filter::mode()), (Err(EINVAL), 0));
    assert_eq!((load_raw(right), filter::mode()), (Ok(0), 2));
}

#[harness::test(
    clause = [SECCOMP_PROGRAM_INVALID, SECCOMP_INSTALL_LAYERING],
    catches = "a refused program that stays attached, or one that drops the filters installed before it",
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

#[rstest]
#[case::by_seccomp(false)]
#[case::by_prctl(true)]
#[harness::test(
    clause = [SECCOMP_INSTALL_NEEDS_NO_NEW_PRIVS, SECCOMP_INSTALL_NO_NEW_PRIVS_OR_CAPABILITY],
    catches = "an install that needs neither CAP_SYS_ADMIN nor no_new_privs, or that demands both",
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
    assert_eq!(try_load(502), Ok(0), "with no_new_privs");
    assert_eq!([500, 501, 502].map(|nr| gadget.call(nr)), [-7, -ENOSYS, -7]);
}
