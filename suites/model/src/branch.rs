//! The names of the model's decisions, and which of them were taken.

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
    OffLeftovers = "turning off with a region or a selector is EINVAL",
    ModeExclusive = "mode 1 exempts the region",
    ExclusiveFromZero = "a region that begins at 0 may be empty, and cannot wrap",
    ExclusiveWraps = "a region that is empty or wraps is EINVAL",
    ModeInclusive = "mode 2 exempts all but the region",
    InclusiveWraps = "an inclusive region that is empty or wraps is EINVAL",
    SwitchedOff = "arming while the switch is off is EPERM",
    SelectorGiven = "a selector is checked where there is one",
    SelectorTooHigh = "a selector beyond the user half is EFAULT",
    Armed = "dispatch is on",
    Exempt = "the address after the instruction is exempt",
    HasSelector = "there is a selector to read",
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
    Defaulted = "an intercepted call while SIGSYS has its default action kills",
    Ignored = "an intercepted call while SIGSYS is ignored kills",
    RolledBack = "the saved RAX is the number",
    NarrowNumber = "the 32-bit ABI keeps only the low half of RAX",
    RestartCodes = "a number may look like a restart code",
    RestartEintr = "-ERESTARTNOHAND and -ERESTART_RESTARTBLOCK become -EINTR",
    RestartSys = "-ERESTARTSYS restarts or becomes -EINTR",
    RestartAgain = "SA_RESTART makes -ERESTARTSYS restart",
    RestartNoIntr = "-ERESTARTNOINTR restarts",
    Overwritten = "the syscall instruction stores in RCX and R11",
    NumberKnown = "a known number makes its call",
    WideNumber = "all of RAX is the number",
    ProgramLength = "a program of no instruction, or of too many, is refused",
    ReturnsLast = "a program ends with a return",
    CodeKnown = "an instruction that seccomp does not know is refused",
    LoadOutside = "a load that is not of a whole word of the call is refused",
    JumpOutside = "a jump out of the program is refused",
    ConditionOutside = "a conditional jump out of the program is refused",
    DivisorZero = "a division by the number 0 is refused",
    ShiftTooFar = "a shift by the number 32 or more is refused",
    MemoryOutside = "memory has 16 words",
    NeverStored = "a load of memory that may be uninitialised is refused",
    OperandX = "the operand is x, or the instruction's number",
    ReturnA = "a is returned",
    LoadWord = "a word of the call is loaded",
    LoadLength = "the length of the call's data is 64",
    JumpIfEqual = "jeq jumps if equal",
    JumpIfGreater = "jgt jumps if greater",
    JumpIfNotLess = "jge jumps if not less",
    JumpIfSet = "jset jumps if a bit is set",
    Negated = "neg negates",
    Added = "add adds",
    Subtracted = "sub subtracts",
    Multiplied = "mul multiplies",
    DividedByZero = "a division by an x of 0 returns 0",
    Divided = "div divides without a sign",
    Ored = "or is or",
    Anded = "and is and",
    ShiftedLeft = "lsh shifts left, by the low five bits of x",
    ShiftedRight = "rsh shifts right without a sign, by the low five bits of x",
    Xored = "xor is exclusive or",
    TakesPrecedence = "the lower action takes precedence, and among equals the newest",
    Suspended = "no filter meets a call while the tracer suspends seccomp",
    Allowed = "a call that is allowed or logged is executed",
    ErrnoClamped = "an error number is 4095 at most",
    ErrnoGiven = "the error number is the action's data",
    NoListener = "without a listener, SECCOMP_RET_USER_NOTIF is ENOSYS",
    NoTracer = "without a tracer, SECCOMP_RET_TRACE is ENOSYS",
    StopsOnce = "a call stops for its tracer once; then SECCOMP_RET_TRACE allows",
    MessageIsData = "the event's message is the action's data",
    TracerSkips = "a tracer that writes a negative number skips the call",
    ShownAgain = "the filters are re-run after the tracer",
    KillsThread = "SECCOMP_RET_KILL_THREAD kills the thread alone",
    TrapErrno = "si_errno of a trapped call is the action's data",
    TrapCode = "si_code of a trapped call is SYS_SECCOMP",
    TrapAddress = "si_call_addr of a trapped call is the address the filter saw",
    TrapNumber = "si_syscall of a trapped call is its number",
    TrapArch = "si_arch of a trapped call names its ABI",
    KeepsResult = "a call in no table leaves the result in RAX",
    PageThere = "there is a vsyscall page",
    PageEntry = "the page has three entries",
    PagePointerHigh = "a pointer beyond the user half faults before any filter runs",
    PageCallChanged = "a tracer may skip a call of the page, and change nothing else",
    NotifyClosed = "without a listener a notified call is ENOSYS",
    NotifyKillable = "a killable wait goes on once the notification is received",
    NotifyIgnores = "a signal that is ignored ends no wait",
    NotifyRestarts = "a call that restarts is notified again under a new id",
    NotifyStops = "a stopped call is notified again under a new id",
    NotifyReadable = "a listener is readable before RECV, and writable after it",
    NotifyQueued = "a withdrawn notification leaves ENOENT for one RECV",
    NotifyIdValid = "an id is valid once it is received and while its call waits",
    NotifyUnknownFlag = "a response with an unknown flag is EINVAL",
    NotifyContinueAlone = "a response that continues and has a result is EINVAL",
    NotifyEarly = "a response before RECV is EINPROGRESS",
    NotifyContinues = "a response that continues has the call executed",
    NotifyErrorWins = "an error outweighs the value beside it",
    NotifyAddFdFields = "ADDFD with wrong flags is EINVAL",
    NotifyAddFdSends = "ADDFD with SEND is the response",
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
