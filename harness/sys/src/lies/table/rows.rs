//! Words in which the tables name a system call and what its arguments point to.

use crate::lies::change::Field;
use crate::lies::kinds::answer::{Answer, If, Is, On, Place, What};
use crate::lies::lie::{Lie, Tell};

/// A system call, and conditions on its arguments.
#[derive(Clone, Debug)]
pub(super) struct Call {
    nr: i64,
    args: Vec<(usize, Is)>,
    on: On,
    when: Vec<If>,
}

/// Any call with this number.
pub(super) fn call(nr: i64) -> Call {
    Call { nr, args: Vec::new(), on: On::Any, when: Vec::new() }
}

impl Call {
    /// Where this argument is so.
    pub(super) fn arg(mut self, index: usize, is: Is) -> Self {
        self.args.push((index, is));
        self
    }

    /// Where the true answer is so.
    pub(super) fn on(mut self, on: On) -> Self {
        self.on = on;
        self
    }

    /// Where these bits of a number in memory are so.
    pub(super) fn when(mut self, place: Place, mask: u64, value: u64) -> Self {
        self.when.push(If { place, mask, value });
        self
    }

    /// The lie about it.
    pub(super) fn lie(&self, id: impl Into<String>, bug: impl Into<String>, what: What) -> Lie {
        let Self { nr, args, on, when } = self.clone();
        Lie::new(id, bug, Tell::Answer(Answer { nr, args, on, when, what }))
    }
}

/// A number of `size` bytes, `offset` bytes into what an argument points to.
pub(super) const fn place(argument: usize, offset: usize, size: usize) -> Place {
    Place { argument, field: Field::new(offset, size) }
}
