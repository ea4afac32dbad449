//! Seccomp: what a stack of filters has a call do, with a tracer that may change it.

use crate::bpf::{Data, Instruction};
use crate::call::{Asking, Given};
use crate::signal::Info;
use crate::{Abi, Branch, Model};
use sys::uapi::{ENOSYS, MAX_ERRNO, SYS_SECCOMP};

/// The values of actions, without their data; the lower one takes precedence, read with a sign.
pub mod action {
    pub use sys::uapi::{
        SECCOMP_RET_ACTION_FULL as MASK, SECCOMP_RET_ALLOW as ALLOW, SECCOMP_RET_ERRNO as ERRNO,
        SECCOMP_RET_KILL_PROCESS as KILL_PROCESS, SECCOMP_RET_KILL_THREAD as KILL_THREAD,
        SECCOMP_RET_LOG as LOG, SECCOMP_RET_TRACE as TRACE, SECCOMP_RET_TRAP as TRAP,
        SECCOMP_RET_USER_NOTIF as USER_NOTIF,
    };

    /// All of them.
    pub const ALL: [u32; 8] =
        [ALLOW, LOG, TRACE, USER_NOTIF, ERRNO, TRAP, KILL_THREAD, KILL_PROCESS];
}

/// The registers of a call on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    /// How it entered.
    pub abi: Abi,
    /// The number as it stands (orig_rax).
    pub number: u64,
    /// The result as it stands; -ENOSYS at first.
    pub result: i64,
    /// The address it is known by: after the instruction.
    pub address: u64,
    /// All six arguments, whole.
    pub args: [u64; 6],
}

impl Entered {
    fn data(&self) -> Data {
        Data {
            nr: self.number as i32,
            arch: self.abi.audit(),
            instruction_pointer: self.address,
            args: self.args,
        }
    }
}

/// What becomes of a call that has passed the filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// It is made, as it now stands.
    Made,
    /// It is not, and gives the result that now stands.
    Skipped,
    /// It is not, SIGSYS comes, and the number is the result.
    Trapped(Info),
    /// The thread dies of SIGSYS.
    KillsThread,
    /// The process does.
    KillsProcess,
}

/// What a tracer does at a stop.
pub type Tracer<'a> = &'a dyn Fn(u16, &mut Entered);

impl Model {
    /// What the filters, the newest last, say together: the action that takes precedence, and among
    /// equals the newest filter's.
    pub fn verdict(&self, filters: &[Vec<Instruction>], entered: &Entered) -> u32 {
        let data = entered.data();
        let mut verdict = action::ALLOW;
        for filter in filters.iter().rev() {
            let result = self.result(filter, &data);
            let precedence = |value: u32| (value & action::MASK) as i32;
            if self.is(Branch::TakesPrecedence, precedence(result) < precedence(verdict)) {
                verdict = result;
            }
        }
        verdict
    }

    /// Shows a call to the filters. With a tracer, it stops where they say so, and what the tracer made
    /// of it is shown to them again.
    pub fn permit(
        &self,
        filters: &[Vec<Instruction>],
        entered: &mut Entered,
        tracer: Option<Tracer<'_>>,
    ) -> Permit {
        self.permit_once(filters, entered, tracer, false)
    }

    fn permit_once(
        &self,
        filters: &[Vec<Instruction>],
        entered: &mut Entered,
        tracer: Option<Tracer<'_>>,
        again: bool,
    ) -> Permit {
        let verdict = self.verdict(filters, entered);
        let data = verdict as u16;
        match verdict & action::MASK {
            action::ALLOW | action::LOG if self.always(Branch::Allowed) => Permit::Made,
            action::ERRNO => {
                let errno = if self.is(Branch::ErrnoClamped, u32::from(data) > MAX_ERRNO as u32) {
                    MAX_ERRNO as u32
                } else {
                    u32::from(data)
                };
                entered.result = -(self.gives(Branch::ErrnoGiven, u64::from(errno)) as i64);
                Permit::Skipped
            }
            action::TRAP => Permit::Trapped(self.trapped_info(entered, data)),
            action::USER_NOTIF => {
                // Nobody listens.
                entered.result = self.gives(Branch::NobodyListens, -ENOSYS as u64) as i64;
                Permit::Skipped
            }
            action::TRACE if self.is(Branch::StopsOnce, again) => Permit::Made,
            action::TRACE => {
                let Some(tracer) = tracer else {
                    entered.result = self.gives(Branch::NobodyTraces, -ENOSYS as u64) as i64;
                    return Permit::Skipped;
                };
                tracer(self.gives(Branch::MessageIsData, u64::from(data)) as u16, entered);
                if self.is(Branch::TracerSkips, (entered.number as i32) < 0) {
                    return Permit::Skipped;
                }
                if self.always(Branch::ShownAgain) {
                    self.permit_once(filters, entered, Some(tracer), true)
                } else {
                    Permit::Made
                }
            }
            action::KILL_THREAD if self.always(Branch::KillsThread) => Permit::KillsThread,
            // Also what no kernel knows.
            _ => Permit::KillsProcess,
        }
    }

    fn trapped_info(&self, entered: &Entered, data: u16) -> Info {
        Info {
            errno: self.gives(Branch::TrapErrno, u64::from(data)) as i32,
            code: self.gives(Branch::TrapCode, SYS_SECCOMP as u64) as i32,
            call_addr: self.gives(Branch::TrapAddress, entered.address),
            syscall: self.gives(Branch::TrapNumber, u64::from(entered.number as u32)) as i32,
            arch: self.gives(Branch::TrapArch, u64::from(entered.abi.audit())) as u32,
        }
    }

    /// What a permitted call gives, as it now stands; `None` for a call the model does not know.
    pub fn made(&self, entered: &Entered) -> Option<Given> {
        let number = entered.number as i32;
        let asking = Asking::ALL.into_iter().find(|asking| asking.number(entered.abi) == number);
        if let Some(asking) = asking {
            return Some(Given::Answer(asking));
        }
        if !crate::call::is_harmless(number) {
            return None;
        }
        let keeps = self.is(Branch::KeepsResult, number == -1 || self.kernel.keeps_result);
        Some(Given::Value(if keeps { entered.result } else { -ENOSYS }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kernel;
    use rstest::rstest;

    fn returns(k: u32) -> Vec<Instruction> {
        vec![Instruction { code: 0x06, jt: 0, jf: 0, k }]
    }

    fn entered(number: i64) -> Entered {
        Entered {
            abi: Abi::X86_64,
            number: number as u64,
            result: -ENOSYS,
            address: 0x1002,
            args: [0; 6],
        }
    }

    #[rstest]
    #[case::none(&[], action::ALLOW)]
    #[case::lower_wins(&[action::ERRNO | 1, action::TRAP | 2], action::TRAP | 2)]
    #[case::either_order(&[action::TRAP | 2, action::ERRNO | 1], action::TRAP | 2)]
    #[case::newest_among_equals(&[action::ERRNO | 1, action::ERRNO | 2], action::ERRNO | 2)]
    #[case::with_a_sign(&[action::KILL_THREAD, action::KILL_PROCESS], action::KILL_PROCESS)]
    #[case::data_does_not_count(&[action::ERRNO, action::LOG | 0xffff], action::ERRNO)]
    fn precedence(#[case] filters: &[u32], #[case] verdict: u32) {
        let filters: Vec<_> = filters.iter().map(|k| returns(*k)).collect();
        assert_eq!(Model::default().verdict(&filters, &entered(1)), verdict);
    }

    #[rstest]
    #[case::allow(action::ALLOW, Permit::Made, -ENOSYS)]
    #[case::log(action::LOG, Permit::Made, -ENOSYS)]
    #[case::errno(action::ERRNO | 7, Permit::Skipped, -7)]
    #[case::errno_of_zero(action::ERRNO, Permit::Skipped, 0)]
    #[case::errno_too_large(action::ERRNO | 0xffff, Permit::Skipped, -4095)]
    #[case::trace_without_a_tracer(action::TRACE, Permit::Skipped, -ENOSYS)]
    #[case::nobody_listens(action::USER_NOTIF, Permit::Skipped, -ENOSYS)]
    #[case::kill_thread(action::KILL_THREAD | 5, Permit::KillsThread, -ENOSYS)]
    #[case::kill_process(action::KILL_PROCESS, Permit::KillsProcess, -ENOSYS)]
    #[case::unknown(0x1234_0000, Permit::KillsProcess, -ENOSYS)]
    fn actions(#[case] verdict: u32, #[case] permit: Permit, #[case] result: i64) {
        let mut call = entered(1);
        assert_eq!(Model::default().permit(&[returns(verdict)], &mut call, None), permit);
        assert_eq!(call.result, result);
    }

    #[rstest]
    #[case::left_alone(39, -ENOSYS, Permit::Made, Some(Given::Answer(Asking::Getpid)))]
    #[case::skipped(-1, 42, Permit::Skipped, None)]
    #[case::any_negative_skips(-9, 42, Permit::Skipped, None)]
    #[case::no_such_call(99999, 42, Permit::Made, Some(Given::Value(-ENOSYS)))]
    #[case::high_half_is_ignored(1 << 32 | 39, 42, Permit::Made, Some(Given::Answer(Asking::Getpid)))]
    fn tracers(
        #[case] number: i64,
        #[case] result: i64,
        #[case] permit: Permit,
        #[case] made: Option<Given>,
    ) {
        let tracer = |_, call: &mut Entered| {
            call.number = number as u64;
            call.result = result;
        };
        let mut call = entered(102);
        let model = Model::default();
        assert_eq!(model.permit(&[returns(action::TRACE)], &mut call, Some(&tracer)), permit);
        if permit == Permit::Made {
            assert_eq!(model.made(&call), made);
        } else {
            assert_eq!(call.result, result);
        }
    }

    #[test]
    fn some_kernels_keep_a_tracers_result() {
        let model = Model::new(Kernel { keeps_result: true, ..Kernel::default() });
        let call = Entered { result: 42, ..entered(99999) };
        assert_eq!(model.made(&call), Some(Given::Value(42)));
    }

    #[test]
    fn what_a_tracer_chose_is_shown_again() {
        // Number 39 is refused, all else is traced.
        let op = |code, jt, jf, k| Instruction { code, jt, jf, k };
        let filter = vec![
            op(0x20, 0, 0, 0),
            op(0x15, 0, 1, 39),
            op(0x06, 0, 0, action::ERRNO | 7),
            op(0x06, 0, 0, action::TRACE),
        ];
        let tracer = |_, call: &mut Entered| call.number = 39;
        let mut call = entered(102);
        let permit = Model::default().permit(&[filter], &mut call, Some(&tracer));
        assert_eq!((permit, call.result), (Permit::Skipped, -7));
    }
}
