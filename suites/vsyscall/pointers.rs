//! Pointers through which a vsyscall cannot write: a fault at the entry, where the ordinary call
//! returns EFAULT.

use super::outcome::{Outcome, Watch};
use crate::clauses::*;
use fixtures::filter::uapi::{
    SECCOMP_RET_ERRNO, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_TRACE, SECCOMP_RET_TRAP,
};
use fixtures::filter::{self, Action};
use fixtures::needs::{LAST_PAGE, SECCOMP_FILTER, VSYSCALL};
use fixtures::sigsys;
use fixtures::vsyscall::{self, Caller, Fault, Place, Vsyscall};
use fixtures::{WaitStatus, address, bit, child, memory};
use rstest::rstest;
use sys::uapi::SIGSEGV;

/// Which argument is bad; the other points to good memory.
#[derive(Clone, Copy, Debug)]
enum Bad {
    First,
    Second,
    Both,
}

/// The outcome of a call with a bad pointer.
fn outcome(entry: Vsyscall, which: Bad, pointer: u64) -> Outcome {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let [first, second] = [caller.first.address(), caller.second.address()];
    caller.call_args(
        entry,
        match which {
            Bad::First => [pointer, second],
            Bad::Second => [first, pointer],
            Bad::Both => [pointer, pointer],
        },
    );
    watch.outcome_about(&caller, entry, pointer)
}

/// An address that no process can have.
#[derive(Clone, Copy, Debug)]
enum Kernel {
    /// The first address of the kernel's half.
    Lowest,
    /// An address in the direct mapping of memory.
    Middle,
    /// The vsyscall page itself.
    Page,
    /// The last byte of the address space.
    Last,
    /// After the user's half, in the non-canonical hole.
    Hole,
}

impl Kernel {
    fn address(self) -> u64 {
        match self {
            Self::Lowest => 0xffff_8000_0000_0000,
            Self::Middle => 0xffff_8880_0000_1000,
            Self::Page => vsyscall::PAGE as u64 + 0x20,
            Self::Last => u64::MAX,
            Self::Hole => address::user_end() + 0x2000,
        }
    }
}

#[rstest]
#[case::gettimeofday(Vsyscall::Gettimeofday, Bad::First)]
#[case::gettimeofday_zone(Vsyscall::Gettimeofday, Bad::Second)]
#[case::gettimeofday_both(Vsyscall::Gettimeofday, Bad::Both)]
#[case::time(Vsyscall::Time, Bad::First)]
#[case::getcpu(Vsyscall::Getcpu, Bad::First)]
#[case::getcpu_node(Vsyscall::Getcpu, Bad::Second)]
#[case::getcpu_both(Vsyscall::Getcpu, Bad::Both)]
#[harness::test(
    clause = VSYSCALL_CALL_BAD_POINTER,
    catches = "a kernel pointer that yields EFAULT, a write into the kernel, or a SIGSEGV with another \
        si_addr or RIP",
    needs = [VSYSCALL],
)]
fn a_pointer_into_the_kernels_half_is_a_fault_about_it(
    #[case] entry: Vsyscall,
    #[case] which: Bad,
    #[values(Kernel::Lowest, Kernel::Middle, Kernel::Page, Kernel::Last, Kernel::Hole)]
    kernel: Kernel,
) {
    let about = match kernel {
        Kernel::Page => Place::Page(0x20),
        _ => Place::Pointer,
    };
    let fault = Fault::nothing_at(about, Place::entry(entry));
    assert_eq!(outcome(entry, which, kernel.address()), Outcome::Faulted(fault));
}

/// Memory of the process to which the call cannot write its whole result.
#[derive(Clone, Copy, Debug)]
enum User {
    /// The lowest page, which is never mapped.
    NearNull,
    /// A page without any access.
    Closed,
    /// A page that can only be read.
    ReadOnly,
    /// Two bytes of a page, followed by a page without access.
    Straddling,
}

impl User {
    fn address(self) -> u64 {
        match self {
            Self::NearNull => 8,
            Self::Closed => memory::zeros_before_hole() as u64,
            Self::ReadOnly => memory::read_only_zeros() as u64,
            Self::Straddling => memory::zeros_before_hole() as u64 - 2,
        }
    }
}

#[rstest]
#[case::gettimeofday(Vsyscall::Gettimeofday, Bad::First)]
#[case::gettimeofday_zone(Vsyscall::Gettimeofday, Bad::Second)]
#[case::time(Vsyscall::Time, Bad::First)]
#[case::getcpu(Vsyscall::Getcpu, Bad::First)]
#[case::getcpu_node(Vsyscall::Getcpu, Bad::Second)]
#[harness::test(
    clause = VSYSCALL_CALL_BAD_POINTER,
    catches = "a bad user pointer that yields EFAULT, or a SIGSEGV when the return has been emulated \
        already",
    needs = [VSYSCALL],
)]
fn a_pointer_that_cannot_be_written_through_is_a_fault(
    #[case] entry: Vsyscall,
    #[case] which: Bad,
    #[values(User::NearNull, User::Closed, User::ReadOnly, User::Straddling)] user: User,
) {
    let at = match outcome(entry, which, user.address()) {
        Outcome::Faulted(Fault { signal: SIGSEGV, at, stack: 0, .. }) => Ok(at),
        other => Err(other),
    };
    assert_eq!(at, Ok(Place::entry(entry)));
}

/// Kernels behave so since 6.9, and many did before.
#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_BAD_POINTER,
    catches = "a SIGSEGV for a bad user pointer that carries an address or another code than SI_KERNEL",
    needs = [VSYSCALL],
)]
fn a_fault_of_the_call_itself_names_no_address(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(User::Closed, User::ReadOnly)] user: User,
) {
    let fault = Fault::by_kernel(Place::entry(entry));
    assert_eq!(outcome(entry, Bad::First, user.address()), Outcome::Faulted(fault));
}

#[rstest]
#[case::gettimeofday(Vsyscall::Gettimeofday, 8)]
#[case::time(Vsyscall::Time, 4)]
#[case::getcpu(Vsyscall::Getcpu, 2)]
#[harness::test(
    clause = VSYSCALL_CALL_BAD_POINTER,
    catches = "an access check of only the first byte, so that a result crosses the end of the user's half",
    needs = [VSYSCALL, LAST_PAGE],
)]
fn an_answer_across_the_end_of_the_users_half_is_a_fault(
    #[case] entry: Vsyscall,
    #[case] before: u64,
) {
    address::last_page();
    let caller = Caller::new();
    caller.call_args(entry, [address::user_end() - before, caller.second.address()]);
    let fault = caller.fault(0).map(|fault| (fault.signal, fault.at, fault.stack));
    assert_eq!((caller.faults(), fault), (1, Some((SIGSEGV, Place::entry(entry), 0))));
    assert_eq!(caller.delivery().map(|caught| caught.errno()), Some(0));
}

#[rstest]
#[case::gettimeofday(Vsyscall::Gettimeofday, 16)]
#[case::time(Vsyscall::Time, 8)]
#[case::getcpu(Vsyscall::Getcpu, 4)]
#[harness::test(
    clause = VSYSCALL_CALL_BAD_POINTER,
    catches = "an access check that is off by one and refuses the last bytes of the user's half",
    needs = [VSYSCALL, LAST_PAGE],
)]
fn an_answer_in_the_last_bytes_of_the_users_half_is_written(
    #[case] entry: Vsyscall,
    #[case] length: u64,
) {
    address::last_page();
    let caller = Caller::new();
    let back = caller.call_args(entry, [address::user_end() - length, 0]);
    assert_eq!((caller.faults(), back.popped(), back.result() < 0), (0, 8, false));
}

#[rstest]
#[case::gettimeofday(Vsyscall::Gettimeofday, Bad::First)]
#[case::gettimeofday_zone(Vsyscall::Gettimeofday, Bad::Second)]
#[case::time(Vsyscall::Time, Bad::First)]
#[case::getcpu(Vsyscall::Getcpu, Bad::First)]
#[case::getcpu_node(Vsyscall::Getcpu, Bad::Second)]
#[harness::test(
    clause = [VSYSCALL_CALL_KERNEL_POINTER, VSYSCALL_FILTER_OBEYED],
    catches = "filters run before a pointer into the kernel's half raises SIGSEGV",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_pointer_into_the_kernels_half_is_a_fault_before_a_filter(
    #[case] entry: Vsyscall,
    #[case] which: Bad,
    #[values(
        SECCOMP_RET_ERRNO(7),
        SECCOMP_RET_TRAP(7),
        SECCOMP_RET_KILL_PROCESS,
        SECCOMP_RET_TRACE(7)
    )]
    action: Action,
) {
    let caller = Caller::new();
    let log = sigsys::handle();
    let pointer = Kernel::Lowest.address();
    let watch = Watch::start(&caller);
    filter::load(entry.number() as u32, action);
    let [first, second] = [caller.first.address(), caller.second.address()];
    let args = match which {
        Bad::First => [pointer, second],
        Bad::Second | Bad::Both => [first, pointer],
    };
    caller.call_args(entry, args);
    let outcome = watch.outcome_about(&caller, entry, pointer);
    let fault = Fault::nothing_at(Place::Pointer, Place::entry(entry));
    assert_eq!((outcome, log.count()), (Outcome::Faulted(fault), 0));
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_CALL_KERNEL_POINTER, VSYSCALL_FILTER_SKIPPED],
    catches = "a user pointer written through or checked although the filter refuses the vsyscall",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_pointer_of_the_users_half_is_not_used_when_a_filter_denies(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(User::Closed, User::ReadOnly)] user: User,
) {
    let caller = Caller::new();
    let pointer = user.address();
    let watch = Watch::start(&caller);
    filter::load(entry.number() as u32, Action::Errno(7));
    caller.call_args(entry, [pointer, pointer]);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Gave(-7));
}

#[rstest]
#[case::kernel(Kernel::Middle.address())]
#[case::user(8)]
#[harness::test(
    clause = VSYSCALL_CALL_BAD_POINTER,
    catches = "a SIGSEGV for a bad pointer that is not forced, so that a process survives by blocking it",
    needs = [VSYSCALL],
)]
fn a_bad_pointer_ends_a_process_without_a_handler(
    #[case] pointer: u64,
    #[values(false, true)] blocked: bool,
) {
    let caller = Caller::new();
    let end = child::fork(|| {
        fixtures::environment::disable_core_dump();
        if blocked {
            sigsys::set_mask(bit(SIGSEGV));
        } else {
            sigsys::default_signal(SIGSEGV);
        }
        caller.call_args(Vsyscall::Time, [pointer, 0]);
    });
    assert_eq!((end, caller.faults()), (WaitStatus::KilledBy(SIGSEGV), 0));
}
