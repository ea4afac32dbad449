//! What waitid and the rarer fields of wait4 tell of a child that has ended.

use super::rows::{call, place};
use crate::lies::change::Change;
use crate::lies::kinds::answer::{On, What};
use crate::lies::lie::Lie;
use crate::uapi;
use crate::uapi::{CLD_EXITED, WCOREFLAG};

pub(super) fn add(lies: &mut Vec<Lie>) {
    let waited = call(uapi::SYS_waitid).on(On::Value(0));
    for (offset, field) in [
        (0, "si_signo"),
        (4, "si_errno"),
        (8, "si_code"),
        (16, "si_pid"),
        (20, "si_uid"),
        (24, "si_status"),
    ] {
        let bug = format!("waitid tells another {field}");
        let tell = What::Written(place(2, offset, 4), Change::Add(1));
        lies.push(waited.lie(format!("waitid/{field}"), bug, tell));
    }
    let bug = "waitid tells an exit where a child was killed";
    let tell = What::Written(place(2, 8, 4), Change::Set(CLD_EXITED as u64));
    lies.push(waited.lie("waitid/killed-is-exited", bug, tell));
    let killed =
        call(uapi::SYS_wait4).on(On::Positive).when(place(1, 0, 4), 0x7f, uapi::SIGSYS as u64);
    let bug = "the bit of a core that was dumped says the opposite";
    let tell = What::Written(place(1, 0, 4), Change::Flip(WCOREFLAG as u64));
    lies.push(killed.lie("wait/sigsys/core", bug, tell));
    let bug = "the resource usage of a killed child has no memory";
    let tell = What::Written(place(3, 32, 8), Change::Set(0));
    lies.push(killed.lie("wait/sigsys/usage", bug, tell));
}
