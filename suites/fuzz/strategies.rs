//! Strategies: values around the edges that matter.

use fixtures::gadget::Gadget;
use fixtures::selector::Selector;
use fixtures::x32;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use sys::uapi::{
    __X32_SYSCALL_BIT, EINTR, ENOSYS, ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR,
    ERESTARTSYS, SYS_execve, SYS_exit, SYS_exit_group, SYS_getpid, SYS_getppid, SYS_gettid,
    SYS_getuid, SYS_prctl, SYS_read, SYS_restart_syscall, SYS_rt_sigreturn, SYS_write, unistd_32,
};

/// A number that is in no table.
pub(crate) const UNASSIGNED: u64 = 0x3fff;

/// Edges of numbers of any kind, the simplest first.
const EDGES: [u64; 22] = [
    0,
    1,
    2,
    3,
    0xfff,
    0x1000,
    0x1001,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x1_0000_0001,
    1 << 62,
    (1 << 63) - 1,
    1 << 63,
    (1 << 63) + 1,
    0xffff_8000_0000_0000,
    0u64.wrapping_sub(0x1001),
    0u64.wrapping_sub(0x1000),
    0u64.wrapping_sub(3),
    0u64.wrapping_sub(2),
    u64::MAX,
];

/// Edges of the address space and of the code that calls.
pub(crate) fn addresses(gadgets: &[Gadget], user_end: u64, selector: Selector) -> Vec<u64> {
    let mut all = EDGES.to_vec();
    for gadget in gadgets {
        let pages = gadget.own_pages();
        let insn = gadget.instruction();
        all.extend([insn, insn + 1, insn + 2, insn + 3, insn.wrapping_sub(1)]);
        all.extend([pages.offset, pages.offset + pages.length]);
    }
    all.extend([selector.address() - 1, selector.address(), selector.address() + 1]);
    for edge in [user_end, 1 << 47, 1 << 56] {
        all.extend([edge - 0x1000, edge - 1, edge, edge + 1]);
    }
    all
}

/// One of these, or any other.
pub(crate) fn near(values: Vec<u64>) -> BoxedStrategy<u64> {
    prop_oneof![12 => select(values), 1 => any::<u32>().prop_map(u64::from), 1 => any::<u64>()]
        .boxed()
}

/// Modes: the known ones, and those that are nearly known.
pub(crate) fn modes() -> BoxedStrategy<u64> {
    let bits = (0u32..64, 0u64..3).prop_map(|(bit, mode)| 1 << bit | mode);
    prop_oneof![
        12 => select(vec![1u64, 2, 0]),
        2 => select(vec![3u64, 4, u64::MAX]),
        2 => bits,
        1 => any::<u64>(),
    ]
    .boxed()
}

/// System call numbers: one that is in no table, identity calls, restart codes, and any.
pub(crate) fn numbers() -> BoxedStrategy<u64> {
    const NAMED: [i64; 20] = [
        SYS_getpid,
        SYS_getppid,
        SYS_gettid,
        SYS_getuid,
        unistd_32::SYS_getpid,
        unistd_32::SYS_getppid,
        unistd_32::SYS_gettid,
        unistd_32::SYS_getuid32,
        SYS_read,
        SYS_write,
        SYS_rt_sigreturn,
        SYS_execve,
        SYS_exit,
        SYS_prctl,
        SYS_restart_syscall,
        SYS_exit_group,
        335,
        400,
        547,
        1023,
    ];
    const NEGATIVE: [i64; 12] = [
        -1,
        -2,
        -EINTR,
        -ENOSYS,
        -ERESTARTSYS + 1,
        -ERESTARTSYS,
        -ERESTARTNOINTR,
        -ERESTARTNOHAND,
        -ERESTARTNOHAND - 1,
        -ERESTART_RESTARTBLOCK,
        -ERESTART_RESTARTBLOCK - 1,
        i32::MIN as i64,
    ];
    // The model has no x32 ABI. It is asked for once, outside of the inputs.
    let has_x32 = x32::is_on();
    let named = select(NAMED.to_vec()).prop_map(|nr| nr as u64);
    let negative = select(NEGATIVE.to_vec()).prop_map(|nr| nr as u64);
    let low = negative.clone().prop_map(|nr| nr & 0xffff_ffff);
    let high = (named.clone(), any::<u32>()).prop_map(|(nr, high)| u64::from(high) << 32 | nr);
    let x32 = named.clone().prop_map(|nr| nr | __X32_SYSCALL_BIT as u64);
    prop_oneof![
        4 => Just(UNASSIGNED),
        4 => named,
        3 => negative,
        2 => low,
        2 => high,
        1 => x32,
        1 => 0u64..600,
        1 => any::<u32>().prop_map(u64::from),
        2 => any::<u64>(),
    ]
    .prop_map(move |nr| match has_x32 && x32::is_its_own(nr as i64) {
        true => x32::NOBODYS as u64,
        false => nr,
    })
    .boxed()
}
