//! The lies, in tables by where they are told.

mod arming;
mod calls;
mod files;
mod filters;
mod handling;
mod listeners;
mod registers;
mod tasks;
mod tracing;
mod waiting;

use super::answer::{Answer, If, Is, On, Place, What};
use super::{Field, Lie, Tell};

/// All of them.
pub(super) fn build() -> Vec<Lie> {
    let mut lies = Vec::new();
    arming::add(&mut lies);
    calls::add(&mut lies);
    files::add(&mut lies);
    filters::add(&mut lies);
    handling::add(&mut lies);
    listeners::add(&mut lies);
    registers::add(&mut lies);
    tasks::add(&mut lies);
    tracing::add(&mut lies);
    waiting::add(&mut lies);
    lies
}

/// A system call, and conditions on its arguments.
#[derive(Clone, Debug)]
struct Call {
    nr: i64,
    args: Vec<(usize, Is)>,
    on: On,
    when: Vec<If>,
}

/// Any call with this number.
fn call(nr: i64) -> Call {
    Call { nr, args: Vec::new(), on: On::Any, when: Vec::new() }
}

impl Call {
    /// Where this argument is so.
    fn arg(mut self, index: usize, is: Is) -> Self {
        self.args.push((index, is));
        self
    }

    /// Where the true answer is so.
    fn on(mut self, on: On) -> Self {
        self.on = on;
        self
    }

    /// Where these bits of a number in memory are so.
    fn when(mut self, place: Place, mask: u64, value: u64) -> Self {
        self.when.push(If { place, mask, value });
        self
    }

    /// The lie about it.
    fn lie(&self, id: impl Into<String>, bug: impl Into<String>, what: What) -> Lie {
        let Self { nr, args, on, when } = self.clone();
        Lie::new(id, bug, Tell::Answer(Answer { nr, args, on, when, what }))
    }
}

/// A number of `size` bytes, `offset` bytes into what an argument points to.
const fn place(argument: usize, offset: usize, size: usize) -> Place {
    Place { argument, field: Field::new(offset, size) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_lie_has_a_name_of_its_own_and_a_sentence() {
        let lies = super::build();
        let names: BTreeSet<_> = lies.iter().map(|lie| lie.id.as_str()).collect();
        assert_eq!(names.len(), lies.len());
        assert!(lies.len() < super::super::MOST);
        for lie in &lies {
            assert!(lie.bug.split_whitespace().count() > 3, "{}: {}", lie.id, lie.bug);
        }
    }
}
