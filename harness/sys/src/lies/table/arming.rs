//! The prctl that turns dispatch on and off.

use super::rows::call;
use crate::lies::change::Change;
use crate::lies::kinds::answer::{Is, On, What};
use crate::lies::kinds::code::{Enter, Entering, Holds, Made};
use crate::lies::lie::{Lie, Nth, Task, Tell};
use crate::uapi;
use crate::uapi::PR_SET_SYSCALL_USER_DISPATCH;
use crate::uapi::{EFAULT, EINVAL, ENOSYS, EPERM};

const MODES: [(usize, &str); 3] = [(0, "off"), (1, "on"), (2, "inclusive")];
const SHIFTS: [(u64, &str, &str); 6] = [
    (1, "plus-1", "one byte on"),
    (2, "plus-2", "an instruction's length on"),
    (4096, "plus-page", "a page on"),
    (u64::MAX, "minus-1", "one byte back"),
    (u64::MAX - 1, "minus-2", "an instruction's length back"),
    (0u64.wrapping_sub(4096), "minus-page", "a page back"),
];

pub(super) fn add(lies: &mut Vec<Lie>) {
    for (mode, name) in MODES {
        answers(lies, mode, name);
        arguments(lies, mode, name);
    }
    let any = call(uapi::SYS_prctl).arg(0, Is::Eq(PR_SET_SYSCALL_USER_DISPATCH));
    for (mode, to, name) in
        [(3, 1, "3-is-on"), (3, 0, "3-is-off"), (usize::MAX, 1, "all-ones-is-on")]
    {
        let call = any.clone().arg(1, Is::Eq(mode));
        lies.push(call.lie(
            format!("prctl/mode/{name}"),
            "a mode nobody defined is taken for one that is",
            What::Argument(1, Change::Set(to)),
        ));
    }
    for bits in [8, 16, 32] {
        lies.push(any.lie(
            format!("prctl/mode/low-{bits}-bits"),
            format!("the mode is read from the low {bits} bits of its argument"),
            What::Argument(1, Change::Keep((1 << bits) - 1)),
        ));
        for (argument, word) in [(2, "offset"), (3, "length"), (4, "selector")] {
            lies.push(any.lie(
                format!("prctl/{word}/low-{bits}-bits"),
                format!("the {word} is read from the low {bits} bits of its argument"),
                What::Argument(argument, Change::Keep((1 << bits) - 1)),
            ));
        }
    }
    for (answer, word) in [(-EINVAL, "einval"), (-EFAULT, "efault")] {
        let call = any.clone().on(On::Value(answer));
        for (other, word_of_other) in [
            (-EINVAL, "einval"),
            (-EFAULT, "efault"),
            (-EPERM, "eperm"),
            (-ENOSYS, "enosys"),
            (0, "success"),
        ] {
            if other != answer {
                lies.push(call.lie(
                    format!("prctl/answer/{word}-is-{word_of_other}"),
                    format!("the prctl answers {word_of_other} where it refuses with {word}"),
                    What::Result(Change::Set(other as u64)),
                ));
            }
        }
    }
    selectors(lies);
}

fn answers(lies: &mut Vec<Lie>, mode: usize, name: &str) {
    let made =
        call(uapi::SYS_prctl).arg(0, Is::Eq(PR_SET_SYSCALL_USER_DISPATCH)).arg(1, Is::Eq(mode));
    for nth in [Nth::Every, Nth::Second] {
        let unmade = What::Unmade(0);
        let bug = format!("the prctl succeeds in mode {name} and changes nothing");
        lies.push(made.lie(format!("prctl/{name}/nothing-done"), bug, unmade).nth(nth));
    }
    let success = made.clone().on(On::Success);
    for (answer, word) in [(1, "1"), (-EINVAL, "einval"), (-EPERM, "eperm"), (-EFAULT, "efault")] {
        let bug = format!("the prctl does as it is told in mode {name} and answers {word}");
        let tell = What::Result(Change::Set(answer as u64));
        lies.push(success.lie(format!("prctl/{name}/done-but-{word}"), bug.clone(), tell));
        let second = success.lie(format!("prctl/{name}/done-but-{word}"), bug, tell);
        lies.push(second.nth(Nth::Second));
    }
    for (argument, word) in [(2, "offset"), (3, "length"), (4, "selector")] {
        let call = made.clone().arg(argument, Is::Not(0)).on(On::Value(-EINVAL));
        lies.push(call.lie(
            format!("prctl/{name}/{word}-unchecked"),
            format!("the prctl accepts a {word} in mode {name} that it has to refuse"),
            What::Result(Change::Set(0)),
        ));
    }
}

fn arguments(lies: &mut Vec<Lie>, mode: usize, name: &str) {
    let made =
        call(uapi::SYS_prctl).arg(0, Is::Eq(PR_SET_SYSCALL_USER_DISPATCH)).arg(1, Is::Eq(mode));
    for (other, word) in MODES {
        if other != mode && mode != 0 {
            let bug = format!("mode {name} is taken for {word}");
            let tell = What::Argument(1, Change::Set(other as u64));
            lies.push(made.lie(format!("prctl/{name}/taken-for-{word}"), bug, tell));
        }
    }
    for (argument, word) in [(2, "offset"), (3, "length"), (4, "selector")] {
        if mode == 0 {
            let bug = format!("a {word} is ignored when dispatch is turned off");
            let tell = What::Argument(argument, Change::Set(0));
            lies.push(made.lie(format!("prctl/{name}/{word}/ignored"), bug, tell));
            continue;
        }
        let given = made.clone().arg(argument, Is::Not(0));
        let bug = format!("the {word} is ignored in mode {name}");
        let tell = What::Argument(argument, Change::Set(0));
        lies.push(given.lie(format!("prctl/{name}/{word}/ignored"), bug, tell));
        let bug = format!("the {word} of the first call in mode {name} stays in force");
        lies.push(given.lie(format!("prctl/{name}/{word}/stays"), bug, tell).nth(Nth::Later));
        for (shift, id, words) in SHIFTS {
            let bug = format!("the {word} in mode {name} is taken for one that is {words}");
            let tell = What::Argument(argument, Change::Add(shift));
            lies.push(given.lie(format!("prctl/{name}/{word}/{id}"), bug, tell));
        }
    }
    if mode == 0 {
        return;
    }
    let bug = format!("any length in mode {name} is taken for the greatest");
    let given = made.arg(2, Is::Not(0)).arg(3, Is::Not(0));
    let tell = What::Argument(3, Change::Set(u64::MAX));
    lies.push(given.lie(format!("prctl/{name}/length/endless"), bug, tell));
}

fn selectors(lies: &mut Vec<Lie>) {
    use Entering::{MadeAsWell, Selector, StaleSelector};
    const SEEN: [(Holds, u8, &str, &str); 6] = [
        (Holds::Byte(0), 1, "allow-is-block", "a selector that allows counts as one that blocks"),
        (Holds::Byte(1), 0, "block-is-allow", "a selector that blocks counts as one that allows"),
        (Holds::Byte(1), 2, "block-kills", "a selector that blocks counts as a bad one"),
        (Holds::Byte(0), 2, "allow-kills", "a selector that allows counts as a bad one"),
        (Holds::Other, 0, "bad-is-allow", "a bad selector counts as one that allows"),
        (Holds::Other, 1, "bad-is-block", "a bad selector counts as one that blocks"),
    ];
    for (made, abi) in [(Made::Syscall, "syscall"), (Made::Int80, "int80")] {
        let lie = |id: &str, bug: &str, what| {
            let (id, bug) = (format!("selector/{id}/{abi}"), format!("{bug}, at {abi}"));
            Lie::new(id, bug, Tell::Enter(Enter { made, what }))
        };
        for (holds, as_if, id, bug) in SEEN {
            lies.push(lie(id, bug, Selector(holds, as_if)));
            // Bad selectors end their cases at once.
            if holds == Holds::Other {
                continue;
            }
            lies.push(lie(id, bug, Selector(holds, as_if)).nth(Nth::Second));
            lies.push(lie(id, bug, Selector(holds, as_if)).task(Task::Child));
            // Each thread has a selector of its own: those that die of another's are not told apart.
            if made == Made::Syscall && as_if < 2 {
                lies.push(lie(id, bug, Selector(holds, as_if)).task(Task::Thread));
            }
        }
        lies.push(lie(
            "stale",
            "the selector counts as what it held at the call before",
            StaleSelector,
        ));
        // The door makes calls of the 64-bit ABI alone.
        let often = if made == Made::Syscall { &[Nth::Every, Nth::Second][..] } else { &[] };
        for nth in often.iter().copied() {
            let bug = "a call that is dispatched is made as well";
            lies.push(lie("made-as-well", bug, MadeAsWell).nth(nth));
        }
    }
}
