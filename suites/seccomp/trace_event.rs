//! The ptrace stop of a traced call, PTRACE_EVENT_SECCOMP: its status, its message, its siginfo, and
//! PTRACE_GET_SYSCALL_INFO.

use super::traced::*;
use crate::assertions::Play;
use crate::clauses::*;
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{CALL_INFO, INT80, NO_FRED, PTRACE, SECCOMP_FILTER};
use fixtures::script::{ARGUMENTS, ARGUMENTS_32, Returned, Step, Traced, call};
use fixtures::tracee::uapi::{PTRACE_CONT, PTRACE_SINGLESTEP};
use fixtures::tracee::{Resume, Stop};
use fixtures::{Entry, PROGRAM_FLAGS, Reg, Registers, WaitStatus, x32};
use harness::{Hex, observe};
use rstest::rstest;
use sys::uapi::{
    AUDIT_ARCH_X86_64, ENOSYS, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGTRAP, SYS_getpid,
    SYS_getppid, SYS_getuid,
};

/// Sizes of struct ptrace_syscall_info up to the last field of an entry, of a seccomp event, and of an
/// exit.
const ENTRY_SIZE: usize = 80;
const EVENT_SIZE: usize = 84;
const EXIT_SIZE: usize = 33;
/// The segment registers of a 64-bit program: code, stack, and 0 in the others.
const SEGMENTS: [u64; 7] = [0x33, 0x2b, 0, 0, 0, 0, 0];
/// The size of the fields that every stop has.
const NONE_SIZE: usize = 24;

/// The preceding event has the inverted data, so that a stale bit shows.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_EVENT_MESSAGE,
    catches = "SECCOMP_RET_DATA cut to 8 bits or sign-extended in the event message, or bits left from \
        the previous event",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_message_is_the_data(
    #[values(0, 1, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x1234, 0x7fff, 0x8000, 0xff00, 0xffff)]
    data: u16,
) {
    let filter = Filter::only(number(SYS_getuid), Action::Trace(!data))
        .when(number(SYS_getppid), Action::Trace(data));
    let traced = calls(&filter, &[call(SYS_getuid), call(SYS_getppid)]);
    let (sights, end) = traced.play(Resume::Continue, &[Step::event(), Step::event()]);
    let messages = [sights[0].message, sights[1].message];
    assert_eq!(messages, [u64::from(!data), u64::from(data)]);
    assert_eq!(end, EXITED_0);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_OPTION,
    catches = "a wait status without PTRACE_EVENT_SECCOMP in bits 16 to 23, or with another signal than \
        SIGTRAP",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_status_is_sigtrap_and_the_event(#[values(PTRACE_CONT, PTRACE_SINGLESTEP)] how: Resume) {
    let traced = caller(&traces());
    let mut status = traced.tracee.next_status(how, 0);
    // Single-step stops before the event are plain SIGTRAPs; the loop ends at the latest with the
    // child.
    while status == WaitStatus::Stopped(SIGTRAP) {
        status = traced.tracee.next_status(how, 0);
    }
    assert_eq!(status, WaitStatus::Stopped(SIGTRAP | PTRACE_EVENT_SECCOMP << 8));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_OPTION,
    catches = "si_code without the event number, or si_pid that names another task than the caller",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_siginfo_of_the_stop_names_the_event_and_the_caller() {
    let traced = caller(&traces());
    assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let info = traced.tracee.info();
    assert_eq!((info.signo(), info.errno()), (SIGTRAP, 0));
    assert_eq!(info.code(), SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
    assert!(info.sender() == traced.tracee.pid, "si_pid is not the caller's");
    // Nothing follows si_pid and si_uid.
    assert_eq!((info.padding(), info.syscall(), info.arch()), (0, 0, 0));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "an event that shows the tracer registers other than the caller's, or RAX other than -ENOSYS",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_registers_are_the_callers() {
    let traced = caller(&traces());
    let (sights, _) = traced.play(Resume::Continue, &[Step::event()]);
    let image = sights[0].image;
    assert_eq!((image.call(), sights[0].rax()), (SYS_getppid, -ENOSYS));
    assert_eq!(traced.gadget.place(image.reg(Reg::Rip)), Place::AFTER);
    let pattern = Registers::pattern();
    for reg in Reg::VALUES.into_iter().filter(|reg| ![Reg::Rax, Reg::Rcx, Reg::R11].contains(reg)) {
        assert_eq!(image.reg(reg), pattern[reg], "{reg:?}");
    }
    let flags = |value: u64| value & PROGRAM_FLAGS;
    assert_eq!(flags(image.reg(Reg::Flags)), flags(pattern[Reg::Flags]));
    let after = traced.results.registers(0).expect("the call returned");
    assert!(image.reg(Reg::Rsp) == after[Reg::Rsp], "the stack pointer is not the caller's");
    assert_eq!(image.segments(), SEGMENTS);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "RCX or R11 at the event from before SYSCALL instead of the return address and the flags",
    needs = [SECCOMP_FILTER, PTRACE, NO_FRED],
)]
fn rcx_and_r11_are_what_the_instruction_left() {
    let traced = caller(&traces());
    let (sights, _) = traced.play(Resume::Continue, &[Step::event()]);
    let image = sights[0].image;
    assert_eq!(traced.gadget.place(image.reg(Reg::Rcx)), Place::AFTER);
    let flags = |reg| image.reg(reg) & PROGRAM_FLAGS;
    assert_eq!(flags(Reg::R11), flags(Reg::Flags));
}

#[rstest]
#[case::minus_one(-1)]
#[case::int_min(i64::from(i32::MIN))]
#[case::upper_garbage(0x5a5a_5a5a_0000_006e)]
#[case::unassigned(0x3fff)]
#[case::x32_bit(0x4000_006e)]
#[harness::test(
    clause = SECCOMP_TRACE_REGISTERS,
    catches = "orig_rax at the event truncated or sign-extended to 32 bits, or nr -1 that makes no event",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn the_number_is_shown_whole(#[case] nr: i64) {
    let nr = x32::unknown(nr);
    let filter = Filter::only(number(i64::from(nr as i32)), Action::Trace(7));
    let traced = calls(&filter, &[call(nr)]);
    let (sights, end) = traced.play(Resume::Continue, &[Step::event()]);
    assert_eq!(sights[0].summary(), (Stop::Event(PTRACE_EVENT_SECCOMP), nr, Returned::ENOSYS));
    let expected =
        if nr as i32 == SYS_getppid as i32 { Returned::TracerPid } else { Returned::ENOSYS };
    assert_eq!((end, traced.returned(0)), (EXITED_0, expected));
}

/// Checks every field, for either ABI; the bytes after the last field must be unchanged.
fn event_info(entry: Entry, nr: i64, data: u16, arguments: [Reg; 6]) {
    let filter = Filter::only(number(nr), Action::Trace(data));
    let traced = Traced::start(PTRACE_O_TRACESECCOMP, Gadget::new(entry), &filter, &[call(nr)]);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let image = traced.tracee.registers();
    let info = traced.tracee.ptrace_syscall_info(usize::MAX);
    assert_eq!((info.op(), info.padding(), info.size), (3, 0, EVENT_SIZE));
    assert_eq!(info.arch(), entry.audit_arch());
    assert_eq!((info.value(), info.data()), (nr, u32::from(data)));
    assert_eq!(traced.gadget.place(info.instruction_pointer()), Place::AFTER);
    assert!(info.stack_pointer() == image.reg(Reg::Rsp), "the stack pointer is not the caller's");
    let low = |value: u64| if entry == Entry::Int80 { value & 0xffff_ffff } else { value };
    let pattern = Registers::pattern();
    assert_eq!(info.args().map(low), arguments.map(|reg| low(pattern[reg])));
    observe!("arguments", info.args().map(Hex));
    assert!(info.ends_at(EVENT_SIZE), "bytes after the data were written");
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SYSCALL_INFO,
    catches = "ret_data sign-extended, a field of the seccomp event missing, or bytes written after the \
        last field",
    needs = [SECCOMP_FILTER, PTRACE, CALL_INFO],
)]
fn the_kernel_tells_all_of_an_event(#[values(0, 0x7fff, 0x8000, 0xffff)] data: u16) {
    event_info(Entry::Syscall, SYS_getppid, data, ARGUMENTS);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SYSCALL_INFO,
    catches = "an int 0x80 event reported with the 64-bit arch or the 64-bit argument registers",
    needs = [SECCOMP_FILTER, PTRACE, CALL_INFO, INT80],
)]
fn the_kernel_tells_all_of_a_32_bit_event() {
    event_info(Entry::Int80, 64, 0x8001, ARGUMENTS_32);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SYSCALL_INFO,
    catches = "PTRACE_GET_SYSCALL_INFO that writes past a small buffer, fails, or returns the size copied",
    needs = [SECCOMP_FILTER, PTRACE, CALL_INFO],
)]
fn a_small_buffer_takes_what_fits(#[values(0, 1, 24, 32, 80, 83, 84, 88)] room: usize) {
    let traced = caller(&traces());
    assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let info = traced.tracee.try_ptrace_syscall_info(room).expect("a small buffer is no error");
    assert_eq!(info.size, EVENT_SIZE);
    assert!(info.ends_at(room.min(EVENT_SIZE)), "bytes after the buffer were written");
    assert_eq!(info.ends_at(0), room == 0);
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSCALL_INFO, SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS],
    catches = "op that takes the seccomp event for an entry, or sizes that do not belong to the op",
    needs = [SECCOMP_FILTER, PTRACE, CALL_INFO],
)]
fn entry_event_and_exit_are_told_apart() {
    let traced = caller(&traces());
    let told: [_; 3] = std::array::from_fn(|_| {
        traced.tracee.next(Resume::Syscall, 0);
        let info = traced.tracee.ptrace_syscall_info(usize::MAX);
        assert_eq!((info.padding(), info.arch()), (0, AUDIT_ARCH_X86_64));
        assert_eq!(traced.gadget.place(info.instruction_pointer()), Place::AFTER);
        let image = traced.tracee.registers();
        assert!(
            info.stack_pointer() == image.reg(Reg::Rsp),
            "the stack pointer is not the caller's"
        );
        (info.op(), info.size, info.ends_at(info.size))
    });
    assert_eq!(told, [(1, ENTRY_SIZE, true), (3, EVENT_SIZE, true), (2, EXIT_SIZE, true)]);
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSCALL_INFO, SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS],
    catches = "an argument, number or result of an entry or exit stop that differs from the caller's \
        registers",
    needs = [SECCOMP_FILTER, PTRACE, CALL_INFO],
)]
fn entries_and_exits_are_told_whole() {
    let calls = [call(SYS_getuid).with(Reg::Rdi, 1), call(SYS_getpid).with(Reg::R9, 2)];
    let traced = super::traced::calls(&traces(), &calls);
    let tracee = &traced.tracee;
    let mut images = Vec::new();
    let look = |op: u8, size: usize| {
        let info = tracee.ptrace_syscall_info(usize::MAX);
        assert_eq!((info.op(), info.padding(), info.arch()), (op, 0, AUDIT_ARCH_X86_64));
        assert_eq!((info.size, info.ends_at(size)), (size, true));
        assert_eq!(traced.gadget.place(info.instruction_pointer()), Place::AFTER);
        let image = tracee.registers();
        assert!(
            info.stack_pointer() == image.reg(Reg::Rsp),
            "the stack pointer is not the caller's"
        );
        (info, image)
    };
    for before in calls {
        assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Syscall);
        let (info, image) = look(1, ENTRY_SIZE);
        let arguments = ARGUMENTS.map(|reg| before[reg]);
        assert_eq!((info.value(), info.args()), (before[Reg::Rax] as i64, arguments));
        assert_eq!(ARGUMENTS.map(|reg| image.reg(reg)), arguments);
        assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Syscall);
        let (info, image) = look(2, EXIT_SIZE);
        assert!(info.value() as u64 == image.reg(Reg::Rax), "the result is not RAX");
        assert_eq!((info.is_error(), image.segments()), (0, SEGMENTS));
        images.push(image);
    }
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
    // The registers that the tracer reads at the exit stop are those with which the caller continues.
    for (i, image) in images.iter().enumerate() {
        let after = traced.results.registers(i).expect("the call returned");
        for reg in Reg::VALUES.into_iter().chain([Reg::Rsp]) {
            assert!(image.reg(reg) == after[reg], "{reg:?} of call {i}");
        }
        let flags = |value: u64| value & PROGRAM_FLAGS;
        assert_eq!(flags(image.reg(Reg::Flags)), flags(after[Reg::Flags]));
    }
    assert_eq!(traced.returned(1), Returned::OwnPid);
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_SYSCALL_INFO,
    catches = "op of a signal-delivery-stop that is not PTRACE_SYSCALL_INFO_NONE, or its addresses missing",
    needs = [SECCOMP_FILTER, PTRACE, CALL_INFO],
)]
fn a_stop_without_a_call_is_told_as_one() {
    let traced = caller(&traces());
    let image = traced.tracee.registers();
    let info = traced.tracee.ptrace_syscall_info(usize::MAX);
    assert_eq!((info.op(), info.padding(), info.arch()), (0, 0, AUDIT_ARCH_X86_64));
    assert!(
        info.instruction_pointer() == image.reg(Reg::Rip),
        "the instruction pointer is not RIP"
    );
    assert!(info.stack_pointer() == image.reg(Reg::Rsp), "the stack pointer is not RSP");
    assert_eq!((info.size, info.ends_at(NONE_SIZE)), (NONE_SIZE, true));
}

#[rstest]
#[case::least_error(-1, 1)]
#[case::greatest_error(-4095, 1)]
#[case::no_error_any_more(-4096, 0)]
#[case::smallest(i64::MIN, 0)]
#[case::zero(0, 0)]
#[case::positive(0x1234_5678_9abc, 0)]
#[harness::test(
    clause = SECCOMP_TRACE_SYSCALL_INFO,
    catches = "is_error set for a result below -4095 or not set at -4095, or rval truncated",
    needs = [SECCOMP_FILTER, PTRACE, CALL_INFO],
)]
fn the_exit_of_a_skipped_call_tells_the_written_result(#[case] result: i64, #[case] error: u8) {
    let traced = caller(&traces());
    let script = [Step::event().nr(-1).rax(result).then(Resume::Syscall)];
    let (_, stop) = traced.play(Resume::Continue, &script);
    assert_eq!(stop, Stop::Syscall);
    let info = traced.tracee.ptrace_syscall_info(usize::MAX);
    assert_eq!((info.op(), info.value(), info.is_error()), (2, result, error));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_SYSCALL_INFO, SECCOMP_TRACE_ENTRY_STOP_CHANGES],
    catches = "a seccomp event whose nr is the caller's although the tracer wrote another at the entry \
        stop",
    needs = [SECCOMP_FILTER, PTRACE, CALL_INFO],
)]
fn the_event_names_the_number_written_at_the_entry() {
    let filter = Filter::only(number(SYS_getpid), Action::Trace(7));
    let traced = caller(&filter);
    let script = [Step::call().nr(SYS_getpid)];
    let (_, stop) = traced.play(Resume::Syscall, &script);
    assert_eq!(stop, Stop::Event(PTRACE_EVENT_SECCOMP));
    let info = traced.tracee.ptrace_syscall_info(usize::MAX);
    assert_eq!((info.op(), info.value(), info.data()), (3, SYS_getpid, 7));
}
