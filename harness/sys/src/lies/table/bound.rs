//! What a tracer is told of its tracee's filters, and whether it may suspend them.

use super::rows::{Call, call, place};
use crate::lies::change::Change;
use crate::lies::kinds::answer::{Is, On, What};
use crate::lies::lie::{Lie, Nth};
use crate::uapi;
use crate::uapi::{
    EACCES, EFAULT, EINVAL, ENOENT, EPERM, PTRACE_O_SUSPEND_SECCOMP, PTRACE_SECCOMP_GET_FILTER,
    PTRACE_SECCOMP_GET_METADATA, PTRACE_SEIZE, PTRACE_SETOPTIONS,
};

fn request(request: usize) -> Call {
    call(uapi::SYS_ptrace).arg(0, Is::Eq(request))
}

pub(super) fn add(lies: &mut Vec<Lie>) {
    suspending(lies);
    filters(lies);
    metadata(lies);
}

fn suspending(lies: &mut Vec<Lie>) {
    let bit = PTRACE_O_SUSPEND_SECCOMP as u64;
    for (asked, word) in [(PTRACE_SETOPTIONS, "setoptions"), (PTRACE_SEIZE, "seize")] {
        let given = request(asked).arg(3, Is::Has(bit as usize));
        let refused = given.clone().on(On::Value(-EPERM));
        for (id, to) in [("success", 0), ("eacces", -EACCES), ("einval", -EINVAL)] {
            let bug = format!("{word} says {id} to a tracer that may not suspend seccomp");
            let tell = What::Result(Change::Set(to as u64));
            lies.push(refused.lie(format!("ptrace/{word}/suspend/{id}"), bug, tell));
        }
        let done = given.on(On::Value(0));
        let bug = format!("{word} says EPERM to a tracer that may suspend seccomp");
        let tell = What::Result(Change::Set(-EPERM as u64));
        lies.push(done.lie(format!("ptrace/{word}/suspend/refused"), bug, tell));
    }
    let kept = request(PTRACE_SETOPTIONS).arg(3, Is::Lacks(bit as usize));
    let bug = "seccomp stays suspended, or is, although the options do not say so";
    lies.push(kept.lie(
        "ptrace/setoptions/suspend/kept",
        bug,
        What::Argument(3, Change::With(bit)),
    ));
}

/// An answer in place of another, for a request that fails.
fn errors(lies: &mut Vec<Lie>, asked: usize, name: &str) {
    for (error, word) in
        [(-EACCES, "eacces"), (-EINVAL, "einval"), (-ENOENT, "enoent"), (-EFAULT, "efault")]
    {
        for (answer, other) in
            [(1i64, "success"), (-EPERM, "eperm"), (-EINVAL, "einval"), (-ENOENT, "enoent")]
        {
            if answer != error {
                let bug = format!("ptrace's {name} says {other} where it has to say {word}");
                let failed = request(asked).on(On::Value(error));
                let tell = What::Result(Change::Set(answer as u64));
                lies.push(failed.lie(format!("ptrace/{name}/{word}-is-{other}"), bug, tell));
            }
        }
    }
}

fn filters(lies: &mut Vec<Lie>) {
    const NAME: &str = "get-filter";
    errors(lies, PTRACE_SECCOMP_GET_FILTER, NAME);
    let asked = request(PTRACE_SECCOMP_GET_FILTER);
    for (id, change) in [("next", Change::Add(1)), ("32-bits", Change::Keep(0xffff_ffff))] {
        let bug = format!("a tracer is told of a filter by another index: {id}");
        lies.push(asked.lie(format!("ptrace/{NAME}/index/{id}"), bug, What::Argument(2, change)));
    }
    let told = asked.on(On::Positive);
    let bug = "a tracer is told of one instruction more than a filter has";
    lies.push(told.lie(format!("ptrace/{NAME}/count"), bug, What::Result(Change::Add(1))));
    for (offset, size, field) in
        [(0, 2, "code"), (2, 1, "jt"), (3, 1, "jf"), (4, 4, "k"), (8, 2, "second")]
    {
        let bug = format!("an instruction is told with another {field}");
        let tell = What::Written(place(3, offset, size), Change::Flip(1));
        lies.push(told.lie(format!("ptrace/{NAME}/{field}"), bug, tell));
    }
}

fn metadata(lies: &mut Vec<Lie>) {
    const NAME: &str = "get-metadata";
    errors(lies, PTRACE_SECCOMP_GET_METADATA, NAME);
    let asked = request(PTRACE_SECCOMP_GET_METADATA);
    let told = asked.clone().on(On::Positive);
    let bug = "a tracer is told another size of a filter's metadata";
    lies.push(told.lie(format!("ptrace/{NAME}/size"), bug, What::Result(Change::Add(8))));
    let whole = told.arg(2, Is::Eq(16));
    for (id, change) in
        [("lost", Change::Set(0)), ("other", Change::Add(2)), ("all", Change::With(!0))]
    {
        let bug = format!("the flags of a filter are told otherwise: {id}");
        let lie = || {
            whole.lie(
                format!("ptrace/{NAME}/flags/{id}"),
                bug.clone(),
                What::Written(place(3, 8, 8), change),
            )
        };
        lies.push(lie());
        lies.push(lie().nth(Nth::Second));
    }
    let bug = "the index in a filter's metadata is changed";
    let tell = What::Written(place(3, 0, 8), Change::Add(1));
    lies.push(whole.lie(format!("ptrace/{NAME}/index"), bug, tell));
    let bug = "the index in a filter's metadata is cut to 32 bits";
    let tell = What::Read(place(3, 0, 8), 16, Change::Keep(0xffff_ffff));
    lies.push(asked.lie(format!("ptrace/{NAME}/index/32-bits"), bug, tell));
}
