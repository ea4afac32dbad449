//! The names of the model's decisions, and the note of those that were taken.

macro_rules! branches {
    ($($(#[doc = $group:literal])? $name:ident = $words:literal,)*) => {
        /// A decision of the model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Branch {
            $(#[doc = $words] $name,)*
        }

        impl Branch {
            /// Every decision.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What is decided.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

branches! {
    DispatchOffered = "the kernel offers dispatch",
    NarrowArguments = "the arguments are those of the 32-bit ABI",
    ModeOff = "mode 0 turns off",
    OffLeftovers = "turning off with something beside it is EINVAL",
    ModeExclusive = "mode 1 exempts the region",
    ExclusiveFromZero = "a region that begins at 0 may be empty, and cannot wrap",
    ExclusiveWraps = "a region that is empty or wraps is EINVAL",
    ModeInclusive = "mode 2 exempts all but the region",
    InclusiveWraps = "an inclusive region that is empty or wraps is EINVAL",
    SwitchedOff = "arming while the switch is off is EPERM",
    SelectorGiven = "the selector is looked at where there is one",
    SelectorTooHigh = "a selector beyond the user half is EFAULT",
    Armed = "dispatch is on",
    Exempt = "the address after the instruction is exempt",
    HasSelector = "there is a selector to ask",
    Unreadable = "a selector that cannot be read kills with SIGSEGV",
    Allows = "a selector of 0 lets the call run",
    Blocks = "a selector of 1 dispatches, any other kills with SIGSYS",
    ForkDisarms = "a child starts with dispatch off",
    ExecDisarms = "a new program starts with dispatch off",
    PtraceOffered = "ptrace can ask for the configuration",
    InfoCode = "si_code of a dispatched call is SYS_USER_DISPATCH",
    InfoErrno = "si_errno of a dispatched call is 0",
    InfoAddress = "si_call_addr is the address after the instruction",
    InfoNumber = "si_syscall is the low half of RAX",
    InfoArch = "si_arch names the ABI",
    Blocked = "an intercepted call while SIGSYS is blocked kills",
    Defaulted = "an intercepted call while SIGSYS has its default kills",
    Ignored = "an intercepted call while SIGSYS is ignored kills",
    RolledBack = "the saved RAX is the number",
    NarrowNumber = "the 32-bit ABI keeps the low half of RAX alone",
    RestartCodes = "a number may look like a wish to be restarted",
    RestartEintr = "-514 and -516 look like a call that was interrupted",
    RestartSys = "-512 looks like a call that may begin again",
    RestartAgain = "SA_RESTART makes it begin again",
    RestartNoIntr = "-513 looks like a call that begins again",
    Overwritten = "the syscall instruction stores in RCX and R11",
    NumberKnown = "a known number makes its call",
    WideNumber = "all of RAX is the number",
}

/// Which decisions were taken, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    yes: u128,
    no: u128,
}

impl Coverage {
    /// With this decision, taken this way.
    #[must_use]
    pub fn with(mut self, branch: Branch, taken: bool) -> Self {
        let bit = 1 << branch as u32;
        if taken {
            self.yes |= bit;
        } else {
            self.no |= bit;
        }
        self
    }

    /// What either has seen.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { yes: self.yes | other.yes, no: self.no | other.no }
    }

    /// Whether the decision was taken at all.
    pub fn reached(self, branch: Branch) -> bool {
        (self.yes | self.no) >> (branch as u32) & 1 == 1
    }

    /// Whether it was taken this way.
    pub fn took(self, branch: Branch, way: bool) -> bool {
        (if way { self.yes } else { self.no }) >> (branch as u32) & 1 == 1
    }

    /// How many decisions were taken.
    pub fn count(self) -> u32 {
        (self.yes | self.no).count_ones()
    }

    /// As two numbers, to be handed on: taken one way, taken the other way.
    pub const fn bits(self) -> [u128; 2] {
        [self.yes, self.no]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_has_a_bit() {
        assert!(Branch::ALL.len() <= 128, "a u128 has no more bits");
    }
}
