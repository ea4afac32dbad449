//! How far a case is kept from the others (`--isolate`).

/// How the processes that cases run in are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// A worker with a fresh image of the suite forks many cases.
    Fork,
    /// A worker with a fresh image for each case.
    Exec,
    /// The runner itself is forked, so it must have one thread: for systems where a program cannot find
    /// its own image (no /proc), or leaves an emulator by starting it.
    Plain,
}

impl Isolation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fork, Self::Exec, Self::Plain];

    /// As the command line writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Exec => "exec",
            Self::Plain => "plain",
        }
    }

    /// The isolation of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|isolation| isolation.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_isolation_has_its_word() {
        assert_eq!(Isolation::ALL.map(Isolation::word), ["fork", "exec", "plain"]);
        for isolation in Isolation::ALL {
            assert_eq!(Isolation::of_word(isolation.word()), Some(isolation));
        }
        assert_eq!(Isolation::of_word("vm"), None);
    }
}
