//! SIGSYS: what it shows of an intercepted call, and what it does.

use crate::call::{INSTRUCTION, Register};
use crate::{Branch, Call, Model};
use std::fmt;
use sys::uapi::{
    AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, EINTR, ERESTART_RESTARTBLOCK, ERESTARTNOHAND,
    ERESTARTNOINTR, ERESTARTSYS, SYS_SECCOMP, SYS_USER_DISPATCH,
};

/// The fields of the signal of an intercepted call; every other byte of it is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the structure's")]
pub struct Info {
    pub errno: i32,
    pub code: i32,
    pub call_addr: u64,
    pub syscall: i32,
    pub arch: u32,
}

/// What SIGSYS does in a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// The thread's mask holds it.
    pub blocked: bool,
    /// The process's disposition.
    pub action: Action,
}

/// A disposition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// SIG_DFL.
    #[default]
    Default,
    /// SIG_IGN.
    Ignore,
    /// A handler, with or without SA_RESTART.
    Handle {
        /// SA_RESTART.
        restart: bool,
    },
}

/// RIP and RAX of the interrupted thread as its handler finds them, and as the thread resumes with
/// unless the handler changes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// RIP.
    pub rip: u64,
    /// RAX.
    pub rax: u64,
}

/// What the signal frame of an intercepted call shows its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalFrame {
    /// `siginfo_t`.
    pub info: Info,
    /// The interrupted RIP and RAX.
    pub saved: Saved,
}

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { errno, code, call_addr, syscall, arch } = self;
        write!(f, "si_errno {errno}, ")?;
        match *code {
            SYS_SECCOMP => f.write_str("si_code SYS_SECCOMP")?,
            SYS_USER_DISPATCH => f.write_str("si_code SYS_USER_DISPATCH")?,
            other => write!(f, "si_code {other}")?,
        }
        write!(f, ", si_call_addr {call_addr:#x}, si_syscall {syscall}, ")?;
        match *arch {
            AUDIT_ARCH_X86_64 => f.write_str("si_arch AUDIT_ARCH_X86_64"),
            AUDIT_ARCH_I386 => f.write_str("si_arch AUDIT_ARCH_I386"),
            other => write!(f, "si_arch {other:#x}"),
        }
    }
}

impl fmt::Display for SignalFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Saved { rip, rax } = self.saved;
        write!(f, "{}, rip {rip:#x}, rax {}", self.info, Register(rax))
    }
}

/// Registers in the order of a handler's context (`gregs`).
pub type Gregs = [u64; 18];
/// Places in [`Gregs`].
#[expect(missing_docs, reason = "the names are the processor's")]
pub mod reg {
    pub const R11: usize = 3;
    pub const RAX: usize = 13;
    pub const RCX: usize = 14;
    pub const RIP: usize = 16;
    pub const FLAGS: usize = 17;
}

impl Model {
    /// What the signal of a dispatched call shows.
    pub fn dispatched_info(&self, call: Call) -> Info {
        Info {
            errno: self.gives(Branch::InfoErrno, 0) as i32,
            code: self.gives(Branch::InfoCode, SYS_USER_DISPATCH as u64) as i32,
            ..self.info(call)
        }
    }

    fn info(&self, call: Call) -> Info {
        Info {
            errno: 0,
            code: 0,
            call_addr: self.gives(Branch::InfoAddress, call.after),
            syscall: self.gives(Branch::InfoNumber, self.number(call) as u64) as i32,
            arch: self.gives(Branch::InfoArch, u64::from(call.abi.audit())) as u32,
        }
    }

    /// Whether the signal of an intercepted call reaches a handler, and whether that has SA_RESTART.
    /// It is forced: where it cannot be caught, it kills.
    pub fn caught(&self, signals: Signals) -> Option<bool> {
        if self.is(Branch::Blocked, signals.blocked) {
            return None;
        }
        match signals.action {
            Action::Default if self.always(Branch::Defaulted) => None,
            Action::Ignore if self.always(Branch::Ignored) => None,
            Action::Default | Action::Ignore => Some(false),
            Action::Handle { restart } => Some(restart),
        }
    }

    /// What a handler finds saved of an intercepted call: the number in RAX, and RIP after the
    /// instruction, unless the number looks like a restart code.
    pub fn saved(&self, call: Call, restart: bool) -> Saved {
        let number = self.whole_number(call);
        let plain = Saved { rip: call.after, rax: self.gives(Branch::RolledBack, number) };
        if !self.is(Branch::RestartCodes, self.kernel.restart_codes) {
            return plain;
        }
        let again = Saved { rip: call.after - INSTRUCTION, rax: number };
        let interrupted = Saved { rax: -EINTR as u64, ..plain };
        let error = match call.abi {
            crate::Abi::X86_64 => call.rax as i64,
            crate::Abi::I386 => i64::from(call.rax as i32),
        };
        let no_handler = [-ERESTARTNOHAND, -ERESTART_RESTARTBLOCK].contains(&error);
        if self.is(Branch::RestartEintr, no_handler) {
            interrupted
        } else if self.is(Branch::RestartSys, error == -ERESTARTSYS) {
            if self.is(Branch::RestartAgain, restart) { again } else { interrupted }
        } else if self.is(Branch::RestartNoIntr, error == -ERESTARTNOINTR) {
            again
        } else {
            plain
        }
    }

    /// Every register a handler finds saved of an intercepted call made with these.
    pub fn saved_registers(&self, call: Call, restart: bool, made_with: &Gregs) -> Gregs {
        let mut registers = *made_with;
        let saved = self.saved(call, restart);
        registers[reg::RIP] = saved.rip;
        registers[reg::RAX] = saved.rax;
        let overwrites = call.abi == crate::Abi::X86_64 && self.kernel.overwrites;
        if self.is(Branch::Overwritten, overwrites) {
            registers[reg::RCX] = call.after;
            registers[reg::R11] = made_with[reg::FLAGS];
        }
        registers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Abi, Kernel};
    use rstest::rstest;

    const AFTER: u64 = 0x1002;
    const INSN: u64 = 0x1000;

    #[rstest]
    #[case::plain(Abi::X86_64, 39, false, AFTER, 39)]
    #[case::all_of_rax(Abi::X86_64, 1 << 63 | 39, false, AFTER, 1 << 63 | 39)]
    #[case::low_half(Abi::I386, 1 << 63 | 20, false, AFTER, 20)]
    #[case::restartsys(Abi::X86_64, -512i64 as u64, false, AFTER, -4i64 as u64)]
    #[case::restartsys_again(Abi::X86_64, -512i64 as u64, true, INSN, -512i64 as u64)]
    #[case::restartnointr(Abi::X86_64, -513i64 as u64, false, INSN, -513i64 as u64)]
    #[case::restartnohand(Abi::X86_64, -514i64 as u64, true, AFTER, -4i64 as u64)]
    #[case::restartblock(Abi::X86_64, -516i64 as u64, false, AFTER, -4i64 as u64)]
    #[case::none_between(Abi::X86_64, -515i64 as u64, false, AFTER, -515i64 as u64)]
    #[case::low_half_alone_is_none(Abi::X86_64, 0xffff_fe00, false, AFTER, 0xffff_fe00)]
    #[case::low_half_of_a_32_bit_call(Abi::I386, 0xffff_fdff, false, INSN, 0xffff_fdff)]
    fn handlers_find(
        #[case] abi: Abi,
        #[case] rax: u64,
        #[case] restart: bool,
        #[case] rip: u64,
        #[case] saved: u64,
    ) {
        let model = Model::new(Kernel { restart_codes: true, ..Kernel::default() });
        let call = Call { abi, after: AFTER, rax };
        assert_eq!(model.saved(call, restart), Saved { rip, rax: saved });
    }

    #[rstest]
    #[case::default(false, Action::Default, None)]
    #[case::ignored(false, Action::Ignore, None)]
    #[case::handled(false, Action::Handle { restart: true }, Some(true))]
    #[case::blocked(true, Action::Handle { restart: false }, None)]
    fn the_signal_is_forced(
        #[case] blocked: bool,
        #[case] action: Action,
        #[case] caught: Option<bool>,
    ) {
        assert_eq!(Model::default().caught(Signals { blocked, action }), caught);
    }

    #[test]
    fn the_signal_shows_the_call() {
        let call = Call { abi: Abi::I386, after: AFTER, rax: 7 << 32 | 0xffff_fff0 };
        let info = Model::default().dispatched_info(call);
        let Info { errno, code, call_addr, syscall, arch } = info;
        assert_eq!((errno, code, call_addr, syscall), (0, 2, AFTER, -16));
        assert_eq!(arch, AUDIT_ARCH_I386);
    }
}
