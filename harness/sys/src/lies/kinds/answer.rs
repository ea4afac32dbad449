//! What can be told of a system call.

use crate::lies::change::{Change, Field};

/// What an argument has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Is {
    /// This.
    Eq(usize),
    /// Anything but this.
    Not(usize),
    /// It has one of these bits.
    Has(usize),
    /// It has none of these bits.
    Lacks(usize),
}

impl Is {
    pub(crate) const fn holds(self, value: usize) -> bool {
        match self {
            Self::Eq(wanted) => value == wanted,
            Self::Not(other) => value != other,
            Self::Has(bits) => value & bits != 0,
            Self::Lacks(bits) => value & bits == 0,
        }
    }
}

/// What the true answer has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    /// Anything.
    Any,
    /// No error.
    Success,
    /// Above 0, and no error.
    Positive,
    /// This, which may be an error.
    Value(i64),
}

impl On {
    pub(crate) const fn holds(self, result: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Success => !matches!(result, -4095..=-1),
            Self::Positive => result > 0,
            Self::Value(value) => result == value,
        }
    }
}

/// A number in a structure in memory that an argument points to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Which argument.
    pub(crate) argument: usize,
    pub(crate) field: Field,
}

/// A condition on such a number: these bits have this value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct If {
    pub(crate) place: Place,
    pub(crate) mask: u64,
    pub(crate) value: u64,
}

/// What the lie is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// The answer.
    Result(Change),
    /// An argument, as the kernel takes it.
    Argument(usize, Change),
    /// A number in a structure of so many bytes, as the kernel reads it.
    Read(Place, usize, Change),
    /// A number that the kernel wrote.
    Written(Place, Change),
    /// The call is not made, and this is the answer.
    Unmade(i64),
    /// It is made twice.
    Twice,
    /// The stop that this wait tells is skipped: the tracee goes on by itself.
    StopSkipped,
}

/// A lie about one system call.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) nr: i64,
    pub(crate) args: Vec<(usize, Is)>,
    pub(crate) on: On,
    pub(crate) when: Vec<If>,
    pub(crate) what: What,
}
