//! What can be told of a file of the kernel's.

/// A lie about one file.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: &'static str,
    pub(crate) what: Filed,
}

/// What is told of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filed {
    /// The first reads as the second.
    Reads(&'static str, &'static str),
    /// It is not there.
    Missing,
    /// It is there where it is not, and reads as this.
    MadeUp(&'static str),
    /// These permission bits are the other way round.
    Mode(u32),
    /// The first is taken for the second where it is written.
    Taken(&'static str, &'static str),
    /// A write of this succeeds and changes nothing.
    Ignored(&'static str),
    /// A write of this is done and says this error.
    Refused(&'static str, i32),
    /// A write that is refused says that it has succeeded.
    Accepted,
    /// A write that is refused says this error.
    Other(i32),
}
