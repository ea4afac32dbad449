//! SECCOMP_RET_ERRNO on a vsyscall: the call is skipped and returns to its caller with the error.

use super::outcome::{Outcome, Watch};
use crate::clauses::*;
use fixtures::filter::{self, Action, Filter};
use fixtures::needs::{SECCOMP_FILTER, VSYSCALL};
use fixtures::vsyscall::{Caller, Vsyscall};
use fixtures::{Entry, PROGRAM_FLAGS, Reg, STATUS_FLAGS, memory};
use rstest::rstest;
use sys::uapi::{EFAULT, ENOSYS, EPERM};

/// 512 to 516 are restart codes; 4095 is MAX_ERRNO.
#[rstest]
#[case::no_error(0)]
#[case::eperm(EPERM as u16)]
#[case::efault(EFAULT as u16)]
#[case::enosys(ENOSYS as u16)]
#[case::restart(512)]
#[case::restart_always(513)]
#[case::restart_block(516)]
#[case::last(4095)]
#[harness::test(
    clause = [VSYSCALL_FILTER_OBEYED, VSYSCALL_FILTER_SKIPPED],
    catches = "EFAULT turned into a fault, a restart code acted upon, or a return address left on the \
        stack",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_filter_answers_a_vsyscall_with_its_error(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[case] errno: u16,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    filter::load(entry.number() as u32, Action::Errno(errno));
    caller.call(entry);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Gave(-i64::from(errno)));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a refusal that applies to the whole page, or that persists into the next vsyscall",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_filter_on_one_number_leaves_the_other_entries(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    filter::load(entry.number() as u32, Action::Errno(7));
    for next in [entry.other(), entry, entry.other().other(), entry] {
        caller.clear();
        caller.call(next);
        let expected = if next == entry { Outcome::Gave(-7) } else { Outcome::Ran };
        assert_eq!(watch.outcome(&caller, next), expected);
    }
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "filters not run on a vsyscall of a number whose ordinary call they refuse",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_vsyscall_and_its_call_meet_one_filter(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let gadget = fixtures::gadget::Gadget::syscall();
    filter::load(entry.number() as u32, Action::Errno(9));
    let call = gadget.call_args(entry.number(), [0; 6]);
    assert_eq!((call, caller.call(entry).result()), (-9, -9));
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_FILTER_OBEYED, VSYSCALL_FILTER_DATA],
    catches = "seccomp_data of a vsyscall with AUDIT_ARCH_I386",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_filter_on_the_32_bit_abi_leaves_vsyscalls_alone(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    Filter::only(filter::made_by(Entry::Int80), Action::Errno(7)).load();
    caller.call(entry);
    assert_eq!(watch.outcome(&caller, entry), Outcome::Ran);
}

#[rstest]
#[harness::test(
    clause = [VSYSCALL_CALL_REGISTERS, VSYSCALL_FILTER_SKIPPED],
    catches = "a refused vsyscall that returns like SYSCALL, with RCX, R11 or the flags changed",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_skipped_vsyscall_keeps_every_register_but_rax(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let caller = Caller::new();
    filter::load(entry.number() as u32, Action::Errno(7));
    let flags = 0x202 | STATUS_FLAGS;
    let given = caller.registers(entry.address()).with(Reg::Flags, flags);
    let back = caller.call_with(given);
    assert_eq!((back.result(), back.popped()), (-7, 8));
    // R14 and R15 hold stack pointers of the caller.
    for reg in Reg::VALUES.into_iter().filter(|reg| !matches!(reg, Reg::Rax | Reg::R14 | Reg::R15))
    {
        assert!(back.0[reg] == given[reg], "{reg:?} changed");
    }
    assert_eq!(back.0[Reg::Flags] & PROGRAM_FLAGS, flags);
}

#[harness::test(
    clause = [VSYSCALL_CALL_STACK, VSYSCALL_FILTER_SKIPPED],
    catches = "an emulated return of a refused vsyscall that needs an aligned stack pointer",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn a_skipped_vsyscall_returns_by_any_stack() {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let odd = caller.stack() - 0x7ff;
    memory::store(odd as usize, caller.return_address());
    filter::load(Vsyscall::Time.number() as u32, Action::Errno(7));
    caller.call_with(caller.registers(Vsyscall::Time.address()).with(Reg::R12, odd));
    assert_eq!(watch.outcome(&caller, Vsyscall::Time), Outcome::Gave(-7));
}

#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "the oldest filter's error returned for a vsyscall instead of the newest one's",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn the_latest_filter_answers_a_vsyscall() {
    let caller = Caller::new();
    for errno in [3, 5] {
        filter::load(Vsyscall::Time.number() as u32, Action::Errno(errno));
        assert_eq!(caller.call(Vsyscall::Time).result(), -i64::from(errno));
    }
}
