//! Syscall User Dispatch: the prctl as a function of the configuration and the arguments, and the decision
//! about one call.

use crate::call::Abi;
use crate::{Branch, Model, Offer};
use sys::uapi::{SIGSEGV, SIGSYS};

/// An error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the error numbers'")]
#[repr(i32)]
pub enum Errno {
    EPERM = 1,
    EIO = 5,
    EFAULT = 14,
    EINVAL = 22,
}

/// The result as it stands in RAX.
pub fn raw(answer: Result<(), Errno>) -> i64 {
    answer.map_or_else(|errno| -i64::from(errno as i32), |()| 0)
}

/// The arguments of the prctl.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Args {
    /// 0 off, 1 on, 2 inclusive.
    pub mode: u64,
    /// First address of the region.
    pub offset: u64,
    /// Bytes in it.
    pub length: u64,
    /// Address of the selector; 0 for none.
    pub selector: u64,
}

/// The configuration of a thread. Calls from the region are exempt; the region may wrap around the end of the
/// address space, which is how inclusive mode is kept: as the exemption of everything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Whether it is in force.
    pub on: bool,
    /// First exempt address.
    pub offset: u64,
    /// Bytes that are exempt.
    pub length: u64,
    /// Address of the selector; 0 for none.
    pub selector: u64,
}

impl Config {
    /// Whether an address is exempt: half open, and on the address after the instruction.
    pub const fn exempts(self, after: u64) -> bool {
        after.wrapping_sub(self.offset) < self.length
    }
}

/// What dispatch decides about a call at its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchDecision {
    /// The call passes: dispatch is off, the address exempt, or the selector allows.
    Passes,
    /// The call is not executed, and SIGSYS is forced.
    Dispatched,
    /// The call is not executed, and this signal kills the process.
    Killed(i32),
}

impl Model {
    /// The prctl: its answer, and what is in force afterwards.
    pub fn prctl(&self, now: Config, args: Args) -> (Result<(), Errno>, Config) {
        match self.judge(args) {
            Ok(next) => (Ok(()), next),
            Err(errno) => (Err(errno), now),
        }
    }

    /// The arguments as the prctl of this ABI sees them.
    pub fn prctl_args(&self, abi: Abi, args: Args) -> Args {
        if !self.is(Branch::NarrowArguments, abi == Abi::I386) {
            return args;
        }
        let low = |value: u64| value & 0xffff_ffff;
        let Args { mode, offset, length, selector } = args;
        Args { mode: low(mode), offset: low(offset), length: low(length), selector: low(selector) }
    }

    /// Checks the arguments in the kernel's order.
    fn judge(&self, args: Args) -> Result<Config, Errno> {
        let Args { mode, offset, length, selector } = args;
        let end = offset.wrapping_add(length);
        if !self.is(Branch::DispatchOffered, self.kernel.dispatch != Offer::Absent) {
            return Err(Errno::EINVAL);
        }
        if self.is(Branch::ModeOff, mode == 0) {
            if self.is(Branch::OffLeftovers, (offset, length, selector) != (0, 0, 0)) {
                return Err(Errno::EINVAL);
            }
            return Ok(Config::default());
        }
        let (offset, length) = if self.is(Branch::ModeExclusive, mode == 1) {
            let from_zero = self.is(Branch::ExclusiveFromZero, offset == 0);
            if !from_zero && self.is(Branch::ExclusiveWraps, end <= offset) {
                return Err(Errno::EINVAL);
            }
            (offset, length)
        } else if self.is(Branch::ModeInclusive, mode == 2 && self.kernel.inclusive) {
            if self.is(Branch::InclusiveWraps, end <= offset) {
                return Err(Errno::EINVAL);
            }
            (end, length.wrapping_neg())
        } else {
            return Err(Errno::EINVAL);
        };
        if self.is(Branch::SwitchedOff, self.kernel.dispatch == Offer::SwitchedOff) {
            return Err(Errno::EPERM);
        }
        let given = self.is(Branch::SelectorGiven, selector != 0);
        if given && self.is(Branch::SelectorTooHigh, selector >= self.kernel.selector_end) {
            return Err(Errno::EFAULT);
        }
        Ok(Config { on: true, offset, length, selector })
    }

    /// What becomes of a call that returns to `after`. `read` gives the byte at an address, if there is
    /// one that can be read. Neither the number nor the arguments matter.
    pub fn entry(
        &self,
        now: Config,
        after: u64,
        read: impl Fn(u64) -> Option<u8>,
    ) -> DispatchDecision {
        if !self.is(Branch::Armed, now.on) || self.is(Branch::Exempt, now.exempts(after)) {
            return DispatchDecision::Passes;
        }
        if !self.is(Branch::HasSelector, now.selector != 0) {
            return DispatchDecision::Dispatched;
        }
        let byte = read(now.selector);
        if self.is(Branch::Unreadable, byte.is_none()) {
            return DispatchDecision::Killed(SIGSEGV);
        }
        if self.is(Branch::Allows, byte == Some(0)) {
            return DispatchDecision::Passes;
        }
        if self.is(Branch::Blocks, byte == Some(1)) {
            DispatchDecision::Dispatched
        } else {
            DispatchDecision::Killed(SIGSYS)
        }
    }

    /// The configuration of a new task: its parent's, turned off.
    pub fn inherited(&self, now: Config) -> Config {
        Config { on: now.on && !self.always(Branch::ForkDisarms), ..now }
    }

    /// What is left after an execve that succeeded.
    pub fn executed(&self, now: Config) -> Config {
        Config { on: now.on && !self.always(Branch::ExecDisarms), ..now }
    }

    /// What a tracer reads of a stopped thread. An inclusive region is read as the kernel keeps it: inverted.
    ///
    /// # Errors
    /// EIO where the kernel does not know the request.
    pub fn ptrace_get(&self, now: Config) -> Result<Args, Errno> {
        if !self.is(Branch::PtraceOffered, self.kernel.ptrace_dispatch) {
            return Err(Errno::EIO);
        }
        let Config { on, offset, length, selector } = now;
        Ok(Args { mode: u64::from(on), offset, length, selector })
    }

    /// What a tracer writes is checked like the arguments of the prctl.
    pub fn ptrace_set(&self, now: Config, args: Args) -> (Result<(), Errno>, Config) {
        if self.is(Branch::PtraceOffered, self.kernel.ptrace_dispatch) {
            self.prctl(now, args)
        } else {
            (Err(Errno::EIO), now)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kernel;
    use rstest::rstest;

    const END: u64 = 0x7fff_ffff_f000;
    const TODAY: Kernel = Kernel {
        dispatch: Offer::Here,
        inclusive: true,
        ptrace_dispatch: true,
        selector_end: END + 1,
        restart_codes: true,
        wide_numbers: false,
        overwrites: true,
        keeps_result: true,
        vsyscalls: true,
        wait_killable: true,
        addfd_send: true,
    };
    const MAX: u64 = u64::MAX;
    const ARMED: Config = Config { on: true, offset: 7, length: 8, selector: 9 };

    #[rstest]
    #[case::off(0, 0, 0, 0, 0)]
    #[case::off_with_a_start(0, 1, 0, 0, -22)]
    #[case::off_with_a_length(0, 0, 1, 0, -22)]
    #[case::off_with_a_selector(0, 0, 0, 1, -22)]
    #[case::empty_at_zero(1, 0, 0, 0, 0)]
    #[case::everything(1, 0, MAX, 0, 0)]
    #[case::empty_elsewhere(1, 5, 0, 0, -22)]
    #[case::ends_at_the_very_end(1, 5, 0u64.wrapping_sub(6), 0, 0)]
    #[case::wraps_to_zero(1, 5, 0u64.wrapping_sub(5), 0, -22)]
    #[case::wraps(1, MAX, 2, 0, -22)]
    #[case::kernel_half(1, 1 << 63, 4096, 0, 0)]
    #[case::inclusive(2, 5, 1, 0, 0)]
    #[case::inclusive_of_nothing(2, 0, 0, 0, -22)]
    #[case::inclusive_of_all_but_one(2, 0, MAX, 0, 0)]
    #[case::inclusive_that_wraps(2, 5, 0u64.wrapping_sub(5), 0, -22)]
    #[case::mode_three(3, 0, 0, 0, -22)]
    #[case::mode_with_a_high_half(1 << 32 | 1, 0, 0, 0, -22)]
    #[case::last_selector(1, 0, 0, END, 0)]
    #[case::selector_too_high(1, 0, 0, END + 1, -14)]
    #[case::kernel_selector(1, 0, 0, MAX, -14)]
    #[case::region_is_judged_first(1, 5, 0, MAX, -22)]
    fn the_prctl_answers(
        #[case] mode: u64,
        #[case] offset: u64,
        #[case] length: u64,
        #[case] selector: u64,
        #[case] answer: i64,
    ) {
        let args = Args { mode, offset, length, selector };
        let (given, next) = Model::new(TODAY).prctl(ARMED, args);
        assert_eq!(raw(given), answer);
        assert_eq!(next == ARMED, answer != 0, "a refusal changes nothing, and all else does");
    }

    #[rstest]
    #[case::absent(Kernel { dispatch: Offer::Absent, ..TODAY }, 1, -22)]
    #[case::absent_is_off_too(Kernel { dispatch: Offer::Absent, ..TODAY }, 0, -22)]
    #[case::switched_off(Kernel { dispatch: Offer::SwitchedOff, ..TODAY }, 1, -1)]
    #[case::off_is_always_allowed(Kernel { dispatch: Offer::SwitchedOff, ..TODAY }, 0, 0)]
    #[case::without_inclusive(Kernel { inclusive: false, ..TODAY }, 2, -22)]
    fn kernels_differ(#[case] kernel: Kernel, #[case] mode: u64, #[case] answer: i64) {
        let args = Args { mode, length: mode, ..Args::default() };
        assert_eq!(raw(Model::new(kernel).prctl(ARMED, args).0), answer);
    }

    const REGION: Args = Args { mode: 1, offset: 0x1000, length: 0x10, selector: 0 };

    #[rstest]
    #[case::before(REGION, 0xfff, DispatchDecision::Dispatched)]
    #[case::first(REGION, 0x1000, DispatchDecision::Passes)]
    #[case::last(REGION, 0x100f, DispatchDecision::Passes)]
    #[case::behind(REGION, 0x1010, DispatchDecision::Dispatched)]
    #[case::inclusive_before(Args { mode: 2, ..REGION }, 0xfff, DispatchDecision::Passes)]
    #[case::inclusive_first(Args { mode: 2, ..REGION }, 0x1000, DispatchDecision::Dispatched)]
    #[case::inclusive_last(Args { mode: 2, ..REGION }, 0x100f, DispatchDecision::Dispatched)]
    #[case::inclusive_behind(Args { mode: 2, ..REGION }, 0x1010, DispatchDecision::Passes)]
    #[case::off(Args::default(), 0, DispatchDecision::Passes)]
    fn the_region_decides(
        #[case] args: Args,
        #[case] after: u64,
        #[case] becomes: DispatchDecision,
    ) {
        let model = Model::new(TODAY);
        let (_, now) = model.prctl(Config::default(), args);
        assert_eq!(model.entry(now, after, |_| None), becomes);
    }

    #[rstest]
    #[case::allow(Some(0), DispatchDecision::Passes)]
    #[case::block(Some(1), DispatchDecision::Dispatched)]
    #[case::other(Some(2), DispatchDecision::Killed(SIGSYS))]
    #[case::all_ones(Some(0xff), DispatchDecision::Killed(SIGSYS))]
    #[case::unreadable(None, DispatchDecision::Killed(SIGSEGV))]
    fn the_selector_decides(#[case] byte: Option<u8>, #[case] becomes: DispatchDecision) {
        let now = Config { on: true, selector: 0x4000, ..Config::default() };
        assert_eq!(Model::new(TODAY).entry(now, 1, |_| byte), becomes);
    }

    #[test]
    fn a_tracer_reads_an_inclusive_region_inverted() {
        let model = Model::new(TODAY);
        let (_, now) = model.prctl(ARMED, Args { mode: 2, ..REGION });
        let read = model.ptrace_get(now).expect("offered");
        assert_eq!((read.mode, read.offset, read.length), (1, 0x1010, 0u64.wrapping_sub(0x10)));
        assert_eq!(model.ptrace_set(now, read), (Err(Errno::EINVAL), now));
    }

    #[test]
    fn children_are_off_and_remember() {
        assert_eq!(Model::new(TODAY).inherited(ARMED), Config { on: false, ..ARMED });
    }
}
