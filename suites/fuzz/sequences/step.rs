//! The steps of a sequence.

use super::Layout;
use crate::fuzz::strategies;
use fixtures::child::Flavour;
use model::call::Register;
use model::dispatch::Args;
use model::signal::Action;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use std::fmt;

/// One step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// prctl(PR_SET_SYSCALL_USER_DISPATCH) from the program.
    Prctl(Args),
    /// A store in the selector; no system call.
    Store(u8),
    /// The selector's page is unmapped.
    Unmap,
    /// It is mapped readable and writable.
    Map,
    /// It is PROT_NONE.
    Forbid,
    /// It is PROT_READ.
    ReadOnly,
    /// A call from a gadget.
    Call { from: usize, rax: u64 },
    /// SIGSYS is blocked or not.
    Block(bool),
    /// What SIGSYS does, and whether its handler lets calls run.
    Handle(Action, bool),
    /// A new task makes a call and ends.
    Start(Flavour),
    /// A forked child takes the remaining steps.
    Become,
    /// An execve that fails.
    ExecNothing,
    /// An execve that succeeds: the last step.
    Exec,
    /// A tracer reads the configuration.
    Get,
    /// A tracer writes it.
    Set(Args),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args = |f: &mut fmt::Formatter<'_>, name, Args { mode, offset, length, selector }| {
            let mode = Register(mode);
            write!(f, "{name}: mode {mode}, offset {offset:#x}, len {length:#x}, ")?;
            write!(f, "selector {selector:#x}")
        };
        match *self {
            Self::Prctl(given) => args(f, "PR_SET_SYSCALL_USER_DISPATCH", given),
            Self::Set(given) => args(f, "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG", given),
            Self::Get => f.write_str("PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG"),
            Self::Store(byte) => write!(f, "store {byte} in the selector"),
            Self::Unmap => f.write_str("munmap the selector's page"),
            Self::Map => f.write_str("mmap the selector's page"),
            Self::Forbid => f.write_str("mprotect the selector's page: PROT_NONE"),
            Self::ReadOnly => f.write_str("mprotect the selector's page: PROT_READ"),
            Self::Call { from, rax } => {
                let entry = if self.is_compat() { "int 0x80" } else { "syscall" };
                write!(f, "{entry} at gadget {from}, rax {}", Register(rax))
            }
            Self::Block(true) => f.write_str("block SIGSYS"),
            Self::Block(false) => f.write_str("unblock SIGSYS"),
            Self::Handle(Action::Default, _) => f.write_str("SIGSYS: SIG_DFL"),
            Self::Handle(Action::Ignore, _) => f.write_str("SIGSYS: SIG_IGN"),
            Self::Handle(Action::Handle { restart }, allows) => {
                let restart = if restart { " with SA_RESTART" } else { "" };
                let allows = if allows { "allows calls" } else { "leaves the selector alone" };
                write!(f, "SIGSYS: handler{restart}, which {allows}")
            }
            Self::Start(flavour) => write!(f, "new task ({flavour:?}) makes a call"),
            Self::Become => f.write_str("fork: the child takes the remaining steps"),
            Self::ExecNothing => f.write_str("execve of a file that does not exist"),
            Self::Exec => f.write_str("execve"),
        }
    }
}

impl Step {
    pub(super) fn is_compat(&self) -> bool {
        matches!(self, Self::Call { from: 2, .. })
    }
}

/// All steps there are.
pub(super) fn steps(layout: &Layout, traced: bool) -> BoxedStrategy<Step> {
    let args = args(layout);
    let store = prop_oneof![5 => Just(1u8), 3 => Just(0), 1 => any::<u8>()];
    let memory = select(vec![Step::Unmap, Step::Map, Step::Forbid, Step::ReadOnly]);
    let action = prop_oneof![
        4 => any::<bool>().prop_map(|restart| Action::Handle { restart }),
        2 => Just(Action::Ignore),
        2 => Just(Action::Default),
    ];
    let flavour = select(vec![
        Flavour::Fork,
        Flavour::Vfork,
        Flavour::CloneThread,
        Flavour::CloneVm,
        Flavour::Clone,
        Flavour::CloneSighand,
        Flavour::CloneVmVfork,
    ]);
    let common = prop_oneof![
        6 => args.clone().prop_map(Step::Prctl),
        6 => store.prop_map(Step::Store),
        10 => (0..3usize, strategies::numbers()).prop_map(|(from, rax)| Step::Call { from, rax }),
        2 => memory,
        1 => any::<bool>().prop_map(Step::Block),
        3 => (action, any::<bool>()).prop_map(|(action, allows)| Step::Handle(action, allows)),
        1 => flavour.prop_map(Step::Start),
        1 => Just(Step::ExecNothing),
    ];
    if traced {
        prop_oneof![5 => common, 2 => Just(Step::Get), 2 => args.prop_map(Step::Set)].boxed()
    } else {
        prop_oneof![50 => common, 3 => Just(Step::Become), 1 => Just(Step::Exec)].boxed()
    }
}

/// Requests that are mostly granted, with regions whose edges lie at the gadgets.
fn args(layout: &Layout) -> BoxedStrategy<Args> {
    let [first, second, int80] = &layout.gadgets;
    let end = |offset: u64| (offset, u64::MAX - offset);
    let (trampoline, length) = layout.trampoline_pages;
    let pages = first.own_pages();
    let pages80 = int80.own_pages();
    let mut regions = vec![
        end(trampoline),
        (0, 0),
        (0, u64::MAX),
        end(trampoline + length),
        end(pages80.offset),
        end(second.instruction() + 1),
        end(second.after()),
        end(second.after() + 1),
        (pages.offset, pages.length),
        (pages80.offset, pages80.length),
        (trampoline, length),
        (0xffff_8000_0000_0000, 0x1000),
    ];
    for gadget in [first, second, int80] {
        let insn = gadget.instruction();
        regions.extend([(insn, 2), (insn, 3), (insn + 1, 2), (insn + 2, 1), (insn + 3, 1)]);
    }
    let refused = vec![(5, 0), (1, u64::MAX), (trampoline, 0u64.wrapping_sub(trampoline))];
    let regions = prop_oneof![8 => select(regions), 1 => select(refused)];
    let byte = layout.selector.selector.address();
    let edge = layout.user_end;
    let selectors = prop_oneof![
        8 => Just(byte),
        2 => Just(0),
        1 => select(vec![byte - 1, byte + 1, 1, 4096, edge - 1, edge, edge + 1, 1 << 62, 1 << 63,
            u64::MAX]),
    ];
    let modes = prop_oneof![5 => Just(1u64), 4 => Just(2), 1 => strategies::modes()];
    let on = (modes, regions, selectors).prop_map(|(mode, (offset, length), selector)| Args {
        mode,
        offset,
        length,
        selector,
    });
    prop_oneof![6 => on, 1 => Just(Args::default())].boxed()
}
