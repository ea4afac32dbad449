//! Reading and writing a tracee's dispatch configuration with ptrace: values, sizes, pointers,
//! refusals.

use super::tracees::{KEY, MARKED, NEVER, armed_itself, check, marked, stopped};
use crate::clauses::*;
use fixtures::Errno::{self, EFAULT, EINVAL, EIO, ESRCH};
use fixtures::child::{self, Child, Flavour};
use fixtures::dispatch::{self, Args, INCLUSIVE_ON, OFF, ON, Region};
use fixtures::needs::{DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH};
use fixtures::selector::Selector;
use fixtures::thread::Steps;
use fixtures::tracee::{self, DISPATCH_SIZE, DispatchConfig, Tracee};
use fixtures::{WaitStatus, memory};
use harness::observe;
use rstest::rstest;
use sys::uapi::{PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG};

#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_GET,
    catches = "a configuration of a task that never armed which cannot be read, or shows anything \
        but zeros",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_task_that_never_armed_reads_as_zeros() {
    assert_eq!(stopped().dispatch(), Ok(NEVER));
}

/// The task arms itself by prctl; the selector lies in a page at a fixed address and holds ALLOW.
#[rstest]
#[case::no_region(0, 0)]
#[case::one_byte(1, 1)]
#[case::a_page(0x7000, 0x1000)]
#[case::everything(0, u64::MAX)]
#[case::the_kernels_half(0xffff_8000_0000_0000, 0x1000)]
#[case::up_to_the_last_address(u64::MAX - 2, 2)]
#[case::every_byte_differs(0x0102_0304_0506_0708, 0x1112_1314_1516_1718)]
#[harness::test(
    clause = [DISPATCH_PTRACE_GET, DISPATCH_PTRACE_MODE],
    catches = "a mode, offset or length that reads truncated, rounded to pages, or in the place of \
        another field",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn an_armed_task_reads_as_it_armed(#[case] offset: u64, #[case] length: u64) {
    let selector = Selector::fixed().address();
    let tracee = armed_itself(Args { mode: ON, offset, length, selector });
    assert_eq!(tracee.dispatch(), Ok(DispatchConfig { mode: ON, selector, offset, length }));
}

/// All of the tracee's text is exempt, so it never reads the selector.
#[rstest]
#[case::absent(0)]
#[case::unmapped(0x1000)]
#[case::above_4_gigabytes(0x1234_5678_9abc)]
#[harness::test(
    clause = DISPATCH_PTRACE_GET,
    catches = "a selector address that reads as 0 where nothing is mapped, or is cut to 32 bits",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn the_selectors_address_reads_as_it_was_given(#[case] selector: u64) {
    let Region { offset, length } = Region::ALL;
    let tracee = armed_itself(Args { mode: ON, offset, length, selector });
    assert_eq!(tracee.dispatch(), Ok(DispatchConfig { mode: ON, selector, offset, length }));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_GET,
    catches = "an OFF that leaves the region or the selector to be read",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_task_that_turned_off_reads_as_zeros() {
    let selector = Selector::fixed().address();
    let tracee = Tracee::start(move || {
        assert_eq!(dispatch::answer(ON, 0x7000, 0x1000, selector), Ok(()));
        dispatch::turn_off();
        tracee::stop_oneself();
        0
    });
    tracee.next(tracee::Resume::Continue, 0);
    assert_eq!(tracee.dispatch(), Ok(NEVER));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_MODE,
    catches = "an inclusive region kept as its exclusive complement, and no record of the mode",
    needs = [DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH],
)]
fn inclusive_mode_reads_as_it_armed() {
    let selector = Selector::fixed().address();
    let region = Region::new(0x5000, 0x1000);
    let Region { offset, length } = region;
    let tracee = armed_itself(Args { mode: INCLUSIVE_ON, offset, length, selector });
    let expected = DispatchConfig { mode: INCLUSIVE_ON, selector, offset, length };
    assert_eq!(tracee.dispatch(), Ok(expected));
}

/// Kernels keep an exclusive region, which reaches from the end of the inclusive region around to
/// its start.
#[rstest]
#[case::a_page(0x5000, 0x1000)]
#[case::from_zero(0, 0x1000)]
#[case::all_but_the_last_address(0, u64::MAX)]
#[harness::test(
    clause = DISPATCH_PTRACE_GET,
    catches = "a complement that does not begin at the end of the inclusive region, or a selector \
        lost in inverting it",
    needs = [DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH],
)]
fn inclusive_mode_reads_as_the_region_around(#[case] offset: u64, #[case] length: u64) {
    let selector = Selector::fixed().address();
    let tracee = armed_itself(Args { mode: INCLUSIVE_ON, offset, length, selector });
    let mode = tracee.dispatch().map(|config| config.mode);
    observe!("mode read after INCLUSIVE_ON", mode);
    let around = DispatchConfig {
        mode: ON,
        selector,
        offset: offset.wrapping_add(length),
        length: length.wrapping_neg(),
    };
    assert_eq!(tracee.dispatch(), Ok(around));
}

#[rstest]
#[case::marked(MARKED)]
#[case::no_region_no_selector(DispatchConfig { mode: ON, ..NEVER })]
#[case::off(NEVER)]
#[harness::test(
    clause = [DISPATCH_PTRACE_SET, DISPATCH_PTRACE_GET],
    catches = "a write that keeps a field of the configuration before it, or a read that changes \
        one",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn what_is_written_reads_back(#[case] config: DispatchConfig) {
    let tracee = marked();
    assert_eq!(tracee.set_dispatch(config), Ok(()));
    assert_eq!(tracee.dispatch(), Ok(config));
    assert_eq!(tracee.dispatch(), Ok(config), "reading changes nothing");
}

/// The structure is four words: mode, selector, offset, length. Both requests return 0.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_REQUEST_NUMBERS,
    catches = "other request numbers, another order of the four fields, or an access next to the \
        structure",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn the_structure_is_four_words_in_order() {
    let tracee = stopped();
    let written = [0x77, ON, 0x1111_2222, 0x3333_4444, 0x5555_6666, 0x77u64];
    let set = tracee.request(0x4210, 32, &raw const written[1] as usize);
    let mut read = [0x99u64; 6];
    let at = &raw mut read as usize + 8;
    let get = tracee.request(0x4211, 32, at);
    assert_eq!([set, get], [Ok(0), Ok(0)]);
    assert_eq!(read, [0x99, ON, 0x1111_2222, 0x3333_4444, 0x5555_6666, 0x99]);
    assert_eq!(
        [
            PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG,
            PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG,
            DISPATCH_SIZE
        ],
        [0x4210, 0x4211, 32]
    );
}

/// The request with the valid size differs in the size alone.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_WRONG_SIZE,
    catches = "a size that is cut to 32 bits or taken for a minimum, or a refused request that \
        copies all the same",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn any_other_size_is_refused(
    #[values(0, 1, 4, 8, 16, 24, 31, 33, 40, 64, 4096, (1 << 32) | 32, usize::MAX)] size: usize,
) {
    let tracee = marked();
    let mut words = [0x99u64; 8];
    let at = words.as_mut_ptr() as usize;
    assert_eq!(tracee.request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, size, at), Err(EINVAL));
    assert_eq!(words, [0x99; 8]);
    let config = [ON, 0, 0, 0, 0, 0, 0, 0u64];
    let at = config.as_ptr() as usize;
    assert_eq!(tracee.request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, size, at), Err(EINVAL));
    assert_eq!(tracee.dispatch(), Ok(MARKED));
    assert_eq!(tracee.request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, DISPATCH_SIZE, at), Ok(0));
}

#[rstest]
#[case::null(0)]
#[case::first_page(1)]
#[case::kernels_half(0xffff_8000_0000_0000)]
#[case::last_address(usize::MAX)]
#[case::not_an_address(0x9000_0000_0000_0000)]
#[harness::test(
    clause = DISPATCH_PTRACE_BAD_POINTER,
    catches = "a pointer of the tracer's that is used without access_ok(), or a tracee changed \
        before the copy fails",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn an_unusable_pointer_is_refused(#[case] at: usize) {
    let tracee = marked();
    assert_eq!(
        tracee.request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, DISPATCH_SIZE, at),
        Err(EFAULT)
    );
    assert_eq!(
        tracee.request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, DISPATCH_SIZE, at),
        Err(EFAULT)
    );
    assert_eq!(tracee.dispatch(), Ok(MARKED));
}

/// In the first request size and pointer are both bad, in the second the pointer alone.
#[rstest]
#[harness::test(
    clause = [DISPATCH_PTRACE_BAD_POINTER, DISPATCH_PTRACE_WRONG_SIZE],
    catches = "a pointer that is checked before the size: EFAULT where EINVAL is promised",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn the_size_is_looked_at_before_the_pointer(
    #[values(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG)]
    request: usize,
) {
    let tracee = marked();
    assert_eq!(tracee.request(request, 31, 1), Err(EINVAL));
    assert_eq!(tracee.request(request, 32, 1), Err(EFAULT));
}

/// The structure first reaches into unmapped memory, then ends just before it.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_BAD_POINTER,
    catches = "a structure that is copied up to the hole and taken for complete, or an access past \
        its end",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_structure_that_reaches_into_a_hole_is_refused(#[values(1, 8, 16, 31)] into: usize) {
    let tracee = marked();
    let hole = memory::zeros_before_hole();
    for request in
        [PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG]
    {
        assert_eq!(
            tracee.request(request, DISPATCH_SIZE, hole - DISPATCH_SIZE + into),
            Err(EFAULT)
        );
    }
    assert_eq!(tracee.dispatch(), Ok(MARKED));
    let fits = hole - DISPATCH_SIZE;
    assert_eq!(tracee.request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, DISPATCH_SIZE, fits), Ok(0));
    assert_eq!(tracee.request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, DISPATCH_SIZE, fits), Ok(0));
    assert_eq!(tracee.dispatch(), Ok(MARKED));
}

/// To read the configuration, the kernel writes to the structure. The structure's zeros are OFF.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_BAD_POINTER,
    catches = "a read of the configuration into read-only memory, or a write that demands writable \
        memory",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_read_only_structure_is_good_for_writing_alone() {
    let tracee = marked();
    let at = memory::read_only_zeros();
    assert_eq!(
        tracee.request(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, DISPATCH_SIZE, at),
        Err(EFAULT)
    );
    assert_eq!(tracee.dispatch(), Ok(MARKED));
    assert_eq!(tracee.request(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, DISPATCH_SIZE, at), Ok(0));
    assert_eq!(tracee.dispatch(), Ok(NEVER));
}

/// Each row goes to the tracee and, as arguments, to the prctl; the answers agree. A refused row
/// leaves the old configuration in place.
#[rstest]
#[case::unknown_mode(3, 0, 0, 0, Err(EINVAL))]
#[case::negative_mode(u64::MAX, 0, 0, 0, Err(EINVAL))]
#[case::off_in_32_bits(1 << 32, 0, 0, 0, Err(EINVAL))]
#[case::on_in_32_bits((1 << 32) | 1, 0, 0, KEY, Err(EINVAL))]
#[case::off(OFF, 0, 0, 0, Ok(()))]
#[case::off_with_offset(OFF, 1, 0, 0, Err(EINVAL))]
#[case::off_with_length(OFF, 0, 1, 0, Err(EINVAL))]
#[case::off_with_selector(OFF, 0, 0, KEY, Err(EINVAL))]
#[case::on(ON, 0, 0, KEY, Ok(()))]
#[case::region(ON, 5, 1, KEY, Ok(()))]
#[case::empty_region(ON, 5, 0, KEY, Err(EINVAL))]
#[case::everything(ON, 0, u64::MAX, KEY, Ok(()))]
#[case::ends_below_the_top(ON, 5, -6i64 as u64, KEY, Ok(()))]
#[case::ends_at_the_top(ON, 5, -5i64 as u64, KEY, Err(EINVAL))]
#[case::wraps(ON, u64::MAX, 2, KEY, Err(EINVAL))]
#[case::unmapped_selector(ON, 0, u64::MAX, 0x1000, Ok(()))]
#[case::kernels_selector(ON, 0, u64::MAX, 0xffff_8000_0000_0000, Err(EFAULT))]
#[case::last_selector(ON, 0, u64::MAX, u64::MAX, Err(EFAULT))]
#[case::region_before_selector(ON, 5, 0, u64::MAX, Err(EINVAL))]
#[case::mode_before_selector(3, 0, 0, u64::MAX, Err(EINVAL))]
#[harness::test(
    clause = [DISPATCH_PTRACE_VALIDATED, DISPATCH_PTRACE_SET],
    catches = "a tracer's configuration stored without one of the prctl's checks, or stored and \
        then refused",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_configuration_is_checked_like_the_prctls(
    #[case] mode: u64,
    #[case] offset: u64,
    #[case] length: u64,
    #[case] selector: u64,
    #[case] expected: Result<(), Errno>,
) {
    check(DispatchConfig { mode, selector, offset, length }, expected);
}

/// The configuration reads back as the complement of the region.
#[rstest]
#[case::region(0x5000, 0x1000, Ok(()))]
#[case::from_zero(0, 1, Ok(()))]
#[case::everything(0, u64::MAX, Ok(()))]
#[case::empty_region(1, 0, Err(EINVAL))]
#[case::nothing(0, 0, Err(EINVAL))]
#[case::ends_at_the_top(5, -5i64 as u64, Err(EINVAL))]
#[case::wraps(u64::MAX, 2, Err(EINVAL))]
#[harness::test(
    clause = [DISPATCH_PTRACE_VALIDATED, DISPATCH_PTRACE_MODE],
    catches = "an inclusive configuration checked by the rules of exclusive mode, or stored \
        without being inverted",
    needs = [DISPATCH, INCLUSIVE, PTRACE, PTRACE_DISPATCH],
)]
fn an_inclusive_configuration_is_checked_like_the_prctls(
    #[case] offset: u64,
    #[case] length: u64,
    #[case] expected: Result<(), Errno>,
) {
    check(DispatchConfig { mode: INCLUSIVE_ON, selector: KEY, offset, length }, expected);
}

/// The same task answers both requests before and after, when it is stopped.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_NEEDS_STOP,
    catches = "requests that are answered while the tracee runs",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_running_tracee_is_refused() {
    let steps = Steps::new();
    let tracee = Tracee::start(move || {
        steps.reach(1);
        steps.wait_for(2);
        tracee::stop_oneself();
        0
    });
    assert_eq!(tracee.set_dispatch(NEVER), Ok(()));
    tracee.resume(0);
    steps.wait_for(1);
    let running = (tracee.dispatch(), tracee.set_dispatch(MARKED));
    steps.reach(2);
    tracee.wait();
    assert_eq!(running, (Err(ESRCH), Err(ESRCH)));
    assert_eq!((tracee.dispatch(), tracee.set_dispatch(MARKED)), (Ok(NEVER), Ok(())));
}

/// The tasks are an untraced child, the caller itself, and a pid that no task has.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_NEEDS_STOP,
    catches = "requests that are answered for a task which the caller does not trace",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_task_that_is_no_tracee_is_refused() {
    let steps = Steps::new();
    let child = child::start(Flavour::Fork, || {
        steps.reach(1);
        steps.wait_for(2);
        0
    });
    steps.wait_for(1);
    let answers = [child.pid(), fixtures::own_pid(), i32::MAX].map(|pid| {
        let task = Tracee::adopt(pid);
        (task.dispatch(), task.set_dispatch(NEVER))
    });
    steps.reach(2);
    assert_eq!(child.end(), WaitStatus::Exited(0));
    assert_eq!(answers, [(Err(ESRCH), Err(ESRCH)); 3]);
}

#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_NEEDS_STOP,
    catches = "requests that are answered for a zombie",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_dead_tracee_is_refused() {
    let tracee = marked();
    assert_eq!(tracee.dispatch(), Ok(MARKED));
    tracee::kill(tracee.pid);
    tracee.await_death();
    assert_eq!((tracee.dispatch(), tracee.set_dispatch(NEVER)), (Err(ESRCH), Err(ESRCH)));
    assert_eq!(Child::Process(tracee.pid).end(), WaitStatus::KilledBy(harness::signals::SIGKILL));
}

/// Before 6.4 both numbers are unknown; the feature table says which kernels know them. The third
/// request is unknown to all.
#[rstest]
#[harness::test(
    clause = DISPATCH_PTRACE_UNKNOWN_REQUEST,
    catches = "a kernel that knows one of the two requests, or answers an unknown request with \
        success",
    needs = [DISPATCH, PTRACE],
)]
fn both_requests_are_known_or_neither() {
    let tracee = stopped();
    let mut words = [0u64; 4];
    let at = words.as_mut_ptr() as usize;
    let answers =
        [PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, 0x42ff]
            .map(|request| tracee.request(request, DISPATCH_SIZE, at).map(drop));
    let known = answers[0].is_ok();
    observe!("ptrace knows dispatch", known);
    let answer = if known { Ok(()) } else { Err(EIO) };
    assert_eq!(answers, [answer, answer, Err(EIO)]);
}
