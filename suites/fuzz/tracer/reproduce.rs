//! A traced sequence of calls as a C program.

use super::{Fact, Input, Prediction, Traced, Writes};
use crate::fuzz::filtered::{Callers, Origin};
use crate::fuzz::reproducer::{Expected, Piece, Reproducer, hex, number};
use crate::fuzz::seccomp::call_in_words;
use std::fmt::Write;

/// What is predicted of one call: its stops, and what it comes to, if it comes back.
struct Told<'a> {
    traced: &'a Traced,
    entry: Option<&'a Fact>,
    event: Option<&'a Fact>,
    expected: Option<Expected>,
    endless: bool,
}

pub(super) fn reproduce(
    callers: &Callers,
    input: &Input,
    prediction: &Prediction<Fact>,
) -> Reproducer {
    let mut facts = prediction.facts.iter().peekable();
    let mut all = Vec::new();
    for traced in &input.calls {
        let entry = facts.next_if(|fact| matches!(fact, Fact::Entry(..)));
        let event = facts.next_if(|fact| matches!(fact, Fact::Event(..)));
        let outcome = facts.next_if(|fact| matches!(fact, Fact::Outcome(_)));
        let numbers = traced.entry.and_then(|writes| writes.number);
        let numbers = [Some(traced.call.rax), numbers, traced.event.number];
        let numbers: Vec<_> = numbers.into_iter().flatten().collect();
        let expected = outcome.and_then(|fact| match fact {
            Fact::Outcome(outcome) => callers.expected(outcome, &numbers),
            _ => None,
        });
        let endless = matches!(outcome, Some(Fact::Outcome(outcome)) if !outcome.is_testable());
        all.push(Told { traced, entry, event, expected, endless });
        if outcome.is_none() {
            // It is the last.
            break;
        }
    }
    let mut c = Reproducer::new();
    c.needs(Piece::Writes);
    c.handler("0", None);
    callers.reproduce_gadgets(&mut c, input.calls.iter().map(|traced| &traced.call));
    c.no_new_privileges();
    input.filters.iter().for_each(|filter| c.filter(filter));
    if all.iter().filter_map(|told| told.expected.as_ref()).any(Expected::is_about_who) {
        c.ask_who();
    }
    all.iter().for_each(|told| told.write(&mut c, callers));
    c.ends(match facts.next() {
        Some(Fact::Tracee(last)) => *last,
        _ => prediction.last,
    });
    c
}

impl Told<'_> {
    fn write(&self, c: &mut Reproducer, callers: &Callers) {
        let Self { traced, entry, event, expected, endless } = self;
        c.step(&call_in_words(&traced.call));
        c.line("traced(");
        c.line("\t/* At its entry. */");
        c.line(&format!("\t{},", stop(*entry, traced.entry.unwrap_or_default(), traced)));
        c.line("\t/* Where a filter says so. */");
        c.line(&format!("\t{});", stop(*event, traced.event, traced)));
        let calling = callers.calling(&traced.call);
        if *endless {
            return c.call_for_ever(calling);
        }
        c.call(calling, *expected);
        if expected.is_some() {
            let stops = i64::from(entry.is_some()) + i64::from(event.is_some());
            c.expect("stops", stops, "seen->stops");
        }
    }
}

/// What a stop is to show, and what is written there.
fn stop(fact: Option<&Fact>, writes: Writes, traced: &Traced) -> String {
    let mut text = String::from("(struct stop){ ");
    match fact {
        Some(Fact::Entry(nr, result)) => {
            let (nr, result) = (hex(*nr), number(*result));
            let _ = write!(text, ".comes = 1, .number = {nr}, .result = {result}, ");
        }
        Some(Fact::Event(message, nr, result, rip)) => {
            let (nr, result, rip) = (hex(*nr), number(*result), hex(*rip));
            let _ = write!(
                text,
                ".comes = 1, .number = {nr}, .result = {result}, .message = {message}, .rip = {rip}, "
            );
        }
        _ => text.push_str(".comes = 0, "),
    }
    let mut which = Vec::new();
    if let Some(number) = writes.number {
        which.push("NUMBER");
        let _ = write!(text, ".new_number = {}, ", hex(number));
    }
    if let Some(result) = writes.result {
        which.push("RESULT");
        let _ = write!(text, ".new_result = {}, ", number(result));
    }
    if let Some((index, value)) = writes.argument {
        let names = match traced.call.from {
            Origin::Gadget(1) => ["rbx", "rcx", "rdx", "rsi", "rdi", "rbp"],
            _ => ["rdi", "rsi", "rdx", "r10", "r8", "r9"],
        };
        which.push("ARGUMENT");
        let (name, value) = (names[index], hex(value));
        let _ = write!(text, ".argument = REGISTER({name}), .new_argument = {value}, ");
    }
    if writes.moved != 0 {
        let _ = write!(text, ".moved = {}, ", hex(writes.moved));
    }
    if !which.is_empty() {
        let _ = write!(text, ".writes = {}, ", which.join(" | "));
    }
    text.push('}');
    text
}
