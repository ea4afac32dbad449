//! PTRACE_SECCOMP_GET_FILTER: the programs that bind a tracee.

use crate::clauses::*;
use fixtures::Errno::{self, EFAULT, EINVAL, ENOENT, ESRCH};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::{
    self, Action, Filter, Instruction, LOAD, RETURN, RETURN_A, TSYNC, instruction, jump, number,
};
use fixtures::gadget::Gadget;
use fixtures::needs::{
    GET_FILTER, INT80, PTRACE, ROOT, SECCOMP_FILTER, STRICT_MODE, SUSPEND_SECCOMP, UNFILTERED,
};
use fixtures::script::{Returned, SharedResults};
use fixtures::thread::Steps;
use fixtures::tracee::{self, Resume, Stop, Tracee};
use fixtures::{WaitStatus, environment, memory};
use rstest::rstest;
use sys::uapi::{
    self, AUDIT_ARCH_I386, BPF_ADD, BPF_ALU, BPF_AND, BPF_DIV, BPF_IMM, BPF_JA, BPF_JEQ, BPF_JGE,
    BPF_JGT, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_LDX, BPF_LEN, BPF_LSH, BPF_MEM, BPF_MISC,
    BPF_MUL, BPF_NEG, BPF_OR, BPF_RSH, BPF_ST, BPF_STX, BPF_SUB, BPF_TAX, BPF_TXA, BPF_W, BPF_X,
    BPF_XOR, CAP_SYS_ADMIN, CAP_SYS_PTRACE, PTRACE_EVENT_FORK, PTRACE_O_SUSPEND_SECCOMP,
    PTRACE_O_TRACEFORK, PTRACE_SECCOMP_GET_FILTER, PTRACE_SECCOMP_GET_METADATA, SIGSTOP,
};

/// Bytes of an instruction.
const INSTRUCTION: usize = 8;

/// A stopped tracee that has loaded these programs, the first one first, with these flags.
pub(super) fn bound(programs: &[(usize, Vec<Instruction>)]) -> Tracee {
    stopped_after(|| {
        filter::no_new_privileges();
        for (flags, program) in programs {
            assert!(filter::try_load_program(*flags, program).is_ok(), "a filter can be loaded");
        }
    })
}

/// A tracee that is stopped after `arrange`.
#[track_caller]
fn stopped_after(arrange: impl FnOnce()) -> Tracee {
    let tracee = Tracee::start(|| {
        arrange();
        tracee::stop_oneself();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    tracee
}

fn bound_by(filters: &[&Filter]) -> Tracee {
    let programs: Vec<_> = filters.iter().map(|filter| (0, filter.program())).collect();
    bound(&programs)
}

fn refuse(nr: i64, errno: u16) -> Filter {
    Filter::only(number(nr), Action::Errno(errno))
}

/// Every instruction that a filter may have, each field that counts with a value of its own; what it
/// returns allows each call.
fn all_instructions() -> Vec<Instruction> {
    let mut program = vec![
        instruction(LOAD, 4),
        instruction(BPF_LD | BPF_W | BPF_LEN, 0),
        instruction(BPF_LDX | BPF_W | BPF_LEN, 0),
        instruction(BPF_LD | BPF_IMM, 0x8765_4321),
        instruction(BPF_ST, 0),
        instruction(BPF_LDX | BPF_IMM, 0x4000_0027),
        instruction(BPF_STX, 15),
        instruction(BPF_LD | BPF_MEM, 15),
        instruction(BPF_LDX | BPF_MEM, 0),
        instruction(BPF_MISC | BPF_TAX, 0),
        instruction(BPF_MISC | BPF_TXA, 0),
        instruction(BPF_ALU | BPF_NEG, 0),
    ];
    for operation in
        [BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH]
    {
        program.push(instruction(BPF_ALU | operation | BPF_K, 3));
        program.push(instruction(BPF_ALU | operation | BPF_X, 0));
    }
    program.push(instruction(BPF_JMP | BPF_JA, 1));
    program.push(instruction(RETURN_A, 0));
    for operation in [BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET] {
        program.push(jump(BPF_JMP | operation | BPF_K, AUDIT_ARCH_I386, 1, 0));
        program.push(jump(BPF_JMP | operation | BPF_X, 0, 0, 1));
    }
    program.push(instruction(LOAD, 60));
    program.push(instruction(RETURN, Action::Allow.value()));
    program.push(instruction(RETURN, Action::Allow.value()));
    program
}

/// The most that a program may have.
fn longest() -> Vec<Instruction> {
    let mut program: Vec<_> = (0..4095).map(|i| instruction(BPF_LDX | BPF_IMM, i)).collect();
    program.push(instruction(RETURN, Action::Allow.value()));
    program
}

fn shortest() -> Vec<Instruction> {
    vec![instruction(RETURN, Action::Allow.value())]
}

/// Numbers with the bit of x32, and data that no action has.
fn with_x32_numbers() -> Vec<Instruction> {
    refuse(UNASSIGNED, 7).when(number(0x4000_0027), Action::Raw(0x7ffe_1234)).program()
}

#[rstest]
#[case::every_instruction(all_instructions())]
#[case::longest(longest())]
#[case::shortest(shortest())]
#[case::x32_numbers_and_data(with_x32_numbers())]
#[harness::test(
    clause = SECCOMP_GET_FILTER_PROGRAM,
    catches = "a translated, truncated or rewritten program in place of the classic one that was loaded",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn a_program_is_read_as_it_was_loaded(#[case] program: Vec<Instruction>) {
    let tracee = bound(&[(0, program.clone())]);
    let read = tracee.filter(0);
    // Not by assert_eq: thousands of instructions are no help to a reader.
    assert!(read.as_ref() == Ok(&program), "another program was read");
    assert!(tracee.filter(0) == read, "another program was read the second time");
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
}

#[harness::test(
    clause = [SECCOMP_GET_FILTER_INDEX, SECCOMP_GET_FILTER_COUNT],
    catches = "filters counted from the newest, an index past the last one that gives a filter, or an \
        index cut to 32 bits",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn filters_count_from_the_oldest() {
    // Each has another length.
    let filters: Vec<_> = (1..=5)
        .map(|i| (0..i).fold(Filter::new(), |all, j| all.when(number(500 + j), Action::Errno(7))))
        .collect();
    let tracee = bound_by(&filters.iter().collect::<Vec<_>>());
    for (index, filter) in filters.iter().enumerate() {
        let program = filter.program();
        assert_eq!(tracee.filter(index), Ok(program.clone()), "filter {index}");
        let count = tracee.request(PTRACE_SECCOMP_GET_FILTER, index, 0);
        assert_eq!(count, Ok(program.len()), "the count of filter {index}");
    }
    for past in [5, 6, 1 << 31, 1 << 32, usize::MAX] {
        assert_eq!(tracee.filter(past), Err(ENOENT), "index {past:#x}");
        assert_eq!(tracee.request(PTRACE_SECCOMP_GET_FILTER, past, 0), Err(ENOENT));
    }
}

/// A tracee whose filters are refused, and one whose filter is not.
#[rstest]
#[case::none(|| {}, Err(EINVAL))]
#[case::filter(|| refuse(UNASSIGNED, 7).load(), Ok(4))]
#[harness::test(
    clause = SECCOMP_GET_FILTER_NO_FILTER,
    catches = "a request for a filter that there is not, answered with ENOENT, a count or a crash",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn a_task_without_filters_is_einval(#[case] arrange: fn(), #[case] expected: Result<usize, Errno>) {
    let tracee = stopped_after(arrange);
    assert_eq!(tracee.request(PTRACE_SECCOMP_GET_FILTER, 0, 0), expected);
    assert_eq!(tracee.filter_metadata(0).map(|_| 4), expected);
}

/// Suspended, a tracee in strict mode can stop itself.
#[harness::test(
    clause = SECCOMP_GET_FILTER_NO_FILTER,
    catches = "strict mode taken for filter mode when a filter is asked for",
    needs = [ROOT, UNFILTERED, PTRACE, STRICT_MODE, GET_FILTER, SUSPEND_SECCOMP],
)]
fn a_task_in_strict_mode_is_einval() {
    let tracee = Tracee::start_with(PTRACE_O_SUSPEND_SECCOMP, || {
        filter::strict();
        tracee::stop_oneself();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    assert_eq!(tracee.request(PTRACE_SECCOMP_GET_FILTER, 0, 0), Err(EINVAL));
    assert_eq!(tracee.filter_metadata(0).map(drop), Err(EINVAL));
}

/// The answers to a tracer in a process of its own, after `prepare`: for a filter, a filter past the last,
/// metadata and metadata with a size that is too small, and of a task without filters.
fn answers(prepare: fn()) -> [Returned; 5] {
    let kept = SharedResults::new();
    let end = child::fork(|| {
        prepare();
        let tracee = bound_by(&[&refuse(UNASSIGNED, 7)]);
        // Filtered tracers have filtered tracees.
        let other = stopped_after(|| ());
        let mut words = [0u64; 2];
        let at = words.as_mut_ptr() as usize;
        for answer in [
            tracee.request(PTRACE_SECCOMP_GET_FILTER, 0, 0),
            tracee.request(PTRACE_SECCOMP_GET_FILTER, 99, 0),
            tracee.request(PTRACE_SECCOMP_GET_METADATA, 16, at),
            tracee.request(PTRACE_SECCOMP_GET_METADATA, 0, at),
            other.request(PTRACE_SECCOMP_GET_FILTER, 99, 0),
        ] {
            kept.add_value(answer.map_or_else(|errno| -(errno as i64), |value| value as i64));
        }
    });
    assert_eq!(end, WaitStatus::Exited(0), "the tracer comes to its end");
    [0, 1, 2, 3, 4].map(|i| kept.returned(i, -1))
}

fn without_sys_admin() {
    environment::give_up_capability(CAP_SYS_ADMIN);
    filter::no_new_privileges();
}

fn only_sys_ptrace() {
    environment::keep_capabilities(&[CAP_SYS_PTRACE]);
    filter::no_new_privileges();
}

fn only_sys_admin() {
    environment::keep_capabilities(&[CAP_SYS_ADMIN]);
}

fn filtered() {
    Filter::new().load();
}

const FREE: [i64; 5] = [4, -uapi::ENOENT, 16, -uapi::EINVAL, -uapi::EINVAL];
const DENIED: [i64; 5] = [-uapi::EACCES; 5];

#[rstest]
#[case::all(|| {}, FREE)]
#[case::only_sys_admin(only_sys_admin as fn(), FREE)]
#[case::all_but_sys_admin(without_sys_admin, DENIED)]
#[case::only_sys_ptrace(only_sys_ptrace, DENIED)]
#[case::a_filter(filtered, DENIED)]
#[harness::test(
    clause = SECCOMP_GET_FILTER_DENIED,
    catches = "filters told to a tracer without CAP_SYS_ADMIN or to one with a filter, or EPERM, or another \
        error checked first",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn reading_filters_takes_a_free_and_privileged_tracer(
    #[case] prepare: fn(),
    #[case] expected: [i64; 5],
) {
    assert_eq!(answers(prepare), expected.map(Returned::Value));
}

/// The program has four instructions; the buffer ends so many bytes before the hole.
#[rstest]
#[case::fits(32, Ok(4))]
#[case::one_byte_short(31, Err(EFAULT))]
#[case::three_instructions(24, Err(EFAULT))]
#[case::none(0, Err(EFAULT))]
#[harness::test(
    clause = [SECCOMP_GET_FILTER_BAD_POINTER, SECCOMP_GET_FILTER_PROGRAM],
    catches = "a program copied up to a hole and taken for complete, or written past its end",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn a_buffer_that_reaches_into_a_hole_is_efault(
    #[case] room: usize,
    #[case] expected: Result<usize, Errno>,
) {
    let program = refuse(UNASSIGNED, 7).program();
    assert_eq!(program.len() * INSTRUCTION, 32);
    let tracee = bound(&[(0, program.clone())]);
    let at = memory::zeros_before_hole() - room;
    assert_eq!(tracee.request(PTRACE_SECCOMP_GET_FILTER, 0, at), expected);
    assert_eq!(tracee.filter(0), Ok(program));
}

#[rstest]
#[case::unmapped(1)]
#[case::read_only(memory::read_only_zeros())]
#[case::kernels_half(0xffff_8000_0000_0000)]
#[case::last_address(usize::MAX)]
#[harness::test(
    clause = [SECCOMP_GET_FILTER_BAD_POINTER, SECCOMP_GET_FILTER_INDEX],
    catches = "a buffer of the tracer's that is written without a check, or checked before the index",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn a_buffer_that_cannot_be_written_is_efault(#[case] at: usize) {
    let tracee = bound_by(&[&refuse(UNASSIGNED, 7)]);
    assert_eq!(tracee.request(PTRACE_SECCOMP_GET_FILTER, 0, at), Err(EFAULT));
    assert_eq!(tracee.request(PTRACE_SECCOMP_GET_FILTER, 1, at), Err(ENOENT));
    assert_eq!(tracee.request(PTRACE_SECCOMP_GET_FILTER, 0, 0), Ok(4));
}

/// The reading tracer has none itself.
#[harness::test(
    clause = [SECCOMP_GET_FILTER_PROGRAM, SECCOMP_INHERIT_FORK],
    catches = "filters read from the parent or from another task with the same program",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn each_task_has_its_own_list() {
    let [first, second, third] = [1, 2, 3].map(|errno| refuse(UNASSIGNED, errno));
    let tracee = Tracee::start_with(PTRACE_O_TRACEFORK, || {
        first.load();
        child::start(Flavour::Fork, || {
            second.load();
            tracee::stop_oneself();
            0
        });
        third.load();
        tracee::stop_oneself();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_FORK));
    let child = Tracee::adopt(tracee.message() as i32);
    assert_eq!(child.wait(), Stop::Signal(SIGSTOP));
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    let list = |tracee: &Tracee| [0, 1, 2].map(|index| tracee.filter(index));
    let programs = |filters: [&Filter; 2]| filters.map(|filter| Ok(filter.program()));
    let [a, b] = programs([&first, &third]);
    assert_eq!(list(&tracee), [a, b, Err(ENOENT)]);
    assert_eq!(list(&child)[1], Err(ENOENT), "the child has loaded none yet");
    assert_eq!(child.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    let [a, b] = programs([&first, &second]);
    assert_eq!(list(&child), [a, b, Err(ENOENT)]);
}

/// The first thread is traced; the other one loads.
#[rstest]
#[case::for_every_thread(TSYNC, 2)]
#[case::for_itself(0, 1)]
#[harness::test(
    clause = [SECCOMP_GET_FILTER_INDEX, SECCOMP_TSYNC_ALL_THREADS],
    catches = "a filter got by TSYNC that is missing in the list of the thread that got it",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn a_filter_got_by_tsync_is_in_the_list(#[case] flags: usize, #[case] count: usize) {
    let (old, new) = (refuse(UNASSIGNED, 1), refuse(UNASSIGNED, 2).program());
    let tracee = stopped_after(|| {
        old.load();
        child::start(Flavour::CloneThread, || {
            i32::from(filter::try_load_program(flags, &new) != Ok(0))
        })
        .end();
        child::send_thread(SIGSTOP);
    });
    let found: Vec<_> = [Ok(old.program()), Ok(new)].into_iter().take(count).collect();
    let read: Vec<_> = (0..count).map(|index| tracee.filter(index)).collect();
    assert_eq!((read, tracee.filter(count)), (found, Err(ENOENT)));
}

/// Reading changes nothing: the call is refused afterwards, as it was before.
#[harness::test(
    clause = [SECCOMP_GET_FILTER_PROGRAM, SECCOMP_GET_FILTER_NO_FILTER],
    catches = "a program that is no longer in force, or another one, once a tracer has read it",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER, INT80],
)]
fn reading_changes_nothing() {
    let gadgets = [Gadget::syscall(), Gadget::int80()];
    let results = SharedResults::new();
    let filter = refuse(UNASSIGNED, 7);
    let tracee = Tracee::start(|| {
        filter.load();
        for _ in 0..2 {
            tracee::stop_oneself();
            for gadget in &gadgets {
                results.add_value(gadget.call(UNASSIGNED));
            }
        }
        0
    });
    for _ in 0..2 {
        assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
        assert_eq!(tracee.filter(0), Ok(filter.program()));
        assert_eq!(tracee.filter_metadata(0), Ok((16, [0, 0])));
    }
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
    assert_eq!([0, 1, 2, 3].map(|i| results.returned(i, -1)), [Returned::Value(-7); 4]);
}

#[harness::test(
    clause = SECCOMP_GET_FILTER_PROGRAM,
    catches = "filters told of a task that is not stopped, or is another's",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn a_task_that_is_no_stopped_tracee_is_esrch() {
    let steps = Steps::new();
    let tracee = Tracee::start(|| {
        refuse(UNASSIGNED, 7).load();
        tracee::stop_oneself();
        steps.reach(1);
        steps.wait_for(2);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    assert_eq!(tracee.request(PTRACE_SECCOMP_GET_FILTER, 0, 0), Ok(4));
    tracee.resume(0);
    steps.wait_for(1);
    let running = tracee.request(PTRACE_SECCOMP_GET_FILTER, 0, 0);
    let oneself = Tracee::adopt(child::own_pid()).request(PTRACE_SECCOMP_GET_FILTER, 0, 0);
    steps.reach(2);
    assert_eq!((running, oneself), (Err(ESRCH), Err(ESRCH)));
    assert_eq!(tracee.wait(), Stop::Ended(WaitStatus::Exited(0)));
}
