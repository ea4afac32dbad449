//! Dispatch decides by address and selector, whatever the number, its ABI and its arguments.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::{DispatchedGadget, UNASSIGNED};
use fixtures::filter::{self, Action};
use fixtures::intercepted::is_that_call;
use fixtures::needs::{DISPATCH, INT80, INT80_OFF, SECCOMP_FILTER};
use fixtures::sigsys;
use fixtures::{Entry, Reg, Registers, WaitStatus, child};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSEGV, SIGSYS, SYS_USER_DISPATCH};

/// Newer kernels let no filter refuse this number.
#[harness::test(
    clause = DISPATCH_NUMBER_URETPROBE,
    catches = "a kernel that exempts uretprobe(2) from dispatch, as it exempts it from filters",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn uretprobe_is_dispatched_under_a_filter() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let is_dispatched = || {
        let caught = scene.delivery(335);
        assert!(is_that_call(&caught, &scene.gadget, 335, SYS_USER_DISPATCH, 0));
    };
    is_dispatched();
    filter::load(335, Action::Errno(7));
    is_dispatched();
}

/// The same address and byte decide the same, whatever number and arguments go with them.
#[harness::test(
    clause = DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY,
    catches = "a kernel that dispatches by the call's arguments and not by address and selector alone",
    needs = [DISPATCH],
)]
fn arguments_do_not_decide() {
    use Reg::{R8, R9, R10, Rdi, Rdx, Rsi};
    let scene = DispatchedGadget::new(Entry::Syscall);
    let arguments = [Rdi, Rsi, Rdx, R10, R8, R9];
    for value in [0, 1, 59, 0xffff_ffff, 0x8000_0000_0000_0000, u64::MAX] {
        for reg in arguments {
            // getpid takes none, so that the call that is let through is the same call.
            let registers = Registers::pattern().with(Reg::Rax, 39).with(reg, value);
            scene.log.clear();
            assert!(scene.call_with(registers)[Reg::Rax] == 39, "the result is not the number");
            let caught = scene.log.delivery(0).expect("the handler runs");
            assert_eq!((scene.log.count(), caught.reg(reg)), (1, value));
            let native = scene.gadget.call_with(registers)[Reg::Rax] as i64;
            assert_eq!((scene.log.count(), child::is_own_pid(native)), (1, true));
        }
    }
}

#[rstest]
#[case::unassigned(UNASSIGNED, -ENOSYS)]
#[case::negative(-2, -ENOSYS)]
#[case::big(0x1234_5678, -ENOSYS)]
#[harness::test(
    clause = DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY,
    catches = "a kernel that sends SIGSYS for a call that the selector allows, by its number",
    needs = [DISPATCH],
)]
fn an_allowed_number_is_made_natively(#[case] nr: i64, #[case] result: i64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!((scene.gadget.call(nr), scene.log.count()), (result, 0));
    assert_eq!((scene.call(nr), scene.log.count()), (nr, 1));
    assert_eq!((scene.gadget.call(nr), scene.log.count()), (result, 1));
}

#[harness::test(
    clause = [DISPATCH_NUMBER_INT80, DISPATCH_SCOPE_ADDRESS_AND_SELECTOR_ONLY],
    catches = "a kernel that dispatches an int 0x80 whatever the selector says, or uses the 64-bit table for it",
    needs = [DISPATCH, INT80],
)]
fn an_allowed_int80_is_made_natively() {
    let scene = DispatchedGadget::new(Entry::Int80);
    let made = || (child::is_own_pid(scene.gadget.call(20)), scene.log.count());
    assert_eq!(made(), (true, 0));
    assert!(!child::is_own_pid(scene.call(20)), "the dispatched call was made");
    assert_eq!(made(), (true, 1));
    assert_eq!((scene.gadget.call(UNASSIGNED), scene.log.count()), (-ENOSYS, 1));
}

/// The count tells the handler of a dispatched call from the death by a fault.
#[harness::test(
    clause = DISPATCH_NUMBER_INT80_DISABLED,
    catches = "a kernel that dispatches an int 0x80 although 32-bit calls are switched off",
    needs = [DISPATCH, INT80_OFF],
)]
fn int80_is_a_fault_where_it_is_switched_off() {
    let log = sigsys::handle();
    let end = child::fork(|| {
        let scene = DispatchedGadget::with(fixtures::gadget::Gadget::int80(), log);
        scene.call(20);
    });
    assert_eq!((end, log.count()), (WaitStatus::KilledBy(SIGSEGV), 0));
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!(scene.delivery(39).signo(), SIGSYS);
}
