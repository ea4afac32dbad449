//! Seccomp: what a stack of filters has a call do, with a tracer that may change it.

use crate::bpf::{Data, Instruction};
use crate::call::{IdentityCall, Return};
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

/// The registers of a call at its entry, as filters and a tracer see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyscallEntry {
    /// How it entry.
    pub abi: Abi,
    /// The number as it stands (orig_rax).
    pub number: u64,
    /// The result as it stands; -ENOSYS at first.
    pub result: i64,
    /// The instruction pointer: the address after the instruction.
    pub address: u64,
    /// All six arguments, whole.
    pub args: [u64; 6],
}

impl SyscallEntry {
    fn data(&self) -> Data {
        Data {
            nr: self.number as i32,
            arch: self.abi.audit(),
            instruction_pointer: self.address,
            args: self.args,
        }
    }
}

/// What the filters, and a tracer, decide about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterDecision {
    /// The call is executed with the number and arguments that now stand in the registers.
    Executed,
    /// The call is skipped; its result is the one that now stands in RAX.
    Skipped,
    /// The call is skipped and SIGSYS is forced, with the number in RAX.
    Trapped(Info),
    /// SIGSYS kills the thread.
    KillThread,
    /// SIGSYS kills the process.
    KillProcess,
}

/// What a tracer does at a stop.
pub type Tracer<'a> = &'a dyn Fn(u16, &mut SyscallEntry);

impl Model {
    /// The value that counts of those the filters (the newest last) return: the action that takes
    /// precedence, and among equals the newest filter's.
    pub fn verdict(&self, filters: &[Vec<Instruction>], entry: &SyscallEntry) -> u32 {
        let data = entry.data();
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

    /// The filters that meet a call: none of them while the tracer suspends seccomp.
    pub fn in_force<'a>(
        &self,
        filters: &'a [Vec<Instruction>],
        suspended: bool,
    ) -> &'a [Vec<Instruction>] {
        if self.is(Branch::Suspended, suspended) { &[] } else { filters }
    }

    /// Runs the filters on a call. With a tracer, the call stops at SECCOMP_RET_TRACE, and the filters
    /// are re-run on what the tracer made of it.
    pub fn filter_decision(
        &self,
        filters: &[Vec<Instruction>],
        entry: &mut SyscallEntry,
        tracer: Option<Tracer<'_>>,
    ) -> FilterDecision {
        self.filter_decision_once(filters, entry, tracer, false)
    }

    fn filter_decision_once(
        &self,
        filters: &[Vec<Instruction>],
        entry: &mut SyscallEntry,
        tracer: Option<Tracer<'_>>,
        again: bool,
    ) -> FilterDecision {
        let verdict = self.verdict(filters, entry);
        let data = verdict as u16;
        match verdict & action::MASK {
            action::ALLOW | action::LOG if self.always(Branch::Allowed) => FilterDecision::Executed,
            action::ERRNO => {
                let errno = if self.is(Branch::ErrnoClamped, u32::from(data) > MAX_ERRNO as u32) {
                    MAX_ERRNO as u32
                } else {
                    u32::from(data)
                };
                entry.result = -(self.gives(Branch::ErrnoGiven, u64::from(errno)) as i64);
                FilterDecision::Skipped
            }
            action::TRAP => FilterDecision::Trapped(self.trapped_info(entry, data)),
            action::USER_NOTIF => {
                // No listener.
                entry.result = self.gives(Branch::NoListener, -ENOSYS as u64) as i64;
                FilterDecision::Skipped
            }
            action::TRACE if self.is(Branch::StopsOnce, again) => FilterDecision::Executed,
            action::TRACE => {
                let Some(tracer) = tracer else {
                    entry.result = self.gives(Branch::NoTracer, -ENOSYS as u64) as i64;
                    return FilterDecision::Skipped;
                };
                tracer(self.gives(Branch::MessageIsData, u64::from(data)) as u16, entry);
                if self.is(Branch::TracerSkips, (entry.number as i32) < 0) {
                    return FilterDecision::Skipped;
                }
                if self.always(Branch::ShownAgain) {
                    self.filter_decision_once(filters, entry, Some(tracer), true)
                } else {
                    FilterDecision::Executed
                }
            }
            action::KILL_THREAD if self.always(Branch::KillsThread) => FilterDecision::KillThread,
            // Unknown actions, too.
            _ => FilterDecision::KillProcess,
        }
    }

    fn trapped_info(&self, entry: &SyscallEntry, data: u16) -> Info {
        Info {
            errno: self.gives(Branch::TrapErrno, u64::from(data)) as i32,
            code: self.gives(Branch::TrapCode, SYS_SECCOMP as u64) as i32,
            call_addr: self.gives(Branch::TrapAddress, entry.address),
            syscall: self.gives(Branch::TrapNumber, u64::from(entry.number as u32)) as i32,
            arch: self.gives(Branch::TrapArch, u64::from(entry.abi.audit())) as u32,
        }
    }

    /// What a call returns that the filters let run, with the registers as they now stand; `None` for a
    /// call the model does not know.
    pub fn permitted_return(&self, entry: &SyscallEntry) -> Option<Return> {
        let number = entry.number as i32;
        if let Some(identity) = IdentityCall::numbered(number, entry.abi) {
            return Some(Return::Identity(identity));
        }
        if !crate::call::is_harmless(number) {
            return None;
        }
        let keeps = self.is(Branch::KeepsResult, number == -1 || self.kernel.keeps_result);
        Some(Return::Value(if keeps { entry.result } else { -ENOSYS }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kernel, bpf};
    use rstest::rstest;
    use sys::uapi::{SYS_getpid, SYS_getuid};

    fn returns(k: u32) -> Vec<Instruction> {
        vec![Instruction { code: bpf::RETURNS[0], jt: 0, jf: 0, k }]
    }

    fn entry(number: i64) -> SyscallEntry {
        SyscallEntry {
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
        assert_eq!(Model::default().verdict(&filters, &entry(1)), verdict);
    }

    #[rstest]
    #[case::allow(action::ALLOW, FilterDecision::Executed, -ENOSYS)]
    #[case::log(action::LOG, FilterDecision::Executed, -ENOSYS)]
    #[case::errno(action::ERRNO | 7, FilterDecision::Skipped, -7)]
    #[case::errno_of_zero(action::ERRNO, FilterDecision::Skipped, 0)]
    #[case::errno_too_large(action::ERRNO | 0xffff, FilterDecision::Skipped, -4095)]
    #[case::trace_without_a_tracer(action::TRACE, FilterDecision::Skipped, -ENOSYS)]
    #[case::no_listener(action::USER_NOTIF, FilterDecision::Skipped, -ENOSYS)]
    #[case::kill_thread(action::KILL_THREAD | 5, FilterDecision::KillThread, -ENOSYS)]
    #[case::kill_process(action::KILL_PROCESS, FilterDecision::KillProcess, -ENOSYS)]
    #[case::unknown(0x1234_0000, FilterDecision::KillProcess, -ENOSYS)]
    fn actions(#[case] verdict: u32, #[case] decision: FilterDecision, #[case] result: i64) {
        let mut call = entry(1);
        assert_eq!(
            Model::default().filter_decision(&[returns(verdict)], &mut call, None),
            decision
        );
        assert_eq!(call.result, result);
    }

    #[rstest]
    #[case::left_alone(SYS_getpid, -ENOSYS, FilterDecision::Executed, Some(Return::Identity(IdentityCall::Getpid)))]
    #[case::skipped(-1, 42, FilterDecision::Skipped, None)]
    #[case::any_negative_skips(-9, 42, FilterDecision::Skipped, None)]
    #[case::no_such_call(99999, 42, FilterDecision::Executed, Some(Return::Value(-ENOSYS)))]
    #[case::high_half_is_ignored(1 << 32 | SYS_getpid, 42, FilterDecision::Executed, Some(Return::Identity(IdentityCall::Getpid)))]
    fn tracers(
        #[case] number: i64,
        #[case] result: i64,
        #[case] decision: FilterDecision,
        #[case] returned: Option<Return>,
    ) {
        let tracer = |_, call: &mut SyscallEntry| {
            call.number = number as u64;
            call.result = result;
        };
        let mut call = entry(SYS_getuid);
        let model = Model::default();
        assert_eq!(
            model.filter_decision(&[returns(action::TRACE)], &mut call, Some(&tracer)),
            decision
        );
        if decision == FilterDecision::Executed {
            assert_eq!(model.permitted_return(&call), returned);
        } else {
            assert_eq!(call.result, result);
        }
    }

    #[test]
    fn some_kernels_keep_a_tracers_result() {
        let model = Model::new(Kernel { keeps_result: true, ..Kernel::default() });
        let call = SyscallEntry { result: 42, ..entry(99999) };
        assert_eq!(model.permitted_return(&call), Some(Return::Value(42)));
    }

    #[test]
    fn what_a_tracer_chose_is_shown_again() {
        // getpid is refused, all else is traced.
        let op = |code, jt, jf, k| Instruction { code, jt, jf, k };
        let filter = vec![
            op(bpf::LOAD, 0, 0, 0),
            op(bpf::CONDITIONS[0], 0, 1, SYS_getpid as u32),
            op(bpf::RETURNS[0], 0, 0, action::ERRNO | 7),
            op(bpf::RETURNS[0], 0, 0, action::TRACE),
        ];
        let tracer = |_, call: &mut SyscallEntry| call.number = SYS_getpid as u64;
        let mut call = entry(SYS_getuid);
        let decision = Model::default().filter_decision(&[filter], &mut call, Some(&tracer));
        assert_eq!((decision, call.result), (FilterDecision::Skipped, -7));
    }
}
